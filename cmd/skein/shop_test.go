package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"skein/connectors"
	"skein/connectors/shop"
	"skein/inbox"
)

// A till stands in for Shopify's API: it counts refunds by their idempotency
// key, and loses so many of its answers.
type till struct {
	*httptest.Server
	mu     sync.Mutex // guards what follows
	keys   map[string]int
	cut    int
	mailed map[string]int // drafts whose invoice was sent, by their tag
	bought map[string]int // and those that were completed
	drafts []string
	stock  int
}

func newTill(t *testing.T) *till {
	x := &till{keys: map[string]int{}, mailed: map[string]int{}, bought: map[string]int{}}
	x.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Query     string         `json:"query"`
			Variables map[string]any `json:"variables"`
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		x.mu.Lock()
		defer x.mu.Unlock()
		if x.draft(w, body.Query, body.Variables) {
			return
		}
		if !strings.Contains(body.Query, "refundCreate") {
			const eur = `{"presentmentMoney": {"amount": "108.90", "currencyCode": "EUR"}}`
			fmt.Fprintf(w, `{"data": {"order": {"refunds": [], "suggestedRefund": {"amountSet": %[1]s, "maximumRefundableSet": %[1]s, "refundLineItems": [],
				"suggestedTransactions": [{"gateway": "card", "amountSet": %[1]s, "maximumRefundableSet": %[1]s, "parentTransaction": {"id": "gid://shopify/OrderTransaction/1"}}]}}}}`, eur)
			return
		}
		x.keys[fmt.Sprint(body.Variables["key"])]++
		if x.cut > 0 {
			x.cut--
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_ = conn.Close()
			return
		}
		fmt.Fprint(w, `{"data": {"refundCreate": {"refund": {"id": "gid://shopify/Refund/1"}, "userErrors": []}}}`)
	}))
	t.Cleanup(x.Close)
	return x
}

// draft answers what is asked of carts and of stock.
func (x *till) draft(w http.ResponseWriter, query string, v map[string]any) bool {
	var n int
	tag := ""
	if _, err := fmt.Sscanf(fmt.Sprint(v["id"]), "gid://shopify/DraftOrder/%d", &n); err == nil && n <= len(x.drafts) {
		tag = x.drafts[n-1]
	}
	switch {
	case strings.Contains(query, "inventoryItem("):
		fmt.Fprintf(w, `{"data": {"inventoryItem": {"tracked": true, "variant": {"id": "gid://shopify/ProductVariant/111", "sku": "LAMP", "title": "Default Title", "price": "50.00", "inventoryQuantity": %d,
			"product": {"id": "gid://shopify/Product/11", "title": "Lamp", "handle": "lamp"}}, "inventoryLevels": {"nodes": []}}}}`, x.stock)
	case strings.Contains(query, "draftOrders("):
		fmt.Fprint(w, `{"data": {"draftOrders": {"nodes": []}}}`)
	case strings.Contains(query, "draftOrderCreate("):
		input, _ := v["input"].(map[string]any)
		tags, _ := input["tags"].([]any)
		x.drafts = append(x.drafts, fmt.Sprint(tags...))
		fmt.Fprintf(w, `{"data": {"draftOrderCreate": {"draftOrder": {"id": "gid://shopify/DraftOrder/%d"}, "userErrors": []}}}`, len(x.drafts))
	case strings.Contains(query, "draftOrderInvoiceSend("):
		x.mailed[tag]++
		fmt.Fprint(w, `{"data": {"draftOrderInvoiceSend": {"draftOrder": {"id": "x"}, "userErrors": []}}}`)
	case strings.Contains(query, "draftOrderComplete("):
		x.bought[tag]++
		fmt.Fprint(w, `{"data": {"draftOrderComplete": {"draftOrder": {"id": "x", "order": {"name": "#2001"}}, "userErrors": []}}}`)
	default:
		return false
	}
	return true
}

func (x *till) lose(n int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.cut = n
}

// A shopNode is a node with a shop's account and the sidecar that serves it.
type shopNode struct {
	*node
	till *till
}

func startShop(t *testing.T) *shopNode {
	t.Helper()
	n := &shopNode{startNode(t), newTill(t)}
	settings := fmt.Sprintf(`{"provider": "shopify", "secrets": ["hush"], "url": %q, "token": "shpat_1"}`, n.till.URL)
	if _, err := n.store.SaveAccount(t.Context(), inbox.Account{ID: "lamps", Channel: inbox.Shop, InboxID: n.inboxes["support"].ID, Name: "Lamps",
		MaxProof: inbox.Signed, Settings: []byte(settings)}, time.Now()); err != nil {
		t.Fatal(err)
	}
	parts := newStack(slog.New(slog.DiscardHandler))
	t.Cleanup(func() { parts.stop(10 * time.Second) })
	if _, err := n.startAccounts(t.Context(), parts); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- connectors.Run(ctx, connectors.Config{Link: n.links[inbox.Shop], Log: slog.New(slog.DiscardHandler), Grace: time.Second,
			Connector: shop.New(shop.Config{Log: slog.New(slog.DiscardHandler), Tries: []time.Duration{0, 10 * time.Millisecond, 10 * time.Millisecond}})})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the sidecar ended with %v", err)
		}
	})
	n.until("the shop is served", func() bool { return n.hook("orders/create", "{}", "x") == http.StatusUnauthorized })
	return n
}

// hook posts a webhook as Shopify signs it.
func (n *shopNode) hook(topic, body, secret string) int {
	req, err := http.NewRequestWithContext(n.t.Context(), "POST", n.url+"/in/shop/lamps", strings.NewReader(body))
	if err != nil {
		n.t.Fatal(err)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	req.Header.Set("X-Shopify-Topic", topic)
	req.Header.Set("X-Shopify-Hmac-Sha256", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	status, _ := fetch(n.t, req)
	return status
}

const lampOrder = `{"id": 7001, "name": "#1042", "email": "ada@x.example", "financial_status": "paid", "updated_at": "2026-06-01T10:00:00Z", "created_at": "2026-06-01T10:00:00Z",
	"currency": "EUR", "subtotal_price": "100.00", "total_price": "108.90", "line_items": [{"id": 1, "sku": "LAMP", "title": "Lamp", "quantity": 2, "price": "50.00"}],
	"shipping_lines": [{"price": "8.90"}], "customer": {"id": %d, "email": "ada@x.example", "verified_email": true, "updated_at": "2026-06-01T10:00:00Z"}}`

// From the shop's request to the panel of an agent who looks at it, and back: a
// refund that is pressed twice and whose answer is lost is made once, is in the
// timeline and at every agent's socket, and is nothing that everybody may do. Of
// two accounts with one address neither becomes the other.
func TestShop(t *testing.T) {
	t.Parallel()
	n := startShop(t)
	in := n.inboxes["support"].ID
	kim, sup := n.agent("kim", inbox.AgentRole, in), n.agent("sup", inbox.SupervisorRole, in)
	kim.watch("list")
	body := fmt.Sprintf(lampOrder, 501)
	for _, round := range []string{"orders/create", "orders/create", "orders/paid"} {
		if got := n.hook(round, body, "hush"); got != http.StatusOK {
			t.Fatalf("%s gets %d", round, got)
		}
	}
	var order inbox.Order
	kim.until("the order is at the agent's socket", func() bool { return strings.Contains(kim.said(), `"number":"#1042"`) })
	n.mail("support", "lamp", "Ada/ada@x.example", inbox.Proven, "Where is my lamp, order #1042?")
	kim.until("the order is in the panel of who wrote of it", func() bool {
		var list struct{ Items []inbox.Order }
		kim.want(200, "GET", "/customers/"+string(kim.find("lamp").Customer.CustomerID)+"/orders", nil, &list)
		if len(list.Items) == 1 {
			order = list.Items[0]
		}
		return len(list.Items) == 1
	})
	if order.Total != 10890 || order.Store != "lamps" {
		t.Errorf("the panel shows %+v", order)
	}
	at := "/orders/" + string(order.ID) + "/actions"
	act := func(r *reader, want int, key string, body, out any) {
		t.Helper()
		status, text := r.doKey("POST", at, key, body)
		if status != want {
			t.Fatalf("%s gets %d, want %d: %s", key, status, want, text)
		}
		if out != nil {
			if err := json.Unmarshal([]byte(text), out); err != nil {
				t.Fatal(err)
			}
		}
	}
	refund := map[string]any{"kind": "refund", "amount": 1000, "reason": "broken"}
	act(kim, 403, "k0", refund, nil)
	n.till.lose(1)
	var first, second inbox.OrderAction
	act(sup, 202, "k1", refund, &first)
	act(sup, 202, "k1", refund, &second)
	act(sup, 409, "k1", map[string]any{"kind": "refund", "amount": 2000}, nil)
	if first.ID != second.ID || first.State != inbox.Sending {
		t.Errorf("pressed twice it is %+v and %+v", first, second)
	}
	kim.until("the refund is made, and seen", func() bool {
		return strings.Contains(kim.said(), `"action.changed"`) && strings.Contains(kim.said(), `"state":"sent"`)
	})
	n.till.mu.Lock()
	if len(n.till.keys) != 1 || n.till.keys[string(first.ID)] != 2 {
		t.Errorf("the shop was asked for %v, want one refund twice", n.till.keys)
	}
	n.till.mu.Unlock()
	var list struct{ Items []inbox.OrderAction }
	kim.want(200, "GET", at, nil, &list)
	if len(list.Items) != 1 || list.Items[0].State != inbox.Sent || list.Items[0].Amount != 1000 || list.Items[0].AgentName != "sup" {
		t.Errorf("the actions are %+v", list.Items)
	}
	act(sup, 422, "k2", map[string]any{"kind": "refund", "amount": 999999}, nil)

	// Nobody knows what became of the next: it waits for somebody to look.
	n.till.lose(3)
	act(sup, 202, "k3", refund, &first)
	sup.until("it is uncertain", func() bool {
		sup.want(200, "GET", at, nil, &list)
		return list.Items[0].State == inbox.Uncertain
	})
	act(sup, 409, "k4", refund, nil)
	sup.want(202, "POST", "/actions/"+string(first.ID), map[string]string{"word": "again"}, &second)
	sup.until("tried again it is made", func() bool {
		sup.want(200, "GET", at, nil, &list)
		return list.Items[0].State == inbox.Sent && list.Items[0].Attempt == 2
	})
	n.till.mu.Lock()
	if len(n.till.keys) != 2 {
		t.Errorf("the shop was asked for %v, want two refunds", n.till.keys)
	}
	n.till.mu.Unlock()

	// Another account with the same address stays another.
	other := strings.NewReplacer("7001", "7002", "#1042", "#1043").Replace(fmt.Sprintf(lampOrder, 502))
	if got := n.hook("orders/create", other, "hush"); got != http.StatusOK {
		t.Fatalf("the other's order gets %d", got)
	}
	kim.until("the other's order is there", func() bool { return strings.Contains(kim.said(), `"number":"#1043"`) })
	kim.want(200, "GET", at, nil, &list)
	if len(list.Items) != 2 {
		t.Errorf("the actions are %+v", list.Items)
	}
}
