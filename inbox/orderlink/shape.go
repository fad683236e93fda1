package orderlink

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// A shape is what patterns of one kind have in common: letters around one run
// of digits, or any pattern character by character.
type shape struct {
	front, back string // of the key; without classes
	least, most int    // digits between them
	pattern     string // of the key, when it is not that simple; "" when it is
	padded      bool   // to its width by zeros
	orders      int64
	written     []string // patterns as the store writes them
	lowest      string
	highest     string
}

// shapes returns what a grammar's numbers look like, the commonest first.
func (g Grammar) shapes() []shape {
	var all []shape
	for _, pattern := range g.common() {
		c := g.Patterns[pattern]
		s := shapeOf(pattern, c)
		i := slices.IndexFunc(all, func(o shape) bool { return o.front == s.front && o.back == s.back && o.pattern == s.pattern })
		if i < 0 {
			all = append(all, s)
			continue
		}
		o := &all[i]
		o.least, o.most = min(o.least, s.least), max(o.most, s.most)
		o.padded = o.padded || s.padded
		o.orders += s.orders
		o.written = append(o.written, s.written...)
		if lower(s.lowest, o.lowest) {
			o.lowest = s.lowest
		}
		if lower(o.highest, s.highest) {
			o.highest = s.highest
		}
	}
	slices.SortStableFunc(all, func(a, b shape) int { return cmp.Compare(b.orders, a.orders) })
	return all
}

func shapeOf(pattern string, c Count) shape {
	key := strings.Map(func(r rune) rune {
		if r == '9' || r == '@' || r == '?' || unicode.IsLetter(r) {
			return r
		}
		return -1
	}, pattern)
	s := shape{orders: c.Orders, written: []string{pattern}, lowest: c.Lowest, highest: c.Highest, padded: c.Padded > 0}
	first := strings.IndexByte(key, '9')
	last := strings.LastIndexByte(key, '9') + 1
	if first < 0 || key[first:last] != nines(last-first) || strings.ContainsAny(key, "@?") {
		s.pattern = key
		return s
	}
	s.front, s.back = key[:first], key[last:]
	s.least, s.most = last-first, last-first
	return s
}

// A fitting is how a number's key fits a store's numbers.
type fitting uint8

const (
	fitsNot    fitting = iota
	fitsPadded         // by its digits alone, once they are filled up with zeros
	fitsBare           // by its digits alone, which say less than the store writes
	fitsDigits         // wholly, and the store writes nothing but digits
	fitsWhole          // wholly, letters and all
)

// fit returns how a key fits s, and the key that it stands for.
func (s *shape) fit(key string) (string, fitting) {
	plain := strings.ReplaceAll(key, "-", "")
	if s.pattern != "" {
		if !fitsPattern(s.pattern, plain) {
			return "", fitsNot
		}
		if strings.ContainsFunc(plain, unicode.IsLetter) {
			return key, fitsWhole
		}
		return key, fitsDigits
	}
	digits, ok := strings.CutPrefix(plain, s.front)
	if ok {
		digits, ok = strings.CutSuffix(digits, s.back)
	}
	if ok && isDigits(digits) && s.width(len(digits)) {
		if s.front == "" && s.back == "" {
			return s.key(digits), fitsDigits
		}
		return s.key(digits), fitsWhole
	}
	if !isDigits(plain) {
		return "", fitsNot
	}
	if !s.width(len(plain)) {
		if !s.padded || len(plain) >= s.least || len(plain) < 3 {
			return "", fitsNot
		}
		return s.key(strings.Repeat("0", s.least-len(plain)) + plain), fitsPadded
	}
	return s.key(plain), fitsBare
}

// width reports whether a number may have so many digits. A store that counts
// without padding will need one more.
func (s *shape) width(n int) bool {
	return n >= s.least && (n <= s.most || !s.padded && n == s.most+1)
}

// key returns the whole key of a number's digits.
func (s *shape) key(digits string) string {
	return NumberKey(s.front + s.amazon(digits) + s.back)
}

func (s *shape) amazon(digits string) string {
	if len(digits) == 17 && slices.Contains(s.written, "999-9999999-9999999") {
		return digits[:3] + "-" + digits[3:10] + "-" + digits[10:]
	}
	return digits
}

func fitsPattern(pattern, key string) bool {
	p, k := []rune(pattern), []rune(key)
	if len(p) != len(k) {
		return false
	}
	for i := range p {
		ok := p[i] == k[i]
		switch p[i] {
		case '9':
			ok = k[i] >= '0' && k[i] <= '9'
		case '@':
			ok = unicode.IsLetter(k[i])
		case '?':
			ok = true
		}
		if !ok {
			return false
		}
	}
	return true
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// Key returns the key under which a number is looked up that may be written
// without its letters, as "1001" for EN-1001. A number that g doesn't know has
// its own.
func (g Grammar) Key(number string) string {
	key := NumberKey(number)
	best, how := key, fitsNot
	for _, s := range g.shapes() {
		if full, f := s.fit(key); f > how {
			best, how = full, f
		}
	}
	return best
}

// Text describes g to an operator, in a line.
func (g Grammar) Text() string {
	shapes := g.shapes()
	if len(shapes) == 0 {
		return "No orders yet"
	}
	total := g.Orders()
	var parts []string
	for _, s := range shapes[:min(len(shapes), 3)] {
		part := s.text() + ", such as " + s.lowest
		if s.highest != s.lowest {
			part += " and " + s.highest
		}
		if s.orders < total {
			part += fmt.Sprintf(" (%d of %d orders)", s.orders, total)
		}
		parts = append(parts, part)
	}
	if more := len(shapes) - len(parts); more > 0 {
		parts = append(parts, fmt.Sprintf("and %d rarer forms", more))
	}
	return strings.Join(parts, "; ")
}

func (s *shape) text() string {
	if s.pattern != "" {
		return s.written[0] + " (9 a digit, @ a letter, ? either)"
	}
	widths := strconv.Itoa(s.least)
	if s.most > s.least {
		widths += " to " + strconv.Itoa(s.most)
	}
	first := strings.IndexByte(s.written[0], '9')
	last := strings.LastIndexByte(s.written[0], '9') + 1
	text := widths + " digits"
	if s.padded {
		text += ", filled up with zeros"
	}
	if front := s.written[0][:first]; front != "" {
		text = front + " and " + text
	}
	if strings.Trim(s.written[0][first:last], "9") != "" {
		text += " in groups"
	}
	if back := s.written[0][last:]; back != "" {
		text += " and " + back
	}
	return text
}

// Examples are numbers of the store, of its commonest patterns first.
func (g Grammar) Examples() []string {
	var examples []string
	for _, s := range g.shapes() {
		examples = append(examples, s.lowest)
		if s.highest != s.lowest {
			examples = append(examples, s.highest)
		}
	}
	return examples[:min(len(examples), 6)]
}
