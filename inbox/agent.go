package inbox

import (
	"slices"
	"time"
)

// An Agent is somebody who works in Skein.
type Agent struct {
	ID     AgentID `json:"id"`
	Email  string  `json:"email"`
	Name   string  `json:"name"`
	Role   Role    `json:"role" enum:"agent,supervisor,admin"`
	Locale string  `json:"locale" doc:"Language of the pages and of what is mailed, BCP 47; empty: the browser's, and English mail"`
	Active bool    `json:"active"`

	// Phone is by what the exchange calls the agent: an extension or a number.
	Phone string `json:"phone,omitempty" doc:"Extension or number by which the exchange knows the agent"`
	// CallPop: calls that ring for nobody by name are shown to the agent.
	CallPop bool `json:"callPop" doc:"Whether calls to the inbox are shown"`
	// OrderActions: see [Agent.MayAct].
	OrderActions bool `json:"orderActions" doc:"Whether the agent may refund, cancel and change orders in their shops; supervisors and admins may"`
	// Onward is where the page goes from a conversation that was dealt with.
	Onward Onward `json:"onward" enum:"next,list,stay" doc:"Where the page goes once a conversation is closed, snoozed, given away or spam"`
}

// Onward is where somebody goes from a conversation that is dealt with.
type Onward string

// The places where somebody goes on.
const (
	ToNext Onward = "next" // of the list
	ToList Onward = "list"
	Stay   Onward = "stay"
)

// An AgentPatch changes what is said of an agent; nil leaves as it is.
type AgentPatch struct {
	Phone   *string
	CallPop *bool
	Name    *string
	Locale  *string
	Onward  *Onward

	// What follows is an admin's to say.
	OrderActions *bool
	Role         *Role
	Inboxes      *[]InboxID
	Teams        *[]TeamID
}

// Role is what an agent may do beyond the own inboxes.
type Role string

const (
	AgentRole      Role = "agent"
	SupervisorRole Role = "supervisor"
	AdminRole      Role = "admin"
)

// Valid reports whether r is one of the roles above.
func (r Role) Valid() bool {
	return r == AgentRole || r == SupervisorRole || r == AdminRole
}

// Rights are what an agent may see, resolved from role, inboxes and teams as
// they stand. Version rises when they change.
type Rights struct {
	Agent   Agent
	Version int64
	All     bool // supervisors and admins: every inbox
	Inboxes []InboxID
	Teams   []TeamID
}

// Sees reports whether r admits what is at p.
func (r *Rights) Sees(p *Place) bool {
	return p != nil && (r.All || slices.Contains(r.Inboxes, p.InboxID))
}

// MayWatch reports whether r admits to the queues, as far as r sees inboxes.
func (r *Rights) MayWatch() bool {
	return r.Agent.Role == SupervisorRole || r.Agent.Role == AdminRole
}

// A Session is one sign-in of an agent. Its refresh token rotates: Hash is of
// the one that is good now.
type Session struct {
	ID        SessionID
	AgentID   AgentID
	Hash      []byte
	ExpiresAt time.Time
	Password  string // hash of the one that it is begun with; "": whatever it is
}

// A Team is a group of agents.
type Team struct {
	ID   TeamID `json:"id"`
	Name string `json:"name"`
}

// An Account is one mailbox, widget, number or page that a connector serves,
// as the server knows it.
type Account struct {
	ID          AccountID      `json:"id"`
	Channel     Channel        `json:"channel"`
	InboxID     InboxID        `json:"inboxId"`
	Name        string         `json:"name"`
	Address     string         `json:"address"`               // what replies are from
	Own         []string       `json:"own,omitempty"`         // matching keys of every address that is ours here
	MaxProof    Proof          `json:"maxProof"`              // the highest proof that its connector may claim
	Kinds       []IdentityKind `json:"kinds,omitempty"`       // of identities that it may vouch for; empty: those of its channel, see [Account.MayVouch]
	Region      string         `json:"region,omitempty"`      // ISO 3166-1 alpha-2: how a telephone number without a country code is read
	PlusAddress bool           `json:"plusAddress,omitempty"` // its mail server delivers user+tag@ to user@
	Paused      bool           `json:"paused,omitempty"`
	Removed     bool           `json:"removed,omitempty"` // served no more; what was said on it stays
	Settings    []byte         `json:"-"`                 // the connector's own settings, JSON; secrets in it are sealed
	Version     int64          `json:"version"`           // rises with every change: a projection takes only what is newer
}

// proofOf is the highest proof that a channel's connector has use for.
var proofOf = map[Channel]Proof{Email: Proven, Chat: Signed, Phone: Proven, Social: Proven, Shop: Signed}

// Vouches returns what an account of channel may vouch for when nothing else is
// said. known is false for what is no channel.
func Vouches(channel Channel) (proof Proof, kinds []IdentityKind, known bool) {
	kinds, known = kindsOf[channel]
	return proofOf[channel], kinds, known
}

// kindsOf are the kinds of identities that a channel's accounts vouch for when
// nothing else is said.
var kindsOf = map[Channel][]IdentityKind{
	Email:  {EmailAddress},
	Chat:   {ChatVisitor, EmailAddress, PhoneNumber, ShopAccount},
	Phone:  {PhoneNumber},
	Social: {SocialUser, PhoneNumber},
	Shop:   {ShopAccount, EmailAddress, PhoneNumber},
}

// MayVouch is proof as far as a's connector may claim it for an identity of kind:
// of a kind that is not its own, nothing is more than claimed.
func (a *Account) MayVouch(kind IdentityKind, proof Proof) Proof {
	kinds := a.Kinds
	if len(kinds) == 0 {
		kinds = kindsOf[a.Channel]
	}
	proof = max(Inferred, min(proof, a.MaxProof, Signed))
	if !slices.Contains(kinds, kind) {
		proof = min(proof, Claimed)
	}
	return proof
}
