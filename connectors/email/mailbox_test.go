package email

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/inboxtest"
)

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
	case <-time.After(time.Minute):
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
		want := connectors.LaneBulk
		if item.Message.Subject == "live" {
			want = connectors.LaneLive
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
// aside where it is, tried again, and what follows comes in.
func TestPoisonIsHeld(t *testing.T) {
	t.Parallel()
	d := inboxtest.StartDovecot(t)
	b := newBench(t, d, "u10", func(s *Settings) { s.MoveTo = "Done" })
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

// A mail of 8 MB, more than is kept in memory, streams through a file: it arrives by
// reference.
func TestLargeMailIsSpooled(t *testing.T) {
	t.Parallel()
	d := inboxtest.StartDovecot(t)
	b := newBench(t, d, "u11", nil)
	b.start()
	b.ready()
	raw := []byte("From: ada@customer.test\r\nSubject: large\r\nMessage-ID: <large@customer.test>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: text/plain\r\n\r\nsee the file\r\n--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	raw = append(raw, bytes.Repeat([]byte(strings.Repeat("QUJD", 19)+"\r\n"), 8<<20/78)...)
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
