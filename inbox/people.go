package inbox

import (
	"encoding/json"
	"time"
)

// A Member is an agent as those see them who run the place.
type Member struct {
	Agent
	Inboxes []InboxID `json:"inboxes" doc:"That an agent may see; supervisors and admins see all"`
	Teams   []TeamID  `json:"teams"`
	// SeenAt is when a page of the agent's last asked for a token: up to ten
	// minutes behind. nil for never.
	SeenAt *time.Time `json:"seenAt,omitempty"`
	Open   int        `json:"open,omitempty" doc:"Conversations that are the agent's and not closed"`
}

// InvitationFor is how long an invitation can be accepted.
const InvitationFor = 7 * 24 * time.Hour

// ResetFor is how long a link sets a new password.
const ResetFor = time.Hour

// An Invitation asks somebody to work here. It is accepted once, by a link that
// only who made it and the invited ever see.
type Invitation struct {
	ID        InvitationID `json:"id"`
	Email     string       `json:"email"`
	Role      Role         `json:"role" enum:"agent,supervisor,admin"`
	Inboxes   []InboxID    `json:"inboxes"`
	Teams     []TeamID     `json:"teams"`
	InvitedBy AgentID      `json:"invitedBy"`
	CreatedAt time.Time    `json:"createdAt"`
	ExpiresAt time.Time    `json:"expiresAt"`
	Mailed    bool         `json:"mailed" doc:"Whether its link went by mail"`
	Revoked   bool         `json:"revoked,omitempty" doc:"Withdrawn: in the log alone"`
}

// An InvitationID names an invitation.
type InvitationID string

// A Handoff says who gets what was somebody's: an agent, a team, or with
// neither the queue of its inbox.
type Handoff struct {
	AgentID AgentID `json:"agentId,omitempty" maxLength:"36" doc:"Who gets what is open; what they may not see goes to the queue"`
	TeamID  TeamID  `json:"teamId,omitempty" maxLength:"36" doc:"The team that gets it, unassigned"`
}

// An AgentLetter is a mail to one agent.
type AgentLetter struct {
	To      Party
	Subject string
	Text    string
}

// An AuditEntry is one thing that was done.
type AuditEntry struct {
	ID    EventID   `json:"id"`
	At    time.Time `json:"at"`
	Kind  EventKind `json:"kind"`
	Actor Actor     `json:"actor"`
	// Subject is what it was done to, in words that people know it by: a
	// conversation's number and subject, a name, an address.
	Subject string `json:"subject"`
	Entity  string `json:"entity"`
	// Number is the conversation's that it was done to or in; 0 where there is none.
	Number    int64     `json:"number,omitempty"`
	SessionID SessionID `json:"sessionId,omitempty"`
	RequestID string    `json:"requestId,omitempty"`
	New       bool      `json:"new,omitempty" doc:"It was not there before"`
	// Changes are the fields that are other than before: of what is new and of the
	// set-up, those that it has.
	Changes []AuditChange `json:"changes"`
}

// An AuditChange is one field before and after.
type AuditChange struct {
	Field  string          `json:"field"`
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

// An AuditFilter narrows the audit log; zero fields don't.
type AuditFilter struct {
	Actor  AgentID
	Kinds  []EventKind
	From   time.Time
	Before time.Time
	After  Cursor // where the page before ended
	Limit  int
}
