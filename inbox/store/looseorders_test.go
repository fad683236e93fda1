package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
	"skein/inbox/orderlink"
)

// loosely is what a track says of an order that it names by an id.
func loosely(event, id, buyer string, at time.Time, o inbox.Order) inbox.Received {
	o.Store, o.ExternalID, o.LooseKey, o.UpdatedAt = "shop", id, orderlink.NumberKey(id), at
	o.Email, o.Buyer = buyer, inbox.IdentityRef{Kind: inbox.EmailAddress, Key: buyer}
	o.NumberKey = orderlink.NumberKey(o.Number)
	o.Says = append(slices.Clone(o.Says), "buyer")
	return told(event, func(r *inbox.Received) {
		r.Track = &inbox.Tracked{Who: o.Buyer, Person: inbox.Party{Address: buyer}, At: at, Store: "shop", Name: event, Properties: []byte("{}"), Orders: []*inbox.Order{&o}}
	})
}

// A number that a track gives for an order's id is that order, whatever comes
// first, once or twice, in one batch or in several: the same one order comes of
// it as when the shop's own id is given.
func TestLooseOrdersConverge(t *testing.T) {
	t.Parallel()
	whole := func(event, id, number, buyer string, at time.Time) inbox.Received {
		r := bought(number, buyer, at, func(o *inbox.Order) { o.ExternalID = id })
		r.EventID = event
		return r
	}
	words := []inbox.Received{
		whole("whole", "555", "#1001", "ann@x.example", hour(5)),
		whole("other", "556", "#1002", "bob@x.example", hour(5)),
		loosely("completed", "1001", "ann@x.example", hour(1), inbox.Order{Status: "paid", Currency: "EUR", Total: 100, Unsigned: true, Says: []string{"status", "currency", "total"}}),
		loosely("refunded", "1001", "ann@x.example", hour(9), inbox.Order{Says: []string{"refunds"}, Refunds: []inbox.Refund{{ExternalID: "r", Amount: 300, At: hour(9)}}}),
		loosely("updated", "cart-77", "ann@x.example", hour(7), inbox.Order{Number: "#1001", Shipping: 12, Says: []string{"number", "shipping"}}),
		loosely("unknown", "9999", "ann@x.example", hour(3), inbox.Order{Status: "paid", Says: []string{"status"}}),
	}
	rows := func(b *desk) []string {
		return append(b.rowsOfShop(t), b.strings(t, `SELECT concat_ws(' ', 'alias', a.store, a.external_id, o.external_id) FROM order_aliases a JOIN orders o ON o.id = a.order_id ORDER BY 1`)...)
	}
	var want []string
	for seed := range uint64(14) {
		rng := rand.New(rand.NewPCG(seed, 4))
		d := newDesk(t)
		all := slices.Clone(words)
		if seed > 0 {
			for _, w := range words[:rng.IntN(len(words))] {
				w.EventID += "/again"
				all = append(all, w)
			}
			rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		}
		for len(all) > 0 {
			n := 1 + rng.IntN(len(all))
			if seed == 0 {
				n = 1
			}
			d.deliver(t, all[:n]...)
			all = all[n:]
		}
		got := rows(d)
		if seed == 0 {
			want = got
			if n := d.strings(t, `SELECT concat_ws(' ', external_id, number, shipping, refunded) FROM orders ORDER BY external_id`); fmt.Sprint(n) !=
				"[555 #1001 12 300 556 #1002 0 0 9999 9999 0 0]" {
				t.Errorf("orders = %q", n)
			}
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d (-one by one +otherwise):\n%s", seed, diff)
		}
	}
}

// An order of which a track told first, and what was linked to it and said of it,
// is the shop's own when that comes: who shows it sees it replaced.
func TestLooseOrderIsReplaced(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	now := time.Now()
	d.deliver(t, loosely("completed", "10010", "ann@x.example", now, inbox.Order{Status: "paid", Says: []string{"status"}}))
	d.deliver(t, naming(arrival("m", "ann@x.example", nil), inbox.Proven, "Where is order 10010?"))
	c := d.conversationOf(t, "m")
	first := d.wantState(t, "the track's", c, inbox.Linked)[0].OrderID
	if _, err := d.JudgeOrder(t.Context(), d.anna, string(c.ID), first, "linked", "", now); err != nil {
		t.Fatal(err)
	}
	d.deliver(t, bought("#10010", "ann@x.example", now.Add(time.Second)))
	list := d.wantState(t, "the shop's", c, inbox.Linked)
	if list[0].OrderID == first || list[0].Order == nil || list[0].Order.ExternalID != "x#10010" || list[0].Reason.Text != "An agent linked it" {
		t.Errorf("links = %+v", list)
	}
	after := d.conversationOf(t, "m")
	if after.Order == nil || after.Order.ID != list[0].OrderID {
		t.Errorf("the conversation is about %+v", after.Order)
	}
	if told := d.told(t, inbox.OrderChanged); fmt.Sprint(told) != "[first first everybody / first]" {
		t.Errorf("told: %q", told)
	}
	d.deliver(t, loosely("more", "10010", "ann@x.example", now.Add(2*time.Second), inbox.Order{Note: "by the door", Says: []string{"note"}}))
	if got := d.strings(t, `SELECT external_id || ' ' || note FROM orders`); fmt.Sprint(got) != "[x#10010 by the door]" {
		t.Errorf("orders = %q", got)
	}
	d.folded(t)
	d.whole(t)
}

// A number that two orders of a store have names neither; another store's order
// of that number is another.
func TestLooseOrderOfMany(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	now := time.Now()
	d.deliver(t, bought("#1001", "ann@x.example", now), bought("#1001", "bob@x.example", now, func(o *inbox.Order) { o.ExternalID = "again" }),
		bought("#1002", "ann@x.example", now, func(o *inbox.Order) { o.Store = "outlet" }))
	for _, id := range []string{"1001", "1002"} {
		d.deliver(t, loosely("of "+id, id, "ann@x.example", now, inbox.Order{Status: "paid", Says: []string{"status"}}))
	}
	if got := d.strings(t, `SELECT store || ' ' || external_id FROM orders ORDER BY 1`); fmt.Sprint(got) != "[outlet x#1002 shop 1001 shop 1002 shop again shop x#1001]" {
		t.Errorf("orders = %q", got)
	}
}

// The track's word and the shop's, at the same time, make one order.
func TestLooseOrdersAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const n = 16
	now := time.Now()
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { d.deliver(t, bought(fmt.Sprint("#", 20000+i), "ann@x.example", now)) })
		wg.Go(func() {
			d.deliver(t, loosely(fmt.Sprint("of ", i), fmt.Sprint(20000+i), "ann@x.example", now, inbox.Order{Note: "loose", Says: []string{"note"}}))
		})
	}
	wg.Wait()
	if got := d.strings(t, `SELECT count(*) || ' ' || count(*) FILTER (WHERE loose_key = '') || ' ' || (SELECT count(*) FROM order_aliases) FROM orders`); got[0] != fmt.Sprint(n, " ", n, " ", n) {
		t.Errorf("orders, of the shop's own, and other ids: %s, want %d each", got[0], n)
	}
	d.whole(t)
}
