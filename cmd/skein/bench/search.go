package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"skein/cmd/skein/local"
	"skein/inbox"
	"skein/inbox/store"
	"skein/inbox/threader"
)

const (
	// A million messages, and a fiftieth of them.
	fewSearched, manySearched = 5_000, 250_000
	// searchers look at once, as many times each: agents type, and stop to read.
	searchers, searchesEach = 2, 150
)

// searchBar is what the slowest hundredth of searches may take among a million
// messages.
const searchBar = 100 * time.Millisecond

// search measures searches of every kind among few and among a million messages.
// What a machine that does other things too makes of the time, it can't change of
// the pages that a search reads: both are told.
func (c *Config) search(ctx context.Context, dir string) error {
	var few []searched
	for _, n := range []int{fewSearched, manySearched} {
		data := filepath.Join(dir, strconv.Itoa(n))
		if c.Keep != "" { // nothing is written: it is used as it is
			data = filepath.Join(c.Keep, fmt.Sprint("search-", n))
		}
		list, err := c.searchAmong(ctx, data, n)
		if err != nil {
			return fmt.Errorf("%d conversations: %w", n, err)
		}
		if c.Keep == "" {
			_ = os.RemoveAll(data)
		}
		if few == nil {
			few = list
			continue
		}
		c.section("%d messages against %d", n*perConversation, fewSearched*perConversation)
		for i, l := range list {
			c.line(l.name, "p50 ×%.2f   p99 ×%.2f   pages ×%.2f", ratio(l.p50, few[i].p50), ratio(l.p99, few[i].p99), l.pages/max(few[i].pages, 1))
		}
	}
	return nil
}

type searched struct {
	latency
	pages float64 // of the database that one search looks at, mean
}

func (c *Config) searchAmong(ctx context.Context, data string, conversations int) (list []searched, err error) {
	_, err = os.Stat(data)
	fresh := errors.Is(err, os.ErrNotExist)
	if fresh {
		if err := c.load(ctx, data, 0, conversations); err != nil {
			return nil, err
		}
	} else {
		c.section("%d conversations, kept", conversations)
	}
	pg, err := local.StartPostgres(ctx, local.PostgresConfig{Dir: filepath.Join(data, "postgres"), Log: c.Log})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, pg.Stop(context.WithoutCancel(ctx))) }()
	st, err := store.Open(ctx, pg.URL(), 0, threader.Rules())
	if err != nil {
		return nil, err
	}
	defer st.Close()
	pool, err := pgxpool.New(ctx, pg.URL())
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	if fresh {
		if err := dressUp(ctx, st, pool); err != nil {
			return nil, err
		}
	}
	var who []*inbox.Rights
	for _, email := range []string{"agent0@bench.test", "agent1@bench.test"} {
		var id inbox.AgentID
		if err := pool.QueryRow(ctx, `SELECT id FROM agents WHERE email = $1`, email).Scan(&id); err != nil {
			return nil, err
		}
		r, err := st.Rights(ctx, id)
		if err != nil {
			return nil, err
		}
		who = append(who, &r)
	}
	search := func(text func(*rand.Rand) string) func(*rand.Rand, *inbox.Rights) error {
		return func(r *rand.Rand, by *inbox.Rights) error {
			_, _, err := st.Search(ctx, by, text(r), inbox.Cursor{}, 30)
			return err
		}
	}
	find := func(kind string, text func(*rand.Rand) string) func(*rand.Rand, *inbox.Rights) error {
		return func(r *rand.Rand, by *inbox.Rights) error {
			_, _, err := st.Find(ctx, by, kind, text(r), inbox.Cursor{}, 5)
			return err
		}
	}
	word := func(r *rand.Rand) string { return words[200+r.IntN(1800)] }
	common := func(r *rand.Rand) string { return words[r.IntN(50)] }
	customer := func(r *rand.Rand) int { return r.IntN(conversations) / 4 * 4 }
	last := func(r *rand.Rand) string { return lastName(customer(r)) }
	slip := func(text string, r *rand.Rand) string {
		at := 1 + r.IntN(len(text)-2)
		return text[:at] + text[at+1:]
	}
	number := func(r *rand.Rand) string { return strconv.Itoa(100_000 + r.IntN(conversations/10)*10) }
	for _, k := range []struct {
		name string
		do   func(*rand.Rand, *inbox.Rights) error
	}{
		{"a rare word", search(func(r *rand.Rand) string { return "ref" + strconv.Itoa(r.IntN(conversations*perConversation)) })},
		{"two words", search(func(r *rand.Rand) string { return word(r) + " " + word(r) })},
		{"a common word", search(common)},
		{"nothing", search(func(r *rand.Rand) string { return "zz" + strconv.Itoa(r.IntN(1e9)) })},
		{"from:", search(func(r *rand.Rand) string { return fmt.Sprintf("from:customer%d@", customer(r)) })},
		{"from: and a common word", search(func(r *rand.Rand) string { return fmt.Sprintf("from:customer%d@ %s", customer(r), common(r)) })},
		{"status: and a common word", search(func(r *rand.Rand) string { return "status:open " + common(r) })},
		{"tag: and a common word", search(func(r *rand.Rand) string { return "tag:vip " + common(r) })},
		{"tag: and two words", search(func(r *rand.Rand) string { return "tag:vip " + word(r) + " " + word(r) })},
		{"order:", search(func(r *rand.Rand) string { return "order:" + number(r) })},
		{"assignee: and is:waiting", search(func(*rand.Rand) string { return "assignee:me is:waiting" })},
		{"has:attachment", search(func(r *rand.Rand) string { return "has:attachment " + word(r) })},
		{"before:, a common word", search(func(r *rand.Rand) string {
			return "before:" + time.Now().AddDate(-1, 0, -r.IntN(200)).Format(time.DateOnly) + " " + common(r)
		})},
		{"customer, by name", find("customer", last)},
		{"customer, by both names", find("customer", func(r *rand.Rand) string { n := customer(r); return firstName(n) + " " + lastName(n) })},
		{"customer, mistyped", find("customer", func(r *rand.Rand) string { return slip(last(r), r) })},
		{"order", find("order", number)},
		{"order, mistyped", find("order", func(r *rand.Rand) string { return slip(number(r), r) })},
		{"file", find("file", func(r *rand.Rand) string { return "invoice " + strconv.Itoa(r.IntN(conversations)) })},
	} {
		l, err := c.searchOf(ctx, pool, who, k.do)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k.name, err)
		}
		l.name = k.name
		list = append(list, l)
		note := ""
		if l.p99 > searchBar {
			note = "   over " + searchBar.String()
		}
		c.line(k.name, "p50 %8.2f ms   p99 %8.2f ms   %8.0f pages%s", ms(l.p50), ms(l.p99), l.pages, note)
	}
	return list, nil
}

// searchOf measures one kind of search. One that takes too long and is refused
// counts with the time that it took.
func (c *Config) searchOf(ctx context.Context, pool *pgxpool.Pool, who []*inbox.Rights, do func(*rand.Rand, *inbox.Rights) error) (searched, error) {
	pages := func() (n float64, err error) {
		// What backends have counted they tell when they are idle.
		time.Sleep(1100 * time.Millisecond)
		return n, pool.QueryRow(ctx, `SELECT (blks_hit + blks_read)::float8 FROM pg_stat_database WHERE datname = current_database()`).Scan(&n)
	}
	before, err := pages()
	if err != nil {
		return searched{}, err
	}
	var mu sync.Mutex
	var took []time.Duration
	var failed error
	var wg sync.WaitGroup
	for i := range searchers {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(7, uint64(i)))
			for range searchesEach {
				began := time.Now()
				err := do(r, who[i%len(who)])
				t := time.Since(began)
				mu.Lock()
				took = append(took, t)
				if err != nil && inbox.CodeOf(err) != inbox.Unavailable {
					failed = err
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if failed != nil {
		return searched{}, failed
	}
	after, err := pages()
	return searched{latency: latencyOf(took), pages: (after - before) / float64(len(took))}, err
}

func firstName(n int) string { return words[200+n/4*7%300] }
func lastName(n int) string  { return words[600+n/4*13%1400] }

// dressUp gives what is loaded names, senders, tags, orders and files, and brings
// it into the index of names as the server would.
func dressUp(ctx context.Context, st *store.Store, pool *pgxpool.Pool) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	first, last := make([]string, 300), make([]string, 1400)
	copy(first, words[200:500])
	copy(last, words[600:2000])
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{`SET session_replication_role = replica`, nil},
		{`SET synchronous_commit = off`, nil},
		{`CREATE TEMPORARY TABLE bench_named AS SELECT id, (split_part(substr(key, 9), '@', 1))::int / 4 AS i FROM identities`, nil},
		{`UPDATE identities t SET name = initcap(($1::text[])[1 + n.i * 7 % 300] || ' ' || ($2::text[])[1 + n.i * 13 % 1400])
			FROM bench_named n WHERE n.id = t.id`, []any{first, last}},
		{`UPDATE customers k SET name = '' WHERE name <> ''`, nil},
		{`UPDATE conversations SET tags = '{vip}', priority = 1 WHERE number % 100 = 0`, nil},
		{`UPDATE conversations SET waiting_since = last_at WHERE status = 'open' AND number % 2 = 0`, nil},
		{`INSERT INTO orders (id, store, external_id, number, number_key, identity_id, status, currency, total, placed_at, updated_at)
			SELECT gen_random_uuid(), 'bench', (100000 + c.number)::text, (100000 + c.number)::text, (100000 + c.number)::text, c.identity_id, 'paid', 'EUR', 100, c.last_at, c.last_at
			FROM conversations c WHERE c.number % 10 = 0`, nil},
		{`INSERT INTO conversation_orders (conversation_id, rank, order_id, state, score, reason)
			SELECT c.id, 0, o.id, 'linked', 1, '{}' FROM conversations c JOIN orders o ON o.number = (100000 + c.number)::text`, nil},
		{`INSERT INTO attachments (id, message_id, name, type, size, sha256)
			SELECT gen_random_uuid(), m.id, 'Invoice ' || c.number || '.pdf', 'application/pdf', 1, repeat('a', 64)
			FROM conversations c JOIN messages m ON m.conversation_id = c.id AND m.seq = 1 WHERE c.number % 5 = 0`, nil},
		{`INSERT INTO names_pending (kind, ref) SELECT 'customer', id FROM identities UNION ALL SELECT 'order', id FROM orders
			UNION ALL SELECT 'file', id FROM attachments`, nil},
	} {
		if _, err := conn.Exec(ctx, step.sql, step.args...); err != nil {
			return fmt.Errorf("%.60s: %w", strings.TrimSpace(step.sql), err)
		}
	}
	for n := 1; n > 0; {
		if n, err = st.IndexNames(ctx, 5000); err != nil {
			return err
		}
	}
	for _, table := range []string{"search_names", "conversations", "conversation_orders", "orders", "attachments", "identities", "customers"} {
		if _, err := conn.Exec(ctx, `VACUUM (ANALYZE) `+pgx.Identifier{table}.Sanitize()); err != nil {
			return err
		}
	}
	return nil
}
