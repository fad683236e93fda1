package inbox

import (
	"slices"
	"testing"
	"time"
)

// Ids of about one time rise in the order of their making, whatever ids of
// other times are made in between; each has the form that a URL is checked for.
func TestNewID(t *testing.T) {
	now := time.Now()
	var ids []string
	for i := range 2000 {
		at := now.Add(time.Duration(i%7) * -10 * time.Millisecond) // clocks that differ a little
		ids = append(ids, NewID[string](at))
		old := NewID[string](now.AddDate(-1, 0, 0).Add(time.Duration(i) * time.Second)) // an import
		if !ValidID(old) || !ValidID(ids[i]) {
			t.Fatalf("NewID = %q, %q", old, ids[i])
		}
		if old > ids[0] {
			t.Fatalf("the id %q of a year ago comes after %q", old, ids[0])
		}
	}
	if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Error("ids don't rise")
	}
}
