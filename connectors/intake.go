package connectors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"skein/inbox"
)

// An ingress is the HTTP side of one [Run].
type ingress struct {
	r        *runner
	handler  http.Handler
	listener net.Listener
	self     Instance

	mu       sync.Mutex // guards closed
	closed   bool
	requests sync.WaitGroup // one a request, also of those that became sockets
}

// newIngress listens where the Config says.
func newIngress(r *runner, connector Ingress) (*ingress, error) {
	listener, err := net.Listen("tcp", r.cfg.Listen)
	if err != nil {
		return nil, &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("the connector can't take HTTP at %s: %v", r.cfg.Listen, err)}
	}
	address, err := advertised(r.cfg.Advertise, listener.Addr())
	if err != nil {
		_ = listener.Close()
		return nil, err
	}
	return &ingress{
		r: r, listener: listener, handler: connector.Handler(&intake{r}),
		self: Instance{Channel: connector.Channel(), Instance: r.instance, Address: address},
	}, nil
}

// advertised is where the servers find a listener: what the operator says, with
// the listener's own port when that names none.
func advertised(name string, at net.Addr) (string, error) {
	host, port, err := net.SplitHostPort(at.String())
	if err != nil {
		return "", err
	}
	if name != "" {
		if h, p, err := net.SplitHostPort(name); err == nil {
			return net.JoinHostPort(h, p), nil
		}
		return net.JoinHostPort(strings.Trim(name, "[]"), port), nil
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		return "", &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("a connector that listens at %s has to be told the address by which the servers reach it", at)}
	}
	return net.JoinHostPort(host, port), nil
}

// run serves until ctx ends, and returns when every request has too. Requests
// have Config.Grace to end; sockets end with ctx.
func (g *ingress) run(ctx context.Context) {
	log := g.r.log
	srv := &http.Server{
		Handler:           g,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      2 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	var loops sync.WaitGroup
	loops.Go(func() {
		if err := srv.Serve(g.listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("http ended", "error", err)
		}
	})
	g.announce(ctx) // until ctx ends

	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.r.cfg.Grace)
	defer cancel()
	if err := srv.Shutdown(drain); err != nil {
		_ = srv.Close()
	}
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.requests.Wait()
	loops.Wait()
}

// announce says where this process takes HTTP, from when it knows its accounts
// until ctx ends; then that it takes none any more.
func (g *ingress) announce(ctx context.Context) {
	select {
	case <-g.r.served:
	case <-ctx.Done():
		return
	}
	for wait := time.Duration(0); sleep(ctx, wait); {
		wait = g.r.cfg.ReportEvery
		if err := g.tell(ctx, g.self); err != nil && ctx.Err() == nil {
			g.r.log.Debug("this connector can't be announced", "error", err)
			wait = min(wait, time.Second)
		}
	}
	gone := g.self
	gone.Address = ""
	_ = g.tell(context.WithoutCancel(ctx), gone) // it fades
}

func (g *ingress) tell(ctx context.Context, at Instance) error {
	ctx, cancel := context.WithTimeout(ctx, reportTimeout)
	defer cancel()
	at.At = g.r.cfg.Now()
	return g.r.cfg.Link.Announce(ctx, at)
}

func (g *ingress) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		w.Header().Set("Retry-After", "1")
		http.Error(w, "this connector stops", http.StatusServiceUnavailable)
		return
	}
	g.requests.Add(1)
	g.mu.Unlock()
	defer g.requests.Done()
	g.handler.ServeHTTP(w, r)
}

// An intake is the [Intake] of one [Run].
type intake struct{ r *runner }

// Account implements [Intake].
func (in *intake) Account(id inbox.AccountID) (Account, error) {
	k, err := in.keeper(id)
	if err != nil {
		return Account{}, err
	}
	return k.current(), nil
}

func (in *intake) keeper(id inbox.AccountID) (*keeper, error) {
	select {
	case <-in.r.served:
	default:
		return nil, &inbox.Error{Code: inbox.Unavailable, Message: "the accounts are not known yet"}
	}
	if k := in.r.keeper(id); k != nil {
		return k, nil
	}
	return nil, &inbox.Error{Code: inbox.NotFound, Message: "there is no such account"}
}

// Accounts implements [Intake].
func (in *intake) Accounts() []Account {
	in.r.mu.Lock()
	defer in.r.mu.Unlock()
	all := make([]Account, 0, len(in.r.keys))
	for _, k := range in.r.keys {
		all = append(all, k.current())
	}
	slices.SortFunc(all, func(a, b Account) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return all
}

// Accept implements [Intake]. What has begun is brought to its end although the
// sender hangs up: the same comes again, and is known by then.
func (in *intake) Accept(ctx context.Context, account inbox.AccountID, items ...Inbound) error {
	k, err := in.keeper(account)
	if err != nil {
		return err
	}
	left := slices.Clone(items)
	for i := range left {
		item := &left[i]
		item.Channel, item.Account = k.r.cfg.Connector.Channel(), account
		if item.ReceivedAt.IsZero() {
			item.ReceivedAt = in.r.cfg.Now()
		}
		if item.Lane == "" {
			item.Lane = LaneLive
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), in.r.cfg.AcceptPatience)
	defer cancel()
	delay := &backoff{min: 50 * time.Millisecond, max: time.Second, jitter: in.r.cfg.Jitter}
	for {
		left, err = publish(ctx, in.r.cfg.Link, left)
		if err == nil {
			k.received(items)
			return nil
		}
		if lasting(err) {
			return fmt.Errorf("accept %d items of %s: %w", len(items), account, err)
		}
		if !sleep(ctx, delay.next()) {
			in.r.log.Warn("items not taken: their sender is told to come again", "account", string(account), "items", len(left), "error", err)
			return &inbox.Error{Code: inbox.Unavailable, Message: "the message bus does not take this now"}
		}
	}
}

// Reject implements [Intake].
func (in *intake) Reject(account inbox.AccountID, reason error) {
	if k := in.r.keeper(account); k != nil {
		k.rejected(reason, false)
	}
}

// Doubt implements [Intake].
func (in *intake) Doubt(account inbox.AccountID, reason error) {
	if k := in.r.keeper(account); k != nil {
		k.rejected(reason, true)
	}
}

// URL implements [Intake].
func (in *intake) URL(r *http.Request) string {
	if in.r.cfg.PublicURL != "" {
		return in.r.cfg.PublicURL + r.RequestURI
	}
	scheme, host := r.Header.Get("X-Forwarded-Proto"), r.Header.Get("X-Forwarded-Host")
	if scheme == "" {
		scheme = "http"
	}
	if host == "" {
		host = r.Host
	}
	return scheme + "://" + host + r.RequestURI
}

// Source implements [Intake]: the last hop of X-Forwarded-For is what the proxy
// before us has seen itself.
func (in *intake) Source(r *http.Request) netip.Addr {
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	if addr, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1])); err == nil {
		return addr.Unmap()
	}
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap()
}

// PutBody implements [Intake].
func (in *intake) PutBody(ctx context.Context, r io.Reader) (Body, error) {
	return in.r.cfg.Link.PutBody(ctx, r)
}

// OpenBody implements [Intake].
func (in *intake) OpenBody(ctx context.Context, body Body) (io.ReadCloser, error) {
	return in.r.cfg.Link.OpenBody(ctx, body)
}

// Ask implements [Intake].
func (in *intake) Ask(ctx context.Context, account inbox.AccountID, verb string, request, answer any) error {
	return in.r.cfg.Link.Ask(ctx, account, verb, request, answer)
}

// Say implements [Intake].
func (in *intake) Say(ctx context.Context, word Live) error { return in.r.cfg.Link.Say(ctx, word) }

// Hear implements [Intake].
func (in *intake) Hear(ctx context.Context, heard func(Live)) error {
	return in.r.cfg.Link.Hear(ctx, heard)
}

// Visitor implements [Intake].
func (in *intake) Visitor(ctx context.Context, account inbox.AccountID, session string, after uint64, show func(uint64, []byte) error) error {
	return in.r.cfg.Link.Visitor(ctx, account, session, after, show)
}
