package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"

	"skein/cmd/skein/local"
	"skein/inbox"
	"skein/inbox/bus"
	"skein/inbox/store"
	"skein/inbox/threader"
)

// skein is Skein's own server as `skein up` wires it, but for what takes mail in:
// JetStream, the relay of what is committed, and the hub with real tokens and
// real rights.
type skein struct {
	cfg    *Config
	nats   *local.NATS
	conn   *nats.Conn
	bus    *bus.Bus
	store  *store.Store
	parts  sync.WaitGroup
	cancel context.CancelFunc
	row    int64
}

func (s *skein) start(ctx context.Context, o order) (_ http.Handler, err error) {
	if o.NATS != "" {
		s.conn, err = nats.Connect(o.NATS)
	} else if s.nats, err = local.StartNATS(local.NATSConfig{Dir: filepath.Join(o.Dir, "nats"), Log: s.cfg.Log}); err == nil {
		s.conn, err = s.nats.Connect()
	}
	if err != nil {
		return nil, err
	}
	if s.store, err = store.Open(ctx, o.Database, 0, threader.Rules()); err != nil {
		return nil, err
	}
	if s.bus, err = bus.Open(ctx, s.conn, bus.Config{Log: s.cfg.Log, SecretKey: fanSecret}); err != nil {
		return nil, err
	}
	live, ready, parts, err := s.cfg.Live(s.store, s.bus, fanSecret)
	if err != nil {
		return nil, err
	}
	ctx, s.cancel = context.WithCancel(ctx)
	for _, part := range parts {
		s.parts.Go(func() { _ = part(ctx) })
	}
	for !ready() {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	mux := http.NewServeMux()
	mux.Handle("/api/v1/live", live)
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := s.store.Ping(r.Context()); err != nil || !ready() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	return mux, nil
}

func (s *skein) stop() {
	if s.cancel != nil {
		s.cancel()
		s.parts.Wait()
	}
	if s.conn != nil {
		s.conn.Close()
	}
	if s.nats != nil {
		_ = s.nats.Stop(context.Background())
	}
	if s.store != nil {
		s.store.Close()
	}
}

// push publishes into the stream, as the relay does.
func (s *skein) push(ctx context.Context, events []event) error {
	rows := make([]inbox.OutboxRow, len(events))
	for i, e := range events {
		s.row++
		rows[i] = inbox.OutboxRow{ID: s.row, Subject: bus.EventSubject(inbox.ConversationChanged), Payload: e.entry()}
	}
	return s.bus.PublishEvents(ctx, rows)
}

// entry is e as it lies in the stream: what clients get of it is about as long
// as any message.
func (e event) entry() []byte {
	b := fmt.Appendf(make([]byte, 0, 512),
		`{"kind":"conversation.changed","entity":"%s","version":%d,"audience":{"after":{"inboxId":"%s"}},"conversation":{"subject":"stamp=%d `,
		benchID(3, e.topic), e.n, benchID(8, e.topic), e.at.UnixNano())
	const around = len(`{"type":"event","position":"0123456789abc-0:1234567","event":}`) - len(`"audience":{"after":{"inboxId":"00000000-0000-0000-0000-000000000000"}},`)
	for len(b) < e.bytes-around-3 {
		b = append(b, 'x')
	}
	return append(b, `"}}`...)
}

func (s *skein) handle(ctx context.Context, o order) (answer, error) {
	switch o.Do {
	case "open":
		// From here on every change is one.
		by, err := s.caller(ctx)
		for i := range fanConversations {
			if err == nil {
				err = s.change(ctx, by, i, inbox.Open, time.Now())
			}
		}
		return answer{}, err
	case "commit":
		return s.commit(ctx, o)
	}
	return answer{}, fmt.Errorf("skein doesn't %s", o.Do)
}

// caller is somebody who may change every conversation.
func (s *skein) caller(ctx context.Context) (*inbox.Caller, error) {
	rights, err := s.store.Rights(ctx, inbox.AgentID(benchID(6, 0)))
	rights.All = true
	return &inbox.Caller{Rights: rights, Session: inbox.SessionID(benchID(7, 0)), Request: "bench"}, err
}

func (s *skein) change(ctx context.Context, by *inbox.Caller, i int, to inbox.Status, now time.Time) error {
	_, err := s.store.Patch(ctx, by, string(benchID(3, i%fanConversations)), inbox.Patch{Status: &to}, now)
	return err
}

// commit changes conversations at a rate, each in a transaction, and tells how
// long these took.
func (s *skein) commit(ctx context.Context, o order) (answer, error) {
	by, err := s.caller(ctx)
	if err != nil {
		return answer{}, err
	}
	var mu sync.Mutex
	var took []time.Duration
	var failed error
	var running sync.WaitGroup
	began := time.Now()
	n := int(o.Rate * o.Seconds)
	for i := range n {
		select {
		case <-ctx.Done():
			return answer{}, ctx.Err()
		case <-time.After(time.Until(began.Add(time.Duration(float64(i) / o.Rate * float64(time.Second))))):
		}
		running.Go(func() {
			at := time.Now()
			to := inbox.Open
			if i/fanConversations%2 == 0 {
				to = inbox.Pending
			}
			err := s.change(ctx, by, i, to, at)
			mu.Lock()
			defer mu.Unlock()
			took, failed = append(took, time.Since(at)), errors.Join(failed, err)
		})
	}
	running.Wait()
	slices.Sort(took)
	return answer{Events: int64(n), Due: int64(n * o.Sockets * fanEach / fanTopics), P50: took[len(took)/2], P99: took[len(took)*99/100]}, failed
}

const fanConversations = fanTopics // one in each inbox

// staff makes the agents and inboxes of the bench in the database, the
// conversations with them, and a session for each socket.
func (c *Config) staff(ctx context.Context, data string, sockets int) error {
	if err := c.load(ctx, data, 0, fanConversations); err != nil {
		return err
	}
	pg, err := local.StartPostgres(ctx, local.PostgresConfig{Dir: filepath.Join(data, "postgres"), Log: c.Log})
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, pg.URL())
	if err != nil {
		return errors.Join(err, pg.Stop(context.WithoutCancel(ctx)))
	}
	for _, sql := range []string{
		`INSERT INTO inboxes (id, brand_id, calendar_id, name)
			SELECT bench_id(8, i), (SELECT id FROM brands LIMIT 1), (SELECT id FROM calendars LIMIT 1), 'inbox ' || i FROM generate_series(0, @topics::int) i`,
		`INSERT INTO agents (id, email, name, role) SELECT bench_id(6, i), 'clerk' || i || '@bench.test', 'Clerk ' || i, 'agent' FROM generate_series(0, @agents::int - 1) i`,
		`INSERT INTO sessions (id, agent_id, hash, expires_at) SELECT bench_id(7, i), bench_id(6, i % @agents), '', now() + interval '1 day' FROM generate_series(0, @sockets::int - 1) i`,
		`INSERT INTO inbox_members (agent_id, inbox_id) SELECT bench_id(6, i), bench_id(8, (i * @each::int + j) % @topics::int) FROM generate_series(0, @agents::int - 1) i CROSS JOIN generate_series(0, @each::int - 1) j`,
		`INSERT INTO inbox_members (agent_id, inbox_id) SELECT bench_id(6, i), bench_id(8, @topics) FROM generate_series(0, @agents::int - 1) i`,
		`UPDATE conversations SET inbox_id = bench_id(8, (number - 1) % @topics::int)`,
		`ANALYZE`,
	} {
		args := pgx.NamedArgs{"agents": fanAgents, "sockets": sockets, "topics": fanTopics, "each": fanEach}
		if _, err = conn.Exec(ctx, sql, args); err != nil {
			err = fmt.Errorf("%.60s: %w", sql, err)
			break
		}
	}
	return errors.Join(err, conn.Close(context.WithoutCancel(ctx)), pg.Stop(context.WithoutCancel(ctx)))
}
