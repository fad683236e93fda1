// Package mask hides payment cards' numbers in what people write, before it is
// stored, shown or searched. It is pure: text in, text out.
//
// A card's number is 13 to 19 digits of any script that an issuer gives out, with
// the right check digit, in one group or in several, which spaces, hyphens, dots,
// a line's end or nothing that prints may part. All but its last four digits
// become "*". A text never grows, in bytes nor in characters, and masking it
// again changes nothing.
//
// It doesn't look inside longer numbers, nor at a number that is glued to capital
// letters, as parcels' numbers are, unless they name a card.
package mask

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// shownDigits is how many digits of a number stay.
const shownDigits = 4

// Cards returns s with every card's number masked, and how many there were.
//
// keep are numbers that are known to be something else, such as orders' and
// parcels' that are stored: they stay, unless they are written in the groups
// that cards have. What merely looks like an order's number isn't known: people
// type their card where a number is asked for.
func Cards(s string, keep ...string) (masked string, n int) {
	if !manyDigits(s) {
		return s, 0
	}
	m := newMasker(keep)
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		m.put(r, i, i+size)
		i += size
	}
	m.flush()
	return m.apply(s), m.cards
}

// Numbers returns what [Cards] would take for cards' numbers in a text, digits
// alone: what a caller may know to be something else, and keep.
func Numbers(s string) []string {
	if !manyDigits(s) {
		return nil
	}
	m := newMasker(nil)
	m.taken = []string{}
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		m.put(r, i, i+size)
		i += size
	}
	m.flush()
	return m.taken
}

// manyDigits reports whether a text may hold a card's number at all.
func manyDigits(s string) bool {
	n := 0
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			n++
		} else if s[i] >= utf8.RuneSelf {
			n += 4 // digits of another script, for all we know
		}
		if n >= 13 {
			return true
		}
	}
	return false
}

// A span is bytes of the text that become one "*".
type span struct{ start, end int }

// A figure is a digit and where it is.
type figure struct {
	span
	value byte
	first bool // of its group
}

// A masker reads a text character by character and collects what is to be
// masked.
type masker struct {
	keep   map[string]bool
	masked []span
	cards  int
	taken  []string // the numbers that were masked, where they are asked for

	run    []figure // digits that nothing but separators part
	parted bool     // a separator came after the last of them
	signs  int      // since the last of them, a run of white space being one
	lines  int
	white  bool
	caps   []rune // capital letters just before the run
	glued  bool   // the run began right behind them
}

func newMasker(keep []string) *masker {
	m := &masker{}
	for _, k := range keep {
		if m.keep == nil {
			m.keep = map[string]bool{}
		}
		if k = digitsOf(k); k != "" {
			m.keep[k] = true
		}
	}
	return m
}

func digitsOf(s string) string {
	var b strings.Builder
	for _, r := range s {
		if d, ok := digit(r); ok {
			b.WriteByte('0' + d)
		}
	}
	return b.String()
}

// Bounds of what may part two digits of one number.
const (
	maxSigns = 3
	maxLines = 1
)

// put takes the next character.
func (m *masker) put(r rune, start, end int) {
	d, isDigit := digit(r)
	switch {
	case isDigit:
		if len(m.run) == 0 {
			m.glued = len(m.caps) > 0
		}
		m.run = append(m.run, figure{span{start, end}, '0' + d, m.parted || len(m.run) == 0})
		m.parted, m.signs, m.lines, m.white = false, 0, 0, false
		return
	case invisible(r):
		return
	case len(m.run) > 0 && unicode.IsSpace(r), len(m.run) > 0 && unicode.Is(unicode.Z, r):
		if r == '\n' || r == '\u2028' || r == '\u2029' {
			m.lines++
		}
		if !m.white {
			m.signs++
		}
		m.parted, m.white = true, true
	case len(m.run) > 0 && isSeparator(r):
		m.parted, m.white = true, false
		m.signs++
	default:
		if len(m.run) > 0 {
			m.flush()
		}
		if unicode.IsUpper(r) {
			if len(m.caps) < 8 {
				m.caps = append(m.caps, r)
			}
		} else {
			m.caps = m.caps[:0]
		}
		return
	}
	if m.signs > maxSigns || m.lines > maxLines {
		m.flush()
	}
}

// flush masks the cards' numbers of a run that is over.
func (m *masker) flush() {
	run := m.run
	m.run = m.run[:0]
	m.parted, m.signs, m.lines, m.white = false, 0, 0, false
	for i := 0; i+minDigits <= len(run); {
		if !run[i].first {
			i++
			continue
		}
		n := m.cardAt(run, i)
		if n == 0 {
			i++
			continue
		}
		m.cards++
		if m.taken != nil {
			m.taken = append(m.taken, figuresOf(run[i:i+n]))
		}
		for k := i; k < i+n-shownDigits; k++ {
			m.masked = append(m.masked, run[k].span)
		}
		// What is shown may begin another number with what follows.
		i += n - shownDigits
		run[i].first = true
		m.glued = m.glued && i == 0
	}
	m.caps = m.caps[:0]
}

func figuresOf(run []figure) string {
	b := make([]byte, len(run))
	for i := range run {
		b[i] = run[i].value
	}
	return string(b)
}

const (
	minDigits = 13
	maxDigits = 19
)

// cardAt returns how many digits of a run from i on are a card's number; 0 for
// none.
func (m *masker) cardAt(run []figure, i int) int {
	if i == 0 && m.glued && !cardWords[string(m.caps)] {
		return 0
	}
	var digits [maxDigits]byte
	var groups []int
	best := 0
	for n := 0; n < maxDigits && i+n < len(run); n++ {
		if run[i+n].first {
			groups = append(groups, 0)
		}
		groups[len(groups)-1]++
		digits[n] = run[i+n].value
		size := n + 1
		if size < minDigits || i+size < len(run) && !run[i+size].first {
			continue
		}
		number := string(digits[:size])
		if !issued(number) || !luhn(number) || m.keep[number] && !cardGroups(groups) {
			continue
		}
		// A security code or a date may follow: the groups of a card end it.
		if cardGroups(groups) {
			return size
		}
		if best == 0 {
			best = size
		}
	}
	return best
}

// cardGroups reports whether digits are in groups as on a card.
func cardGroups(groups []int) bool {
	switch len(groups) {
	case 3:
		return groups[0] == 4 && groups[1] == 6 && (groups[2] == 5 || groups[2] == 4)
	case 4, 5:
		for i, n := range groups {
			if n != 4 && (i < 3 || n > 4) {
				return false
			}
		}
		return true
	}
	return false
}

// cardWords are capitals before a number that say that it is a card's.
var cardWords = map[string]bool{
	"VISA": true, "MC": true, "AMEX": true, "CARD": true, "CC": true, "PAN": true, "JCB": true, "MASTERCA": true, "DISCOVER": true, "MAESTRO": true,
	"KARTE": true, "CARTE": true, "CB": true, "TARJETA": true, "DINERS": true, "NO": true, "NR": true, "CCN": true,
}

// apply returns s with what was collected masked.
func (m *masker) apply(s string) string {
	if len(m.masked) == 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	at := 0
	for _, x := range m.masked {
		b.WriteString(s[at:x.start])
		b.WriteByte('*')
		at = x.end
	}
	b.WriteString(s[at:])
	return b.String()
}

// digit returns the value of a decimal digit of any script.
func digit(r rune) (byte, bool) {
	if r < utf8.RuneSelf {
		return byte(r - '0'), r >= '0' && r <= '9'
	}
	if !unicode.Is(unicode.Nd, r) {
		return 0, false
	}
	for _, t := range unicode.Nd.R16 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return byte((r - rune(t.Lo)) % 10), true
		}
	}
	for _, t := range unicode.Nd.R32 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return byte((r - rune(t.Lo)) % 10), true
		}
	}
	return 0, false
}

// invisible reports whether a character prints nothing, not even a gap.
func invisible(r rune) bool {
	if r < utf8.RuneSelf {
		return r < ' ' && !unicode.IsSpace(r) || r == 0x7F
	}
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) || unicode.Is(unicode.Mn, r)
}

func isSeparator(r rune) bool {
	switch r {
	case '-', '.', '‐', '‑', '‒', '–', '—', '−', '·', '•', '_', '․', '．', '－', '。':
		return true
	}
	return false
}
