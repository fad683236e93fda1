package shop

import (
	"slices"

	"skein/connectors"
	"skein/inbox"
)

var actionKinds = slices.Concat(inbox.OrderKinds, inbox.CartKinds)

// offers are what an account's shop can be asked to do, and may be.
func offers(account connectors.Account) []inbox.ActionOffer {
	set, err := ParseSettings(account)
	if err != nil {
		return set.offers(inbox.WrongSettings, "the account's settings are wrong: "+err.Error())
	}
	return set.offers("", "")
}

// offers are those of a shop; code and why say that it can be asked for nothing.
func (s *Settings) offers(code inbox.WhyNot, why string) []inbox.ActionOffer {
	switch {
	case code != "":
	case s.Provider == Webhook:
		code, why = inbox.TellsOnly, "this shop only tells of itself and can't be asked: do it in the shop"
	case !s.asks():
		code = inbox.NoKey
		why = "the account has no key to the shop's API: its settings need url and " + map[string]string{Shopify: "token", WooCommerce: "consumerKey"}[s.Provider]
	}
	list := make([]inbox.ActionOffer, 0, len(actionKinds))
	for _, kind := range actionKinds {
		o := inbox.ActionOffer{Kind: kind, Offered: code == "", Code: code, Why: why}
		if o.Offered && slices.Contains(s.Withheld, string(kind)) {
			o.Offered, o.Code, o.Why = false, inbox.SwitchedOff, "it is switched off in the channel's settings"
		}
		list = append(list, o)
	}
	return list
}

// refused is why a kind can't be asked for; "" where it can.
func (s *Settings) refused(kind inbox.ActionKind) string {
	for _, o := range s.offers("", "") {
		if o.Kind == kind {
			return o.Why
		}
	}
	return "a shop doesn't do " + string(kind)
}
