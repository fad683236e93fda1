package store_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// told are the audiences of the events of a kind, oldest first, by the names of
// inboxes: of those who get it, and after a slash of those to whom it is gone.
func (d *desk) told(t testing.TB, kind inbox.EventKind) []string {
	t.Helper()
	names := strings.NewReplacer(string(d.first.ID), "first", string(d.second.ID), "second")
	var list []string
	for _, raw := range d.strings(t, `SELECT convert_from(payload, 'utf8') FROM outbox WHERE subject = 'skein.event.' || $1 ORDER BY id`, string(kind)) {
		var e inbox.Event
		if err := json.Unmarshal([]byte(raw), &e); err != nil {
			t.Fatal(err)
		}
		s := "everybody"
		if len(e.Audience.Inboxes) > 0 {
			s = joined(e.Audience.Inboxes)
		}
		if len(e.Audience.Were) > 0 {
			s += " / " + joined(e.Audience.Were)
		}
		list = append(list, names.Replace(s))
	}
	return list
}

func joined(of []inbox.InboxID) string {
	var list []string
	for _, in := range of {
		list = append(list, string(in))
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// An order, a cart and a customer are announced to those who may see the buyer:
// those of the shop account's inbox while nobody has spoken with them, then the
// inboxes in which they wrote; where no inbox is known, to those who see all. Who
// may fetch it is the same.
func TestWhoIsTold(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	now := time.Now()
	if _, err := d.SaveAccount(t.Context(), inbox.Account{ID: "outlet", Channel: inbox.Shop, InboxID: d.second.ID, Name: "Outlet", MaxProof: inbox.Signed}, now); err != nil {
		t.Fatal(err)
	}
	by := func(account inbox.AccountID, r inbox.Received, event string) inbox.Received {
		r.Account, r.EventID = account, event
		return r
	}
	cart := func(account inbox.AccountID, at time.Time) inbox.Received {
		return inbox.Received{Account: account, Channel: inbox.Shop, EventID: "cart" + at.String(), At: now, Cart: &inbox.CartWord{
			Cart: inbox.Cart{Store: "shop", ExternalID: "c", Status: "open", UpdatedAt: at, Currency: "EUR", Items: []inbox.Item{{SKU: "a", Title: "A", Quantity: 1}}},
		}}
	}
	ofAnn := func(r inbox.Received) inbox.Received {
		r.Cart.Who, r.Cart.Email = inbox.IdentityRef{Kind: inbox.EmailAddress, Key: "ann@x.example"}, "ann@x.example"
		return r
	}
	see := func(what string, want ...string) {
		t.Helper()
		var got []string
		for name, who := range map[string]*inbox.Caller{"anna": d.anna, "bert": d.bert, "su": d.su} {
			if _, err := d.Orders(t.Context(), &who.Rights, d.customerOf(t, "ann@x.example")); err == nil {
				got = append(got, name)
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("who sees her %s (-want +got):\n%s", what, diff)
		}
	}
	d.deliver(t, by("outlet", bought("HP-1", "ann@x.example", now), "1"))
	see("told of by the second inbox's account", "bert", "su")
	d.deliver(t, ofAnn(cart("outlet", now)))
	d.deliver(t, by("shop", bought("HP-1", "ann@x.example", now.Add(time.Second)), "2"))
	see("told of by both", "anna", "bert", "su")
	d.deliver(t, arrival("a", "ann@x.example", nil))
	see("who wrote to the first", "anna", "su")
	d.deliver(t, by("outlet", bought("HP-1", "ann@x.example", now.Add(2*time.Second)), "3"))
	d.deliver(t, by("nobody's", bought("HP-2", "", now, func(o *inbox.Order) { o.Buyer = inbox.IdentityRef{} }), "4"))
	d.deliver(t, by("outlet", bought("HP-3", "", now, func(o *inbox.Order) { o.Buyer = inbox.IdentityRef{} }), "5"))
	if diff := cmp.Diff([]string{"second", "first second", "first", "none", "second"}, d.told(t, inbox.OrderChanged)); diff != "" {
		t.Errorf("orders (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"second"}, d.told(t, inbox.CartChanged)); diff != "" {
		t.Errorf("carts (-want +got):\n%s", diff)
	}
	d.deliver(t, record("shop", "77", now, inbox.Proven, fields{inbox.ClaimName: "Zoe"}), record("shop", "77", now.Add(time.Second), inbox.Proven, fields{inbox.ClaimName: "Zoë"}))
	d.deliver(t, record("shop", "77", now.Add(2*time.Second), inbox.Proven, fields{inbox.ClaimName: "Zora"}))
	if got := d.told(t, inbox.CustomerChanged); len(got) == 0 || slices.Contains(got, "everybody") || got[len(got)-1] != "first" {
		t.Errorf("customers: %q", got)
	}
}

// When an order or a cart turns out to be somebody else's, who sees only whose it
// was is told that it is gone.
func TestMovedIsGone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	now := time.Now()
	d.mail(t, "support", "a", "ann@x.example")
	d.mail(t, "second", "b", "bob@x.example")
	d.deliver(t, bought("HP-1", "ann@x.example", now))
	d.deliver(t, bought("HP-1", "bob@x.example", now.Add(time.Second)))
	d.deliver(t, bought("HP-1", "bob@x.example", now.Add(2*time.Second), func(o *inbox.Order) { o.Status = "fulfilled" }))
	d.deliver(t, bought("HP-1", "", now.Add(3*time.Second), func(o *inbox.Order) { o.CustomerExternalID, o.Buyer = "9", inbox.ShopRef("shop", "9") }))
	if diff := cmp.Diff([]string{"first", "second / first", "second", "first / second"}, d.told(t, inbox.OrderChanged)); diff != "" {
		t.Errorf("orders (-want +got):\n%s", diff)
	}
	if orders, err := d.Orders(t.Context(), &d.bert.Rights, d.customerOf(t, "bob@x.example")); err != nil || len(orders) != 0 {
		t.Errorf("his orders are %v, %v", orders, err)
	}
}
