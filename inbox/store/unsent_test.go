package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// A mail that is taken back before it leaves leaves nothing behind: the
// conversation waits, is open and reads as before, its files can be sent again,
// and no number is given twice.
func TestUnsend(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	before := d.mail(t, "support", "m1", "kim@x.example")
	a := answer("k1", "Oh no.", before.PublicSeq)
	a.SendAt, a.Close = a.At.Add(10*time.Second), true
	team := inbox.NewID[inbox.TeamID](time.Now())
	d.strings(t, `INSERT INTO teams (id, name) VALUES ($1, 'Returns') RETURNING name`, team)
	a.Then = inbox.Actions{AddTags: []string{"oops"}, Assignee: "me", TeamID: string(team)}
	file := inbox.Attachment{ID: inbox.NewID[inbox.AttachmentID](time.Now()), Name: "a.txt", Type: "text/plain", Size: 1, SHA256: fmt.Sprintf("%064d", 1)}
	if err := d.Upload(ctx, d.anna.Agent.ID, file, time.Now()); err != nil {
		t.Fatal(err)
	}
	a.Attachments = []inbox.AttachmentID{file.ID}
	m, err := d.Reply(ctx, d.anna, string(before.ID), a)
	if err != nil {
		t.Fatal(err)
	}
	d.fireAll(t, a.At.Add(9*time.Second))
	_, err = d.Unsend(ctx, d.bert, m.ID, time.Now())
	wantCode(t, "another inbox's agent", err, inbox.NotFound)
	got, err := d.Unsend(ctx, d.anna, m.ID, time.Now())
	if err != nil || got.Message.Text != "Oh no." || len(got.Message.Attachments) != 1 || len(got.Message.To) != 1 {
		t.Fatalf("Unsend() = %+v, %v", got, err)
	}
	after, err := d.Conversation(ctx, &d.anna.Rights, string(before.ID))
	if err != nil {
		t.Fatal(err)
	}
	want := before
	want.Version, want.MessageSeq = before.Version+2, m.Seq
	if diff := cmp.Diff(want, after); diff != "" {
		t.Errorf("the conversation after (-as before +got):\n%s", diff)
	}
	if list, _, err := d.Messages(ctx, &d.anna.Rights, string(before.ID), 0, 10); err != nil || len(list) != 1 {
		t.Errorf("there are %d messages, %v, want 1", len(list), err)
	}
	d.fireAll(t, a.At.Add(time.Hour))
	if sends := d.strings(t, `SELECT subject FROM outbox WHERE subject LIKE 'skein.out.%'`); len(sends) != 0 {
		t.Errorf("it left all the same: %v", sends)
	}
	if got := d.strings(t, `SELECT coalesce(first_reply_at::text, 'none') FROM conversations WHERE id = $1`, before.ID); got[0] != "none" {
		t.Errorf("a first reply at %s", got[0])
	}
	_, err = d.Unsend(ctx, d.anna, m.ID, time.Now())
	wantCode(t, "taken back twice", err, inbox.NotFound)
	b := answer("k2", "Now then.", before.PublicSeq)
	b.Attachments = a.Attachments
	next, err := d.Reply(ctx, d.anna, string(before.ID), b)
	if err != nil || next.Seq != m.Seq+1 {
		t.Errorf("the next reply = %+v, %v", next, err)
	}
	d.fireAll(t, time.Now().Add(time.Second))
	_, err = d.Unsend(ctx, d.anna, next.ID, time.Now())
	wantCode(t, "what has left", err, inbox.Conflict)
}

// What others have done with the conversation since stays when a reply is taken
// back.
func TestUnsendKeepsOthers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	c := d.mail(t, "support", "m1", "kim@x.example")
	a := answer("k1", "Oh no.", c.PublicSeq)
	a.SendAt, a.Then = a.At.Add(10*time.Second), inbox.Actions{AddTags: []string{"oops"}, Assignee: "me"}
	m, err := d.Reply(ctx, d.anna, string(c.ID), a)
	if err != nil {
		t.Fatal(err)
	}
	nobody := inbox.AgentID("")
	if _, err := d.Patch(ctx, d.anna, string(c.ID), inbox.Patch{Assignee: &nobody, AddTags: []string{"vip"}}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Unsend(ctx, d.anna, m.ID, time.Now()); err != nil {
		t.Fatal(err)
	}
	after, err := d.Conversation(ctx, &d.anna.Rights, string(c.ID))
	if err != nil || after.Assignee != "" || len(after.Tags) != 1 || after.Tags[0] != "vip" {
		t.Errorf("after: assigned to %q, tagged %v, %v; want nobody, vip", after.Assignee, after.Tags, err)
	}
}

// Taking back and leaving at one instant: one of the two happens, whole.
func TestUnsendRace(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	for i := range 10 {
		c := d.mail(t, "support", fmt.Sprint("m", i), "kim@x.example")
		a := answer(fmt.Sprint("k", i), "Perhaps.", c.PublicSeq)
		m, err := d.Reply(ctx, d.anna, string(c.ID), a)
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		var taken error
		wg.Go(func() { d.fireAll(t, a.At.Add(time.Second)) })
		wg.Go(func() { _, taken = d.Unsend(ctx, d.anna, m.ID, time.Now()) })
		wg.Wait()
		sends := d.strings(t, `SELECT subject FROM outbox WHERE subject LIKE 'skein.out.%' AND convert_from(payload, 'UTF8') LIKE '%' || $1 || '%'`, m.ID)
		if left := len(sends) == 1; left == (taken == nil) || taken != nil && inbox.CodeOf(taken) != inbox.Conflict {
			t.Errorf("round %d: it left: %v, and taking back said %v", i, left, taken)
		}
	}
}

// What is scheduled is no answer until it leaves: the customer waits on. When
// they write before, it stays until an agent has it leave, and then comes after
// what they wrote.
func TestScheduled(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	schedule := func(key string, c inbox.Conversation) inbox.Message {
		t.Helper()
		a := answer(key, "Good morning.", c.PublicSeq)
		a.SendAt, a.Scheduled = a.At.Add(time.Hour), true
		m, err := d.Reply(ctx, d.anna, string(c.ID), a)
		if err != nil || !m.Scheduled {
			t.Fatalf("Reply() = %+v, %v", m, err)
		}
		return m
	}
	look := func(id inbox.MessageID) string {
		t.Helper()
		return d.strings(t, `SELECT concat_ws(' ', m.state, m.scheduled, m.seq, m.send_at IS NOT NULL, c.waiting_since IS NOT NULL, c.first_reply_at IS NOT NULL,
			c.preview = 'Good morning.', m.state_detail) FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE m.id = $1`, id)[0]
	}
	later := time.Now().Add(2 * time.Hour)

	calm := schedule("k1", d.mail(t, "support", "m1", "kim@x.example"))
	if got, want := look(calm.ID), "queued t 2 t t f f "; got != want {
		t.Errorf("scheduled: %q, want %q", got, want)
	}
	d.fireAll(t, time.Now())
	if got, want := look(calm.ID), "queued t 2 t t f f "; got != want {
		t.Errorf("before its time: %q, want %q", got, want)
	}

	c := d.mail(t, "support", "n1", "ann@x.example")
	busy := schedule("k2", c)
	d.mail(t, "support", "n2", "ann@x.example", "n1")
	d.fireAll(t, later)
	if got, want := look(calm.ID), "sending f 2 f f t t "; got != want {
		t.Errorf("at its time: %q, want %q", got, want)
	}
	if got, want := look(busy.ID), "queued t 2 f t f f ann@x.example wrote before it left"; got != want {
		t.Errorf("somebody wrote before: %q, want %q", got, want)
	}
	d.fireAll(t, later.Add(time.Hour))
	replyTo := func(inbox.ConversationID, *inbox.Account) string { return "" }
	_, err := d.SendNow(ctx, d.bert, busy.ID, replyTo, later)
	wantCode(t, "another inbox's agent", err, inbox.NotFound)
	if _, err := d.SendNow(ctx, d.anna, busy.ID, replyTo, later); err != nil {
		t.Fatal(err)
	}
	d.fireAll(t, later.Add(time.Second))
	if got, want := look(busy.ID), "sending f 4 f f t t "; got != want {
		t.Errorf("sent now: %q, want %q", got, want)
	}
	_, err = d.SendNow(ctx, d.anna, busy.ID, replyTo, later)
	wantCode(t, "what has left", err, inbox.Conflict)
}

// fireAll fires what is due at an instant.
func (d *desk) fireAll(t testing.TB, at time.Time) {
	t.Helper()
	for {
		fired, err := d.FireSend(t.Context(), at, encodePlain)
		if err != nil {
			t.Error(err)
			return
		}
		if !fired {
			return
		}
	}
}
