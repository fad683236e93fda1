package shop

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"skein/inbox"
)

// A scalar is a JSON string or number as it was written; "" for anything else.
// Shops write ids and amounts as either.
type scalar string

// UnmarshalJSON implements [json.Unmarshaler].
func (s *scalar) UnmarshalJSON(b []byte) error {
	*s = ""
	switch b = bytes.TrimSpace(b); {
	case len(b) == 0:
	case b[0] == '"':
		var text string
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
		*s = scalar(strings.TrimSpace(text))
	case b[0] == '-' || b[0] >= '0' && b[0] <= '9':
		*s = scalar(b)
	}
	return nil
}

// id is the scalar as an id: none for the 0 that stands for nobody.
func (s scalar) id() string {
	if s == "0" {
		return ""
	}
	return string(s)
}

// A count is a whole number that may be written as text; what is none is 0.
type count int

// UnmarshalJSON implements [json.Unmarshaler].
func (n *count) UnmarshalJSON(b []byte) error {
	var s scalar
	_ = s.UnmarshalJSON(b) // what is neither text nor number is 0
	*n = 0
	var v int64
	if _, err := fmt.Sscan(string(s), &v); err == nil && v > -1_000_000_000 && v < 1_000_000_000 {
		*n = count(v)
	}
	return nil
}

// A purse reads amounts of one currency and collects what is wrong with them.
type purse struct {
	currency string
	unknown  bool // the currency is none: nothing can be said in it
	problems []string
}

// newPurse takes the currency's name as the shop wrote it.
func newPurse(name scalar) *purse {
	p := &purse{currency: strings.ToUpper(string(name))}
	if _, ok := inbox.MinorDigits(p.currency); !ok {
		p.unknown = true
		p.problem("%.20q is no currency of ISO 4217: the amounts are left out", string(name))
	}
	return p
}

func (p *purse) problem(format string, args ...any) {
	p.problems = append(p.problems, fmt.Sprintf(format, args...))
}

// amount is decimal text in minor units; 0 for what can't be read, which is
// named.
func (p *purse) amount(what string, text scalar) int64 {
	if text == "" || p.unknown {
		return 0
	}
	n, rounded, err := inbox.ParseAmount(string(text), p.currency)
	if err != nil {
		p.problem("%s: %v", what, err)
		return 0
	}
	if rounded {
		p.problem("%s %.40s is finer than %s: taken as %s", what, string(text), p.currency, inbox.FormatAmount(n, p.currency))
	}
	return n
}

// readTime reads RFC 3339, and a time without a zone as one of UTC, as
// WooCommerce's fields of GMT are. The zero time is none.
func readTime(s scalar) time.Time {
	for _, shape := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05", time.DateOnly} {
		if t, err := time.Parse(shape, string(s)); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// newest is the latest of times.
func newest(times ...time.Time) time.Time {
	var last time.Time
	for _, t := range times {
		if t.After(last) {
			last = t
		}
	}
	return last
}

func ptr[T any](v T) *T { return &v }

// sum names bytes.
func sum(b ...[]byte) string {
	h := sha256.New()
	for _, part := range b {
		h.Write(part)
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

func joined(parts ...scalar) string {
	var words []string
	for _, p := range parts {
		if p != "" {
			words = append(words, string(p))
		}
	}
	return strings.Join(words, " ")
}

func firstOf(list ...scalar) string { return string(cmp.Or(list...)) }

func invalid(format string, args ...any) error {
	return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf(format, args...)}
}
