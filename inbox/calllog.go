package inbox

import "time"

// A LoggedCall is a call that an agent writes down: no exchange told of it.
type LoggedCall struct {
	Direction   Direction
	Number      string // the customer's, as it was written
	StartedAt   time.Time
	TalkSeconds int
	Disposition Disposition
	Summary     string

	// Key and Hash make the call repeatable, as in [Answer].
	Key  string
	Hash []byte
}
