package identity

import (
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"skein/inbox"
)

// What people and programs write where an address is asked for and none is
// given. Of nobodies a number may follow.
var (
	nobodies = []string{
		"test", "tests", "tester", "testing", "testuser", "test.user", "testmail", "testaccount", "dummy", "fake", "invalid",
		"noreply", "no-reply", "no_reply", "no.reply", "donotreply", "do-not-reply", "do_not_reply", "nobody",
		"mailer-daemon", "postmaster", "anonymous", "anonym", "anon", "unknown", "undefined", "null", "none", "nomail", "noemail",
		"no-email", "no_email", "no.email", "nomail", "no-mail", "placeholder", "example", "asdf", "asdfasdf", "qwerty",
		"youremail", "your.email", "your-email", "yourname", "your.name", "deleted", "removed",
	}
	// Second-level domains of the same kind, and names that only there are nobody's.
	nowheres = []string{
		"test", "fake", "dummy", "none", "noemail", "no-email", "nomail", "no-mail", "noreply", "no-reply", "invalid", "asdf",
		"unknown", "anonymous", "placeholder", "undefined", "null",
	}
	samples     = []string{"example", "email", "mail", "domain", "yourdomain", "mydomain", "company", "yourcompany", "website", "site", "sample"}
	sampleNames = []string{
		"email", "mail", "e-mail", "me", "you", "your", "user", "username", "name", "firstname.lastname", "first.last", "customer",
		"client", "guest", "someone", "somebody", "info", "admin", "sample", "foo", "bar", "a", "x", "abc", "xyz", "john.doe", "jane.doe", "johndoe", "janedoe",
	}
)

// Blocked reports whether a key is by its look nobody's: a test value, what a
// form suggests, the sender of automatic mail. What has no key is blocked, too.
func Blocked(ref inbox.IdentityRef) bool {
	switch {
	case ref.Key == "":
		return true
	case ref.Kind == inbox.EmailAddress:
		return blockedEmail(ref.Key)
	case ref.Kind == inbox.PhoneNumber:
		return blockedPhone(ref.Key)
	}
	return false
}

func blockedEmail(key string) bool {
	at := strings.LastIndexByte(key, '@')
	if at < 0 {
		return true
	}
	local, domain := key[:at], key[at+1:]
	local, _, _ = strings.Cut(local, "+")
	labels := strings.Split(domain, ".")
	top := labels[len(labels)-1]
	switch {
	case slices.Contains(nobodies, strings.TrimRight(local, "0123456789")):
		return true
	case strings.HasPrefix(local, "anonymous"), strings.HasPrefix(local, "noreply"), strings.HasPrefix(local, "no-reply"):
		return true
	case top == "invalid" || domain == "localhost": // RFC 2606 section 2
		return true
	case local == labels[0] && strings.Trim(local, local[:min(1, len(local))]) == "": // aaa@aaa.com
		return true
	case len(labels) != 2:
		return false
	case slices.Contains(nowheres, labels[0]):
		return true
	}
	return slices.Contains(samples, labels[0]) && slices.Contains(sampleNames, local)
}

// longNumber is from how many figures on a number with its country code has at
// least four without.
const longNumber = 8

// blockedPhone knows numbers that are one digit over and over, or counted up.
func blockedPhone(key string) bool {
	national := digits(key)
	if len(national) >= longNumber && len(key) == len(national)+1 && key[0] == '+' {
		// To read a number costs as much as all else that is done with it.
		if a, z := national[len(national)-2], national[len(national)-1]; z != a && z != a+1 && (a != '9' || z != '0') {
			return false
		}
	}
	if n, err := phonenumbers.Parse(key, ""); err == nil {
		national = phonenumbers.GetNationalSignificantNumber(n)
	}
	if len(national) < 4 {
		return true
	}
	run := 1
	for i := len(national) - 1; i > 0 && national[i-1] == national[i]; i-- {
		run++
	}
	return run == len(national) || run >= 7 ||
		len(national) >= 6 && (strings.HasPrefix("1234567890123", national) || strings.HasPrefix("0123456789012", national))
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// relays are domains that stand between a shop and the person who writes: a
// marketplace's, or a masking service's. Each of their addresses is made for one
// relation, and looks like others for no reason.
var relays = []string{
	"privaterelay.appleid.com", "facebook.com", "facebookmail.com", "etsy.com", "craigslist.org", "allegromail.pl", "allegrogroup.pl",
	"relay.walmart.com", "mirakl.net", "reply.airbnb.com", "guest.airbnb.com", "guest.booking.com", "property.booking.com",
	"expediapartnercentral.com", "mail.kleinanzeigen.de", "mail.ebay-kleinanzeigen.de", "kaufland-marktplatz.de", "verkopen.bol.com",
	"mail.vinted.com", "reply.linkedin.com", "reply.github.com", "duck.com", "mozmail.com", "simplelogin.com", "simplelogin.co", "aleeas.com", "slmails.com",
	"anonaddy.com", "anonaddy.me", "addy.io", "passmail.net", "passmail.com", "passinbox.com", "passfwd.com",
}

// Relay reports whether a mail address is a marketplace's or a mask's: an
// identity of its own, that is matched as a whole or not at all.
func Relay(address string) bool {
	key := EmailKey(address)
	domain := key[strings.LastIndexByte(key, '@')+1:]
	for _, r := range relays {
		if below, ok := strings.CutSuffix(domain, r); ok && (below == "" || below[len(below)-1] == '.') {
			return true
		}
	}
	domain = "." + domain
	return strings.Contains(domain, ".marketplace.amazon.") || strings.Contains(domain, ".members.ebay.")
}
