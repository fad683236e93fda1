package orderlink

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"skein/inbox"
)

// MaxMentions bounds what [Find] returns of one message.
const MaxMentions = 50

// Find returns what a message names that may be an order or a parcel, in the
// order of the text, the subject first. text is what its writer wrote, without
// quotes and signature. Spans are bytes into the part that a mention names.
//
// What is named twice is returned once, as it is surest, and of more than
// [MaxMentions] numbers the surest are returned. It takes time linear in the
// text.
func Find(subject, text string, grammars []Grammar) []inbox.Mention {
	inText := anyDigit(text)
	if !inText && !anyDigit(subject) {
		return nil
	}
	f := finder{known: shapesOf(grammars)}
	f.part("subject", subject)
	about := f.last
	f.last = noLabel
	f.subject = about
	if inText {
		f.part("text", text)
	}
	return f.surest()
}

// anyDigit reports whether a text has what every number has.
func anyDigit(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= '0' && c <= '9' {
			return true
		}
	}
	return strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf && unicode.Is(unicode.Nd, r) })
}

func shapesOf(grammars []Grammar) []shape {
	var all []shape
	for _, g := range grammars {
		all = append(all, g.shapes()...)
	}
	return all
}

// A finder collects mentions.
type finder struct {
	known   []shape
	found   []inbox.Mention
	subject label // the last word of the subject that says whose number
	last    label

	name       string
	text       string
	tokens     []token
	head, tail int // the first and the last that is no sign
}

func (f *finder) part(name, text string) {
	f.name, f.text, f.tokens = name, text, lex(text)
	isSaid := func(t token) bool { return t.kind != sign }
	f.head = slices.IndexFunc(f.tokens, isSaid)
	for f.tail = len(f.tokens) - 1; f.tail > 0 && !isSaid(f.tokens[f.tail]); {
		f.tail--
	}
	marked := map[int]Parcel{} // by where it begins
	for _, p := range parcels(f.tokens) {
		marked[p.Start] = p
	}
	var before *candidate // the last number, and what was made of it
	accepted := false
	for i := 0; i < len(f.tokens); {
		if p, ok := marked[f.tokens[i].start]; ok {
			if next := f.parcel(p, i); next > 0 {
				i, before = next, nil
				continue
			}
		}
		c, next := candidateAt(f.text, f.tokens, i)
		if c == nil {
			i = next
			continue
		}
		f.read(c)
		if before != nil && c.label == noLabel && listed(f.tokens, before.last, c.first) && alike(before, c) {
			c.label, c.number, c.after, c.verb, c.loose = before.label, before.number, before.after, before.verb, before.loose
			if accepted && c.label == noLabel {
				c.label = orderNoun
			}
		}
		if f.number(c) {
			before, accepted = c, true
		} else {
			before, accepted = c, false
		}
		i = max(next, c.last+1)
	}
	for i := range f.tokens {
		if t := &f.tokens[i]; t.kind == word && name == "subject" {
			if l := labelOf(t.low); l.decides() {
				f.last = l
			}
		}
	}
}

func alike(a, b *candidate) bool {
	return a.hash && b.hash || a.digits-b.digits <= 1 && b.digits-a.digits <= 1 && a.digits >= 3
}

// read fills in what the words beside a candidate say.
func (f *finder) read(c *candidate) {
	ahead := readAhead(f.tokens, c.last)
	c.reading = readBack(f.tokens, c.first)
	if c.label == noLabel && ahead.label != noLabel {
		hash, suspicious := c.hash, c.suspicious
		c.reading = ahead
		c.hash, c.suspicious = hash, suspicious
	}
	if c.label == noLabel && f.name == "text" && f.subject == orderNoun && f.alone(c) {
		c.label, c.number = orderNoun, true
	}
	if c.hash && c.first > 0 && f.tokens[c.first-1].is("#") && !f.tokens[c.first].space {
		c.start = f.tokens[c.first-1].start
	}
}

// alone reports whether a candidate is all that a text says.
func (f *finder) alone(c *candidate) bool {
	return f.head >= c.first && f.tail <= c.last
}

func (f *finder) add(kind inbox.MentionKind, key string, start, end int, score float64) {
	f.found = append(f.found, inbox.Mention{Kind: kind, Key: key, Text: f.text[start:end], Part: f.name, Start: start, End: end, Score: score})
}

// parcel takes a number that has a carrier's format, and returns the token after
// it, or 0 when it is to be read as any other.
func (f *finder) parcel(p Parcel, i int) int {
	last := i
	for last+1 < len(f.tokens) && f.tokens[last+1].start < p.End {
		last++
	}
	r := readBack(f.tokens, i)
	if r.label == noLabel {
		r = readAhead(f.tokens, last)
	}
	if isDigits(p.Key) && (r.label == orderNoun || r.label == orderVerb || f.fits(p.Key) >= fitsDigits) || f.fits(p.Key) == fitsWhole {
		return 0
	}
	switch {
	case r.label == parcelLabel:
		f.add(inbox.MentionTracking, p.Key, p.Start, p.End, .95)
	case p.strong && r.label != antiLabel:
		f.add(inbox.MentionTracking, p.Key, p.Start, p.End, .9)
	default:
		return 0
	}
	return last + 1
}

// fits is how well a key fits the numbers of any store.
func (f *finder) fits(key string) (best fitting) {
	for k := range f.known {
		if _, how := f.known[k].fit(key); how > best {
			best = how
		}
	}
	return best
}

// number takes a candidate for an order's number, or a parcel's, if it is one.
func (f *finder) number(c *candidate) bool {
	if f.fitting(c) {
		return true
	}
	if c.label == parcelLabel {
		if c.digits >= 6 && len(c.key) >= 8 && len(c.key) <= 34 && 2*c.digits >= len(c.key) && f.capitals(c) && !c.after {
			f.add(inbox.MentionTracking, TrackingKey(c.key), c.start, c.end, .7)
			return true
		}
		return false
	}
	score := f.plausible(c)
	if score == 0 {
		return false
	}
	if len(f.known) > 0 {
		score *= .8 // every store that is known writes otherwise
	}
	f.add(inbox.MentionOrder, c.key, c.start, c.end, score)
	return true
}

// capitals reports whether a candidate has no small letter.
func (f *finder) capitals(c *candidate) bool {
	return !slices.ContainsFunc(f.tokens[c.first:c.last+1], func(t token) bool { return t.key != "" && !t.upper })
}

// fitting takes a candidate that fits a store's numbers.
func (f *finder) fitting(c *candidate) bool {
	if len(f.known) == 0 {
		return false
	}
	whole := f.name == "text" && f.alone(c)
	for _, wide := range f.readings(c) {
		taken := false
		for k := range f.known {
			key, how := f.known[k].fit(wide.key)
			score := 0.0
			cue := c.label == orderNoun || c.label == orderVerb && c.digits >= 5
			counted := wide.plain && c.digits <= 4 && !c.hash && !c.number && (c.verb || c.loose || !f.ends(c))
			sure := cue && !counted && (!c.after || c.digits >= 5 || c.number || c.hash)
			anti := c.label == antiLabel
			switch how {
			case fitsWhole:
				switch {
				case cue:
					score = .98
				case anti && !c.hash && !c.loose:
				case c.digits >= 3 && len(wide.key) >= 5 || c.hash:
					score = .9
				}
			case fitsDigits:
				switch {
				case sure:
					score = .97
				case anti:
				case c.hash && c.digits >= 3 && !c.suspicious:
					score = .85
				case whole || isGroups(wide.key):
					score = .75
				}
			case fitsPadded:
				if sure {
					score = .85
				}
			case fitsBare:
				switch {
				case sure:
					score = .9
				case anti:
				case c.hash && c.digits >= 4 && !c.suspicious:
					score = .8
				case whole && c.digits >= 4:
					score = .7
				}
			}
			if score > 0 {
				f.add(inbox.MentionOrder, key, wide.start, wide.end, score)
				taken = true
			}
		}
		if taken {
			c.start, c.end, c.last = wide.start, wide.end, wide.last
			return true
		}
	}
	return false
}

// isGroups reports whether a key is told from all others by its hyphens.
func isGroups(key string) bool { return strings.Contains(key, "-") }

// ends reports whether a sentence may go on after a candidate as it does, had
// the number not counted something.
func (f *finder) ends(c *candidate) bool {
	if c.last+1 >= len(f.tokens) {
		return true
	}
	t := &f.tokens[c.last+1]
	return t.newline || t.kind == sign || t.kind == word && (endings[t.low] || labelOf(t.low).tells() && labelOf(t.low) != antiLabel)
}

// plausible is how sure it is that a candidate is an order's number of a store
// whose numbers aren't known; 0 for not at all.
func (f *finder) plausible(c *candidate) float64 {
	if c.label == antiLabel {
		return 0
	}
	if joined, ok := f.joined(c); ok && c.plain && f.grouped(&joined) && (c.label == orderNoun || isGroups(joined.key)) {
		c.start, c.end, c.last, c.key, c.digits = joined.start, joined.end, joined.last, joined.key, joined.digits
	}
	if isGroups(c.key) {
		return .85
	}
	year := c.plain && c.digits == 4 && (c.key[:2] == "19" || c.key[:2] == "20")
	letters := !isDigits(c.key)
	switch c.label {
	case orderNoun:
		switch {
		case letters && (c.digits < 3 || !f.tokens[c.last].upper && c.digits < 5):
			return 0
		case c.hash && !c.after:
			return .95
		case c.after && c.digits < 6 && !c.number && !c.hash:
			return 0
		case c.number && c.digits >= 2, c.digits >= 6:
			return .9
		case c.digits < 3 || c.verb || c.loose || year:
			return 0
		case c.digits <= 4 && !f.ends(c):
			return 0
		}
		return .8
	case orderVerb:
		if c.digits >= 6 && !letters || c.hash && c.digits >= 3 {
			return .6
		}
		return 0
	}
	// Shopify's own form, where nothing says otherwise.
	if c.hash && c.plain && c.digits >= 4 && c.digits <= 12 && !c.suspicious && len(f.known) == 0 {
		return .6
	}
	return 0
}

// grouped reports whether groups of digits are one number written in groups.
func (f *finder) grouped(c *candidate) bool {
	if isGroups(c.key) {
		return true
	}
	width := f.tokens[c.first].digits
	if c.groups < 3 && width < 4 || width < 2 || width > 4 {
		return false
	}
	for k := c.first; k <= c.last; k++ {
		if w := f.tokens[k].digits; w != width && (k < c.last || w > width) {
			return false
		}
	}
	return true
}

// surest brings what was found within its bound.
func (f *finder) surest() []inbox.Mention {
	type name struct {
		kind inbox.MentionKind
		key  string
	}
	place := func(m *inbox.Mention) int {
		if m.Part == "subject" {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(f.found, func(a, b inbox.Mention) int { return cmp.Compare(b.Score, a.Score) })
	seen := map[name]bool{}
	kept := f.found[:0]
	for _, m := range f.found {
		if n := (name{m.Kind, m.Key}); !seen[n] {
			seen[n] = true
			kept = append(kept, m)
		}
		if len(kept) == MaxMentions {
			break
		}
	}
	slices.SortStableFunc(kept, func(a, b inbox.Mention) int {
		return cmp.Or(cmp.Compare(place(&a), place(&b)), cmp.Compare(a.Start, b.Start))
	})
	return kept
}
