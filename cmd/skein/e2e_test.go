package main

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
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
	p := startMailShop(t)
	p.sign(t, "Kind regards,\n{{agent.name}}", "<p>Kind regards,<br><b>{{agent.name}}</b></p>")

	page := p.page(t, "path.mjs")
	page.expect("signed in")
	p.dovecot.Deliver(t, "support", "INBOX", letter("first@x.example", "", "Where is my parcel?", "I have waited for two weeks."))
	page.say("go")
	page.expect("answered")

	got := p.sink.Wait(t, 1, time.Minute)[0] // it can be taken back for ten seconds
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

	p.dovecot.Deliver(t, "support", "INBOX", letter("second@x.example", id, "Re: Where is my parcel?", "Thanks, that was quick."))
	page.say("go")
	page.expect("seen")
	page.say("go")

	var list struct{ Items []struct{ MessageSeq int } }
	p.call(p.as("ana"), "GET", "/conversations?status=all", nil, &list)
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

	n.inBrowser("relations.mjs", "merged taken apart rejected not rejected linked code sent claim rejected claim back moved moved back joined parted offered seen",
		fmt.Sprintf("SKEIN_URL=%s/c/%d", n.url, c.Number), "SKEIN_EMAILS=ana@skein.example ben@skein.example")
}

// A mailShop is a whole server that serves one mailbox, support@shop.example, for
// the agent Ana, in a browser, and the admin Sue.
type mailShop struct {
	*process
	dovecot *inboxtest.Dovecot
	sink    *inboxtest.SMTPSink
}

const shopPassword = "a long enough one"

func startMailShop(t *testing.T) mailShop {
	t.Helper()
	browser(t, "index.html") // its turn comes before there is a server to keep
	data := filepath.Join(t.TempDir(), "data")
	s := mailShop{dovecot: inboxtest.StartDovecot(t), sink: inboxtest.StartSMTPSink(t, inboxtest.SinkOptions{})}
	s.process = startUp(t, data)
	settings := filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(settings, fmt.Appendf(nil, `{
		"imap": {"host": %q, "port": %d, "security": "none"}, "smtp": {"host": %q, "port": %d, "security": "none"},
		"username": "support", "password": %q}`, s.dovecot.Host, s.dovecot.Port, s.sink.Host, s.sink.Port, inboxtest.MailPassword), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"account", "add", "support", "--address", "support@shop.example", "--name", "The shop", "--settings", settings},
		{"user", "add", "ana@shop.example", "--name", "Ana", "--role", "agent"},
		{"user", "add", "sue@shop.example", "--name", "Sue", "--role", "admin"},
	} {
		if code, _, said := runCommand(t, map[string]string{"SKEIN_DATA": data, "SKEIN_PASSWORD": shopPassword}, args...); code != 0 {
			t.Fatalf("skein %v: %s", args, said)
		}
	}
	s.running(t)
	return s
}

// as is the token of ana or sue.
func (s mailShop) as(name string) string {
	var session struct{ AccessToken string }
	s.call("", "POST", "/login", map[string]string{"email": name + "@shop.example", "password": shopPassword}, &session)
	return session.AccessToken
}

// page runs a page's half of a test, for Ana.
func (s mailShop) page(t *testing.T, script string) *page {
	t.Helper()
	chromium, node := browser(t, "index.html")
	return runPage(t, node, "e2e/"+script, "SKEIN_URL="+s.url, "SKEIN_EMAIL=ana@shop.example", "SKEIN_PASSWORD="+shopPassword, "CHROMIUM="+chromium)
}

// sign gives the first inbox a signature.
func (s mailShop) sign(t *testing.T, text, html string) {
	t.Helper()
	sue := s.as("sue")
	var list struct{ Items []inbox.Inbox }
	s.call(sue, "GET", "/inboxes", nil, &list)
	in := list.Items[0]
	if code := s.call(sue, "PUT", "/inboxes/"+string(in.ID), map[string]any{"version": in.Version, "name": in.Name, "brandId": in.BrandID,
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

// running waits until the connector serves the mailbox: what comes before is
// history.
func (s mailShop) running(t *testing.T) {
	t.Helper()
	ana := s.as("ana")
	var list struct {
		Items []struct{ Account, State, LastError string }
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		s.call(ana, "GET", "/connectors", nil, &list)
		for _, c := range list.Items {
			if c.Account == "support" && c.State == "running" {
				return
			}
		}
	}
	t.Fatalf("the mailbox isn't served: %+v", list.Items)
}
