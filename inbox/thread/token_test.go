package thread

import (
	"strings"
	"testing"
	"time"

	"skein/inbox"
)

// What we signed verifies, in any case of letters and after the key was
// retired; anything else does not.
func TestToken(t *testing.T) {
	id := inbox.NewID[inbox.MessageID](time.Now())
	conv := inbox.ConversationID(id)
	old, err := NewKeys([]byte("old"))
	if err != nil {
		t.Fatal(err)
	}
	now, _ := NewKeys([]byte("new"), []byte("old"))
	other, _ := NewKeys([]byte("other"))
	header, plus := old.HeaderID(id, "shop.example"), old.PlusAddress("support@shop.example", conv)

	if got, ok := now.Parse(strings.ToUpper(header)); !ok || got != id {
		t.Errorf("Parse(%q) = %q, %v, want %q", header, got, ok, id)
	}
	if got, ok := now.ParsePlus(plus); !ok || got != conv {
		t.Errorf("ParsePlus(%q) = %q, %v, want %q", plus, got, ok, conv)
	}
	if local, _, _ := strings.Cut(plus, "@"); len(local) > 64 {
		t.Errorf("local part of %q has %d octets, want at most 64", plus, len(local))
	}
	if got := old.PlusAddress(strings.Repeat("a", 30)+"@shop.example", conv); got != "" {
		t.Errorf("PlusAddress of a long address = %q, want none", got)
	}
	local, domain, _ := strings.Cut(header, "@")
	flipped := []byte(local)
	flipped[0] ^= 1
	for _, bad := range []string{
		"", "@", "a.b.c@d", string(flipped) + "@" + domain, local[:len(local)-1] + "@" + domain, local + "a@" + domain,
		strings.TrimPrefix(strings.Split(plus, "@")[0], "support+") + "@shop.example", // signed, for another use
	} {
		if got, ok := now.Parse(bad); ok {
			t.Errorf("Parse(%q) = %q, want nothing", bad, got)
		}
	}
	if _, ok := other.Parse(header); ok {
		t.Error("another secret verifies our token")
	}
}

// No made-up id verifies.
func FuzzParse(f *testing.F) {
	keys, _ := NewKeys([]byte("secret"))
	id := inbox.NewID[inbox.MessageID](time.Now())
	f.Add(keys.HeaderID(id, "x"))
	f.Add("a.b.c@d")
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := keys.Parse(s)
		local, _, _ := strings.Cut(s, "@")
		if want, _, _ := strings.Cut(keys.HeaderID(got, "x"), "@"); ok && strings.ToLower(local) != want {
			t.Errorf("Parse(%q) = %q, whose token is %q", s, got, want)
		}
	})
}
