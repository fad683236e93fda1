package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// maxOrders is how many orders a panel shows.
const maxOrders = 50

// A keptOrder is an order as it was read, with what its state needs besides.
type keptOrder struct {
	inbox.Order
	said []byte
}

// Orders returns a customer's newest orders with all that belongs to them.
func (s *Store) Orders(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID) ([]inbox.Order, error) {
	var kept []keptOrder
	err := s.reading(ctx, rights, id, func(r *reading) error {
		b := &pgx.Batch{}
		r.askOrders(b, &kept)
		if err := r.send(ctx, b); err != nil {
			return err
		}
		b = &pgx.Batch{}
		askOrderParts(b, kept)
		return r.send(ctx, b)
	})
	if err != nil {
		return nil, fmt.Errorf("orders of %s: %w", id, err)
	}
	return shownOrders(kept), nil
}

func shownOrders(kept []keptOrder) []inbox.Order {
	list := make([]inbox.Order, len(kept))
	for i := range kept {
		list[i] = kept[i].Order
	}
	return list
}

// askOrders asks for a customer's newest orders, without what [askOrderParts]
// adds.
func (r *reading) askOrders(b *pgx.Batch, into *[]keptOrder) {
	askOrders(b, into, `JOIN (
		SELECT o.id FROM identities i CROSS JOIN LATERAL (
			SELECT * FROM orders o WHERE o.identity_id = i.id ORDER BY o.placed_at DESC, o.id DESC LIMIT @limit) o
		WHERE i.customer_id = @customer ORDER BY o.placed_at DESC, o.id DESC LIMIT @limit) n ON n.id = o.id`,
		pgx.NamedArgs{"customer": r.id, "limit": maxOrders})
}

// readOrders reads the orders o that a join chooses, newest first, in two round
// trips, however many they are.
func readOrders(ctx context.Context, q querier, join string, args pgx.NamedArgs) (list []keptOrder, err error) {
	b := &pgx.Batch{}
	askOrders(b, &list, join, args)
	if err := q.SendBatch(ctx, b).Close(); err != nil || len(list) == 0 {
		return list, err
	}
	b = &pgx.Batch{}
	askOrderParts(b, list)
	return list, q.SendBatch(ctx, b).Close()
}

func askOrders(b *pgx.Batch, into *[]keptOrder, join string, args pgx.NamedArgs) {
	b.Queue(`
		SELECT o.id, o.identity_id, o.version, o.store, o.external_id, o.number, o.number_key, o.customer_external_id,
			CASE WHEN o.email = '' AND i.kind = 'email' THEN i.value ELSE o.email END, o.phone, o.status, o.financial_status, o.currency,
			o.subtotal, o.shipping, o.tax, o.discount, o.total, o.refunded, o.url, o.note, o.problems, o.placed_at, o.updated_at,
			i.kind, i.key, o.said, o.loose_key
		FROM orders o `+join+` JOIN identities i ON i.id = o.identity_id
		ORDER BY o.placed_at DESC, o.id DESC`, args).Query(func(rows pgx.Rows) (err error) {
		*into, err = pgx.CollectRows(rows, scanOrder)
		return err
	})
}

func scanOrder(row pgx.CollectableRow) (keptOrder, error) {
	o := keptOrder{Order: inbox.Order{
		Items: []inbox.Item{}, Parties: []inbox.OrderParty{}, Shipments: []inbox.Shipment{}, Refunds: []inbox.Refund{}, Returns: []inbox.Return{},
	}}
	err := row.Scan(&o.ID, &o.IdentityID, &o.Version, &o.Store, &o.ExternalID, &o.Number, &o.NumberKey, &o.CustomerExternalID,
		&o.Email, &o.Phone, &o.Status, &o.FinancialStatus, &o.Currency, &o.Subtotal, &o.Shipping, &o.Tax, &o.Discount, &o.Total,
		&o.Refunded, &o.URL, &o.Note, &o.Problems, &o.PlacedAt, &o.UpdatedAt, &o.Buyer.Kind, &o.Buyer.Key, &o.said, &o.LooseKey)
	o.PlacedAt, o.UpdatedAt = o.PlacedAt.UTC(), o.UpdatedAt.UTC()
	if len(o.Problems) == 0 {
		o.Problems = nil
	}
	return o, err
}

// askOrderParts asks for what belongs to orders: nothing when there are none.
func askOrderParts(batch *pgx.Batch, list []keptOrder) {
	if len(list) == 0 {
		return
	}
	at := make(map[inbox.OrderID]*inbox.Order, len(list))
	of := make([]string, len(list))
	for i := range list {
		at[list[i].ID], of[i] = &list[i].Order, string(list[i].ID)
	}
	var (
		order    inbox.OrderID
		item     inbox.Item
		party    inbox.OrderParty
		shipment inbox.Shipment
		refund   inbox.Refund
		back     inbox.Return
		raw      []byte
	)
	part := func(sql string, scans []any, each func(o *inbox.Order) error) {
		batch.Queue(sql, of).Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, append([]any{&order}, scans...), func() error { return each(at[order]) })
			return err
		})
	}
	part(`SELECT order_id, external_id, product_id, sku, title, variant, quantity, price, image, url FROM order_items
		WHERE order_id = ANY($1::uuid[]) ORDER BY order_id, position`,
		[]any{&item.ExternalID, &item.ProductID, &item.SKU, &item.Title, &item.Variant, &item.Quantity, &item.Price, &item.Image, &item.URL},
		func(o *inbox.Order) error {
			o.Items = append(o.Items, item)
			return nil
		})
	part(`SELECT order_id, role, name, email, phone, address FROM order_parties
		WHERE order_id = ANY($1::uuid[]) ORDER BY order_id, array_position(ARRAY['buyer', 'recipient', 'billing'], role)`,
		[]any{&party.Role, &party.Name, &party.Email, &party.Phone, &raw},
		func(o *inbox.Order) error {
			party.Address = nil
			if string(raw) != "{}" {
				if err := json.Unmarshal(raw, &party.Address); err != nil {
					return err
				}
			}
			o.Parties = append(o.Parties, party)
			return nil
		})
	part(`SELECT order_id, external_id, carrier, tracking, tracking_key, url, status, shipped_at, at, events FROM shipments
		WHERE order_id = ANY($1::uuid[]) ORDER BY order_id, position`,
		[]any{&shipment.ExternalID, &shipment.Carrier, &shipment.Tracking, &shipment.TrackingKey, &shipment.URL, &shipment.Status,
			&shipment.ShippedAt, &shipment.At, &raw},
		func(o *inbox.Order) error {
			shipment.At, shipment.Events = shipment.At.UTC(), []inbox.ShipmentEvent{}
			if shipment.ShippedAt != nil {
				utc := shipment.ShippedAt.UTC()
				shipment.ShippedAt = &utc
			}
			if err := json.Unmarshal(raw, &shipment.Events); err != nil {
				return err
			}
			o.Shipments = append(o.Shipments, shipment)
			shipment.ShippedAt = nil
			return nil
		})
	part(`SELECT order_id, external_id, amount, reason, at FROM refunds
		WHERE order_id = ANY($1::uuid[]) ORDER BY order_id, at, external_id COLLATE "C"`,
		[]any{&refund.ExternalID, &refund.Amount, &refund.Reason, &refund.At},
		func(o *inbox.Order) error {
			refund.At = refund.At.UTC()
			o.Refunds = append(o.Refunds, refund)
			return nil
		})
	part(`SELECT order_id, external_id, status, reason, items, at FROM returns
		WHERE order_id = ANY($1::uuid[]) ORDER BY order_id, at, external_id COLLATE "C"`,
		[]any{&back.ExternalID, &back.Status, &back.Reason, &raw, &back.At},
		func(o *inbox.Order) error {
			back.At, back.Items = back.At.UTC(), []inbox.ReturnItem{}
			if err := json.Unmarshal(raw, &back.Items); err != nil {
				return err
			}
			o.Returns = append(o.Returns, back)
			return nil
		})
}
