package email

import (
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"

	"skein/connectors"
	"skein/inbox/inboxtest"
)

// What is wrong with a mailbox is told by the step at which it shows, of each of
// its servers apart, and nothing is taken or sent.
func TestTry(t *testing.T) {
	t.Parallel()
	d := inboxtest.StartDovecot(t)
	sink := inboxtest.StartSMTPSink(t, inboxtest.SinkOptions{})
	d.Deliver(t, "kim", "INBOX", rawMail("unread"))
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().(*net.TCPAddr).Port
	_ = closed.Close()
	for _, c := range []struct {
		name   string
		change func(*Settings)
		want   string
		says   string
	}{
		{"all well", func(*Settings) {}, "imap host port tls signIn folder, smtp host port tls signIn", ""},
		{"encrypted", func(s *Settings) {
			s.IMAP = Server{Host: "localhost", Port: d.TLSPort, Security: securityTLS}
			s.CAPEM = d.CA
			s.SMTP = Server{}
		}, "imap host port tls signIn folder", ""},
		{"no such name", func(s *Settings) { s.IMAP.Host, s.IMAP.Security, s.Insecure = "nowhere.invalid", securityNone, true },
			"imap !host, smtp host port tls signIn", "nowhere.invalid leads nowhere"},
		{"nobody there", func(s *Settings) { s.SMTP.Port = nobody }, "imap host port tls signIn folder, smtp host !port", "cannot reach the SMTP server"},
		{"plain where TLS is wanted", func(s *Settings) { s.IMAP.Security = securityTLS }, "imap host port !tls, smtp host port tls signIn", "starttls"},
		{"nobody vouches for it", func(s *Settings) { s.IMAP = Server{Host: "localhost", Port: d.TLSPort, Security: securityTLS} },
			"imap host port !tls, smtp host port tls signIn", "not trusted"},
		{"wrong password", func(s *Settings) { s.IMAP.Password = "wrong" }, "imap host port tls !signIn, smtp host port tls signIn", "refused the login of kim"},
		{"no such folder", func(s *Settings) { s.Folder = "Support" }, "imap host port tls signIn !folder, smtp host port tls signIn", `"Support"`},
		{"not readable", func(s *Settings) { s.Recheck = "soon" }, "imap !settings", "recheck"},
	} {
		t.Run(c.name, func(t *testing.T) {
			set := Settings{IMAP: Server{Host: d.Host, Port: d.Port, Security: securityNone}, Username: "kim", Password: inboxtest.MailPassword,
				SMTP: Server{Host: sink.Host, Port: sink.Port, Security: securityNone}}
			c.change(&set)
			raw, err := json.Marshal(set)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			said := ""
			for _, trial := range Try(t.Context(), connectors.Account{ID: "kim", Address: "kim@shop.example", Settings: raw}) {
				if n := len(got); n == 0 || !strings.HasPrefix(got[n-1], trial.Server) {
					got = append(got, trial.Server)
				}
				mark := ""
				if !trial.OK {
					mark = "!"
				}
				got[len(got)-1] += " " + mark + string(trial.Step)
				said += trial.Detail
			}
			if g := strings.Join(got, ", "); g != c.want || !strings.Contains(said, c.says) {
				t.Errorf("Try = %q, saying %q; want %q, saying %q", g, said, c.want, c.says)
			}
			if strings.Contains(said, inboxtest.MailPassword) {
				t.Error("the password is told")
			}
		})
	}
	if n := len(sink.Mails()); n != 0 {
		t.Errorf("%d mails were sent, want none", n)
	}
	client := dialUser(t, d, "kim", "INBOX")
	for uid, flags := range flagsOf(t, client) {
		if len(flags) > 0 && fmt.Sprint(flags) != `[\Recent]` {
			t.Errorf("mail %d has the flags %v, want it as it was", uid, flags)
		}
	}
}
