package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"skein/cmd/skein/local"
	"skein/connectors"
	"skein/inbox"
	"skein/inbox/blob"
	"skein/inbox/bus"
	"skein/inbox/store"
	"skein/inbox/threader"
	"skein/migrations"
)

// ingest measures from the stream to committed and announced, and then bare
// inserts of the rows that came of it.
func (c *Config) ingest(ctx context.Context, dir string) (err error) {
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return err
	}
	pg, err := local.StartPostgres(ctx, local.PostgresConfig{Dir: filepath.Join(dir, "postgres"), Log: c.Log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pg.Stop(context.WithoutCancel(ctx))) }()
	n, err := local.StartNATS(local.NATSConfig{Dir: filepath.Join(dir, "nats"), Log: c.Log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Stop(context.WithoutCancel(ctx))) }()
	nc, err := n.Connect()
	if err != nil {
		return err
	}
	defer nc.Close()
	if err := migrations.Up(ctx, pg.URL()); err != nil {
		return err
	}
	st, err := store.Open(ctx, pg.URL(), 0, threader.Rules())
	if err != nil {
		return err
	}
	defer st.Close()
	secret := []byte("a secret for one run of the bench")
	b, err := bus.Open(ctx, nc, bus.Config{Log: c.Log, SecretKey: secret})
	if err != nil {
		return err
	}
	blobs, err := blob.Open(filepath.Join(dir, "blobs"))
	if err != nil {
		return err
	}
	accounts, err := c.business(ctx, st)
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
	c.section("ingest of %d mails", c.Mails)
	took, err := publish(ctx, link, mails(c.Mails, accounts))
	if err != nil {
		return err
	}
	c.line("into INBOUND, synced", "%8.0f mails/s", rate(c.Mails, took))

	pool, err := pgxpool.New(ctx, pg.URL())
	if err != nil {
		return err
	}
	defer pool.Close()
	before, err := rows(ctx, pool)
	if err != nil {
		return err
	}
	parts, err := c.Ingest(st, b, blobs)
	if err != nil {
		return err
	}
	stop, err := c.profile()
	if err != nil {
		return err
	}
	meter := startMeter(pg.PID())
	committed, announced, err := c.measure(ctx, pool, b, parts)
	stop()
	if err != nil {
		return err
	}
	spent := meter.read()
	after, err := rows(ctx, pool)
	if err != nil {
		return err
	}
	c.line("committed", "%8.0f mails/s", rate(c.Mails, committed))
	c.line("committed and announced", "%8.0f mails/s", rate(c.Mails, announced))
	for _, t := range after {
		if added := t.n - before.of(t.table); added > 0 {
			c.line("", "%8d rows in %s", added, t.table)
		}
	}
	c.line("CPU", "%8.2f s skein and NATS, %.2f s PostgreSQL", spent.own.Seconds(), spent.postgres.Seconds())
	for _, peer := range []struct {
		name, database string
		write          way
	}{{"bare batched pgx inserts", "bare_inserts", inserts}, {"bare COPY", "bare_copies", copies}} {
		took, used, err := c.bare(ctx, pg, pool, peer.database, peer.write)
		if err != nil {
			return fmt.Errorf("%s: %w", peer.name, err)
		}
		c.line(peer.name, "%8.0f mails/s", rate(c.Mails, took))
		c.line("  CPU", "%8.2f s pgx, %.2f s PostgreSQL", used.own.Seconds(), used.postgres.Seconds())
		c.line("  ratio", "%8.2f of it, %.2f by CPU", took.Seconds()/announced.Seconds(),
			(used.own+used.postgres).Seconds()/(spent.own+spent.postgres).Seconds())
	}
	return nil
}

// profile writes a CPU profile until stop is called, where one is asked for.
func (c *Config) profile() (stop func(), err error) {
	if c.Profile == "" {
		return func() {}, nil
	}
	f, err := os.Create(c.Profile)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close()
	}, nil
}

func rate(n int, took time.Duration) float64 { return float64(n) / took.Seconds() }

// places are the names of the inboxes and of their accounts.
var places = []string{"support", "sales", "press"}

// business makes what mail needs to have a place: inboxes, accounts, agents.
func (c *Config) business(ctx context.Context, st *store.Store) ([]inbox.AccountID, error) {
	now := time.Now()
	brand, calendar, err := st.CreateBrand(ctx, "Bench", "en", "UTC", now)
	if err != nil {
		return nil, err
	}
	var accounts []inbox.AccountID
	var inboxes []inbox.InboxID
	for _, name := range places {
		in, err := st.CreateInbox(ctx, brand, calendar, name, now)
		if err != nil {
			return nil, err
		}
		id := inbox.AccountID(name)
		// Paused: the connector of `skein up` has nothing to fetch here.
		if _, err := st.SaveAccount(ctx, inbox.Account{
			ID: id, Channel: inbox.Email, InboxID: in.ID, Name: name, Address: name + "@shop.example",
			Own: []string{name + "@shop.example"}, MaxProof: inbox.Proven, Paused: true,
		}, now); err != nil {
			return nil, err
		}
		accounts, inboxes = append(accounts, id), append(inboxes, in.ID)
	}
	hash, err := c.Hash(ctx, benchPassword)
	if err != nil {
		return nil, err
	}
	for i := range 20 {
		a := inbox.Agent{ID: inbox.NewID[inbox.AgentID](now), Email: fmt.Sprintf("agent%d@bench.test", i), Name: fmt.Sprint("Agent ", i), Role: inbox.AgentRole, Active: true}
		if i == 0 {
			a.Role = inbox.SupervisorRole
		}
		if err := st.SaveAgent(ctx, a, hash, inboxes[:2], nil, now); err != nil {
			return nil, err
		}
	}
	return accounts, nil
}

func publish(ctx context.Context, link *bus.Link, list []connectors.Inbound) (time.Duration, error) {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(64)
	began := time.Now()
	for _, in := range list {
		g.Go(func() error { return link.Publish(ctx, in) })
	}
	return time.Since(began), g.Wait()
}

// measure runs parts until every mail is committed and everything that they
// announce is in EVENTS.
func (c *Config) measure(ctx context.Context, pool *pgxpool.Pool, b *bus.Bus, parts []Part) (committed, announced time.Duration, err error) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	var failed atomic.Pointer[error]
	_, _, from, err := b.EventsState(ctx)
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	for _, part := range parts {
		wg.Go(func() {
			if err := part(ctx); err != nil && ctx.Err() == nil {
				failed.Store(&err)
			}
		})
	}
	for {
		if err := failed.Load(); err != nil {
			return 0, 0, *err
		}
		if time.Since(began) > 10*time.Minute {
			return 0, 0, errors.New("not done after ten minutes")
		}
		time.Sleep(100 * time.Millisecond) // counting costs too
		if committed == 0 {
			var n int
			if err := pool.QueryRow(ctx, `SELECT count(*) FROM message_keys`).Scan(&n); err != nil {
				return 0, 0, err
			}
			if n < c.Mails {
				continue
			}
			committed = time.Since(began)
		}
		var all, pending uint64
		if err := pool.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE published_at IS NULL) FROM outbox`).Scan(&all, &pending); err != nil {
			return 0, 0, err
		}
		if pending > 0 {
			continue
		}
		announced = time.Since(began)
		_, _, last, err := b.EventsState(ctx)
		if err != nil {
			return 0, 0, err
		}
		if last-from != all {
			return 0, 0, fmt.Errorf("EVENTS has %d entries for %d rows of the outbox", last-from, all)
		}
		return committed, announced, nil
	}
}
