package orderlink

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxPatterns bounds how many patterns a grammar keeps.
const maxPatterns = 48

// A Grammar is how a store numbers its orders, as counts that can be merged. In
// a pattern 9 stands for a digit, @ for a letter and ? for either; letters that
// a store repeats stay as they are, and so does what separates.
//
// The zero value is the grammar of a store without orders and matches nothing.
type Grammar struct {
	Patterns map[string]Count `json:"patterns"`
}

// A Count is what is known of the numbers of one pattern.
type Count struct {
	Orders  int64  `json:"orders"`
	Padded  int64  `json:"padded,omitempty"` // of them with a leading zero
	Lowest  string `json:"lowest"`           // two examples
	Highest string `json:"highest"`
}

// Learn returns the grammar of a store's numbers. Grammars of parts of them
// [Grammar.Merge] to the grammar of all.
func Learn(numbers []string) Grammar {
	g := Grammar{Patterns: map[string]Count{}}
	for _, number := range numbers {
		pattern, padded, ok := patternOf(number)
		if !ok {
			continue
		}
		number = strings.TrimSpace(number)
		c := Count{Orders: 1, Lowest: number, Highest: number}
		if padded {
			c.Padded = 1
		}
		g.Patterns[pattern] = g.Patterns[pattern].plus(c)
		if len(g.Patterns) > 4*maxPatterns {
			g.fold()
		}
	}
	g.fold()
	return g
}

// Merge returns the grammar of g's orders and of other's.
func (g Grammar) Merge(other Grammar) Grammar {
	all := Grammar{Patterns: maps.Clone(g.Patterns)}
	if all.Patterns == nil {
		all.Patterns = map[string]Count{}
	}
	for pattern, c := range other.Patterns {
		all.Patterns[pattern] = all.Patterns[pattern].plus(c)
	}
	all.fold()
	return all
}

// Reads says what g takes for a number of the store: two that read alike find the
// same in every text.
func (g Grammar) Reads() string {
	var list []string
	for _, s := range g.shapes() {
		slices.Sort(s.written)
		list = append(list, fmt.Sprintf("%q %q %q %d-%d %t %q", s.front, s.back, s.pattern, s.least, s.most, s.padded, s.written))
	}
	slices.Sort(list)
	return strings.Join(list, "\n")
}

// ParseGrammar reads what json.Marshal wrote of a grammar.
func ParseGrammar(text []byte) (Grammar, error) {
	var g Grammar
	if err := json.Unmarshal(text, &g); err != nil {
		return Grammar{}, fmt.Errorf("grammar: %w", err)
	}
	return g, nil
}

// Orders is how many numbers g was learned from.
func (g Grammar) Orders() int64 {
	var n int64
	for _, c := range g.Patterns {
		n += c.Orders
	}
	return n
}

func (c Count) plus(o Count) Count {
	if c.Orders == 0 {
		return o
	}
	if o.Orders == 0 {
		return c
	}
	c.Orders += o.Orders
	c.Padded += o.Padded
	if lower(o.Lowest, c.Lowest) {
		c.Lowest = o.Lowest
	}
	if lower(c.Highest, o.Highest) {
		c.Highest = o.Highest
	}
	return c
}

// lower orders numbers as a store counts them: shorter ones first.
func lower(a, b string) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}

// patternOf abstracts a number's digits.
func patternOf(number string) (pattern string, padded, ok bool) {
	key := NumberKey(number)
	if key == "" || !strings.ContainsAny(key, "0123456789") || len(number) > 4*maxKey || !utf8.ValidString(number) || strings.ContainsFunc(number, unicode.IsControl) {
		return "", false, false
	}
	var b strings.Builder
	first := true
	for _, r := range strings.TrimSpace(number) {
		if d, isDigit := digit(r); isDigit {
			padded = padded || d == 0 && first
			first, r = false, '9'
		} else if r = unicode.ToUpper(narrow(r)); strings.ContainsRune("9@?", r) {
			return "", false, false
		}
		b.WriteRune(r)
	}
	return b.String(), padded, true
}

// fold brings g back to its bound: what a store doesn't repeat is not a literal.
func (g *Grammar) fold() {
	for _, abstract := range []func(rune) rune{letterClass, eitherClass} {
		if len(g.Patterns) <= maxPatterns {
			return
		}
		total := g.Orders()
		folded := map[string]Count{}
		for _, pattern := range slices.Sorted(maps.Keys(g.Patterns)) {
			c := g.Patterns[pattern]
			if c.Orders*maxPatterns < total {
				pattern = strings.Map(abstract, pattern)
			}
			folded[pattern] = folded[pattern].plus(c)
		}
		g.Patterns = folded
	}
	if len(g.Patterns) <= maxPatterns {
		return
	}
	for _, pattern := range g.common()[maxPatterns:] {
		delete(g.Patterns, pattern)
	}
}

// common is g's patterns, the commonest first.
func (g Grammar) common() []string {
	return slices.SortedFunc(maps.Keys(g.Patterns), func(a, b string) int {
		return cmp.Or(cmp.Compare(g.Patterns[b].Orders, g.Patterns[a].Orders), strings.Compare(a, b))
	})
}

func letterClass(r rune) rune {
	if unicode.IsLetter(r) {
		return '@'
	}
	return r
}

func eitherClass(r rune) rune {
	if unicode.IsLetter(r) || r == '9' || r == '@' {
		return '?'
	}
	return r
}
