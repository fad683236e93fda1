package shop

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"skein/connectors"
	"skein/connectors/connectorstest"
	"skein/inbox"
)

var now = time.Date(2026, 6, 2, 10, 0, 0, 0, time.UTC)

// A desk counts what it takes.
type desk struct{ *connectorstest.Desk }

func newDesk(t testing.TB, settings ...string) *desk {
	var accounts []connectors.Account
	for i, s := range settings {
		accounts = append(accounts, connectors.Account{ID: inbox.AccountID(fmt.Sprintf("shop%d", i)), Channel: inbox.Shop, Settings: []byte(s)})
	}
	d := &desk{connectorstest.NewDesk(t, accounts...)}
	d.Timed = true
	return d
}

func signature(secret string, parts ...string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(strings.Join(parts, "")))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// A hook posts requests to a connector.
type hook struct {
	*desk
	handler http.Handler
}

func newHook(t testing.TB, settings ...string) *hook {
	h := &hook{desk: newDesk(t, settings...)}
	h.handler = New(Config{Now: func() time.Time { return now }}).Handler(h.desk)
	return h
}

func (h *hook) post(path, body string, headers ...string) (int, string) {
	req := httptest.NewRequest("POST", path, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	h.handler.ServeHTTP(rec, req)
	return rec.Code, rec.Body.String()
}

// shopify posts a webhook as Shopify signs it.
func (h *hook) shopify(topic, body string) []connectors.Inbound {
	h.T.Helper()
	if code, text := h.post("/in/shop/shop0", body, "X-Shopify-Topic", topic, "X-Shopify-Hmac-Sha256", signature("hush", body), "X-Shopify-Triggered-At", "2026-06-02T09:59:59.5Z"); code != http.StatusOK {
		h.T.Fatalf("%s gets %d: %s", topic, code, text)
	}
	return h.Took()
}

// woo posts a webhook as WooCommerce signs it.
func (h *hook) woo(topic, body string) []connectors.Inbound {
	h.T.Helper()
	if code, text := h.post("/in/shop/shop0", body, "X-WC-Webhook-Topic", topic, "X-WC-Webhook-Signature", signature("hush", body)); code != http.StatusOK {
		h.T.Fatalf("%s gets %d: %s", topic, code, text)
	}
	return h.Took()
}

// signed posts what is signed by Standard Webhooks.
func (h *hook) signed(path, id, body string) (int, string) {
	at := fmt.Sprint(now.Unix())
	return h.post(path, body, "Webhook-Id", id, "Webhook-Timestamp", at, "Webhook-Signature", "v1,"+signature("hush", id, ".", at, ".", body))
}

// public is the order as the words of items on it make it.
func public(items []connectors.Inbound) inbox.Order {
	var s inbox.OrderState
	for _, in := range items {
		if in.Order != nil {
			s.Take(in.Order)
		}
	}
	return s.Public()
}

func compact(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)
	return strings.TrimSpace(b.String())
}
