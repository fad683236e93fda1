package inbox

import (
	"encoding/json"
	"strings"
	"time"
)

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

// An OrderContext names the order that a channel says a message is about, such
// as the one whose page a chat was opened on: by its id at the store, or its
// number there. Whose order it is it does not say.
type OrderContext struct {
	Store      string `json:"store"`
	ExternalID string `json:"externalId,omitempty"`
	Number     string `json:"number,omitempty"`
}

// ContextKey is the key of a mention that names an order by where it is, known
// or not yet: a number is one as it is looked up. When evidence is gathered the
// order's id takes its place.
func ContextKey(store, externalID, numberKey string) string {
	if externalID != "" {
		return "id\n" + store + "\n" + externalID
	}
	return "number\n" + store + "\n" + numberKey
}

// ParseContextKey reads what [ContextKey] wrote; ok is false for anything else.
func ParseContextKey(key string) (store, externalID, numberKey string, ok bool) {
	kind, rest, _ := strings.Cut(key, "\n")
	store, name, _ := strings.Cut(rest, "\n")
	switch {
	case store == "" || name == "":
		return "", "", "", false
	case kind == "id":
		return store, name, "", true
	case kind == "number":
		return store, "", name, true
	}
	return "", "", "", false
}

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
	ClaimID string    `json:"claimId,omitempty"`
	Code    *SentCode `json:"code,omitempty" doc:"Of a claim: the code that was asked for last. It is the same whether or not there is an order to send it to"`
}

// A SentCode is that a one-time code was asked for.
type SentCode struct {
	At        time.Time `json:"at"`
	ExpiresAt time.Time `json:"expiresAt"`
	TriesLeft int       `json:"triesLeft"`
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
	ID       FactID         `json:"id"`
	Kind     FactKind       `json:"kind" enum:"merge,split,same-order,hand-over,late-parent"`
	From     ConversationID `json:"from,omitempty" doc:"Empty: a hand-over that waits for its message"`
	Into     ConversationID `json:"into"`
	Text     string         `json:"text" doc:"One line for an agent: why"`
	Messages []MessageID    `json:"messages,omitempty" doc:"Of a split: what was moved"`

	IdentityID IdentityID `json:"identityId,omitempty" doc:"Of a hand-over and of a same order: whose message"`

	Actor     Actor      `json:"actor"`
	At        time.Time  `json:"at"`
	RevokedAt *time.Time `json:"revokedAt,omitempty"`
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

// A Related is a conversation that may belong together with another: a
// question, never an answer.
type Related struct {
	Conversation Conversation `json:"conversation"`
	Why          RelationKind `json:"why" enum:"quotes,quoted,same-order,same-subject,same-customer-open"`
	Text         string       `json:"text" doc:"One line for an agent"`
}

// A RelationKind is why a conversation is suggested.
type RelationKind string

const (
	RelatedQuotes  RelationKind = "quotes" // points at it without being let in
	RelatedQuoted  RelationKind = "quoted"
	RelatedOrder   RelationKind = "same-order"
	RelatedSubject RelationKind = "same-subject"
	RelatedOpen    RelationKind = "same-customer-open"
)

// LinkEvidence is everything that bears on which orders a conversation is
// about.
type LinkEvidence struct {
	Customer CustomerID    // of the conversation, now
	Messages []LinkMessage // public, the customer's, oldest first
	Orders   []LinkOrder   // what a mention names exactly, and the customer's own
	Verdicts []Verdict     // that stand, oldest first
	Rejected []Mention     // claims, by kind and key, that an agent said are none
	Grammars []StoreGrammar
	Now      time.Time
}

// A LinkMessage is a message as the linker sees it.
type LinkMessage struct {
	ID       MessageID
	Customer CustomerID // of the identity that it was captured under, now
	People   []string   // matching keys of its sender
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

// ToRecipient is what whoever receives an order may know of it: how far its
// parcels are, and nothing of who paid what for them.
func (o *LinkOrder) ToRecipient() *Order {
	to := &Order{
		ID: o.ID, Store: o.Store, Number: o.Number, Status: "processing", PlacedAt: o.PlacedAt, UpdatedAt: o.UpdatedAt,
		Items: []Item{}, Shipments: o.Shipments, Parties: []OrderParty{}, Refunds: []Refund{}, Returns: []Return{},
	}
	for i, s := range o.Shipments {
		if to.Status = "fulfilled"; s.Status == "delivered" && i == len(o.Shipments)-1 {
			to.Status = "delivered"
		}
	}
	return to
}

// An OrderParty is who takes part in an order. Email and Phone are as received
// in what a connector publishes, and matching keys from then on.
type OrderParty struct {
	Role    string   `json:"role" enum:"buyer,recipient,billing"`
	Name    string   `json:"name,omitempty"`
	Email   string   `json:"email,omitempty"`
	Phone   string   `json:"phone,omitempty"`
	Address *Address `json:"address,omitempty"`
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

// A ShopStore is a store whose orders are known, as an operator sees it.
type ShopStore struct {
	Store         string     `json:"store"`
	Orders        int64      `json:"orders" doc:"How many its grammar was learned from"`
	Grammar       Numbering  `json:"grammar"`
	UpdatedAt     *time.Time `json:"updatedAt,omitempty" doc:"Of the grammar"`
	NewestOrderAt *time.Time `json:"newestOrderAt,omitempty"`
}

// A Numbering is how a store numbers its orders, for people.
type Numbering struct {
	Text     string          `json:"text" doc:"One line for an operator"`
	Examples []string        `json:"examples" doc:"Numbers of the store, of its commonest form first"`
	Forms    json.RawMessage `json:"forms,omitempty" doc:"What was counted of each form"`
}

// A Letter is what a saved reply's variables are filled from.
type Letter struct {
	Link       *OrderLink // the meant one; nil without one
	Order      *LinkOrder // of Link, with its parties
	Customer   string     // name
	Recipients []string   // matching keys of everybody whom it goes to
	Public     bool       // it stands where everybody can read it
}

// A Proofing is what a person says who was asked about an order: a post code and
// an item of it, both of which must be true, or a one-time code.
type Proofing struct {
	Postcode string
	Item     string
	Code     []byte // its sum
}

// A Coder makes one-time codes and the mails that bring them.
type Coder struct {
	New      func() (code string, sum []byte)
	HeaderID func(id MessageID, from *Account) string
	Encode   func(Departure) (subject string, payload []byte, err error) // for the relay
}

// A Guess is what of a message may be a one-time code.
type Guess struct {
	Code string
	Sum  []byte // as codes are kept
}

// A LinkFunc decides which orders a conversation is about. It is pure.
type LinkFunc func(*LinkEvidence) []OrderLink

// OrderRules are what else is decided of orders.
type OrderRules struct {
	// Keys are what a number that somebody typed is looked up by.
	Keys func(number string, grammars []StoreGrammar) []string
	// Learn adds the numbers of new orders to what is known of a store's; old
	// is nil at first.
	Learn func(old []byte, numbers []string) ([]byte, error)
	// Reads says what a grammar takes for a number: two that read alike find the
	// same.
	Reads func(grammar []byte) string
	// Find returns what finds the mentions in a message's subject and in what its
	// writer said; masked tells that a card's number was.
	Find func(grammars []StoreGrammar) func(subject, said string, masked bool) []Mention
	// Describe says it for people.
	Describe func(grammar []byte) Numbering
	// Knows reports whether who says so knows the order.
	Knows func(order *LinkOrder, says Proofing) bool
	// CodeLetter is the mail that brings a one-time code about the order of that
	// number, in the language of a locale as far as there are words in it.
	CodeLetter func(locale, shop, number, code string) (subject, text string)
	// Render fills in a text's variables. It refuses with an [Error] that names
	// the variable when there is nothing to fill in, or nothing that may leave.
	Render func(text string, letter *Letter) (string, error)
	// Variables are the names of all that Render fills in, and CheckText refuses a
	// text that has another.
	Variables func() []string
	CheckText func(text string) error
}
