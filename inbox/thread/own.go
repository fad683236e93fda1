package thread

import (
	"slices"

	"skein/inbox"
)

// sayAside splits off the edges that lead into a side conversation about what
// the sender says as its customer. Somebody there has written to the customer
// too, who answers all of them: that makes nobody one of those whom it is kept
// from. back is the first of them; nil for none.
func (g *graph) sayAside(m *inbox.Arrival, edges []edge) (rest []edge, back *edge) {
	rest = slices.DeleteFunc(edges, func(e edge) bool {
		of := g.about(g.where(e.at))
		theirs := of != nil && m.Direction == inbox.In && g.ev.Identities[m.Identity].CustomerID != "" &&
			g.ev.Identities[m.Identity].CustomerID == of.Customer.CustomerID
		if theirs && back == nil {
			back = &e
		}
		return theirs
	})
	return rest, back
}

// about is the conversation that a side conversation is about, or what it has
// become part of; nil for any other.
func (g *graph) about(id inbox.ConversationID) *inbox.Conversation {
	c := g.ev.Conversations[id]
	if c == nil || c.Status != inbox.Side {
		return nil
	}
	of := g.ev.Conversations[c.SideOf]
	if of != nil && of.MergedInto != "" {
		of = g.ev.Conversations[of.MergedInto]
	}
	return of
}

// bring begins a thread for the customer's own answer to what was said aside, in
// the conversation that this is about.
func (g *graph) bring(r *inbox.Received, e *edge) inbox.Placement {
	side := g.where(e.at)
	p := inbox.Placement{
		Thread: inbox.NewID[inbox.ThreadID](r.At), NewThread: true, Home: g.ev.Conversations[side].SideOf,
		Conversation: g.survivor(g.about(side).ID), Joined: true,
		Reason: inbox.Reason{Step: e.reason.Step, Key: e.reason.Key, Linked: side,
			Text: "The customer's own words, in answer to a mail of a side conversation that went to them too"},
	}
	g.threads[p.Thread] = place{p.Home, p.Conversation}
	c := &component{people: map[string]bool{}, name: p.Thread}
	g.comp[p.Thread] = c
	g.admit(c, r.Message.People)
	return p
}
