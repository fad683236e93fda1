package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// checkPanel compares a customer's panel with what its parts' own methods say.
func (d *desk) checkPanel(t testing.TB, id inbox.CustomerID) {
	t.Helper()
	ctx, rights, now := t.Context(), &d.anna.Rights, time.Now()
	got, err := d.Panel(ctx, rights, id, now)
	if err != nil {
		t.Fatalf("Panel: %v", err)
	}
	var want inbox.Panel
	for _, read := range []func() error{
		func() (err error) { want.Customer, err = d.Customer(ctx, rights, id); return err },
		func() (err error) { want.Matches, err = d.Matches(ctx, rights, id, now); return err },
		func() (err error) { want.Orders, err = d.Orders(ctx, rights, id); return err },
		func() (err error) { want.Carts, err = d.Carts(ctx, rights, id); return err },
		func() (err error) { want.SavedItems, err = d.SavedItems(ctx, rights, id); return err },
		func() (err error) { want.Loyalty, err = d.Loyalty(ctx, rights, id); return err },
		func() (err error) { want.Pages, err = d.PageViews(ctx, rights, id); return err },
		func() (err error) {
			want.Conversations, want.MoreConversations, want.Hidden, err = d.CustomerConversations(ctx, rights, id, inbox.Cursor{}, 0)
			return err
		},
		func() (err error) {
			want.Timeline, want.MoreTimeline, _, err = d.Timeline(ctx, rights, id, inbox.Cursor{}, inbox.PanelEntries)
			return err
		},
	} {
		if err := read(); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("panel (-of its parts +got):\n%s", diff)
	}
}

// A panel of somebody with conversations here and elsewhere, orders, and others
// who may be the same person is what its parts' own methods say.
func TestPanel(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var id inbox.CustomerID
	for i := range 20 {
		id = d.mail(t, "support", string(rune('a'+i)), "kim.jones@x.example").Customer.CustomerID
	}
	d.mail(t, "second", "elsewhere", "kim.jones@x.example")
	d.mail(t, "support", "likely", "kimjones@x.example")
	d.deliver(t, told("o1", func(r *inbox.Received) {
		r.Order = &inbox.Order{Store: "shop", ExternalID: "1", Number: "A-1", Currency: "EUR", Total: 500, PlacedAt: hour(1), UpdatedAt: hour(1),
			Buyer: inbox.IdentityRef{Kind: inbox.EmailAddress, Key: "kim.jones@x.example"}, Items: []inbox.Item{{SKU: "a", Title: "A", Quantity: 1, Price: 500}}}
	}))
	for {
		if n, err := d.IndexHints(t.Context(), 100); err != nil {
			t.Fatal(err)
		} else if n == 0 {
			break
		}
	}
	got, err := d.Panel(t.Context(), &d.anna.Rights, id, time.Now())
	if err != nil || len(got.Conversations) != 20 || got.Hidden != 1 || len(got.Timeline) != inbox.PanelEntries || got.MoreTimeline.IsZero() ||
		len(got.Orders) != 1 || len(got.Orders[0].Items) != 1 || len(got.Matches) != 1 {
		t.Fatalf("Panel = %+v, %v, want twenty conversations, one hidden, more entries, an order and a match", got, err)
	}
	d.checkPanel(t, id)
}
