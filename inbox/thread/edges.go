package thread

import (
	"slices"

	"skein/inbox"
)

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
	take := func(at spot, why inbox.Reason, member bool) {
		edges = taken(edges, edge{to: g.comp[at.thread], at: at, reason: why, member: member})
	}
	byToken := func(a inbox.Anchor, text string) {
		c := g.comp[a.Thread]
		if c == nil {
			return
		}
		if at := g.where(spot{a.Thread, a.Splits}); g.aside(at) != "" && !admits(c) && !m.Automatic.Is {
			// Whoever got hold of what was said aside is not of those it is said with.
			stranger = &inbox.Reason{Step: inbox.ByNothing, Linked: at, Text: inbox.QuotesAnother}
			return
		}
		why := inbox.Reason{Step: inbox.ByToken, Text: text}
		if !admits(c) && !m.Automatic.Is {
			why.Marks = []string{UnknownAddress}
			why.Text += ", from an address that took no part before"
		}
		take(spot{a.Thread, a.Splits}, why, admits(c))
	}

	if a, ok := g.ev.Tokens[m.Token]; ok && m.Token != "" {
		byToken(a, "Answers a message that we sent")
	}
	if list := g.ev.Plus[m.Plus]; m.Plus != "" && len(list) > 0 {
		// Of several threads there, one in which the sender takes part.
		i := slices.IndexFunc(list, func(a inbox.Anchor) bool { return g.comp[a.Thread] != nil && admits(g.comp[a.Thread]) })
		byToken(list[max(i, 0)], "Was sent to this conversation's own address")
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
				take(spotOf(k), pointsAt(ref), true)
			} else if stranger == nil {
				stranger = &inbox.Reason{Step: inbox.ByNothing, Key: ref.ID, Linked: g.where(spotOf(k)), Text: inbox.QuotesAnother}
			}
		}
	}
	for _, ref := range m.Refs {
		for _, k := range unmovedFirst(g.byKey[ref.Key]) {
			if !k.Own && ref.Key != m.Own && g.vouches(k) && sibling(sender, m.People, k) {
				take(spotOf(k), inbox.Reason{Step: inbox.BySibling, Key: ref.ID, Text: "Answers the same message as another here"}, true)
			}
		}
	}
	if m.Thread != (inbox.Key{}) { // the channel itself vouches
		// It goes on where its newest message is.
		for _, k := range slices.Backward(g.byKey[m.Thread]) {
			if k.Own && g.comp[k.Thread] != nil {
				take(spotOf(k), inbox.Reason{Step: inbox.ByChannel, Text: "Same thread on its channel"}, true)
			}
		}
	}
	return edges, stranger
}

// taken adds an edge unless there is one to its component already.
func taken(edges []edge, e edge) []edge {
	if i := slices.IndexFunc(edges, func(have edge) bool { return have.to == e.to }); i >= 0 {
		edges[i].member = edges[i].member || e.member
		return edges
	}
	return append(edges, e)
}

// unmovedFirst puts what an agent moved after what is where it belongs: of
// several that say the same the latter decides.
func unmovedFirst(rows []inbox.KeyRow) []inbox.KeyRow {
	if !slices.ContainsFunc(rows, func(k inbox.KeyRow) bool { return len(k.Splits) > 0 }) {
		return rows
	}
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b inbox.KeyRow) int {
		return min(len(a.Splits), 1) - min(len(b.Splits), 1)
	})
	return rows
}

// waitingFor lists edges the other way round: messages that came before the
// one that they answer.
func (g *graph) waitingFor(m *inbox.Arrival) (edges []edge) {
	if m.Own == (inbox.Key{}) {
		return nil
	}
	for _, k := range unmovedFirst(g.byKey[m.Own]) {
		if k.Own || k.Sender == "" || !g.vouches(k) {
			continue
		}
		if k.Sender == inbox.Business || slices.Contains(m.People, k.Sender) {
			edges = taken(edges, edge{to: g.comp[k.Thread], at: spotOf(k), member: true, reason: inbox.Reason{
				Step: inbox.ByLateParent, Key: m.HeaderID, Text: "A message here answers it and came first",
			}})
		}
	}
	return edges
}

// maxQuotes bounds how many strangers are linked to one arrival.
const maxQuotes = 100

// quotes links what quotes a message and came before it: p's own where it is of
// this batch, others' as they are returned. Whoever was let in needs no link.
func (g *graph) quotes(m *inbox.Arrival, p *inbox.Placement) (list []inbox.Quote) {
	c := g.comp[p.Thread]
	if p.NewThread && p.Reason.Step == inbox.ByNothing && p.Reason.Linked == "" {
		for _, ref := range m.Refs {
			i := slices.IndexFunc(g.byKey[ref.Key], func(k inbox.KeyRow) bool {
				return k.Own && ref.Key != m.Own && g.comp[k.Thread] != nil && g.comp[k.Thread] != c
			})
			if i >= 0 {
				p.Reason.Key, p.Reason.Linked, p.Reason.Text = ref.ID, g.where(spotOf(g.byKey[ref.Key][i])), inbox.QuotesAnother
				break
			}
		}
	}
	if m.Own == (inbox.Key{}) {
		return nil
	}
	for _, k := range g.byKey[m.Own] {
		if !k.Own && k.Message != "" && g.comp[k.Thread] != nil && g.comp[k.Thread] != c && len(list) < maxQuotes {
			list = append(list, inbox.Quote{Message: k.Message, Conversation: p.Conversation, Key: m.HeaderID})
		}
	}
	return list
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
