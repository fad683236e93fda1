package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"skein/cmd/skein/local"
	"skein/inbox"
	"skein/inbox/store"
	"skein/inbox/threader"
	"skein/migrations"
)

// filled leaves in data a database with so many customers: made, or copied from
// the folder of those that are kept, which each run finds as they were made.
func (c *Config) filled(ctx context.Context, data string, customers int) error {
	if c.Keep == "" {
		return c.fill(ctx, data, customers)
	}
	kept := filepath.Join(c.Keep, fmt.Sprint("who-", customers))
	if _, err := os.Stat(kept); errors.Is(err, os.ErrNotExist) {
		fresh := kept + ".new"
		if err := os.RemoveAll(fresh); err != nil {
			return err
		}
		if err := os.MkdirAll(fresh, 0o711); err != nil {
			return err
		}
		if err := os.Chmod(c.Keep, 0o711); err != nil { // PostgreSQL's user passes through
			return err
		}
		if err := c.fill(ctx, fresh, customers); err != nil {
			return err
		}
		if err := os.Rename(fresh, kept); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	// By cp, which keeps whose the files are.
	if out, err := exec.CommandContext(ctx, "cp", "-a", kept+"/.", data).CombinedOutput(); err != nil {
		return fmt.Errorf("copy %s: %w: %s", kept, err, out)
	}
	return nil
}

// warm reads the database once, so that the system has in memory what it has room
// for, as on a machine that has served for a while: after a copy of ten gigabytes
// that is the last of it, and the few customers' is all there.
func warm(dir string) error {
	return filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if errors.Is(err, os.ErrNotExist) { // the server has removed it meanwhile
			return nil
		}
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, f)
		return errors.Join(err, f.Close())
	})
}

func (c *Config) fill(ctx context.Context, data string, customers int) (err error) {
	pg, err := local.StartPostgres(ctx, local.PostgresConfig{Dir: filepath.Join(data, "postgres"), Log: c.Log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pg.Stop(context.WithoutCancel(ctx))) }()
	if err := migrations.Up(ctx, pg.URL()); err != nil {
		return err
	}
	pool, err := pgxpool.New(ctx, pg.URL())
	if err != nil {
		return err
	}
	defer pool.Close()
	st, err := store.Open(ctx, pg.URL(), 0, threader.Rules())
	if err != nil {
		return err
	}
	defer st.Close()
	if _, err := c.business(ctx, st); err != nil {
		return err
	}
	began := time.Now()
	if err := loadPeople(ctx, pool, customers); err != nil {
		return err
	}
	c.section("%d customers are loaded, in %v", customers, time.Since(began).Round(time.Second))
	return nil
}

// loadPeople makes customers: an address, a shop account that claims it and a
// telephone, the edges that join them, and orders with an item each. The last customer is two people's worth of items, for merging.
func loadPeople(ctx context.Context, pool *pgxpool.Pool, customers int) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	for _, sql := range []string{
		`SET session_replication_role = replica`, `SET synchronous_commit = off`, `SET work_mem = '64MB'`, idFunction,
		`CREATE TEMPORARY TABLE bench_people (i bigint PRIMARY KEY, name text NOT NULL)`,
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	const step = 50_000
	for from := 0; from < customers; from += step {
		if err := loadNames(ctx, conn.Conn(), from, min(from+step, customers)); err != nil {
			return err
		}
		for _, sql := range peopleSQL {
			if _, err := conn.Exec(ctx, sql); err != nil {
				return fmt.Errorf("%.60s: %w", strings.TrimSpace(sql), err)
			}
		}
	}
	for _, sql := range append(slices.Clone(heavySQL), `VACUUM (ANALYZE) customers`, `VACUUM (ANALYZE) identities`, `VACUUM (ANALYZE) claims`,
		`VACUUM (ANALYZE) identity_edges`, `VACUUM (ANALYZE) identity_hints`, `VACUUM (ANALYZE) orders`, `VACUUM (ANALYZE) order_items`,
		`VACUUM (ANALYZE) order_parties`, `VACUUM (ANALYZE) messages`, `VACUUM (ANALYZE) conversations`, `CHECKPOINT`) {
		var args []any
		if strings.Contains(sql, "@items") {
			args = append(args, pgx.NamedArgs{"items": mergedItems, "n": customers})
		}
		if _, err := conn.Exec(ctx, sql, args...); err != nil {
			return fmt.Errorf("%.60s: %w", strings.TrimSpace(sql), err)
		}
	}
	_, err = conn.Exec(ctx, `RESET session_replication_role`)
	return err
}

// loadNames gives each customer a name, which some others have too or one that
// sounds like it, and the hints that the rules make of what is known.
func loadNames(ctx context.Context, conn *pgx.Conn, from, until int) error {
	rules := threader.Rules()
	var people, hints [][]any
	for i := from; i < until; i++ {
		name := words[i%200] + " " + words[200+i/7%500] + words[700+i/3500%1000]
		mail, phone := fmt.Sprintf("customer%d@customers.example", i), fmt.Sprintf("+43664%07d", i)
		people = append(people, []any{i, name})
		for j, k := range []inbox.Known{
			{Refs: []inbox.IdentityRef{{Kind: inbox.EmailAddress, Key: mail}}, Name: name},
			{Refs: []inbox.IdentityRef{{Kind: inbox.ShopAccount, Key: fmt.Sprint("main/", i)}}, Name: name, Claims: []inbox.Claim{
				{Field: inbox.ClaimEmail, Value: mail, Key: mail}, {Field: inbox.ClaimPhone, Value: phone, Key: phone}, {Field: inbox.ClaimName, Value: name}}},
			{Refs: []inbox.IdentityRef{{Kind: inbox.PhoneNumber, Key: phone}}, Name: name},
		} {
			for _, hint := range rules.Hints(k) {
				hints = append(hints, []any{hint, pgtype.UUID{Bytes: benchUUID(2, perCustomer*i+j), Valid: true}})
			}
		}
	}
	if _, err := conn.Exec(ctx, `TRUNCATE bench_people`); err != nil {
		return err
	}
	if _, err := conn.CopyFrom(ctx, pgx.Identifier{"bench_people"}, []string{"i", "name"}, pgx.CopyFromRows(people)); err != nil {
		return err
	}
	_, err := conn.CopyFrom(ctx, pgx.Identifier{"identity_hints"}, []string{"hint", "identity_id"}, pgx.CopyFromRows(hints))
	return err
}

// Identity 3i is an address, 3i+1 the shop account, 3i+2 the telephone; the
// customer of all three is the first one's.
var peopleSQL = []string{
	`INSERT INTO customers (id, name) SELECT bench_id(1, 3 * i + j), CASE j WHEN 0 THEN name ELSE '' END
		FROM bench_people CROSS JOIN generate_series(0, 2) j`,
	`INSERT INTO identities (id, customer_id, born_id, kind, key, value, name, proof)
		SELECT bench_id(2, 3 * i + j), bench_id(1, 3 * i), bench_id(1, 3 * i + j), (ARRAY['email', 'shop', 'phone'])[j + 1],
			(ARRAY['customer' || i || '@customers.example', 'main/' || i, '+43664' || lpad(i::text, 7, '0')])[j + 1],
			(ARRAY['customer' || i || '@customers.example', i::text, '+43664' || lpad(i::text, 7, '0')])[j + 1], name, 2
		FROM bench_people CROSS JOIN generate_series(0, 2) j`,
	`INSERT INTO claims (identity_id, field, source, value, key, proof, at)
		SELECT bench_id(2, 3 * i + 1), (ARRAY['email', 'phone', 'name'])[j + 1], 'shop',
			(ARRAY['customer' || i || '@customers.example', '+43664' || lpad(i::text, 7, '0'), name])[j + 1],
			(ARRAY['customer' || i || '@customers.example', '+43664' || lpad(i::text, 7, '0'), ''])[j + 1], 2, now() - interval '1 year'
		FROM bench_people CROSS JOIN generate_series(0, 2) j`,
	`INSERT INTO identity_edges (id, a, b, automatic, key_kind, key, evidence, before, actor_kind)
		SELECT bench_id(6, 2 * i + j), bench_id(2, 3 * i + j), bench_id(2, 3 * i + 1 + j), true, (ARRAY['email', 'phone'])[j + 1],
			(ARRAY['customer' || i || '@customers.example', '+43664' || lpad(i::text, 7, '0')])[j + 1], '{}', '{}', 'system'
		FROM bench_people CROSS JOIN generate_series(0, 1) j`,
	`INSERT INTO orders (id, store, external_id, number, number_key, identity_id, status, currency, total, placed_at, updated_at)
		SELECT bench_id(7, 5 * i + k), 'main', (5 * i + k)::text, 'HP-' || (10000000 + 5 * i + k), 'HP' || (10000000 + 5 * i + k), bench_id(2, 3 * i + 1),
			(ARRAY['delivered', 'delivered', 'fulfilled', 'processing', 'paid'])[k + 1], 'EUR', 4200 + k,
			now() - (5 - k) * interval '30 days', now() - (5 - k) * interval '29 days'
		FROM bench_people CROSS JOIN generate_series(0, 4) k`,
	`INSERT INTO order_items (order_id, position, sku, title, quantity, price)
		SELECT bench_id(7, 5 * i + k), 0, 'SKU-' || (i + k) % 5000, 'Thing ' || (i + k) % 5000, 1, 4200 + k
		FROM bench_people CROSS JOIN generate_series(0, 4) k`,
	`INSERT INTO order_parties (order_id, role, name, email)
		SELECT bench_id(7, 5 * i + k), 'buyer', name, 'customer' || i || '@customers.example'
		FROM bench_people CROSS JOIN generate_series(0, 4) k`,
}

// heavySQL makes two people of one: each half has written half of the items.
var heavySQL = []string{
	`INSERT INTO customers (id, name) SELECT bench_id(1, 3 * @n::bigint + 3 + j), 'Heavy ' || j FROM generate_series(0, 1) j WHERE @items::int > 0`,
	`INSERT INTO identities (id, customer_id, born_id, kind, key, value, name, proof)
		SELECT bench_id(2, 3 * @n::bigint + 3 + j), bench_id(1, 3 * @n::bigint + 3 + j), bench_id(1, 3 * @n::bigint + 3 + j), 'email',
			'heavy' || j || '@customers.example', 'heavy' || j || '@customers.example', 'Heavy', 2
		FROM generate_series(0, 1) j WHERE @items::int > 0`,
	`INSERT INTO conversations (id, inbox_id, status, channel, account_id, identity_id, subject, message_seq, public_seq, last_at, created_at)
		SELECT bench_id(3, i), a.inbox_id, 'closed', 'email', a.id, bench_id(2, 3 * @n::bigint + 3 + i % 2), 'Item ' || i, 5, 5, now(), now()
		FROM generate_series(0, @items::int / 5 - 1) i JOIN accounts a ON a.id = 'support'`,
	`INSERT INTO threads (id, root_id, conversation_id, home_id)
		SELECT bench_id(4, i), bench_id(4, i), bench_id(3, i), bench_id(3, i) FROM generate_series(0, @items::int / 5 - 1) i`,
	`INSERT INTO messages (id, conversation_id, thread_id, seq, kind, direction, channel, account_id, identity_id, author_kind, recipients, text, visible_text,
			state, reason, sent_at, created_at)
		SELECT bench_id(5, 5 * i + s), bench_id(3, i), bench_id(4, i), s + 1, 'message', 'in', 'email', 'support', bench_id(2, 3 * @n::bigint + 3 + i % 2),
			'customer', '{"to": [], "cc": []}', 'text', 'text', 'received', '{"step": "new", "text": ""}', now(), now()
		FROM generate_series(0, @items::int / 5 - 1) i CROSS JOIN generate_series(0, 4) s`,
}
