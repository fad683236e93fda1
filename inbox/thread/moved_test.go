package thread

import (
	"testing"
	"time"

	diff "github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// What an agent moved wins over whatever mail says later.
func TestMoved(t *testing.T) {
	ann := func(id, refs string) mail { return mail{id: id, from: "ann", refs: refs} }
	for _, c := range []struct {
		name   string
		before []mail
		move   []string
		after  []mail
		want   []string
	}{
		{"an answer goes where the moved message is",
			[]mail{ann("a", ""), ann("b", "a")}, []string{"b"}, []mail{ann("c", "b"), ann("d", "a"), ann("e", "c")},
			[]string{"a d", "b c e"}},
		{"In-Reply-To decides, not what else is referred to",
			[]mail{ann("a", ""), ann("b", "a")}, []string{"b"}, []mail{ann("c", "a b"), ann("d", "b a")},
			[]string{"a c", "b d"}},
		{"a late parent of both sides stays with what was not moved",
			[]mail{ann("a", "u"), ann("b", "u")}, []string{"b"}, []mail{ann("u", ""), ann("c", "b")},
			[]string{"a u", "b c"}},
		{"a late parent of what was moved goes with it",
			[]mail{ann("a", ""), ann("b", "u a")}, []string{"b"}, []mail{ann("u", "")},
			[]string{"a", "b u"}},
		{"siblings of what was not moved",
			[]mail{ann("a", "u"), ann("b", "u")}, []string{"b"}, []mail{ann("c", "u")},
			[]string{"a c", "b"}},
		{"another conversation joins what was moved, not what it left",
			[]mail{ann("a", ""), ann("b", "a"), {id: "d", from: "bob", refs: "b"}}, []string{"b"},
			[]mail{{id: "c", from: "ann", to: "bob", refs: "b"}},
			[]string{"a", "b c d"}},
		{"nor does anything bring the two together",
			[]mail{ann("a", ""), ann("b", "a"), {id: "d", from: "bob", refs: "b"}}, []string{"b"},
			[]mail{{id: "c", from: "ann", to: "bob", refs: "b"}, {id: "e", from: "bob", refs: "d a"}, {id: "f", from: "ann", refs: "a e"}},
			[]string{"a f", "b c d e"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, size := range []int{1, len(c.after)} {
				w := newWorld()
				for _, m := range c.before {
					w.deliver(m)
				}
				w.split(c.move...)
				for i := 0; i < len(c.after); i += size {
					w.deliver(c.after[i:min(i+size, len(c.after))]...)
				}
				if d := diff.Diff(c.want, w.partition()); d != "" {
					t.Errorf("in batches of %d (-want +got):\n%s", size, d)
				}
			}
		})
	}
}

// Every join of stored conversations is a fact, so that it is known why they
// are one; what was never stored needs none.
func TestTies(t *testing.T) {
	w := newWorld()
	w.deliver(mail{id: "b", from: "ann", refs: "u"})
	w.deliver(mail{id: "c", from: "bob", refs: "u"})
	w.deliver(mail{id: "u", from: "ann", to: "bob"})
	if len(w.ties) != 1 || w.ties[0].Kind != inbox.FactLateParent || w.ties[0].From == w.ties[0].Into {
		t.Errorf("ties are %+v, want one of a late parent", w.ties)
	}
	w = newWorld()
	w.deliver(mail{id: "b", from: "ann", refs: "u"}, mail{id: "c", from: "bob", refs: "u"}, mail{id: "u", from: "ann", to: "bob"})
	if len(w.ties) != 0 || len(w.convs) != 1 {
		t.Errorf("%d conversations and ties %+v of one batch, want one and none", len(w.convs), w.ties)
	}
}

// A chat is a message of a channel whose sessions are threads.
func chat(session string, who inbox.CustomerID, proof inbox.Proof, orders ...string) inbox.Received {
	a := &inbox.Arrival{
		SenderKey: string(who), Identity: inbox.IdentityRef{Kind: inbox.ChatVisitor, Key: string(who)},
		Thread: inbox.ChannelKey("chat", session),
	}
	a.Direction, a.Proof = inbox.In, proof
	for _, o := range orders {
		a.Mentions = append(a.Mentions, inbox.Mention{Kind: inbox.MentionOrder, Key: o})
	}
	return inbox.Received{Account: "chat", Channel: inbox.Chat, At: time.Unix(1e9, 0), Message: a}
}

// A new thread goes on with an open conversation about the same order, by the
// same customer, proven; and with nothing less.
func TestSameOrder(t *testing.T) {
	status := func(s inbox.Status) *inbox.Conversation {
		return &inbox.Conversation{ID: "open", Number: 1, Status: s, Customer: inbox.Person{CustomerID: "ann"}}
	}
	automatic, spam, old, ours := chat("s", "ann", inbox.Proven, "1001"), chat("s", "ann", inbox.Proven, "1001"), chat("s", "ann", inbox.Proven, "1001"), chat("s", "ann", inbox.Proven, "1001")
	automatic.Message.Automatic.Is, spam.Message.Spam, old.History, ours.Message.Direction = true, true, true, inbox.Out
	for _, c := range []struct {
		name  string
		r     inbox.Received
		there *inbox.Conversation
		want  bool
	}{
		{"open", chat("s", "ann", inbox.Proven, "1001"), status(inbox.Open), true},
		{"signed", chat("s", "ann", inbox.Signed, "1001"), status(inbox.Open), true},
		{"waits for the customer", chat("s", "ann", inbox.Proven, "1001"), status(inbox.Pending), true},
		{"snoozed", chat("s", "ann", inbox.Proven, "1001"), status(inbox.Snoozed), true},
		{"closed", chat("s", "ann", inbox.Proven, "1001"), status(inbox.Closed), false},
		{"spam there", chat("s", "ann", inbox.Proven, "1001"), status(inbox.Spam), false},
		{"only claimed", chat("s", "ann", inbox.Claimed, "1001"), status(inbox.Open), false},
		{"somebody else", chat("s", "eve", inbox.Signed, "1001"), status(inbox.Open), false},
		{"another order", chat("s", "ann", inbox.Proven, "1002"), status(inbox.Open), false},
		{"two orders", chat("s", "ann", inbox.Proven, "1001", "1002"), status(inbox.Open), false},
		{"one order, said twice", chat("s", "ann", inbox.Proven, "1001", "1001", "9999"), status(inbox.Open), true},
		{"no order", chat("s", "ann", inbox.Proven), status(inbox.Open), false},
		{"on the order's page", onPage("s", "ann", inbox.Proven, "page of o1"), status(inbox.Open), true},
		{"on its page and by its number", onPage("s", "ann", inbox.Proven, "page of o1", "1001"), status(inbox.Open), true},
		{"on its page, of another", onPage("s", "ann", inbox.Proven, "page of o1", "1002"), status(inbox.Open), false},
		{"on another's page", onPage("s", "ann", inbox.Proven, "page of o3"), status(inbox.Open), false},
		{"on its page, somebody else", onPage("s", "eve", inbox.Proven, "page of o1"), status(inbox.Open), false},
		{"on its page, only claimed", onPage("s", "ann", inbox.Claimed, "page of o1"), status(inbox.Open), false},
		{"a machine", automatic, status(inbox.Open), false},
		{"junk", spam, status(inbox.Open), false},
		{"an import", old, status(inbox.Open), false},
		{"our own", ours, status(inbox.Open), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			ev := &inbox.Evidence{
				Conversations: map[inbox.ConversationID]*inbox.Conversation{"open": c.there},
				Identities: map[inbox.IdentityRef]inbox.Identity{
					{Kind: inbox.ChatVisitor, Key: "ann"}: {CustomerID: "ann"}, {Kind: inbox.ChatVisitor, Key: "eve"}: {CustomerID: "eve"},
				},
				Orders: []inbox.MeantOrder{
					{ID: "o1", Number: "#1001", Key: "1001", Contexts: []string{"page of o1"}, Customer: "ann", Linked: []inbox.ConversationID{"open"}},
					{ID: "o2", Number: "#1002", Key: "1002", Customer: "ann"},
				},
			}
			d := Decide([]inbox.Received{c.r}, ev)
			p := d.Places[0]
			if got := p.Conversation == "open"; got != c.want {
				t.Fatalf("place is %+v, want it in the open conversation: %v", p, c.want)
			}
			if !p.New || !p.NewThread || c.want != (p.Home != p.Conversation) {
				t.Errorf("place is %+v, want a conversation of its own that goes into the other: %v", p, c.want)
			}
			if c.want && (len(d.Ties) != 1 || d.Ties[0].Kind != inbox.FactSameOrder || d.Ties[0].From != p.Home || d.Ties[0].Into != "open" ||
				d.Ties[0].Order != "o1" || p.Reason.Step != inbox.ByOrder) {
				t.Errorf("ties %+v and reason %+v, want the same order", d.Ties, p.Reason)
			}
			if !c.want && (len(d.Ties) != 0 || p.Reason.Step == inbox.ByOrder) {
				t.Errorf("ties %+v and reason %+v, want none", d.Ties, p.Reason)
			}
		})
	}
}

// onPage is a chat that was opened on an order's page.
func onPage(session string, who inbox.CustomerID, proof inbox.Proof, context string, numbers ...string) inbox.Received {
	r := chat(session, who, proof, numbers...)
	r.Message.Mentions = append(r.Message.Mentions, inbox.Mention{Kind: inbox.MentionContext, Key: context})
	return r
}

// Two channels of one person in one batch end together, and an earlier step
// comes first.
func TestSameOrderWithinBatch(t *testing.T) {
	ev := &inbox.Evidence{
		Conversations: map[inbox.ConversationID]*inbox.Conversation{},
		Identities:    map[inbox.IdentityRef]inbox.Identity{{Kind: inbox.ChatVisitor, Key: "ann"}: {CustomerID: "ann"}},
		Orders:        []inbox.MeantOrder{{ID: "o1", Number: "#1001", Key: "1001", Customer: "ann"}},
	}
	first, second, third := chat("s1", "ann", inbox.Proven, "1001"), chat("s2", "ann", inbox.Proven, "1001"), chat("s2", "ann", inbox.Proven)
	d := Decide([]inbox.Received{first, second, third}, ev)
	for i, want := range []inbox.Step{inbox.ByNothing, inbox.ByOrder, inbox.ByChannel} {
		if p := d.Places[i]; p.Conversation != d.Places[0].Home || p.Reason.Step != want {
			t.Errorf("place %d is %+v, want in %s by %s", i, p, d.Places[0].Home, want)
		}
	}
	if d.Places[1].Thread != d.Places[2].Thread || d.Places[0].Thread == d.Places[1].Thread {
		t.Errorf("threads are %s %s %s, want the session's own", d.Places[0].Thread, d.Places[1].Thread, d.Places[2].Thread)
	}
}

// What an agent handed over goes on once, whatever the sender's proof, while
// it is not closed.
func TestHandOver(t *testing.T) {
	for _, status := range []inbox.Status{inbox.Open, inbox.Pending, inbox.Closed} {
		ev := &inbox.Evidence{
			Conversations: map[inbox.ConversationID]*inbox.Conversation{"open": {ID: "open", Number: 1, Status: status}},
			HandOvers:     []inbox.HandOver{{ID: "h", Who: inbox.IdentityRef{Kind: inbox.ChatVisitor, Key: "ann"}, Conversation: "open"}},
		}
		d := Decide([]inbox.Received{chat("s0", "eve", 0), chat("s1", "ann", 0), chat("s2", "ann", 0), chat("s1", "ann", 0)}, ev)
		var got []bool
		for _, p := range d.Places {
			got = append(got, p.Conversation == "open")
		}
		on := status != inbox.Closed
		if want := []bool{false, on, false, on}; diff.Diff(want, got) != "" {
			t.Errorf("%s: in the one handed over: %v, want %v", status, got, want)
		}
		if on && (len(d.Ties) != 1 || d.Ties[0].Waited != "h" || d.Places[1].Reason.Step != inbox.ByHandOver) {
			t.Errorf("%s: ties %+v, reason %+v", status, d.Ties, d.Places[1].Reason)
		}
	}
}
