package phone

import (
	"strconv"
	"strings"
	"time"
)

// Shapes of times without a zone, as exchanges and spreadsheets write them.
var localShapes = []string{
	"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006/01/02 15:04:05", "02.01.2006 15:04:05", "02.01.2006 15:04",
	"02/01/2006 15:04:05", "02/01/2006 15:04",
}

// readTime reads a time: with its zone, in seconds, milliseconds or
// microseconds since 1970, or as a clock in zone shows it, by shapes. Where a
// clock shows an hour twice, the one that is nearest to near holds, and the
// first one when near is zero; where it leaves one out, it is read as before the
// change.
func readTime(s string, zone *time.Location, near time.Time, shapes ...string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return time.Time{}, false
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		return epoch(n)
	}
	for _, shape := range []string{time.RFC3339Nano, time.RFC1123Z, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05 -0700"} {
		if t, err := time.Parse(shape, s); err == nil {
			return t.UTC(), plausible(t)
		}
	}
	if len(shapes) == 0 {
		shapes = localShapes
	}
	for _, shape := range shapes {
		// Read in UTC, so that no clock is mended before it is seen.
		if t, err := time.Parse(shape, s); err == nil {
			at := onClock(t, zone, near)
			return at, plausible(at)
		}
	}
	return time.Time{}, false
}

func plausible(t time.Time) bool { return t.Year() >= 1990 && t.Year() < 2200 }

// epoch reads seconds since 1970, or thousandths or millionths of them.
func epoch(n float64) (time.Time, bool) {
	switch {
	case n > 1e14:
		n /= 1e6
	case n > 1e11:
		n /= 1e3
	}
	if !(n > 6e8 && n < 8e9) {
		return time.Time{}, false
	}
	sec := int64(n)
	t := time.Unix(sec, int64((n-float64(sec))*1e6)*1e3).UTC()
	return t, plausible(t)
}

// onClock is the instant at which a clock in zone shows shown.
func onClock(shown time.Time, zone *time.Location, near time.Time) time.Time {
	// An offset that holds a day before or after is that of one side of
	// any change that is at hand.
	var fits []time.Time
	var first time.Time
	for _, shift := range []time.Duration{-26 * time.Hour, 26 * time.Hour} {
		_, offset := shown.Add(shift).In(zone).Zone()
		at := shown.Add(-time.Duration(offset) * time.Second)
		if first.IsZero() {
			first = at
		}
		if sameClock(at.In(zone), shown) {
			fits = append(fits, at)
		}
	}
	switch {
	case len(fits) == 0:
		return first.UTC()
	case len(fits) == 2 && !near.IsZero() && fits[1].Sub(near).Abs() < fits[0].Sub(near).Abs():
		return fits[1].UTC()
	}
	return fits[0].UTC()
}

func sameClock(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay() && a.Hour() == b.Hour() && a.Minute() == b.Minute() && a.Second() == b.Second()
}

// after reads a time that is not before begun, and lasts seconds after it where
// that is known: of an hour that the clock shows twice the right one.
func after(s string, zone *time.Location, begun time.Time, seconds int, shapes ...string) (time.Time, bool) {
	near := begun
	if !begun.IsZero() {
		near = begun.Add(time.Duration(max(0, seconds)) * time.Second)
	}
	return readTime(s, zone, near, shapes...)
}
