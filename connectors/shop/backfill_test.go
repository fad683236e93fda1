package shop

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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

// stock is how much there is of each product, by its SKU.
func (d *desk) stock() map[string]string {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	all := map[string]string{}
	for _, in := range d.Items {
		if p := in.Product; p != nil && p.Stock != nil {
			all[p.SKU] = fmt.Sprint(*p.Stock, " of ", p.Title)
		}
	}
	return all
}

const (
	graphVariant50 = `{"id": "gid://shopify/ProductVariant/%d", "sku": "%s%d", "title": "Default Title", "price": "9.90", "updatedAt": "2026-01-02T10:00:00Z", "inventoryQuantity": %d, "inventoryItem": {"tracked": true}}`
	graphVase      = `{"id": "gid://shopify/Product/%d", "title": "Vase", "handle": "vase", "createdAt": "2026-01-01T10:00:00Z", "updatedAt": %q, "featuredMedia": {"preview": {"image": {"url": "https://lamps.example/v.png"}}},
	"variants": {"nodes": [{"id": "gid://shopify/ProductVariant/%d", "sku": %q, "title": "Default Title", "price": "9.90", "updatedAt": "2026-01-01T10:00:00Z", "inventoryQuantity": %d, "inventoryItem": {"tracked": true}}],
		"pageInfo": {"hasNextPage": %s, "endCursor": "v"}}}`
	graphAda = `{"id": "gid://shopify/Customer/%d", "firstName": "Ada", "lastName": "Berg", "locale": "de", "verifiedEmail": true, "createdAt": "2026-01-01T10:00:00Z", "updatedAt": %q,
	"defaultEmailAddress": {"emailAddress": "ada@x.example", "marketingState": "SUBSCRIBED", "marketingUpdatedAt": "2026-02-01T10:00:00Z"}, "defaultPhoneNumber": null,
	"defaultAddress": {"address1": "Ring 1", "city": "Wien", "zip": "1010", "countryCodeV2": "AT"}}`
	wooVase = `{"id": %d, "name": "Vase", "type": %q, "sku": %q, "price": "9.90", "manage_stock": true, "stock_quantity": %d, "date_modified_gmt": %q}`
)

// A customer and a product read by GraphQL are those of the webhooks.
func TestGraphRecords(t *testing.T) {
	t.Parallel()
	set := &Settings{Provider: Shopify, Currency: "EUR", URL: "https://lamps.example"}
	f := &feed{set: set, account: "shop0", at: now}
	c, err := graphCustomer([]byte(fmt.Sprintf(graphAda, 501, "2026-06-01T08:00:00Z")))
	if err != nil {
		t.Fatal(err)
	}
	r := f.shopifyCustomer(c)
	if k := r.Customer; k.ExternalID != "501" || k.Email != "ada@x.example" || k.Name != "Ada Berg" || k.Address.Country != "AT" || r.Sender.Proof != inbox.Signed ||
		len(k.Consents) != 1 || !k.Consents[0].Granted || k.Consents[0].Purpose != "email_marketing" || k.Phone != "" {
		t.Errorf("the customer is %s", compact(r))
	}
	p, rest, err := graphProduct([]byte(fmt.Sprintf(graphVase, 3, "2026-06-01T08:00:00Z", 300, "VASE", 7, "true")))
	if err != nil || rest != "v" {
		t.Fatal(rest, err)
	}
	x := f.shopifyProduct(p)[0].Product
	if x.SKU != "VASE" || x.ExternalID != "3/300" || *x.Stock != 7 || x.Price != 990 || x.Variant != "" || x.Image == "" || x.URL != "https://lamps.example/products/vase" {
		t.Errorf("the product is %s", compact(x))
	}
}

// A word on an inventory level makes the stock of its article at all places, and
// is kept as it came where the shop can't be asked; while the shop is away it has
// to come again.
func TestInventoryLevels(t *testing.T) {
	t.Parallel()
	f := newFakeShopify(t)
	f.stock = map[string]string{
		"gid://shopify/InventoryItem/808": `{"tracked": true, "variant": {"id": "gid://shopify/ProductVariant/111", "sku": "LAMP-B", "title": "blue", "price": "45.00", "inventoryQuantity": 12,
			"product": {"id": "gid://shopify/Product/11", "title": "Lamp", "handle": "lamp"}}, "inventoryLevels": {"nodes": [{"updatedAt": "2026-06-01T09:00:00Z"}, {"updatedAt": "2026-06-01T10:00:05Z"}]}}`,
		"gid://shopify/InventoryItem/809": `{"tracked": true, "variant": null, "inventoryLevels": {"nodes": []}}`,
	}
	const level = `{"inventory_item_id": %d, "location_id": 5, "available": 3, "updated_at": "2026-06-01T10:00:00Z"}`
	h := newHook(t, fmt.Sprintf(`{"provider": "shopify", "secrets": ["hush"], "url": %q, "token": "shpat_1"}`, f.URL))
	p := h.shopify("inventory_levels/update", fmt.Sprintf(level, 808))[0].Product
	if p == nil || p.SKU != "LAMP-B" || *p.Stock != 12 || p.ExternalID != "11/111" || p.StockAt.Format(time.RFC3339) != "2026-06-01T10:00:05Z" || !p.UpdatedAt.IsZero() {
		t.Errorf("the stock is %s", compact(p))
	}
	was := inbox.Product{SKU: "LAMP-B", Title: "Lamp", Price: 4500, Currency: "EUR", UpdatedAt: now}
	if was.Take(*p); *was.Stock != 12 || was.Price != 4500 {
		t.Errorf("it makes the product %s", compact(was))
	}
	for _, item := range []int{809, 810} {
		if m := h.shopify("inventory_levels/connect", fmt.Sprintf(level, item))[0].Message; m == nil || m.Problems[0] != "unsupported" {
			t.Errorf("item %d makes %s", item, compact(m))
		}
	}
	body := fmt.Sprintf(level, 811)
	f.Close()
	if code, _ := h.post("/in/shop/shop0", body, "X-Shopify-Topic", "inventory_levels/update", "X-Shopify-Hmac-Sha256", signature("hush", body)); code != http.StatusServiceUnavailable || len(h.Took()) != 0 {
		t.Errorf("while the shop is away it gets %d", code)
	}
	h = newHook(t, shopifySettings)
	if m := h.shopify("inventory_levels/update", body)[0].Message; m == nil || !strings.Contains(m.Text, "no key") {
		t.Errorf("without a key it makes %s", compact(m))
	}
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
			const sold = 60 // of what there is, variants and all
			settings, n := fmt.Sprintf(`{"provider": "shopify", "secrets": ["x"], "url": %q, "token": "shpat_1", "since": "2026-06-01", "poll": "1s"}`, fake.URL), 60
			made := func(i int, at time.Time) string { return fmt.Sprintf(graphLamp, 7000+i, at.Format(time.RFC3339)) }
			change := func(stock int, at string) {
				fake.mu.Lock()
				defer fake.mu.Unlock()
				fake.goods = append(fake.goods, fmt.Sprintf(graphVase, 3, at, 300, "VASE", stock, "false"))
			}
			for i := range 8 {
				fake.goods = append(fake.goods, fmt.Sprintf(graphVase, 20+i, "2026-01-02T10:00:00Z", 200+i, fmt.Sprint("V", i), i, "false"))
			}
			many := []string{}
			for i := range 50 {
				many = append(many, fmt.Sprintf(graphVariant50, 400+i, "M", i, i))
			}
			fake.goods = append(fake.goods, strings.Replace(fmt.Sprintf(graphVase, 30, "2026-01-03T10:00:00Z", 399, "M", 1, "true"), `"nodes": [`, `"nodes": [`+strings.Join(many, ",")+`,`, 1))
			fake.variants = []string{fmt.Sprintf(graphVariant50, 500, "M", 50, 50)}
			for i := range 3 {
				fake.people = append(fake.people, fmt.Sprintf(graphAda, 501+i, "2026-06-01T08:00:00Z"))
			}
			if provider == WooCommerce {
				n, fake.customers = 250, 120
				fake.goods, fake.variants = nil, nil
				for i := range sold - 2 {
					fake.goods = append(fake.goods, fmt.Sprintf(wooVase, 100+i, "simple", fmt.Sprint("V", i), i, "2026-01-02T10:00:00"))
				}
				fake.goods = append(fake.goods, fmt.Sprintf(wooVase, 11, "variable", "VASE-ALL", 0, "2026-01-02T10:00:00"))
				fake.variants = []string{`{"id": 12, "sku": "VASE-BLUE", "price": "9.90", "manage_stock": true, "stock_quantity": 4, "date_modified_gmt": "2026-01-02T10:00:00",
					"attributes": [{"name": "Colour", "option": "blue"}], "image": {"src": "https://lamps.example/blue.png"}}`}
				change = func(stock int, at string) {
					fake.mu.Lock()
					defer fake.mu.Unlock()
					fake.goods = append(fake.goods, fmt.Sprintf(wooVase, 3, "simple", "VASE", stock, strings.TrimSuffix(at, "Z")))
				}
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
			if err := fetched(d, d.Cursor, d.Emit, func() bool { orders, _, _ := d.count(); return orders >= n && len(d.stock()) >= sold }); err != nil && !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			orders, customers, live := d.count()
			if orders != n || live != 0 || customers < 3 || len(d.stock()) != sold || len(fake.log)-asked > 9 {
				t.Errorf("%d orders, %d customers, %d products and %d live items are fetched, by %d more requests: %v", orders, customers, len(d.stock()), live, len(fake.log)-asked, fake.log[asked:])
			}
			if got := d.stock(); got["V5"] != "5 of Vase" || provider == Shopify && got["M50"] != "50 of Vase" || provider == WooCommerce && got["VASE-BLUE"] != "4 of Vase" {
				t.Errorf("the stock is %v", got)
			}
			fake.mu.Lock()
			fake.orders = append(fake.orders, made(n+1, start.Add(24*time.Hour)))
			fake.mu.Unlock()
			change(7, "2026-06-03T10:00:00Z")
			if err := fetched(d, d.Cursor, d.Emit, func() bool { orders, _, _ := d.count(); return orders == n+1 && d.stock()["VASE"] == "7 of Vase" }); !errors.Is(err, context.Canceled) {
				t.Errorf("what changed later: %v", err)
			}
			if _, _, live := d.count(); live < 2 {
				t.Errorf("of what changed later %d items are live", live)
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
	// A process that starts anew knows by the cursor since when the shop is silent.
	kept := `{"heard": "` + now.Format(time.RFC3339) + `"}`
	if err := New(Config{Now: clock}).Receive(t.Context(), d.Serving[0], kept, d.Emit); inbox.CodeOf(err) != inbox.Unavailable || !strings.Contains(err.Error(), "26h0m") {
		t.Errorf("after a restart it is %v", err)
	}
	f := newFakeShopify(t)
	d = newDesk(t, fmt.Sprintf(`{"provider": "shopify", "secrets": ["x"], "url": %q, "token": "old", "since": "2026-06-01"}`, f.URL))
	if err := New(Config{}).Receive(t.Context(), d.Serving[0], "", d.Emit); inbox.CodeOf(err) != inbox.Unauthorized {
		t.Errorf("a key that is refused is %v", err)
	}
}
