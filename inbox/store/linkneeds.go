package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// maxWaiting bounds how many conversations that name a number are looked at
// when the order comes, the newest. Those of the order's own people always are.
const maxWaiting = 200

// orderKeysOf lists what is locked so that a message and the order that it
// names, which come at once, don't miss each other.
func orderKeysOf(r *inbox.Received) []inbox.Key {
	var keys []inbox.Key
	add := func(kind inbox.MentionKind, key string) {
		if key != "" {
			keys = append(keys, inbox.OrderKey(kind, key))
		}
	}
	if r.Message != nil {
		for _, m := range r.Message.Mentions {
			add(m.Kind, m.Key)
		}
	}
	for _, o := range ordersIn(r) {
		for _, k := range keysOfOrder(o) {
			add(k.kind, k.key)
		}
	}
	return keys
}

// keysOfOrder lists what an order may be named by.
func keysOfOrder(o *inbox.Order) []mentionKey {
	keys := []mentionKey{{inbox.MentionContext, inbox.ContextKey(o.Store, o.ExternalID, "")}}
	if number := cmp.Or(o.NumberKey, o.LooseKey); number != "" {
		keys = append(keys, mentionKey{inbox.MentionOrder, number}, mentionKey{inbox.MentionContext, inbox.ContextKey(o.Store, "", number)})
	}
	for _, s := range o.Shipments {
		if s.TrackingKey != "" {
			keys = append(keys, mentionKey{inbox.MentionTracking, s.TrackingKey})
		}
	}
	return keys
}

// mentionRows are the rows of what a message names.
func mentionRows(id inbox.MessageID, r *inbox.Received) [][]any {
	var rows [][]any
	seen := map[mentionKey]bool{}
	for _, m := range r.Message.Mentions {
		if k := (mentionKey{m.Kind, m.Key}); !seen[k] && m.Key != "" {
			seen[k] = true
			rows = append(rows, []any{uid(inbox.NewID[string](r.At)), uid(id), string(m.Kind), m.Key, m.Text, m.Part, m.Start, m.End, float32(m.Score)})
		}
	}
	return rows
}

var mentionRow = []string{"id", "message_id", "kind", "key", "text", "part", "start_at", "end_at", "score"}

// relinkArrivals brings the orders of the conversations that a batch touched up
// to date, before what changed is collected. Most have nothing to do with an
// order: one look decides which do.
func (a *arrivals) relinkArrivals(ctx context.Context) error {
	names, moved := map[inbox.ConversationID]bool{}, map[inbox.ConversationID]bool{}
	for id := range a.proven {
		names[id] = true
	}
	for _, m := range a.merges {
		moved[m.into], moved[m.from] = true, true
	}
	var look []string
	for _, ch := range a.said {
		m := ch.event.Message
		switch {
		case a.naming[m.ID]:
			names[m.ConversationID] = true
		case m.Direction == inbox.In:
			moved[m.ConversationID] = true
		}
	}
	for id := range moved {
		if !names[id] {
			look = append(look, string(id))
		}
	}
	if len(look) > 0 {
		found, err := column[inbox.ConversationID](ctx, a.tx, ordered, look)
		if err != nil {
			return fmt.Errorf("find who has orders: %w", err)
		}
		for _, id := range found {
			names[id] = true
		}
		// Mentions move with the messages that a merge brings.
		for _, m := range a.merges {
			if names[m.from] {
				names[m.into] = true
			}
		}
	}
	raised := make(map[inbox.ConversationID]bool, len(a.before))
	for id := range a.before {
		raised[id] = true
	}
	list, err := relinked(ctx, a.tx, a.rules.Link, conversationIDs(names), raised)
	if err != nil {
		return err
	}
	for _, r := range list {
		if c := a.ev.Conversations[r.id]; c != nil {
			c.Version, c.Order = r.version, r.order
		}
	}
	return nil
}

// ordered is which of the conversations $1 have an order, or are of somebody who
// has one. Each is asked by itself: of a choice between conditions a plan may read
// all people and all orders, which one that was made for few does.
const ordered = `
	SELECT c.id FROM conversations c JOIN identities i ON i.id = c.identity_id
	CROSS JOIN LATERAL (
		(SELECT FROM identities s CROSS JOIN LATERAL (SELECT FROM orders WHERE identity_id = s.id LIMIT 1) o WHERE s.customer_id = i.customer_id LIMIT 1)
		UNION ALL
		(SELECT FROM (SELECT i.kind, i.key) i ` + boughtWith + ` LIMIT 1)
		UNION ALL
		(SELECT FROM conversation_orders WHERE conversation_id = c.id LIMIT 1)
		LIMIT 1) has
	WHERE c.id = ANY($1::uuid[])`

func conversationIDs(set map[inbox.ConversationID]bool) []inbox.ConversationID {
	var list []inbox.ConversationID
	for _, id := range keysOf(set) {
		list = append(list, inbox.ConversationID(id))
	}
	return list
}

// keyOrders notes new numbers for the grammars, and brings the conversations that an order bears on up to date:
// those that name it, those that had it, and those of the people whose it is.
func (d *delivery) keyOrders(ctx context.Context, orders []storedOrder) error {
	if len(orders) == 0 {
		return nil
	}
	orders = lastOfEach(orders)
	var fresh [][]any
	for _, o := range orders {
		if o.made {
			fresh = append(fresh, []any{uid(o.ID), o.Store, o.Number})
		}
	}
	if _, err := d.tx.CopyFrom(ctx, pgx.Identifier{"grammar_pending"}, []string{"order_id", "store", "number"}, pgx.CopyFromRows(fresh)); err != nil {
		return fmt.Errorf("note new numbers: %w", err)
	}
	waiting, err := d.concerned(ctx, orders)
	if err != nil {
		return err
	}
	list, err := relinked(ctx, d.tx, d.rules.Link, append(waiting, d.unlinked...), nil)
	if err != nil {
		return err
	}
	history := !slices.ContainsFunc(orders, func(o storedOrder) bool { return !o.history })
	changes, err := relinkedChanges(ctx, d.tx, list, inbox.Event{Actor: inbox.Actor{Kind: inbox.BySystem}, History: history}, "", orders[0].cause)
	d.changes = append(d.changes, changes...)
	return err
}

// A storedOrder is one that a batch has written.
type storedOrder struct {
	inbox.Order
	made    bool // its number is new
	history bool
	cause   string
}

// lastOfEach keeps the newest word on each order.
func lastOfEach(orders []storedOrder) []storedOrder {
	at := map[inbox.OrderID]int{}
	var list []storedOrder
	for _, o := range orders {
		if i, twice := at[o.ID]; twice {
			o.made = o.made || list[i].made
			list[i] = o
			continue
		}
		at[o.ID] = len(list)
		list = append(list, o)
	}
	return list
}

// concerned finds the conversations on whose orders these orders bear.
func (d *delivery) concerned(ctx context.Context, orders []storedOrder) ([]inbox.ConversationID, error) {
	var of, kinds, keys []string
	for i := range orders {
		of = append(of, string(orders[i].ID))
		for _, k := range keysOfOrder(&orders[i].Order) {
			kinds, keys = append(kinds, string(k.kind)), append(keys, k.key)
		}
	}
	found, err := column[inbox.ConversationID](ctx, d.tx, `
		SELECT conversation_id FROM conversation_orders WHERE order_id = ANY($1::uuid[])
		UNION
		SELECT w.conversation_id FROM unnest($2::text[], $3::text[]) AS n(kind, key)
		CROSS JOIN LATERAL (
			SELECT m.conversation_id FROM order_mentions o JOIN messages m ON m.id = o.message_id
			WHERE o.key = n.key AND o.kind = n.kind ORDER BY o.id DESC LIMIT $4) w
		UNION
		SELECT c.id FROM (
			SELECT i.customer_id FROM orders o JOIN identities i ON i.id = o.identity_id WHERE o.id = ANY($1::uuid[])
			UNION
			SELECT i.customer_id FROM order_parties p JOIN identities i
				ON i.kind = 'email' AND i.key = p.email AND p.email <> '' OR i.kind = 'phone' AND i.key = p.phone AND p.phone <> ''
			WHERE p.order_id = ANY($1::uuid[])
		) k
		JOIN identities i ON i.customer_id = k.customer_id
		CROSS JOIN LATERAL (
			SELECT id, status FROM conversations c
			WHERE c.identity_id = i.id AND c.merged_into IS NULL ORDER BY c.last_at DESC LIMIT $5) c
		WHERE c.status IN ('open', 'pending', 'snoozed') OR EXISTS (
			SELECT FROM messages m JOIN order_mentions o ON o.message_id = m.id
			WHERE m.conversation_id = c.id AND o.key = ANY($3::text[]))
		ORDER BY 1`, of, kinds, keys, maxWaiting, maxOrders)
	if err != nil {
		return nil, fmt.Errorf("find conversations of orders: %w", err)
	}
	return found, nil
}
