package identity

import (
	"strings"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
)

// withheld is what stands in the place of a number that its caller hides. A
// gateway may also spell the longer words by the letters on a keypad.
var withheld = []string{
	"anonymous", "unknown", "private", "restricted", "unavailable", "blocked", "withheld",
	"noid", "nocallerid", "notavailable", "outofarea", "hidden", "invalid", "payphone",
}

// keypadWord is how long a word must be before its digits stand for it: shorter
// ones are somebody's number.
const keypadWord = 9

// Phone reads a telephone number by libphonenumber's rules, as in region (ISO
// 3166-1 alpha-2) where it has no country code. The extension is no part of
// e164, which is "" for what is no number at all. A possible number has a
// length that its country knows, a valid one is in a range that is given out.
func Phone(raw, region string) (e164, extension string, possible, valid bool) {
	if !utf8.ValidString(raw) {
		return "", "", false, false
	}
	n, err := phonenumbers.Parse(dialled(raw), strings.ToUpper(strings.TrimSpace(region)))
	if err != nil {
		return "", "", false, false
	}
	return phonenumbers.Format(n, phonenumbers.E164), n.GetExtension(),
		phonenumbers.IsPossibleNumber(n), phonenumbers.IsValidNumber(n)
}

// Region reports whether s is a country whose numbers can be read: ISO 3166-1
// alpha-2, in capitals.
func Region(s string) bool { return phonenumbers.GetSupportedRegions()[s] }

// dialled is what is dialled of an address of telephony: the user of a SIP URI
// (RFC 3261 section 19.1.1), or what follows a gateway's prefix.
func dialled(raw string) string {
	raw = strings.TrimSpace(raw)
	scheme, rest, found := strings.Cut(raw, ":")
	if !found {
		return raw
	}
	switch strings.ToLower(scheme) {
	case "sip", "sips":
		user, _, _ := strings.Cut(rest, "@")
		user, _, _ = strings.Cut(user, ";")
		return user
	case "whatsapp", "sms":
		return rest
	}
	return raw
}

// Withheld reports whether raw stands for a number that is hidden, even where
// its digits could be somebody's.
func Withheld(raw string) bool {
	said := strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		}
		return -1
	}, dialled(raw))
	for _, word := range withheld {
		if strings.TrimSuffix(strings.TrimSuffix(said, "caller"), "number") == word || len(word) >= keypadWord && said == keypad(word) {
			return true
		}
	}
	return false
}

// keypad is a word of a-z in the digits of ITU-T E.161.
func keypad(word string) string {
	return strings.Map(func(r rune) rune { return rune("22233344455566677778889999"[r-'a']) }, word)
}
