package connectors

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"skein/inbox"
)

// maxPublishing is how many items of one emit are on their way at a time. Items
// of one key go one after the other.
const maxPublishing = 16

// A keeper serves one account for as long as it exists: its goroutine, run, is
// the only one that starts and ends the account's Receive.
type keeper struct {
	r     *runner
	id    inbox.AccountID
	after <-chan struct{} // ended of a keeper that this one follows, or nil
	ended chan struct{}   // closed when run returns

	quit    chan struct{}
	stopped sync.Once
	changed chan struct{} // cap 1: account was replaced

	mu      sync.Mutex // guards what follows
	account Account
	health  health
}

func newKeeper(r *runner, account Account, after <-chan struct{}) *keeper {
	k := &keeper{
		r: r, id: account.ID, after: after, account: account,
		ended:   make(chan struct{}),
		quit:    make(chan struct{}),
		changed: make(chan struct{}, 1),
	}
	k.health.state = Starting
	return k
}

func (k *keeper) stop() { k.stopped.Do(func() { close(k.quit) }) }

// update hands over a new record. An equal one disturbs nothing.
func (k *keeper) update(account Account) {
	k.mu.Lock()
	same := sameAccount(k.account, account)
	k.account = account
	if !same {
		k.health.state, k.health.receiveErr, k.health.reported = Starting, "", false
	}
	k.mu.Unlock()
	if same {
		return
	}
	select {
	case k.changed <- struct{}{}:
	default:
	}
}

func sameAccount(a, b Account) bool {
	return a.ID == b.ID && a.Channel == b.Channel && a.Name == b.Name && a.Address == b.Address && a.Region == b.Region &&
		a.Paused == b.Paused && slices.Equal(a.Own, b.Own) && bytes.Equal(a.Settings, b.Settings)
}

func (k *keeper) current() Account {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.account
}

// run serves the account until ctx ends or the account is removed.
func (k *keeper) run(ctx context.Context) {
	defer close(k.ended)
	defer k.set(Stopped, nil, time.Time{})
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var watching sync.WaitGroup
	defer watching.Wait()
	watching.Go(func() {
		select {
		case <-k.quit:
			cancel()
		case <-ctx.Done():
		}
	})
	defer cancel() // before watching.Wait

	if k.after != nil {
		select {
		case <-k.after:
		case <-ctx.Done():
			return
		}
	}
	for ctx.Err() == nil {
		account := k.current()
		if account.Paused {
			k.set(Paused, nil, time.Time{})
			select {
			case <-ctx.Done():
			case <-k.changed:
			}
			continue
		}
		k.serve(ctx, account)
	}
}

// serve receives for account as it is now; it returns when ctx has ended or
// the account has changed.
func (k *keeper) serve(ctx context.Context, account Account) {
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-k.changed:
			cancel()
		case <-ctx.Done():
		}
	})
	defer watching.Wait()
	defer cancel()

	log := k.r.log.With("account", string(account.ID))
	delay := k.r.retry()
	slow := &backoff{min: k.r.cfg.RefusedMin, max: k.r.cfg.RefusedMax, jitter: k.r.cfg.Jitter}
	for {
		k.set(Starting, nil, time.Time{})
		began := k.r.cfg.Now()
		progress, err := k.receive(ctx, account)
		if ctx.Err() != nil {
			return
		}
		if progress || k.r.cfg.Now().Sub(began) > k.r.cfg.RetryMax {
			delay.reset()
			slow.reset()
		}
		if err == nil {
			err = errors.New("the connection ended")
		}
		state, wait := Retrying, time.Duration(0)
		switch inbox.CodeOf(err) {
		case inbox.Unauthorized, inbox.Invalid:
			state, wait = Refused, slow.next()
		default:
			wait = delay.next()
		}
		k.set(state, err, k.r.cfg.Now().Add(wait))
		log.Warn("receiving stopped", "state", state, "error", err, "retry_in", wait)
		if !sleep(ctx, wait) {
			return
		}
	}
}

// receive runs the connector once. progress tells that it emitted items.
func (k *keeper) receive(ctx context.Context, account Account) (progress bool, err error) {
	cursor, err := k.r.cfg.Link.Cursor(ctx, account.ID)
	if err != nil {
		return false, fmt.Errorf("read cursor of %s: %w", account.ID, err)
	}
	// A fault in one account's connection must not take the others down.
	defer func() {
		if p := recover(); p != nil {
			k.r.log.Error("connector fault", "account", string(account.ID), "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("receive %s: connector fault: %v", account.ID, p)
		}
	}()
	err = k.r.cfg.Connector.Receive(ctx, account, cursor, func(ctx context.Context, cursor string, items ...Inbound) error {
		if err := k.emit(ctx, account.ID, cursor, items); err != nil {
			return err
		}
		progress = progress || len(items) > 0
		return nil
	})
	return progress, err
}

// emit is the [EmitFunc]: every item first, the cursor only then. While the bus
// is away it repeats in place, so that the connection outlives a short outage.
func (k *keeper) emit(ctx context.Context, id inbox.AccountID, cursor string, items []Inbound) error {
	link := k.r.cfg.Link
	left := items
	err := k.insist(ctx, func() error {
		var err error
		left, err = publish(ctx, link, left)
		return err
	})
	if err != nil {
		return fmt.Errorf("publish %d items of %s: %w", len(items), id, err)
	}
	if err := k.insist(ctx, func() error { return link.SaveCursor(ctx, id, cursor) }); err != nil {
		return fmt.Errorf("save cursor of %s: %w", id, err)
	}
	k.received(items)
	return nil
}

// insist repeats f while its failure may pass, for Config.EmitPatience at most.
func (k *keeper) insist(ctx context.Context, f func() error) error {
	delay := &backoff{min: 100 * time.Millisecond, max: 5 * time.Second, jitter: k.r.cfg.Jitter}
	deadline := k.r.cfg.Now().Add(k.r.cfg.EmitPatience)
	for {
		err := f()
		if err == nil {
			return nil
		}
		if lasting(err) {
			return err
		}
		wait := delay.next()
		if ctx.Err() != nil || k.r.cfg.Now().Add(wait).After(deadline) {
			return err
		}
		k.set(Retrying, err, k.r.cfg.Now().Add(wait))
		if !sleep(ctx, wait) {
			return err
		}
	}
}

// publish puts items out, those of one key in order, and returns what is still
// to be published.
func publish(ctx context.Context, link Link, items []Inbound) ([]Inbound, error) {
	if len(items) == 1 {
		if err := link.Publish(ctx, items[0]); err != nil {
			return items, err
		}
		return nil, nil
	}
	var keys []string
	byKey := map[string][]int{}
	for i, item := range items {
		if byKey[item.Key] == nil {
			keys = append(keys, item.Key)
		}
		byKey[item.Key] = append(byKey[item.Key], i)
	}
	var (
		wg   sync.WaitGroup
		room = make(chan struct{}, maxPublishing)
		errs = make([]error, len(keys))
		done = make([]bool, len(items)) // each element is written by one goroutine
	)
	for n, key := range keys {
		room <- struct{}{}
		wg.Go(func() {
			defer func() { <-room }()
			for _, i := range byKey[key] {
				if errs[n] = link.Publish(ctx, items[i]); errs[n] != nil {
					return
				}
				done[i] = true
			}
		})
	}
	wg.Wait()
	var left []Inbound
	for i, item := range items {
		if !done[i] {
			left = append(left, item)
		}
	}
	return left, errors.Join(errs...)
}
