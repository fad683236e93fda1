package identity

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Worth is the least score that is worth an agent's while.
const Worth = .2

// prior is what speaks against any two being one person before anything is
// compared, in natural logarithms of odds, as all weights here are.
const prior = -4

// Score says how likely two profiles are one person's, from 0 to 1, and why: one
// line each, strongest first; what speaks against it begins with "not". It is
// the same whichever comes first. Names alone score low.
func Score(a, b Profile) (score float64, reasons []string) {
	var all []weighed
	for _, by := range []func(a, b *Profile) []weighed{byEmail, byPhone, byBirthday, byName, byPlace, byCompany} {
		all = append(all, by(&a, &b)...)
	}
	sum := float64(prior)
	for _, w := range all {
		sum += w.weight
	}
	slices.SortStableFunc(all, func(x, y weighed) int { return cmp.Compare(math.Abs(y.weight), math.Abs(x.weight)) })
	reasons = []string{}
	for _, w := range all {
		if w.text != "" {
			reasons = append(reasons, w.text)
		}
	}
	return 1 / (1 + math.Exp(-sum)), reasons
}

// A weighed reason says in one line how much something speaks for one person.
// Without a text it is not worth telling.
type weighed struct {
	weight float64
	text   string
}

// best is what speaks most for it of what compare gives for each of as with each
// of bs, and nothing where there is nothing to compare. Which of several equals
// it is doesn't hang on their order.
func best[T any](as, bs []T, compare func(a, b T) []weighed) []weighed {
	var out []weighed
	for _, a := range as {
		for _, b := range bs {
			if w := compare(a, b); out == nil || compareWeighed(w, out) > 0 {
				out = w
			}
		}
	}
	return out
}

func compareWeighed(a, b []weighed) int {
	sum := func(ws []weighed) (n float64) {
		for _, w := range ws {
			n += w.weight
		}
		return n
	}
	return cmp.Or(cmp.Compare(sum(a), sum(b)), slices.CompareFunc(a, b, func(x, y weighed) int { return cmp.Compare(x.text, y.text) }))
}

func one(weight float64, text string) []weighed { return []weighed{{weight, text}} }

func byEmail(a, b *Profile) []weighed {
	return best(a.emails, b.emails, func(x, y string) []weighed {
		switch {
		case x == y:
			return one(9, "same mail address")
		case Relay(x) || Relay(y):
			return one(0, "")
		}
		x, y = loose(x), loose(y)
		if x == y {
			return one(7, "mail addresses that differ in dots or a tag only")
		}
		localX, domainX, _ := strings.Cut(x, "@")
		localY, domainY, _ := strings.Cut(y, "@")
		if !personal(localX) || !personal(localY) {
			return one(-.5, "")
		}
		localX, localY = bare(localX), bare(localY)
		switch apart := distance(localX+"@"+domainX, localY+"@"+domainY, 2); {
		case apart == 0:
			return one(5.5, "mail addresses that differ in dots and dashes only")
		case apart <= min(2, max(len(x), len(y))/8):
			return one(5.5, "mail addresses that differ in a letter or two")
		case letters(localX+domainX) == letters(localY+domainY):
			return one(5, "mail addresses of the same letters in another order")
		case localX == localY:
			return one(4.5, "same mail address but for its domain")
		case domainX == domainY && outline(localX) == outline(localY):
			return one(4, "mail addresses that sound alike")
		}
		return one(-.5, "")
	})
}

// bare is a local part without what stands between its words.
func bare(local string) string { return between.Replace(local) }

var between = strings.NewReplacer(".", "", "-", "", "_", "")

func byPhone(a, b *Profile) []weighed {
	return best(a.phones, b.phones, func(x, y string) []weighed {
		switch {
		case x == y:
			return one(8, "same telephone number")
		case len(x) >= 10 && distance(x, y, 1) == 1:
			return one(2, "telephone numbers that differ in one figure")
		}
		return one(-.5, "")
	})
}

func byBirthday(a, b *Profile) []weighed {
	return best(a.birthdays, b.birthdays, func(x, y string) []weighed {
		switch d, _ := compareDates(x, y); d.apartness {
		case sameDate:
			return one(6, "same birthday")
		case slipDate:
			return one(4, "birthdays that differ by a slip")
		case nearDate:
			return one(2, "birthdays that are nearly the same")
		}
		return one(-4, "not the same birthday")
	})
}

func byPlace(a, b *Profile) []weighed {
	return best(a.places, b.places, func(x, y place) []weighed {
		switch {
		case x.postcode != "" && x.postcode == y.postcode:
			return one(3, "same post code")
		case x.city == "" || y.city == "":
			return one(0, "")
		case alike(x.city, y.city) >= .8:
			return one(1.5, "same city")
		}
		return one(-1, "not the same city")
	})
}

func byCompany(a, b *Profile) []weighed {
	return best(a.companies, b.companies, func(x, y string) []weighed {
		if x == y {
			return one(1, "same company")
		}
		return one(0, "")
	})
}

func byName(a, b *Profile) []weighed { return best(a.names, b.names, compareNames) }

func compareNames(x, y name) []weighed {
	if x.first == "" || y.first == "" { // of one word it can't be told which name it is
		switch likest := max(alike(x.last, y.last), alike(x.first, y.last), alike(x.last, y.first)); {
		case likest >= likely:
			return one(1.5*likest, "a name in common")
		}
		return one(-1.5, "not a name in common")
	}
	first, last := alike(x.first, y.first), alike(x.last, y.last)
	if a, b := alike(x.first, y.last), alike(x.last, y.first); a+b > first+last {
		switch {
		case a < likely || b < likely:
			return one(0, "a name in common")
		case a+b == 2:
			return one(2.5, "same names in the other order")
		}
		return one(1.25*(a+b), "similar names in the other order")
	}
	if first == 1 && last == 1 {
		return one(2.5, "same name")
	}
	return []weighed{weighWord(last, 1.7, "surname"), weighWord(first, 1.3, "first name")}
}

// likely is from what likeness on two words count as one.
const likely = .5

func weighWord(likeness, most float64, what string) weighed {
	switch {
	case likeness == 1:
		return weighed{most, "same " + what}
	case likeness >= likely:
		return weighed{most * likeness, "similar " + what}
	}
	return weighed{-most, "not the same " + what}
}

// alike is how much two words are one, from 0 to 1.
func alike(a, b string) float64 {
	if a == "" || b == "" {
		return 0
	}
	if a == b {
		return 1
	}
	n, m := utf8.RuneCountInString(a), utf8.RuneCountInString(b)
	if n > m {
		a, b, n, m = b, a, m, n
	}
	switch {
	case n >= 4 && distance(a, b, 2) <= min(2, m/4):
		return .8
	case n >= 3 && sound(a) == sound(b):
		return .7
	case n >= 3 && strings.HasPrefix(b, a): // Rob for Robert
		return .7
	case n >= 4 && n == m && letters(a) == letters(b):
		return .7
	case n == 1 && strings.HasPrefix(b, a):
		return .5
	}
	return 0
}

// letters are those of a word in order: what is left of it when they were typed
// in another.
func letters(w string) string {
	runes := []rune(w)
	slices.Sort(runes)
	return string(runes)
}
