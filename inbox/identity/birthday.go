package identity

import "time"

// How far apart two birthdays are, as people and programs write them.
type apartness int

const (
	sameDate apartness = iota
	slipDate           // one figure is off, two changed places, or day and month did
	nearDate           // off by days, a month, a year or a decade, or two parts of three are equal
	farDate
)

// otherBirthday reports whether two birthdays (YYYY-MM-DD) are two people's, and
// not one that was mistyped or misread. What is no date is nobody's other one.
//
// A household must not pass for one person, but each such pair counts once: an
// address that three people share is told by any three of them that differ.
func otherBirthday(a, b string) bool {
	d, ok := compareDates(a, b)
	return ok && d.days > roll && d.apartness > slipDate
}

// roll is how many days lie between two dates when the month is off by one and a
// few days are, too.
const roll = 34

type dates struct {
	apartness
	days int // between them, but for a year or a decade
}

func compareDates(a, b string) (d dates, ok bool) {
	x, errX := time.Parse(time.DateOnly, a)
	y, errY := time.Parse(time.DateOnly, b)
	if errX != nil || errY != nil {
		return dates{}, false
	}
	d.days = daysApart(x, y)
	equal := equals(x.Year(), y.Year()) + equals(int(x.Month()), int(y.Month())) + equals(x.Day(), y.Day())
	swapped := x.Year() == y.Year() && int(x.Month()) == y.Day() && x.Day() == int(y.Month())
	switch {
	case equal == 3:
		d.apartness = sameDate
	case swapped || distance(a, b, 1) == 1:
		d.apartness = slipDate
	case d.days <= roll || equal == 2:
		d.apartness = nearDate
	default:
		d.apartness = farDate
	}
	return d, true
}

// daysApart is the days between two dates, give or take a year or a decade.
func daysApart(x, y time.Time) int {
	if x.After(y) {
		x, y = y, x
	}
	const day = 24 * time.Hour
	least := int(y.Sub(x) / day)
	for _, years := range []int{1, 10} {
		d := int(y.Sub(x.AddDate(years, 0, 0)) / day)
		least = min(least, max(d, -d))
	}
	return least
}

func equals(a, b int) int {
	if a == b {
		return 1
	}
	return 0
}
