package inbox_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// Filters are read wherever they stand, words stay as they were typed, and a value
// that a filter can't have is refused in words that say which it can.
func TestParseQuery(t *testing.T) {
	t.Parallel()
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	high := inbox.High
	for _, test := range []struct {
		text string
		want inbox.Query
		says string // of the refusal
	}{
		{text: "", want: inbox.Query{}},
		{text: "blue kettle", want: inbox.Query{Words: "blue kettle"}},
		{text: "kettle ", want: inbox.Query{Words: "kettle "}},
		{text: `from:Kim kettle to:"Ana Berg" -green`, want: inbox.Query{Words: "kettle -green", From: []string{"kim"}, To: []string{"ana berg"}}},
		{text: "status:open tag:VIP tag:late", want: inbox.Query{Status: inbox.Open, Tags: []string{"vip", "late"}}},
		{text: "status:waiting", want: inbox.Query{Status: inbox.Pending}},
		{text: "STATUS:any", want: inbox.Query{}},
		{text: `inbox:"Returns DE" team:late assignee:me`, want: inbox.Query{Inbox: "Returns DE", Team: "late", Assignee: "me"}},
		{text: "after:2026-03-01 before:2026-04-01", want: inbox.Query{
			After: time.Date(2026, 3, 1, 0, 0, 0, 0, vienna), Before: time.Date(2026, 4, 1, 0, 0, 0, 0, vienna)}},
		{text: "has:attachment is:waiting priority:high channel:chat order:#1042", want: inbox.Query{
			Attachment: true, Waiting: true, Priority: &high, Channel: inbox.Chat, Order: []string{"#1042"}}},
		{text: "from: status:", want: inbox.Query{}},
		{text: "http://x.example/a?b:c", want: inbox.Query{Words: "http://x.example/a?b:c"}},
		{text: `"from:kim said"`, want: inbox.Query{Words: `"from:kim said"`}},
		{text: `tag:"`, want: inbox.Query{}},
		{text: "status:opne", says: "want open, pending"},
		{text: "before:yesterday", says: "2026-03-01"},
		{text: "has:hope", says: "attachment"},
		{text: "priority:9", says: "urgent"},
		{text: "channel:pigeon", says: "email"},
		{text: "is:late", says: "waiting"},
	} {
		got, err := inbox.ParseQuery(test.text, vienna)
		if test.says != "" {
			if inbox.CodeOf(err) != inbox.Invalid || !strings.Contains(err.Error(), test.says) {
				t.Errorf("ParseQuery(%q): %v, want it refused with %q", test.text, err, test.says)
			}
			continue
		}
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("ParseQuery(%q): %v\n%s", test.text, err, diff)
		}
	}
}

// Whatever is typed, nothing of it is lost or made up: without filters the words
// are those that were typed.
func FuzzParseQuery(f *testing.F) {
	for _, s := range []string{"a b", `from:"x y" z`, "before:2026-01-01", "\x00\xff", `"`, "::", " \t", "tag:\"a b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := inbox.ParseQuery(text, time.UTC)
		if err != nil || strings.Contains(text, ":") {
			return
		}
		if got, want := strings.Join(strings.Fields(q.Words), " "), strings.Join(strings.Fields(text), " "); got != want {
			t.Errorf("ParseQuery(%q) keeps %q", text, got)
		}
	})
}
