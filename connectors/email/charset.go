package email

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/gogs/chardet"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// decodeCharset turns b, said to be in the charset label, into valid UTF-8.
// known is false when the label names no charset that is known here, or when
// the bytes contradict it: then the text is a best guess.
func decodeCharset(label string, b []byte) (text string, known bool) {
	label = cleanLabel(label)
	if isASCII(b) && !bytes.ContainsAny(b, "\x1b\x0e~+") && label != "utf-16" && !strings.HasPrefix(label, "utf-16") && !strings.HasPrefix(label, "utf-32") {
		if _, ok := lookup(label); ok || label == "" || special(label) {
			return string(b), true
		}
		return string(b), false
	}
	switch label {
	case "", "us-ascii", "ascii", "ansi_x3.4-1968", "unknown-8bit", "x-unknown", "unknown", "default", "8bit", "7bit", "_autodetect_all", "x-user-defined", "none":
		return detect(b, ""), true
	case "utf-7", "unicode-1-1-utf-7", "x-unicode-2-0-utf-7", "utf7", "utf-7-imap", "csunicode11utf7":
		return decodeUTF7(b), true
	case "iso-2022-kr", "csiso2022kr":
		return decodeWith(korean.EUCKR, shiftedToEUC(b)), true
	case "hz-gb-2312", "hz":
		return decodeWith(simplifiedchinese.HZGB2312, b), true
	}
	enc, ok := lookup(label)
	if !ok {
		return detect(b, ""), false
	}
	name, _ := htmlindex.Name(enc)
	switch name {
	case "utf-8":
		if utf8.Valid(b) {
			return string(bytes.TrimPrefix(b, []byte("\ufeff"))), true
		}
		if good, broken := countUTF8(b); broken > good {
			return detect(b, ""), false
		}
		return strings.ToValidUTF8(string(b), "\ufffd"), false
	case "windows-1252":
		// Text of several bytes a letter is next to never Latin-1 by chance.
		if utf8.Valid(b) && !isASCII(b) {
			return string(b), true
		}
	case "replacement":
		return detect(b, ""), false
	}
	return decodeWith(enc, b), true
}

func decodeWith(enc encoding.Encoding, b []byte) string {
	out, err := enc.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\ufffd")
	}
	return strings.ToValidUTF8(string(out), "\ufffd")
}

func special(label string) bool {
	switch label {
	case "us-ascii", "ascii", "utf-7", "unicode-1-1-utf-7", "utf7", "iso-2022-kr", "hz-gb-2312", "hz", "unknown-8bit", "ansi_x3.4-1968", "8bit", "7bit":
		return true
	}
	return false
}

func cleanLabel(label string) string {
	label = strings.ToLower(strings.Trim(label, " \t\r\n\"'<>;,"))
	label = strings.TrimPrefix(label, "charset=")
	label, _, _ = strings.Cut(label, "*") // RFC 2231 section 5: a language
	return strings.Trim(label, "\"' ")
}

// lookup finds the encoding of a label: WHATWG's first, as browsers and most
// mail programs read them, then IANA's, then the ways in which mailers misspell
// those.
func lookup(label string) (encoding.Encoding, bool) {
	if label == "" {
		return nil, false
	}
	if enc, err := htmlindex.Get(label); err == nil && enc != nil {
		return enc, true
	}
	for _, l := range []string{label, strings.ReplaceAll(label, "_", "-"), strings.TrimPrefix(label, "x-")} {
		if enc, err := htmlindex.Get(l); err == nil && enc != nil {
			return enc, true
		}
		if enc, err := ianaindex.MIME.Encoding(l); err == nil && enc != nil {
			return enc, true
		}
	}
	flat := strings.NewReplacer("-", "", "_", "", " ", "", ".", "").Replace(label)
	switch {
	case strings.HasPrefix(flat, "utf8"):
		return encodingOf("utf-8"), true
	case strings.HasPrefix(flat, "utf16"):
		return encodingOf("utf-16le"), true
	case strings.HasPrefix(flat, "iso8859"):
		if enc, err := htmlindex.Get("iso-8859-" + strings.TrimPrefix(flat, "iso8859")); err == nil {
			return enc, true
		}
	case strings.HasPrefix(flat, "latin1"):
		return charmap.Windows1252, true
	}
	for _, prefix := range []string{"windows", "win", "cp", "ibm", "ansi", "ms"} {
		if n := strings.TrimPrefix(flat, prefix); n != flat {
			if enc, ok := codePages[n]; ok {
				return enc, true
			}
			if enc, err := htmlindex.Get("windows-" + n); err == nil {
				return enc, true
			}
		}
	}
	if strings.Contains(flat, "gb2312") || strings.Contains(flat, "gbk") || flat == "cp936" {
		return simplifiedchinese.GB18030, true
	}
	return nil, false
}

var codePages = map[string]encoding.Encoding{
	"437": charmap.CodePage437, "850": charmap.CodePage850, "852": charmap.CodePage852,
	"855": charmap.CodePage855, "858": charmap.CodePage858, "860": charmap.CodePage860,
	"862": charmap.CodePage862, "863": charmap.CodePage863, "865": charmap.CodePage865,
	"866": charmap.CodePage866, "932": encodingOf("shift_jis"), "936": simplifiedchinese.GBK,
	"949": korean.EUCKR, "950": encodingOf("big5"), "65001": encodingOf("utf-8"),
}

func encodingOf(name string) encoding.Encoding {
	enc, _ := htmlindex.Get(name)
	return enc
}

// detect decodes text of an unknown charset; hint is one that its surroundings
// name.
func detect(b []byte, hint string) string {
	if utf8.Valid(b) && !bytes.Contains(b, []byte("\x1b$")) {
		return string(bytes.TrimPrefix(b, []byte("\ufeff")))
	}
	if enc, ok := lookup(cleanLabel(hint)); ok {
		if name, _ := htmlindex.Name(enc); name != "utf-8" && name != "replacement" {
			return decodeWith(enc, b)
		}
	}
	sample := b[:min(len(b), 16<<10)]
	if r, err := chardet.NewTextDetector().DetectBest(sample); err == nil && r.Confidence >= 20 {
		if enc, ok := lookup(strings.ToLower(r.Charset)); ok && r.Charset != "UTF-8" && !strings.HasPrefix(r.Charset, "UTF-16") && !strings.HasPrefix(r.Charset, "UTF-32") {
			// A few bytes are no evidence for a script: Latin is likeliest.
			if high := countHigh(sample); high >= 6 || strings.HasPrefix(r.Charset, "ISO-2022") {
				return decodeWith(enc, b)
			}
		}
	}
	if good, broken := countUTF8(b); good > 4*broken {
		return strings.ToValidUTF8(string(b), "\ufffd")
	}
	return decodeWith(charmap.Windows1252, b)
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

func countHigh(b []byte) (n int) {
	for _, c := range b {
		if c >= 0x80 {
			n++
		}
	}
	return n
}

// countUTF8 counts the letters of several bytes, and the bytes that are in none.
func countUTF8(b []byte) (good, broken int) {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1:
			broken++
		case n > 1:
			good++
		}
		b = b[n:]
	}
	return good, broken
}

// decodeUTF7 decodes UTF-7 (RFC 2152). A "+" that begins no base64 stays.
func decodeUTF7(b []byte) string {
	var out strings.Builder
	for i := 0; i < len(b); i++ {
		if b[i] != '+' {
			out.WriteByte(b[i])
			continue
		}
		end := i + 1
		for end < len(b) && (b[end] >= 'A' && b[end] <= 'Z' || b[end] >= 'a' && b[end] <= 'z' || b[end] >= '0' && b[end] <= '9' || b[end] == '+' || b[end] == '/') {
			end++
		}
		if end == i+1 {
			out.WriteByte('+')
			if end < len(b) && b[end] == '-' {
				i++
			}
			continue
		}
		raw, err := base64.RawStdEncoding.DecodeString(string(b[i+1 : end]))
		if err != nil && len(raw) < 2 {
			out.Write(b[i:end])
			i = end - 1
			continue
		}
		var units []uint16
		for j := 0; j+1 < len(raw); j += 2 {
			units = append(units, uint16(raw[j])<<8|uint16(raw[j+1]))
		}
		out.WriteString(string(utf16.Decode(units)))
		if end < len(b) && b[end] == '-' {
			end++
		}
		i = end - 1
	}
	return strings.ToValidUTF8(out.String(), "\ufffd")
}

// shiftedToEUC turns ISO-2022-KR (RFC 1557) into EUC-KR: what stands between SO
// and SI is the same code without the high bit.
func shiftedToEUC(b []byte) []byte {
	b = bytes.ReplaceAll(b, []byte("\x1b$)C"), nil)
	out := make([]byte, 0, len(b))
	shifted := false
	for _, c := range b {
		switch {
		case c == 0x0e:
			shifted = true
		case c == 0x0f:
			shifted = false
		case shifted && c > 0x20 && c < 0x7f:
			out = append(out, c|0x80)
		default:
			out = append(out, c)
		}
	}
	return out
}

// clean makes s fit to be stored and shown: valid UTF-8, no NUL (PostgreSQL
// takes none), line ends as LF.
func clean(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\ufffd")
	}
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	if strings.IndexByte(s, '\r') >= 0 {
		s = strings.ReplaceAll(s, "\r\n", "\n")
		s = strings.ReplaceAll(s, "\r", "\n")
	}
	return s
}

// cleanLine is clean for what is shown on one line.
func cleanLine(s string) string {
	s = clean(s)
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case r < ' ' || r == 0x7f || r == 0x2028 || r == 0x2029:
			return -1
		}
		return r
	}, s))
}

// cut shortens s to at most n bytes, never within a letter.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
