package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

func logged(key string, change func(*inbox.LoggedCall)) inbox.LoggedCall {
	l := inbox.LoggedCall{Direction: inbox.Out, Number: "0664 222", StartedAt: callEpoch.Add(time.Hour), TalkSeconds: 65,
		Disposition: inbox.CallAnswered, Summary: "Called back, all is well", Key: key, Hash: []byte(key)}
	if change != nil {
		change(&l)
	}
	return l
}

// A call that an agent writes down is in the conversation, once, closes the
// callback of its caller, and leaves the channel by which an answer goes.
func TestLogCall(t *testing.T) {
	t.Parallel()
	d := newCallDesk(t)
	ctx, now := t.Context(), time.Now()
	d.deliver(t, ring("1", "+43664222", 1, inbox.In, inbox.CallMissed, ""))
	list, _, err := d.Tasks(ctx, &d.anna.Rights, inbox.TaskFilter{State: inbox.TaskOpen})
	if err != nil || len(list) != 1 {
		t.Fatalf("tasks are %v, %v", list, err)
	}
	ref := string(list[0].ConversationID)
	m, err := d.LogCall(ctx, d.anna, ref, logged("k1", nil), now)
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.LogCall(ctx, d.anna, ref, logged("k1", nil), now)
	if err != nil || again.ID != m.ID {
		t.Errorf("said again it is %s, %v, want %s", again.ID, err, m.ID)
	}
	_, err = d.LogCall(ctx, d.anna, ref, logged("k1", func(l *inbox.LoggedCall) { l.Hash = []byte("other") }), now)
	wantCode(t, "another call by the same key", err, inbox.Conflict)
	_, err = d.LogCall(ctx, d.bert, ref, logged("k2", nil), now)
	wantCode(t, "in another inbox", err, inbox.NotFound)

	messages, _, err := d.Messages(ctx, &d.anna.Rights, ref, 0, 10)
	if err != nil || len(messages) != 2 {
		t.Fatalf("messages are %v, %v", messages, err)
	}
	if diff := cmp.Diff(m, messages[1]); diff != "" {
		t.Errorf("told and stored differ:\n%s", diff)
	}
	if c := m.Call; c.To != "0664 222" || c.Agent != "anna" || c.SummaryBy != d.anna.Agent.ID || m.Text != "Call, 1 min 05 s, anna\n\nCalled back, all is well" {
		t.Errorf("call is %+v, %q", c, m.Text)
	}
	if diff := cmp.Diff([]string{"callback +43664222 from 1, 1 missed, done call"}, d.todo(t, d.anna)); diff != "" {
		t.Error(diff)
	}
	closer := d.strings(t, `SELECT actor_kind || ' ' || cause FROM events WHERE kind = 'task.changed' AND after->>'state' = 'done'`)
	if diff := cmp.Diff([]string{"agent test"}, closer); diff != "" {
		t.Error(diff)
	}
	c, err := d.Conversation(ctx, &d.anna.Rights, ref)
	if err != nil || c.WaitingSince != nil || c.MessageSeq != 2 {
		t.Errorf("conversation is %+v, %v", c, err)
	}

	// In a conversation by mail the answer still goes by mail.
	mail := d.mail(t, "support", "m1", "ines@mail.example")
	if _, err := d.LogCall(ctx, d.anna, string(mail.ID), logged("k3", func(l *inbox.LoggedCall) { l.Direction, l.Disposition = inbox.In, inbox.CallMissed }), now); err != nil {
		t.Fatal(err)
	}
	if c, err = d.Conversation(ctx, &d.anna.Rights, string(mail.ID)); err != nil || c.Channel != inbox.Email || c.Account != "support" || c.WaitingSince == nil {
		t.Errorf("conversation is %+v, %v", c, err)
	}
	if n := len(d.todo(t, d.anna)); n != 1 {
		t.Errorf("a call from no number made a callback: %v", d.todo(t, d.anna))
	}
}

// A summary is an agent's word: it is told and kept with what it was before, and
// no later word of the exchange takes its place.
func TestSummarise(t *testing.T) {
	t.Parallel()
	d := newCallDesk(t)
	ctx, now := t.Context(), time.Now()
	word := func(summary, id string, talk int) inbox.Received {
		r := ring("1", "+43664222", 1, inbox.In, inbox.CallAnswered, id)
		r.Message.Call.Summary, r.Message.Call.TalkSeconds = summary, talk
		return r
	}
	d.deliver(t, word("by machine", "a", 10))
	id := inbox.MessageID(d.strings(t, `SELECT id::text FROM messages WHERE call IS NOT NULL`)[0])
	if _, err := d.Summarise(ctx, d.bert, id, "x", now); inbox.CodeOf(err) != inbox.NotFound {
		t.Errorf("another inbox's agent: %v", err)
	}
	m, err := d.Summarise(ctx, d.anna, id, "About a kettle", now)
	if err != nil || m.Version != 2 || m.Call.Summary != "About a kettle" {
		t.Fatalf("summed up: %+v, %v", m, err)
	}
	if m, err = d.Summarise(ctx, d.anna, id, "About a kettle", now); err != nil || m.Version != 2 {
		t.Fatalf("said again: %+v, %v", m, err)
	}
	d.deliver(t, word("by machine, longer than before", "b", 30))
	if m, err = d.Message(ctx, &d.anna.Rights, id); err != nil || m.Call.Summary != "About a kettle" || m.Call.TalkSeconds != 30 || m.Text != "Call, 30 s\n\nAbout a kettle" {
		t.Errorf("after the exchange's word: %+v, %q, %v", m.Call, m.Text, err)
	}
	c, err := d.Conversation(ctx, &d.anna.Rights, string(m.ConversationID))
	if err != nil || c.Preview != "Call, 30 s About a kettle" {
		t.Errorf("preview is %q, %v", c.Preview, err)
	}
	log := d.strings(t, `SELECT (before->'call'->>'summary') || ' > ' || (after->'call'->>'summary') FROM events
		WHERE kind = 'message.changed' AND actor_kind = 'agent'`)
	if diff := cmp.Diff([]string{"by machine > About a kettle"}, log); diff != "" {
		t.Error(diff)
	}
	mail := d.mail(t, "support", "m1", "ines@mail.example")
	list, _, err := d.Messages(ctx, &d.anna.Rights, string(mail.ID), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.Summarise(ctx, d.anna, list[0].ID, "x", now)
	wantCode(t, "of a mail", err, inbox.Invalid)
}

// Where a conversation and a customer are, and by what they are found; what is
// merged or not there is nowhere.
func TestSpots(t *testing.T) {
	t.Parallel()
	d := newCallDesk(t)
	ctx := t.Context()
	if _, err := d.SaveAccount(ctx, inbox.Account{ID: "web", Channel: inbox.Chat, InboxID: d.first.ID, Name: "Chat"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	ref := inbox.IdentityRef{Kind: inbox.ChatVisitor, Key: "session"}
	r := arrival("", "session", nil)
	r.Account, r.Channel, r.EventID = "web", inbox.Chat, "chat:1"
	r.Message.Own, r.Message.Thread, r.Message.Identity, r.Message.HeaderID = inbox.Key{}, inbox.ChannelKey("web", "session"), ref, ""
	d.deliver(t, r)
	var c inbox.Conversation
	list, _, err := d.Conversations(ctx, &d.su.Rights, inbox.ConversationFilter{})
	if err != nil || len(list) != 1 {
		t.Fatalf("conversations are %v, %v", list, err)
	}
	c = list[0]
	spot, err := d.ConversationSpot(ctx, c.ID)
	if diff := cmp.Diff(inbox.Spot{Inboxes: []inbox.InboxID{d.first.ID}, Version: c.Version, Keys: []inbox.Key{inbox.ChannelKey("web", "session")}}, spot); diff != "" || err != nil {
		t.Errorf("spot of the conversation: %v, %s", err, diff)
	}
	spot, err = d.CustomerSpot(ctx, c.Customer.CustomerID)
	if diff := cmp.Diff(inbox.Spot{Inboxes: []inbox.InboxID{d.first.ID}, Keys: []inbox.Key{inbox.IdentityKey(ref)}}, spot); diff != "" || err != nil {
		t.Errorf("spot of the customer: %v, %s", err, diff)
	}
	for _, id := range []inbox.ConversationID{"", "x", inbox.NewID[inbox.ConversationID](time.Now())} {
		_, err = d.ConversationSpot(ctx, id)
		wantCode(t, "no conversation", err, inbox.NotFound)
		_, err = d.CustomerSpot(ctx, inbox.CustomerID(id))
		wantCode(t, "no customer", err, inbox.NotFound)
	}

	d.deliver(t, ring("1", "+43664222", 1, inbox.In, inbox.CallAnswered, ""))
	who, in, err := d.Caller(ctx, inbox.IdentityRef{Kind: inbox.PhoneNumber, Key: "+43664222"})
	if err != nil || who.Address != "+43664222" || len(in) != 1 || in[0] != d.first.ID {
		t.Errorf("the caller is %+v in %v, %v", who, in, err)
	}
	_, _, err = d.Caller(ctx, inbox.IdentityRef{Kind: inbox.PhoneNumber, Key: "+43664999"})
	wantCode(t, "a stranger", err, inbox.NotFound)
	kept, at, err := d.CallConversation(ctx, "calls", "1")
	if err != nil || kept == "" || at != d.first.ID {
		t.Errorf("the call is kept in %q at %q, %v", kept, at, err)
	}
	if kept, _, err := d.CallConversation(ctx, "calls", "2"); err != nil || kept != "" {
		t.Errorf("a call that is not there is kept in %q, %v", kept, err)
	}
}
