package identity

import "time"

// otherBirthday reports whether two birthdays (YYYY-MM-DD) can't be one that
// was mistyped or misread. What is no birthday is nobody's other one.
func otherBirthday(a, b string) bool {
	s, ok := compareDates(a, b)
	return ok && s == farDate
}

// How far apart two dates are as people write them.
const (
	sameDate = iota
	slipDate // one part is off, or day and month stand in each other's place
	nearDate // every part is equal or a little off, or two are equal
	farDate
)

func compareDates(a, b string) (apart int, ok bool) {
	x, errX := time.Parse(time.DateOnly, a)
	y, errY := time.Parse(time.DateOnly, b)
	switch {
	case errX != nil || errY != nil:
		return 0, false
	case x.Equal(y):
		return sameDate, true
	}
	equal, near := 0, 0
	for _, part := range [][3]int{
		{x.Year(), y.Year(), 1}, {int(x.Month()), int(y.Month()), 1}, {x.Day(), y.Day(), 3},
	} {
		switch d := max(part[0]-part[1], part[1]-part[0]); {
		case d == 0:
			equal++
		case d <= part[2], slipped(part[0], part[1]):
			near++
		}
	}
	swapped := x.Year() == y.Year() && int(x.Month()) == y.Day() && x.Day() == int(y.Month())
	switch {
	case swapped, equal == 2 && near == 1:
		return slipDate, true
	case equal == 2, equal+near == 3:
		return nearDate, true
	}
	return farDate, true
}

// slipped reports whether two numbers differ by one decade or by two figures
// that changed places.
func slipped(a, b int) bool {
	d := max(a-b, b-a)
	return d == 10 || a/100 == b/100 && a%10 == b/10%10 && b%10 == a/10%10
}
