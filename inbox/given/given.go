// Package given finds what a customer gives in writing that an agent needs again:
// postal addresses, telephone numbers, mail addresses and dates. Numbers of orders
// and parcels are package orderlink's.
//
// It is pure, takes time linear in the text, and finds rather too little than too
// much: what it returns is shown above the conversation.
package given

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"skein/inbox"
)

// maxText bounds how much of a text is looked through, in bytes, and maxFound how
// many of a kind are returned.
const (
	maxText  = 20_000
	maxFound = 5
)

// A KeyFunc is what a telephone number or a mail address is matched by, "" for what
// is none: see [inbox.Rules].ClaimKey.
type KeyFunc func(field inbox.ClaimField, value string) string

// Find returns what a text gives, in the order in which it stands there, each once.
func Find(text string, key KeyFunc) []inbox.Pin {
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	var list []found
	taken := func(from, to int) bool {
		return slices.ContainsFunc(list, func(f found) bool { return from < f.to && f.from < to })
	}
	for _, look := range []func(string, KeyFunc) []found{addresses, mails, dates, phones} {
		n := 0
		for _, f := range look(text, key) {
			same := func(o found) bool { return o.pin.Kind == f.pin.Kind && o.pin.Key == f.pin.Key }
			if n < maxFound && !taken(f.from, f.to) && !slices.ContainsFunc(list, same) {
				list = append(list, f)
				n++
			}
		}
	}
	slices.SortFunc(list, func(a, b found) int { return a.from - b.from })
	pins := make([]inbox.Pin, len(list))
	for i := range list {
		pins[i] = list[i].pin
	}
	return pins
}

type found struct {
	from, to int
	pin      inbox.Pin
}

func pin(text string, from, to int, kind inbox.PinKind, key string) found {
	return found{from, to, inbox.Pin{Kind: kind, Key: key, Text: strings.Join(strings.Fields(text[from:to]), " ")}}
}

var mail = regexp.MustCompile(`[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9.\-]{1,190}\.[A-Za-z]{2,24}\b`)

func mails(text string, key KeyFunc) (list []found) {
	for _, m := range mail.FindAllStringIndex(text, -1) {
		if k := key(inbox.ClaimEmail, text[m[0]:m[1]]); k != "" {
			list = append(list, pin(text, m[0], m[1], inbox.PinEmail, k))
		}
	}
	return list
}

// phone is what may be a telephone number: it begins with a plus or a zero, since
// numbers without either are of orders, customers and articles.
var phone = regexp.MustCompile(`(?:\+|\(0|\b0)[\d][\d /().\-]{5,22}\d`)

func phones(text string, key KeyFunc) (list []found) {
	for _, m := range phone.FindAllStringIndex(text, -1) {
		if m[0] > 0 && (isWord(text[m[0]-1]) || text[m[0]-1] == '-') || m[1] < len(text) && isWord(text[m[1]]) {
			continue
		}
		if k := key(inbox.ClaimPhone, text[m[0]:m[1]]); k != "" {
			list = append(list, pin(text, m[0], m[1], inbox.PinPhone, k))
		}
	}
	return list
}

func isWord(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '#' || b == '_' || b >= 0x80
}

const months = `jan(?:uary|uar|\.)?|jän(?:ner|\.)?|feb(?:ruary|ruar|\.)?|mar(?:ch|\.)?|märz|apr(?:il|\.)?|may|mai|june?|juni|july?|juli|aug(?:ust|\.)?|sept?(?:ember|\.)?|o[ck]t(?:ober|\.)?|nov(?:ember|\.)?|de[cz](?:ember|\.)?`

var (
	// Figures: 2026-05-03, 3.5.2026, 3.5., 3/5/2026.
	figures = regexp.MustCompile(`\b(?:(\d{4})-(\d{2})-(\d{2})|(\d{1,2})\.\s?(\d{1,2})\.(?:\s?(\d{4}|\d{2})\b)?|(\d{1,2})/(\d{1,2})/(\d{4}))`)
	// Names: 3 May 2026, 3. Mai, May 3rd, 2026.
	dayFirst   = regexp.MustCompile(`(?i)\b(\d{1,2})(?:\.|st|nd|rd|th)?\s+(?:of\s+)?(` + months + `)(?:,?\s+(\d{4}))?`)
	monthFirst = regexp.MustCompile(`(?i)\b(` + months + `)\s+(\d{1,2})(?:st|nd|rd|th)?\b(?:,?\s+(\d{4}))?`)
)

func dates(text string, _ KeyFunc) (list []found) {
	add := func(m []int, year, month, day string) {
		if m[1] < len(text) && isWord(text[m[1]]) || m[0] > 0 && strings.ContainsRune("./-,0123456789", rune(text[m[0]-1])) {
			return
		}
		if k := dateKey(year, month, day); k != "" {
			list = append(list, pin(text, m[0], m[1], inbox.PinDate, k))
		}
	}
	for _, m := range figures.FindAllStringSubmatchIndex(text, -1) {
		g := groups(text, m)
		switch {
		case g[1] != "":
			add(m, g[1], g[2], g[3])
		case g[4] != "":
			add(m, g[6], g[5], g[4])
		default: // which of the two is the day nobody can know: its key is as it stands
			if day, month := number(g[7]), number(g[8]); day >= 1 && month >= 1 && day <= 31 && month <= 31 && (day <= 12 || month <= 12) {
				list = append(list, pin(text, m[0], m[1], inbox.PinDate, text[m[0]:m[1]]))
			}
		}
	}
	for _, m := range dayFirst.FindAllStringSubmatchIndex(text, -1) {
		g := groups(text, m)
		add(m, g[3], monthOf(g[2]), g[1])
	}
	for _, m := range monthFirst.FindAllStringSubmatchIndex(text, -1) {
		g := groups(text, m)
		add(m, g[3], monthOf(g[1]), g[2])
	}
	return list
}

func groups(text string, m []int) []string {
	g := make([]string, len(m)/2)
	for i := range g {
		if m[2*i] >= 0 {
			g[i] = text[m[2*i]:m[2*i+1]]
		}
	}
	return g
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// monthOf is the number of a month by its name's first letters.
func monthOf(name string) string {
	r := []rune(strings.ToLower(name))
	head := strings.NewReplacer("ä", "a", "k", "c", "z", "c", "mai", "may").Replace(string(r[:min(3, len(r))]))
	i := strings.Index("jan feb mar apr may jun jul aug sep oct nov dec", head)
	if i < 0 {
		return ""
	}
	return strconv.Itoa(i/4 + 1)
}

// dateKey is a date as 2026-05-03, or --05-03 without a year; "" for what is none.
func dateKey(year, month, day string) string {
	y := number(year)
	if len(year) == 2 {
		y += 2000
	}
	leap := y
	if year == "" {
		leap = 2024
	}
	t := time.Date(leap, time.Month(number(month)), number(day), 0, 0, 0, 0, time.UTC)
	switch {
	case int(t.Month()) != number(month) || t.Day() != number(day):
		return ""
	case year == "":
		return t.Format("--01-02")
	case y < 1900 || y > 2200:
		return ""
	}
	return t.Format(time.DateOnly)
}

var (
	// A street before its number, and where it is: Hauptstraße 12/4, 1010 Wien.
	german = regexp.MustCompile(`(?:\p{Lu}[\p{L}.\-]{0,30}[ \t]+){0,3}(?:\p{Lu}[\p{L}\-]{0,30}(?:straße|strasse|str\.|gasse|weg|platz|allee|ring|ufer|damm|markt|steig)|(?:Straße|Strasse|Str\.|Gasse|Weg|Platz|Allee|Ring|Ufer|Damm|Markt))[ \t]+\d{1,4}[ \t]?[a-zA-Z]?(?:[/\-]\d{1,4}){0,3}(?:[ \t]*[,;\n][ \t\r\n]*(?:(?:A|D|CH)-)?\d{4,5}[ \t]+\p{Lu}[\p{L}.\-]{1,30}(?:[ \t]+\p{Lu}[\p{L}.\-]{1,30}){0,2})?`)
	// A number before its street: 12 High Street, London SW1A 1AA.
	english = regexp.MustCompile(`\b\d{1,5}[a-zA-Z]?[ \t]+(?:\p{Lu}[\p{L}'.]{0,30}[ \t]+){1,4}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Court|Ct|Square|Sq|Way|Boulevard|Blvd|Close|Terrace|Place)\b\.?(?:[ \t]*[,\n][ \t\r\n]*\p{Lu}\p{Ll}[\p{L}.'\-]{0,30}(?:[ \t]+\p{Lu}\p{Ll}[\p{L}.'\-]{0,30}){0,2}){0,2}(?:[ \t]*,?[ \t\n\r]*(?:[A-Z]{1,2}\d[A-Z\d]?[ \t]?\d[A-Z]{2}|(?:[A-Z]{2}[ \t]+)?\d{5}(?:-\d{4})?)\b)?`)
)

func addresses(text string, _ KeyFunc) (list []found) {
	for _, form := range []*regexp.Regexp{german, english} {
		for _, m := range form.FindAllStringIndex(text, -1) {
			to := m[0] + len(strings.TrimRight(text[m[0]:m[1]], ".,;- \t\r\n"))
			list = append(list, pin(text, m[0], to, inbox.PinAddress, letters(text[m[0]:to])))
		}
	}
	return list
}

// letters is a text without what writers of one address do differently.
func letters(s string) string {
	s = strings.NewReplacer("straße", "str", "strasse", "str").Replace(strings.ToLower(s))
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}
