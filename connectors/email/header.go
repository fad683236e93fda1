package email

import (
	"bytes"
	"strings"
)

const (
	maxHeader     = 1 << 20   // bytes of one header that are kept
	maxFields     = 5000      // fields of one header that are kept
	maxFieldValue = 256 << 10 // bytes of one field
)

// A field is one header field: its name in lower case, its value as it came,
// unfolded, still in the bytes of its charset.
type field struct {
	name  string
	value string
}

// A header is the fields of a mail or of a part, in order.
type header []field

// get returns the value of the first field of that name.
func (h header) get(name string) string {
	for _, f := range h {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

func (h header) has(name string) bool {
	for _, f := range h {
		if f.name == name {
			return true
		}
	}
	return false
}

func (h header) all(name string) (values []string) {
	for _, f := range h {
		if f.name == name {
			values = append(values, f.value)
		}
	}
	return values
}

// readHeader reads fields up to the blank line, a boundary, or the line by
// which a header without a blank line turns out to have ended. stop tells of a
// boundary; top is true for the header of the mail itself.
func (p *parser) readHeader(top bool) (h header) {
	var value []byte
	name, total := "", 0
	flush := func() {
		if name == "" {
			return
		}
		if len(h) < maxFields && total <= maxHeader {
			h = append(h, field{name, string(value)})
		} else {
			p.problem("the header is too long: the rest of it was passed over")
		}
		name = ""
	}
	defer flush()
	first, lead := true, top
	for {
		l, ok := p.s.next()
		if !ok {
			p.stop = atEnd
			return h
		}
		if !l.start { // more of an overlong line
			if name != "" && len(value) < maxFieldValue {
				value, total = append(value, l.data...), total+len(l.data)
			}
			continue
		}
		if len(p.bounds) > 0 && p.atBoundary(l) {
			return h
		}
		blank := len(bytes.Trim(l.data, " \t\x00")) == 0
		if blank && (len(l.data) == 0 || !p.fieldFollows()) {
			if lead && first && fieldName(firstLine(bytes.TrimLeft(p.s.peek(500), "\r\n"))) > 0 {
				continue // blank lines before the first field
			}
			return h
		}
		if blank {
			continue
		}
		if lead && first && (bytes.HasPrefix(l.data, []byte("From ")) || bytes.HasPrefix(l.data, []byte(">From "))) {
			continue // the separator of an mbox
		}
		if (l.data[0] == ' ' || l.data[0] == '\t') && name != "" {
			if len(value) < maxFieldValue {
				value = append(append(value, ' '), bytes.TrimLeft(l.data, " \t")...)
				total += len(l.data)
			}
			continue
		}
		if top && first && name == "" { // a blank before the first field
			l.data = bytes.TrimLeft(l.data, " \t")
		}
		if n := fieldName(l.data); n > 0 {
			flush()
			name = strings.ToLower(string(bytes.TrimRight(l.data[:n], " \t")))
			value = append([]byte(nil), bytes.TrimLeft(l.data[n+1:], " \t")...)
			total += len(l.data)
			first = false
			continue
		}
		if p.fieldFollows() && !first {
			flush()
			p.problem("a line of the header is no field: passed over")
			continue
		}
		// No field, and none follows: here the text begins.
		p.s.unread()
		if !first {
			p.problem("no blank line ends the header")
		}
		return h
	}
}

// fieldFollows reports whether the next line in the buffer is a header field.
func (p *parser) fieldFollows() bool {
	return fieldName(firstLine(p.s.peek(200))) > 0
}

func firstLine(b []byte) []byte {
	if i := bytes.IndexAny(b, "\r\n"); i >= 0 {
		return b[:i]
	}
	return b
}

// fieldName returns the index of the colon when b begins with a field's name
// (RFC 5322 section 2.2), which blanks may follow, else 0.
func fieldName(b []byte) int {
	for i, c := range b {
		switch {
		case c == ':':
			return i
		case c > ' ' && c < 0x7f:
		case (c == ' ' || c == '\t') && i > 0:
			rest := bytes.TrimLeft(b[i:], " \t")
			if len(rest) > 0 && rest[0] == ':' {
				return len(b) - len(rest)
			}
			return 0
		default:
			return 0
		}
		if i > 126 {
			return 0
		}
	}
	return 0
}

var mediaType = lazy(`^([a-z0-9!#$&^_.+-]+)\s*/\s*([a-z0-9!#$&^_.+-]+)`)

// params splits a structured field such as Content-Type into its value, in
// lower case, and its parameters (RFC 2045 section 5.1, RFC 2231): pieces are
// joined, percent-encoding and charsets undone, and encoded words in values
// decoded too, as real mailers put them there.
func params(v string) (value string, attrs map[string]string) {
	i := 0
	skip := func() {
		for i < len(v) {
			switch v[i] {
			case ' ', '\t', '\r', '\n':
				i++
			case '(':
				depth := 0
				for ; i < len(v); i++ {
					if v[i] == '\\' {
						i++
					} else if v[i] == '(' {
						depth++
					} else if v[i] == ')' {
						if depth--; depth == 0 {
							i++
							break
						}
					}
				}
			default:
				return
			}
		}
	}
	skip()
	start := i
	for i < len(v) && v[i] != ';' && v[i] != '(' {
		i++
	}
	value = strings.ToLower(strings.Trim(v[start:min(i, len(v))], " \t\"'"))
	rawValue := strings.Join(strings.Fields(value), "")
	if m := mediaType().FindStringSubmatch(value); m != nil { // what follows the type is no part of it
		value = m[1] + "/" + m[2]
	} else {
		value = rawValue
	}
	attrs = make(map[string]string)
	pieces := make(map[string]map[int]piece)
	// A mailer that forgot the ";" before the first parameter.
	if a, b, ok := strings.Cut(rawValue, "charset="); ok {
		attrs["charset"] = strings.Trim(b, `"`)
		if !strings.Contains(value, "/") {
			value = a
		}
	}
	for n := 0; i < len(v) && n < 200; n++ {
		for i < len(v) && (v[i] == ';' || v[i] == ' ' || v[i] == '\t' || v[i] == '(') {
			if skip(); i < len(v) && v[i] == ';' {
				i++
			}
		}
		start = i
		for i < len(v) && v[i] != '=' && v[i] != ';' {
			i++
		}
		name := strings.ToLower(strings.TrimSpace(v[start:i]))
		if i >= len(v) || v[i] == ';' {
			continue
		}
		i++
		skip()
		var val string
		if i < len(v) && v[i] == '"' {
			val, i = quotedString(v, i)
			// A quote within the value, as in name="a "b".txt".
			for i < len(v) && v[i] != ';' {
				if c := v[i]; c != ' ' && c != '\t' && c != '(' && !strings.Contains(v[i:], "=") {
					val += strings.Trim(v[i:min(len(v), i+1)], `"`)
				}
				i++
			}
		} else {
			start = i
			for i < len(v) && v[i] != ';' {
				i++
			}
			val = strings.TrimSpace(v[start:i])
			if j := strings.Index(val, " ("); j > 0 {
				val = val[:j]
			}
		}
		addParam(attrs, pieces, name, val)
	}
	for name, p := range pieces {
		if s := joinPieces(p); s != "" {
			attrs[name] = s
		}
	}
	return value, attrs
}

// A piece is one part of a parameter of RFC 2231.
type piece struct {
	value   string
	encoded bool
}

func addParam(attrs map[string]string, pieces map[string]map[int]piece, name, val string) {
	base, rest, star := strings.Cut(name, "*")
	base = strings.TrimSpace(base)
	if !star {
		if _, dup := attrs[base]; !dup && base != "" {
			if strings.Contains(val, "=?") {
				val = decodeWords(val)
			}
			attrs[base] = val
		}
		return
	}
	n, encoded := 0, rest == "" || strings.HasSuffix(rest, "*")
	for _, c := range strings.TrimSuffix(rest, "*") {
		if c < '0' || c > '9' || n > 1000 {
			return
		}
		n = n*10 + int(c-'0')
	}
	if pieces[base] == nil {
		pieces[base] = make(map[int]piece)
	}
	pieces[base][n] = piece{val, encoded}
}

func joinPieces(p map[int]piece) string {
	var raw []byte
	charset, anyEncoded := "", false
	for n := 0; ; n++ {
		part, ok := p[n]
		if !ok {
			break
		}
		val := part.value
		if part.encoded {
			if n == 0 {
				if f := strings.SplitN(val, "'", 3); len(f) == 3 {
					charset, val = f[0], f[2]
				}
			}
			anyEncoded = true
			raw = append(raw, unpercent(val)...)
			continue
		}
		if strings.Contains(val, "=?") {
			val = decodeWords(val)
		}
		raw = append(raw, val...)
	}
	if !anyEncoded {
		return string(raw)
	}
	s, _ := decodeCharset(charset, raw)
	return s
}

func unpercent(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if hi, lo := unhex(s[i+1]), unhex(s[i+2]); hi >= 0 && lo >= 0 {
				out = append(out, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return out
}

// quotedString reads the quoted string that begins at s[i]; a missing end quote
// is taken to stand at the end.
func quotedString(s string, i int) (val string, end int) {
	var b strings.Builder
	for i++; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), i + 1
		case '\\':
			// C:\file.txt is a path, not a sequence of escapes.
			if i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\') {
				i++
			} else if i+1 < len(s) && !isAlnum(s[i+1]) {
				i++
			}
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), i
}

func isAlnum(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
