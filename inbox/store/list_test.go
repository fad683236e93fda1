package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// page walks a whole list and returns the ids in its order.
func (d *desk) walk(t testing.TB, rights *inbox.Rights, f inbox.ConversationFilter) []string {
	t.Helper()
	var got []string
	for {
		list, next, err := d.Conversations(t.Context(), rights, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			got = append(got, string(c.ID))
		}
		if next.IsZero() {
			return got
		}
		if len(got) > 10_000 {
			t.Fatal("the list doesn't end")
		}
		// A client gives back what it was given.
		if f.After, err = inbox.ParseCursor(next.String()); err != nil {
			t.Fatal(err)
		}
	}
}

// Every list, by every reader, in pages of any size: exactly the rows that a
// plain query gives, in order, with neither gap nor double.
func TestConversationsPaging(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.fill(t, "support", 60)
	d.fill(t, "second", 40)
	ctx := t.Context()
	if _, err := d.pool.Exec(ctx, `
		UPDATE conversations SET
			status = (ARRAY['open','pending','closed','spam'])[1 + number % 4],
			assignee_id = CASE number % 3 WHEN 0 THEN NULL WHEN 1 THEN $1::uuid ELSE $2::uuid END`, d.anna.Agent.ID, d.su.Agent.ID); err != nil {
		t.Fatal(err)
	}
	both := d.agent(t, "both", inbox.AgentRole, d.first.ID, d.second.ID)
	none := d.agent(t, "none", inbox.AgentRole)
	for _, by := range []*inbox.Caller{d.anna, d.bert, d.su, both, none} {
		for _, status := range []inbox.Status{"", inbox.Open, inbox.Spam, inbox.Snoozed} {
			for _, who := range []string{"", "none", string(d.anna.Agent.ID), string(d.bert.Agent.ID)} {
				for _, in := range []inbox.InboxID{"", d.first.ID, d.second.ID, inbox.NewID[inbox.InboxID](time.Now())} {
					for _, oldest := range []bool{false, true} {
						f := inbox.ConversationFilter{Status: status, Inbox: in, Sort: map[bool]inbox.Sort{true: inbox.SortOldest}[oldest]}
						where, order := []string{"merged_into IS NULL"}, "DESC"
						if oldest {
							order = "ASC"
						}
						if status != "" {
							where = append(where, fmt.Sprintf("status = '%s'", status))
						}
						if in != "" {
							where = append(where, fmt.Sprintf("inbox_id = '%s'", in))
						}
						switch who {
						case "":
						case "none":
							f.Unassigned = true
							where = append(where, "assignee_id IS NULL")
						default:
							f.Assignee = inbox.AgentID(who)
							where = append(where, fmt.Sprintf("assignee_id = '%s'", who))
						}
						if !by.All {
							list := "'" + zeroID + "'"
							for _, id := range by.Inboxes {
								list += ", '" + string(id) + "'"
							}
							where = append(where, "inbox_id IN ("+list+")")
						}
						want := d.strings(t, fmt.Sprintf(`SELECT id::text FROM conversations WHERE %s ORDER BY last_at %s, id %s`,
							strings.Join(where, " AND "), order, order))
						for _, size := range []int{7, 100} {
							f.Limit = size
							if got := d.walk(t, &by.Rights, f); !slices.Equal(got, want) {
								t.Fatalf("%s %+v: %d rows, want %d\n%s", by.Agent.Name, f, len(got), len(want), cmp.Diff(want, got))
							}
						}
					}
				}
			}
		}
	}
}

const zeroID = "00000000-0000-0000-0000-000000000000"

// While conversations move to the front, whoever pages through sees each that
// doesn't move exactly once.
func TestConversationsWhileChanging(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.fill(t, "support", 90)
	still := d.strings(t, `SELECT id::text FROM conversations WHERE number % 2 = 0`)
	movers := d.strings(t, `SELECT id::text FROM conversations WHERE number % 2 = 1`)
	seen := map[string]int{}
	f := inbox.ConversationFilter{Status: inbox.Open, Limit: 7}
	for i := 0; ; i++ {
		list, next, err := d.Conversations(t.Context(), &d.anna.Rights, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			seen[string(c.ID)]++
		}
		if next.IsZero() {
			break
		}
		f.After = next
		if _, err := d.Reply(t.Context(), d.anna, movers[i], answer(fmt.Sprint("key-", i), "Yes.", 99)); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range still {
		if seen[id] != 1 {
			t.Errorf("%s was seen %d times, want once", id, seen[id])
		}
	}
	for id, n := range seen {
		if n > 1 {
			t.Errorf("%s was seen %d times", id, n)
		}
	}
}

// Of another inbox an agent can read, find, change and answer nothing, and gets
// the same words as for what is not there.
func TestRights(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	raw := arrival("m1", "kim@x.example", nil)
	raw.Message.Raw = strings.Repeat("a", 64)
	raw.Message.Text, raw.Message.VisibleText = "a unicorn", "a unicorn"
	d.deliver(t, raw)
	c := d.conversationOf(t, "m1")
	if _, err := d.IndexMessages(ctx, 100); err != nil {
		t.Fatal(err)
	}
	list, _, err := d.Messages(ctx, &d.anna.Rights, string(c.ID), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	m := list[0]
	status := inbox.Closed
	for _, test := range []struct {
		what string
		do   func(by *inbox.Caller) error
	}{
		{"get", func(by *inbox.Caller) error { _, err := d.Conversation(ctx, &by.Rights, string(c.ID)); return err }},
		{"get by number", func(by *inbox.Caller) error {
			_, err := d.Conversation(ctx, &by.Rights, fmt.Sprint(c.Number))
			return err
		}},
		{"messages", func(by *inbox.Caller) error {
			_, _, err := d.Messages(ctx, &by.Rights, string(c.ID), 0, 0)
			return err
		}},
		{"message", func(by *inbox.Caller) error { _, err := d.Message(ctx, &by.Rights, m.ID); return err }},
		{"raw", func(by *inbox.Caller) error { _, err := d.Raw(ctx, &by.Rights, m.ID); return err }},
		{"customer", func(by *inbox.Caller) error {
			_, err := d.Customer(ctx, &by.Rights, c.Customer.CustomerID)
			return err
		}},
		{"orders", func(by *inbox.Caller) error {
			_, err := d.Orders(ctx, &by.Rights, c.Customer.CustomerID)
			return err
		}},
		{"timeline", func(by *inbox.Caller) error {
			_, _, _, err := d.Timeline(ctx, &by.Rights, c.Customer.CustomerID, inbox.Cursor{}, 0)
			return err
		}},
		{"customer's conversations", func(by *inbox.Caller) error {
			_, _, _, err := d.CustomerConversations(ctx, &by.Rights, c.Customer.CustomerID, inbox.Cursor{}, 0)
			return err
		}},
		{"note", func(by *inbox.Caller) error {
			_, err := d.Note(ctx, by, string(c.ID), answer("note-"+by.Agent.Name, "x", 0))
			return err
		}},
		{"reply", func(by *inbox.Caller) error {
			_, err := d.Reply(ctx, by, string(c.ID), answer("reply-"+by.Agent.Name, "x", 99))
			return err
		}},
		{"patch", func(by *inbox.Caller) error {
			_, err := d.Patch(ctx, by, string(c.ID), inbox.Patch{Status: &status}, time.Now())
			return err
		}},
	} {
		wantCode(t, test.what+" of another inbox", test.do(d.bert), inbox.NotFound)
		for _, by := range []*inbox.Caller{d.anna, d.su} {
			if err := test.do(by); err != nil {
				t.Errorf("%s by %s: %v", test.what, by.Agent.Name, err)
			}
		}
	}
	for _, test := range []struct {
		by   *inbox.Caller
		want int
	}{{d.anna, 1}, {d.su, 1}, {d.bert, 0}} {
		for _, text := range []string{"unicorn", "unico", "kim@x.example", fmt.Sprint(c.Number), fmt.Sprint("#", c.Number)} {
			hits, _, err := d.Search(ctx, &test.by.Rights, text, inbox.Cursor{}, 0)
			if err != nil || len(hits) != test.want {
				t.Errorf("search for %q by %s: %d hits, %v, want %d", text, test.by.Agent.Name, len(hits), err, test.want)
			}
		}
		counts, err := d.Counts(ctx, &test.by.Rights)
		if err != nil || len(counts) != test.want {
			t.Errorf("counts of %s: %v, %v, want %d", test.by.Agent.Name, counts, err, test.want)
		}
	}
}

// A customer who wrote to two inboxes: who may see one is told that there is
// more, and no more than that.
func TestHidden(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	mine := d.mail(t, "support", "m1", "kim@x.example")
	d.mail(t, "second", "m2", "kim@x.example")
	d.mail(t, "second", "m3", "kim@x.example")
	id := mine.Customer.CustomerID
	list, _, hidden, err := d.CustomerConversations(ctx, &d.anna.Rights, id, inbox.Cursor{}, 0)
	if err != nil || len(list) != 1 || list[0].ID != mine.ID || hidden != 2 {
		t.Errorf("conversations = %d, %d hidden, %v, want 1 and 2", len(list), hidden, err)
	}
	entries, _, hidden, err := d.Timeline(ctx, &d.anna.Rights, id, inbox.Cursor{}, 0)
	if err != nil || len(entries) != 1 || entries[0].ConversationID != mine.ID || hidden != 2 {
		t.Errorf("timeline = %v, %d hidden, %v, want 1 and 2", entries, hidden, err)
	}
	if list, _, hidden, err := d.CustomerConversations(ctx, &d.su.Rights, id, inbox.Cursor{}, 0); err != nil || len(list) != 3 || hidden != 0 {
		t.Errorf("conversations of a supervisor = %d, %d hidden, %v, want 3 and 0", len(list), hidden, err)
	}
}

// A patch raises the version once, moves the count, refuses what is stale or
// impossible, and changes nothing when nothing changes.
func TestPatch(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, now := t.Context(), time.Now()
	c := d.mail(t, "support", "m1", "kim@x.example")
	patch := func(p inbox.Patch) (inbox.Conversation, error) { return d.Patch(ctx, d.anna, string(c.ID), p, now) }
	closed, nobody, team := inbox.Closed, inbox.AgentID(""), inbox.NewID[inbox.TeamID](now)
	got, err := patch(inbox.Patch{Status: &closed, Assignee: &d.anna.Agent.ID, Version: &c.Version})
	if err != nil || got.Version != c.Version+1 || got.Status != closed || got.Assignee != d.anna.Agent.ID || got.WaitingSince != nil {
		t.Fatalf("patch = %+v, %v", got, err)
	}
	if again, err := patch(inbox.Patch{Status: &closed, Assignee: &d.anna.Agent.ID}); err != nil || again.Version != got.Version {
		t.Errorf("the same again = version %d, %v, want %d", again.Version, err, got.Version)
	}
	_, err = patch(inbox.Patch{Status: &closed, Version: &c.Version})
	wantCode(t, "an old version", err, inbox.Conflict)
	_, err = patch(inbox.Patch{Assignee: &d.bert.Agent.ID})
	wantCode(t, "an assignee of another inbox", err, inbox.Conflict)
	_, err = patch(inbox.Patch{Team: &team})
	wantCode(t, "a team that is not there", err, inbox.Conflict)
	counts, err := d.Counts(ctx, &d.anna.Rights)
	if err != nil {
		t.Fatal(err)
	}
	want := []inbox.Count{{InboxID: d.first.ID, AssigneeID: d.anna.Agent.ID, Status: closed, Count: 1}}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if _, err := d.FoldCounts(ctx, 100); err != nil {
		t.Fatal(err)
	}
	if counts, _ = d.Counts(ctx, &d.anna.Rights); !cmp.Equal(want, counts) {
		t.Errorf("counts after folding = %v, want %v", counts, want)
	}
	if got, err := patch(inbox.Patch{Assignee: &nobody}); err != nil || got.Assignee != "" {
		t.Errorf("unassign = %q, %v", got.Assignee, err)
	}
	d.whole(t)
}

// Search finds words, beginnings and phrases, leaves out, shows one message a
// conversation, an import in the place of its own time, and pages to the end;
// whatever is typed is no error.
func TestSearch(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	texts := []string{"the blue kettle leaks", "a kettle that is green", "kettles and a blue lid", "nothing of note"}
	for i, text := range texts {
		r := arrival(fmt.Sprint("m", i), fmt.Sprintf("p%d@x.example", i), nil)
		r.Message.Text, r.Message.VisibleText = text, text
		d.deliver(t, r)
	}
	r := arrival("m0b", "p0@x.example", []string{"m0"})
	r.Message.Text, r.Message.VisibleText = "still: the blue kettle", "still: the blue kettle"
	d.deliver(t, r)
	old := arrival("old", "p9@x.example", nil)
	old.History, old.Message.CreatedAt = true, time.Now().AddDate(-1, 0, 0)
	old.Message.Subject, old.Message.VisibleText = "A teapot and more", "it pours badly"
	d.deliver(t, old)
	newer := arrival("newer", "p8@x.example", nil)
	newer.Message.VisibleText = "this one pours well"
	d.deliver(t, newer)
	older := arrival("older", "p7@x.example", nil)
	older.History, older.Message.CreatedAt = true, time.Now().AddDate(-2, 0, 0)
	older.Message.VisibleText = "it never pours"
	d.deliver(t, older)
	if _, err := d.IndexMessages(ctx, 100); err != nil {
		t.Fatal(err)
	}
	if hits, _, err := d.Search(ctx, &d.anna.Rights, "teapot", inbox.Cursor{}, 1); err != nil || len(hits) != 1 || hits[0].Snippet != "A teapot and more" {
		t.Errorf("search for a word of the subject = %+v, %v, want the subject shown", hits, err)
	}
	for _, test := range []struct {
		text string
		want string // header ids, newest first
	}{
		{"pours ", "newer old older"},
		{"kettle", "m0b m2 m1"}, // still being typed: kettles too
		{"kettle ", "m0b m1"},
		{"ket", "m0b m2 m1"},
		{"ke", ""},
		{"blue kettle ", "m0b"},
		{`"blue kettle"`, "m0b"},
		{"kettle -green", "m0b"},
		{"kettle -blue ", "m1"},
		{"-blue", ""},
		{"p1@x.example", "m1"},
		{"' ; DROP \\ :* & | ! ( ) <->", ""},
		{"\x00", ""},
		{`"`, ""},
		{"or", ""},
		{"-", ""},
		{"note or -blue", "m3"},
		{"\xff\xfe", ""},
		{"'; kettle", "m0b m2 m1"},
	} {
		var got []string
		var after inbox.Cursor
		for {
			hits, next, err := d.Search(ctx, &d.anna.Rights, test.text, after, 1)
			if err != nil {
				t.Errorf("search for %q: %v", test.text, err)
				break
			}
			for _, h := range hits {
				if h.MessageID != "" {
					got = append(got, d.strings(t, `SELECT header_id FROM messages WHERE id = $1`, h.MessageID)...)
				} else {
					got = append(got, d.strings(t, `SELECT header_id FROM messages WHERE conversation_id = $1`, h.Conversation.ID)...)
				}
			}
			if after = next; next.IsZero() {
				break
			}
		}
		if joined := strings.Join(slices.Compact(got), " "); joined != test.want {
			t.Errorf("search for %q = %q, want %q", test.text, joined, test.want)
		}
		if _, _, err := d.Conversations(ctx, &d.anna.Rights, inbox.ConversationFilter{Text: test.text}); err != nil {
			t.Errorf("list with text %q: %v", test.text, err)
		}
	}
	list, _, err := d.Conversations(ctx, &d.anna.Rights, inbox.ConversationFilter{Text: "blue kettle ", Status: inbox.Open})
	if err != nil || len(list) != 1 {
		t.Errorf("list with text = %d, %v, want 1", len(list), err)
	}
}
