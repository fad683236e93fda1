package mask

import (
	"html"
	"strings"
	"unicode/utf8"
)

// HTML is [Cards] for a document: it masks in what is read, though tags and
// entities split the digits, and in every tag by itself, its attributes'
// values included. Nothing else of the document changes.
func HTML(s string, keep ...string) (masked string, n int) {
	if !manyDigits(s) && strings.Count(s, "&#") < 4 {
		return s, 0
	}
	text, tags := newMasker(keep), newMasker(keep)
	doc := document{s: s}
	for i := 0; i < len(s); {
		end := doc.tagEnd(i)
		if end == 0 {
			i = putHTML(text, s, i)
			continue
		}
		for k := i; k < end; {
			k = putHTML(tags, s, k)
		}
		tags.flush()
		if !inline[tagName(s[i:end])] {
			text.put(' ', i, i)
		}
		i = end
	}
	text.flush()
	// Both are in the document's order, and no span is in both.
	all := &masker{}
	for a, b := text.masked, tags.masked; len(a)+len(b) > 0; {
		if len(b) == 0 || len(a) > 0 && a[0].start < b[0].start {
			all.masked, a = append(all.masked, a[0]), a[1:]
		} else {
			all.masked, b = append(all.masked, b[0]), b[1:]
		}
	}
	return all.apply(s), text.cards + tags.cards
}

// putHTML takes the next character, which an entity may stand for, and returns
// where it ends. White space of any kind is one gap.
func putHTML(m *masker, s string, i int) int {
	r, size := utf8.DecodeRuneInString(s[i:])
	if r == '&' {
		if e, end := entity(s, i); end > 0 {
			r, size = e, end-i
		}
	}
	if r == '\n' || r == '\r' {
		r = ' '
	}
	m.put(r, i, i+size)
	return i + size
}

// maxEntity bounds an entity's length; &CounterClockwiseContourIntegral; has 33.
const maxEntity = 40

// entity returns the character that an entity at i stands for, and its end; 0
// when there is none.
func entity(s string, i int) (rune, int) {
	end := i + 1
	for end < len(s) && end-i < maxEntity && (s[end] == '#' && end == i+1 || isAlnum(s[end])) {
		end++
	}
	if end < len(s) && s[end] == ';' {
		end++
	}
	plain := html.UnescapeString(s[i:end])
	r, size := utf8.DecodeRuneInString(plain)
	switch {
	case plain == s[i:end]:
		return 0, 0
	case size == len(plain):
		return r, end
	}
	// "&#49x": what follows the entity is its own character.
	rest := plain[size:]
	if strings.HasSuffix(s[i:end], rest) && len(rest) < end-i-1 {
		return r, end - len(rest)
	}
	return 0, 0
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// A document knows what it has looked for in vain, so that it is read once.
type document struct {
	s          string
	noComments bool // no comment ends any more
	noTags     bool // and no tag
}

// tagEnd returns the end of the tag or comment that begins at i, or 0. One that
// never ends is text.
func (d *document) tagEnd(i int) int {
	s := d.s
	if s[i] != '<' || i+1 >= len(s) || d.noTags {
		return 0
	}
	if !d.noComments && strings.HasPrefix(s[i:], "<!--") {
		if k := strings.Index(s[i+4:], "-->"); k >= 0 {
			return i + 4 + k + 3
		}
		d.noComments = true
	}
	if c := s[i+1]; c != '/' && c != '!' && c != '?' && (c|0x20 < 'a' || c|0x20 > 'z') {
		return 0
	}
	var quote byte
	for k := i + 1; k < len(s); k++ {
		switch c := s[k]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return k + 1
		}
	}
	// A quote that never ends quotes nothing.
	if k := strings.IndexByte(s[i:], '>'); k >= 0 {
		return i + k + 1
	}
	d.noTags = true
	return 0
}

func tagName(tag string) string {
	name := strings.TrimLeft(tag, "</!?")
	end := 0
	for end < len(name) && isAlnum(name[end]) {
		end++
	}
	return strings.ToLower(name[:end])
}

// inline are the elements that leave no gap in what is read; a comment has no
// name.
var inline = map[string]bool{
	"": true, "a": true, "abbr": true, "b": true, "bdi": true, "bdo": true, "big": true, "cite": true, "code": true, "del": true, "dfn": true, "em": true,
	"font": true, "i": true, "ins": true, "kbd": true, "label": true, "mark": true, "nobr": true, "o": true, "q": true, "s": true, "samp": true, "small": true,
	"span": true, "strike": true, "strong": true, "sub": true, "sup": true, "tt": true, "u": true, "var": true, "wbr": true,
}
