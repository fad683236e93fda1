package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"skein/inbox"
	"skein/inbox/store"
)

func encodePlain(d inbox.Departure) (string, []byte, error) {
	return "skein.out.email." + string(d.Message.Account), fmt.Appendf(nil, "%s/%d", d.Message.ID, d.Message.Attempt), nil
}

func (d *desk) queued(t testing.TB, n int) []inbox.MessageID {
	t.Helper()
	var list []inbox.MessageID
	for i := range n {
		c := d.mail(t, "support", fmt.Sprintf("q%d@x.example", i), fmt.Sprintf("q%d@x.example", i))
		m, err := d.Reply(t.Context(), d.anna, string(c.ID), answer(fmt.Sprint("q", i), "Here you are.", c.PublicSeq))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, m.ID)
	}
	return list
}

// What is said in one conversation leaves in the order in which it was said,
// while several fire.
func TestFireSendInOrder(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const n = 12
	ids := d.queued(t, n)
	d.strings(t, `UPDATE timers SET due_at = now() - interval '1 minute' - random() * interval '1 minute' WHERE kind = 'send' RETURNING key`)
	want := d.strings(t, `SELECT key || '/1' FROM timers WHERE kind = 'send' ORDER BY due_at`)
	d.strings(t, `UPDATE messages SET conversation_id = (SELECT conversation_id FROM messages WHERE id = $1), seq = 1000 + n FROM (
		SELECT key::uuid, row_number() OVER (ORDER BY key) AS n FROM timers WHERE kind = 'send') k WHERE id = key RETURNING key::text`, ids[0])
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			for len(d.strings(t, `SELECT 1::text FROM timers WHERE kind = 'send' LIMIT 1`)) > 0 {
				if _, err := d.FireSend(t.Context(), time.Now(), encodePlain); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	got := d.strings(t, `SELECT convert_from(payload, 'UTF8') FROM outbox WHERE subject = 'skein.out.email.support' ORDER BY id`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what left, in order (-want +got):\n%s", diff)
	}
}

// A timer fires once, however many nodes watch it: one attempt, one outbox row,
// one version for each message, and no timer left.
func TestFireSendOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const n = 20
	ids := d.queued(t, n)
	var fired atomic.Int64
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			for {
				ok, err := d.FireSend(t.Context(), time.Now().Add(time.Second), encodePlain)
				if err != nil {
					t.Error(err)
				}
				if !ok {
					return
				}
				fired.Add(1)
			}
		})
	}
	wg.Wait()
	if fired.Load() != n {
		t.Errorf("fired %d times, want %d", fired.Load(), n)
	}
	var want []string
	for _, id := range ids {
		want = append(want, string(id)+"/1")
	}
	got := d.strings(t, `SELECT convert_from(payload, 'UTF8') FROM outbox WHERE subject = 'skein.out.email.support'`)
	if diff := cmp.Diff(want, got, cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Errorf("outbox (-want +got):\n%s", diff)
	}
	if got := d.strings(t, `SELECT DISTINCT state || attempt || version FROM messages WHERE direction = 'out'`); !cmp.Equal(got, []string{"sending12"}) {
		t.Errorf("states, attempts and versions are %v, want sending, 1, 2", got)
	}
	if got := d.strings(t, `SELECT key FROM timers`); len(got) != 0 {
		t.Errorf("timers left: %v", got)
	}
}

// What departs is what the agent sent: account, recipients, references and the
// plus-address, whose message is announced as sending.
func TestDeparture(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.queued(t, 1)[0]
	var got inbox.Departure
	if ok, err := d.FireSend(t.Context(), time.Now(), func(dep inbox.Departure) (string, []byte, error) {
		got = dep
		return encodePlain(dep)
	}); !ok || err != nil {
		t.Fatalf("FireSend() = %v, %v", ok, err)
	}
	if got.From.Address != "support@shop.example" || !strings.HasPrefix(got.ReplyTo, "support+") ||
		!cmp.Equal(got.References, []string{"q0@x.example"}) || len(got.Message.To) != 1 || got.Message.To[0].Address != "q0@x.example" ||
		got.Message.ID != id || got.Message.State != inbox.Sending || got.Message.Attempt != 1 || got.At.IsZero() {
		t.Errorf("departure is %+v", got)
	}
	if n := d.strings(t, `SELECT subject FROM outbox WHERE subject = 'skein.event.message.changed' AND convert_from(payload, 'UTF8') LIKE '%"sending"%'`); len(n) != 1 {
		t.Errorf("announced %d times, want 1", len(n))
	}
}

// A message that can't be encoded fails with the reason; a timer that can't be
// read is put off; neither stands in the way of the next.
func TestFireSendRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ids := d.queued(t, 3)
	d.strings(t, `UPDATE timers SET payload = '[]', due_at = now() - interval '3 minutes' WHERE key = $1 RETURNING key`, ids[0])
	d.strings(t, `UPDATE timers SET due_at = now() - interval '2 minutes' WHERE key = $1 RETURNING key`, ids[1])
	encode := func(dep inbox.Departure) (string, []byte, error) {
		if dep.Message.ID == ids[1] {
			return "", nil, errors.New("nobody to send it to")
		}
		return encodePlain(dep)
	}
	now := time.Now().Add(time.Second)
	if _, err := d.FireSend(t.Context(), now, encode); err == nil || store.Transient(err) {
		t.Fatalf("FireSend() of a broken timer = %v", err)
	}
	for range 2 {
		if ok, err := d.FireSend(t.Context(), now, encode); !ok || err != nil {
			t.Fatalf("FireSend() = %v, %v", ok, err)
		}
	}
	got := d.strings(t, `SELECT state || ' ' || state_detail FROM messages WHERE direction = 'out' ORDER BY array_position($1::uuid[], id)`, ids)
	if diff := cmp.Diff([]string{"queued ", "failed nobody to send it to", "sending "}, got); diff != "" {
		t.Error(diff)
	}
	if ok, err := d.FireSend(t.Context(), now, encode); ok || err != nil {
		t.Errorf("FireSend() = %v, %v, want nothing due", ok, err)
	}
	if due, ok, err := d.NextTimer(t.Context(), []string{store.SendKind}); err != nil || !ok || time.Until(due) < 30*time.Second {
		t.Errorf("NextTimer() = %v, %v, %v, want in a minute", due, ok, err)
	}
}

// What the relay couldn't hand over fails, unless it has moved on, and can be
// sent again with the same Message-ID.
func TestFailAndResend(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.queued(t, 1)[0]
	if _, err := d.FireSend(t.Context(), time.Now(), encodePlain); err != nil {
		t.Fatal(err)
	}
	rows, err := d.PendingSends(t.Context(), 10)
	if err != nil || len(rows) != 1 {
		t.Fatalf("PendingSends() = %v, %v", rows, err)
	}
	actor := inbox.Actor{Kind: inbox.ByAgent}
	_, err = d.Resend(t.Context(), id, inbox.SendTimer{}, actor, time.Now())
	wantCode(t, "resend while sending", err, inbox.Conflict)
	if err := d.FailSend(t.Context(), rows[0].ID, id, 2, "of another attempt", time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := d.strings(t, `SELECT state FROM messages WHERE id = $1`, id); got[0] != "sending" {
		t.Errorf("another attempt's failure made it %v", got)
	}
	if err := d.FailSend(t.Context(), rows[0].ID, id, 1, "gone", time.Now()); err != nil {
		t.Fatal(err)
	}
	if rows, _ := d.PendingSends(t.Context(), 10); len(rows) != 0 {
		t.Errorf("still pending: %v", rows)
	}
	m, err := d.Resend(t.Context(), id, inbox.SendTimer{}, actor, time.Now())
	if err != nil || m.State != inbox.Queued || m.Attempt != 2 {
		t.Fatalf("Resend() = %v %d, %v", m.State, m.Attempt, err)
	}
	if _, err := d.FireSend(t.Context(), time.Now(), encodePlain); err != nil {
		t.Fatal(err)
	}
	if got := d.strings(t, `SELECT attempt || state FROM attempts WHERE message_id = $1 ORDER BY attempt`, id); !cmp.Equal(got, []string{"1failed", "2sending"}) {
		t.Errorf("attempts are %v", got)
	}
}

// Rows that commit late are found though later ids are already published, and
// the lanes are apart.
func TestPending(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.strings(t, `DELETE FROM outbox RETURNING subject`)
	for _, subject := range []string{"skein.event.a", "skein.out.email.x", "skein.event.b"} {
		d.strings(t, `INSERT INTO outbox (subject, payload) VALUES ($1, '') RETURNING subject`, subject)
	}
	events, err := d.PendingEvents(t.Context(), 10)
	if err != nil || len(events) != 2 || events[0].Subject != "skein.event.a" || events[1].Subject != "skein.event.b" {
		t.Fatalf("PendingEvents() = %v, %v", events, err)
	}
	if err := d.MarkPublished(t.Context(), []int64{events[1].ID}, "", inbox.StreamMark{}); err != nil {
		t.Fatal(err)
	}
	if left, err := d.PendingEvents(t.Context(), 10); err != nil || len(left) != 1 || left[0].ID != events[0].ID {
		t.Errorf("PendingEvents() = %v, %v, want the first", left, err)
	}
	if n, err := d.PruneOutbox(t.Context(), time.Now().Add(-time.Hour), 10); n != 0 || err != nil {
		t.Errorf("PruneOutbox(an hour ago) = %d, %v", n, err)
	}
	if n, err := d.PruneOutbox(t.Context(), time.Now().Add(time.Hour), 10); n != 1 || err != nil {
		t.Errorf("PruneOutbox(in an hour) = %d, %v, want the published one alone", n, err)
	}
}

// Of many that want to lead one does; the next one takes over when its
// connection is gone, also when the process was killed with no word.
func TestLead(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	var leading, most, terms atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil && terms.Load() < 8 {
				_ = d.Lead(ctx, "test", "skein_test", func(ctx context.Context, wait store.WaitFunc) error {
					most.Store(max(most.Load(), leading.Add(1)))
					defer leading.Add(-1)
					terms.Add(1)
					_, err := wait(ctx, 50*time.Millisecond)
					return err
				})
			}
		})
	}
	wg.Wait()
	if most.Load() != 1 || terms.Load() < 8 {
		t.Errorf("%d led at once in %d terms", most.Load(), terms.Load())
	}

	held := make(chan struct{})
	ended := make(chan error)
	go func() {
		ended <- d.Lead(ctx, "killed", "skein_killed", func(ctx context.Context, wait store.WaitFunc) error {
			close(held)
			for {
				if _, err := wait(ctx, time.Minute); err != nil {
					return err
				}
			}
		})
	}()
	<-held
	d.strings(t, `SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE query LIKE 'SELECT pg_try_advisory_lock%' AND datname = current_database() AND pid <> pg_backend_pid()`)
	if err := <-ended; err == nil {
		t.Error("went on without its connection")
	}
	if err := d.Lead(ctx, "killed", "skein_killed", func(context.Context, store.WaitFunc) error { return nil }); err != nil {
		t.Errorf("no successor: %v", err)
	}
}

// The wait is woken by a notification.
func TestWatch(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	err := d.Watch(t.Context(), "skein_x", func(ctx context.Context, wait store.WaitFunc) error {
		d.strings(t, `SELECT pg_notify('skein_x', '')::text`)
		began := time.Now()
		woken, err := wait(ctx, 10*time.Second)
		if err != nil || !woken {
			return fmt.Errorf("woken %v, %w", woken, err)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("woke after %v", took)
		}
		for range 2 { // a time-out is no error, and the connection is still good
			if woken, err := wait(ctx, 20*time.Millisecond); woken || err != nil {
				return fmt.Errorf("woken %v, %w", woken, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// The epoch changes when the stream was made anew or stands behind what was
// recorded, and at no other time, whoever looks.
func TestMarkStream(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	look := func(seen inbox.StreamMark, origin string, last uint64) inbox.StreamMark {
		t.Helper()
		m, err := d.MarkStream(t.Context(), "S", seen, origin, last)
		if err != nil {
			t.Fatal(err)
		}
		if now, err := d.StreamMark(t.Context(), "S"); err != nil || now != m {
			t.Fatalf("StreamMark() = %v, %v, want %v", now, err, m)
		}
		return m
	}
	want := func(got inbox.StreamMark, epoch string, last uint64) {
		t.Helper()
		if got != (inbox.StreamMark{Epoch: epoch, Last: last}) {
			t.Errorf("mark is %v, want %s at %d", got, epoch, last)
		}
	}
	first := look(inbox.StreamMark{}, "a", 10)
	want(first, "a-0", 10)
	grown := look(first, "a", 20)
	want(grown, "a-0", 20)
	want(look(first, "a", 15), "a-0", 20) // looked before the other recorded
	lost := look(grown, "a", 12)
	want(lost, "a-1", 12)
	want(look(grown, "a", 12), "a-1", 12) // another node sees the same loss
	anew := look(lost, "b", 3)
	want(anew, "b-0", 3)
	want(look(lost, "b", 3), "b-0", 3)

	if err := d.MarkPublished(t.Context(), nil, "S", inbox.StreamMark{Epoch: "b-0", Last: 9}); err != nil {
		t.Fatal(err)
	}
	if err := d.MarkPublished(t.Context(), nil, "S", inbox.StreamMark{Epoch: "a-1", Last: 99}); err != nil {
		t.Fatal(err)
	}
	now, err := d.StreamMark(t.Context(), "S")
	if err != nil {
		t.Fatal(err)
	}
	want(now, "b-0", 9)
}

// Folding at once with writers and other folders changes no sum that a reader
// sees, and leaves no empty cell.
func TestFoldCounts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.fill(t, "support", 30)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for ctx.Err() == nil {
				if _, err := d.FoldCounts(t.Context(), 7); err != nil {
					t.Error(err)
				}
			}
		})
	}
	sum := `SELECT (coalesce((SELECT sum(n) FROM counts), 0) + coalesce((SELECT sum(n) FROM count_deltas), 0))::text`
	open := d.conversationOf(t, "support0")
	for i := range 40 {
		status := []inbox.Status{inbox.Closed, inbox.Open}[i%2]
		if _, err := d.Patch(t.Context(), d.anna, string(open.ID), inbox.Patch{Status: &status}, time.Now()); err != nil {
			t.Fatal(err)
		}
		if got := d.strings(t, sum); got[0] != "30" {
			t.Fatalf("a reader sees %s, want 30", got[0])
		}
	}
	stop()
	wg.Wait()
	for n := 1; n > 0; {
		var err error
		if n, err = d.FoldCounts(t.Context(), 1000); err != nil {
			t.Fatal(err)
		}
	}
	if got := d.strings(t, `SELECT status || n FROM counts`); !cmp.Equal(got, []string{"open30"}) {
		t.Errorf("counts are %v, want open30", got)
	}
}

// Every message is indexed once by many indexers at a time, found by the words
// of its subject, text and sender, parts of the address included.
func TestIndexMessages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const n = 60
	d.fill(t, "support", n)
	var indexed atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				took, err := d.IndexMessages(t.Context(), 7)
				if err != nil {
					t.Error(err)
				}
				if took == 0 {
					return
				}
				indexed.Add(int64(took))
			}
		})
	}
	wg.Wait()
	for n, err := d.IndexMessages(t.Context(), 100); n > 0; n, err = d.IndexMessages(t.Context(), 100) {
		if err != nil {
			t.Fatal(err)
		}
		indexed.Add(int64(n)) // what an indexer skipped while another one held it
	}
	if indexed.Load() != n {
		t.Errorf("indexed %d, want %d", indexed.Load(), n)
	}
	for _, word := range []string{"support7", "support7@x.example"} {
		got := d.strings(t, `SELECT m.header_id FROM message_search s JOIN messages m ON m.id = s.message_id
			WHERE s.words @@ plainto_tsquery('simple', $1)`, word)
		if !cmp.Equal(got, []string{"support7"}) {
			t.Errorf("%q finds %v", word, got)
		}
	}
}

// A text larger than the index takes, and words longer than it takes, are no
// reason to stop.
func TestIndexHugeText(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	r := arrival("huge", "huge@x.example", nil)
	var text strings.Builder
	for i := range 300000 {
		fmt.Fprintf(&text, "w%d ", i)
	}
	r.Message.Text = strings.Repeat("x", 5000) + " " + text.String()
	r.Message.VisibleText = ""
	d.deliver(t, r)
	if n, err := d.IndexMessages(t.Context(), 10); n != 1 || err != nil {
		t.Errorf("IndexMessages() = %d, %v", n, err)
	}
}

// Partitions are made for this month and the next, what came before them moves
// in from the default one, and a second call changes nothing.
func TestPartitions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.fill(t, "support", 5)
	count := func(of string) string { return d.strings(t, `SELECT count(*)::text FROM `+of)[0] }
	want := count("events")
	now := time.Now()
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if err := d.EnsurePartitions(t.Context(), now); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := count("events"); got != want {
		t.Errorf("%s entries, want %s", got, want)
	}
	if got := count("events_default"); got != "0" {
		t.Errorf("%s entries stayed in the default partition", got)
	}
	d.mail(t, "support", "later@x.example", "later@x.example")
	if got := count(now.UTC().Format("events_2006_01")); got == want {
		t.Errorf("a new entry didn't go to its month")
	}
	if err := d.EnsurePartitions(t.Context(), now.AddDate(0, 1, 0)); err != nil {
		t.Error(err)
	}
}

// Nobody who writes while partitions are made is refused.
func TestPartitionsWhileWriting(t *testing.T) {
	t.Parallel()
	b := newDeliverBench(t)
	stop := make(chan struct{})
	var writers sync.WaitGroup
	for w := range 6 {
		writers.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				a := inbox.Account{ID: "support", Channel: inbox.Email, Name: fmt.Sprint(w, n), Address: "support@shop.example", MaxProof: inbox.Proven, Settings: []byte("{}")}
				if err := b.pool.QueryRow(t.Context(), `SELECT inbox_id FROM accounts WHERE id = 'support'`).Scan(&a.InboxID); err != nil {
					t.Error(err)
					return
				}
				if _, err := b.SaveAccount(t.Context(), a, time.Now()); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	err := b.EnsurePartitions(t.Context(), time.Now())
	close(stop)
	writers.Wait()
	if err != nil {
		t.Error(err)
	}
}
