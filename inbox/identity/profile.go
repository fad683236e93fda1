package identity

import (
	"slices"
	"strings"

	"skein/inbox"
)

// A Profile is what is known of a person, as two persons are compared by it.
type Profile struct {
	emails, phones, birthdays []string // keys
	names                     []name
	places                    []place
	companies                 []string
}

// maxValues bounds the values of one field that are compared.
const maxValues = 12

// NewProfile collects what claims say, the addresses that are the person's own,
// and the names that came with them. A blocked key and a name that is an address
// say nothing.
func NewProfile(claims []inbox.Claim, own []inbox.IdentityRef, names ...string) Profile {
	var p Profile
	for _, ref := range own {
		p.addKey(ref)
	}
	for _, n := range names {
		p.addName(n)
	}
	for _, c := range claims {
		switch c.Field {
		case inbox.ClaimEmail:
			p.addKey(inbox.IdentityRef{Kind: inbox.EmailAddress, Key: keyOf(c)})
		case inbox.ClaimPhone:
			p.addKey(inbox.IdentityRef{Kind: inbox.PhoneNumber, Key: keyOf(c)})
		case inbox.ClaimBirthday:
			p.birthdays = addValue(p.birthdays, Birthday(keyOf(c)))
		case inbox.ClaimName:
			p.addName(c.Value)
		case inbox.ClaimAddress:
			if at := readPlace(c.Value); at != (place{}) {
				p.places = addValue(p.places, at)
			}
		case inbox.ClaimCompany:
			p.companies = addValue(p.companies, strings.Join(words(c.Value), " "))
		}
	}
	return p
}

func keyOf(c inbox.Claim) string {
	if c.Key != "" {
		return c.Key
	}
	return ClaimKey(c.Field, c.Value, "")
}

func (p *Profile) addKey(ref inbox.IdentityRef) {
	list := &p.emails
	switch ref.Kind {
	case inbox.EmailAddress:
	case inbox.PhoneNumber:
		list = &p.phones
	default:
		return
	}
	if !slices.Contains(*list, ref.Key) && !Blocked(ref) {
		*list = addValue(*list, ref.Key)
	}
}

func (p *Profile) addName(s string) {
	if n := readName(s); n != (name{}) {
		p.names = addValue(p.names, n)
	}
}

func addValue[T comparable](list []T, v T) []T {
	var zero T
	if v == zero || len(list) == maxValues || slices.Contains(list, v) {
		return list
	}
	return append(list, v)
}

// A name is what a line says of a person's names. Of one word it can't be told
// which it is.
type name struct{ first, last string }

// readName takes the first word and the last: what stands between is left out
// as often as not.
func readName(s string) name {
	if strings.ContainsRune(s, '@') {
		return name{}
	}
	if last, first, ok := strings.Cut(s, ","); ok {
		s = first + " " + last
	}
	list := words(s)
	list = slices.DeleteFunc(list, func(w string) bool { return slices.Contains(titles, w) })
	switch len(list) {
	case 0:
		return name{}
	case 1:
		return name{last: list[0]}
	}
	return name{list[0], list[len(list)-1]}
}

var titles = []string{"mr", "mrs", "ms", "miss", "dr", "prof", "herr", "frau", "mme", "sr", "sra", "jr", "ii", "iii"}

// A place is what of a postal address tells places apart.
type place struct{ postcode, city string }

// readPlace takes the post code to be the last word with a digit that is no
// house number, and the city to be the words beside it, or the last part that
// has no digit.
func readPlace(s string) place {
	var at place
	for part := range strings.SplitSeq(s, ",") {
		var letters []string
		for _, w := range words(part) {
			switch {
			case !strings.ContainsAny(w, "0123456789"):
				letters = append(letters, w)
			case len(w) >= 4:
				at.postcode = w
			}
		}
		if len(letters) > 0 {
			at.city = strings.Join(letters, " ")
		}
	}
	return at
}
