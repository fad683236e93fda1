package shop

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"skein/connectors"
)

// A shop whose clock is hours off is read by its own clock throughout: of two
// words the later by it holds, whichever came first, and a word that tells no time
// is as of when the shop says that it sent it.
func TestClockSkew(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{-20 * time.Hour, 30 * time.Hour} {
		h := newHook(t, shopifySettings)
		at := func(minutes int) string {
			return now.Add(off + time.Duration(minutes)*time.Minute).Format(time.RFC3339)
		}
		say := func(topic, body, sent string) []connectors.Inbound {
			if code, text := h.post("/in/shop/shop0", body, "X-Shopify-Topic", topic, "X-Shopify-Hmac-Sha256", signature("hush", body), "X-Shopify-Triggered-At", sent); code != http.StatusOK {
				t.Fatalf("%s gets %d: %s", topic, code, text)
			}
			return h.Took()
		}
		items := say("orders/paid", lampOrder(at(5), "paid", "null", ""), at(5))
		if got := items[0].ProviderAt; !got.Equal(now.Add(off + 5*time.Minute)) {
			t.Errorf("%v off, a word is as of %v", off, got)
		}
		items = append(items, say("orders/create", lampOrder(at(0), "pending", "null", ""), at(6))...)
		if o := public(items); o.FinancialStatus != "paid" {
			t.Errorf("%v off, the older word came last and the order is %s", off, o.FinancialStatus)
		}
		items = append(items, say("fulfillments/update", fmt.Sprintf(lampParcel, `"in_transit"`, at(10)), at(10))...)
		items = append(items, say("fulfillment_events/create", `{"id": 91, "order_id": 7001, "fulfillment_id": 31, "status": "delivered"}`, at(12))...)
		o := public(items)
		if len(o.Shipments) == 0 || len(o.Shipments[0].Events) != 1 || o.Shipments[0].Status != "delivered" {
			t.Errorf("%v off, the parcel is %s", off, compact(o.Shipments))
		}
	}
}
