package chat

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// Config is what a chat is made of.
type Config struct {
	// Secret signs what visitors bring back: the same in every instance, and
	// nobody else's.
	Secret []byte
	Log    *slog.Logger
	Now    func() time.Time // nil: time.Now
}

// A Chat is the connector of the web chat.
type Chat struct {
	cfg     Config
	sources sources

	mu   sync.Mutex // guards what follows
	in   connectors.Intake
	hubs map[inbox.AccountID]*hub
}

var _ connectors.Ingress = (*Chat)(nil)

// New returns a connector that does nothing before [connectors.Run].
func New(cfg Config) *Chat {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Chat{cfg: cfg, hubs: map[inbox.AccountID]*hub{}}
}

// Channel implements [connectors.Connector].
func (c *Chat) Channel() inbox.Channel { return inbox.Chat }

// Receive implements [connectors.Connector]: while it runs the account's visitors
// are served, and when it ends they are sent away, to come back to what there is
// then.
func (c *Chat) Receive(ctx context.Context, account connectors.Account, cursor string, emit connectors.EmitFunc) error {
	set, err := ParseSettings(account)
	if err != nil {
		return err
	}
	h := &hub{
		c: c, account: account.ID, set: set, seal: sealer{c.cfg.Secret, account.ID},
		log: c.cfg.Log.With("account", string(account.ID)), end: make(chan struct{}),
		receipts: make(chan connectors.Inbound, receiptQueue), sessions: map[string]*session{},
	}
	c.mu.Lock()
	h.in = c.in
	c.mu.Unlock()
	if err := emit(ctx, cursor); err != nil {
		return err
	}
	c.mu.Lock()
	c.hubs[account.ID] = h
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.hubs, account.ID)
		c.mu.Unlock()
		h.close()
	}()
	return h.run(ctx)
}

// Send implements [connectors.Connector]. What an agent says is on VISITOR
// before it comes here, and stays: the visitor sees it whenever they look.
func (c *Chat) Send(_ context.Context, _ connectors.Account, out connectors.Outbound, _ connectors.OpenFunc) (inbox.Receipt, error) {
	if !inbox.ValidSession(out.ThreadKey) {
		return inbox.Receipt{State: inbox.Failed, Detail: "it names no session"}, nil
	}
	return inbox.Receipt{State: inbox.Sent}, nil
}

// Handler implements [connectors.Ingress].
func (c *Chat) Handler(in connectors.Intake) http.Handler {
	c.mu.Lock()
	c.in = in
	c.mu.Unlock()
	return http.HandlerFunc(c.serve)
}

// serve takes /in/chat/<account>/ws, …/config, …/files and …/files/<id>.
func (c *Chat) serve(w http.ResponseWriter, r *http.Request) {
	name, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/in/chat/"), "/")
	h, err := c.hub(inbox.AccountID(name))
	if err != nil {
		fail(w, err, 2*time.Second)
		return
	}
	origin := originOf(r, h.in.URL(r))
	w.Header().Add("Vary", "Origin")
	if !h.set.allows(origin) {
		err := &inbox.Error{Code: inbox.Forbidden, Message: "this page may not show the chat: its address is none of the account's origins"}
		h.in.Reject(h.account, &inbox.Error{Code: inbox.Forbidden, Message: "a page at " + line(origin, maxLine) + " showed the chat, which is none of the account's origins"})
		fail(w, err, 0)
		return
	}
	source := h.in.Source(r)
	if rest == "ws" {
		if wait := c.sources.open(source, c.cfg.Now()); wait > 0 {
			fail(w, tooMany, wait)
			return
		}
		defer c.sources.closed(source)
		h.serveSocket(w, r)
		return
	}
	if wait := c.sources.ask(source, c.cfg.Now()); wait > 0 {
		fail(w, tooMany, wait)
		return
	}
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Cross-Origin-Resource-Policy", "cross-origin")
	header.Set("Cache-Control", "no-store")
	if r.Method == http.MethodOptions {
		header.Set("Access-Control-Allow-Methods", "GET, POST")
		header.Set("Access-Control-Allow-Headers", "authorization, content-type, x-file-name")
		header.Set("Access-Control-Max-Age", "3600")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	id, isFile := strings.CutPrefix(rest, "files/")
	switch {
	case rest == "config" && r.Method == http.MethodGet:
		answerJSON(w, http.StatusOK, h.set.config(h.hoursNow(r.Context())))
	case rest == "files" && r.Method == http.MethodPost:
		h.takeFile(w, r, source)
	case isFile && r.Method == http.MethodGet:
		h.giveFile(w, r, inbox.AttachmentID(id))
	default:
		fail(w, &inbox.Error{Code: inbox.NotFound, Message: "there is nothing at this path"}, 0)
	}
}

var tooMany = &inbox.Error{Code: inbox.TooMany, Message: "too much at once from here: wait a little"}

// hub returns who serves an account.
func (c *Chat) hub(id inbox.AccountID) (*hub, error) {
	c.mu.Lock()
	h := c.hubs[id]
	c.mu.Unlock()
	if h != nil {
		return h, nil
	}
	account, err := c.in.Account(id)
	switch {
	case err != nil:
		return nil, err
	case account.Paused:
		return nil, &inbox.Error{Code: inbox.Unavailable, Message: "this chat is paused"}
	}
	return nil, &inbox.Error{Code: inbox.Unavailable, Message: "this chat is not being served just now"}
}
