package store

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// orderRow is a row of orders in the form of jsonb_to_recordset.
type orderRow struct {
	ID                 inbox.OrderID    `json:"id"`
	Store              string           `json:"store"`
	ExternalID         string           `json:"external_id"`
	Number             string           `json:"number"`
	NumberKey          string           `json:"number_key"`
	IdentityID         inbox.IdentityID `json:"identity_id"`
	CustomerExternalID string           `json:"customer_external_id"`
	Email              string           `json:"email"`
	Phone              string           `json:"phone"`
	Status             string           `json:"status"`
	FinancialStatus    string           `json:"financial_status"`
	Currency           string           `json:"currency"`
	Subtotal           int64            `json:"subtotal"`
	Shipping           int64            `json:"shipping"`
	Tax                int64            `json:"tax"`
	Discount           int64            `json:"discount"`
	Total              int64            `json:"total"`
	Refunded           int64            `json:"refunded"`
	URL                string           `json:"url"`
	Note               string           `json:"note"`
	Problems           []string         `json:"problems"`
	PlacedAt           time.Time        `json:"placed_at"`
	UpdatedAt          time.Time        `json:"updated_at"`
	Version            int64            `json:"version"`
	Said               json.RawMessage  `json:"said"`
	LooseKey           string           `json:"loose_key"`
}

// writeOrders writes orders and all that belongs to them in a few statements,
// however many they are.
func (d *delivery) writeOrders(ctx context.Context, changed []*changedOrder) error {
	if len(changed) == 0 {
		return nil
	}
	rows, old := make([]orderRow, len(changed)), []string{}
	for i, c := range changed {
		said, err := c.state.SaidJSON()
		if err != nil {
			return fmt.Errorf("encode order %s: %w", c.ID, err)
		}
		rows[i] = orderRow{
			c.ID, c.Store, c.ExternalID, c.Number, c.NumberKey, c.IdentityID, c.CustomerExternalID, c.Email, c.Phone,
			c.Status, c.FinancialStatus, c.Currency, c.Subtotal, c.Shipping, c.Tax, c.Discount, c.Total, c.Refunded, c.URL, c.Note,
			orEmpty(c.Problems), c.PlacedAt, c.UpdatedAt, c.Version, said, c.LooseKey,
		}
		if !c.fresh {
			old = append(old, string(c.ID))
		}
	}
	encoded, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("encode orders: %w", err)
	}
	batch := &pgx.Batch{}
	batch.Queue(`
		INSERT INTO orders (id, store, external_id, number, number_key, identity_id, customer_external_id, email, phone, status,
			financial_status, currency, subtotal, shipping, tax, discount, total, refunded, url, note, problems, placed_at, updated_at, version, said, loose_key)
		SELECT id, store, external_id, number, number_key, identity_id, customer_external_id, email, phone, status,
			financial_status, currency, subtotal, shipping, tax, discount, total, refunded, url, note, problems, placed_at, updated_at, version, said, loose_key
		FROM jsonb_to_recordset($1) AS n(id uuid, store text, external_id text, number text, number_key text, identity_id uuid,
			customer_external_id text, email text, phone text, status text, financial_status text, currency text, subtotal bigint,
			shipping bigint, tax bigint, discount bigint, total bigint, refunded bigint, url text, note text, problems text[],
			placed_at timestamptz, updated_at timestamptz, version bigint, said jsonb, loose_key text)
		ON CONFLICT (id) DO UPDATE SET number = EXCLUDED.number, number_key = EXCLUDED.number_key, identity_id = EXCLUDED.identity_id,
			customer_external_id = EXCLUDED.customer_external_id, email = EXCLUDED.email, phone = EXCLUDED.phone, status = EXCLUDED.status,
			financial_status = EXCLUDED.financial_status, currency = EXCLUDED.currency, subtotal = EXCLUDED.subtotal,
			shipping = EXCLUDED.shipping, tax = EXCLUDED.tax, discount = EXCLUDED.discount, total = EXCLUDED.total,
			refunded = EXCLUDED.refunded, url = EXCLUDED.url, note = EXCLUDED.note, problems = EXCLUDED.problems,
			placed_at = EXCLUDED.placed_at, updated_at = EXCLUDED.updated_at, version = EXCLUDED.version, said = EXCLUDED.said,
			loose_key = EXCLUDED.loose_key`, encoded)
	if len(old) > 0 {
		for _, table := range []string{"order_items", "order_parties", "shipments", "refunds", "returns", "order_entries"} {
			batch.Queue(`DELETE FROM `+table+` WHERE order_id = ANY($1::uuid[])`, old)
		}
	}
	if err := d.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write orders: %w", err)
	}
	tables, err := orderTables(changed)
	if err != nil {
		return err
	}
	return d.copyAll(ctx, tables)
}

// orderTables are the rows of what belongs to orders.
func orderTables(changed []*changedOrder) ([]table, error) {
	var items, parties, shipments, refunds, returns, entries [][]any
	for _, c := range changed {
		id := uid(c.ID)
		for i, x := range c.Items {
			items = append(items, []any{id, int32(i), x.ExternalID, x.ProductID, x.SKU, x.Title, x.Variant, int32(x.Quantity), x.Price, x.Image, x.URL})
		}
		for _, p := range c.Parties {
			address := p.Address
			if address == nil {
				address = &inbox.Address{}
			}
			raw, err := json.Marshal(address)
			if err != nil {
				return nil, fmt.Errorf("encode an address of order %s: %w", c.ID, err)
			}
			parties = append(parties, []any{id, p.Role, p.Name, p.Email, p.Phone, raw})
		}
		for i, s := range c.Shipments {
			raw, err := json.Marshal(s.Events)
			if err != nil {
				return nil, fmt.Errorf("encode a parcel of order %s: %w", c.ID, err)
			}
			shipments = append(shipments, []any{id, int32(i), s.ExternalID, s.Carrier, s.Tracking, s.TrackingKey, s.URL, s.Status, s.ShippedAt, s.At, raw})
		}
		for _, f := range c.Refunds {
			refunds = append(refunds, []any{id, f.ExternalID, f.Amount, f.Reason, f.At})
		}
		for _, b := range c.Returns {
			raw, err := json.Marshal(orEmpty(b.Items))
			if err != nil {
				return nil, fmt.Errorf("encode a return of order %s: %w", c.ID, err)
			}
			returns = append(returns, []any{id, b.ExternalID, b.Status, b.Reason, raw, b.At})
		}
		for _, e := range orderEntries(&c.Order) {
			raw, err := json.Marshal(e.data)
			if err != nil {
				return nil, fmt.Errorf("encode an entry of order %s: %w", c.ID, err)
			}
			entries = append(entries, []any{id, uid(e.id), e.kind, uid(c.IdentityID), e.at, e.detail, raw})
		}
	}
	return []table{
		{"order_items", []string{"order_id", "position", "external_id", "product_id", "sku", "title", "variant", "quantity", "price", "image", "url"}, items},
		{"order_parties", []string{"order_id", "role", "name", "email", "phone", "address"}, parties},
		{"shipments", []string{"order_id", "position", "external_id", "carrier", "tracking", "tracking_key", "url", "status", "shipped_at", "at", "events"}, shipments},
		{"refunds", []string{"order_id", "external_id", "amount", "reason", "at"}, refunds},
		{"returns", []string{"order_id", "external_id", "status", "reason", "items", "at"}, returns},
		{"order_entries", []string{"order_id", "id", "kind", "identity_id", "at", "detail", "data"}, entries},
	}, nil
}

// An orderEntry is what the timeline shows of an order besides itself.
type orderEntry struct {
	id     string
	kind   string
	at     time.Time
	detail string
	data   map[string]any
}

// orderEntries are each event of each parcel, its present status where no event
// tells it, refunds and returns. Their ids are made of what they are about, so
// that they stay whatever comes before them.
func orderEntries(o *inbox.Order) (list []orderEntry) {
	seen := map[string]bool{}
	add := func(kind, key string, at time.Time, detail string, data map[string]any) {
		id := madeID(string(o.ID) + "\x00" + kind + "\x00" + key)
		if seen[id] {
			return
		}
		seen[id] = true
		data["number"] = o.Number
		list = append(list, orderEntry{id, kind, at, detail, data})
	}
	for i, s := range o.Shipments {
		key := s.ExternalID + "\x00" + s.Tracking
		if s.ExternalID != "" {
			key = s.ExternalID
		} else if s.Tracking == "" {
			key = fmt.Sprint("\x00", i)
		}
		data := func() map[string]any {
			return map[string]any{"carrier": s.Carrier, "tracking": s.Tracking, "url": s.URL}
		}
		told := false
		for _, e := range s.Events {
			d := data()
			d["text"], d["place"] = e.Text, e.Place
			told = told || e.Status == s.Status && e.At.Equal(s.At)
			id := e.ExternalID
			if id == "" {
				id = e.At.UTC().Format(time.RFC3339Nano) + "\x00" + e.Status + "\x00" + e.Text + "\x00" + e.Place
			}
			add("shipment", key+"\x00"+id, e.At, e.Status, d)
		}
		if !told && s.Status != "" {
			add("shipment", key+"\x00now\x00"+s.Status, s.At, s.Status, data())
		}
	}
	for _, f := range o.Refunds {
		add("refund", f.ExternalID, f.At, f.Reason, map[string]any{"amount": f.Amount, "currency": o.Currency})
	}
	for _, b := range o.Returns {
		add("return", b.ExternalID, b.At, b.Status, map[string]any{"reason": b.Reason, "items": b.Items})
	}
	return list
}

// madeID is an id made of a name: the same for the same name (a UUID of version
// 8, RFC 9562 section 5.8).
func madeID(name string) string {
	sum := sha256.Sum256([]byte(name))
	b := sum[:16]
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
