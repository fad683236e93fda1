package store_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// everything gives the customer of an identity some of each kind of entry, most
// of one instant, and returns the customer.
func (d *desk) everything(t testing.TB) inbox.CustomerID {
	t.Helper()
	ctx := t.Context()
	c := d.mail(t, "support", "m1", "kim@x.example")
	for i := range 5 {
		if _, err := d.Note(ctx, d.anna, string(c.ID), answer(fmt.Sprint("key-", i), fmt.Sprint("note ", i), 0)); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []inbox.Status{inbox.Closed, inbox.Open, inbox.Pending} {
		if _, err := d.Patch(ctx, d.anna, string(c.ID), inbox.Patch{Status: &s}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	at, who := hour(60), inbox.IdentityRef{Kind: inbox.EmailAddress, Key: "kim@x.example"}
	for i := range 4 {
		d.deliver(t, orderWord(fmt.Sprint("o", i), &inbox.Order{
			Store: "shop", ExternalID: fmt.Sprint(i), Number: fmt.Sprint("HP-", i), Status: "paid", Currency: "EUR", Total: 100, PlacedAt: at, UpdatedAt: at, Buyer: who,
			Shipments: []inbox.Shipment{
				{ExternalID: "p", Status: "in_transit", At: at, Events: []inbox.ShipmentEvent{{At: at, Status: "in_transit"}, {At: at, Text: "sorted", Place: "Depot"}}},
				{Tracking: "x", Status: "label", At: at},
			},
			Refunds: []inbox.Refund{{ExternalID: "r", Amount: 40, Reason: "late", At: at}},
			Returns: []inbox.Return{{ExternalID: "b", Status: "requested", At: at}},
		}))
	}
	track := func(event string, tr inbox.Tracked) {
		tr.Who, tr.Store, tr.At, tr.Name = who, "shop", at, event
		d.deliver(t, told("track "+event+string(tr.Kind), func(r *inbox.Received) { r.Track = &tr }))
	}
	track("", inbox.Tracked{Kind: inbox.TrackedPage, Title: "Home", URL: "https://s.example/", Properties: []byte("{}")})
	track("Product Reviewed", inbox.Tracked{Kind: inbox.TrackedRating, Title: "Mug", Properties: []byte(`{"rating":5,"review_body":"I love it"}`)})
	track("Gift Wrapped", inbox.Tracked{Kind: inbox.TrackedEvent, Properties: []byte(`{"paper":"red"}`)})
	track("Order Updated", inbox.Tracked{Kind: inbox.TrackedRecord, Properties: []byte("{}")})
	d.deliver(t, told("cart", func(r *inbox.Received) {
		r.Cart = &inbox.CartWord{Cart: inbox.Cart{Store: "shop", ExternalID: "k", Status: "open", Currency: "EUR", UpdatedAt: at, Who: who,
			Items: []inbox.Item{{SKU: "a", Title: "Mug", Quantity: 2, Price: 250}, {SKU: "b", Title: "Kettle", Quantity: 1, Price: 900}}}}
	}), told("empty cart", func(r *inbox.Received) {
		r.Cart = &inbox.CartWord{Cart: inbox.Cart{Store: "shop", ExternalID: "k2", Status: "open", UpdatedAt: at, Who: who}}
	}))
	d.deliver(t, told("customer", func(r *inbox.Received) {
		r.Customer = &inbox.CustomerRecord{Store: "shop", ExternalID: "c1", UpdatedAt: at, Identity: who,
			Loyalty: []inbox.LoyaltyEntry{{Store: "shop", ExternalID: "1", Points: 120, Reason: "bought", At: at}, {Store: "shop", ExternalID: "2", Points: -20, At: at}}}
	}))
	other := d.mail(t, "second", "x1", "other@x.example")
	for i, undone := range []bool{false, true} {
		if _, err := d.pool.Exec(ctx, `INSERT INTO identity_edges (id, a, b, evidence, before, actor_kind, automatic, created_at, revoked_at)
			VALUES ($1, $2, $3, '{}', '{}', 'agent', $4, $5, CASE WHEN $6 THEN $5::timestamptz END)`,
			inbox.NewID[string](time.Now()), c.Customer.IdentityID, other.Customer.IdentityID, i == 0, at, undone); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.pool.Exec(ctx, `UPDATE messages SET sent_at = $1 WHERE seq <= 4`, at); err != nil {
		t.Fatal(err)
	}
	return c.Customer.CustomerID
}

// The timeline has every kind of entry, in one order, page by page, even where
// all of them share an instant; ids are never the same twice.
func TestTimeline(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	id := d.everything(t)
	whole, next, _, err := d.Timeline(ctx, &d.anna.Rights, id, inbox.Cursor{}, 100)
	if err != nil || !next.IsZero() {
		t.Fatal(next, err)
	}
	kinds, ids := map[string]int{}, map[string]bool{}
	for _, e := range whole {
		kinds[e.Kind]++
		if ids[e.ID] {
			t.Errorf("the id %s is there twice", e.ID)
		}
		ids[e.ID] = true
	}
	want := map[string]int{"message": 1, "note": 5, "status": 3, "order": 4, "shipment": 12, "refund": 4, "return": 4, "cart": 1,
		"page": 2, "rating": 1, "loyalty": 2, "merge": 3}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
	for _, size := range []int{1, 2, 5, 13} {
		var got []inbox.TimelineEntry
		var after inbox.Cursor
		for {
			list, next, _, err := d.Timeline(ctx, &d.anna.Rights, id, after, size)
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, list...); next.IsZero() || len(got) > 100 {
				break
			}
			if after, err = inbox.ParseCursor(next.String()); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(whole, got); diff != "" {
			t.Errorf("pages of %d (-whole +pages):\n%s", size, diff)
		}
	}
}

// What an entry says, by its kind.
func TestTimelineEntries(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	list, _, _, err := d.Timeline(t.Context(), &d.anna.Rights, d.everything(t), inbox.Cursor{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, e := range list {
		var data map[string]any
		if err := json.Unmarshal(e.Data, &data); err != nil {
			t.Fatal(err)
		}
		brief := strings.Join([]string{e.Kind, e.Title, e.Detail}, "|")
		for _, k := range []string{"amount", "place", "points", "rating", "name", "undone", "items", "properties"} {
			if v := data[k]; v != nil && v != "" {
				raw, _ := json.Marshal(v)
				brief += "|" + k + "=" + string(raw)
			}
		}
		got[brief] = true
	}
	for _, want := range []string{
		"order|HP-1|paid",
		"shipment|HP-1|in_transit",
		`shipment|HP-1||place="Depot"`,
		"shipment|HP-1|label",
		"refund|HP-1|late|amount=40",
		"return|HP-1|requested|items=[]",
		"cart|Mug, Kettle|open|items=2",
		"page|Home|https://s.example/",
		`page|Gift Wrapped||name="Gift Wrapped"|properties={"paper":"red"}`,
		`rating|Mug|I love it|rating="5"|name="Product Reviewed"`,
		"loyalty|bought|+120|points=120",
		"loyalty||-20|points=-20",
		"merge|merged|kim@x.example|undone=false", // the other side is another customer now
		"merge|unmerged|kim@x.example|undone=true",
	} {
		if !got[want] {
			t.Errorf("there is no entry %s among\n%s", want, strings.Join(sorted(got), "\n"))
		}
	}
}

func sorted(set map[string]bool) []string {
	list := make([]string, 0, len(set))
	for s := range set {
		list = append(list, s)
	}
	return list
}

// Pages, ratings and loyalty are pushed as they are fetched, live ones only, and
// only of people with whom somebody has spoken.
func TestTimelinePushed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.everything(t)
	quiet := told("import", func(r *inbox.Received) {
		r.History = true
		r.Track = &inbox.Tracked{Who: inbox.IdentityRef{Kind: inbox.EmailAddress, Key: "kim@x.example"}, Kind: inbox.TrackedPage, At: hour(1), Store: "shop", Properties: []byte("{}")}
	})
	stranger := told("stranger", func(r *inbox.Received) {
		r.Track = &inbox.Tracked{Who: inbox.ShopRef("shop", "nobody"), Kind: inbox.TrackedPage, At: hour(1), Store: "shop", Properties: []byte("{}")}
	})
	d.deliver(t, quiet, stranger)
	list, _, _, err := d.Timeline(t.Context(), &d.anna.Rights, id, inbox.Cursor{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	fetched := map[string]inbox.TimelineEntry{}
	for _, e := range list {
		fetched[e.ID] = e
	}
	pushed := d.strings(t, `SELECT convert_from(payload, 'UTF8') FROM outbox WHERE subject = 'skein.event.timeline.added'`)
	for _, raw := range pushed {
		var e inbox.Event
		if err := json.Unmarshal([]byte(raw), &e); err != nil {
			t.Fatal(err)
		}
		want := fetched[e.Timeline.ID]
		want.At = want.At.UTC()
		if diff := cmp.Diff(*e.Timeline, want); diff != "" || e.IdentityID == "" || len(e.Audience.Inboxes) != 1 {
			t.Errorf("%s is pushed to %v (-pushed +fetched):\n%s", e.Timeline.ID, e.Audience.Inboxes, diff)
		}
	}
	if len(pushed) != 5 {
		t.Errorf("%d entries are pushed, want 5: a page, a rating, an event and two lines of a ledger", len(pushed))
	}
}

// A customer with ten thousand entries of every kind: each page is read by
// walking indexes, and what is read doesn't grow with what is there.
func TestTimelineOfMany(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	c := d.mail(t, "support", "m1", "kim@x.example")
	who, n := c.Customer.IdentityID, 10_000
	if testing.Short() {
		n = 500
	}
	// Most others have one: planned for them, the many would be sorted.
	others := 300
	d.fill(t, "support", others)
	counts := map[inbox.IdentityID]int{who: n}
	for _, id := range d.strings(t, `SELECT id::text FROM identities WHERE id <> $1`, who) {
		counts[inbox.IdentityID(id)] = 1
	}
	for id, n := range counts {
		for _, sql := range []string{
			`INSERT INTO orders (id, store, external_id, number, identity_id, status, currency, total, placed_at, updated_at)
				SELECT gen_random_uuid(), 's', $1::text || i, i::text, $1::uuid, 'paid', 'EUR', 1, now() - i * interval '1 minute', now() FROM generate_series(1, $2::int) i`,
			`INSERT INTO order_entries (order_id, id, kind, identity_id, at, data)
				SELECT (SELECT id FROM orders WHERE identity_id = $1::uuid LIMIT 1), gen_random_uuid(), 'shipment', $1::uuid, now() - i * interval '1 minute', '{}' FROM generate_series(1, $2::int) i`,
			`INSERT INTO tracks (id, at, identity_id, store, kind, name, title)
				SELECT gen_random_uuid(), now() - i * interval '1 minute', $1::uuid, 's', 'page', '', i::text FROM generate_series(1, $2::int) i`,
			`INSERT INTO carts (id, store, external_id, identity_id, status, currency, total, items, created_at, updated_at)
				SELECT gen_random_uuid(), 's', $1::text || i, $1::uuid, 'open', 'EUR', 1, '[{"title": "x"}]', now(), now() - i * interval '1 minute' FROM generate_series(1, $2::int) i`,
			`INSERT INTO loyalty_entries (store, external_id, identity_id, points, at)
				SELECT 's', $1::text || i, $1::uuid, 1, now() - i * interval '1 minute' FROM generate_series(1, $2::int) i`,
			`INSERT INTO messages (id, conversation_id, thread_id, seq, kind, direction, channel, account_id, identity_id, author_kind, recipients, state, reason, sent_at, created_at)
				SELECT gen_random_uuid(), m.conversation_id, m.thread_id, m.seq + i, 'message', 'in', m.channel, m.account_id, $1::uuid, m.author_kind, m.recipients, m.state, m.reason,
					now() - i * interval '1 minute', now() FROM messages m, generate_series(1, $2::int) i WHERE m.identity_id = $1 AND m.seq = 1`,
			`INSERT INTO events (id, at, kind, actor_kind, entity, version, before, after, identity_id)
				SELECT gen_random_uuid(), now() - i * interval '1 minute', 'conversation.changed', 'agent', c.id, i, '{"status": "open"}',
					'{"status": "closed"}', $1::uuid FROM conversations c, generate_series(1, $2::int) i WHERE c.identity_id = $1::uuid`,
			`INSERT INTO identity_edges (id, a, b, evidence, before, actor_kind, created_at)
				SELECT gen_random_uuid(), $1::uuid, $1::uuid, '{}', '{}', 'agent', now() - i * interval '1 minute' FROM generate_series(1, ($2::int + 99) / 100) i`,
		} {
			if _, err := d.pool.Exec(ctx, sql, string(id), n); err != nil {
				t.Fatalf("%v\n%s", err, sql)
			}
		}
	}
	if err := d.EnsurePartitions(ctx, time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.pool.Exec(ctx, `ANALYZE`); err != nil {
		t.Fatal(err)
	}
	var after inbox.Cursor
	var slowest time.Duration
	for page := range 6 {
		began := time.Now()
		list, next, _, err := d.Timeline(ctx, &d.anna.Rights, c.Customer.CustomerID, after, 50)
		if err != nil || len(list) != 50 {
			t.Fatalf("page %d: %d entries, %v", page, len(list), err)
		}
		if took := time.Since(began); page > 0 { // the first plans
			slowest = max(slowest, took)
		}
		after = next
	}
	t.Logf("the slowest of five pages took %v", slowest)
	for name, sql := range d.TimelineSQL() {
		raw := d.strings(t, `EXPLAIN (ANALYZE, FORMAT JSON) `+inlined(sql, c.Customer.CustomerID, d.first.ID))[0]
		var plans []struct{ Plan planNode }
		if err := json.Unmarshal([]byte(raw), &plans); err != nil {
			t.Fatal(err)
		}
		if read := plans[0].Plan.read(); read > 600 && name != "message" || read > 1200 {
			t.Errorf("%s reads %.0f rows of its tables for a page of 50:\n%s", name, read, raw)
		}
	}
}

// A planNode is a step of a plan that was run.
type planNode struct {
	Relation string  `json:"Relation Name"`
	Rows     float64 `json:"Actual Rows"`
	Removed  float64 `json:"Rows Removed by Filter"`
	Loops    float64 `json:"Actual Loops"`
	Plans    []planNode
}

// read counts the rows that were read of tables, but for the small ones.
func (n planNode) read() float64 {
	total := 0.0
	if n.Relation != "" && n.Relation != "identities" {
		total = (n.Rows + n.Removed) * n.Loops
	}
	for _, p := range n.Plans {
		total += p.read()
	}
	return total
}

// inlined is a query with its arguments in it, as EXPLAIN takes it.
func inlined(sql string, id inbox.CustomerID, in inbox.InboxID) string {
	return strings.NewReplacer("@at", "now()", "@id::uuid", "'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid", "@id", "'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid",
		"@all", "false", "@inboxes::uuid[]", fmt.Sprintf("ARRAY['%s']::uuid[]", in), "@limit", "51", "@customer", fmt.Sprintf("'%s'::uuid", id)).Replace(sql)
}

// A merge and its undoing are pushed to those who may see the customer as their
// timeline has them; of the other side, once it is somebody else, nothing.
func TestMergesPushed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, now := t.Context(), time.Now().UTC().Truncate(time.Microsecond)
	kim, lee := d.mail(t, "support", "m1", "kim@x.example"), d.mail(t, "second", "m2", "lee@x.example")
	if _, err := d.Merge(ctx, d.su, kim.Customer.CustomerID, lee.Customer.CustomerID, "same voice", now); err != nil {
		t.Fatal(err)
	}
	type push struct {
		title, detail string
		inboxes       int
		logged        bool
	}
	pushed := func() (list []push) {
		for _, raw := range d.strings(t, `SELECT convert_from(payload, 'UTF8') FROM outbox WHERE subject = 'skein.event.timeline.added' ORDER BY id`) {
			var e inbox.Event
			if err := json.Unmarshal([]byte(raw), &e); err != nil {
				t.Fatal(err)
			}
			logged := d.strings(t, `SELECT id::text FROM events WHERE kind = 'timeline.added'`)
			list = append(list, push{e.Timeline.Title, e.Timeline.Detail, len(e.Audience.Inboxes), len(logged) > 0})
			who := d.strings(t, `SELECT customer_id::text FROM identities WHERE id = $1`, e.IdentityID)[0]
			entries, _, _, err := d.Timeline(ctx, &d.su.Rights, inbox.CustomerID(who), inbox.Cursor{}, 10)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range entries {
				if f.At = f.At.UTC(); f.ID == e.Timeline.ID && f.Detail == e.Timeline.Detail {
					if diff := cmp.Diff(*e.Timeline, f); diff != "" {
						t.Errorf("pushed and fetched (-pushed +fetched):\n%s", diff)
					}
				}
			}
		}
		return list
	}
	both := "kim@x.example, lee@x.example"
	if diff := cmp.Diff([]push{{"merged", both, 2, false}}, pushed(), cmp.AllowUnexported(push{})); diff != "" {
		t.Errorf("after the merge (-want +got):\n%s", diff)
	}
	merges, err := d.Merges(ctx, &d.su.Rights, kim.Customer.CustomerID)
	if err != nil || len(merges) != 1 {
		t.Fatal(merges, err)
	}
	if _, _, err := d.Unmerge(ctx, d.su, kim.Customer.CustomerID, merges[0].ID, now.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	want := []push{{"merged", both, 2, false}, {"unmerged", "kim@x.example", 1, false}, {"unmerged", "lee@x.example", 1, false}}
	if diff := cmp.Diff(want, pushed(), cmp.AllowUnexported(push{})); diff != "" {
		t.Errorf("after it is undone (-want +got):\n%s", diff)
	}
}
