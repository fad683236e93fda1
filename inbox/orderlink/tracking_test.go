package orderlink

import (
	"slices"
	"testing"
)

// A carrier's number is known by its format and check digit, however it is
// spaced, and is nobody's with one digit wrong.
func TestTracking(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text, key, carrier string
	}{
		{"1Z12345E0205271686", "1Z12345E0205271686", "ups"},
		{"see 1z 123 45e 02 0527 1686 please", "1Z12345E0205271686", "ups"},
		{"THE 140872913 and QRS 001234567 too", "", ""}, // letters apart are words
		{"see 1Z 123 45E 02 0527 1686 please", "1Z12345E0205271686", "ups"},
		{"1z12345e0205271686", "1Z12345E0205271686", "ups"},
		{"1Z12345E0205271687", "", ""},
		{"1Z12345E020527168", "", ""},
		{"RR 473 124 829 SE", "RR473124829SE", "s10"},
		{"RR473124829SE", "RR473124829SE", "s10"},
		{"RR473124828SE", "", ""},
		{"RR473124829QQ", "", ""}, // no such country
		{"TBA123456789012", "TBA123456789012", "amazon"},
		{"TBX123456789012", "", ""},
		{"00340434161094022115", "00340434161094022115", "dhl"},
		{"JD014600006281234567", "JD014600006281234567", "dhl"},
		{"9405511899223197428490", "9405511899223197428490", "usps"},
		{"9405511899223197428491", "", ""},
		{"42012345 9405511899223197428490", "420123459405511899223197428490", "usps"},
		{"3SABCD1234567", "3SABCD1234567", "postnl"},
		{"1408729136", "1408729136", "dhl"},
		{"1408729130", "", ""},
		{"01234500006789V", "01234500006789V", "dpd"},
		{"1408729136 1408729512", "1408729136", "dhl"}, // two, and not one of 20 digits
		{"1408729136.50", "", ""},
		{"id_1408729136", "", ""},
		{"07244100231", "07244100231", "old_dominion"},
		{"07244100232", "", ""},
		{"0000000000", "", ""},
		{"1Z", "", ""},
		{"", "", ""},
	} {
		found := Tracking(tc.text)
		switch {
		case tc.key == "" && len(found) > 0:
			t.Errorf("Tracking(%q) = %+v, want nothing", tc.text, found)
		case tc.key != "" && (len(found) == 0 || found[0].Key != tc.key || !slices.Contains(found[0].Carriers[:min(2, len(found[0].Carriers))], tc.carrier)):
			t.Errorf("Tracking(%q) = %+v, want %s by %s", tc.text, found, tc.key, tc.carrier)
		}
		for _, p := range found {
			if TrackingKey(tc.text[p.Start:p.End]) != p.Key {
				t.Errorf("Tracking(%q): %+v is not what is written there", tc.text, p)
			}
		}
	}
}

// Spans lie within the text, in order and apart, and their keys are what is
// written there.
func FuzzTracking(f *testing.F) {
	for _, s := range []string{"1Z12345E0205271686", "RR 473 124 829 SE 1408729136", "4 2 0-12345 9405511899223197428490", "\xff1Z\u200b12345E0205271686", "NR 473 124 829 SE"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		end := 0
		for _, p := range Tracking(s) {
			if p.Start < end || p.End <= p.Start || p.End > len(s) {
				t.Fatalf("Tracking(%q): span %d to %d", s, p.Start, p.End)
			}
			end = p.End
			if got := TrackingKey(s[p.Start:p.End]); got != p.Key || len(p.Carriers) == 0 {
				t.Errorf("Tracking(%q): %+v, written %q", s, p, got)
			}
		}
	})
}
