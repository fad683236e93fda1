package phone

import (
	"strings"

	"skein/inbox"
	"skein/inbox/identity"
)

// telephone is the part of an address that names a telephone: the user of a SIP
// address, the client of a Twilio client.
func telephone(address string) string {
	address = strings.TrimSpace(address)
	scheme, rest, found := strings.Cut(address, ":")
	if !found {
		return address
	}
	switch strings.ToLower(scheme) {
	case "sip", "sips":
		user, _, _ := strings.Cut(rest, "@")
		user, _, _ = strings.Cut(user, ";")
		return user
	case "client", "tel":
		return rest
	}
	return address
}

// ours reports whether an address is one of our own numbers or telephones. A
// name that is no number, as in client:ann, is somebody of ours.
func (s *Settings) ours(address string) bool {
	if strings.HasPrefix(address, "client:") {
		return true
	}
	t := telephone(address)
	if t == "" || identity.Withheld(t) {
		return false
	}
	if s.numbers[t] || s.numbers[s.e164(t)] {
		return true
	}
	return s.extension(t) || s.e164(t) == "" && strings.ContainsAny(strings.ToLower(t), "abcdefghijklmnopqrstuvwxyz")
}

// extension reports whether t is a telephone of ours by its look. Twilio and
// Aircall have none: a short number there is somebody's.
func (s *Settings) extension(t string) bool {
	return s.Provider != Twilio && s.Provider != Aircall && (s.numbers[t] || s.extensions.MatchString(t))
}

// hidden reports whether nothing is told of a number.
func hidden(number string) bool {
	t := telephone(number)
	return t == "" || strings.EqualFold(t, inbox.Withheld) || identity.Withheld(t)
}

// sides says which way a call went and who the customer is, by who of the two
// is of ours; said is the exchange's word where it has one, and decides where
// that can't. inside is a call among ourselves.
func (s *Settings) sides(from, to string, said inbox.Direction) (d inbox.Direction, them string, inside bool) {
	f, t := s.ours(from), s.ours(to)
	switch {
	case f && t:
		return said, "", true
	case f && to != "":
		return inbox.Out, to, false
	case t && !f:
		return inbox.In, from, false
	case said == inbox.Out:
		return inbox.Out, to, false
	}
	return inbox.In, from, false
}

// agent names one of our telephones.
func (s *Settings) agent(address string) (name, extension string) {
	t := telephone(address)
	if t == "" || hidden(t) {
		return "", ""
	}
	for _, key := range []string{address, t, s.e164(t)} {
		if name = s.Agents[key]; name != "" {
			return name, t
		}
	}
	return t, t
}

// shown is a number as the card shows it.
func shown(number string) string {
	if hidden(number) {
		return inbox.Withheld
	}
	return strings.TrimSpace(number)
}
