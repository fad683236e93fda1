package bench

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"skein/cmd/skein/local"
	"skein/migrations"
)

const (
	bareBatch   = 256 // mails in one transaction, as many as the threader takes at most
	bareWorkers = 4   // as many as the threader has
)

// ingested are the tables that taking mail in writes, in the order of their
// foreign keys. Group tells which customer's a row is, so that rows that point
// at each other go in one transaction; "" is for rows that point at nothing.
var ingested = []struct{ table, group string }{
	{"customers", `SELECT t.*, i.id AS of FROM customers t JOIN identities i ON i.customer_id = t.id`},
	{"identities", `SELECT t.*, t.id AS of FROM identities t`},
	{"claims", `SELECT t.*, t.identity_id AS of FROM claims t`},
	{"hints_pending", `SELECT t.id AS identity_id, t.id AS of FROM identities t`},
	{"conversations", `SELECT t.*, t.identity_id AS of FROM conversations t`},
	{"threads", `SELECT t.*, c.identity_id AS of FROM threads t JOIN conversations c ON c.id = t.conversation_id`},
	{"thread_people", `SELECT t.*, c.identity_id AS of FROM thread_people t JOIN threads h ON h.id = t.thread_id JOIN conversations c ON c.id = h.conversation_id`},
	{"messages", `SELECT t.*, t.identity_id AS of FROM messages t`},
	{"thread_keys", `SELECT t.*, m.identity_id AS of FROM thread_keys t JOIN messages m ON m.id = t.message_id`},
	{"search_pending", `SELECT t.id AS message_id, t.identity_id AS of FROM messages t`},
	{"message_keys", ""}, {"key_locks", ""}, {"blobs", ""}, {"events", ""}, {"outbox", ""},
}

// A tableRows is the number of rows in a table.
type tableRows struct {
	table string
	n     int
}

type allRows []tableRows

func (a allRows) of(table string) int {
	for _, t := range a {
		if t.table == table {
			return t.n
		}
	}
	return 0
}

func rows(ctx context.Context, pool *pgxpool.Pool) (allRows, error) {
	var all allRows
	for _, t := range ingested {
		if t.table == "search_pending" || t.table == "hints_pending" {
			continue // emptied by their followers
		}
		var n int
		if err := pool.QueryRow(ctx, `SELECT count(*) FROM `+t.table).Scan(&n); err != nil {
			return nil, err
		}
		all = append(all, tableRows{t.table, n})
	}
	return all, nil
}

// A content is what bare inserts write into one table.
type content struct {
	table   string
	columns []string
	groups  map[any][][]any
	loose   [][]any
}

// A way is how bare rows are written within a transaction.
type way func(ctx context.Context, tx pgx.Tx, contents []content, b [][][]any) error

// bare measures what pgx and PostgreSQL do alone: the same rows into the same
// tables of a fresh database, with its indexes and constraints, in transactions
// as large as ours, by as many connections, with nothing read, locked or decided.
// It holds the final state of each conversation, so that it has no updates to do
// either.
func (c *Config) bare(ctx context.Context, pg *local.Postgres, from *pgxpool.Pool, name string, write way) (took time.Duration, used cpu, err error) {
	contents, err := readAll(ctx, from)
	if err != nil {
		return 0, cpu{}, err
	}
	if _, err := from.Exec(ctx, `CREATE DATABASE `+name); err != nil {
		return 0, cpu{}, err
	}
	dsn := strings.Replace(pg.URL(), "/skein?", "/"+name+"?", 1)
	if err := migrations.Up(ctx, dsn); err != nil {
		return 0, cpu{}, err
	}
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return 0, cpu{}, err
	}
	defer pool.Close()
	for _, table := range []string{"brands", "calendars", "inboxes", "accounts"} {
		business, err := readTable(ctx, from, table, "")
		if err != nil {
			return 0, cpu{}, err
		}
		if _, err := pool.CopyFrom(ctx, pgx.Identifier{table}, business.columns, pgx.CopyFromRows(business.loose)); err != nil {
			return 0, cpu{}, err
		}
	}
	batches := batch(contents)
	if _, err := pool.Exec(ctx, `CHECKPOINT`); err != nil {
		return 0, cpu{}, err
	}
	meter := startMeter(pg.PID())
	began := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range bareWorkers {
		g.Go(func() error {
			for i := next.Add(1) - 1; int(i) < len(batches); i = next.Add(1) - 1 {
				if err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return write(ctx, tx, contents, batches[i]) }); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return 0, cpu{}, err
	}
	return time.Since(began), meter.read(), nil
}

// inserts writes rows by a prepared INSERT each, all of a transaction in one
// round trip.
func inserts(ctx context.Context, tx pgx.Tx, contents []content, b [][][]any) error {
	batch := &pgx.Batch{}
	for i, rows := range b {
		c := &contents[i]
		places := make([]string, len(c.columns))
		for j := range places {
			places[j] = fmt.Sprint("$", j+1)
		}
		sql := `INSERT INTO ` + c.table + ` (` + strings.Join(c.columns, ", ") + `) VALUES (` + strings.Join(places, ", ") + `)`
		for _, row := range rows {
			batch.Queue(sql, row...)
		}
	}
	return tx.SendBatch(ctx, batch).Close()
}

// copies writes rows by COPY, a round trip each table: the least that there is.
func copies(ctx context.Context, tx pgx.Tx, contents []content, b [][][]any) error {
	for i, rows := range b {
		if len(rows) == 0 {
			continue
		}
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{contents[i].table}, contents[i].columns, pgx.CopyFromRows(rows)); err != nil {
			return fmt.Errorf("%s: %w", contents[i].table, err)
		}
	}
	return nil
}

// batch splits the rows into transactions of whole customers: of each table
// those of the batch.
func batch(contents []content) [][][][]any {
	messages := slices.IndexFunc(contents, func(c content) bool { return c.table == "messages" })
	var batches [][][][]any
	current, mails := make([][][]any, len(contents)), 0
	for group := range contents[messages].groups {
		for i := range contents {
			current[i] = append(current[i], contents[i].groups[group]...)
		}
		if mails += len(contents[messages].groups[group]); mails >= bareBatch {
			batches = append(batches, current)
			current, mails = make([][][]any, len(contents)), 0
		}
	}
	if mails > 0 {
		batches = append(batches, current)
	}
	for i, c := range contents {
		for j := range batches {
			part := c.loose[len(c.loose)*j/len(batches) : len(c.loose)*(j+1)/len(batches)]
			batches[j][i] = append(batches[j][i], part...)
		}
	}
	return batches
}

func readAll(ctx context.Context, pool *pgxpool.Pool) ([]content, error) {
	var all []content
	for _, t := range ingested {
		c, err := readTable(ctx, pool, t.table, t.group)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", t.table, err)
		}
		all = append(all, *c)
	}
	return all, nil
}

// readTable reads rows in the form in which COPY takes them back; columns that
// the database numbers by itself are left out.
func readTable(ctx context.Context, pool *pgxpool.Pool, table, group string) (*content, error) {
	cols, err := pool.Query(ctx, `
		SELECT column_name::text, data_type = 'jsonb' FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name = $1 AND is_identity = 'NO' AND column_name <> 'published_at'
		ORDER BY ordinal_position`, table)
	if err != nil {
		return nil, err
	}
	c := &content{table: table, groups: map[any][][]any{}}
	var list []string
	var name string
	var isJSON bool
	if _, err := pgx.ForEachRow(cols, []any{&name, &isJSON}, func() error {
		c.columns = append(c.columns, name)
		if isJSON {
			list = append(list, name+"::text")
		} else {
			list = append(list, name)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	source := table
	if group != "" {
		source = "(" + group + ") q"
		list = append(list, `"of"`)
	}
	rows, err := pool.Query(ctx, `SELECT `+strings.Join(list, ", ")+` FROM `+source)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return nil, err
		}
		for i, v := range values {
			if many, ok := v.([]any); ok {
				texts := make([]string, len(many))
				for j := range many {
					texts[j], _ = many[j].(string)
				}
				values[i] = texts
			}
		}
		if group == "" {
			c.loose = append(c.loose, values)
			continue
		}
		of := values[len(values)-1]
		c.groups[of] = append(c.groups[of], values[:len(values)-1])
	}
	return c, rows.Err()
}
