package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// maxLinks bounds how many orders and claims a conversation keeps.
const maxLinks = 50

// relink brings the orders of conversations in line with what their messages
// name, whose the orders are now, and agents' verdicts. Whoever changes one of
// these calls it, in the same transaction and under the conversations' locks,
// and announces the conversations afterwards: their versions have risen where
// their orders changed. See [relinked] for who is told which those are.
func relink(ctx context.Context, tx pgx.Tx, link inbox.LinkFunc, conversations []inbox.ConversationID) error {
	_, err := relinked(ctx, tx, link, conversations, nil)
	return err
}

// A relinking is a conversation whose orders have changed.
type relinking struct {
	id      inbox.ConversationID
	version int64           // now
	order   *inbox.OrderRef // now
	before  *inbox.OrderRef
}

// relinked is relink and says which conversations have changed, by id. Those
// whose version the transaction has raised before, and not announced yet, keep
// it: they are announced once.
func relinked(ctx context.Context, tx pgx.Tx, link inbox.LinkFunc, conversations []inbox.ConversationID, raised map[inbox.ConversationID]bool) ([]relinking, error) {
	if len(conversations) == 0 {
		return nil, nil
	}
	l, err := loadLinks(ctx, tx, conversations)
	if err != nil {
		return nil, fmt.Errorf("relink: %w", err)
	}
	var changed, rewritten []relinking
	var stale []string
	var rows [][]any
	for _, c := range l.conversations {
		var links []inbox.OrderLink
		if len(c.evidence.Messages) > 0 {
			links = link(&c.evidence)
		}
		now := c.keep(links)
		ref := c.meant(now)
		if slices.EqualFunc(now, c.links, linkRow.same) && sameOrder(ref, c.order) {
			continue
		}
		stale = append(stale, string(c.id))
		for _, row := range now {
			why, err := json.Marshal(row.reason)
			if err != nil {
				return nil, fmt.Errorf("relink %s: %w", c.id, err)
			}
			rows = append(rows, []any{uid(c.id), row.rank, uid(row.order), uid(row.claim), string(row.state), float32(row.score), why})
		}
		r := relinking{id: c.id, version: c.version, order: ref, before: c.order}
		if !raised[c.id] {
			r.version++
		}
		if r.version != c.version || !sameOrder(ref, c.order) {
			rewritten = append(rewritten, r)
		}
		changed = append(changed, r)
	}
	return changed, writeLinks(ctx, tx, stale, rows, rewritten)
}

// writeLinks replaces the rows of the stale conversations, and brings those that
// are rewritten up to date.
func writeLinks(ctx context.Context, tx pgx.Tx, stale []string, rows [][]any, rewritten []relinking) error {
	if len(stale) == 0 {
		return nil
	}
	n := len(rewritten)
	names, orders, numbers, versions := make([]string, n), make([]*string, n), make([]string, n), make([]int64, n)
	for i, r := range rewritten {
		names[i], versions[i] = string(r.id), r.version
		if r.order != nil {
			orders[i], numbers[i] = null(r.order.ID), r.order.Number
		}
	}
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM conversation_orders WHERE conversation_id = ANY($1::uuid[])`, stale)
	if n > 0 {
		batch.Queue(`
			UPDATE conversations c SET order_id = n.order_id, order_number = n.number, version = n.version
			FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[]) AS n(id, order_id, number, version) WHERE c.id = n.id`,
			names, orders, numbers, versions)
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write orders of conversations: %w", err)
	}
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"conversation_orders"},
		[]string{"conversation_id", "rank", "order_id", "claim_id", "state", "score", "reason"}, pgx.CopyFromRows(rows)); err != nil {
		return fmt.Errorf("write orders of conversations: %w", err)
	}
	return nil
}

// A linkRow is a row of conversation_orders.
type linkRow struct {
	rank   int16
	order  inbox.OrderID
	claim  string
	state  inbox.LinkState
	score  float64
	reason inbox.LinkReason
}

// same passes over what time alone moves: a score falls with an order's age.
func (r linkRow) same(o linkRow) bool {
	return r.rank == o.rank && r.order == o.order && r.claim == o.claim && r.state == o.state && r.reason == o.reason &&
		math.Abs(r.score-o.score) < 0.02
}

// keep makes rows of links: the one that is meant has rank 0, whatever its
// place. What a row can't be is left out.
func (c *linked) keep(links []inbox.OrderLink) []linkRow {
	var rows []linkRow
	orders, claims := map[inbox.OrderID]bool{}, map[mentionKey]bool{}
	rank, meant := int16(1), false
	for _, l := range links {
		row := linkRow{rank: rank, order: l.OrderID, state: l.State, score: l.Score, reason: l.Reason}
		switch {
		case l.ClaimID != "":
			row.order, row.claim = "", l.ClaimID
			key, ok := c.claims[l.ClaimID]
			if !ok || claims[key] {
				continue // of one number one claim, however often it is named
			}
			claims[key] = true
		case !c.orders[l.OrderID] || orders[l.OrderID]:
			continue
		default:
			orders[l.OrderID] = true
		}
		if l.Meant && !meant {
			row.rank, meant = 0, true
		} else {
			rank++
		}
		if rows = append(rows, row); len(rows) == maxLinks {
			break
		}
	}
	slices.SortFunc(rows, func(a, b linkRow) int { return int(a.rank - b.rank) })
	return rows
}

// meant is what lists show: the order that is meant, where it may be seen.
func (c *linked) meant(rows []linkRow) *inbox.OrderRef {
	if len(rows) == 0 || rows[0].rank != 0 || rows[0].state != inbox.Linked && rows[0].state != inbox.LinkUnproven {
		return nil
	}
	for i := range c.evidence.Orders {
		if o := &c.evidence.Orders[i]; o.ID == rows[0].order {
			return &inbox.OrderRef{ID: o.ID, Number: o.Number}
		}
	}
	return nil
}

func sameOrder(a, b *inbox.OrderRef) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

// relinkedChanges are the changes of conversations that were relinked, to be
// announced; the conversations are locked.
func relinkedChanges(ctx context.Context, tx pgx.Tx, list []relinking, event inbox.Event, session, cause string) ([]change, error) {
	if len(list) == 0 {
		return nil, nil
	}
	names := make([]string, len(list))
	was := make(map[inbox.ConversationID]*inbox.OrderRef, len(list))
	for i, r := range list {
		names[i], was[r.id] = string(r.id), r.before
	}
	rows, err := tx.Query(ctx, `SELECT `+conversationColumns+` FROM `+conversationFrom+` WHERE c.id = ANY($1::uuid[]) ORDER BY c.id`, names)
	if err != nil {
		return nil, fmt.Errorf("read relinked conversations: %w", err)
	}
	found, err := pgx.CollectRows(rows, scanConversation)
	if err != nil {
		return nil, fmt.Errorf("read relinked conversations: %w", err)
	}
	changes := make([]change, len(found))
	for i := range found {
		c := &found[i]
		before := *c
		before.Version, before.Order = c.Version-1, was[c.ID]
		e := event
		e.Kind, e.Entity, e.Version, e.Conversation = inbox.ConversationChanged, string(c.ID), c.Version, c
		e.Audience = inbox.Audience{Before: before.Place(), After: c.Place()}
		stamp(&e)
		changes[i] = change{event: e, before: &before, session: session, cause: cause}
	}
	return changes, nil
}
