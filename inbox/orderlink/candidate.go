package orderlink

import "slices"

// A candidate is a number in a text with what stands beside it.
type candidate struct {
	first, last int // tokens
	start, end  int // bytes
	key         string
	digits      int
	plain       bool // nothing but digits, in one group
	groups      int
	wider       int    // where it begins with the words that are joined to it
	widerKey    string // "" when there are none
	reading
}

// candidateAt returns the number that begins at token i, with what is joined to
// it by signs, and the token after it. nil is none.
func candidateAt(text string, tokens []token, i int) (*candidate, int) {
	if !tokens[i].isAlnum() {
		return nil, i + 1
	}
	last := i
	numbers := 0
	for k := i; ; k = last {
		if tokens[k].kind == number {
			numbers++
		}
		if k+2 >= len(tokens) || tokens[k+1].space || tokens[k+2].space || !tokens[k+2].isAlnum() {
			break
		}
		join, after := &tokens[k+1], &tokens[k+2]
		if !join.hyphen() && !join.is("./_,") || numbers > 0 && join.is("./") && after.kind == word && !after.upper {
			break
		}
		last = k + 2
	}
	next := last + 1
	if numbers == 0 {
		return nil, i + 1
	}
	if next < len(tokens) && !tokens[next].space && (tokens[next].is("@") || tokens[next].is("%")) || i > 0 && !tokens[i].space && tokens[i-1].is("@") {
		return nil, next
	}
	if isMasked(tokens, i) {
		return nil, next
	}
	// What says whose number it is may be joined to it.
	first := i
	for first < last && tokens[first].kind == word && (saysNumber(&tokens[first]) || !tokens[first].upper && tokens[first+1].is("/._")) {
		first += 2
	}
	for last > first && tokens[last].kind == word && saysNumber(&tokens[last]) {
		last -= 2
	}
	if first > last || !anyNumber(tokens[first:last+1]) {
		return nil, next
	}
	c := &candidate{first: first, last: last, start: tokens[first].start, end: tokens[last].end, groups: 1}
	for k := first; k <= last; k++ {
		c.digits += tokens[k].digits
		if tokens[k].is(",") {
			return nil, next // 1,200: an amount, or no number
		}
	}
	if isMoney(tokens, first, last) || isDate(tokens, first, last) || isMeasured(tokens, first, last) || isTime(tokens, first, last) {
		return nil, next
	}
	// Numbers beside each other, and neither a date nor one number: 1001/1002.
	if last == first+2 && tokens[first+1].is("/") && tokens[first].kind == number && tokens[first].digits == tokens[last].digits {
		c.last, c.end, c.digits, last = first, tokens[first].end, tokens[first].digits, first
		next = first + 2
	}
	c.key = NumberKey(text[c.start:c.end])
	if first > i {
		c.wider, c.widerKey = tokens[i].start, NumberKey(text[tokens[i].start:c.end])
	}
	c.plain = first == last && isDigits(c.key)
	if c.key == "" {
		return nil, next
	}
	return c, next
}

// saysNumber reports whether a word that is joined to a number is none of it.
func saysNumber(t *token) bool {
	l := labelOf(t.low)
	return l >= numberWord || l.tells() && !t.upper
}

func anyNumber(tokens []token) bool {
	return slices.ContainsFunc(tokens, func(t token) bool { return t.kind == number })
}

// readings are the ways in which a candidate may be read: with the letters
// before it, alone, and with the groups of digits after it.
func (f *finder) readings(c *candidate) []candidate {
	var all []candidate
	if c.first > 0 && f.tokens[c.first].space && !f.tokens[c.first].newline {
		if t := &f.tokens[c.first-1]; t.kind == word && t.key != "" && len(t.key) <= 6 {
			with := *c
			with.start, with.key, with.plain = t.start, t.key+c.key, false
			if c.first > 1 && f.tokens[c.first-2].is("#") && !t.space {
				with.start = f.tokens[c.first-2].start
			}
			all = append(all, with)
		}
	}
	if c.widerKey != "" {
		with := *c
		with.start, with.key, with.plain = c.wider, c.widerKey, false
		all = append(all, with)
	}
	all = append(all, *c)
	if joined, ok := f.joined(c); ok {
		all = append(all, joined)
	}
	return all
}

// joined is a candidate with the groups of digits that follow it a space apart.
func (f *finder) joined(c *candidate) (candidate, bool) {
	with := *c
	for k := c.last + 1; k < len(f.tokens) && with.digits < 20; k++ {
		t := &f.tokens[k]
		if t.kind != number || !isDigits(t.key) || t.newline || t.start-f.tokens[k-1].end > 2 {
			break
		}
		with.last, with.end = k, t.end
		with.digits += t.digits
		with.groups++
	}
	with.key, with.plain = NumberKey(f.text[c.start:with.end]), false
	return with, with.groups > 1 && with.key != ""
}
