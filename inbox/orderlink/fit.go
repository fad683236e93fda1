package orderlink

import (
	"maps"
	"slices"
	"strings"

	"skein/inbox"
)

// An orderFit is how well an order goes with what somebody writes.
type orderFit struct {
	order   *inbox.LinkOrder
	score   float64
	items   []string // titles that the text names
	touched bool     // the text has a word of a title
	suits   float64  // what is asked for, at the order's stage
	shared  bool     // some other order of theirs has the same thing
	amount  bool
	city    bool
	wish    intent
	plain   bool // nothing more is said than that it is about an order
	multi   bool // several things are asked for
}

// text is why an order is offered, in a line.
func (f *orderFit) text() string {
	var why []string
	if len(f.items) > 0 {
		why = append(why, "it holds "+strings.Join(f.items[:min(len(f.items), 3)], ", "))
	}
	if f.amount {
		why = append(why, "they name its amount")
	}
	if f.city {
		why = append(why, "it goes to the city they name")
	}
	if f.wish != unclear && f.suits >= .6 {
		why = append(why, "what they ask goes with an order that is "+f.order.Status)
	}
	if len(why) == 0 {
		return "One of their orders: " + f.order.Number
	}
	return "Order " + f.order.Number + ": " + strings.Join(why, "; ")
}

// wellAhead reports whether the first of ranked orders is surely the one: it
// alone holds what they name, and what they ask goes with it. An only order is
// the one that "where is my order?" is about, but longer words may be about
// something that no order holds.
func wellAhead(fits []orderFit) bool {
	first, others := &fits[0], fits[1:]
	switch {
	case first.suits < .9 || first.multi || first.wish == unclear:
		return false
	case len(first.items) == 0:
		return len(others) == 0 && first.plain
	case len(others) == 0:
		return true
	}
	return !first.shared && first.score >= others[0].score+.8 && !slices.ContainsFunc(others, func(f orderFit) bool { return f.touched })
}

// maxCompared bounds how many bytes of what was said are compared with orders.
const maxCompared = 32 << 10

// fitOrders compares what the customer writes with each of their orders.
func fitOrders(ev *inbox.LinkEvidence, own []*inbox.LinkOrder) []orderFit {
	var parts []string // the newest first: what they want by now
	size := 0
	for i := len(ev.Messages) - 1; i >= 0 && size < maxCompared; i-- {
		if m := &ev.Messages[i]; m.Customer == ev.Customer {
			parts = append(parts, m.Subject, m.Text[:min(len(m.Text), maxCompared)])
			size += len(m.Subject) + len(m.Text)
		}
	}
	s := saidIn(parts...)
	wish, multi := s.wish()
	fits := make([]orderFit, len(own))
	holders := map[string]int{} // orders that hold a thing that is named
	for i, o := range own {
		fits[i] = fitOrder(&s, o, wish)
		fits[i].multi, fits[i].plain = multi, s.plain()
		seen := map[string]bool{}
		for _, item := range fits[i].items {
			if title := fold(item); !seen[title] {
				seen[title] = true
				holders[title]++
			}
		}
	}
	for i := range fits {
		fits[i].shared = slices.ContainsFunc(fits[i].items, func(item string) bool { return holders[fold(item)] > 1 })
	}
	s.compare(fits)
	return fits
}

// compare prefers, of orders that hold the same thing, the one with the dearer
// or the cheaper, when the text says which.
func (s *said) compare(fits []orderFit) {
	sign := s.dearer()
	if sign == 0 {
		return
	}
	price := func(k int, title string) int64 {
		var most int64
		for _, item := range fits[k].order.Items {
			if item.Title == title {
				most = max(most, 1<<40+item.Price*sign)
			}
		}
		return most
	}
	best, tied := map[string]int{}, map[string]bool{}
	for k := range fits {
		for _, title := range fits[k].items {
			old, ok := best[title]
			switch {
			case !ok || price(k, title) > price(old, title):
				best[title], tied[title] = k, false
			case price(k, title) == price(old, title):
				tied[title] = true
			}
		}
	}
	for title, k := range best {
		if fits[k].shared && !tied[title] {
			fits[k].score += .1
		}
	}
}

// dearer is 1 when a text says "the more expensive", -1 for "less", and 0 when
// it says neither. "Cheaper" is what people want to have instead.
func (s *said) dearer() int64 {
	for i, low := range s.low {
		before := ""
		if i > 0 {
			before = s.low[i-1]
		}
		switch low {
		case "pricier", "dearer", "teurere", "teureren", "teurer", "duurdere":
			return 1
		case "expensive", "cher", "chere", "caro", "cara", "drozszy", "costoso", "costosa":
			switch before {
			case "more", "most", "plus", "mas", "piu", "mais":
				return 1
			case "less", "least", "moins", "menos", "meno":
				return -1
			}
		}
	}
	return 0
}

func fitOrder(s *said, o *inbox.LinkOrder, wish intent) orderFit {
	f := orderFit{order: o, wish: wish, suits: suits[wish][stageOf(o)]}
	f.score = .4 * f.suits
	at := map[int]float64{} // the best of what begins at one word
	count := map[string]int{}
	for i := range o.Items {
		count[o.Items[i].Title] += max(o.Items[i].Quantity, 1)
	}
	for i := range o.Items {
		item := &o.Items[i]
		named := false
		for _, t := range s.find(item.Title) {
			if s.wanted(t) {
				t.strength /= 2
			}
			local, hint, hinted := s.around(t)
			if local == unclear {
				local = wish
			}
			value := t.strength * (.3 + .7*suits[local][stageOf(o)])
			if hinted && hint == stageOf(o) {
				value += .15
			}
			value += s.options(item.Variant, t)
			if last := t.at + t.words - 1; count[item.Title] > 1 && s.low[last] != s.words[last] {
				value += .15 // the tablets, of an order of two
			}
			if value > at[t.at] {
				at[t.at] = value
			}
			named = named || t.strength > .5
			f.touched = true
		}
		if named && !slices.Contains(f.items, item.Title) {
			f.items = append(f.items, item.Title)
		}
		if item.Price > 0 && s.amounts[hundredths(item.Price, o.Currency)] {
			f.score += .2
		}
	}
	for _, place := range slices.Sorted(maps.Keys(at)) { // in order: sums of fractions depend on it
		f.score += at[place]
	}
	if o.Total > 0 && s.amounts[hundredths(o.Total, o.Currency)] {
		f.amount = true
		f.score += .8
	}
	for i := range o.Parties {
		if a := o.Parties[i].Address; a != nil && a.City != "" && s.has(a.City) {
			f.city = true
		}
	}
	if f.city {
		f.score += .2
	}
	if hint, ok := s.hint(0, len(s.low)); ok && hint == stageOf(o) {
		f.score += .1
	}
	return f
}
