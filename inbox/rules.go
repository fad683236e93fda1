package inbox

// Rules are the decisions that the store is handed. All are pure.
type Rules struct {
	Place   DecideFunc
	Resolve ResolveFunc
	Link    LinkFunc
	Orders  OrderRules

	// Subject is what a subject is without the marks of replies and forwards.
	Subject func(subject string) string
	// ClaimKey is what a claim of a value is matched by, "" for what never is.
	// Region (ISO 3166-1 alpha-2) is how a telephone number without a country
	// code is read.
	ClaimKey func(field ClaimField, value, region string) string
	// Given is what a customer gives in a text beside numbers of orders; region as
	// above.
	Given func(text, region string) []Pin
	// Blocked reports whether a key is by its look nobody's.
	Blocked func(IdentityRef) bool
	// Shared returns which of the keys that nodes have proven several people
	// must have.
	Shared func(nodes []Node) []IdentityRef
	// Hints are the keys by which possible matches of an identity are found.
	Hints func(Known) []string
	// Score compares some people: what it returns says of two of them, by their
	// places in the list, how likely they are one person, and why; 0 for what is
	// not worth anybody's while.
	Score func([]Known) func(a, b int) (score float64, reasons []string)
	// Survivors says which value of each field is shown.
	Survivors func([]OwnedClaim) []Fact
	// Strictest is one word a purpose.
	Strictest func([]Consent) []Consent
}

// A Known is what is known of somebody: of one identity, or of all that are one
// customer's.
type Known struct {
	Refs   []IdentityRef
	Name   string
	Claims []Claim
}

// An OwnedClaim is a claim with the identity that it is of.
type OwnedClaim struct {
	Claim
	IdentityID IdentityID
}
