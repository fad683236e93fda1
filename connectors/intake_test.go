package connectors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"skein/inbox"
)

// A fakeIngress takes HTTP by a function.
type fakeIngress struct {
	fakeConnector
	serve func(in Intake, w http.ResponseWriter, r *http.Request)
}

func (c *fakeIngress) Receive(ctx context.Context, _ Account, cursor string, emit EmitFunc) error {
	return Wait(ctx, cursor, emit)
}

func (c *fakeIngress) Handler(in Intake) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.serve(in, w, r) })
}

func (l *fakeLink) last() (at Instance, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.announced) == 0 {
		return at, false
	}
	return l.announced[len(l.announced)-1], true
}

func (l *fakeLink) items() []Inbound {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Inbound(nil), l.published...)
}

// beginIngress runs the connector and returns its address and what stops it.
func beginIngress(t *testing.T, link *fakeLink, serve func(in Intake, w http.ResponseWriter, r *http.Request), change func(*Config)) (url string, stop func()) {
	t.Helper()
	stop = begin(t, link, &fakeIngress{serve: serve}, change)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if at, ok := link.last(); ok {
			return "http://" + at.Address, stop
		}
		if time.Now().After(deadline) {
			t.Fatal("not announced within 10 s")
		}
	}
}

func post(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Post(url, "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(body)
}

// A request is answered when the stream has its items; what the stream doesn't
// take in time is unavailable, what it never will is said at once, and an
// account that isn't there is not found.
func TestAccept(t *testing.T) {
	t.Parallel()
	link := newFakeLink(acct("site"))
	link.publishE = func(item Inbound) error {
		switch item.EventID {
		case "away":
			return &inbox.Error{Code: inbox.Unavailable, Message: "no"}
		case "bad":
			return &inbox.Error{Code: inbox.TooLarge, Message: "too large"}
		}
		return nil
	}
	url, stop := beginIngress(t, link, func(in Intake, w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		account := inbox.AccountID(q.Get("account"))
		if _, err := in.Account(account); err != nil {
			_, _ = fmt.Fprint(w, inbox.CodeOf(err))
			return
		}
		if why := q.Get("reject"); why != "" {
			in.Reject(account, errors.New(why))
			return
		}
		_, _ = fmt.Fprint(w, inbox.CodeOf(in.Accept(r.Context(), account, Inbound{EventID: "first", Key: "k"}, Inbound{EventID: q.Get("event"), Key: "k"})))
	}, func(c *Config) { c.AcceptPatience = 100 * time.Millisecond })
	defer stop()
	for query, want := range map[string]inbox.Code{
		"account=site&event=e1": "", "account=none&event=e2": inbox.NotFound,
		"account=site&event=away": inbox.Unavailable, "account=site&event=bad": inbox.TooLarge,
	} {
		if _, got := post(t, url+"/in/email/?"+query); got != string(want) {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	for _, item := range link.items() {
		if item.Channel != inbox.Email || item.Account != "site" || item.Lane != LaneLive || item.ReceivedAt.IsZero() {
			t.Errorf("published %+v", item)
		}
	}
	post(t, url+"/?account=site&reject=the+signature+is+wrong")
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		s := link.state("site")
		if s.Rejected == 1 && s.LastError == "the signature is wrong" && s.State == Running && s.Received == 2 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("status = %+v", s)
		}
	}
}

// A connector that stops says so first, ends its sockets, and lets a request
// finish that has begun.
func TestIngressStops(t *testing.T) {
	t.Parallel()
	link := newFakeLink(acct("site"))
	begun, socket, finish := make(chan struct{}), make(chan struct{}), make(chan struct{})
	url, stop := beginIngress(t, link, func(in Intake, w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/socket":
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
			}
			defer conn.Close()
			close(socket)
			<-r.Context().Done()
		default:
			close(begun)
			<-finish
			if err := in.Accept(r.Context(), "site", Inbound{EventID: "e", Key: "k"}); err != nil {
				t.Errorf("Accept while stopping = %v", err)
			}
			_, _ = io.WriteString(w, "done")
		}
	}, nil)
	var asking sync.WaitGroup
	asking.Go(func() { _, _ = http.Get(url + "/socket") })
	asking.Go(func() {
		if status, body := post(t, url); status != 200 || body != "done" {
			t.Errorf("the request that had begun: %d %s", status, body)
		}
	})
	<-begun
	<-socket
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if at, _ := link.last(); at.Address == "" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it did not say that it stops")
		}
	}
	close(finish)
	<-stopped
	asking.Wait()
	if len(link.items()) != 1 {
		t.Errorf("published %d items, want 1", len(link.items()))
	}
}

// What a platform signed is the public address, and who asks is what our own
// proxy saw.
func TestPublicAddress(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ public, proto, host, forwarded, url, source string }{
		{"", "", "", "", "http://inner:1/in/phone/a?b=%20;c", "192.0.2.1"},
		{"", "https", "shop.example", "203.0.113.7", "https://shop.example/in/phone/a?b=%20;c", "203.0.113.7"},
		{"https://help.shop.example", "http", "other", "10.0.0.1, 203.0.113.8", "https://help.shop.example/in/phone/a?b=%20;c", "203.0.113.8"},
		{"", "", "", "nonsense", "http://inner:1/in/phone/a?b=%20;c", "192.0.2.1"},
	} {
		r := httptest.NewRequest("POST", "http://inner:1/in/phone/a?b=%20;c", nil)
		r.RequestURI = "/in/phone/a?b=%20;c" // httptest keeps it absolute
		for name, value := range map[string]string{"X-Forwarded-Proto": tc.proto, "X-Forwarded-Host": tc.host, "X-Forwarded-For": tc.forwarded} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		in := &intake{&runner{cfg: Config{PublicURL: tc.public}}}
		if got := in.URL(r); got != tc.url {
			t.Errorf("URL with %+v = %s, want %s", tc, got, tc.url)
		}
		if got := in.Source(r); got != netip.MustParseAddr(tc.source) {
			t.Errorf("Source with %+v = %s, want %s", tc, got, tc.source)
		}
	}
}

// A connector is announced where the servers reach it, or doesn't start.
func TestAdvertised(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ listen, advertise, want string }{
		{"127.0.0.1:0", "", "127.0.0.1:"},
		{"127.0.0.1:0", "10.1.2.3", "10.1.2.3:"},
		{"127.0.0.1:0", "chat.internal:9000", "chat.internal:9000"},
		{"127.0.0.1:0", "[fd00::1]", "[fd00::1]:"},
		{"0.0.0.0:0", "", ""},
	} {
		r := &runner{cfg: Config{Listen: tc.listen, Advertise: tc.advertise, Log: slog.Default()}}
		g, err := newIngress(r, &fakeIngress{})
		if err == nil {
			_ = g.listener.Close()
		}
		switch {
		case tc.want == "" && inbox.CodeOf(err) != inbox.Invalid:
			t.Errorf("%+v: %v, want invalid", tc, err)
		case tc.want != "" && (err != nil || !strings.HasPrefix(g.self.Address, tc.want)):
			t.Errorf("%+v: %v, want %s", tc, err, tc.want)
		}
	}
}
