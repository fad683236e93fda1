package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"skein/inbox"
)

// searched learns what there is to learn, and searches until all is.
func (d *desk) searched(t testing.TB, limit int) (n int) {
	t.Helper()
	if _, err := d.LearnGrammars(t.Context(), 1000); err != nil {
		t.Fatal(err)
	}
	for {
		did, err := d.SearchMentions(t.Context(), time.Now().Add(time.Minute), limit)
		if err != nil {
			t.Fatal(err)
		}
		if n += did; did == 0 {
			return n
		}
	}
}

// What was written before anybody knew how the store numbers its orders is found
// when that is learned, and told; what an order's number was taken for by its look
// alone is read anew in its place. Nothing is searched twice for nothing.
func TestSearchAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	now := time.Now()
	for i, text := range []string{
		"About KX-4711: it leaks.", // no word says what that is
		"Where is order 4711?",     // without what the store writes before it
		"Thank you for everything.",
	} {
		d.deliver(t, naming(arrival(fmt.Sprint("m", i), "ann@x.example", nil), inbox.Proven, text))
	}
	d.deliver(t, naming(arrival("stranger", "eve@x.example", nil), inbox.Proven, "Where is order 4711?"))
	if list := d.links(t, d.conversationOf(t, "m0")); len(list) > 0 {
		t.Fatalf("before it is known how the store numbers: %+v", list)
	}
	if n := d.searched(t, 2); n != 0 {
		t.Errorf("%d messages are searched though nothing was learned", n)
	}
	d.deliver(t, bought("KX-4711", "ann@x.example", now))
	if n := d.searched(t, 3); n != 4 {
		t.Errorf("%d messages are searched, want all four", n)
	}
	for _, id := range []string{"m0", "m1"} {
		c := d.conversationOf(t, id)
		list := d.wantState(t, id, c, inbox.Linked)
		if c.Order == nil || c.Order.Number != "KX-4711" || list[0].Reason.MessageID == "" {
			t.Errorf("%s: %+v, order %+v", id, list, c.Order)
		}
	}
	list := d.wantState(t, "stranger", d.conversationOf(t, "stranger"), inbox.LinkClaimed)
	if list[0].Reason.Mention != "4711" {
		t.Errorf("the stranger's claim is %+v", list[0])
	}
	if got := d.strings(t, `SELECT m.header_id || ' ' || o.key FROM order_mentions o JOIN messages m ON m.id = o.message_id ORDER BY 1`); fmt.Sprint(got) !=
		"[m0 KX4711 m1 KX4711 stranger KX4711]" {
		t.Errorf("mentions = %q", got)
	}
	d.deliver(t, bought("KX-4712", "bob@x.example", now))
	if n := d.searched(t, 3); n != 0 {
		t.Errorf("%d messages are searched after one more of the same numbers", n)
	}
	d.folded(t)
}

// A search, and the order that is named, at the same time: one sees the other.
func TestSearchAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const n = 12
	for i := range n {
		d.deliver(t, naming(arrival(fmt.Sprint("m", i), fmt.Sprintf("ann%d@x.example", i), nil), inbox.Proven, fmt.Sprintf("About KX-%d: it leaks.", 5000+i)))
		// Of what is done with, an order looks only at what names it.
		closed := inbox.Closed
		if _, err := d.Patch(t.Context(), d.su, string(d.conversationOf(t, fmt.Sprint("m", i)).ID), inbox.Patch{Status: &closed}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	d.deliver(t, bought("KX-4999", "zoe@x.example", time.Now()))
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			d.deliver(t, bought(fmt.Sprint("KX-", 5000+i), fmt.Sprintf("ann%d@x.example", i), time.Now(), func(o *inbox.Order) {
				o.CustomerExternalID, o.Buyer = fmt.Sprint(i), inbox.ShopRef("shop", fmt.Sprint(i))
				o.Parties = []inbox.OrderParty{{Role: "buyer", Email: fmt.Sprintf("ann%d@x.example", i)}}
			}))
		})
	}
	for range 2 {
		wg.Go(func() {
			if _, err := d.LearnGrammars(t.Context(), 100); err != nil {
				t.Error(err)
			}
			for range n {
				if _, err := d.SearchMentions(t.Context(), time.Now().Add(time.Minute), 2); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	d.searched(t, 5)
	for i := range n {
		d.wantState(t, fmt.Sprint("m", i), d.conversationOf(t, fmt.Sprint("m", i)), inbox.LinkUnproven)
	}
	d.folded(t)
	d.whole(t)
}

// An order that comes before its customer, and a message that names it before
// either, end together when the shop says whose account it is.
func TestNamedBeforeCustomer(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	now := time.Now()
	d.deliver(t, naming(arrival("m", "ann@x.example", nil), inbox.Proven, "Where is order HP-60001?"))
	d.deliver(t, bought("HP-60001", "", now, func(o *inbox.Order) {
		o.CustomerExternalID, o.Buyer = "77", inbox.ShopRef("shop", "77")
	}))
	c := d.conversationOf(t, "m")
	d.wantState(t, "before its customer", c, inbox.LinkClaimed)
	d.deliver(t, record("shop", "77", now, inbox.Proven, fields{inbox.ClaimEmail: "ann@x.example"}))
	list := d.wantState(t, "after", d.conversationOf(t, "m"), inbox.Linked)
	if list[0].Order == nil || list[0].Order.Number != "HP-60001" {
		t.Errorf("links = %+v", list)
	}
	d.folded(t)
}
