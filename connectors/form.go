package connectors

import (
	"context"

	"skein/inbox"
)

// A Form is what an operator is asked for to make an account of a channel.
type Form struct {
	// Settings is the zero value of the connector's own type. Its JSON Schema is
	// made of the type: json names the field, doc says what it is, and enum,
	// default, minimum, pattern, format and required:"false" mean what they mean
	// there. A secret is a string, or a list of strings while one is changed for
	// another, with writeOnly:"true": it is sealed and never shown again.
	Settings any
	// Check says what a schema can't, as an [inbox.Invalid] that names the
	// setting; nil when there is nothing more. The settings are opened.
	Check func(Account) error
	// Sending is what an account's service takes, and when; nil: it sets no bound
	// that a composer has to know. The settings are opened.
	Sending func(Account) inbox.SendBounds
	// Actions are what an account's shop can be asked to do with orders and carts,
	// and may be: every kind once. nil: nothing. The settings are opened.
	Actions func(Account) []inbox.ActionOffer
	// Try tries an account out, without taking or sending anything: what it found
	// of each server, step by step, to the first that fails. It ends soon, whatever
	// the other side does. nil: an account of this channel can't be tried. The
	// settings are opened.
	Try func(context.Context, Account) []Trial
	// Webhooks says that the accounts take requests at /in/<channel>/<account>,
	// an address that the operator copies to the other side.
	Webhooks bool
	// Address is what the account's address is: a mail address, a telephone
	// number, or "" for anything, such as a shop's or a widget's name.
	Address inbox.IdentityKind
}

// A Trial is one step of trying an account out.
type Trial struct {
	Server string    `json:"server" enum:"imap,smtp" doc:"Which of its servers"`
	Step   TrialStep `json:"step" enum:"settings,host,port,tls,signIn,folder"`
	OK     bool      `json:"ok"`
	Detail string    `json:"detail,omitempty" doc:"What is wrong, with the server's own words"`
}

// A TrialStep is what is tried of a server, in this order.
type TrialStep string

const (
	TrySettings TrialStep = "settings" // what was written can't be used as it is
	TryHost     TrialStep = "host"     // its name leads to an address
	TryPort     TrialStep = "port"     // somebody answers there
	TryTLS      TrialStep = "tls"      // and speaks the protocol, encrypted as wanted
	TrySignIn   TrialStep = "signIn"
	TryFolder   TrialStep = "folder" // of a mailbox: the one with new mail is there
)
