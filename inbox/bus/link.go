package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	neturl "net/url"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"skein/connectors"
	"skein/inbox"
)

const (
	// publishPatience is how long a publish waits for the stream: a cluster
	// whose leader was killed needs about 5 s for another one.
	publishPatience = 12 * time.Second
	// accountsRecheck is how often a sidecar looks at its accounts without a
	// hint.
	accountsRecheck = 5 * time.Second
	// sendsAtOnce is how many outbound items a sidecar asks for at once, and
	// sendsWaiting how many of one account wait within it.
	sendsAtOnce  = 64
	sendsWaiting = 16
)

// LinkConfig says for which channel a link is and what opens its accounts.
type LinkConfig struct {
	Channel inbox.Channel
	Key     ChannelKey
	Log     *slog.Logger // nil: none
}

// A Link is a sidecar's end of the bus. It uses nothing but what [Permissions]
// grants. Its methods may be called from many goroutines.
type Link struct {
	nc  *nats.Conn
	js  jetstream.JetStream
	cfg LinkConfig
	log *slog.Logger

	mu      sync.Mutex // guards buckets
	buckets map[string]jetstream.KeyValue
}

var _ connectors.Link = (*Link)(nil)

// ConnectLink connects to url with a sidecar's credential, the text of a NATS
// credentials file or "" for a server that knows us by url alone, and stays connected until the caller closes it: while the
// server is away it tries again.
func ConnectLink(url, credential string, channel inbox.Channel, log *slog.Logger) (*nats.Conn, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	opts := []nats.Option{
		nats.Name("connector " + string(channel)),
		nats.CustomInboxPrefix(InboxPrefix(channel)),
		nats.MaxReconnects(-1),
		nats.RetryOnFailedConnect(true),
		nats.ReconnectWait(250 * time.Millisecond),
		// What was published while away is not sent late: the publisher was
		// told that it failed.
		nats.ReconnectBufSize(-1),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			log.Warn("nats connection", "error", err)
		}),
	}
	if credential != "" {
		opts = append(opts, nats.UserCredentialBytes([]byte(credential)))
	}
	nc, err := nats.Connect(url, opts...)
	if bad, ok := errors.AsType[*neturl.Error](err); ok {
		err = bad.Err // it would repeat the address, and a password in it
	}
	if err != nil {
		return nil, &inbox.Error{Code: inbox.Unavailable, Message: fmt.Sprintf("cannot connect to NATS: %v", err)}
	}
	return nc, nil
}

// NewLink returns the sidecar's end on nc, which was connected with the
// channel's [InboxPrefix] and stays the caller's. It does no I/O.
func NewLink(nc *nats.Conn, cfg LinkConfig) (*Link, error) {
	if !validChannel(cfg.Channel) {
		return nil, &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("%q is no channel", cfg.Channel)}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	js, err := jetstream.New(nc, jetstream.WithDefaultTimeout(publishPatience))
	if err != nil {
		return nil, fmt.Errorf("open link of %s: %w", cfg.Channel, err)
	}
	return &Link{nc: nc, js: js, cfg: cfg, log: cfg.Log, buckets: map[string]jetstream.KeyValue{}}, nil
}

// Derive is [ChannelKey.Derive] of the link's channel.
func (l *Link) Derive(purpose string) []byte { return l.cfg.Key.Derive(purpose) }

// Publish implements [connectors.Link]. An [inbox.Unavailable] means that the
// stream can't take the item now; an [inbox.Invalid] or [inbox.TooLarge] that
// it never will.
func (l *Link) Publish(ctx context.Context, item connectors.Inbound) error {
	if item.Lane == "" {
		item.Lane = connectors.LaneLive
	}
	switch {
	case item.Channel != l.cfg.Channel:
		return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("an item of channel %q does not belong on the link of %s", item.Channel, l.cfg.Channel)}
	case !inbox.ValidAccountID(string(item.Account)):
		return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("%.60q names no account", item.Account)}
	case item.Lane != connectors.LaneLive && item.Lane != connectors.LaneBulk:
		return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("%.60q is no lane", item.Lane)}
	case item.EventID == "":
		return &inbox.Error{Code: inbox.Invalid, Message: "an item needs an event id"}
	}
	payload, err := json.Marshal(item)
	if err != nil {
		return fmt.Errorf("encode item: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, publishPatience)
	defer cancel()
	msg := &nats.Msg{Subject: InboundSubject(&item), Data: payload}
	_, err = l.js.PublishMsg(ctx, msg,
		jetstream.WithMsgID(msgID(item.Channel, item.Account, item.EventID)),
		jetstream.WithRetryAttempts(20), jetstream.WithRetryWait(500*time.Millisecond))
	if err != nil {
		return fmt.Errorf("publish item of %s/%s: %w", item.Channel, item.Account, away(err))
	}
	return nil
}

// PutBody implements [connectors.Link].
func (l *Link) PutBody(ctx context.Context, r io.Reader) (connectors.Body, error) {
	return putTransit(ctx, l.js, l.cfg.Channel, r)
}

// OpenBody implements [connectors.Link].
func (l *Link) OpenBody(ctx context.Context, body connectors.Body) (io.ReadCloser, error) {
	r, err := openTransit(ctx, l.nc, l.cfg.Channel, body)
	if err != nil {
		return nil, err
	}
	return r, nil
}

// WatchAccounts implements [connectors.Link]: the server's hint makes it quick,
// looking every 5 s makes it sure.
func (l *Link) WatchAccounts(ctx context.Context, changed func([]connectors.Account)) error {
	hint := make(chan *nats.Msg, 1)
	sub, err := l.nc.ChanSubscribe(accountsHint(l.cfg.Channel), hint)
	if err != nil {
		return fmt.Errorf("watch accounts of %s: %w", l.cfg.Channel, away(err))
	}
	defer func() { _ = sub.Unsubscribe() }()
	tick := time.NewTicker(accountsRecheck)
	defer tick.Stop()
	revision := ^uint64(0) // none: 0 is the revision of a set never put
	for {
		accounts, now, err := l.accounts(ctx)
		switch {
		case err != nil && ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			l.log.Warn("read accounts", "channel", l.cfg.Channel, "error", err)
		case now != revision:
			revision = now
			changed(accounts)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-hint:
		case <-tick.C:
		}
	}
}

// accounts returns the accounts and their revision, 0 while there are none yet.
func (l *Link) accounts(ctx context.Context) ([]connectors.Account, uint64, error) {
	kv, err := l.bucket(ctx, bucketAccounts(l.cfg.Channel))
	if err != nil {
		return nil, 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, publishPatience)
	defer cancel()
	entry, err := kv.Get(ctx, accountsKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, away(err)
	}
	accounts, err := openAccounts(entry.Value(), l.cfg.Key, l.cfg.Channel)
	return accounts, entry.Revision(), err
}

// Cursor implements [connectors.Link].
func (l *Link) Cursor(ctx context.Context, account inbox.AccountID) (string, error) {
	kv, err := l.bucket(ctx, bucketCursors(l.cfg.Channel))
	if err != nil {
		return "", err
	}
	entry, err := kv.Get(ctx, string(account))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read cursor of %s: %w", account, away(err))
	}
	return string(entry.Value()), nil
}

// SaveCursor implements [connectors.Link].
func (l *Link) SaveCursor(ctx context.Context, account inbox.AccountID, cursor string) error {
	kv, err := l.bucket(ctx, bucketCursors(l.cfg.Channel))
	if err != nil {
		return err
	}
	if _, err := kv.PutString(ctx, string(account), cursor); err != nil {
		return fmt.Errorf("save cursor of %s: %w", account, away(err))
	}
	return nil
}

// Report implements [connectors.Link].
func (l *Link) Report(ctx context.Context, status connectors.Status) error {
	if !inbox.ValidAccountID(string(status.Account)) {
		return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("%.60q names no account", status.Account)}
	}
	value, err := json.Marshal(status)
	if err != nil {
		return err
	}
	subject := fmt.Sprintf("$KV.%s.%s.%s", bucketStatus, l.cfg.Channel, status.Account)
	if status.Instance != "" {
		subject += "." + status.Instance
	}
	if _, err := l.js.Publish(ctx, subject, value); err != nil {
		return fmt.Errorf("report status of %s: %w", status.Account, away(err))
	}
	return nil
}

// bucket binds to a key-value bucket once.
func (l *Link) bucket(ctx context.Context, name string) (jetstream.KeyValue, error) {
	l.mu.Lock()
	kv := l.buckets[name]
	l.mu.Unlock()
	if kv != nil {
		return kv, nil
	}
	kv, err := l.js.KeyValue(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("look up bucket %s: %w", name, away(err))
	}
	l.mu.Lock()
	l.buckets[name] = kv
	l.mu.Unlock()
	return kv, nil
}

// msgID is the message id of an event: event ids are an account's own.
func msgID(channel inbox.Channel, account inbox.AccountID, event string) string {
	return string(channel) + "/" + string(account) + "/" + event
}

func sendKey(out connectors.Outbound) string {
	return string(out.Account) + "." + string(out.MessageID) + "." + strconv.Itoa(out.Attempt)
}
