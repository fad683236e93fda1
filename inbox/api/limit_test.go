package api

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// A bucket gives its burst, then one at a time as time passes, and what is
// given back; many keys take no more room than was allowed.
func TestBuckets(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	b := newBuckets(2, time.Second, 3)
	for i, step := range []struct {
		after time.Duration
		wait  bool
	}{{0, false}, {0, false}, {0, true}, {500 * time.Millisecond, true}, {500 * time.Millisecond, false}, {0, true}, {time.Hour, false}, {0, false}, {0, true}} {
		now = now.Add(step.after)
		if wait := b.take("a", now); wait > 0 != step.wait || wait > 2*time.Second {
			t.Errorf("step %d: wait %v, want any %v", i, wait, step.wait)
		}
	}
	b.give("a")
	if wait := b.take("a", now); wait > 0 {
		t.Errorf("what was given back: wait %v", wait)
	}
	for i := range 100 {
		b.take(fmt.Sprint(i), now)
	}
	if len(b.byKey) != 3 || b.used.Len() != 3 {
		t.Errorf("%d keys in %d places, want 3", len(b.byKey), b.used.Len())
	}
}

// One person has one IPv4 address or a whole IPv6 network.
func TestNetwork(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "2001:db8::1": "2001:db8::/64", "2001:db8::ffff:1": "2001:db8::/64", "2001:db8:0:1::1": "2001:db8:0:1::/64",
	} {
		if got := network(netip.MustParseAddr(in)); got != want {
			t.Errorf("network(%s) = %s, want %s", in, got, want)
		}
	}
}

func TestFileName(t *testing.T) {
	for in, want := range map[string]string{
		"": "file", ".": "file", "..": "file", "/": "file", "a/b.txt": "b.txt", `c:\x\y.doc`: "y.doc", "a\r\nb": "ab",
		"\u202etxt.exe": "txt.exe", "é.pdf": "é.pdf", "\xff": "_",
	} {
		if got := fileName(in); got != want {
			t.Errorf("fileName(%q) = %q, want %q", in, got, want)
		}
	}
}
