package orderlink

import "regexp"

// A Parcel is a number in a text that a carrier may have given.
type Parcel struct {
	Start, End int      // bytes into the text
	Key        string   // as it is looked up
	Carriers   []string // likeliest first
}

var ups = regexp.MustCompile(`\b1Z[0-9A-Z]{16}\b`)

// Tracking returns the numbers of a text that have a carrier's format and,
// where it has one, its check digit.
func Tracking(text string) []Parcel {
	var found []Parcel
	for _, span := range ups.FindAllStringIndex(text, -1) {
		found = append(found, Parcel{span[0], span[1], TrackingKey(text[span[0]:span[1]]), []string{"ups"}})
	}
	return found
}
