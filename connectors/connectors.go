// Package connectors is the contract between the sidecars and the rest of
// Skein: what a connector publishes (Inbound), what it is asked to send
// (Outbound), what it answers (Receipt), and [Run], which gives every connector
// its cursors, retries, health, exactly-once sends and graceful stop.
//
// The contract is plain JSON, so that a connector can be written in any
// language. A connector knows its service's protocol and nothing else: no
// conversation, no database, no other channel. What it cannot parse it passes
// on as text, flagged; it never refuses a message.
//
// Everything a connector needs from the bus is the [Link] interface here; the
// package itself knows no transport.
package connectors

import (
	"encoding/json"
	"time"

	"skein/inbox"
)

// MaxInline is the number of body bytes that travel within one item; anything
// larger goes by reference, so that an item always fits a NATS payload of 1 MiB
// (base64 adds a third).
const MaxInline = 256 << 10

// A Kind tells what an [Inbound] is about.
type Kind string

const (
	KindMessage  Kind = "message"
	KindEdited   Kind = "edited"
	KindDeleted  Kind = "deleted"
	KindReaction Kind = "reaction"
	KindHidden   Kind = "hidden"
	KindReceipt  Kind = "receipt"
	KindCall     Kind = "call"
	KindTrack    Kind = "track"
	KindCustomer Kind = "customer"
	KindOrder    Kind = "order"
	KindCart     Kind = "cart"
	KindProduct  Kind = "product"
)

// A Lane keeps imports and back-fills from delaying live mail.
type Lane string

const (
	LaneLive Lane = "live"
	LaneBulk Lane = "bulk"
)

// An Inbound is one item that comes in. EventID names this very event, so that
// a repetition is swallowed and an edit is not: kind + the provider's event id
// + revision; for mail the Message-ID and a hash of the raw bytes. Key is hashed
// into the subject.
type Inbound struct {
	Kind       Kind            `json:"kind" enum:"message,edited,deleted,reaction,hidden,receipt,call,track,customer,order,cart,product" doc:"What it is about: the field of that name is set, of an edited message message, of a deleted one none"`
	Channel    inbox.Channel   `json:"channel" enum:"email,chat,phone,social,shop"`
	Account    inbox.AccountID `json:"account" pattern:"^[a-z0-9_-]{1,40}$"`
	EventID    string          `json:"eventId" minLength:"1" doc:"Names this very event for good: a repetition is swallowed, an edit needs one of its own"`
	ExternalID string          `json:"externalId" doc:"Of the message, order or customer that it is about: an edit, deletion or reaction names its message by it"`
	Key        string          `json:"key" doc:"The channel's thread or sender, or the shop's customer, or the order of a guest: items of one key are handled in order"`
	Lane       Lane            `json:"lane" enum:"live,bulk" doc:"bulk for imports and back-fills, which never delay live items"`
	Sender     Sender          `json:"sender,omitzero" doc:"Of receipts and products there is none"`
	ProviderAt time.Time       `json:"providerAt" doc:"When it happened, by the provider's clock"`
	ReceivedAt time.Time       `json:"receivedAt" doc:"When the connector took it"`
	Raw        *Body           `json:"raw,omitempty" doc:"The bytes as they came"`

	Message  *Message              `json:"message,omitempty"`
	Receipt  *inbox.Receipt        `json:"receipt,omitempty"`
	Order    *inbox.Order          `json:"order,omitempty"`
	Customer *inbox.CustomerRecord `json:"customer,omitempty"`
	Cart     *inbox.Cart           `json:"cart,omitempty"`
	Product  *inbox.Product        `json:"product,omitempty"`
	Track    *inbox.Track          `json:"track,omitempty"` // travels on TRACK, whatever its lane
	Call     *Call                 `json:"call,omitempty"`
	Reaction *Reaction             `json:"reaction,omitempty"`
	Hidden   *bool                 `json:"hidden,omitempty" doc:"Of a public comment: the public doesn't see it any more, or does again"`
}

// A Sender is the identity that an item was captured under, with the proof that
// the connector has for it; the server caps it at what the account may claim.
//
// Of a customer's record it is the account in the shop, and its proof is how far
// the shop vouches for the address and the number in it.
type Sender struct {
	Kind     inbox.IdentityKind `json:"kind" enum:"email,phone,shop,visitor,social"`
	Address  string             `json:"address"` // as received; "" when unreadable
	Name     string             `json:"name,omitempty"`
	Proof    inbox.Proof        `json:"proof" minimum:"0" maximum:"3"`
	Claims   []Claim            `json:"claims,omitempty"`
	Consents []inbox.Consent    `json:"consents,omitempty"`
}

// A Claim is what is said of a sender besides: an address that a visitor typed
// (proof 1) or that the shop's token vouches for (3), the number behind a
// platform's own id.
type Claim struct {
	Field inbox.ClaimField `json:"field"`
	Value string           `json:"value"`
	Proof inbox.Proof      `json:"proof" minimum:"0" maximum:"3"`
}

// A Message is a normalised message of any channel.
type Message struct {
	MessageID  string        `json:"messageId,omitempty"`  // without angle brackets
	InReplyTo  []string      `json:"inReplyTo,omitempty"`  // without angle brackets, in order
	References []string      `json:"references,omitempty"` // oldest first
	ThreadKey  string        `json:"threadKey,omitempty"`  // the channel's own thread
	From       inbox.Party   `json:"from"`
	ReplyTo    []inbox.Party `json:"replyTo,omitempty"`
	To         []inbox.Party `json:"to,omitempty"`
	Cc         []inbox.Party `json:"cc,omitempty"`
	// DeliveredTo are the addresses that our own server says it delivered to
	// (Delivered-To, X-Original-To, Envelope-To): a plus-address shows here.
	DeliveredTo []string `json:"deliveredTo,omitempty"`

	Subject      string `json:"subject" required:"false"`
	Text         string `json:"text"`        // everything, as received or as converted from HTML
	VisibleText  string `json:"visibleText"` // without quotes and signature: a view
	HTML         string `json:"html,omitempty"`
	RemoteImages bool   `json:"remoteImages,omitempty"`

	Attachments []Attachment    `json:"attachments,omitempty"`
	Automatic   inbox.Automatic `json:"automatic" required:"false"`
	Bounces     []inbox.Bounce  `json:"bounces,omitempty"`
	Spam        bool            `json:"spam,omitempty"`
	Protection  string          `json:"protection,omitempty"` // signed, encrypted
	Problems    []string        `json:"problems,omitempty"`

	// Quotes is the externalId of the message that this one answers.
	Quotes string `json:"quotes,omitempty"`
	// Album is what the service calls an album that the message is a part of: the
	// parts, each an item of its own, are shown as one message.
	Album string `json:"album,omitempty"`
	// Ours says that it is from us to the item's sender: somebody wrote it in the
	// service's own app. Where it is one that was sent from here it is taken as
	// the word that it has left, whichever comes first. Not of mail.
	Ours bool `json:"ours,omitempty"`

	// Comment says that it stands under a post for everybody to read; of one of
	// Ours it names what that answers. Of direct messages and SMS alone.
	Comment *Comment `json:"comment,omitempty"`

	// Order is the one that the channel itself says this is about: whose page a
	// chat was opened on, whose mail it answers. Never what its writer says.
	Order *inbox.OrderContext `json:"order,omitempty"`
}

// A Comment is what a message under a post, a picture or an ad is besides.
type Comment struct {
	ID        string `json:"id" minLength:"1" maxLength:"512" doc:"By which it is answered and hidden"`
	Link      string `json:"link,omitempty" doc:"An https address where it can be seen"`
	Thread    string `json:"thread,omitempty" doc:"The threadKey of the direct messages with its writer, for who is answered in private"`
	Elsewhere bool   `json:"elsewhere,omitempty" doc:"It stands under what is somebody else's: it can't be hidden, or answered in private"`
	Live      bool   `json:"live,omitempty" doc:"It was written during a live video: it can be answered in private only"`
	Hidden    bool   `json:"hidden,omitempty" doc:"The public doesn't see it"`
}

// A CommentAsk is what is asked about a public comment: to be answered by what
// the [Outbound] says, or with Hide set to be hidden or shown again. MessageID is
// then the comment's own, and there is nobody to send to.
type CommentAsk struct {
	ID        string    `json:"id"`
	Private   bool      `json:"private,omitempty" doc:"Answer who wrote it alone, by a direct message"`
	WrittenAt time.Time `json:"writtenAt"`
	Hide      *bool     `json:"hide,omitempty"`
}

// An Attachment is a file of a message and its bytes.
type Attachment struct {
	Name      string `json:"name"`
	Type      string `json:"type"`
	Inline    bool   `json:"inline,omitempty"`
	ContentID string `json:"contentId,omitempty"`
	Body      Body   `json:"body"`
}

// A Body is bytes: within the item up to [MaxInline] for the whole item, else
// in the channel's transit bucket under Ref, from which the server moves them.
type Body struct {
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // lower-case hex
	Inline []byte `json:"inline,omitempty"`
	Ref    string `json:"ref,omitempty"`
}

// An Outbound is one attempt to send a message. Its recipients and Message-ID
// were fixed when the agent sent it.
type Outbound struct {
	MessageID inbox.MessageID `json:"messageId"`
	Attempt   int             `json:"attempt"`
	Channel   inbox.Channel   `json:"channel"`
	Account   inbox.AccountID `json:"account"`

	From       inbox.Party   `json:"from"`
	ReplyTo    string        `json:"replyTo,omitempty"` // the plus-address, where the account has it
	To         []inbox.Party `json:"to"`
	Cc         []inbox.Party `json:"cc,omitempty"`
	Bcc        []inbox.Party `json:"bcc,omitempty"`
	Subject    string        `json:"subject"`
	Text       string        `json:"text"`
	HTML       string        `json:"html,omitempty"`
	HeaderID   string        `json:"headerId"` // Message-ID without angle brackets
	InReplyTo  string        `json:"inReplyTo,omitempty"`
	References []string      `json:"references,omitempty"`
	ThreadKey  string        `json:"threadKey,omitempty"`
	Automatic  bool          `json:"automatic,omitempty"` // no person wrote it: other machines are told not to answer
	Date       time.Time     `json:"date"`
	// HeardAt is when the recipient of a direct message last wrote to the
	// account: services let nobody write to who is silent for long.
	HeardAt time.Time `json:"heardAt,omitzero"`
	// Template is the service's own that Text is made of, where it leaves as one.
	Template *inbox.Template `json:"template,omitempty"`

	Attachments []Attachment `json:"attachments,omitempty"`

	// Comment is the public one that this is about.
	Comment *CommentAsk `json:"comment,omitempty"`

	// Action is what a shop is to do in the place of a message: MessageID is then
	// the action's, and there is nobody to send to.
	Action *Action `json:"action,omitempty"`
}

// An Action is what is to be done with an order, or with a cart, in its shop. A
// shop that takes idempotency keys gets the MessageID as one, whatever the
// attempt.
type Action struct {
	Kind inbox.ActionKind `json:"kind" enum:"refund,cancel,address,resend,cart_link,cart_completed"`
	inbox.ActionTerms
	Order *ActionOrder `json:"order,omitempty"`
	Cart  *ActionCart  `json:"cart,omitempty"` // of the kinds cart_…, in the place of order
}

// An ActionOrder is the order as it was known when the agent decided.
type ActionOrder struct {
	ExternalID string       `json:"externalId"`
	Number     string       `json:"number"`
	Currency   string       `json:"currency"`
	Total      int64        `json:"total"`
	Refunded   int64        `json:"refunded"`
	Items      []inbox.Item `json:"items"`
}

// An ActionCart is the cart as it was known when the agent decided. Whose it is
// may be known by their account in the shop, by their address, or not at all.
type ActionCart struct {
	ExternalID string       `json:"externalId"`
	Currency   string       `json:"currency,omitempty"`
	Total      int64        `json:"total"`
	URL        string       `json:"url,omitempty"` // the shop's own way back to it
	Items      []inbox.Item `json:"items"`

	CustomerExternalID string `json:"customerExternalId,omitempty"`
	Email              string `json:"email,omitempty"`
}

// An Account is what a connector is to serve: a projection of the server's own
// record, secrets opened.
type Account struct {
	ID       inbox.AccountID `json:"id"`
	Channel  inbox.Channel   `json:"channel"`
	Name     string          `json:"name"`
	Address  string          `json:"address"`
	Own      []string        `json:"own,omitempty"`    // every address of ours here, lower case
	Region   string          `json:"region,omitempty"` // ISO 3166-1: how a telephone number without a country code is read
	Paused   bool            `json:"paused,omitempty"`
	Settings json.RawMessage `json:"settings"` // the connector's own type
}

// A Status is one account's health, as connector_status keeps it for each process
// that serves the account.
type Status struct {
	Channel   inbox.Channel   `json:"channel"`
	Account   inbox.AccountID `json:"account"`
	State     string          `json:"state" enum:"starting,running,retrying,refused,paused,stopped"`
	LastError string          `json:"lastError,omitempty"`
	ErrorAt   *time.Time      `json:"errorAt,omitempty"`
	LastItem  *time.Time      `json:"lastItem,omitempty"`
	RetryAt   *time.Time      `json:"retryAt,omitempty"`
	SilentAt  *time.Time      `json:"silentAt,omitempty" doc:"When the service gave its last word, where it has been silent for longer than it may"`
	// LagSeconds is how long before it was taken the newest item was made, by
	// its provider's clock.
	LagSeconds float64 `json:"lagSeconds" required:"false"`
	// Counters since the connector started: items in, messages out, requests
	// refused, and those that would be while the account only tries its checks.
	Received int64 `json:"received" required:"false"`
	Sent     int64 `json:"sent" required:"false"`
	Rejected int64 `json:"rejected" required:"false"`
	Doubted  int64 `json:"doubted" required:"false"`

	At       time.Time `json:"at,omitzero" doc:"When it was told; absent while nothing was heard"`
	Instance string    `json:"instance,omitempty" doc:"Which process told it, where there may be several"`
}
