package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"skein/inbox"
)

// An agent has saved replies of their own, that nobody else sees; what everybody
// uses is made by who runs the place. Each change is told to whoever sees it and
// logged with what was before, and of two changes at once the second is refused.
func TestSavedReplies(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, now := t.Context(), time.Now()
	save := func(by *inbox.Caller, r inbox.SavedReply) (inbox.SavedReply, error) {
		return d.SaveReply(ctx, by, r, now)
	}
	text := []inbox.SavedText{{Text: "It is on its way."}}
	own, err := save(d.anna, inbox.SavedReply{Owner: d.anna.Agent.ID, Name: "Mine", Texts: text})
	if err != nil {
		t.Fatal(err)
	}
	_, err = save(d.anna, inbox.SavedReply{Name: "Ours", Texts: text})
	wantCode(t, "an agent makes everybody's", err, inbox.Forbidden)
	_, err = save(d.su, inbox.SavedReply{Owner: d.anna.Agent.ID, Name: "Hers", Texts: text})
	wantCode(t, "a supervisor makes another's own", err, inbox.Forbidden)
	ours, err := save(d.su, inbox.SavedReply{Name: "Ours", Folder: "Parcels", Texts: text, Actions: inbox.Actions{Status: inbox.Closed, AddTags: []string{" late  parcel ", "late parcel"}}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"late parcel"}, ours.Actions.AddTags); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	for name, r := range map[string]inbox.SavedReply{
		"nothing":             {Name: "x"},
		"no name":             {Name: " ", Texts: text},
		"an unknown variable": {Name: "x", Texts: []inbox.SavedText{{Text: "{{order.nonsense}}"}}},
		"a language twice":    {Name: "x", Texts: []inbox.SavedText{{Locale: "de", Text: "a"}, {Locale: "DE", Text: "b"}}},
		"an empty text":       {Name: "x", Texts: []inbox.SavedText{{Text: " "}}},
		"closed and snoozed":  {Name: "x", Actions: inbox.Actions{Status: inbox.Closed, Snooze: 5}},
		"spam":                {Name: "x", Actions: inbox.Actions{Status: inbox.Spam}},
		"a strange assignee":  {Name: "x", Actions: inbox.Actions{Assignee: "everybody"}},
	} {
		_, err := save(d.su, r)
		wantCode(t, name, err, inbox.Invalid)
	}
	_, err = save(d.su, inbox.SavedReply{Name: "x", TeamID: "019b0000-0000-7000-8000-000000000000", Texts: text})
	wantCode(t, "a team that is not there", err, inbox.Conflict)

	_, err = save(d.bert, inbox.SavedReply{ID: own.ID, Version: own.Version, Name: "Stolen", Texts: text})
	wantCode(t, "somebody else's own", err, inbox.NotFound)
	wantCode(t, "take somebody else's own away", d.DeleteSavedReply(ctx, d.su, own.ID, now), inbox.NotFound)
	wantCode(t, "an agent takes everybody's away", d.DeleteSavedReply(ctx, d.anna, ours.ID, now), inbox.Forbidden)
	next := ours
	next.Name = "Ours, better"
	if next, err = save(d.su, next); err != nil || next.Version != 2 {
		t.Fatalf("changed = %+v, %v", next, err)
	}
	_, err = save(d.su, ours)
	wantCode(t, "an old version", err, inbox.Conflict)

	for _, c := range []struct {
		who  *inbox.Caller
		want []inbox.SavedReply
	}{{d.anna, []inbox.SavedReply{own, next}}, {d.bert, []inbox.SavedReply{next}}, {d.su, []inbox.SavedReply{next}}} {
		list, err := d.SavedReplies(ctx, c.who.Agent.ID)
		if diff := cmp.Diff(c.want, list, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Errorf("%s sees, %v (-want +got):\n%s", c.who.Agent.Name, err, diff)
		}
	}
	if err := d.DeleteSavedReply(ctx, d.anna, own.ID, now); err != nil {
		t.Fatal(err)
	}
	if list, err := d.SavedReplies(ctx, d.anna.Agent.ID); err != nil || len(list) != 1 {
		t.Errorf("after it is gone there are %v, %v", list, err)
	}
	got := d.strings(t, `SELECT concat_ws(' ', version, before->>'name', after->>'name', after->>'deleted') FROM events
		WHERE kind = 'saved-reply.changed' ORDER BY after->>'ownerId' NULLS LAST, version`)
	if diff := cmp.Diff([]string{"1 Mine", "2 Mine Mine true", "1 Ours", "2 Ours Ours, better"}, got); diff != "" {
		t.Errorf("the log (-want +got):\n%s", diff)
	}
	got = d.strings(t, `SELECT coalesce(convert_from(payload, 'UTF8')::jsonb->'audience'->>'agent', 'all') FROM outbox
		WHERE subject = 'skein.event.saved-reply.changed' ORDER BY id`)
	anna := string(d.anna.Agent.ID)
	if diff := cmp.Diff([]string{anna, "all", "all", anna}, got); diff != "" {
		t.Errorf("told are (-want +got):\n%s", diff)
	}
}

// A saved reply is filled in for one conversation, in the customer's language
// where there is one; a variable that has nothing to stand for is named.
func TestRenderSaved(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, now := t.Context(), time.Now()
	c := d.mail(t, "support", "m1", "kim@x.example")
	r, err := d.SaveReply(ctx, d.su, inbox.SavedReply{Name: "Hello", Texts: []inbox.SavedText{
		{Locale: "en", Text: "Hello."}, {Locale: "de-AT", Text: "Servus."}, {Locale: "fr", Text: "{{order.number}} est parti."}}}, now)
	if err != nil {
		t.Fatal(err)
	}
	render := func(by *inbox.Caller, locale string) (inbox.SavedText, error) {
		return d.RenderSaved(ctx, by, string(c.ID), r.ID, locale, nil, nil, func(a string) string { return a })
	}
	for _, step := range []struct{ theirs, asked, want string }{
		{"", "", "Hello."}, {"de", "", "Servus."}, {"de_AT", "", "Servus."}, {"nl", "", "Hello."}, {"de", "en-GB", "Hello."},
	} {
		d.strings(t, `UPDATE identities SET locale = $2 WHERE id = $1 RETURNING id::text`, c.Customer.IdentityID, step.theirs)
		if got, err := render(d.anna, step.asked); err != nil || got.Text != step.want {
			t.Errorf("theirs %q, asked %q: %+v, %v, want %q", step.theirs, step.asked, got, err, step.want)
		}
	}
	// The address that writes tells of no language; the customer's account at the shop does.
	other := d.mail(t, "support", "m2", "kim@else.example")
	d.strings(t, `UPDATE identities SET locale = '' WHERE id = $1 RETURNING id::text`, c.Customer.IdentityID)
	d.strings(t, `UPDATE identities SET locale = 'de', customer_id = (SELECT customer_id FROM identities WHERE id = $2) WHERE id = $1 RETURNING id::text`,
		other.Customer.IdentityID, c.Customer.IdentityID)
	if got, err := render(d.anna, ""); err != nil || got.Text != "Servus." {
		t.Errorf("in the language of the customer's other address: %+v, %v", got, err)
	}
	_, err = render(d.anna, "fr")
	wantCode(t, "no order is linked", err, inbox.Conflict)
	if err == nil || !strings.Contains(err.Error(), "{{order.number}} can't be filled in: no order is linked") {
		t.Errorf("refused with %v", err)
	}
	_, err = render(d.bert, "")
	wantCode(t, "another inbox's agent", err, inbox.NotFound)
}
