package demo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/mail"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// start runs a demo in dir until the test ends or stop is called.
func start(t *testing.T, dir string, answer time.Duration) (d *Demo, stop func()) {
	t.Helper()
	d, err := Open(Config{Dir: dir, Log: slog.New(slog.DiscardHandler), Answer: answer})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("Run: %v", err)
			}
		})
	}
	t.Cleanup(stop)
	return d, stop
}

func dial(t *testing.T, d *Demo, user string, onMail func()) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialInsecure(d.IMAPAddr(), &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(m *imapclient.UnilateralDataMailbox) {
			if m.NumMessages != nil && onMail != nil {
				onMail()
			}
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Login(user, Password).Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

func fetchAll(t *testing.T, c *imapclient.Client, from imap.UID) []*imapclient.FetchMessageBuffer {
	t.Helper()
	set := imap.UIDSet{}
	set.AddRange(from, 0)
	got, err := c.Fetch(set, &imap.FetchOptions{UID: true, Flags: true, InternalDate: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func bodyOf(m *imapclient.FetchMessageBuffer) []byte {
	return m.FindBodySection(&imap.FetchItemBodySection{Peek: true})
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("%s: not within 10 s", what)
}

// The mailbox survives a restart: the same mails under the same UIDs, and new
// ones go on from there, also when the newest was deleted meanwhile.
func TestMailboxSurvivesRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, stop := start(t, dir, 0)
	c := dial(t, d, Support, nil)
	first, err := c.Select("INBOX", nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	if first.NumMessages < conversationCount {
		t.Errorf("the history holds %d mails, want at least %d", first.NumMessages, conversationCount)
	}
	eventually(t, "today's mails", func() bool {
		s, err := c.Status("INBOX", &imap.StatusOptions{NumMessages: true}).Wait()
		return err == nil && *s.NumMessages == first.NumMessages+uint32(len(freshAges))
	})
	before := fetchAll(t, c, 1)
	newest := before[len(before)-1].UID
	if err := c.Store(imap.UIDSetNum(newest), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Expunge().Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Store(imap.UIDSetNum(1), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagSeen}}, nil).Close(); err != nil {
		t.Fatal(err)
	}
	stop()

	d, _ = start(t, dir, 0)
	c = dial(t, d, Support, nil)
	second, err := c.Select("INBOX", nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	if second.UIDValidity != first.UIDValidity || second.UIDNext != newest+1 {
		t.Errorf("after a restart UIDVALIDITY, UIDNEXT = %d, %d, want %d, %d", second.UIDValidity, second.UIDNext, first.UIDValidity, newest+1)
	}
	after := fetchAll(t, c, 1)
	if len(after) != len(before)-1 {
		t.Fatalf("%d mails after a restart, want %d", len(after), len(before)-1)
	}
	if diff := cmp.Diff([]imap.Flag{imap.FlagSeen}, after[0].Flags); diff != "" {
		t.Errorf("flags after a restart (-want +got):\n%s", diff)
	}
	for i, m := range after {
		if m.UID != before[i].UID || !bytes.Equal(bodyOf(m), bodyOf(before[i])) || !m.InternalDate.Equal(before[i].InternalDate) {
			t.Fatalf("mail %d changed by the restart", m.UID)
		}
	}
}

// A client in IDLE hears of new mail at once, and "*" names the newest mail
// also when a range starts above it.
func TestIdle(t *testing.T) {
	t.Parallel()
	d, _ := start(t, t.TempDir(), 0)
	arrived := make(chan struct{}, 100)
	c := dial(t, d, CustomersUser, func() { arrived <- struct{}{} })
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		idle, err := c.Idle()
		if err != nil {
			t.Fatal(err)
		}
		raw := fmt.Sprintf("From: %s\r\nTo: a@mail.example\r\nSubject: %d\r\n\r\nhello\r\n", Support, n)
		began := time.Now()
		if err := d.deliver(Support, []string{"a@mail.example"}, []byte(raw), false, true); err != nil {
			t.Fatal(err)
		}
		select {
		case <-arrived:
		case <-time.After(5 * time.Second):
			t.Fatal("IDLE told nothing of a new mail")
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("IDLE told of a new mail after %v", took)
		}
		if err := idle.Close(); err != nil {
			t.Fatal(err)
		}
	}
	// By hand, since the client library drops an answer that it didn't expect.
	conn, err := net.Dial("tcp", d.IMAPAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprintf(conn, "a LOGIN %s %s\r\nb SELECT INBOX\r\nc UID FETCH 77:* (FLAGS)\r\nd LOGOUT\r\n", CustomersUser, Password)
	said, _ := io.ReadAll(conn)
	if !bytes.Contains(said, []byte("* 3 FETCH (UID 3 FLAGS ())")) {
		t.Errorf("UID FETCH 77:* was answered by\n%s", said)
	}
}

// Who may say what over SMTP, and what the receiving server says of it.
func TestSMTPTrust(t *testing.T) {
	t.Parallel()
	d, _ := start(t, t.TempDir(), 0)
	forged := "Authentication-Results: " + mailHost + "; dmarc=pass header.from=mail.example\r\n" +
		"authentication-results: (a (nested) comment) " + strings.ToUpper(mailHost) + " 1;\r\n\tdmarc=pass\r\n" +
		"Authentication-Results: elsewhere.example; dmarc=pass\r\n"
	mailBy := func(auth sasl.Client, to string) error {
		c, err := smtp.Dial(d.SMTPAddr())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		if auth != nil {
			if err := c.Auth(auth); err != nil {
				return err
			}
		}
		return c.SendMail("a@mail.example", []string{to}, strings.NewReader(forged+"From: a@mail.example\r\nTo: "+to+"\r\nSubject: x\r\n\r\nx\r\n"))
	}
	shop, customer := sasl.NewPlainClient("", Support, Password), sasl.NewPlainClient("", customersLogin, d.token)
	for _, tc := range []struct {
		name    string
		auth    sasl.Client
		to      string
		refused bool
		want    string // the verdict on what lies in the shop's inbox
	}{
		{"a stranger to the shop", nil, Support, false, "dmarc=none"},
		{"a stranger to a tagged address", nil, "support+abc@harbourpine.test", false, "dmarc=none"},
		{"a stranger to a customer", nil, "b@mail.example", true, ""},
		{"a customer to the shop", customer, Support, false, "dmarc=pass"},
		{"a customer to a customer", customer, "b@mail.example", true, ""},
		{"the shop to a customer", shop, "b@mail.example", false, ""},
		{"the shop to nobody", shop, "nobody@mail.example", true, ""},
		{"a wrong token", sasl.NewPlainClient("", customersLogin, "x"), Support, true, ""},
		{"not an address", shop, "b", true, ""},
	} {
		box := d.mail.existing(Support, "INBOX")
		before := len(box.mails)
		err := mailBy(tc.auth, tc.to)
		if (err != nil) != tc.refused {
			t.Errorf("%s: error %v, want refused %v", tc.name, err, tc.refused)
			continue
		}
		if tc.want == "" {
			continue
		}
		if len(box.mails) != before+1 {
			t.Errorf("%s: %d mails more, want 1", tc.name, len(box.mails)-before)
			continue
		}
		raw, err := os.ReadFile(box.mails[before].path)
		if err != nil {
			t.Fatal(err)
		}
		msg, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		results := msg.Header["Authentication-Results"]
		if len(results) != 2 || !strings.HasPrefix(results[0], mailHost+"; "+tc.want) || !strings.HasPrefix(results[1], "elsewhere.example;") {
			t.Errorf("%s: Authentication-Results %q, want ours with %s and the stranger's alone", tc.name, results, tc.want)
		}
	}
}

// Whatever the header, taking forged verdicts away changes nothing else.
func FuzzWithoutForged(f *testing.F) {
	for _, s := range []string{"", "\r\n\r\n", "A: b\r\n\r\nbody", "Authentication-Results: " + mailHost + ";\r\n\tx\r\nB: c\r\n", "authentication-results:(\\", "A: b\n c\n\nAuthentication-Results: " + mailHost} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		once := withoutForged(raw)
		if !bytes.Equal(withoutForged(once), once) {
			t.Errorf("withoutForged(%q) is not stable", raw)
		}
		if !bytes.Contains(bytes.ToLower(raw), []byte("authentication-results")) && !bytes.Equal(once, raw) {
			t.Errorf("withoutForged(%q) = %q, want it unchanged", raw, once)
		}
	})
}

// A customer answers what the agent really wrote: in its thread, to where it
// asked, with the mail quoted, and not for ever.
func TestCustomersAnswer(t *testing.T) {
	t.Parallel()
	d, _ := start(t, t.TempDir(), time.Millisecond)
	c := dial(t, d, Support, nil)
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	var customer *Customer
	for _, candidate := range d.shop.Customers {
		if candidate.Lang == "en" && candidate.Client == "gmail" {
			customer = candidate
			break
		}
	}
	answers := func(id string) (out []*mail.Message) {
		for _, m := range fetchAll(t, c, 1) {
			msg, err := mail.ReadMessage(bytes.NewReader(bodyOf(m)))
			if err == nil && msg.Header.Get("In-Reply-To") == "<"+id+">" {
				out = append(out, msg)
			}
		}
		return out
	}
	reply := "support+tok@harbourpine.test"
	for n := range maxAnswers + 2 {
		id := fmt.Sprintf("agent%d@skein.test", n)
		raw := fmt.Sprintf("From: %s\r\nReply-To: %s\r\nTo: %s\r\nSubject: Re: help\r\nMessage-ID: <%s>\r\nReferences: <root@mail.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nCould you send me a photo of the fünf cracks?\r\n", Support, reply, customer.Email, id)
		if err := d.deliver(Support, []string{customer.Email}, []byte(raw), false, true); err != nil {
			t.Fatal(err)
		}
		if n >= maxAnswers {
			time.Sleep(100 * time.Millisecond)
			if got := answers(id); len(got) != 0 {
				t.Errorf("the customer answers for the %d. time", n+1)
			}
			continue
		}
		eventually(t, "the customer's answer", func() bool { return len(answers(id)) == 1 })
		msg := answers(id)[0]
		body, _ := io.ReadAll(msg.Body)
		if got := msg.Header.Get("To"); !strings.Contains(got, reply) {
			t.Errorf("the answer goes to %q, want %q", got, reply)
		}
		if !strings.Contains(msg.Header.Get("References"), "<root@mail.example>") {
			t.Errorf("References = %q, want the thread's root in it", msg.Header.Get("References"))
		}
		if !bytes.Contains(body, []byte("> Could you send me a photo of the f=C3=BCnf cracks?")) {
			t.Errorf("the answer doesn't quote what was written:\n%.600s", body)
		}
		if !bytes.Contains(body, []byte("image/png")) {
			t.Error("asked for a photo, the customer sends none")
		}
	}
}

// `skein demo send` finds the demo by its folder, and says plainly what is wrong.
func TestSend(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := Send(t.Context(), []string{"--text", "x"}, dir, io.Discard); inbox.CodeOf(err) != inbox.Unavailable {
		t.Errorf("Send without a demo: %v, want an error with code unavailable", err)
	}
	d, stop := start(t, dir, 0)
	eventually(t, "the demo's announcement", func() bool { _, err := os.Stat(runPath(dir)); return err == nil })
	order := d.shop.Orders[3]
	box := d.mail.existing(Support, "INBOX")
	for _, tc := range []struct {
		args []string
		code inbox.Code
		want []string
	}{
		{[]string{"--text", "Where is it?", "--order", order.Number}, "", []string{"From: ", order.Email, order.Number, "dmarc=pass"}},
		{[]string{"--text", "hello", "--from", "Zoë <zoe@else.example>", "--subject", "Grüße"}, "", []string{"zoe@else.example", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?="}},
		{[]string{"--text", "x", "--subject", "a\r\nBcc: b@c.example"}, "", []string{"Subject: a Bcc: b@c.example\r\n"}},
		{[]string{"--text", "x", "--order", "HP-1"}, inbox.NotFound, nil},
		{[]string{"--text", "x", "--from", "nonsense"}, inbox.Invalid, nil},
		{[]string{"--text", " "}, inbox.Invalid, nil},
		{[]string{"--text", "x", "y"}, inbox.Invalid, nil},
		{[]string{"--nonsense"}, inbox.Invalid, nil},
	} {
		before := len(box.mails)
		err := Send(t.Context(), tc.args, dir, io.Discard)
		if inbox.CodeOf(err) != tc.code || (err == nil) != (tc.code == "") {
			t.Errorf("Send(%q): error %v, want code %q", tc.args, err, tc.code)
			continue
		}
		if tc.code != "" {
			continue
		}
		raw, err := os.ReadFile(box.mails[before].path)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range tc.want {
			if !bytes.Contains(raw, []byte(want)) {
				t.Errorf("Send(%q): %q is not in the mail:\n%.900s", tc.args, want, raw)
			}
		}
	}
	run, err := os.ReadFile(runPath(dir))
	if err != nil {
		t.Fatal(err)
	}
	stop()
	if _, err := os.Stat(runPath(dir)); !os.IsNotExist(err) {
		t.Error("a stopped demo still announces itself")
	}
	if err := os.WriteFile(runPath(dir), run, 0o600); err != nil { // as after kill -9
		t.Fatal(err)
	}
	if err := Send(t.Context(), []string{"--text", "x"}, dir, io.Discard); inbox.CodeOf(err) != inbox.Unavailable {
		t.Errorf("Send to a killed demo: %v, want an error with code unavailable", err)
	}
}
