package orderlink

import (
	"slices"
	"strings"
)

// A said is a text as it is compared with orders: its words and where each
// sentence ends.
type said struct {
	words    []string // stems
	low      []string // as they are
	sentence []int    // which one each word is in
	amounts  map[int64]bool
	at       map[string][]int   // where a stem is
	found    map[string][]thing // by title: many orders hold the same
}

// maxPlaces bounds how often one thing is looked at in a text.
const maxPlaces = 20

func saidIn(parts ...string) said {
	s := said{amounts: map[int64]bool{}, at: map[string][]int{}, found: map[string][]thing{}}
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
	w := stem(low)
	if len(s.at[w]) < maxPlaces {
		s.at[w] = append(s.at[w], len(s.words))
	}
	s.words = append(s.words, w)
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
	for _, i := range s.at[stems[0]] {
		if i+len(stems) <= len(s.words) && slices.Equal(s.words[i:i+len(stems)], stems) {
			found = append(found, i)
		}
	}
	return found
}

// find returns where a text names what has a title: all of it, or by the last
// word, as "bottle" a water bottle.
func (s *said) find(title string) []thing {
	found, ok := s.found[title]
	if !ok {
		found = s.search(title)
		s.found[title] = found
	}
	return found
}

func (s *said) search(title string) []thing {
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
		for cut := 3; cut <= len(stems[0])-3; cut++ {
			for _, i := range s.at[stems[0][:cut]] {
				if i+1 < len(s.words) && s.words[i+1] == stems[0][cut:] {
					found = append(found, thing{1, i, 2})
				}
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

// wanted reports whether a thing is what somebody would have instead: "for a
// larger lamp".
func (s *said) wanted(t thing) bool {
	for i := t.at - 1; i >= max(1, t.at-4) && s.sentence[i] == s.sentence[t.at]; i-- {
		switch s.low[i] {
		case "a", "an", "another", "ein", "eine", "einen", "un", "une", "una", "een":
			switch s.low[i-1] {
			case "for", "to", "with", "into", "gegen", "fur", "in", "contre", "pour", "por", "con", "per", "voor":
				return true
			}
		}
	}
	return false
}

// plain reports whether a text says little more than that it is about an order
// or a parcel.
func (s *said) plain() bool {
	const few = 14
	return len(s.low) <= few && slices.ContainsFunc(s.low, func(low string) bool {
		l := labelOf(low)
		return l == orderNoun || l == parcelLabel
	})
}
