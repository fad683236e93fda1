package store

import (
	"context"
	"fmt"

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
	for _, o := range list {
		found[o.ID] = &inbox.LinkOrder{Order: o}
	}
	// The buyer's own address is one on the order, whatever else the shop says.
	rows, err := q.Query(ctx, `
		SELECT o.id, i.customer_id, p.role, p.email, p.phone
		FROM orders o JOIN identities i ON i.id = o.identity_id
		CROSS JOIN LATERAL (
			SELECT role, email, phone FROM order_parties WHERE order_id = o.id
			UNION ALL
			SELECT 'buyer', CASE i.kind WHEN 'email' THEN i.key ELSE '' END, CASE i.kind WHEN 'phone' THEN i.key ELSE '' END
		) p
		WHERE o.id = ANY($1::uuid[]) ORDER BY o.id, p.role, p.email, p.phone`, ids(of))
	if err != nil {
		return nil, fmt.Errorf("read parties of orders: %w", err)
	}
	var id inbox.OrderID
	var owner inbox.CustomerID
	var p inbox.OrderParty
	if _, err := pgx.ForEachRow(rows, []any{&id, &owner, &p.Role, &p.Email, &p.Phone}, func() error {
		o := found[id]
		if o == nil {
			return nil
		}
		if o.Owner = owner; p.Email != "" || p.Phone != "" {
			o.Parties = append(o.Parties, p)
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read parties of orders: %w", err)
	}
	return found, nil
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
