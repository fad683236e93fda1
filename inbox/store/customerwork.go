package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"skein/inbox"
)

// A work is an agent's change of customers, in one transaction.
type work struct {
	*resolver
	by      *inbox.Caller
	now     time.Time
	changes []change // besides those of customers
}

// maxTries is how often a change is tried that a deadlock broke.
const maxTries = 8

// work does an agent's change of customers and announces what follows. A
// deadlock is ours and not the agent's: it is tried again.
func (s *Store) work(ctx context.Context, by *inbox.Caller, now time.Time, do func(*work) error) (err error) {
	for range maxTries {
		err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
			w := &work{resolver: newResolver(tx, newRoster(tx, &s.rules), by.Actor()), by: by, now: now}
			if err := do(w); err != nil {
				return err
			}
			return w.finish(ctx)
		})
		pg, ok := errors.AsType[*pgconn.PgError](err)
		if !ok || pg.Code != "40P01" && pg.Code != "40001" {
			return err
		}
	}
	return err
}

// finish writes the customers, and the log, and tells.
func (w *work) finish(ctx context.Context) error {
	if err := w.roster.write(ctx); err != nil {
		return err
	}
	changes, err := w.roster.changes(ctx)
	if err != nil {
		return err
	}
	more, err := w.roster.relinkMoved(ctx)
	if err != nil {
		return err
	}
	merges, err := w.roster.mergeNews(ctx)
	if err != nil {
		return err
	}
	changes = slices.Concat(w.changes, changes, more, merges)
	for i := range changes {
		e := &changes[i].event
		e.ID, e.At, e.Actor = inbox.NewID[inbox.EventID](w.now), w.now, w.by.Actor()
		changes[i].session, changes[i].cause = string(w.by.Session), w.by.Request
	}
	return announce(ctx, w.tx, changes)
}

// relinkMoved brings the orders of the conversations in line that have another
// customer now, and returns the conversations whose orders changed.
func (r *roster) relinkMoved(ctx context.Context) ([]change, error) {
	var who []inbox.IdentityID
	for id := range r.moving {
		for _, i := range r.after[id].Identities {
			who = append(who, i.ID)
		}
	}
	if len(who) == 0 {
		return nil, nil
	}
	slices.Sort(who)
	// Conversations that name an order or have one, and those at work when there
	// is an order that may be meant.
	list, err := column[inbox.ConversationID](ctx, r.tx, `
		SELECT c.id FROM conversations c WHERE c.identity_id = ANY($1) AND c.merged_into IS NULL AND (
			EXISTS (SELECT FROM conversation_orders o WHERE o.conversation_id = c.id)
			OR EXISTS (SELECT FROM messages m JOIN order_mentions n ON n.message_id = m.id WHERE m.conversation_id = c.id)
			OR c.status IN ('open', 'pending', 'snoozed') AND EXISTS (SELECT FROM orders o WHERE o.identity_id = ANY($1)))
		ORDER BY c.id FOR UPDATE OF c`, ids(who))
	if err != nil {
		return nil, fmt.Errorf("lock conversations of customers: %w", err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	before, err := readConversations(ctx, r.tx, list)
	if err != nil {
		return nil, err
	}
	if err := relink(ctx, r.tx, r.rules.Link, list); err != nil {
		return nil, err
	}
	after, err := readConversations(ctx, r.tx, list)
	if err != nil {
		return nil, err
	}
	var changes []change
	for _, id := range list {
		was, is := before[id], after[id]
		if was == nil || is == nil || was.Version == is.Version {
			continue
		}
		changes = append(changes, change{before: was, event: inbox.Event{
			Kind: inbox.ConversationChanged, Entity: string(id), Version: is.Version, Conversation: is,
			Audience: inbox.Audience{Before: was.Place(), After: is.Place()},
		}})
	}
	return changes, nil
}

func readConversations(ctx context.Context, q querier, list []inbox.ConversationID) (map[inbox.ConversationID]*inbox.Conversation, error) {
	rows, err := q.Query(ctx, `SELECT `+conversationColumns+` FROM `+conversationFrom+` WHERE c.id = ANY($1)`, ids(list))
	if err != nil {
		return nil, fmt.Errorf("read conversations: %w", err)
	}
	found, err := pgx.CollectRows(rows, scanConversation)
	if err != nil {
		return nil, fmt.Errorf("read conversations: %w", err)
	}
	by := make(map[inbox.ConversationID]*inbox.Conversation, len(found))
	for i := range found {
		by[found[i].ID] = &found[i]
	}
	return by, nil
}

// open finds customers that the caller may see, locks all that bears on them
// and returns the identities of each, oldest first.
func (w *work) open(ctx context.Context, list ...inbox.CustomerID) ([]inbox.CustomerID, [][]inbox.IdentityID, *inbox.ClusterEvidence, error) {
	var all []inbox.IdentityID
	for _, id := range list {
		if _, err := known(ctx, w.tx, &w.by.Rights, id); err != nil {
			return nil, nil, nil, err
		}
		who, err := identitiesIn(ctx, w.tx, id)
		if err != nil {
			return nil, nil, nil, err
		}
		all = append(all, who...)
	}
	ev, err := w.lock(ctx, all, nil)
	if err != nil {
		return nil, nil, nil, err
	}
	// Under the locks: a customer may have been merged meanwhile, and with whom.
	of := make([][]inbox.IdentityID, len(list))
	out := make([]inbox.CustomerID, len(list))
	for i, id := range list {
		if out[i], err = known(ctx, w.tx, &w.by.Rights, id); err != nil {
			return nil, nil, nil, err
		}
		for _, n := range ev.Nodes {
			if n.Customer == out[i] {
				of[i] = append(of[i], n.ID)
			}
		}
		if len(of[i]) == 0 {
			return nil, nil, nil, errCustomer
		}
	}
	return out, of, ev, nil
}

// identitiesIn returns the identities of the customer that an id leads to, in
// one look: whom it was found to lead to may be somebody else's by the next.
func identitiesIn(ctx context.Context, q querier, id inbox.CustomerID) ([]inbox.IdentityID, error) {
	list, err := column[inbox.IdentityID](ctx, q, `
		SELECT i.id FROM identities b JOIN identities i ON i.customer_id = b.customer_id WHERE b.born_id = $1 ORDER BY i.id`, id)
	if err != nil {
		return nil, fmt.Errorf("read identities: %w", err)
	}
	return list, nil
}

// touch notes that customers get a new version, whatever else changes.
func (w *work) touch(ctx context.Context, list ...inbox.CustomerID) error {
	return w.roster.remember(ctx, list)
}

func (w *work) customerOf(ctx context.Context, id inbox.IdentityID) (inbox.CustomerID, error) {
	var to inbox.CustomerID
	if err := w.tx.QueryRow(ctx, `SELECT customer_id FROM identities WHERE id = $1`, id).Scan(&to); err != nil {
		return "", fmt.Errorf("read customer: %w", err)
	}
	return to, nil
}
