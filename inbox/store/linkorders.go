package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// linkOrders reads orders with whose they are now and who takes part in them.
func linkOrders(ctx context.Context, q querier, of []inbox.OrderID) (map[inbox.OrderID]*inbox.LinkOrder, error) {
	found := make(map[inbox.OrderID]*inbox.LinkOrder, len(of))
	if len(of) == 0 {
		return found, nil
	}
	list, err := ordersByID(ctx, q, of)
	if err != nil {
		return nil, err
	}
	buyers := make(map[inbox.IdentityID]bool, len(list))
	for _, o := range list {
		buyers[o.IdentityID] = true
	}
	rows, err := q.Query(ctx, `SELECT id, customer_id FROM identities WHERE id = ANY($1::uuid[])`, keysOf(buyers))
	if err != nil {
		return nil, fmt.Errorf("read buyers of orders: %w", err)
	}
	owners := make(map[inbox.IdentityID]inbox.CustomerID, len(buyers))
	var id inbox.IdentityID
	var owner inbox.CustomerID
	if _, err := pgx.ForEachRow(rows, []any{&id, &owner}, func() error { owners[id] = owner; return nil }); err != nil {
		return nil, fmt.Errorf("read buyers of orders: %w", err)
	}
	for _, o := range list {
		found[o.ID] = &inbox.LinkOrder{Order: o, Owner: owners[o.IdentityID], Parties: partiesOf(&o)}
	}
	return found, nil
}

// partiesOf are who takes part in an order. The buyer's own address is one on
// the order, whatever else the shop says.
func partiesOf(o *inbox.Order) []inbox.OrderParty {
	list := slices.Clone(o.Parties)
	switch o.Buyer.Kind {
	case inbox.EmailAddress:
		list = append(list, inbox.OrderParty{Role: "buyer", Email: o.Buyer.Key})
	case inbox.PhoneNumber:
		list = append(list, inbox.OrderParty{Role: "buyer", Phone: o.Buyer.Key})
	}
	return list
}

// ordersByID reads orders whole, the newest first.
func ordersByID(ctx context.Context, q querier, of []inbox.OrderID) ([]inbox.Order, error) {
	stored, err := readOrders(ctx, q, `JOIN unnest(@of::uuid[]) AS n(id) ON n.id = o.id`, pgx.NamedArgs{"of": ids(of)})
	if err != nil {
		return nil, fmt.Errorf("read orders: %w", err)
	}
	list := make([]inbox.Order, len(stored))
	for i := range stored {
		list[i] = stored[i].Order
	}
	return list, nil
}

// A mentionKey is what orders are looked up by.
type mentionKey struct {
	kind inbox.MentionKind
	key  string
}

// ordersNamed looks up the orders of keys, the newest first.
func ordersNamed(ctx context.Context, q querier, asked map[mentionKey]bool) (map[mentionKey][]inbox.OrderID, error) {
	found := map[mentionKey][]inbox.OrderID{}
	if len(asked) == 0 {
		return found, nil
	}
	var kinds, keys, stores, externals, numbers []string
	for k := range asked {
		store, external, number, ok := inbox.ParseContextKey(k.key)
		if k.kind == inbox.MentionContext && !ok {
			continue
		}
		kinds, keys = append(kinds, string(k.kind)), append(keys, k.key)
		stores, externals, numbers = append(stores, store), append(externals, external), append(numbers, number)
	}
	rows, err := q.Query(ctx, `
		SELECT n.kind, n.key, o.id
		FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) AS n(kind, key, store, external, number)
		CROSS JOIN LATERAL (
			(SELECT id, placed_at FROM orders
				WHERE n.kind = 'order' AND number_key = n.key AND number_key <> '' ORDER BY placed_at DESC, id LIMIT $6)
			UNION ALL
			(SELECT o.id, o.placed_at FROM shipments s JOIN orders o ON o.id = s.order_id
				WHERE n.kind = 'tracking' AND s.tracking_key = n.key AND s.tracking_key <> '' ORDER BY o.placed_at DESC, o.id LIMIT $6)
			UNION ALL
			(SELECT id, placed_at FROM orders WHERE n.kind = 'context' AND n.external <> '' AND store = n.store AND external_id = n.external)
			UNION ALL
			(SELECT o.id, o.placed_at FROM order_aliases a JOIN orders o ON o.id = a.order_id
				WHERE n.kind = 'context' AND n.external <> '' AND a.store = n.store AND a.external_id = n.external)
			UNION ALL
			(SELECT id, placed_at FROM orders
				WHERE n.kind = 'context' AND n.number <> '' AND number_key = n.number AND number_key <> '' AND store = n.store
				ORDER BY placed_at DESC, id LIMIT 1)
		) o
		ORDER BY o.placed_at DESC, o.id`, kinds, keys, stores, externals, numbers, maxNamesakes)
	if err != nil {
		return nil, fmt.Errorf("look up orders: %w", err)
	}
	var k mentionKey
	var id inbox.OrderID
	if _, err := pgx.ForEachRow(rows, []any{&k.kind, &k.key, &id}, func() error {
		if !slices.Contains(found[k], id) { // two parcels may share a number
			found[k] = append(found[k], id)
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("look up orders: %w", err)
	}
	return found, nil
}
