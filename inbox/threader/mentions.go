package threader

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"skein/inbox"
	"skein/inbox/mask"
	"skein/inbox/orderlink"
)

// What one message may name: past that it is a list and no question.
const (
	maxMentions   = 50
	maxMentionKey = 400
)

// setMentions finds the orders and parcels that a message names. What an order
// mail of ours names is kept too: its answers are about that order. A delivery
// report speaks for nobody.
func setMentions(a *inbox.Arrival, context *inbox.OrderContext, grammars []orderlink.Grammar) {
	if len(a.Bounces) > 0 {
		return
	}
	if c, ok := contextMention(context); ok {
		a.Mentions = append(a.Mentions, c)
	}
	a.Mentions = append(a.Mentions, mentionsIn(a.Subject, said(a), a.Masked, grammars)...)
}

func mentionsIn(subject, said string, masked bool, grammars []orderlink.Grammar) []inbox.Mention {
	found := slices.DeleteFunc(orderlink.Find(subject, said, grammars), func(m inbox.Mention) bool {
		part := said
		if m.Part == "subject" {
			part = subject
		}
		return masked && m.Start > 0 && part[m.Start-1] == '*' // the end of a card's number
	})
	if len(found) > maxMentions { // the surest, in their order
		least := slices.SortedFunc(slices.Values(found), func(x, y inbox.Mention) int { return cmp.Compare(y.Score, x.Score) })[maxMentions-1].Score
		found = slices.DeleteFunc(found, func(m inbox.Mention) bool { return m.Score < least })
		found = found[:min(len(found), maxMentions)]
	}
	kept := found[:0]
	for _, m := range found {
		if m.Key != "" && len(m.Key) <= maxMentionKey {
			m.Text = bounded(m.Text, maxMentionKey)
			kept = append(kept, m)
		}
	}
	return kept
}

// maxCodes is how many numbers of one message are tried as a one-time code.
const maxCodes = 5

// setCodes finds what a person's message may tell of one-time codes.
func (t *Threader) setCodes(a *inbox.Arrival, r *inbox.Received) {
	if a.Direction != inbox.In || a.Automatic.Is || a.Spam || r.History {
		return
	}
	codes := orderlink.Codes(a.Subject + "\n" + said(a))
	for _, code := range codes[:min(len(codes), maxCodes)] {
		a.Codes = append(a.Codes, inbox.Guess{Code: code, Sum: t.cfg.Keys.CodeSum(code)})
	}
}

// said is what a message's writer said: no quotes, no signature.
func said(a *inbox.Arrival) string {
	if strings.TrimSpace(a.VisibleText) == "" {
		return a.Text
	}
	return a.VisibleText
}

// setOrderKeys sets what an order and its parcels are looked up by. The parcels
// are copied: the item may be read again.
func setOrderKeys(o *inbox.Order) {
	o.NumberKey = orderlink.NumberKey(o.Number)
	o.Shipments = slices.Clone(o.Shipments)
	for i := range o.Shipments {
		o.Shipments[i].TrackingKey = orderlink.TrackingKey(o.Shipments[i].Tracking)
	}
}

// contextMention is what a channel says of itself that a message is about.
func contextMention(c *inbox.OrderContext) (inbox.Mention, bool) {
	if c == nil {
		return inbox.Mention{}, false
	}
	store, external, number := line(c.Store), line(c.ExternalID), orderlink.NumberKey(line(c.Number))
	key := inbox.ContextKey(store, external, number)
	if _, _, _, ok := inbox.ParseContextKey(key); !ok || len(key) > maxMentionKey {
		return inbox.Mention{}, false
	}
	return inbox.Mention{Kind: inbox.MentionContext, Key: key, Text: bounded(cmp.Or(line(c.Number), external), maxMentionKey), Part: "context", Score: 1}, true
}

// ownNumbers are what of a message looks like cards' numbers and is known to be
// its sender's own orders' or parcels'. Of somebody else's nothing is asked: that a
// number stays would tell that it is an order's.
func (t *Threader) ownNumbers(ctx context.Context, a *inbox.Arrival) ([]string, error) {
	var numbers []string
	for _, s := range []string{a.Subject, a.Text, a.VisibleText} {
		for _, n := range mask.Numbers(s) {
			if !slices.Contains(numbers, n) && len(numbers) < maxMentions {
				numbers = append(numbers, n)
			}
		}
	}
	if len(numbers) == 0 || t.cfg.Store == nil {
		return nil, nil
	}
	keep, err := t.cfg.Store.OwnNumbers(ctx, a.Identity, numbers)
	if err != nil {
		return nil, fmt.Errorf("look up numbers: %w", err)
	}
	return keep, nil
}

// maskCards masks the numbers of payment cards in what people will see of a
// message, but for those to keep. An address stays: it is what its owner is known
// by.
func maskCards(a *inbox.Arrival, keep []string) {
	cards := func(s *string) {
		masked, n := mask.Cards(*s, keep...)
		*s, a.Masked = masked, a.Masked || n > 0
	}
	for _, s := range []*string{&a.Subject, &a.Text, &a.VisibleText, &a.Author.Name, &a.Sender.Name, &a.Person.Name, &a.Automatic.Reason} {
		cards(s)
	}
	masked, n := mask.HTML(a.HTML, keep...)
	a.HTML, a.Masked = masked, a.Masked || n > 0
	for _, list := range [][]inbox.Party{a.To, a.Cc} {
		for i := range list {
			cards(&list[i].Name)
		}
	}
	for i := range a.Attachments {
		cards(&a.Attachments[i].Name)
	}
	for i := range a.Bounces {
		cards(&a.Bounces[i].Detail)
	}
	for i := range a.Problems {
		cards(&a.Problems[i])
	}
	if a.Call != nil {
		call := *a.Call
		cards(&call.Summary)
		cards(&call.Transcript)
		a.Call = &call
	}
}
