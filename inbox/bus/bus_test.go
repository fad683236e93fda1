package bus_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"skein/cmd/skein/local"
	"skein/connectors"
	"skein/inbox"
	"skein/inbox/bus"
	"skein/inbox/inboxtest"
)

var quiet = slog.New(slog.DiscardHandler)

var secret = bytes.Repeat([]byte("s"), 32)

func open(t testing.TB) (*bus.Bus, *nats.Conn, *local.NATS) {
	t.Helper()
	nc, n := inboxtest.NATSServer(t)
	b, err := bus.Open(t.Context(), nc, bus.Config{SecretKey: secret})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return b, nc, n
}

// link returns a sidecar's end with a credential of its own.
func link(t testing.TB, n *local.NATS, channel inbox.Channel) (*bus.Link, *nats.Conn) {
	t.Helper()
	creds, err := n.Credential(channel)
	if err != nil {
		t.Fatal(err)
	}
	nc, err := bus.ConnectLink(n.URL(), creds, channel, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	key, err := bus.DeriveKey(secret, channel)
	if err != nil {
		t.Fatal(err)
	}
	l, err := bus.NewLink(nc, bus.LinkConfig{Channel: channel, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	return l, nc
}

func item(n int) connectors.Inbound {
	return connectors.Inbound{
		Kind: connectors.KindMessage, Channel: inbox.Email, Account: "support",
		EventID: fmt.Sprintf("e%d", n), Key: fmt.Sprintf("k%d", n), Lane: connectors.LaneLive,
	}
}

// collector takes what Inbound hands over.
type collector struct {
	mu   sync.Mutex // guards the following
	got  []bus.Delivery
	more chan struct{}
}

func collect() *collector { return &collector{more: make(chan struct{}, 1)} }

func (c *collector) add(batch []bus.Delivery) {
	c.mu.Lock()
	c.got = append(c.got, batch...)
	c.mu.Unlock()
	select {
	case c.more <- struct{}{}:
	default:
	}
}

// wait returns the first n items, or fails.
func (c *collector) wait(t testing.TB, n int) []bus.Delivery {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		c.mu.Lock()
		got := c.got
		c.mu.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-c.more:
		case <-deadline:
			t.Fatalf("got %d items, want %d", len(got), n)
		}
	}
}

// running runs Inbound until the test ends, or stop is called.
func running(t testing.TB, b *bus.Bus, workers int, handle func(context.Context, int, []bus.Delivery) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Inbound(ctx, workers, handle) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != context.Canceled {
			t.Errorf("Inbound = %v, want context canceled", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// What a sidecar publishes is handed over once, with what its subject says.
func TestInbound(t *testing.T) {
	t.Parallel()
	b, _, n := open(t)
	l, _ := link(t, n, inbox.Email)
	const items = 300
	for i := range items {
		if err := l.Publish(t.Context(), item(i)); err != nil {
			t.Fatalf("Publish: %v", err)
		}
		if i%3 == 0 { // a repetition is swallowed
			if err := l.Publish(t.Context(), item(i)); err != nil {
				t.Fatalf("Publish again: %v", err)
			}
		}
	}
	c := collect()
	stop := running(t, b, 4, func(_ context.Context, worker int, batch []bus.Delivery) error {
		for _, d := range batch {
			if d.Partition%4 != worker {
				t.Errorf("worker %d got partition %d", worker, d.Partition)
			}
		}
		c.add(batch)
		return nil
	})
	got := c.wait(t, items)
	stop()
	seen := map[string]bool{}
	parts := map[int]bool{}
	for _, d := range got {
		seen[d.EventID] = true
		parts[d.Partition] = true
		if d.Channel != inbox.Email || d.Account != "support" || d.Lane != connectors.LaneLive || d.Redelivered {
			t.Fatalf("delivery = %+v", d)
		}
	}
	if len(got) != items || len(seen) != items {
		t.Errorf("got %d items, %d different ones, want %d", len(got), len(seen), items)
	}
	if len(parts) < 50 {
		t.Errorf("%d keys fell into %d partitions of 64", items, len(parts))
	}
}

// What is live is handled while a bulk batch of every worker is stuck.
func TestLivePassesBulk(t *testing.T) {
	t.Parallel()
	b, _, n := open(t)
	l, _ := link(t, n, inbox.Email)
	const count, workers = 40, 4
	publish := func(from int, lane connectors.Lane) {
		for i := range count {
			it := item(from + i)
			it.Lane = lane
			if err := l.Publish(t.Context(), it); err != nil {
				t.Fatal(err)
			}
		}
	}
	publish(0, connectors.LaneBulk)
	stuck, free := make(chan struct{}, count), make(chan struct{})
	bulk, live := collect(), collect()
	running(t, b, workers, func(ctx context.Context, _ int, batch []bus.Delivery) error {
		if batch[0].Lane == connectors.LaneLive {
			live.add(batch)
			return nil
		}
		stuck <- struct{}{}
		select {
		case <-free:
		case <-ctx.Done():
			return ctx.Err()
		}
		bulk.add(batch)
		return nil
	})
	for range workers {
		<-stuck
	}
	publish(1000, connectors.LaneLive)
	live.wait(t, count)
	close(free)
	bulk.wait(t, count)
}

// An error holds back its worker's partitions: the same batch comes again and
// nothing overtakes it, while other workers go on.
func TestInboundRetriesInPlace(t *testing.T) {
	t.Parallel()
	b, _, n := open(t)
	l, _ := link(t, n, inbox.Email)
	const keys, each = 20, 15
	for i := range each {
		for k := range keys {
			it := item(k)
			it.EventID = fmt.Sprintf("%d-%d", k, i)
			if err := l.Publish(t.Context(), it); err != nil {
				t.Fatal(err)
			}
		}
	}
	c := collect()
	failures := map[int]int{}
	var mu sync.Mutex
	var held []string
	running(t, b, 2, func(_ context.Context, worker int, batch []bus.Delivery) error {
		mu.Lock()
		defer mu.Unlock()
		if worker == 0 && failures[worker] < 3 {
			failures[worker]++
			var ids []string
			for _, d := range batch {
				ids = append(ids, d.EventID)
			}
			if held != nil && fmt.Sprint(held) != fmt.Sprint(ids) {
				t.Errorf("batch tried again = %v, want the same %v", ids, held)
			}
			held = ids
			return io.ErrUnexpectedEOF
		}
		c.add(batch)
		return nil
	})
	got := c.wait(t, keys*each)
	next := map[string]int{}
	for _, d := range got {
		var k, i int
		fmt.Sscanf(d.EventID, "%d-%d", &k, &i)
		key := fmt.Sprint(k)
		if next[key] != i {
			t.Fatalf("key %s: event %d came when %d was due", key, i, next[key])
		}
		next[key]++
	}
}

// What a process held when it died is delivered at once to the next one, in
// order, before anything newer of its partition.
func TestInboundTakesBack(t *testing.T) {
	t.Parallel()
	b, _, n := open(t)
	l, _ := link(t, n, inbox.Email)
	publish := func(from, to int) {
		for i := from; i < to; i++ {
			it := item(0) // one key
			it.EventID = fmt.Sprint(i)
			if err := l.Publish(t.Context(), it); err != nil {
				t.Fatal(err)
			}
		}
	}
	publish(0, 10)
	got := make(chan struct{})
	stop := running(t, b, 1, func(ctx context.Context, _ int, _ []bus.Delivery) error {
		select {
		case got <- struct{}{}:
		case <-ctx.Done():
		}
		return io.ErrUnexpectedEOF // never acknowledged
	})
	<-got
	stop()
	publish(10, 40)

	c := collect()
	began := time.Now()
	running(t, b, 1, func(_ context.Context, _ int, batch []bus.Delivery) error {
		c.add(batch)
		return nil
	})
	for i, d := range c.wait(t, 40) {
		if d.EventID != fmt.Sprint(i) {
			t.Fatalf("item %d is %s: overtaken", i, d.EventID)
		}
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("took %v: held items came when their time was up", took)
	}
}

// Live items never wait behind bulk ones.
func TestInboundLanes(t *testing.T) {
	t.Parallel()
	b, _, n := open(t)
	l, _ := link(t, n, inbox.Email)
	for i := range 60 {
		it := item(i)
		it.Lane = connectors.LaneBulk
		if err := l.Publish(t.Context(), it); err != nil {
			t.Fatal(err)
		}
	}
	c := collect()
	first := true
	running(t, b, 1, func(_ context.Context, _ int, batch []bus.Delivery) error {
		if first {
			// While the first bulk batch is being handled, live ones arrive.
			first = false
			for i := range 5 {
				it := item(1000 + i)
				if err := l.Publish(context.Background(), it); err != nil {
					t.Error(err)
				}
			}
			time.Sleep(300 * time.Millisecond) // for them to be delivered
		}
		for _, d := range batch {
			if d.Lane != batch[0].Lane {
				t.Errorf("a batch holds both lanes")
			}
		}
		c.add(batch)
		return nil
	})
	got := c.wait(t, 65)
	// The batch under way was bulk; the next one must be the five live ones.
	i := 0
	for got[i].Lane == connectors.LaneBulk {
		i++
	}
	for j := i; j < i+5; j++ {
		if got[j].Lane != connectors.LaneLive {
			t.Errorf("item %d after the first live one is bulk", j-i)
		}
	}
}

// What waits under the consumers of an older layout is handed over by those of
// this one; where all was handled nothing comes again; and the old ones are gone.
func TestInboundOfOlderLayout(t *testing.T) {
	t.Parallel()
	const items = 60
	for _, handled := range []int{25, items} {
		t.Run(fmt.Sprint(handled), func(t *testing.T) {
			t.Parallel()
			_, nc, n := open(t)
			js, err := jetstream.New(nc)
			if err != nil {
				t.Fatal(err)
			}
			inbound, err := js.Stream(t.Context(), "INBOUND")
			if err != nil {
				t.Fatal(err)
			}
			for name := range inbound.ConsumerNames(t.Context()).Name() {
				if err := inbound.DeleteConsumer(t.Context(), name); err != nil {
					t.Fatal(err)
				}
			}
			l, _ := link(t, n, inbox.Email)
			for i := range items {
				if err := l.Publish(t.Context(), item(i)); err != nil {
					t.Fatal(err)
				}
			}
			olderLayout(t, inbound, uint64(handled))

			b, err := bus.Open(t.Context(), nc, bus.Config{SecretKey: secret})
			if err != nil {
				t.Fatalf("Open: %v", err)
			}
			last := item(items)
			if err := l.Publish(t.Context(), last); err != nil {
				t.Fatal(err)
			}
			c := collect()
			stop := running(t, b, 4, func(_ context.Context, _ int, batch []bus.Delivery) error {
				c.add(batch)
				return nil
			})
			want := map[string]bool{last.EventID: true}
			for i := handled; i < items; i++ {
				want[item(i).EventID] = true
			}
			came := 0
			for ; len(want) > 0; came++ {
				delete(want, c.wait(t, came+1)[came].EventID)
			}
			stop()
			if handled == items && came > 1 {
				t.Errorf("%d items came again", came-1)
			}
			for name := range inbound.ConsumerNames(t.Context()).Name() {
				if !strings.Contains(name, "_g") {
					t.Errorf("consumer %s is still there", name)
				}
			}
			if _, err := bus.Open(t.Context(), nc, bus.Config{SecretKey: secret}); err != nil {
				t.Errorf("second Open: %v", err)
			}
		})
	}
}

// olderLayout makes a consumer each partition and lane, and acknowledges what
// has a number up to handled.
func olderLayout(t *testing.T, inbound jetstream.Stream, handled uint64) {
	t.Helper()
	for _, lane := range []connectors.Lane{connectors.LaneLive, connectors.LaneBulk} {
		for p := range 64 {
			old, err := inbound.CreateConsumer(t.Context(), jetstream.ConsumerConfig{
				Durable: fmt.Sprintf("in_%s_%d", lane, p), FilterSubject: fmt.Sprintf("skein.part.%d.%s.>", p, lane),
				AckPolicy: jetstream.AckExplicitPolicy, MaxAckPending: 32,
			})
			if err != nil {
				t.Fatal(err)
			}
			batch, err := old.FetchNoWait(32)
			if err != nil {
				t.Fatal(err)
			}
			for msg := range batch.Messages() {
				if meta, err := msg.Metadata(); err == nil && meta.Sequence.Stream <= handled {
					if err := msg.DoubleAck(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
}

// A second Open finds all there and is quick.
func TestOpenAgain(t *testing.T) {
	t.Parallel()
	_, nc, _ := open(t)
	began := time.Now()
	if _, err := bus.Open(t.Context(), nc, bus.Config{SecretKey: secret}); err != nil {
		t.Fatalf("second Open: %v", err)
	}
	t.Logf("second Open took %v", time.Since(began))
}

// Rows arrive on EVENTS in order, once, and are read from any position on.
func TestEvents(t *testing.T) {
	t.Parallel()
	b, _, _ := open(t)
	var rows []inbox.OutboxRow
	for i := range 3000 {
		rows = append(rows, inbox.OutboxRow{ID: int64(i + 1), Subject: bus.EventSubject(inbox.MessageChanged), Payload: fmt.Appendf(nil, `{"n":%d}`, i+1)})
	}
	for range 2 { // a relay that died repeats
		if err := b.PublishEvents(t.Context(), rows); err != nil {
			t.Fatalf("PublishEvents: %v", err)
		}
	}
	epoch, first, last, err := b.EventsState(t.Context())
	if err != nil || epoch == "" || first != 1 || last != 3000 {
		t.Fatalf("EventsState = %q, %d, %d, %v, want 1 to 3000", epoch, first, last, err)
	}
	next := uint64(2000)
	err = b.Events(t.Context(), next, func(seq uint64, data []byte) error {
		if want := fmt.Sprintf(`{"n":%d}`, next); seq != next || string(data) != want {
			return fmt.Errorf("event %d = %s, want %d = %s", seq, data, next, want)
		}
		if next++; next > 3000 {
			return io.EOF
		}
		return nil
	})
	if err != io.EOF {
		t.Errorf("Events: %v", err)
	}
	for _, from := range []uint64{0, 3002} {
		err = b.Events(t.Context(), from, func(uint64, []byte) error { return nil })
		if !isGap(err) {
			t.Errorf("Events from %d = %v, want a gap", from, err)
		}
	}
	if err := b.ResetEvents(t.Context()); err != nil {
		t.Fatalf("ResetEvents: %v", err)
	}
	again, _, last, err := b.EventsState(t.Context())
	if err != nil || again == epoch || last != 0 {
		t.Errorf("after ResetEvents: epoch %q (was %q), last %d, %v", again, epoch, last, err)
	}
}

func isGap(err error) bool { return errors.Is(err, bus.ErrGap) }

func zeros(n int64) io.Reader { return io.LimitReader(zero{}, n) }

type zero struct{}

func (zero) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
