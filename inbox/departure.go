package inbox

import "time"

// An OutboxRow is something committed and not yet announced: the relay
// publishes Payload under Subject, and ID makes a repetition harmless.
type OutboxRow struct {
	ID      int64
	Subject string
	Payload []byte
}

// A Departure is one attempt to send a message, as the store knows it at the
// moment when its timer fires: everything in it was fixed when the agent sent.
type Departure struct {
	Message    Message // Attempt is this attempt, Attachments name their bytes in Blobs
	From       Party
	Bcc        []Party
	ReplyTo    string    // the plus-address, where the account has it
	References []string  // header ids, oldest first; the last one is what it answers
	Automatic  bool      // no person wrote it, and none is to answer it
	HeardAt    time.Time // of a direct message: when its recipient last wrote there; zero for never
	At         time.Time
}

// SendTimer is the payload of a timer of kind "send", whose key is the id of
// the message that leaves when it fires.
type SendTimer struct {
	ReplyTo string `json:"replyTo,omitempty"`
	// Ask holds the message back when somebody wrote before it leaves.
	Ask bool `json:"ask,omitempty"`
	// Was is the conversation's status before the reply made it Became.
	Was    Status `json:"was,omitempty"`
	Became Status `json:"became,omitempty"`
}

// Unsent is what a message said that was taken back before it left.
type Unsent struct {
	Message Message `json:"message"`
}

// A StreamMark is where a stream stood when it was last looked at. Positions
// in a stream mean something only within one epoch.
type StreamMark struct {
	Epoch string // "" before anybody looked
	First uint64 // sequence of its oldest entry, where the stream itself was asked
	Last  uint64 // sequence of its newest entry
}
