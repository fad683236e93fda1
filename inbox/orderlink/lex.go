package orderlink

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	word   tokenKind = iota // letters
	number                  // Latin letters and digits, one digit at least
	sign                    // one character of anything else
)

// A token is a run of letters, or of Latin letters and digits, or one sign.
type token struct {
	start, end int
	kind       tokenKind
	r          rune   // of a sign
	low        string // of a word: folded, see fold
	key        string // of Latin letters and digits: as in NumberKey; "" of other scripts
	digits     int    // how many
	upper      bool   // has no small letter
	space      bool   // white space before it
	newline    bool   // and a line's end in it
}

func (t *token) isAlnum() bool { return t.key != "" }

func (t *token) is(signs string) bool { return t.kind == sign && strings.ContainsRune(signs, t.r) }

func (t *token) hyphen() bool { return t.kind == sign && isHyphen(t.r) }

// lex cuts a text into tokens. White space and marks that don't print are none.
func lex(text string) []token {
	tokens := make([]token, 0, len(text)/5+1)
	space, newline := false, false
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch class := classOf(r); class {
		case blank:
			space = true
			newline = newline || r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029'
			i += size
			continue
		case nothing:
			i += size
			continue
		case other:
			tokens = append(tokens, token{start: i, end: i + size, kind: sign, r: narrow(r), space: space, newline: newline})
			i += size
		default:
			end := i + size
			for end < len(text) {
				next, n := utf8.DecodeRuneInString(text[end:])
				c := classOf(next)
				if c != class && c != nothing && !(c == mark && class != other) {
					break
				}
				end += n
			}
			end = i + len(strings.TrimRightFunc(text[i:end], func(r rune) bool { return classOf(r) == nothing }))
			tokens = appendRun(tokens, text, i, end, class == latin, space, newline)
			i = end
		}
		space, newline = false, false
	}
	return tokens
}

type runeClass uint8

const (
	blank   runeClass = iota
	nothing           // zero-width characters
	other
	latin // letters and digits that numbers are made of
	letter
	mark
)

func classOf(r rune) runeClass {
	if r < utf8.RuneSelf {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
			return latin
		case r == ' ' || r >= '\t' && r <= '\r':
			return blank
		case r < ' ' || r == 0x7F:
			return nothing
		}
		return other
	}
	switch {
	case r == 'º' || r == 'ª':
		return other
	case unicode.Is(unicode.Nd, r), unicode.Is(unicode.Latin, r):
		return latin
	case unicode.IsLetter(r):
		return letter
	case unicode.IsSpace(r), unicode.Is(unicode.Z, r):
		return blank
	case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r):
		return nothing
	case unicode.Is(unicode.M, r):
		return mark
	}
	return other
}

// appendRun appends a run of letters and digits. A word that says what a number
// is comes apart from it: "order12345".
func appendRun(tokens []token, text string, start, end int, isLatin, space, newline bool) []token {
	t := runToken(text, start, end, isLatin)
	t.space, t.newline = space, newline
	if t.kind != number {
		return append(tokens, t)
	}
	cut := start
	for cut < end {
		r, size := utf8.DecodeRuneInString(text[cut:])
		if _, ok := digit(r); ok {
			break
		}
		cut += size
	}
	if cut-start >= 2 && cut < end {
		first, rest := runToken(text, start, cut, true), runToken(text, cut, end, true)
		if isDigits(rest.key) && rest.digits >= 3 && labelOf(first.low).tells() {
			first.space, first.newline = space, newline
			return append(tokens, first, rest)
		}
	}
	tail := len(strings.TrimRightFunc(text[start:end], unicode.IsLetter)) + start
	if end-tail >= 4 && cut == start {
		first, rest := runToken(text, start, tail, true), runToken(text, tail, end, true)
		if isDigits(first.key) && labelOf(rest.low).tells() {
			first.space, first.newline = space, newline
			return append(tokens, first, rest)
		}
	}
	return append(tokens, t)
}

func runToken(text string, start, end int, isLatin bool) token {
	if t, ok := plainToken(text, start, end); ok {
		return t
	}
	t := token{start: start, end: end, kind: word, upper: true}
	var key strings.Builder
	for _, r := range text[start:end] {
		if d, ok := digit(r); ok {
			t.kind = number
			t.digits++
			key.WriteByte(byte('0' + d))
			continue
		}
		t.upper = t.upper && !unicode.IsLower(r)
		if unicode.IsLetter(r) {
			key.WriteRune(unicode.ToUpper(narrow(r)))
		}
	}
	if isLatin {
		t.key = key.String()
	}
	if t.kind == word {
		t.low = fold(text[start:end])
	}
	return t
}

// plainToken is runToken for what has only ASCII letters and digits, as most of
// a text has.
func plainToken(text string, start, end int) (t token, ok bool) {
	small := false
	run := text[start:end]
	t = token{start: start, end: end, kind: word}
	for i := range len(run) {
		switch c := run[i]; {
		case c >= '0' && c <= '9':
			t.kind = number
			t.digits++
		case c >= 'a' && c <= 'z':
			small = true
		case c < 'A' || c > 'Z':
			return token{}, false
		}
	}
	t.upper, t.key = !small, strings.ToUpper(run)
	if t.kind == word {
		t.low = fold(run)
	}
	return t, true
}

// continuesTo reports whether what begins before token j goes on behind it
// without a space: 123-456, 12.50, ann_12, 12@example.com.
func continuesTo(tokens []token, j int) bool {
	if j+1 >= len(tokens) || tokens[j+1].space {
		return false
	}
	next := &tokens[j+1]
	if next.isAlnum() {
		return true
	}
	if next.is("_@") {
		return true
	}
	return (next.hyphen() || next.is(".,/:")) && j+2 < len(tokens) && !tokens[j+2].space && (tokens[j+2].kind == number || next.hyphen() && tokens[j+2].isAlnum())
}

// continuesFrom reports whether token i goes on from before it.
func continuesFrom(tokens []token, i int) bool {
	if i == 0 || tokens[i].space {
		return false
	}
	before := &tokens[i-1]
	if before.is("_@") {
		return true
	}
	return (before.hyphen() || before.is(".,")) && i > 1 && !before.space && tokens[i-2].isAlnum()
}

// folds are the letters that words are compared without.
var folds = func() map[rune]string {
	m := map[rune]string{'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ł': "l", 'đ': "d", 'ı': "i", 'þ': "th", 'ð': "d"}
	for plain, marked := range map[string]string{
		"a": "àáâãäåāăą", "c": "çćĉċč", "d": "ď", "e": "èéêëēĕėęě", "g": "ĝğġģ", "h": "ĥ", "i": "ìíîïĩīĭį", "j": "ĵ", "k": "ķ",
		"l": "ĺļľ", "n": "ñńņň", "o": "òóôõöōŏőơ", "r": "ŕŗř", "s": "śŝşšș", "t": "ţťț", "u": "ùúûüũūŭůűųư", "w": "ŵ", "y": "ýÿŷ", "z": "źżž",
		"α": "ά", "ε": "έ", "η": "ή", "ι": "ίϊΐ", "ο": "ό", "υ": "ύϋΰ", "ω": "ώ", "е": "ё",
	} {
		for _, r := range marked {
			m[r] = plain
		}
	}
	return m
}()

// fold returns a word in small letters without accents.
func fold(s string) string {
	plain := true
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf || s[i] >= 'A' && s[i] <= 'Z' {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		r = unicode.ToLower(narrow(r))
		if to, ok := folds[r]; ok {
			b.WriteString(to)
		} else if unicode.IsLetter(r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}
