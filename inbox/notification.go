package inbox

import "time"

// A NotificationID names a [Notification].
type NotificationID string

// A Notification tells one agent of one thing. It is made with what causes it,
// and all that ever changes of it is that it was read.
type Notification struct {
	ID      NotificationID   `json:"id"`
	Version int64            `json:"version" doc:"1, and 2 once it was read"`
	Kind    NotificationKind `json:"kind" enum:"assignment,mention,message,direct"`

	ConversationID ConversationID `json:"conversationId" doc:"Empty for direct, which is of none"`
	Number         int64          `json:"number" doc:"Of the conversation"`
	Subject        string         `json:"subject"`
	Customer       string         `json:"customer" doc:"Whose conversation it is, by name"`
	MessageID      MessageID      `json:"messageId,omitempty"`
	Text           string         `json:"text,omitempty" doc:"The first words of the message"`
	By             Actor          `json:"by" doc:"Who caused it"`

	At     time.Time  `json:"at"`
	ReadAt *time.Time `json:"readAt,omitempty"`
}

// A NotificationKind is what a notification tells of.
type NotificationKind string

const (
	AssignmentNotice NotificationKind = "assignment" // a conversation was given to the agent
	MentionNotice    NotificationKind = "mention"    // a note names the agent
	// DirectNotice is what somebody who runs the place tells one agent. It is always
	// told in the app and nowhere else.
	DirectNotice  NotificationKind = "direct"
	MessageNotice NotificationKind = "message" // in a conversation of the agent's, or one that the agent watches
)

// NotificationKinds are those that agents choose how to be told of, in the order in
// which they are shown.
var NotificationKinds = []NotificationKind{AssignmentNotice, MentionNotice, MessageNotice}

// Valid reports whether k is one that agents choose how to be told of.
func (k NotificationKind) Valid() bool {
	return k == AssignmentNotice || k == MentionNotice || k == MessageNotice
}

// A NotificationsRead says that notifications were read, on whichever device: their
// version is 2 from now on.
type NotificationsRead struct {
	IDs []NotificationID `json:"ids"`
	At  time.Time        `json:"at"`
}

// A NotificationFilter says which notifications a list shows.
type NotificationFilter struct {
	Unread bool             // only those
	Kind   NotificationKind // "" for all
	After  Cursor
	Limit  int
}

// A ReadSelection is what of an agent's notifications is read: those with IDs,
// those of a conversation, or all that were made until Through.
type ReadSelection struct {
	IDs          []NotificationID
	Conversation string // an id or a number
	Through      time.Time
}

// Ways are how an agent is told of something.
type Ways struct {
	App   bool `json:"app" doc:"In the app"`
	Push  bool `json:"push" doc:"By the browser, also while Skein is not open"`
	Email bool `json:"email" doc:"By mail, while the agent is away"`
}

// DefaultWays are those of who has chosen none.
func DefaultWays(k NotificationKind) Ways {
	return Ways{App: true, Push: true, Email: k != MessageNotice}
}

// NotificationSettings are how an agent wants to be told.
type NotificationSettings struct {
	Kinds map[NotificationKind]Ways `json:"kinds"`
	// PushText: what is pushed carries the first words of messages, which a
	// locked screen may show.
	PushText bool `json:"pushText" doc:"Whether pushes carry the first words of messages"`
	// DigestAfter is how long, in minutes, an agent is away before what is unread
	// goes by mail.
	DigestAfter int `json:"digestAfter" minimum:"5" maximum:"10080" doc:"Minutes of absence after which unread notifications are mailed"`
}

// A NotificationPatch is what to change of settings; nil leaves as it is.
type NotificationPatch struct {
	Kinds       map[NotificationKind]Ways
	PushText    *bool
	DigestAfter *int // minutes
}

// A Mentioned is an agent whom a note names, as they were called then.
type Mentioned struct {
	ID   AgentID `json:"id"`
	Name string  `json:"name"`
}

// A MentionedTeam is a team that a note names, as it was called then.
type MentionedTeam struct {
	ID   TeamID `json:"id"`
	Name string `json:"name"`
}

// Mentionable are whom a note in a conversation may name.
type Mentionable struct {
	Agents []Mentioned     `json:"items"`
	Teams  []MentionedTeam `json:"teams" doc:"Those with a member who may see the conversation"`
}

// A PushSubscriptionID names a [PushSubscription].
type PushSubscriptionID string

// A PushSubscription is a browser that takes pushes (Push API section 8).
type PushSubscription struct {
	ID        PushSubscriptionID `json:"id"`
	AgentID   AgentID            `json:"-"`
	SessionID SessionID          `json:"-"`
	Endpoint  string             `json:"-"` // whoever has it can tell the device apart: it stays here
	P256dh    []byte             `json:"-"` // the browser's public key, an uncompressed point on P-256
	Auth      []byte             `json:"-"` // 16 bytes that the browser shares with us
	ServerKey []byte             `json:"-"` // our public key that it was made with
	Name      string             `json:"name" doc:"What the browser calls itself"`
	CreatedAt time.Time          `json:"createdAt"`
	PushedAt  *time.Time         `json:"pushedAt,omitempty" doc:"When it took a push last"`
	Here      bool               `json:"here" doc:"Whether it is of the session that asks"`
}

// A Push is one notification on its way to one browser.
type Push struct {
	Notification Notification
	Agent        Agent
	Subscription PushSubscription
	Text         bool // it may carry the first words of the message
	Tries        int  // that were made before
}
