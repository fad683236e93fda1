package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// loadOrders finds the orders that proven senders of the batch name exactly, or
// that their channel says they write of, and that their own customers bought, with
// the conversations about them that are not closed, and locks those. Most batches
// name none, and then it asks nothing.
func (ev *evidence) loadOrders(ctx context.Context, batch []inbox.Received) error {
	keys, customers := map[string]bool{}, map[inbox.CustomerID]bool{}
	contexts := map[mentionKey]bool{}
	for i := range batch {
		m := batch[i].Message
		if m == nil || m.Proof < inbox.Proven || m.Direction != inbox.In {
			continue
		}
		for _, n := range m.Mentions {
			switch {
			case n.Key == "" || n.Kind == inbox.MentionTracking:
				continue
			case n.Kind == inbox.MentionContext:
				contexts[mentionKey{n.Kind, n.Key}] = true
			default:
				keys[n.Key] = true
			}
			customers[ev.Identities[m.Identity].CustomerID] = true
		}
	}
	if len(customers) == 0 {
		return nil
	}
	about, err := ordersNamed(ctx, ev.tx, contexts)
	if err != nil {
		return err
	}
	by := map[inbox.OrderID][]string{}
	for key, list := range about {
		for _, id := range list {
			by[id] = append(by[id], key.key)
		}
	}
	rows, err := ev.tx.Query(ctx, `
		SELECT o.id, o.number, o.number_key, i.customer_id FROM orders o JOIN identities i ON i.id = o.identity_id
		WHERE (o.number_key = ANY($1) OR o.id = ANY($3::uuid[])) AND i.customer_id = ANY($2) ORDER BY o.id`,
		keysOf(keys), keysOf(customers), keysOf(by))
	if err != nil {
		return fmt.Errorf("load orders that are meant: %w", err)
	}
	ev.Orders, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (o inbox.MeantOrder, err error) {
		err = row.Scan(&o.ID, &o.Number, &o.Key, &o.Customer)
		o.Contexts = by[o.ID]
		return o, err
	})
	if err != nil || len(ev.Orders) == 0 {
		return err
	}
	// Who names the order by its number, at this instant, holds that key.
	locks := map[inbox.Key]bool{}
	for i := range ev.Orders {
		if o := &ev.Orders[i]; len(o.Contexts) > 0 && o.Key != "" && !keys[o.Key] {
			locks[inbox.OrderKey(inbox.MentionOrder, o.Key)] = true
		}
	}
	if len(locks) > 0 {
		if err := lockKeys(ctx, ev.tx, locks); err != nil {
			return err
		}
	}
	return ev.loadLinked(ctx)
}

// loadLinked finds the conversations that go on about the orders. It goes from
// each order to its links: with figures of the tables that are older than a rush,
// the planner would go through all that is open.
func (ev *evidence) loadLinked(ctx context.Context) error {
	at := map[inbox.OrderID]*inbox.MeantOrder{}
	for i := range ev.Orders {
		at[ev.Orders[i].ID] = &ev.Orders[i]
	}
	rows, err := ev.tx.Query(ctx, `
		SELECT l.order_id, c.id FROM unnest($1::uuid[]) AS k(id)
		CROSS JOIN LATERAL (SELECT order_id, conversation_id FROM conversation_orders WHERE order_id = k.id AND state = 'linked' OFFSET 0) l
		CROSS JOIN LATERAL (
			SELECT id FROM conversations
			WHERE id = l.conversation_id AND merged_into IS NULL AND status IN ('open', 'pending', 'snoozed') OFFSET 0) c`, keysOf(at))
	if err != nil {
		return fmt.Errorf("load conversations about orders: %w", err)
	}
	want := map[inbox.ConversationID]bool{}
	var order inbox.OrderID
	var id inbox.ConversationID
	if _, err := pgx.ForEachRow(rows, []any{&order, &id}, func() error {
		at[order].Linked, want[id] = append(at[order].Linked, id), true
		return nil
	}); err != nil {
		return fmt.Errorf("load conversations about orders: %w", err)
	}
	if err := ev.lockConversations(ctx, want); err != nil {
		return err
	}
	for _, o := range at {
		// One that was merged before its lock was got is passed over.
		o.Linked = slices.DeleteFunc(o.Linked, func(id inbox.ConversationID) bool { return ev.Conversations[id].MergedInto != "" })
		slices.SortFunc(o.Linked, func(a, b inbox.ConversationID) int {
			return cmp.Or(ev.Conversations[b].LastAt.Compare(ev.Conversations[a].LastAt), cmp.Compare(b, a))
		})
	}
	return nil
}

// loadHandOvers finds the hand-overs that wait for somebody of the batch, and
// locks them and their conversations.
func (ev *evidence) loadHandOvers(ctx context.Context, batch []inbox.Received) error {
	who := map[inbox.IdentityID]inbox.IdentityRef{}
	for i := range batch {
		if m := batch[i].Message; m != nil && m.Direction == inbox.In {
			who[ev.Identities[m.Identity].ID] = m.Identity
		}
	}
	rows, err := ev.tx.Query(ctx, `
		SELECT f.id, f.inputs->>'identityId', coalesce(c.merged_into, c.id)
		FROM conversation_facts f JOIN conversations c ON c.id = f.into_id
		WHERE f.kind = 'hand-over' AND f.from_id IS NULL AND f.revoked_at IS NULL AND f.inputs->>'identityId' = ANY($1)
		ORDER BY f.id DESC FOR NO KEY UPDATE OF f`, keysOf(who))
	if err != nil {
		return fmt.Errorf("load hand-overs: %w", err)
	}
	var h inbox.HandOver
	var identity inbox.IdentityID
	want := map[inbox.ConversationID]bool{}
	if _, err := pgx.ForEachRow(rows, []any{&h.ID, &identity, &h.Conversation}, func() error {
		h.Who, want[h.Conversation] = who[identity], true
		ev.HandOvers = append(ev.HandOvers, h)
		return nil
	}); err != nil {
		return fmt.Errorf("load hand-overs: %w", err)
	}
	if err := ev.lockConversations(ctx, want); err != nil {
		return err
	}
	ev.HandOvers = slices.DeleteFunc(ev.HandOvers, func(h inbox.HandOver) bool {
		return ev.Conversations[h.Conversation] == nil || ev.Conversations[h.Conversation].MergedInto != ""
	})
	return nil
}

// parted loads which of the conversations that a decision joins an agent's
// split parted, and reports whether there are any that it didn't know.
func (ev *evidence) parted(ctx context.Context, joins []inbox.Join) (bool, error) {
	ask := map[inbox.ConversationID]bool{}
	for _, j := range joins {
		for _, id := range []inbox.ConversationID{j.Into, j.From} {
			if ev.Conversations[id] != nil && !ev.apart[id] {
				ask[id], ev.apart[id] = true, true
			}
		}
	}
	if len(ask) == 0 {
		return false, nil
	}
	news := false
	err := partedPairs(ctx, ev.tx, keysOf(ask), func(pair [2]inbox.ConversationID) {
		if !slices.Contains(ev.Apart, pair) {
			ev.Apart, news = append(ev.Apart, pair), true
		}
	})
	return news, err
}

// partedPairs gives what standing splits keep apart of the conversations named
// and of what has gone into them.
func partedPairs(ctx context.Context, q querier, of []string, give func([2]inbox.ConversationID)) error {
	rows, err := q.Query(ctx, `
		SELECT DISTINCT coalesce(a.merged_into, a.id), coalesce(b.merged_into, b.id)
		FROM conversations c
		JOIN conversation_facts f ON f.from_id = c.id OR f.into_id = c.id
		JOIN conversations a ON a.id = f.from_id
		JOIN conversations b ON b.id = f.into_id
		WHERE (c.id = ANY($1) OR c.merged_into = ANY($1)) AND f.kind = 'split' AND f.revoked_at IS NULL`, of)
	if err != nil {
		return fmt.Errorf("load what was parted: %w", err)
	}
	var pair [2]inbox.ConversationID
	if _, err := pgx.ForEachRow(rows, []any{&pair[0], &pair[1]}, func() error {
		if pair[0] != pair[1] {
			give(pair)
		}
		return nil
	}); err != nil {
		return fmt.Errorf("load what was parted: %w", err)
	}
	return nil
}

// OwnNumbers returns those of numbers that are, exactly, the number of an order or
// of a parcel that somebody's customer bought, or that was bought with their
// address. What tracks alone told of is nobody's word.
func (s *Store) OwnNumbers(ctx context.Context, who inbox.IdentityRef, numbers []string) ([]string, error) {
	list, err := column[string](ctx, s.pool, `
		SELECT n.number FROM unnest($1::text[]) AS n(number)
		CROSS JOIN LATERAL (
			SELECT o.id, o.identity_id FROM orders o WHERE o.number_key = n.number AND o.number_key <> '' AND o.loose_key = ''
			UNION ALL
			SELECT o.id, o.identity_id FROM shipments t JOIN orders o ON o.id = t.order_id
			WHERE t.tracking_key = n.number AND t.tracking_key <> '' AND o.loose_key = '') o
		WHERE EXISTS (
				SELECT FROM identities me JOIN identities i ON i.customer_id = me.customer_id
				WHERE me.kind = $2 AND me.key = $3 AND i.id = o.identity_id)
			OR EXISTS (
				SELECT FROM order_parties p WHERE p.order_id = o.id AND p.role = 'buyer'
				AND CASE $2 WHEN 'email' THEN p.email WHEN 'phone' THEN p.phone ELSE '' END = $3 AND $3 <> '')
		GROUP BY n.number`, numbers, string(who.Kind), who.Key)
	if err != nil {
		return nil, fmt.Errorf("own numbers: %w", err)
	}
	return list, nil
}
