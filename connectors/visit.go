package connectors

import (
	"time"

	"skein/inbox"
)

// What the sidecar of the chat asks the server, by verb. Whatever is answered is
// of the account and session that are named, and of nobody else.
const (
	AskSession = "session" // SessionAsk, SessionAnswer: when a visitor comes
	AskHistory = "history" // HistoryAsk, HistoryAnswer: what was said before
	AskQueue   = "queue"   // QueueAsk, QueueAnswer: who waits
	AskHours   = "hours"   // nothing, HoursAnswer
	AskFile    = "file"    // FileAsk, FileAnswer
)

// A SessionAsk names the number of the newest word that a visitor knows, 0 for
// none.
type SessionAsk struct {
	Session string `json:"session"`
	After   int64  `json:"after,omitempty"`
}

// A SessionAnswer is what there is to go on with. With Reset that number means
// nothing, or too much was said since: Messages are the newest of all. Without,
// Words are what came after it. Last is the number of the newest; what is newer
// than that comes by VISITOR, after Position.
type SessionAnswer struct {
	Epoch    string                 `json:"epoch"` // of Position
	Position uint64                 `json:"position"`
	Last     int64                  `json:"last"`
	Reset    bool                   `json:"reset"`
	Messages []inbox.VisitorMessage `json:"messages,omitempty"` // oldest first
	More     bool                   `json:"more,omitempty"`
	Words    []inbox.VisitorWord    `json:"words,omitempty"`
	Unread   []inbox.VisitorMessage `json:"unread,omitempty"` // of agents: seq, id, attempt and state

	Known     bool   `json:"known"`  // the session has said something
	Closed    bool   `json:"closed"` // its conversation is
	AgentName string `json:"agentName,omitempty"`
	Queue     int    `json:"queue,omitempty"` // its place: 0 for who doesn't wait
}

// A HistoryAsk names the number of the oldest message that is known.
type HistoryAsk struct {
	Session string `json:"session"`
	Before  int64  `json:"before"`
}

// A HistoryAnswer is the ones before it, oldest first.
type HistoryAnswer struct {
	Messages []inbox.VisitorMessage `json:"messages"`
	More     bool                   `json:"more,omitempty"`
}

// A QueueAsk names sessions that may wait.
type QueueAsk struct {
	Sessions []string `json:"sessions"`
}

// A QueueAnswer has those that do, each with its place: 1 is who waits longest.
type QueueAnswer struct {
	Places map[string]int `json:"places"`
}

// An HoursAnswer says whether somebody is there. Epoch is that of VISITOR: when
// it is another one, every position in it is void.
type HoursAnswer struct {
	Open    bool       `json:"open"`
	OpensAt *time.Time `json:"opensAt,omitempty"` // while closed, where that is known
	Epoch   string     `json:"epoch"`
}

// A FileAsk names a file of a message of the session.
type FileAsk struct {
	Session string             `json:"session"`
	ID      inbox.AttachmentID `json:"id"`
}

// A FileAnswer is that file, its bytes in the channel's transit.
type FileAnswer struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Body Body   `json:"body"`
}
