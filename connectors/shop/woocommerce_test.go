package shop

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"skein/connectors"
	"skein/inbox"
)

const wooSettings = `{"provider": "woocommerce", "secrets": ["hush"], "currency": "EUR"}`

func wooLamp(modified, status, more string) string {
	return fmt.Sprintf(`{"id": 727, "number": "727", "status": %q, "currency": "EUR", "date_created": "2026-06-01T12:00:00", "date_created_gmt": "2026-06-01T10:00:00",
		"date_modified_gmt": %q, "discount_total": "1.00", "shipping_total": "4.90", "total_tax": "2.00", "total": "17.90", "customer_id": 0, "customer_note": "Ring twice",
		"billing": {"first_name": "Ada", "last_name": "Berg", "address_1": "Ring 1", "city": "Wien", "postcode": "1010", "country": "AT", "email": "ada@x.example", "phone": "+43 1 5550101"},
		"shipping": {"first_name": "Bo", "last_name": "Berg", "address_1": "Gasse 2", "city": "Graz", "postcode": "8010", "country": "AT"},
		"line_items": [{"id": 1, "name": "Bulb", "product_id": 12, "variation_id": 0, "sku": "BULB", "quantity": 3, "subtotal": "10.00", "total": "9.00", "price": 3.0000000001}],
		"fee_lines": [{"id": 5, "name": "Wrapping", "total": "2.00"}],
		"meta_data": [{"key": "_wc_shipment_tracking_items", "value": [{"tracking_id": "t1", "tracking_provider": "DHL", "tracking_number": "JJD1", "date_shipped": "1780308000"}]}, {"key": "x", "value": {"a": 1}}]%s}`, status, modified, more)
}

// Each topic makes its record, with the money to the cent although the price of
// one can't always be said.
func TestWooCommerce(t *testing.T) {
	t.Parallel()
	h := newHook(t, wooSettings)
	items := h.woo("order.updated", wooLamp("2026-06-01T10:00:00", "processing", `, "refunds": [{"id": 726, "reason": "broken", "total": "-3.33"}]`))
	o := public(items)
	if o.Status != "processing" || o.Total != 1790 || o.Subtotal != 1200 || o.Discount != 100 || len(o.Problems) != 0 || o.CustomerExternalID != "" || o.Email != "ada@x.example" ||
		o.Refunded != 333 || len(o.Parties) != 3 || o.Shipments[0].Tracking != "JJD1" || o.Note != "Ring twice" {
		t.Errorf("the order is %s", compact(o))
	}
	if len(o.Items) != 3 || o.Items[0].Price != 333 || o.Items[0].Quantity != 2 || o.Items[1].Price != 334 || o.Items[1].Quantity != 1 {
		t.Errorf("its items are %s", compact(o.Items))
	}
	if s := items[0].Sender; s.Kind != inbox.EmailAddress || s.Proof != inbox.Claimed {
		t.Errorf("a guest is %+v", s)
	}
	if c := h.woo("order.created", wooLamp("2026-06-01T09:00:00", "checkout-draft", ""))[0].Cart; c == nil || c.Status != "open" || c.Email != "ada@x.example" {
		t.Errorf("what is at the till is %s", compact(c))
	}
	if o := public(h.woo("order.deleted", `{"id": 727}`)); o.Status != "cancelled" {
		t.Errorf("deleted it is %s", compact(o))
	}
	c := h.woo("customer.updated", `{"id": 25, "email": "ada@x.example", "first_name": "Ada", "last_name": "Berg", "date_modified_gmt": "2026-06-01T10:00:00", "billing": {"phone": "+43 1 5550101", "city": "Wien"}}`)[0]
	if c.Customer == nil || c.Customer.Name != "Ada Berg" || c.Customer.Address.City != "Wien" || c.Sender.Proof != inbox.Claimed {
		t.Errorf("the customer is %s", compact(c))
	}
	p := h.woo("product.updated", `{"id": 12, "name": "Bulb", "sku": "BULB", "price": "3.34", "manage_stock": true, "stock_quantity": 0, "date_modified_gmt": "2026-06-01T10:00:00", "attributes": [{"option": "E27"}]}`)[0].Product
	if p == nil || p.Price != 334 || p.Stock == nil || *p.Stock != 0 || p.Variant != "E27" {
		t.Errorf("the product is %s", compact(p))
	}
	for topic, body := range map[string]string{"coupon.created": `{"id": 1}`, "action.woocommerce_add_to_cart": `{"action": "x"}`, "order.updated": `{"id": 7, "total": {`, "customer.deleted": `{"id": 25}`} {
		if topic == "order.updated" {
			continue // refused below
		}
		if m := h.woo(topic, body)[0].Message; m == nil || m.Problems[0] != "unsupported" {
			t.Errorf("%s makes %s", topic, compact(m))
		}
	}
}

// An order whose currency is none keeps all but its amounts, and one whose sums
// don't add up what it says; each says what is wrong.
func TestWooCommerceMoney(t *testing.T) {
	t.Parallel()
	h := newHook(t, wooSettings)
	lamp := wooLamp("2026-06-01T10:00:00", "processing", "")
	o := public(h.woo("order.updated", strings.Replace(lamp, `"EUR"`, `"QQQ"`, 1)))
	if o.Currency != "" || o.Total != 0 || o.Status != "processing" || o.Email != "ada@x.example" || len(o.Problems) != 1 || !strings.Contains(o.Problems[0], "QQQ") {
		t.Errorf("the order in no currency is %s", compact(o))
	}
	o = public(h.woo("order.updated", strings.Replace(lamp, `"17.90"`, `"99.90"`, 1)))
	if o.Total != 9990 || len(o.Problems) != 1 || !strings.Contains(o.Problems[0], "99.90") {
		t.Errorf("the order whose sums don't add up is %s", compact(o))
	}
}

// The words on an order, in any order and more than once, make the same order.
func TestWooCommerceConverges(t *testing.T) {
	t.Parallel()
	h := newHook(t, wooSettings)
	var items []connectors.Inbound
	for _, body := range []string{
		wooLamp("2026-06-01T10:00:00", "pending", ""), wooLamp("2026-06-01T10:05:00", "processing", ""), wooLamp("2026-06-01T11:00:00", "completed", ""),
		wooLamp("2026-06-02T08:00:00", "completed", `, "refunds": [{"id": 726, "total": "-3.33"}]`),
		wooLamp("2026-06-02T09:00:00", "refunded", `, "refunds": [{"id": 726, "total": "-3.33"}, {"id": 728, "total": "-14.57"}]`),
	} {
		items = append(items, h.woo("order.updated", body)...)
	}
	want := public(items)
	if want.Status != "refunded" || want.Refunded != want.Total {
		t.Fatalf("the order is %s", compact(want))
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		twice := append(append([]connectors.Inbound{}, items...), items...)
		r.Shuffle(len(twice), func(i, j int) { twice[i], twice[j] = twice[j], twice[i] })
		if d := cmp.Diff(want, public(twice)); d != "" {
			t.Fatalf("in another order (-want +got):\n%s", d)
		}
	}
}

// WooCommerce looks whether somebody is there before it has a secret; what else
// isn't signed, or can't be read, is refused, counted, and nothing of it kept.
func TestRefused(t *testing.T) {
	t.Parallel()
	h := newHook(t, wooSettings)
	const form = "application/x-www-form-urlencoded"
	lamp := wooLamp("2026-06-01T10:00:00", "processing", "")
	for _, c := range []struct {
		what, body, signed string
		want               int
	}{
		{"a ping", "webhook_id=142", "", http.StatusOK},
		{"a ping with more in it", "webhook_id=142&x=1", "", http.StatusUnauthorized},
		{"no signature", lamp, "", http.StatusUnauthorized},
		{"a wrong signature", lamp, signature("hushh", lamp), http.StatusUnauthorized},
		{"another body's signature", lamp, signature("hush", lamp+" "), http.StatusUnauthorized},
		{"garbage", "{{{", signature("hush", "{{{"), http.StatusBadRequest},
		{"ten megabytes", strings.Repeat(" ", 10<<20), "x", http.StatusRequestEntityTooLarge},
	} {
		if got, text := h.post("/in/shop/shop0", c.body, "Content-Type", form, "X-WC-Webhook-Signature", c.signed, "X-WC-Webhook-Topic", "order.created"); got != c.want {
			t.Errorf("%s gets %d, want %d: %s", c.what, got, c.want, text)
		}
	}
	if got, _ := h.post("/in/shop/nobody", lamp); got != http.StatusNotFound {
		t.Errorf("an unknown account gets %d", got)
	}
	if items := h.Took(); len(items) != 0 || len(h.Rejected) != 6 {
		t.Errorf("%d items are kept and %d requests counted", len(items), len(h.Rejected))
	}
}
