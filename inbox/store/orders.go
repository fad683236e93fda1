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

// storeRecords takes in what shops say. A record is what all words on it make
// it, so that feeds may come twice and backwards: see [inbox.OrderState].
func (d *delivery) storeRecords(ctx context.Context, batch []inbox.Received) error {
	for _, step := range []func(context.Context, []inbox.Received) error{
		d.storeOrders, d.storeCarts, d.storeProducts, d.storeSaved, d.storeLoyalty, d.storeTracks,
	} {
		if err := step(ctx, batch); err != nil {
			return err
		}
	}
	return d.keyOrders(ctx, d.orders)
}

// recordKeys are what is locked before the records of an item are read.
func recordKeys(r *inbox.Received) (keys []inbox.Key) {
	for _, o := range ordersIn(r) {
		keys = append(keys, inbox.RecordKey("order", o.Store, o.ExternalID))
	}
	for _, c := range cartsIn(r) {
		keys = append(keys, inbox.RecordKey("cart", c.Store, c.ExternalID))
	}
	if p := r.Product; p != nil {
		keys = append(keys, inbox.RecordKey("product", p.Store, p.SKU))
	}
	return keys
}

func ordersIn(r *inbox.Received) []*inbox.Order {
	switch {
	case r.Order != nil:
		return []*inbox.Order{r.Order}
	case r.Track != nil:
		return r.Track.Orders
	}
	return nil
}

// A storeID is how a shop names a record.
type storeID struct{ store, id string }

// A wordsOf is what a batch says of one record, and where from.
type wordsOf[T any] struct {
	words   []T
	cause   string
	history bool
}

// collect gathers a batch's words by record, each in the order of the batch.
// What is live makes the whole of it live.
func collect[T any](batch []inbox.Received, in func(*inbox.Received) []T, id func(T) storeID) (map[storeID]*wordsOf[T], []storeID) {
	all, order := map[storeID]*wordsOf[T]{}, []storeID(nil)
	for i := range batch {
		r := &batch[i]
		for _, w := range in(r) {
			k := id(w)
			if all[k] == nil {
				all[k] = &wordsOf[T]{history: true}
				order = append(order, k)
			}
			all[k].words = append(all[k].words, w)
			all[k].cause, all[k].history = r.EventID, all[k].history && r.History
		}
	}
	return all, order
}

func columnsOf(ids []storeID) (stores, externals []string) {
	for _, k := range ids {
		stores, externals = append(stores, k.store), append(externals, k.id)
	}
	return stores, externals
}

// A changedOrder is one that a delivery wrote.
type changedOrder struct {
	inbox.Order // as people see it
	state       *inbox.OrderState
	fresh       bool // was not there before
}

func (d *delivery) storeOrders(ctx context.Context, batch []inbox.Received) error {
	words, order := collect(batch, ordersIn, func(o *inbox.Order) storeID { return storeID{o.Store, o.ExternalID} })
	if len(order) == 0 {
		return nil
	}
	stores, externals := columnsOf(order)
	known, err := readOrders(ctx, d.tx, `JOIN unnest(@stores::text[], @externals::text[]) AS n(store, external_id)
		ON n.store = o.store AND n.external_id = o.external_id`, pgx.NamedArgs{"stores": stores, "externals": externals})
	if err != nil {
		return fmt.Errorf("load orders: %w", err)
	}
	states := make(map[storeID]*inbox.OrderState, len(order))
	for i := range known {
		o := &known[i]
		if states[storeID{o.Store, o.ExternalID}], err = inbox.RestoreOrder(o.Order, o.said); err != nil {
			return err
		}
	}
	if err := d.lockNumbers(ctx, states, words); err != nil {
		return err
	}
	var changed []*changedOrder
	for _, k := range order {
		state, fresh := states[k], false
		if state == nil {
			state, fresh = &inbox.OrderState{}, true
		}
		differs := fresh
		for _, w := range words[k].words {
			differs = state.Take(w) || differs
		}
		if differs {
			changed = append(changed, &changedOrder{state: state, fresh: fresh})
		}
	}
	if err := d.ownOrders(ctx, changed); err != nil {
		return err
	}
	if err := d.writeOrders(ctx, changed); err != nil {
		return err
	}
	owners := make([]inbox.IdentityID, len(changed))
	for i, c := range changed {
		owners[i] = c.IdentityID
	}
	audiences, err := knownTo(ctx, d.tx, owners)
	if err != nil {
		return fmt.Errorf("read who may see orders: %w", err)
	}
	for _, c := range changed {
		said := words[storeID{c.Store, c.ExternalID}]
		d.orders = append(d.orders, storedOrder{Order: c.Order, made: c.fresh, history: said.history, cause: said.cause})
		d.add(change{cause: said.cause, event: inbox.Event{
			Kind: inbox.OrderChanged, Entity: string(c.ID), Version: c.Version, Order: &c.Order, IdentityID: c.IdentityID,
			History: said.history, Audience: audiences[c.IdentityID],
		}}, inbox.Actor{Kind: inbox.BySystem})
	}
	return nil
}

// lockNumbers locks what known orders may be named by where a word doesn't name
// it: a message that does, and comes at once, must not miss what changes.
func (d *delivery) lockNumbers(ctx context.Context, states map[storeID]*inbox.OrderState, words map[storeID]*wordsOf[*inbox.Order]) error {
	set := map[inbox.Key]bool{}
	for id, s := range states {
		for _, w := range words[id].words {
			if len(w.Says) > 0 {
				for _, k := range keysOfOrder(&s.Order) {
					set[inbox.OrderKey(k.kind, k.key)] = true
				}
				break
			}
		}
	}
	if len(set) == 0 {
		return nil
	}
	return lockKeys(ctx, d.tx, set)
}

// ownOrders says whose the orders are, now that their words are taken in, and
// gives them ids and versions. An order of which nobody said whose it is gets a
// guest of its own; the order's lock is that guest's too.
func (d *delivery) ownOrders(ctx context.Context, changed []*changedOrder) error {
	guests := map[inbox.IdentityRef]*subject{}
	for _, c := range changed {
		s := c.state
		if s.Buyer.Key == "" {
			s.Buyer = inbox.GuestRef(s.Store, s.ExternalID)
		}
		if _, ok := d.identities[s.Buyer]; !ok && (c.fresh || s.IdentityID == "") {
			guests[s.Buyer] = &subject{ref: s.Buyer, made: true, seen: seen{value: s.Store + " " + s.ExternalID, at: s.PlacedAt}}
		}
	}
	if err := d.ensureIdentities(ctx, guests); err != nil {
		return err
	}
	for _, c := range changed {
		s := c.state
		if who, ok := d.identities[s.Buyer]; ok {
			s.IdentityID = who.ID
		}
		if s.Version++; c.fresh {
			s.ID = inbox.NewID[inbox.OrderID](s.PlacedAt)
		}
		c.Order = s.Public()
	}
	return nil
}

// ensureIdentities finds or makes identities under locks that the caller holds.
func (d *delivery) ensureIdentities(ctx context.Context, at map[inbox.IdentityRef]*subject) error {
	if len(at) == 0 {
		return nil
	}
	var list []*subject
	for _, s := range at {
		list = append(list, s)
	}
	if err := d.findIdentities(ctx, list, at); err != nil {
		return err
	}
	for _, s := range list {
		if s.made {
			d.beginSubject(s)
		}
	}
	return d.makeIdentities(ctx, list)
}

// buyerIn is how an order's buyer shows as an identity.
func buyerIn(o *inbox.Order) string {
	switch {
	case o.CustomerExternalID != "":
		return o.Buyer.Key
	case o.Buyer.Kind == inbox.EmailAddress:
		return o.Email
	case o.Buyer.Kind == inbox.PhoneNumber:
		return o.Phone
	}
	return o.Number
}

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
			orEmpty(c.Problems), c.PlacedAt, c.UpdatedAt, c.Version, said,
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
			financial_status, currency, subtotal, shipping, tax, discount, total, refunded, url, note, problems, placed_at, updated_at, version, said)
		SELECT id, store, external_id, number, number_key, identity_id, customer_external_id, email, phone, status,
			financial_status, currency, subtotal, shipping, tax, discount, total, refunded, url, note, problems, placed_at, updated_at, version, said
		FROM jsonb_to_recordset($1) AS n(id uuid, store text, external_id text, number text, number_key text, identity_id uuid,
			customer_external_id text, email text, phone text, status text, financial_status text, currency text, subtotal bigint,
			shipping bigint, tax bigint, discount bigint, total bigint, refunded bigint, url text, note text, problems text[],
			placed_at timestamptz, updated_at timestamptz, version bigint, said jsonb)
		ON CONFLICT (id) DO UPDATE SET number = EXCLUDED.number, number_key = EXCLUDED.number_key, identity_id = EXCLUDED.identity_id,
			customer_external_id = EXCLUDED.customer_external_id, email = EXCLUDED.email, phone = EXCLUDED.phone, status = EXCLUDED.status,
			financial_status = EXCLUDED.financial_status, currency = EXCLUDED.currency, subtotal = EXCLUDED.subtotal,
			shipping = EXCLUDED.shipping, tax = EXCLUDED.tax, discount = EXCLUDED.discount, total = EXCLUDED.total,
			refunded = EXCLUDED.refunded, url = EXCLUDED.url, note = EXCLUDED.note, problems = EXCLUDED.problems,
			placed_at = EXCLUDED.placed_at, updated_at = EXCLUDED.updated_at, version = EXCLUDED.version, said = EXCLUDED.said`, encoded)
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

// knownTo is who may see the customers with some identities: see [visible]. One
// that nobody has spoken with isn't in it: everybody sees them.
func knownTo(ctx context.Context, q querier, of []inbox.IdentityID) (map[inbox.IdentityID]inbox.Audience, error) {
	known := map[inbox.IdentityID]inbox.Audience{}
	if len(of) == 0 {
		return known, nil
	}
	rows, err := q.Query(ctx, `
		SELECT DISTINCT i.id, c.inbox_id::text FROM identities i
		JOIN identities same ON same.customer_id = i.customer_id
		JOIN conversations c ON c.identity_id = same.id
		WHERE i.id = ANY($1::uuid[]) ORDER BY 1, 2`, ids(of))
	if err != nil {
		return nil, err
	}
	var id inbox.IdentityID
	var in inbox.InboxID
	_, err = pgx.ForEachRow(rows, []any{&id, &in}, func() error {
		known[id] = inbox.Audience{Inboxes: append(known[id].Inboxes, in)}
		return nil
	})
	return known, err
}
