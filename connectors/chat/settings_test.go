package chat

import (
	"encoding/json"
	"strings"
	"testing"

	"skein/connectors"
	"skein/inbox"
)

func parse(t *testing.T, settings string) (*Settings, error) {
	t.Helper()
	return ParseSettings(connectors.Account{ID: "web", Settings: []byte(settings)})
}

// What can't work is refused with a sentence that names the field; the rest has
// its defaults.
func TestParseSettings(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("s", 32)
	_, public := ecKey(t)
	pem, err := json.Marshal(public)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ settings, wrong string }{
		{`{"origins": ["https://shop.example"]}`, ""},
		{`{"origins": ["https://shop.example", "https://*.shop.example", "http://localhost:3000"], "secrets": ["` + long + `"], "publicKeys": [` + string(pem) + `],
			"brand": {"name": "S", "color": "#1a2b3c", "dir": "rtl", "theme": "dark", "side": "start"}, "scan": "unix:/run/clamd.sock", "mail": {"account": "m", "after": "10m"}}`, ""},
		{`{}`, "origins"},
		{`{"origins": []}`, "origins"},
		{`{"origins": ["shop.example"]}`, "origin"},
		{`{"origins": ["*"]}`, "origin"},
		{`{"origins": ["https://*.com"]}`, "origin"},
		{`{"origins": ["https://a.*.example"]}`, "origin"},
		{`{"origins": ["https://shop.example/"]}`, "origin"},
		{`{"origins": ["ftp://shop.example"]}`, "origin"},
		{`{"origins": ["https://user@shop.example"]}`, "origin"},
		{`{"origins": ["https://x.example"], "brand": {"color": "red"}}`, "brand.color"},
		{`{"origins": ["https://x.example"], "brand": {"dir": "up"}}`, "brand.dir"},
		{`{"origins": ["https://x.example"], "secrets": ["short"]}`, "secrets[0]"},
		{`{"origins": ["https://x.example"], "publicKeys": ["key"]}`, "publicKeys[0]"},
		{`{"origins": ["https://x.example"], "files": {"maxBytes": 1000000000}}`, "files.maxBytes"},
		{`{"origins": ["https://x.example"], "files": {"types": [".pdf"]}}`, "files.types"},
		{`{"origins": ["https://x.example"], "scan": "clamd"}`, "scan"},
		{`{"origins": ["https://x.example"], "calendar": "main"}`, "calendar"},
		{`{"origins": ["https://x.example"], "mail": {"after": "1s"}}`, "mail.after"},
		{`{"origins": ["https://x.example"], "colour": "red"}`, "colour"},
		{`[]`, "can't be read"},
	} {
		s, err := parse(t, tc.settings)
		switch {
		case tc.wrong == "" && (err != nil || s.Files.MaxBytes != defaultFile || !s.Files.takes("image/png") || s.Files.takes("text/html")):
			t.Errorf("%s: %v, %+v", tc.settings, err, s)
		case tc.wrong != "" && (inbox.CodeOf(err) != inbox.Invalid || !strings.Contains(err.Error(), tc.wrong)):
			t.Errorf("%s: %v, want an error that names %s", tc.settings, err, tc.wrong)
		}
	}
}

// The widget stands where the account says, and nowhere else.
func TestAllows(t *testing.T) {
	t.Parallel()
	s, err := parse(t, `{"origins": ["https://shop.example", "https://*.brand.example", "http://localhost:3000"]}`)
	if err != nil {
		t.Fatal(err)
	}
	for origin, want := range map[string]bool{
		"https://shop.example": true, "https://SHOP.example": true, "https://shop.example:443": true, "http://localhost:3000": true,
		"https://www.brand.example": true, "https://a.b.brand.example": true,
		"https://brand.example": false, "https://evilbrand.example": false, "https://brand.example.evil.example": false,
		"https://www.brand.example:8443": false, "http://www.brand.example": false, "https://*.brand.example": false,
		"http://shop.example": false, "https://shop.example:8443": false, "https://shop.example.evil.example": false,
		"https://evil.example/https://shop.example": false, "https://shop.example@evil.example": false,
		"http://localhost": false, "null": false, "": false, "https://": false, "file://": false,
	} {
		if got := s.allows(origin); got != want {
			t.Errorf("allows(%q) = %v, want %v", origin, got, want)
		}
	}
}
