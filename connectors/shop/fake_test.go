package shop

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"skein/connectors"
	"skein/inbox"
)

var now = time.Date(2026, 6, 2, 10, 0, 0, 0, time.UTC)

// A desk is what Run gives a connector: it keeps what is taken, once an event id.
type desk struct {
	t        testing.TB
	accounts []connectors.Account

	mu       sync.Mutex // guards what follows
	items    []connectors.Inbound
	events   map[string]bool
	rejected []error
	cursor   string
}

func newDesk(t testing.TB, settings ...string) *desk {
	d := &desk{t: t, events: map[string]bool{}}
	for i, s := range settings {
		d.accounts = append(d.accounts, connectors.Account{ID: inbox.AccountID(fmt.Sprintf("shop%d", i)), Channel: inbox.Shop, Settings: []byte(s)})
	}
	return d
}

func (d *desk) Account(id inbox.AccountID) (connectors.Account, error) {
	for _, a := range d.accounts {
		if a.ID == id {
			return a, nil
		}
	}
	return connectors.Account{}, &inbox.Error{Code: inbox.NotFound, Message: "there is no such account"}
}

func (d *desk) Accounts() []connectors.Account { return d.accounts }

func (d *desk) Accept(_ context.Context, account inbox.AccountID, items ...connectors.Inbound) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, in := range items {
		if in.EventID == "" || in.Key == "" || in.Account != account || in.ProviderAt.IsZero() {
			d.t.Errorf("an item without event id, key, account or time: %+v", in)
		}
		if !d.events[in.EventID] {
			d.events[in.EventID] = true
			d.items = append(d.items, in)
		}
	}
	return nil
}

// emit is the EmitFunc of a Receive.
func (d *desk) emit(ctx context.Context, cursor string, items ...connectors.Inbound) error {
	if err := d.Accept(ctx, d.accounts[0].ID, items...); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cursor = cursor
	return nil
}

func (d *desk) Reject(_ inbox.AccountID, reason error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rejected = append(d.rejected, reason)
}

func (d *desk) Doubt(inbox.AccountID, error)                      {}
func (d *desk) URL(r *http.Request) string                        { return "http://" + r.Host + r.RequestURI }
func (d *desk) Source(*http.Request) netip.Addr                   { return netip.MustParseAddr("203.0.113.7") }
func (d *desk) Say(context.Context, connectors.Live) error        { return nil }
func (d *desk) Hear(context.Context, func(connectors.Live)) error { return errors.New("not here") }
func (d *desk) Ask(context.Context, inbox.AccountID, string, any, any) error {
	return errors.New("not here")
}
func (d *desk) Visitor(context.Context, inbox.AccountID, string, uint64, func(uint64, []byte) error) error {
	return errors.New("not here")
}
func (d *desk) PutBody(_ context.Context, r io.Reader) (connectors.Body, error) {
	b, err := io.ReadAll(r)
	return connectors.Body{Size: int64(len(b)), SHA256: sum(b), Ref: sum(b)}, err
}
func (d *desk) OpenBody(context.Context, connectors.Body) (io.ReadCloser, error) {
	return nil, errors.New("not here")
}

// took returns what was taken since the last call.
func (d *desk) took() []connectors.Inbound {
	d.mu.Lock()
	defer d.mu.Unlock()
	items := d.items
	d.items = nil
	return items
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
	h.t.Helper()
	if code, text := h.post("/in/shop/shop0", body, "X-Shopify-Topic", topic, "X-Shopify-Hmac-Sha256", signature("hush", body), "X-Shopify-Triggered-At", "2026-06-02T09:59:59.5Z"); code != http.StatusOK {
		h.t.Fatalf("%s gets %d: %s", topic, code, text)
	}
	return h.took()
}

// woo posts a webhook as WooCommerce signs it.
func (h *hook) woo(topic, body string) []connectors.Inbound {
	h.t.Helper()
	if code, text := h.post("/in/shop/shop0", body, "X-WC-Webhook-Topic", topic, "X-WC-Webhook-Signature", signature("hush", body)); code != http.StatusOK {
		h.t.Fatalf("%s gets %d: %s", topic, code, text)
	}
	return h.took()
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
