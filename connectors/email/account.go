package email

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// Settings are an email account's own settings, as JSON in
// [connectors.Account]. Only the two hosts and a secret are needed:
//
//	{"imap": {"host": "imap.example.com"}, "smtp": {"host": "smtp.example.com"}, "password": "…"}
//
// A field that isn't named here makes the account refused, so that a slip of
// the pen doesn't pass for a setting.
type Settings struct {
	IMAP Server `json:"imap" doc:"Where mail is received"`
	SMTP Server `json:"smtp" required:"false" doc:"Where mail is sent; without it the account only receives"`

	Username string `json:"username,omitempty" doc:"Who logs in, if not the address"`
	Password string `json:"password,omitempty" writeOnly:"true" doc:"The password of both servers"`
	Auth     string `json:"auth,omitempty" enum:"password,oauthbearer,xoauth2,none" doc:"How to log in, if not by password"`
	Token    string `json:"token,omitempty" writeOnly:"true" doc:"The access token of oauthbearer and xoauth2"`

	OAuth *connectors.OAuth `json:"oauth,omitempty" doc:"Sign in at Google, Microsoft or another provider instead"`

	Folder string `json:"folder,omitempty" doc:"The folder with new mail, if not INBOX"`
	Junk   string `json:"junk,omitempty" doc:"The provider's spam folder; what is in it arrives marked as spam"`
	// Recheck is a Go duration between 100ms and 25m, default 60s.
	Recheck string `json:"recheck,omitempty" doc:"How often to look besides what the server tells, such as 60s"`
	// ImportSince is a day (2006-01-02) from which on history is brought in,
	// silently; without it an account starts with what arrives from now on.
	ImportSince string `json:"importSince,omitempty" format:"date" doc:"Bring in what arrived since this day, without a notice"`

	MarkSeen bool   `json:"markSeen,omitempty" doc:"Mark what was taken as seen"`
	MoveTo   string `json:"moveTo,omitempty" doc:"The folder to move to what was taken; without it mail stays where it is"`

	// AuthServID are the names under which our own receiving server writes
	// Authentication-Results (RFC 8601 section 2.5); nobody else's are believed.
	AuthServID []string `json:"authServId,omitempty" doc:"The names by which your own server signs Authentication-Results"`

	Insecure bool   `json:"insecure,omitempty" doc:"Allow a connection in the clear to another machine"`
	CAFile   string `json:"caFile,omitempty" doc:"A PEM file with the authorities to trust instead of the system's"`
	CAPEM    string `json:"caPem,omitempty" doc:"The same in place"`

	recheck time.Duration
	since   time.Time
	roots   *x509.CertPool
}

// A Server is one end to connect to. Credentials that are empty are the
// account's.
type Server struct {
	Host     string `json:"host" doc:"The server's name"`
	Port     int    `json:"port,omitempty" minimum:"1" maximum:"65535" doc:"If not the usual one: 993 or 143, 465 or 587"`
	Security string `json:"security,omitempty" enum:"tls,starttls,none" doc:"If not tls"`
	Username string `json:"username,omitempty" doc:"If another than the account's"`
	Password string `json:"password,omitempty" writeOnly:"true" doc:"If another than the account's"`
	Auth     string `json:"auth,omitempty" enum:"password,oauthbearer,xoauth2,none" doc:"If another than the account's"`
	Token    string `json:"token,omitempty" writeOnly:"true" doc:"If another than the account's"`
}

// Form is what an operator is asked for.
func Form() connectors.Form {
	return connectors.Form{
		Settings: Settings{}, Address: inbox.EmailAddress,
		Check: func(a connectors.Account) error { _, err := ParseSettings(a); return err },
		Try:   Try,
	}
}

// Ways to protect a connection, and to log in.
const (
	securityTLS      = "tls"
	securityStartTLS = "starttls"
	securityNone     = "none"

	authPassword    = "password"
	authOAuthBearer = "oauthbearer"
	authXOAuth2     = "xoauth2"
	authNone        = "none" // SMTP relays that know us by our network address
)

func invalid(format string, args ...any) error {
	return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf(format, args...)}
}

// ParseSettings reads and checks an account's settings and fills in defaults.
// Its errors are [inbox.Invalid] and name the setting.
func ParseSettings(account connectors.Account) (*Settings, error) {
	s := &Settings{}
	dec := json.NewDecoder(bytes.NewReader(account.Settings))
	dec.DisallowUnknownFields()
	if err := dec.Decode(s); err != nil {
		return nil, invalid("the settings of account %s cannot be read: %v", account.ID, err)
	}
	if s.Username == "" {
		s.Username = account.Address
	}
	if s.Folder == "" {
		s.Folder = "INBOX"
	}
	if s.Junk == s.Folder {
		return nil, invalid("junk and folder of account %s are the same", account.ID)
	}
	if s.MoveTo == s.Folder && s.MoveTo != "" {
		return nil, invalid("moveTo and folder of account %s are the same", account.ID)
	}
	s.recheck = time.Minute
	if s.Recheck != "" {
		d, err := time.ParseDuration(s.Recheck)
		if err != nil || d < 100*time.Millisecond || d > 25*time.Minute {
			return nil, invalid("recheck of account %s is %q, not a duration such as 60s (100ms to 25m)", account.ID, s.Recheck)
		}
		s.recheck = d
	}
	if s.ImportSince != "" {
		day, err := time.Parse(time.DateOnly, s.ImportSince)
		if err != nil {
			return nil, invalid("importSince of account %s is %q, not a day such as 2026-01-31", account.ID, s.ImportSince)
		}
		s.since = day
	}
	if s.OAuth != nil {
		if err := s.OAuth.Check(); err != nil {
			return nil, err
		}
		if s.Auth == "" {
			s.Auth = authXOAuth2
		}
		s.Token = "" // it comes from the server, see admit
	}
	if err := s.readRoots(); err != nil {
		return nil, err
	}
	if err := s.fill("imap", &s.IMAP, 993, 143); err != nil {
		return nil, err
	}
	if s.SMTP.Host != "" {
		if err := s.fill("smtp", &s.SMTP, 465, 587); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{s.Folder, s.Junk, s.MoveTo} {
		if strings.ContainsAny(name, "\r\n\x00*%") {
			return nil, invalid("%q cannot be the name of a folder", name)
		}
	}
	return s, nil
}

func (s *Settings) readRoots() error {
	pem := []byte(s.CAPEM)
	if s.CAFile != "" {
		b, err := os.ReadFile(s.CAFile)
		if err != nil {
			return invalid("caFile cannot be read: %v", err)
		}
		pem = append(pem, b...)
	}
	if len(pem) == 0 {
		return nil
	}
	s.roots = x509.NewCertPool()
	if !s.roots.AppendCertsFromPEM(pem) {
		return invalid("caFile or caPem holds no certificate in PEM form")
	}
	return nil
}

func (s *Settings) fill(what string, srv *Server, tlsPort, plainPort int) error {
	if srv.Host == "" || strings.ContainsAny(srv.Host, " \r\n\t/") {
		return invalid("%s.host is %q: the server's name is needed", what, srv.Host)
	}
	switch srv.Security {
	case "":
		srv.Security = securityTLS
		if srv.Port == plainPort {
			srv.Security = securityStartTLS
		}
	case securityTLS, securityStartTLS:
	case securityNone:
		if !s.Insecure && !loopback(srv.Host) {
			return invalid(`%s.security is "none", which would send password and mail in the clear to %s: use "tls" or "starttls", or set "insecure": true`, what, srv.Host)
		}
	default:
		return invalid("%s.security is %q, not tls, starttls or none", what, srv.Security)
	}
	if srv.Port == 0 {
		srv.Port = plainPort
		if srv.Security == securityTLS {
			srv.Port = tlsPort
		}
	}
	if srv.Port < 1 || srv.Port > 65535 {
		return invalid("%s.port is %d", what, srv.Port)
	}
	for _, d := range []struct {
		to   *string
		from string
	}{{&srv.Username, s.Username}, {&srv.Password, s.Password}, {&srv.Auth, s.Auth}, {&srv.Token, s.Token}} {
		if *d.to == "" {
			*d.to = d.from
		}
	}
	switch srv.Auth {
	case "":
		srv.Auth = authPassword
		if srv.Password == "" && srv.Token != "" {
			srv.Auth = authXOAuth2
		}
	case authPassword, authOAuthBearer, authXOAuth2:
	case authNone:
		if what == "imap" {
			return invalid("imap.auth is none: a mailbox needs a login")
		}
		return nil
	default:
		return invalid("%s.auth is %q, not password, oauthbearer, xoauth2 or none", what, srv.Auth)
	}
	if srv.Auth == authPassword && srv.Password == "" {
		return invalid("%s: no password is set", what)
	}
	if srv.Auth != authPassword && srv.Token == "" && s.OAuth == nil {
		return invalid("%s: no token is set", what)
	}
	if strings.ContainsAny(srv.Username+srv.Password+srv.Token, "\r\n\x00") {
		return invalid("%s: user name, password or token contains a line break", what)
	}
	return nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func (srv *Server) addr() string { return net.JoinHostPort(srv.Host, strconv.Itoa(srv.Port)) }

func (s *Settings) tlsConfig(srv *Server, protocol ...string) *tls.Config {
	return &tls.Config{ServerName: srv.Host, RootCAs: s.roots, MinVersion: tls.VersionTLS12, NextProtos: protocol}
}
