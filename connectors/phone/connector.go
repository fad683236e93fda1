package phone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"skein/connectors"
	"skein/connectors/webhook"
	"skein/inbox"
)

// A Config is what [New] needs: nothing is required.
type Config struct {
	Log *slog.Logger     // default slog.Default()
	Now func() time.Time // default time.Now
	// Tries are the waits before each try to have a recording; default six
	// within three quarters of an hour, as exchanges tell of some before they
	// have them.
	Tries []time.Duration
	// AskEvery is how often the server is asked for recordings that are still
	// to be fetched. Default 2 min.
	AskEvery time.Duration
}

// A Connector speaks with telephone exchanges, for any number of accounts. It
// implements [connectors.Ingress].
type Connector struct {
	cfg    Config
	parsed *connectors.Parsed[Settings]
	in     connectors.Intake // set by Handler, before anything is received

	mu     sync.Mutex // guards what follows
	queues map[inbox.AccountID]chan job
	calls  map[string]*parent // Twilio's calls that legs were dialled in, by id
}

// New returns a Connector. It does no I/O.
func New(cfg Config) *Connector {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Tries == nil {
		cfg.Tries = []time.Duration{0, 5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute}
	}
	if cfg.AskEvery == 0 {
		cfg.AskEvery = 2 * time.Minute
	}
	return &Connector{cfg: cfg, parsed: connectors.NewParsed(ParseSettings), queues: map[inbox.AccountID]chan job{}, calls: map[string]*parent{}}
}

// Channel implements [connectors.Connector].
func (c *Connector) Channel() inbox.Channel { return inbox.Phone }

// settings are an account's.
func (c *Connector) settings(account connectors.Account) (*Settings, error) {
	return c.parsed.Of(account)
}

// Receive implements [connectors.Connector]. It follows the account's file,
// listens to its manager interface and fetches recordings, each by itself; the
// first that can't go on ends all. Its cursor is the place in the file.
func (c *Connector) Receive(ctx context.Context, account connectors.Account, cursor string, emit connectors.EmitFunc) error {
	set, err := c.settings(account)
	if err != nil {
		return err
	}
	pos, err := parsePosition(cursor)
	if err != nil {
		return err
	}
	s := &session{
		c: c, set: set, account: account, emit: emit, cursor: cursor, queue: c.queue(account.ID),
		log: c.cfg.Log.With("channel", "phone", "account", string(account.ID)),
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var parts sync.WaitGroup
	part := func(name string, run func(context.Context) error) {
		parts.Go(func() {
			if err := run(ctx); err != nil && ctx.Err() == nil {
				cancel(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	if err := s.publish(ctx, cursor); err != nil {
		return err
	}
	part("recordings", s.fetchAll)
	if set.File != "" {
		part("file", (&follower{set: set, path: set.File, pos: pos, log: s.log, take: s.take}).run)
	}
	if set.AMI != nil {
		part("manager interface", s.listen)
	}
	<-ctx.Done()
	parts.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return ctx.Err()
}

// Send implements [connectors.Connector]: nothing is written to a telephone.
func (c *Connector) Send(context.Context, connectors.Account, connectors.Outbound, connectors.OpenFunc) (inbox.Receipt, error) {
	return inbox.Receipt{State: inbox.Failed, Detail: "a telephone takes no written messages: call, or answer by another channel"}, nil
}

// A session is one call of Receive.
type session struct {
	c       *Connector
	set     *Settings
	account connectors.Account
	emit    connectors.EmitFunc
	queue   chan job
	log     *slog.Logger

	mu     sync.Mutex // guards cursor, and orders emits
	cursor string
}

// publish puts items out and stores the cursor.
func (s *session) publish(ctx context.Context, cursor string, items ...connectors.Inbound) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.emit(ctx, cursor, items...); err != nil {
		return err
	}
	s.cursor = cursor
	return nil
}

// take implements the follower's.
func (s *session) take(ctx context.Context, words []word, pos position, live bool) error {
	items, err := s.c.items(ctx, s.account, s.set, words)
	if err != nil {
		return err
	}
	for i := range items {
		if !live {
			items[i].Lane = connectors.LaneBulk
		}
	}
	return s.publish(ctx, pos.String(), items...)
}

// listen follows Asterisk's manager interface.
func (s *session) listen(ctx context.Context) error {
	ami, err := dialAMI(ctx, s.set)
	if err != nil {
		return err
	}
	return ami.listen(ctx, func(e amiEvent) error {
		if l, ok := s.set.amiLive(e); ok && s.c.in != nil {
			l.Account, l.At = s.account.ID, s.c.cfg.Now()
			_ = s.c.in.Say(ctx, l) // a hint
		}
		w, ok := s.set.amiWord(e)
		if !ok {
			return nil
		}
		items, err := s.c.items(ctx, s.account, s.set, []word{w})
		if err != nil {
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.emit(ctx, s.cursor, items...)
	})
}

// items are words as the contract has them. What is true only now is said at
// once; recordings are queued.
func (c *Connector) items(ctx context.Context, account connectors.Account, set *Settings, words []word) ([]connectors.Inbound, error) {
	var items []connectors.Inbound
	for _, w := range words {
		raw := hashed(w.raw)
		if c.in != nil {
			var err error
			if raw, err = webhook.Raw(ctx, c.in, w.raw); err != nil {
				return nil, err
			}
		}
		in := w.item(raw)
		in.Account = account.ID
		items = append(items, in)
		if c.in != nil {
			for _, l := range w.lives(account.ID, c.cfg.Now()) {
				_ = c.in.Say(ctx, l) // a hint
			}
		}
		c.want(in)
	}
	return items, nil
}

// Handler implements [connectors.Ingress]: /in/phone/<account>, by the exchange
// that the account is of.
func (c *Connector) Handler(in connectors.Intake) http.Handler {
	c.in = in
	endpoints := map[string]http.Handler{}
	for provider, e := range c.endpoints() {
		endpoints[provider] = e.Serve(in)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		account, err := in.Account(accountOf(r.URL.Path))
		if err == nil {
			set, bad := c.settings(account)
			if bad != nil {
				w.Header().Set("Retry-After", "300")
				http.Error(w, "the account's settings are wrong", http.StatusServiceUnavailable)
				return
			}
			if h := endpoints[set.Provider]; h != nil {
				h.ServeHTTP(w, r)
				return
			}
			http.Error(w, "this account takes no requests", http.StatusNotFound)
			return
		}
		endpoints[Webhook].ServeHTTP(w, r) // refuses in the words that all have
	})
}
