package connectors

import "skein/inbox"

// A Call is what an exchange tells of one telephone call. There may be several
// words on one, in any order: each is an item of its own and says what it knows,
// see [inbox.Call.Later]. The item's sender is the customer's side, whoever
// called whom; a number that is withheld is nobody's, and left out.
type Call struct {
	ID string `json:"id"` // the exchange's own, the same in every word on the call
	inbox.Call
	// Attachments are added to those that the call has: its audio, once fetched.
	Attachments []Attachment `json:"attachments,omitempty"`
}

// AskAudio is what a telephone connector asks the server: which of an account's
// recordings are still to be fetched. The answer is a list of [inbox.Call], the
// oldest first.
const AskAudio = "audio"

// AskCaller is what a telephone connector asks the server of a call that comes in,
// before it lets it ring: CallerAsk, CallerAnswer.
const AskCaller = "caller"

// A CallerAsk names who calls.
type CallerAsk struct {
	Address string `json:"address"` // their number, as the exchange writes it
}

// A CallerAnswer says what is known of who calls.
type CallerAnswer struct {
	Blocked bool `json:"blocked"` // it is to ring nobody
}

// A Reaction is a sign that the item's sender set beside the message that the
// item's externalId names, or took away again.
type Reaction struct {
	Emoji   string `json:"emoji" required:"false" doc:"May be empty when it is removed: all that they set"`
	Removed bool   `json:"removed,omitempty"`
	Only    bool   `json:"only,omitempty" doc:"The service keeps one a person: it takes the place of what they set before"`
}
