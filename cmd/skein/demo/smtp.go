package demo

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
	"net/mail"
	"net/textproto"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// smtpServer takes mail on three kinds of trust: the shop's own submission
// (Skein, signed in as [Support]) may write to anybody; the demo's customers
// (signed in with this run's token) write to the shop and are believed; anyone
// else on this machine writes to the shop, and is not.
func (d *Demo) smtpServer() *smtp.Server {
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &smtpSession{demo: d}, nil
	}))
	s.Domain = mailHost
	s.AllowInsecureAuth = true // loopback only
	s.MaxMessageBytes = maxMail
	s.MaxRecipients = 100
	s.ReadTimeout = time.Minute
	s.WriteTimeout = time.Minute
	s.EnableSMTPUTF8 = true
	s.EnableDSN = true
	s.ErrorLog = quiet{d.cfg.Log}
	return s
}

// customersLogin is the user name of the demo's customers; the password is the
// token of the run.
const customersLogin = "customer"

type smtpSession struct {
	demo *Demo
	who  string // the login, "" without one
	from string
	to   []string
}

// AuthMechanisms implements smtp.AuthSession.
func (s *smtpSession) AuthMechanisms() []string { return []string{sasl.Plain, sasl.Login} }

// Auth implements smtp.AuthSession.
func (s *smtpSession) Auth(mech string) (sasl.Server, error) {
	check := func(user, password string) error {
		want := Password
		if user == customersLogin {
			want = s.demo.token
		} else if !strings.EqualFold(user, Support) {
			return smtp.ErrAuthFailed
		}
		if subtle.ConstantTimeCompare([]byte(password), []byte(want)) != 1 {
			return smtp.ErrAuthFailed
		}
		s.who = strings.ToLower(user)
		return nil
	}
	switch mech {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
	case sasl.Login:
		return &loginServer{check: check}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

// loginServer is the old LOGIN mechanism, which mail programs still offer first.
type loginServer struct {
	check func(user, password string) error
	user  string
	step  int
}

// Next implements sasl.Server.
func (l *loginServer) Next(response []byte) ([]byte, bool, error) {
	l.step++
	switch {
	case l.step == 1 && response == nil:
		return []byte("Username:"), false, nil
	case l.user == "":
		l.user = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.user, string(response))
}

// Mail implements smtp.Session.
func (s *smtpSession) Mail(from string, _ *smtp.MailOptions) error {
	s.from, s.to = from, nil
	return nil
}

// Rcpt implements smtp.Session. Anybody called nobody is refused, so that a
// failed delivery can be tried.
func (s *smtpSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	local, domain, ok := strings.Cut(strings.ToLower(to), "@")
	switch {
	case !ok || local == "" || domain == "":
		return &smtp.SMTPError{Code: 501, EnhancedCode: smtp.EnhancedCode{5, 1, 3}, Message: "Not an address"}
	case ours(to):
	case s.who != Support:
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "This demo takes mail for " + Support + " only"}
	case local == "nobody":
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such customer here"}
	}
	s.to = append(s.to, to)
	return nil
}

// ours reports whether to is the shop's address, with or without a tag.
func ours(to string) bool {
	local, domain, _ := strings.Cut(strings.ToLower(to), "@")
	local, _, _ = strings.Cut(local, "+")
	return local+"@"+domain == Support
}

// Data implements smtp.Session.
func (s *smtpSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if len(s.to) == 0 {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 5, 1}, Message: "No recipient"}
	}
	return s.demo.deliver(s.from, s.to, raw, s.who == customersLogin, s.who == Support)
}

// Reset implements smtp.Session.
func (s *smtpSession) Reset() { s.from, s.to = "", nil }

// Logout implements smtp.Session.
func (s *smtpSession) Logout() error { return nil }

// deliver puts a mail where its recipients read: the shop's inbox or the
// customers'. proven says that the customer is really the one; fromShop that
// the shop itself submitted it.
func (d *Demo) deliver(from string, to []string, raw []byte, proven, fromShop bool) error {
	var shop, customers []string
	for _, a := range to {
		if ours(a) {
			shop = append(shop, a)
		} else {
			customers = append(customers, a)
		}
	}
	if len(shop) > 0 {
		f := d.mail.existing(Support, "INBOX")
		for _, a := range shop {
			if _, err := f.add(d.received(from, a, raw, proven), time.Now(), nil); err != nil {
				return err
			}
		}
	}
	if len(customers) > 0 {
		f := d.mail.existing(CustomersUser, "INBOX")
		stored := append([]byte(trace(from, strings.Join(customers, ", "))), raw...)
		if _, err := f.add(stored, time.Now(), nil); err != nil {
			return err
		}
		if fromShop {
			d.live.got(customers, raw)
		}
	}
	d.cfg.Log.Info("demo mail delivered", "to shop", len(shop), "to customers", len(customers), "bytes", len(raw))
	return nil
}

func trace(from, to string) string {
	return fmt.Sprintf("Return-Path: <%s>\r\nDelivered-To: %s\r\nReceived: by %s (demo) with ESMTP;\r\n\t%s\r\n",
		from, to, mailHost, time.Now().Format(time.RFC1123Z))
}

// received is raw as our receiving server stores it.
func (d *Demo) received(from, to string, raw []byte, proven bool) []byte {
	return append([]byte(trace(from, to)), d.stamp(raw, from, proven)...)
}

// stamp puts the receiving server's own verdict on top of a mail, and takes
// away every field that claims to be it (RFC 8601 section 5).
func (d *Demo) stamp(raw []byte, from string, proven bool) []byte {
	verdict := "none"
	if proven {
		verdict = "pass"
	}
	domain := "unknown"
	if msg, err := mail.ReadMessage(bytes.NewReader(raw)); err == nil {
		if a, err := mail.ParseAddress(msg.Header.Get("From")); err == nil {
			from = a.Address
		}
	}
	if _, at, ok := strings.Cut(from, "@"); ok && !strings.ContainsAny(at, " \t\r\n;()<>\"") {
		domain = at
	}
	head := fmt.Sprintf("Authentication-Results: %s;\r\n\tdmarc=%s header.from=%s\r\n", mailHost, verdict, domain)
	return append([]byte(head), withoutForged(raw)...)
}

// withoutForged removes the Authentication-Results fields under our own name.
// Everything else stays byte for byte.
func withoutForged(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	rest := raw
	for len(rest) > 0 {
		n := fieldLen(rest)
		field := rest[:n]
		rest = rest[n:]
		if len(bytes.TrimRight(field, "\r\n")) == 0 { // the end of the header
			out = append(out, field...)
			break
		}
		name, value, ok := bytes.Cut(field, []byte(":"))
		if ok && textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(string(name))) == "Authentication-Results" && claims(value) {
			continue
		}
		out = append(out, field...)
	}
	return append(out, rest...)
}

// claims reports whether a field's authserv-id is ours, comments aside.
func claims(value []byte) bool {
	s := string(value)
	for {
		s = strings.TrimLeft(s, " \t\r\n\"")
		if !strings.HasPrefix(s, "(") {
			break
		}
		depth, end := 0, len(s)
		for i := 0; i < len(s); i++ {
			switch s[i] {
			case '\\':
				i++
			case '(':
				depth++
			case ')':
				depth--
			}
			if depth == 0 {
				end = i + 1
				break
			}
		}
		s = s[min(end, len(s)):]
	}
	return len(s) >= len(mailHost) && strings.EqualFold(s[:len(mailHost)], mailHost)
}

// fieldLen is the length of the first header field with its continuation lines.
func fieldLen(b []byte) int {
	at := 0
	for {
		i := bytes.IndexByte(b[at:], '\n')
		if i < 0 {
			return len(b)
		}
		at += i + 1
		blank := len(bytes.TrimRight(b[:at], "\r\n")) == 0
		if blank || at >= len(b) || b[at] != ' ' && b[at] != '\t' {
			return at
		}
	}
}

func newToken() string {
	b := make([]byte, 18)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(b)
}
