package inbox

import "time"

// A PinKind is what a pin says.
type PinKind string

const (
	PinOrder    PinKind = "order"
	PinTracking PinKind = "tracking"
	PinAddress  PinKind = "address"
	PinPhone    PinKind = "phone"
	PinEmail    PinKind = "email"
	PinDate     PinKind = "date"
	PinWords    PinKind = "words" // a sentence that an agent pinned
)

// A Pin is something that the customer gave in a conversation and that agents
// need before them: found in what they wrote, or pinned by an agent.
type Pin struct {
	Kind PinKind `json:"kind" enum:"order,tracking,address,phone,email,date,words"`
	// Key tells it apart from others of its kind in the conversation, however it
	// was written.
	Key       string    `json:"key"`
	Text      string    `json:"text" doc:"As it was written"`
	MessageID MessageID `json:"messageId,omitempty" doc:"Where it was written last"`
	At        time.Time `json:"at" doc:"When it was written, or pinned"`
	AgentID   AgentID   `json:"agentId,omitempty" doc:"Who pinned it; absent: it was found"`
}
