package inbox

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"
)

// A Caller is an agent who asks for something: what that agent may see, by
// which session, and the request that the log names as the cause.
type Caller struct {
	Rights
	Session SessionID
	Request string
}

// Actor returns c as the log and the events name it.
func (c *Caller) Actor() Actor {
	return Actor{Kind: ByAgent, ID: string(c.Agent.ID), Name: c.Agent.Name}
}

// A Cursor is where a page ended, in the order of its list. Clients hand it
// back as they got it. The zero Cursor is the beginning.
type Cursor struct {
	At time.Time // whole microseconds, as the database keeps them
	ID string
}

// maxCursorID bounds what comes back from a client.
const maxCursorID = 64

// IsZero reports whether c is the beginning.
func (c Cursor) IsZero() bool { return c.ID == "" }

// String returns c in the form that [ParseCursor] reads, "" for the beginning.
func (c Cursor) String() string {
	if c.IsZero() {
		return ""
	}
	b := binary.BigEndian.AppendUint64(nil, uint64(c.At.UnixMicro()))
	return base64.RawURLEncoding.EncodeToString(append(b, c.ID...))
}

// ParseCursor reads what [Cursor.String] wrote. Anything else is Invalid; the
// instant is within the years 1 to 9999, so that a database can hold it.
func ParseCursor(s string) (Cursor, error) {
	if s == "" {
		return Cursor{}, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || strings.ContainsAny(s, "\r\n") || len(b) < 9 || len(b) > 8+maxCursorID {
		return Cursor{}, errCursor()
	}
	c := Cursor{At: time.UnixMicro(int64(binary.BigEndian.Uint64(b))).UTC(), ID: string(b[8:])}
	if y := c.At.Year(); y < 1 || y > 9999 {
		return Cursor{}, errCursor()
	}
	for _, r := range []byte(c.ID) {
		if r < ' ' || r > '~' {
			return Cursor{}, errCursor()
		}
	}
	return c, nil
}

func errCursor() error {
	return &Error{Code: Invalid, Message: "the cursor is not one that this list gave out: start again without it"}
}

// A ConversationFilter says which conversations a list shows. Zero fields admit
// everything that the reader may see.
type ConversationFilter struct {
	Status     Status
	Assignee   AgentID
	Unassigned bool // only what nobody is assigned to; Assignee is empty then
	Inbox      InboxID
	Team       TeamID
	Text       string // a query, see [ParseQuery]: what it asks goes before the fields above
	Sort       Sort   // "" is the newest first
	After      Cursor
	Limit      int
}

// A Count is one cell of the cube of conversations.
type Count struct {
	InboxID    InboxID `json:"inboxId"`
	TeamID     TeamID  `json:"teamId,omitempty"`
	AssigneeID AgentID `json:"assigneeId,omitempty"`
	Status     Status  `json:"status" enum:"open,pending,snoozed,closed,spam"`
	Count      int64   `json:"count"`
}

// A Patch is what to change of a conversation; nil leaves as it is, and a
// pointer to "" takes away. Version, when given, is the one that the author saw.
type Patch struct {
	Status   *Status
	Assignee *AgentID
	Team     *TeamID
	Priority *Priority
	Version  *int64

	AddTags, RemoveTags []string    // see [CleanTags]
	Fields, Fill        FieldValues // set; and those that it has none of yet: see [FieldValues.With]
	SnoozedUntil        *time.Time  // snoozes, in place of a status
}

// An Answer is what an agent writes: a reply or a note.
type Answer struct {
	ID   MessageID
	At   time.Time
	Text string
	HTML string // sanitised

	// Key makes the call repeatable; Hash is of the whole request, so that the
	// same key with another request is told apart.
	Key  string
	Hash []byte

	Mentions []AgentID // of a note: whom it names
	Teams    []TeamID  // of a note: the teams that it names

	// The rest is for replies.

	RemoteImages bool
	SeenSeq      int64 // newest public seq that the author saw
	Force        bool  // send whatever came meanwhile
	Close        bool
	Then         Actions    // done with the conversation
	SnoozeUntil  *time.Time // nil: as Then says
	To, Cc, Bcc  []Party    // To empty: whoever wrote last
	By           AccountID  // by which it leaves; "" for the conversation's
	Attachments  []AttachmentID
	Template     *Template // of a direct message: Text is what it comes to
	Private      bool      // of an answer to a public comment: only its writer gets it
	SendAt       time.Time
	Scheduled    bool // SendAt is a time of its own choice, and no moment to think again

	// Seal names the mail and the address that answers come back to ("" for the
	// account's own), once it is known which conversation and account it is of.
	Seal func(id MessageID, in ConversationID, account *Account) (headerID, replyTo string)
	// MatchKey is the form by which an address is matched, "" when it has none.
	MatchKey func(address string) string
	// Bounds are looked at where nobody has written by an account yet.
	Bounds BoundsFunc
}

// Stale says that a conversation has moved on: Newer are the public messages
// that the author of a reply had not seen, in order.
type Stale struct {
	Newer []Message
}

func (e *Stale) Error() string {
	return "something new came in meanwhile: read it, then send again or change the answer"
}

// Unwrap makes the code of a Stale [Conflict].
func (e *Stale) Unwrap() error { return &Error{Code: Conflict, Message: e.Error()} }

// A Hit is one message that a search found.
type Hit struct {
	Conversation Conversation `json:"conversation"`
	MessageID    MessageID    `json:"messageId,omitempty"`
	Snippet      string       `json:"snippet"`
}

// A DeadLetter is an item that could not be handled, as an operator sees it.
type DeadLetter struct {
	ID      string    `json:"id"`
	Channel Channel   `json:"channel"`
	Account AccountID `json:"account"`
	Reason  string    `json:"reason"`
	EventID string    `json:"eventId"`
	At      time.Time `json:"at"`
	Subject string    `json:"subject" doc:"Of the bus"`
}
