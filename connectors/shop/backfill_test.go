package shop

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// fetched runs an account's Receive until ok, and stops it.
func fetched(d *desk, cursor string, emit connectors.EmitFunc, ok func() bool) error {
	d.T.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- New(Config{}).Receive(ctx, d.Serving[0], cursor, emit) }()
	deadline := time.After(20 * time.Second)
	for !ok() {
		select {
		case err := <-done:
			return err
		case <-time.After(5 * time.Millisecond):
		case <-deadline:
			d.T.Fatal("it did not come")
		}
	}
	cancel()
	return <-done
}

func (d *desk) count() (orders, customers, live int) {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	for _, in := range d.Items {
		if in.Order != nil {
			orders++
		}
		if in.Customer != nil {
			customers++
		}
		if in.Lane == connectors.LaneLive {
			live++
		}
	}
	return orders, customers, live
}

const graphLamp = `{"id": "gid://shopify/Order/%d", "name": "#%[1]d", "email": "ada@x.example", "createdAt": "2026-06-01T08:00:00Z", "processedAt": "2026-06-01T08:00:00Z", "updatedAt": %[2]q, "cancelledAt": null,
	"currencyCode": "EUR", "presentmentCurrencyCode": "EUR", "displayFinancialStatus": "PARTIALLY_REFUNDED", "displayFulfillmentStatus": "FULFILLED",
	"subtotalPriceSet": {"presentmentMoney": {"amount": "100.0", "currencyCode": "EUR"}}, "totalPriceSet": {"presentmentMoney": {"amount": "108.9", "currencyCode": "EUR"}},
	"totalTaxSet": {"presentmentMoney": {"amount": "19.0", "currencyCode": "EUR"}}, "totalDiscountsSet": {"presentmentMoney": {"amount": "0.0", "currencyCode": "EUR"}},
	"totalShippingPriceSet": {"presentmentMoney": {"amount": "8.9", "currencyCode": "EUR"}},
	"customer": {"id": "gid://shopify/Customer/501", "firstName": "Ada", "lastName": "Berg", "email": "ada@x.example", "verifiedEmail": true, "updatedAt": "2026-06-01T08:00:00Z"},
	"shippingAddress": {"name": "Ada Berg", "address1": "Ring 1", "city": "Wien", "zip": "1010", "countryCodeV2": "AT"}, "billingAddress": null,
	"lineItems": {"nodes": [{"id": "gid://shopify/LineItem/1", "title": "Lamp", "sku": "LAMP", "quantity": 2, "originalUnitPriceSet": {"presentmentMoney": {"amount": "50.0", "currencyCode": "EUR"}}, "product": {"id": "gid://shopify/Product/11"}, "variant": null}]},
	"fulfillments": [{"id": "gid://shopify/Fulfillment/31", "status": "SUCCESS", "displayStatus": "DELIVERED", "createdAt": "2026-06-01T12:00:00Z", "updatedAt": "2026-06-02T07:00:00Z", "trackingInfo": [{"company": "DHL", "number": "JJD1", "url": "https://t.example/1"}]}],
	"refunds": [{"id": "gid://shopify/Refund/41", "note": "broken", "createdAt": "2026-06-02T08:00:00Z", "transactions": {"nodes": [{"kind": "REFUND", "status": "SUCCESS", "amountSet": {"presentmentMoney": {"amount": "45.0", "currencyCode": "EUR"}}}]}}]}`

// An order that is fetched is the order that a webhook tells of.
func TestGraphOrder(t *testing.T) {
	t.Parallel()
	o, err := graphOrder([]byte(fmt.Sprintf(graphLamp, 7001, "2026-06-02T08:00:00Z")))
	if err != nil {
		t.Fatal(err)
	}
	got := public((&feed{set: &Settings{}, account: "shop0", raw: []byte("x")}).shopifyOrder(o))
	if got.ExternalID != "7001" || got.Total != 10890 || got.Shipping != 890 || got.Refunded != 4500 || got.Status != "delivered" || got.FinancialStatus != "partially_refunded" ||
		got.CustomerExternalID != "501" || got.Shipments[0].Tracking != "JJD1" || got.Shipments[0].ExternalID != "31" || got.Items[0].ProductID != "11" || got.Items[0].ExternalID != "1" ||
		len(got.Problems) != 0 || got.Parties[1].Address.Country != "AT" || got.Refunds[0].ExternalID != "41" {
		t.Errorf("it is %s", compact(got))
	}
}

// What a shop has since a day comes in the bulk lane, page by page, on from where
// it stopped and not too fast; what changes later comes by itself.
func TestBackfill(t *testing.T) {
	t.Parallel()
	for provider, fake := range map[string]*fakeShop{Shopify: newFakeShopify(t), WooCommerce: newFakeWoo(t)} {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			settings, n := fmt.Sprintf(`{"provider": "shopify", "secrets": ["x"], "url": %q, "token": "shpat_1", "since": "2026-06-01", "poll": "1s"}`, fake.URL), 60
			made := func(i int, at time.Time) string { return fmt.Sprintf(graphLamp, 7000+i, at.Format(time.RFC3339)) }
			if provider == WooCommerce {
				n, fake.customers = 250, 120
				settings = fmt.Sprintf(`{"provider": "woocommerce", "secrets": ["x"], "url": %q, "consumerKey": "ck_1", "consumerSecret": "cs_1", "since": "2026-06-01", "poll": "1s"}`, fake.URL)
				made = func(i int, at time.Time) string {
					return strings.Replace(wooLamp(at.Format("2006-01-02T15:04:05"), "processing", ""), `"id": 727`, fmt.Sprintf(`"id": %d`, 7000+i), 1)
				}
			}
			start := time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)
			fake.orders = append(fake.orders, made(0, start.AddDate(0, 0, -3)))
			for i := range n {
				fake.orders = append(fake.orders, made(i+1, start.Add(time.Duration(i/3)*time.Second)))
			}
			fake.busy = 1
			d := newDesk(t, settings)
			// The bus goes away in the middle: what it had is not asked for again.
			var mu sync.Mutex
			pages := 0
			broken := errors.New("the bus is away")
			if err := fetched(d, "", func(ctx context.Context, cursor string, items ...connectors.Inbound) error {
				mu.Lock()
				defer mu.Unlock()
				if len(items) > 0 {
					if pages++; pages > 2 {
						return broken
					}
				}
				return d.Emit(ctx, cursor, items...)
			}, func() bool { return false }); !errors.Is(err, broken) {
				t.Fatalf("it ends with %v", err)
			}
			asked := len(fake.log)
			if err := fetched(d, d.Cursor, d.Emit, func() bool { orders, _, _ := d.count(); return orders >= n }); err != nil && !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			orders, customers, live := d.count()
			if orders != n || live != 0 || customers == 0 || len(fake.log)-asked > 6 {
				t.Errorf("%d orders, %d customers and %d live items are fetched, by %d more requests", orders, customers, live, len(fake.log)-asked)
			}
			fake.mu.Lock()
			fake.orders = append(fake.orders, made(n+1, start.Add(24*time.Hour)))
			fake.mu.Unlock()
			if err := fetched(d, d.Cursor, d.Emit, func() bool { orders, _, _ := d.count(); return orders == n+1 }); !errors.Is(err, context.Canceled) {
				t.Errorf("what changed later: %v", err)
			}
		})
	}
}

// A feed that is silent for too long is shown so, with its age; a key that the
// shop refuses needs somebody's hand.
func TestStale(t *testing.T) {
	t.Parallel()
	d := newDesk(t, `{"provider": "shopify", "secrets": ["x"], "stale": "1h"}`)
	at := now
	var mu sync.Mutex
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return at }
	c := New(Config{Now: clock})
	c.heard("shop0", now)
	mu.Lock()
	at = now.Add(26 * time.Hour)
	mu.Unlock()
	if err := c.Receive(t.Context(), d.Serving[0], "", d.Emit); inbox.CodeOf(err) != inbox.Unavailable || !strings.Contains(err.Error(), "26h0m") {
		t.Errorf("a silent feed is %v", err)
	}
	f := newFakeShopify(t)
	d = newDesk(t, fmt.Sprintf(`{"provider": "shopify", "secrets": ["x"], "url": %q, "token": "old", "since": "2026-06-01"}`, f.URL))
	if err := New(Config{}).Receive(t.Context(), d.Serving[0], "", d.Emit); inbox.CodeOf(err) != inbox.Unauthorized {
		t.Errorf("a key that is refused is %v", err)
	}
}
