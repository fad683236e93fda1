package shop

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"skein/connectors"
	"skein/inbox"
)

const ownSettings = `{"provider": "webhook", "secrets": ["hush"], "writeKeys": ["wk1"], "currency": "EUR"}`

func basic(key string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(key+":")) }

// Segment's calls come by the write key or signed, one by one or many, and are
// handed on as they came; their time is by our clock.
func TestCalls(t *testing.T) {
	t.Parallel()
	h := newHook(t, ownSettings)
	const order = `{"userId": "u1", "event": "Order Completed", "messageId": "m1", "timestamp": "2026-06-02T08:00:00Z", "sentAt": "2026-06-02T08:00:30Z", "properties": {"order_id": "50", "total": 27.5, "currency": "EUR"}}`
	code, text := h.post("/in/shop/shop0/v1/track", order, "Authorization", basic("wk1"))
	items := h.Took()
	if code != http.StatusOK || text != `{"success":true}` || len(items) != 1 {
		t.Fatalf("a call gets %d %s and makes %s", code, text, compact(items))
	}
	in := items[0]
	if in.Kind != connectors.KindTrack || in.EventID != "track/m1" || in.Track.UserID != "u1" || in.Track.Event != "Order Completed" || in.Sender.Proof != inbox.Signed ||
		!in.ProviderAt.Equal(now.Add(-30*time.Second)) || in.Track.Currency != "EUR" || in.Track.Store != "shop0" {
		t.Errorf("it makes %s", compact(in))
	}
	batch := `{"sentAt": "2026-06-02T10:00:00Z", "batch": [{"type": "identify", "userId": "u1", "traits": {"email": "ada@x.example"}, "messageId": "a"},
		{"type": "page", "anonymousId": "v1", "name": "Home", "messageId": "b"}, {"type": "group", "userId": "u1", "groupId": "g", "messageId": "c"},
		{"type": "alias", "userId": "u1", "previousId": "v1", "messageId": "d"}]}`
	if code, text := h.signed("/in/shop/shop0/v1/batch", "msg1", batch); code != http.StatusOK {
		t.Fatalf("a signed batch gets %d %s", code, text)
	}
	var got []string
	for _, in := range h.Took() {
		got = append(got, in.Track.Type+" "+in.Track.Event+" "+in.Key)
	}
	if s := strings.Join(got, ", "); s != "identify  person/u1, page  person/v1, track Group person/u1, track Alias person/u1" {
		t.Errorf("the batch makes %s", s)
	}
	for _, c := range []struct {
		what, path, body, auth string
		want                   int
		says                   string
	}{
		{"a wrong key", "v1/track", order, basic("wk2"), http.StatusUnauthorized, ""},
		{"the secret as a key", "v1/track", order, basic("hush"), http.StatusUnauthorized, ""},
		{"no key", "v1/track", order, "", http.StatusUnauthorized, ""},
		{"a call of nobody", "v1/track", `{"event": "x"}`, basic("wk1"), http.StatusBadRequest, "of nobody"},
		{"a track without a name", "v1/track", `{"userId": "u"}`, basic("wk1"), http.StatusBadRequest, "event"},
		{"a batch with one that is broken", "v1/batch", `{"batch": [{"type": "page", "userId": "u"}, {"type": "sing", "userId": "u"}]}`, basic("wk1"), http.StatusBadRequest, "batch[1]"},
		{"no batch", "v1/batch", `{}`, basic("wk1"), http.StatusBadRequest, "no batch"},
		{"garbage", "v1/page", "\x00", basic("wk1"), http.StatusBadRequest, "can't be read"},
		{"a large call", "v1/page", `{"userId": "` + strings.Repeat("u", 33<<10) + `"}`, basic("wk1"), http.StatusRequestEntityTooLarge, "32 KB"},
		{"another path", "v1/sing", `{}`, basic("wk1"), http.StatusNotFound, "sing"},
	} {
		if code, text := h.post("/in/shop/shop0/"+c.path, c.body, "Authorization", c.auth); code != c.want || !strings.Contains(text, c.says) {
			t.Errorf("%s gets %d %s, want %d %s", c.what, code, text, c.want, c.says)
		}
	}
	if items := h.Took(); len(items) != 0 {
		t.Errorf("of what was refused %s is kept", compact(items))
	}
}

// Any other shop says its records in the contract's words.
func TestOwnWebhook(t *testing.T) {
	t.Parallel()
	h := newHook(t, ownSettings)
	for id, body := range map[string]string{
		"1": `{"type": "order.updated", "data": {"externalId": "7", "number": "7", "status": "paid", "currency": "EUR", "total": 500, "updatedAt": "2026-06-01T10:00:00Z"}}`,
		"2": `{"type": "customer", "data": {"externalId": "c7", "email": "ada@x.example", "updatedAt": "2026-06-01T10:00:00Z"}}`,
		"3": `{"type": "cart.changed", "data": {"externalId": "k7", "email": "ada@x.example", "items": [], "updatedAt": "2026-06-01T10:00:00Z"}}`,
		"4": `{"type": "product.stock", "data": {"sku": "LAMP", "stock": 3, "stockAt": "2026-06-01T10:00:00Z"}}`,
		"5": `{"type": "lottery.drawn", "data": {}}`,
	} {
		if code, text := h.signed("/in/shop/shop0", id, body); code != http.StatusOK {
			t.Errorf("%s gets %d %s", body, code, text)
		}
	}
	kinds := map[connectors.Kind]int{}
	for _, in := range h.Took() {
		kinds[in.Kind]++
	}
	if len(kinds) != 5 || kinds[connectors.KindMessage] != 1 {
		t.Errorf("they make %v", kinds)
	}
	for body, says := range map[string]string{
		`{"type": "order", "data": {"number": "7", "totall": 5}}`: "totall",
		`{"type": "order", "data": {"number": "7"}}`:              "externalId",
		`{"type": "order", "data": [}`:                            "can't be read",
	} {
		if code, text := h.signed("/in/shop/shop0", "x", body); code != http.StatusBadRequest || !strings.Contains(text, says) {
			t.Errorf("%s gets %d %s", body, code, text)
		}
	}
}

// A slip in the settings is named.
func TestSettings(t *testing.T) {
	t.Parallel()
	for settings, says := range map[string]string{
		`{"provider": "shopfiy", "secrets": ["x"]}`:                          "provider",
		`{"provider": "shopify"}`:                                            "secrets",
		`{"provider": "shopify", "secrets": [" "]}`:                          "secrets[0]",
		`{"provider": "shopify", "secrets": ["x"], "tokn": "y"}`:             "tokn",
		`{"provider": "shopify", "secrets": ["x"], "token": "y"}`:            "url is empty",
		`{"provider": "woocommerce", "secrets": ["x"], "consumerKey": "ck"}`: "consumerSecret",
		`{"provider": "webhook", "secrets": ["x"], "token": "y"}`:            "token",
		`{"provider": "woocommerce", "secrets": ["x"], "url": "http://shop.example", "consumerKey": "a", "consumerSecret": "b"}`: "in the clear",
		`{"provider": "shopify", "secrets": ["x"], "since": "yesterday"}`:                                                        "since",
		`{"provider": "shopify", "secrets": ["x"], "since": "2026-01-01"}`:                                                       "no token",
		`{"provider": "shopify", "secrets": ["x"], "currency": "QQQ"}`:                                                           "currency",
		`{"provider": "shopify", "secrets": ["x"], "stale": "soon"}`:                                                             "stale",
	} {
		if _, err := ParseSettings(connectors.Account{ID: "s", Settings: []byte(settings)}); inbox.CodeOf(err) != inbox.Invalid || !strings.Contains(err.Error(), says) {
			t.Errorf("%s is %v, want something about %s", settings, err, says)
		}
	}
}
