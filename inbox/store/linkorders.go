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
	rows, err := q.Query(ctx, `
		SELECT o.id, o.store, o.external_id, o.number, o.number_key, i.value, o.status, o.currency, o.total, o.placed_at, o.updated_at
		FROM orders o JOIN identities i ON i.id = o.identity_id
		WHERE o.id = ANY($1::uuid[]) ORDER BY o.placed_at DESC, o.id DESC`, ids(of))
	if err != nil {
		return nil, fmt.Errorf("read orders: %w", err)
	}
	at := map[inbox.OrderID]int{}
	var list []inbox.Order
	var o inbox.Order
	if _, err := pgx.ForEachRow(rows, []any{&o.ID, &o.Store, &o.ExternalID, &o.Number, &o.NumberKey, &o.Email, &o.Status, &o.Currency,
		&o.Total, &o.PlacedAt, &o.UpdatedAt}, func() error {
		at[o.ID] = len(list)
		next := o
		next.Items, next.Shipments = []inbox.Item{}, []inbox.Shipment{}
		list = append(list, next)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read orders: %w", err)
	}
	rows, err = q.Query(ctx, `
		SELECT order_id, sku, title, variant, quantity, price FROM order_items
		WHERE order_id = ANY($1::uuid[]) ORDER BY order_id, position`, ids(of))
	if err != nil {
		return nil, fmt.Errorf("read items: %w", err)
	}
	var id inbox.OrderID
	var item inbox.Item
	if _, err := pgx.ForEachRow(rows, []any{&id, &item.SKU, &item.Title, &item.Variant, &item.Quantity, &item.Price}, func() error {
		list[at[id]].Items = append(list[at[id]].Items, item)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read items: %w", err)
	}
	rows, err = q.Query(ctx, `
		SELECT order_id, carrier, tracking, tracking_key, status, shipped_at, at FROM shipments
		WHERE order_id = ANY($1::uuid[]) ORDER BY order_id, position`, ids(of))
	if err != nil {
		return nil, fmt.Errorf("read shipments: %w", err)
	}
	var s inbox.Shipment
	if _, err := pgx.ForEachRow(rows, []any{&id, &s.Carrier, &s.Tracking, &s.TrackingKey, &s.Status, &s.ShippedAt, &s.At}, func() error {
		list[at[id]].Shipments = append(list[at[id]].Shipments, s)
		s.ShippedAt = nil
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read shipments: %w", err)
	}
	return list, nil
}
