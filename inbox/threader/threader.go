// Package threader is the threading service: it takes items from INBOUND in
// batches, makes of each what the store knows, brings its bodies to Blobs, has
// the batch placed and stored, and only then lets it be acknowledged.
//
// A transient failure stops the partition and is retried in place, for as long
// as it takes, so that nothing overtakes. Only an item that fails alone, for
// its own content, ends in DEAD with the reason; it never takes its batch-mates
// with it.
//
// The package orders the steps. It holds no SQL and parses no channel's format,
// and it believes no connector: addresses, proofs, sizes and HTML are checked
// here again.
package threader

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/orderlink"
	"skein/inbox/thread"
)

// An Item is one of the stream's, held until its batch is handled.
type Item struct {
	Data    []byte          // a connectors.Inbound in JSON
	Channel inbox.Channel   // of the subject, which the credential vouches for
	Account inbox.AccountID // of the subject
	Lane    connectors.Lane
	At      time.Time // when the stream took it
	Handle  any       // the stream's own
}

// A Stream is INBOUND and DEAD.
type Stream interface {
	// Inbound calls handle with batches until ctx ends. When handle returns
	// nil the batch is acknowledged, else the same batch comes again, later.
	Inbound(ctx context.Context, workers int, handle func(ctx context.Context, worker int, batch []Item) error) error
	// Bury puts an item aside, with the reason, and returns when it is on disk.
	Bury(ctx context.Context, item Item, reason string) error
}

// A Store places and keeps a batch in one transaction.
type Store interface {
	Deliver(ctx context.Context, batch []inbox.Received) error
	Accounts(ctx context.Context) ([]inbox.Account, error)
	Grammars(ctx context.Context) ([]inbox.StoreGrammar, error)
	// OwnNumbers are those of numbers that are, exactly, orders' or parcels' of
	// somebody's.
	OwnNumbers(ctx context.Context, who inbox.IdentityRef, numbers []string) ([]string, error)
	// Transient reports whether the same call may go through later.
	Transient(err error) bool
}

// Blobs keeps bodies by what they are.
type Blobs interface {
	Put(ctx context.Context, r io.Reader) (sha256 string, size int64, err error)
	// PutAll keeps bodies that are held already; they are on disk when it
	// returns.
	PutAll(ctx context.Context, bodies [][]byte) error
	Has(ctx context.Context, sha256 string) (bool, error)
}

// A Transit is where connectors leave bodies that are too large for an item.
type Transit interface {
	OpenTransit(ctx context.Context, channel inbox.Channel, body connectors.Body) (io.ReadCloser, error)
	DeleteTransit(ctx context.Context, channel inbox.Channel, ref string) error
}

// Config is what a threader works with.
type Config struct {
	Stream  Stream
	Store   Store
	Blobs   Blobs
	Transit Transit
	Keys    thread.Keys // of the tokens in what we sent
	Workers int         // how many batches at once; 0 means 4
	Log     *slog.Logger
}

// A Threader runs the threading service of one node.
type Threader struct {
	cfg Config

	mu       sync.Mutex // guards what follows
	accounts map[inbox.AccountID]inbox.Account
	own      map[string]bool // matching keys of every address of ours
	grammars []orderlink.Grammar
	loaded   time.Time
}

// New makes a threader; it does nothing before Run.
func New(cfg Config) *Threader {
	if cfg.Workers == 0 {
		cfg.Workers = 4
	}
	return &Threader{cfg: cfg}
}

// Run threads until ctx ends, and returns when every batch in hand is done or
// given back.
func (t *Threader) Run(ctx context.Context) error {
	return t.cfg.Stream.Inbound(ctx, t.cfg.Workers, func(ctx context.Context, _ int, batch []Item) error {
		return t.handle(ctx, batch)
	})
}

// A prepared item is ready to be delivered.
type prepared struct {
	item     Item
	received inbox.Received
	inline   [][]byte // small bodies, for Blobs
	refs     []string // bodies in transit, to be let go of afterwards
}

func (t *Threader) handle(ctx context.Context, batch []Item) error {
	if err := t.loadAccounts(ctx, batch); err != nil {
		return err
	}
	ready := make([]prepared, 0, len(batch))
	var wrong []poison
	for _, item := range batch {
		p, err := t.prepare(ctx, item)
		if inbox.CodeOf(err) == inbox.Invalid {
			wrong = append(wrong, poison{item, err})
			continue
		}
		if err != nil {
			return err
		}
		ready = append(ready, p)
	}
	if err := t.keepBodies(ctx, ready); err != nil {
		return err
	}
	if err := t.deliver(ctx, ready); err != nil {
		return err
	}
	// Last: a batch that is tried for hours would bury them again and again,
	// and DEAD knows a repetition for minutes.
	for _, w := range wrong {
		if err := t.saveBodies(ctx, w.item); err != nil {
			return err
		}
		if err := t.bury(ctx, w.item, w.why); err != nil {
			return err
		}
	}
	t.release(ctx, ready)
	return nil
}

// A poison is an item that is wrong in itself.
type poison struct {
	item Item
	why  error
}

// deliver stores what is ready. When the batch fails for what is in it, each
// half goes by itself, until the item is found that fails alone.
func (t *Threader) deliver(ctx context.Context, ready []prepared) error {
	if len(ready) == 0 {
		return nil
	}
	batch := make([]inbox.Received, len(ready))
	for i := range ready {
		batch[i] = ready[i].received
	}
	err := t.guarded(ctx, batch)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case t.cfg.Store.Transient(err):
		return err
	case len(ready) == 1:
		return t.giveUp(ctx, ready[0].item, batch, err)
	}
	half := len(ready) / 2
	if err := t.deliver(ctx, ready[:half]); err != nil {
		return err
	}
	return t.deliver(ctx, ready[half:])
}

const (
	lastTries = 2
	lastPause = 100 * time.Millisecond
)

// giveUp puts aside an item that failed alone. What the database refused is
// tried again first: a constraint may have been broken by a race with another
// transaction, such as one that makes a partition, and then not by the item.
func (t *Threader) giveUp(ctx context.Context, item Item, batch []inbox.Received, err error) error {
	for range lastTries {
		if inbox.CodeOf(err) != "" {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lastPause):
		}
		err = t.guarded(ctx, batch)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case t.cfg.Store.Transient(err):
			return err
		}
	}
	return t.bury(ctx, item, err)
}

// guarded turns a panic over an item into an error of that item: one message
// must not stop the service.
func (t *Threader) guarded(ctx context.Context, batch []inbox.Received) (err error) {
	defer t.caught(&err)
	return t.cfg.Store.Deliver(ctx, batch)
}

// caught is deferred: it makes an error of a panic.
func (t *Threader) caught(err *error) {
	if p := recover(); p != nil {
		t.cfg.Log.Error("handling an item panicked", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		*err = &inbox.Error{Code: inbox.Invalid, Message: "handling it failed in Skein itself: see the server's log, and replay it after an update"}
	}
}

func (t *Threader) bury(ctx context.Context, item Item, why error) error {
	reason := why.Error()
	if e, ok := errors.AsType[*inbox.Error](why); ok {
		reason = e.Message
	}
	t.cfg.Log.Warn("item put aside", "channel", item.Channel, "account", item.Account, "reason", why)
	return t.cfg.Stream.Bury(ctx, item, reason)
}

// accountsFor is how long the accounts are believed without a look.
const accountsFor = 5 * time.Second

// loadAccounts looks at once when the batch is of an account that was not there:
// what is stored of its first mail, whose it is and how well proven, is for good.
func (t *Threader) loadAccounts(ctx context.Context, batch []Item) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := !slices.ContainsFunc(batch, func(i Item) bool { _, ok := t.accounts[i.Account]; return !ok })
	if known && time.Since(t.loaded) < accountsFor {
		return nil
	}
	list, err := t.cfg.Store.Accounts(ctx)
	if err != nil {
		return fmt.Errorf("load accounts: %w", err)
	}
	grammars, err := t.cfg.Store.Grammars(ctx)
	if err != nil {
		return fmt.Errorf("load grammars: %w", err)
	}
	t.grammars = readGrammars(grammars)
	t.accounts, t.own = map[inbox.AccountID]inbox.Account{}, map[string]bool{}
	for _, a := range list {
		t.accounts[a.ID] = a
		for _, key := range ownKeys(&a) {
			t.own[key] = true
		}
	}
	t.loaded = time.Now()
	return nil
}

// account gives an item's account and every address of ours.
func (t *Threader) account(id inbox.AccountID) (inbox.Account, map[string]bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.accounts[id], t.own
}

// numbering is how the stores number their orders.
func (t *Threader) numbering() []orderlink.Grammar {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.grammars
}
