package orderlink

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"skein/inbox"
)

// proven is the proof from which on a sender is who the address says.
const proven inbox.Proof = 2

// Scores by which links are ranked. What an agent said is surest, then what the
// channel knows, then what a message names; the newest message counts first.
const (
	scoreVerdict   = 1
	scoreContext   = .99
	scoreNamed     = .75 // and up to .05 more
	scoreRecipient = .5
	scoreNear      = .45
	scoreClaimed   = .2
	scoreAge       = .03 // off for each newer message, of ten
)

// Link decides which orders a conversation is about. It implements
// [inbox.LinkFunc].
//
// An order is whoever's it is: its buyer's customer may see it, by a message
// that proves its sender or marked as unproven; its recipient hears of the
// parcel; to anybody else it is a claim, which is the same for an order that
// nobody knows. An order that no message names is linked by itself only when
// it is well ahead of all others of that customer.
func Link(ev *inbox.LinkEvidence) []inbox.OrderLink {
	l := linker{ev: ev, links: map[inbox.OrderID]inbox.OrderLink{}, claimed: map[string]bool{}, rejected: map[string]bool{}, verdicts: map[inbox.OrderID]inbox.LinkState{}}
	for i := range ev.Orders {
		o := &ev.Orders[i]
		l.keys = append(l.keys, keysOf(o))
	}
	for _, v := range ev.Verdicts {
		l.verdicts[v.OrderID] = v.State // the newest holds
	}
	for i := range ev.Rejected {
		l.rejected[nameOf(&ev.Rejected[i])] = true
	}
	for i := len(ev.Messages) - 1; i >= 0; i-- {
		l.message(&ev.Messages[i], len(ev.Messages)-1-i)
	}
	for i := range ev.Orders {
		l.verdict(&ev.Orders[i])
	}
	l.rank()
	return l.ranked()
}

// A linker collects an order's best link.
type linker struct {
	ev       *inbox.LinkEvidence
	keys     []orderKeys // of ev.Orders
	links    map[inbox.OrderID]inbox.OrderLink
	claims   []inbox.OrderLink
	claimed  map[string]bool // by nameOf
	rejected map[string]bool // claims, by nameOf
	verdicts map[inbox.OrderID]inbox.LinkState
	named    bool // a message names an order, known or not
}

// orderKeys are an order's numbers as they are looked up.
type orderKeys struct {
	number  string
	digits  string // of a number with letters, when they are one run
	parcels []string
}

func keysOf(o *inbox.LinkOrder) orderKeys {
	k := orderKeys{number: NumberKey(o.Number)}
	first, last := strings.IndexAny(k.number, "0123456789"), strings.LastIndexAny(k.number, "0123456789")
	if first >= 0 && last-first+1 < len(k.number) && isDigits(k.number[first:last+1]) {
		k.digits = k.number[first : last+1]
	}
	for i := range o.Shipments {
		if key := TrackingKey(o.Shipments[i].Tracking); key != "" {
			k.parcels = append(k.parcels, key)
		}
	}
	return k
}

// A place is where in a message a number stands. One number may be read as
// several stores' numbers.
type place struct {
	part  string
	start int
}

// message takes what a message names; age is how many newer ones there are.
func (l *linker) message(msg *inbox.LinkMessage, age int) {
	later := float64(min(age, 10)) * scoreAge
	allowed := l.own(msg, later)
	for i := range msg.Mentions {
		m := &msg.Mentions[i]
		if m.Kind != inbox.MentionContext && !l.rejected[nameOf(&m.Mention)] {
			l.named = true
		}
		for j := range l.ev.Orders {
			if l.names(m, j) == namesIt && (l.gate(&l.ev.Orders[j], msg, m, later) || l.verdicts[l.ev.Orders[j].ID] == inbox.Linked) {
				allowed[place{m.Part, m.Start}] = true
			}
		}
	}
	for i := range msg.Mentions {
		m := &msg.Mentions[i]
		if m.Kind == inbox.MentionContext || allowed[place{m.Part, m.Start}] {
			continue
		}
		for j := range l.ev.Orders {
			if o := &l.ev.Orders[j]; isOwn(o, msg) && l.names(m, j) == namesNearly {
				l.offer(o, inbox.OrderLink{
					State: inbox.LinkSuggested, Score: scoreNear - later/10,
					Reason: inbox.LinkReason{Text: "Their order " + o.Number + " is nearly what they wrote: " + m.Text, MessageID: msg.ID, Mention: m.Text},
				})
			}
		}
		l.claim(msg, m, later)
	}
}

// How a mention names an order.
type naming uint8

const (
	namesNot naming = iota
	namesNearly
	namesIt
)

// names tells how a mention names order j.
func (l *linker) names(m *inbox.StoredMention, j int) naming {
	k := &l.keys[j]
	switch m.Kind {
	case inbox.MentionContext:
		if m.Key == string(l.ev.Orders[j].ID) {
			return namesIt
		}
	case inbox.MentionTracking:
		if slices.Contains(k.parcels, m.Key) || k.number != "" && k.number == m.Key {
			return namesIt
		}
	case inbox.MentionOrder:
		if k.number != "" && k.number == m.Key || slices.Contains(k.parcels, m.Key) {
			return namesIt
		}
		if nearMiss(k.number, m.Key) || k.digits != "" && nearMiss(k.digits, m.Key) {
			return namesNearly
		}
	}
	return namesNot
}

// nearMiss reports whether two numbers differ by one character, or by two
// beside each other that were swapped.
func nearMiss(a, b string) bool {
	return len(a) >= 4 && len(b) >= 4 && a != b && near(a, b, 1)
}

// isOwn reports whether an order is its sender's: their customer's, or bought
// with the address that they write from, by an account of which nobody knows
// yet that it is theirs.
func isOwn(o *inbox.LinkOrder, msg *inbox.LinkMessage) bool {
	return isOwners(o, msg) || takesPart(o, msg, "buyer")
}

func isOwners(o *inbox.LinkOrder, msg *inbox.LinkMessage) bool {
	return msg.Customer != "" && o.Owner == msg.Customer
}

// gate links an order that a message names, as far as its sender may. It
// reports whether they may at all.
func (l *linker) gate(o *inbox.LinkOrder, msg *inbox.LinkMessage, m *inbox.StoredMention, later float64) bool {
	reason := inbox.LinkReason{Text: "They name " + m.Text, MessageID: msg.ID, Mention: m.Text}
	score := scoreNamed + .05*max(0, min(m.Score, 1)) - later
	if m.Kind == inbox.MentionTracking {
		reason.Text = "They name its parcel " + m.Text
	}
	if m.Kind == inbox.MentionContext {
		reason.Text, reason.Mention, score = "They write about this order: "+o.Number, "", scoreContext-later
	}
	switch {
	case isOwn(o, msg):
		state := inbox.Linked
		switch {
		case msg.Proof < proven:
			state = inbox.LinkUnproven
			reason.Text += "; the sender is not proven"
		case !isOwners(o, msg):
			state = inbox.LinkUnproven
			reason.Text += "; the buyer has their address and is not known to be them"
		}
		l.offer(o, inbox.OrderLink{State: state, Score: score, Reason: reason})
		return true
	case takesPart(o, msg, "recipient"):
		reason.Text = "They receive the parcel of the order they name: " + m.Text
		if m.Text == "" {
			reason.Text = "They receive the parcel of this order"
		}
		l.offer(o, inbox.OrderLink{State: inbox.LinkRecipient, Score: scoreRecipient - later/10, Reason: reason})
		return true
	}
	return false
}

// takesPart reports whether the sender's address is that of a party of an order.
func takesPart(o *inbox.LinkOrder, msg *inbox.LinkMessage, role string) bool {
	for i := range o.Parties {
		p := &o.Parties[i]
		if p.Role == role && (p.Email != "" && slices.Contains(msg.People, p.Email) || p.Phone != "" && slices.Contains(msg.People, p.Phone)) {
			return true
		}
	}
	return false
}

// nameOf is what a mention names.
func nameOf(m *inbox.Mention) string { return string(m.Kind) + m.Key }

// claim notes an order that isn't the sender's, if there is one at all: nothing
// of what is said here may depend on that.
func (l *linker) claim(msg *inbox.LinkMessage, m *inbox.StoredMention, later float64) {
	name := nameOf(&m.Mention)
	if l.claimed[name] {
		return // a newer message says the same
	}
	l.claimed[name] = true
	if l.rejected[name] {
		l.claims = append(l.claims, inbox.OrderLink{
			State: inbox.LinkRejected, ClaimID: m.ID,
			Reason: inbox.LinkReason{Text: "An agent said that it is no order of theirs", MessageID: msg.ID, Mention: m.Text},
		})
		return
	}
	what := "an order"
	if m.Kind == inbox.MentionTracking {
		what = "a parcel"
	}
	l.claims = append(l.claims, inbox.OrderLink{
		State: inbox.LinkClaimed, ClaimID: m.ID, Score: scoreClaimed*max(0, min(m.Score, 1)) - later/10,
		Reason: inbox.LinkReason{Text: "They name " + what + " that is not known to be theirs: " + m.Text, MessageID: msg.ID, Mention: m.Text},
	})
}

// own links the sender's own orders whose numbers stand in the text without a
// word that says so, or without their letters: that they are theirs is enough.
// It returns where they stand.
func (l *linker) own(msg *inbox.LinkMessage, later float64) map[place]bool {
	at := map[place]bool{}
	numbers := map[string][]int{}
	for j := range l.ev.Orders {
		if !isOwn(&l.ev.Orders[j], msg) {
			continue
		}
		k := &l.keys[j]
		for _, key := range append([]string{k.number, k.digits}, k.parcels...) {
			// Shorter ones may be anything: a year, a price, a size.
			if len(key) >= 5 && !slices.Contains(numbers[key], j) {
				numbers[key] = append(numbers[key], j)
			}
		}
	}
	if len(numbers) == 0 {
		return at
	}
	for _, part := range [2][2]string{{"subject", msg.Subject}, {"text", msg.Text}} {
		f := finder{name: part[0], text: part[1], tokens: lex(part[1])}
		for i := 0; i < len(f.tokens); {
			c, next := candidateAt(f.text, f.tokens, i)
			i = next
			if c == nil {
				continue
			}
			f.read(c)
			if c.label == antiLabel && !c.hash {
				continue
			}
			for _, reading := range f.readings(c) {
				if len(numbers[reading.key]) == 0 {
					continue
				}
				for _, j := range numbers[reading.key] {
					m := &inbox.StoredMention{Mention: inbox.Mention{Kind: inbox.MentionOrder, Text: f.text[reading.start:reading.end], Score: .7}}
					if slices.Contains(l.keys[j].parcels, reading.key) {
						m.Kind = inbox.MentionTracking
					}
					l.gate(&l.ev.Orders[j], msg, m, later)
				}
				l.named = true
				at[place{f.name, reading.start}] = true
				break
			}
		}
	}
	return at
}

// offer keeps the better of two links of an order.
func (l *linker) offer(o *inbox.LinkOrder, link inbox.OrderLink) {
	link.OrderID = o.ID
	link.Order = shown(o, link.State)
	if old, ok := l.links[o.ID]; ok && (order(old.State) < order(link.State) || order(old.State) == order(link.State) && old.Score >= link.Score) {
		return
	}
	l.links[o.ID] = link
}

// order ranks states, the one that says most first.
func order(s inbox.LinkState) int {
	return slices.Index([]inbox.LinkState{inbox.Linked, inbox.LinkUnproven, inbox.LinkRecipient, inbox.LinkSuggested, inbox.LinkClaimed, inbox.LinkRejected}, s)
}

// shown is what may be seen of an order in a state.
func shown(o *inbox.LinkOrder, state inbox.LinkState) *inbox.Order {
	switch {
	case state.Shows():
		return &o.Order
	case state == inbox.LinkRecipient:
		return o.ToRecipient()
	}
	return nil
}

// verdict applies what an agent said of an order.
func (l *linker) verdict(o *inbox.LinkOrder) {
	switch l.verdicts[o.ID] {
	case inbox.Linked:
		reason := inbox.LinkReason{Text: "An agent linked it"}
		if old, ok := l.links[o.ID]; ok && old.Reason.MessageID != "" {
			reason.MessageID, reason.Mention = old.Reason.MessageID, old.Reason.Mention
		}
		l.links[o.ID] = inbox.OrderLink{OrderID: o.ID, Order: &o.Order, State: inbox.Linked, Score: scoreVerdict, Reason: reason}
		l.named = true
	case inbox.LinkRejected:
		link := inbox.OrderLink{OrderID: o.ID, State: inbox.LinkRejected, Reason: inbox.LinkReason{Text: "An agent said that it is not this one"}}
		if l.ev.Customer != "" && o.Owner == l.ev.Customer {
			link.Order = &o.Order
		}
		l.links[o.ID] = link
	}
}

// ranked is what was found, the most relevant first.
func (l *linker) ranked() []inbox.OrderLink {
	all := slices.Clone(l.claims)
	for i := range l.ev.Orders {
		if link, ok := l.links[l.ev.Orders[i].ID]; ok {
			all = append(all, link)
		}
	}
	placed := func(link *inbox.OrderLink) int64 {
		if link.Order == nil {
			return 0
		}
		return link.Order.PlacedAt.Unix()
	}
	slices.SortStableFunc(all, func(a, b inbox.OrderLink) int {
		return cmp.Or(
			cmp.Compare(late(a.State), late(b.State)),
			cmp.Compare(b.Score, a.Score),
			cmp.Compare(placed(&b), placed(&a)),
			cmp.Compare(a.OrderID, b.OrderID),
		)
	})
	for i := range all {
		all[i].Score = math.Round(all[i].Score*1000) / 1000
	}
	if len(all) > 0 && all[0].State != inbox.LinkRejected {
		all[0].Meant = true
	}
	return all
}

// late keeps what an agent rejected at the end.
func late(s inbox.LinkState) int {
	if s == inbox.LinkRejected {
		return 1
	}
	return 0
}
