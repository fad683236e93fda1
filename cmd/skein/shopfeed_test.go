package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"skein/inbox"
)

// A fed is an order of a day's feed: its words as the shop sends them, and what
// they come to.
type fed struct {
	words           []word
	total, refunded int64
}

type word struct{ topic, body string }

func cents(n int64) string { return fmt.Sprintf("%d.%02d", n/100, n%100) }

// shopifyDay and wooDay are the i-th order of a day, bought, paid, sent, and of
// every third one some of the money paid back.
func shopifyDay(i int) fed {
	price, quantity := int64(333+17*i), int64(1+i%4)
	f := fed{total: price*quantity + 490}
	at := time.Date(2026, 6, 1, 8, i%60, 0, 0, time.UTC)
	say := func(topic string, hours int, financial, fulfillment, more string) {
		f.words = append(f.words, word{topic, fmt.Sprintf(`{"id": %d, "name": "#S%d", "email": "s%d@x.example", "financial_status": %q, "fulfillment_status": %s, "created_at": %q, "updated_at": %q, "currency": "EUR",
			"subtotal_price": %q, "total_price": %q, "shipping_lines": [{"price": "4.90"}], "line_items": [{"id": %[1]d, "sku": "LAMP", "title": "Lamp", "quantity": %[10]d, "price": %[11]q}]%[12]s}`,
			80000+i, i, i/2, financial, fulfillment, at.Format(time.RFC3339), at.Add(time.Duration(hours)*time.Hour).Format(time.RFC3339), cents(price*quantity), cents(f.total), quantity, cents(price), more)})
	}
	say("orders/create", 0, "pending", "null", "")
	say("orders/paid", 1, "paid", "null", "")
	say("orders/fulfilled", 2, "paid", `"fulfilled"`, "")
	if i%3 == 0 {
		f.refunded = price
		back := fmt.Sprintf(`{"id": %d, "order_id": %d, "created_at": %q, "transactions": [{"kind": "refund", "status": "success", "amount": %q, "currency": "EUR"}]}`,
			81000+i, 80000+i, at.Add(3*time.Hour).Format(time.RFC3339), cents(price))
		f.words = append(f.words, word{"refunds/create", back})
		say("orders/updated", 3, "partially_refunded", `"fulfilled"`, `, "refunds": [`+back+`]`)
	}
	return f
}

func wooDay(i int) fed {
	sum := int64(1000 + 31*i)
	f := fed{total: sum + 390}
	at := time.Date(2026, 6, 1, 8, i%60, 0, 0, time.UTC)
	say := func(hours int, status, more string) {
		f.words = append(f.words, word{"order.updated", fmt.Sprintf(`{"id": %d, "number": "W%d", "status": %q, "currency": "EUR", "date_created_gmt": %q, "date_modified_gmt": %q, "discount_total": "0.00", "shipping_total": "3.90",
			"total_tax": "0.00", "total": %q, "customer_id": 0, "billing": {"first_name": "B", "last_name": "%[2]d", "email": "w%[7]d@x.example"}, "line_items": [{"id": 1, "name": "Bulb", "product_id": 12, "sku": "BULB", "quantity": 3, "subtotal": %[8]q}]%[9]s}`,
			90000+i, i, status, at.Format("2006-01-02T15:04:05"), at.Add(time.Duration(hours)*time.Hour).Format("2006-01-02T15:04:05"), cents(f.total), i/2, cents(sum), more)})
	}
	say(0, "pending", "")
	say(1, "processing", "")
	say(2, "completed", "")
	if i%3 == 0 {
		f.refunded = 100 + int64(i)
		say(3, "completed", fmt.Sprintf(`, "refunds": [{"id": %d, "total": "-%s"}]`, 91000+i, cents(f.refunded)))
	}
	return f
}

// post sends a webhook as the account's shop signs it.
func (n *shopNode) post(account string, w word) int {
	req, err := http.NewRequestWithContext(n.t.Context(), "POST", n.url+"/in/shop/"+account, strings.NewReader(w.body))
	if err != nil {
		n.t.Error(err)
		return 0
	}
	mac := hmac.New(sha256.New, []byte("hush"))
	mac.Write([]byte(w.body))
	signed := base64.StdEncoding.EncodeToString(mac.Sum(nil))
	req.Header.Set("X-Shopify-Topic", w.topic)
	req.Header.Set("X-Shopify-Hmac-Sha256", signed)
	req.Header.Set("X-WC-Webhook-Topic", w.topic)
	req.Header.Set("X-WC-Webhook-Signature", signed)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		n.t.Error(err)
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// A day of the feeds of two shops, of which each half of the orders comes as it
// happened and the other backwards, all of it twice and once more the other way
// around: each order once, as the newest word has it, its money exact to the cent.
func TestShopFeed(t *testing.T) {
	t.Parallel()
	n := startShop(t)
	if _, err := n.store.SaveAccount(t.Context(), inbox.Account{ID: "bulbs", Channel: inbox.Shop, InboxID: n.inboxes["support"].ID, Name: "Bulbs", MaxProof: inbox.Signed,
		Settings: []byte(`{"provider": "woocommerce", "secrets": ["hush"]}`)}, time.Now()); err != nil {
		t.Fatal(err)
	}
	n.until("both shops are served", func() bool { return n.post("bulbs", word{"order.updated", "{{"}) == http.StatusBadRequest })
	const orders = 24
	var feeding sync.WaitGroup
	for account, day := range map[string]func(int) fed{"lamps": shopifyDay, "bulbs": wooDay} {
		feeding.Go(func() {
			var words []word
			for i := range orders {
				w := day(i).words
				if i%2 == 1 {
					slices.Reverse(w)
				}
				words = append(words, w...)
			}
			back := slices.Clone(words)
			slices.Reverse(back)
			for _, w := range slices.Concat(words, words, back) {
				if got := n.post(account, w); got != http.StatusOK {
					t.Errorf("%s of %s gets %d: %s", w.topic, account, got, w.body)
				}
			}
		})
	}
	feeding.Wait()
	type kept struct {
		Total, Refunded int64
		Status          string
	}
	want := map[string]kept{}
	words := 0
	for i := range orders {
		s, w := shopifyDay(i), wooDay(i)
		words += len(s.words) + len(w.words)
		want[fmt.Sprint("lamps ", 80000+i)], want[fmt.Sprint("bulbs ", 90000+i)] = kept{s.total, s.refunded, "fulfilled"}, kept{w.total, w.refunded, "fulfilled"}
	}
	pool, err := pgxpool.New(t.Context(), n.database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	n.until("every word is taken in, once", func() bool {
		var taken int
		if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM message_keys WHERE account_id IN ('lamps', 'bulbs')`).Scan(&taken); err != nil {
			t.Fatal(err)
		}
		return taken == words
	})
	rows, err := pool.Query(t.Context(), `SELECT store || ' ' || external_id, total, refunded, status FROM orders`)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]kept{}
	var id string
	var o kept
	if _, err := pgx.ForEachRow(rows, []any{&id, &o.Total, &o.Refunded, &o.Status}, func() error {
		got[id] = o
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the orders (-want +got):\n%s", diff)
	}
}
