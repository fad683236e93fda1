package inbox

import (
	"crypto/sha256"
	"time"
)

// A Received is one item of the stream, checked and ready to be stored: the
// threader makes it of what a connector published. Exactly one of Message,
// Receipt, Order, Customer, Cart, Product, Track, Deletion,
// Concealed and Reaction is set.
type Received struct {
	Account AccountID
	Channel Channel
	EventID string    // deduplicated for good, with the account
	History bool      // an import: no notifications, no automatic replies, no waiting
	At      time.Time // when the connector got it
	Proof   Proof     // of a shop's record: how far the connector may vouch for it

	// What it says of the identity that it is about.
	Claims   []Claim
	Consents []Consent

	Message   *Arrival
	Receipt   *Receipt
	Order     *Order
	Customer  *CustomerRecord
	Cart      *CartWord
	Product   *Product
	Track     *Tracked
	Deletion  *Deletion
	Reaction  *Reacted
	Concealed *Concealed
	Quote     MessageID // of what waits for a message to come: the message that quotes it
}

// A Deletion says that its sender took a message back.
type Deletion struct {
	Message Key // see [ExternalKey]
	At      time.Time
}

// A Reacted is a reaction to a message, or the end of one.
type Reacted struct {
	Message Key // see [ExternalKey]
	Reaction
	Removed bool
	Only    bool // it takes the place of what its sender set before
}

// An Arrival is a message on its way in.
type Arrival struct {
	Message                  // without ids, seq and place: those are decided
	Sender    Party          // whose identity it is captured under: From, or Reply-To where From is our own
	SenderKey string         // Sender's address as it is matched, see identity.Key; "" when unreadable
	Identity  IdentityRef    // the customer's side: the sender, or the recipient of our own mail
	Person    Party          // as that identity shows
	People    []string       // matching keys of From, Reply-To, To and Cc, our own addresses excluded
	Own       Key            // of its Message-ID; zero when it has none
	Refs      []Ref          // what it points at, newest first
	Thread    Key            // of its channel's own thread; zero for mail
	External  Key            // of its channel's own id; zero for mail
	Quotes    Key            // of the message that it quotes, by its channel's own id
	Album     Key            // of the album that it is a part of; its parts are one message
	Revises   bool           // it replaces what is stored under External, if anything is
	Token     MessageID      // our message that it answers by a token that we signed, or ""
	Plus      ConversationID // our conversation whose plus-address it was sent to, or ""
	Mentions  []Mention      // what it names that may be an order
	Codes     []Guess        // what of it may be a one-time code
	Echo      bool           // its own Message-ID is one that we signed: our mail, come back
	Session   string         // of a chat, or ""
	AnswerTo  string         // of a chat: the mail address that its visitor left to be answered at, or ""
	Raw       string         // SHA-256 of the raw bytes in Blobs, or ""
	RawSize   int64          // in bytes
}

// A Key is a hash by which messages find each other: of a Message-ID or of a
// channel's thread id. It is a lock and an index entry, never shown.
type Key [16]byte

// HeaderKey returns the key of a Message-ID, whose angle brackets are off.
// Message-IDs are compared byte for byte (RFC 5322 section 3.6.4).
func HeaderKey(id string) Key {
	if id == "" {
		return Key{}
	}
	return keyOf("mid", id)
}

// ChannelKey returns the key of a channel's own thread.
func ChannelKey(account AccountID, thread string) Key {
	if thread == "" {
		return Key{}
	}
	return keyOf("thread", string(account)+"\x00"+thread)
}

// ExternalKey returns the key of a channel's own id of a message: what is said
// of that message later names it so.
func ExternalKey(account AccountID, id string) Key {
	if id == "" {
		return Key{}
	}
	return keyOf("external", string(account)+"\x00"+id)
}

func keyOf(kind, s string) Key {
	sum := sha256.Sum256([]byte(kind + "\x00" + s))
	return Key(sum[:16])
}

// A Ref is a Message-ID that a message points at, and where it stood.
type Ref struct {
	Key  Key
	ID   string // as it was received, for the reason shown
	Step Step   // ByInReplyTo or ByReferences
}

// A Receipt tells what became of one attempt to send a message. Which message is
// said by its id, by the service's own in the item's externalId, which may come
// before the attempt has ended, or by Until.
type Receipt struct {
	MessageID MessageID `json:"messageId" required:"false"`
	Attempt   int       `json:"attempt" required:"false"`
	State     State     `json:"state" enum:"sent,delivered,read,failed,uncertain"`
	Detail    string    `json:"detail,omitempty"` // the other server's own words
	At        time.Time `json:"at"`

	// ExternalIDs are what the service calls the message that it took, of which
	// it may have made several: replies, reactions and later receipts name it so.
	ExternalIDs []string `json:"externalIds,omitempty" maxItems:"50"`
	// Until says that all that was sent to the item's sender until then is that
	// far, where a service names no message.
	Until *time.Time `json:"until,omitempty"`

	// Set by the threader: the keys of ExternalIDs and of the item's externalId,
	// and who the item's sender is.
	Keys  []Key       `json:"-"`
	About Key         `json:"-"`
	Who   IdentityRef `json:"-"`
}

// IdentityKey returns the key that is locked before an identity is looked for
// or made.
func IdentityKey(ref IdentityRef) Key { return keyOf("identity", string(ref.Kind)+"\x00"+ref.Key) }

// OrderKey returns the key that is locked before orders are looked for by what
// a message names, and before an order or parcel of that key is stored: of a
// message and an order that come at once, one sees the other.
func OrderKey(kind MentionKind, key string) Key { return keyOf("order", string(kind)+"\x00"+key) }
