package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// What is done with a conversation is done with the reply, all of it or nothing,
// and the same may be done without one.
func TestActions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, now := t.Context(), time.Now()
	team, err := d.CreateTeam(ctx, "Returns", now)
	if err != nil {
		t.Fatal(err)
	}
	c := d.mail(t, "support", "m1", "kim@x.example")
	a := answer("k1", "Done.", c.PublicSeq)
	a.Then = inbox.Actions{Assignee: string(d.bert.Agent.ID), AddTags: []string{"late"}}
	_, err = d.Reply(ctx, d.anna, string(c.ID), a)
	wantCode(t, "an assignee who doesn't see it", err, inbox.Conflict)
	if n := d.strings(t, `SELECT id::text FROM messages WHERE direction = 'out'`); len(n) != 0 {
		t.Errorf("the refused reply is there: %v", n)
	}
	until := now.Add(time.Hour)
	a.Then = inbox.Actions{Assignee: "me", TeamID: string(team.ID), AddTags: []string{"late", "parcel"}}
	a.SnoozeUntil = &until
	if _, err := d.Reply(ctx, d.anna, string(c.ID), a); err != nil {
		t.Fatal(err)
	}
	look := func() []string {
		return d.strings(t, `SELECT concat_ws(' ', status, assignee_id = $2, team_id = $3, array_to_string(tags, '+'), snoozed_until = $4)
			FROM conversations WHERE id = $1`, c.ID, d.anna.Agent.ID, team.ID, until.Truncate(time.Microsecond))
	}
	if diff := cmp.Diff([]string{"snoozed t t late+parcel t"}, look()); diff != "" {
		t.Errorf("after the reply (-want +got):\n%s", diff)
	}
	got, err := d.Apply(ctx, d.anna, string(c.ID), inbox.Actions{Status: inbox.Closed, TeamID: "none", Assignee: "none", AddTags: []string{"late"}}, nil, now)
	if err != nil || got.Status != inbox.Closed || got.TeamID != "" || got.Assignee != "" {
		t.Fatalf("Apply() = %+v, %v", got, err)
	}
	if diff := cmp.Diff([]string{"closed late+parcel"}, look()); diff != "" {
		t.Errorf("after the actions (-want +got):\n%s", diff)
	}
	other := d.mail(t, "support", "m2", "lee@x.example")
	for _, status := range []inbox.Status{inbox.Closed, inbox.Open} {
		if got, err = d.Apply(ctx, d.anna, string(other.ID), inbox.Actions{Status: status}, nil, now); err != nil {
			t.Fatal(err)
		}
	}
	if got.WaitingSince == nil || !got.WaitingSince.Equal(*other.WaitingSince) {
		t.Errorf("opened again it waits since %v, want %v", got.WaitingSince, other.WaitingSince)
	}
	for n := range 4 {
		var tags []string
		for i := range 20 {
			tags = append(tags, fmt.Sprint("tag ", n, " ", i))
		}
		_, err = d.Apply(ctx, d.anna, string(other.ID), inbox.Actions{AddTags: tags}, nil, now)
	}
	wantCode(t, "more tags than one has", err, inbox.Conflict)
	past := now.Add(-time.Second)
	_, err = d.Apply(ctx, d.anna, string(c.ID), inbox.Actions{}, &past, now)
	wantCode(t, "snoozed until yesterday", err, inbox.Invalid)
	_, err = d.Apply(ctx, d.anna, string(c.ID), inbox.Actions{TeamID: "019b0000-0000-7000-8000-000000000000"}, nil, now)
	wantCode(t, "a team that is not there", err, inbox.Conflict)
	_, err = d.Apply(ctx, d.bert, string(c.ID), inbox.Actions{Status: inbox.Open}, nil, now)
	wantCode(t, "another inbox's agent", err, inbox.NotFound)
	d.whole(t)
}
