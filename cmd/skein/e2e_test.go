package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"skein/inbox"
	"skein/inbox/inboxtest"
)

// A mail in a real mailbox appears in the open page, is answered by keyboard,
// and arrives at a real SMTP server with the right headers and once, under both of
// its forms, the inbox's signature in the agent's name, which stood below the field;
// the customer's answer to it lands in the same conversation, on the same page.
func TestEndToEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("starts everything, and a browser")
	}
	t.Parallel()
	chromium, node := browser(t, "index.html")
	dovecot := inboxtest.StartDovecot(t)
	sink := inboxtest.StartSMTPSink(t, inboxtest.SinkOptions{})
	data := filepath.Join(t.TempDir(), "data")
	p := startUp(t, data)
	vars := map[string]string{"SKEIN_DATA": data, "SKEIN_PASSWORD": "a long enough one"}
	settings := filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(settings, fmt.Appendf(nil, `{
		"imap": {"host": %q, "port": %d, "security": "none"}, "smtp": {"host": %q, "port": %d, "security": "none"},
		"username": "support", "password": %q}`, dovecot.Host, dovecot.Port, sink.Host, sink.Port, inboxtest.MailPassword), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"account", "add", "support", "--address", "support@shop.example", "--name", "The shop", "--settings", settings},
		{"user", "add", "ana@shop.example", "--name", "Ana", "--role", "agent"},
		{"user", "add", "sue@shop.example", "--name", "Sue", "--role", "admin"},
	} {
		if code, _, said := runCommand(t, vars, args...); code != 0 {
			t.Fatalf("skein %v: %s", args, said)
		}
	}
	p.running(t, "support")
	p.sign(t, "Kind regards,\n{{agent.name}}", "<p>Kind regards,<br><b>{{agent.name}}</b></p>")

	page := runPage(t, node, "e2e/path.mjs", "SKEIN_URL="+p.url, "SKEIN_EMAIL=ana@shop.example", "SKEIN_PASSWORD="+vars["SKEIN_PASSWORD"], "CHROMIUM="+chromium)
	page.expect("signed in")
	dovecot.Deliver(t, "support", "INBOX", letter("first@x.example", "", "Where is my parcel?", "I have waited for two weeks."))
	page.say("go")
	page.expect("answered")

	got := sink.Wait(t, 1, time.Minute)[0] // it can be taken back for ten seconds
	answer, err := mail.ReadMessage(bytes.NewReader(got.Data))
	if err != nil {
		t.Fatal(err)
	}
	subject, _ := new(mime.WordDecoder).DecodeHeader(answer.Header.Get("Subject"))
	for _, h := range []struct{ name, got, want string }{
		{"envelope sender", got.From, "support@shop.example"},
		{"envelope recipients", strings.Join(got.To, " "), "cara@x.example"},
		{"Subject", subject, "Re: Where is my parcel?"},
		{"In-Reply-To", answer.Header.Get("In-Reply-To"), "<first@x.example>"},
		{"References", answer.Header.Get("References"), "<first@x.example>"},
	} {
		if h.got != h.want {
			t.Errorf("%s = %q, want %q", h.name, h.got, h.want)
		}
	}
	text, html := forms(t, answer)
	if want := "It left our warehouse this morning.\n\n-- \nKind regards,\nAna"; strings.TrimSpace(text) != want {
		t.Errorf("the answer's text is %q, want %q", text, want)
	}
	if !strings.Contains(html, "<p>It left our warehouse this morning.</p>") || strings.Count(html, "<b>Ana</b>") != 1 {
		t.Errorf("the answer's HTML is %q, want what was typed, and the signature once", html)
	}
	id := strings.Trim(answer.Header.Get("Message-ID"), "<>")
	if !strings.HasSuffix(id, "@shop.example") {
		t.Errorf("Message-ID = %q, want one of our domain", id)
	}

	dovecot.Deliver(t, "support", "INBOX", letter("second@x.example", id, "Re: Where is my parcel?", "Thanks, that was quick."))
	page.say("go")
	page.expect("seen")
	page.say("go")

	var list struct{ Items []struct{ MessageSeq int } }
	var session struct{ AccessToken string }
	p.call("", "POST", "/login", map[string]string{"email": "ana@shop.example", "password": vars["SKEIN_PASSWORD"]}, &session)
	p.call(session.AccessToken, "GET", "/conversations?status=all", nil, &list)
	if len(list.Items) != 1 || list.Items[0].MessageSeq != 3 {
		t.Errorf("conversations = %+v, want one with three messages", list.Items)
	}
}

// What one agent says of who, which order and which conversation, by the page, and
// takes back, another sees happen in an open page of their own.
func TestRelationsLive(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server, and a browser")
	}
	t.Parallel()
	chromium, node := browser(t, "index.html")
	n := startNode(t)
	in := n.inboxes["support"].ID
	ana := n.agent("ana", inbox.AgentRole, in)
	n.agent("ben", inbox.AgentRole, in)
	for i, number := range []string{"#10021", "#10022"} {
		n.order(inbox.Order{ExternalID: fmt.Sprint(i), Number: number, Email: "cara.winter@x.example", Status: "paid", Total: 4711,
			Items: []inbox.Item{{SKU: "K-1", Title: "Copper kettle", Quantity: 1, Price: 4711}}})
	}
	n.mail("support", "Kettle", "Cara Winter/cara.winter@x.example", inbox.Proven, "Where is my order #10021? My sister's is order #77777.")
	c := ana.waitFor("Kettle", "linked #10021!, claimed")
	n.mail("support", "Kettle again", "Cara Winter/cara.winter@x.example", inbox.Proven, "And the lid is missing.", "Kettle")
	n.mail("support", "Elsewhere", "Cara Winter/cara.winter@y.example", inbox.Proven, "Hello from my other address.")
	n.mail("support", "Whisks", "Cara Winter/cara.winter@x.example", inbox.Proven, "Do you sell whisks?")
	ana.find("Whisks")
	ana.until("there is a match", func() bool {
		var list struct{ Items []inbox.Match }
		ana.want(200, "GET", "/customers/"+string(c.Customer.CustomerID)+"/matches", nil, &list)
		return len(list.Items) > 0 && list.Items[0].Score >= .5
	})

	cmd := exec.CommandContext(t.Context(), node, "e2e/relations.mjs")
	cmd.Dir = "../../web"
	cmd.Env = append(os.Environ(), fmt.Sprintf("SKEIN_URL=%s/c/%d", n.url, c.Number), "SKEIN_EMAILS=ana@skein.example ben@skein.example",
		"SKEIN_PASSWORD=a long enough one", "CHROMIUM="+chromium)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if want := "merged taken-apart rejected not-rejected linked code-sent claim-rejected claim-back moved moved-back joined parted seen"; err != nil ||
		strings.Join(strings.Split(strings.ReplaceAll(strings.TrimSpace(string(out)), " ", "-"), "\n"), " ") != want {
		t.Fatalf("the pages came to %q: %v\n%s", out, err, &said)
	}
}

// sign gives the first inbox a signature.
func (p *process) sign(t *testing.T, text, html string) {
	t.Helper()
	var session struct{ AccessToken string }
	p.call("", "POST", "/login", map[string]string{"email": "sue@shop.example", "password": "a long enough one"}, &session)
	var list struct{ Items []inbox.Inbox }
	p.call(session.AccessToken, "GET", "/inboxes", nil, &list)
	in := list.Items[0]
	if code := p.call(session.AccessToken, "PUT", "/inboxes/"+string(in.ID), map[string]any{"version": in.Version, "name": in.Name, "brandId": in.BrandID,
		"calendarId": in.CalendarID, "signature": inbox.Signature{Text: text, HTML: html}}, nil); code != 200 {
		t.Fatalf("give the inbox a signature: %d", code)
	}
}

// forms are the text and the HTML of a mail that has both.
func forms(t *testing.T, m *mail.Message) (text, html string) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("the mail is of type %s, %v, want both forms", kind, err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for _, to := range []*string{&text, &html} {
		part, err := parts.NextPart() // without its quoted-printable
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		*to = strings.ReplaceAll(string(raw), "\r\n", "\n")
	}
	return text, html
}

func letter(id, answers, subject, text string) []byte {
	refs := ""
	if answers != "" {
		refs = fmt.Sprintf("In-Reply-To: <%s>\r\nReferences: <first@x.example> <%s>\r\n", answers, answers)
	}
	return fmt.Appendf(nil, "From: Cara <cara@x.example>\r\nTo: The shop <support@shop.example>\r\nSubject: %s\r\nMessage-ID: <%s>\r\nDate: %s\r\n%s\r\n%s\r\n",
		subject, id, time.Now().Format(time.RFC1123Z), refs, text)
}

// running waits until the connector serves the account: what comes before is
// history.
func (p *process) running(t *testing.T, account string) {
	t.Helper()
	var session struct{ AccessToken string }
	var list struct {
		Items []struct{ Account, State, LastError string }
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if session.AccessToken == "" {
			p.call("", "POST", "/login", map[string]string{"email": "ana@shop.example", "password": "a long enough one"}, &session)
		}
		p.call(session.AccessToken, "GET", "/connectors", nil, &list)
		for _, c := range list.Items {
			if c.Account == account && c.State == "running" {
				return
			}
		}
	}
	t.Fatalf("the account doesn't run: %+v", list.Items)
}

// A page is a browser that a script drives, step by step.
type page struct {
	t     *testing.T
	in    io.Writer
	steps chan string
	err   *spoken
}

// spoken is what a program said, which may go on.
type spoken struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (s *spoken) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.Write(b)
}

func (s *spoken) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.String()
}

func runPage(t *testing.T, node, script string, vars ...string) *page {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), node, script)
	cmd.Dir = "../../web"
	cmd.Env = append(os.Environ(), vars...)
	p := &page{t: t, steps: make(chan string, 8), err: &spoken{}}
	var err error
	if p.in, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = p.err
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(p.steps)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			p.steps <- lines.Text()
		}
		_ = cmd.Wait()
	}()
	t.Cleanup(func() { <-done })
	return p
}

func (p *page) say(line string) {
	p.t.Helper()
	if _, err := fmt.Fprintln(p.in, line); err != nil {
		p.t.Fatalf("the page is gone: %v\n%s", err, p.err)
	}
}

func (p *page) expect(step string) {
	p.t.Helper()
	select {
	case got := <-p.steps:
		if got != step {
			p.t.Fatalf("the page says %q, want %q\n%s", got, step, p.err)
		}
	case <-time.After(2 * time.Minute): // longer than the page waits itself, which says what for
		p.t.Fatalf("the page doesn't come to %q\n%s", step, p.err)
	}
}

// browsers are those tests that have one at a time: each keeps a processor busy.
var (
	browsers = make(chan struct{}, 3)
	have     sync.Map // by their names, which of them have one: it may have another
)

// browser is what a test in a browser needs, of which app is a file of the web app.
// It waits for its turn.
func browser(t *testing.T, app string) (chromium, node string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join("../../web/dist", app)); err != nil {
		lacking(t, "the web app isn't built: make web")
	}
	if _, has := have.LoadOrStore(t.Name(), true); !has {
		browsers <- struct{}{}
		t.Cleanup(func() {
			have.Delete(t.Name())
			<-browsers
		})
	}
	return tool(t, "chromium", "chromium-browser", "google-chrome"), tool(t, "node")
}

// tool finds a program by one of its names.
func tool(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	lacking(t, names[0]+" isn't installed")
	return ""
}

// lacking skips a test for a part that isn't there, and fails it in CI.
func lacking(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip("SKIPPED: " + what)
}
