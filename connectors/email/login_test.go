package email

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"skein/inbox"
	"skein/inbox/inboxtest"
)

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
		if took := time.Since(began); took > dialTimeout/2 {
			t.Errorf("%s: Receive took %s to end", security, took)
		}
	}
}

// One account whose server hangs delays no other.
func TestHangingServerBesideGoodOne(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	d := inboxtest.StartDovecot(t)
	good := newBench(t, d, "beside", nil)
	bad := newBench(t, d, "hangs", func(s *Settings) { s.IMAP.Port = l.Addr().(*net.TCPAddr).Port })
	bad.c = good.c
	bad.start()
	time.Sleep(50 * time.Millisecond)
	good.start()
	good.ready()
	d.Deliver(t, "beside", "INBOX", rawMail("hello"))
	good.want("hello")
}
