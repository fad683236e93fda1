package email

import (
	"net/mail"
	"strconv"
	"strings"
	"time"
)

const (
	maxMessageIDs = 1000
	maxIDLength   = 500
)

// messageIDs reads the identifiers of a Message-ID, In-Reply-To or References
// field, without their brackets, in order, each once. Blanks that folding left
// within one are taken out. Of prose between them nothing is taken; where no
// bracket stands at all, a word with an "@" is one.
func messageIDs(values ...string) []string {
	var ids []string
	seen := make(map[string]bool)
	add := func(s string) {
		s = cut(clean(strings.Join(strings.Fields(s), "")), maxIDLength)
		s = strings.Trim(s, "<>,;")
		if s != "" && !seen[s] {
			seen[s] = true
			ids = append(ids, s)
		}
	}
	for _, v := range values {
		if strings.IndexByte(v, '<') < 0 {
			for _, w := range strings.Fields(v) {
				if w = strings.Trim(w, "\"'(),;>"); strings.Contains(w, "@") && !strings.HasSuffix(w, "@") {
					add(w)
				}
			}
			continue
		}
		for {
			open := strings.IndexByte(v, '<')
			if open < 0 {
				break
			}
			v = v[open+1:]
			end := strings.IndexAny(v, "<>")
			if end < 0 {
				add(v)
				break
			}
			add(v[:end])
			v = v[end:]
		}
	}
	if len(ids) > maxMessageIDs { // the root and the newest say most
		ids = append(ids[:1:1], ids[len(ids)-maxMessageIDs+1:]...)
	}
	return ids
}

// ownID reads a Message-ID field. What has no brackets is taken as it stands.
func ownID(v string) string {
	if ids := messageIDs(v); len(ids) > 0 {
		return ids[0]
	}
	v = strings.Join(strings.Fields(v), "")
	return cut(clean(strings.Trim(v, "<>")), maxIDLength)
}

var (
	dateParts = lazy(`(?i)\b(\d{1,2})[ \-/.]+(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ \-/.,]+(\d{2,4})`)
	dateUS    = lazy(`(?i)\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ .]+(\d{1,2})(?:,? +(\d{4})\b)?`)
	dateISO   = lazy(`\b(\d{4})[-/](\d{1,2})[-/](\d{1,2})`)
	dateTime  = lazy(`\b(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?\s*([AaPp][Mm])?`)
	dateYear  = lazy(`\b((?:19|20)\d{2})\b`)
	dateZone  = lazy(`(?:^|[ \d])([+-])(\d{2}):?(\d{2})\b`)
)

var zones = map[string]int{
	"UT": 0, "GMT": 0, "UTC": 0, "Z": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
	"PST": -8, "PDT": -7, "CET": 1, "CEST": 2, "MET": 1, "MEST": 2, "BST": 1, "EET": 2, "EEST": 3, "MSK": 3,
	"WET": 0, "WEST": 1, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
}

// parseDate reads a Date field in the form of RFC 5322 or in what mailers write
// for it. ok is false when there is no date in it or an absurd one.
func parseDate(v string) (t time.Time, ok bool) {
	v = strings.TrimSpace(v)
	if len(v) > 300 {
		return t, false
	}
	t, err := mail.ParseDate(v)
	if err != nil {
		if t, ok = looseDate(v); !ok {
			return time.Time{}, false
		}
	} else if name, offset := t.Zone(); offset == 0 && zones[name] != 0 {
		t = t.Add(-time.Duration(zones[name]) * time.Hour).In(time.FixedZone("", zones[name]*3600))
	}
	if y := t.UTC().Year(); y < 1970 || y > 2200 {
		return time.Time{}, false
	}
	return t, true
}

func looseDate(v string) (time.Time, bool) {
	v, comments := stripComments(v)
	v = strings.Join(strings.Fields(v), " ")
	var y, d int
	var m time.Month
	if p := dateParts().FindStringSubmatch(v); p != nil {
		d, m, y = number(p[1]), month(p[2]), number(p[3])
	} else if p := dateISO().FindStringSubmatch(v); p != nil {
		y, m, d = number(p[1]), time.Month(number(p[2])), number(p[3])
	} else if p := dateUS().FindStringSubmatch(v); p != nil {
		m, d = month(p[1]), number(p[2])
		if y = number(p[3]); y == 0 {
			if q := dateYear().FindString(v); q != "" {
				y = number(q)
			}
		}
	} else {
		return time.Time{}, false
	}
	switch { // RFC 5322 section 4.3
	case y < 50:
		y += 2000
	case y < 1000:
		y += 1900
	}
	if m < 1 || m > 12 || d < 1 || d > 31 {
		return time.Time{}, false
	}
	var hh, mm, ss int
	if p := dateTime().FindStringSubmatch(v); p != nil {
		hh, mm, ss = number(p[1]), number(p[2]), number(p[3])
		if p[4] != "" {
			hh %= 12
			if p[4][0]|0x20 == 'p' {
				hh += 12
			}
		}
	}
	if hh > 24 || mm > 59 || ss > 60 {
		return time.Time{}, false
	}
	return time.Date(y, m, d, hh, mm, ss, 0, zoneOf(v, comments)), true
}

func zoneOf(v string, comments []string) *time.Location {
	if p := dateZone().FindAllStringSubmatch(v, -1); p != nil {
		z := p[len(p)-1]
		if off := number(z[2])*3600 + number(z[3])*60; off <= 14*3600 {
			if z[1] == "-" {
				off = -off
			}
			return time.FixedZone("", off)
		}
	}
	for _, w := range append(strings.Fields(v), comments...) {
		if h, ok := zones[strings.ToUpper(strings.Trim(w, "()"))]; ok {
			return time.FixedZone("", h*3600)
		}
	}
	return time.UTC
}

func month(s string) time.Month {
	return time.Month(strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", strings.ToLower(s))/3 + 1)
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
