// Package identity says who somebody is: what two addresses must have in common
// to be matched. It is pure and never queries.
package identity

import (
	"strings"
	"unicode"

	"golang.org/x/net/idna"

	"skein/inbox"
)

// dots are what ends a rooted domain: IDNA maps the other three to the first
// (RFC 3490 section 3.1).
const dots = ".\u3002\uff0e\uff61"

// apart reports whether r can't be within an address.
func apart(r rune) bool { return r == '<' || r == '>' || unicode.IsSpace(r) || unicode.IsControl(r) }

// EmailKey returns the form by which mail addresses are matched: lower case,
// the domain in its ASCII form (RFC 5891), nothing else changed. Dots and tags
// are the provider's business, and only ever a hint. It is "" for what is no
// address.
//
// The local part is folded although RFC 5321 section 2.4 leaves that to its
// host: no provider in use tells Ann@ from ann@, and people write both.
func EmailKey(address string) string {
	address = strings.ToLower(strings.TrimSpace(address))
	at := strings.LastIndexByte(address, '@')
	if at <= 0 || at == len(address)-1 || len(address) > 320 || strings.ContainsFunc(address, apart) {
		return ""
	}
	domain := strings.TrimRight(address[at+1:], dots)
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		domain = strings.TrimRight(ascii, dots)
	}
	if domain == "" {
		return ""
	}
	return address[:at] + "@" + domain
}

// Key returns the form by which an address of kind is matched, or "" when it
// can't be.
func Key(kind inbox.IdentityKind, address string) string {
	if kind == inbox.EmailAddress {
		return EmailKey(address)
	}
	return strings.TrimSpace(address)
}
