package email

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/inboxtest"
)

// A bench is one account's Receive and what it emitted.
type bench struct {
	t       *testing.T
	c       *Connector
	account connectors.Account

	mu     sync.Mutex // guards what follows
	cursor string
	items  []connectors.Inbound
	refuse func(connectors.Inbound) error
	news   chan struct{}

	cancel context.CancelFunc
	done   chan error
}

func newBench(t *testing.T, d *inboxtest.Dovecot, user string, change func(*Settings)) *bench {
	t.Helper()
	set := Settings{
		IMAP:     Server{Host: d.Host, Port: d.Port, Security: securityNone},
		Username: user, Password: inboxtest.MailPassword, Recheck: "400ms",
	}
	if change != nil {
		change(&set)
	}
	b := &bench{t: t, news: make(chan struct{}, 1), account: account(t, user, set)}
	b.c = New(Config{PutBody: putBody, Log: slog.New(slog.DiscardHandler), TempDir: t.TempDir()})
	t.Cleanup(func() { b.stop() })
	return b
}

func account(t *testing.T, user string, set Settings) connectors.Account {
	t.Helper()
	raw, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return connectors.Account{ID: inbox.AccountID(strings.ReplaceAll(user, "@", "_")), Channel: inbox.Email, Address: user, Settings: raw}
}

func putBody(_ context.Context, r io.Reader) (connectors.Body, error) {
	h := sha256.New()
	n, err := io.Copy(h, r)
	sum := hex.EncodeToString(h.Sum(nil))
	return connectors.Body{Size: n, SHA256: sum, Ref: sum}, err
}

func (b *bench) start() {
	b.t.Helper()
	ctx, cancel := context.WithCancel(b.t.Context())
	b.cancel, b.done = cancel, make(chan error, 1)
	b.mu.Lock()
	cursor := b.cursor
	b.mu.Unlock()
	go func() { b.done <- b.c.Receive(ctx, b.account, cursor, b.emit) }()
}

func (b *bench) stop() error {
	if b.cancel == nil {
		return nil
	}
	b.cancel()
	b.cancel = nil
	select {
	case err := <-b.done:
		return err
	case <-time.After(10 * time.Second):
		b.t.Error("Receive did not return within 10 s of its context's end")
		return nil
	}
}

func (b *bench) emit(_ context.Context, cursor string, items ...connectors.Inbound) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, item := range items {
		if b.refuse != nil {
			if err := b.refuse(item); err != nil {
				return err
			}
		}
	}
	b.items = append(b.items, items...)
	b.cursor = cursor
	select {
	case b.news <- struct{}{}:
	default:
	}
	return nil
}

func (b *bench) subjects() (all []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, item := range b.items {
		all = append(all, item.Message.Subject)
	}
	return all
}

// until waits for a state of the bench.
func (b *bench) until(what string, ok func() bool) {
	b.t.Helper()
	timeout := time.After(5 * time.Minute) // of a machine that others keep busy
	for !ok() {
		select {
		case <-b.news:
		case <-time.After(50 * time.Millisecond):
		case err := <-b.done:
			b.done <- err
			if ok() {
				return
			}
			b.t.Fatalf("Receive ended while waiting for %s: %v", what, err)
		case <-timeout:
			b.t.Fatalf("waited in vain for %s; have %q", what, b.subjects())
		}
	}
}

func (b *bench) want(subjects ...string) {
	b.t.Helper()
	b.until(fmt.Sprintf("%q", subjects), func() bool {
		have := b.subjects()
		for _, s := range subjects {
			if !slices.Contains(have, s) {
				return false
			}
		}
		return true
	})
}

// ready waits until the account has begun.
func (b *bench) ready() {
	b.t.Helper()
	b.until("the first cursor", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.cursor != ""
	})
}

func rawMail(subject string) []byte {
	return fmt.Appendf(nil, "From: Ada Example <ada@customer.test>\r\nTo: support@shop.test\r\nSubject: %s\r\nMessage-ID: <%s@customer.test>\r\nDate: Mon, 02 Mar 2026 10:00:00 +0000\r\n\r\nHello from %s.\r\n",
		subject, strings.ReplaceAll(subject, " ", "."), subject)
}

// dialUser connects a second client, as a person's mail program would.
func dialUser(t *testing.T, d *inboxtest.Dovecot, user, folder string) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialInsecure(d.Addr(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Login(user, inboxtest.MailPassword).Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Select(folder, nil).Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

func flagsOf(t *testing.T, c *imapclient.Client) map[imap.UID][]imap.Flag {
	t.Helper()
	if err := c.Noop().Wait(); err != nil {
		t.Fatal(err)
	}
	flags := map[imap.UID][]imap.Flag{}
	msgs, err := c.Fetch(imap.UIDSet{imap.UIDRange{Start: 1, Stop: 0}}, &imap.FetchOptions{UID: true, Flags: true}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range msgs {
		flags[m.UID] = m.Flags
	}
	return flags
}
