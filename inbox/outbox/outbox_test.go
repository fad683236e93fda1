package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/bus"
	"skein/inbox/inboxtest"
	"skein/inbox/outbox"
	"skein/inbox/store"
	"skein/inbox/threader"
)

var quiet = slog.New(slog.DiscardHandler)

// A rig is a store and a bus, and a way to write to the outbox.
type rig struct {
	*store.Store
	dsn  string
	pool *pgxpool.Pool
	bus  *bus.Bus
}

func newRig(t *testing.T) *rig {
	t.Helper()
	dsn := inboxtest.Database(t)
	s, err := store.Open(t.Context(), dsn, 8, threader.Rules())
	if err != nil {
		t.Fatal(err)
	}
	pool, err := pgxpool.New(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close(); s.Close() })
	b, err := bus.Open(t.Context(), inboxtest.NATS(t), bus.Config{SecretKey: []byte(strings.Repeat("k", 32))})
	if err != nil {
		t.Fatal(err)
	}
	return &rig{s, dsn, pool, b}
}

// add commits one row; the conversation's lock, in life, keeps those of one
// conversation in order.
func (r *rig) add(t *testing.T, subject, payload string) {
	t.Helper()
	if _, err := r.pool.Exec(t.Context(), `WITH n AS (SELECT pg_notify('skein_outbox', ''))
		INSERT INTO outbox (subject, payload) SELECT $1, $2 FROM n`, subject, []byte(payload)); err != nil {
		t.Error(err)
	}
}

func (r *rig) pending(t *testing.T) int {
	t.Helper()
	var n int
	if err := r.pool.QueryRow(t.Context(), `SELECT count(*) FROM outbox WHERE published_at IS NULL`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// relay runs a relay until stop is called.
func (r *rig) relay(t *testing.T, b outbox.Bus, blobs outbox.Blobs) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	relay := outbox.New(outbox.Config{Source: r.Store, Bus: b, Blobs: blobs, Transit: r.bus, Log: quiet})
	go func() {
		defer close(ended)
		_ = relay.Run(ctx)
	}()
	stop = sync.OnceFunc(func() { cancel(); <-ended })
	t.Cleanup(stop)
	return stop
}

// events reads what the stream has, n entries.
func (r *rig) events(t *testing.T, n int) []string {
	t.Helper()
	var got []string
	enough := errors.New("enough")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := r.bus.Events(ctx, 1, func(_ uint64, data []byte) error {
		if got = append(got, string(data)); len(got) == n {
			return enough
		}
		return nil
	}); !errors.Is(err, enough) {
		t.Fatalf("read %d of %d events: %v", len(got), n, err)
	}
	return got
}

func wait(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// flaky loses every third call's answer: the rows were taken, and the relay
// can't know.
type flaky struct {
	*bus.Bus
	calls atomic.Int64
}

func (f *flaky) PublishEvents(ctx context.Context, rows []inbox.OutboxRow) error {
	n := f.calls.Add(1)
	if n%3 == 1 {
		return errors.New("away")
	}
	if err := f.Bus.PublishEvents(ctx, rows); err != nil || n%3 == 2 {
		return errors.Join(err, errors.New("lost the answer"))
	}
	return nil
}

// Rows of several writers reach the stream once and in each writer's order,
// though three relays compete, come and go, and the bus loses its answers.
func TestRelay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const writers, each = 4, 60
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				r.add(t, fmt.Sprintf("skein.event.w%d", w), fmt.Sprintf("w%d:%d", w, i))
			}
		})
	}
	stop := r.relay(t, &flaky{Bus: r.bus}, nil)
	r.relay(t, r.bus, nil)
	r.relay(t, r.bus, nil)
	time.Sleep(100 * time.Millisecond)
	stop()
	wg.Wait()
	wait(t, "all published", func() bool { return r.pending(t) == 0 })
	got := map[string][]string{}
	for _, e := range r.events(t, writers*each) {
		w, i, _ := strings.Cut(e, ":")
		got[w] = append(got[w], i)
	}
	var want []string
	for i := range each {
		want = append(want, fmt.Sprint(i))
	}
	for w, list := range got {
		if diff := cmp.Diff(want, list); diff != "" {
			t.Errorf("%s (-want +got):\n%s", w, diff)
		}
	}
	_, _, last, err := r.bus.EventsState(t.Context())
	if err != nil || last != writers*each {
		t.Errorf("the stream has %d entries, %v, want %d", last, err, writers*each)
	}
	if mark, err := r.StreamMark(t.Context(), "EVENTS"); err != nil || mark.Last != last {
		t.Errorf("recorded %v, %v, want %d", mark, err, last)
	}
}

// A notification wakes the relay at once, and without one it looks by itself.
func TestRelayWakes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.relay(t, r.bus, nil)
	r.add(t, "skein.event.x", "first")
	r.events(t, 1)
	time.Sleep(1500 * time.Millisecond) // idle by now
	began := time.Now()
	r.add(t, "skein.event.x", "second")
	r.events(t, 2)
	if took := time.Since(began); took > 500*time.Millisecond {
		t.Errorf("took %v with a notification", took)
	}
	if _, err := r.pool.Exec(t.Context(), `INSERT INTO outbox (subject, payload) VALUES ('skein.event.x', 'third')`); err != nil {
		t.Fatal(err)
	}
	r.events(t, 3)
}

// A stream that was made anew gets another epoch, and what is committed after
// that arrives in it.
func TestRelayAfterLoss(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.relay(t, r.bus, nil)
	r.add(t, "skein.event.x", "1")
	r.events(t, 1)
	wait(t, "recorded", func() bool { m, _ := r.StreamMark(t.Context(), "EVENTS"); return m.Last == 1 })
	before, err := outbox.NewPosition(r.Store, r.bus, quiet).State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.bus.ResetEvents(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.add(t, "skein.event.x", "2")
	if got := r.events(t, 1); got[0] != "2" {
		t.Errorf("the new stream has %v", got)
	}
	wait(t, "marked", func() bool { return r.pending(t) == 0 })
	after, err := outbox.NewPosition(r.Store, r.bus, quiet).State(t.Context())
	if err != nil || after.Epoch == before.Epoch || after.Last != 1 {
		t.Errorf("epoch %v, %v after %v", after, err, before)
	}
}

// An event too large for the bus goes out short, so that it blocks nobody.
func TestRelayHugeEvent(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	e := inbox.Event{Kind: inbox.MessageChanged, Entity: "m", Version: 3, Message: &inbox.Message{ID: "m", ConversationID: "c", Subject: "s"},
		Audience: inbox.Audience{After: &inbox.Place{InboxID: "i"}}}
	for i := range 40000 {
		e.Message.To = append(e.Message.To, inbox.Party{Address: fmt.Sprintf("somebody%d@example.com", i)})
	}
	huge, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	r.add(t, "skein.event.message.changed", string(huge))
	r.add(t, "skein.event.x", "next")
	r.relay(t, r.bus, nil)
	got := r.events(t, 2)
	var short inbox.Event
	if err := json.Unmarshal([]byte(got[0]), &short); err != nil {
		t.Fatal(err)
	}
	if short.Version != 3 || !short.Message.Truncated || short.Message.ConversationID != "c" || short.Audience.After == nil || got[1] != "next" {
		t.Errorf("got %.300s and %s", got[0], got[1])
	}
}

// A customer of whom too much is known for the bus goes out with the identities
// alone, and one with too many of those by name only.
func TestRelayHugeCustomer(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	e := inbox.Event{Kind: inbox.CustomerChanged, Entity: "k", Version: 3, Customer: &inbox.Customer{ID: "k", Version: 3, Name: "n",
		Identities: []inbox.Identity{{ID: "i", CustomerID: "k", Value: "a@x.example"}},
		Profile:    []inbox.Fact{{Field: inbox.ClaimName, Value: strings.Repeat("n", 1<<20)}}, Consents: []inbox.Consent{}}}
	for i, kind := range []inbox.IdentityKind{"", inbox.ChatVisitor} {
		for range i * 20_000 {
			e.Customer.Identities = append(e.Customer.Identities, inbox.Identity{ID: "i", Kind: kind, Value: strings.Repeat("v", 40)})
		}
		huge, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		r.add(t, "skein.event.customer.changed", string(huge))
	}
	r.relay(t, r.bus, nil)
	got := r.events(t, 2)
	for i, want := range []int{1, -1} {
		var short inbox.Event
		if err := json.Unmarshal([]byte(got[i]), &short); err != nil {
			t.Fatal(err)
		}
		has := -1
		if short.Customer != nil {
			has = len(short.Customer.Identities)
		}
		if has != want || short.Version != 3 {
			t.Errorf("event %d has %d identities and version %d, want %d and 3", i, has, short.Version, want)
		}
	}
}

// shelf is Blobs in memory.
type shelf map[string]string

func (s shelf) Open(_ context.Context, sha256 string) (io.ReadCloser, error) {
	body, ok := s[sha256]
	if !ok {
		return nil, &inbox.Error{Code: inbox.NotFound, Message: "not there"}
	}
	return io.NopCloser(strings.NewReader(body)), nil
}

const helloSHA = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" // of hello

func outbound(attempt int, sha string) string {
	b, _ := json.Marshal(connectors.Outbound{MessageID: "00000000-0000-7000-8000-000000000001", Attempt: attempt, Channel: inbox.Email, Account: "support",
		Attachments: []connectors.Attachment{{Name: "a.txt", Body: connectors.Body{Size: 5, SHA256: sha}}}})
	return string(b)
}

// A message's attachments are where its sidecar can read them before it is
// published; one whose attachment is gone, or can't be read at all, stands in
// nobody's way.
func TestRelaySends(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.add(t, "skein.out.email.support", outbound(1, strings.Repeat("0", 64)))
	r.add(t, "skein.out.email.support", "not JSON")
	r.add(t, "skein.out.email.support", outbound(2, helloSHA))
	spy := &spy{Bus: r.bus}
	r.relay(t, spy, shelf{helloSHA: "hello", strings.Repeat("0", 63) + "1": "x"})
	wait(t, "all done", func() bool { return r.pending(t) == 0 })
	if len(spy.rows()) != 1 {
		t.Fatalf("published %d rows, want 1", len(spy.rows()))
	}
	var out connectors.Outbound
	if err := json.Unmarshal(spy.rows()[0].Payload, &out); err != nil {
		t.Fatal(err)
	}
	if out.Attempt != 2 || out.Attachments[0].Name != "a.txt" || out.Attachments[0].Body.Ref == "" {
		t.Fatalf("published %s", spy.rows()[0].Payload)
	}
	body, err := r.bus.OpenTransit(t.Context(), inbox.Email, out.Attachments[0].Body)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = body.Close() }()
	if b, err := io.ReadAll(body); err != nil || string(b) != "hello" {
		t.Errorf("the attachment is %q, %v", b, err)
	}
}

type spy struct {
	*bus.Bus
	mu   sync.Mutex
	seen []inbox.OutboxRow
}

func (s *spy) PublishEvents(ctx context.Context, rows []inbox.OutboxRow) error {
	err := s.Bus.PublishEvents(ctx, rows)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, rows...)
	return err
}

func (s *spy) rows() []inbox.OutboxRow {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen)
}

// Encode keeps what was fixed when the agent sent, and refuses what nobody
// would get.
func TestEncode(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	d := inbox.Departure{
		Message: inbox.Message{ID: "m", Attempt: 2, Channel: inbox.Email, Account: "support", Subject: "Re: s", Text: "t", HTML: "<p>t</p>",
			HeaderID: "h@x", To: []inbox.Party{{Address: "a@x"}}, Cc: []inbox.Party{{Address: "b@x"}},
			Attachments: []inbox.Attachment{{ID: "1", Name: "n", Type: "image/png", Size: 3, SHA256: helloSHA, Inline: true, ContentID: "c"}}},
		From: inbox.Party{Address: "support@x", Name: "Support"}, Bcc: []inbox.Party{{Address: "c@x"}},
		ReplyTo: "support+t@x", References: []string{"1@x", "2@x"}, At: at,
	}
	subject, payload, err := outbox.Encode(d)
	if err != nil || subject != "skein.out.email.support" {
		t.Fatalf("Encode() = %s, %v", subject, err)
	}
	var got connectors.Outbound
	if err := json.Unmarshal(payload, &got); err != nil {
		t.Fatal(err)
	}
	want := connectors.Outbound{MessageID: "m", Attempt: 2, Channel: inbox.Email, Account: "support", From: d.From, ReplyTo: "support+t@x",
		To: d.Message.To, Cc: d.Message.Cc, Bcc: d.Bcc, Subject: "Re: s", Text: "t", HTML: "<p>t</p>", HeaderID: "h@x", InReplyTo: "2@x",
		References: []string{"1@x", "2@x"}, Date: at,
		Attachments: []connectors.Attachment{{Name: "n", Type: "image/png", Inline: true, ContentID: "c", Body: connectors.Body{Size: 3, SHA256: helloSHA}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	d.Message.To, d.Message.Cc, d.Bcc = nil, nil, nil
	if _, _, err := outbox.Encode(d); inbox.CodeOf(err) != inbox.Invalid {
		t.Errorf("nobody to send to: %v", err)
	}
}

// Timers fire when due, an unknown kind stays, and a kind that fails doesn't
// keep another from its turn.
func TestTimers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if _, err := r.pool.Exec(t.Context(), `INSERT INTO timers (kind, key, due_at) VALUES
		('good', 'a', now()), ('good', 'b', now() + interval '300 milliseconds'), ('good', 'c', now() + interval '1 hour'),
		('bad', 'a', now()), ('unknown', 'a', now())`); err != nil {
		t.Fatal(err)
	}
	take := func(kind string) outbox.FireFunc {
		return func(ctx context.Context, now time.Time) (bool, error) {
			tag, err := r.pool.Exec(ctx, `DELETE FROM timers WHERE (kind, key) IN (
				SELECT kind, key FROM timers WHERE kind = $1 AND due_at <= $2 LIMIT 1 FOR UPDATE SKIP LOCKED)`, kind, now)
			return err == nil && tag.RowsAffected() == 1, err
		}
	}
	var tries atomic.Int64
	timers := outbox.NewTimers(r.Store, map[string]outbox.FireFunc{
		"bad":  func(context.Context, time.Time) (bool, error) { tries.Add(1); return false, errors.New("bad") },
		"good": take("good"),
	}, quiet)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { _ = timers.Run(ctx) })
	}
	left := func() (keys []string) {
		rows, err := r.pool.Query(t.Context(), `SELECT kind || key FROM timers ORDER BY 1`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var k string
			if err := rows.Scan(&k); err != nil {
				t.Fatal(err)
			}
			keys = append(keys, k)
		}
		return keys
	}
	want := []string{"bada", "goodc", "unknowna"}
	wait(t, "both are fired", func() bool { return cmp.Equal(left(), want) && tries.Load() > 1 })
	cancel()
	wg.Wait()
}

// Of several that are due more than one fires at a time: each waits for a commit.
func TestTimersTogether(t *testing.T) {
	t.Parallel()
	due := make(chan struct{}, 10)
	for range 10 {
		due <- struct{}{}
	}
	inside, together := make(chan struct{}), make(chan struct{})
	var once sync.Once
	timers := outbox.NewTimers(stillClock{}, map[string]outbox.FireFunc{"any": func(ctx context.Context, _ time.Time) (bool, error) {
		select {
		case <-due:
		default:
			return false, nil
		}
		if len(due) > 7 {
			return true, nil
		}
		select { // two meet here, or nobody ever goes on
		case inside <- struct{}{}:
		case <-inside:
			once.Do(func() { close(together) })
		case <-together:
		case <-ctx.Done():
		}
		return true, ctx.Err()
	}}, quiet)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = timers.Run(ctx) })
	wait(t, "all are fired", func() bool { return len(due) == 0 })
	cancel()
	wg.Wait()
}

// A stillClock knows of no timer to come.
type stillClock struct{}

func (stillClock) Watch(ctx context.Context, _ string, work func(context.Context, outbox.WaitFunc) error) error {
	return work(ctx, func(ctx context.Context, _ time.Duration) (bool, error) {
		<-ctx.Done()
		return false, ctx.Err()
	})
}

func (stillClock) NextTimer(context.Context, []string) (time.Time, bool, error) {
	return time.Time{}, false, nil
}

// Followers index, fold and make partitions by themselves.
func TestFollowers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if _, err := r.pool.Exec(t.Context(), `INSERT INTO count_deltas (inbox_id, team_id, assignee_id, status, n)
		SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'open', 1 FROM generate_series(1, 12000)`); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { _ = outbox.NewFollowers(r.Store, quiet).Run(ctx) })
	}
	wait(t, "all is folded and partitions are there", func() bool {
		var deltas, counts, partitions int
		if err := r.pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM count_deltas), (SELECT count(*) FROM counts),
			(SELECT count(*) FROM pg_inherits WHERE inhparent = 'events'::regclass)`).Scan(&deltas, &counts, &partitions); err != nil {
			t.Fatal(err)
		}
		return deltas == 0 && counts == 12000 && partitions == 3
	})
	cancel()
	wg.Wait()
}
