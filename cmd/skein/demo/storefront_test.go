package demo

import (
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"skein/connectors"
	"skein/connectors/chat"
)

// The shop's pages come under a policy that takes no exception for the chat, and
// nothing else is served beside them.
func TestStorefront(t *testing.T) {
	t.Parallel()
	d := &Demo{shop: NewShop(7, born), chatSecret: newChatSecret()}
	h := d.Storefront()
	for _, c := range []struct {
		path, kind, body string
		code             int
	}{
		{"/demo/shop", "text/html", `data-account="` + string(ChatID) + `"`, 200},
		{"/demo/shop/HP-KTL-04", "text/html", "widget.js", 200},
		{"/demo/shop/cart", "text/html", "widget.js", 200},
		{"/demo/shop/shop.js", "text/javascript", "window.skein", 200},
		{"/demo/shop/shop.css", "text/css", "body", 200},
		{"/demo/shop/products.json", "application/json", "Enamel kettle", 200},
		{"/demo/shop/token", "application/json", "token", 200},
		{"/demo/shop/a/b", "text/plain", "not found", 404},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", c.path, nil))
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.body) || !strings.HasPrefix(w.Header().Get("Content-Type"), c.kind) {
			t.Errorf("GET %s = %d %s, want %d %s with %q", c.path, w.Code, w.Header().Get("Content-Type"), c.code, c.kind, c.body)
		}
		if policy := w.Header().Get("Content-Security-Policy"); policy == "" || strings.Contains(policy, "unsafe") || strings.Contains(policy, "nonce") {
			t.Errorf("GET %s: the policy is %q", c.path, policy)
		}
	}
	for _, sku := range shown {
		if page, _ := storefront.ReadFile("storefront/index.html"); !strings.Contains(string(page), `id="`+sku+`"`) {
			t.Errorf("there is no picture of %s", sku)
		}
		if !slices.ContainsFunc(catalogue, func(p product) bool { return p.sku == sku }) {
			t.Errorf("there is no product %s", sku)
		}
	}
}

// The settings are ones that the chat takes, under each name of this machine.
func TestChatSettings(t *testing.T) {
	t.Parallel()
	d := &Demo{shop: NewShop(7, born), chatSecret: newChatSecret()}
	for public, want := range map[string][]string{
		"http://127.0.0.1:8080":    {"http://127.0.0.1:8080", "http://localhost:8080"},
		"https://demo.example":     {"https://demo.example"},
		"http://localhost:9000/in": {"http://localhost:9000", "http://127.0.0.1:9000"},
	} {
		raw, err := d.ChatSettings(public)
		if err != nil {
			t.Fatal(err)
		}
		s, err := chat.ParseSettings(connectors.Account{ID: ChatID, Settings: json.RawMessage(raw)})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(s.Origins, want) {
			t.Errorf("at %s the chat may stand at %q, want %q", public, s.Origins, want)
		}
	}
}
