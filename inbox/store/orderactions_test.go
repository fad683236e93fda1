package store_test

import (
	"testing"
	"time"

	"skein/inbox"
)

// What failed is tried again only while nothing like it may have been done
// meanwhile, and while there is something left to do: else it would be done twice.
func TestRetryDoublesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	d.deliver(t, bought("HP-50001", "kim@x.example", time.Now()))
	d.mail(t, "support", "m1", "kim@x.example")
	order := inbox.OrderID(d.strings(t, `SELECT id::text FROM orders`)[0])
	d.account(t, "shop", inbox.Shop)
	ask := func(key string) inbox.ActionAsk {
		now := time.Now()
		return inbox.ActionAsk{ID: inbox.NewID[inbox.ActionID](now), At: now, Key: key, Hash: []byte(key), Kind: inbox.RefundOrder, Terms: inbox.ActionTerms{Amount: 4711},
			Offers: func(*inbox.Account) ([]inbox.ActionOffer, error) {
				return []inbox.ActionOffer{{Kind: inbox.RefundOrder, Offered: true}}, nil
			},
			Encode: func(*inbox.OrderAction, inbox.ActedOn, time.Time) (string, []byte, error) {
				return "skein.out.shop.shop", []byte("refund"), nil
			}}
	}
	refund := func(key string, becomes inbox.State) inbox.OrderAction {
		t.Helper()
		a, err := d.ActOnOrder(ctx, d.su, order, ask(key))
		if err != nil {
			t.Fatal(err)
		}
		d.deliver(t, inbox.Received{Account: "shop", Channel: inbox.Shop, EventID: "receipt:" + key, At: time.Now(),
			Receipt: &inbox.Receipt{MessageID: inbox.MessageID(a.ID), Attempt: a.Attempt, State: becomes, At: time.Now()}})
		return a
	}
	failed := refund("k1", inbox.Failed)
	unsure := refund("k2", inbox.Uncertain)
	_, err := d.RetryAction(ctx, d.su, failed.ID, "again", ask(""))
	wantCode(t, "one that failed, beside one that is uncertain", err, inbox.Conflict)
	if sent := d.strings(t, `SELECT id::text FROM outbox WHERE subject = 'skein.out.shop.shop'`); len(sent) != 2 {
		t.Errorf("the shop is asked %d times, want 2", len(sent))
	}
	if _, err := d.RetryAction(ctx, d.su, unsure.ID, "done", ask("")); err != nil {
		t.Fatal(err)
	}
	d.deliver(t, bought("HP-50001", "kim@x.example", time.Now(), func(o *inbox.Order) {
		o.Refunds = []inbox.Refund{{ExternalID: "r1", Amount: 4711, At: time.Now()}}
	}))
	_, err = d.RetryAction(ctx, d.su, failed.ID, "again", ask(""))
	wantCode(t, "of what has gone back already", err, inbox.Invalid)
	if _, err := d.RetryAction(ctx, d.su, failed.ID, "aside", ask("")); err != nil {
		t.Errorf("it can't be put aside either: %v", err)
	}
}
