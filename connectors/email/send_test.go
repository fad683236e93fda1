package email

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"

	gomail "github.com/emersion/go-message/mail"
	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/inboxtest"
)

func sinkAccount(t *testing.T, s *inboxtest.SMTPSink, change func(*Settings)) connectors.Account {
	t.Helper()
	set := Settings{
		IMAP:     Server{Host: "127.0.0.1", Security: securityNone},
		SMTP:     Server{Host: s.Host, Port: s.Port, Security: securityNone},
		Password: inboxtest.MailPassword,
	}
	if change != nil {
		change(&set)
	}
	return account(t, "support@shop.test", set)
}

func outbound() connectors.Outbound {
	return connectors.Outbound{
		MessageID: "0197a000-0000-7000-8000-000000000001", Attempt: 1, Channel: inbox.Email,
		From:     inbox.Party{Address: "support@shop.test", Name: "Shöp, Support"},
		To:       []inbox.Party{{Address: "ada@customer.test", Name: "Ada"}},
		Subject:  "Re: Größe & Farbe",
		Text:     "Hello Ada,\n\n.a line with a dot\nbye\n",
		HeaderID: "token.1@shop.test", InReplyTo: "q2@customer.test", References: []string{"q1@customer.test", "q2@customer.test"},
		Date: time.Now().Add(-time.Minute),
	}
}

func noFiles(context.Context, connectors.Body) (io.ReadCloser, error) {
	return nil, errors.New("no such body")
}

func sender(t *testing.T) *Connector {
	return New(Config{PutBody: putBody, Log: slog.New(slog.DiscardHandler), Hello: "client.test"})
}

// A plain answer carries the headers that thread it, asks for delivery reports,
// and reads back as it was written.
func TestSendText(t *testing.T) {
	t.Parallel()
	sink := inboxtest.StartSMTPSink(t, inboxtest.SinkOptions{})
	out := outbound()
	out.ReplyTo = "support+tok@shop.test"
	out.Bcc = []inbox.Party{{Address: "boss@shop.test"}}
	got, err := sender(t).Send(t.Context(), sinkAccount(t, sink, nil), out, noFiles)
	if err != nil || got.State != inbox.Sent {
		t.Fatalf("Send = %+v, %v", got, err)
	}
	m := sink.Mails()[0]
	if diff := cmp.Diff([]string{"ada@customer.test", "boss@shop.test"}, m.To); diff != "" {
		t.Errorf("recipients (-want +got):\n%s", diff)
	}
	if m.From != "support@shop.test" || m.User != "support@shop.test" || m.Options.EnvelopeID != string(out.MessageID) ||
		m.Options.Return != smtp.DSNReturnHeaders || len(m.Rcpt[0].Notify) != 2 || m.Rcpt[0].OriginalRecipient != "ada@customer.test" {
		t.Errorf("envelope %+v", m)
	}
	msg, err := mail.ReadMessage(bytes.NewReader(m.Data))
	if err != nil {
		t.Fatal(err)
	}
	dec := &mime.WordDecoder{}
	for name, want := range map[string]string{
		"Message-Id": "<token.1@shop.test>", "In-Reply-To": "<q2@customer.test>",
		"References": "<q1@customer.test> <q2@customer.test>", "Bcc": "", "Mime-Version": "1.0", "Auto-Submitted": "",
		"Reply-To": `"Shöp, Support" <support+tok@shop.test>`, "From": `"Shöp, Support" <support@shop.test>`,
		"Subject": "Re: Größe & Farbe", "To": `"Ada" <ada@customer.test>`,
	} {
		got := msg.Header.Get(name)
		if strings.HasSuffix(name, "To") && got != "" && name != "In-Reply-To" || name == "From" {
			a, err := mail.ParseAddress(got)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			got = fmt.Sprintf("%q <%s>", a.Name, a.Address)
		} else {
			got, _ = dec.DecodeHeader(got)
		}
		if got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	for i, line := range strings.Split(string(m.Data), "\r\n") {
		if len(line) > 998 || strings.ContainsFunc(line, func(r rune) bool { return r > 126 || r == '\n' || r == '\r' }) {
			t.Errorf("line %d is not plain mail: %q", i, line)
		}
	}
	_, text, _, _ := takeApart(t, m.Data)
	if text != strings.ReplaceAll(out.Text, "\n", "\r\n") {
		t.Errorf("text %q, want %q", text, out.Text)
	}
}

// What no person wrote says so, so that no machine answers it.
func TestSendAutomatic(t *testing.T) {
	t.Parallel()
	sink := inboxtest.StartSMTPSink(t, inboxtest.SinkOptions{})
	out := outbound()
	out.Automatic = true
	if got, err := sender(t).Send(t.Context(), sinkAccount(t, sink, nil), out, noFiles); err != nil || got.State != inbox.Sent {
		t.Fatalf("Send = %+v, %v", got, err)
	}
	msg, err := mail.ReadMessage(bytes.NewReader(sink.Mails()[0].Data))
	if err != nil {
		t.Fatal(err)
	}
	if auto, suppress := msg.Header.Get("Auto-Submitted"), msg.Header.Get("X-Auto-Response-Suppress"); auto != "auto-generated" || suppress != "All" {
		t.Errorf("Auto-Submitted %q, X-Auto-Response-Suppress %q", auto, suppress)
	}
}

// takeApart reads a mail by another library's reader.
func takeApart(t *testing.T, data []byte) (kinds []string, text, html string, files map[string][]byte) {
	t.Helper()
	r, err := gomail.CreateReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	files = map[string][]byte{}
	for {
		p, err := r.NextPart()
		if err == io.EOF {
			return kinds, text, html, files
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(p.Body)
		if err != nil {
			t.Fatal(err)
		}
		switch h := p.Header.(type) {
		case *gomail.InlineHeader:
			kind, _, _ := h.ContentType()
			kinds = append(kinds, kind)
			switch {
			case h.Get("Content-Id") != "":
				files[h.Get("Content-Id")] = b
			case kind == "text/html":
				html = string(b)
			default:
				text = string(b)
			}
		case *gomail.AttachmentHeader:
			name, _ := h.Filename()
			files[name] = b
			kind, _, _ := h.ContentType()
			kinds = append(kinds, kind)
		}
	}
}

// Text and HTML, an inline image and files keep their places, names and bytes;
// an empty address list, STARTTLS, TLS and OAUTHBEARER work too.
func TestSendRich(t *testing.T) {
	t.Parallel()
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<13)
	bodies := map[string][]byte{"img": {0x89, 'P', 'N', 'G', 0}, "pdf": big, "eml": []byte("From: x\n\nhi")}
	open := func(_ context.Context, b connectors.Body) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(bodies[b.Ref])), nil
	}
	out := outbound()
	out.HTML = `<p>Größe</p><img src="cid:i1@shop.test">`
	file := func(name, kind, ref, cid string) connectors.Attachment {
		return connectors.Attachment{Name: name, Type: kind, Inline: cid != "", ContentID: cid,
			Body: connectors.Body{Ref: ref, Size: int64(len(bodies[ref]))}}
	}
	out.Attachments = []connectors.Attachment{
		file("image.png", "image/png", "img", "i1@shop.test"),
		file("Rechnung Nr. 1 – Größe.pdf", "application/pdf", "pdf", ""),
		file("mail.eml", "message/rfc822", "eml", ""),
	}
	for _, tt := range []struct {
		name   string
		opts   inboxtest.SinkOptions
		change func(*Settings, string)
	}{
		{"plain", inboxtest.SinkOptions{}, func(*Settings, string) {}},
		{"starttls", inboxtest.SinkOptions{}, func(s *Settings, ca string) { s.SMTP.Security, s.CAPEM = securityStartTLS, ca }},
		{"tls and oauthbearer", inboxtest.SinkOptions{TLS: true}, func(s *Settings, ca string) {
			s.SMTP.Security, s.CAPEM = securityTLS, ca
			s.SMTP.Auth, s.SMTP.Token = authOAuthBearer, inboxtest.MailPassword
		}},
		{"no login", inboxtest.SinkOptions{NoAuth: true}, func(s *Settings, _ string) { s.SMTP.Auth = authNone }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sink := inboxtest.StartSMTPSink(t, tt.opts)
			got, err := sender(t).Send(t.Context(), sinkAccount(t, sink, func(s *Settings) { tt.change(s, sink.CA) }), out, open)
			if err != nil || got.State != inbox.Sent {
				t.Fatalf("Send = %+v, %v", got, err)
			}
			m := sink.Mails()[0]
			kinds, text, html, files := takeApart(t, m.Data)
			if diff := cmp.Diff([]string{"text/plain", "text/html", "image/png", "application/pdf", "application/octet-stream"}, kinds); diff != "" {
				t.Errorf("parts (-want +got):\n%s", diff)
			}
			if html != out.HTML || !strings.HasPrefix(text, "Hello Ada") {
				t.Errorf("html %q, text %q", html, text)
			}
			want := map[string][]byte{"<i1@shop.test>": bodies["img"], "Rechnung Nr. 1 – Größe.pdf": big, "mail.eml": bodies["eml"]}
			if diff := cmp.Diff(want, files); diff != "" {
				t.Error("the files differ")
			}
			c, err := compose(out)
			if err != nil {
				t.Fatal(err)
			}
			if size, _ := c.size(t.Context()); size != int64(len(m.Data)) {
				t.Errorf("size told %d, was %d", size, len(m.Data))
			}
		})
	}
}

func refusal550(text string) error {
	return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: text}
}

func busy450(text string) error {
	return &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 2, 0}, Message: text}
}

// What the server says at each stage becomes the right result: failed for good
// with its words, an error to be tried again, or uncertain.
func TestSendFaults(t *testing.T) {
	t.Parallel()
	two := []inbox.Party{{Address: "ada@customer.test"}, {Address: "bob@customer.test"}}
	for _, tt := range []struct {
		name   string
		faults inboxtest.SinkFaults
		opts   inboxtest.SinkOptions
		change func(*connectors.Outbound)
		state  inbox.State // "" means an error
		code   inbox.Code
		text   string
		left   int // messages that the server has
	}{
		{name: "greeting 4xx", faults: inboxtest.SinkFaults{Session: busy450("later")}, text: "later"},
		{name: "greeting 5xx", faults: inboxtest.SinkFaults{Session: refusal550("not you")}, text: "not you"},
		{name: "login refused", faults: inboxtest.SinkFaults{Auth: smtp.ErrAuthFailed}, code: inbox.Unauthorized, text: "535 5.7.8 Authentication failed"},
		{name: "MAIL 4xx", faults: inboxtest.SinkFaults{Mail: busy450("slow down")}, text: "slow down"},
		{name: "MAIL 5xx", faults: inboxtest.SinkFaults{Mail: refusal550("no such sender")}, state: inbox.Failed, text: "550 5.1.1 no such sender"},
		{name: "RCPT 5xx", faults: inboxtest.SinkFaults{Rcpt: map[string]error{"ada@customer.test": refusal550("no such user")}}, state: inbox.Failed, text: "no such user"},
		{name: "RCPT 4xx", faults: inboxtest.SinkFaults{Rcpt: map[string]error{"ada@customer.test": busy450("greylisted")}}, text: "greylisted"},
		{name: "one of two refused", faults: inboxtest.SinkFaults{Rcpt: map[string]error{"bob@customer.test": refusal550("no such user")}},
			change: func(o *connectors.Outbound) { o.To = two }, state: inbox.Sent, text: "not to bob@customer.test: 550 5.1.1 no such user", left: 1},
		{name: "one of two for now", faults: inboxtest.SinkFaults{Rcpt: map[string]error{"bob@customer.test": busy450("greylisted")}},
			change: func(o *connectors.Outbound) { o.To = two }, text: "greylisted"},
		{name: "one of two for an hour", faults: inboxtest.SinkFaults{Rcpt: map[string]error{"bob@customer.test": busy450("greylisted")}},
			change: func(o *connectors.Outbound) { o.To, o.Date = two, time.Now().Add(-2*time.Hour) }, state: inbox.Sent, text: "greylisted", left: 1},
		{name: "no address", change: func(o *connectors.Outbound) { o.To = []inbox.Party{{Address: "nobody"}} }, state: inbox.Failed, text: "not an address"},
		{name: "DATA 5xx", faults: inboxtest.SinkFaults{Data: refusal550("spam")}, state: inbox.Failed, text: "spam"},
		{name: "DATA 4xx", faults: inboxtest.SinkFaults{Data: busy450("disk full")}, text: "disk full"},
		{name: "cut after DATA", faults: inboxtest.SinkFaults{Cut: true}, state: inbox.Uncertain, text: "before the server confirmed"},
		{name: "slow answer", faults: inboxtest.SinkFaults{Slow: 300 * time.Millisecond}, state: inbox.Sent, left: 1},
		{name: "too large", opts: inboxtest.SinkOptions{MaxBytes: 1000}, change: func(o *connectors.Outbound) { o.Text = strings.Repeat("x ", 4000) }, state: inbox.Failed, text: "the server takes 1000"},
		{name: "not ASCII, not offered", opts: inboxtest.SinkOptions{NoUTF8: true}, change: func(o *connectors.Outbound) { o.To[0].Address = "jörg@customer.test" }, state: inbox.Failed, text: "SMTPUTF8"},
		{name: "not ASCII, offered", change: func(o *connectors.Outbound) { o.To[0].Address = "jörg@customer.test" }, state: inbox.Sent, left: 1},
		{name: "domain not ASCII", opts: inboxtest.SinkOptions{NoUTF8: true}, change: func(o *connectors.Outbound) { o.To[0].Address = "info@bücher.test" }, state: inbox.Sent, left: 1},
		{name: "no Message-ID", change: func(o *connectors.Outbound) { o.HeaderID = "a b\r\nX: y" }, state: inbox.Failed, text: "Message-ID"},
		{name: "no delivery reports", opts: inboxtest.SinkOptions{NoDSN: true}, state: inbox.Sent, left: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sink := inboxtest.StartSMTPSink(t, tt.opts)
			sink.Fail(tt.faults)
			out := outbound()
			if tt.change != nil {
				tt.change(&out)
			}
			got, err := sender(t).Send(t.Context(), sinkAccount(t, sink, nil), out, noFiles)
			text := got.Detail
			if err != nil {
				text = err.Error()
			}
			if (err == nil) != (tt.state != "") || got.State != tt.state || inbox.CodeOf(err) != tt.code || !strings.Contains(text, tt.text) {
				t.Errorf("Send = %+v, %v; want state %q, code %q, %q", got, err, tt.state, tt.code, tt.text)
			}
			if n := len(sink.Mails()); n != tt.left {
				t.Errorf("the server has %d mails, want %d", n, tt.left)
			}
		})
	}
}

// A connection that breaks within the message, or an attachment that can't be
// read, leaves nothing behind: the server never sees a final dot.
func TestNothingLeavesBeforeTheDot(t *testing.T) {
	t.Parallel()
	sink := inboxtest.StartSMTPSink(t, inboxtest.SinkOptions{})
	out := outbound()
	out.Attachments = []connectors.Attachment{{Name: "a.bin", Type: "application/octet-stream", Body: connectors.Body{Size: 8 << 20}}}
	for name, tt := range map[string]struct {
		faults inboxtest.SinkFaults
		open   connectors.OpenFunc
	}{
		"cut": {inboxtest.SinkFaults{CutIn: 64 << 10}, func(context.Context, connectors.Body) (io.ReadCloser, error) {
			return io.NopCloser(io.LimitReader(zeros{}, 8<<20)), nil
		}},
		"missing": {inboxtest.SinkFaults{}, noFiles},
		"short": {inboxtest.SinkFaults{}, func(context.Context, connectors.Body) (io.ReadCloser, error) {
			return io.NopCloser(io.LimitReader(zeros{}, 256<<10)), nil
		}},
	} {
		sink.Fail(tt.faults)
		got, err := sender(t).Send(t.Context(), sinkAccount(t, sink, nil), out, tt.open)
		if err == nil {
			t.Errorf("%s: Send = %+v, want an error", name, got)
		}
	}
	time.Sleep(100 * time.Millisecond)
	if n := len(sink.Read()); n != 0 {
		t.Errorf("the server read %d messages to their end, want none", n)
	}
}

// A server that refuses in the middle of the message and hangs up, as many do
// with what is too large, has its words heard.
func TestRefusedWithinData(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		reply string
		state inbox.State
	}{{"552 5.3.4 message too big", inbox.Failed}, {"451 4.3.0 try later", ""}} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		go func() {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			inData := false
			serveLines(conn, "220 x", func(line string) []string {
				switch {
				case inData:
					return []string{tt.reply, "CLOSE"}
				case line == "DATA":
					inData = true
					return []string{"354 go"}
				}
				return []string{"250 ok"}
			})
		}()
		set := Settings{IMAP: Server{Host: "127.0.0.1"}, SMTP: Server{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Security: securityNone, Auth: authNone}, Password: "x"}
		out := outbound()
		out.Attachments = []connectors.Attachment{{Name: "a.bin", Type: "application/octet-stream", Body: connectors.Body{Size: 16 << 20}}}
		open := func(context.Context, connectors.Body) (io.ReadCloser, error) {
			return io.NopCloser(io.LimitReader(zeros{}, 16<<20)), nil
		}
		got, err := sender(t).Send(t.Context(), account(t, "support@shop.test", set), out, open)
		if got.State != tt.state || (err == nil) != (tt.state != "") {
			// The kernel may drop what the server said together with the
			// connection: then it is tried again.
			if tt.state != inbox.Failed || err == nil {
				t.Errorf("%s: Send = %+v, %v", tt.reply, got, err)
			}
		}
	}
}

// A server that says nothing ends with the context: nothing has left.
func TestSendEndsWithContext(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	set := Settings{IMAP: Server{Host: "127.0.0.1"}, SMTP: Server{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Security: securityNone}, Password: "x"}
	began := time.Now()
	got, err := sender(t).Send(ctx, account(t, "support@shop.test", set), outbound(), noFiles)
	if err == nil {
		t.Errorf("Send = %+v, want an error", got)
	}
	if took := time.Since(began); took > dialTimeout/2 {
		t.Errorf("Send took %s to end", took)
	}
}

// No value can break out of its header field or its SMTP command.
func TestHeaderInjection(t *testing.T) {
	t.Parallel()
	evil := "x\r\nX-Evil: yes\r\n\r\nbody\nX-Evil: yes\x00"
	sink := inboxtest.StartSMTPSink(t, inboxtest.SinkOptions{})
	for name, change := range map[string]func(*connectors.Outbound){
		"subject":    func(o *connectors.Outbound) { o.Subject = evil },
		"from name":  func(o *connectors.Outbound) { o.From.Name = evil },
		"from":       func(o *connectors.Outbound) { o.From.Address = "a@b.test>\r\nX-Evil: yes" },
		"to name":    func(o *connectors.Outbound) { o.To[0].Name = evil },
		"to":         func(o *connectors.Outbound) { o.To[0].Address = "a@b.test\r\nX-Evil: yes" },
		"to params":  func(o *connectors.Outbound) { o.To[0].Address = "a@b.test> NOTIFY=NEVER" },
		"cc":         func(o *connectors.Outbound) { o.Cc = []inbox.Party{{Address: evil, Name: evil}} },
		"reply to":   func(o *connectors.Outbound) { o.ReplyTo = "a@b.test\nX-Evil: yes" },
		"reference":  func(o *connectors.Outbound) { o.References = []string{evil, "a b", "good@x"} },
		"in reply":   func(o *connectors.Outbound) { o.InReplyTo = evil },
		"message id": func(o *connectors.Outbound) { o.HeaderID = evil },
		"file": func(o *connectors.Outbound) {
			o.Attachments = []connectors.Attachment{{Name: evil, Type: "text/plain\r\nX-Evil: yes", ContentID: evil, Inline: true}}
		},
		"file name": func(o *connectors.Outbound) {
			o.Attachments = []connectors.Attachment{{Name: "\"\r\nX-Evil: yes", Type: "text/plain; name=\"a\r\nX-Evil: yes\""}}
		},
	} {
		out := outbound()
		change(&out)
		open := func(context.Context, connectors.Body) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader("")), nil
		}
		if _, err := sender(t).Send(t.Context(), sinkAccount(t, sink, nil), out, open); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, m := range sink.Mails() {
		for _, line := range strings.Split(string(m.Data), "\n") {
			if strings.HasPrefix(strings.ToLower(line), "x-evil") {
				t.Errorf("a header was injected:\n%s", m.Data)
			}
		}
	}
}

// Whatever the values, what is composed has headers, a body, CRLF line ends
// and no line of more than 998 bytes.
func FuzzCompose(f *testing.F) {
	f.Add("Subject", "Name", "a@b.test", "text\n", "<p>html</p>", "id@x", "file.txt", "text/plain")
	f.Add("\r\n", "\"\\", "\"a b\"@b.test", "\x00\r", "", "i d", "\xff", "a/b;c=d")
	f.Fuzz(func(t *testing.T, subject, name, addr, text, html, id, file, kind string) {
		out := outbound()
		out.Subject, out.From.Name, out.To[0].Address, out.Text, out.HTML = subject, name, addr, text, html
		out.References = append(out.References, id)
		out.Attachments = []connectors.Attachment{{Name: file, Type: kind, ContentID: id, Inline: true, Body: connectors.Body{Size: 3}}}
		c, err := compose(out)
		if err != nil {
			return
		}
		var b bytes.Buffer
		open := func(context.Context, connectors.Body) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader("abc")), nil
		}
		if err := c.writeTo(t.Context(), &b, open); err != nil {
			t.Fatalf("write: %v", err)
		}
		if _, err := mail.ReadMessage(bytes.NewReader(b.Bytes())); err != nil {
			t.Fatalf("read back: %v\n%q", err, b.String())
		}
		for _, line := range strings.Split(b.String(), "\r\n") {
			if len(line) > 998 || strings.ContainsAny(line, "\r\n") {
				t.Fatalf("bad line %q", line)
			}
		}
	})
}
