package inbox

// Evidence is what the store knows, under locks, of everything that a batch
// points at. A decision is a function of it and of the batch alone.
type Evidence struct {
	Keys          []KeyRow
	Threads       []ThreadRow // every thread of every component that Keys names
	Tokens        map[MessageID]ThreadID
	Conversations map[ConversationID]*Conversation // of Threads, and those that Plus names
	Identities    map[IdentityRef]Identity
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
}

// Business is the sender of our own mail: a member of every thread.
const Business = "*"

// A ThreadRow is a thread with who takes part in it. Threads of one root are
// one component.
type ThreadRow struct {
	ID, Root     ThreadID
	Conversation ConversationID
	People       []string
}

// A Need asks for the pointers at any message of Root's component by senders
// among People: an edge that was not admissible before may be now.
type Need struct {
	Root   ThreadID
	People []string
}

// A Decision places the messages of a batch. When Needs is not empty the
// decision is not made yet: the store adds what is asked for and calls again.
type Decision struct {
	Places []Placement // by index of the batch; the zero value for what is no message
	Joins  []Join
	Needs  []Need
}

// A Placement is where one message goes, and why.
type Placement struct {
	Thread       ThreadID
	NewThread    bool
	Conversation ConversationID
	New          bool // the conversation is made for it
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

// A DecideFunc places a batch. It is pure but for new ids.
type DecideFunc func(batch []Received, ev *Evidence) Decision
