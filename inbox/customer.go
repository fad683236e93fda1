package inbox

import (
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
	Blocked    bool         `json:"blocked,omitempty" doc:"What is written from it comes in as spam and wakes nobody"`
}

// A BlockedSender is an address whose messages come in as spam and wake nobody.
type BlockedSender struct {
	IdentityID IdentityID   `json:"identityId"`
	Kind       IdentityKind `json:"kind" enum:"email,phone,shop,visitor,social"`
	Address    string       `json:"address"`
	Name       string       `json:"name"`
	At         time.Time    `json:"at"`
	ByID       AgentID      `json:"byId,omitempty"`
	By         string       `json:"by" doc:"Who blocked it"`
	Note       string       `json:"note,omitempty"`
}

// Shown is what somebody is called of whom nothing is known but i: a session's
// name says nothing to anybody.
func (i *Identity) Shown() string {
	if i.Kind == ChatVisitor {
		short := []rune(i.Value)
		return "Visitor " + string(short[:min(len(short), 4)])
	}
	return i.Value
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

// Valid reports whether k is one of the kinds above.
func (k IdentityKind) Valid() bool {
	return k == EmailAddress || k == PhoneNumber || k == ShopAccount || k == ChatVisitor || k == SocialUser
}

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

	// Loyalty and SavedItems are added to what is known: a ledger entry by its
	// external id, a saved item by its sku.
	Loyalty    []LoyaltyEntry `json:"loyalty,omitempty"`
	SavedItems []SavedItem    `json:"savedItems,omitempty"`

	// Set by the threader: the account in the shop, and how well it is known.
	Identity IdentityRef `json:"-"`
	Proof    Proof       `json:"-"`
}

// ShopKey is the key of a shop's account.
func ShopKey(store, externalID string) string { return store + "/" + externalID }

// StoreOf is the store of a shop account's key.
func StoreOf(key string) string {
	store, _, _ := strings.Cut(key, "/")
	return store
}
