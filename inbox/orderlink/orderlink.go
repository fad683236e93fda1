// Package orderlink says which order is meant: it finds what a message names,
// ranks a customer's orders, and keeps the ownership gate. It is pure: evidence
// in, links out; it never queries and never reads the clock.
package orderlink

import (
	"skein/inbox"
)

// Link decides which orders a conversation is about. It implements
// [inbox.LinkFunc].
func Link(ev *inbox.LinkEvidence) []inbox.OrderLink {
	var links []inbox.OrderLink
	seen := map[inbox.OrderID]bool{}
	for i := len(ev.Messages) - 1; i >= 0; i-- {
		msg := &ev.Messages[i]
		for _, mention := range msg.Mentions {
			own := false
			for j := range ev.Orders {
				order := &ev.Orders[j]
				if NumberKey(order.Number) != mention.Key || order.Owner != msg.Customer || msg.Customer == "" {
					continue
				}
				own = true
				if seen[order.ID] {
					continue
				}
				seen[order.ID] = true
				state := inbox.LinkUnproven
				if msg.Proof >= 2 {
					state = inbox.Linked
				}
				links = append(links, inbox.OrderLink{OrderID: order.ID, Order: &order.Order, State: state, Score: mention.Score, Reason: inbox.LinkReason{Text: "They name " + mention.Text, MessageID: msg.ID, Mention: mention.Text}})
			}
			if !own {
				links = append(links, inbox.OrderLink{State: inbox.LinkClaimed, ClaimID: mention.ID, Score: mention.Score, Reason: inbox.LinkReason{Text: "They name " + mention.Text, MessageID: msg.ID, Mention: mention.Text}})
			}
		}
	}
	if len(links) > 0 {
		links[0].Meant = true
	}
	return links
}
