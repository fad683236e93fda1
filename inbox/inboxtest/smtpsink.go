package inboxtest

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// A SinkMail is what [SMTPSink] took, or read before a fault.
type SinkMail struct {
	User    string // who logged in
	From    string
	To      []string
	Options smtp.MailOptions
	Rcpt    []smtp.RcptOptions
	Data    []byte
}

// SinkFaults are what goes wrong. Errors are best *smtp.SMTPError.
type SinkFaults struct {
	Session error            // the answer to EHLO
	Auth    error            // the answer to a login
	Mail    error            // the answer to MAIL
	Rcpt    map[string]error // by address
	Data    error            // the answer to the final dot
	Cut     bool             // close the connection after the final dot, without an answer
	CutIn   int64            // close it after so many bytes of the message
	Slow    time.Duration    // before the answer to the final dot
}

// SinkOptions say what kind of server a sink is.
type SinkOptions struct {
	TLS      bool // implicit TLS; otherwise plain with STARTTLS
	NoAuth   bool
	MaxBytes int64
	NoUTF8   bool
	NoDSN    bool
	// Knows takes access tokens by XOAUTH2 and OAUTHBEARER, instead of the password.
	Knows func(user, token string) bool
}

// An SMTPSink is a real SMTP server of a test's own, on a loopback port of its
// own, which keeps what it is given. Any user may log in with [MailPassword].
type SMTPSink struct {
	Host string // 127.0.0.1
	Port int
	CA   string // PEM of the authority that signed its certificate

	opts SinkOptions
	srv  *smtp.Server

	mu     sync.Mutex // guards what follows
	faults SinkFaults
	mails  []SinkMail
	read   []SinkMail    // every message read to its end, answered or not
	news   chan struct{} // closed and made anew with every mail
}

// StartSMTPSink starts a sink that ends with the test.
func StartSMTPSink(t testing.TB, opts SinkOptions) *SMTPSink {
	t.Helper()
	ca, cert, key := certificate(t)
	pair, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	s := &SMTPSink{Host: "127.0.0.1", CA: ca, opts: opts, news: make(chan struct{})}
	s.srv = smtp.NewServer(smtp.BackendFunc(s.session))
	s.srv.Domain = "sink.test"
	s.srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}}
	s.srv.AllowInsecureAuth = true
	s.srv.EnableSMTPUTF8 = !opts.NoUTF8
	s.srv.EnableDSN = !opts.NoDSN
	s.srv.MaxMessageBytes = opts.MaxBytes
	s.srv.ReadTimeout, s.srv.WriteTimeout = time.Minute, time.Minute
	s.srv.ErrorLog = silent{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Port = l.Addr().(*net.TCPAddr).Port
	if opts.TLS {
		l = tls.NewListener(l, s.srv.TLSConfig)
	}
	done := make(chan struct{})
	go func() { // ended by Close, which the cleanup waits for
		defer close(done)
		_ = s.srv.Serve(l)
	}()
	t.Cleanup(func() {
		_ = s.srv.Close()
		_ = l.Close() // Serve may not have got so far as to know it
		<-done
	})
	return s
}

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

// Addr is the address to connect to.
func (s *SMTPSink) Addr() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// Fail replaces what goes wrong from now on.
func (s *SMTPSink) Fail(f SinkFaults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
}

// Mails returns what was taken with a positive answer, in order.
func (s *SMTPSink) Mails() []SinkMail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Read returns every message that was read to its final dot, the ones whose
// answer was cut off or negative too.
func (s *SMTPSink) Read() []SinkMail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.read)
}

// Wait returns the mails as soon as there are n, and fails the test after d.
func (s *SMTPSink) Wait(t testing.TB, n int, d time.Duration) []SinkMail {
	t.Helper()
	timeout := time.After(d)
	for {
		s.mu.Lock()
		mails, news := slices.Clone(s.mails), s.news
		s.mu.Unlock()
		if len(mails) >= n {
			return mails
		}
		select {
		case <-news:
		case <-timeout:
			t.Fatalf("the SMTP sink has %d mails after %s, want %d", len(mails), d, n)
		}
	}
}

func (s *SMTPSink) fault() SinkFaults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

func (s *SMTPSink) session(c *smtp.Conn) (smtp.Session, error) {
	if err := s.fault().Session; err != nil {
		return nil, err
	}
	return &sinkSession{s: s, c: c}, nil
}

type sinkSession struct {
	s    *SMTPSink
	c    *smtp.Conn
	user string
	mail SinkMail
}

func (x *sinkSession) AuthMechanisms() []string {
	if x.s.opts.NoAuth {
		return nil
	}
	if x.s.opts.Knows != nil {
		return []string{"XOAUTH2", sasl.OAuthBearer}
	}
	return []string{sasl.Plain, sasl.OAuthBearer}
}

func (x *sinkSession) Auth(mech string) (sasl.Server, error) {
	check := func(user, secret string) error {
		if err := x.s.fault().Auth; err != nil {
			return err
		}
		if known := x.s.opts.Knows; known != nil && !known(user, secret) || known == nil && secret != MailPassword {
			return smtp.ErrAuthFailed
		}
		x.user = user
		return nil
	}
	switch mech {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
	case "XOAUTH2":
		return &xoauth2{check: check}, nil
	case sasl.OAuthBearer:
		return sasl.NewOAuthBearerServer(func(o sasl.OAuthBearerOptions) *sasl.OAuthBearerError {
			if check(o.Username, o.Token) != nil {
				return &sasl.OAuthBearerError{Status: "invalid_token"}
			}
			return nil
		}), nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

// xoauth2 is the side of XOAUTH2 that is logged in at: a refusal is a challenge
// first, which the other side answers with nothing.
type xoauth2 struct {
	check   func(user, token string) error
	refused bool
}

func (x *xoauth2) Next(response []byte) (challenge []byte, done bool, err error) {
	if x.refused {
		return nil, false, smtp.ErrAuthFailed
	}
	user, token := "", ""
	for _, part := range strings.Split(string(response), "\x01") {
		if v, ok := strings.CutPrefix(part, "user="); ok {
			user = v
		}
		if v, ok := strings.CutPrefix(part, "auth=Bearer "); ok {
			token = v
		}
	}
	if x.check(user, token) != nil {
		x.refused = true
		return []byte(`{"status":"401","schemes":"bearer"}`), false, nil
	}
	return nil, true, nil
}

func (x *sinkSession) Reset()        { x.mail = SinkMail{} }
func (x *sinkSession) Logout() error { return nil }

func (x *sinkSession) Mail(from string, opts *smtp.MailOptions) error {
	if !x.s.opts.NoAuth && x.user == "" {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	if err := x.s.fault().Mail; err != nil {
		return err
	}
	x.mail = SinkMail{User: x.user, From: from}
	if opts != nil {
		x.mail.Options = *opts
	}
	return nil
}

func (x *sinkSession) Rcpt(to string, opts *smtp.RcptOptions) error {
	if err := x.s.fault().Rcpt[to]; err != nil {
		return err
	}
	x.mail.To = append(x.mail.To, to)
	if opts != nil {
		x.mail.Rcpt = append(x.mail.Rcpt, *opts)
	}
	return nil
}

func (x *sinkSession) Data(r io.Reader) error {
	f := x.s.fault()
	if f.CutIn > 0 {
		_, _ = io.CopyN(io.Discard, r, f.CutIn)
		_ = x.c.Conn().Close()
		return errors.New("cut")
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	x.mail.Data = data
	x.s.mu.Lock()
	x.s.read = append(x.s.read, x.mail)
	x.s.mu.Unlock()
	if f.Slow > 0 {
		time.Sleep(f.Slow)
	}
	if f.Cut {
		_ = x.c.Conn().Close()
		return errors.New("cut")
	}
	if f.Data != nil {
		return f.Data
	}
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	x.s.mails = append(x.s.mails, x.mail)
	close(x.s.news)
	x.s.news = make(chan struct{})
	return nil
}
