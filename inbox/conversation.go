package inbox

import "time"

// Status is where a conversation stands.
type Status string

const (
	Open    Status = "open"
	Pending Status = "pending" // waits for the customer or a third party
	Snoozed Status = "snoozed"
	Closed  Status = "closed"
	Spam    Status = "spam" // a reviewable folder: nothing in it is lost
	// Side is the status of a side conversation for good: it is with others than
	// the customer, stands in no list or count, and the customer never sees it.
	Side Status = "side"
)

// Valid reports whether s is one of the statuses above that a conversation may
// be given.
func (s Status) Valid() bool {
	switch s {
	case Open, Pending, Snoozed, Closed, Spam:
		return true
	}
	return false
}

// A Conversation is everything said with one customer about one matter, on any
// number of channels.
//
// Its messages are ordered by MessageSeq, which the store assigns under a row
// lock, so every reader sees the same order whatever the senders' clocks say.
// Version rises with every change of the row, so that a client can tell what it
// already has.
type Conversation struct {
	ID      ConversationID `json:"id"`
	Number  int64          `json:"number" doc:"The short number that people say to each other"`
	Version int64          `json:"version" doc:"Rises with every change; a client ignores what is not newer"`

	InboxID  InboxID   `json:"inboxId"`
	TeamID   TeamID    `json:"teamId,omitempty"`
	Assignee AgentID   `json:"assigneeId,omitempty"`
	Status   Status    `json:"status" enum:"open,pending,snoozed,closed,spam,side" doc:"side: one with others than the customer, see sideOf"`
	Channel  Channel   `json:"channel" enum:"email,chat,phone,social,shop" doc:"The channel of the newest message"`
	Account  AccountID `json:"accountId" doc:"The account that a reply leaves by"`
	Subject  string    `json:"subject"`
	Preview  string    `json:"preview" doc:"The first words of the newest message"`
	Customer Person    `json:"customer" doc:"Who it was opened by"`

	MessageSeq   int64      `json:"messageSeq" doc:"seq of the newest message"`
	PublicSeq    int64      `json:"publicSeq" doc:"seq of the newest message that the customer wrote or may see"`
	CreatedAt    time.Time  `json:"createdAt"`
	LastAt       time.Time  `json:"lastAt" doc:"Time of the newest message: what lists are ordered by"`
	WaitingSince *time.Time `json:"waitingSince,omitempty" doc:"First message of the burst that nobody human has answered"`
	FirstReplyAt *time.Time `json:"firstReplyAt,omitempty" doc:"When somebody human answered the customer first"`

	// What leaves in an outbound one before HeardAt answers nobody.
	Outbound bool       `json:"outbound,omitempty" doc:"We began it"`
	HeardAt  *time.Time `json:"heardAt,omitempty" doc:"Of one that we began: when its customer first answered"`

	LeftAt *time.Time `json:"leftAt,omitempty" doc:"Of a chat: when its customer left unanswered, last"`

	Priority Priority `json:"priority" minimum:"-1" maximum:"2" doc:"-1 low, 0 normal, 1 high, 2 urgent"`
	Tags     []string `json:"tags,omitempty"`
	// Fields are what is noted of it: see [Field].
	Fields       FieldValues `json:"fields,omitempty" doc:"What is noted of it, by the field's id: see fields"`
	SnoozedUntil *time.Time  `json:"snoozedUntil,omitempty" doc:"While snoozed: when it opens again; absent: when the customer writes"`

	// Order is the one that is meant, where it may be seen.
	Order *OrderRef `json:"order,omitempty" doc:"The order that it is about"`

	SideOf ConversationID `json:"sideOf,omitempty" doc:"The conversation that this one, with others than its customer, is about"`

	// MergedInto is where a late mail or an agent joined this one to; a link
	// to it stays good for ever.
	MergedInto ConversationID `json:"mergedInto,omitempty"`
}

// A Person is the short form of a customer that a list shows.
type Person struct {
	CustomerID CustomerID `json:"customerId"`
	IdentityID IdentityID `json:"identityId"`
	Name       string     `json:"name"`
	Address    string     `json:"address"`
	Proof      Proof      `json:"proof" minimum:"0" maximum:"3"`
	// CustomerVersion is the version of the customer that this was taken from:
	// of two words on one identity the one with the higher version holds,
	// whichever conversation or event brings it.
	CustomerVersion int64 `json:"customerVersion"`
	// Blocked: what they write comes in as spam and wakes nobody; their calls ring
	// nobody here.
	Blocked bool `json:"blocked,omitempty"`
}

// Reopens reports whether a new message puts c back in the queue. Agents' own
// replies, automatic mail, calls that were answered and imported history never
// do.
func (c *Conversation) Reopens(m *Message) bool {
	return m.Direction == In && !m.Automatic.Is && !m.Call.Answered() && (c.Status == Closed || c.Status == Pending || c.Status == Snoozed)
}

// AskedAt is when the customer first said something: when c was created, but for
// one that we began; nil while they haven't.
func (c *Conversation) AskedAt() *time.Time {
	if c.Outbound {
		return c.HeardAt
	}
	return &c.CreatedAt
}

// Direction tells who a message is from.
type Direction string

const (
	In  Direction = "in"  // from the customer
	Out Direction = "out" // from the business
)

// MessageKind tells messages from what only the team sees.
type MessageKind string

const (
	Public MessageKind = "message"
	Note   MessageKind = "note" // only the team sees it
)

// State is how far a message has come. A message's state is derived from its
// attempts and only moves forward; see [State.After].
type State string

const (
	ReceivedState State = "received" // inward: it is here
	Queued        State = "queued"
	Sending       State = "sending"
	Sent          State = "sent" // the next server took it
	Delivered     State = "delivered"
	Read          State = "read"
	Failed        State = "failed"
	Uncertain     State = "uncertain" // nobody can know whether it left: an agent decides
)

// After reports whether state s may follow old within one attempt. What is
// final or further along is never taken back by a late or repeated receipt; a
// bounce may still fail what was sent, and certainty may end uncertainty.
func (s State) After(old State) bool {
	rank := map[State]int{Queued: 1, Sending: 2, Uncertain: 3, Sent: 4, Failed: 5, Delivered: 6, Read: 7}
	return rank[s] > rank[old]
}

// A Message is one thing said in a conversation. It never changes but for its
// state and for what its own sender makes of it afterwards, and it stores why it
// is where it is.
type Message struct {
	ID             MessageID      `json:"id"`
	ConversationID ConversationID `json:"conversationId"`
	ThreadID       ThreadID       `json:"threadId,omitempty"`
	Seq            int64          `json:"seq" doc:"Rises within the conversation; what was moved leaves a gap"`
	Version        int64          `json:"version"`

	Kind      MessageKind `json:"kind" enum:"message,note"`
	Direction Direction   `json:"direction" enum:"in,out"`
	Channel   Channel     `json:"channel" enum:"email,chat,phone,social,shop"`
	Account   AccountID   `json:"accountId"`
	Author    Author      `json:"author"`
	To        []Party     `json:"to"`
	Cc        []Party     `json:"cc"`
	Bcc       []Party     `json:"bcc,omitempty" doc:"Of ours: whom the others don't see"`

	Subject      string       `json:"subject"`
	Text         string       `json:"text" doc:"The whole text as it was received or written"`
	VisibleText  string       `json:"visibleText" doc:"The text without what is quoted and signed: a view, nothing is cut from text"`
	HTML         string       `json:"html,omitempty" doc:"Sanitised; remote images carry data-remote-src instead of src"`
	RemoteImages bool         `json:"remoteImages" doc:"The HTML names images on other servers, not loaded until asked for"`
	Truncated    bool         `json:"truncated,omitempty" doc:"In an event: the body was too large for a frame, fetch the message"`
	Attachments  []Attachment `json:"attachments"`

	State       State       `json:"state" enum:"received,queued,sending,sent,delivered,read,failed,uncertain"`
	StateDetail string      `json:"stateDetail,omitempty" doc:"The other server's own words"`
	Attempt     int         `json:"attempt,omitempty"`
	SendAt      *time.Time  `json:"sendAt,omitempty" doc:"While queued: when it leaves"`
	Automatic   Automatic   `json:"automatic"`
	Bounces     []Bounce    `json:"bounces,omitempty" doc:"Of a delivery report, and of the message that it is about"`
	AboutID     MessageID   `json:"aboutId,omitempty" doc:"Of a delivery report: our message that it is about; of a direct message: the one that it quotes"`
	Call        *Call       `json:"call,omitempty" doc:"Of a telephone call: what its log says"`
	EditedAt    *time.Time  `json:"editedAt,omitempty" doc:"When its sender changed it last: what it said before is in the log"`
	DeletedAt   *time.Time  `json:"deletedAt,omitempty" doc:"When its sender took it back: what it said is in the log"`
	Reactions   []Reaction  `json:"reactions,omitempty"`
	Unset       []Reaction  `json:"-"` // taken away again, so that a word that comes late is known as such
	Spam        bool        `json:"spam,omitempty"`
	Protection  string      `json:"protection,omitempty" enum:"signed,encrypted" doc:"signed or encrypted mail, shown as such"`
	Proof       Proof       `json:"proof" minimum:"0" maximum:"3" doc:"How well the sender is known by this very message"`
	Problems    []string    `json:"problems,omitempty" doc:"What could not be read of it"`
	Masked      bool        `json:"masked,omitempty" doc:"Numbers of payment cards were masked in it; its source is for admins only"`
	Reason      Reason      `json:"reason"`
	Mentions    []Mentioned `json:"mentions,omitempty" doc:"Of a note: the agents whom it names, by themselves or by their team"`
	Template    *Template   `json:"template,omitempty" doc:"Of a direct message that left as one: its service's template"`
	Signature   *Signature  `json:"signature,omitempty" doc:"Of a mail of ours: what it ends with below its text"`
	Scheduled   bool        `json:"scheduled,omitempty" doc:"While queued: it waits for sendAt, and when somebody writes before for an agent, without sendAt"`
	Comment     *Comment    `json:"comment,omitempty" doc:"Of one that stands under a post for everybody to read, and of an answer to one"`

	Teams []MentionedTeam `json:"mentionedTeams,omitempty" doc:"Of a note: the teams that it names"`

	HeaderID   string    `json:"headerId,omitempty" doc:"The Message-ID header, without its angle brackets"`
	ExternalID string    `json:"externalId,omitempty" doc:"Of a chat: what the visitor's browser named it, after its session"`
	SentAt     time.Time `json:"sentAt" doc:"What its sender's clock said"`
	CreatedAt  time.Time `json:"createdAt" doc:"When Skein got it: what is shown is ordered by SentAt"`
	HasRaw     bool      `json:"hasRaw"`
}

// A Reaction is a sign that somebody set beside a message.
type Reaction struct {
	Emoji string    `json:"emoji"`
	By    string    `json:"by" doc:"Their name, or their address"`
	At    time.Time `json:"at"`
}

// An Author is who wrote a message.
type Author struct {
	Kind       AuthorKind `json:"kind" enum:"customer,agent,system"`
	AgentID    AgentID    `json:"agentId,omitempty"`
	IdentityID IdentityID `json:"identityId,omitempty"`
	Name       string     `json:"name"`
	Address    string     `json:"address,omitempty"`
}

// AuthorKind tells customers, agents and the system apart.
type AuthorKind string

const (
	ByCustomer AuthorKind = "customer"
	ByAgent    AuthorKind = "agent"
	BySystem   AuthorKind = "system" // our own mail whose author is not known to Skein
)

// An Attachment is a file that came or goes with a message. Its bytes are in
// Blobs under SHA256.
type Attachment struct {
	ID        AttachmentID `json:"id"`
	Name      string       `json:"name"`
	Type      string       `json:"type"`
	Size      int64        `json:"size"`
	SHA256    string       `json:"sha256"`
	Inline    bool         `json:"inline"`
	ContentID string       `json:"contentId,omitempty"`
}

// Automatic says whether a machine wrote a message, and whether ours may
// answer it (RFC 3834).
type Automatic struct {
	Is           bool   `json:"is"`
	MayAutoReply bool   `json:"mayAutoReply"`
	Reason       string `json:"reason,omitempty"`
}

// A Bounce is one recipient's part of a delivery report (RFC 3464).
type Bounce struct {
	Recipient string `json:"recipient"`
	Status    string `json:"status"`             // RFC 3463, such as 5.1.1
	Hard      bool   `json:"hard"`               // trying again is of no use
	Detail    string `json:"detail,omitempty"`   // the server's words
	HeaderID  string `json:"headerId,omitempty"` // Message-ID of the mail that it is about, where it names it
}

// A Reason says why a message is in its conversation. It is stored with the
// message and shown beside it.
type Reason struct {
	Step  Step     `json:"step"`
	Text  string   `json:"text"`          // one line for an agent
	Key   string   `json:"key,omitempty"` // the Message-ID or key that led here
	Marks []string `json:"marks,omitempty" doc:"sender-unproven, unknown-address"`
	// Linked is another conversation that the message points at without being
	// admitted to it.
	Linked ConversationID `json:"linked,omitempty"`
}

// A Step is the rule that placed a message.
type Step string

const (
	ByToken      Step = "token" // our signed Message-ID or plus-address
	ByInReplyTo  Step = "in-reply-to"
	ByReferences Step = "references"
	BySibling    Step = "sibling"     // shares a referenced Message-ID
	ByLateParent Step = "late-parent" // was referenced before it arrived
	BySameID     Step = "same-id"     // carries a Message-ID that is already known
	ByChannel    Step = "channel-thread"
	ByOrder      Step = "order"     // the same customer, proven, on the same order
	ByHandOver   Step = "hand-over" // an agent said that it goes on here
	ByAgentHand  Step = "agent"     // an agent wrote or moved it
	ByNothing    Step = "new"
)
