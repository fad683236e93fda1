package inbox

import (
	"encoding/json"
	"time"
)

// An Event is a change as EVENTS and the browsers see it. It carries the whole
// new public state of its entity and that state's version, so that applying it
// twice, or late, changes nothing: the database is ahead of the stream, and the
// relay repeats.
type Event struct {
	ID      EventID   `json:"id"`
	Kind    EventKind `json:"kind"`
	At      time.Time `json:"at"`
	Actor   Actor     `json:"actor"`
	Entity  string    `json:"entity"` // id of what changed
	Version int64     `json:"version"`
	// History marks imported items: shown, never notified.
	History bool `json:"history,omitempty"`

	// MovedFrom is, of a message that is in another conversation now, the one
	// that it was in: who looks at that sees it leave.
	MovedFrom ConversationID `json:"movedFrom,omitempty"`

	Conversation *Conversation      `json:"conversation,omitempty"`
	Message      *Message           `json:"message,omitempty"`
	Customer     *Customer          `json:"customer,omitempty"`
	Order        *Order             `json:"order,omitempty"`
	Cart         *Cart              `json:"cart,omitempty"`
	Timeline     *TimelineEntry     `json:"timeline,omitempty"`
	IdentityID   IdentityID         `json:"identityId,omitempty"` // of whose the order, cart or entry is
	Task         *Task              `json:"task,omitempty"`
	Agent        *Agent             `json:"agent,omitempty"`
	Inbox        *Inbox             `json:"inbox,omitempty"`
	Key          *KeyRule           `json:"key,omitempty"`
	SavedReply   *SavedReply        `json:"savedReply,omitempty"`
	Field        *Field             `json:"field,omitempty"`
	View         *View              `json:"view,omitempty"`
	Watched      ConversationID     `json:"watched,omitempty"` // by an agent from now on, or no more: which of the two is read anew
	Connector    json.RawMessage    `json:"connector,omitempty"`
	Notification *Notification      `json:"notification,omitempty"`
	Read         *NotificationsRead `json:"read,omitempty"` // of notifications
	Action       *OrderAction       `json:"action,omitempty"`
	Product      *Product           `json:"product,omitempty"`

	// Audience is who may see it: never sent to a browser.
	Audience Audience `json:"audience"`
}

// An EventKind names a change. Clients ignore kinds that they do not know.
type EventKind string

const (
	ConversationChanged EventKind = "conversation.changed" // made, moved, assigned, answered, closed, merged
	MessageChanged      EventKind = "message.changed"      // new, or its state moved
	CustomerChanged     EventKind = "customer.changed"
	OrderChanged        EventKind = "order.changed"
	CartChanged         EventKind = "cart.changed"
	ActionChanged       EventKind = "action.changed"  // asked of a shop, done there or not
	ProductChanged      EventKind = "product.changed" // its price, its stock: for everybody
	TimelineAdded       EventKind = "timeline.added"  // what has no entity of its own: pages, ratings, loyalty, merges
	TaskChanged         EventKind = "task.changed"    // made, given to somebody, done
	AgentChanged        EventKind = "agent.changed"   // rights too: open sockets check anew
	InboxChanged        EventKind = "inbox.changed"   // made, renamed, archived
	KeyChanged          EventKind = "key.changed"     // what holds for a key that many have
	SavedReplyChanged   EventKind = "saved-reply.changed"
	FieldChanged        EventKind = "field.changed"      // what is noted of conversations: made, changed, archived
	ViewChanged         EventKind = "view.changed"       // saved, shared or not, deleted; the log has those that are shared
	WatchChanged        EventKind = "watch.changed"      // by one agent, of one conversation
	NotificationMade    EventKind = "notification.made"  // for one agent
	NotificationsSeen   EventKind = "notifications.read" // by one agent, on whichever device

	// AccountChanged is in the log alone: made, changed, paused or removed.
	AccountChanged EventKind = "account.changed"
	// InvitationChanged is in the log alone: made, sent again, withdrawn, accepted.
	InvitationChanged EventKind = "invitation.changed"
	// TeamChanged is in the log alone: made, named anew, deleted. Pages hear of
	// it by the change of an agent.
	TeamChanged EventKind = "team.changed"
	// TagChanged is in the log alone: named anew, merged or taken away.
	TagChanged EventKind = "tag.changed"
	// SenderChanged is in the log alone: blocked, or let through again.
	SenderChanged EventKind = "sender.changed"
	// BrandChanged is in the log alone: made or changed.
	BrandChanged EventKind = "brand.changed"
	// CalendarChanged is in the log alone: made or changed.
	CalendarChanged EventKind = "calendar.changed"
	// LetterDiscarded is in the log alone: what could not be handled is thrown away.
	LetterDiscarded EventKind = "letter.discarded"
	// OrderVerification is in the log alone: somebody tried to verify a claim,
	// and what was said is not known of the order.
	OrderVerification EventKind = "order.verification"
)

// An Actor is who caused a change.
type Actor struct {
	Kind AuthorKind `json:"kind"`
	ID   string     `json:"id,omitempty"`
	Name string     `json:"name,omitempty"`
}

// An Audience is where the entity is now and where it was before: who may see
// only the latter is told that it is gone. Both zero means everybody.
type Audience struct {
	Before *Place `json:"before,omitempty"`
	After  *Place `json:"after,omitempty"`
	// Inboxes are for what has no place of its own, such as an order: who may
	// see any of them sees it. Empty: everybody.
	Inboxes []InboxID `json:"inboxes,omitempty"`
	// Agent is the only one who sees it, whatever the others' roles, and as far as
	// the rest admits it too. "" for everybody.
	Agent AgentID `json:"agent,omitempty"`
	// Were are the Inboxes of before: who may see one of them and none of those
	// of now is told that it is gone, and everybody where there are none now.
	Were []InboxID `json:"were,omitempty"`
	// Was is the status that a conversation had before, "" for a new one, and
	// WasMerged says that it was part of another then: by these queues are counted.
	Was       Status `json:"was,omitempty"`
	WasMerged bool   `json:"wasMerged,omitempty"`
}

// NoInbox stands among the Inboxes of an [Audience] for those who see every one:
// nobody else sees it.
const NoInbox InboxID = "none"

// A Place is what rights are given on.
type Place struct {
	InboxID  InboxID `json:"inboxId"`
	TeamID   TeamID  `json:"teamId,omitempty"`
	Assignee AgentID `json:"assigneeId,omitempty"`
}

// Place returns where c is.
func (c *Conversation) Place() *Place {
	return &Place{InboxID: c.InboxID, TeamID: c.TeamID, Assignee: c.Assignee}
}
