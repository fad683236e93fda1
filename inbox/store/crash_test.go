package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"skein/inbox"
	"skein/inbox/store"
)

// What is of the database's state is tried again, what is of the content is
// not: mixed up, good mail is put aside or bad mail stops a partition.
func TestTransient(t *testing.T) {
	t.Parallel()
	code := func(c string) error { return fmt.Errorf("write: %w", &pgconn.PgError{Code: c}) }
	_, noJSON := json.Marshal(time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC))
	for _, c := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{code("08006"), true}, {code("25006"), true}, {code("25P02"), true}, {code("26000"), true},
		{code("40001"), true}, {code("40P01"), true}, {code("42P01"), true}, {code("42P05"), true},
		{code("42501"), true}, {code("42703"), true}, {code("0A000"), true}, {code("53100"), true},
		{code("53300"), true}, {code("55P03"), true}, {code("57P01"), true}, {code("57P03"), true},
		{code("58030"), true}, {code("XX000"), true}, {code(""), true},
		{code("22001"), false}, {code("22021"), false}, {code("22P05"), false}, {code("22003"), false},
		{code("23502"), false}, {code("23505"), false}, {code("23514"), false}, {code("54000"), false},
		{context.Canceled, true}, {context.DeadlineExceeded, true}, {io.ErrUnexpectedEOF, true},
		{&inbox.Error{Code: inbox.Unavailable}, true}, {&inbox.Error{Code: inbox.Invalid}, false},
		{fmt.Errorf("read: %w", pgx.ErrNoRows), false}, {fmt.Errorf("encode: %w", noJSON), false},
	} {
		if got := store.Transient(c.err); got != c.want {
			t.Errorf("Transient(%v) = %v, want %v", c.err, got, c.want)
		}
	}
}

// A migration under way makes what connections have prepared void: mail waits
// for the next try.
func TestDeliverWhileMigrating(t *testing.T) {
	t.Parallel()
	b := newDeliverBench(t)
	b.deliver(t, arrival("a", "ann@x.example", nil))
	b.deliver(t, arrival("b", "ann@x.example", []string{"a"}))
	for _, sql := range []string{
		`ALTER TABLE conversations ALTER COLUMN preview TYPE varchar`,
		`ALTER TABLE attempts RENAME TO moved`, // and one that is away for a moment
	} {
		if _, err := b.pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	b.deliver(t, arrival("c", "ann@x.example", []string{"a"}))
	id := b.strings(t, `UPDATE messages SET direction = 'out', state = 'sending', attempt = 1 WHERE header_id = 'c' RETURNING id::text`)[0]
	r := receipt(inbox.MessageID(id), 1, inbox.Sent)
	if err := b.Deliver(t.Context(), []inbox.Received{r}); err == nil || !store.Transient(err) {
		t.Errorf("Deliver without a table = %v, want a transient error", err)
	}
	if _, err := b.pool.Exec(t.Context(), `ALTER TABLE moved RENAME TO attempts`); err != nil {
		t.Fatal(err)
	}
	b.deliver(t, r)
	if got := b.strings(t, `SELECT state FROM messages WHERE id = $1`, id); got[0] != "sent" {
		t.Errorf("state %v, want sent", got)
	}
	b.whole(t)
}

// Mail that meets the making of its month's partition of the log is refused,
// once, by a constraint that is none of its fault.
func TestDeliverWhilePartitioning(t *testing.T) {
	t.Parallel()
	b := newDeliverBench(t)
	tx, err := b.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	exec := func(sql string) {
		if _, err := tx.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec(`CREATE TABLE events_now (LIKE events INCLUDING ALL)`)
	exec(`LOCK TABLE events_default IN ACCESS EXCLUSIVE MODE`)
	exec(`DELETE FROM events_default`) // of the accounts that were made
	got := make(chan error)
	mail := arrival("a", "ann@x.example", nil)
	go func() { got <- b.Deliver(context.WithoutCancel(t.Context()), []inbox.Received{mail}) }()
	for waiting := false; !waiting; time.Sleep(10 * time.Millisecond) {
		if err := b.pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'events_default'::regclass)`).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
	}
	exec(`ALTER TABLE events ATTACH PARTITION events_now FOR VALUES FROM ('2000-01-01') TO ('2100-01-01')`)
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		if pg, ok := errors.AsType[*pgconn.PgError](err); !ok || pg.Code != "23514" {
			t.Fatalf("Deliver = %v, want nothing worse than 23514", err)
		}
		t.Logf("refused as expected: %v", err)
	}
	b.deliver(t, mail) // as the threader does
	if got := b.partition(t); len(got) != 1 {
		t.Errorf("stored %v, want one", got)
	}
}

func receipt(id inbox.MessageID, attempt int, state inbox.State) inbox.Received {
	return inbox.Received{
		Account: "support", Channel: inbox.Email, EventID: fmt.Sprintf("receipt:%s:%d:%s", id, attempt, state), At: time.Now(),
		Receipt: &inbox.Receipt{MessageID: id, Attempt: attempt, State: state, Detail: string(state), At: time.Now()},
	}
}

// An attempt that was uncertain and turns out to have left is never shown as
// failed by the one after it, nor followed by one that has not begun.
func TestLateReceipt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		fire     bool            // attempt 2 begins before the late word
		receipts []inbox.Receipt // after attempt 1 was uncertain and sent again
		want     string          // state and attempt
		sends    int             // rows for the connector
	}{
		{"called off", false, []inbox.Receipt{{Attempt: 1, State: inbox.Sent}}, "sent 2", 1},
		{"a failed one calls nothing off", false, []inbox.Receipt{{Attempt: 1, State: inbox.Failed}}, "sending 2", 2},
		{"late, then refused", true, []inbox.Receipt{{Attempt: 1, State: inbox.Sent}, {Attempt: 2, State: inbox.Failed}}, "sent 2", 2},
		{"refused, then late", true, []inbox.Receipt{{Attempt: 2, State: inbox.Failed}, {Attempt: 1, State: inbox.Sent}}, "sent 2", 2},
		{"uncertain twice, then late", true, []inbox.Receipt{{Attempt: 2, State: inbox.Uncertain}, {Attempt: 1, State: inbox.Sent}}, "sent 2", 2},
		{"both failed", true, []inbox.Receipt{{Attempt: 1, State: inbox.Failed}, {Attempt: 2, State: inbox.Failed}}, "failed 2", 2},
		{"both left, then bounced", true, []inbox.Receipt{{Attempt: 1, State: inbox.Sent}, {Attempt: 2, State: inbox.Sent}, {Attempt: 2, State: inbox.Failed}}, "failed 2", 2},
		{"an attempt nobody made", true, []inbox.Receipt{{Attempt: 3, State: inbox.Sent}}, "sending 2", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			id := d.queued(t, 1)[0]
			fire := func() {
				t.Helper()
				if _, err := d.FireSend(t.Context(), time.Now().Add(time.Second), encodePlain); err != nil {
					t.Fatal(err)
				}
			}
			fire()
			d.deliver(t, receipt(id, 1, inbox.Uncertain))
			if _, err := d.Resend(t.Context(), id, inbox.SendTimer{}, inbox.Actor{Kind: inbox.ByAgent}, time.Now()); err != nil {
				t.Fatal(err)
			}
			if c.fire {
				fire()
			}
			for _, r := range c.receipts {
				d.deliver(t, receipt(id, r.Attempt, r.State))
			}
			fire()
			if got := d.strings(t, `SELECT state || ' ' || attempt FROM messages WHERE id = $1`, id); !cmp.Equal(got, []string{c.want}) {
				t.Errorf("state, attempt = %v, want %s", got, c.want)
			}
			if got := d.strings(t, `SELECT payload::text FROM outbox WHERE subject LIKE 'skein.out.%'`); len(got) != c.sends {
				t.Errorf("%d attempts left for the connector, want %d", len(got), c.sends)
			}
		})
	}
}

// A connector has no word about what another account sends.
func TestReceiptOfAnotherAccount(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.queued(t, 1)[0]
	r := receipt(id, 1, inbox.Sent)
	r.Account = "second"
	d.deliver(t, r)
	if got := d.strings(t, `SELECT state FROM messages WHERE id = $1`, id); got[0] != "queued" {
		t.Errorf("another account's receipt made it %v", got)
	}
}

// Mail to the plus-address of a conversation that is merged at the same instant
// goes where the conversation went.
func TestPlusAddressWhileMerging(t *testing.T) {
	t.Parallel()
	b := newDeliverBench(t)
	b.deliver(t, arrival("a", "ann@x.example", nil))
	b.deliver(t, arrival("b", "ann@x.example", nil))
	of := func(column, id string) string {
		return b.strings(t, `SELECT `+column+`::text FROM messages WHERE header_id = $1`, id)[0]
	}
	into, from, root, thread_ := of("conversation_id", "a"), of("conversation_id", "b"), of("thread_id", "a"), of("thread_id", "b")

	tx, err := b.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	for _, stmt := range [][]any{
		{`SELECT 1 FROM threads WHERE id IN ($1, $2) FOR UPDATE`, root, thread_},
		{`UPDATE threads SET root_id = $1, conversation_id = $3 WHERE id = $2`, root, thread_, into},
		{`UPDATE messages SET conversation_id = $1, seq = 2 WHERE header_id = 'b'`, into},
		{`UPDATE conversations SET message_seq = 2, public_seq = 2 WHERE id = $1`, into},
		{`UPDATE conversations SET merged_into = $1 WHERE id = $2`, into, from},
	} {
		if _, err := tx.Exec(t.Context(), stmt[0].(string), stmt[1:]...); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan error)
	mail := arrival("c", "ann@x.example", nil)
	mail.Message.Plus = inbox.ConversationID(from)
	go func() { done <- b.Deliver(context.WithoutCancel(t.Context()), []inbox.Received{mail}) }()
	b.waitForLocks(t, 1, "threads")
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := of("conversation_id", "c"); got != into {
		t.Errorf("it went to %s, want %s", got, into)
	}
}
