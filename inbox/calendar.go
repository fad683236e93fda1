package inbox

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Calendar says when somebody is there. Without hours it is always.
type Calendar struct {
	ID       string      `json:"id"`
	Version  int64       `json:"version"`
	Name     string      `json:"name" maxLength:"200"`
	Zone     string      `json:"zone" maxLength:"60" doc:"IANA name, such as Europe/Vienna: what hours and days are read in"`
	Hours    []OpenHours `json:"hours" maxItems:"100" doc:"Empty: always open but on holidays"`
	Holidays []Holiday   `json:"holidays" maxItems:"1000" doc:"Days on which it is closed"`
}

// OpenHours are from one time to another on a day of the week. What goes past
// midnight is written as two.
type OpenHours struct {
	Day  string `json:"day" enum:"mon,tue,wed,thu,fri,sat,sun"`
	From string `json:"from" pattern:"^[0-2][0-9]:[0-5][0-9]$" doc:"HH:MM, local time"`
	To   string `json:"to" pattern:"^[0-2][0-9]:[0-5][0-9]$" doc:"HH:MM, 24:00 for the end of the day"`
}

// A Holiday is a whole day.
type Holiday struct {
	Date string `json:"date" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" doc:"YYYY-MM-DD"`
	Name string `json:"name,omitempty" maxLength:"200"`
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// Check says what is wrong with c, nil when nothing is.
func (c *Calendar) Check() error {
	wrong := func(format string, args ...any) error {
		return &Error{Code: Invalid, Message: fmt.Sprintf(format, args...)}
	}
	if strings.TrimSpace(c.Name) == "" {
		return wrong("a calendar needs a name")
	}
	if _, err := time.LoadLocation(c.Zone); err != nil || c.Zone == "" || c.Zone == "Local" {
		return wrong("the time zone %.60q is not known: want a name such as Europe/Vienna", c.Zone)
	}
	for _, h := range c.Hours {
		if !slices.Contains(weekdays, h.Day) {
			return wrong("%.10q is no day: want mon, tue, wed, thu, fri, sat or sun", h.Day)
		}
		from, ok := clock(h.From)
		to, okTo := clock(h.To)
		if !ok || !okTo || from >= to {
			return wrong("hours from %.10q to %.10q: want HH:MM, the first before the second; what goes past midnight is two", h.From, h.To)
		}
	}
	for _, d := range c.Holidays {
		if _, err := time.Parse(time.DateOnly, d.Date); err != nil {
			return wrong("the holiday %.20q is no date: want YYYY-MM-DD", d.Date)
		}
	}
	return nil
}

// clock is the minutes since midnight that HH:MM names.
func clock(s string) (minutes int, ok bool) {
	if s == "24:00" {
		return 24 * 60, true
	}
	t, err := time.Parse("15:04", s)
	return t.Hour()*60 + t.Minute(), err == nil
}

// Open reports whether somebody is there at an instant.
func (c *Calendar) Open(at time.Time) bool {
	at = at.In(c.location())
	if c.holiday(at) {
		return false
	}
	if len(c.Hours) == 0 {
		return true
	}
	for _, h := range c.Hours {
		if h.Day == weekdays[at.Weekday()] {
			from, to := span(at, h)
			if !at.Before(from) && at.Before(to) {
				return true
			}
		}
	}
	return false
}

// horizon bounds how far ahead an opening is looked for.
const horizon = 400

// Opens is when somebody is next there: at itself while open. ok is false when
// that is more than a year away.
func (c *Calendar) Opens(at time.Time) (_ time.Time, ok bool) {
	if c.Open(at) {
		return at, true
	}
	at = at.In(c.location())
	for n := range horizon {
		day := time.Date(at.Year(), at.Month(), at.Day()+n, 0, 0, 0, 0, at.Location())
		if c.holiday(day) {
			continue
		}
		if len(c.Hours) == 0 {
			return day, true // a holiday ends
		}
		var first time.Time
		for _, h := range c.Hours {
			if h.Day != weekdays[day.Weekday()] {
				continue
			}
			if from, _ := span(day, h); from.After(at) && (first.IsZero() || from.Before(first)) {
				first = from
			}
		}
		if !first.IsZero() {
			return first, true
		}
	}
	return time.Time{}, false
}

func (c *Calendar) location() *time.Location {
	if at, err := time.LoadLocation(c.Zone); err == nil {
		return at
	}
	return time.UTC
}

func (c *Calendar) holiday(at time.Time) bool {
	date := at.Format(time.DateOnly)
	return slices.ContainsFunc(c.Holidays, func(h Holiday) bool { return h.Date == date })
}

// span is what h is on the day of an instant: by the clock on the wall, whatever
// that does in the night.
func span(day time.Time, h OpenHours) (from, to time.Time) {
	at := func(s string) time.Time {
		m, _ := clock(s)
		return time.Date(day.Year(), day.Month(), day.Day(), m/60, m%60, 0, 0, day.Location())
	}
	return at(h.From), at(h.To)
}
