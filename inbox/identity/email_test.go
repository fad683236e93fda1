package identity

import (
	"strings"
	"testing"

	"skein/inbox"
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
		{strings.Repeat("a", 64) + "@example.com", strings.Repeat("a", 64) + "@example.com"},
		{strings.Repeat("a", 65) + "@example.com", ""},
		{"mailto:Ann@example.com", "ann@example.com"},
		{"ann@@example.com", ""},
		{`"an n"@example.com`, `"an n"@example.com`},
		{"rene\u0301@example.com", "ren\u00e9@example.com"},
		{"ann\xff@example.com", ""},
	} {
		if got := EmailKey(c.in); got != c.want {
			t.Errorf("EmailKey(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

// A key is its own key, and nothing that looks at keys falls over one.
func FuzzEmailKey(f *testing.F) {
	for _, s := range []string{"Ann@Example.COM", "ann@bücher.example", "mailto:ann@example.com", `"a@b"@example.com`, "+tag@example.com", "rene\u0301@example.com"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		key := EmailKey(s)
		if again := EmailKey(key); again != key {
			t.Errorf("EmailKey(%q) = %q, whose key is %q", s, key, again)
		}
		ref := inbox.IdentityRef{Kind: inbox.EmailAddress, Key: s}
		Blocked(ref)
		Relay(s)
		if hints := Hints(nil, ref, s); len(hints) > maxHints {
			t.Errorf("Hints of %q: %d of them", s, len(hints))
		}
	})
}
