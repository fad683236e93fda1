package inbox

import (
	"strings"
	"testing"
	"time"
)

// A service's window opens with the customer's message and closes by the hour,
// for people later where it may; who asked to be left alone is.
func TestSendState(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	ago := func(h int) time.Time { return now.Add(-time.Duration(h) * time.Hour) }
	templates := []SendTemplate{{Name: "a", Text: "Hi {{1}}", Values: 1}}
	for _, c := range []struct {
		s              SendBounds
		heard, stopped time.Time
		may            bool
		why            string
	}{
		{SendBounds{}, time.Time{}, time.Time{}, true, ""},
		{SendBounds{Window: 24}, ago(23), time.Time{}, true, ""},
		{SendBounds{Window: 24}, ago(25), time.Time{}, false, "until they write again"},
		{SendBounds{Window: 24}, time.Time{}, time.Time{}, false, "until they do"},
		{SendBounds{Window: 24, Templates: templates}, ago(25), time.Time{}, false, "template only"},
		{SendBounds{Window: 24, PeopleWindow: 168}, ago(25), time.Time{}, true, "only people"},
		{SendBounds{Window: 24, PeopleWindow: 168}, ago(169), time.Time{}, false, "168 hours"},
		{SendBounds{}, ago(1), ago(1), false, "2026-03-09"},
	} {
		got := c.s.State(c.heard, c.stopped, now)
		if got.May != c.may || !strings.Contains(got.Why, c.why) || c.why == "" && got.Why != "" {
			t.Errorf("%+v after %v: may %v, %q, want %v, %q", c.s, c.heard, got.May, got.Why, c.may, c.why)
		}
	}
	if text, ok := templates[0].Fill([]string{"Ann"}); text != "Hi Ann" || !ok {
		t.Errorf("Fill = %q, %v", text, ok)
	}
	if _, ok := templates[0].Fill(nil); ok || Places("{{1}} and {{2}}") != 2 {
		t.Errorf("a template is filled with too little, or its places miscounted")
	}
}
