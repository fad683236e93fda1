package chat

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// validOrigin reports whether o is an origin (RFC 6454 section 6.2), or every
// one below a name.
func validOrigin(o string) bool {
	u, err := url.Parse(strings.Replace(o, "://*.", "://any.", 1))
	if err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || strings.HasSuffix(o, "#") || strings.HasSuffix(o, "?") {
		return false
	}
	if u.Hostname() == "" || strings.Contains(u.Host, "*") {
		return false
	}
	// Below one label there would be everybody: https://*.com.
	if strings.Contains(o, "://*.") && strings.Count(u.Hostname(), ".") < 2 {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http"
}

// originOf is the origin of the page that asks. Of a page of the same origin as
// address, the request's own, browsers say so in another field when it only reads
// (Fetch section 3.2; Fetch Metadata section 2.3).
func originOf(r *http.Request, address string) string {
	origin := r.Header.Get("Origin")
	if origin != "" || r.Header.Get("Sec-Fetch-Site") != "same-origin" {
		return origin
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// allows reports whether the widget may stand where origin says. A page that
// hides where it is ("null") is nowhere.
func (s *Settings) allows(origin string) bool {
	is, ok := canonical(origin)
	if !ok || strings.Contains(origin, "*") {
		return false
	}
	return slices.ContainsFunc(s.Origins, func(o string) bool {
		scheme, host, found := strings.Cut(o, "://*.")
		if !found {
			own, ok := canonical(o)
			return ok && own == is
		}
		below, ok := canonical(scheme + "://" + host)
		if !ok {
			return false
		}
		_, suffix, _ := strings.Cut(below, "://")
		name, rest, _ := strings.Cut(is, "://")
		return name == scheme && strings.HasSuffix(rest, "."+suffix)
	})
}

// canonical is an origin in the one form that browsers send: lower case, without
// the port that goes without saying.
func canonical(origin string) (string, bool) {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.Path != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", false
	}
	scheme, host, port := strings.ToLower(u.Scheme), strings.ToLower(u.Hostname()), u.Port()
	if port == "" || scheme == "https" && port == "443" || scheme == "http" && port == "80" {
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		return scheme + "://" + host, true
	}
	return scheme + "://" + net.JoinHostPort(host, port), true
}
