package email

import (
	"strings"
	"unicode/utf8"

	"skein/inbox"
)

const (
	maxParties      = 2000
	maxAddressField = 128 << 10 // bytes of a field that are read
	maxPending      = 200       // bytes of a name that commas cut apart
)

// parseAddresses reads an address list as leniently as people's mail demands:
// comments, groups, unquoted dots and commas, missing brackets. An address is
// taken from the bytes as they stand: no encoded word is decoded into one, so
// that nothing in a display name can pose as where a mail is from. A party
// that has no readable address keeps its text as its name.
func parseAddresses(v, hint string) []inbox.Party {
	var out []inbox.Party
	v = cut(v, maxAddressField)
	pending := "" // text before a comma that belongs to the next name
	for _, seg := range splitAddresses(v) {
		if len(out) >= maxParties {
			break
		}
		if pending != "" {
			seg.text = pending + ", " + seg.text
			pending = ""
		}
		p, ok := parseAddress(seg.text, hint)
		switch {
		case ok:
			out = append(out, p)
		case strings.TrimSpace(seg.text) == "":
		case !seg.last && !strings.Contains(seg.text, "\"") && len(seg.text) <= maxPending:
			pending = seg.text // Doe, John <a@b>
		default:
			out = append(out, nameOnly(seg.text, hint))
		}
	}
	if pending != "" {
		out = append(out, nameOnly(pending, hint))
	}
	return out
}

func nameOnly(text, hint string) inbox.Party {
	return inbox.Party{Name: cut(cleanLine(displayName(text, hint)), 500)}
}

type segment struct {
	text string
	last bool // nothing follows that a comma could have cut it from
}

// splitAddresses cuts a list at its commas and takes groups apart (RFC 5322
// section 3.4).
func splitAddresses(v string) (segs []segment) {
	start, depth, open := 0, 0, 0
	angle, group := false, false
	add := func(end int, last bool) {
		if s := v[start:end]; strings.TrimSpace(s) != "" {
			segs = append(segs, segment{s, last})
		}
	}
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c == '\\':
			i++
		case depth > 0:
			if c == '(' {
				depth++
			} else if c == ')' {
				depth--
			}
		case c == '"':
			// Without an end quote it is a character like another.
			if _, end := quotedString(v, i); end <= len(v) && end > i+1 && v[end-1] == '"' {
				i = end - 1
			}
		case c == '(':
			if open < maxOpen && closes(v[i:]) {
				depth = 1
			} else {
				open++
			}
		case c == '<':
			angle = strings.IndexByte(v[i:], '>') > 0
		case c == '>':
			angle = false
		case angle:
		case c == ':' && !group && !strings.ContainsAny(v[start:i], "@<[") && !strings.HasPrefix(v[i:], "://"):
			if strings.EqualFold(strings.TrimSpace(v[start:i]), "mailto") {
				continue
			}
			group = true
			start = i + 1
		case c == ';':
			add(i, true)
			start, group = i+1, false
		case c == ',':
			add(i, false)
			start = i + 1
		}
	}
	if start < len(v) {
		add(len(v), true)
	}
	return segs
}

// maxOpen is how many parentheses may stay open before none begins a comment.
const maxOpen = 20

func closes(s string) bool {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return true
			}
		}
	}
	return false
}

// parseAddress reads one mailbox; ok is false when there is no address in it.
func parseAddress(s, hint string) (p inbox.Party, ok bool) {
	outside, comments := stripComments(s)
	outside = strings.TrimSpace(outside)
	name := ""
	if open := lastAngle(outside); open >= 0 {
		inner := outside[open+1:]
		tail := ""
		if end := strings.IndexByte(inner, '>'); end >= 0 {
			inner, tail = inner[:end], inner[end+1:]
		}
		name = outside[:open]
		addr, good := cleanAddress(inner)
		if !good && localName(inner) {
			addr, good = inner, true
		}
		if !good {
			// <Name> a@b, or an encoded word where the address should be.
			if a, fine := findAddress(name + " " + tail); fine {
				return inbox.Party{Address: a, Name: cut(cleanLine(displayName(inner, hint)), 500)}, true
			}
			return p, false
		}
		p.Address = addr
		if strings.Trim(name, " \t<>\"'") == "" {
			name = strings.Trim(tail, " \t>")
		}
	} else {
		addr, good := findAddress(outside)
		if !good {
			return p, false
		}
		p.Address = addr
		if i := strings.Index(outside, addr); i >= 0 {
			name = outside[:i] + outside[i+len(addr):]
			name = strings.Trim(name, " \t[]<>\"'")
		}
	}
	if strings.Trim(name, " \t\"'<>") == "" && len(comments) > 0 {
		name = strings.Join(comments, " ")
	}
	p.Name = cut(cleanLine(displayName(name, hint)), 500)
	if p.Name == p.Address {
		p.Name = ""
	}
	return p, true
}

// localName reports whether s is an address without a domain, as local mail has.
func localName(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlnum(c) && (i == 0 || c != '-' && c != '_' && c != '.' && c != '+') {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// lastAngle finds the "<" of the address, outside quotes.
func lastAngle(s string) int {
	at := -1
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			if _, end := quotedString(s, i); end > i+1 && end <= len(s) && s[end-1] == '"' {
				i = end - 1
			}
		case '<':
			if at < 0 || strings.IndexByte(s[at:i], '@') < 0 {
				at = i
			}
		}
	}
	return at
}

// stripComments takes the comments (RFC 5322 section 3.2.2) out of s.
func stripComments(s string) (rest string, comments []string) {
	if strings.IndexByte(s, '(') < 0 {
		return s, nil
	}
	var out strings.Builder
	open := 0
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			_, end := quotedString(s, i)
			if end <= i+1 || s[end-1] != '"' {
				out.WriteByte('"')
				continue
			}
			out.WriteString(s[i:end])
			i = end - 1
		case s[i] == '(' && open < maxOpen && !closes(s[i:]):
			open++
			out.WriteByte('(')
		case s[i] == '(' && open < maxOpen:
			depth, start := 0, i
			for ; i < len(s); i++ {
				if s[i] == '\\' {
					i++
				} else if s[i] == '(' {
					depth++
				} else if s[i] == ')' {
					if depth--; depth == 0 {
						break
					}
				}
			}
			comments = append(comments, unescape(s[start+1:min(i, len(s))]))
			out.WriteByte(' ')
		default:
			out.WriteByte(s[i])
		}
	}
	return out.String(), comments
}

func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

// findAddress finds the word with an "@" in s.
func findAddress(s string) (string, bool) {
	if a, ok := cleanAddress(s); ok && strings.ContainsAny(s, "\"@") {
		return a, true
	}
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\r\n<>[]\"',;", r) }) {
		if a, ok := cleanAddress(w); ok {
			return a, true
		}
	}
	return "", false
}

// cleanAddress makes an address of what stands between angle brackets: without
// blanks, a route (RFC 5322 section 4.4) or "mailto:". ok is false when that is
// no address: no "@", an encoded word, characters that none may have.
func cleanAddress(s string) (addr string, ok bool) {
	s = strings.Trim(s, " \t\r\n<>,;")
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	if strings.HasPrefix(s, "@") {
		if _, a, found := strings.Cut(s, ":"); found {
			s = a
		}
	}
	if strings.Contains(s, "=?") {
		return "", false
	}
	if !strings.HasPrefix(s, "\"") && strings.ContainsAny(s, " \t\r\n") {
		s = strings.Join(strings.Fields(s), " ")
		s = strings.NewReplacer(" @ ", "@", " . ", ".", " @", "@", "@ ", "@", " .", ".", ". ", ".").Replace(s)
	}
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at == len(s)-1 || len(s) > 998 || !utf8.ValidString(s) {
		return "", false
	}
	local, domain := s[:at], s[at+1:]
	if strings.ContainsAny(domain, " \"<>(),;\\@") {
		return "", false
	}
	if !(len(local) > 1 && local[0] == '"' && local[len(local)-1] == '"') {
		local = strings.Trim(local, "\"'")
		if local == "" || strings.ContainsAny(local, " \"<>,;:\\@") {
			return "", false
		}
	}
	domain = strings.Trim(domain, ".'")
	for _, r := range local + domain {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return "", false
		}
	}
	return local + "@" + domain, domain != ""
}

// displayName decodes a phrase for display: quotes off, encoded words decoded,
// within quotes too, as many mailers put them there.
func displayName(s, hint string) string {
	s = strings.TrimSpace(s)
	if strings.IndexByte(s, '"') >= 0 {
		var out strings.Builder
		for i := 0; i < len(s); {
			if s[i] == '"' {
				val, end := quotedString(s, i)
				out.WriteString(val)
				i = end
				continue
			}
			out.WriteByte(s[i])
			i++
		}
		s = out.String()
	}
	s = decodeWordsHint(s, hint)
	s = strings.Join(strings.Fields(s), " ")
	if n := len(s); n > 1 && s[0] == '\'' && s[n-1] == '\'' {
		s = s[1 : n-1]
	}
	return s
}
