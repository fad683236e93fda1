// Package thread decides which conversation a message continues. It is pure:
// evidence in, decision out.
//
// Messages are nodes of a graph whose edges are what their headers point at.
// An edge counts when it is admissible: when whoever wrote the pointing message
// takes part in the component that it points into. Admitting a message may add
// people, and so make other edges admissible; the partition is the least
// fixpoint of that rule and therefore the same for any order of arrival and any
// repetition. A stranger who quotes a known Message-ID stays outside, with a
// link for the agent.
//
// What is said aside with others is kept from the customer and the customer's own
// words from it: those go where the side conversation is about.
//
// What agents have merged or moved wins. A message that answers another goes
// where that one is, and no edge brings together what a standing split parted;
// components say who may come in, not where.
//
// The package never queries, never reads the clock for a decision, and decides
// nothing by a subject: equal subjects are no evidence.
package thread

import (
	"slices"

	"skein/inbox"
)

// Decide places the messages of a batch, in its order. It implements
// [inbox.DecideFunc].
func Decide(batch []inbox.Received, ev *inbox.Evidence) inbox.Decision {
	g := newGraph(ev)
	d := inbox.Decision{Places: make([]inbox.Placement, len(batch))}
	for i := range batch {
		if batch[i].Message != nil {
			d.Places[i] = g.place(i, &batch[i])
		}
	}
	d.Joins, d.Ties, d.Needs = g.joins, g.ties, g.needs
	// What was joined later in the batch goes by its last name.
	for i := range d.Places {
		p := &d.Places[i]
		p.Conversation = g.survivor(p.Conversation)
		if p.NewThread {
			made := p.Home
			p.Home = g.known(made)
			p.New = p.Home == made && g.made[made] > 0
		}
	}
	for i := range batch {
		if m := batch[i].Message; m != nil && !d.Places[i].Echo {
			d.Quotes = append(d.Quotes, g.quotes(m, &d.Places[i])...)
		}
	}
	for i := range d.Ties {
		f := &d.Ties[i]
		f.From, f.Into = g.known(f.From), g.known(f.Into)
	}
	return d
}

// A component is threads that are one, and who takes part in them.
type component struct {
	people map[string]bool
	keys   []inbox.Key      // what its messages are called, as far as they are loaded
	roots  []inbox.ThreadID // stored components that it is made of: none for a new one
	name   inbox.ThreadID   // the root that stays
}

// A spot is where a message is: in its thread, or where an agent moved it.
type spot struct {
	thread inbox.ThreadID
	splits []inbox.FactID
}

// A place is a thread's own, whatever of it was moved.
type place struct{ home, conversation inbox.ConversationID }

// An edge is one way from the message at hand to a component.
type edge struct {
	to     *component
	at     spot
	reason inbox.Reason
	member bool // the sender takes part there
}

type graph struct {
	ev      *inbox.Evidence
	byKey   map[inbox.Key][]inbox.KeyRow
	comp    map[inbox.ThreadID]*component
	threads map[inbox.ThreadID]place
	// made are the conversations of this batch, in order. One that turns out
	// to be part of another before it is stored is never made: also says whose
	// its threads are then. One that a fact names is.
	made  map[inbox.ConversationID]int
	also  map[inbox.ConversationID]inbox.ConversationID
	named map[inbox.ConversationID]bool
	moved map[inbox.ConversationID]inbox.ConversationID // from what into what
	on    map[inbox.OrderID]inbox.ConversationID        // opened in this batch about an order
	used  map[inbox.FactID]bool                         // hand-overs
	now   int                                           // index of the message at hand
	joins []inbox.Join
	ties  []inbox.Tie
	needs []inbox.Need
}

func newGraph(ev *inbox.Evidence) *graph {
	g := &graph{
		ev:      ev,
		byKey:   make(map[inbox.Key][]inbox.KeyRow, len(ev.Keys)),
		comp:    make(map[inbox.ThreadID]*component, len(ev.Threads)),
		threads: make(map[inbox.ThreadID]place, len(ev.Threads)),
		made:    map[inbox.ConversationID]int{},
		also:    map[inbox.ConversationID]inbox.ConversationID{},
		named:   map[inbox.ConversationID]bool{},
		moved:   map[inbox.ConversationID]inbox.ConversationID{},
		on:      map[inbox.OrderID]inbox.ConversationID{},
		used:    map[inbox.FactID]bool{},
	}
	roots := map[inbox.ThreadID]*component{}
	for _, t := range ev.Threads {
		c := roots[t.Root]
		if c == nil {
			c = &component{people: map[string]bool{}, roots: []inbox.ThreadID{t.Root}, name: t.Root}
			roots[t.Root] = c
		}
		for _, p := range t.People {
			c.people[p] = true
		}
		g.comp[t.ID], g.threads[t.ID] = c, place{t.Home, t.Conversation}
	}
	for _, k := range ev.Keys {
		g.addRow(k)
	}
	return g
}

func (g *graph) addRow(k inbox.KeyRow) {
	g.byKey[k.Key] = append(g.byKey[k.Key], k)
	if c := g.comp[k.Thread]; c != nil && k.Own {
		c.keys = append(c.keys, k.Key)
	}
}

func spotOf(k inbox.KeyRow) spot { return spot{k.Thread, k.Splits} }

// where is the conversation that a spot is in now.
func (g *graph) where(s spot) inbox.ConversationID {
	if n := len(s.splits); n > 0 {
		if split, ok := g.ev.Splits[s.splits[n-1]]; ok {
			return g.survivor(split.Conversation)
		}
	}
	return g.survivor(g.threads[s.thread].conversation)
}

// home is the conversation that a spot returns to when every merge is undone.
func (g *graph) home(s spot) inbox.ConversationID {
	if n := len(s.splits); n > 0 {
		if split, ok := g.ev.Splits[s.splits[n-1]]; ok {
			return split.Home
		}
	}
	return g.known(g.threads[s.thread].home)
}

// survivor follows what this batch has joined.
func (g *graph) survivor(id inbox.ConversationID) inbox.ConversationID {
	for g.moved[id] != "" {
		id = g.moved[id]
	}
	return id
}

// known follows conversations that are never made.
func (g *graph) known(id inbox.ConversationID) inbox.ConversationID {
	for g.also[id] != "" {
		id = g.also[id]
	}
	return id
}

// place decides for one message and adds it to the graph.
func (g *graph) place(i int, r *inbox.Received) inbox.Placement {
	m := r.Message
	g.now = i
	if m.Echo && m.Direction == inbox.Out {
		return inbox.Placement{Echo: true}
	}
	sender := senderOf(m)
	edges, stranger := g.edgesOf(m, sender)
	if len(edges) == 0 {
		edges = g.waitingFor(m)
	}
	edges, back := g.sayAside(m, edges)
	var p inbox.Placement
	if len(edges) == 0 && back != nil {
		p = g.bring(r, back)
	} else if len(edges) > 0 {
		at := edges[0].at
		p = inbox.Placement{Thread: at.thread, Conversation: g.where(at), Splits: at.splits, Reason: edges[0].reason}
		// An unknown address with a token is let in and lets nobody in, itself
		// included: what it points at elsewhere stays where it is.
		if p.Joined = edges[0].member; p.Joined {
			for _, e := range edges[1:] {
				if e.member {
					g.join(at, e.at, e.reason.Key)
				}
			}
			g.admit(g.comp[p.Thread], m.People)
		}
	} else {
		p = g.open(r, stranger)
	}
	g.addMessage(m, sender, p)
	g.settle(p.Thread)
	return p
}

// open begins a thread, with a conversation of its own: it stays that, or goes
// into another as a fact.
func (g *graph) open(r *inbox.Received, stranger *inbox.Reason) inbox.Placement {
	m := r.Message
	home := inbox.NewID[inbox.ConversationID](r.At)
	p := inbox.Placement{
		Thread: inbox.NewID[inbox.ThreadID](r.At), NewThread: true, Home: home, Conversation: home, Joined: true,
		Reason: inbox.Reason{Step: inbox.ByNothing, Text: "Points at nothing known: a new conversation"},
	}
	if stranger != nil {
		p.Reason = *stranger
	}
	g.made[home] = len(g.made) + 1
	if f := g.continues(r, home); f != nil {
		f.From = home
		g.ties = append(g.ties, *f)
		g.named[home] = true
		into := g.survivor(f.Into)
		g.named[g.known(f.Into)] = true
		g.moved[home], p.Conversation = into, into
		linked := p.Reason.Linked
		p.Reason = inbox.Reason{Step: inbox.ByOrder, Text: f.Text, Linked: linked}
		if f.Kind == inbox.FactHandOver {
			p.Reason.Step = inbox.ByHandOver
		}
		if linked == into {
			p.Reason.Linked = ""
		}
	}
	g.threads[p.Thread] = place{home, home}
	c := &component{people: map[string]bool{}, name: p.Thread}
	g.comp[p.Thread] = c
	g.admit(c, m.People)
	return p
}

// senderOf is who the message's edges speak for: our own mail is a member of
// every thread, and a sender that can't be read of none.
func senderOf(m *inbox.Arrival) string {
	if m.Direction == inbox.Out {
		return inbox.Business
	}
	return m.SenderKey
}

// addMessage puts m's own rows into the graph.
func (g *graph) addMessage(m *inbox.Arrival, sender string, p inbox.Placement) {
	row := inbox.KeyRow{Thread: p.Thread, Sender: sender, People: m.People, Splits: p.Splits}
	for _, own := range []inbox.Key{m.Own, m.Thread} {
		if own != (inbox.Key{}) {
			row.Key, row.Own = own, true
			g.addRow(row)
		}
	}
	row.Own = false
	for _, ref := range m.Refs {
		if ref.Key != m.Own {
			row.Key = ref.Key
			g.addRow(row)
		}
	}
}

// admit lets people into c, and asks for the stored edges that this may open.
func (g *graph) admit(c *component, people []string) {
	var fresh []string
	for _, p := range people {
		if !c.people[p] {
			c.people[p] = true
			fresh = append(fresh, p)
		}
	}
	g.ask(c.roots, fresh)
}

func (g *graph) ask(roots []inbox.ThreadID, people []string) {
	if len(people) == 0 {
		return
	}
	for _, r := range roots {
		g.needs = append(g.needs, inbox.Need{Root: r, People: people})
	}
}

// missing lists, sorted, who is among have and not among among.
func missing(have, among map[string]bool) []string {
	var out []string
	for p := range have {
		if !among[p] {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out
}
