package email

import (
	"net"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// dmarcAligned reports whether our own receiving server says that the mail
// passed DMARC for the domain of its author (RFC 8601, RFC 7489).
//
// Only the topmost Authentication-Results field counts, and only when its
// authserv-id is one of ours and no server of somebody else's passed the mail
// on after it (RFC 8601 section 5): whatever stands below came with the mail.
func dmarcAligned(h header, servers []string, fromDomain string) bool {
	from := domainKey(fromDomain)
	if from == "" || len(servers) == 0 {
		return false
	}
	for _, f := range h {
		switch f.name {
		case "received":
			if foreign(receivedBy(f.value), servers) {
				return false
			}
		case "authentication-results":
			id, results := parseAuthResults(f.value)
			if !oneOf(id, servers) {
				return false
			}
			for _, r := range results {
				if r.method == "dmarc" && r.result == "pass" && aligned(domainKey(r.props["header.from"]), from) {
					return true
				}
			}
			return false
		}
	}
	return false
}

func oneOf(id string, servers []string) bool {
	for _, s := range servers {
		if s != "" && strings.EqualFold(strings.Trim(s, " ."), id) {
			return true
		}
	}
	return false
}

// foreign reports whether host is a public name outside the domains of our
// servers. An address or a bare name tells nothing.
func foreign(host string, servers []string) bool {
	host = domainKey(host)
	if !strings.Contains(host, ".") || net.ParseIP(host) != nil || strings.Contains(host, ":") {
		return false
	}
	org := organisation(host)
	for _, s := range servers {
		if s = domainKey(s); s == host || organisation(s) == org {
			return false
		}
	}
	switch suffix := host[strings.LastIndexByte(host, '.')+1:]; suffix {
	case "local", "localdomain", "lan", "internal", "localhost":
		return false
	}
	return org != ""
}

// receivedBy returns the host that wrote a Received field.
func receivedBy(v string) string {
	v, _ = stripComments(v)
	words := strings.Fields(v)
	for i, w := range words {
		if strings.EqualFold(w, "by") && i+1 < len(words) {
			return strings.Trim(words[i+1], "[];")
		}
	}
	return ""
}

func aligned(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	return a == b || organisation(a) != "" && organisation(a) == organisation(b)
}

func organisation(domain string) string {
	org, err := publicsuffix.EffectiveTLDPlusOne(domain)
	if err != nil {
		return ""
	}
	return org
}

func domainKey(s string) string {
	s = strings.ToLower(strings.Trim(s, " \t.\"<>"))
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		s = s[i+1:]
	}
	if ascii, err := idna.Lookup.ToASCII(s); err == nil {
		return ascii
	}
	return s
}

type authResult struct {
	method, result string
	props          map[string]string
}

// parseAuthResults reads an Authentication-Results field (RFC 8601 section 2.2).
// Comments say nothing, and what stands in quotes separates nothing.
func parseAuthResults(v string) (id string, results []authResult) {
	for i, part := range splitQuoted(v) {
		words := authWords(part)
		if len(words) == 0 {
			continue
		}
		if i == 0 {
			if !strings.Contains(words[0], "=") {
				id = strings.ToLower(strings.Trim(words[0], "\"."))
			}
			continue
		}
		method, result, ok := strings.Cut(words[0], "=")
		if !ok || len(results) > 100 {
			continue
		}
		method, _, _ = strings.Cut(strings.ToLower(method), "/")
		r := authResult{method: strings.TrimSpace(method), result: strings.ToLower(strings.Trim(result, `"`)), props: map[string]string{}}
		for _, w := range words[1:] {
			if name, val, ok := strings.Cut(w, "="); ok {
				name = strings.ToLower(name)
				if _, dup := r.props[name]; !dup {
					r.props[name] = strings.Trim(val, `"`)
				}
			}
		}
		results = append(results, r)
	}
	return id, results
}

// splitQuoted takes comments out and cuts at the ";" outside quotes.
func splitQuoted(v string) (parts []string) {
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(v); i++ {
		c := v[i]
		switch {
		case c == '\\' && (depth > 0 || quoted):
			i++
			if quoted && depth == 0 && i < len(v) {
				b.WriteByte(masked(v[i]))
			}
		case depth == 0 && c == '"':
			quoted = !quoted
			b.WriteByte(c)
		case quoted:
			b.WriteByte(masked(c))
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			if depth--; depth == 0 {
				b.WriteByte(' ')
			}
		case depth > 0:
		case c == ';':
			parts = append(parts, b.String())
			b.Reset()
		default:
			b.WriteByte(c)
		}
	}
	return append(parts, b.String())
}

// masked keeps what is quoted, escaped or not, from separating words.
func masked(c byte) byte {
	if c <= ' ' || c >= 0x7f || c == '=' || c == '"' {
		return '_'
	}
	return c
}

// authWords splits at blanks, those around "=" not counted.
func authWords(s string) []string {
	s = strings.Join(strings.Fields(s), " ")
	s = strings.NewReplacer(" = ", "=", " =", "=", "= ", "=").Replace(s)
	return strings.Fields(s)
}
