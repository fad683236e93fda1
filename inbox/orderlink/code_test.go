package orderlink

import (
	"slices"
	"strings"
	"testing"
)

// What may be a one-time code is six digits by themselves, and never a part of
// something longer.
func TestCodes(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"482913", []string{"482913"}},
		{"It says 482913.", []string{"482913"}},
		{"the code is 482 913, thanks", []string{"482913"}},
		{"482-913", []string{"482913"}},
		{"٤٨٢٩١٣", []string{"482913"}},
		{"482913 or 550127? 482913!", []string{"482913", "550127"}},
		{"call 0482913", nil},
		{"card 4829 1348 2913 4829", nil},
		{"482 913 550", nil},
		{"A482913", nil},
		{"482913-77", nil},
		{"12.482913", nil},
		{"ann482913@x.example", nil},
		{"order #100217, code 482913", []string{"100217", "482913"}},
		{"no digits", nil},
	} {
		got := Codes(c.text)
		if !slices.Equal(got, c.want) {
			t.Errorf("Codes(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

// The mail that brings a code has it, the number and nothing else of the order.
func TestCodeLetter(t *testing.T) {
	for locale, word := range map[string]string{"": "tell them this code", "en-GB": "tell them this code", "fr": "tell them this code", "de": "diesen Code", "de_AT": "diesen Code", "DE-at": "diesen Code"} {
		subject, text := CodeLetter(locale, "The shop", "HP-1001", "482913")
		if !strings.Contains(subject, "482913") || !strings.Contains(text, "482913") || !strings.Contains(text, "HP-1001") || !strings.Contains(text, word) {
			t.Errorf("%q: subject %q, text %q", locale, subject, text)
		}
	}
}
