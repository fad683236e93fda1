package email

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"

	"skein/connectors"
	"skein/inbox"
)

// A Config is what [New] needs. PutBody is required to receive.
type Config struct {
	// PutBody streams bytes that are too large for an item into the transit
	// bucket: [connectors.Link]'s method.
	PutBody func(ctx context.Context, r io.Reader) (connectors.Body, error)
	// Ask is [connectors.Link]'s: it gives what an account logs in with that is
	// signed in at a provider. Without it such accounts aren't served.
	Ask     func(ctx context.Context, account inbox.AccountID, verb string, request, answer any) error
	Log     *slog.Logger     // default: slog.Default()
	TempDir string           // where large mails are spooled, default os.TempDir()
	Hello   string           // the name said in EHLO, default: os.Hostname()
	Now     func() time.Time // default: time.Now
}

// A Connector speaks IMAP and SMTP for any number of accounts, none of which
// shares anything with another. It implements [connectors.Connector].
type Connector struct {
	cfg Config

	mu       sync.Mutex // guards suspects
	suspects map[inbox.AccountID]suspect
}

// A suspect is the mail at which an account's connection broke last.
type suspect struct {
	folder string
	uid    imap.UID
	tries  int
}

// maxBreaks is how often a connection may break at one mail before that mail is
// set aside.
const maxBreaks = 3

// New returns a Connector. It does no I/O.
func New(cfg Config) *Connector {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.TempDir == "" {
		cfg.TempDir = os.TempDir()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Connector{cfg: cfg, suspects: map[inbox.AccountID]suspect{}}
}

// Channel implements [connectors.Connector].
func (c *Connector) Channel() inbox.Channel { return inbox.Email }

// Receive implements [connectors.Connector]. One goroutine, the caller's, sends
// every command; the library's reader only pokes the arrived channel.
//
// Its cursor is opaque text that holds UIDVALIDITY, UIDs and the progress of an
// import for each folder.
func (c *Connector) Receive(ctx context.Context, account connectors.Account, cursor string, emit connectors.EmitFunc) error {
	set, err := ParseSettings(account)
	if err != nil {
		return err
	}
	pos, err := parsePosition(cursor)
	if err != nil {
		return err
	}
	if c.cfg.PutBody == nil {
		return errors.New("email connector: PutBody is not set")
	}
	m := &mailbox{
		c: c, account: account, set: set, pos: pos, emitItems: emit,
		log:     c.cfg.Log.With("channel", "email", "account", string(account.ID)),
		arrived: make(chan struct{}, 1),
	}
	if err := c.admitted(ctx, account, set, func() error { return m.open(ctx) }); err != nil {
		return m.ended(ctx, err)
	}
	defer m.close()
	return m.ended(ctx, m.run(ctx))
}

// ended gives the reason why ctx ended precedence over what it broke.
func (m *mailbox) ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// blame counts that the account's connection broke at uid, and reports whether
// it did so too often.
func (c *Connector) blame(account inbox.AccountID, folder string, uid imap.UID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.suspects[account]
	if s.folder != folder || s.uid != uid {
		s = suspect{folder: folder, uid: uid}
	}
	s.tries++
	c.suspects[account] = s
	return s.tries >= maxBreaks
}

// suspected reports how often the account's connection broke at uid.
func (c *Connector) suspected(account inbox.AccountID, folder string, uid imap.UID) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.suspects[account]; s.folder == folder && s.uid == uid {
		return s.tries
	}
	return 0
}

func (c *Connector) absolve(account inbox.AccountID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.suspects, account)
}
