// Package live brings what connectors tell of this very moment before the agents:
// a visitor types, is online, looks at a page; a telephone rings, is answered, has
// ended.
//
// It promises that every node shows its own agents the same; that whose call or
// chat it is follows from the address that the connector vouches for, and from
// nothing that somebody typed; and that words may be lost, come twice or in
// another order, and the agents see what they would in order. It never stores
// anything, and never says what an agent may not see: the hub knows the rights.
package live

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/identity"
	"skein/realtime"
)

// A Bus hears what connectors tell.
type Bus interface {
	HearLive(ctx context.Context, heard func(connectors.Live)) error
}

// A Store knows whose addresses and which calls are whose.
type Store interface {
	Accounts(ctx context.Context) ([]inbox.Account, error)
	Agents(ctx context.Context) ([]inbox.Agent, error)
	Caller(ctx context.Context, ref inbox.IdentityRef) (inbox.Person, []inbox.InboxID, error)
	CallConversation(ctx context.Context, account inbox.AccountID, call string) (inbox.ConversationID, inbox.InboxID, error)
}

// A Hub shows it to agents. Neither method waits.
type Hub interface {
	Sign(realtime.Sign)
	Call(realtime.Call)
}

// Config is what a Desk works with; all of it is required but Log and Retries.
type Config struct {
	Bus   Bus
	Store Store
	Hub   Hub
	Log   *slog.Logger
	// Left notes that the visitor of a chat has gone, since an instant, for as long
	// as AbandonAfter says of the account. Every node calls it. nil: nobody notes it.
	Left         func(ctx context.Context, account inbox.AccountID, session string, at time.Time) error
	AbandonAfter func(*inbox.Account) time.Duration
	// Retries are when it is looked again for the conversation of a call that
	// ended: its record comes another way. nil: 1, 4 and 15 s later.
	Retries []time.Duration
	// Tick is how often it is looked who has been gone for long enough. 0: 1 s.
	Tick time.Duration
}

const (
	accountsFor  = 15 * time.Second // after which accounts are read anew
	unknownAgain = 2 * time.Second  // and sooner, for one that is not known
	callWorkers  = 4
	callQueue    = 256
	maxLine      = 300
	maxURL       = 2000
)

// A Desk listens to connectors for the agents of one node.
type Desk struct {
	cfg   Config
	calls chan connectors.Live

	mu       sync.Mutex // guards these
	accounts map[inbox.AccountID]inbox.Account
	read     time.Time
	gone     map[visit]departure // visitors who may be back in a moment
}

// New returns a desk that listens once [Desk.Run] is called.
func New(cfg Config) *Desk {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Tick == 0 {
		cfg.Tick = time.Second
	}
	if cfg.Retries == nil {
		cfg.Retries = []time.Duration{time.Second, 4 * time.Second, 15 * time.Second}
	}
	return &Desk{cfg: cfg, calls: make(chan connectors.Live, callQueue), accounts: map[inbox.AccountID]inbox.Account{}, gone: map[visit]departure{}}
}

// Run listens until ctx ends, and returns when all that it began has ended.
func (d *Desk) Run(ctx context.Context) error {
	var parts sync.WaitGroup
	defer parts.Wait()
	for range callWorkers {
		parts.Go(func() { d.work(ctx, &parts) })
	}
	if d.cfg.Left != nil {
		parts.Go(func() { d.departures(ctx) })
	}
	for ctx.Err() == nil {
		err := d.cfg.Bus.HearLive(ctx, func(word connectors.Live) { d.heard(ctx, word) })
		if ctx.Err() != nil {
			break
		}
		d.cfg.Log.Warn("hearing connectors was interrupted", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	return nil
}

var signs = map[connectors.LiveKind]realtime.SignKind{
	connectors.LiveTyping: realtime.SignTyping, connectors.LiveStopped: realtime.SignStopped, connectors.LiveOnline: realtime.SignOnline,
	connectors.LiveOffline: realtime.SignOffline, connectors.LivePageView: realtime.SignPage,
}

// heard takes one word. It looks nothing up for what visitors do, of whom there
// are thousands.
func (d *Desk) heard(ctx context.Context, word connectors.Live) {
	if kind, ok := signs[word.Kind]; ok {
		account, ok := d.account(ctx, word.Account)
		if ok && account.Channel == word.Channel && word.Key != "" {
			d.cfg.Hub.Sign(sign(&word, kind, account.Region))
			d.moved(&word, &account)
		}
		return
	}
	if _, ok := states[word.Kind]; ok && word.Channel == inbox.Phone && word.Key != "" {
		select {
		case d.calls <- word:
		default: // more calls than anybody can take
		}
	}
}

// account is what is known of an account; an unknown one is looked for now and
// then.
func (d *Desk) account(ctx context.Context, id inbox.AccountID) (inbox.Account, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a, ok := d.accounts[id]
	if age := time.Since(d.read); age < unknownAgain || ok && age < accountsFor {
		return a, ok
	}
	d.read = time.Now()
	within, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	list, err := d.cfg.Store.Accounts(within)
	if err != nil {
		if ctx.Err() == nil {
			d.cfg.Log.Warn("accounts can't be read", "error", err)
		}
		return a, ok
	}
	d.accounts = make(map[inbox.AccountID]inbox.Account, len(list))
	for _, a := range list {
		d.accounts[a.ID] = a
	}
	a, ok = d.accounts[id]
	return a, ok
}

// sign is a visitor's word as the hub takes it. Without a sender it is of the
// session itself.
func sign(word *connectors.Live, kind realtime.SignKind, region string) realtime.Sign {
	s := realtime.Sign{
		Channel: word.Channel, Account: word.Account, Key: word.Key, Kind: kind,
		Thread: inbox.ChannelKey(word.Account, word.Key), TTL: lifetime(word),
	}
	from := connectors.Sender{Kind: inbox.ChatVisitor, Address: word.Key}
	if word.Sender != nil {
		from = *word.Sender
	}
	if key := identity.Key(from.Kind, from.Address, region); key != "" {
		s.Who = inbox.IdentityKey(inbox.IdentityRef{Kind: from.Kind, Key: key})
	}
	if p := word.Page; p != nil && (kind == realtime.SignPage || kind == realtime.SignOnline) {
		if s.Page = (realtime.Page{URL: link(p.URL), Title: line(p.Title)}); s.Page.URL != "" {
			s.Kind = realtime.SignPage
		}
	}
	return s
}

func lifetime(word *connectors.Live) time.Duration {
	now := time.Now()
	return word.Expires(now).Sub(now)
}

// link is an address of the web, and nothing that a browser would run.
func link(s string) string {
	if len(s) > maxURL || !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "http://") {
		return ""
	}
	return line(s)
}

// line is what a stranger wrote, on one line that can't turn around what stands
// beside it.
func line(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if strings.HasPrefix(s, "http") && len(s) <= maxURL {
		return s
	}
	if r := []rune(s); len(r) > maxLine {
		s = string(r[:maxLine])
	}
	return strings.TrimSpace(s)
}

// Down is what the hub tells a customer's side, as a connector hears it.
func Down(d realtime.Down) connectors.Live {
	word := connectors.Live{Kind: connectors.LiveStopped, Channel: d.Channel, Account: d.Account, Key: d.Key, Agent: d.Agent, At: time.Now().UTC(), TTL: typingTTL}
	switch {
	case d.Read:
		word.Kind = connectors.LiveRead
	case d.Typing:
		word.Kind = connectors.LiveTyping
	}
	return word
}

// typingTTL is how long an agent's typing shows without being said again; a page
// says it every three seconds.
const typingTTL = 6
