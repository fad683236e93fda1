package identity

import (
	"slices"
	"strings"

	"skein/inbox"
)

// maxHints bounds the hints of one identity.
const maxHints = 8

// Hints returns the keys by which possible matches of an identity are found: of
// two that may be one person, both have one at least. They are few, and the more
// selective come first. What they find is to be scored; one that very many have
// tells nothing and is better passed over.
func Hints(claims []inbox.Claim, own inbox.IdentityRef, name string) []string {
	p := NewProfile(claims, []inbox.IdentityRef{own}, name)
	var out []string
	add := func(kind string, parts ...string) {
		h := kind + ":" + strings.Join(parts, "|")
		if !slices.Contains(parts, "") && !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	for _, e := range p.emails {
		switch local, domain, _ := strings.Cut(loose(e), "@"); {
		case Relay(e):
		case personal(local):
			add("local", outline(local))
		default:
			add("email", outline(local), outline(domain))
		}
	}
	for _, t := range p.phones {
		add("phone", t)
	}
	for _, b := range p.birthdays {
		add("born", b)
	}
	for _, e := range p.emails {
		if !Relay(e) {
			add("letters", letters(bare(loose(e))))
		}
	}
	for _, n := range p.names {
		x, y := sound(n.first), sound(n.last)
		add("name", min(x, y), max(x, y))
	}
	for _, n := range p.names {
		for _, at := range p.places {
			near := at.postcode
			if near == "" {
				near = outline(at.city)
			}
			add("place", near, sound(n.last))
			add("place", near, sound(n.first))
		}
		for _, b := range p.birthdays {
			add("year", b[:4], sound(n.last))
			add("year", b[:4], sound(n.first))
		}
	}
	return out[:min(len(out), maxHints)]
}

// outline is part of an address as it sounds, with its figures: those who
// mistype it mostly keep both.
func outline(part string) string {
	letters := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r > 0x7f {
			return r
		}
		return -1
	}, part)
	return sound(letters) + digits(part)
}

// personal reports whether a local part may tell a person from others, wherever
// it is: what is short, or names a role, doesn't.
func personal(local string) bool {
	return len(local) >= 5 && !slices.Contains(roles, local)
}

var roles = []string{
	"info", "office", "sales", "support", "service", "kontakt", "contact", "contacto", "hello", "admin", "webmaster", "accounts",
	"billing", "orders", "order", "shop", "store", "team", "einkauf", "buchhaltung", "rechnung", "invoice", "invoices", "bestellung",
	"customer", "customerservice", "enquiries", "inquiries", "purchasing", "reception", "marketing", "email",
}

// Providers that pass over dots in a local part, and other names that they have.
var dotless = map[string]string{"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}

// loose is a mail address without what its provider may pass over: the tag
// after a plus sign everywhere, and dots where that is known. It only ever
// suggests.
func loose(key string) string {
	at := strings.LastIndexByte(key, '@')
	if at < 0 || key[0] == '"' {
		return key
	}
	local, domain := key[:at], key[at+1:]
	if plus := strings.IndexByte(local, '+'); plus > 0 {
		local = local[:plus]
	}
	if known, ok := dotless[domain]; ok {
		local, domain = strings.ReplaceAll(local, ".", ""), known
	}
	return local + "@" + domain
}
