package connectors

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"strings"
	"sync"
	"time"

	"skein/inbox"
)

// A Config is what [Run] needs. Link and Connector are required; a zero value
// of anything else means its default.
type Config struct {
	Link      Link
	Connector Connector
	Log       *slog.Logger // default: slog.Default()

	// An account whose connection failed is tried again after RetryMin (1 s),
	// doubling up to RetryMax (5 min); one that was refused after RefusedMin
	// (1 min) up to RefusedMax (15 min). Every delay is shortened at random by
	// up to half, so that accounts of one provider don't come back together.
	RetryMin, RetryMax     time.Duration
	RefusedMin, RefusedMax time.Duration

	ReportEvery time.Duration // how often health is repeated, default 10 s

	// EmitPatience is how long a publish is repeated in place while the bus is
	// away, before the account's connection is given up (2 min).
	EmitPatience time.Duration
	// GiveUp is the age of a message, from its Date, at which a temporary
	// failure becomes final (72 h).
	GiveUp time.Duration
	// Grace is how long a send in progress may go on after ctx has ended, and
	// how long its result may then take to be recorded (20 s each).
	Grace time.Duration

	// Of an [Ingress]: Listen is where it takes HTTP (127.0.0.1 and any free
	// port), Advertise the host or host:port by which the servers reach it (the
	// listener's own), PublicURL where the outside finds the servers, without a
	// slash at its end ("": as the request says).
	Listen, Advertise, PublicURL string
	// AcceptPatience is how long a request may wait for the bus (5 s).
	AcceptPatience time.Duration

	Now    func() time.Time // default: time.Now
	Jitter func() float64   // in [0,1), default: math/rand
}

func (c Config) withDefaults() Config {
	set := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	set(&c.RetryMin, time.Second)
	set(&c.RetryMax, 5*time.Minute)
	set(&c.RefusedMin, time.Minute)
	set(&c.RefusedMax, 15*time.Minute)
	set(&c.ReportEvery, 10*time.Second)
	set(&c.EmitPatience, 2*time.Minute)
	set(&c.GiveUp, 72*time.Hour)
	set(&c.Grace, 20*time.Second)
	set(&c.AcceptPatience, 5*time.Second)
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Jitter == nil {
		c.Jitter = mathrand.Float64
	}
	return c
}

// Run serves every account that Link names, until ctx ends: it receives, it
// sends, it takes HTTP where the connector is an [Ingress], it keeps cursors and it
// reports health. Each account has goroutines of
// its own, so that one that hangs or is refused never delays another; a change
// of an account restarts that account alone.
//
// It returns nil when ctx has ended and everything that it started has too; a
// send in progress gets Config.Grace to end. It returns an error only for a
// Config that cannot work.
func Run(ctx context.Context, cfg Config) error {
	if cfg.Link == nil || cfg.Connector == nil {
		return fmt.Errorf("run connector: link and connector are required")
	}
	r := &runner{
		cfg:    cfg.withDefaults(),
		keys:   map[inbox.AccountID]*keeper{},
		wake:   make(chan struct{}, 1),
		served: make(chan struct{}),

		instance: strings.ToLower(rand.Text()),
	}
	r.log = r.cfg.Log.With("channel", string(cfg.Connector.Channel()))

	var loops sync.WaitGroup
	if connector, ok := cfg.Connector.(Ingress); ok {
		g, err := newIngress(r, connector)
		if err != nil {
			return err
		}
		loops.Go(func() { g.run(ctx) })
	}

	reporting, stopReporting := context.WithCancel(context.WithoutCancel(ctx))
	defer stopReporting()
	var reporter sync.WaitGroup
	reporter.Go(func() { r.report(reporting) })

	loops.Go(func() { r.watch(ctx) })
	loops.Go(func() { r.send(ctx) })
	loops.Wait()
	r.stopKeepers()
	r.handling.Wait()

	stopReporting()
	reporter.Wait()
	return nil
}

// A runner is one call of [Run].
type runner struct {
	cfg      Config
	log      *slog.Logger
	instance string // names this process among others of the channel

	mu      sync.Mutex // guards keys, gone and stopped
	keys    map[inbox.AccountID]*keeper
	gone    []*keeper // removed, not yet ended or not yet reported as stopped
	stopped bool      // no keeper is started any more
	once    sync.Once
	served  chan struct{} // closed when the accounts are known for the first time

	keeping  sync.WaitGroup // one an account
	handling sync.WaitGroup // one a send in progress
	wake     chan struct{}  // pokes the reporter
}

// watch follows the set of accounts, again and again while the bus is away.
func (r *runner) watch(ctx context.Context) {
	delay := r.retry()
	for ctx.Err() == nil {
		began := r.cfg.Now()
		err := r.cfg.Link.WatchAccounts(ctx, func(accounts []Account) { r.reconcile(ctx, accounts) })
		if ctx.Err() != nil {
			return
		}
		if r.cfg.Now().Sub(began) > r.cfg.RetryMax {
			delay.reset()
		}
		wait := delay.next()
		r.log.Warn("accounts cannot be watched", "error", err, "retry_in", wait)
		if !sleep(ctx, wait) {
			return
		}
	}
}

// reconcile makes the set of keepers the set of accounts. It never waits for a
// connection.
func (r *runner) reconcile(ctx context.Context, accounts []Account) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return
	}
	named := make(map[inbox.AccountID]bool, len(accounts))
	for _, account := range accounts {
		if account.Channel != r.cfg.Connector.Channel() || named[account.ID] {
			continue
		}
		named[account.ID] = true
		if k := r.keys[account.ID]; k != nil {
			k.update(account)
			continue
		}
		k := newKeeper(r, account, r.predecessor(account.ID))
		r.keys[account.ID] = k
		r.keeping.Go(func() { k.run(ctx) })
	}
	for id, k := range r.keys {
		if !named[id] {
			k.stop()
			delete(r.keys, id)
			r.gone = append(r.gone, k)
		}
	}
	r.once.Do(func() { close(r.served) })
	r.poke()
}

// predecessor returns the ended channel of a removed keeper of the same
// account, so that one account is never served twice at a time; nil for none.
// The caller holds r.mu.
func (r *runner) predecessor(id inbox.AccountID) <-chan struct{} {
	var last *keeper
	kept := r.gone[:0]
	for _, k := range r.gone {
		if k.id == id {
			last = k
			continue
		}
		kept = append(kept, k)
	}
	r.gone = kept
	if last == nil {
		return nil
	}
	return last.ended
}

// stopKeepers ends every account's loop and waits for them.
func (r *runner) stopKeepers() {
	r.mu.Lock()
	r.stopped = true
	for _, k := range r.keys {
		k.stop()
	}
	r.mu.Unlock()
	r.keeping.Wait()
}

// keeper returns who keeps an account, nil when it isn't (or not yet) known.
func (r *runner) keeper(id inbox.AccountID) *keeper {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keys[id]
}

func (r *runner) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *runner) retry() *backoff {
	return &backoff{min: r.cfg.RetryMin, max: r.cfg.RetryMax, jitter: r.cfg.Jitter}
}

// lasting reports whether err says that trying the same again is of no use.
func lasting(err error) bool {
	code := inbox.CodeOf(err)
	return code != "" && code != inbox.Unavailable && code != inbox.TooMany
}

// A backoff gives delays that grow from min to max, each shortened at random by
// up to half.
type backoff struct {
	min, max time.Duration
	jitter   func() float64
	now      time.Duration
}

func (b *backoff) next() time.Duration {
	switch {
	case b.now == 0:
		b.now = b.min
	case b.now > b.max/2:
		b.now = b.max
	default:
		b.now *= 2
	}
	return b.now - time.Duration(b.jitter()*float64(b.now)/2)
}

func (b *backoff) reset() { b.now = 0 }

// sleep reports whether d has passed before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
