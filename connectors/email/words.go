package email

import (
	"encoding/base64"
	"strings"
)

// decodeWords decodes the encoded words of RFC 2047 in an unstructured value or
// a phrase, and bytes of no declared charset beside them. It reads what real
// mailers write: blanks within a word, words with nothing between, a letter's
// bytes split over two words, a missing "?=", base64 without padding.
//
// What comes out is for display. It never becomes an address.
func decodeWords(s string) string { return decodeWordsHint(s, "") }

func decodeWordsHint(s, hint string) string {
	var out strings.Builder
	var run []byte // bytes of adjacent words in one charset
	charset := ""
	flush := func() {
		if len(run) > 0 {
			text, _ := decodeCharset(charset, run)
			out.WriteString(text)
			run = run[:0]
		}
	}
	gap := 0 // where the text after the last word begins
	after := false
	for i := 0; i < len(s); {
		j := strings.Index(s[i:], "=?")
		if j < 0 {
			break
		}
		j += i
		word, ok := parseWord(s[j:])
		if !ok {
			i = j + 2
			continue
		}
		between := s[gap:j]
		// RFC 2047 section 6.2: blanks between two words are not shown.
		if !after || strings.TrimLeft(between, " \t\r\n") != "" {
			flush()
			out.WriteString(plainText(between, hint))
		}
		if !strings.EqualFold(charset, word.charset) {
			flush()
			charset = word.charset
		}
		run = append(run, word.data...)
		i = j + word.size
		gap, after = i, true
	}
	flush()
	out.WriteString(plainText(s[gap:], hint))
	return out.String()
}

func plainText(s, hint string) string {
	if b := []byte(s); !isASCII(b) {
		return detect(b, hint)
	}
	return s
}

type encodedWord struct {
	charset string
	data    []byte
	size    int // bytes of the input that it takes
}

// parseWord reads one encoded word from the beginning of s.
func parseWord(s string) (w encodedWord, ok bool) {
	rest := s[2:]
	i := strings.IndexByte(rest, '?')
	if i < 1 || i > 60 || strings.ContainsAny(rest[:i], " \t\"<>@,;") {
		return w, false
	}
	w.charset, _, _ = strings.Cut(rest[:i], "*")
	rest = rest[i+1:]
	if len(rest) < 2 || rest[1] != '?' {
		return w, false
	}
	kind := rest[0] | 0x20
	rest = rest[2:]
	head := len(s) - len(rest)
	end, skip := strings.Index(rest, "?="), 2
	if kind == 'q' {
		// "?=41?=": a question mark that nobody encoded, before an escape.
		for end >= 0 && end+4 <= len(rest) && unhex(rest[end+2]) >= 0 && unhex(rest[end+3]) >= 0 && strings.Contains(rest[end+2:], "?=") && !strings.Contains(rest[end+2:end+4], "=") && nextWord(rest[end+2:]) {
			next := strings.Index(rest[end+2:], "?=")
			end += 2 + next
		}
	}
	if next := strings.Index(rest, "=?"); next >= 0 && (end < 0 || next+1 < end) && kind == 'b' {
		end, skip = next, 0 // the word before forgot its end
	}
	if end < 0 {
		end, skip = len(rest), 0
		if j := strings.IndexAny(rest, " \t\r\n<"); j >= 0 {
			end = j
		}
		if strings.HasSuffix(rest[:end], "?") {
			end, skip = end-1, 1
		}
	}
	body := rest[:end]
	switch kind {
	case 'q':
		w.data = unquoteWord(body)
	case 'b':
		w.data = unbase64(body)
	default:
		return w, false
	}
	w.size = head + end + skip
	return w, true
}

// nextWord reports whether s, before its next "?=", goes on as text of the same
// word: no new one begins there.
func nextWord(s string) bool {
	end := strings.Index(s, "?=")
	return end >= 0 && !strings.Contains(s[:end], "=?") && !strings.ContainsAny(s[:end], " \t<,")
}

func unquoteWord(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '_':
			out = append(out, ' ')
		case c == '=' && i+2 < len(s):
			hi, lo := unhex(s[i+1]), unhex(s[i+2])
			if hi < 0 || lo < 0 {
				out = append(out, c)
				continue
			}
			out = append(out, byte(hi<<4|lo))
			i += 2
		case c == '\r' || c == '\n':
		default:
			out = append(out, c)
		}
	}
	return out
}

// unbase64 decodes what is base64 in s and passes over the rest.
func unbase64(s string) []byte {
	var b []byte
	for i := range len(s) {
		if c := s[i]; isAlnum(c) || c == '+' || c == '/' {
			b = append(b, c)
		}
	}
	if len(b)%4 == 1 {
		b = b[:len(b)-1]
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(b)))
	n, _ := base64.RawStdEncoding.Decode(out, b)
	return out[:n]
}
