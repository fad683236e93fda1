package shop

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// A fakeDraft is a draft order.
type fakeDraft struct {
	input    map[string]any
	sent     int
	order    string
	messages []string
}

// draft answers what is asked of drafts: one is mailed as often as it is asked
// for, and completed once.
func (f *fakeShop) draft(w http.ResponseWriter, root string, v map[string]any) {
	show := func(n int) string {
		d, sent, order := f.drafts[n], "null", "null"
		if d.sent > 0 {
			sent = `"2026-06-02T10:00:00Z"`
		}
		if d.order != "" {
			order = fmt.Sprintf(`{"name": %q}`, d.order)
		}
		return fmt.Sprintf(`{"id": "gid://shopify/DraftOrder/%d", "invoiceSentAt": %s, "order": %s}`, n+1, sent, order)
	}
	var n int
	if id, ok := v["id"].(string); ok {
		_, _ = fmt.Sscanf(id, "gid://shopify/DraftOrder/%d", &n)
		if n--; n < 0 || n >= len(f.drafts) {
			f.fail(w, "there is no draft %s", id)
			return
		}
	}
	switch root {
	case "draftOrders":
		nodes := ""
		for i, d := range f.drafts {
			for _, tag := range d.input["tags"].([]any) {
				if v["query"] == fmt.Sprintf("tag:'%s'", tag) {
					nodes = show(i)
				}
			}
		}
		data(w, `{"draftOrders": {"nodes": [`+nodes+`]}}`)
	case "draftOrder":
		data(w, `{"draftOrder": `+show(n)+`}`)
	case "draftOrderCreate":
		f.drafts = append(f.drafts, &fakeDraft{input: v["input"].(map[string]any)})
		if !f.lost(w) {
			data(w, `{"draftOrderCreate": {"draftOrder": `+show(len(f.drafts)-1)+`, "userErrors": []}}`)
		}
	case "draftOrderInvoiceSend":
		f.drafts[n].sent++
		if m, ok := v["email"].(map[string]any); ok {
			f.drafts[n].messages = append(f.drafts[n].messages, m["customMessage"].(string))
		}
		if !f.lost(w) {
			data(w, `{"draftOrderInvoiceSend": {"draftOrder": `+show(n)+`, "userErrors": []}}`)
		}
	case "draftOrderComplete":
		if f.drafts[n].order != "" {
			data(w, `{"draftOrderComplete": {"draftOrder": null, "userErrors": [{"field": ["id"], "message": "This order has been completed"}]}}`)
			return
		}
		f.drafts[n].order = fmt.Sprintf("#%d", 2000+n)
		if !f.lost(w) {
			data(w, `{"draftOrderComplete": {"draftOrder": `+show(n)+`, "userErrors": []}}`)
		}
	}
}

// cart has something done with a cart.
func (a *actor) cart(id string, kind inbox.ActionKind, c connectors.ActionCart, text string) inbox.Receipt {
	a.t.Helper()
	r, err := a.c.Send(context.Background(), a.account, connectors.Outbound{MessageID: inbox.MessageID(id), Attempt: 1, Channel: inbox.Shop, Account: "shop", Date: now,
		Action: &connectors.Action{Kind: kind, ActionTerms: inbox.ActionTerms{Text: text}, Cart: &c}}, nil)
	a.shop.settle()
	if err != nil {
		return inbox.Receipt{Detail: err.Error()}
	}
	return r
}

// Shopify mails the way back to a cart and makes a paid order of one, each once
// although connections are cut, and a completed cart is told of as such.
func TestShopifyCartActions(t *testing.T) {
	t.Parallel()
	f := newFakeShopify(t)
	a := newActor(t, Shopify, f)
	d := newDesk(t)
	a.c.Handler(d)
	cart := connectors.ActionCart{ExternalID: "cart9", Currency: "EUR", Total: 9340, CustomerExternalID: "501", Email: "ada@x.example", URL: "https://lamps.example/r",
		Items: []inbox.Item{{ExternalID: "111", SKU: "LAMP-B", Title: "Lamp", Quantity: 2, Price: 4500}, {SKU: "wrap", Title: "Wrapping", Quantity: 1, Price: 340}}}
	f.cut, f.busy = 1, 1
	if r := a.cart("m1", inbox.MailCart, cart, "Here it is"); r.State != inbox.Sent || len(f.drafts) != 1 || f.drafts[0].sent != 1 {
		t.Fatalf("a mail is %+v of %d drafts", r, len(f.drafts))
	}
	got := compact(f.drafts[0].input)
	for _, want := range []string{`"variantId":"gid://shopify/ProductVariant/111"`, `"quantity":2`, `"amount":"3.40"`, `"customerId":"gid://shopify/Customer/501"`, `"skein-m1"`} {
		if !strings.Contains(got, want) {
			t.Errorf("the draft is %s, without %s", got, want)
		}
	}
	if r := a.cart("m1", inbox.MailCart, cart, ""); r.State != inbox.Sent || f.drafts[0].sent != 1 || f.drafts[0].messages[0] != "Here it is" {
		t.Errorf("asked again it is %+v, mailed %d times", r, f.drafts[0].sent)
	}
	if r := a.cart("m2", inbox.MailCart, cart, ""); r.State != inbox.Sent || len(f.drafts) != 2 {
		t.Fatalf("another mail is %+v", r)
	}
	if r := a.cart("c1", inbox.CompleteCart, cart, ""); r.State != inbox.Sent || r.Detail != "Order #2002" {
		t.Errorf("completed it is %+v", r)
	}
	if items := d.Took(); len(items) != 1 || items[0].Cart == nil || items[0].Cart.Status != "completed" || items[0].Cart.ExternalID != "cart9" || items[0].Sender.Address != "501" {
		t.Errorf("what is told of it is %s", compact(items))
	}
	guest := cart
	guest.CustomerExternalID = ""
	if r := a.cart("c1", inbox.CompleteCart, guest, ""); r.State != inbox.Sent || r.Detail != doneAlready || len(f.drafts) != 3 {
		t.Errorf("asked again it is %+v of %d drafts", r, len(f.drafts))
	}
	f.cut = 1 // of the request that makes the draft
	if r := a.cart("c2", inbox.CompleteCart, guest, ""); r.State != inbox.Sent || len(f.drafts) != 4 || f.drafts[3].order == "" || f.drafts[3].input["email"] != "ada@x.example" {
		t.Errorf("with the first answer lost it is %+v of %d drafts", r, len(f.drafts))
	}
	guest.Email = ""
	if r := a.cart("m3", inbox.MailCart, guest, ""); r.State != inbox.Failed || !strings.Contains(r.Detail, "no address") {
		t.Errorf("a mail to nobody is %+v", r)
	}
	if r := a.cart("m4", inbox.MailCart, connectors.ActionCart{ExternalID: "x", Email: "a@x.example"}, ""); r.State != inbox.Failed {
		t.Errorf("an empty cart is %+v", r)
	}
}

// The last request of an action with its answer lost, whatever it was: done
// where the shop says so, never done twice.
func TestCartActionsCut(t *testing.T) {
	t.Parallel()
	cart := connectors.ActionCart{ExternalID: "cart9", Currency: "EUR", Email: "ada@x.example", Items: []inbox.Item{{ExternalID: "111", SKU: "LAMP-B", Title: "Lamp", Quantity: 1}}}
	for _, kind := range inbox.CartKinds {
		f := newFakeShopify(t)
		a := newActor(t, Shopify, f)
		f.drafts = []*fakeDraft{{input: map[string]any{"tags": []any{"skein-x"}}}} // made by an attempt before
		f.cut = 1
		r := a.cart("x", kind, cart, "")
		d := f.drafts[0]
		if mailed, completed := d.sent == 1, d.order != ""; r.State != inbox.Sent || len(f.drafts) != 1 || d.sent > 1 ||
			mailed != (kind == inbox.MailCart) || completed != (kind == inbox.CompleteCart) {
			t.Errorf("%s is %+v: %+v", kind, r, d)
		}
	}
}

// WooCommerce mails the link as a note to the customer and completes the order
// that the cart is; a cart that never reached the till it doesn't have.
func TestWooCartActions(t *testing.T) {
	t.Parallel()
	f := newFakeWoo(t)
	f.status = "checkout-draft"
	a := newActor(t, WooCommerce, f)
	cart := connectors.ActionCart{ExternalID: "order-31", Currency: "EUR", URL: "https://lamps.example/checkout-link/?products=12:3", Items: []inbox.Item{{SKU: "BULB", Quantity: 3}}}
	f.cut = 1
	if r := a.cart("m1", inbox.MailCart, cart, "Hier ist er"); r.State != inbox.Sent || len(f.notes) != 1 ||
		f.notes[0] != "Hier ist er\n\nhttps://lamps.example/checkout-link/?products=12:3&skein_action=m1" {
		t.Errorf("a mail whose answer is lost is %+v: %q", r, f.notes)
	}
	if r := a.cart("m1", inbox.MailCart, cart, "Hier ist er"); r.State != inbox.Sent || len(f.notes) != 1 {
		t.Errorf("asked again it is %+v: %q", r, f.notes)
	}
	f.cut = 1
	if r := a.cart("c1", inbox.CompleteCart, cart, ""); r.State != inbox.Sent || f.status != "completed" {
		t.Errorf("completed it is %+v, %s", r, f.status)
	}
	if r := a.cart("c1", inbox.CompleteCart, cart, ""); r.State != inbox.Sent || r.Detail != doneAlready {
		t.Errorf("asked again it is %+v", r)
	}
	f.status = "processing"
	for _, kind := range inbox.CartKinds {
		if r := a.cart("x"+string(kind), kind, cart, ""); r.State != inbox.Failed || !strings.Contains(r.Detail, "processing") {
			t.Errorf("%s of what was bought meanwhile is %+v", kind, r)
		}
		if r := a.cart("y"+string(kind), kind, connectors.ActionCart{ExternalID: "browser", Items: cart.Items}, ""); r.State != inbox.Failed || !strings.Contains(r.Detail, "not offered") {
			t.Errorf("%s of a cart in a browser is %+v", kind, r)
		}
	}
}

// What an account offers follows from its settings, each with the reason why
// not, and the connector does nothing else.
func TestOffers(t *testing.T) {
	t.Parallel()
	const keyed = `{"provider": "shopify", "secrets": ["x"], "url": "https://lamps.example", "token": "t"`
	for _, c := range []struct {
		settings, offered string
		code              inbox.WhyNot
		why               string
	}{
		{keyed + `}`, "refund cancel address resend cart_link cart_completed", "", ""},
		{keyed + `, "withheldActions": ["refund", "cart_link"]}`, "cancel address resend cart_completed", inbox.SwitchedOff, "switched off"},
		{`{"provider": "shopify", "secrets": ["x"]}`, "", inbox.NoKey, "url and token"},
		{`{"provider": "woocommerce", "secrets": ["x"]}`, "", inbox.NoKey, "url and consumerKey"},
		{`{"provider": "webhook", "secrets": ["x"]}`, "", inbox.TellsOnly, "can't be asked"},
		{`{"provider": "nobody"}`, "", inbox.WrongSettings, "settings are wrong"},
	} {
		account := connectors.Account{ID: "shop", Channel: inbox.Shop, Settings: json.RawMessage(c.settings)}
		var offered []string
		for _, o := range offers(account) {
			switch {
			case o.Offered && o.Why == "" && o.Code == "":
				offered = append(offered, string(o.Kind))
			case o.Offered || !strings.Contains(o.Why, c.why) || c.why == "" || o.Code != c.code:
				t.Errorf("%s: %+v", c.settings, o)
			}
		}
		if got := strings.Join(offered, " "); got != c.offered {
			t.Errorf("%s offers %q, want %q", c.settings, got, c.offered)
		}
		if len(offers(account)) != len(actionKinds) {
			t.Errorf("%s doesn't speak of every kind", c.settings)
		}
	}
	account := connectors.Account{ID: "shop", Channel: inbox.Shop, Settings: json.RawMessage(keyed + `, "withheldActions": ["refund"]}`)}
	r, err := New(Config{Client: &http.Client{Timeout: time.Second}}).Send(t.Context(), account, connectors.Outbound{MessageID: "m", Action: &connectors.Action{Kind: inbox.RefundOrder, Order: &connectors.ActionOrder{}}}, nil)
	if err != nil || r.State != inbox.Failed || !strings.Contains(r.Detail, "switched off") {
		t.Errorf("what is switched off is %+v, %v", r, err)
	}
	account.Settings = json.RawMessage(keyed + `, "withheldActions": ["dance"]}`)
	if _, err := ParseSettings(account); inbox.CodeOf(err) != inbox.Invalid || !strings.Contains(err.Error(), "dance") {
		t.Errorf("an action that is none is %v", err)
	}
}
