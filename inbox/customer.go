package inbox

import (
	"encoding/json"
	"time"
)

// A Customer is a person, known under one identity or several.
type Customer struct {
	ID         CustomerID `json:"id"`
	Name       string     `json:"name"`
	CreatedAt  time.Time  `json:"createdAt"`
	Identities []Identity `json:"identities"`
}

// An Identity is an address on a channel. Everything that is captured points
// at an identity; which customer it belongs to is resolved at read time.
type Identity struct {
	ID         IdentityID   `json:"id"`
	CustomerID CustomerID   `json:"customerId"`
	Kind       IdentityKind `json:"kind"`
	Value      string       `json:"value" doc:"As it was received, for display"`
	Name       string       `json:"name,omitempty"`
	Proof      Proof        `json:"proof" doc:"The best proof seen for it"`
}

// An IdentityKind is the kind of address that an identity is.
type IdentityKind string

const (
	EmailAddress IdentityKind = "email"
	PhoneNumber  IdentityKind = "phone"
	ShopAccount  IdentityKind = "shop"
	ChatVisitor  IdentityKind = "visitor"
	SocialUser   IdentityKind = "social"
)

// A CustomerRecord is what a shop says of one of its customers.
type CustomerRecord struct {
	Store      string    `json:"store"`
	ExternalID string    `json:"externalId"`
	Email      string    `json:"email,omitempty"`
	Phone      string    `json:"phone,omitempty"`
	Name       string    `json:"name,omitempty"`
	Locale     string    `json:"locale,omitempty"`
	UpdatedAt  time.Time `json:"updatedAt"`

	Identity IdentityRef `json:"-"` // set by the threader
}

// An Order is one order of a shop. Amounts are in minor units (cents) of
// Currency (ISO 4217).
type Order struct {
	ID         OrderID    `json:"id"`
	Store      string     `json:"store"`
	ExternalID string     `json:"externalId"`
	Number     string     `json:"number" doc:"As the shop's customers know it"`
	Email      string     `json:"email,omitempty" doc:"The buyer's address"`
	Status     string     `json:"status" enum:"pending,paid,processing,fulfilled,delivered,cancelled,refunded"`
	Currency   string     `json:"currency"`
	Total      int64      `json:"total" doc:"In minor units"`
	PlacedAt   time.Time  `json:"placedAt"`
	UpdatedAt  time.Time  `json:"updatedAt" doc:"An older update than the stored one changes nothing"`
	Items      []Item     `json:"items"`
	Shipments  []Shipment `json:"shipments"`

	Buyer IdentityRef `json:"-"` // set by the threader
}

// An Item is one line of an order.
type Item struct {
	SKU      string `json:"sku"`
	Title    string `json:"title"`
	Variant  string `json:"variant,omitempty"`
	Quantity int    `json:"quantity"`
	Price    int64  `json:"price" doc:"Of one, in minor units"`
}

// A Shipment is one parcel of an order.
type Shipment struct {
	Carrier   string     `json:"carrier"`
	Tracking  string     `json:"tracking"`
	Status    string     `json:"status" enum:"label,in_transit,out_for_delivery,delivered,exception"`
	ShippedAt *time.Time `json:"shippedAt,omitempty"`
	At        time.Time  `json:"at" doc:"Of the last change of status"`
}

// A TimelineEntry is one line of what happened with a customer.
type TimelineEntry struct {
	ID             string          `json:"id"`
	At             time.Time       `json:"at"`
	Kind           string          `json:"kind" enum:"message,note,order,shipment,status"`
	ConversationID ConversationID  `json:"conversationId,omitempty"`
	Title          string          `json:"title"`
	Detail         string          `json:"detail,omitempty"`
	Data           json.RawMessage `json:"data,omitempty"`
}
