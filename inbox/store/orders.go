package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// storeRecords upserts what shops say of their customers and orders. An older
// word than the stored one changes nothing, so that feeds may come twice and
// backwards.
func (d *delivery) storeRecords(ctx context.Context, batch []inbox.Received) error {
	for i := range batch {
		r := &batch[i]
		if r.Order == nil {
			continue // a customer's record is in its identity, see loadIdentities
		}
		if err := d.storeOrder(ctx, r); err != nil {
			return err
		}
	}
	return d.keyOrders(ctx, d.orders)
}

func (d *delivery) storeOrder(ctx context.Context, r *inbox.Received) error {
	o := *r.Order
	buyer := d.identities[o.Buyer]
	var version int64
	err := d.tx.QueryRow(ctx, `
		INSERT INTO orders AS o (id, store, external_id, number, identity_id, status, currency, total, placed_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (store, external_id) DO UPDATE SET
			number = EXCLUDED.number, identity_id = EXCLUDED.identity_id, status = EXCLUDED.status, currency = EXCLUDED.currency,
			total = EXCLUDED.total, placed_at = EXCLUDED.placed_at, updated_at = EXCLUDED.updated_at, version = o.version + 1
		WHERE EXCLUDED.updated_at > o.updated_at
		RETURNING id, version`,
		inbox.NewID[inbox.OrderID](o.PlacedAt), o.Store, o.ExternalID, o.Number, buyer.ID, o.Status, o.Currency, o.Total,
		o.PlacedAt, o.UpdatedAt).Scan(&o.ID, &version)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil // an older word
	}
	if err != nil {
		return fmt.Errorf("write order %s %s: %w", o.Store, o.ExternalID, err)
	}
	b := &pgx.Batch{}
	b.Queue(`DELETE FROM order_items WHERE order_id = $1`, o.ID)
	b.Queue(`DELETE FROM shipments WHERE order_id = $1`, o.ID)
	for i, it := range o.Items {
		b.Queue(`INSERT INTO order_items (order_id, position, sku, title, variant, quantity, price) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			o.ID, i, it.SKU, it.Title, it.Variant, it.Quantity, it.Price)
	}
	for i, s := range o.Shipments {
		b.Queue(`INSERT INTO shipments (order_id, position, carrier, tracking, status, shipped_at, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			o.ID, i, s.Carrier, s.Tracking, s.Status, s.ShippedAt, s.At)
	}
	if err := d.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("write lines of order %s %s: %w", o.Store, o.ExternalID, err)
	}
	d.orders = append(d.orders, storedOrder{Order: o, made: version == 1, history: r.History, cause: r.EventID})
	audience, err := d.knownTo(ctx, buyer.ID)
	if err != nil {
		return fmt.Errorf("read who may see order %s %s: %w", o.Store, o.ExternalID, err)
	}
	d.add(change{cause: r.EventID, event: inbox.Event{
		Kind: inbox.OrderChanged, Entity: string(o.ID), Version: version, Order: &o, History: r.History, Audience: audience,
	}}, inbox.Actor{Kind: inbox.BySystem})
	return nil
}

// knownTo is who may see the customer with an identity: see [visible].
func (d *delivery) knownTo(ctx context.Context, id inbox.IdentityID) (inbox.Audience, error) {
	rows, err := d.tx.Query(ctx, `
		SELECT DISTINCT c.inbox_id::text FROM identities i
		JOIN identities same ON same.customer_id = i.customer_id
		JOIN conversations c ON c.identity_id = same.id
		WHERE i.id = $1 ORDER BY 1`, id)
	if err != nil {
		return inbox.Audience{}, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[inbox.InboxID])
	return inbox.Audience{Inboxes: list}, err
}
