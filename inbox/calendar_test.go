package inbox

import (
	"strings"
	"testing"
	"time"
)

// Hours are read on the wall's clock of their zone, also on the days when that is
// put forward or back; a holiday is a whole day there; and the next opening is the
// first there is.
func TestCalendar(t *testing.T) {
	t.Parallel()
	c := Calendar{Name: "Shop", Zone: "Europe/Vienna", Hours: []OpenHours{
		{"mon", "09:00", "12:00"}, {"mon", "13:00", "17:00"}, {"tue", "09:00", "17:00"}, {"fri", "22:00", "24:00"}, {"sat", "00:00", "02:00"}, {"sun", "01:00", "04:00"},
	}, Holidays: []Holiday{{"2026-03-10", "Founders' day"}}}
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		t.Helper()
		v, err := time.ParseInLocation("2006-01-02 15:04", s, vienna)
		if err != nil {
			t.Fatal(err)
		}
		return v.UTC()
	}
	for _, tc := range []struct {
		at    string
		open  bool
		opens string
	}{
		{"2026-03-09 08:59", false, "2026-03-09 09:00"}, // a Monday
		{"2026-03-09 09:00", true, "2026-03-09 09:00"},
		{"2026-03-09 12:00", false, "2026-03-09 13:00"},
		{"2026-03-09 17:00", false, "2026-03-13 22:00"}, // Tuesday is a holiday
		{"2026-03-10 10:00", false, "2026-03-13 22:00"},
		{"2026-03-17 10:00", true, "2026-03-17 10:00"},
		{"2026-03-13 23:59", true, "2026-03-13 23:59"},
		{"2026-03-14 00:00", true, "2026-03-14 00:00"},
		{"2026-03-14 02:00", false, "2026-03-15 01:00"},
		{"2026-03-29 03:30", true, "2026-03-29 03:30"}, // an hour after 01:30: the clock was put forward
		{"2026-03-29 04:00", false, "2026-03-30 09:00"},
		{"2026-10-25 03:59", true, "2026-10-25 03:59"},
	} {
		now := at(tc.at)
		if got := c.Open(now); got != tc.open {
			t.Errorf("Open(%s) = %v, want %v", tc.at, got, tc.open)
		}
		if got, ok := c.Opens(now); !ok || !got.Equal(at(tc.opens)) {
			t.Errorf("Opens(%s) = %v, %v, want %s", tc.at, got.In(vienna), ok, tc.opens)
		}
	}
	always := Calendar{Zone: "UTC", Holidays: []Holiday{{"2026-03-10", ""}}}
	if got, ok := always.Opens(time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)); !ok || !got.Equal(time.Date(2026, 3, 11, 0, 0, 0, 0, time.UTC)) || !always.Open(got) {
		t.Errorf("after a holiday it opens at %v, %v", got, ok)
	}
	never := Calendar{Zone: "UTC", Hours: []OpenHours{{"mon", "09:00", "10:00"}}}
	for d := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() < 2028; d = d.AddDate(0, 0, 1) {
		never.Holidays = append(never.Holidays, Holiday{Date: d.Format(time.DateOnly)})
	}
	if got, ok := never.Opens(time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)); ok {
		t.Errorf("what never opens opens at %v", got)
	}
}

// What is wrong with a calendar is said.
func TestCalendarCheck(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		c    Calendar
		want string
	}{
		{Calendar{Name: "x", Zone: "Europe/Vienna", Hours: []OpenHours{{"mon", "00:00", "24:00"}}}, ""},
		{Calendar{Name: " ", Zone: "UTC"}, "name"},
		{Calendar{Name: "x", Zone: "Vienna"}, "zone"},
		{Calendar{Name: "x", Zone: "Local"}, "zone"},
		{Calendar{Name: "x"}, "zone"},
		{Calendar{Name: "x", Zone: "UTC", Hours: []OpenHours{{"Monday", "09:00", "10:00"}}}, "day"},
		{Calendar{Name: "x", Zone: "UTC", Hours: []OpenHours{{"mon", "10:00", "09:00"}}}, "hours"},
		{Calendar{Name: "x", Zone: "UTC", Hours: []OpenHours{{"mon", "10:00", "25:00"}}}, "hours"},
		{Calendar{Name: "x", Zone: "UTC", Hours: []OpenHours{{"mon", "9", "10:00"}}}, "hours"},
		{Calendar{Name: "x", Zone: "UTC", Holidays: []Holiday{{"2026-02-30", ""}}}, "holiday"},
	} {
		err := tc.c.Check()
		if tc.want == "" && err != nil || tc.want != "" && (CodeOf(err) != Invalid || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("Check(%+v) = %v, want %q", tc.c, err, tc.want)
		}
	}
}
