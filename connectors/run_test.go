package connectors

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

func acct(id string) Account {
	return Account{ID: inbox.AccountID(id), Channel: inbox.Email, Address: id + "@shop.test", Settings: []byte(`{}`)}
}

// begin runs the connector; the returned function stops it and waits.
func begin(t *testing.T, link Link, c Connector, change func(*Config)) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cfg := Config{Link: link, Connector: c, Log: slog.New(slog.DiscardHandler), Jitter: func() float64 { return 0 }}
	if change != nil {
		change(&cfg)
	}
	done := make(chan error, 1)
	go func() { done <- Run(ctx, cfg) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
	}
}

// An account that hangs, one that is refused and one whose connector panics
// delay nobody; each shows its state, and retries grow from 1 s to 5 min, for
// refused ones from 1 to 15 min.
func TestAccountsAreApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		link := newFakeLink(acct("hangs"), acct("refused"), acct("panics"), acct("fails"), acct("works"))
		var mu sync.Mutex
		tries := map[inbox.AccountID][]time.Time{}
		c := &fakeConnector{receive: func(ctx context.Context, a Account, cursor string, emit EmitFunc) error {
			mu.Lock()
			tries[a.ID] = append(tries[a.ID], time.Now())
			mu.Unlock()
			switch a.ID {
			case "refused":
				return &inbox.Error{Code: inbox.Unauthorized, Message: "wrong password"}
			case "panics":
				panic("oops")
			case "fails":
				return errors.New("no route")
			case "works":
				if err := emit(ctx, "c1", Inbound{EventID: "1", Key: "k"}); err != nil {
					return err
				}
			}
			<-ctx.Done()
			return ctx.Err()
		}}
		stop := begin(t, link, c, nil)
		time.Sleep(time.Second / 2)
		if got := link.state("works"); got.State != Running || got.Received != 1 || got.LastItem == nil {
			t.Errorf("works: %+v, want it running", got)
		}
		time.Sleep(2 * time.Hour)
		for id, want := range map[inbox.AccountID]string{"hangs": Starting, "refused": Refused, "panics": Retrying, "fails": Retrying, "works": Running} {
			if got := link.state(id); got.State != want {
				t.Errorf("%s is %q, want %q", id, got.State, want)
			}
		}
		if got := link.state("refused"); got.LastError != "wrong password" || got.RetryAt == nil || got.ErrorAt == nil {
			t.Errorf("refused: %+v, want its error and the next try", got)
		}
		gaps := func(id inbox.AccountID) (g []time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			for i := 1; i < len(tries[id]); i++ {
				g = append(g, tries[id][i].Sub(tries[id][i-1]))
			}
			return g[:min(len(g), 11)]
		}
		s, m := time.Second, time.Minute
		if diff := cmp.Diff([]time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s, 32 * s, 64 * s, 128 * s, 256 * s, 5 * m, 5 * m}, gaps("fails")); diff != "" {
			t.Errorf("delays of fails (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]time.Duration{m, 2 * m, 4 * m, 8 * m, 15 * m}, gaps("refused")[:5]); diff != "" {
			t.Errorf("delays of refused (-want +got):\n%s", diff)
		}
		stop()
		if got := link.state("works"); got.State != Stopped {
			t.Errorf("after the end works is %q, want stopped", got.State)
		}
	})
}

// A change, pause or removal of one account restarts or stops its loop alone;
// a record that is only repeated disturbs nothing.
func TestAccountsChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		link := newFakeLink(acct("a"), acct("b"))
		var mu sync.Mutex
		running, begun := map[inbox.AccountID]int{}, map[inbox.AccountID]int{}
		c := &fakeConnector{receive: func(ctx context.Context, a Account, cursor string, emit EmitFunc) error {
			mu.Lock()
			running[a.ID]++
			begun[a.ID]++
			if running[a.ID] > 1 {
				t.Errorf("%s is served twice at a time", a.ID)
			}
			mu.Unlock()
			err := emit(ctx, "c")
			<-ctx.Done()
			time.Sleep(time.Second) // a connection takes a while to end
			mu.Lock()
			running[a.ID]--
			mu.Unlock()
			return errors.Join(err, ctx.Err())
		}}
		stop := begin(t, link, c, nil)
		want := func(what string, now map[inbox.AccountID]int, times map[inbox.AccountID]int) {
			t.Helper()
			time.Sleep(5 * time.Second)
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if diff := cmp.Diff(now, running); diff != "" {
				t.Errorf("%s: running (-want +got):\n%s", what, diff)
			}
			if diff := cmp.Diff(times, begun); diff != "" {
				t.Errorf("%s: begun (-want +got):\n%s", what, diff)
			}
		}
		type n = map[inbox.AccountID]int
		want("at first", n{"a": 1, "b": 1}, n{"a": 1, "b": 1})
		link.setAccounts(acct("a"), acct("b"))
		want("repeated", n{"a": 1, "b": 1}, n{"a": 1, "b": 1})
		changed := acct("a")
		changed.Settings = []byte(`{"x":1}`)
		link.setAccounts(changed, acct("b"))
		want("changed", n{"a": 1, "b": 1}, n{"a": 2, "b": 1})
		paused := changed
		paused.Paused = true
		link.setAccounts(paused, acct("b"))
		want("paused", n{"a": 0, "b": 1}, n{"a": 2, "b": 1})
		if got := link.state("a"); got.State != Paused {
			t.Errorf("a is %q, want paused", got.State)
		}
		link.setAccounts(changed)
		want("b removed", n{"a": 1, "b": 0}, n{"a": 3, "b": 1})
		if got := link.state("b"); got.State != Stopped {
			t.Errorf("b is %q, want stopped", got.State)
		}
		link.setAccounts()
		synctest.Wait() // the old connection is still ending
		link.setAccounts(changed, acct("b"))
		want("back again", n{"a": 1, "b": 1}, n{"a": 4, "b": 2})
		stop()
		if running["a"]+running["b"] != 0 {
			t.Error("Run returned before what it started had ended")
		}
	})
}

// Health is repeated every 10 s, so that it doesn't fade.
func TestHealthIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		link := newFakeLink(acct("a"))
		stop := begin(t, link, &fakeConnector{}, nil)
		time.Sleep(time.Minute + time.Second)
		link.mu.Lock()
		n := len(link.reports)
		link.mu.Unlock()
		if n < 6 || n > 10 {
			t.Errorf("%d reports in a minute, want about one every 10 s", n)
		}
		stop()
	})
}

// While the bus is away for a minute, emit waits in place: the connection is
// kept, nothing is lost, and the cursor follows.
func TestBusAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		link := newFakeLink(acct("a"))
		back := time.Now().Add(time.Minute)
		link.publishE = func(Inbound) error {
			if time.Now().Before(back) {
				return errors.New("no servers")
			}
			return nil
		}
		var begun atomic.Int64
		c := &fakeConnector{receive: func(ctx context.Context, a Account, cursor string, emit EmitFunc) error {
			begun.Add(1)
			if err := emit(ctx, "c1", Inbound{EventID: "1", Key: "k"}, Inbound{EventID: "2", Key: "l"}); err != nil {
				return err
			}
			<-ctx.Done()
			return ctx.Err()
		}}
		stop := begin(t, link, c, nil)
		time.Sleep(30 * time.Second)
		if got := link.state("a"); got.State != Retrying || got.LastError != "no servers\nno servers" && got.LastError != "no servers" {
			t.Errorf("a: %+v, want it retrying", got)
		}
		time.Sleep(time.Minute)
		stop()
		if begun.Load() != 1 || link.cursors["a"] != "c1" || len(link.published) != 2 {
			t.Errorf("begun %d times, cursor %q, %d items; want one connection and everything in", begun.Load(), link.cursors["a"], len(link.published))
		}
	})
}

// Wherever the process dies, every item is published at least once, and the
// cursor is never ahead of what was acknowledged.
func TestReceiveCrashes(t *testing.T) {
	const items = 6
	for crash := 1; ; crash++ {
		died := false
		for _, after := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				link := newFakeLink(acct("a"))
				link.crashAt, link.after = crash, after
				c := &fakeConnector{receive: func(ctx context.Context, a Account, cursor string, emit EmitFunc) error {
					at, _ := strconv.Atoi(cursor)
					for i := 1; i <= at; i++ {
						if !link.acked[fmt.Sprint(i)] {
							t.Errorf("crash %d: the cursor is at %d, and %d was never acknowledged", crash, at, i)
						}
					}
					for at < items {
						a, b := fmt.Sprint(at+1), fmt.Sprint(at+2)
						if err := emit(ctx, b, Inbound{EventID: a, Key: "k"}, Inbound{EventID: b, Key: "k"}); err != nil {
							return err
						}
						at += 2
					}
					<-ctx.Done()
					return ctx.Err()
				}}
				stop := begin(t, link, c, nil)
				time.Sleep(time.Minute)
				died = died || link.isDead()
				stop()
				link.revive()
				stop = begin(t, link, c, nil)
				time.Sleep(time.Minute)
				stop()
				seen := 0
				for _, item := range link.published {
					n, _ := strconv.Atoi(item.EventID)
					if n > seen+1 {
						t.Errorf("crash %d: %d was published before %d", crash, n, seen+1)
					}
					seen = max(seen, n)
				}
				if seen != items || link.cursors["a"] != fmt.Sprint(items) {
					t.Errorf("crash %d: %d items, cursor %q", crash, seen, link.cursors["a"])
				}
			})
		}
		if !died {
			if crash < 9 {
				t.Errorf("only %d steps crashed: the test proves too little", crash-1)
			}
			return
		}
	}
}
