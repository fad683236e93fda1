package chat

import (
	"net/http/httptest"
	"testing"
)

// The widget stands where the account allows it and nowhere else; a page beside
// the server, which doesn't always name its origin, is judged by the same list.
func TestOrigins(t *testing.T) {
	t.Parallel()
	s := &Settings{Origins: []string{"https://shop.example", "https://*.shops.example", "http://127.0.0.1:8080"}}
	for _, c := range []struct {
		origin, site, address string
		want                  bool
	}{
		{"https://shop.example", "cross-site", "https://help.example/x", true},
		{"https://SHOP.example:443", "cross-site", "https://help.example/x", true},
		{"http://shop.example", "cross-site", "https://help.example/x", false},
		{"https://a.shops.example", "cross-site", "https://help.example/x", true},
		{"https://shops.example", "cross-site", "https://help.example/x", false},
		{"https://evilshops.example", "cross-site", "https://help.example/x", false},
		{"null", "cross-site", "https://help.example/x", false},
		{"", "", "https://shop.example/x", false},
		{"", "cross-site", "https://shop.example/x", false},
		{"", "same-site", "https://shop.example/x", false},
		{"", "same-origin", "https://shop.example/x", true},
		{"", "same-origin", "http://127.0.0.1:8080/x", true},
		{"", "same-origin", "https://help.example/x", false},
		{"https://evil.example", "same-origin", "https://shop.example/x", false},
	} {
		r := httptest.NewRequest("GET", "/x", nil)
		for name, v := range map[string]string{"Origin": c.origin, "Sec-Fetch-Site": c.site} {
			if v != "" {
				r.Header.Set(name, v)
			}
		}
		if got := s.allows(originOf(r, c.address)); got != c.want {
			t.Errorf("Origin %q, Sec-Fetch-Site %q, at %s: allowed %v, want %v", c.origin, c.site, c.address, got, c.want)
		}
	}
}
