package inbox

import "time"

// Which identities are one customer is a function of evidence: the keys that
// they hold, agents' edges, refusals, and what operators say of keys. The types
// here are that function's input and output; package identity decides.

// EdgeID and RefusalID are UUIDv7, as every id is.
type (
	EdgeID    string
	RefusalID string
)

// A Node is an identity as the resolver sees it.
type Node struct {
	ID       IdentityID
	Customer CustomerID // now
	Born     CustomerID // the one made with it
	Store    string     // of a shop account: a customer has at most one a store; "" for all else
	Birthday string     // YYYY-MM-DD, "" when unknown
	Keys     []HeldKey  // its own address, and what it claims
}

// A HeldKey is a key with the proof that its holder has for it.
type HeldKey struct {
	IdentityRef
	Proof Proof
}

// Joins reports whether who has proven a key of its kind may be one with others
// who have.
func (r IdentityRef) Joins() bool {
	return r.Kind == EmailAddress || r.Kind == PhoneNumber || r.Kind == ShopAccount
}

// An Edge joins two identities. An automatic one names the key that both hold
// and lives as long as its evidence; an agent's lives until it is undone.
type Edge struct {
	ID        EdgeID      `json:"id"`
	A         IdentityID  `json:"a"`
	B         IdentityID  `json:"b"`
	Automatic bool        `json:"automatic"`
	Key       IdentityRef `json:"-"`
}

// A Refusal keeps two identities apart, and whatever they are joined with, from
// automatic edges.
type Refusal struct{ A, B IdentityID }

// A KeyPolicy is what an operator says of a key: it wins over what is counted.
type KeyPolicy string

const (
	KeyBlocked  KeyPolicy = "blocked"  // nobody's: a test value, a shop's own number
	KeyShared   KeyPolicy = "shared"   // several people's: a family, an office
	KeyPersonal KeyPolicy = "personal" // one person's, whatever is counted
)

// ClusterEvidence is everything that bears on a set of identities: whatever is
// joined to one of them, or holds an unshared key of one, is in it too.
type ClusterEvidence struct {
	Nodes    []Node
	Edges    []Edge // that stand now
	Refusals []Refusal
	Policies map[IdentityRef]KeyPolicy
}

// A Resolution brings the edges and customers in line with the evidence. It is
// the same for the same evidence, however it came about.
type Resolution struct {
	Add       []Edge // automatic, without ids
	Revoke    []EdgeID
	Customers map[IdentityID]CustomerID // of every node
}

// A ResolveFunc decides which identities are one customer. It is pure.
type ResolveFunc func(*ClusterEvidence) Resolution

// A Claim is what an identity says of itself, or an agent or shop of it.
type Claim struct {
	Field  ClaimField  `json:"field" enum:"name,email,phone,address,birthday,locale,company"`
	Source ClaimSource `json:"source" enum:"shop,agent,channel"`
	Value  string      `json:"value" doc:"As it was received"`
	Key    string      `json:"-"` // what is matched; "" for what never is
	Proof  Proof       `json:"proof" minimum:"0" maximum:"3"`
	At     time.Time   `json:"at" doc:"By its source's clock"`
}

// A ClaimField is what a claim is about.
type ClaimField string

const (
	ClaimName     ClaimField = "name"
	ClaimEmail    ClaimField = "email"
	ClaimPhone    ClaimField = "phone"
	ClaimAddress  ClaimField = "address" // one line
	ClaimBirthday ClaimField = "birthday"
	ClaimLocale   ClaimField = "locale"
	ClaimCompany  ClaimField = "company"

	// ClaimShop is an account in a shop, as [ShopKey] writes it: of who is signed
	// in there. It is matched and not shown, and agents don't edit it.
	ClaimShop ClaimField = "shop"
)

// Valid reports whether f is a field of a profile: one of those above but
// [ClaimShop].
func (f ClaimField) Valid() bool {
	switch f {
	case ClaimName, ClaimEmail, ClaimPhone, ClaimAddress, ClaimBirthday, ClaimLocale, ClaimCompany:
		return true
	}
	return false
}

// A ClaimSource is whose word a claim is. A shop's record outranks an agent's
// edit, and that what came over a channel.
type ClaimSource string

const (
	FromShop    ClaimSource = "shop"
	FromAgent   ClaimSource = "agent"
	FromChannel ClaimSource = "channel"
)

// A Merge is an edge as agents see it: what joined two parts of a customer, and
// when. It can be undone.
type Merge struct {
	ID        EdgeID    `json:"id"`
	A         Identity  `json:"a"`
	B         Identity  `json:"b"`
	Automatic bool      `json:"automatic"`
	Text      string    `json:"text" doc:"One line for an agent: why"`
	Actor     Actor     `json:"actor"`
	At        time.Time `json:"at"`
}

// A Match is somebody who may be the same person: a question, never an answer.
type Match struct {
	Customer Customer   `json:"customer"`
	Score    float64    `json:"score" minimum:"0" maximum:"1"`
	Reasons  []string   `json:"reasons" doc:"One line each, strongest first; what speaks against it begins with not"`
	A        IdentityID `json:"a" doc:"Of the customer that was asked about"`
	B        IdentityID `json:"b"`
}

// A Fact is a value of a customer's profile that is shown, and what lost.
type Fact struct {
	Field      ClaimField  `json:"field"`
	Value      string      `json:"value"`
	Source     ClaimSource `json:"source"`
	Proof      Proof       `json:"proof"`
	At         time.Time   `json:"at"`
	IdentityID IdentityID  `json:"identityId"`
	Others     []Claim     `json:"others" doc:"What others say of it, best first"`
}

// A KeyRule is what holds for a key that isn't one person's by rights: by an
// operator's word, by its look, or by how many have proven it.
type KeyRule struct {
	Kind      IdentityKind `json:"kind" enum:"email,phone"`
	Key       string       `json:"key" doc:"As it is matched"`
	Policy    KeyPolicy    `json:"policy" enum:"blocked,shared,personal," doc:"blocked: nobody's; shared: several people's; personal: one person's, whatever is counted"`
	Counted   bool         `json:"counted" doc:"By its look or its holders; false: an operator said so"`
	Holders   int          `json:"holders" doc:"How many identities have it, proven or not; 1000 means that many or more"`
	Note      string       `json:"note"`
	UpdatedAt *time.Time   `json:"updatedAt,omitempty" doc:"Of an operator's word"`
}

// Valid reports whether p is one of the policies above.
func (p KeyPolicy) Valid() bool { return p == KeyBlocked || p == KeyShared || p == KeyPersonal }

// A Consent is whether a customer may be written to for a purpose. Of several
// words the strictest holds.
type Consent struct {
	Purpose string    `json:"purpose" doc:"Such as email_marketing"`
	Granted bool      `json:"granted"`
	Source  string    `json:"source"`
	At      time.Time `json:"at"`
}

// DirectMessages is the purpose of a [Consent] that says whether somebody may be
// written to by direct message or SMS at all; its source is the account.
const DirectMessages = "direct_messages"
