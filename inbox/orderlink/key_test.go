package orderlink

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// A number has one key however it is written, and no two numbers share one
// because of a zero.
func TestNumberKey(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ in, want string }{
		{"#1001", "1001"},
		{" # 1001 ", "1001"},
		{"No. 1001", "1001"},
		{"Nr.1001", "1001"},
		{"nº 1001", "1001"},
		{"№1001", "1001"},
		{"NO1001", "NO1001"},
		{"k-3300417", "K3300417"},
		{"#K3300417", "K3300417"},
		{"00418263", "00418263"},
		{"SO/2024/0012", "SO20240012"},
		{"100 023 456", "100023456"},
		{"１００１", "1001"},
		{"١٠٠١", "1001"},
		{"10\u200b01", "1001"},
		{"123-1234567-1234567", "123-1234567-1234567"},
		{"123 1234567 1234567", "123-1234567-1234567"},
		{"12312345671234567", "12312345671234567"},
		{"é-1", "É1"},
		{"#", ""},
		{"", ""},
		{"---", ""},
		{strings.Repeat("9", maxKey), strings.Repeat("9", maxKey)},
		{strings.Repeat("9", 400), ""},
		{strings.Repeat("9 ", 400), ""},
	} {
		if got := NumberKey(tc.in); got != tc.want {
			t.Errorf("NumberKey(%q) = %q, want %q", tc.in, got, tc.want)
		}
	}
	if got := TrackingKey("nr 473 124 829 se"); got != "NR473124829SE" {
		t.Errorf("TrackingKey reads NR as a label: %q", got)
	}
	if got := TrackingKey("123-1234567-1234567"); got != "12312345671234567" {
		t.Errorf("TrackingKey keeps %q", got)
	}
}

// A store's own numbering is learned from its numbers, in parts as at once, and
// says what it is to an operator.
func TestLearn(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		numbers []string
		text    string
		keys    map[string]string
	}{
		{"none", nil, "No orders yet", map[string]string{"1001": "1001"}},
		{"Shopify", []string{"#998", "#1001", "#1002"}, "# and 3 to 4 digits, such as #998 and #1002", map[string]string{"1001": "1001", "#10001": "10001"}},
		{"prefix", []string{"#K3300417", "#K5510022"}, "#K and 7 digits, such as #K3300417 and #K5510022", map[string]string{"3300417": "K3300417", "k3300417": "K3300417", "330041": "330041", "K9": "K9"}},
		{"zeros", []string{"00000123", "00000124"}, "8 digits, filled up with zeros, such as 00000123 and 00000124", map[string]string{"123": "00000123", "00000123": "00000123", "12": "12", "123456789": "123456789"}},
		{"suffix", []string{"ZQ-104007-EU"}, "ZQ- and 6 digits and -EU, such as ZQ-104007-EU", map[string]string{"104007": "ZQ104007EU", "zq 104007 eu": "ZQ104007EU"}},
		{"groups", []string{"2024-00012", "2025-00013"}, "9 digits in groups, such as 2024-00012 and 2025-00013", map[string]string{"202400099": "202400099"}},
		{"Amazon", []string{"302-1234567-1234567"}, "17 digits in groups, such as 302-1234567-1234567", map[string]string{"30212345671234567": "302-1234567-1234567"}},
		{
			"two forms", []string{"#1001", "#1002", "#1003", "B-77"},
			"# and 4 digits, such as #1001 and #1003 (3 of 4 orders); B- and 2 digits, such as B-77 (1 of 4 orders)",
			map[string]string{"1002": "1002", "b77": "B77", "77": "B77"},
		},
	} {
		g := Learn(tc.numbers)
		if got := g.Text(); got != tc.text {
			t.Errorf("%s: Text() = %q, want %q", tc.name, got, tc.text)
		}
		for in, want := range tc.keys {
			if got := g.Key(in); got != want {
				t.Errorf("%s: Key(%q) = %q, want %q", tc.name, in, got, want)
			}
		}
		parts := Grammar{}
		for _, n := range tc.numbers {
			parts = parts.Merge(Learn([]string{n}))
		}
		if d := cmp.Diff(g.Patterns, parts.Patterns); d != "" && len(tc.numbers) > 0 {
			t.Errorf("%s: learned one by one, it differs: %s", tc.name, d)
		}
		text, err := json.Marshal(g)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := ParseGrammar(text); err != nil || cmp.Diff(g, back) != "" && len(tc.numbers) > 0 {
			t.Errorf("%s: %s comes back as %+v, %v", tc.name, text, back, err)
		}
	}
}

// What a store doesn't repeat is no literal, and a grammar stays small.
func TestLearnFolds(t *testing.T) {
	t.Parallel()
	g := Learn(codes(3000))
	if len(g.Patterns) > maxPatterns || g.Orders() == 0 || len(g.Examples()) == 0 || len(g.Text()) > 1000 {
		t.Errorf("%d patterns of %d orders: %s", len(g.Patterns), g.Orders(), g.Text())
	}
	for _, code := range codes(3200)[3000:] {
		if keys := Find("", "order number "+code, []Grammar{g}); len(keys) > 0 && keys[0].Score < .9 {
			t.Errorf("%s is none of the store's: %+v", code, keys)
		}
	}
}

// A key is its own key, is short, and holds nothing but letters, digits and
// Amazon's hyphens.
func FuzzNumberKey(f *testing.F) {
	for _, s := range []string{"#1001", "No. №#1", "123-1234567-1234567", "１٢३", "\xff", "ßẞ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		key := NumberKey(s)
		if utf8.RuneCountInString(key) > maxKey {
			t.Errorf("NumberKey(%q) = %q: too long", s, key)
		}
		if again := NumberKey(key); again != key {
			t.Errorf("NumberKey(%q) = %q, and of that %q", s, key, again)
		}
		g := Learn([]string{s, key})
		if got := g.Key(s); key != "" && g.Orders() > 0 && NumberKey(got) != got {
			t.Errorf("Learn(%q).Key = %q", s, got)
		}
		g.Text()
		g.Examples()
	})
}
