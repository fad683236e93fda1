package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"skein/inbox"
	"skein/inbox/inboxtest"
	"skein/inbox/store"
	"skein/inbox/threader"
)

// A bench is a store with one mail account, and a look at its tables.
type deliverBench struct {
	*store.Store
	pool *pgxpool.Pool
}

func newDeliverBench(t testing.TB) *deliverBench {
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
	brand, calendar, err := s.CreateBrand(t.Context(), "Brand", "en", "Europe/Berlin", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	in, err := s.CreateInbox(t.Context(), brand, calendar, "Support", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.SaveAccount(t.Context(), inbox.Account{
		ID: "support", Channel: inbox.Email, InboxID: in.ID, Name: "Support", Address: "support@shop.example", MaxProof: inbox.Proven,
		Settings: []byte("{}"),
	}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SaveAccount(t.Context(), inbox.Account{
		ID: "shop", Channel: inbox.Shop, InboxID: in.ID, Name: "Shop", MaxProof: inbox.Signed, Settings: []byte("{}"),
	}, time.Now()); err != nil {
		t.Fatal(err)
	}
	return &deliverBench{s, pool}
}

// arrival is a mail in short: refs are oldest first.
func arrival(id, from string, refs []string, to ...string) inbox.Received {
	now := time.Now()
	m := &inbox.Arrival{
		SenderKey: from, Identity: inbox.IdentityRef{Kind: inbox.EmailAddress, Key: from}, Person: inbox.Party{Address: from},
		Own: inbox.HeaderKey(id), People: append([]string{from}, to...),
	}
	m.HeaderID, m.Direction, m.Text, m.Subject, m.CreatedAt, m.SentAt = id, inbox.In, "text of "+id, "subject", now, now
	m.Author = inbox.Author{Kind: inbox.ByCustomer, Address: from}
	m.Proof = inbox.Proven
	for i, r := range slices.Backward(refs) {
		step := inbox.ByReferences
		if i == len(refs)-1 {
			step = inbox.ByInReplyTo
		}
		m.Refs = append(m.Refs, inbox.Ref{Key: inbox.HeaderKey(r), ID: r, Step: step})
	}
	return inbox.Received{Account: "support", Channel: inbox.Email, EventID: "mail:" + id, At: now, Message: m}
}

// deliver retries what a deadlock or a lost race sent back, as the threader does.
func (b *deliverBench) deliver(t testing.TB, batch ...inbox.Received) {
	for range 50 {
		err := b.Deliver(context.WithoutCancel(t.Context()), batch)
		if err == nil {
			return
		}
		if !store.Transient(err) {
			t.Errorf("deliver: %v", err)
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Error("deliver: transient for ever")
}

func (b *deliverBench) strings(t testing.TB, sql string, args ...any) []string {
	t.Helper()
	rows, err := b.pool.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// waitForLocks waits until so many wait for a lock in a statement on a table.
func (b *deliverBench) waitForLocks(t testing.TB, n int, table string) {
	t.Helper()
	for len(b.strings(t, `SELECT pid::text FROM pg_stat_activity
		WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FROM ' || $1 || '%'`, table)) < n {
		time.Sleep(time.Millisecond)
	}
}

// partition lists the conversations as sorted lists of header ids.
func (b *deliverBench) partition(t testing.TB) []string {
	return b.strings(t, `SELECT string_agg(header_id, ' ' ORDER BY header_id) AS ids FROM messages GROUP BY conversation_id ORDER BY 1`)
}

// whole fails where a sequence has a gap, a count differs from the rows, or a
// conversation's figures from its messages.
func (b *deliverBench) whole(t testing.TB) {
	t.Helper()
	for _, check := range []struct{ what, sql string }{
		{"conversations whose sequence has a gap", `SELECT c.id::text FROM conversations c
			LEFT JOIN messages m ON m.conversation_id = c.id
			WHERE c.merged_into IS NULL GROUP BY c.id HAVING count(m.id) <> c.message_seq OR coalesce(max(m.seq), 0) <> c.message_seq`},
		{"merged conversations with messages, or a chain of redirects", `SELECT c.id::text FROM conversations c JOIN conversations d ON d.id = c.merged_into
			WHERE d.merged_into IS NOT NULL OR EXISTS (SELECT FROM messages m WHERE m.conversation_id = c.id)`},
		{"threads whose root is not one", `SELECT t.id::text FROM threads t JOIN threads r ON r.id = t.root_id WHERE r.root_id <> r.id OR r.conversation_id <> t.conversation_id`},
		{"counts that differ", `SELECT a.inbox_id::text FROM
			(SELECT inbox_id, status, count(*) n FROM conversations WHERE merged_into IS NULL GROUP BY 1, 2) a
			FULL JOIN (SELECT inbox_id, status, sum(n) n FROM (SELECT inbox_id, status, n FROM counts UNION ALL SELECT inbox_id, status, n FROM count_deltas) d GROUP BY 1, 2 HAVING sum(n) <> 0) b
			USING (inbox_id, status) WHERE a.n IS DISTINCT FROM b.n`},
		{"messages without exactly one event of their first version", `SELECT m.id::text FROM messages m WHERE 1 <>
			(SELECT count(*) FROM events e WHERE e.entity = m.id AND e.kind = 'message.changed' AND e.version = 1)`},
		{"versions announced out of order", `SELECT a.id::text FROM outbox a JOIN outbox b ON a.id < b.id AND a.subject = b.subject
			AND convert_from(a.payload, 'utf8')::jsonb ->> 'entity' = convert_from(b.payload, 'utf8')::jsonb ->> 'entity'
			AND (convert_from(a.payload, 'utf8')::jsonb ->> 'version')::bigint >= (convert_from(b.payload, 'utf8')::jsonb ->> 'version')::bigint`},
	} {
		if bad := b.strings(t, check.sql); len(bad) > 0 {
			t.Errorf("%s: %v", check.what, bad)
		}
	}
}

// Many deliveries at once, each sent twice, from a sender never seen before:
// one customer, one conversation, sequence numbers 1 to n with no gap.
func TestDeliverConcurrently(t *testing.T) {
	t.Parallel()
	b := newDeliverBench(t)
	const n = 20
	var wg sync.WaitGroup
	for i := range n * 2 {
		wg.Go(func() { b.deliver(t, arrival(fmt.Sprint("m", i%n), "ann@x.example", []string{"root"})) })
	}
	wg.Wait()
	if got := b.strings(t, `SELECT concat_ws(' ', (SELECT count(*) FROM customers), (SELECT count(*) FROM conversations WHERE merged_into IS NULL),
		(SELECT count(*) FROM messages))`); got[0] != fmt.Sprintf("1 1 %d", n) {
		t.Errorf("customers, conversations, messages = %s, want 1 1 %d", got[0], n)
	}
	b.whole(t)
}

// A backlog in any order, doubled, cut into batches, on four workers, with
// parents that come late or never: the conversations are the components of the
// header graph.
func TestDeliverConverges(t *testing.T) {
	t.Parallel()
	b := newDeliverBench(t)
	rng := rand.New(rand.NewPCG(7, 7))
	var all []inbox.Received
	var want []string
	for th := range 60 {
		people := []string{fmt.Sprintf("a%d@x.example", th), fmt.Sprintf("b%d@x.example", th)}
		var ids, kept []string
		for i := range 1 + rng.IntN(8) {
			id := fmt.Sprintf("t%02d-%d", th, i)
			var refs []string
			if i > 0 {
				refs = ids[:1+rng.IntN(i)]
			}
			if missing := i == 0 && rng.IntN(4) == 0; !missing {
				all = append(all, arrival(id, people[i%2], refs, people...))
				kept = append(kept, id)
			}
			ids = append(ids, id)
		}
		if len(kept) > 0 {
			slices.Sort(kept)
			want = append(want, strings.Join(kept, " "))
		}
	}
	slices.Sort(want)
	all = append(all, all...)
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	batches := make(chan []inbox.Received, len(all))
	for len(all) > 0 {
		n := min(len(all), 1+rng.IntN(12))
		batches <- all[:n]
		all = all[n:]
	}
	close(batches)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for batch := range batches {
				b.deliver(t, batch...)
			}
		})
	}
	wg.Wait()
	if d := cmp.Diff(want, b.partition(t)); d != "" {
		t.Errorf("partition (-want +got):\n%s", d)
	}
	b.whole(t)
}

// A person who is copied later opens what was closed to them before: the store
// brings the evidence that the decision asks for.
func TestDeliverOpensLater(t *testing.T) {
	t.Parallel()
	b := newDeliverBench(t)
	b.deliver(t, arrival("a", "ann@x.example", nil))
	b.deliver(t, arrival("b", "bob@x.example", []string{"a"}))
	b.deliver(t, arrival("x", "eve@x.example", []string{"a"}))
	b.deliver(t, arrival("c", "ann@x.example", []string{"a"}, "bob@x.example"))
	if d := cmp.Diff([]string{"a b c", "x"}, b.partition(t)); d != "" {
		t.Errorf("partition (-want +got):\n%s", d)
	}
	b.whole(t)
	got := b.strings(t, `SELECT reason ->> 'step' FROM messages ORDER BY header_id`)
	if d := cmp.Diff([]string{"new", "new", "in-reply-to", "new"}, got); d != "" {
		t.Errorf("reasons (-want +got):\n%s", d)
	}
}

// The server's word on an item's content is final; nothing of its batch stays.
func TestDeliverRefusesContent(t *testing.T) {
	t.Parallel()
	b := newDeliverBench(t)
	bad := arrival("bad", "ann@x.example", nil)
	bad.Message.Text = "a\x00b"
	err := b.Deliver(t.Context(), []inbox.Received{arrival("good", "ann@x.example", nil), bad})
	if err == nil || store.Transient(err) {
		t.Errorf("Deliver = %v, want an error of the item's own", err)
	}
	other := arrival("other", "ann@x.example", nil)
	other.Account = "nowhere"
	if err := b.Deliver(t.Context(), []inbox.Received{other}); inbox.CodeOf(err) != inbox.Invalid || store.Transient(err) {
		t.Errorf("Deliver to an unknown account = %v, want %s", err, inbox.Invalid)
	}
	if got := b.partition(t); len(got) != 0 {
		t.Errorf("stored %v, want nothing", got)
	}
}

// History wakes nobody; a customer's mail reopens; a machine's does not.
func TestDeliverStatus(t *testing.T) {
	t.Parallel()
	b := newDeliverBench(t)
	old := arrival("a", "ann@x.example", nil)
	old.History = true
	b.deliver(t, old)
	status := func() string {
		return b.strings(t, `SELECT concat_ws(' ', status, waiting_since IS NOT NULL) FROM conversations`)[0]
	}
	if got := status(); got != "closed f" {
		t.Errorf("after history: %s, want closed f", got)
	}
	auto := arrival("b", "ann@x.example", []string{"a"})
	auto.Message.Automatic.Is = true
	b.deliver(t, auto)
	if got := status(); got != "closed f" {
		t.Errorf("after automatic mail: %s, want closed f", got)
	}
	b.deliver(t, arrival("c", "ann@x.example", []string{"a"}))
	if got := status(); got != "open t" {
		t.Errorf("after a reply: %s, want open t", got)
	}
	junk := arrival("j", "eve@x.example", nil)
	junk.Message.Spam = true
	b.deliver(t, junk)
	if got := b.strings(t, `SELECT status FROM conversations ORDER BY number`); !slices.Equal(got, []string{"open", "spam"}) {
		t.Errorf("statuses = %v, want open, spam", got)
	}
	b.whole(t)
}

// An order's feed may come twice and backwards: the newest word stays.
func TestDeliverOrders(t *testing.T) {
	t.Parallel()
	b := newDeliverBench(t)
	order := func(event, status string, at int, items int) inbox.Received {
		o := &inbox.Order{
			Store: "shop", ExternalID: "1", Number: "#1001", Email: "Ann@x.example", Status: status, Currency: "EUR", Total: int64(items * 100),
			PlacedAt: time.Unix(1e9, 0), UpdatedAt: time.Unix(1e9+int64(at), 0),
			Buyer: inbox.IdentityRef{Kind: inbox.EmailAddress, Key: "ann@x.example"},
		}
		for i := range items {
			o.Items = append(o.Items, inbox.Item{SKU: fmt.Sprint(i), Title: "Thing", Quantity: 1, Price: 100})
		}
		return inbox.Received{Account: "shop", Channel: inbox.Shop, EventID: event, At: time.Now(), Order: o}
	}
	for _, r := range []inbox.Received{order("2", "fulfilled", 20, 2), order("1", "paid", 10, 1), order("3", "delivered", 30, 3), order("2", "fulfilled", 20, 2)} {
		b.deliver(t, r)
	}
	got := b.strings(t, `SELECT concat_ws(' ', o.status, o.total, o.version, (SELECT count(*) FROM order_items i WHERE i.order_id = o.id)) FROM orders o`)
	if d := cmp.Diff([]string{"delivered 300 2 3"}, got); d != "" {
		t.Errorf("orders (-want +got):\n%s", d)
	}
}

// A message without a readable sender, recipient, Message-ID or text is kept
// like any other.
func TestDeliverNameless(t *testing.T) {
	t.Parallel()
	b := newDeliverBench(t)
	r := arrival("", "", nil)
	r.EventID = "nameless"
	r.Message.Own, r.Message.People, r.Message.Refs = inbox.Key{}, nil, nil
	r.Message.Identity = inbox.IdentityRef{Kind: inbox.EmailAddress, Key: "unreadable/1"}
	b.deliver(t, r)
	if got := b.strings(t, `SELECT count(*)::text FROM messages`); got[0] != "1" {
		t.Errorf("%s messages, want 1", got[0])
	}
	b.whole(t)
}
