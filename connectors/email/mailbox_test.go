package email

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
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
	timeout := time.After(15 * time.Second)
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

// A new account starts at now: what was there before stays out, what arrives
// comes in by IDLE well before the recheck, and the mailbox is left as it was.
func TestNewAccountStartsAtNow(t *testing.T) {
	t.Parallel()
	d := inboxtest.StartDovecot(t)
	d.Deliver(t, "u1", "INBOX", rawMail("old"))
	b := newBench(t, d, "u1", func(s *Settings) { s.Recheck = "20m" })
	b.start()
	b.ready()
	time.Sleep(300 * time.Millisecond) // into IDLE: the recheck is 20 minutes away
	d.Deliver(t, "u1", "INBOX", rawMail("new"))
	b.want("new")
	if got := b.subjects(); slices.Contains(got, "old") {
		t.Errorf("emitted %q, want no mail from before the account began", got)
	}
	b.stop()
	for uid, flags := range flagsOf(t, dialUser(t, d, "u1", "INBOX")) {
		if slices.Contains(flags, imap.FlagSeen) {
			t.Errorf("mail %d is marked seen", uid)
		}
	}
}

// Any length of outage is caught up in order, with nothing twice, across
// batches and gaps, and Dovecot's answer to "n:*" brings nothing anew.
func TestOutageIsCaughtUp(t *testing.T) {
	t.Parallel()
	d := inboxtest.StartDovecot(t)
	b := newBench(t, d, "u2", nil)
	b.start()
	b.ready()
	d.Deliver(t, "u2", "INBOX", rawMail("first"))
	b.want("first")
	b.stop()
	var want []string
	for i := range 130 {
		want = append(want, fmt.Sprintf("m%03d", i))
		d.Deliver(t, "u2", "INBOX", rawMail(want[i]))
	}
	// Some vanish before they are seen: gaps in the UIDs.
	c := dialUser(t, d, "u2", "INBOX")
	var gone imap.UIDSet
	for uid := imap.UID(20); uid < 30; uid++ {
		gone.AddNum(uid)
	}
	if err := c.Store(gone, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.UIDExpunge(gone).Close(); err != nil {
		t.Fatal(err)
	}
	b.start()
	b.until("121 mails", func() bool { return len(b.subjects()) >= 121 })
	time.Sleep(time.Second) // more than two rechecks: nothing may come again
	got := b.subjects()
	if len(got) != 121 {
		t.Fatalf("emitted %d mails, want 121", len(got))
	}
	seen := map[string]bool{}
	for _, s := range got {
		if seen[s] {
			t.Errorf("%q was emitted twice", s)
		}
		seen[s] = true
	}
}

// A connection that ends is an error for Run; the next one goes on where the
// cursor says.
func TestServerRestart(t *testing.T) {
	t.Parallel()
	d := inboxtest.StartDovecot(t)
	b := newBench(t, d, "u3", func(s *Settings) { s.Recheck = "20m" })
	b.start()
	b.ready()
	d.Deliver(t, "u3", "INBOX", rawMail("before"))
	b.want("before")
	d.Stop()
	select {
	case err := <-b.done:
		if err == nil {
			t.Error("Receive returned nil after the server went away")
		}
		b.done <- err
	case <-time.After(10 * time.Second):
		t.Fatal("Receive did not notice that the server went away")
	}
	b.stop()
	d.Deliver(t, "u3", "INBOX", rawMail("meanwhile"))
	d.Start(t)
	b.start()
	b.want("meanwhile")
	if got := b.subjects(); len(got) != 2 {
		t.Errorf("emitted %q, want two mails", got)
	}
}

// A change of UIDVALIDITY loses nothing that arrived around it, and brings in
// no history from before the account began.
func TestUIDValidityChange(t *testing.T) {
	t.Parallel()
	d := inboxtest.StartDovecot(t)
	b := newBench(t, d, "u4", nil)
	b.start()
	b.ready()
	d.Deliver(t, "u4", "INBOX", rawMail("one"))
	b.want("one")
	b.stop()
	before := b.cursor
	d.Deliver(t, "u4", "INBOX", rawMail("two"))
	d.Renumber(t, "u4", "INBOX")
	d.Deliver(t, "u4", "INBOX", rawMail("three"))
	b.start()
	b.want("two", "three")
	b.stop()
	was, now := parsed(t, before), parsed(t, b.cursor)
	if was.Folders["INBOX"].Validity == now.Folders["INBOX"].Validity {
		t.Fatal("UIDVALIDITY did not change: the test proves nothing")
	}
	if !now.Folders["INBOX"].Rescan.done() {
		t.Errorf("the rescan is not finished: %s", b.cursor)
	}
}

func parsed(t *testing.T, cursor string) *position {
	t.Helper()
	p, err := parsePosition(cursor)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// History comes in by importSince alone, on the bulk lane, and live mail does
// not wait for it.
func TestImportSince(t *testing.T) {
	t.Parallel()
	d := inboxtest.StartDovecot(t)
	for i := range 120 {
		d.Deliver(t, "u5", "INBOX", rawMail(fmt.Sprintf("h%03d", i)))
	}
	b := newBench(t, d, "u5", func(s *Settings) { s.ImportSince = time.Now().UTC().AddDate(0, 0, -2).Format(time.DateOnly) })
	b.start()
	b.ready()
	d.Deliver(t, "u5", "INBOX", rawMail("live"))
	b.until("the import", func() bool { return len(b.subjects()) == 121 })
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, item := range b.items {
		want := connectors.Bulk
		if item.Message.Subject == "live" {
			want = connectors.Live
		}
		if item.Lane != want {
			t.Errorf("%q is on lane %q, want %q", item.Message.Subject, item.Lane, want)
		}
	}
	if p := parsed(t, b.cursor).Folders["INBOX"]; !p.Import.done() {
		t.Errorf("the import is not finished: %+v", p.Import)
	}
}

// An import that is interrupted goes on where it was.
func TestImportResumes(t *testing.T) {
	t.Parallel()
	d := inboxtest.StartDovecot(t)
	for i := range 120 {
		d.Deliver(t, "u6", "INBOX", rawMail(fmt.Sprintf("h%03d", i)))
	}
	b := newBench(t, d, "u6", func(s *Settings) { s.ImportSince = "2020-01-01" })
	b.refuse = func(connectors.Inbound) error {
		if len(b.items) >= 50 {
			return context.DeadlineExceeded // the bus is away
		}
		return nil
	}
	b.start()
	if err := <-b.done; err == nil {
		t.Fatal("Receive returned nil although emit failed")
	}
	b.done <- nil
	b.stop()
	b.refuse = nil
	b.start()
	b.until("the rest", func() bool { return len(b.subjects()) >= 120 })
	b.stop()
	if got := b.subjects(); len(got) != 120 {
		t.Errorf("emitted %d mails, want 120, none twice", len(got))
	}
}

// By choice a mail is marked as seen or moved, after it was acknowledged; what
// others left in the mailbox is not touched.
func TestMarkSeenAndMove(t *testing.T) {
	t.Parallel()
	d := inboxtest.StartDovecot(t)
	b := newBench(t, d, "u7", func(s *Settings) { s.MarkSeen, s.MoveTo = true, "Done" })
	d.Deliver(t, "u7", "INBOX", rawMail("older"))
	b.start()
	b.ready()
	d.Deliver(t, "u7", "INBOX", rawMail("handled"))
	b.want("handled")
	b.until("an empty todo", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(parsed(t, b.cursor).Folders["INBOX"].Todo) == 0
	})
	b.stop()
	inboxFlags := flagsOf(t, dialUser(t, d, "u7", "INBOX"))
	if len(inboxFlags) != 1 {
		t.Errorf("INBOX holds %d mails, want the older one alone", len(inboxFlags))
	}
	moved := flagsOf(t, dialUser(t, d, "u7", "Done"))
	if len(moved) != 1 {
		t.Fatalf("Done holds %d mails, want 1", len(moved))
	}
	for _, flags := range moved {
		if !slices.Contains(flags, imap.FlagSeen) {
			t.Errorf("the moved mail has flags %v, want seen", flags)
		}
	}
}

// Nothing is marked or moved before the emit was acknowledged, and what a crash
// left undone is done by the next connection.
func TestMarkSeenAfterCrash(t *testing.T) {
	t.Parallel()
	d := inboxtest.StartDovecot(t)
	b := newBench(t, d, "u8", func(s *Settings) { s.MarkSeen = true })
	b.start()
	b.ready()
	b.stop()
	d.Deliver(t, "u8", "INBOX", rawMail("x"))
	b.refuse = func(connectors.Inbound) error { return io.ErrClosedPipe }
	b.start()
	<-b.done
	b.done <- nil
	b.stop()
	user := dialUser(t, d, "u8", "INBOX")
	if f := flagsOf(t, user)[1]; slices.Contains(f, imap.FlagSeen) {
		t.Fatalf("flags %v before the emit was acknowledged", f)
	}
	// As if the process had died between acknowledgement and STORE.
	b.refuse = nil
	p := parsed(t, b.cursor)
	p.Folders["INBOX"].Next, p.Folders["INBOX"].Todo = 2, []imap.UID{1}
	b.cursor = p.String()
	b.start()
	b.until("seen", func() bool { return slices.Contains(flagsOf(t, user)[1], imap.FlagSeen) })
	if got := b.subjects(); len(got) != 0 {
		t.Errorf("emitted %q again", got)
	}
}

// What the provider put into its spam folder arrives, marked.
func TestJunkFolder(t *testing.T) {
	t.Parallel()
	d := inboxtest.StartDovecot(t)
	d.Deliver(t, "u9", "Junk", rawMail("old spam"))
	b := newBench(t, d, "u9", func(s *Settings) { s.Junk = "Junk" })
	b.start()
	b.ready()
	b.until("both folders", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(parsed(t, b.cursor).Folders) == 2
	})
	d.Deliver(t, "u9", "Junk", rawMail("spam"))
	d.Deliver(t, "u9", "INBOX", rawMail("ham"))
	b.want("spam", "ham")
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.items) != 2 {
		t.Errorf("emitted %d mails, want 2", len(b.items))
	}
	for _, item := range b.items {
		if want := item.Message.Subject == "spam"; item.Message.Spam != want {
			t.Errorf("%q has spam %v, want %v", item.Message.Subject, item.Message.Spam, want)
		}
	}
}

// One mail that the bus refuses for its own content blocks nothing: it is set
// aside, tried again, and what follows comes in.
func TestPoisonIsHeld(t *testing.T) {
	t.Parallel()
	d := inboxtest.StartDovecot(t)
	b := newBench(t, d, "u10", nil)
	b.start()
	b.ready()
	b.stop()
	for _, s := range []string{"a", "poison", "c"} {
		d.Deliver(t, "u10", "INBOX", rawMail(s))
	}
	b.refuse = func(item connectors.Inbound) error {
		if item.Message.Subject == "poison" {
			return &inbox.Error{Code: inbox.TooLarge, Message: "too large"}
		}
		return nil
	}
	b.start()
	b.want("a", "c")
	b.until("the held mail", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(parsed(t, b.cursor).Folders["INBOX"].Held) == 1
	})
	b.stop()
	b.refuse = nil
	p := parsed(t, b.cursor)
	p.Folders["INBOX"].Held[0].Retry = time.Time{}
	b.cursor = p.String()
	b.start()
	b.want("poison")
	b.until("nothing held", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(parsed(t, b.cursor).Folders["INBOX"].Held) == 0
	})
	b.stop()
	// After a day somebody is told.
	p = parsed(t, b.cursor)
	d.Deliver(t, "u10", "INBOX", rawMail("late"))
	p.Folders["INBOX"].Held = []held{{UID: 99, Lane: "live", Why: "broken", Since: time.Now().Add(-25 * time.Hour)}}
	b.cursor = p.String()
	b.start()
	b.want("(mail that could not be fetched)", "late")
}

// A mail of 60 MB streams through a file: it arrives by reference.
func TestLargeMailIsSpooled(t *testing.T) {
	t.Parallel()
	d := inboxtest.StartDovecot(t)
	b := newBench(t, d, "u11", nil)
	b.start()
	b.ready()
	raw := []byte("From: ada@customer.test\r\nSubject: large\r\nMessage-ID: <large@customer.test>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: text/plain\r\n\r\nsee the file\r\n--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	raw = append(raw, bytes.Repeat([]byte(strings.Repeat("QUJD", 19)+"\r\n"), 60<<20/78)...)
	raw = append(raw, "--b--\r\n"...)
	d.Deliver(t, "u11", "INBOX", raw)
	d.Deliver(t, "u11", "INBOX", rawMail("small"))
	b.want("large", "small")
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, item := range b.items {
		if item.Message.Subject != "large" {
			continue
		}
		sum := sha256.Sum256(raw)
		if item.Raw.Ref == "" || item.Raw.Size != int64(len(raw)) || item.Raw.SHA256 != hex.EncodeToString(sum[:]) {
			t.Errorf("raw is %d bytes, ref %q, sha256 %s; want %d bytes by reference", item.Raw.Size, item.Raw.Ref, item.Raw.SHA256, len(raw))
		}
		if n, _ := json.Marshal(item); len(n) > maxItem {
			t.Errorf("the item takes %d bytes, want at most %d", len(n), maxItem)
		}
	}
}

// Logins: what is refused says so in the server's words, with the code that
// makes Run slow; what can't be reached names host and port.
func TestLogin(t *testing.T) {
	t.Parallel()
	d := inboxtest.StartDovecot(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closedPort := closed.Addr().(*net.TCPAddr).Port
	closed.Close()

	for _, tt := range []struct {
		name   string
		change func(*Settings)
		code   inbox.Code
		text   string // "" means success
	}{
		{"plain", func(s *Settings) {}, "", ""},
		{"tls", func(s *Settings) { s.IMAP.Port, s.IMAP.Security, s.CAPEM = d.TLSPort, securityTLS, d.CA }, "", ""},
		{"starttls", func(s *Settings) { s.IMAP.Security, s.CAPEM = securityStartTLS, d.CA }, "", ""},
		{"unknown authority", func(s *Settings) { s.IMAP.Port, s.IMAP.Security = d.TLSPort, securityTLS }, "", "not trusted"},
		{"starttls, unknown authority", func(s *Settings) { s.IMAP.Security = securityStartTLS }, "", "not trusted"},
		{"wrong password", func(s *Settings) { s.Password = "wrong" }, inbox.Unauthorized, "Authentication failed"},
		{"xoauth2 not offered", func(s *Settings) { s.Auth, s.Token = authXOAuth2, "t" }, inbox.Unauthorized, "does not offer XOAUTH2"},
		{"no such folder", func(s *Settings) { s.Folder = "Nowhere" }, inbox.Invalid, "Nowhere"},
		{"nobody there", func(s *Settings) { s.IMAP.Port = closedPort }, "", fmt.Sprint("127.0.0.1:", closedPort)},
		{"tls on the plain port", func(s *Settings) { s.IMAP.Security = securityTLS }, "", "starttls"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, d, "login", tt.change)
			b.start()
			if tt.text == "" {
				b.ready()
				return
			}
			err := <-b.done
			b.done <- err
			if err == nil || inbox.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("Receive = %v (code %q), want code %q and %q", err, inbox.CodeOf(err), tt.code, tt.text)
			}
		})
	}
}

// XOAUTH2 says the token in the mechanism's form, and a refusal comes back in
// the server's words.
func TestXOAUTH2(t *testing.T) {
	t.Parallel()
	for _, accept := range []bool{true, false} {
		said := make(chan string, 1)
		port := fakeIMAP(t, func(line string) []string {
			tag, rest, _ := strings.Cut(line, " ")
			switch {
			case strings.HasPrefix(rest, "AUTHENTICATE XOAUTH2 "):
				said <- strings.TrimPrefix(rest, "AUTHENTICATE XOAUTH2 ")
				if accept {
					return []string{tag + " OK [CAPABILITY IMAP4rev1] in"}
				}
				return []string{"+ eyJzdGF0dXMiOiI0MDAiLCJzY29wZSI6Im1haWwifQ=="} // {"status":"400","scope":"mail"}
			case strings.HasPrefix(rest, "EXAMINE"):
				return []string{"* 0 EXISTS", "* OK [UIDVALIDITY 1] x", "* OK [UIDNEXT 1] x", tag + " OK x"}
			case strings.HasPrefix(rest, "UID SEARCH"):
				return []string{"* SEARCH", tag + " OK x"}
			}
			return []string{tag + " OK x"}
		})
		set := Settings{IMAP: Server{Host: "127.0.0.1", Port: port, Security: securityNone}, Username: "me@x.test", Auth: authXOAuth2, Token: "tok"}
		b := &bench{t: t, news: make(chan struct{}, 1), account: account(t, "me@x.test", set)}
		b.c = New(Config{PutBody: putBody, Log: slog.New(slog.DiscardHandler)})
		b.start()
		const want = "dXNlcj1tZUB4LnRlc3QBYXV0aD1CZWFyZXIgdG9rAQE=" // user=me@x.test^Aauth=Bearer tok^A^A
		if got := <-said; got != want {
			t.Errorf("said %q, want %q", got, want)
		}
		if accept {
			b.ready()
			b.stop()
			continue
		}
		err := <-b.done
		b.done <- err
		if inbox.CodeOf(err) != inbox.Unauthorized || !strings.Contains(err.Error(), "status 400") {
			t.Errorf("Receive = %v, want the refusal with its status", err)
		}
	}
}

// fakeIMAP serves one connection by a script: one call a line.
func fakeIMAP(t *testing.T, answer func(line string) []string) (port int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serveLines(conn, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2 AUTH=PLAIN] fake", answer)
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().(*net.TCPAddr).Port
}

func serveLines(conn net.Conn, greeting string, answer func(line string) []string) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprintf(conn, "%s\r\n", greeting)
	var buf []byte
	chunk := make([]byte, 4096)
	for {
		n, err := conn.Read(chunk)
		if err != nil {
			return
		}
		buf = append(buf, chunk[:n]...)
		for {
			line, rest, ok := bytes.Cut(buf, []byte("\r\n"))
			if !ok {
				break
			}
			buf = rest
			for _, a := range answer(string(line)) {
				if a == "CLOSE" {
					return
				}
				fmt.Fprintf(conn, "%s\r\n", a)
			}
		}
	}
}

// A mail that breaks the connection every time is set aside after a few times,
// and the one behind it comes in.
func TestMailThatBreaksTheConnection(t *testing.T) {
	t.Parallel()
	mails := map[string]string{"2": string(rawMail("behind"))}
	port := fakeIMAP(t, func(line string) []string {
		tag, rest, _ := strings.Cut(line, " ")
		switch {
		case strings.HasPrefix(rest, "EXAMINE"):
			return []string{"* 2 EXISTS", "* OK [UIDVALIDITY 1] x", "* OK [UIDNEXT 3] x", tag + " OK x"}
		case strings.HasPrefix(rest, "UID SEARCH"):
			return []string{"* SEARCH 1 2", tag + " OK x"}
		case strings.HasPrefix(rest, "UID FETCH") && strings.Contains(rest, "BODY.PEEK"):
			var out []string
			if set := strings.Fields(rest)[2]; set == "1" || strings.HasPrefix(set, "1:") || strings.HasPrefix(set, "1,") {
				return []string{"* 1 FETCH (UID 1 BODY[] {1000}", "half", "CLOSE"}
			}
			m := mails["2"]
			out = append(out, fmt.Sprintf("* 2 FETCH (UID 2 BODY[] {%d}", len(m)), m+")", tag+" OK x")
			return out
		case strings.HasPrefix(rest, "UID FETCH"):
			return []string{"* 1 FETCH (UID 1 RFC822.SIZE 1000)", "* 2 FETCH (UID 2 RFC822.SIZE 200)", tag + " OK x"}
		}
		return []string{tag + " OK x"}
	})
	set := Settings{IMAP: Server{Host: "127.0.0.1", Port: port, Security: securityNone}, Username: "u", Password: "p", Recheck: "200ms"}
	b := &bench{t: t, news: make(chan struct{}, 1), account: account(t, "u", set)}
	b.c = New(Config{PutBody: putBody, Log: slog.New(slog.DiscardHandler)})
	p := &position{Version: 1, Folders: map[string]*place{"INBOX": {Validity: 1, Start: 1, Next: 1, Begun: time.Now()}}}
	b.cursor = p.String()
	for range maxBreaks {
		b.start()
		if err := <-b.done; err == nil || !strings.Contains(err.Error(), "mail 1") {
			t.Fatalf("Receive = %v, want an error that names mail 1", err)
		}
		b.done <- nil
		b.stop()
	}
	b.start()
	b.want("behind")
	b.stop()
	if held := parsed(t, b.cursor).Folders["INBOX"].Held; len(held) != 1 || held[0].UID != 1 {
		t.Errorf("held %+v, want mail 1", held)
	}
}

// A server that accepts and says nothing ends when the context does, at once.
func TestHangingServerEndsWithContext(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, security := range []string{securityNone, securityTLS, securityStartTLS} {
		set := Settings{IMAP: Server{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Security: security}, Username: "u", Password: "p"}
		b := &bench{t: t, news: make(chan struct{}, 1), account: account(t, "u", set)}
		b.c = New(Config{PutBody: putBody})
		b.start()
		time.Sleep(100 * time.Millisecond)
		began := time.Now()
		if err := b.stop(); err == nil {
			t.Error("Receive returned nil")
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("%s: Receive took %s to end", security, took)
		}
	}
}
