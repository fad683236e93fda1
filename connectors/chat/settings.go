package chat

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// Settings are a chat account's own settings, as JSON in [connectors.Account].
// Only the origins are needed:
//
//	{"origins": ["https://shop.example"]}
//
// A field that isn't named here makes the account refused.
type Settings struct {
	Origins []string `json:"origins" doc:"Where the widget may stand: https://shop.example, or https://*.shop.example for every name below it"`
	Brand   Brand    `json:"brand,omitzero"`
	// Secrets and PublicKeys check who the shop says is signed in. Several at
	// once, so that one can follow another.
	Secrets    []string `json:"secrets,omitempty" writeOnly:"true" doc:"By which the shop's server signs who is signed in, with HS256: at least 32 characters each"`
	PublicKeys []string `json:"publicKeys,omitempty" doc:"The same with ES256: the public keys, in PEM"`
	// Store names the shop among the shop accounts: sub is an account there.
	Store    string `json:"store,omitempty" doc:"The shop's name, as its orders carry it"`
	Currency string `json:"currency,omitempty" doc:"Of carts that name none, such as EUR"`

	Files    Files  `json:"files,omitzero"`
	Scan     string `json:"scan,omitempty" doc:"Address of a clamd that looks at every file, host:port or unix:/path; without one nobody does"`
	Calendar string `json:"calendar,omitempty" doc:"Id of the calendar by which it is open; without one that of its inbox"`
	Mail     Mail   `json:"mail,omitzero"`

	AbandonAfter string `json:"abandonAfter,omitempty" doc:"How long a visitor who waits is gone to count as having left unanswered, if not 30s"`

	mailAfter time.Duration
	abandoned time.Duration
	public    []*ecdsa.PublicKey
}

// Brand is how the widget looks and greets.
type Brand struct {
	Name     string `json:"name,omitempty"`
	Color    string `json:"color,omitempty" doc:"#rrggbb"`
	Greeting string `json:"greeting,omitempty"`
	Locale   string `json:"locale,omitempty"`
	Dir      string `json:"dir,omitempty" enum:"ltr,rtl"`
	Theme    string `json:"theme,omitempty" enum:"auto,light,dark"`
	Side     string `json:"side,omitempty" enum:"start,end"`
}

// Files says what visitors may send.
type Files struct {
	Refused  bool     `json:"refused,omitempty" doc:"No files at all"`
	MaxBytes int64    `json:"maxBytes,omitempty" doc:"Of one file; 10 MiB without it, 24 MiB at most"`
	Types    []string `json:"types,omitempty" doc:"Such as image/*, application/pdf; without it images, PDF and plain text"`
}

// Mail says how a visitor who is away hears of an answer.
type Mail struct {
	Account inbox.AccountID `json:"account,omitempty" doc:"The mail account that it goes by; without one it doesn't"`
	After   string          `json:"after,omitempty" doc:"How long nobody reads it, such as 5m (the default), between 1m and 24h"`
	Subject string          `json:"subject,omitempty"`
	Intro   string          `json:"intro,omitempty" doc:"What stands before the answers"`
}

const (
	defaultFile = 10 << 20
	maxFile     = 24 << 20

	minSecret = 32
	maxKeys   = 20
)

var defaultTypes = []string{"image/*", "application/pdf", "text/plain"}

var (
	colour   = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	fileType = regexp.MustCompile(`^[a-z0-9.+-]+/([a-z0-9.+-]+|\*)$`)
)

// ParseSettings reads an account's settings and fills in what they leave out.
// What can't work is an [inbox.Invalid] that names the field.
func ParseSettings(account connectors.Account) (*Settings, error) {
	wrong := func(format string, args ...any) (*Settings, error) {
		return nil, &inbox.Error{Code: inbox.Invalid, Message: "the chat account " + string(account.ID) + ": " + fmt.Sprintf(format, args...)}
	}
	var s Settings
	dec := json.NewDecoder(bytes.NewReader(account.Settings))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		return wrong("its settings can't be read: %v", err)
	}
	if len(s.Origins) == 0 {
		return wrong("origins is empty: name where the widget stands, such as https://shop.example")
	}
	for _, o := range s.Origins {
		if !validOrigin(o) {
			return wrong("the origin %.80q is none: want https://shop.example, without a path, or https://*.shop.example", o)
		}
	}
	if b := &s.Brand; b.Color != "" && !colour.MatchString(b.Color) {
		return wrong("brand.color %.20q is none: want #rrggbb", b.Color)
	}
	for _, f := range []struct {
		name, value string
		of          []string
	}{{"dir", s.Brand.Dir, []string{"", "ltr", "rtl"}}, {"theme", s.Brand.Theme, []string{"", "auto", "light", "dark"}}, {"side", s.Brand.Side, []string{"", "start", "end"}}} {
		if !slices.Contains(f.of, f.value) {
			return wrong("brand.%s %.20q is none of %s", f.name, f.value, strings.Join(f.of[1:], ", "))
		}
	}
	if len(s.Secrets)+len(s.PublicKeys) > maxKeys {
		return wrong("it has %d secrets and keys: at most %d", len(s.Secrets)+len(s.PublicKeys), maxKeys)
	}
	for i, secret := range s.Secrets {
		if len(secret) < minSecret {
			return wrong("secrets[%d] is shorter than %d characters", i, minSecret)
		}
	}
	for i, text := range s.PublicKeys {
		key, err := publicKey(text)
		if err != nil {
			return wrong("publicKeys[%d] %v", i, err)
		}
		s.public = append(s.public, key)
	}
	if s.Files.MaxBytes < 0 || s.Files.MaxBytes > maxFile {
		return wrong("files.maxBytes is %d: at most %d", s.Files.MaxBytes, maxFile)
	}
	if s.Files.MaxBytes == 0 {
		s.Files.MaxBytes = defaultFile
	}
	if len(s.Files.Types) == 0 {
		s.Files.Types = defaultTypes
	}
	for _, t := range s.Files.Types {
		if !fileType.MatchString(t) {
			return wrong("files.types: %.60q is no media type: want image/*, application/pdf", t)
		}
	}
	if s.Scan != "" && !strings.HasPrefix(s.Scan, "unix:/") {
		if _, _, err := net.SplitHostPort(s.Scan); err != nil {
			return wrong("scan %.60q is no address: want host:port or unix:/path", s.Scan)
		}
	}
	if s.Calendar != "" && !inbox.ValidID(s.Calendar) {
		return wrong("calendar %.60q is the id of none", s.Calendar)
	}
	s.abandoned = 30 * time.Second
	if s.AbandonAfter != "" {
		d, err := time.ParseDuration(s.AbandonAfter)
		if err != nil || d < 0 || d > 10*time.Minute {
			return wrong("abandonAfter %.20q: want a duration such as 30s, up to 10m", s.AbandonAfter)
		}
		s.abandoned = d
	}
	s.mailAfter = 5 * time.Minute
	if s.Mail.After != "" {
		d, err := time.ParseDuration(s.Mail.After)
		if err != nil || d < time.Minute || d > 24*time.Hour {
			return wrong("mail.after %.20q: want a duration such as 5m, between 1m and 24h", s.Mail.After)
		}
		s.mailAfter = d
	}
	return &s, nil
}

// Abandoned is how long a visitor who waits is gone to count as having left.
func (s *Settings) Abandoned() time.Duration { return s.abandoned }

// VisitorMail is what s says of mail to visitors who are away; name is the
// account's.
func (s *Settings) VisitorMail(name string) inbox.VisitorMail {
	m := inbox.VisitorMail{Account: s.Mail.Account, After: s.mailAfter, Subject: s.Mail.Subject, Intro: s.Mail.Intro}
	if s.Brand.Name != "" {
		name = s.Brand.Name
	}
	if m.Subject == "" {
		m.Subject = "Your chat with " + name
	}
	if m.Intro == "" {
		m.Intro = "You wrote to us in the chat. This is our answer; you can answer by mail."
	}
	return m
}

// publicKey reads a key of the curve P-256, the one of ES256 (RFC 7518 section
// 3.4).
func publicKey(text string) (*ecdsa.PublicKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("is no PEM: want -----BEGIN PUBLIC KEY-----")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, errors.New("can't be read: want -----BEGIN PUBLIC KEY-----")
	}
	public, ok := key.(*ecdsa.PublicKey)
	if !ok || public.Curve != elliptic.P256() {
		return nil, errors.New("is not one of the curve P-256")
	}
	return public, nil
}

// Form is what an operator is asked for.
func Form() connectors.Form {
	return connectors.Form{Settings: Settings{}, Check: func(a connectors.Account) error { _, err := ParseSettings(a); return err }}
}

// takes reports whether a file of that type may be sent.
func (f *Files) takes(kind string) bool {
	if f.Refused {
		return false
	}
	kind, _, _ = strings.Cut(strings.ToLower(kind), ";")
	kind = strings.TrimSpace(kind)
	major, _, _ := strings.Cut(kind, "/")
	return slices.Contains(f.Types, kind) || slices.Contains(f.Types, major+"/*")
}
