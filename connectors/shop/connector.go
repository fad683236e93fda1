package shop

import (
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// A Config is what [New] needs: nothing is required.
type Config struct {
	Log    *slog.Logger     // default slog.Default()
	Now    func() time.Time // default time.Now
	Client *http.Client     // by which shops are asked; default one with a limit of 30 s a request
	// Tries are the waits before each time that a shop is asked for what may be
	// asked for twice; default three within 4 s.
	Tries []time.Duration
}

// A Connector speaks with online shops, for any number of accounts. It
// implements [connectors.Ingress].
type Connector struct {
	cfg    Config
	parsed *connectors.Parsed[Settings]
	in     connectors.Intake // set by Handler, before anything is received

	mu   sync.Mutex                    // guards what follows
	last map[inbox.AccountID]time.Time // when a shop was last heard of
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
		cfg.Tries = []time.Duration{0, time.Second, 3 * time.Second}
	}
	if cfg.Client == nil {
		cfg.Client = &http.Client{Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // the key is told to the shop alone
		}}
	}
	return &Connector{cfg: cfg, parsed: connectors.NewParsed(ParseSettings), last: map[inbox.AccountID]time.Time{}}
}

// Channel implements [connectors.Connector].
func (c *Connector) Channel() inbox.Channel { return inbox.Shop }

// settings are an account's.
func (c *Connector) settings(account connectors.Account) (*Settings, error) {
	return c.parsed.Of(account)
}

// heard notes that a shop gave a word.
func (c *Connector) heard(account inbox.AccountID, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at.After(c.last[account]) {
		c.last[account] = at
	}
}

// Handler implements [connectors.Ingress]: /in/shop/<account>, by the shop that
// the account is of, and /in/shop/<account>/v1/… for Segment's calls.
func (c *Connector) Handler(in connectors.Intake) http.Handler {
	c.in = in
	endpoints := map[string]http.Handler{}
	for provider, e := range c.endpoints() {
		endpoints[provider] = e.Serve(in)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, rest := parts(r.URL.Path)
		account, err := in.Account(id)
		if err != nil {
			endpoints[Webhook].ServeHTTP(w, r) // refuses in the words that all have
			return
		}
		set, bad := c.settings(account)
		switch {
		case bad != nil:
			w.Header().Set("Retry-After", "300")
			http.Error(w, "the account's settings are wrong", http.StatusServiceUnavailable)
		case rest == "":
			endpoints[set.Provider].ServeHTTP(w, r)
		case callPaths[rest]:
			endpoints[calls].ServeHTTP(w, r)
		default:
			http.Error(w, fmt.Sprintf("there is no /%.40s here: track, identify, page, screen, group, alias and batch are below /v1/", rest), http.StatusNotFound)
		}
	})
}

var callPaths = func() map[string]bool {
	all := map[string]bool{"v1/batch": true}
	for _, t := range callTypes {
		all["v1/"+t] = true
	}
	return all
}()
