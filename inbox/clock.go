package inbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// A Clock tells which of two words on one field is newer: the shop's own
// before any browser's, then by time. The zero clock is of what nobody said.
type Clock struct {
	At       time.Time
	Unsigned bool
}

func (c Clock) compare(d Clock) int {
	rank := func(c Clock) int {
		switch {
		case c.At.IsZero():
			return 0
		case c.Unsigned:
			return 1
		}
		return 2
	}
	return cmp.Or(cmp.Compare(rank(c), rank(d)), c.At.Compare(d.At))
}

// MarshalText implements encoding.TextMarshaler.
func (c Clock) MarshalText() ([]byte, error) {
	if c.At.IsZero() {
		return nil, nil
	}
	s := c.At.UTC().Format(time.RFC3339Nano)
	if c.Unsigned {
		s = "~" + s
	}
	return []byte(s), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Clock) UnmarshalText(b []byte) error {
	if *c = (Clock{}); len(b) == 0 {
		return nil
	}
	s, unsigned := strings.CutPrefix(string(b), "~")
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return fmt.Errorf("read clock: %w", err)
	}
	c.At, c.Unsigned = at, unsigned
	return nil
}

// clocks are the times of the words that a record's fields hold.
type clocks map[string]Clock

// take reports whether a word of the time at prevails for a field, and notes it.
// Of two words of one time the larger value does, so that the order in which
// they come makes no difference.
func (c clocks) take(field string, at Clock, was, is any) bool {
	order := at.compare(c[field])
	if order == 0 {
		order = cmp.Compare(encoded(is), encoded(was))
	}
	if order > 0 {
		c[field] = at
	}
	return order > 0
}

// encoded gives values an order of some kind.
func encoded(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}
