package identity

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// dots are what ends a rooted domain: IDNA maps the other three to the first
// (RFC 3490 section 3.1).
const dots = ".\u3002\uff0e\uff61"

// What RFC 5321 section 4.5.3.1 lets an address and its local part measure, in
// characters as people count them.
const (
	maxAddress = 320
	maxLocal   = 64
)

// apart reports whether r can't be within an address.
func apart(r rune) bool { return r == '<' || r == '>' || unicode.IsSpace(r) || unicode.IsControl(r) }

// EmailKey returns the form by which mail addresses are matched: lower case,
// the domain in its ASCII form (RFC 5891), the rest in NFC (RFC 6532 section
// 3.1), nothing else changed. Dots and tags are the provider's business, and
// only ever a hint. It is "" for what is no address. The mailto: that forms
// leave before an address is no part of it.
//
// The local part is folded although RFC 5321 section 2.4 leaves that to its
// host: no provider in use tells Ann@ from ann@, and people write both.
func EmailKey(address string) string {
	address = strings.TrimSpace(address)
	if len(address) > maxAddress || !utf8.ValidString(address) {
		return ""
	}
	address = norm.NFC.String(strings.ToLower(norm.NFC.String(address)))
	for strings.HasPrefix(address, "mailto:") {
		address = strings.TrimSpace(strings.TrimPrefix(address, "mailto:"))
	}
	at := strings.LastIndexByte(address, '@')
	if at <= 0 {
		return ""
	}
	local, domain := address[:at], strings.TrimRight(address[at+1:], dots)
	if !isLocal(local) || len(address) > maxAddress || strings.ContainsFunc(domain, apart) {
		return ""
	}
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		domain = strings.TrimRight(ascii, dots)
	}
	if domain == "" {
		return ""
	}
	return local + "@" + domain
}

// isLocal reports whether s can be a local part: anything readable between
// quotation marks (RFC 5321 section 4.1.2), else without a second @.
func isLocal(s string) bool {
	switch {
	case s == "" || utf8.RuneCountInString(s) > maxLocal:
		return false
	case len(s) > 2 && s[0] == '"' && s[len(s)-1] == '"':
		return !strings.ContainsFunc(s, unicode.IsControl)
	}
	return !strings.ContainsFunc(s, apart) && !strings.Contains(s, "@")
}
