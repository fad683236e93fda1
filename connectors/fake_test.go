package connectors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"skein/inbox"
)

var errCrashed = errors.New("this process is dead")

// A fakeLink is the bus in memory. What it holds survives a crash; crashAt
// makes the process die at the nth call that changes anything: from then on
// every call fails and nothing changes.
type fakeLink struct {
	mu        sync.Mutex // guards everything below
	accounts  []Account
	watchers  []chan struct{}
	published []Inbound
	acked     map[string]bool
	cursors   map[inbox.AccountID]string
	claims    map[string]*inbox.Receipt // nil: claimed, no result
	claimed   map[string]bool
	queue     []Outbound
	reports   []Status
	announced []Instance

	calls    int
	crashAt  int
	after    bool // the call that crashes has its effect first
	dead     bool
	publishE func(Inbound) error
	later    time.Duration // before what failed to be sent comes again
}

func newFakeLink(accounts ...Account) *fakeLink {
	return &fakeLink{accounts: accounts, acked: map[string]bool{}, cursors: map[inbox.AccountID]string{}, claims: map[string]*inbox.Receipt{}, claimed: map[string]bool{}, later: time.Second}
}

// change runs f as one step of the process.
func (l *fakeLink) change(f func() error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return errCrashed
	}
	l.calls++
	if l.crashAt > 0 && l.calls == l.crashAt {
		l.dead = true
		if l.after {
			_ = f()
		}
		return errCrashed
	}
	return f()
}

func (l *fakeLink) revive() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead, l.crashAt = false, 0
}

func (l *fakeLink) isDead() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead
}

func (l *fakeLink) Publish(ctx context.Context, item Inbound) error {
	return l.change(func() error {
		if l.publishE != nil {
			if err := l.publishE(item); err != nil {
				return err
			}
		}
		l.published = append(l.published, item)
		l.acked[item.EventID] = true
		return ctx.Err()
	})
}

func (l *fakeLink) PutBody(context.Context, io.Reader) (Body, error) { return Body{}, nil }
func (l *fakeLink) OpenBody(context.Context, Body) (io.ReadCloser, error) {
	return nil, errors.New("none")
}

func (l *fakeLink) WatchAccounts(ctx context.Context, changed func([]Account)) error {
	l.mu.Lock()
	poke := make(chan struct{}, 1)
	l.watchers = append(l.watchers, poke)
	l.mu.Unlock()
	for {
		l.mu.Lock()
		accounts := append([]Account(nil), l.accounts...)
		l.mu.Unlock()
		changed(accounts)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-poke:
		}
	}
}

func (l *fakeLink) setAccounts(accounts ...Account) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.accounts = accounts
	for _, w := range l.watchers {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

func (l *fakeLink) Cursor(_ context.Context, id inbox.AccountID) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cursors[id], nil
}

func (l *fakeLink) SaveCursor(_ context.Context, id inbox.AccountID, cursor string) error {
	return l.change(func() error { l.cursors[id] = cursor; return nil })
}

// Sends hands out the queue, what failed again after a while.
func (l *fakeLink) Sends(ctx context.Context, handle func(context.Context, Outbound) error) error {
	for ctx.Err() == nil {
		l.mu.Lock()
		var next *Outbound
		if len(l.queue) > 0 {
			out := l.queue[0]
			next = &out
		}
		l.mu.Unlock()
		if next != nil && handle(ctx, *next) == nil {
			_ = l.change(func() error { l.queue = l.queue[1:]; return nil })
			continue
		}
		sleep(ctx, l.later)
	}
	return ctx.Err()
}

func sendKey(out Outbound) string { return fmt.Sprintf("%s/%d", out.MessageID, out.Attempt) }

func (l *fakeLink) ClaimSend(_ context.Context, out Outbound) (fresh bool, result *inbox.Receipt, err error) {
	err = l.change(func() error {
		key := sendKey(out)
		fresh, result = !l.claimed[key], l.claims[key]
		l.claimed[key] = true
		return nil
	})
	return fresh, result, err
}

func (l *fakeLink) FinishSend(_ context.Context, out Outbound, result inbox.Receipt) error {
	return l.change(func() error { l.claims[sendKey(out)] = &result; return nil })
}

func (l *fakeLink) ReleaseSend(_ context.Context, out Outbound) error {
	return l.change(func() error { delete(l.claimed, sendKey(out)); return nil })
}

func (l *fakeLink) Report(_ context.Context, s Status) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reports = append(l.reports, s)
	return nil
}

func (l *fakeLink) state(id inbox.AccountID) (last Status) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.reports {
		if s.Account == id {
			last = s
		}
	}
	return last
}

func (l *fakeLink) Announce(_ context.Context, at Instance) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.announced = append(l.announced, at)
	return nil
}

func (l *fakeLink) Ask(context.Context, inbox.AccountID, string, any, any) error {
	return errors.New("none")
}
func (l *fakeLink) Say(context.Context, Live) error        { return nil }
func (l *fakeLink) Hear(context.Context, func(Live)) error { return nil }
func (l *fakeLink) Visitor(context.Context, inbox.AccountID, string, uint64, func(uint64, []byte) error) error {
	return nil
}

// A fakeConnector is made of functions.
type fakeConnector struct {
	receive func(ctx context.Context, account Account, cursor string, emit EmitFunc) error
	send    func(ctx context.Context, account Account, out Outbound) (inbox.Receipt, error)
}

func (c *fakeConnector) Channel() inbox.Channel { return inbox.Email }

func (c *fakeConnector) Receive(ctx context.Context, account Account, cursor string, emit EmitFunc) error {
	if c.receive == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	return c.receive(ctx, account, cursor, emit)
}

func (c *fakeConnector) Send(ctx context.Context, account Account, out Outbound, _ OpenFunc) (inbox.Receipt, error) {
	return c.send(ctx, account, out)
}
