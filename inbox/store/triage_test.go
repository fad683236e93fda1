package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// Priority, tags and snoozing are changed as everything else of a conversation,
// what was taken back is as before, and a snoozed one opens at its time, once.
func TestTriage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, now := t.Context(), time.Now()
	c := d.mail(t, "support", "m1", "kim@x.example")
	patch := func(p inbox.Patch) inbox.Conversation {
		t.Helper()
		got, err := d.Patch(ctx, d.anna, string(c.ID), p, now)
		if err != nil {
			t.Fatal(err)
		}
		read, err := d.Conversation(ctx, &d.anna.Rights, string(c.ID))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(read, got); diff != "" {
			t.Errorf("what is answered is not what is read (-read +answered):\n%s", diff)
		}
		return got
	}
	urgent, open, closed, until := inbox.Urgent, inbox.Open, inbox.Closed, now.Add(time.Hour)
	got := patch(inbox.Patch{Priority: &urgent, AddTags: []string{"vip", "late"}})
	if got.Priority != urgent || !cmp.Equal(got.Tags, []string{"vip", "late"}) || got.Version != c.Version+1 {
		t.Errorf("patch = %+v", got)
	}
	if again := patch(inbox.Patch{Priority: &urgent, AddTags: []string{"vip"}}); again.Version != got.Version {
		t.Errorf("the same again raises the version to %d", again.Version)
	}
	if got = patch(inbox.Patch{RemoveTags: []string{"vip", "late"}}); got.Tags != nil {
		t.Errorf("tags = %v, want none", got.Tags)
	}
	if got = patch(inbox.Patch{Status: &closed}); got.WaitingSince != nil {
		t.Error("what is closed waits")
	}
	if got = patch(inbox.Patch{Status: &open}); got.WaitingSince == nil || !got.WaitingSince.Equal(*c.WaitingSince) {
		t.Errorf("opened again it waits since %v, want %v", got.WaitingSince, c.WaitingSince)
	}
	if got = patch(inbox.Patch{SnoozedUntil: &until}); got.Status != inbox.Snoozed || got.SnoozedUntil == nil {
		t.Errorf("snoozed = %+v", got)
	}
	later := until.Add(time.Hour)
	patch(inbox.Patch{SnoozedUntil: &later})
	past := now.Add(-time.Second)
	_, err := d.Patch(ctx, d.anna, string(c.ID), inbox.Patch{SnoozedUntil: &past}, now)
	wantCode(t, "snoozed until before", err, inbox.Invalid)
	fire := func(at time.Time) int {
		t.Helper()
		n := 0
		for {
			fired, err := d.FireSnooze(ctx, at)
			if err != nil {
				t.Fatal(err)
			}
			if !fired {
				return n
			}
			n++
		}
	}
	if n := fire(until); n != 0 {
		t.Errorf("%d timers fire before their time", n)
	}
	if n := fire(later.Add(time.Second)); n != 1 {
		t.Errorf("%d timers fire, want 1", n)
	}
	if got, _ = d.Conversation(ctx, &d.anna.Rights, string(c.ID)); got.Status != open || got.SnoozedUntil != nil || got.WaitingSince == nil {
		t.Errorf("woken = %+v", got)
	}
	patch(inbox.Patch{SnoozedUntil: &until})
	patch(inbox.Patch{Status: &closed})
	if n := fire(later); n != 1 {
		t.Errorf("%d timers fire, want 1", n)
	}
	if got, _ = d.Conversation(ctx, &d.anna.Rights, string(c.ID)); got.Status != closed {
		t.Errorf("what was closed meanwhile is %s", got.Status)
	}
	d.whole(t)
}

// By the longest wait and by priority, page by page, for every reader: the rows
// that a plain query gives, in order, with neither gap nor double.
func TestSorts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.fill(t, "support", 30)
	d.fill(t, "second", 20)
	if _, err := d.pool.Exec(t.Context(), `
		UPDATE conversations SET priority = number % 4 - 1, status = (ARRAY['open','open','closed'])[1 + number % 3],
			assignee_id = CASE number % 2 WHEN 0 THEN NULL ELSE $1::uuid END, tags = CASE number % 5 WHEN 0 THEN '{vip}'::text[] ELSE '{}' END`,
		d.anna.Agent.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := d.pool.Exec(t.Context(), `UPDATE conversations SET waiting_since = CASE WHEN status = 'open' AND number % 5 <> 1 THEN last_at - number % 7 * interval '1 hour' END`); err != nil {
		t.Fatal(err)
	}
	for _, by := range []*inbox.Caller{d.anna, d.su} {
		for sort, order := range map[inbox.Sort]string{
			inbox.SortWaiting: "waiting_since, id", inbox.SortPriority: "priority DESC, last_at DESC, id DESC",
		} {
			for _, f := range []inbox.ConversationFilter{{}, {Status: inbox.Open}, {Status: inbox.Open, Unassigned: true}, {Assignee: d.anna.Agent.ID}, {Text: "tag:vip"}, {Inbox: d.first.ID}} {
				where := "merged_into IS NULL"
				for _, also := range []struct {
					on    bool
					where string
				}{
					{sort == inbox.SortWaiting, "waiting_since IS NOT NULL"}, {f.Status != "", "status = 'open'"}, {f.Unassigned, "assignee_id IS NULL"},
					{f.Assignee != "", fmt.Sprintf("assignee_id = '%s'", f.Assignee)}, {f.Text != "", "tags @> '{vip}'"},
					{f.Inbox != "" || by == d.anna, fmt.Sprintf("inbox_id = '%s'", d.first.ID)},
				} {
					if also.on {
						where += " AND " + also.where
					}
				}
				want := d.strings(t, `SELECT id::text FROM conversations WHERE `+where+` ORDER BY `+order)
				f.Sort, f.Limit = sort, 7
				if diff := cmp.Diff(want, d.walk(t, &by.Rights, f)); diff != "" {
					t.Errorf("%s by %s, %+v (-want +got):\n%s", sort, by.Agent.Name, f, diff)
				}
			}
		}
	}
	_, _, err := d.Conversations(t.Context(), &d.su.Rights, inbox.ConversationFilter{Sort: inbox.SortPriority, After: inbox.Cursor{ID: string(d.first.ID)}})
	wantCode(t, "another order's cursor", err, inbox.Invalid)
}

// Views are one's own or shared, hold what each reader may see, and are changed by
// who made them and by supervisors.
func TestViews(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, now := t.Context(), time.Now()
	d.fill(t, "support", 3)
	d.fill(t, "second", 2)
	save := func(by *inbox.Caller, v inbox.View) inbox.View {
		t.Helper()
		got, err := d.SaveView(ctx, by, v, now)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	own := save(d.anna, inbox.View{Name: "Mine", Query: "assignee:none", Sort: inbox.SortNewest})
	shared := save(d.anna, inbox.View{Name: "All", Query: "status:open", Sort: inbox.SortWaiting, Shared: true})
	_, err := d.SaveView(ctx, d.anna, inbox.View{Name: "No", Query: "status:nope", Sort: inbox.SortNewest}, now)
	wantCode(t, "a query that can't be", err, inbox.Invalid)
	for _, test := range []struct {
		by   *inbox.Caller
		want []inbox.ViewCount
	}{{d.anna, []inbox.ViewCount{{ID: own.ID, Count: 3}, {ID: shared.ID, Count: 3}}}, {d.bert, []inbox.ViewCount{{ID: shared.ID, Count: 2}}}, {d.su, []inbox.ViewCount{{ID: shared.ID, Count: 5}}}} {
		got, err := d.ViewCounts(ctx, test.by)
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("counts of %s: %v\n%s", test.by.Agent.Name, err, diff)
		}
	}
	shared.Name = "Everything"
	_, err = d.SaveView(ctx, d.bert, shared, now)
	wantCode(t, "somebody else's", err, inbox.NotFound)
	wantCode(t, "deleting somebody else's", d.DeleteView(ctx, d.bert, shared.ID, time.Now()), inbox.NotFound)
	wantCode(t, "a supervisor and what is not shared", d.DeleteView(ctx, d.su, own.ID, time.Now()), inbox.NotFound)
	if got := save(d.su, shared); got.AgentID != d.anna.Agent.ID {
		t.Errorf("changed by a supervisor it is %s's", got.AgentID)
	}
	if err := d.DeleteView(ctx, d.su, shared.ID, time.Now()); err != nil {
		t.Error(err)
	}
	if list, err := d.Views(ctx, d.anna); err != nil || len(list) != 1 || list[0].ID != own.ID {
		t.Errorf("views = %+v, %v", list, err)
	}

	// Who sees one hears of it; of what is one's own nobody else does, nor the log.
	own.Name, own.Shared = "Ours", true
	own = save(d.anna, own)
	own.Name, own.Shared = "Mine again", false
	save(d.anna, own)
	told := d.strings(t, `
		SELECT concat_ws(' ', CASE p ->> 'entity' WHEN $1 THEN 'own' ELSE 'shared' END, p ->> 'version', p #>> '{view,name}', p #>> '{view,deleted}',
			CASE p #>> '{audience,agent}' WHEN $2 THEN 'to anna' END)
		FROM (SELECT id, convert_from(payload, 'utf8')::jsonb AS p FROM outbox WHERE subject = 'skein.event.view.changed') o ORDER BY id`,
		own.ID, string(d.anna.Agent.ID))
	want := []string{"own 1 Mine to anna", "shared 1 All", "shared 2 Everything", "shared 3  true", "own 2 Ours", "own 3  true", "own 4 Mine again to anna"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if n := len(d.strings(t, `SELECT id::text FROM events WHERE kind = 'view.changed'`)); n != 5 {
		t.Errorf("%d entries in the log, want 5", n)
	}
}

// The tags of what is open and the conversations that name somebody are told to
// each reader within their own rights, and counted no further than a hundred.
func TestTagsAndMentions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	d.fill(t, "support", 110)
	d.fill(t, "second", 3)
	if _, err := d.pool.Exec(ctx, `
		UPDATE conversations SET tags = CASE inbox_id WHEN $1 THEN '{vip}'::text[] ELSE '{vip,secret}' END,
			status = CASE WHEN inbox_id = $1 AND number = (SELECT min(number) FROM conversations WHERE inbox_id = $1) THEN 'closed' ELSE status END`, d.first.ID); err != nil {
		t.Fatal(err)
	}
	c := d.mail(t, "support", "m1", "kim@x.example")
	late := inbox.Patch{AddTags: []string{"late"}}
	if _, err := d.Patch(ctx, d.anna, string(c.ID), late, time.Now()); err != nil {
		t.Fatal(err)
	}
	carl := d.agent(t, "carl", inbox.AgentRole, d.first.ID)
	d.note(t, d.anna, c, "@carl, look", carl.Agent.ID)
	for _, test := range []struct {
		by        *inbox.Caller
		tags      []inbox.TagCount
		count     int
		mentioned int
	}{
		{d.anna, []inbox.TagCount{{Tag: "vip", Count: 100}, {Tag: "late", Count: 1}}, 100, 0},
		{d.bert, []inbox.TagCount{{Tag: "secret", Count: 3}, {Tag: "vip", Count: 3}}, 3, 0},
		{d.su, []inbox.TagCount{{Tag: "vip", Count: 100}, {Tag: "secret", Count: 3}, {Tag: "late", Count: 1}}, 100, 0},
		{carl, []inbox.TagCount{{Tag: "vip", Count: 100}, {Tag: "late", Count: 1}}, 100, 1},
	} {
		got, err := d.TagCounts(ctx, &test.by.Rights)
		if diff := cmp.Diff(test.tags, got); err != nil || diff != "" {
			t.Errorf("tags of %s: %v\n%s", test.by.Agent.Name, err, diff)
		}
		count, err := d.CountConversations(ctx, &test.by.Rights, inbox.ConversationFilter{Status: inbox.Open})
		if err != nil || count != test.count {
			t.Errorf("%s counts %d, %v, want %d", test.by.Agent.Name, count, err, test.count)
		}
		mentioned, err := d.CountConversations(ctx, &test.by.Rights, inbox.ConversationFilter{Status: inbox.Open, Text: "is:mentioned"})
		if err != nil || mentioned != test.mentioned {
			t.Errorf("%s is named in %d, %v, want %d", test.by.Agent.Name, mentioned, err, test.mentioned)
		}
	}
	carl.Inboxes = nil
	if n, err := d.CountConversations(ctx, &carl.Rights, inbox.ConversationFilter{Text: "is:mentioned"}); err != nil || n != 0 {
		t.Errorf("with the inbox taken away carl is named in %d, %v", n, err)
	}
}
