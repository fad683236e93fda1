package shop

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"skein/connectors"
	"skein/inbox"
)

const shopifySettings = `{"provider": "shopify", "secrets": ["other", "hush"], "currency": "EUR", "url": "https://lamps.example"}`

// lampOrder is an order in the shape of Shopify's webhooks, at a state that its
// arguments fill in.
func lampOrder(updated, financial, fulfillment, more string) string {
	return fmt.Sprintf(`{"id": 7001, "name": "#1042", "order_number": 1042, "email": "ada@x.example", "phone": null, "note": "Ring twice",
		"financial_status": %q, "fulfillment_status": %s, "created_at": "2026-06-01T10:00:00+02:00", "updated_at": %q, "currency": "EUR",
		"subtotal_price": "100.00", "total_price": "108.90", "total_tax": "19.00", "taxes_included": true, "total_discounts": "10.00",
		"line_items": [{"id": 1, "product_id": 11, "variant_id": 111, "sku": "LAMP-B", "title": "Lamp", "variant_title": "blue", "quantity": 2, "price": "45.00"},
			{"id": 2, "product_id": 12, "variant_id": 121, "sku": "", "title": "Bulb", "variant_title": "Default Title", "quantity": 4, "price": "5.00"}],
		"shipping_lines": [{"price": "8.90", "title": "Post"}],
		"customer": {"id": 501, "email": "ada@x.example", "first_name": "Ada", "last_name": "Berg", "verified_email": true, "updated_at": "2026-06-01T10:00:00+02:00"},
		"shipping_address": {"name": "Ada Berg", "address1": "Ring 1", "zip": "1010", "city": "Wien", "country_code": "AT"}%s}`, financial, fulfillment, updated, more)
}

const (
	lampParcel = `{"id": 31, "order_id": 7001, "status": "success", "shipment_status": %s, "tracking_company": "DHL", "tracking_numbers": ["JJD1", "JJD2"],
		"tracking_urls": ["https://t.example/1"], "created_at": "2026-06-01T12:00:00Z", "updated_at": %q}`
	lampRefund = `{"id": 41, "order_id": 7001, "created_at": "2026-06-02T08:00:00Z", "note": "broken",
		"transactions": [{"kind": "refund", "status": "success", "amount": "45.00", "currency": "EUR"}, {"kind": "refund", "status": "pending", "amount": "1.00", "currency": "EUR"}]}`
)

// Each topic makes its records: the order with its money to the cent, who bought
// it, its parcels, refunds and their events, carts, products.
func TestShopify(t *testing.T) {
	t.Parallel()
	h := newHook(t, shopifySettings)
	items := h.shopify("orders/create", lampOrder("2026-06-01T10:00:01+02:00", "paid", "null", ""))
	o := public(items)
	if o.Number != "#1042" || o.Status != "paid" || o.Total != 10890 || o.Subtotal != 10000 || o.Shipping != 890 || o.Tax != 1900 || o.Discount != 1000 ||
		o.CustomerExternalID != "501" || o.Store != "shop0" || len(o.Problems) != 0 || len(o.Items) != 2 || o.Items[1].SKU != "121" || o.Items[1].Variant != "" {
		t.Errorf("the order is %s", compact(o))
	}
	if c := items[1]; c.Customer == nil || c.Sender.Proof != inbox.Signed || c.Customer.Email != "ada@x.example" || c.Customer.Name != "Ada Berg" {
		t.Errorf("its customer is %s", compact(c))
	}
	items = append(items, h.shopify("fulfillments/create", fmt.Sprintf(lampParcel, "null", "2026-06-01T12:00:00Z"))...)
	items = append(items, h.shopify("fulfillment_events/create", `{"id": 91, "order_id": 7001, "fulfillment_id": 31, "status": "out_for_delivery", "happened_at": "2026-06-02T07:00:00Z", "city": "Wien"}`)...)
	items = append(items, h.shopify("refunds/create", lampRefund)...)
	o = public(items)
	if len(o.Shipments) != 2 || o.Shipments[0].Tracking != "JJD1" || o.Shipments[0].Status != "out_for_delivery" || o.Shipments[1].Tracking != "JJD2" || len(o.Shipments[0].Events) != 1 {
		t.Errorf("its parcels are %s", compact(o.Shipments))
	}
	if o.Refunded != 4500 || o.FinancialStatus != "partially_refunded" || o.Refunds[0].Reason != "broken" {
		t.Errorf("its refunds are %s, it is %s", compact(o.Refunds), o.FinancialStatus)
	}
	if o = public(append(items, h.shopify("orders/delete", `{"id": 7001}`)...)); o.Status != "cancelled" || o.Total != 10890 {
		t.Errorf("deleted it is %s", compact(o))
	}

	const checkout = `{"id": 9, "token": "ck9", "cart_token": "cart9", "email": %s, "currency": "EUR", "total_price": "45.00", "updated_at": "2026-06-01T09:00:00Z", "completed_at": %s,
		"line_items": [{"id": 1, "product_id": 11, "variant_id": 111, "sku": "LAMP-B", "title": "Lamp", "quantity": 1, "price": "45.00"}]}`
	cart := h.shopify("checkouts/update", fmt.Sprintf(checkout, `"ada@x.example"`, "null"))[0].Cart
	if cart == nil || cart.ExternalID != "cart9" || cart.Total != 4500 || cart.Status != "open" || cart.URL != "https://lamps.example/cart/111:1" {
		t.Errorf("the cart is %s", compact(cart))
	}
	if cart = h.shopify("checkouts/update", fmt.Sprintf(checkout, `"ada@x.example"`, `"2026-06-01T09:10:00Z"`))[0].Cart; cart.Status != "completed" {
		t.Errorf("the cart that was bought is %s", cart.Status)
	}
	track := h.shopify("carts/update", `{"token": "cart9?key=k", "updated_at": "2026-06-01T08:00:00Z", "line_items": [{"variant_id": 111, "sku": "LAMP-B", "title": "Lamp", "quantity": 1, "price": "45.00"}]}`)[0].Track
	if track == nil || track.AnonymousID != "cart9" || !strings.Contains(string(track.Properties), `"price":"45.00"`) {
		t.Errorf("a cart of nobody is %s", compact(track))
	}
	products := h.shopify("products/update", `{"id": 11, "title": "Lamp", "handle": "lamp", "updated_at": "2026-06-01T08:00:00Z", "variants": [
		{"id": 111, "sku": "LAMP-B", "title": "blue", "price": "45.00", "inventory_quantity": 3, "inventory_management": "shopify"},
		{"id": 112, "sku": "LAMP-R", "title": "red", "price": "45.50", "inventory_quantity": 0, "inventory_management": null}]}`)
	if p := products[0].Product; len(products) != 2 || *p.Stock != 3 || p.Price != 4500 || p.Variant != "blue" || products[1].Product.Stock != nil {
		t.Errorf("the products are %s", compact(products))
	}
}

// What is not known, or can't be read, is kept as it came and said to be so;
// what a law demands is shown to people as something to do.
func TestShopifyOthers(t *testing.T) {
	t.Parallel()
	h := newHook(t, shopifySettings)
	for topic, body := range map[string]string{"themes/publish": `{"id": 1}`, "orders/updated": `{"id": []}`, "refunds/create": `[1]`, "": `7`, "products/delete": `{"id": 11}`} {
		items := h.shopify(topic, body)
		if len(items) != 1 || items[0].Message == nil || items[0].Message.Problems[0] != "unsupported" || !items[0].Message.Automatic.Is || items[0].Raw == nil {
			t.Errorf("%s makes %s", topic, compact(items))
		}
	}
	const asked = `{"shop_domain": "lamps.myshopify.com", "customer": {"id": 501, "email": "ada@x.example"}, "orders_requested": [7001], "data_request": {"id": 9999}}`
	for _, topic := range []string{"customers/data_request", "customers/redact", "shop/redact"} {
		items := h.shopify(topic, asked)
		m := items[0].Message
		if len(items) != 1 || m == nil || m.Automatic.Is || m.Subject == "" || !strings.Contains(m.Text, "ada@x.example") || !strings.Contains(m.Text, "2026-07-02") || items[0].Sender.Address != "shop0/501" {
			t.Errorf("%s makes %s", topic, compact(items))
		}
	}
}

// An order in two currencies is kept in the customer's own; one whose currency
// is none keeps all but its amounts, and says so; sums that don't add up are
// named.
func TestShopifyMoney(t *testing.T) {
	t.Parallel()
	h := newHook(t, shopifySettings)
	set := func(name, amount string) string {
		return fmt.Sprintf(`, "%s_set": {"shop_money": {"amount": "1.00", "currency_code": "EUR"}, "presentment_money": {"amount": %q, "currency_code": "JPY"}}`, name, amount)
	}
	o := public(h.shopify("orders/create", `{"id": 1, "updated_at": "2026-06-01T10:00:00Z", "currency": "EUR", "presentment_currency": "JPY", "total_price": "6.50"`+
		set("total_price", "1100")+set("subtotal_price", "1000")+set("total_tax", "100")+set("total_discounts", "0")+set("total_shipping_price", "0")+`}`))
	if o.Currency != "JPY" || o.Total != 1100 || o.Tax != 100 || len(o.Problems) != 0 {
		t.Errorf("the order in yen is %s", compact(o))
	}
	o = public(h.shopify("orders/create", `{"id": 2, "name": "#2", "email": "a@x.example", "updated_at": "2026-06-01T10:00:00Z", "currency": "QQQ", "total_price": "6.50", "financial_status": "paid"}`))
	if o.Currency != "" || o.Total != 0 || o.Status != "paid" || o.Email != "a@x.example" || len(o.Problems) != 1 || !strings.Contains(o.Problems[0], "QQQ") {
		t.Errorf("the order in no currency is %s", compact(o))
	}
	o = public(h.shopify("orders/create", `{"id": 3, "updated_at": "2026-06-01T10:00:00Z", "currency": "EUR", "total_price": "6.505", "subtotal_price": "5.00"}`))
	if o.Total != 650 || len(o.Problems) != 2 {
		t.Errorf("the order whose sums don't add up is %s", compact(o))
	}
}

// The words on an order, in any order and more than once, make the same order.
func TestShopifyConverges(t *testing.T) {
	t.Parallel()
	h := newHook(t, shopifySettings)
	var items []connectors.Inbound
	for _, w := range []struct{ topic, body string }{
		{"orders/create", lampOrder("2026-06-01T10:00:01+02:00", "pending", "null", "")},
		{"orders/paid", lampOrder("2026-06-01T10:00:05+02:00", "paid", "null", "")},
		{"fulfillments/create", fmt.Sprintf(lampParcel, "null", "2026-06-01T12:00:00Z")},
		{"orders/updated", lampOrder("2026-06-01T14:00:00+02:00", "paid", `"fulfilled"`, `, "fulfillments": [`+fmt.Sprintf(lampParcel, "null", "2026-06-01T12:00:00Z")+`]`)},
		{"fulfillments/update", fmt.Sprintf(lampParcel, `"delivered"`, "2026-06-02T07:30:00Z")},
		{"refunds/create", lampRefund},
		{"orders/updated", lampOrder("2026-06-02T08:00:00Z", "partially_refunded", `"fulfilled"`, `, "refunds": [`+lampRefund+`]`)},
	} {
		items = append(items, h.shopify(w.topic, w.body)...)
	}
	want := public(items)
	if want.Status != "fulfilled" || want.Refunded != 4500 || want.Shipments[0].Status != "delivered" || len(want.Shipments) != 2 {
		t.Fatalf("the order is %s", compact(want))
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		twice := append(append([]connectors.Inbound{}, items...), items...)
		r.Shuffle(len(twice), func(i, j int) { twice[i], twice[j] = twice[j], twice[i] })
		if d := cmp.Diff(want, public(twice), cmp.AllowUnexported(inbox.IdentityRef{})); d != "" {
			t.Fatalf("in another order (-want +got):\n%s", d)
		}
	}
}
