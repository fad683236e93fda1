package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"skein/cmd/skein/demo"
	"skein/cmd/skein/local"
	"skein/inbox"
	"skein/inbox/api"
	"skein/inbox/auth"
	"skein/inbox/blob"
	"skein/inbox/bus"
	"skein/inbox/grant"
	"skein/inbox/identity"
	"skein/inbox/live"
	"skein/inbox/outbox"
	"skein/inbox/push"
	"skein/inbox/store"
	"skein/inbox/thread"
	"skein/inbox/threader"
	"skein/inbox/wallboard"
	"skein/migrations"
	"skein/realtime"
	"skein/web"
)

// A server is the parts that a node consists of, wired.
type server struct {
	cfg       *settings
	base      *base
	log       *slog.Logger
	store     *store.Store
	bus       *bus.Bus
	tokens    *auth.Tokens
	passwords *auth.Passwords
	metrics   *prometheus.Registry
	hub       *realtime.Hub
	wall      *wallboard.Wall
	pushes    *push.Sender
	grants    *grant.Desk
	blobs     *blob.Files
	keys      thread.Keys
	instances bus.Instances
	setupCode string        // "" for the demo, which has its agents
	changed   chan struct{} // pokes who hands the accounts to the connectors
}

// startServer brings the schema up to date and starts every part that reads or
// writes, the ones that others lean on first.
func startServer(ctx context.Context, e *env, cfg *settings, b *base, parts *stack) (*server, error) {
	s := &server{
		cfg: cfg, base: b, log: e.log,
		passwords: auth.NewPasswords(auth.DefaultCost, runtime.GOMAXPROCS(0)),
		metrics:   prometheus.NewRegistry(),
		changed:   make(chan struct{}, 1),
	}
	s.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	var err error
	if s.tokens, err = auth.NewTokens(cfg.secret); err != nil {
		return nil, err
	}
	var g errgroup.Group
	g.Go(func() error {
		if err := migrations.Up(ctx, b.database); err != nil {
			return named("DATABASE_URL", cfg.database, err)
		}
		st, err := store.Open(ctx, b.database, 0, threader.Rules())
		if err != nil {
			return named("DATABASE_URL", cfg.database, err)
		}
		s.store = st
		// Now, and not while somebody writes into the place where they will be. What
		// hinders it is told by the follower, which tries again.
		_ = st.EnsurePartitions(ctx, time.Now())
		return nil
	})
	g.Go(func() (err error) {
		s.bus, err = bus.Open(ctx, b.nc, bus.Config{Log: e.log, SecretKey: cfg.secret, Metrics: s.metrics})
		return err
	})
	err = g.Wait()
	if s.store != nil {
		parts.add("store", func(context.Context) error { s.store.Close(); return nil })
	}
	if err != nil {
		return nil, err
	}
	s.metrics.MustRegister(newConnectorMetrics(s.bus, e.log))
	position := outbox.NewPosition(s.store, s.bus, e.log)
	s.hub = realtime.New(realtime.Config{
		Source: source{position, s.bus}, Tokens: verifier{s.tokens}, Rights: s.store, Log: e.log,
		Air: s.bus.Air(), Spots: s.store, Down: func(ctx context.Context, d realtime.Down) {
			if err := s.bus.SayLive(ctx, live.Down(d)); err != nil {
				e.log.Debug("a customer is not told what an agent does", "error", err)
			}
		},
		Watch: func() { s.wall.Wake() },
	})
	s.wall = wallboard.New(wallboard.Config{
		Source: source{position, s.bus}, Store: s.store, Hub: s.hub, AbandonAfter: s.abandonAfter, Log: e.log,
	})

	if b.demo == nil {
		if s.setupCode, err = auth.SetupCode(cfg.secret); err != nil {
			return nil, err
		}
	}
	if s.keys, err = thread.NewKeys(cfg.secret); err != nil {
		return nil, err
	}
	if s.blobs, err = blob.Open(filepath.Join(cfg.data, "blobs")); err != nil {
		return nil, err
	}

	s.pushes = push.New(push.Config{
		Store: s.store, Seal: s.sealPushKey, Open: s.openPushKey, Attends: s.hub.Attends, Subject: pushSubject(cfg.public), Log: e.log, Metrics: s.metrics,
	})

	s.grants = grant.New(grant.Config{Store: s.store, Vault: vault{cfg.secret}, Return: cfg.public + "/settings/channels/sign-in", Changed: s.accountChanged})

	parts.run("threader", threader.New(threader.Config{
		Stream: stream{s.bus}, Store: keeper{s.store}, Blobs: s.blobs, Transit: s.bus, Keys: s.keys, Log: e.log,
	}).Run)
	relay := outbox.New(outbox.Config{
		Source: s.store, Bus: s.bus, Blobs: s.blobs, Transit: s.bus, Log: e.log,
	})
	s.count("skein_outbox_published_total", "Rows of the outbox that this node has published.", nil, relay.Published)
	parts.run("outbox", relay.Run)
	parts.run("timers", outbox.NewTimers(s.store, map[string]outbox.FireFunc{
		store.SendKind: func(ctx context.Context, now time.Time) (bool, error) {
			return s.store.FireSend(ctx, now, outbox.Encode)
		},
		store.SnoozeKind: s.store.FireSnooze,
		store.VisitorMailKind: func(ctx context.Context, now time.Time) (bool, error) {
			return s.store.FireVisitorMail(ctx, now, store.MailRule{Plan: s.visitorMail, Seal: s.seal, MatchKey: identity.EmailKey})
		},
		store.DigestKind: func(ctx context.Context, now time.Time) (bool, error) {
			return s.store.FireDigest(ctx, now, s.digestRule())
		},
		store.ResetKind: func(ctx context.Context, now time.Time) (bool, error) {
			return s.store.FireReset(ctx, now, s.resetRule())
		},
		store.SweepKind: s.store.FireSweep,
	}, e.log).Run)
	parts.run("asks", func(ctx context.Context) error { return s.bus.Asks(ctx, s.answers()) })
	parts.run("followers", outbox.NewFollowers(s.store, e.log).Run)
	parts.run("janitor", s.bus.RunJanitor)
	parts.run("ingress", func(ctx context.Context) error { return s.bus.Follow(ctx, &s.instances) })
	parts.run("realtime", s.hub.Run)
	parts.run("queues", s.wall.Run)
	parts.run("pushes", s.pushes.Run)
	parts.run("live", live.New(live.Config{
		Bus: s.bus, Store: s.store, Hub: s.hub, Log: e.log, AbandonAfter: s.abandonAfter, Left: s.store.VisitorLeft,
	}).Run)
	return s, nil
}

// named puts the setting before what it caused, when it was set.
func named(setting, value string, err error) error {
	if err == nil || value == "" {
		return err
	}
	if own, ok := errors.AsType[*inbox.Error](err); ok {
		return &inbox.Error{Code: own.Code, Message: setting + ": " + own.Message}
	}
	return fmt.Errorf("%s: %w", setting, err)
}

// startHTTP serves the API, the websocket and the page on listener. It comes
// when the rest is there: who can connect finds everything.
func (s *server) startHTTP(parts *stack, listener net.Listener) {
	srv := &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: 10 * time.Second,
		// Who sends or takes nothing holds no connection for ever. Files give
		// themselves longer, and websockets have rules of their own.
		ReadTimeout:    time.Minute,
		WriteTimeout:   2 * time.Minute,
		IdleTimeout:    2 * time.Minute,
		MaxHeaderBytes: 64 << 10,
		ErrorLog:       slog.NewLogLogger(quietly(s.log).Handler(), slog.LevelDebug), // what clients do wrong
	}
	parts.run("http", func(ctx context.Context) error {
		failed := make(chan error, 1)
		go func() { failed <- srv.Serve(listener) }()
		select {
		case err := <-failed:
			return err
		case <-ctx.Done():
		}
		drain, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := srv.Shutdown(drain); err != nil {
			_ = srv.Close() // who is still there had five seconds
		}
		<-failed
		return nil
	})
}

// sendDelay is how long a reply waits before it leaves, so that it can be taken
// back.
const sendDelay = 0

// handler is everything that HTTP serves.
func (s *server) handler() http.Handler {
	if s.base.demo == nil {
		return s.api()
	}
	mux := http.NewServeMux()
	mux.Handle(demo.StorePath, s.base.demo.Storefront())
	mux.Handle(demo.StorePath+"/", s.base.demo.Storefront())
	mux.Handle("/", s.api())
	return mux
}

func (s *server) api() http.Handler {
	desk := newDesk(s.store, s.cfg.secret, s.accountChanged, s.cfg.ownConnectors())
	return api.New(api.Config{
		Store:     s.store,
		Blobs:     s.blobs,
		Bus:       operations{s.bus},
		Accounts:  desk,
		Grants:    s.grants,
		Orders:    orderImporter{desk, s.base.nc, s.log},
		Tokens:    s.tokens,
		Passwords: s.passwords,
		Log:       s.log,

		Seal:         s.seal,
		MatchKey:     identity.EmailKey,
		CodeSum:      s.keys.CodeSum,
		Encode:       outbox.Encode,
		EncodeAction: outbox.EncodeAction,
		EncodeHide:   outbox.EncodeHide,

		Live:    s.hub,
		Here:    s.hub.Here,
		Push:    s.pushes,
		Queues:  s.wall,
		Ingress: &s.instances,
		Web:     web.Handler(),
		Ready:   s.ready,
		Metrics: s.metrics,

		Public:         s.cfg.public,
		SendDelay:      sendDelay,
		SetupCode:      s.setupCode,
		Demo:           s.base.demo != nil,
		Secure:         strings.HasPrefix(s.cfg.public, "https:"),
		TrustedProxies: s.cfg.proxies,
	})
}

// accountChanged has the connectors told at once.
func (s *server) accountChanged() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// seal signs what names our message and its conversation in the mail that goes
// out: a Message-ID in the domain of the account's own address, and a
// plus-address where its server takes one.
func (s *server) seal(id inbox.MessageID, in inbox.ConversationID, account *inbox.Account) (headerID, replyTo string) {
	_, domain, ok := strings.Cut(account.Address, "@")
	if !ok {
		domain = "skein.invalid" // RFC 2606: an account without an address sends no mail
	}
	if account.PlusAddress {
		replyTo = s.keys.PlusAddress(account.Address, in)
	}
	return s.keys.HeaderID(id, domain), replyTo
}

// count shows a part's own counter among the metrics.
func (s *server) count(name, help string, labels prometheus.Labels, value func() int64) {
	s.metrics.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: labels},
		func() float64 { return float64(value()) }))
}

// ready says why this node can't serve just now.
func (s *server) ready(ctx context.Context) error {
	if err := s.store.Ping(ctx); err != nil {
		return &inbox.Error{Code: inbox.Unavailable, Message: "the database is away"}
	}
	if !s.base.nc.IsConnected() {
		return &inbox.Error{Code: inbox.Unavailable, Message: "the message bus is away"}
	}
	if !s.hub.Ready() {
		return &inbox.Error{Code: inbox.Unavailable, Message: "the event stream is not being read yet"}
	}
	return nil
}

// settle waits until this node can serve, so that what is announced as ready is.
// A part that takes its time holds up nothing.
func (s *server) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for s.ready(ctx) != nil {
		select {
		case <-ctx.Done():
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// startAccounts hands the accounts to the connectors, now and after every
// change, so that a connector's first look finds what is true.
func (s *server) startAccounts(ctx context.Context, parts *stack) (*projection, error) {
	p := newProjection(s.store, s.bus, s.cfg.secret, s.log)
	if err := p.once(ctx); err != nil {
		return nil, err
	}
	parts.run("accounts", func(ctx context.Context) error { return p.run(ctx, s.changed) })
	return p, nil
}

// startConnectors runs a connector as a child process for each channel, from its
// first account on.
func (s *server) startConnectors(parts *stack, accounts *projection) {
	env := []string{"SKEIN_LOG=" + s.cfg.logLevel}
	if s.cfg.given != "" {
		env = append(env, "SKEIN_PUBLIC_URL="+s.cfg.given)
	}
	for _, name := range builtinNames() {
		if slices.Contains(s.cfg.ownConnectors(), name) {
			continue
		}
		channel := inbox.Channel(name)
		child := local.NewSidecar(local.SidecarConfig{
			Name: "connector " + name, Args: []string{"connector", name}, Log: s.log, Env: env,
			Credential: func() (local.Credential, error) { return s.base.credentialFor(s.cfg, channel) },
		})
		s.count("skein_connector_restarts_total", "How often a connector's process was started again.",
			prometheus.Labels{"channel": name}, child.Restarts)
		parts.run("connector "+name, func(ctx context.Context) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-accounts.served[channel]:
				return child.Run(ctx)
			}
		})
	}
}
