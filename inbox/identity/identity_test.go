package identity

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// One person's address is one key, however it was typed; different people's
// never meet.
func TestEmailKey(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Ann@Example.COM", "ann@example.com"},
		{" ann@example.com ", "ann@example.com"},
		{"ann@example.com.", "ann@example.com"},
		{"ann@example.com..", "ann@example.com"},
		{"ann@example.com\u3002", "ann@example.com"},
		{"ann@bücher.example", "ann@xn--bcher-kva.example"},
		{"ann@XN--BCHER-KVA.example", "ann@xn--bcher-kva.example"},
		{"a.n.n+tag@gmail.com", "a.n.n+tag@gmail.com"},
		{"Müller@example.com", "müller@example.com"},
		{`"a@b"@example.com`, `"a@b"@example.com`},
		{"ann@[192.0.2.1]", "ann@[192.0.2.1]"},
		{"ann", ""},
		{"@example.com", ""},
		{"ann@", ""},
		{"ann@.", ""},
		{"ann <ann@example.com>", ""},
		{"ann@example.com..\f.", ""},
		{"ann\x00@example.com", ""},
		{strings.Repeat("a", 320) + "@example.com", ""},
	} {
		if got := EmailKey(c.in); got != c.want {
			t.Errorf("EmailKey(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

// A key is its own key.
func FuzzEmailKey(f *testing.F) {
	f.Add("Ann@Example.COM")
	f.Add("ann@bücher.example")
	f.Fuzz(func(t *testing.T, s string) {
		key := EmailKey(s)
		if again := EmailKey(key); utf8.ValidString(s) && again != key {
			t.Errorf("EmailKey(%q) = %q, whose key is %q", s, key, again)
		}
	})
}
