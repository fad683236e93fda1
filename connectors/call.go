package connectors

import "skein/inbox"

// A Call is what an exchange tells of one telephone call. There may be several
// words on one: each is an item of its own, and a later one completes those
// before. The item's sender is the customer's side, whoever called whom.
type Call struct {
	ID string `json:"id"` // the exchange's own, the same in every word on the call
	inbox.Call
}

// A Reaction is a sign that the item's sender set beside the message that the
// item's externalId names, or took away again.
type Reaction struct {
	Emoji   string `json:"emoji"`
	Removed bool   `json:"removed,omitempty"`
}
