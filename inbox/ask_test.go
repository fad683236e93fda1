package inbox

import (
	"testing"
	"time"
)

// What was given out reads back the same; anything else is refused as invalid
// and never as a fault of ours.
func TestCursor(t *testing.T) {
	for _, want := range []Cursor{
		{},
		{At: time.Date(2026, 2, 3, 4, 5, 6, 7000, time.UTC), ID: string(NewID[EventID](time.Now()))},
		{At: time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), ID: "message:x"},
	} {
		if got, err := ParseCursor(want.String()); err != nil || got != want {
			t.Errorf("ParseCursor(%q) = %v, %v, want %v", want.String(), got, err, want)
		}
	}
	for _, bad := range []string{"x", "AAAA", "AAAAAAAAAAA", "________f____w", "AAAAAAAAAAAA\n", "AAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAA*"} {
		if c, err := ParseCursor(bad); CodeOf(err) != Invalid {
			t.Errorf("ParseCursor(%q) = %v, %v, want invalid", bad, c, err)
		}
	}
}

func FuzzCursor(f *testing.F) {
	f.Add(Cursor{At: time.Unix(1, 0), ID: "message:x"}.String())
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseCursor(s)
		if err != nil {
			if CodeOf(err) != Invalid {
				t.Errorf("ParseCursor(%q): %v", s, err)
			}
			return
		}
		if c.String() != s {
			t.Errorf("ParseCursor(%q) reads back as %q", s, c.String())
		}
		if y := c.At.Year(); !c.IsZero() && (y < 1 || y > 9999) {
			t.Errorf("ParseCursor(%q) is in the year %d", s, y)
		}
	})
}
