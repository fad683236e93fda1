package inbox

import "time"

// Which order a message means is a function of what it names, of who wrote it,
// and of whose the orders are. The types here are that function's input and
// output; package orderlink decides.

// A Mention is what a message names that may be an order: its own order's
// number, a parcel's, or the order that the channel says it is about.
type Mention struct {
	Kind  MentionKind
	Key   string // as it is looked up: exactly, or not at all
	Text  string // as it was written
	Part  string // subject or text
	Start int    // bytes into that part
	End   int
	Score float64 // 0 to 1: how sure it is that an order is meant
}

// A MentionKind tells what a mention's key is looked up among.
type MentionKind string

const (
	MentionOrder    MentionKind = "order"    // orders.number_key
	MentionTracking MentionKind = "tracking" // shipments.tracking_key
	MentionContext  MentionKind = "context"  // an order's id: an answer to its mail, a chat on its page
)

// A LinkState is what an order is to a conversation.
type LinkState string

const (
	Linked        LinkState = "linked"    // the buyer's own, proven
	LinkUnproven  LinkState = "unproven"  // the buyer's own, by a sender who is not proven
	LinkRecipient LinkState = "recipient" // the sender receives it: the shipment's state only
	LinkSuggested LinkState = "suggested" // ranked, a near miss: an agent decides
	LinkClaimed   LinkState = "claimed"   // a stranger's: that one is meant, and nothing of it
	LinkRejected  LinkState = "rejected"  // an agent said no: never offered again here
)

// Shows reports whether an order in that state may be shown to an agent at all.
func (s LinkState) Shows() bool { return s == Linked || s == LinkUnproven || s == LinkSuggested }

// An OrderLink is one order of a conversation, most relevant first. Order is
// nil where nothing of it may be seen: a stranger's, or one that nobody knows,
// which look the same. OrderID is then "" too.
type OrderLink struct {
	OrderID OrderID    `json:"orderId,omitempty"`
	Order   *Order     `json:"order,omitempty"`
	State   LinkState  `json:"state" enum:"linked,unproven,recipient,suggested,claimed,rejected"`
	Meant   bool       `json:"meant" doc:"The one that the conversation is about"`
	Score   float64    `json:"score"`
	Reason  LinkReason `json:"reason"`
	// ClaimID names the mention of a link without an order, to verify it by.
	ClaimID string `json:"claimId,omitempty"`
}

// A LinkReason is why an order is where it is.
type LinkReason struct {
	Text      string    `json:"text"` // one line for an agent
	MessageID MessageID `json:"messageId,omitempty"`
	Mention   string    `json:"mention,omitempty" doc:"As the customer wrote it"`
}

// An OrderRef is the short form of an order that a list shows.
type OrderRef struct {
	ID     OrderID `json:"id"`
	Number string  `json:"number"`
}

// A ConversationFact is why threads are one conversation, or messages apart
// from theirs. It stands until it is undone.
type ConversationFact struct {
	ID        FactID         `json:"id"`
	Kind      FactKind       `json:"kind" enum:"merge,split,same-order,hand-over,late-parent"`
	From      ConversationID `json:"from"`
	Into      ConversationID `json:"into"`
	Text      string         `json:"text" doc:"One line for an agent: why"`
	Messages  []MessageID    `json:"messages,omitempty" doc:"Of a split: what was moved"`
	Actor     Actor          `json:"actor"`
	At        time.Time      `json:"at"`
	RevokedAt *time.Time     `json:"revokedAt,omitempty"`
}

// A FactID is a UUIDv7.
type FactID string

// A FactKind is what a fact says.
type FactKind string

const (
	FactMerge      FactKind = "merge"       // an agent: two conversations are one
	FactSplit      FactKind = "split"       // an agent: these messages belong elsewhere
	FactSameOrder  FactKind = "same-order"  // the same proven customer on the same open order
	FactHandOver   FactKind = "hand-over"   // goes on over another channel
	FactLateParent FactKind = "late-parent" // a mail came late that ties two together
)

// LinkEvidence is everything that bears on which orders a conversation is
// about.
type LinkEvidence struct {
	Customer CustomerID    // of the conversation, now
	Messages []LinkMessage // public, the customer's, oldest first
	Orders   []LinkOrder   // what a mention names exactly, and the customer's own
	Verdicts []Verdict     // that stand, oldest first
	Grammars []StoreGrammar
	Now      time.Time
}

// A LinkMessage is a message as the linker sees it.
type LinkMessage struct {
	ID       MessageID
	Customer CustomerID // of the identity that it was captured under, now
	People   []string   // matching keys of its parties
	Proof    Proof      // of the sender, by this very message
	Subject  string
	Text     string // what its writer said: no quotes, no signature
	At       time.Time
	Mentions []StoredMention
}

// A StoredMention is a mention with its name.
type StoredMention struct {
	ID string
	Mention
}

// A LinkOrder is an order as the linker sees it: whose it is, and who takes part.
type LinkOrder struct {
	Order
	Owner   CustomerID // of the buyer's identity, now
	Parties []OrderParty
}

// An OrderParty is who takes part in an order, by matching keys.
type OrderParty struct {
	Role  string // buyer, recipient, billing
	Email string
	Phone string
}

// A Verdict is an agent's word on an order of a conversation.
type Verdict struct {
	OrderID OrderID
	State   LinkState // linked or rejected; verified is linked
}

// A StoreGrammar is how a store numbers its orders, learned from them; package
// orderlink reads it.
type StoreGrammar struct {
	Store   string
	Orders  int64
	Grammar []byte // JSON
}

// A LinkFunc decides which orders a conversation is about. It is pure.
type LinkFunc func(*LinkEvidence) []OrderLink
