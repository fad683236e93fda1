package orderlink

import (
	"fmt"
	"strings"
)

// codeDigits is how long a one-time code is.
const codeDigits = 6

// Codes returns what of a text may be a one-time code, each once, in the order of
// the text: six digits that are no part of anything longer, in one group or in
// two of three.
func Codes(text string) []string {
	if !anyDigit(text) {
		return nil
	}
	var list []string
	seen := map[string]bool{}
	tokens := lex(text)
	add := func(first, last int, code string) {
		if len(code) != codeDigits || !isDigits(code) || continuesFrom(tokens, first) || continuesTo(tokens, last) || seen[code] {
			return
		}
		seen[code] = true
		list = append(list, code)
	}
	for i := range tokens {
		if tokens[i].kind != number {
			continue
		}
		add(i, i, tokens[i].key)
		if len(tokens[i].key) != codeDigits/2 {
			continue
		}
		next := i + 1
		if next < len(tokens) && tokens[next].hyphen() {
			next++
		}
		if next < len(tokens) && tokens[next].kind == number && len(tokens[next].key) == codeDigits/2 && !groupOfMore(tokens, i, next) {
			add(i, next, tokens[i].key+tokens[next].key)
		}
	}
	return list
}

// groupOfMore reports whether two groups are among more of them: a telephone
// number.
func groupOfMore(tokens []token, first, last int) bool {
	return first > 0 && tokens[first-1].kind == number && !tokens[first].newline ||
		last+1 < len(tokens) && tokens[last+1].kind == number && !tokens[last+1].newline
}

// CodeLetter is the mail that brings a one-time code to an order's buyer, in German
// where the locale is German, else in English. Nothing of the order is in it but
// its number, which who placed it knows.
func CodeLetter(locale, shop, number, code string) (subject, text string) {
	if language, _, _ := strings.Cut(strings.ReplaceAll(locale, "_", "-"), "-"); strings.EqualFold(language, "de") {
		return fmt.Sprintf("%s: Ihr Code ist %s", shop, code), fmt.Sprintf(`Jemand schreibt %s wegen der Bestellung %s.

Wenn Sie das sind, nennen Sie im selben Gespräch diesen Code:

    %s

Er gilt 15 Minuten lang und einmal.

Wenn Sie es nicht sind, brauchen Sie nichts zu tun: Ohne den Code wird nichts von Ihrer Bestellung verraten.
`, shop, number, code)
	}
	return fmt.Sprintf("%s: your code is %s", shop, code), fmt.Sprintf(`Somebody is writing to %s about order %s.

If that is you, tell them this code in the same conversation:

    %s

It is good for 15 minutes, and once.

If it isn't you, you need do nothing: without the code nothing of your order is told.
`, shop, number, code)
}
