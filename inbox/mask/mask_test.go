package mask

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// A card's number is masked but for its last four digits however it is written,
// and what only looks like one is left alone.
func TestCards(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, text, want string
		n                int
	}{
		{"in one group", "my card is 4111111111111111.", "my card is ************1111.", 1},
		{"in fours", "4111 1111 1111 1111", "**** **** **** 1111", 1},
		{"by hyphens", "4111-1111-1111-1111", "****-****-****-1111", 1},
		{"by dots", "4111.1111.1111.1111", "****.****.****.1111", 1},
		{"mixed", "4111 1111-1111.1111", "**** ****-****.1111", 1},
		{"digit by digit", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "* * * * * * * * * * * * 1 1 1 1", 1},
		{"wrapped", "4111 1111\n1111 1111", "**** ****\n**** 1111", 1},
		{"not over paragraphs", "4111 1111\n\n1111 1111", "4111 1111\n\n1111 1111", 0},
		{"no-break spaces", "4111\u00a01111\u202f1111\u20091111", "****\u00a0****\u202f****\u20091111", 1},
		{"zero-width characters", "4\u200b111\u200d1111\ufeff1111\u00ad1111", "*\u200b***\u200d****\ufeff****\u00ad1111", 1},
		{"full-width", "４１１１１１１１１１１１１１１１", "************１１１１", 1},
		{"Arabic digits", "٤١١١ ١١١١ ١١١١ ١١١١", "**** **** **** ١١١١", 1},
		{"Devanagari and hyphens", "४१११‑११११‑११११‑११११", "****‑****‑****‑११११", 1},
		{"mathematical digits", "𝟒𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏", "************𝟏𝟏𝟏𝟏", 1},
		{"American Express", "3782 822463 10005", "**** ****** *0005", 1},
		{"Diners Club", "3056 930902 5904", "**** ****** 5904", 1},
		{"Mastercard of the second series", "2223003122003222", "************3222", 1},
		{"Visa of 13 digits", "4222222222222", "*********2222", 1},
		{"19 digits", "6304 1234 5678 9012 347", "**** **** **** ***2 347", 1},
		{"Maestro", "6759649826438453", "************8453", 1},
		{"with date and code", "5555 5555 5555 4444 12/27 123", "**** **** **** 4444 12/27 123", 1},
		{"code right behind", "4111 1111 1111 1111 123", "**** **** **** 1111 123", 1},
		{"two", "4111111111111111, 5555555555554444", "************1111, ************4444", 2},
		{"two beside each other", "4111111111111111 5555555555554444", "************1111 ************4444", 2},
		{"bold", "**4111111111111111**", "**************1111**", 1},
		{"glued to a word", "visa4111111111111111", "visa************1111", 1},
		{"glued to VISA", "VISA4111111111111111", "VISA************1111", 1},
		{"glued to a carrier's letters", "YT2221000000000009", "YT2221000000000009", 0},
		{"wrong check digit", "4111111111111112", "4111111111111112", 0},
		{"nobody's range", "1234567812345670", "1234567812345670", 0},
		{"nobody's length", "41111111111111116", "41111111111111116", 0},
		{"within a longer number", "94001111111111111111111", "94001111111111111111111", 0},
		{"too short", "411111111111", "411111111111", 0},
		{"words between", "4111 1111 or 1111 1111", "4111 1111 or 1111 1111", 0},
		{"far apart", "4111 -- - 1111 1111 1111", "4111 -- - 1111 1111 1111", 0},
		{"an order's number", "order 100023456", "order 100023456", 0},
		{"telephone", "+49 170 1234567 or 030 12345678", "+49 170 1234567 or 030 12345678", 0},
		{"nothing", "", "", 0},
		{"broken UTF-8", "\xff4111111111111111\xff", "\xff************1111\xff", 1},
	} {
		got, n := Cards(tc.text)
		if got != tc.want || n != tc.n {
			t.Errorf("%s: Cards(%q) = %q, %d, want %q, %d", tc.name, tc.text, got, n, tc.want, tc.n)
		}
	}
}

// A number that is known to be an order's stays, but not when it is written as
// only cards are.
func TestCardsKeep(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text, keep, want string
	}{
		{"order 4111111111111111", "4111111111111111", "order 4111111111111111"},
		{"order 4111111111111111", "#4111-1111-1111-1111", "order 4111111111111111"},
		{"order 4111 1111 1111 1111", "4111111111111111", "order **** **** **** 1111"},
		{"order 4111111111111111", "4111111111111112", "order ************1111"},
		{"order 4111111111111111", "", "order ************1111"},
	} {
		if got, _ := Cards(tc.text, tc.keep); got != tc.want {
			t.Errorf("Cards(%q, %q) = %q, want %q", tc.text, tc.keep, got, tc.want)
		}
	}
}

// In a document, tags and entities don't hide digits, attributes are masked as
// well, and everything else stays as it is.
func TestHTML(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, text, want string
		n                int
	}{
		{"plain", "<p>4111111111111111</p>", "<p>************1111</p>", 1},
		{"split by tags", "<b>4111</b>1111<i>1111</i>1111", "<b>****</b>****<i>****</i>1111", 1},
		{"every digit in its own", "<i>4</i><i>1</i><i>1</i><i>1</i>111111111111", "<i>*</i><i>*</i><i>*</i><i>*</i>********1111", 1},
		{"in cells", "<td>4111</td>\n <td>1111</td>\n <td>1111</td>\n <td>1111</td>", "<td>****</td>\n <td>****</td>\n <td>****</td>\n <td>1111</td>", 1},
		{"beside another cell", "<td>12</td><td>4111111111111111</td>", "<td>12</td><td>************1111</td>", 1},
		{"entities", "&#52;111&nbsp;1111&#x20;1111&#8203;1111", "****&nbsp;****&#x20;****&#8203;1111", 1},
		{"hidden by a comment", "4111<!-- x -->111111111111", "****<!-- x -->********1111", 1},
		{"in a comment", "<!-- 4111111111111111 -->", "<!-- ************1111 -->", 1},
		{"attribute", `<a href="tel:4111111111111111" title='5555 5555 5555 4444'>x</a>`, `<a href="tel:************1111" title='**** **** **** 4444'>x</a>`, 2},
		{"attribute by entities", `<a title="&#x34;111111111111111">x</a>`, `<a title="************1111">x</a>`, 1},
		{"text and attribute apart", `4111<a title="1111">1111</a>11111111`, `****<a title="1111">****</a>****1111`, 1},
		{"a bracket in quotes", `<a title=">">4111111111111111</a>`, `<a title=">">************1111</a>`, 1},
		{"a quote that never ends", `<a title="4111111111111111>5555555555554444`, `<a title="************1111>************4444`, 2},
		{"a tag that never ends", `<a title=4111111111111111`, `<a title=************1111`, 1},
		{"less than", "1<2 4111111111111111", "1<2 ************1111", 1},
		{"nothing", "<p>&amp; &#169; 10 x 20</p>", "<p>&amp; &#169; 10 x 20</p>", 0},
	} {
		got, n := HTML(tc.text)
		if got != tc.want || n != tc.n {
			t.Errorf("%s: HTML(%q) = %q, %d, want %q, %d", tc.name, tc.text, got, n, tc.want, tc.n)
		}
	}
}

// Numbers without end, and tags that never end, are read once.
func TestLinear(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		strings.Repeat("4111 ", 40_000), strings.Repeat("4111111111111111 ", 12_000), strings.Repeat("4", 200_000),
		strings.Repeat("<a", 60_000), strings.Repeat(`<a "'`, 40_000), strings.Repeat("<!--", 40_000), strings.Repeat("&", 100_000), strings.Repeat("&#4", 60_000),
	} {
		Cards(s)
		HTML(s)
	}
}

// cardLeft finds a number in one group or in fours by trying everything: the
// plain way of saying what must not be left.
func cardLeft(s string) string {
	runes := []rune(s)
	var digits []byte
	for i := 0; i < len(runes); i++ {
		if _, ok := digit(runes[i]); !ok || i > 0 && isDigitRune(runes[i-1]) {
			continue
		}
		digits = digits[:0]
		k := i
		for ; k < len(runes); k++ {
			d, ok := digit(runes[k])
			if !ok {
				break
			}
			digits = append(digits, '0'+d)
		}
		if i > 0 && (invisible(runes[i-1]) || runes[i-1] >= 'A' && !(runes[i-1] >= 'a' && runes[i-1] <= 'z')) || k < len(runes) && invisible(runes[k]) {
			continue
		}
		if n := len(digits); n >= minDigits && n <= maxDigits && issued(string(digits)) && luhn(string(digits)) {
			return string(digits)
		}
	}
	return ""
}

func isDigitRune(r rune) bool {
	_, ok := digit(r)
	return ok
}

// Whatever is written: no card's number is left, a text never grows, and masking
// twice is masking once.
func FuzzCards(f *testing.F) {
	for _, s := range []string{"4111 1111 1111 1111", "４１１１-1111.1111\u200b1111", "<b>4111</b>&#49;11111111111", "37828 22463 10005 4222222222222", "VISA4111111111111111", "\xff\xfe4111"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, do := range map[string]func(string) (string, int){"Cards": func(s string) (string, int) { return Cards(s) }, "HTML": func(s string) (string, int) { return HTML(s) }} {
			got, n := do(s)
			if len(got) > len(s) || utf8.RuneCountInString(got) > utf8.RuneCountInString(s) {
				t.Errorf("%s(%q) = %q: it grew", name, s, got)
			}
			if n == 0 && got != s {
				t.Errorf("%s(%q) = %q, with nothing masked", name, s, got)
			}
			if again, n := do(got); again != got || n != 0 {
				t.Errorf("%s(%q) = %q, and of that %q", name, s, got, again)
			}
			if name == "Cards" {
				numbers := Numbers(s)
				if len(numbers) != n {
					t.Errorf("Numbers(%q) = %q, and %d are masked", s, numbers, n)
				}
				if kept, n := Cards(s, numbers...); n == 0 && kept != s {
					t.Errorf("Cards(%q) = %q with all of them kept", s, kept)
				}
				if utf8.RuneCountInString(got) != utf8.RuneCountInString(s) {
					t.Errorf("%s(%q) = %q: another length", name, s, got)
				}
				if left := cardLeft(got); left != "" {
					t.Errorf("%s(%q) = %q leaves %s", name, s, got, left)
				}
			}
		}
	})
}
