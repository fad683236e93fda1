package inbox

import (
	"encoding/json"
	"strings"
	"time"
)

// A Customer is a person, known under one identity or several. Its id is that
// of its oldest identity's own: those of the others lead to it.
type Customer struct {
	ID         CustomerID `json:"id"`
	Version    int64      `json:"version" doc:"Rises with every change; of an identity's customers too, when that moves from one to another"`
	Name       string     `json:"name"`
	CreatedAt  time.Time  `json:"createdAt"`
	Identities []Identity `json:"identities" doc:"Oldest first"`
	Profile    []Fact     `json:"profile" doc:"What is known, one value a field, and what lost"`
	Consents   []Consent  `json:"consents" doc:"The strictest word for each purpose"`
	// MergedInto is in the event of a customer whose identities are another's
	// now.
	MergedInto CustomerID `json:"mergedInto,omitempty"`
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

// A CustomerRecord is what a shop says of one of its customers: everything, so
// that what is missing is no longer so.
type CustomerRecord struct {
	Store      string    `json:"store"`
	ExternalID string    `json:"externalId"`
	Email      string    `json:"email,omitempty"`
	Phone      string    `json:"phone,omitempty"`
	Name       string    `json:"name,omitempty"`
	Company    string    `json:"company,omitempty"`
	Birthday   string    `json:"birthday,omitempty" doc:"YYYY-MM-DD"`
	Address    *Address  `json:"address,omitempty"`
	Locale     string    `json:"locale,omitempty"`
	Consents   []Consent `json:"consents,omitempty"`
	UpdatedAt  time.Time `json:"updatedAt" doc:"An older record than the stored one changes nothing"`

	// Set by the threader: the account in the shop, and how well it is known.
	Identity IdentityRef `json:"-"`
	Proof    Proof       `json:"-"`
}

// An Address is a postal address.
type Address struct {
	Lines    []string `json:"lines,omitempty"`
	City     string   `json:"city,omitempty"`
	Region   string   `json:"region,omitempty"`
	Postcode string   `json:"postcode,omitempty"`
	Country  string   `json:"country,omitempty" doc:"As received: a name or a code"`
}

// ShopKey is the key of a shop's account.
func ShopKey(store, externalID string) string { return store + "/" + externalID }

// StoreOf is the store of a shop account's key.
func StoreOf(key string) string {
	store, _, _ := strings.Cut(key, "/")
	return store
}

// An Order is one order of a shop. Amounts are in minor units (cents) of
// Currency (ISO 4217).
type Order struct {
	ID         OrderID `json:"id"`
	Store      string  `json:"store"`
	ExternalID string  `json:"externalId"`
	Number     string  `json:"number" doc:"As the shop's customers know it"`
	// CustomerExternalID is the buyer's account in the shop; a guest is known by
	// the address alone.
	CustomerExternalID string     `json:"customerExternalId,omitempty"`
	Email              string     `json:"email,omitempty" doc:"The buyer's address"`
	Status             string     `json:"status" enum:"pending,paid,processing,fulfilled,delivered,cancelled,refunded"`
	Currency           string     `json:"currency"`
	Total              int64      `json:"total" doc:"In minor units"`
	PlacedAt           time.Time  `json:"placedAt"`
	UpdatedAt          time.Time  `json:"updatedAt" doc:"An older update than the stored one changes nothing"`
	Items              []Item     `json:"items"`
	Shipments          []Shipment `json:"shipments"`

	Buyer     IdentityRef `json:"-"` // set by the threader
	NumberKey string      `json:"-"` // Number as it is looked up; set by the threader
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

	TrackingKey string `json:"-"` // Tracking as it is looked up; set by the threader
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
