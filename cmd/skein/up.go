package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	"skein/cmd/skein/demo"
	"skein/cmd/skein/local"
	"skein/inbox"
	"skein/inbox/bus"
)

// stopTimeout is how long everything together may take to stop in order.
const stopTimeout = 20 * time.Second

func demoDir(data string) string { return filepath.Join(data, "demo") }

// up runs everything on this machine. DATABASE_URL and SKEIN_NATS_URL replace
// its own PostgreSQL and NATS, one or both.
func up(ctx context.Context, e *env) error {
	fs := flag.NewFlagSet("skein up", flag.ContinueOnError)
	s := &settings{}
	s.flags(fs, e.getenv)
	if err := s.demoFlags(fs, e.getenv); err != nil {
		return err
	}
	if err := parse(fs, e); err != nil {
		return err
	}
	return runServer(ctx, e, s, true)
}

// serve runs a node: the same server without children, beside the PostgreSQL
// and NATS that are named.
func serve(ctx context.Context, e *env) error {
	fs := flag.NewFlagSet("skein serve", flag.ContinueOnError)
	s := &settings{}
	s.flags(fs, e.getenv)
	if err := parse(fs, e); err != nil {
		return err
	}
	for name, value := range map[string]string{"DATABASE_URL": s.database, "SKEIN_NATS_URL": s.nats, "SKEIN_SECRET_KEY": e.getenv("SKEIN_SECRET_KEY")} {
		if value == "" {
			return invalid("%s is not set: skein serve is a node among others and needs DATABASE_URL, SKEIN_NATS_URL and SKEIN_SECRET_KEY; skein up brings its own", name)
		}
	}
	return runServer(ctx, e, s, false)
}

// runServer starts everything from the bottom up, says that it is ready, and
// stops it from the top down when ctx ends or a part can't go on.
func runServer(ctx context.Context, e *env, s *settings, embedded bool) error {
	began := time.Now()
	if err := s.check(e.getenv); err != nil {
		return err
	}
	parts := newStack(e.log)
	defer parts.stop(stopTimeout)

	lock, err := local.LockDir(s.data)
	if err != nil {
		return err
	}
	parts.add("data folder", func(context.Context) error { return lock.Unlock() })
	listener, err := listen(s.addr)
	if err != nil {
		return err
	}
	parts.add("listener", func(context.Context) error {
		if err := listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	if s.secret, err = secretKey(e.getenv, s.data); err != nil {
		return err
	}
	s.given = s.public
	if s.public == "" {
		s.public = "http://" + listener.Addr().String()
	}

	b, err := startBase(ctx, e, s, parts)
	if err != nil {
		return err
	}
	srv, err := startServer(ctx, e, s, b, parts)
	if err != nil {
		return err
	}
	if b.demo != nil {
		if err := srv.startDemo(ctx, parts); err != nil {
			return err
		}
	} else if err := srv.endDemo(ctx); err != nil {
		return err
	}
	accounts, err := srv.startAccounts(ctx, parts)
	if err != nil {
		return err
	}
	if embedded {
		srv.startConnectors(parts, accounts)
	}
	srv.startHTTP(parts, listener)
	if err := b.running(s).save(s.data); err != nil {
		return err
	}
	parts.add("announcement", func(context.Context) error { return os.Remove(runningPath(s.data)) })
	srv.settle(ctx)
	e.log.Info("ready", "url", s.public, "took", time.Since(began).Round(time.Millisecond))
	begun, err := srv.store.HasAgents(ctx)
	if err != nil {
		return err
	}
	code := srv.setupCode
	if begun {
		code = ""
	}
	welcome(e.stdout, s, b.demo, code)
	debug.FreeOSMemory() // what starting took: streams read, schemas made
	parts.run("memory", giveBack)
	err = parts.wait(ctx)
	if err == nil {
		fmt.Fprintln(e.stdout, "\n  Stopping. A second Ctrl-C doesn't wait.")
	}
	return err
}

func listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, &inbox.Error{Code: inbox.Conflict, Message: fmt.Sprintf("%s is in use by another program: stop it, or choose another address with --addr (SKEIN_ADDR), port 0 for any free one", addr)}
	case errors.Is(err, syscall.EACCES):
		return nil, invalid("%s may not be used by this user: choose a port above 1023 with --addr (SKEIN_ADDR)", addr)
	}
	return nil, invalid("can't serve at %s (--addr, SKEIN_ADDR): %v", addr, err)
}

// A base is what the server stands on.
type base struct {
	database string
	own      bool // the database is our own
	nc       *nats.Conn
	natsURL  string
	nats     *local.NATS // nil beside an external one
	secret   []byte
	demo     *demo.Demo
}

// startBase starts PostgreSQL, NATS and the demo side by side: each takes a
// while and none needs the other.
func startBase(ctx context.Context, e *env, s *settings, parts *stack) (*base, error) {
	b := &base{database: s.database, natsURL: s.nats, secret: s.secret}
	var pg *local.Postgres
	var g errgroup.Group
	if s.database == "" {
		g.Go(func() (err error) {
			pg, err = local.StartPostgres(ctx, local.PostgresConfig{Dir: filepath.Join(s.data, "postgres"), Log: e.log})
			return err
		})
	}
	g.Go(func() (err error) {
		if s.nats != "" {
			b.nc, err = connectNATS(s)
			return err
		}
		if b.nats, err = local.StartNATS(local.NATSConfig{Dir: filepath.Join(s.data, "nats"), Log: e.log}); err != nil {
			return err
		}
		b.natsURL = b.nats.URL()
		b.nc, err = b.nats.Connect()
		return err
	})
	if s.demo {
		g.Go(func() (err error) {
			b.demo, err = demo.Open(demo.Config{Dir: demoDir(s.data), Log: quietly(e.log), Every: s.every, Answer: s.answer})
			return err
		})
	}
	err := g.Wait()
	if pg != nil {
		b.database, b.own = pg.URL(), true
		parts.add("PostgreSQL", pg.Stop)
		go func() { // ends with the server
			<-pg.Done()
			if err := pg.Err(); err != nil {
				parts.fail(err)
			}
		}()
	}
	if b.nats != nil {
		parts.add("NATS", b.nats.Stop)
	}
	if b.nc != nil {
		parts.add("NATS connection", func(context.Context) error { b.nc.Close(); return nil })
	}
	if err != nil && b.demo != nil {
		b.demo.Close()
	}
	return b, err
}

func connectNATS(s *settings) (*nats.Conn, error) {
	opts := []nats.Option{
		nats.Name("skein"), nats.MaxReconnects(-1), nats.ReconnectWait(250 * time.Millisecond), nats.ReconnectBufSize(-1),
		nats.Timeout(5 * time.Second),
	}
	if s.creds != "" {
		opts = append(opts, nats.UserCredentials(s.creds))
	}
	nc, err := nats.Connect(s.nats, opts...)
	if err != nil {
		return nil, &inbox.Error{Code: inbox.Unavailable, Message: fmt.Sprintf("SKEIN_NATS_URL can't be reached: %v: is the server up, and does SKEIN_NATS_CREDS name its credentials?", err)}
	}
	return nc, nil
}

// credentialFor is what the sidecar of channel gets.
func (b *base) credentialFor(s *settings, channel inbox.Channel) (local.Credential, error) {
	key, err := bus.DeriveKey(b.secret, channel)
	if err != nil {
		return local.Credential{}, err
	}
	cred := local.Credential{URL: b.natsURL, Key: key.String()}
	if b.nats != nil {
		cred.Creds, err = b.nats.Credential(channel)
		return cred, err
	}
	if s.creds == "" {
		return cred, nil // what SKEIN_NATS_URL holds must do
	}
	raw, err := os.ReadFile(s.creds)
	if err != nil {
		return cred, invalid("SKEIN_NATS_CREDS can't be read: %v", err)
	}
	cred.Creds = string(raw)
	return cred, nil
}

func (b *base) running(s *settings) *running {
	r := &running{PID: os.Getpid(), URL: s.public, Connectors: map[inbox.Channel]local.Credential{}}
	if b.own {
		r.Database = b.database
	}
	for _, channel := range bus.Channels {
		if cred, err := b.credentialFor(s, channel); err == nil {
			r.Connectors[channel] = cred
		}
	}
	return r
}
