package webhook

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// An intake is one in memory.
type intake struct {
	connectors.Intake // what is not used
	accounts          map[inbox.AccountID]connectors.Account
	source            string
	accept            error // what Accept returns

	accepted []connectors.Inbound
	rejected []string
	doubted  []string
}

func (in *intake) Account(id inbox.AccountID) (connectors.Account, error) {
	if in.accounts == nil {
		return connectors.Account{}, &inbox.Error{Code: inbox.Unavailable, Message: "not known yet"}
	}
	a, ok := in.accounts[id]
	if !ok {
		return a, &inbox.Error{Code: inbox.NotFound, Message: "no such account"}
	}
	return a, nil
}

func (in *intake) Accept(_ context.Context, _ inbox.AccountID, items ...connectors.Inbound) error {
	if in.accept == nil {
		in.accepted = append(in.accepted, items...)
	}
	return in.accept
}

func (in *intake) Reject(_ inbox.AccountID, reason error) {
	in.rejected = append(in.rejected, reason.Error())
}
func (in *intake) Doubt(_ inbox.AccountID, reason error) {
	in.doubted = append(in.doubted, reason.Error())
}
func (in *intake) URL(r *http.Request) string { return "https://help.example" + r.RequestURI }
func (in *intake) Source(*http.Request) netip.Addr {
	return netip.MustParseAddr(in.source)
}

// events is an endpoint whose body is a list of event ids.
func events(change func(*Endpoint)) *Endpoint {
	e := &Endpoint{
		Scheme:  HMAC{Header: "X-Sum"},
		Secrets: func(connectors.Account) []string { return []string{"old", secret} },
		Parse: func(_ context.Context, _ connectors.Account, r *Request) ([]connectors.Inbound, error) {
			var ids []string
			if err := json.Unmarshal(r.Body, &ids); err != nil {
				return nil, &inbox.Error{Code: inbox.Invalid, Message: "the body is no list"}
			}
			items := []connectors.Inbound{}
			for _, id := range ids {
				if id == "fault" {
					return nil, errors.New("oops")
				}
				items = append(items, connectors.Inbound{EventID: id})
			}
			return items, nil
		},
		Now: func() time.Time { return now },
	}
	if change != nil {
		change(e)
	}
	return e
}

func newIntake() *intake {
	return &intake{source: "203.0.113.1", accounts: map[inbox.AccountID]connectors.Account{"main": {ID: "main"}, "off": {ID: "off", Paused: true}}}
}

func call(h http.Handler, method, path, body, sum string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if sum != "" {
		r.Header.Set("X-Sum", sum)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// Every answer is the one that makes the platform do the right thing, what is
// refused is counted and nothing of it kept, and 200 means that the stream has
// every event.
func TestEndpoint(t *testing.T) {
	t.Parallel()
	batch := `["a","b","a"]`
	away := &inbox.Error{Code: inbox.Unavailable, Message: "the bus is away"}
	for _, tc := range []struct {
		name, method, path, body, sum string
		set                           func(*intake, *Endpoint)
		status                        int
		accepted, rejected, doubted   int
	}{
		{"a batch is its events", "POST", "/in/phone/main", batch, hex256(secret, batch), nil, 200, 3, 0, 0},
		{"a path below", "POST", "/in/phone/main/status/x", batch, hex256(secret, batch), nil, 200, 3, 0, 0},
		{"by the old secret", "POST", "/in/phone/main", batch, hex256("old", batch), nil, 200, 3, 0, 0},
		{"nothing happened", "POST", "/in/phone/main", `[]`, hex256(secret, `[]`), nil, 200, 0, 0, 0},
		{"a wrong signature", "POST", "/in/phone/main", batch, hex256("other", batch), nil, 401, 0, 1, 0},
		{"no signature", "POST", "/in/phone/main", batch, "", nil, 401, 0, 1, 0},
		{"no secret", "POST", "/in/phone/main", batch, hex256("", batch),
			func(_ *intake, e *Endpoint) { e.Secrets = func(connectors.Account) []string { return nil } }, 401, 0, 1, 0},
		{"a wrong signature in shadow mode", "POST", "/in/phone/main", batch, "00",
			func(_ *intake, e *Endpoint) { e.Shadow = func(connectors.Account) bool { return true } }, 200, 3, 0, 1},
		{"garbage, rightly signed", "POST", "/in/phone/main", "garbage", hex256(secret, "garbage"), nil, 400, 0, 1, 0},
		{"a fault of ours", "POST", "/in/phone/main", `["fault"]`, hex256(secret, `["fault"]`), nil, 503, 0, 1, 0},
		{"the bus is away", "POST", "/in/phone/main", batch, hex256(secret, batch), func(in *intake, _ *Endpoint) { in.accept = away }, 503, 0, 0, 0},
		{"unknown", "POST", "/in/phone/none", batch, hex256(secret, batch), nil, 404, 0, 0, 0},
		{"no account", "POST", "/in/phone", batch, hex256(secret, batch), nil, 404, 0, 0, 0},
		{"not known yet", "POST", "/in/phone/main", batch, hex256(secret, batch), func(in *intake, _ *Endpoint) { in.accounts = nil }, 503, 0, 0, 0},
		{"paused", "POST", "/in/phone/off", batch, hex256(secret, batch), nil, 503, 0, 0, 0},
		{"another method", "GET", "/in/phone/main", "", "", nil, 405, 0, 0, 0},
		{"too large", "POST", "/in/phone/main", strings.Repeat("x", 1<<20+1), "", nil, 413, 0, 1, 0},
	} {
		in, e := newIntake(), events(nil)
		if tc.set != nil {
			tc.set(in, e)
		}
		w := call(e.Serve(in), tc.method, tc.path, tc.body, tc.sum)
		if w.Code != tc.status || len(in.accepted) != tc.accepted || len(in.rejected) != tc.rejected || len(in.doubted) != tc.doubted {
			t.Errorf("%s: %d, accepted %d, rejected %q, doubted %q; want %d, %d, %d, %d", tc.name, w.Code, len(in.accepted), in.rejected, in.doubted,
				tc.status, tc.accepted, tc.rejected, tc.doubted)
		}
		if (w.Code == 503) != (w.Header().Get("Retry-After") != "") {
			t.Errorf("%s: %d with Retry-After %q", tc.name, w.Code, w.Header().Get("Retry-After"))
		}
		if strings.Contains(w.Body.String(), secret) || strings.Contains(w.Body.String(), "oops") {
			t.Errorf("%s: tells %s", tc.name, w.Body)
		}
	}
}

// A source that asks too often is told to come later, others are not; one that
// is refused again and again no longer counts, and is still heard when it is
// right.
func TestSources(t *testing.T) {
	t.Parallel()
	in := newIntake()
	at := now
	h := events(func(e *Endpoint) { e.Rate = 200; e.Now = func() time.Time { return at } }).Serve(in)
	codes := func(n int, sum string) string {
		var all []int
		for range n {
			if w := call(h, "POST", "/in/phone/main", `[]`, sum); !slices.Contains(all, w.Code) {
				all = append(all, w.Code)
				if w.Code == 429 && w.Header().Get("Retry-After") == "" {
					t.Error("429 without Retry-After")
				}
			}
		}
		return fmt.Sprint(all)
	}
	right := hex256(secret, `[]`)
	if got := codes(100, "00"); got != "[401 429]" || len(in.rejected) != 60 {
		t.Errorf("wrong 100 times: %s, counted %d", got, len(in.rejected))
	}
	if got := codes(200, right); got != "[200]" {
		t.Errorf("then right: %s", got)
	}
	if got := codes(1, right); got != "[429]" {
		t.Errorf("after 300 in no time: %s", got)
	}
	in.source = "203.0.113.2"
	if got := codes(1, right); got != "[200]" {
		t.Errorf("another source: %s", got)
	}
	in.source, at = "203.0.113.1", at.Add(10*time.Millisecond)
	if got := codes(2, right); got != "[200]" {
		t.Errorf("a little later: %s", got)
	}
}

// A platform's challenge is answered to who knows the token, and nobody else.
func TestHello(t *testing.T) {
	t.Parallel()
	token := func(connectors.Account) string { return "t0ken" }
	none := func(connectors.Account) string { return "" }
	for _, tc := range []struct {
		name   string
		hello  HelloFunc
		query  string
		status int
		body   string
	}{
		{"meta", MetaHello(token), "hub.mode=subscribe&hub.verify_token=t0ken&hub.challenge=1158201444", 200, "1158201444"},
		{"meta, wrong", MetaHello(token), "hub.mode=subscribe&hub.verify_token=x&hub.challenge=1", 403, "the verify token is wrong\n"},
		{"meta, no token", MetaHello(none), "hub.mode=subscribe&hub.verify_token=&hub.challenge=1", 403, "the verify token is wrong\n"},
		{"meta, something else", MetaHello(token), "a=1", 405, "this address takes POST\n"},
		{"x", XHello(token), "crc_token=abc", 200, `{"response_token":"sha256=` + b64(sha256.New, "t0ken", "abc") + `"}` + "\n"},
		{"x, no secret", XHello(none), "crc_token=abc", 405, "this address takes POST\n"},
	} {
		h := events(func(e *Endpoint) { e.Hello = tc.hello }).Serve(newIntake())
		w := call(h, "GET", "/in/social/main?"+tc.query, "", "")
		if w.Code != tc.status || w.Body.String() != tc.body {
			t.Errorf("%s: %d %q, want %d %q", tc.name, w.Code, w.Body, tc.status, tc.body)
		}
		if tc.status == 200 && strings.Contains(w.Header().Get("Content-Type"), "html") {
			t.Errorf("%s: the challenge is served as %s", tc.name, w.Header().Get("Content-Type"))
		}
	}
}

// What the platform wants to hear comes after everything is on disk.
func TestAnswer(t *testing.T) {
	t.Parallel()
	in := newIntake()
	h := events(func(e *Endpoint) {
		e.Answer = func(w http.ResponseWriter, _ connectors.Account, _ *Request) {
			if len(in.accepted) != 1 {
				t.Errorf("answered with %d accepted", len(in.accepted))
			}
			_, _ = io.WriteString(w, "<Response/>")
		}
	}).Serve(in)
	if w := call(h, "POST", "/in/phone/main", `["a"]`, hex256(secret, `["a"]`)); w.Body.String() != "<Response/>" {
		t.Errorf("answer %q", w.Body)
	}
}

// Of an event that nobody knows the bytes are kept, and it is the same event
// when it comes again.
func TestUnsupported(t *testing.T) {
	t.Parallel()
	raw, err := Raw(t.Context(), nil, []byte(`{"kind":"dance"}`))
	if err != nil {
		t.Fatal(err)
	}
	sender := connectors.Sender{Kind: inbox.PhoneNumber, Address: "+43123"}
	a, b := Unsupported(sender, "thread", "dance", "", raw, now), Unsupported(sender, "thread", "dance", "", raw, now.Add(time.Hour))
	if a.EventID != b.EventID || a.EventID == "unsupported:" || a.Key != "thread" || string(a.Raw.Inline) != `{"kind":"dance"}` ||
		!strings.Contains(a.Message.Text, "dance") || !slices.Equal(a.Message.Problems, []string{"unsupported"}) || a.Sender.Address != "+43123" {
		t.Errorf("Unsupported = %+v", a)
	}
	if other := Unsupported(sender, "thread", "dance", "77", raw, now); other.EventID != "unsupported:77" {
		t.Errorf("with an id: %s", other.EventID)
	}
}
