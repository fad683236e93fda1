package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"skein/cmd/skein/local"
	"skein/connectors"
	"skein/inbox"
	"skein/inbox/blob"
	"skein/inbox/bus"
	"skein/inbox/store"
	"skein/inbox/threader"
	"skein/migrations"
)

// Each customer of a shop has an account, an address and a telephone, and has
// ordered a few times.
const (
	fewCustomers  = 10_000
	manyCustomers = 1_000_000
	perCustomer   = 3 // identities
	ordersEach    = 5
	namingMails   = 10_000 // half name an order of their sender's
	mergedItems   = 10_000
)

// who measures who writes and which order is meant: how fast mail of known
// customers that names their orders is taken in, how long a customer's panel
// takes to open, and how long it takes to undo a merge; with few customers and
// with many.
func (c *Config) who(ctx context.Context, dir string) error {
	var before *whoFigures
	for _, n := range []int{fewCustomers, manyCustomers} {
		data := filepath.Join(dir, fmt.Sprint(n))
		f, err := c.whoAmong(ctx, data, n)
		if err != nil {
			return fmt.Errorf("%d customers: %w", n, err)
		}
		if err := os.RemoveAll(data); err != nil {
			return err
		}
		if before != nil {
			c.section("%d customers against %d", n, fewCustomers)
			c.line("taken in", "×%.2f of the time", f.took.Seconds()/before.took.Seconds())
			c.line("customer panel", "p50 ×%.2f   p99 ×%.2f", ratio(f.panel.p50, before.panel.p50), ratio(f.panel.p99, before.panel.p99))
		}
		before = f
	}
	return nil
}

type whoFigures struct {
	took  time.Duration // until every mail was committed and announced
	panel latency
}

func (c *Config) whoAmong(ctx context.Context, data string, customers int) (*whoFigures, error) {
	if err := os.MkdirAll(data, 0o711); err != nil {
		return nil, err
	}
	f := &whoFigures{}
	if err := c.takeIn(ctx, data, customers, f); err != nil {
		return nil, err
	}
	up, err := c.start(ctx, data)
	if err != nil {
		return nil, err
	}
	defer func() { _ = up.stop() }()
	v := &visitor{base: up.url, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}}}
	if err := v.login(ctx, "agent0@bench.test"); err != nil {
		return nil, err
	}
	for _, n := range []int{connections, 1} { // with everybody at once, and as one agent sees it
		if f.panel, err = c.panels(ctx, v, customers, n); err != nil {
			return nil, fmt.Errorf("open panels: %w", err)
		}
		c.line("customer panel", "p50 %8.2f ms   p99 %8.2f ms   %6d panels of six requests, %d at a time", ms(f.panel.p50), ms(f.panel.p99), f.panel.n, n)
	}
	merge, unmerge, err := mergeAndUndo(ctx, v)
	if err != nil {
		return nil, err
	}
	c.line("merge, then undo", "%8.2f ms, %.2f ms of a customer with %d items", ms(merge), ms(unmerge), mergedItems)
	return f, up.stop()
}

// takeIn fills the database and measures mail into it.
func (c *Config) takeIn(ctx context.Context, data string, customers int, f *whoFigures) (err error) {
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
	accounts, err := c.business(ctx, st)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := loadPeople(ctx, pool, customers); err != nil {
		return err
	}
	var size string
	if err := pool.QueryRow(ctx, `SELECT pg_size_pretty(pg_database_size(current_database()))`).Scan(&size); err != nil {
		return err
	}
	c.section("%d customers, %d identities, %d orders, %s (loaded in %v)", customers, customers*perCustomer, customers*ordersEach, size,
		time.Since(began).Round(time.Second))

	n, err := local.StartNATS(local.NATSConfig{Dir: filepath.Join(data, "bench-nats"), Log: c.Log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Stop(context.WithoutCancel(ctx))) }()
	nc, err := n.Connect()
	if err != nil {
		return err
	}
	defer nc.Close()
	secret := []byte("a secret for one run of the bench")
	b, err := bus.Open(ctx, nc, bus.Config{Log: c.Log, SecretKey: secret})
	if err != nil {
		return err
	}
	key, err := bus.DeriveKey(secret, inbox.Email)
	if err != nil {
		return err
	}
	link, err := bus.NewLink(nc, bus.LinkConfig{Channel: inbox.Email, Key: key, Log: c.Log})
	if err != nil {
		return err
	}
	if _, err := publish(ctx, link, naming(customers, accounts)); err != nil {
		return err
	}
	blobs, err := blob.Open(filepath.Join(data, "bench-blobs"))
	if err != nil {
		return err
	}
	parts, err := c.Ingest(st, b, blobs)
	if err != nil {
		return err
	}
	one := *c
	one.Mails = namingMails
	if _, f.took, err = one.measure(ctx, pool, b, parts); err != nil {
		return err
	}
	var linked, made int
	if err := pool.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM conversation_orders WHERE state = 'linked'), (SELECT count(*) FROM identities) - $1`, customers*perCustomer+2).
		Scan(&linked, &made); err != nil {
		return err
	}
	c.line("mails of known customers", "%8.0f mails/s committed and announced, of %d; %d orders linked, %d identities made", rate(namingMails, f.took), namingMails, linked, made)
	if want := namingMails / 2; linked < want*9/10 {
		return fmt.Errorf("%d orders were linked, want about %d", linked, want)
	}
	return nil
}

// loadPeople makes customers by SQL: an address, a shop account that claims it
// and a telephone, the edges that join them, and orders with an item each. The
// last customer is two people's worth of items, for merging.
func loadPeople(ctx context.Context, pool *pgxpool.Pool, customers int) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	for _, sql := range []string{
		`SET session_replication_role = replica`, `SET synchronous_commit = off`, `SET work_mem = '64MB'`, idFunction,
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	const step = 50_000
	for from := 0; from < customers; from += step {
		args := pgx.NamedArgs{"from": from, "until": min(from+step, customers) - 1}
		for _, sql := range peopleSQL {
			if _, err := conn.Exec(ctx, sql, args); err != nil {
				return fmt.Errorf("%.60s: %w", strings.TrimSpace(sql), err)
			}
		}
	}
	for _, sql := range append(slices.Clone(heavySQL), `VACUUM (ANALYZE) customers`, `VACUUM (ANALYZE) identities`, `VACUUM (ANALYZE) claims`,
		`VACUUM (ANALYZE) identity_edges`, `VACUUM (ANALYZE) identity_hints`, `VACUUM (ANALYZE) orders`, `VACUUM (ANALYZE) order_items`,
		`VACUUM (ANALYZE) order_parties`, `VACUUM (ANALYZE) messages`, `CHECKPOINT`) {
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

// Identity 3i is an address, 3i+1 the shop account, 3i+2 the telephone; the
// customer of all three is the first one's.
var peopleSQL = []string{
	`INSERT INTO customers (id, name) SELECT bench_id(1, 3 * i + j), CASE j WHEN 0 THEN 'Customer ' || i ELSE '' END
		FROM generate_series(@from::bigint, @until::bigint) i CROSS JOIN generate_series(0, 2) j`,
	`INSERT INTO identities (id, customer_id, born_id, kind, key, value, name, proof)
		SELECT bench_id(2, 3 * i + j), bench_id(1, 3 * i), bench_id(1, 3 * i + j), (ARRAY['email', 'shop', 'phone'])[j + 1],
			(ARRAY['customer' || i || '@customers.example', 'main/' || i, '+43664' || lpad(i::text, 7, '0')])[j + 1],
			(ARRAY['customer' || i || '@customers.example', i::text, '+43664' || lpad(i::text, 7, '0')])[j + 1], 'Customer ' || i, 2
		FROM generate_series(@from::bigint, @until::bigint) i CROSS JOIN generate_series(0, 2) j`,
	`INSERT INTO claims (identity_id, field, source, value, key, proof, at)
		SELECT bench_id(2, 3 * i + 1), (ARRAY['email', 'phone', 'name'])[j + 1], 'shop',
			(ARRAY['customer' || i || '@customers.example', '+43664' || lpad(i::text, 7, '0'), 'Customer ' || i])[j + 1],
			(ARRAY['customer' || i || '@customers.example', '+43664' || lpad(i::text, 7, '0'), ''])[j + 1], 2, now() - interval '1 year'
		FROM generate_series(@from::bigint, @until::bigint) i CROSS JOIN generate_series(0, 2) j`,
	`INSERT INTO identity_edges (id, a, b, automatic, key_kind, key, evidence, before, actor_kind)
		SELECT bench_id(6, 2 * i + j), bench_id(2, 3 * i + j), bench_id(2, 3 * i + 1 + j), true, (ARRAY['email', 'phone'])[j + 1],
			(ARRAY['customer' || i || '@customers.example', '+43664' || lpad(i::text, 7, '0')])[j + 1], '{}', '{}', 'system'
		FROM generate_series(@from::bigint, @until::bigint) i CROSS JOIN generate_series(0, 1) j`,
	`INSERT INTO identity_hints (hint, identity_id)
		SELECT (ARRAY['mail:customer' || i, 'name:customer ' || i])[h + 1], bench_id(2, 3 * i + j)
		FROM generate_series(@from::bigint, @until::bigint) i CROSS JOIN generate_series(0, 1) j CROSS JOIN generate_series(0, 1) h`,
	`INSERT INTO orders (id, store, external_id, number, number_key, identity_id, status, currency, total, placed_at, updated_at)
		SELECT bench_id(7, 5 * i + k), 'main', (5 * i + k)::text, 'HP-' || (10000000 + 5 * i + k), 'HP' || (10000000 + 5 * i + k), bench_id(2, 3 * i + 1),
			(ARRAY['delivered', 'delivered', 'fulfilled', 'processing', 'paid'])[k + 1], 'EUR', 4200 + k,
			now() - (5 - k) * interval '30 days', now() - (5 - k) * interval '29 days'
		FROM generate_series(@from::bigint, @until::bigint) i CROSS JOIN generate_series(0, 4) k`,
	`INSERT INTO order_items (order_id, position, sku, title, quantity, price)
		SELECT bench_id(7, 5 * i + k), 0, 'SKU-' || (i + k) % 5000, 'Thing ' || (i + k) % 5000, 1, 4200 + k
		FROM generate_series(@from::bigint, @until::bigint) i CROSS JOIN generate_series(0, 4) k`,
	`INSERT INTO order_parties (order_id, role, name, email)
		SELECT bench_id(7, 5 * i + k), 'buyer', 'Customer ' || i, 'customer' || i || '@customers.example'
		FROM generate_series(@from::bigint, @until::bigint) i CROSS JOIN generate_series(0, 4) k`,
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

// naming makes mails of customers whom the shop knows: every second one names
// an order of its sender's.
func naming(customers int, accounts []inbox.AccountID) []connectors.Inbound {
	r := rand.New(rand.NewPCG(5, uint64(customers)))
	list := make([]connectors.Inbound, namingMails)
	began := time.Now().Add(-namingMails * time.Second)
	for i := range list {
		m := mail{id: fmt.Sprintf("n%d.%x@mail.example", i, r.Uint64()), sender: r.IntN(customers)}
		in := m.inbound(r, accounts[i%len(accounts)], began.Add(time.Duration(i)*time.Second))
		if i%2 == 0 {
			in.Message.Text = fmt.Sprintf("Where is my order HP-%d? %s", 10_000_000+ordersEach*m.sender+r.IntN(ordersEach), in.Message.Text)
			in.Message.VisibleText = in.Message.Text
		}
		list[i] = in
	}
	return list
}

// panelPaths is everything that the page asks for when a customer is shown.
var panelPaths = []string{"", "/matches", "/orders", "/carts", "/conversations", "/timeline?limit=15"}

// panels opens customers' panels, so many at a time, and prints what each of
// their requests takes.
func (c *Config) panels(ctx context.Context, v *visitor, customers, atATime int) (latency, error) {
	var mu sync.Mutex
	var took []time.Duration
	each := make([][]time.Duration, len(panelPaths))
	var failed error
	var wg sync.WaitGroup
	began := time.Now()
	for i := range atATime {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(6, uint64(i)))
			for time.Since(began) < warmUp+measured {
				at := time.Now()
				root := "/customers/" + string(benchID(1, perCustomer*r.IntN(customers)))
				parts := make([]time.Duration, len(panelPaths))
				for n, path := range panelPaths {
					from := time.Now()
					status, err := v.get(ctx, root+path, nil)
					if err == nil && status != http.StatusOK {
						err = fmt.Errorf("%s answered %d", root+path, status)
					}
					if err != nil {
						mu.Lock()
						failed = errors.Join(failed, err)
						mu.Unlock()
						return
					}
					parts[n] = time.Since(from)
				}
				if at.Sub(began) > warmUp {
					mu.Lock()
					took = append(took, time.Since(at))
					for n, d := range parts {
						each[n] = append(each[n], d)
					}
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if failed != nil || len(took) == 0 {
		return latency{}, errors.Join(failed, ctx.Err())
	}
	for n, list := range each {
		l := latencyOf(list)
		c.line("  customer"+panelPaths[n], "p50 %8.2f ms   p99 %8.2f ms", ms(l.p50), ms(l.p99))
	}
	return latencyOf(took), nil
}

func latencyOf(took []time.Duration) latency {
	slices.Sort(took)
	return latency{n: len(took), p50: took[len(took)/2], p99: took[len(took)*99/100]}
}

// mergeAndUndo joins the two halves and takes them apart again.
func mergeAndUndo(ctx context.Context, v *visitor) (merge, unmerge time.Duration, err error) {
	var found struct {
		Items []struct {
			Customer struct {
				CustomerID string `json:"customerId"`
			} `json:"customer"`
		} `json:"items"`
	}
	if status, err := v.get(ctx, "/conversations?status=closed&limit=100", &found); err != nil || status != http.StatusOK {
		return 0, 0, fmt.Errorf("find who is merged: %d, %w", status, err)
	}
	var who []string
	for _, c := range found.Items {
		if id := c.Customer.CustomerID; !slices.Contains(who, id) {
			who = append(who, id)
		}
	}
	if len(who) != 2 {
		return 0, 0, fmt.Errorf("%d customers to be merged, want 2", len(who))
	}
	began := time.Now()
	var merged struct {
		ID string `json:"id"`
	}
	if err := v.post(ctx, "/customers/"+who[0]+"/merge", map[string]string{"with": who[1]}, &merged); err != nil {
		return 0, 0, fmt.Errorf("merge: %w", err)
	}
	merge = time.Since(began)
	var edges struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	if status, err := v.get(ctx, "/customers/"+merged.ID+"/merges", &edges); err != nil || status != http.StatusOK || len(edges.Items) != 1 {
		return 0, 0, fmt.Errorf("read what was merged: %d, %w", status, err)
	}
	began = time.Now()
	err = v.post(ctx, "/customers/"+merged.ID+"/unmerge", map[string]string{"edgeId": edges.Items[0].ID}, nil)
	return merge, time.Since(began), err
}

func (v *visitor) post(ctx context.Context, path string, what, into any) error {
	body, err := json.Marshal(what)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, v.base+"/api/v1"+path, strings.NewReader(string(body)))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+v.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := v.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("answered %d: %.200s", res.StatusCode, answer)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}
