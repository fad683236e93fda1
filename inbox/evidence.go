package inbox

// Evidence is what the store knows, under locks, of everything that a batch
// points at. A decision is a function of it and of the batch alone.
type Evidence struct {
	Keys    []KeyRow
	Threads []ThreadRow // every thread of every component that Keys names
	Tokens  map[MessageID]Anchor
	Plus    map[ConversationID][]Anchor // the newest message of each thread there, newest first
	Splits  map[FactID]Split            // that stand, of every message named
	// Apart are conversations that an agent's standing split parted: no mail
	// header brings them together.
	Apart [][2]ConversationID

	Orders    []MeantOrder
	HandOvers []HandOver // that wait for their message, newest first
	// Conversations are those of Threads and Splits, of Orders while they are
	// not closed, and of HandOvers.
	Conversations map[ConversationID]*Conversation
	Identities    map[IdentityRef]Identity
}

// An Anchor is a message that something names.
type Anchor struct {
	Message MessageID
	Thread  ThreadID
	Splits  []FactID // by which agents moved it, the last one holds
}

// A Split is where a fact of that kind brought its messages.
type Split struct {
	Home         ConversationID // its into
	Conversation ConversationID // what that has become part of
}

// A MeantOrder is an order that a message of the batch names exactly, by a
// customer who may be its buyer.
type MeantOrder struct {
	ID       OrderID
	Number   string   // for the reason shown
	Key      string   // as it is looked up
	Contexts []string // by which a channel says that a message is about it: see [ContextKey]
	Customer CustomerID
	// Linked are conversations about it that are not closed, the newest first.
	Linked []ConversationID
}

// A HandOver is an agent's word that the next message of somebody continues a
// conversation.
type HandOver struct {
	ID           FactID
	Who          IdentityRef
	Conversation ConversationID
}

// An IdentityRef is how identities are matched.
type IdentityRef struct {
	Kind IdentityKind
	Key  string
}

// Unreadable begins the key of an identity by which nobody can be told: whoever
// has one is a stranger each time.
const Unreadable = "unreadable/"

// A KeyRow says that a stored message is called by a key (Own) or points at it.
type KeyRow struct {
	Key     Key
	Message MessageID
	Thread  ThreadID
	Own     bool
	Sender  string   // matching key; [Business] for our own mail
	People  []string // of that message
	Splits  []FactID // of that message
}

// Business is the sender of our own mail: a member of every thread.
const Business = "*"

// A ThreadRow is a thread with who takes part in it. Threads of one root are
// one component.
type ThreadRow struct {
	ID, Root     ThreadID
	Home         ConversationID // the one that was made for it
	Conversation ConversationID // what that has become part of
	Moved        bool           // there are messages of it that agents moved
	People       []string
}

// A Need asks for the pointers at any message of Root's component by senders
// among People: an edge that was not admissible before may be now.
type Need struct {
	Root   ThreadID
	People []string
}

// A Decision places the messages of a batch. When Needs is not empty, or Joins
// bring together what may be [Evidence.Apart], the decision is not made yet: the
// store adds what is asked for and calls again.
type Decision struct {
	Places []Placement // by index of the batch; the zero value for what is no message
	Joins  []Join
	Ties   []Tie
	Quotes []Quote
	Needs  []Need
}

// QuotesAnother is the reason of a message with a link: see [Reason].
const QuotesAnother = "Quotes another conversation whose people its sender is not among"

// A Quote is a stored message that points at one of the batch without being
// admitted: it came first, and is linked to it for the agent.
type Quote struct {
	Message      MessageID
	Conversation ConversationID // of what it quotes
	Key          string         // the Message-ID that it quotes
}

// A Placement is where one message goes, and why.
type Placement struct {
	Thread       ThreadID
	NewThread    bool
	Home         ConversationID // of a new thread: the one that is made for it, or one that there was
	Conversation ConversationID
	New          bool     // Home is made
	Splits       []FactID // of the message that it continues
	Reason       Reason
	// Joined says whether the sender is a member: people whom a non-member
	// brings do not count.
	Joined bool
	// Echo marks our own sent message coming back: nothing is stored.
	Echo bool
}

// A Join makes two components one: Loser's threads get Winner as their root,
// and where their conversations differ From goes into Into.
type Join struct {
	Winner, Loser ThreadID
	Into, From    ConversationID
}

// A Tie is why two conversations are one from now on: it is kept as a fact.
type Tie struct {
	Kind   FactKind
	Waited FactID // the hand-over that waited; "" for a new fact
	From   ConversationID
	Into   ConversationID
	Text   string // one line for an agent
	Place  int    // index of the message that brought it
	Order  OrderID
	Key    string // the Message-ID that ties them together
	// Under are splits without which it ties others: those that moved the
	// messages that answer each other.
	Under []FactID
}

// A DecideFunc places a batch. It is pure but for new ids.
type DecideFunc func(batch []Received, ev *Evidence) Decision
