package identity

import (
	"slices"
	"strings"

	"skein/inbox"
)

// maxHints bounds the hints of one identity.
const maxHints = 8

// Hints returns the keys by which possible matches of an identity are found:
// two that may be one person share at least one. They are few and selective,
// the best first; what they find is to be scored.
func Hints(claims []inbox.Claim, own inbox.IdentityRef, name string) []string {
	p := NewProfile(claims, []inbox.IdentityRef{own}, name)
	var out []string
	add := func(kind string, parts ...string) {
		if !slices.Contains(parts, "") {
			out = append(out, kind+":"+strings.Join(parts, "|"))
		}
	}
	for _, e := range p.emails {
		if Relay(e) {
			continue
		}
		add("email", loose(e))
		local, _, _ := strings.Cut(loose(e), "@")
		add("local", local)
	}
	for _, t := range p.phones {
		add("phone", t)
	}
	for _, b := range p.birthdays {
		for _, n := range p.names {
			add("born", b, sound(n.last))
			add("born", b, sound(n.first))
		}
	}
	for _, n := range p.names {
		add("name", n.first, n.last)
	}
	out = slices.Compact(out)
	return out[:min(len(out), maxHints)]
}

// Providers that pass over dots in a local part, or have another domain for the
// same one.
var aliases = map[string]string{"googlemail.com": "gmail.com", "gmail.com": "gmail.com"}

// loose is a mail address without what its provider may pass over: the tag
// after a plus sign everywhere, and dots where that is known. It only ever
// suggests.
func loose(key string) string {
	at := strings.LastIndexByte(key, '@')
	if at < 0 {
		return ""
	}
	local, domain := key[:at], key[at+1:]
	if plus := strings.IndexByte(local, '+'); plus > 0 && local[0] != '"' {
		local = local[:plus]
	}
	if known, ok := aliases[domain]; ok {
		local, domain = strings.ReplaceAll(local, ".", ""), known
	}
	return local + "@" + domain
}
