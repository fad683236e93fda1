package inbox

import (
	"encoding/json"
	"time"
)

// CartID is a UUIDv7.
type CartID string

// An Order is one order of a shop. Amounts are in minor units (cents) of
// Currency (ISO 4217).
//
// It is also the word of a connector on an order, which may come late, twice or
// after a newer one: see [OrderState].
type Order struct {
	ID         OrderID    `json:"id"`
	IdentityID IdentityID `json:"identityId,omitempty" doc:"Whom it was captured under"`
	Version    int64      `json:"version" doc:"Rises with every change; a client ignores what is not newer"`

	Store      string `json:"store"`
	ExternalID string `json:"externalId"`
	Number     string `json:"number" doc:"As the shop's customers know it"`

	CustomerExternalID string `json:"customerExternalId,omitempty" doc:"The buyer's account in the shop; absent for a guest"`
	Email              string `json:"email,omitempty" doc:"The buyer's address, as received"`
	Phone              string `json:"phone,omitempty" doc:"The buyer's number, as received"`

	Status          string `json:"status" enum:"pending,paid,processing,fulfilled,delivered,cancelled,refunded"`
	FinancialStatus string `json:"financialStatus,omitempty" enum:"pending,authorized,paid,partially_paid,partially_refunded,refunded,voided"`

	Currency string `json:"currency" doc:"Empty while nobody has named it"`
	Subtotal int64  `json:"subtotal" doc:"Of the items, in minor units"`
	Shipping int64  `json:"shipping"`
	Tax      int64  `json:"tax"`
	Discount int64  `json:"discount"`
	Total    int64  `json:"total" doc:"In minor units"`
	Refunded int64  `json:"refunded" doc:"The sum of the refunds"`

	URL  string `json:"url,omitempty"`
	Note string `json:"note,omitempty"`

	PlacedAt  time.Time `json:"placedAt"`
	UpdatedAt time.Time `json:"updatedAt" doc:"By the shop's clock: an older word changes nothing"`

	Items     []Item       `json:"items"`
	Parties   []OrderParty `json:"parties"`
	Shipments []Shipment   `json:"shipments"`
	Refunds   []Refund     `json:"refunds"`
	Returns   []Return     `json:"returns"`
	Problems  []string     `json:"problems,omitempty" doc:"What of it can't be right"`

	// Says names the fields that a partial word says, by their names here;
	// parcels, parties, refunds and returns are those that are in it. Empty:
	// the word is whole.
	Says []string `json:"says,omitempty" hidden:"true"`

	// Set by the threader: whose it is, the number as it is looked up, and
	// whether a browser said it and not the shop. LooseKey is set where the
	// external id may be the number: it is that as numbers are looked up. What
	// the shop itself says of an order has none.
	Buyer     IdentityRef `json:"-"`
	NumberKey string      `json:"-"`
	Unsigned  bool        `json:"-"`
	LooseKey  string      `json:"-"`
}

// An Item is one line of an order or a cart.
type Item struct {
	ExternalID string `json:"externalId,omitempty"`
	ProductID  string `json:"productId,omitempty"`
	SKU        string `json:"sku"`
	Title      string `json:"title"`
	Variant    string `json:"variant,omitempty"`
	Quantity   int    `json:"quantity"`
	Price      int64  `json:"price" doc:"Of one, in minor units"`
	Image      string `json:"image,omitempty"`
	URL        string `json:"url,omitempty"`
}

// An Address is a postal address.
type Address struct {
	Lines    []string `json:"lines,omitempty"`
	City     string   `json:"city,omitempty"`
	Region   string   `json:"region,omitempty"`
	Postcode string   `json:"postcode,omitempty"`
	Country  string   `json:"country,omitempty" doc:"As received: a name or a code"`
}

// A Shipment is one parcel of an order. It is known by its external id, else by
// its tracking number.
type Shipment struct {
	ExternalID string          `json:"externalId,omitempty"`
	Carrier    string          `json:"carrier"`
	Tracking   string          `json:"tracking"`
	URL        string          `json:"url,omitempty" doc:"Where the carrier shows it"`
	Status     string          `json:"status" enum:"label,in_transit,out_for_delivery,delivered,exception"`
	ShippedAt  *time.Time      `json:"shippedAt,omitempty"`
	At         time.Time       `json:"at" doc:"Of the last change of status"`
	Events     []ShipmentEvent `json:"events"`

	TrackingKey string `json:"-"` // as it is looked up; set by the threader
}

// A ShipmentEvent is what happened to a parcel on its way.
type ShipmentEvent struct {
	ExternalID string    `json:"externalId,omitempty"`
	At         time.Time `json:"at"`
	Status     string    `json:"status,omitempty" enum:"label,in_transit,out_for_delivery,delivered,exception"`
	Text       string    `json:"text,omitempty"`
	Place      string    `json:"place,omitempty"`
}

// A Refund is money that went back.
type Refund struct {
	ExternalID string    `json:"externalId"`
	Amount     int64     `json:"amount" doc:"In minor units of the order's currency"`
	Reason     string    `json:"reason,omitempty"`
	At         time.Time `json:"at"`
}

// A Return is goods that go back.
type Return struct {
	ExternalID string       `json:"externalId"`
	Status     string       `json:"status" enum:"requested,approved,in_transit,received,closed,rejected"`
	Reason     string       `json:"reason,omitempty"`
	Items      []ReturnItem `json:"items"`
	At         time.Time    `json:"at" doc:"Of the last change of status"`
}

// A ReturnItem is what goes back.
type ReturnItem struct {
	SKU      string `json:"sku,omitempty"`
	Title    string `json:"title"`
	Quantity int    `json:"quantity"`
}

// A Cart is what somebody is about to buy.
type Cart struct {
	ID         CartID     `json:"id"`
	IdentityID IdentityID `json:"identityId,omitempty" doc:"Whom it was captured under"`
	Version    int64      `json:"version"`

	Store      string    `json:"store"`
	ExternalID string    `json:"externalId"`
	Status     string    `json:"status" enum:"open,abandoned,completed"`
	Currency   string    `json:"currency" doc:"Empty while nobody has named it"`
	Total      int64     `json:"total" doc:"In minor units"`
	Items      []Item    `json:"items"`
	URL        string    `json:"url,omitempty"`
	CreatedAt  time.Time `json:"createdAt"`
	UpdatedAt  time.Time `json:"updatedAt"`

	// Whose it is, in what a connector publishes.
	CustomerExternalID string `json:"customerExternalId,omitempty" hidden:"true"`
	Email              string `json:"email,omitempty" hidden:"true"`

	Who IdentityRef `json:"-"` // set by the threader
}

// A SavedItem is one line of somebody's wish list.
type SavedItem struct {
	Store string    `json:"store"`
	SKU   string    `json:"sku"`
	Title string    `json:"title"`
	URL   string    `json:"url,omitempty"`
	Saved bool      `json:"saved" doc:"False: taken off the list again"`
	At    time.Time `json:"at"`
}

// A LoyaltyEntry is one line of the ledger of somebody's points, whose balance
// is its sum.
type LoyaltyEntry struct {
	Store      string    `json:"store"`
	ExternalID string    `json:"externalId"`
	Points     int64     `json:"points" doc:"Negative: spent"`
	Reason     string    `json:"reason,omitempty"`
	At         time.Time `json:"at"`
}

// Loyalty is somebody's points.
type Loyalty struct {
	Balances []LoyaltyBalance `json:"balances" doc:"The sum of each store's ledger"`
	Items    []LoyaltyEntry   `json:"items" doc:"The newest lines"`
}

// A LoyaltyBalance is what somebody has in a store.
type LoyaltyBalance struct {
	Store  string `json:"store"`
	Points int64  `json:"points"`
}

// A Product is what a store sells. Its details are true of UpdatedAt, its stock
// of StockAt: a word without the one or the other says nothing of it.
type Product struct {
	Store      string     `json:"store"`
	SKU        string     `json:"sku"`
	ExternalID string     `json:"externalId,omitempty"`
	Title      string     `json:"title"`
	Variant    string     `json:"variant,omitempty"`
	Currency   string     `json:"currency,omitempty"`
	Price      int64      `json:"price" doc:"In minor units"`
	Stock      *int       `json:"stock,omitempty" doc:"Absent: not counted"`
	StockAt    *time.Time `json:"stockAt,omitempty" doc:"The time that stock is true of"`
	URL        string     `json:"url,omitempty"`
	Image      string     `json:"image,omitempty"`
	UpdatedAt  time.Time  `json:"updatedAt"`
}

// A PageView is a page of a shop that somebody looked at.
type PageView struct {
	ID    string    `json:"id"`
	At    time.Time `json:"at"`
	Store string    `json:"store"`
	Name  string    `json:"name" doc:"Such as Product Viewed; empty for a plain page"`
	Title string    `json:"title"`
	URL   string    `json:"url,omitempty"`
}

// A Track is what somebody did in a shop: a call of Segment's specification,
// as it came. Package segment reads it.
type Track struct {
	Store       string          `json:"store"`
	Type        string          `json:"type" enum:"track,identify,page,screen"`
	Event       string          `json:"event,omitempty" doc:"Of a track call: the event's name, verbatim"`
	Name        string          `json:"name,omitempty" doc:"Of a page or screen call"`
	UserID      string          `json:"userId,omitempty" doc:"The shop's own id of its customer"`
	AnonymousID string          `json:"anonymousId,omitempty"`
	Properties  json.RawMessage `json:"properties,omitempty"`
	Traits      json.RawMessage `json:"traits,omitempty"`
	Context     json.RawMessage `json:"context,omitempty"`
	// Currency is the store's own, for events that name none.
	Currency string `json:"currency,omitempty"`

	// Set by the threader: the event's id and time, and whether the shop's own
	// backend said it.
	ID     string    `json:"-"`
	At     time.Time `json:"-"`
	Signed bool      `json:"-"`
}

// A Tracked is a track that was read: the line that is kept of it, and the
// words that it says on orders, carts and the rest.
type Tracked struct {
	Who        IdentityRef
	Person     Party // as that identity shows
	Proof      Proof
	Kind       TrackKind
	At         time.Time
	Store      string
	Name       string // the event's, verbatim; "" for a page view
	Title, URL string
	Properties []byte // JSON
	Problems   []string

	Orders   []*Order
	Carts    []*CartWord
	Saved    []SavedItem
	Customer *CustomerRecord
}

// A TrackKind says how a track shows in the timeline.
type TrackKind string

const (
	TrackedPage   TrackKind = "page"   // a page or product was looked at
	TrackedRating TrackKind = "rating" // a product was rated
	TrackedEvent  TrackKind = "event"  // anything else, as it came
	TrackedRecord TrackKind = ""       // not by itself: the record that it changed does
)

// A TimelineEntry is one line of what happened with a customer.
type TimelineEntry struct {
	ID             string          `json:"id"`
	At             time.Time       `json:"at"`
	Kind           string          `json:"kind" enum:"message,call,note,order,shipment,refund,return,cart,page,rating,loyalty,merge,status,action"`
	ConversationID ConversationID  `json:"conversationId,omitempty"`
	Title          string          `json:"title"`
	Detail         string          `json:"detail,omitempty"`
	Data           json.RawMessage `json:"data,omitempty"`
}

// ShopRef is how an account of a store is matched.
func ShopRef(store, externalID string) IdentityRef {
	return IdentityRef{Kind: ShopAccount, Key: ShopKey(store, externalID)}
}

// GuestRef stands for the buyer of an order of whom nothing is known but the
// order. No account's own id begins with a slash: see package threader.
func GuestRef(store, orderExternalID string) IdentityRef {
	return ShopRef(store, "/"+orderExternalID)
}

// RecordKey is locked before a shop's record of a kind is written.
func RecordKey(kind, store, externalID string) Key {
	return keyOf("record", kind+"\x00"+store+"\x00"+externalID)
}
