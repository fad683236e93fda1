package thread

import (
	"slices"

	"skein/inbox"
)

// join makes the components of two messages one that key ties together, and
// their conversations, unless an agent parted those.
func (g *graph) join(x, y spot, key string) {
	a, b := g.comp[x.thread], g.comp[y.thread]
	if a == b || g.fenced(x, y) {
		return
	}
	if len(a.roots) == 0 && len(b.roots) > 0 {
		x, y, a, b = y, x, b, a
	}
	g.ask(a.roots, missing(b.people, a.people))
	g.ask(b.roots, missing(a.people, b.people))
	for p := range b.people {
		a.people[p] = true
	}
	a.keys = append(a.keys, b.keys...)
	a.roots = append(a.roots, b.roots...)
	j := inbox.Join{Winner: a.name, Loser: b.name}
	for t, c := range g.comp {
		if c == b {
			g.comp[t] = a
		}
	}
	j.Into, j.From = g.unite(x, y, key)
	g.joins = append(g.joins, j)
}

// unite makes the conversations of two messages one. The older survives, so
// that the number that people know stays.
func (g *graph) unite(x, y spot, key string) (into, from inbox.ConversationID) {
	into, from = g.where(x), g.where(y)
	if into != from && g.apart(into, from) {
		// What was not moved of the two threads is tied all the same.
		x, y = spot{thread: x.thread}, spot{thread: y.thread}
		if into, from = g.where(x), g.where(y); into != from {
			return "", ""
		}
	}
	if into != from && g.older(from, into) {
		into, from, x, y = from, into, y, x
	}
	home, other := g.home(x), g.home(y)
	if into == from {
		into, from = "", ""
	} else {
		g.moved[from] = into
		if g.made[from] > 0 && !g.named[from] && len(x.splits) == 0 {
			g.also[from] = home
			return into, from
		}
	}
	if home != other {
		var under []inbox.FactID
		for _, s := range []spot{x, y} {
			if n := len(s.splits); n > 0 {
				under = append(under, s.splits[n-1])
			}
		}
		g.named[home], g.named[other] = true, true
		g.ties = append(g.ties, inbox.Tie{
			Kind: inbox.FactLateParent, From: other, Into: home, Place: g.now, Key: key, Under: under,
			Text: "A mail came late that ties the two together",
		})
	}
	return into, from
}

// fenced reports whether one of two messages is in a side conversation and the
// other is not in it: what is said with others than the customer never comes
// together with anything else.
func (g *graph) fenced(x, y spot) bool { return g.aside(g.where(x)) != g.aside(g.where(y)) }

// aside is the conversation itself for a side conversation, and "" for any other.
func (g *graph) aside(id inbox.ConversationID) inbox.ConversationID {
	if c := g.ev.Conversations[id]; c != nil && c.Status == inbox.Side {
		return id
	}
	return ""
}

// apart reports whether an agent parted two conversations.
func (g *graph) apart(a, b inbox.ConversationID) bool {
	return slices.ContainsFunc(g.ev.Apart, func(pair [2]inbox.ConversationID) bool {
		x, y := g.survivor(pair[0]), g.survivor(pair[1])
		return x == a && y == b || x == b && y == a
	})
}

func (g *graph) older(a, b inbox.ConversationID) bool {
	ca, cb := g.ev.Conversations[a], g.ev.Conversations[b]
	switch {
	case ca != nil && cb != nil:
		return ca.Number < cb.Number
	case ca != nil || cb != nil:
		return ca != nil
	}
	return g.made[a] < g.made[b]
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
				if at := g.ownerOf(c, key); (k.Sender == inbox.Business || c.people[k.Sender]) && !g.fenced(at, spotOf(k)) {
					g.join(at, spotOf(k), "")
					c, again = g.comp[thread], true
				}
			}
		}
	}
}

// ownerOf is the message of c that is called by key.
func (g *graph) ownerOf(c *component, key inbox.Key) spot {
	for _, k := range g.byKey[key] {
		if k.Own && g.comp[k.Thread] == c {
			return spotOf(k)
		}
	}
	return spot{thread: c.name}
}
