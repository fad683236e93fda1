package orderlink

import (
	"cmp"
	"slices"

	"skein/inbox"
)

// maxRanked bounds how many orders are suggested that no message names.
const maxRanked = 10

// rank suggests the customer's own orders, for a message that names none.
func (l *linker) rank() {
	if l.ev.Customer == "" || len(l.ev.Messages) == 0 {
		return
	}
	for _, link := range l.links {
		if order(link.State) <= order(inbox.LinkUnproven) {
			return // it is known which
		}
	}
	newest := &l.ev.Messages[len(l.ev.Messages)-1]
	var own []*inbox.LinkOrder
	for i := range l.ev.Orders {
		if o := &l.ev.Orders[i]; (o.Owner == l.ev.Customer || takesPart(o, newest, "buyer")) && l.verdicts[o.ID] != inbox.LinkRejected {
			own = append(own, o)
		}
	}
	if len(own) == 0 {
		return
	}
	fits := fitOrders(l.ev, own)
	slices.SortStableFunc(fits, func(a, b orderFit) int {
		return cmp.Or(cmp.Compare(b.score, a.score), b.order.PlacedAt.Compare(a.order.PlacedAt), cmp.Compare(a.order.ID, b.order.ID))
	})
	for i, fit := range fits[:min(len(fits), maxRanked)] {
		link := inbox.OrderLink{
			State: inbox.LinkSuggested, Score: .25 + .15*fit.score/(1+fit.score),
			Reason: inbox.LinkReason{Text: fit.text(), MessageID: newest.ID},
		}
		if i == 0 && !l.named && wellAhead(fits) && newest.Customer == l.ev.Customer {
			link.State, link.Score = inbox.Linked, .7
			if newest.Proof < proven || fit.order.Owner != l.ev.Customer {
				link.State = inbox.LinkUnproven
			}
		}
		l.offer(fit.order, link)
	}
}
