package store_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

var shopOpened = time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)

func hour(n int) time.Time { return shopOpened.Add(time.Duration(n) * time.Hour) }

// told is an item of the shop's account.
func told(event string, edit func(*inbox.Received)) inbox.Received {
	r := inbox.Received{Account: "shop", Channel: inbox.Shop, EventID: event, At: time.Now(), Proof: inbox.Signed}
	edit(&r)
	return r
}

func orderWord(event string, o *inbox.Order) inbox.Received {
	return told(event, func(r *inbox.Received) { r.Order = o })
}

// feed is every word of a shop on n orders, in the order in which it said them.
func feed(n int) (words []inbox.Received, total int64) {
	r := rand.New(rand.NewPCG(uint64(n), 3))
	add := func(o inbox.Order) { words = append(words, orderWord(fmt.Sprint("w", len(words)), &o)) }
	for i := range n {
		placed := hour(i)
		o := inbox.Order{
			Store: "shop", ExternalID: fmt.Sprint(i), Number: fmt.Sprint("HP-", i), Status: "paid", FinancialStatus: "paid", Currency: "EUR",
			PlacedAt: placed, UpdatedAt: placed, Shipping: 590, Email: fmt.Sprintf("c%d@x.example", i%97),
		}
		if i%5 > 0 {
			o.CustomerExternalID = fmt.Sprint("c", i%97)
			o.Buyer = inbox.ShopRef("shop", o.CustomerExternalID)
		} else {
			o.Buyer = inbox.IdentityRef{Kind: inbox.EmailAddress, Key: o.Email}
		}
		for p := range 1 + r.IntN(3) {
			item := inbox.Item{ExternalID: fmt.Sprint(p), SKU: fmt.Sprint("S", r.IntN(50)), Title: "Thing", Quantity: 1 + r.IntN(3), Price: int64(1 + r.IntN(9999))}
			o.Items = append(o.Items, item)
			o.Subtotal += item.Price * int64(item.Quantity)
		}
		o.Total = o.Subtotal + o.Shipping
		o.Parties = []inbox.OrderParty{{Role: "buyer", Email: o.Email}, {Role: "recipient", Name: "R", Address: &inbox.Address{City: "Port", Postcode: fmt.Sprint(1000 + i)}}}
		add(o)
		o.Status, o.UpdatedAt = "fulfilled", placed.Add(30*time.Hour)
		shipped := o.UpdatedAt
		o.Shipments = []inbox.Shipment{{ExternalID: "p", Carrier: "DHL", Tracking: fmt.Sprint("T", i), Status: "in_transit", At: shipped, ShippedAt: &shipped}}
		add(o)
		for e := range r.IntN(3) {
			at := shipped.Add(time.Duration(e+1) * time.Hour)
			add(inbox.Order{Store: "shop", ExternalID: o.ExternalID, UpdatedAt: at, Says: []string{"shipments"}, Shipments: []inbox.Shipment{{ExternalID: "p",
				Events: []inbox.ShipmentEvent{{ExternalID: fmt.Sprint("e", e), At: at, Status: "out_for_delivery", Place: "Depot"}}}}})
		}
		if i%4 == 0 { // a correction, to the cent
			o.Items = slices.Clone(o.Items)
			o.Items[0].Price++
			o.Subtotal += int64(o.Items[0].Quantity)
			o.Total += int64(o.Items[0].Quantity)
			o.UpdatedAt = placed.Add(40 * time.Hour)
			add(o)
		}
		total += o.Total
		if i%7 == 0 {
			back := placed.Add(50 * time.Hour)
			add(inbox.Order{Store: "shop", ExternalID: o.ExternalID, UpdatedAt: back, Says: []string{"refunds"},
				Refunds: []inbox.Refund{{ExternalID: "r", Amount: o.Total, At: back}}})
		}
	}
	return words, total
}

// rowsOfShop are all rows of orders and what belongs to them, without ids that
// are made by chance, and without versions.
func (b *deliverBench) rowsOfShop(t testing.TB) []string {
	t.Helper()
	var all []string
	for _, sql := range []string{
		`SELECT concat_ws('|', 'order', o.external_id, i.kind, i.key, to_jsonb(o) - '{id,identity_id,version}'::text[])`,
		`SELECT concat_ws('|', 'item', o.external_id, to_jsonb(x) - 'order_id') FROM order_items x JOIN orders o ON o.id = x.order_id`,
		`SELECT concat_ws('|', 'party', o.external_id, to_jsonb(x) - 'order_id') FROM order_parties x JOIN orders o ON o.id = x.order_id`,
		`SELECT concat_ws('|', 'parcel', o.external_id, to_jsonb(x) - 'order_id') FROM shipments x JOIN orders o ON o.id = x.order_id`,
		`SELECT concat_ws('|', 'refund', o.external_id, to_jsonb(x) - 'order_id') FROM refunds x JOIN orders o ON o.id = x.order_id`,
		`SELECT concat_ws('|', 'entry', o.external_id, to_jsonb(x) - '{id,order_id,identity_id}'::text[]) FROM order_entries x JOIN orders o ON o.id = x.order_id`,
	} {
		if !strings.Contains(sql, "FROM") {
			sql += ` FROM orders o JOIN identities i ON i.id = o.identity_id`
		}
		all = append(all, b.strings(t, sql+` ORDER BY 1`)...)
	}
	return all
}

// A shop's words on a thousand orders make the same rows, and the same money to
// the cent, whether they come once in order or twice, shuffled, by several
// workers at once.
func TestFeedConverges(t *testing.T) {
	t.Parallel()
	n := 1000
	if testing.Short() {
		n = 100
	}
	words, total := feed(n)
	inOrder, shuffled := newDeliverBench(t), newDeliverBench(t)
	for part := range slices.Chunk(words, 200) {
		inOrder.deliver(t, part...)
	}
	twice := slices.Clone(words)
	for _, w := range words {
		w.EventID += "/again"
		twice = append(twice, w)
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(twice), func(i, j int) { twice[i], twice[j] = twice[j], twice[i] })
	parts := make(chan []inbox.Received)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for part := range parts {
				shuffled.deliver(t, part...)
			}
		})
	}
	for part := range slices.Chunk(twice, 100) {
		parts <- part
	}
	close(parts)
	wg.Wait()
	if d := cmp.Diff(inOrder.rowsOfShop(t), shuffled.rowsOfShop(t)); d != "" {
		t.Errorf("rows (-in order +shuffled):\n%.4000s", d)
	}
	got := shuffled.strings(t, `SELECT sum(total)::text || ' ' || count(*) || ' ' || sum((total <> subtotal + shipping)::int) || ' ' || sum(cardinality(problems)) FROM orders`)
	if want := fmt.Sprint(total, " ", n, " 0 0"); got[0] != want {
		t.Errorf("totals, orders, sums that don't add up = %s, want %s", got[0], want)
	}
}

// Order before customer or customer before order: one identity, with the name
// that the shop has for it.
func TestOrderAndCustomerEitherWay(t *testing.T) {
	t.Parallel()
	order := orderWord("o", &inbox.Order{Store: "shop", ExternalID: "1", Number: "1", CustomerExternalID: "c1", Currency: "EUR", Status: "paid",
		PlacedAt: hour(1), UpdatedAt: hour(1), Buyer: inbox.ShopRef("shop", "c1")})
	customer := told("c", func(r *inbox.Received) {
		r.Customer = &inbox.CustomerRecord{Store: "shop", ExternalID: "c1", Name: "Ann", Email: "ann@x.example", UpdatedAt: hour(2),
			Identity: inbox.ShopRef("shop", "c1"), Proof: inbox.Signed}
		r.Claims = []inbox.Claim{{Field: inbox.ClaimName, Source: inbox.FromShop, Value: "Ann", Proof: inbox.Signed, At: hour(2)}}
	})
	for _, batch := range [][]inbox.Received{{order, customer}, {customer, order}} {
		b := newDeliverBench(t)
		for _, r := range batch {
			b.deliver(t, r)
		}
		got := b.strings(t, `SELECT concat_ws(' ', i.kind, i.key, i.name, i.proof, count(o.id)) FROM identities i LEFT JOIN orders o ON o.identity_id = i.id GROUP BY i.id ORDER BY 1`)
		if d := cmp.Diff([]string{"shop shop/c1 Ann 3 1"}, got); d != "" {
			t.Errorf("identities (-want +got):\n%s", d)
		}
	}
}

// A word on an order that nobody has told of yet is kept under a guest of its
// own, and moves to its buyer when a word names them.
func TestOrderOfNobodyYet(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.deliver(t, orderWord("r", &inbox.Order{Store: "shop", ExternalID: "1", UpdatedAt: hour(5), Says: []string{"refunds"},
		Refunds: []inbox.Refund{{ExternalID: "r", Amount: 500, At: hour(5)}}}))
	if got := d.strings(t, `SELECT concat_ws(' ', i.key, o.number, o.status, o.currency, o.refunded) FROM orders o JOIN identities i ON i.id = o.identity_id`); got[0] != "shop//1 1 pending  500" {
		t.Errorf("a refund alone makes %q", got)
	}
	d.deliver(t, orderWord("o", &inbox.Order{Store: "shop", ExternalID: "1", Number: "HP-1", CustomerExternalID: "c1", Status: "delivered", Currency: "EUR", Total: 500,
		PlacedAt: hour(1), UpdatedAt: hour(2), Buyer: inbox.ShopRef("shop", "c1")}))
	got := d.strings(t, `SELECT concat_ws(' ', i.key, o.number, o.status, o.financial_status, o.version, (SELECT count(*) FROM order_entries e WHERE e.identity_id = i.id))
		FROM orders o JOIN identities i ON i.id = o.identity_id`)
	if d := cmp.Diff([]string{"shop/c1 HP-1 refunded refunded 2 1"}, got); d != "" {
		t.Errorf("order (-want +got):\n%s", d)
	}
	c := d.strings(t, `SELECT customer_id::text FROM identities WHERE key = 'shop/c1'`)[0]
	list, err := d.Orders(t.Context(), &d.anna.Rights, inbox.CustomerID(c))
	if err != nil || len(list) != 1 || list[0].Number != "HP-1" || list[0].Refunded != 500 || len(list[0].Refunds) != 1 || list[0].Version != 2 {
		t.Errorf("Orders() = %+v, %v", list, err)
	}
}

// What is pushed of an order or cart is what is fetched of it.
func TestPushedEqualsFetched(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	words, _ := feed(30)
	d.deliver(t, words...)
	d.deliver(t, told("cart", func(r *inbox.Received) {
		r.Cart = &inbox.CartWord{Cart: inbox.Cart{Store: "shop", ExternalID: "k", Status: "open", Currency: "EUR", UpdatedAt: hour(3),
			Items: []inbox.Item{{SKU: "a", Title: "A", Quantity: 2, Price: 250}}, Who: inbox.ShopRef("shop", "c1")}}
	}))
	orders, carts := map[inbox.OrderID]inbox.Order{}, map[inbox.CartID]inbox.Cart{}
	for _, raw := range d.strings(t, `SELECT convert_from(payload, 'UTF8') FROM outbox WHERE subject IN ('skein.event.order.changed', 'skein.event.cart.changed') ORDER BY id`) {
		var e inbox.Event
		if err := json.Unmarshal([]byte(raw), &e); err != nil {
			t.Fatal(err)
		}
		if e.Order != nil && e.Version >= orders[e.Order.ID].Version {
			orders[e.Order.ID] = *e.Order
		}
		if e.Cart != nil {
			carts[e.Cart.ID] = *e.Cart
		}
	}
	seen := 0
	for _, c := range d.strings(t, `SELECT DISTINCT customer_id::text FROM identities`) {
		list, err := d.Orders(t.Context(), &d.su.Rights, inbox.CustomerID(c))
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range list {
			seen++
			o.Buyer, o.NumberKey = inbox.IdentityRef{}, ""
			pushed := orders[o.ID]
			if diff := cmp.Diff(pushed, o); diff != "" {
				t.Fatalf("order %s (-pushed +fetched):\n%s", o.Number, diff)
			}
		}
		held, err := d.Carts(t.Context(), &d.su.Rights, inbox.CustomerID(c))
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range held {
			seen++
			if diff := cmp.Diff(carts[k.ID], k); diff != "" {
				t.Errorf("cart (-pushed +fetched):\n%s", diff)
			}
		}
	}
	if seen != 31 {
		t.Errorf("%d orders and carts were fetched, want 31", seen)
	}
}

// Carts, products, wish lists and ledgers come out the same from words that
// come once in order and from words that come backwards and twice.
func TestShelfConverges(t *testing.T) {
	t.Parallel()
	who := inbox.ShopRef("shop", "c1")
	n := func(i int) *int { return &i }
	at := func(i int) *time.Time { h := hour(i); return &h }
	track := func(event string, i int, t inbox.Tracked) inbox.Received {
		t.Who, t.Store, t.At, t.Name, t.Properties = who, "shop", hour(i), event, []byte("{}")
		return told(event, func(r *inbox.Received) { r.Track = &t })
	}
	change := func(event string, i, q int) inbox.Received {
		return track(event, i, inbox.Tracked{Carts: []*inbox.CartWord{{Cart: inbox.Cart{Store: "shop", ExternalID: "k", UpdatedAt: hour(i), Currency: "EUR", Who: who},
			Change: &inbox.CartChange{ID: event, At: hour(i), Item: inbox.Item{SKU: "a", Title: "A", Price: 199}, Quantity: q}}}})
	}
	words := []inbox.Received{
		change("in", 1, 3), change("out", 2, -1),
		track("wish", 3, inbox.Tracked{Saved: []inbox.SavedItem{{Store: "shop", SKU: "a", Title: "A", Saved: true, At: hour(3)}, {Store: "shop", SKU: "b", Saved: true, At: hour(3)}}}),
		track("no more", 4, inbox.Tracked{Saved: []inbox.SavedItem{{Store: "shop", SKU: "a", Title: "A", At: hour(4)}}}),
		told("p1", func(r *inbox.Received) {
			r.Product = &inbox.Product{Store: "shop", SKU: "a", Title: "A", Currency: "EUR", Price: 199, UpdatedAt: hour(1), Stock: n(5), StockAt: at(1)}
		}),
		told("p2", func(r *inbox.Received) {
			r.Product = &inbox.Product{Store: "shop", SKU: "a", Title: "A, new", Currency: "EUR", Price: 249, UpdatedAt: hour(3)}
		}),
		told("p3", func(r *inbox.Received) {
			r.Product = &inbox.Product{Store: "shop", SKU: "a", Stock: n(2), StockAt: at(2)}
		}),
		told("l1", func(r *inbox.Received) {
			r.Customer = &inbox.CustomerRecord{Store: "shop", ExternalID: "c1", UpdatedAt: hour(1), Identity: who,
				Loyalty: []inbox.LoyaltyEntry{{Store: "shop", ExternalID: "1", Points: 100, Reason: "bought", At: hour(1)}}}
		}),
		told("l2", func(r *inbox.Received) {
			r.Customer = &inbox.CustomerRecord{Store: "shop", ExternalID: "c1", UpdatedAt: hour(2), Identity: who,
				Loyalty: []inbox.LoyaltyEntry{{Store: "shop", ExternalID: "1", Points: 100, Reason: "bought", At: hour(1)}, {Store: "shop", ExternalID: "2", Points: -30, At: hour(2)}}}
		}),
	}
	backwards := slices.Clone(words)
	for _, w := range words {
		w.EventID += "/again"
		if w.Track == nil { // a track is known by its event
			backwards = append(backwards, w)
		}
	}
	slices.Reverse(backwards)
	for _, batch := range [][]inbox.Received{words, backwards} {
		for _, size := range []int{1, 100} {
			d := newDesk(t)
			for part := range slices.Chunk(batch, size) {
				d.deliver(t, part...)
			}
			id := inbox.CustomerID(d.strings(t, `SELECT customer_id::text FROM identities WHERE key = $1`, who.Key)[0])
			carts, err := d.Carts(t.Context(), &d.anna.Rights, id)
			if err != nil || len(carts) != 1 || carts[0].Total != 398 || carts[0].Items[0].Quantity != 2 || carts[0].Status != "open" {
				t.Errorf("carts = %+v, %v, want one with two things for 3.98", carts, err)
			}
			saved, err := d.SavedItems(t.Context(), &d.anna.Rights, id)
			if err != nil || len(saved) != 1 || saved[0].SKU != "b" {
				t.Errorf("saved items = %+v, %v, want b", saved, err)
			}
			products, err := d.Products(t.Context(), "", []string{"a", "zzz"})
			if err != nil || len(products) != 1 || products[0].Title != "A, new" || *products[0].Stock != 2 || !products[0].StockAt.Equal(hour(2)) {
				t.Errorf("products = %+v, %v, want A, new with two of hour 2", products, err)
			}
			loyalty, err := d.Loyalty(t.Context(), &d.anna.Rights, id)
			if err != nil || len(loyalty.Items) != 2 || !cmp.Equal(loyalty.Balances, []inbox.LoyaltyBalance{{Store: "shop", Points: 70}}) {
				t.Errorf("loyalty = %+v, %v, want 70 of two lines", loyalty, err)
			}
			d.checkPanel(t, id)
		}
	}
}

// The panel's lists are for those who may know the customer.
func TestShelfRights(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.mail(t, "second", "m1", "kim@x.example")
	id := c.Customer.CustomerID
	for name, ask := range map[string]func(*inbox.Rights) error{
		"orders":  func(r *inbox.Rights) error { _, err := d.Orders(t.Context(), r, id); return err },
		"carts":   func(r *inbox.Rights) error { _, err := d.Carts(t.Context(), r, id); return err },
		"saved":   func(r *inbox.Rights) error { _, err := d.SavedItems(t.Context(), r, id); return err },
		"loyalty": func(r *inbox.Rights) error { _, err := d.Loyalty(t.Context(), r, id); return err },
		"pages":   func(r *inbox.Rights) error { _, err := d.PageViews(t.Context(), r, id); return err },
		"panel":   func(r *inbox.Rights) error { _, err := d.Panel(t.Context(), r, id, time.Now()); return err },
	} {
		if err := ask(&d.bert.Rights); err != nil {
			t.Errorf("%s for an agent of the inbox: %v", name, err)
		}
		wantCode(t, name+" for another inbox's agent", ask(&d.anna.Rights), inbox.NotFound)
	}
}
