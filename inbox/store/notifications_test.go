package store_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// bell is what an agent has been told, oldest first: kind, who caused it, words,
// and whether it is unread.
func (d *desk) bell(t testing.TB, who *inbox.Caller) []string {
	t.Helper()
	rights, err := d.Rights(t.Context(), who.Agent.ID)
	if err != nil {
		t.Fatal(err)
	}
	list, next, err := d.Notifications(t.Context(), &rights, inbox.NotificationFilter{})
	if err != nil || !next.IsZero() {
		t.Fatalf("notifications: %v, next %v", err, next)
	}
	out := []string{}
	unread := 0
	for _, n := range slices.Backward(list) {
		s := fmt.Sprintf("%s by %s: %s", n.Kind, n.By.Name, n.Text)
		if n.ReadAt == nil {
			s += " *"
			unread++
		}
		out = append(out, s)
	}
	if n, err := d.Unread(t.Context(), &rights); err != nil || n != unread {
		t.Errorf("%d are unread, %v, and %d are counted", unread, err, n)
	}
	return out
}

func (d *desk) wantBell(t testing.TB, what string, who *inbox.Caller, want ...string) {
	t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), d.bell(t, who)); diff != "" {
		t.Errorf("%s: %s is told (-want +got):\n%s", what, who.Agent.Name, diff)
	}
}

func (d *desk) assign(t testing.TB, by *inbox.Caller, c inbox.Conversation, to *inbox.Caller) {
	t.Helper()
	if _, err := d.Patch(t.Context(), by, string(c.ID), inbox.Patch{Assignee: &to.Agent.ID}, time.Now()); err != nil {
		t.Fatal(err)
	}
}

func (d *desk) note(t testing.TB, by *inbox.Caller, c inbox.Conversation, text string, mentions ...inbox.AgentID) inbox.Message {
	t.Helper()
	a := answer("note "+text, text, 0)
	a.Mentions = mentions
	m, err := d.Note(t.Context(), by, string(c.ID), a)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Each kind tells whom it concerns, once, and nobody of what they did themselves:
// who is given a conversation, whom a note names, and of what is said in it whose
// conversation it is and who watches it.
func TestNotifications(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	carl := d.agent(t, "carl", inbox.AgentRole, d.first.ID)
	c := d.mail(t, "support", "a", "ann@x.example")
	d.wantBell(t, "nobody's conversation", d.anna)

	d.assign(t, d.su, c, d.anna)
	d.assign(t, d.su, c, d.anna) // again: nothing changes
	d.wantBell(t, "given", d.anna, "assignment by su:  *")
	d.deliver(t, arrival("b", "ann@x.example", []string{"a"}), arrival("b", "ann@x.example", []string{"a"}))
	d.deliver(t, arrival("b", "ann@x.example", []string{"a"}))
	d.wantBell(t, "written to", d.anna, "assignment by su:  *", "message by : text of b *")
	d.note(t, d.anna, c, "I ask @carl and @su and @anna", carl.Agent.ID, d.su.Agent.ID, d.anna.Agent.ID)
	d.wantBell(t, "named", carl, "mention by anna: I ask @carl and @su and @anna *")
	d.wantBell(t, "named", d.su, "mention by anna: I ask @carl and @su and @anna *")
	d.wantBell(t, "who named herself", d.anna, "assignment by su:  *", "message by : text of b *")

	if on, err := d.WatchesConversation(ctx, &carl.Rights, string(c.ID)); err != nil || on {
		t.Errorf("carl watches: %v, %v", on, err)
	}
	for range 2 {
		if err := d.WatchConversation(ctx, carl, fmt.Sprint(c.Number), true, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Reply(ctx, d.anna, string(c.ID), answer("r", "It is on its way", 9)); err != nil {
		t.Fatal(err)
	}
	d.deliver(t, arrival("d", "ann@x.example", []string{"b"}))
	d.note(t, d.su, c, "for @carl", carl.Agent.ID) // who watches too, and is told once
	d.wantBell(t, "watched", carl, "mention by anna: I ask @carl and @su and @anna *", "message by anna: It is on its way *",
		"message by : text of d *", "mention by su: for @carl *")
	d.wantBell(t, "mine", d.anna, "assignment by su:  *", "message by : text of b *", "message by : text of d *", "message by su: for @carl *")
	if err := d.WatchConversation(ctx, carl, string(c.ID), false, time.Now()); err != nil {
		t.Fatal(err)
	}
	quiet := arrival("e", "ann@x.example", []string{"b"})
	quiet.Message.Automatic.Is = true
	old := arrival("f", "ann@x.example", []string{"b"})
	old.History = true
	d.deliver(t, quiet, old)
	if n := len(d.bell(t, carl)); n != 4 {
		t.Errorf("carl, who watches no more, is told of %d things, want 4", n)
	}
	if n := len(d.bell(t, d.anna)); n != 4 {
		t.Errorf("anna is told of %d things, want 4: machines and imports are none", n)
	}

	// What is merged is told to who watches either, and what an assignee brings along
	// is nothing new.
	other := d.mail(t, "support", "x", "zoe@x.example")
	if err := d.WatchConversation(ctx, carl, string(other.ID), true, time.Now()); err != nil {
		t.Fatal(err)
	}
	third := d.mail(t, "support", "y", "zoe@x.example")
	d.assign(t, d.su, other, d.anna)
	if _, _, err := d.MergeConversations(ctx, d.su, string(third.ID), string(other.ID), time.Now()); err != nil {
		t.Fatal(err)
	}
	before := len(d.bell(t, d.anna))
	d.deliver(t, arrival("z", "zoe@x.example", []string{"y"}))
	if got := d.bell(t, carl); got[len(got)-1] != "message by : text of z *" {
		t.Errorf("carl, who watches what was merged, is told %q", got)
	}
	if got := d.bell(t, d.anna); before != 5 || len(got) != 6 {
		t.Errorf("anna had %d, want 5, then %q", before, got)
	}
	if on, err := d.WatchesConversation(ctx, &carl.Rights, string(third.ID)); err != nil || !on {
		t.Errorf("carl watches what his is part of now: %v, %v", on, err)
	}
}

// A note that names a team tells all of it who may see the conversation, once each
// and not its author; it is refused where none of it may.
func TestMentionTeam(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	team := func(name string, members ...*inbox.Caller) inbox.Team {
		t.Helper()
		made, err := d.CreateTeam(ctx, name, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		for _, who := range members {
			d.strings(t, `INSERT INTO team_members (team_id, agent_id) VALUES ($1, $2) RETURNING team_id::text`, made.ID, who.Agent.ID)
		}
		return made
	}
	carl := d.agent(t, "carl", inbox.AgentRole, d.first.ID)
	returns, elsewhere := team("Returns", d.anna, d.bert, carl), team("Elsewhere", d.bert)
	c := d.mail(t, "support", "a", "ann@x.example")
	a := answer("k1", "@Elsewhere", 0)
	a.Teams = []inbox.TeamID{elsewhere.ID}
	_, err := d.Note(ctx, d.anna, string(c.ID), a)
	wantCode(t, "naming a team that doesn't see it", err, inbox.Conflict)
	a = answer("k2", "@carl, and all of @Returns", 0)
	a.Mentions, a.Teams = []inbox.AgentID{carl.Agent.ID}, []inbox.TeamID{returns.ID}
	m, err := d.Note(ctx, d.anna, string(c.ID), a)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Teams) != 1 || m.Teams[0].Name != "Returns" || len(m.Mentions) != 2 {
		t.Errorf("it names %v of %v, want carl and anna, of Returns", m.Mentions, m.Teams)
	}
	for who, want := range map[*inbox.Caller]int{d.anna: 0, d.bert: 0, carl: 1} {
		if got := d.bell(t, who); len(got) != want {
			t.Errorf("%s is told %v, want %d", who.Agent.Name, got, want)
		}
	}
	people, err := d.Mentionable(ctx, &d.anna.Rights, string(c.ID))
	if err != nil || len(people.Teams) != 1 || people.Teams[0].ID != returns.ID {
		t.Errorf("teams that may be named are %v, %v", people.Teams, err)
	}
	d.folded(t)
}

// What an agent may not see is never told, neither when it happens nor later when
// rights were taken: not in a list, not in a count, not by an event.
func TestNotificationRights(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	both := d.agent(t, "both", inbox.AgentRole, d.first.ID, d.second.ID)
	c := d.mail(t, "support", "a", "ann@x.example")
	a := answer("k", "for @bert", 0)
	a.Mentions = []inbox.AgentID{d.bert.Agent.ID}
	_, err := d.Note(ctx, d.anna, string(c.ID), a)
	wantCode(t, "naming who may not see it", err, inbox.Conflict)
	wantCode(t, "watching what one may not see", d.WatchConversation(ctx, d.bert, string(c.ID), true, time.Now()), inbox.NotFound)
	_, err = d.Mentionable(ctx, &d.bert.Rights, string(c.ID))
	wantCode(t, "asking who sees it", err, inbox.NotFound)
	people, err := d.Mentionable(ctx, &d.anna.Rights, string(c.ID))
	if err != nil || len(people.Agents) != 3 || people.Agents[0].Name != "anna" || people.Agents[1].Name != "both" || people.Agents[2].Name != "su" || len(people.Teams) != 0 {
		t.Errorf("whom a note may name: %v, %v", people, err)
	}

	d.assign(t, d.su, c, both)
	d.assign(t, d.su, d.mail(t, "second", "s", "sam@x.example"), both)
	if err := d.WatchConversation(ctx, d.anna, string(c.ID), true, time.Now()); err != nil {
		t.Fatal(err)
	}
	take := func(who *inbox.Caller, role inbox.Role, in ...inbox.InboxID) {
		t.Helper()
		who.Agent.Role = role
		if err := d.SaveAgent(ctx, who.Agent, "", append([]inbox.InboxID{}, in...), nil, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(d.bell(t, both)); n != 2 {
		t.Fatalf("told of %d, want 2", n)
	}
	take(both, inbox.AgentRole, d.second.ID)
	take(d.anna, inbox.AgentRole)
	d.deliver(t, arrival("b", "ann@x.example", []string{"a"})) // still theirs by name
	d.wantBell(t, "one inbox was taken", both, "assignment by su:  *")
	d.wantBell(t, "who sees nothing any more", d.anna)
	take(both, inbox.AgentRole, d.first.ID, d.second.ID)
	d.wantBell(t, "given back: without what came meanwhile", both, "assignment by su:  *", "assignment by su:  *")

	// The words of a message that was moved where the agent may not look stay there.
	d.note(t, d.su, c, "secret of both", both.Agent.ID)
	m := d.strings(t, `SELECT id::text FROM messages WHERE text = 'secret of both'`)
	far := d.mail(t, "second", "far", "tom@x.example")
	if _, _, err := d.Split(ctx, d.su, string(c.ID), []inbox.MessageID{inbox.MessageID(m[0])}, string(far.ID), time.Now()); err != nil {
		t.Fatal(err)
	}
	take(both, inbox.AgentRole, d.first.ID)
	d.wantBell(t, "moved away", both, "assignment by su:  *")

	for _, raw := range d.strings(t, `SELECT convert_from(payload, 'utf8') FROM outbox WHERE subject LIKE 'skein.event.notification%'`) {
		var e inbox.Event
		if err := json.Unmarshal([]byte(raw), &e); err != nil {
			t.Fatal(err)
		}
		switch {
		case e.Audience.Agent == both.Agent.ID && e.Audience.After != nil:
		default:
			t.Errorf("told of to others: %s", raw)
		}
	}
	inactive := both.Agent
	inactive.Role, inactive.Active = inbox.AgentRole, false
	if err := d.SaveAgent(ctx, inactive, "", []inbox.InboxID{d.first.ID}, nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	d.deliver(t, arrival("c", "ann@x.example", []string{"a"}))
	if n := d.strings(t, `SELECT count(*)::text FROM notifications`); n[0] != "3" {
		t.Errorf("%s notifications, want 3: who is gone is told nothing", n[0])
	}
}

// What is read is read on every device: by id, with its conversation, or all that
// was seen; and only the agent's own.
func TestNotificationsRead(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	read := func(who *inbox.Caller, sel inbox.ReadSelection, want int) {
		t.Helper()
		if n, err := d.ReadNotifications(ctx, who, sel, time.Now()); err != nil || n != want {
			t.Errorf("%s reads %d, %v, want %d", who.Agent.Name, n, err, want)
		}
	}
	one, two := d.mail(t, "support", "a", "ann@x.example"), d.mail(t, "support", "b", "zoe@x.example")
	d.assign(t, d.su, one, d.anna)
	d.assign(t, d.su, two, d.anna)
	d.deliver(t, arrival("c", "ann@x.example", []string{"a"}))
	d.deliver(t, arrival("d", "zoe@x.example", []string{"b"}))
	list, next, err := d.Notifications(ctx, &d.anna.Rights, inbox.NotificationFilter{Unread: true, Limit: 3})
	if err != nil || len(list) != 3 || next.IsZero() {
		t.Fatalf("first page: %d, %v, %v", len(list), next, err)
	}
	rest, next, err := d.Notifications(ctx, &d.anna.Rights, inbox.NotificationFilter{Unread: true, Limit: 3, After: next})
	if err != nil || len(rest) != 1 || !next.IsZero() {
		t.Fatalf("second page: %d, %v, %v", len(rest), next, err)
	}
	newest := list[0]
	if newest.Number != two.Number || newest.Customer != "zoe@x.example" || newest.Subject != "subject" || newest.Text != "text of d" || newest.Version != 1 {
		t.Errorf("the newest is %+v", newest)
	}
	// What is announced is what is fetched.
	var told []inbox.Notification
	for _, raw := range d.strings(t, `SELECT convert_from(payload, 'utf8') FROM outbox WHERE subject = 'skein.event.notification.made' ORDER BY id DESC`) {
		var e inbox.Event
		if err := json.Unmarshal([]byte(raw), &e); err != nil {
			t.Fatal(err)
		}
		told = append(told, *e.Notification)
	}
	if diff := cmp.Diff(append(list, rest...), told); diff != "" {
		t.Errorf("fetched and announced differ (-fetched +announced):\n%s", diff)
	}
	read(d.su, inbox.ReadSelection{IDs: []inbox.NotificationID{newest.ID}}, 0) // another's
	read(d.anna, inbox.ReadSelection{IDs: []inbox.NotificationID{newest.ID}}, 1)
	read(d.anna, inbox.ReadSelection{IDs: []inbox.NotificationID{newest.ID}}, 0)
	_, err = d.ReadNotifications(ctx, d.bert, inbox.ReadSelection{Conversation: string(one.ID)}, time.Now())
	wantCode(t, "reading with a conversation that one may not see", err, inbox.NotFound)
	if _, _, err := d.MergeConversations(ctx, d.su, string(two.ID), string(one.ID), time.Now()); err != nil {
		t.Fatal(err)
	}
	read(d.anna, inbox.ReadSelection{Conversation: fmt.Sprint(one.Number)}, 3) // of both, which are one now
	d.assign(t, d.su, d.mail(t, "support", "e", "e@x.example"), d.anna)
	seen := time.Now()
	time.Sleep(2 * time.Millisecond)
	d.assign(t, d.su, d.mail(t, "support", "f", "f@x.example"), d.anna)
	read(d.anna, inbox.ReadSelection{Through: seen}, 1)
	got := d.bell(t, d.anna)
	if n := len(got); n != 6 || !strings.HasSuffix(got[n-1], "*") || strings.HasSuffix(got[n-2], "*") {
		t.Errorf("left unread are %q, want the one that was not seen", got)
	}

	// Many devices read at once: one event says so.
	before := len(d.strings(t, `SELECT id::text FROM outbox WHERE subject = 'skein.event.notifications.read'`))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := d.ReadNotifications(ctx, d.anna, inbox.ReadSelection{Through: time.Now()}, time.Now()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := len(d.strings(t, `SELECT id::text FROM outbox WHERE subject = 'skein.event.notifications.read'`)); n != before+1 {
		t.Errorf("%d events of reading, want one more than %d", n, before)
	}
	if n, err := d.PruneNotifications(ctx, time.Now(), time.Now().Add(-time.Hour), 4); err != nil || n != 4 {
		t.Errorf("pruned %d, %v, want 4", n, err)
	}
}

// An agent says of each kind how to be told of it.
func TestNotificationSettings(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	c := d.mail(t, "support", "a", "ann@x.example")
	set, err := d.NotificationSettings(ctx, d.anna.Agent.ID)
	if err != nil || set.DigestAfter != 30 || set.PushText || set.Kinds[inbox.MentionNotice] != (inbox.Ways{App: true, Push: true, Email: true}) {
		t.Errorf("at first: %+v, %v", set, err)
	}
	yes, hour := true, 60
	set, err = d.PatchNotificationSettings(ctx, d.anna, inbox.NotificationPatch{PushText: &yes, DigestAfter: &hour,
		Kinds: map[inbox.NotificationKind]inbox.Ways{inbox.MessageNotice: {}, inbox.AssignmentNotice: {Email: true}}})
	if err != nil || set.DigestAfter != 60 || !set.PushText || set.Kinds[inbox.MessageNotice] != (inbox.Ways{}) || !set.Kinds[inbox.MentionNotice].App {
		t.Errorf("chosen: %+v, %v", set, err)
	}
	d.assign(t, d.su, c, d.anna)
	d.deliver(t, arrival("b", "ann@x.example", []string{"a"}))
	d.note(t, d.su, c, "@anna", d.anna.Agent.ID)
	d.wantBell(t, "of mentions alone", d.anna, "mention by su: @anna *")
	if diff := cmp.Diff([]string{"assignment f f t", "mention t t t"}, d.strings(t, `SELECT concat_ws(' ', kind, app, push, email) FROM notifications ORDER BY at`)); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
}
