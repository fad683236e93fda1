package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
	"skein/inbox/store"
)

func (d *desk) message(t testing.TB, headerID string) inbox.MessageID {
	t.Helper()
	return inbox.MessageID(d.strings(t, `SELECT id::text FROM messages WHERE header_id = $1`, headerID)[0])
}

func (d *desk) merge(t testing.TB, into, with inbox.Conversation) inbox.FactID {
	t.Helper()
	_, id, err := d.MergeConversations(t.Context(), d.su, string(into.ID), string(with.ID), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	d.consistent(t)
	return id
}

func (d *desk) split(t testing.TB, from inbox.Conversation, into string, mails ...string) (inbox.Conversation, inbox.FactID) {
	t.Helper()
	var list []inbox.MessageID
	for _, m := range mails {
		list = append(list, d.message(t, m))
	}
	c, id, err := d.Split(t.Context(), d.su, string(from.ID), list, into, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	d.consistent(t)
	return c, id
}

func (d *desk) undo(t testing.TB, id inbox.FactID) []inbox.Conversation {
	t.Helper()
	list, err := d.Undo(t.Context(), d.su, id, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	d.consistent(t)
	return list
}

func (d *desk) wantMail(t testing.TB, what string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, d.partitionOfMail(t)); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

// An agent's merge takes everything along, a link to what was merged stays
// good, and undone it gives everything back, with what came meanwhile.
func TestMergeConversations(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	a, b := d.mail(t, "support", "a", "ann@x.example"), d.mail(t, "support", "b", "ann@y.example")
	d.mail(t, "support", "a2", "ann@x.example", "a")
	closed := inbox.Closed
	if _, err := d.Patch(ctx, d.su, string(a.ID), inbox.Patch{Status: &closed}, time.Now()); err != nil {
		t.Fatal(err)
	}
	id := d.merge(t, a, b)
	d.wantMail(t, "merged", "a a2 b")
	c, err := d.Conversation(ctx, &d.su.Rights, fmt.Sprint(b.Number))
	if err != nil || c.ID != a.ID || c.Status != inbox.Open || c.MessageSeq != 3 || c.WaitingSince == nil {
		t.Errorf("a link to what was merged leads to %+v, %v, want %s, open and waiting", c, err, a.ID)
	}
	d.mail(t, "support", "b2", "ann@y.example", "b")
	r, err := d.Reply(ctx, d.su, string(b.ID), answer("r", "An answer.", 4))
	if err != nil || r.ConversationID != a.ID {
		t.Fatalf("a reply by the old link is in %s, %v, want %s", r.ConversationID, err, a.ID)
	}
	facts, err := d.Facts(ctx, &d.su.Rights, string(a.ID))
	if err != nil || len(facts) != 1 || facts[0].ID != id || facts[0].From != b.ID || facts[0].Into != a.ID || facts[0].Actor.Name != "su" || facts[0].Text == "" {
		t.Errorf("facts are %+v, %v", facts, err)
	}
	if _, _, err := d.MergeConversations(ctx, d.su, string(b.ID), string(a.ID), time.Now()); err == nil {
		t.Error("what is one was merged again")
	} else {
		wantCode(t, "merge again", err, inbox.Conflict)
	}

	list := d.undo(t, id)
	if len(list) != 2 {
		t.Errorf("concerned are %d, want 2", len(list))
	}
	d.wantMail(t, "undone", "a a2", "b b2")
	if got := d.strings(t, `SELECT conversation_id::text FROM messages WHERE id = $1`, r.ID); got[0] != string(b.ID) {
		t.Errorf("the reply to b2 is in %s, want %s", got[0], b.ID)
	}
	if c, err = d.Conversation(ctx, &d.su.Rights, string(b.ID)); err != nil || c.ID != b.ID || c.MergedInto != "" || c.WaitingSince != nil {
		t.Errorf("b is %+v, %v, want itself, answered", c, err)
	}
	if facts, err = d.Facts(ctx, &d.su.Rights, string(a.ID)); err != nil || len(facts) != 0 {
		t.Errorf("facts once undone: %+v, %v", facts, err)
	}
	_, err = d.Undo(ctx, d.su, id, time.Now())
	wantCode(t, "undo twice", err, inbox.Conflict)
}

// Where mails have come to answer each other a merge can't be undone: the agent
// is told to move messages, and that works.
func TestUndoOfWhatAnswers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a, b := d.mail(t, "support", "a", "ann@x.example"), d.mail(t, "support", "b", "ann@x.example")
	id := d.merge(t, a, b)
	d.mail(t, "support", "c", "ann@x.example", "b", "a")
	_, err := d.Undo(t.Context(), d.su, id, time.Now())
	wantCode(t, "undo", err, inbox.Conflict)
	d.consistent(t)
	d.split(t, a, "", "b", "c")
	d.wantMail(t, "moved", "a", "b c")
	d.mail(t, "support", "d", "ann@x.example", "a", "b") // answers b, refers to a
	d.mail(t, "support", "e", "ann@x.example", "b", "a")
	d.wantMail(t, "and what answers them", "a e", "b c d")
}

// What is moved stays apart whatever comes later: what answers it goes with it,
// ours, by our tokens, by the plus-address and on the channel's own thread; and
// comes back with it.
func TestSplit(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	c := d.mail(t, "support", "a", "ann@x.example")
	d.mail(t, "support", "b", "ann@x.example", "a")
	n, id := d.split(t, c, "", "b")
	if n.ID == c.ID || n.Number <= c.Number || n.Status != inbox.Open || n.InboxID != c.InboxID || n.WaitingSince == nil || n.Preview != "text of b" {
		t.Errorf("beside it is %+v", n)
	}
	d.mail(t, "support", "c", "ann@x.example", "b")
	d.mail(t, "support", "d", "ann@x.example", "a")
	r, err := d.Reply(ctx, d.su, string(n.ID), answer("r", "An answer.", 9))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Note(ctx, d.su, string(n.ID), answer("n", "A note.", 9)); err != nil {
		t.Fatal(err)
	}
	byToken := arrival("e", "other@x.example", nil)
	byToken.Message.Token = r.ID
	byPlus := arrival("f", "ann@x.example", nil)
	byPlus.Message.Plus = n.ID
	toOther := arrival("g", "ann@x.example", nil)
	toOther.Message.Plus = c.ID
	d.deliver(t, byToken, byPlus, toOther)
	d.wantMail(t, "split", "a d g", "b c e f")
	d.consistent(t)

	if got := d.undo(t, id); len(got) != 1 || got[0].ID != c.ID {
		t.Errorf("concerned are %+v, want what they went back to", got)
	}
	d.wantMail(t, "undone", "a b c d e f g")
	back, err := d.Conversation(ctx, &d.su.Rights, string(n.ID))
	if err != nil || back.ID != c.ID {
		t.Errorf("a link to what the split made leads to %s, %v, want %s", back.ID, err, c.ID)
	}
	if got := d.strings(t, `SELECT count(*)::text FROM messages WHERE conversation_id = $1`, c.ID); got[0] != "9" {
		t.Errorf("%s messages came together, want 9", got[0])
	}
	byPlus = arrival("h", "ann@x.example", nil)
	byPlus.Message.Plus = n.ID
	d.deliver(t, byPlus)
	d.wantMail(t, "by the old plus-address", "a b c d e f g h")
}

// A chat goes on where its newest message is.
func TestSplitOfChat(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.account(t, "chat", inbox.Chat)
	say := func(id string) inbox.Conversation {
		d.deliver(t, onChannel(arrival(id, "ann", nil), "chat", inbox.Chat, inbox.ChatVisitor, "session"))
		return d.conversationOf(t, id)
	}
	c := say("1")
	say("2")
	say("3")
	n, id := d.split(t, c, "", "3")
	if got := say("4"); got.ID != n.ID {
		t.Errorf("the chat goes on in %s, want %s", got.ID, n.ID)
	}
	d.undo(t, id)
	if got := say("5"); got.ID != c.ID {
		t.Errorf("the chat goes on in %s, want %s", got.ID, c.ID)
	}
	d.wantMail(t, "undone", "1 2 3 4 5")
	d.split(t, c, "", "2")
	if got := say("6"); got.ID != c.ID {
		t.Errorf("the chat goes on in %s, want %s", got.ID, c.ID)
	}
}

// Nobody moves what isn't there, everything, or nothing; nor between inboxes
// that they may not see.
func TestMovesRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, now := t.Context(), time.Now()
	c, other, hidden := d.mail(t, "support", "a", "ann@x.example"), d.mail(t, "support", "b", "bob@x.example"), d.mail(t, "second", "z", "eve@x.example")
	d.mail(t, "support", "a2", "ann@x.example", "a")
	a, a2, b := d.message(t, "a"), d.message(t, "a2"), d.message(t, "b")
	note, err := d.Note(ctx, d.su, string(c.ID), answer("n", "A note.", 0))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		what string
		do   func() error
		want inbox.Code
	}{
		{"everything", func() error {
			_, _, err := d.Split(ctx, d.anna, string(c.ID), []inbox.MessageID{a, a2, note.ID}, "", now)
			return err
		}, inbox.Conflict},
		{"nothing", func() error { _, _, err := d.Split(ctx, d.anna, string(c.ID), nil, "", now); return err }, inbox.Conflict},
		{"somebody else's", func() error {
			_, _, err := d.Split(ctx, d.anna, string(c.ID), []inbox.MessageID{b}, "", now)
			return err
		}, inbox.Conflict},
		{"a note alone", func() error {
			_, _, err := d.Split(ctx, d.anna, string(c.ID), []inbox.MessageID{note.ID}, "", now)
			return err
		}, inbox.Conflict},
		{"to where it is", func() error {
			_, _, err := d.Split(ctx, d.anna, string(c.ID), []inbox.MessageID{a}, string(c.ID), now)
			return err
		}, inbox.Conflict},
		{"to another inbox", func() error {
			_, _, err := d.Split(ctx, d.anna, string(c.ID), []inbox.MessageID{a}, string(hidden.ID), now)
			return err
		}, inbox.NotFound},
		{"a merge with another inbox's", func() error {
			_, _, err := d.MergeConversations(ctx, d.anna, string(c.ID), string(hidden.ID), now)
			return err
		}, inbox.NotFound},
		{"a merge with itself", func() error {
			_, _, err := d.MergeConversations(ctx, d.anna, string(c.ID), fmt.Sprint(c.Number), now)
			return err
		}, inbox.Conflict},
		{"a fact that is not there", func() error {
			_, err := d.Undo(ctx, d.anna, inbox.NewID[inbox.FactID](now), now)
			return err
		}, inbox.NotFound},
		{"a hand-over of another inbox's customer", func() error {
			_, err := d.HandOver(ctx, d.anna, string(c.ID), hidden.Customer.IdentityID, now)
			return err
		}, inbox.NotFound},
		{"a hand-over of nobody", func() error {
			_, err := d.HandOver(ctx, d.anna, string(c.ID), inbox.NewID[inbox.IdentityID](now), now)
			return err
		}, inbox.NotFound},
	} {
		if err := x.do(); err == nil {
			t.Errorf("%s: no error", x.what)
		} else {
			wantCode(t, x.what, err, x.want)
		}
	}
	id := d.merge(t, other, hidden)
	if _, err := d.Undo(ctx, d.bert, id, now); err == nil {
		t.Error("bert undid a merge in an inbox that he may not see")
	} else {
		wantCode(t, "undo", err, inbox.NotFound)
	}
	if list, err := d.Undo(ctx, d.anna, id, now); err != nil || len(list) != 1 || list[0].ID != other.ID {
		t.Errorf("anna's undo gives %+v, %v, want what she may see", list, err)
	}
	_, id = d.split(t, c, string(hidden.ID), "a2")
	for _, who := range []*inbox.Caller{d.anna, d.bert} {
		_, err := d.Undo(ctx, who, id, now)
		wantCode(t, who.Agent.Name+"'s undo of a move between inboxes", err, inbox.Forbidden)
	}
	d.undo(t, id)
	d.consistent(t)
}

// Numbers are never used twice, so that a reply can't miss what came after its
// author looked; and whoever lost sight of a message is told.
func TestMovedNumbers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	a, b := d.mail(t, "support", "a", "ann@x.example"), d.mail(t, "second", "b", "bob@x.example")
	id := d.merge(t, a, b) // b is a's second
	seen := int64(2)
	d.undo(t, id)
	d.mail(t, "support", "c", "ann@x.example", "a")
	_, err := d.Reply(ctx, d.su, string(a.ID), answer("r", "An answer.", seen))
	wantCode(t, "a reply that missed one", err, inbox.Conflict)
	got := d.strings(t, `SELECT concat_ws(' ', payload->'audience'->'before'->>'inboxId', payload->'audience'->'after'->>'inboxId')
		FROM (SELECT id, convert_from(payload, 'utf8')::jsonb AS payload FROM outbox WHERE subject = 'skein.event.message.changed') o
		WHERE payload->>'entity' = $1 ORDER BY id`, d.message(t, "b"))
	first, second := string(d.first.ID), string(d.second.ID)
	if diff := cmp.Diff([]string{second, second + " " + first, first + " " + second}, got); diff != "" {
		t.Errorf("who was told of b (-want +got):\n%s", diff)
	}
}

func (d *desk) account(t testing.TB, id inbox.AccountID, ch inbox.Channel) {
	t.Helper()
	if _, err := d.SaveAccount(t.Context(), inbox.Account{ID: id, Channel: ch, InboxID: d.first.ID, Name: string(id), MaxProof: inbox.Signed}, time.Now()); err != nil {
		t.Fatal(err)
	}
}

// onChannel makes of a mail a message of another channel, in its thread.
func onChannel(r inbox.Received, account inbox.AccountID, ch inbox.Channel, kind inbox.IdentityKind, thread string) inbox.Received {
	m := r.Message
	r.Account, r.Channel = account, ch
	m.Thread, m.Own, m.Refs = inbox.ChannelKey(account, thread), inbox.Key{}, nil
	m.Identity.Kind = kind
	return r
}

// A customer who is proven goes on with an open conversation about the same
// order on any channel, as a fact that can be undone; what is closed, or only
// claimed, stays closed and apart.
func TestSameOrderAcrossChannels(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	d.account(t, "dm", inbox.Social)
	d.account(t, "chat", inbox.Chat)
	d.deliver(t, bought("HP-10021", "ann@x.example", time.Now()))
	d.deliver(t, naming(arrival("mail", "ann@x.example", nil), inbox.Proven, "Where is my order HP-10021?"))
	c := d.conversationOf(t, "mail")
	d.wantState(t, "mail", c, inbox.Linked)

	// The same person by a channel whose address is proven to be hers.
	signed := func(id, thread string, proof inbox.Proof, text string) inbox.Received {
		r := naming(onChannel(arrival(id, "v-"+thread, nil), "chat", inbox.Chat, inbox.ChatVisitor, thread), proof, text)
		r.Claims = []inbox.Claim{claim(inbox.ClaimEmail, inbox.FromChannel, "ann@x.example", proof, time.Now())}
		return r
	}
	d.deliver(t, signed("claimed", "s0", inbox.Claimed, "I am Ann, where is my order HP-10021?"))
	if got := d.conversationOf(t, "claimed"); got.ID == c.ID {
		t.Error("somebody who claims to be the customer is let into her conversation")
	}
	d.deliver(t, signed("chat", "s1", inbox.Signed, "About order HP-10021 again"))
	d.deliver(t, signed("chat2", "s1", inbox.Signed, "Hello?"))
	for _, id := range []string{"chat", "chat2"} {
		if got := d.conversationOf(t, id); got.ID != c.ID {
			t.Errorf("%s is in %s, want %s", id, got.ID, c.ID)
		}
	}
	d.consistent(t)
	facts, err := d.Facts(ctx, &d.su.Rights, string(c.ID))
	if err != nil || len(facts) != 1 || facts[0].Kind != inbox.FactSameOrder || facts[0].IdentityID == "" {
		t.Fatalf("facts are %+v, %v, want the same order", facts, err)
	}
	if got := d.strings(t, `SELECT reason->>'step' FROM messages WHERE header_id IN ('chat', 'chat2') ORDER BY header_id`); !cmp.Equal(got, []string{"order", "channel-thread"}) {
		t.Errorf("reasons are %v", got)
	}
	d.undo(t, facts[0].ID)
	d.wantMail(t, "undone", "chat chat2", "claimed", "mail")
	if got := d.conversationOf(t, "chat"); got.Channel != inbox.Chat || got.Status != inbox.Open || got.WaitingSince == nil {
		t.Errorf("what came by chat is %+v", got)
	}
	d.deliver(t, signed("chat3", "s1", inbox.Signed, "My order HP-10021!"))
	d.wantMail(t, "what comes later in its thread", "chat chat2 chat3", "claimed", "mail")

	closed := inbox.Closed
	for _, id := range []string{"mail", "chat"} {
		if _, err := d.Patch(ctx, d.su, string(d.conversationOf(t, id).ID), inbox.Patch{Status: &closed}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	d.deliver(t, signed("later", "s2", inbox.Signed, "Order HP-10021 once more"))
	d.wantMail(t, "closed", "chat chat2 chat3", "claimed", "later", "mail")
	d.consistent(t)
}

// Two channels of one person at one instant, on several workers, end together.
func TestSameOrderAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.account(t, "chat", inbox.Chat)
	const n = 6
	var wg sync.WaitGroup
	for i := range n {
		number, who := fmt.Sprint("HP-2000", i), fmt.Sprintf("p%d@x.example", i)
		d.deliver(t, bought(number, who, time.Now()))
		wg.Go(func() {
			d.deliver(t, naming(arrival(fmt.Sprint(i, "a"), who, nil), inbox.Proven, "Where is my order "+number+"?"))
		})
		wg.Go(func() {
			r := onChannel(arrival(fmt.Sprint(i, "b"), who, nil), "chat", inbox.Chat, inbox.EmailAddress, who)
			d.deliver(t, naming(r, inbox.Proven, "Where is my order "+number+"?"))
		})
	}
	wg.Wait()
	for i := range n { // on the order's page, by the shop's own id and from another address, and by its number
		number, who, other := fmt.Sprint("HP-3000", i), fmt.Sprintf("p%d@x.example", i), fmt.Sprintf("q%d@x.example", i)
		d.deliver(t, bought(number, who, time.Now()), arrival(fmt.Sprint(i, "q"), other, nil))
		if _, err := d.Merge(t.Context(), d.su, d.customerOf(t, who), d.customerOf(t, other), "", time.Now()); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			d.deliver(t, naming(arrival(fmt.Sprint(n+i, "a"), who, nil), inbox.Proven, "Where is my order "+number+"?"))
		})
		wg.Go(func() {
			r := naming(onChannel(arrival(fmt.Sprint(n+i, "b"), other, nil), "chat", inbox.Chat, inbox.EmailAddress, "page "+who), inbox.Proven, "Hello?")
			r.Message.Mentions = []inbox.Mention{{Kind: inbox.MentionContext, Key: inbox.ContextKey("shop", "x"+number, ""), Part: "context", Score: 1}}
			d.deliver(t, r)
		})
	}
	wg.Wait()
	for i := range 2 * n {
		if a, b := d.conversationOf(t, fmt.Sprint(i, "a")), d.conversationOf(t, fmt.Sprint(i, "b")); a.ID != b.ID {
			t.Errorf("the two channels of %d are apart", i)
		}
	}
	d.consistent(t)
}

// What an agent handed over goes on by the next message of that identity, once;
// given up before it comes, it does not.
func TestHandOver(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	d.account(t, "chat", inbox.Chat)
	d.deliver(t, onChannel(arrival("chat", "visitor", nil), "chat", inbox.Chat, inbox.ChatVisitor, "s"))
	d.mail(t, "support", "old", "ann@x.example")
	c := d.conversationOf(t, "chat")
	who := inbox.IdentityID(d.strings(t, `SELECT id::text FROM identities WHERE key = 'ann@x.example'`)[0])
	first, err := d.HandOver(ctx, d.anna, string(c.ID), who, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.HandOver(ctx, d.anna, string(c.ID), who, time.Now())
	if err != nil || again.From != "" || again.Into != c.ID || again.IdentityID != who {
		t.Fatalf("HandOver() = %+v, %v", again, err)
	}
	d.mail(t, "support", "old2", "ann@x.example", "old") // answers something else
	d.mail(t, "support", "new", "ann@x.example")
	d.mail(t, "support", "new2", "ann@x.example", "new")
	d.mail(t, "support", "third", "ann@x.example")
	d.wantMail(t, "handed over", "chat new new2", "old old2", "third")
	d.consistent(t)
	if _, err := d.Undo(ctx, d.anna, first.ID, time.Now()); err == nil {
		t.Error("the hand-over that was given up was undone")
	}
	d.undo(t, again.ID)
	d.wantMail(t, "undone", "chat", "new new2", "old old2", "third")

	waits, err := d.HandOver(ctx, d.anna, string(c.ID), who, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if list, err := d.Undo(ctx, d.anna, waits.ID, time.Now()); err != nil || len(list) != 1 || list[0].ID != c.ID {
		t.Errorf("undo of one that waits = %+v, %v", list, err)
	}
	d.mail(t, "support", "fourth", "ann@x.example")
	d.wantMail(t, "given up", "chat", "fourth", "new new2", "old old2", "third")
}

// Agents and four workers at once: nothing is lost, and every figure is right.
func TestMovesWhileMailComes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := context.WithoutCancel(t.Context())
	rng := rand.New(rand.NewPCG(5, 5))
	mails := tangle(rng, 60)
	d.deliver(t, mails[:10]...)
	queue := make(chan inbox.Received, len(mails))
	for _, m := range mails[10:] {
		queue <- m
	}
	close(queue)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for m := range queue {
				d.deliver(t, m)
			}
		})
	}
	for worker := range 2 {
		s := &shuffler{desk: d, rng: rand.New(rand.NewPCG(uint64(worker), 9)), prefix: fmt.Sprint(worker, "-")}
		wg.Go(func() {
			for range 25 {
				if err := s.do(ctx, t); err != nil && inbox.CodeOf(err) != inbox.Conflict && !store.Transient(err) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	d.consistent(t)
	if got := d.strings(t, `SELECT count(*)::text FROM messages WHERE direction = 'in'`); got[0] != fmt.Sprint(len(mails)) {
		t.Errorf("%s mails are there, want %d", got[0], len(mails))
	}
}

// What may belong together is named with its reason, strongest first, and
// joined by nobody; what an agent moved apart, or may not see, is not named.
func TestRelated(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	topic := func(id, from, subject string, refs ...string) inbox.Conversation {
		r := arrival(id, from, refs)
		r.Message.Subject = subject
		d.deliver(t, r)
		return d.conversationOf(t, id)
	}
	c := topic("a", "ann@x.example", "The kettle leaks")
	same := topic("b", "ann@x.example", "Re: the kettle  leaks")
	open := topic("c", "ann@x.example", "A lamp")
	quoted := topic("q", "eve@x.example", "Look", "a")
	topic("d", "bob@x.example", "The kettle leaks")
	hidden := arrival("h", "ann@x.example", nil)
	hidden.Account, hidden.Message.Subject = "second", "The kettle leaks"
	d.deliver(t, hidden)

	want := func(by *inbox.Caller, of inbox.Conversation, lines ...string) {
		t.Helper()
		list, err := d.Related(ctx, &by.Rights, string(of.ID))
		if err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for _, r := range list {
			if r.Text == "" || r.Conversation.Number == 0 {
				t.Errorf("related is %+v", r)
			}
			got = append(got, fmt.Sprint(r.Conversation.Number, " ", r.Why))
		}
		if diff := cmp.Diff(lines, got); diff != "" {
			t.Errorf("related to #%d (-want +got):\n%s", of.Number, diff)
		}
	}
	is := func(c inbox.Conversation, why inbox.RelationKind) string { return fmt.Sprint(c.Number, " ", why) }
	want(d.anna, c, is(quoted, "quoted"), is(same, "same-subject"), is(open, "same-customer-open"))
	want(d.anna, quoted, is(c, "quotes"))
	want(d.su, c, is(quoted, "quoted"), is(d.conversationOf(t, "h"), "same-subject"), is(same, "same-subject"), is(open, "same-customer-open"))

	topic("a2", "ann@x.example", "The kettle leaks", "a")
	n, _ := d.split(t, c, "", "a2")
	want(d.anna, c, is(quoted, "quoted"), is(same, "same-subject"), is(open, "same-customer-open"))
	want(d.anna, n, is(same, "same-subject"), is(open, "same-customer-open"))

	d.deliver(t, bought("HP-10021", "ann@x.example", time.Now()))
	d.deliver(t, naming(arrival("o1", "ann@x.example", []string{"c"}), inbox.Proven, "It is about HP-10021"))
	d.deliver(t, naming(arrival("o2", "ann@x.example", []string{"b"}), inbox.Proven, "HP-10021 it is"))
	want(d.anna, d.conversationOf(t, "o1"), is(same, "same-order"), is(n, "same-customer-open"), is(c, "same-customer-open"))
}

// What had joined a moved message's side by answering it, and only that, is
// where the message is once the move is undone; what stays in the other
// conversation is as it was.
func TestUndoneSplitTiesAnew(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	other := d.mail(t, "support", "o", "cid@x.example")
	c := d.mail(t, "support", "a", "ann@x.example")
	d.mail(t, "support", "b", "ann@x.example", "a")
	d.mail(t, "support", "d", "bob@x.example", "b") // a stranger so far
	_, id := d.split(t, c, string(other.ID), "b")
	copied := arrival("c", "ann@x.example", []string{"b"}, "bob@x.example")
	d.deliver(t, copied)
	d.wantMail(t, "bob takes part where b is", "a", "b c d o")
	d.undo(t, id)
	d.wantMail(t, "undone", "a b c d", "o")
	if got := d.conversationOf(t, "o"); got.ID != other.ID {
		t.Errorf("o is in %s, want %s", got.ID, other.ID)
	}
}
