package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox/store"
)

// What grows is counted anew without waiting for the database to look, and not
// again while it stays as it is.
func TestAnalyseGrown(t *testing.T) {
	t.Parallel()
	d := newDeliverBench(t)
	counted := func() (n float32) {
		if err := d.pool.QueryRow(t.Context(), `SELECT reltuples FROM pg_class WHERE oid = 'timers'::regclass`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	// A connection tells how much it wrote when it ends, at the latest.
	c, err := pgx.ConnectConfig(t.Context(), d.pool.Config().ConnConfig)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Exec(t.Context(), `INSERT INTO timers (kind, key, due_at, payload) SELECT 'k', n::text, now(), '{}' FROM generate_series(1, 900) n`); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); counted() != 900; time.Sleep(20 * time.Millisecond) {
		if _, err := d.AnalyseGrown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("%v rows are known of 900", counted())
		}
	}
	if n, err := d.AnalyseGrown(t.Context()); n != 0 || err != nil {
		t.Errorf("AnalyseGrown = %d, %v for what has not grown since", n, err)
	}
}

// Who has orders is looked up for each conversation, by a plan too that was made
// while there was nothing: one that reads all orders is kept until the tables are
// counted.
func TestOrderedReadsNoTable(t *testing.T) {
	t.Parallel()
	d := newDeliverBench(t)
	tx, err := d.pool.BeginTx(t.Context(), pgx.TxOptions{BeginQuery: store.DeliverOnce})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if _, err := tx.Prepare(t.Context(), "ordered", store.Ordered); err != nil {
		t.Fatal(err)
	}
	rows, err := tx.Query(t.Context(), `EXPLAIN EXECUTE ordered('{}')`)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	plan := strings.Join(lines, "\n")
	for _, whole := range []string{"Seq Scan", "hashed SubPlan", "Hash Join", "Merge Join", "Materialize"} {
		if strings.Contains(plan, whole) {
			t.Errorf("the plan has a %s:\n%s", whole, plan)
		}
	}
}
