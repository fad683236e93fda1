package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"skein/inbox"
)

const lampCart = `{"id": 9, "token": "ck9", "cart_token": "cart9", "email": "ada@x.example", "currency": "EUR", "total_price": "100.00", "created_at": "2026-06-01T09:00:00Z",
	"updated_at": "2026-06-01T09:00:00Z", "completed_at": null, "abandoned_checkout_url": "https://lamps.example/checkouts/ac/cart9/recover?key=k",
	"customer": {"id": 501, "email": "ada@x.example"}, "line_items": [{"variant_id": 111, "sku": "LAMP", "title": "Lamp", "quantity": 2, "price": "50.00"}]}`

// A cart is mailed and completed in the shop by who may, once however often it
// is pressed, is in the timeline and at every agent's socket, and is bought then;
// what an account doesn't offer, or nobody may, says so and leaves nothing.
func TestCartActions(t *testing.T) {
	t.Parallel()
	n := startShop(t)
	in := n.inboxes["support"].ID
	kim, sup := n.agent("kim", inbox.AgentRole, in), n.agent("sup", inbox.SupervisorRole, in)
	other := n.agent("other", inbox.AgentRole, n.inboxes["other"].ID)
	kim.watch("list")
	for _, w := range []struct{ topic, body string }{{"orders/create", fmt.Sprintf(lampOrder, 501)}, {"checkouts/update", lampCart}} {
		if got := n.hook(w.topic, w.body, "hush"); got != http.StatusOK {
			t.Fatalf("%s gets %d", w.topic, got)
		}
	}
	n.mail("support", "lamp", "Ada/ada@x.example", inbox.Proven, "I left something in my cart, and order #1042 hasn't come.")
	var cart inbox.Cart
	customer := ""
	carts := func() []inbox.Cart {
		var list struct{ Items []inbox.Cart }
		customer = string(kim.find("lamp").Customer.CustomerID)
		kim.want(200, "GET", "/customers/"+customer+"/carts", nil, &list)
		return list.Items
	}
	kim.until("the cart is in the panel of whose it is", func() bool {
		if list := carts(); len(list) == 1 {
			cart = list[0]
		}
		return cart.ID != ""
	})
	at := "/carts/" + string(cart.ID) + "/actions"
	type view struct {
		Items   []inbox.OrderAction
		Offered []inbox.ActionOffer
	}
	var have view
	kim.want(200, "GET", at, nil, &have)
	if len(have.Items) != 0 || len(have.Offered) != 2 || !have.Offered[0].Offered || have.Offered[0].Kind != inbox.MailCart {
		t.Errorf("before there is %+v", have)
	}
	act := func(r *reader, want int, key string, body any) (done inbox.OrderAction) {
		t.Helper()
		status, text := r.doKey("POST", at, key, body)
		if status != want {
			t.Fatalf("%s gets %d, want %d: %s", key, status, want, text)
		}
		if want == http.StatusAccepted {
			if err := json.Unmarshal([]byte(text), &done); err != nil {
				t.Fatal(err)
			}
		}
		return done
	}
	mail := map[string]any{"kind": "cart_link", "text": "Here it is, Ada"}
	act(kim, 403, "k0", mail)
	act(other, 403, "k0", mail)
	if status, _ := other.do("GET", at, nil); status != http.StatusNotFound {
		t.Errorf("who may not see the customer gets %d", status)
	}
	first, second := act(sup, 202, "k1", mail), act(sup, 202, "k1", mail)
	if first.ID != second.ID || first.CartID != cart.ID || first.OrderID != "" || first.Text != "Here it is, Ada" {
		t.Errorf("pressed twice it is %+v and %+v", first, second)
	}
	act(sup, 409, "k1", map[string]any{"kind": "cart_completed"})
	act(sup, 422, "k2", map[string]any{"kind": "refund"})
	state := func(id inbox.ActionID) inbox.State {
		have = view{}
		kim.want(200, "GET", at, nil, &have)
		for _, a := range have.Items {
			if a.ID == id {
				return a.State
			}
		}
		return ""
	}
	kim.until("it is mailed, and seen", func() bool {
		return state(first.ID) == inbox.Sent && strings.Contains(kim.said(), `"kind":"cart_link"`) && strings.Contains(kim.said(), `"state":"sent"`)
	})
	done := act(sup, 202, "k3", map[string]any{"kind": "cart_completed"})
	kim.until("it is bought", func() bool { return state(done.ID) == inbox.Sent && carts()[0].Status == "completed" })
	n.till.mu.Lock()
	if fmt.Sprint(n.till.mailed) != fmt.Sprintf("map[skein-%s:1]", first.ID) || fmt.Sprint(n.till.bought) != fmt.Sprintf("map[skein-%s:1]", done.ID) {
		t.Errorf("the shop was asked for %v and %v", n.till.mailed, n.till.bought)
	}
	n.till.mu.Unlock()
	act(sup, 422, "k4", map[string]any{"kind": "cart_completed"})
	var line struct{ Items []inbox.TimelineEntry }
	kim.want(200, "GET", "/customers/"+customer+"/timeline?limit=50", nil, &line)
	seen := map[string]string{}
	for _, e := range line.Items {
		if e.Kind == "action" {
			seen[e.Detail] = string(e.Data)
		}
	}
	if len(seen) != 2 || !strings.Contains(seen["cart_link"], `"state":"sent"`) || !strings.Contains(seen["cart_completed"], string(cart.ID)) {
		t.Errorf("the timeline has %v", seen)
	}

	// What is switched off is offered to nobody, and nothing of it leaves.
	settings := fmt.Sprintf(`{"provider": "shopify", "secrets": ["hush"], "url": %q, "token": "shpat_1", "withheldActions": ["cart_link"]}`, n.till.URL)
	if _, err := n.store.SaveAccount(t.Context(), inbox.Account{ID: "lamps", Channel: inbox.Shop, InboxID: in, Name: "Lamps", MaxProof: inbox.Signed, Settings: []byte(settings)}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if status, text := sup.doKey("POST", at, "k5", mail); status != http.StatusConflict || !strings.Contains(text, "switched off") {
		t.Errorf("what is switched off gets %d: %s", status, text)
	}
	kim.want(200, "GET", at, nil, &have)
	if have.Offered[0].Offered || !strings.Contains(have.Offered[0].Why, "switched off") || !have.Offered[1].Offered {
		t.Errorf("it offers %+v", have.Offered)
	}
}

// What is done with an order and with a cart stands in the open page of a
// colleague with no reload, and so do a cart that is bought and the stock of
// what was ordered; what an admin switches off is offered no more.
func TestShopInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server, and a browser")
	}
	t.Parallel()
	n := startShop(t)
	n.agent("ana", inbox.AdminRole)
	sup := n.agent("sup", inbox.SupervisorRole)
	for _, w := range []struct{ topic, body string }{{"orders/create", fmt.Sprintf(lampOrder, 501)}, {"checkouts/update", lampCart}} {
		if got := n.hook(w.topic, w.body, "hush"); got != http.StatusOK {
			t.Fatalf("%s gets %d", w.topic, got)
		}
	}
	n.mail("support", "lamp", "Ada/ada@x.example", inbox.Proven, "Where is my lamp, order #1042?")
	sup.waitFor("lamp", "linked #1042!")
	c := sup.find("lamp")
	var orders struct{ Items []inbox.Order }
	sup.until("the order and the cart are theirs", func() bool {
		var carts struct{ Items []inbox.Cart }
		sup.want(200, "GET", "/customers/"+string(c.Customer.CustomerID)+"/orders", nil, &orders)
		sup.want(200, "GET", "/customers/"+string(c.Customer.CustomerID)+"/carts", nil, &carts)
		return len(orders.Items) == 1 && len(carts.Items) == 1
	})
	n.till.mu.Lock()
	n.till.stock = 12
	n.till.mu.Unlock()
	n.inBrowser("shop.mjs", "opened refunded stocked link mailed bought withheld not-offered", "SKEIN_BESIDE="+sup.token, "SKEIN_SECRET=hush",
		fmt.Sprint("SKEIN_CONVERSATION=", c.Number), "SKEIN_ORDER="+string(orders.Items[0].ID))
}
