package identity

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxWords bounds what of a line is compared, maxWord what of a word.
const (
	maxWords = 12
	maxWord  = 40
)

// words returns the words of a line as they are compared: lower case, without
// accents, letters and digits only.
func words(s string) []string {
	if len(s) > 500 {
		s = s[:500]
	}
	var out []string
	for _, w := range strings.FieldsFunc(plain(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if runes := []rune(w); len(runes) > maxWord {
			w = string(runes[:maxWord])
		}
		if out = append(out, w); len(out) == maxWords {
			break
		}
	}
	return out
}

// latin are letters that decompose into no plain one (UAX #15).
var latin = strings.NewReplacer("ß", "ss", "æ", "ae", "ø", "o", "œ", "oe", "đ", "d", "ð", "d", "þ", "th", "ł", "l", "ı", "i", "'", "", "’", "")

// plain is s in lower case without accents and apostrophes.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(strings.ToValidUTF8(s, "")))
	return latin.Replace(s)
}

// sound is roughly how a word is heard: its first letter and the classes of the
// consonants after it, as Soundex has them, without an end. A word that isn't
// in a-z sounds as it is written.
func sound(w string) string {
	for _, r := range w {
		if r < 'a' || r > 'z' {
			return w
		}
	}
	w = heard.Replace(w)
	if w == "" {
		return ""
	}
	const classes = "01230120022455012623010202" // a to z; vowels, h, w and y are 0
	out := []byte{w[0]}
	last := classes[w[0]-'a']
	for i := 1; i < len(w); i++ {
		switch c := classes[w[i]-'a']; {
		case c != '0' && c != last:
			out, last = append(out, c), c
		case c == '0' && w[i] != 'h' && w[i] != 'w':
			last = '0'
		}
	}
	return string(out)
}

var heard = strings.NewReplacer("ph", "f", "gh", "h", "kn", "n", "wr", "r", "sch", "s", "ck", "k")

// distance is in how many places two words differ: a letter more, less, other,
// or two that changed places. It is at most limit + 1.
func distance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if d := len(x) - len(y); max(d, -d) > limit {
		return limit + 1
	}
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	width := len(y) + 1
	rows := make([]int, 3*width)
	before, row, next := rows[:width], rows[width:2*width], rows[2*width:]
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(x); i++ {
		next[0] = i
		least := i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
			least = min(least, next[j])
		}
		if least > limit {
			return limit + 1
		}
		before, row, next = row, next, before
	}
	return min(row[len(y)], limit+1)
}
