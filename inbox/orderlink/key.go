package orderlink

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxKey is the length in characters of the longest key. The longest parcel
// numbers have 34 digits; what is longer is no number.
const maxKey = 40

// NumberKey returns an order's number as it is stored and looked up: digits of
// any script as 0 to 9, letters in upper case, without "#", "No." or what
// separates groups. Leading zeros stay. Amazon's 3-7-7 keeps its hyphens, so
// that it never equals another shop's number of 17 digits. "" is no number.
func NumberKey(text string) string {
	if len(text) > 16*maxKey {
		return ""
	}
	text = withoutLabel(strings.TrimSpace(text))
	if groups, ok := amazonGroups(text); ok {
		return groups
	}
	return plainKey(text)
}

// plainKey is the letters and digits of a text.
func plainKey(text string) string {
	var b strings.Builder
	n := 0
	for _, r := range text {
		if d, ok := digit(r); ok {
			b.WriteByte(byte('0' + d))
		} else if unicode.IsLetter(r) {
			b.WriteRune(unicode.ToUpper(narrow(r)))
		} else {
			continue
		}
		if n++; n > maxKey {
			return ""
		}
	}
	return b.String()
}

// TrackingKey returns a parcel's number as it is stored and looked up: digits of
// any script and letters in upper case, and nothing else. NR may be its letters.
func TrackingKey(text string) string {
	if len(text) > 16*maxKey {
		return ""
	}
	return plainKey(text)
}

// withoutLabel cuts what says "number" in front of a number.
func withoutLabel(s string) string {
	for {
		rest := strings.TrimLeftFunc(s, func(r rune) bool { return r == '#' || r == '＃' || r == '№' || unicode.IsSpace(r) })
		for _, label := range []string{"no", "nr", "n°", "nº", "num", "number", "nummer", "numéro", "numero"} {
			if len(rest) <= len(label) || !strings.EqualFold(rest[:len(label)], label) {
				continue
			}
			// A store may well number its orders NO1001: only a label stands apart.
			after := rest[len(label):]
			if r, size := utf8.DecodeRuneInString(after); r == '.' || r == ':' || r == '#' || unicode.IsSpace(r) || strings.ContainsAny(label, "°º") {
				if strings.ContainsAny(label, "°º") {
					size = 0
				}
				rest = after[size:]
				break
			}
		}
		if rest == s {
			return s
		}
		s = rest
	}
}

// amazonGroups reads 3-7-7 digits, apart by hyphens or spaces.
func amazonGroups(s string) (string, bool) {
	var b strings.Builder
	n := 0
	for _, r := range s {
		d, ok := digit(r)
		switch {
		case ok:
			if n == 17 {
				return "", false
			}
			b.WriteByte(byte('0' + d))
			n++
		case (n == 3 || n == 10) && (isHyphen(r) || unicode.IsSpace(r)) && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		default:
			return "", false
		}
	}
	return b.String(), n == 17 && b.Len() == 19
}

// digit returns the value of a decimal digit of any script.
func digit(r rune) (int, bool) {
	if r < utf8.RuneSelf {
		return int(r - '0'), r >= '0' && r <= '9'
	}
	if !unicode.Is(unicode.Nd, r) {
		return 0, false
	}
	// Scripts' digits are ten in a row, but ranges of the table may join
	// several tens, as the mathematical ones do.
	for _, t := range unicode.Nd.R16 {
		if uint16(r) >= t.Lo && uint16(r) <= t.Hi && r <= 0xFFFF {
			return int(uint16(r)-t.Lo) % 10, true
		}
	}
	for _, t := range unicode.Nd.R32 {
		if uint32(r) >= t.Lo && uint32(r) <= t.Hi {
			return int(uint32(r)-t.Lo) % 10, true
		}
	}
	return 0, false
}

// narrow returns the ASCII form of a full-width letter or sign.
func narrow(r rune) rune {
	if r >= 0xFF01 && r <= 0xFF5E {
		return r - 0xFEE0
	}
	return r
}

func isHyphen(r rune) bool {
	switch r {
	case '-', '‐', '‑', '‒', '–', '−', '－':
		return true
	}
	return false
}
