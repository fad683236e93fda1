package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"skein/inbox"
	"skein/inbox/identity"
	"skein/inbox/store"
)

// mails are what went out by mail in a conversation.
func (r *reader) mails(c inbox.Conversation) (list []inbox.Message) {
	r.t.Helper()
	return slices.DeleteFunc(r.messages(c), func(m inbox.Message) bool { return m.Channel != inbox.Email || m.Direction != inbox.Out })
}

// fireMail lets time pass.
func (n *chatNode) fireMail(after time.Duration) {
	n.t.Helper()
	rule := store.MailRule{Plan: n.visitorMail, Seal: n.seal, MatchKey: identity.EmailKey}
	for {
		fired, err := n.store.FireVisitorMail(n.t.Context(), time.Now().Add(after), rule)
		if err != nil {
			n.t.Fatal(err)
		}
		if !fired {
			return
		}
	}
}

// An answer that nobody reads goes by mail, once, to an address that the visitor
// left in this session or that the shop vouches for; never to one that they merely
// typed, not before its time, and not what was read. The answer to that mail comes
// back to the conversation, and the visitor of the chat sees nothing of it; the
// next answer of an agent goes to the chat all the same.
func TestMissedAnswersGoByMail(t *testing.T) {
	t.Parallel()
	secret := strings.Repeat("s", 32)
	n := startChat(t, fmt.Sprintf(`{"origins": [%q], "brand": {"name": "The shop"}, "secrets": [%q], "mail": {"account": "support", "after": "10m"}}`, shopOrigin, secret))
	n.sidecar()
	boss := n.agent("boss", inbox.AdminRole)

	typed := n.visit(nil)
	typed.say(map[string]any{"t": "identify", "email": "typed@x.example"})
	typed.write(uuid(1), "who typed an address")
	left := n.visit(nil)
	left.say(map[string]any{"t": "offline", "id": uuid(2), "email": "left@x.example", "name": "Lea", "text": "who left an address"})
	signed := n.visit(map[string]any{"jwt": signedIn(t, secret, "7", "signed@x.example", true)})
	signed.write(uuid(3), "who is signed in")
	reading := n.visit(map[string]any{"jwt": signedIn(t, secret, "8", "reading@x.example", true)})
	reading.write(uuid(4), "who reads")

	chats := map[*tab]inbox.Conversation{}
	for v, text := range map[*tab]string{typed: "who typed an address", left: "who left an address", signed: "who is signed in", reading: "who reads"} {
		chats[v] = boss.chat(text)
		boss.reply(chats[v], "answer to "+text)
		v.expect("the answer", func(f visitorFrame) bool { return f.T == "message" && f.From == "agent" })
	}
	reading.say(map[string]any{"t": "read", "seq": reading.last()})
	boss.until("it is read", func() bool {
		list := boss.messages(chats[reading])
		return list[len(list)-1].State == inbox.Read
	})

	n.fireMail(5 * time.Minute)
	for v, want := range map[*tab]int{typed: 0, left: 1, signed: 0, reading: 0} {
		if got := boss.mails(chats[v]); len(got) != want {
			t.Errorf("after 5 minutes %q has %d mails, want %d", chats[v].Preview, len(got), want)
		}
	}
	n.fireMail(30 * time.Minute)
	n.fireMail(time.Hour)
	for v, want := range map[*tab]string{typed: "", left: "left@x.example", signed: "signed@x.example", reading: ""} {
		got := boss.mails(chats[v])
		switch {
		case want == "" && len(got) > 0, want != "" && len(got) != 1:
			t.Errorf("%q has %d mails", chats[v].Preview, len(got))
		case want != "" && (got[0].To[0].Address != want || !strings.Contains(got[0].Text, "answer to "+chats[v].Preview) || got[0].Subject != "Your chat with The shop" || !got[0].Automatic.Is):
			t.Errorf("mailed %+v", got[0])
		}
	}

	mail := boss.mails(chats[left])[0]
	n.mail("support", "by-mail", "Lea/left@x.example", inbox.Proven, "answered by mail, xqxqxq1", mail.HeaderID)
	boss.until("it is in the same conversation", func() bool {
		return slices.ContainsFunc(boss.messages(chats[left]), func(m inbox.Message) bool { return m.Text == "answered by mail, xqxqxq1" })
	})
	boss.reply(boss.chat("answered by mail, xqxqxq1"), "to the mail, xqxqxq2")
	left.write(uuid(5), "back in the chat")
	boss.until("it goes on in the chat", func() bool { return boss.chat("back in the chat").Channel == inbox.Chat })
	boss.reply(boss.chat("back in the chat"), "to the chat")
	left.expect("the answer", func(f visitorFrame) bool { return f.Text == "to the chat" })
	if strings.Contains(left.bytes(), "xqxqxq") {
		t.Error("the visitor of the chat saw what was mailed")
	}
	n.fireMail(time.Hour)
	if got := boss.mails(chats[left]); len(got) != 3 || strings.Contains(got[2].Text, "answer to") || !strings.Contains(got[2].Text, "to the chat") {
		t.Errorf("mails: %+v", got)
	}
	if c := boss.chat("to the chat"); c.Channel != inbox.Chat || c.Account != "web" {
		t.Errorf("the next answer would go by %s/%s", c.Channel, c.Account)
	}
}

// Who goes on by mail from an address that they have proven is heard in the same
// conversation, whatever they write of; by typing somebody's address nobody's mail
// is drawn into a chat.
func TestChatGoesOnByMail(t *testing.T) {
	t.Parallel()
	secret := strings.Repeat("s", 32)
	n := startChat(t, fmt.Sprintf(`{"origins": [%q], "secrets": [%q]}`, shopOrigin, secret))
	n.sidecar()
	boss := n.agent("boss", inbox.AdminRole)
	n.mail("support", "long ago", "Ann/ann@x.example", inbox.Proven, "hello")
	n.mail("support", "long ago too", "Bob/bob@x.example", inbox.Proven, "hello")
	boss.find("long ago")
	boss.find("long ago too")

	signed, typed := n.visit(map[string]any{"jwt": signedIn(t, secret, "7", "ann@x.example", true)}), n.visit(nil)
	for v, email := range map[*tab]string{signed: "ann@x.example", typed: "bob@x.example"} {
		v.write(uuid(1), "I have to go, "+email)
		v.expect("it is there", func(f visitorFrame) bool { return f.T == "message" })
		v.say(map[string]any{"t": "handover", "id": uuid(2), "email": email})
		v.expect("it is told", func(f visitorFrame) bool { return f.T == "message" && f.From == "system" })
	}
	n.mail("support", "afresh", "Ann/ann@x.example", inbox.Proven, "it is me, Ann")
	n.mail("support", "afresh, too", "Bob/bob@x.example", inbox.Proven, "I never chatted")
	c := boss.chat("it is me, Ann")
	if list := boss.messages(c); len(list) != 3 || list[2].Reason.Step != inbox.ByHandOver || list[0].Channel != inbox.Chat {
		t.Errorf("who has proven the address: %+v", list)
	}
	if list := boss.messages(boss.find("afresh, too")); len(list) != 1 {
		t.Errorf("whose address somebody typed: %+v", list)
	}
}

// Who waits is told the place in the queue, by how long they have waited; who is
// taken waits no more.
func TestChatQueue(t *testing.T) {
	t.Parallel()
	n := startChat(t, "")
	n.sidecar()
	anna := n.agent("anna", inbox.AgentRole, n.inboxes["support"].ID)
	var tabs []*tab
	for i := range 3 {
		v := n.visit(nil)
		v.write(uuid(i), fmt.Sprint("visitor ", i))
		v.expect("it is there", func(f visitorFrame) bool { return f.T == "message" })
		tabs = append(tabs, v)
	}
	place := func(v *tab) int {
		again := n.visit(map[string]any{"session": v.Session, "token": v.Token})
		return again.expect("welcome", func(f visitorFrame) bool { return f.T == "welcome" }).Queue
	}
	for i, v := range tabs {
		if got := place(v); got != i+1 {
			t.Errorf("visitor %d is at place %d", i, got)
		}
	}
	c := anna.chat("visitor 0")
	anna.want(200, "PATCH", "/conversations/"+string(c.ID), map[string]any{"assigneeId": anna.me()}, nil)
	if got := []int{place(tabs[0]), place(tabs[1]), place(tabs[2])}; !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("after one is taken: %v", got)
	}
	anna.reply(anna.chat("visitor 1"), "hello")
	tabs[1].expect("the answer", func(f visitorFrame) bool { return f.From == "agent" })
	if got := []int{place(tabs[1]), place(tabs[2])}; !slices.Equal(got, []int{0, 1}) {
		t.Errorf("after one is answered: %v", got)
	}
	tabs[2].expect("it is told", func(f visitorFrame) bool { return f.T == "queue" && f.Position == 1 })
}

func (r *reader) me() inbox.AgentID {
	r.t.Helper()
	var me struct{ Agent inbox.Agent }
	r.want(200, "GET", "/me", nil, &me)
	return me.Agent.ID
}
