package chat

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"skein/connectors"
	"skein/inbox"
)

// A said is a frame of a visitor's. Which fields count depends on T.
type said struct {
	T string `json:"t"`

	Session string `json:"session"` // hello
	Token   string `json:"token"`
	JWT     string `json:"jwt"`
	After   int64  `json:"after"`
	Page    *page  `json:"page"`
	Locale  string `json:"locale"`

	ID    string   `json:"id"` // message, offline, handover
	Text  string   `json:"text"`
	Files []string `json:"files"`

	Seq    int64 `json:"seq"`    // read
	Before int64 `json:"before"` // more

	Email string `json:"email"` // identify, offline, handover
	Phone string `json:"phone"`
	Name  string `json:"name"` // and track

	Properties json.RawMessage `json:"properties"` // track
	URL        string          `json:"url"`        // page
	Title      string          `json:"title"`
	Referrer   string          `json:"referrer"`

	Analytics bool `json:"analytics"` // consent
}

type page struct {
	URL      string `json:"url"`
	Title    string `json:"title,omitempty"`
	Referrer string `json:"referrer,omitempty"`
}

// What a visitor may say.
const (
	maxFrame      = 64 << 10
	maxText       = 8000 // characters of one message
	maxFiles      = 10   // of one message
	maxLine       = 300  // bytes of a name or number
	maxURL        = 2000
	maxProperties = 16 << 10
)

// Frames to visitors, but for the words of VISITOR, which pass through as they
// are.
type (
	welcome struct {
		T         string     `json:"t"`
		Session   string     `json:"session"`
		Token     string     `json:"token"`
		Seq       int64      `json:"seq"`
		AgentName string     `json:"agentName,omitempty"`
		Queue     int        `json:"queue,omitempty"`
		Closed    bool       `json:"closed,omitempty"`
		Open      bool       `json:"open"`
		OpensAt   *time.Time `json:"opensAt,omitempty"`
		Brand     Brand      `json:"brand"`
		MaxFile   int64      `json:"maxFile"`
		FileTypes []string   `json:"fileTypes"`
	}
	history struct {
		T        string                 `json:"t"`
		Messages []inbox.VisitorMessage `json:"messages"`
		Seq      int64                  `json:"seq"`
		Before   int64                  `json:"before,omitempty"`
		More     bool                   `json:"more"`
	}
	state struct {
		T      string      `json:"t"`
		ID     string      `json:"id"`
		State  inbox.State `json:"state"`
		Reason string      `json:"reason,omitempty"`
	}
	typing struct {
		T    string `json:"t"` // typing, stopped
		Name string `json:"name,omitempty"`
	}
	queue struct {
		T        string `json:"t"`
		Position int    `json:"position"`
	}
	hours struct {
		T       string     `json:"t"`
		Open    bool       `json:"open"`
		OpensAt *time.Time `json:"opensAt,omitempty"`
	}
	failure struct {
		T          string  `json:"t"`
		Code       string  `json:"code"`
		Message    string  `json:"message"`
		About      string  `json:"about,omitempty"` // jwt, token
		ID         string  `json:"id,omitempty"`    // of what was refused
		RetryAfter float64 `json:"retryAfter,omitempty"`
	}
	ping struct {
		T   string `json:"t"`
		Seq int64  `json:"seq"`
	}
)

// config is what anybody may know of an account.
type config struct {
	Brand     Brand      `json:"brand"`
	Open      bool       `json:"open"`
	OpensAt   *time.Time `json:"opensAt,omitempty"`
	MaxFile   int64      `json:"maxFile"`
	FileTypes []string   `json:"fileTypes"`
}

func (s *Settings) config(at connectors.HoursAnswer) config {
	c := config{Brand: s.Brand, Open: at.Open, OpensAt: at.OpensAt, MaxFile: s.Files.MaxBytes, FileTypes: s.Files.Types}
	if s.Files.Refused {
		c.MaxFile, c.FileTypes = 0, []string{}
	}
	return c
}

// clientID is what a browser names its messages by: a UUID, or the like.
var clientID = regexp.MustCompile(`^[A-Za-z0-9-]{8,64}$`)

// line is s on one line, without what can't be seen, up to so many bytes.
func line(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	for len(s) > most {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return strings.TrimSpace(s)
}

// address is a mail address as one can be written to, "" for what is none.
func address(s string) string {
	s = strings.TrimSpace(s)
	at := strings.LastIndexByte(s, '@')
	if at < 1 || len(s) > 254 || line(s, maxLine) != s || strings.ContainsAny(s, " ,;<>()\"") || strings.Count(s, "@") != 1 {
		return ""
	}
	if domain := s[at+1:]; !strings.Contains(domain, ".") || strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") {
		return ""
	}
	return s
}

// claims is what a visitor says of themselves: nothing but that.
func (f *said) claims() []connectors.Claim {
	var list []connectors.Claim
	for _, c := range []struct {
		field inbox.ClaimField
		value string
	}{{inbox.ClaimName, line(f.Name, maxLine)}, {inbox.ClaimEmail, address(f.Email)}, {inbox.ClaimPhone, line(f.Phone, maxLine)}} {
		if c.value != "" {
			list = append(list, connectors.Claim{Field: c.field, Value: c.value, Proof: inbox.Claimed})
		}
	}
	return list
}

// seen is p as an agent may see it: an address of the web, and no other.
func (p *page) seen() *page {
	if p == nil {
		return nil
	}
	out := page{URL: line(p.URL, maxURL), Title: line(p.Title, maxLine), Referrer: line(p.Referrer, maxURL)}
	if !strings.HasPrefix(out.URL, "https://") && !strings.HasPrefix(out.URL, "http://") {
		return nil
	}
	return &out
}
