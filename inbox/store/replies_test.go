package store_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// A reply is queued, addressed to who wrote last, continues the mail's chain,
// starts its timer, ends the wait, and is announced after its conversation.
func TestReply(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.mail(t, "support", "m1", "kim@x.example")
	c := d.mail(t, "support", "m2", "kim@x.example", "m1")
	if c.WaitingSince == nil {
		t.Fatal("a new mail doesn't wait")
	}
	a := answer("key-1", "Here it is.", c.PublicSeq)
	a.Close = true
	m, err := d.Reply(t.Context(), d.anna, fmt.Sprint(c.Number), a)
	if err != nil {
		t.Fatal(err)
	}
	if m.State != inbox.Queued || m.Seq != c.MessageSeq+1 || m.Subject != "Re: subject" || m.HeaderID != string(m.ID)+"@shop.example" {
		t.Errorf("reply = %+v", m)
	}
	if diff := cmp.Diff([]inbox.Party{{Address: "kim@x.example"}}, m.To); diff != "" {
		t.Errorf("to (-want +got):\n%s", diff)
	}
	if got := d.strings(t, `SELECT unnest(refs) FROM messages WHERE id = $1`, m.ID); !slices.Equal(got, []string{"m1", "m2"}) {
		t.Errorf("references = %v, want m1 m2", got)
	}
	if got := d.strings(t, `SELECT payload->>'replyTo' FROM timers WHERE kind = 'send' AND key = $1`, m.ID); len(got) != 1 || got[0] != "support+"+string(c.ID)+"@shop.example" {
		t.Errorf("timers = %v", got)
	}
	after, err := d.Conversation(t.Context(), &d.anna.Rights, string(c.ID))
	if err != nil {
		t.Fatal(err)
	}
	if after.WaitingSince != nil || after.Status != inbox.Closed || after.Version != c.Version+1 || after.PublicSeq != m.Seq || after.Preview != "Here it is." {
		t.Errorf("conversation after = %+v", after)
	}
	list, _, err := d.Messages(t.Context(), &d.anna.Rights, string(c.ID), 0, 10)
	if err != nil || len(list) != 3 {
		t.Fatalf("Messages() = %d, %v, want 3", len(list), err)
	}
	m.SendAt, list[2].SendAt = nil, nil // the database keeps microseconds
	m.CreatedAt, m.SentAt = list[2].CreatedAt, list[2].SentAt
	if diff := cmp.Diff(m, list[2]); diff != "" {
		t.Errorf("what was answered differs from what is stored (-answered +stored):\n%s", diff)
	}
	// The customer's answer to it comes to the same conversation.
	if again := d.mail(t, "support", "m3", "kim@x.example", m.HeaderID); again.ID != c.ID || again.Status != inbox.Open {
		t.Errorf("the customer's answer is in %s, %s, want %s, open", again.ID, again.Status, c.ID)
	}
	d.whole(t)
}

// Many calls with one key at once: one message, and everybody is told the same.
func TestReplyOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.mail(t, "support", "m1", "kim@x.example")
	const n = 20
	got := make([]inbox.Message, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			var err error
			if got[i], err = d.Reply(t.Context(), d.anna, string(c.ID), answer("one-key", "Yes.", c.PublicSeq)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i := range got {
		if got[i].ID != got[0].ID || got[i].Seq != 2 {
			t.Errorf("call %d was told of %s seq %d, call 0 of %s", i, got[i].ID, got[i].Seq, got[0].ID)
		}
	}
	if ids := d.strings(t, `SELECT id::text FROM messages WHERE direction = 'out'`); len(ids) != 1 {
		t.Errorf("%d messages were stored, want 1", len(ids))
	}
	if ids := d.strings(t, `SELECT key FROM timers`); len(ids) != 1 {
		t.Errorf("%d timers were started, want 1", len(ids))
	}
	_, err := d.Reply(t.Context(), d.anna, string(c.ID), answer("one-key", "No.", 2))
	wantCode(t, "the same key with another text", err, inbox.Conflict)
	if _, err := d.Reply(t.Context(), d.su, string(c.ID), answer("one-key", "No.", 2)); err != nil {
		t.Errorf("the same key of another agent: %v", err)
	}
	d.whole(t)
}

// Replies of many agents who all saw the same: the first is stored, the others
// are shown it.
func TestReplyRace(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.mail(t, "support", "m1", "kim@x.example")
	const n = 12
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			_, errs[i] = d.Reply(t.Context(), d.su, string(c.ID), answer(fmt.Sprint("key-", i), "Yes.", c.PublicSeq))
		})
	}
	wg.Wait()
	stored := 0
	for _, err := range errs {
		if err == nil {
			stored++
			continue
		}
		stale, ok := errors.AsType[*inbox.Stale](err)
		if !ok || len(stale.Newer) != 1 || stale.Newer[0].Seq != 2 {
			t.Errorf("error %v, want stale with the one reply", err)
		}
		wantCode(t, "stale", err, inbox.Conflict)
	}
	if stored != 1 {
		t.Errorf("%d replies were stored, want 1", stored)
	}
	d.whole(t)
}

// What came after the author looked stops a reply, unless it is forced; notes
// don't count, and a refused call leaves its key free.
func TestReplyStale(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.mail(t, "support", "m1", "kim@x.example")
	if _, err := d.Note(t.Context(), d.su, string(c.ID), answer("note-key", "Careful.", 0)); err != nil {
		t.Fatal(err)
	}
	d.mail(t, "support", "m2", "kim@x.example", "m1")
	_, err := d.Reply(t.Context(), d.anna, string(c.ID), answer("key-1", "Yes.", c.PublicSeq))
	stale, ok := errors.AsType[*inbox.Stale](err)
	if !ok || len(stale.Newer) != 1 || stale.Newer[0].HeaderID != "m2" {
		t.Fatalf("error %v, want stale with m2 alone", err)
	}
	forced := answer("key-1", "Yes.", c.PublicSeq)
	forced.Force, forced.Hash = true, []byte("forced")
	m, err := d.Reply(t.Context(), d.anna, string(c.ID), forced)
	if err != nil || m.Seq != 4 {
		t.Fatalf("forced: seq %d, %v, want 4", m.Seq, err)
	}
	c = d.conversationOf(t, "m1")
	if c.MessageSeq != 4 || c.PublicSeq != 4 {
		t.Errorf("seqs = %d %d, want 4 4", c.MessageSeq, c.PublicSeq)
	}
	if _, err := d.Note(t.Context(), d.su, string(c.ID), answer("key-2", "Hm.", 0)); err != nil {
		t.Fatal(err)
	}
	if c = d.conversationOf(t, "m1"); c.MessageSeq != 5 || c.PublicSeq != 4 || c.Preview != "Yes." {
		t.Errorf("after a note: seqs = %d %d, preview %q", c.MessageSeq, c.PublicSeq, c.Preview)
	}
	d.whole(t)
}

// An agent's uploads go with one message, in order, once; nobody else's do.
func TestReplyAttachments(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.mail(t, "support", "m1", "kim@x.example")
	var mine []inbox.AttachmentID
	for i := range 3 {
		f := inbox.Attachment{ID: inbox.NewID[inbox.AttachmentID](time.Now()), Name: fmt.Sprint(i), Type: "text/plain", Size: 1, SHA256: fmt.Sprint(i)}
		if err := d.Upload(t.Context(), d.anna.Agent.ID, f, time.Now()); err != nil {
			t.Fatal(err)
		}
		mine = append(mine, f.ID)
	}
	slices.Reverse(mine)
	if _, err := d.Attachment(t.Context(), &d.bert.Rights, mine[0]); inbox.CodeOf(err) != inbox.NotFound {
		t.Errorf("somebody else's upload: %v, want not found", err)
	}
	a := answer("key-1", "See here.", c.PublicSeq)
	a.Attachments = mine
	_, err := d.Reply(t.Context(), d.su, string(c.ID), a)
	wantCode(t, "somebody else's uploads", err, inbox.Conflict)
	m, err := d.Reply(t.Context(), d.anna, string(c.ID), a)
	if err != nil {
		t.Fatal(err)
	}
	var names string
	for _, f := range m.Attachments {
		names += f.Name
	}
	if names != "210" {
		t.Errorf("attachments = %s, want 210", names)
	}
	b := answer("key-2", "Once more.", m.Seq)
	b.Attachments = mine[:1]
	_, err = d.Reply(t.Context(), d.anna, string(c.ID), b)
	wantCode(t, "a used upload", err, inbox.Conflict)
	if _, err := d.Attachment(t.Context(), &d.su.Rights, mine[0]); err != nil {
		t.Errorf("an attachment of a message that the reader sees: %v", err)
	}
	if _, err := d.Attachment(t.Context(), &d.bert.Rights, mine[0]); inbox.CodeOf(err) != inbox.NotFound {
		t.Errorf("an attachment of another inbox: %v, want not found", err)
	}
}

// The chain of references keeps its ends, the parent last.
func TestReplyReferences(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var refs []string
	for i := range 60 {
		refs = append(refs, fmt.Sprint("r", i))
	}
	c := d.mail(t, "support", "m1", "kim@x.example", refs...)
	m, err := d.Reply(t.Context(), d.anna, string(c.ID), answer("key-1", "Yes.", c.PublicSeq))
	if err != nil {
		t.Fatal(err)
	}
	got := d.strings(t, `SELECT unnest(refs) FROM messages WHERE id = $1`, m.ID)
	if len(got) != 21 || got[0] != "r0" || got[20] != "m1" || got[19] != "r59" {
		t.Errorf("references = %v", got)
	}
}

// A reply goes to the person, not to the machine that answered last, and our
// own addresses never become people of the thread.
func TestReplyRecipients(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.mail(t, "support", "m1", "kim@x.example")
	bounce := arrival("b1", "mailer-daemon@x.example", []string{"m1"}, "kim@x.example")
	bounce.Message.Automatic.Is = true
	bounce.Message.People = append(bounce.Message.People, "kim@x.example")
	d.deliver(t, bounce)
	c := d.conversationOf(t, "m1")
	a := answer("key-1", "Yes.", 99)
	a.Cc = []inbox.Party{{Address: "second@shop.example"}, {Address: "lee@x.example"}}
	m, err := d.Reply(t.Context(), d.anna, string(c.ID), a)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.To) != 1 || m.To[0].Address != "kim@x.example" {
		t.Errorf("to = %v, want kim", m.To)
	}
	got := d.strings(t, `SELECT unnest(people) FROM messages WHERE id = $1`, m.ID)
	if diff := cmp.Diff([]string{"kim@x.example", "lee@x.example"}, got); diff != "" {
		t.Errorf("people (-want +got):\n%s", diff)
	}
}

// Only what failed or is uncertain is sent again, as the next attempt under the
// same Message-ID, and only by those who see it.
func TestSendAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.mail(t, "support", "m1", "kim@x.example")
	m, err := d.Reply(t.Context(), d.anna, string(c.ID), answer("key-1", "Yes.", c.PublicSeq))
	if err != nil {
		t.Fatal(err)
	}
	replyTo := func(inbox.ConversationID, *inbox.Account) string { return "back@shop.example" }
	_, err = d.SendAgain(t.Context(), d.anna, m.ID, replyTo, time.Now())
	wantCode(t, "a queued message", err, inbox.Conflict)
	if _, err := d.pool.Exec(t.Context(), `UPDATE messages SET state = 'failed' WHERE id = $1`, m.ID); err != nil {
		t.Fatal(err)
	}
	_, err = d.SendAgain(t.Context(), d.bert, m.ID, replyTo, time.Now())
	wantCode(t, "somebody of another inbox", err, inbox.NotFound)
	again, err := d.SendAgain(t.Context(), d.anna, m.ID, replyTo, time.Now())
	if err != nil || again.State != inbox.Queued || again.Attempt != 2 || again.HeaderID != m.HeaderID {
		t.Errorf("again = %s attempt %d %s, %v", again.State, again.Attempt, again.HeaderID, err)
	}
}
