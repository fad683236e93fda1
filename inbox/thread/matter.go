package thread

import (
	"slices"

	"skein/inbox"
)

// continues says which conversation a new thread goes on with, whatever its
// headers are silent of: one that an agent handed over to its sender, or one
// about the very order that the message names, or that its channel says it is
// about, by the same customer, proven.
// Nothing but a person's word of now does: no machine's, and no import. Where
// there is none yet, home is the one for what comes later in the batch.
func (g *graph) continues(r *inbox.Received, home inbox.ConversationID) *inbox.Tie {
	m := r.Message
	if m.Direction != inbox.In || m.Automatic.Is || m.Spam || r.History {
		return nil
	}
	for _, h := range g.ev.HandOvers {
		if h.Who == m.Identity && !g.used[h.ID] && g.goesOn(h.Conversation) {
			g.used[h.ID] = true
			return &inbox.Tie{
				Kind: inbox.FactHandOver, Waited: h.ID, Into: h.Conversation, Place: g.now,
				Text: "An agent said that it goes on here",
			}
		}
	}
	order := g.meant(m)
	if order == nil {
		return nil
	}
	f := &inbox.Tie{
		Kind: inbox.FactSameOrder, Place: g.now, Order: order.ID,
		Text: "The same customer wrote of order " + order.Number + " here",
	}
	for _, c := range order.Linked {
		if g.goesOn(c) && g.ev.Conversations[c].Customer.CustomerID == order.Customer {
			f.Into = c
			return f
		}
	}
	if c := g.on[order.ID]; c != "" {
		f.Into = c
		return f
	}
	g.on[order.ID] = home
	return nil
}

// meant is the one order of its own sender's that m names or is said to be about,
// where the sender is proven.
func (g *graph) meant(m *inbox.Arrival) *inbox.MeantOrder {
	if m.Proof < inbox.Proven {
		return nil
	}
	who := g.ev.Identities[m.Identity].CustomerID
	var found *inbox.MeantOrder
	for i := range g.ev.Orders {
		o := &g.ev.Orders[i]
		if who == "" || o.Customer != who || !slices.ContainsFunc(m.Mentions, func(n inbox.Mention) bool {
			return n.Kind == inbox.MentionOrder && n.Key == o.Key && n.Key != "" ||
				n.Kind == inbox.MentionContext && slices.Contains(o.Contexts, n.Key)
		}) {
			continue
		}
		if found != nil && found.ID != o.ID {
			return nil
		}
		found = o
	}
	return found
}

// goesOn reports whether a conversation is stored and not done with.
func (g *graph) goesOn(id inbox.ConversationID) bool {
	c := g.ev.Conversations[g.survivor(id)]
	if c == nil {
		return false
	}
	return c.Status == inbox.Open || c.Status == inbox.Pending || c.Status == inbox.Snoozed
}
