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
// alone holds what they name, and what they ask goes with it.
func wellAhead(fits []orderFit) bool {
	first := &fits[0]
	if first.suits < .9 || first.multi || first.wish == unclear {
		return false
	}
	if len(fits) == 1 {
		return true
	}
	return len(first.items) > 0 && !first.shared && !fits[1].touched && first.score >= fits[1].score+.8
}

// A said is a text as it is compared with orders: its words and where each
// sentence ends.
type said struct {
	words    []string // stems
	low      []string // as they are
	sentence []int    // which one each word is in
	amounts  map[int64]bool
}

func saidIn(parts ...string) said {
	s := said{amounts: map[int64]bool{}}
	n := 0
	for _, part := range parts {
		tokens := lex(part)
		for k := range tokens {
			t := &tokens[k]
			switch {
			case t.kind == sign:
				if t.is(".!?;") && (k+1 == len(tokens) || tokens[k+1].space) {
					n++
				}
			case t.kind == word:
				s.add(t.low, n)
			default:
				s.add(strings.ToLower(t.key), n)
			}
		}
		n++
		addAmounts(s.amounts, tokens)
	}
	return s
}

func (s *said) add(low string, sentence int) {
	s.words = append(s.words, stem(low))
	s.low = append(s.low, low)
	s.sentence = append(s.sentence, sentence)
}

// stem is a word without a plural's ending.
func stem(low string) string {
	if same, ok := alias[low]; ok {
		return same
	}
	switch {
	case len(low) > 4 && (strings.HasSuffix(low, "ches") || strings.HasSuffix(low, "shes") || strings.HasSuffix(low, "xes") || strings.HasSuffix(low, "sses")):
		return low[:len(low)-2]
	case len(low) > 4 && strings.HasSuffix(low, "ies"):
		return low[:len(low)-3] + "y"
	case len(low) > 3 && strings.HasSuffix(low, "s") && !strings.HasSuffix(low, "ss") && !strings.HasSuffix(low, "us"):
		return low[:len(low)-1]
	}
	return low
}

// alias are words for the same thing.
var alias = map[string]string{
	"bike": "bicycle", "bikes": "bicycle", "tv": "television", "tvs": "television", "fridge": "refrigerator", "sofa": "couch", "sofas": "couch",
	"tee": "shirt", "tees": "shirt", "trainers": "sneaker", "cellphone": "smartphone", "fahrrad": "bicycle",
}

// addAmounts takes amounts of money, in hundredths, of tokens.
func addAmounts(amounts map[int64]bool, tokens []token) {
	for k := range tokens {
		t := &tokens[k]
		if t.kind != number || !isDigits(t.key) || len(t.key) > 9 {
			continue
		}
		whole := int64(0)
		for _, d := range t.key {
			whole = whole*10 + int64(d-'0')
		}
		last := k
		if k+2 < len(tokens) && tokens[k+1].is(".,") && tokens[k+2].kind == number && tokens[k+2].digits == 2 && isDigits(tokens[k+2].key) && !tokens[k+1].space && !tokens[k+2].space {
			last = k + 2
			amounts[whole*100+int64(tokens[last].key[0]-'0')*10+int64(tokens[last].key[1]-'0')] = true
			continue
		}
		if k > 0 && isCurrency(&tokens[k-1]) || last+1 < len(tokens) && isCurrency(&tokens[last+1]) {
			amounts[whole*100] = true
		}
	}
}

// A thing is a title of the customer's orders, and where a text names it.
type thing struct {
	strength float64
	at       int // first word
	words    int
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
		fits[i].multi = multi
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

// has reports whether a text holds a phrase.
func (s *said) has(phrase string) bool {
	return len(s.places(phraseStems(phrase))) > 0
}

func phraseStems(phrase string) []string {
	var stems []string
	for _, t := range lex(phrase) {
		switch t.kind {
		case word:
			stems = append(stems, stem(t.low))
		case number:
			stems = append(stems, stem(strings.ToLower(t.key)))
		}
	}
	return stems
}

// places are where words follow each other in a text.
func (s *said) places(stems []string) []int {
	var found []int
	if len(stems) == 0 {
		return nil
	}
	for i := 0; i+len(stems) <= len(s.words); i++ {
		if slices.Equal(s.words[i:i+len(stems)], stems) {
			found = append(found, i)
		}
	}
	return found
}

// find returns where a text names what has a title: all of it, or by the last
// word, as "bottle" a water bottle.
func (s *said) find(title string) []thing {
	stems := phraseStems(title)
	if len(stems) == 0 {
		return nil
	}
	var found []thing
	for _, at := range s.places(stems) {
		found = append(found, thing{1, at, len(stems)})
	}
	if len(stems) > 1 {
		if joined := strings.Join(stems, ""); len(joined) > 4 {
			for _, at := range s.places([]string{joined}) {
				found = append(found, thing{1, at, 1})
			}
		}
	}
	// "book shelf" is a bookshelf.
	if len(stems) == 1 && len(stems[0]) > 5 {
		for i := 0; i+1 < len(s.words); i++ {
			if s.words[i]+s.words[i+1] == stems[0] {
				found = append(found, thing{1, i, 2})
			}
		}
	}
	if len(found) > 0 || len(stems) == 1 {
		return found
	}
	for k, w := range stems {
		strength := .35
		if k == len(stems)-1 {
			strength = .7
		}
		if generic[w] || len(w) < 3 {
			continue
		}
		for _, at := range s.places([]string{w}) {
			found = append(found, thing{strength, at, 1})
		}
	}
	return found
}

// generic are last words of titles that many things have.
var generic = set("set kit pack bundle maker machine cleaner device case cover size item product")

// options adds for words of a variant that stand near a thing.
func (s *said) options(variant string, t thing) float64 {
	value := 0.0
	seen := map[string]bool{}
	for _, w := range phraseStems(variant) {
		if seen[w] || len(w) < 2 {
			continue
		}
		seen[w] = true
		for i := max(0, t.at-8); i < min(len(s.words), t.at+t.words+8); i++ {
			if s.words[i] == w && s.sentence[i] == s.sentence[t.at] {
				value += .08
				break
			}
		}
	}
	return min(value, .3)
}

// around returns what is asked for of a thing, and how far it is said to be: the
// nearest word before it in its sentence, or else after it.
func (s *said) around(t thing) (intent, stage, bool) {
	from, to := t.at, t.at+t.words
	for from > 0 && s.sentence[from-1] == s.sentence[t.at] {
		from--
	}
	for to < len(s.low) && s.sentence[to] == s.sentence[t.at] {
		to++
	}
	hint, hinted := s.hint(from, to)
	for i := t.at - 1; i >= from; i-- {
		if w := wishes.of(s.low[i]); w != unclear {
			return w, hint, hinted
		}
	}
	for i := t.at + t.words; i < to; i++ {
		if w := wishes.of(s.low[i]); w != unclear {
			return w, hint, hinted
		}
	}
	return unclear, hint, hinted
}

// hint returns how far an order is said to be, if it is said.
func (s *said) hint(from, to int) (stage, bool) {
	for i := from; i < to; i++ {
		if h, ok := hints[s.low[i]]; ok {
			return h, true
		}
	}
	return 0, false
}

// wish is what a text asks for, the first of what it asks for, and whether it
// asks for more.
func (s *said) wish() (first intent, multi bool) {
	for _, low := range s.low {
		w := wishes.of(low)
		switch {
		case w == unclear || w == first:
		case first == unclear:
			first = w
		default:
			multi = true
		}
	}
	return first, multi
}
