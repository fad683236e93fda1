package inbox

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func minute(n int) time.Time { return time.Date(2026, 3, 1, 0, n, 0, 0, time.UTC) }

// randomWord is a word of any kind on one order.
func randomWord(r *rand.Rand) *Order {
	at := minute(r.IntN(12)) // often the same
	w := &Order{Store: "s", ExternalID: "1", UpdatedAt: at}
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	w.Currency = "EUR"
	w.Status, w.FinancialStatus = pick("pending", "paid", "fulfilled", "delivered", "cancelled"), pick("", "paid", "voided")
	w.Number = pick("", "HP-1")
	w.Total, w.Shipping = int64(1000+r.IntN(3)), int64(r.IntN(3))
	w.PlacedAt = minute(-10)
	w.Items = []Item{{SKU: "a", Quantity: 1 + r.IntN(2), Price: 1000}}
	w.Email = pick("ann@x.example", "bob@x.example")
	w.Buyer = IdentityRef{EmailAddress, w.Email}
	for _, role := range []string{"billing", "buyer"} {
		if r.IntN(2) == 0 {
			w.Parties = append(w.Parties, OrderParty{Role: role, Name: pick("Ann", "Bob")})
		}
	}
	for range r.IntN(3) {
		s := Shipment{ExternalID: pick("", "p1", "p2"), Tracking: pick("", "t1", "t2"), Carrier: pick("", "DHL", "UPS"), URL: pick("", "https://x.example")}
		s.Status, s.At = pick("", "label", "in_transit", "delivered"), minute(r.IntN(12))
		for range r.IntN(3) {
			s.Events = append(s.Events, ShipmentEvent{ExternalID: pick("", "e1", "e2"), At: minute(r.IntN(12)), Status: pick("", "in_transit"), Text: pick("a", "b")})
		}
		w.Shipments = append(w.Shipments, s)
	}
	for range r.IntN(3) {
		w.Refunds = append(w.Refunds, Refund{ExternalID: pick("r1", "r2"), Amount: int64(r.IntN(600)), At: minute(r.IntN(14))})
	}
	if r.IntN(3) == 0 {
		w.Returns = []Return{{ExternalID: pick("b1", "b2"), Status: pick("requested", "received"), At: at}}
	}
	if r.IntN(2) == 0 {
		for _, f := range OrderFields {
			if r.IntN(3) == 0 {
				w.Says = append(w.Says, f)
			}
		}
		w.Says = append(w.Says, "problems")
		w.Unsigned = r.IntN(3) == 0
	}
	return w
}

// keep is what the store does between two words.
func keep(t testing.TB, s *OrderState) *OrderState {
	t.Helper()
	said, err := s.SaidJSON()
	if err != nil {
		t.Fatal(err)
	}
	back, err := RestoreOrder(s.Public(), said)
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// The words on an order make the same of it in any order and any number of
// times, also when it is stored and restored in between.
func TestOrderStateConverges(t *testing.T) {
	t.Parallel()
	for seed := range uint64(80) {
		r := rand.New(rand.NewPCG(seed, 1))
		var words []*Order
		for range 2 + r.IntN(6) {
			words = append(words, randomWord(r))
		}
		var want string
		for try := range 6 {
			order := slices.Clone(words)
			if try > 0 {
				order = append(order, order[:r.IntN(len(order))]...)
				r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			}
			s := &OrderState{}
			for _, w := range order {
				was := encoded(w)
				s.Take(w)
				if encoded(w) != was {
					t.Fatalf("seed %d: a word was changed by taking it in", seed)
				}
				if try%2 == 1 {
					s = keep(t, s)
				}
			}
			said, err := s.SaidJSON()
			if err != nil {
				t.Fatal(err)
			}
			got := encoded(s.Public()) + "\n" + string(said)
			if try == 0 {
				want = got
			} else if got != want {
				t.Fatalf("seed %d, try %d: another order of words, another order:\n%s\n%s", seed, try, want, got)
			}
			for _, w := range order {
				if s.Take(w) {
					t.Fatalf("seed %d: a repeated word changes something", seed)
				}
			}
		}
	}
}

// Words on an order that were taken for another's make the same of it when they
// are absorbed as when they are taken in at once.
func TestOrderStateAbsorb(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 2))
		all, one, other := &OrderState{}, &OrderState{}, &OrderState{}
		for range 2 + r.IntN(6) {
			w := randomWord(r)
			all.Take(w)
			if half := one; r.IntN(2) == 0 || one.clocks == nil {
				half.Take(w)
			} else {
				other.Take(w)
			}
		}
		if other.clocks == nil {
			continue
		}
		one, other = keep(t, one), keep(t, other)
		one.Absorb(other)
		said := func(s *OrderState) string {
			kept, err := s.SaidJSON()
			if err != nil {
				t.Fatal(err)
			}
			return encoded(s.Public()) + "\n" + string(kept)
		}
		if d := cmp.Diff(said(all), said(one)); d != "" {
			t.Fatalf("seed %d (-taken +absorbed):\n%s", seed, d)
		}
	}
}

// An older word changes nothing but what nobody has said yet; a partial one
// leaves alone what it doesn't say; a browser gives way to the shop.
func TestOrderStateTake(t *testing.T) {
	t.Parallel()
	whole := func(n int, status string, total int64) *Order {
		return &Order{Store: "s", ExternalID: "1", Number: "HP-1", Status: status, Currency: "EUR", Total: total, PlacedAt: minute(0), UpdatedAt: minute(n)}
	}
	partial := func(n int, o Order, says ...string) *Order {
		o.Store, o.ExternalID, o.UpdatedAt, o.Says = "s", "1", minute(n), says
		return &o
	}
	browser := func(o *Order) *Order { o.Unsigned = true; return o }
	for _, c := range []struct {
		name  string
		words []*Order
		want  string // status, financial status, total, refunded, number
	}{
		{"newest last", []*Order{whole(1, "paid", 100), whole(2, "delivered", 200)}, "delivered  200 0 HP-1"},
		{"newest first", []*Order{whole(2, "delivered", 200), whole(1, "paid", 100)}, "delivered  200 0 HP-1"},
		{"a partial word on one field", []*Order{whole(1, "paid", 100), partial(2, Order{Status: "cancelled"}, "status")}, "cancelled  100 0 HP-1"},
		{"an older whole word after it fills in the rest", []*Order{partial(2, Order{Status: "cancelled"}, "status"), whole(1, "paid", 100)}, "cancelled  100 0 HP-1"},
		{"known by its external id until a number is said", []*Order{partial(2, Order{Status: "paid"}, "status")}, "paid  0 0 1"},
		{"a refund is added by an older word too", []*Order{whole(5, "delivered", 100), partial(2, Order{Refunds: []Refund{{ExternalID: "r", Amount: 40, At: minute(2)}}}, "refunds")},
			"delivered partially_refunded 100 40 HP-1"},
		{"all of it back is refunded", []*Order{whole(1, "delivered", 100), partial(2, Order{Refunds: []Refund{{ExternalID: "r", Amount: 100, At: minute(2)}}}, "refunds")},
			"refunded refunded 100 100 HP-1"},
		{"two refunds, one twice", []*Order{whole(1, "delivered", 100),
			partial(2, Order{Refunds: []Refund{{ExternalID: "r", Amount: 30, At: minute(2)}}}, "refunds"),
			partial(3, Order{Refunds: []Refund{{ExternalID: "q", Amount: 20, At: minute(3)}, {ExternalID: "r", Amount: 30, At: minute(2)}}}, "refunds")},
			"delivered partially_refunded 100 50 HP-1"},
		{"a whole word without refunds is silent on them", []*Order{partial(2, Order{Refunds: []Refund{{ExternalID: "r", Amount: 30, At: minute(2)}}}, "refunds"), whole(3, "delivered", 100)},
			"delivered partially_refunded 100 30 HP-1"},
		{"a browser's newer word gives way", []*Order{whole(1, "paid", 100), browser(partial(9, Order{Status: "cancelled", Total: 1}, "status", "total"))}, "paid  100 0 HP-1"},
		{"a browser tells nobody of refunds", []*Order{whole(1, "paid", 100), browser(partial(9, Order{Refunds: []Refund{{ExternalID: "r", Amount: 100}}}, "refunds"))}, "paid  100 0 HP-1"},
		{"a browser alone is believed so far", []*Order{browser(partial(9, Order{Status: "paid", Total: 1}, "status", "total"))}, "paid  1 0 1"},
	} {
		s := &OrderState{}
		for _, w := range c.words {
			s.Take(w)
		}
		o := s.Public()
		got := strings.Join([]string{o.Status, o.FinancialStatus, fmt.Sprint(o.Total), fmt.Sprint(o.Refunded), o.Number}, " ")
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// A parcel never goes back by an older word, and what happened to it is told
// once, in order.
func TestShipments(t *testing.T) {
	t.Parallel()
	word := func(n int, s ...Shipment) *Order {
		return &Order{Store: "s", ExternalID: "1", UpdatedAt: minute(n), Shipments: s, Says: []string{"shipments"}}
	}
	event := func(id string, n int, status string) ShipmentEvent {
		return ShipmentEvent{ExternalID: id, At: minute(n), Status: status}
	}
	s := &OrderState{}
	for _, w := range []*Order{
		word(9, Shipment{ExternalID: "p", Carrier: "DHL", Tracking: "T", Status: "in_transit", At: minute(3)}),
		word(7, Shipment{ExternalID: "p", Events: []ShipmentEvent{event("e2", 5, "delivered")}}),
		word(8, Shipment{ExternalID: "p", Events: []ShipmentEvent{event("e1", 4, "out_for_delivery"), event("e2", 5, "delivered")}}),
		word(10, Shipment{ExternalID: "p", Status: "in_transit", At: minute(3)}),
		word(2, Shipment{Tracking: "U", Status: "label", At: minute(2)}),
	} {
		s.Take(w)
	}
	got := s.Public().Shipments
	want := []Shipment{
		{ExternalID: "p", Carrier: "DHL", Tracking: "T", Status: "delivered", At: minute(5), Events: []ShipmentEvent{event("e1", 4, "out_for_delivery"), event("e2", 5, "delivered")}},
		{Tracking: "U", Status: "label", At: minute(2), Events: []ShipmentEvent{}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("parcels (-want +got):\n%s", d)
	}
}

// Sums that don't add up in any way in which shops sum are named, and others
// are not.
func TestMisfits(t *testing.T) {
	t.Parallel()
	items := []Item{{Quantity: 2, Price: 1000}, {Quantity: 1, Price: 500}}
	for _, c := range []struct {
		name string
		o    Order
		want int
	}{
		{"nothing but a total", Order{Total: 99}, 0},
		{"items and a total", Order{Items: items, Total: 2500}, 0},
		{"with postage", Order{Items: items, Shipping: 590, Total: 3090}, 0},
		{"tax on top", Order{Items: items, Subtotal: 2500, Tax: 200, Total: 2700}, 0},
		{"tax within", Order{Items: items, Subtotal: 2500, Tax: 200, Total: 2500}, 0},
		{"discount beside the subtotal", Order{Items: items, Subtotal: 2500, Discount: 500, Total: 2000}, 0},
		{"discount within the subtotal", Order{Items: items, Subtotal: 2000, Discount: 500, Total: 2000}, 0},
		{"a cent off", Order{Items: items, Subtotal: 2500, Total: 2501}, 1},
		{"items off", Order{Items: items, Subtotal: 2400, Total: 2400}, 1},
		{"beyond sense", Order{Items: []Item{{Quantity: 2e9, Price: MaxAmount}}, Total: 1}, 1},
	} {
		c.o.Currency = "EUR"
		if got := c.o.misfits(); len(got) != c.want {
			t.Errorf("%s: %q, want %d", c.name, got, c.want)
		}
	}
}

func randomCartWord(r *rand.Rand, n int) *CartWord {
	at := minute(r.IntN(30))
	w := &CartWord{Cart: Cart{Store: "s", ExternalID: "c", UpdatedAt: at, Currency: "EUR", Who: IdentityRef{ChatVisitor, fmt.Sprint(r.IntN(2))}}}
	sku := fmt.Sprint(r.IntN(2))
	switch r.IntN(6) {
	case 0:
		w.Items = []Item{{SKU: sku, Quantity: 1 + r.IntN(3), Price: 100}}
		w.Status = []string{"open", "abandoned", "completed"}[r.IntN(3)]
	case 1:
		w.Bought = true
	default:
		w.Change = &CartChange{ID: fmt.Sprint("e", n), At: at, Item: Item{SKU: sku, Price: 100}, Quantity: r.IntN(4) - 1, All: r.IntN(8) == 0}
	}
	return w
}

// The words on a cart make the same of it in any order and any number of times.
func TestCartStateConverges(t *testing.T) {
	t.Parallel()
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 2))
		var words []*CartWord
		for n := range 2 + r.IntN(7) {
			words = append(words, randomCartWord(r, n))
		}
		var want string
		for try := range 6 {
			order := slices.Clone(words)
			if try > 0 {
				order = append(order, order[:r.IntN(len(order))]...)
				r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			}
			s := &CartState{}
			for _, w := range order {
				s.Take(w)
				if try%2 == 1 {
					words, err := s.WordsJSON()
					if err != nil {
						t.Fatal(err)
					}
					if s, err = RestoreCart(s.Cart, words); err != nil {
						t.Fatal(err)
					}
				}
			}
			if try == 0 {
				want = encoded(s.Cart)
			} else if got := encoded(s.Cart); got != want {
				t.Fatalf("seed %d, try %d: another order of words, another cart:\n%s\n%s", seed, try, want, got)
			}
		}
	}
}

// What is put in and taken out is counted once each, from the newest whole word
// on, and a cart that was bought begins anew.
func TestCartState(t *testing.T) {
	t.Parallel()
	all := func(n int, q int) *CartWord {
		return &CartWord{Cart: Cart{Store: "s", ExternalID: "c", UpdatedAt: minute(n), Currency: "EUR", Items: []Item{{SKU: "a", Quantity: q, Price: 250}}}}
	}
	change := func(id string, n, q int) *CartWord {
		return &CartWord{Cart: Cart{Store: "s", ExternalID: "c", UpdatedAt: minute(n)}, Change: &CartChange{ID: id, At: minute(n), Item: Item{SKU: "a", Price: 250}, Quantity: q}}
	}
	bought := func(n int) *CartWord {
		return &CartWord{Cart: Cart{Store: "s", ExternalID: "c", UpdatedAt: minute(n)}, Bought: true}
	}
	out := change("o", 4, 0)
	out.Change.All = true
	for _, c := range []struct {
		name  string
		words []*CartWord
		want  string // status, things, total
	}{
		{"put in", []*CartWord{change("1", 1, 2), change("2", 2, 1)}, "open 3 750"},
		{"twice the same event", []*CartWord{change("1", 1, 2), change("1", 1, 2)}, "open 2 500"},
		{"taken out before it was put in", []*CartWord{change("2", 2, -1), change("1", 1, 2)}, "open 1 250"},
		{"all of it out", []*CartWord{change("1", 1, 2), out}, "open 0 0"},
		{"older than the whole", []*CartWord{all(5, 4), change("1", 1, 2)}, "open 4 1000"},
		{"newer than the whole", []*CartWord{change("1", 6, 2), all(5, 4)}, "open 6 1500"},
		{"bought", []*CartWord{change("1", 1, 2), bought(3)}, "completed 2 500"},
		{"and begun anew", []*CartWord{change("1", 1, 2), bought(3), change("2", 4, 1)}, "open 1 250"},
		{"told backwards", []*CartWord{change("2", 4, 1), bought(3), change("1", 1, 2)}, "open 1 250"},
	} {
		s := &CartState{}
		for _, w := range c.words {
			s.Take(w)
		}
		n := 0
		for _, i := range s.Items {
			n += i.Quantity
		}
		if got := fmt.Sprint(s.Status, " ", n, " ", s.Total); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// A product's details and its stock have times of their own.
func TestProductTake(t *testing.T) {
	t.Parallel()
	n := func(i int) *int { return &i }
	at := func(i int) *time.Time { m := minute(i); return &m }
	words := []Product{
		{SKU: "a", Title: "Old", UpdatedAt: minute(1), Stock: n(9), StockAt: at(1)},
		{SKU: "a", Title: "New", UpdatedAt: minute(5), Stock: n(7), StockAt: at(2)},
		{SKU: "a", Stock: n(3), StockAt: at(4)},
	}
	var want []byte
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 2, 1}, {2, 0, 1}} {
		p := Product{SKU: "a"}
		for _, i := range order {
			p.Take(words[i])
		}
		got, _ := json.Marshal(p)
		if want == nil {
			want = got
		}
		if p.Title != "New" || *p.Stock != 3 || string(got) != string(want) {
			t.Errorf("%v: %s, want New with 3", order, got)
		}
	}
}
