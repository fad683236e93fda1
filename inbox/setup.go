package inbox

import (
	"slices"
	"time"
)

// A SetupStep is one part of the first run.
type SetupStep string

const (
	SetupMailbox SetupStep = "mailbox" // mail arrives
	SetupOrders  SetupStep = "orders"  // there are some
	SetupPeople  SetupStep = "people"  // somebody else works here
	SetupWidget  SetupStep = "widget"  // the chat was shown on a page
	SetupAnswer  SetupStep = "answer"  // a message with its order was answered
)

// SetupSteps are all of them, in their order.
var SetupSteps = []SetupStep{SetupMailbox, SetupOrders, SetupPeople, SetupWidget, SetupAnswer}

// Valid reports whether s is one of the steps above.
func (s SetupStep) Valid() bool { return slices.Contains(SetupSteps, s) }

// A Setup is how far the first run has come.
type Setup struct {
	Skipped    []SetupStep `json:"skipped" doc:"What was passed over for now"`
	FinishedAt *time.Time  `json:"finishedAt,omitempty"`

	Mailbox AccountID   `json:"mailbox,omitempty" doc:"The first mailbox"`
	Shop    AccountID   `json:"shop,omitempty" doc:"The first shop"`
	Orders  int         `json:"orders" doc:"How many there are, to 10,000"`
	Agents  int         `json:"agents" doc:"Who may sign in"`
	Invited int         `json:"invited" doc:"Who is invited and has not come in yet"`
	Chat    AccountID   `json:"chat,omitempty" doc:"The first chat"`
	Page    *ChatPage   `json:"page,omitempty" doc:"Where a chat was last shown"`
	First   *SetupFirst `json:"first,omitempty" doc:"The conversation that is furthest on its way to a linked answer"`
}

// A ChatPage is where a chat was last shown.
type ChatPage struct {
	Origin string    `json:"origin" doc:"Its scheme and host, as browsers name it"`
	SeenAt time.Time `json:"seenAt"`
}

// A SetupFirst is how far a conversation is on its way to a linked answer.
type SetupFirst struct {
	ID       ConversationID `json:"id"`
	Number   int64          `json:"number"`
	Subject  string         `json:"subject"`
	Order    string         `json:"order,omitempty" doc:"The number of the one that is meant"`
	Answered bool           `json:"answered"`
}

// A FirstRun is what makes a workspace out of an empty database.
type FirstRun struct {
	Admin  Agent
	Hash   string // of the password
	Name   string // of the business
	Locale string
	Zone   string // IANA name
}
