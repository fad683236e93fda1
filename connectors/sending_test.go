package connectors

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"skein/inbox"
)

func out(id string) Outbound {
	return Outbound{MessageID: inbox.MessageID(id), Attempt: 1, Channel: inbox.Email, Account: "a", Date: time.Now()}
}

// receipts returns the states told of a message, in order.
func (l *fakeLink) receipts(id string) (states []inbox.State) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, item := range l.published {
		if item.Kind == KindReceipt && item.ExternalID == id {
			states = append(states, item.Receipt.State)
		}
	}
	return states
}

// A receipt names the message, the attempt and what the server said, under an
// event id that a repetition shares.
func TestSendReceipt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		link := newFakeLink(acct("a"))
		link.queue = []Outbound{out("m1")}
		c := &fakeConnector{send: func(context.Context, Account, Outbound) (inbox.Receipt, error) {
			return inbox.Receipt{State: inbox.Failed, Detail: "550 no such user"}, nil
		}}
		stop := begin(t, link, c, nil)
		time.Sleep(5 * time.Second)
		stop()
		if len(link.published) != 1 || len(link.queue) != 0 {
			t.Fatalf("%d items published, %d left to send", len(link.published), len(link.queue))
		}
		got := link.published[0]
		if got.EventID != "receipt:m1:1:failed" || got.Key != "m1" || got.Lane != LaneLive || got.Account != "a" || got.Channel != inbox.Email ||
			got.Receipt.MessageID != "m1" || got.Receipt.Attempt != 1 || got.Receipt.Detail != "550 no such user" || got.Receipt.At.IsZero() {
			t.Errorf("receipt %+v, %+v", got, got.Receipt)
		}
	})
}

// Wherever the process dies, and however often, a message is handed to the
// provider at most once unless it is told as uncertain; and every message ends
// in a receipt.
func TestSendCrashes(t *testing.T) {
	for _, fails := range []int{0, 2} { // temporary failures first
		for crash := 1; ; crash++ {
			died := false
			for _, after := range []bool{false, true} {
				synctest.Test(t, func(t *testing.T) {
					link := newFakeLink(acct("a"))
					link.queue = []Outbound{out("m1"), out("m2")}
					link.crashAt, link.after = crash, after
					left, failed := map[inbox.MessageID]int{}, 0
					c := &fakeConnector{send: func(_ context.Context, _ Account, o Outbound) (inbox.Receipt, error) {
						if link.isDead() {
							t.Errorf("crash %d: the dead process sent %s", crash, o.MessageID)
						}
						if failed < fails {
							failed++
							return inbox.Receipt{}, errors.New("greylisted")
						}
						left[o.MessageID]++
						// The process may die here too, after the provider took it.
						if err := link.change(func() error { return nil }); err != nil {
							return inbox.Receipt{}, context.Canceled
						}
						return inbox.Receipt{State: inbox.Sent}, nil
					}}
					stop := begin(t, link, c, nil)
					time.Sleep(time.Minute)
					died = died || link.isDead()
					stop()
					link.revive()
					stop = begin(t, link, c, nil)
					time.Sleep(time.Minute)
					stop()
					if len(link.queue) != 0 {
						t.Errorf("crash %d: %d messages were never done with", crash, len(link.queue))
					}
					for _, id := range []string{"m1", "m2"} {
						states := link.receipts(id)
						uncertain := false
						for _, s := range states {
							uncertain = uncertain || s == inbox.Uncertain
						}
						if n := left[inbox.MessageID(id)]; n > 1 || n == 0 && !uncertain || len(states) == 0 {
							t.Errorf("crash %d (after %v, %d failures): %s left %d times, told %v", crash, after, fails, id, n, states)
						}
						if left[inbox.MessageID(id)] == 1 && len(states) > 0 && states[len(states)-1] == inbox.Failed {
							t.Errorf("crash %d: %s left and is told as failed", crash, id)
						}
					}
				})
			}
			if !died {
				if crash < 9 {
					t.Errorf("only %d steps crashed: the test proves too little", crash-1)
				}
				break
			}
		}
	}
}

// A temporary failure comes back until it works; one that lasts beyond three
// days fails with the last words; the account shows what is wrong meanwhile.
func TestTemporaryFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		link := newFakeLink(acct("a"))
		link.queue, link.later = []Outbound{out("m1")}, 5*time.Minute
		var calls atomic.Int32
		c := &fakeConnector{send: func(context.Context, Account, Outbound) (inbox.Receipt, error) {
			calls.Add(1)
			return inbox.Receipt{}, &inbox.Error{Code: inbox.Unauthorized, Message: "535 wrong password"}
		}}
		stop := begin(t, link, c, nil)
		time.Sleep(71 * time.Hour)
		if n := len(link.receipts("m1")); n != 0 || calls.Load() < 3 {
			t.Errorf("after 71 h: %d receipts, %d calls; want more tries and no verdict", n, calls.Load())
		}
		if got := link.state("a"); got.LastError != "535 wrong password" || got.ErrorAt == nil {
			t.Errorf("the account shows %+v, want the refused login", got)
		}
		time.Sleep(2 * time.Hour)
		stop()
		if got := link.receipts("m1"); len(got) != 1 || got[0] != inbox.Failed {
			t.Fatalf("after 73 h: receipts %v, want failed", got)
		}
		if d := link.published[0].Receipt.Detail; !strings.Contains(d, "535 wrong password") {
			t.Errorf("detail %q, want the last words", d)
		}
	})
}

// Nothing is sent for an account that is paused or gone, until it is back.
func TestSendWaitsForAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		paused := acct("a")
		paused.Paused = true
		link := newFakeLink(paused)
		link.queue = []Outbound{out("m1")}
		c := &fakeConnector{send: func(context.Context, Account, Outbound) (inbox.Receipt, error) {
			return inbox.Receipt{State: inbox.Sent}, nil
		}}
		stop := begin(t, link, c, nil)
		time.Sleep(time.Minute)
		if got := link.receipts("m1"); len(got) != 0 {
			t.Errorf("receipts %v while paused", got)
		}
		link.setAccounts()
		time.Sleep(time.Minute)
		if got := link.receipts("m1"); len(got) != 0 {
			t.Errorf("receipts %v without the account", got)
		}
		link.setAccounts(acct("a"))
		time.Sleep(time.Minute)
		stop()
		if got := link.receipts("m1"); len(got) != 1 || got[0] != inbox.Sent {
			t.Errorf("receipts %v, want sent", got)
		}
	})
}

// A send in progress may end after the stop, and its result is recorded; one
// that hangs is cut off after the grace.
func TestStopWhileSending(t *testing.T) {
	for _, hangs := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			link := newFakeLink(acct("a"))
			link.queue = []Outbound{out("m1")}
			c := &fakeConnector{send: func(ctx context.Context, _ Account, _ Outbound) (inbox.Receipt, error) {
				d := 15 * time.Second
				if hangs {
					d = time.Hour
				}
				if !sleep(ctx, d) {
					return inbox.Receipt{State: inbox.Uncertain, Detail: "cut off"}, nil
				}
				return inbox.Receipt{State: inbox.Sent}, nil
			}}
			stop := begin(t, link, c, nil)
			time.Sleep(10 * time.Second)
			began := time.Now()
			stop()
			want, most := inbox.Sent, 6*time.Second
			if hangs {
				want, most = inbox.Uncertain, 21*time.Second
			}
			if got := link.receipts("m1"); fmt.Sprint(got) != fmt.Sprint([]inbox.State{want}) {
				t.Errorf("receipts %v, want %q", got, want)
			}
			if took := time.Since(began); took > most {
				t.Errorf("Run took %s to return, want at most %s", took, most)
			}
		})
	}
}

// A connector that panics in the middle of a send leaves it uncertain, and the
// process alive.
func TestSendPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		link := newFakeLink(acct("a"))
		link.queue = []Outbound{out("m1"), out("m2")}
		c := &fakeConnector{send: func(_ context.Context, _ Account, o Outbound) (inbox.Receipt, error) {
			if o.MessageID == "m1" {
				panic("oops")
			}
			return inbox.Receipt{State: inbox.Sent}, nil
		}}
		stop := begin(t, link, c, nil)
		time.Sleep(time.Minute)
		stop()
		if a, b := link.receipts("m1"), link.receipts("m2"); len(a) != 1 || a[0] != inbox.Uncertain || len(b) != 1 || b[0] != inbox.Sent {
			t.Errorf("receipts %v and %v, want uncertain and sent", a, b)
		}
	})
}
