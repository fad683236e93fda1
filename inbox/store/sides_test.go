package store_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// opening is a mail to somebody.
func opening(key, to, text string) inbox.Opening {
	o := inbox.Opening{Answer: answer(key, text, 0), Account: "support", Subject: "About it"}
	o.To = []inbox.Party{{Address: to}}
	return o
}

// A conversation that we begin is one with whoever has the address, known or new,
// is the agent's, is told of, counts, and goes on when it is answered; the same
// key begins it once.
func TestBegin(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	known := d.mail(t, "support", "m1", "kim@x.example")
	got, err := d.Begin(ctx, d.anna, opening("k1", "kim@x.example", "Your whisk has come."))
	if err != nil {
		t.Fatal(err)
	}
	c := got.Conversation
	if c.Customer.CustomerID != known.Customer.CustomerID || c.ID == known.ID || c.Assignee != d.anna.Agent.ID || c.Status != inbox.Open ||
		c.WaitingSince != nil || c.Subject != "About it" || c.Preview != "Your whisk has come." || got.Message.Subject != "About it" {
		t.Errorf("Begin() = %+v", got)
	}
	again, err := d.Begin(ctx, d.anna, opening("k1", "kim@x.example", "Your whisk has come."))
	if err != nil || again.Conversation.ID != c.ID || again.Message.ID != got.Message.ID {
		t.Errorf("the same key began %s, %v, want %s", again.Conversation.ID, err, c.ID)
	}
	stranger, err := d.Begin(ctx, d.anna, opening("k2", "new@x.example", "Hello."))
	if err != nil || stranger.Conversation.Customer.Address != "new@x.example" || stranger.Conversation.Customer.Proof != inbox.Inferred {
		t.Errorf("with a new address: %+v, %v", stranger.Conversation, err)
	}
	d.fireAll(t, time.Now().Add(time.Second))
	if sends := d.strings(t, `SELECT subject FROM outbox WHERE subject LIKE 'skein.out.%'`); len(sends) != 2 {
		t.Errorf("%d left, want 2", len(sends))
	}
	if there := d.mail(t, "support", "m2", "new@x.example", stranger.Message.HeaderID); there.ID != stranger.Conversation.ID || there.WaitingSince == nil {
		t.Errorf("its answer is in %s, waiting since %v, want %s", there.ID, there.WaitingSince, stranger.Conversation.ID)
	}
	d.folded(t)

	_, err = d.Begin(ctx, d.bert, opening("k3", "kim@x.example", "Hello."))
	wantCode(t, "by an account of another inbox", err, inbox.NotFound)
	_, err = d.Begin(ctx, d.anna, opening("k4", "second@shop.example", "Hello."))
	wantCode(t, "with ourselves", err, inbox.Invalid)
	_, err = d.Begin(ctx, d.anna, opening("k5", "nobody", "Hello."))
	wantCode(t, "with what is no address", err, inbox.Invalid)
	o := opening("k6", "", "Hello.")
	o.Account, o.To, o.Identity = "second", nil, known.Customer.IdentityID
	_, err = d.Begin(ctx, d.bert, o)
	wantCode(t, "with a customer of another inbox", err, inbox.NotFound)
}

// What we write first answers nobody: the first reply of a conversation that we
// began is the one after its customer's first answer.
func TestBeginIsNoReply(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	got, err := d.Begin(ctx, d.anna, opening("k1", "kim@x.example", "Hello."))
	if err != nil {
		t.Fatal(err)
	}
	id := string(got.Conversation.ID)
	say := func(key string) inbox.Conversation {
		t.Helper()
		if _, err := d.Reply(ctx, d.anna, id, answer(key, "Hello?", 99)); err != nil {
			t.Fatal(err)
		}
		c, err := d.Conversation(ctx, &d.anna.Rights, id)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if c := say("k2"); !c.Outbound || c.FirstReplyAt != nil || c.HeardAt != nil {
		t.Errorf("before they answer: %+v, want no first reply", c)
	}
	heard := d.mail(t, "support", "m1", "kim@x.example", got.Message.HeaderID)
	if heard.ID != got.Conversation.ID || heard.HeardAt == nil || !heard.HeardAt.Equal(*heard.WaitingSince) {
		t.Errorf("when they answer: %+v, want them heard then", heard)
	}
	first := say("k3")
	if first.FirstReplyAt == nil || first.FirstReplyAt.Before(*heard.HeardAt) {
		t.Fatalf("after our answer: %+v, want a first reply", first)
	}
	if again := say("k4"); !again.FirstReplyAt.Equal(*first.FirstReplyAt) {
		t.Errorf("first reply at %v, want it to stay %v", again.FirstReplyAt, first.FirstReplyAt)
	}
	d.folded(t)
}

// What comes first can be taken back and said anew.
func TestBeginUnsent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	o := opening("k1", "kim@x.example", "Helo.")
	o.SendAt = o.At.Add(time.Minute)
	got, err := d.Begin(ctx, d.anna, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Unsend(ctx, d.anna, got.Message.ID, time.Now()); err != nil {
		t.Fatal(err)
	}
	m, err := d.Reply(ctx, d.anna, string(got.Conversation.ID), answer("k2", "Hello.", 0))
	if err != nil || m.Subject != "About it" || len(m.To) != 1 || m.To[0].Address != "kim@x.example" || m.ThreadID != got.Message.ThreadID {
		t.Errorf("said anew: %+v, %v", m, err)
	}
}

// An answer leaves by another account of its inbox where the agent says so, and by
// none of another inbox.
func TestReplyBy(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	if _, err := d.SaveAccount(ctx, inbox.Account{ID: "sales", Channel: inbox.Email, InboxID: d.first.ID, Name: "Sales",
		Address: "sales@shop.example", Own: []string{"sales@shop.example"}}, time.Now()); err != nil {
		t.Fatal(err)
	}
	c := d.mail(t, "support", "m1", "kim@x.example")
	ways, err := d.Ways(ctx, &d.anna.Rights, string(c.ID), nil)
	if err != nil || len(ways) != 2 || ways[0].Account.ID != "support" || ways[1].Account.ID != "sales" || ways[1].To[0].Address != "kim@x.example" {
		t.Fatalf("Ways() = %+v, %v", ways, err)
	}
	a := answer("k1", "Hello.", c.PublicSeq)
	a.By = "second"
	_, err = d.Reply(ctx, d.anna, string(c.ID), a)
	wantCode(t, "by another inbox's account", err, inbox.Invalid)
	a.By = "sales"
	m, err := d.Reply(ctx, d.anna, string(c.ID), a)
	if err != nil || m.Account != "sales" || m.Author.Address != "sales@shop.example" {
		t.Fatalf("Reply() = %+v, %v", m, err)
	}
	if after := d.conversationOf(t, "m1"); after.Account != "sales" {
		t.Errorf("the next one leaves by %s, want sales", after.Account)
	}
}

// Somebody who wrote by mail can be written to by their number where the service
// takes that; what they answer there comes to the conversation; and what they
// write there goes on in one conversation alone.
func TestReplyByNumber(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	for _, id := range []inbox.AccountID{"sms", "line"} {
		if _, err := d.SaveAccount(ctx, inbox.Account{ID: id, Channel: inbox.Social, InboxID: d.first.ID, Name: string(id)}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	bounds := func(a *inbox.Account) (inbox.SendBounds, error) {
		return inbox.SendBounds{ByNumber: a.ID == "sms"}, nil
	}
	c := d.mail(t, "support", "m1", "kim@x.example")
	say := func(key string, c inbox.Conversation, by inbox.AccountID) (inbox.Message, error) {
		a := answer(key, "Hello.", 99)
		a.By, a.Bounds = by, bounds
		return d.Reply(ctx, d.anna, string(c.ID), a)
	}
	_, err := say("k1", c, "sms")
	wantCode(t, "without a number", err, inbox.Conflict)
	d.strings(t, `WITH born AS (INSERT INTO customers (id) VALUES (gen_random_uuid()) RETURNING id)
		INSERT INTO identities (id, customer_id, born_id, kind, key, value)
		SELECT gen_random_uuid(), $1, id, 'phone', '+436601234567', '+43 660 1234567' FROM born RETURNING key`, c.Customer.CustomerID)
	_, err = say("k2", c, "line")
	wantCode(t, "where numbers are nothing", err, inbox.Conflict)
	m, err := say("k3", c, "sms")
	if err != nil || m.To[0].Address != "+436601234567" || m.Channel != inbox.Social {
		t.Fatalf("Reply() = %+v, %v", m, err)
	}
	now := time.Now()
	in := inbox.Received{Account: "sms", Channel: inbox.Social, EventID: "sms:1", At: now, Message: &inbox.Arrival{
		Thread: inbox.ChannelKey("sms", "+436601234567"), SenderKey: "+436601234567",
		Identity: inbox.IdentityRef{Kind: inbox.PhoneNumber, Key: "+436601234567"}, Person: inbox.Party{Address: "+436601234567"},
		Message: inbox.Message{HeaderID: "s1", Direction: inbox.In, Text: "Thanks.", CreatedAt: now, SentAt: now,
			Author: inbox.Author{Kind: inbox.ByCustomer, Address: "+436601234567"}},
	}}
	d.deliver(t, in)
	if there := d.conversationOf(t, "s1"); there.ID != c.ID || there.Account != "sms" {
		t.Errorf("the answer is in %s, answered by %s; want %s, sms", there.ID, there.Account, c.ID)
	}
	other := d.mail(t, "support", "m2", "kim@x.example")
	_, err = say("k4", other, "sms")
	if wantCode(t, "from another conversation", err, inbox.Conflict); err != nil && !strings.Contains(err.Error(), "goes on") && !strings.Contains(err.Error(), "go on there") {
		t.Errorf("says %v, want where it goes on", err)
	}
}

// What is said aside stays there: its answers come to it alone and bring the
// conversation back, strangers and the customer come in by nothing that they got
// hold of, and it is in no list, no count and no merge.
func TestSide(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	c := d.mail(t, "support", "m1", "kim@x.example")
	o := opening("k1", "depot@carrier.example", "Where is parcel 4?")
	o.Beside = string(c.ID)
	got, err := d.Begin(ctx, d.anna, o)
	if err != nil {
		t.Fatal(err)
	}
	side := got.Conversation
	if side.Status != inbox.Side || side.SideOf != c.ID || side.Customer.CustomerID == c.Customer.CustomerID {
		t.Errorf("Begin() = %+v", side)
	}
	closed := inbox.Closed
	if _, err := d.Patch(ctx, d.anna, string(c.ID), inbox.Patch{Status: &closed}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if there := d.mail(t, "support", "w1", "depot@carrier.example", got.Message.HeaderID); there.ID != side.ID {
		t.Errorf("the answer is in %+v, want %s", there, side.ID)
	}
	if after := d.conversationOf(t, "m1"); after.Status != inbox.Open || after.MessageSeq != c.MessageSeq || after.Preview != c.Preview {
		t.Errorf("the conversation after an answer aside: %+v, want it open and as it was", after)
	}
	// Who got hold of it, by its Message-ID, by our token, by its own address.
	for _, who := range []string{"kim@x.example", "stranger@x.example"} {
		r := arrival("q"+who, who, []string{got.Message.HeaderID})
		r.Message.Token, r.Message.Plus = got.Message.ID, side.ID
		d.deliver(t, r)
		there := d.conversationOf(t, "q"+who)
		if there.ID == side.ID || there.ID == c.ID {
			t.Errorf("%s is in %s", who, there.ID)
		}
	}
	// Who takes part in both: neither becomes the other.
	both := arrival("b1", "depot@carrier.example", []string{"m1", got.Message.HeaderID})
	d.deliver(t, arrival("m2", "kim@x.example", []string{"m1"}, "depot@carrier.example"))
	d.deliver(t, both)
	if after := d.conversationOf(t, "m1"); after.ID != c.ID || after.MergedInto != "" || d.conversationOf(t, "w1").ID != side.ID {
		t.Errorf("a mail to both has joined them")
	}

	for _, sort := range []inbox.Sort{inbox.SortNewest, inbox.SortOldest, inbox.SortWaiting, inbox.SortPriority} {
		for _, rights := range []*inbox.Rights{&d.su.Rights, &d.anna.Rights} {
			list, _, err := d.Conversations(ctx, rights, inbox.ConversationFilter{Sort: sort, Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range list {
				if l.ID == side.ID {
					t.Errorf("it is in the list by %v of %s", sort, rights.Agent.Name)
				}
			}
		}
	}
	counts, err := d.Counts(ctx, &d.su.Rights)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range counts {
		if n.Status == inbox.Side {
			t.Errorf("it counts: %+v", n)
		}
	}
	list, err := d.Sides(ctx, &d.anna.Rights, string(c.ID))
	if err != nil || len(list) != 1 || list[0].ID != side.ID || list[0].WaitingSince != nil {
		t.Errorf("Sides() = %+v, %v", list, err)
	}
	_, err = d.Sides(ctx, &d.bert.Rights, string(c.ID))
	wantCode(t, "another inbox's agent", err, inbox.NotFound)
	_, _, err = d.MergeConversations(ctx, d.anna, string(c.ID), string(side.ID), time.Now())
	wantCode(t, "a merge", err, inbox.Conflict)
	_, err = d.Patch(ctx, d.anna, string(side.ID), inbox.Patch{Status: &closed}, time.Now())
	wantCode(t, "closing it", err, inbox.Conflict)
	a := answer("k2", "Thanks.", 99)
	a.Close = true
	_, err = d.Reply(ctx, d.anna, string(side.ID), a)
	wantCode(t, "closing it with a reply", err, inbox.Conflict)
	a = answer("k3", "Thanks.", 99)
	a.Cc = []inbox.Party{{Address: "kim@x.example"}}
	_, err = d.Reply(ctx, d.anna, string(side.ID), a)
	wantCode(t, "with the customer in Cc", err, inbox.Conflict)
	o = opening("k4", "kim@x.example", "Psst.")
	o.Beside = string(c.ID)
	_, err = d.Begin(ctx, d.anna, o)
	wantCode(t, "one with the customer", err, inbox.Conflict)
	o = opening("k5", "depot@carrier.example", "And?")
	o.Beside = string(side.ID)
	_, err = d.Begin(ctx, d.anna, o)
	wantCode(t, "one of a side conversation", err, inbox.Conflict)
	d.folded(t)
}

// Somebody there who writes to the customer too lets nobody in: what the customer
// answers to all of them is in the customer's own conversation, by whichever of
// its signs it is known, and what those answer among each other stays aside.
func TestSideAnsweredByCustomer(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"reference", "token", "address", "late"} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			ctx := t.Context()
			c := d.mail(t, "support", "m1", "kim@x.example")
			o := opening("k1", "depot@carrier.example", "Where is parcel 4?")
			o.Beside = string(c.ID)
			got, err := d.Begin(ctx, d.anna, o)
			if err != nil {
				t.Fatal(err)
			}
			side := got.Conversation
			d.deliver(t, arrival("w1", "depot@carrier.example", []string{got.Message.HeaderID}, "kim@x.example", "clerk@carrier.example"))
			all := arrival("q1", "kim@x.example", []string{"w1", got.Message.HeaderID}, "depot@carrier.example")
			switch by {
			case "token":
				all = arrival("q1", "kim@x.example", nil, "depot@carrier.example")
				all.Message.Token = got.Message.ID
			case "address":
				all = arrival("q1", "kim@x.example", nil, "depot@carrier.example")
				all.Message.Plus = side.ID
			case "late": // the clerk's answer to it came first
				d.deliver(t, arrival("w2", "clerk@carrier.example", []string{"q1", "w1"}, "kim@x.example"))
				all = arrival("q1", "kim@x.example", nil, "clerk@carrier.example")
			}
			d.deliver(t, all)
			there := d.conversationOf(t, "q1")
			if there.ID != c.ID || there.WaitingSince == nil || there.PublicSeq <= c.PublicSeq {
				t.Errorf("what the customer answered is in %+v, want it waiting in %s", there, c.ID)
			}
			said, _, err := d.Messages(ctx, &d.anna.Rights, string(c.ID), 0, 50)
			if err != nil || len(said) != 2 || said[1].Reason.Linked != side.ID {
				t.Errorf("there is said %+v, %v; want a second message that names the side conversation", said, err)
			}
			d.deliver(t, arrival("w3", "clerk@carrier.example", []string{"w1"}))
			if there := d.conversationOf(t, "w3"); there.ID != side.ID {
				t.Errorf("a colleague's answer is in %s, want %s", there.ID, side.ID)
			}
			// What follows from it goes on there, and joins nothing.
			d.mail(t, "support", "q2", "kim@x.example", "q1")
			if there := d.conversationOf(t, "q2"); there.ID != c.ID {
				t.Errorf("what the customer said then is in %s", there.ID)
			}
			related, err := d.Related(ctx, &d.anna.Rights, string(c.ID))
			if err != nil || len(related) != 0 {
				t.Errorf("Related() = %+v, %v, want none", related, err)
			}
			d.folded(t)
		})
	}
}

// Nothing of a side conversation is in what goes to the customer: not in mails
// and their headers, not in variables, not in what a visitor of a chat is told.
func TestSideNeverReachesCustomer(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	const secret = "Zebrafink"
	c := d.mail(t, "support", "m1", "kim@x.example")
	o := opening("k1", "depot@carrier.example", secret+" one")
	o.Beside, o.Subject = string(c.ID), secret
	o.To[0].Name = secret
	got, err := d.Begin(ctx, d.anna, o)
	if err != nil {
		t.Fatal(err)
	}
	r := arrival(secret+"-w1", "depot@carrier.example", []string{got.Message.HeaderID})
	r.Message.Text, r.Message.Subject = secret+" two", secret
	d.deliver(t, r)
	if _, err := d.Reply(ctx, d.anna, string(got.Conversation.ID), answer("k2", secret+" three", 99)); err != nil {
		t.Fatal(err)
	}
	d.mail(t, "support", "m2", "kim@x.example", "m1")
	m, err := d.Reply(ctx, d.anna, string(c.ID), answer("k3", "It will come.", 99))
	if err != nil {
		t.Fatal(err)
	}
	for fired := true; fired; {
		if fired, err = d.FireSend(ctx, time.Now().Add(time.Second), func(l inbox.Departure) (string, []byte, error) {
			payload, err := json.Marshal(l)
			return "skein.out.email.support", payload, err
		}); err != nil {
			t.Fatal(err)
		}
	}
	theirs := d.strings(t, `SELECT convert_from(payload, 'UTF8') FROM outbox
		WHERE subject LIKE 'skein.out.%' AND convert_from(payload, 'UTF8') LIKE '%kim@x.example%' OR subject LIKE 'skein.visitor.%'`)
	if len(theirs) != 1 {
		t.Errorf("%d things went to the customer, want 1", len(theirs))
	}
	said, _, err := d.Messages(ctx, &d.anna.Rights, string(c.ID), 0, 50)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range said {
		theirs = append(theirs, s.Text, s.Subject)
	}
	theirs = append(theirs, d.strings(t, `SELECT array_to_string(refs, ' ') FROM messages WHERE id = $1`, m.ID)...)
	text, err := d.Render(ctx, &d.anna.Rights, string(c.ID), "Dear {{customer.name}}", nil, nil, func(s string) string { return s })
	if err == nil {
		theirs = append(theirs, text)
	}
	after := d.conversationOf(t, "m1")
	theirs = append(theirs, after.Preview, after.Subject, after.Customer.Name)
	for _, s := range theirs {
		if strings.Contains(s, secret) || strings.Contains(s, string(got.Message.ID)) || strings.Contains(s, string(got.Conversation.ID)) || strings.Contains(s, "carrier.example") {
			t.Errorf("the customer learns %s", s)
		}
	}
}

// A contact is kept once, under its newest name.
func TestContacts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	for _, name := range []string{"Depot", "Carrier"} {
		if _, err := d.SaveContact(ctx, d.anna, name, "depot@carrier.example", "depot@carrier.example", time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	list, err := d.Contacts(ctx)
	if err != nil || len(list) != 1 {
		t.Fatalf("Contacts() = %v, %v", list, err)
	}
	if diff := cmp.Diff(inbox.Contact{ID: list[0].ID, Name: "Carrier", Address: "depot@carrier.example"}, list[0]); diff != "" {
		t.Error(diff)
	}
	if err := d.RemoveContact(ctx, list[0].ID); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "twice", d.RemoveContact(ctx, list[0].ID), inbox.NotFound)
}
