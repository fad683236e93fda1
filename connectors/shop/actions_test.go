package shop

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// An actor has things done with one order.
type actor struct {
	t       testing.TB
	shop    *fakeShop
	c       *Connector
	account connectors.Account
	order   connectors.ActionOrder
}

func newActor(t testing.TB, provider string, f *fakeShop) *actor {
	settings := fmt.Sprintf(`{"provider": "shopify", "secrets": ["x"], "url": %q, "token": "shpat_1"}`, f.URL)
	order := connectors.ActionOrder{ExternalID: "7001", Number: "#1042", Currency: "EUR", Total: 10890}
	if provider == WooCommerce {
		settings = fmt.Sprintf(`{"provider": "woocommerce", "secrets": ["x"], "url": %q, "consumerKey": "ck_1", "consumerSecret": "cs_1"}`, f.URL)
		order = connectors.ActionOrder{ExternalID: "727", Number: "727", Currency: "EUR", Total: 1790}
	}
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	return &actor{t, f, New(Config{Client: client, Tries: []time.Duration{0, time.Millisecond, time.Millisecond}}),
		connectors.Account{ID: "shop", Channel: inbox.Shop, Settings: []byte(settings)}, order}
}

// act makes one attempt and returns what became of it.
func (a *actor) act(id string, attempt int, kind inbox.ActionKind, terms inbox.ActionTerms) inbox.Receipt {
	a.t.Helper()
	r, err := a.c.Send(context.Background(), a.account, connectors.Outbound{MessageID: inbox.MessageID(id), Attempt: attempt, Channel: inbox.Shop, Account: "shop",
		Action: &connectors.Action{Kind: kind, ActionTerms: terms, Order: &a.order}}, nil)
	a.shop.settle()
	if err != nil {
		return inbox.Receipt{Detail: err.Error()}
	}
	return r
}

var lampAddress = inbox.ActionTerms{Name: "Ada Maria Berg", Phone: "+43 1 5550101", Address: &inbox.Address{Lines: []string{"Gasse 2", "Tür 3"}, City: "Graz", Postcode: "8010", Country: "AT"}}

// Shopify is asked as its documentation says: for all that is left, for lines,
// for an amount, by the ways that it was paid, and each once, although the
// connection is cut after the first request.
func TestShopifyActions(t *testing.T) {
	t.Parallel()
	f := newFakeShopify(t)
	a := newActor(t, Shopify, f)
	f.cut, f.busy = 1, 1
	if r := a.act("r1", 1, inbox.RefundOrder, inbox.ActionTerms{Lines: []inbox.ActionLine{{ItemID: "1", Quantity: 1}}, Restock: true, Reason: "broken"}); r.State != inbox.Sent {
		t.Errorf("a refund of a line whose answer is lost: %+v", r)
	}
	if len(f.refunds) != 1 {
		t.Fatalf("it is made %d times", len(f.refunds))
	}
	got := compact(f.refunds[0])
	for _, want := range []string{`"amount":"8.90"`, `"amount":"36.10"`, `"restockType":"RETURN"`, `"locationId":"gid://shopify/Location/5"`, `broken (r1)`} {
		if !strings.Contains(got, want) {
			t.Errorf("the refund is %s, without %s", got, want)
		}
	}
	if r := a.act("r1", 2, inbox.RefundOrder, inbox.ActionTerms{Lines: []inbox.ActionLine{{ItemID: "1", Quantity: 1}}}); r.State != inbox.Sent || len(f.refunds) != 1 {
		t.Errorf("tried again it is %+v, made %d times", r, len(f.refunds))
	}
	if r := a.act("r2", 1, inbox.RefundOrder, inbox.ActionTerms{Amount: 1000}); r.State != inbox.Sent || len(f.refunds) != 2 || f.refunds[1]["refundLineItems"] != nil {
		t.Errorf("a refund of an amount is %+v: %s", r, compact(f.refunds))
	}
	if r := a.act("r3", 1, inbox.RefundOrder, inbox.ActionTerms{Amount: 10000}); r.State != inbox.Failed || !strings.Contains(r.Detail, "53.90 EUR") {
		t.Errorf("a refund of more than is left is %+v", r)
	}
	if r := a.act("r4", 1, inbox.RefundOrder, inbox.ActionTerms{}); r.State != inbox.Sent || !strings.Contains(compact(f.refunds[2]), `"fullRefund":true`) {
		t.Errorf("a refund of what is left is %+v: %s", r, compact(f.refunds))
	}
	f.cut = 1
	if r := a.act("c1", 1, inbox.CancelOrder, inbox.ActionTerms{Refund: true, Restock: true, Notify: true, Reason: "changed their mind"}); r.State != inbox.Sent || !f.cancelled {
		t.Errorf("a cancellation whose answer is lost is %+v", r)
	}
	if r := a.act("c2", 1, inbox.CancelOrder, inbox.ActionTerms{}); r.State != inbox.Failed || !strings.Contains(r.Detail, "already") {
		t.Errorf("a second cancellation is %+v", r)
	}
	f.cut = 1
	if r := a.act("a1", 1, inbox.ReaddressOrder, lampAddress); r.State != inbox.Sent || f.address["address2"] != "Tür 3" || f.address["firstName"] != "Ada Maria" || f.address["lastName"] != "Berg" {
		t.Errorf("another address is %+v: %s", r, compact(f.address))
	}
	bad := lampAddress
	bad.Address = &inbox.Address{Lines: []string{"x"}, City: "y", Postcode: "0", Country: "AT"}
	if r := a.act("a2", 1, inbox.ReaddressOrder, bad); r.State != inbox.Failed || r.Detail != "Postal code is not valid" {
		t.Errorf("an address that the shop refuses is %+v", r)
	}
	if r := a.act("m1", 1, inbox.ResendOrder, inbox.ActionTerms{}); r.State != inbox.Sent || f.mails != 1 {
		t.Errorf("the mail again is %+v", r)
	}
	f.cut = 1
	if r := a.act("m2", 1, inbox.ResendOrder, inbox.ActionTerms{}); r.State != inbox.Uncertain || f.mails != 2 {
		t.Errorf("a mail whose answer is lost is %+v, sent %d times", r, f.mails)
	}
	f.cut = 3
	if r := a.act("r5", 1, inbox.RefundOrder, inbox.ActionTerms{}); r.State != inbox.Failed && r.State != inbox.Uncertain {
		t.Errorf("with nothing left a refund is %+v", r)
	}
}

// WooCommerce knows no keys: what is found there is done, and what isn't found
// after a cut is uncertain, never asked for twice.
func TestWooActions(t *testing.T) {
	t.Parallel()
	f := newFakeWoo(t)
	a := newActor(t, WooCommerce, f)
	f.busy = 1
	if r := a.act("r1", 1, inbox.RefundOrder, inbox.ActionTerms{Lines: []inbox.ActionLine{{ItemID: "1", Quantity: 2}}, Restock: true, Reason: "broken"}); r.State != inbox.Sent {
		t.Fatalf("a refund of lines is %+v", r)
	}
	got := compact(f.refunds[0])
	for _, want := range []string{`"amount":"7.20"`, `"refund_total":"6.00"`, `"refund_total":"1.20"`, `"quantity":2`, `"api_refund":true`, `"api_restock":true`, `"value":"r1"`} {
		if !strings.Contains(got, want) {
			t.Errorf("the refund is %s, without %s", got, want)
		}
	}
	f.cut = 1
	if r := a.act("r2", 1, inbox.RefundOrder, inbox.ActionTerms{Amount: 100}); r.State != inbox.Sent || len(f.refunds) != 2 {
		t.Errorf("a refund whose answer is lost is %+v, made %d times", r, len(f.refunds))
	}
	if r := a.act("r2", 2, inbox.RefundOrder, inbox.ActionTerms{Amount: 100}); r.State != inbox.Sent || len(f.refunds) != 2 {
		t.Errorf("tried again it is %+v, made %d times", r, len(f.refunds))
	}
	if r := a.act("r3", 1, inbox.RefundOrder, inbox.ActionTerms{Amount: 1000}); r.State != inbox.Failed || !strings.Contains(r.Detail, "9.70 EUR") {
		t.Errorf("a refund of more than is left is %+v", r)
	}
	f.cut = 1
	if r := a.act("c1", 1, inbox.CancelOrder, inbox.ActionTerms{Refund: true}); r.State != inbox.Sent || !f.cancelled || f.refunds[2]["amount"] != "9.70" {
		t.Errorf("a cancellation is %+v: %s", r, compact(f.refunds))
	}
	if r := a.act("a1", 1, inbox.ReaddressOrder, lampAddress); r.State != inbox.Sent || f.address["address_1"] != "Gasse 2" {
		t.Errorf("another address is %+v: %s", r, compact(f.address))
	}
	f.cut = 1
	if r := a.act("m1", 1, inbox.ResendOrder, inbox.ActionTerms{}); r.State != inbox.Uncertain || f.mails != 1 {
		t.Errorf("a mail whose answer is lost is %+v, sent %d times", r, f.mails)
	}
	f.Close()
	if r := a.act("r9", 1, inbox.RefundOrder, inbox.ActionTerms{Amount: 1}); r.State != "" || r.Detail == "" {
		t.Errorf("a shop that is away makes %+v, want an error: nothing has left", r)
	}
}

// A shop that forgets what it was asked for leaves it uncertain: it isn't asked
// again by itself.
func TestActionUncertain(t *testing.T) {
	t.Parallel()
	f := newFakeShopify(t)
	a := newActor(t, Shopify, f)
	f.cut = 3
	if r := a.act("r1", 1, inbox.RefundOrder, inbox.ActionTerms{Amount: 100}); r.State != inbox.Uncertain || len(f.refunds) != 1 {
		t.Errorf("a refund that is never answered is %+v, made %d times", r, len(f.refunds))
	}
	for settings, says := range map[string]string{
		`{"provider": "webhook", "secrets": ["x"]}`:                                                    "can't be asked",
		fmt.Sprintf(`{"provider": "shopify", "secrets": ["x"], "url": %q, "token": "shpat_2"}`, f.URL): "refuses our key",
	} {
		a.account.Settings = []byte(settings)
		if r := a.act("r2", 1, inbox.RefundOrder, inbox.ActionTerms{Amount: 100}); r.State != inbox.Failed || !strings.Contains(r.Detail, says) {
			t.Errorf("%s makes %+v", settings, r)
		}
	}
	if r, err := a.c.Send(context.Background(), a.account, connectors.Outbound{MessageID: "m"}, nil); err != nil || r.State != inbox.Failed {
		t.Errorf("a message is %+v, %v", r, err)
	}
}
