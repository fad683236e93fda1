// Package push tells agents' browsers of what concerns them while Skein is not
// before them: Web Push (RFC 8030), encrypted for the browser alone (RFC 8291) and
// signed with a key of our own (RFC 8292).
//
// It promises that a browser gets a push for a notification at most once, however
// many nodes run it; none for what was read, what the agent may no longer see, or
// while the agent is at the desk with Skein open; that a browser that is gone is
// forgotten, and a service that is busy is tried again when it says so; and that
// nobody makes it ask an address that is not public.
//
// It never decides who is told of what, and holds no SQL. The crypto is our own
// over the standard library's: it can be tested with the RFC's own vectors, and
// signs once for many pushes.
package push

import (
	"context"
	"crypto/ecdh"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"skein/inbox"
)

// A WaitFunc returns after d, or woken and sooner when there may be something to
// do.
type WaitFunc = func(ctx context.Context, d time.Duration) (woken bool, err error)

// A Store keeps what is to be pushed, and where to.
type Store interface {
	Watch(ctx context.Context, channel string, work func(context.Context, WaitFunc) error) error
	// PushKey returns the key that is kept, or else keeps the one given. Private is
	// sealed.
	PushKey(ctx context.Context, public, private []byte, now time.Time) (keptPublic, keptPrivate []byte, err error)
	// ReplacePushKey does so whatever is kept, when that is still public was.
	ReplacePushKey(ctx context.Context, was, public, private []byte, now time.Time) error
	// TakePushes takes what is due: nobody else gets it. Of that it returns what is
	// still to be pushed, to browsers that subscribed with the key server.
	TakePushes(ctx context.Context, server []byte, now time.Time, limit int) (taken int, list []inbox.Push, err error)
	PutBackPush(ctx context.Context, p *inbox.Push, due time.Time) error
	// NextPush returns when the earliest is due; zero when there is none.
	NextPush(ctx context.Context) (time.Time, error)
	Pushed(ctx context.Context, id inbox.PushSubscriptionID, now time.Time) error
	Unsubscribe(ctx context.Context, id inbox.PushSubscriptionID) error
	PruneNotifications(ctx context.Context, stale, old time.Time, limit int) (int, error)
}

// Config is what a [Sender] works with. All is required unless its comment says
// otherwise.
type Config struct {
	Store Store
	// Seal and Open keep the key secret in the database.
	Seal func(plain []byte) ([]byte, error)
	Open func(sealed []byte) ([]byte, error)
	// Attends reports whether an agent has Skein before them, or that conversation.
	Attends func(inbox.AgentID, inbox.ConversationID) bool
	// Subject is how the operators of push services reach ours: a mailto: or https:
	// address.
	Subject string
	Log     *slog.Logger
	Metrics *prometheus.Registry // nil: none
	// Client makes the requests. nil: one that asks public addresses alone.
	Client *http.Client
}

// A Sender makes the pushes. Any number of nodes run one.
type Sender struct {
	cfg    Config
	counts *prometheus.CounterVec

	mu  sync.Mutex // guards key
	key *Key
}

// New returns a sender that does nothing before [Sender.Run].
func New(cfg Config) *Sender {
	s := &Sender{cfg: cfg, counts: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "skein_pushes_total", Help: "Pushes to agents' browsers by what became of them.",
	}, []string{"result"})}
	if s.cfg.Client == nil {
		s.cfg.Client = publicClient()
	}
	if cfg.Metrics != nil {
		cfg.Metrics.MustRegister(s.counts)
	}
	return s
}

// Key returns what browsers subscribe with: made once, and the same on all nodes.
// One that can't be opened, because the deployment's secret is another now, gives
// way to a new one: browsers then subscribe anew.
func (s *Sender) Key(ctx context.Context) (*Key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key != nil {
		return s.key, nil
	}
	fresh, err := NewKey()
	if err != nil {
		return nil, err
	}
	private, err := fresh.Private()
	if err != nil {
		return nil, fmt.Errorf("encode push key: %w", err)
	}
	sealed, err := s.cfg.Seal(private)
	if err != nil {
		return nil, fmt.Errorf("seal push key: %w", err)
	}
	public, kept, err := s.cfg.Store.PushKey(ctx, fresh.Public(), sealed, time.Now())
	if err != nil {
		return nil, err
	}
	opened, err := s.cfg.Open(kept)
	if err != nil {
		s.cfg.Log.Warn("the push key can't be opened, and is made anew", "error", err)
		if err := s.cfg.Store.ReplacePushKey(ctx, public, fresh.Public(), sealed, time.Now()); err != nil {
			return nil, err
		}
		return nil, &inbox.Error{Code: inbox.Unavailable, Message: "the key for pushes has just been made anew: try again"}
	}
	s.key, err = ParseKey(opened)
	return s.key, err
}

// PublicKey returns what browsers subscribe with, an uncompressed point on P-256.
func (s *Sender) PublicKey(ctx context.Context) ([]byte, error) {
	k, err := s.Key(ctx)
	if err != nil {
		return nil, err
	}
	return k.Public(), nil
}

// Check reports what is wrong with a subscription that a browser gave.
func (s *Sender) Check(sub *inbox.PushSubscription) error {
	bad := func(what string) error { return &inbox.Error{Code: inbox.Invalid, Message: what} }
	u, err := url.Parse(sub.Endpoint)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || len(sub.Endpoint) > 2000 || strings.ContainsFunc(sub.Endpoint, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return bad("endpoint is not the https address of a push service")
	}
	host := u.Hostname()
	if a, err := netip.ParseAddr(host); err == nil && !inbox.PublicAddress(a) || host == "localhost" || strings.HasSuffix(host, ".localhost") || !strings.ContainsAny(host, ".:") {
		return bad("endpoint is in a network of its own: push services are public")
	}
	if _, err := ecdh.P256().NewPublicKey(sub.P256dh); err != nil {
		return bad("p256dh is not a public key: want 65 bytes of an uncompressed point on P-256, in base64url")
	}
	if len(sub.Auth) != 16 {
		return bad("auth is not 16 bytes in base64url")
	}
	return nil
}

// publicClient asks public addresses alone, whatever a name leads to, and follows
// nobody elsewhere.
func publicClient() *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || !inbox.PublicAddress(at.Addr()) {
			return &inbox.Error{Code: inbox.Forbidden, Message: "the push service is in a network of its own"}
		}
		return nil
	}}
	return &http.Client{
		Timeout:       20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, MaxIdleConns: 50, IdleConnTimeout: time.Minute,
			TLSHandshakeTimeout: 10 * time.Second, MaxResponseHeaderBytes: 64 << 10,
		},
	}
}

// A payload is what the service worker gets.
type payload struct {
	ID           inbox.NotificationID `json:"id"`
	Conversation inbox.ConversationID `json:"conversation"`
	Number       int64                `json:"number"`
	Title        string               `json:"title"`
	Body         string               `json:"body,omitempty"`
	At           int64                `json:"at"` // Unix milliseconds
}

func payloadOf(p *inbox.Push) ([]byte, error) {
	n := &p.Notification
	title, body := Words(p.Agent.Locale, n)
	is := payload{ID: n.ID, Conversation: n.ConversationID, Number: n.Number, Title: title, At: n.At.UnixMilli()}
	if p.Text {
		is.Body = body
	}
	return json.Marshal(is)
}
