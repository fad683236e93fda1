package bus_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/bus"
	"skein/inbox/inboxtest"
)

// An item that can't be handled is put aside with its reason, comes back by a
// replay although its message id is known, counts its replays, and is gone from
// DEAD afterwards.
func TestDeadAndReplay(t *testing.T) {
	t.Parallel()
	b, _, n := open(t)
	l, _ := link(t, n, inbox.Email)
	if err := l.Publish(t.Context(), item(7)); err != nil {
		t.Fatal(err)
	}
	got := make(chan bus.Delivery)
	running(t, b, 1, func(ctx context.Context, _ int, batch []bus.Delivery) error {
		for _, d := range batch {
			if d.Replay < 2 {
				for range 2 { // a crash between the two repeats it
					if err := b.PutDead(ctx, d, "no such charset"); err != nil {
						return err
					}
				}
			}
			got <- d
		}
		return nil
	})
	for replay := range 3 {
		d := <-got
		if d.Replay != replay || d.EventID != "e7" || d.Account != "support" {
			t.Fatalf("replay %d came as %+v", replay, d)
		}
		if replay == 2 {
			break
		}
		items, next, err := b.DeadItems(t.Context(), 0, 10)
		if err != nil || len(items) != 1 || next != 0 {
			t.Fatalf("DeadItems = %d items, %d, %v, want 1", len(items), next, err)
		}
		dead := items[0]
		if dead.Reason != "no such charset" || dead.EventID != "e7" || dead.Channel != inbox.Email || dead.Account != "support" || dead.Replay != replay {
			t.Errorf("DEAD holds %+v", dead)
		}
		if err := b.Replay(t.Context(), fmt.Sprint(dead.ID)); err != nil {
			t.Fatalf("Replay: %v", err)
		}
		if err := b.Replay(t.Context(), fmt.Sprint(dead.ID)); inbox.CodeOf(err) != inbox.NotFound {
			t.Errorf("second Replay = %v, want not found", err)
		}
	}
	for _, id := range []string{"", "0", "x", "-1", "99"} {
		if err := b.Replay(t.Context(), id); inbox.CodeOf(err) != inbox.NotFound {
			t.Errorf("Replay(%q) = %v, want not found", id, err)
		}
	}
}

// What is discarded is gone, and the others are not.
func TestDiscard(t *testing.T) {
	t.Parallel()
	b, _, _ := open(t)
	for i := range 3 {
		d := bus.Delivery{Seq: uint64(i + 1), Channel: inbox.Email, Account: "support", EventID: fmt.Sprint("e", i), Subject: "skein.in.live.email.support.x", At: time.Now(), Data: []byte("x")}
		if err := b.PutDead(t.Context(), d, "no such charset"); err != nil {
			t.Fatal(err)
		}
	}
	unlogged := errors.New("the database is away")
	if err := b.Discard(t.Context(), "2", func(bus.Dead) error { return unlogged }); !errors.Is(err, unlogged) {
		t.Errorf("Discard of what can't be logged = %v", err)
	}
	if err := b.Discard(t.Context(), "2", func(d bus.Dead) error {
		if d.EventID != "e1" {
			t.Errorf("takes note of %+v, want e1", d)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"2", "", "0", "x", "-1", "99"} {
		if err := b.Discard(t.Context(), id, func(bus.Dead) error { t.Error("takes note of nothing"); return nil }); inbox.CodeOf(err) != inbox.NotFound {
			t.Errorf("Discard(%q) = %v, want not found", id, err)
		}
	}
	items, _, err := b.DeadItems(t.Context(), 0, 10)
	if err != nil || len(items) != 2 || items[0].EventID != "e2" || items[1].EventID != "e0" {
		t.Errorf("DEAD holds %+v, %v; want e2 and e0", items, err)
	}
}

// Pages of DEAD hold every item once, newest first.
func TestDeadPages(t *testing.T) {
	t.Parallel()
	b, _, _ := open(t)
	const items = 25
	for i := range items {
		d := bus.Delivery{Seq: uint64(i + 1), Channel: inbox.Email, Account: "support", EventID: fmt.Sprint(i), Subject: "skein.in.live.email.support.k", At: time.Unix(int64(i), 0)}
		if err := b.PutDead(t.Context(), d, "reason"); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Replay(t.Context(), "5"); err != nil {
		t.Fatal(err)
	}
	before, want := uint64(0), items-1
	for pages := 0; ; pages++ {
		list, next, err := b.DeadItems(t.Context(), before, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range list {
			if want == 4 {
				want-- // replayed
			}
			if d.EventID != fmt.Sprint(want) || d.Reason != "reason" || !d.At.Equal(time.Unix(int64(want), 0)) {
				t.Fatalf("item = %+v, want event %d", d, want)
			}
			want--
		}
		if before = next; next == 0 {
			if pages != 2 || want != -1 {
				t.Errorf("%d pages ended before event %d", pages+1, want)
			}
			return
		}
	}
}

// What is dead of one account is found and counted apart from the rest.
func TestDeadOfAccount(t *testing.T) {
	t.Parallel()
	b, _, _ := open(t)
	for i, account := range []inbox.AccountID{"a", "b", "a", "b", "b"} {
		d := bus.Delivery{Seq: uint64(i + 1), Channel: inbox.Email, Account: account, EventID: fmt.Sprint(i), Subject: "skein.in.live.email.a.k", At: time.Unix(int64(i), 0)}
		if err := b.PutDead(t.Context(), d, "reason"); err != nil {
			t.Fatal(err)
		}
	}
	counts, err := b.DeadCounts(t.Context())
	if err != nil || counts["a"] != 2 || counts["b"] != 3 || len(counts) != 2 {
		t.Errorf("DeadCounts = %v, %v", counts, err)
	}
	var got []string
	for before := uint64(0); ; {
		list, next, err := b.DeadOf(t.Context(), "b", before, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range list {
			got = append(got, d.EventID)
		}
		if before = next; next == 0 {
			break
		}
	}
	if fmt.Sprint(got) != "[4 3 1]" {
		t.Errorf("dead of b: %v, want 4 3 1", got)
	}
	if list, _, err := b.DeadOf(t.Context(), "none", 0, 10); err != nil || len(list) > 0 {
		t.Errorf("dead of nobody: %v, %v", list, err)
	}
}

// The janitor removes what is old and handled, and nothing that waits.
func TestClean(t *testing.T) {
	t.Parallel()
	b, nc, n := open(t)
	l, _ := link(t, n, inbox.Email)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	held := func(stream string) uint64 {
		t.Helper()
		s, err := js.Stream(t.Context(), stream)
		if err != nil {
			t.Fatal(err)
		}
		return s.CachedInfo().State.Msgs
	}
	body, err := l.PutBody(t.Context(), zeros(600_000))
	if err != nil {
		t.Fatal(err)
	}
	_ = body
	for i := range 100 {
		it := item(i)
		if i%2 == 0 {
			it.Lane = connectors.LaneBulk
		}
		if err := l.Publish(t.Context(), it); err != nil {
			t.Fatal(err)
		}
	}
	soon, later := time.Now().Add(time.Hour), time.Now().Add(20*24*time.Hour)

	if err := b.Clean(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	if got := held("INBOUND"); got != 100 {
		t.Errorf("%d items are left of 100 that wait", got)
	}
	if got := held("transit_email"); got != 3 {
		t.Errorf("%d parts of a body are left of 3, while items wait", got)
	}

	// Handled but for one worker's partitions.
	c := collect()
	var stuck atomic.Int64
	stuck.Store(-1)
	stop := running(t, b, 8, func(ctx context.Context, worker int, batch []bus.Delivery) error {
		waits := slices.ContainsFunc(batch, func(d bus.Delivery) bool { return d.EventID == "e60" })
		if waits || int64(worker) == stuck.Load() {
			stuck.Store(int64(worker))
			return fmt.Errorf("worker %d is stuck", worker)
		}
		c.add(batch)
		return nil
	})
	c.wait(t, 70)
	stop()
	if err := b.Clean(t.Context(), soon); err != nil {
		t.Fatal(err)
	}
	if got := held("INBOUND"); got != 100 {
		t.Errorf("%d items are left of 100 that are young", got)
	}
	if err := b.Clean(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	if got := held("INBOUND"); got > 100 || got < 40 {
		t.Errorf("%d items are left of which the 61st waits", got)
	}
	c2 := collect()
	stop = running(t, b, 4, func(_ context.Context, _ int, batch []bus.Delivery) error {
		c2.add(batch)
		return nil
	})
	found := false
	for deadline := time.Now().Add(10 * time.Second); !found && time.Now().Before(deadline); {
		for _, d := range c2.wait(t, 1) {
			found = found || d.EventID == "e60"
		}
		time.Sleep(5 * time.Millisecond)
	}
	if !found {
		t.Error("the janitor removed what waited")
	}
	time.Sleep(200 * time.Millisecond) // for the last acknowledgements
	stop()
	if err := b.Clean(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	if got := held("INBOUND"); got != 0 {
		t.Errorf("%d items are left of 100 that are old and handled", got)
	}
	if got := held("transit_email"); got != 0 {
		t.Errorf("%d parts of an old body are left", got)
	}
}

// The largest item that a stream takes can be put aside, whatever the reason
// says, and comes back as it was.
func TestDeadTakesAnyItem(t *testing.T) {
	t.Parallel()
	b, nc, _ := open(t)
	d := bus.Delivery{
		Seq: 1, Channel: inbox.Email, Account: "support", EventID: strings.Repeat("é", 9000), At: time.Unix(1, 0),
		Subject: "skein.in.live.email.support.k", Data: bytes.Repeat([]byte("x"), int(nc.MaxPayload())-16<<10),
	}
	if err := b.PutDead(t.Context(), d, strings.Repeat("why?\r\n", 9000)); err != nil {
		t.Fatal(err)
	}
	items, _, err := b.DeadItems(t.Context(), 0, 1)
	if err != nil || len(items) != 1 || !bytes.Equal(items[0].Item, d.Data) || !strings.HasPrefix(items[0].Reason, "why?") {
		t.Errorf("DeadItems = %d items, %v", len(items), err)
	}
}

// Handled items that are young go when they would keep new ones out; what waits
// never does.
func TestCleanWhenFull(t *testing.T) {
	t.Parallel()
	nc, n := inboxtest.NATSServer(t)
	b, err := bus.Open(t.Context(), nc, bus.Config{SecretKey: secret, InboundBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	l, _ := link(t, n, inbox.Email)
	fill := func(from int) (full bool, next int) {
		for i := from; i < from+64; i++ {
			it := item(i)
			it.Raw = &connectors.Body{Inline: make([]byte, 24<<10)}
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			err := l.Publish(ctx, it)
			cancel()
			if err != nil {
				if inbox.CodeOf(err) != inbox.Unavailable {
					t.Fatal(err)
				}
				return true, i
			}
		}
		return false, from + 64
	}
	full, next := fill(0)
	if !full {
		t.Fatal("the stream took more than it may hold")
	}
	if err := b.Clean(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	c := collect()
	stop := running(t, b, 4, func(_ context.Context, _ int, batch []bus.Delivery) error {
		c.add(batch)
		return nil
	})
	c.wait(t, next) // nothing was removed that waited
	time.Sleep(200 * time.Millisecond)
	stop()
	if err := b.Clean(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, after := fill(next); after == next {
		t.Error("handled items still keep new ones out")
	}
}

// Two items of one number, since INBOUND was made anew, are two in DEAD.
func TestDeadOfNewStream(t *testing.T) {
	t.Parallel()
	b, _, _ := open(t)
	for i := range 2 {
		d := bus.Delivery{Seq: 1, Channel: inbox.Email, Account: "support", EventID: fmt.Sprint(i), At: time.Unix(int64(i), 0)}
		for range 2 {
			if err := b.PutDead(t.Context(), d, "no"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if items, _, err := b.DeadItems(t.Context(), 0, 10); err != nil || len(items) != 2 {
		t.Errorf("DeadItems = %d items, %v, want 2", len(items), err)
	}
}
