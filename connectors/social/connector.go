package social

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"skein/connectors"
	"skein/connectors/webhook"
	"skein/inbox"
)

// A Config is what [New] needs.
type Config struct {
	// Secret signs the addresses by which platforms fetch what we send: 32 bytes,
	// the same in every process. Without one, nothing is sent that way.
	Secret []byte
	// PublicURL is where the outside finds the servers, without a slash at its
	// end. Without it platforms that fetch files themselves get none.
	PublicURL string

	Log *slog.Logger     // default slog.Default()
	Now func() time.Time // default time.Now
	// Patience is how long a webhook waits for its files (8 s); Tries are the
	// waits before each try after that.
	Patience time.Duration
	Tries    []time.Duration
	// CheckEvery is how often an account's token is tried (10 min), Timeout how
	// long a request to a platform may take (30 s).
	CheckEvery, Timeout time.Duration
}

// A Connector speaks with platforms, for any number of accounts. It implements
// [connectors.Ingress].
type Connector struct {
	cfg    Config
	client *http.Client
	parsed *connectors.Parsed[Settings]
	in     connectors.Intake // set by Handler, before anything is received

	mu     sync.Mutex // guards what follows
	states map[inbox.AccountID]*state
}

// A state is what is known of an account while this process runs.
type state struct {
	missing chan missing // files to be tried again
	expired chan error   // the platform doesn't take our token any more
	pace    map[string]time.Time
}

// New returns a Connector. It does no I/O.
func New(cfg Config) *Connector {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Patience == 0 {
		cfg.Patience = 8 * time.Second
	}
	if cfg.Tries == nil {
		cfg.Tries = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute}
	}
	if cfg.CheckEvery == 0 {
		cfg.CheckEvery = 10 * time.Minute
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 30 * time.Second
	}
	return &Connector{
		cfg: cfg, parsed: connectors.NewParsed(ParseSettings), states: map[inbox.AccountID]*state{},
		client: &http.Client{Timeout: cfg.Timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
}

// Channel implements [connectors.Connector].
func (c *Connector) Channel() inbox.Channel { return inbox.Social }

// settings are an account's.
func (c *Connector) settings(account connectors.Account) (*Settings, error) {
	return c.parsed.Of(account)
}

func (c *Connector) state(id inbox.AccountID) *state {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.states[id] == nil {
		c.states[id] = &state{missing: make(chan missing, maxMissing), expired: make(chan error, 1), pace: map[string]time.Time{}}
	}
	return c.states[id]
}

// Receive implements [connectors.Connector]. It sees that the platform takes our
// token, tries files again that couldn't be had, and asks Telegram for what is
// new where the account says so; its cursor is Telegram's offset.
func (c *Connector) Receive(ctx context.Context, account connectors.Account, cursor string, emit connectors.EmitFunc) error {
	set, err := c.settings(account)
	if err != nil {
		return err
	}
	st := c.state(account.ID)
	if err := c.check(ctx, set); err != nil {
		return err
	}
	if err := emit(ctx, cursor); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var parts sync.WaitGroup
	part := func(run func() error) {
		parts.Go(func() {
			if err := run(); err != nil && ctx.Err() == nil {
				cancel(err)
			}
		})
	}
	part(func() error { return c.refetch(ctx, account, set, st) })
	part(func() error { return c.watch(ctx, set, st) })
	if set.Poll {
		part(func() error { return c.poll(ctx, account, set, cursor, emit) })
	}
	<-ctx.Done()
	parts.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return ctx.Err()
}

// watch ends when the platform doesn't take our token any more.
func (c *Connector) watch(ctx context.Context, set *Settings, st *state) error {
	tick := time.NewTicker(c.cfg.CheckEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-st.expired:
			return err
		case <-tick.C:
			if err := c.check(ctx, set); inbox.CodeOf(err) == inbox.Unauthorized {
				return err
			}
		}
	}
}

// poll asks Telegram for updates, one process at a time: it answers the older of
// two with a conflict (core.telegram.org/bots/api#getupdates).
func (c *Connector) poll(ctx context.Context, account connectors.Account, set *Settings, cursor string, emit connectors.EmitFunc) error {
	for {
		var got struct {
			Result []json.RawMessage `json:"result"`
		}
		began := time.Now()
		query := "?timeout=20&allowed_updates=" + allowedUpdates + "&offset=" + cursor
		body, err := c.request(ctx, set, http.MethodGet, set.APIURL+"/bot"+set.Token+"/getUpdates"+query, nil, nil)
		if err != nil {
			return fmt.Errorf("ask for updates: %w", err)
		}
		if err := json.Unmarshal(body, &got); err != nil {
			return fmt.Errorf("read updates: %w", err)
		}
		if wait := time.Second - time.Since(began); len(got.Result) == 0 && !sleep(ctx, wait) && ctx.Err() != nil { // it doesn't wait by itself
			return ctx.Err()
		}
		for _, raw := range got.Result {
			items, err := c.take(ctx, account, set, raw)
			if err != nil {
				return err
			}
			if next := nextUpdate(raw); next > 0 {
				cursor = fmt.Sprint(next)
			}
			if err := emit(ctx, cursor, items...); err != nil {
				return err
			}
		}
	}
}

// take reads a body and fetches its files.
func (c *Connector) take(ctx context.Context, account connectors.Account, set *Settings, body []byte) ([]connectors.Inbound, error) {
	r := &reader{set: set, account: account, now: c.cfg.Now()}
	if err := r.read(body); err != nil {
		return nil, err
	}
	if err := c.passOn(ctx, r); err != nil {
		return nil, err
	}
	return c.finish(ctx, account, set, r.items)
}

// passOn gives what happened with another number or page to the account that has
// it; what nobody has is kept here, as unsupported.
func (c *Connector) passOn(ctx context.Context, r *reader) error {
	for of, events := range r.elsewhere {
		account, set := c.accountOf(r.set.Provider, of)
		for _, raw := range events {
			if set == nil {
				r.unsupported(connectors.Sender{}, "", "for "+of+", which no account here is", "", r.now, raw)
				continue
			}
			o := &reader{set: set, account: account, now: r.now}
			switch {
			case set.Provider == WhatsApp:
				o.whatsappValue("messages", raw)
			case bytes.HasPrefix(raw, []byte(`{"entry":`)):
				_ = o.meta(raw) // our own JSON
			default:
				o.metaEvent(raw, of)
			}
			items, err := c.finish(ctx, account, set, o.items)
			if err == nil && len(items) > 0 {
				err = c.in.Accept(ctx, account.ID, items...)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// accountOf is the account that is of what a platform calls it; no settings for
// none.
func (c *Connector) accountOf(provider, id string) (connectors.Account, *Settings) {
	if c.in == nil {
		return connectors.Account{}, nil
	}
	for _, a := range c.in.Accounts() {
		if set, err := c.settings(a); err == nil && set.Provider == provider && set.ID == id && !a.Paused {
			return a, set
		}
	}
	return connectors.Account{}, nil
}

// Handler implements [connectors.Ingress]: /in/social/<account>, by the platform
// that the account is of, and below it the files that platforms fetch.
func (c *Connector) Handler(in connectors.Intake) http.Handler {
	c.in = in
	endpoints := map[string]http.Handler{}
	for _, provider := range providers {
		endpoints[provider] = c.endpoint(provider).Serve(in)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		parts := strings.SplitN(r.URL.Path, "/", 6)
		if len(parts) == 6 && parts[4] == "file" {
			c.serveFile(w, r, parts[5])
			return
		}
		var id inbox.AccountID
		if len(parts) > 3 {
			id = inbox.AccountID(parts[3])
		}
		account, err := in.Account(id)
		if err != nil {
			endpoints[Line].ServeHTTP(w, r) // refuses in the words that all have
			return
		}
		set, err := c.settings(account)
		if err != nil {
			w.Header().Set("Retry-After", "300")
			http.Error(w, "the account's settings are wrong", http.StatusServiceUnavailable)
			return
		}
		endpoints[set.Provider].ServeHTTP(w, r)
	})
}

// endpoint is how a platform signs, what it sends and what it wants to hear.
func (c *Connector) endpoint(provider string) *webhook.Endpoint {
	scheme, _ := webhook.Named(provider)
	e := &webhook.Endpoint{
		Scheme: scheme, Now: c.cfg.Now, MaxBody: 4 << 20,
		Secrets: func(a connectors.Account) []string {
			if set, err := c.settings(a); err == nil {
				return set.Secrets
			}
			return nil
		},
		Shadow: func(a connectors.Account) bool {
			set, err := c.settings(a)
			return err == nil && set.Shadow
		},
		Parse: func(ctx context.Context, a connectors.Account, r *webhook.Request) ([]connectors.Inbound, error) {
			set, err := c.settings(a)
			if err != nil {
				return nil, err
			}
			body := r.Body
			if _, query, ok := strings.Cut(r.URL, "?skein="); ok && provider == Twilio { // our own mark of a status callback
				body = append(append([]byte{}, body...), "&skein="+query...)
			}
			return c.take(ctx, a, set, body)
		},
	}
	switch provider {
	case WhatsApp, Messenger, Instagram:
		e.Hello = webhook.MetaHello(func(a connectors.Account) string {
			if set, err := c.settings(a); err == nil {
				return set.VerifyToken
			}
			return ""
		})
	case Twilio:
		e.Answer = func(w http.ResponseWriter, _ connectors.Account, _ *webhook.Request) {
			w.Header().Set("Content-Type", "text/xml; charset=utf-8")
			_, _ = w.Write([]byte("<Response/>")) // they are gone: nobody to tell
		}
	}
	return e
}

// allowedUpdates are the updates that Telegram is asked for: all that the reader
// knows.
const allowedUpdates = `%5B%22message%22,%22edited_message%22,%22channel_post%22,%22edited_channel_post%22,%22business_message%22,%22edited_business_message%22,%22deleted_business_messages%22,%22callback_query%22,%22message_reaction%22,%22my_chat_member%22%5D`
