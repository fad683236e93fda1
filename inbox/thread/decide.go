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
			d.Places[i] = g.place(&batch[i])
		}
	}
	d.Joins, d.Needs = g.joins, g.needs
	// What was joined later in the batch goes by its last name.
	for i := range d.Places {
		p := &d.Places[i]
		if into := g.survivor(p.Conversation); into != p.Conversation {
			p.Conversation, p.New = into, false
		}
	}
	return d
}

// A component is threads that are one, and who takes part in them.
type component struct {
	conversation inbox.ConversationID
	people       map[string]bool
	keys         []inbox.Key      // what its messages are called, as far as they are loaded
	roots        []inbox.ThreadID // stored components that it is made of: none for a new one
	name         inbox.ThreadID   // the root that stays
	order        int              // of making within the batch
}

// An edge is one way from the message at hand to a component.
type edge struct {
	to     *component
	thread inbox.ThreadID
	reason inbox.Reason
	member bool // the sender takes part there
}

type graph struct {
	ev    *inbox.Evidence
	byKey map[inbox.Key][]inbox.KeyRow
	comp  map[inbox.ThreadID]*component // by thread
	moved map[inbox.ConversationID]inbox.ConversationID
	joins []inbox.Join
	needs []inbox.Need
	made  int
}

func newGraph(ev *inbox.Evidence) *graph {
	g := &graph{
		ev:    ev,
		byKey: make(map[inbox.Key][]inbox.KeyRow, len(ev.Keys)),
		comp:  make(map[inbox.ThreadID]*component, len(ev.Threads)),
		moved: map[inbox.ConversationID]inbox.ConversationID{},
	}
	roots := map[inbox.ThreadID]*component{}
	for _, t := range ev.Threads {
		c := roots[t.Root]
		if c == nil {
			c = &component{
				conversation: t.Conversation, people: map[string]bool{},
				roots: []inbox.ThreadID{t.Root}, name: t.Root,
			}
			roots[t.Root] = c
		}
		for _, p := range t.People {
			c.people[p] = true
		}
		g.comp[t.ID] = c
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

// place decides for one message and adds it to the graph.
func (g *graph) place(r *inbox.Received) inbox.Placement {
	m := r.Message
	if m.Echo && m.Direction == inbox.Out {
		return inbox.Placement{Echo: true}
	}
	sender := senderOf(m)
	edges, stranger := g.edgesOf(m, sender)
	var p inbox.Placement
	if len(edges) > 0 {
		p = inbox.Placement{Thread: edges[0].thread, Reason: edges[0].reason}
		// An unknown address with a token is let in and lets nobody in, itself
		// included: what it points at elsewhere stays where it is.
		if p.Joined = edges[0].member; p.Joined {
			for _, e := range edges[1:] {
				if e.member {
					g.join(g.comp[p.Thread], g.comp[e.thread])
				}
			}
			g.admit(g.comp[p.Thread], m.People)
		}
	} else {
		p = inbox.Placement{
			Thread: inbox.NewID[inbox.ThreadID](r.At), NewThread: true, New: true, Joined: true,
			Reason: inbox.Reason{Step: inbox.ByNothing, Text: "Points at nothing known: a new conversation"},
		}
		if stranger != nil {
			p.Reason = *stranger
		}
		g.made++
		c := &component{
			conversation: inbox.NewID[inbox.ConversationID](r.At),
			people:       map[string]bool{}, name: p.Thread, order: g.made,
		}
		g.comp[p.Thread] = c
		g.admit(c, m.People)
	}
	own := g.comp[p.Thread].conversation
	g.addMessage(m, sender, p)
	g.settle(p.Thread)

	p.Conversation = g.comp[p.Thread].conversation
	if p.New && p.Conversation != own { // what waited for it is where it goes
		p.New = false
		p.Reason = inbox.Reason{Step: inbox.ByLateParent, Key: m.HeaderID, Text: "A message here answers it and came first"}
	}
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

// Marks that a reason may carry.
const (
	UnknownAddress = "unknown-address" // a valid token of ours from somebody who takes no part
	SenderUnproven = "sender-unproven" // a bare From under an address that is known better
)

// edgesOf lists the admissible edges of m in the order of the steps, best
// first, one a component. When there is none, but m points at something known,
// stranger says at what.
func (g *graph) edgesOf(m *inbox.Arrival, sender string) (edges []edge, stranger *inbox.Reason) {
	admits := func(c *component) bool {
		return sender == inbox.Business || sender != "" && c.people[sender]
	}
	take := func(thread inbox.ThreadID, why inbox.Reason, member bool) {
		c := g.comp[thread]
		if i := slices.IndexFunc(edges, func(e edge) bool { return e.to == c }); i >= 0 {
			edges[i].member = edges[i].member || member
			return
		}
		edges = append(edges, edge{to: c, thread: thread, reason: why, member: member})
	}
	byToken := func(thread inbox.ThreadID, text string) {
		c := g.comp[thread]
		if c == nil {
			return
		}
		why := inbox.Reason{Step: inbox.ByToken, Text: text}
		if !admits(c) && !m.Automatic.Is {
			why.Marks = []string{UnknownAddress}
			why.Text += ", from an address that took no part before"
		}
		take(thread, why, admits(c))
	}

	if m.Token != "" {
		byToken(g.ev.Tokens[m.Token], "Answers a message that we sent")
	}
	if m.Plus != "" {
		i := slices.IndexFunc(g.ev.Threads, func(t inbox.ThreadRow) bool { return t.Conversation == m.Plus })
		if i >= 0 {
			byToken(g.ev.Threads[i].ID, "Was sent to this conversation's own address")
		}
	}
	for _, ref := range append(slices.Clone(m.Refs), inbox.Ref{Key: m.Own, ID: m.HeaderID, Step: inbox.BySameID}) {
		if ref.Key == (inbox.Key{}) || ref.Key == m.Own && ref.Step != inbox.BySameID {
			continue
		}
		for _, k := range g.byKey[ref.Key] {
			c := g.comp[k.Thread]
			if !k.Own || c == nil {
				continue
			}
			// A Message-ID is its sender's choice: carrying one that is known
			// proves less than pointing at it.
			if ref.Step == inbox.BySameID && sibling(sender, m.People, k) || ref.Step != inbox.BySameID && admits(c) {
				take(k.Thread, pointsAt(ref), true)
			} else if stranger == nil {
				stranger = &inbox.Reason{
					Step: inbox.ByNothing, Key: ref.ID, Linked: c.conversation,
					Text: "Quotes another conversation whose people its sender is not among",
				}
			}
		}
	}
	for _, ref := range m.Refs {
		for _, k := range g.byKey[ref.Key] {
			if !k.Own && ref.Key != m.Own && g.vouches(k) && sibling(sender, m.People, k) {
				take(k.Thread, inbox.Reason{Step: inbox.BySibling, Key: ref.ID, Text: "Answers the same message as another here"}, true)
			}
		}
	}
	if m.Thread != (inbox.Key{}) { // the channel itself vouches
		for _, k := range g.byKey[m.Thread] {
			if k.Own && g.comp[k.Thread] != nil {
				take(k.Thread, inbox.Reason{Step: inbox.ByChannel, Text: "Same thread on its channel"}, true)
			}
		}
	}
	return edges, stranger
}

func pointsAt(ref inbox.Ref) inbox.Reason {
	text := map[inbox.Step]string{
		inbox.ByInReplyTo:  "Answers a message here",
		inbox.ByReferences: "Refers to a message here",
		inbox.BySameID:     "Carries the Message-ID of a message here",
	}[ref.Step]
	return inbox.Reason{Step: ref.Step, Key: ref.ID, Text: text}
}

// sibling reports whether the writer of m and that of k, which point at one
// message, are the same or list each other.
func sibling(sender string, people []string, k inbox.KeyRow) bool {
	if sender == "" || k.Sender == "" {
		return false
	}
	if sender == k.Sender {
		return true
	}
	listsThem := k.Sender == inbox.Business || slices.Contains(people, k.Sender)
	listsUs := sender == inbox.Business || slices.Contains(k.People, sender)
	return listsThem && listsUs
}

// vouches reports whether the writer of k takes part where k is. An unknown
// address that a token of ours let in does not.
func (g *graph) vouches(k inbox.KeyRow) bool {
	c := g.comp[k.Thread]
	return c != nil && (k.Sender == inbox.Business || c.people[k.Sender])
}

// addMessage puts m's own rows into the graph.
func (g *graph) addMessage(m *inbox.Arrival, sender string, p inbox.Placement) {
	row := inbox.KeyRow{Thread: p.Thread, Sender: sender, People: m.People}
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

// join makes a and b one. The older conversation survives, so that the number
// that people know stays.
func (g *graph) join(a, b *component) {
	if a == b {
		return
	}
	if g.older(b, a) {
		a, b = b, a
	}
	g.ask(a.roots, missing(b.people, a.people))
	g.ask(b.roots, missing(a.people, b.people))
	for p := range b.people {
		a.people[p] = true
	}
	a.keys = append(a.keys, b.keys...)
	a.roots = append(a.roots, b.roots...)
	j := inbox.Join{Winner: a.name, Loser: b.name}
	if a.conversation != b.conversation {
		j.Into, j.From = a.conversation, b.conversation
		g.moved[j.From] = j.Into
	}
	for t, c := range g.comp {
		if c == b {
			g.comp[t] = a
		} else if j.From != "" && c.conversation == j.From { // another component of it
			c.conversation = j.Into
		}
	}
	g.joins = append(g.joins, j)
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

func (g *graph) older(a, b *component) bool {
	ca, cb := g.ev.Conversations[a.conversation], g.ev.Conversations[b.conversation]
	switch {
	case ca != nil && cb != nil:
		return ca.Number < cb.Number
	case ca != nil || cb != nil:
		return ca != nil
	}
	return a.order < b.order
}

func (g *graph) survivor(id inbox.ConversationID) inbox.ConversationID {
	for g.moved[id] != "" {
		id = g.moved[id]
	}
	return id
}

// settle joins to thread's component whatever has become admissible: messages
// elsewhere that point at one here and whose sender takes part here now.
func (g *graph) settle(thread inbox.ThreadID) {
	for again := true; again; {
		again = false
		c := g.comp[thread]
		for _, key := range c.keys {
			for _, k := range g.byKey[key] {
				from := g.comp[k.Thread]
				if k.Own || from == nil || from == c || k.Sender == "" || !g.vouches(k) {
					continue
				}
				if k.Sender == inbox.Business || c.people[k.Sender] {
					g.join(c, from)
					c, again = g.comp[thread], true
				}
			}
		}
	}
}
