package orderlink

import (
	"slices"
	"strings"
)

// A Parcel is a number in a text that a carrier may have given.
type Parcel struct {
	Start, End int      // bytes into the text
	Key        string   // as it is looked up
	Carriers   []string // likeliest first: ups, fedex, usps, dhl, s10 (any post), …
	strong     bool
}

// minParcel is the length of the shortest number that a carrier's format knows.
const minParcel = 10

// Tracking returns the numbers of a text that have a carrier's format and,
// where it has one, its check digit. Digits of most of these formats may be
// something else all the same: [Find] wants a word beside them that says so.
// It takes time linear in the text.
func Tracking(text string) []Parcel { return parcels(lex(text)) }

func parcels(tokens []token) []Parcel {
	var found []Parcel
	for i := 0; i < len(tokens); {
		parcel, next := parcelAt(tokens, i)
		if next == 0 {
			i++
			continue
		}
		found = append(found, parcel)
		i = next
	}
	return found
}

// parcelAt returns the longest number that begins at a token, and the token
// after it, or 0 for none.
func parcelAt(tokens []token, i int) (best Parcel, next int) {
	if !tokens[i].isAlnum() || continuesFrom(tokens, i) {
		return Parcel{}, 0
	}
	var b strings.Builder
	singles, spaced := 0, false
	for j := i; j < len(tokens); j++ {
		t := &tokens[j]
		if !t.isAlnum() {
			// Groups are apart by a space or a hyphen, and by no more.
			if t.hyphen() && !t.space && continuesTo(tokens, j-1) {
				continue
			}
			break
		}
		if j > i && (t.newline || t.kind == word && !t.upper && len(t.key) > 1) || b.Len()+len(t.key) > maxKey {
			break
		}
		b.WriteString(t.key)
		spaced = spaced || j > i && t.space
		if len(matchFormats(t.key)) > 0 {
			singles++
		}
		if b.Len() < minParcel || continuesTo(tokens, j) {
			continue
		}
		hits := matchFormats(b.String())
		if singles > 1 {
			break // two numbers beside each other
		}
		if spaced && (i > 0 || j < len(tokens)-1) {
			letters := tokens[i].kind == word || t.kind == word
			hits = slices.DeleteFunc(hits, func(f *format) bool { return letters && f.whole || f.check == nil && !f.strong })
		}
		if len(hits) == 0 {
			continue
		}
		best = Parcel{Start: tokens[i].start, End: t.end, Key: b.String()}
		for _, f := range hits {
			if !slices.Contains(best.Carriers, f.carrier) {
				best.Carriers = append(best.Carriers, f.carrier)
			}
			best.strong = best.strong || f.strong
		}
		next = j + 1
	}
	return best, next
}

// matchFormats returns the formats that a key has, the surest first.
func matchFormats(key string) []*format {
	if len(key) < minParcel || len(key) > maxKey {
		return nil
	}
	if strings.Count(key, key[:1]) == len(key) {
		return nil // 0000000000: nobody's
	}
	var hits []*format
	for _, f := range byLength[len(key)] {
		if slices.ContainsFunc(f.shapes, func(shape string) bool { return hasShape(shape, key) }) && (f.check == nil || f.check(key)) {
			hits = append(hits, f)
		}
	}
	return hits
}

// byLength is formats by the length of their numbers.
var byLength = func() (table [maxKey + 1][]*format) {
	for i := range formats {
		f := &formats[i]
		lengths := map[int]bool{}
		for _, shape := range f.shapes {
			if !lengths[len(shape)] {
				lengths[len(shape)] = true
				table[len(shape)] = append(table[len(shape)], f)
			}
		}
	}
	return table
}()

func hasShape(shape, key string) bool {
	if len(shape) != len(key) {
		return false
	}
	for i := range len(key) {
		c := key[i]
		isDigit, isLetter := c >= '0' && c <= '9', c >= 'A' && c <= 'Z'
		switch shape[i] {
		case '9':
			if !isDigit {
				return false
			}
		case '@':
			if !isLetter {
				return false
			}
		case '?':
			if !isDigit && !isLetter {
				return false
			}
		default:
			if c != shape[i] {
				return false
			}
		}
	}
	return true
}
