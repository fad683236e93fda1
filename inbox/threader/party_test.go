package threader

import (
	"testing"

	"skein/inbox"
)

// A name never poses as an address, nor turns round what stands beside it.
func TestParty(t *testing.T) {
	for name, want := range map[string]string{
		"Ann Example":            "Ann Example",
		"Ann@X.example":          "Ann@X.example",
		"'ann@x.example'":        "'ann@x.example'",
		"boss@bank.example":      "",
		"Boss <boss@bank.test>":  "",
		"boss\uFF20bank.example": "",
		"Ann\u202E elpmaxe":      "Ann elpmaxe",
		"\u2067Ann\u2069":        "Ann",
		"Ann\r\nBcc: eve":        "Ann  Bcc: eve",
	} {
		if got := party(inbox.Party{Address: "ann@x.example", Name: name}); got.Name != want || got.Address != "ann@x.example" {
			t.Errorf("party with the name %q = %+v, want the name %q", name, got, want)
		}
	}
}
