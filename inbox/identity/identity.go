// Package identity says who somebody is: what two addresses must have in common
// to be matched, which identities are one customer, and who else may be the same
// person. Evidence goes in, clusters come out.
//
// It promises that an automatic merge is a function of the evidence as it
// stands, whatever the order in which that came, and that it rests on a key that
// both sides have proven. What merely looks alike is a suggestion, with its
// reasons. It is pure: it never queries, reads the clock or makes an id.
package identity

import (
	"strings"
	"time"

	"skein/inbox"
)

// Key returns the form by which an address of kind is matched, or "" when it
// can't be: whoever has such an address is a stranger each time. Region (ISO
// 3166-1 alpha-2, of the account that the address came in by) is how a
// telephone number without a country code is read.
//
// What platforms call their users is opaque: one person may have several such
// keys on one channel.
func Key(kind inbox.IdentityKind, address, region string) string {
	switch kind {
	case inbox.EmailAddress:
		return EmailKey(address)
	case inbox.PhoneNumber:
		if e164, _, _, valid := Phone(address, region); valid && !Withheld(address) {
			return e164
		}
		return ""
	}
	return strings.TrimSpace(address)
}

// ClaimKey returns what a claim of value is matched by, for [inbox.Claim].Key;
// "" for what never is. A birthday's is YYYY-MM-DD.
func ClaimKey(field inbox.ClaimField, value, region string) string {
	switch field {
	case inbox.ClaimEmail:
		return Key(inbox.EmailAddress, value, region)
	case inbox.ClaimPhone:
		return Key(inbox.PhoneNumber, value, region)
	case inbox.ClaimBirthday:
		return Birthday(value)
	case inbox.ClaimShop:
		return Key(inbox.ShopAccount, value, region)
	}
	return ""
}

// Birthday returns a birthday as YYYY-MM-DD, or "" for what is none: a date whose
// order of day and month must be guessed, or that programs write for no date. A
// time after the date is passed over.
func Birthday(value string) string {
	value, _, _ = strings.Cut(strings.TrimSpace(value), "T")
	value, _, _ = strings.Cut(value, " ")
	found := ""
	for _, layout := range []string{"2006-1-2", "20060102", "2006/1/2", "2.1.2006", "2/1/2006", "1/2/2006"} {
		t, err := time.Parse(layout, value)
		if err != nil || t.Year() < 1900 {
			continue
		}
		date := t.Format(time.DateOnly)
		if found != "" && found != date {
			return ""
		}
		found = date
	}
	if found == "1900-01-01" || found == "1970-01-01" {
		return ""
	}
	return found
}
