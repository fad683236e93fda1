package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/cmd/skein/local"
	"skein/inbox"
	"skein/inbox/store"
	"skein/inbox/threader"
	"skein/migrations"
)

// texts are as many different bodies as the loaded messages share; each message
// also has a word of its own.
const texts = 5000

// load fills the database on data with conversations from..until, each of four
// messages, by SQL alone: it is the reading that is measured. A tenth is open.
func (c *Config) load(ctx context.Context, data string, from, until int) (err error) {
	began := time.Now()
	dir := filepath.Join(data, "postgres")
	if err := os.MkdirAll(data, 0o711); err != nil {
		return err
	}
	pg, err := local.StartPostgres(ctx, local.PostgresConfig{Dir: dir, Log: c.Log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pg.Stop(context.WithoutCancel(ctx))) }()
	if err := migrations.Up(ctx, pg.URL()); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, pg.URL())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	if from == 0 {
		if err := c.first(ctx, pg.URL(), conn); err != nil {
			return err
		}
	}
	// Nothing that is measured here is a foreign key's work, and indexes made at
	// the end are made faster.
	steps := []string{
		`SET session_replication_role = replica`, `SET synchronous_commit = off`, `SET maintenance_work_mem = '512MB'`, `SET work_mem = '64MB'`,
		`DROP INDEX IF EXISTS message_search_words`, `DROP INDEX IF EXISTS messages_identity`, `DROP INDEX IF EXISTS messages_thread`,
	}
	for _, sql := range steps {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	const step = 20_000
	for at := from; at < until; at += step {
		if err := loadSome(ctx, conn, at, min(at+step, until)); err != nil {
			return err
		}
	}
	for _, sql := range []string{
		`CREATE INDEX message_search_words ON message_search USING gin (words)`,
		`CREATE INDEX messages_identity ON messages (identity_id, sent_at DESC, id DESC)`,
		`CREATE INDEX messages_thread ON messages (thread_id)`,
		`DELETE FROM counts`,
		`INSERT INTO counts (inbox_id, team_id, assignee_id, status, n)
			SELECT inbox_id, '00000000-0000-0000-0000-000000000000'::uuid, coalesce(assignee_id, '00000000-0000-0000-0000-000000000000'), status, count(*)
			FROM conversations GROUP BY 1, 2, 3, 4`,
		`SELECT setval('conversation_number', (SELECT max(number) FROM conversations))`,
		`VACUUM (ANALYZE) conversations`, `VACUUM (ANALYZE) messages`, `VACUUM (ANALYZE) message_search`, `VACUUM (ANALYZE) identities`,
		`VACUUM (ANALYZE) customers`, `VACUUM (ANALYZE) counts`, `CHECKPOINT`,
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	var size string
	if err := conn.QueryRow(ctx, `SELECT pg_size_pretty(pg_database_size(current_database()))`).Scan(&size); err != nil {
		return err
	}
	c.section("%d conversations, %d messages, %s (loaded in %v)", until, until*perConversation, size, time.Since(began).Round(time.Second))
	return nil
}

// first makes the business, the texts and their words.
func (c *Config) first(ctx context.Context, dsn string, conn *pgx.Conn) error {
	st, err := store.Open(ctx, dsn, 2, threader.Rules())
	if err != nil {
		return err
	}
	defer st.Close()
	if _, err := c.business(ctx, st); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `CREATE TABLE bench_texts (n integer PRIMARY KEY, body text NOT NULL, words tsvector)`); err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(2, 2))
	rows := make([][]any, texts)
	for i := range rows {
		rows[i] = []any{i, prose(r, 300)}
	}
	if _, err := conn.CopyFrom(ctx, pgx.Identifier{"bench_texts"}, []string{"n", "body"}, pgx.CopyFromRows(rows)); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `UPDATE bench_texts SET words = to_tsvector('simple', body)`)
	return err
}

func loadSome(ctx context.Context, conn *pgx.Conn, from, until int) error {
	args := pgx.NamedArgs{"from": from, "until": until - 1, "texts": texts, "per": perConversation}
	for _, sql := range []string{
		`INSERT INTO customers (id, name) SELECT bench_id(1, i), 'Customer ' || i FROM generate_series(@from::int, @until::int) i WHERE i % 4 = 0`,
		`INSERT INTO identities (id, customer_id, born_id, kind, key, value, name, proof)
			SELECT bench_id(2, i), bench_id(1, i), bench_id(1, i), 'email', 'customer' || i || '@customers.example', 'customer' || i || '@customers.example', 'Customer ' || i, 2
			FROM generate_series(@from::int, @until::int) i WHERE i % 4 = 0`,
		`INSERT INTO conversations (id, number, inbox_id, assignee_id, status, channel, account_id, identity_id, subject, preview,
				message_seq, public_seq, last_at, waiting_since, created_at)
			SELECT bench_id(3, i), i + 1, a.inbox_id, (SELECT id FROM agents WHERE email = 'agent' || (i::bigint * 7919 % 40) || '@bench.test'),
				CASE WHEN i * 31 % 100 < 10 THEN 'open' WHEN i * 31 % 100 < 15 THEN 'pending' WHEN i * 31 % 100 < 18 THEN 'spam' ELSE 'closed' END,
				'email', a.id, bench_id(2, i - i % 4), 'Subject of number ' || i, left(t.body, 120), @per, @per,
				now() - (2000000 - i) * interval '1 second' * 30, NULL, now() - (2000000 - i) * interval '1 second' * 30
			FROM generate_series(@from::int, @until::int) i
			JOIN accounts a ON a.id = (ARRAY['support', 'sales', 'press'])[1 + i % 3]
			JOIN bench_texts t ON t.n = i * 13 % @texts`,
		`INSERT INTO threads (id, root_id, conversation_id, home_id)
			SELECT bench_id(4, i), bench_id(4, i), bench_id(3, i), bench_id(3, i) FROM generate_series(@from::int, @until::int) i`,
		`INSERT INTO messages (id, conversation_id, thread_id, seq, kind, direction, channel, account_id, identity_id, author_kind,
				author_name, author_address, recipients, subject, text, visible_text, state, reason, header_id, sent_at, created_at)
			SELECT bench_id(5, i * @per + s), c.id, bench_id(4, i), s + 1, 'message', CASE s % 2 WHEN 0 THEN 'in' ELSE 'out' END,
				'email', c.account_id, c.identity_id, CASE s % 2 WHEN 0 THEN 'customer' ELSE 'agent' END, 'Customer ' || i,
				'customer' || i || '@customers.example', '{"to": [], "cc": []}', c.subject, t.body || ' ref' || (i * @per + s), t.body || ' ref' || (i * @per + s),
				CASE s % 2 WHEN 0 THEN 'received' ELSE 'sent' END, '{"step": "new", "text": ""}', i || '.' || s || '@bench.test',
				c.last_at - (@per - s) * interval '10 seconds', c.last_at - (@per - s) * interval '10 seconds'
			FROM generate_series(@from::int, @until::int) i CROSS JOIN generate_series(0, @per::int - 1) s
			JOIN conversations c ON c.id = bench_id(3, i)
			JOIN bench_texts t ON t.n = (i * @per + s) * 17 % @texts`,
		`INSERT INTO message_search (message_id, at, words)
			SELECT bench_id(5, i * @per + s), c.last_at - (@per - s) * interval '10 seconds',
				setweight(to_tsvector('simple', c.subject), 'A') || t.words || to_tsvector('simple', 'ref' || (i * @per + s)) ||
				array_to_tsvector(ARRAY['from:customer' || i || '@customers.example', 'from:customer' || i, 'from:customers', 'from:example'] ||
					CASE WHEN s = 0 AND (i + 1) % 5 = 0 THEN ARRAY['has:attachment'] ELSE '{}' END)
			FROM generate_series(@from::int, @until::int) i CROSS JOIN generate_series(0, @per::int - 1) s
			JOIN conversations c ON c.id = bench_id(3, i)
			JOIN bench_texts t ON t.n = (i * @per + s) * 17 % @texts`,
	} {
		if _, err := conn.Exec(ctx, idFunction); err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, sql, args); err != nil {
			return fmt.Errorf("%.60s: %w", sql, err)
		}
	}
	return nil
}

// idFunction gives UUIDs in the form of version 7 that rise with their number.
const idFunction = `CREATE OR REPLACE FUNCTION bench_id(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
	$$ SELECT ('0190' || lpad(to_hex(n >> 12), 8, '0') || '7' || lpad(to_hex(n & 4095), 3, '0') || '8' || kind || '00000000000000')::uuid $$`

// benchID is idFunction in Go.
func benchID(kind, n int) inbox.ConversationID {
	return inbox.ConversationID(fmt.Sprintf("0190%04x-%04x-7%03x-8%d00-000000000000", n>>12>>16, n>>12&0xffff, n&4095, kind))
}

// benchUUID is benchID in bytes, as COPY takes it.
func benchUUID(kind, n int) [16]byte {
	high := n >> 12
	return [16]byte{0x01, 0x90, byte(high >> 24), byte(high >> 16), byte(high >> 8), byte(high), 0x70 | byte(n>>8&0xf), byte(n), 0x80 | byte(kind)}
}
