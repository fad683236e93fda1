package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"time"

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
	strewn        = 7919 // prime to both, it passes through all before it comes back
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
	if err := c.filled(ctx, data, customers); err != nil {
		return nil, fmt.Errorf("fill: %w", err)
	}
	if err := warm(filepath.Join(data, "postgres")); err != nil {
		return nil, fmt.Errorf("read what was filled: %w", err)
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
		c.line("customer panel", "p50 %8.2f ms   p99 %8.2f ms   %6d panels, %d at a time", ms(f.panel.p50), ms(f.panel.p99), f.panel.n, n)
	}
	merge, unmerge, err := mergeAndUndo(ctx, v)
	if err != nil {
		return nil, err
	}
	c.line("merge, then undo", "%8.2f ms, %.2f ms of a customer with %d items", ms(merge), ms(unmerge), mergedItems)
	return f, up.stop()
}

// takeIn measures mail into the database that is filled.
func (c *Config) takeIn(ctx context.Context, data string, customers int, f *whoFigures) (err error) {
	pg, err := local.StartPostgres(ctx, local.PostgresConfig{Dir: filepath.Join(data, "postgres"), Log: c.Log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pg.Stop(context.WithoutCancel(ctx))) }()
	if err := migrations.Up(ctx, pg.URL()); err != nil { // what was kept may be of an older build
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
	var size string
	if err := pool.QueryRow(ctx, `SELECT pg_size_pretty(pg_database_size(current_database()))`).Scan(&size); err != nil {
		return err
	}
	c.section("%d customers, %d identities, %d orders, %s", customers, customers*perCustomer, customers*ordersEach, size)
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
	if _, err := publish(ctx, link, naming(customers)); err != nil {
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

// naming makes mails of customers whom the shop knows, each of another one, so
// that many customers make no other work of it than few: every second one names an
// order of its sender's.
func naming(customers int) []connectors.Inbound {
	r := rand.New(rand.NewPCG(5, uint64(customers)))
	list := make([]connectors.Inbound, namingMails)
	began := time.Now().Add(-namingMails * time.Second)
	for i := range list {
		m := mail{id: fmt.Sprintf("n%d.%x@mail.example", i, r.Uint64()), sender: i * strewn % customers}
		in := m.inbound(r, inbox.AccountID(places[i%len(places)]), began.Add(time.Duration(i)*time.Second))
		if i%2 == 0 {
			in.Message.Text = fmt.Sprintf("Where is my order HP-%d? %s", 10_000_000+ordersEach*m.sender+r.IntN(ordersEach), in.Message.Text)
			in.Message.VisibleText = in.Message.Text
		}
		list[i] = in
	}
	return list
}
