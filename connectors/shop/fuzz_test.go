package shop

import (
	"encoding/json"
	"fmt"
	"testing"

	"skein/connectors"
	"skein/inbox"
)

// Whatever a shop sends makes an item, and none that can't be put on the bus: it
// has an id of its own, a key and the amounts that it says.
func FuzzRead(f *testing.F) {
	for _, topic := range []string{"orders/create", "refunds/create", "fulfillments/update", "fulfillment_events/create", "customers/update", "checkouts/update", "products/update", "customers/redact"} {
		f.Add(topic, []byte(lampOrder("2026-06-01T10:00:01+02:00", "paid", "null", "")))
	}
	f.Add("refunds/create", []byte(lampRefund))
	f.Add("fulfillments/update", []byte(fmt.Sprintf(lampParcel, "null", "2026-06-01T12:00:00Z")))
	f.Add("order.updated", []byte(wooLamp("2026-06-01T10:00:00", "processing", "")))
	f.Add("orders/create", []byte(`{"id": 1e400, "total_price": -0.0001, "currency": "JPY", "line_items": [{"quantity": "9999999999"}]}`))
	f.Fuzz(func(t *testing.T, topic string, body []byte) {
		for _, settings := range []string{shopifySettings, wooSettings} {
			items, err := Read(connectors.Account{ID: "shop0", Settings: []byte(settings)}, topic, body, now)
			if err != nil || len(items) == 0 {
				t.Fatalf("%s makes %d items, %v", topic, len(items), err)
			}
			for _, in := range items {
				if in.EventID == "" || in.Key == "" {
					t.Errorf("%s makes %s", topic, compact(in))
				}
				if o := in.Order; o != nil && (o.Total > inbox.MaxAmount || o.ExternalID == "" || o.UpdatedAt.IsZero()) {
					t.Errorf("%s makes the order %s", topic, compact(o))
				}
				if _, err := json.Marshal(in); err != nil {
					t.Error(err)
				}
			}
		}
	})
}
