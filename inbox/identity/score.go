package identity

import (
	"math"
	"slices"
)

// Score says how likely two profiles are one person's, from 0 to 1, and why: one
// line each, strongest first; what speaks against it begins with "not". It is
// the same whichever comes first. Names alone never score high.
func Score(a, b Profile) (score float64, reasons []string) {
	var all []weighed
	for _, f := range []func(a, b *Profile) weighed{byEmail, byPhone, byBirthday} {
		if w := f(&a, &b); w.text != "" {
			all = append(all, w)
		}
	}
	sum := -4.0
	for _, w := range all {
		sum += w.weight
	}
	slices.SortStableFunc(all, func(x, y weighed) int {
		switch d := math.Abs(y.weight) - math.Abs(x.weight); {
		case d > 0:
			return 1
		case d < 0:
			return -1
		}
		return 0
	})
	for _, w := range all {
		reasons = append(reasons, w.text)
	}
	return 1 / (1 + math.Exp(-sum)), reasons
}

type weighed struct {
	weight float64
	text   string
}

func common(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

func byEmail(a, b *Profile) weighed {
	if common(a.emails, b.emails) {
		return weighed{8, "same mail address"}
	}
	return weighed{}
}

func byPhone(a, b *Profile) weighed {
	if common(a.phones, b.phones) {
		return weighed{7, "same telephone number"}
	}
	return weighed{}
}

func byBirthday(a, b *Profile) weighed {
	if common(a.birthdays, b.birthdays) {
		return weighed{5, "same birthday"}
	}
	return weighed{}
}
