package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	"skein/inbox"
)

const (
	liveRate  = 50 // direct messages a second, beside a back-fill and alone
	liveAlone = 30 // seconds
	liveStep  = 10 // seconds of it at a time
)

// backfill measures how long a direct message takes from its webhook to an
// agent's socket, alone and while all orders of a shop are fetched, through the
// whole of what is fetched: the shop answers as fast as it is asked.
func (c *Config) backfill(ctx context.Context, o *outside) error {
	if err := await(ctx, http.StatusUnauthorized, http.MethodPost, o.url+"/in/social/"+socialAccount, ""); err != nil {
		return err
	}
	d, err := c.actor(ctx, roleDesk)
	if err != nil {
		return err
	}
	defer func() { _ = d.stop() }()
	if _, err := d.ask(order{Do: "watch", Address: o.url}); err != nil {
		return err
	}
	live := func(seconds float64) (answer, error) {
		return d.ask(order{Do: "hooks", What: "social", Rate: liveRate, Seconds: seconds, Secret: hookSecret})
	}
	if _, err := live(2); err != nil { // warm
		return err
	}
	if _, err := d.ask(order{Do: "fresh"}); err != nil {
		return err
	}
	c.section("a back-fill of %d orders beside %d direct messages a second", c.Orders, liveRate)
	alone, err := live(liveAlone)
	if err != nil {
		return err
	}
	c.steps("alone", alone.All, alone.Frames)

	shop := httptest.NewServer(warehouse(c.Orders))
	defer shop.Close()
	if _, err := o.store.SaveAccount(ctx, inbox.Account{ID: "warehouse", Channel: inbox.Shop, InboxID: o.inbox, Name: "warehouse", MaxProof: inbox.Signed,
		Settings: fmt.Appendf(nil, `{"provider": "shopify", "secrets": [%q], "url": %q, "token": "t", "since": "2026-01-01", "currency": "EUR", "poll": "1h"}`, hookSecret, shop.URL)}, time.Now()); err != nil {
		return err
	}
	if _, err := d.ask(order{Do: "fresh"}); err != nil {
		return err
	}
	messages, began := int64(0), time.Now()
	var beside answer
	fetched := int64(0)
	for fetched < int64(c.Orders) {
		if time.Since(began) > time.Hour {
			return fmt.Errorf("%d of %d orders are in after an hour", fetched, c.Orders)
		}
		if beside, err = live(liveStep); err != nil {
			return err
		}
		messages += beside.Frames
		if fetched, err = o.count(ctx, "orders"); err != nil {
			return err
		}
	}
	took := time.Since(began)
	c.steps("beside it", beside.All, messages)
	was, is := alone.All[len(alone.All)-1], beside.All[len(beside.All)-1]
	c.line("ratio", "p50 ×%.2f   p99 ×%.2f", ratio(is.P50, was.P50), ratio(is.P99, was.P99))
	c.line("fetched", "%8d orders in at most %.0f s, %.0f/s", fetched, took.Seconds(), float64(fetched)/took.Seconds())
	if fetched != int64(c.Orders) {
		return fmt.Errorf("of %d orders there are %d", c.Orders, fetched)
	}
	return nil
}

func (c *Config) steps(when string, list []step, of int64) {
	for _, s := range list {
		c.line(s.Name+", "+when, "p50 %8.2f ms   p99 %8.2f ms   of %d", ms(s.P50), ms(s.P99), of)
	}
}

// warehouse answers as Shopify's Admin API does, of so many orders, each of
// one of half as many customers: page by page, and without holding anybody up.
func warehouse(orders int) http.Handler {
	began := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			Query     string `json:"query"`
			Variables struct {
				First int    `json:"first"`
				After string `json:"after"`
			} `json:"variables"`
		}
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		root := "orders"
		for _, other := range []string{"customers", "products"} { // these it has none of by themselves
			if strings.Contains(asked.Query, "  "+other+"(") {
				root = other
			}
		}
		from, _ := strconv.Atoi(asked.Variables.After) // "" is the beginning
		to := min(from+asked.Variables.First, orders)
		if root != "orders" {
			from, to = 0, 0
		}
		var b strings.Builder
		fmt.Fprintf(&b, `{"data": {%q: {"pageInfo": {"hasNextPage": %t, "endCursor": "%d"}, "nodes": [`, root, root == "orders" && to < orders, to)
		for i := from; i < to; i++ {
			if i > from {
				b.WriteByte(',')
			}
			of := 1 + i%max(1, orders/2)
			first, last, street := someone(of)
			at := began.Add(time.Duration(i) * time.Second).Format(time.RFC3339)
			fmt.Fprintf(&b, `{"id": "gid://shopify/Order/%[1]d", "name": "W%[1]d", "email": "w%[2]d@bench.test", "createdAt": %[3]q, "processedAt": %[3]q, "updatedAt": %[3]q,
				"currencyCode": "EUR", "presentmentCurrencyCode": "EUR", "displayFinancialStatus": "PAID", "displayFulfillmentStatus": "FULFILLED",
				"subtotalPriceSet": %[4]s, "totalPriceSet": %[5]s, "totalTaxSet": %[6]s, "totalDiscountsSet": %[7]s, "totalShippingPriceSet": %[8]s,
				"customer": {"id": "gid://shopify/Customer/%[2]d", "firstName": %[10]q, "lastName": %[11]q, "email": "w%[2]d@bench.test", "verifiedEmail": true, "updatedAt": "2026-01-01T00:00:00Z"},
				"shippingAddress": {"name": %[12]q, "address1": %[13]q, "city": "Wien", "zip": "1%03[14]d", "countryCodeV2": "AT"},
				"lineItems": {"nodes": [{"id": "gid://shopify/LineItem/%[1]d", "title": "Lamp", "sku": "LAMP-B", "quantity": 2, "originalUnitPriceSet": %[9]s}]},
				"fulfillments": [{"id": "gid://shopify/Fulfillment/%[1]d", "status": "SUCCESS", "displayStatus": "DELIVERED", "createdAt": %[3]q, "updatedAt": %[3]q, "trackingInfo": [{"company": "Post", "number": "T%[1]d", "url": "https://post.example/%[1]d"}]}],
				"refunds": []}`, 1_000_000+i, of, at, euros("100.00"), euros("108.90"), euros("17.39"), euros("0.00"), euros("8.90"), euros("50.00"), first, last, first+" "+last, street, of%1000)
		}
		b.WriteString(`]}}, "extensions": {"cost": {"requestedQueryCost": 100, "throttleStatus": {"maximumAvailable": 20000, "currentlyAvailable": 20000, "restoreRate": 1000}}}}`)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(b.String())) // who has gone asks again
	})
}

// someone is a name and a street that few or none share, as people's are.
func someone(n int) (first, last, street string) {
	parts := []string{"ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "wu", "za"}
	word := func(n int) string {
		s := ""
		for range 5 {
			s, n = s+parts[n%len(parts)], n/len(parts)
		}
		return strings.ToUpper(s[:1]) + s[1:]
	}
	return word(n % 97), word(n * 7919 % 1048573), fmt.Sprintf("%sgasse %d", word(n*104729%1048573), n%120+1)
}

func euros(amount string) string {
	return `{"presentmentMoney": {"amount": "` + amount + `", "currencyCode": "EUR"}}`
}
