package store_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
	"skein/inbox/store"
)

// chatBench is a store with a chat's account, and somebody who answers.
func chatBench(t *testing.T) (*deliverBench, *inbox.Caller) {
	t.Helper()
	b := newDeliverBench(t)
	ins, err := b.Inboxes(t.Context(), &inbox.Rights{All: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []inbox.AccountID{"web", "other"} {
		if _, err := b.SaveAccount(t.Context(), inbox.Account{ID: id, Channel: inbox.Chat, InboxID: ins[0].ID, Name: "Chat", MaxProof: inbox.Signed}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	agent := inbox.Agent{ID: inbox.NewID[inbox.AgentID](time.Now()), Email: "ann@skein.example", Name: "Ann", Role: inbox.AgentRole, Active: true}
	if err := b.SaveAgent(t.Context(), agent, "", []inbox.InboxID{ins[0].ID}, nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	return b, &inbox.Caller{Rights: inbox.Rights{Agent: agent, Inboxes: []inbox.InboxID{ins[0].ID}}}
}

// saidIn is a visitor's message in short.
func saidIn(account inbox.AccountID, session, client, text string, files ...inbox.Attachment) inbox.Received {
	now := time.Now()
	m := &inbox.Arrival{Session: session, SenderKey: session, Identity: inbox.IdentityRef{Kind: inbox.ChatVisitor, Key: session}, Person: inbox.Party{Address: session},
		Thread: inbox.ChannelKey(account, session), External: inbox.ExternalKey(account, session+"/"+client), People: []string{session}}
	m.ExternalID = session + "/" + client
	m.Direction, m.Text, m.VisibleText, m.CreatedAt, m.SentAt, m.Proof = inbox.In, text, text, now, now, inbox.Proven
	m.Author = inbox.Author{Kind: inbox.ByCustomer, Address: session}
	m.Attachments = files
	return inbox.Received{Account: account, Channel: inbox.Chat, EventID: "message:" + m.ExternalID, At: now, Message: m}
}

func (b *deliverBench) chatOf(t *testing.T, session string) inbox.ConversationID {
	t.Helper()
	list := b.strings(t, `SELECT t.conversation_id::text FROM visitors v JOIN threads t ON t.id = v.thread_id WHERE v.session = $1`, session)
	if len(list) != 1 {
		t.Fatalf("session %s is in %v", session, list)
	}
	return inbox.ConversationID(list[0])
}

func (b *deliverBench) answer(t *testing.T, by *inbox.Caller, in inbox.ConversationID, text string) inbox.Message {
	t.Helper()
	now := time.Now()
	m, err := b.Reply(t.Context(), by, string(in), inbox.Answer{ID: inbox.NewID[inbox.MessageID](now), At: now, Text: text, Key: text, Hash: []byte(text), Force: true, SendAt: now,
		Seal: func(id inbox.MessageID, _ inbox.ConversationID, _ *inbox.Account) (string, string) {
			return string(id) + "@x", ""
		},
		MatchKey: func(string) string { return "" }})
	if err != nil {
		t.Error(err)
	}
	return m
}

// leave lets every answer leave.
func (b *deliverBench) leave(t *testing.T) {
	t.Helper()
	for {
		fired, err := b.FireSend(t.Context(), time.Now().Add(time.Minute), func(inbox.Departure) (string, []byte, error) { return "skein.out.chat.web", []byte("{}"), nil })
		if err != nil {
			t.Error(err)
		}
		if !fired {
			return
		}
	}
}

// told are the words that a session was told, as the outbox has them.
func (b *deliverBench) told(t *testing.T, account, session string) (list []inbox.VisitorWord) {
	t.Helper()
	for _, raw := range b.strings(t, `SELECT convert_from(payload, 'utf8') FROM outbox WHERE subject = $1 ORDER BY id`, "skein.visitor."+account+"."+session) {
		var w inbox.VisitorWord
		if err := json.Unmarshal([]byte(raw), &w); err != nil {
			t.Fatal(err)
		}
		list = append(list, w)
	}
	return list
}

// Visitors and agents write at once, each message twice: the words of a session
// are numbered from 1 without a gap, the outbox has them in that order, whatever
// was committed when, and who knows one number reads exactly what came after it.
func TestVisitorWords(t *testing.T) {
	t.Parallel()
	b, ann := chatBench(t)
	b.deliver(t, saidIn("web", "s1", "c0", "first of s1"), saidIn("web", "s2", "c0", "first of s2"))
	const n = 12
	var work sync.WaitGroup
	for _, s := range []string{"s1", "s2"} {
		in := b.chatOf(t, s)
		for i := range n {
			work.Go(func() { b.deliver(t, saidIn("web", s, fmt.Sprint("d", i), fmt.Sprint(s, " says ", i))) })
			work.Go(func() { b.deliver(t, saidIn("web", s, fmt.Sprint("d", i), fmt.Sprint(s, " says ", i))) })
			work.Go(func() { b.answer(t, ann, in, fmt.Sprint("to ", s, " ", i)); b.leave(t) })
		}
	}
	work.Wait()
	b.leave(t)
	for _, s := range []string{"s1", "s2"} {
		words := b.told(t, "web", s)
		seen := map[string]int{}
		for i, w := range words {
			if w.Seq != int64(i+1) {
				t.Errorf("%s: word %d has number %d", s, i+1, w.Seq)
			}
			if seen[w.Text]++; seen[w.Text] > 1 || !strings.Contains(w.Text, s) {
				t.Errorf("%s was told %q %d times", s, w.Text, seen[w.Text])
			}
		}
		if len(words) != 2*n+1 {
			t.Errorf("%s was told %d words, want %d", s, len(words), 2*n+1)
		}
		for _, after := range []int64{0, 1, 7, 2*n + 1} {
			since, err := b.VisitorWords(t.Context(), "web", s, after, 100)
			if err != nil || len(since) != 2*n+1-int(after) {
				t.Errorf("after %d there are %d words, %v", after, len(since), err)
			}
			for i, w := range since {
				if w.Seq != after+int64(i)+1 || w.Text != words[w.Seq-1].Text {
					t.Errorf("after %d: word %+v, want %+v", after, w, words[w.Seq-1])
				}
			}
		}
		page, more, err := b.VisitorMessages(t.Context(), "web", s, 10, 5)
		if err != nil || !more || len(page) != 5 || page[0].Seq != 5 || page[4].Seq != 9 {
			t.Errorf("the page before 10: %+v, %v, %v", page, more, err)
		}
	}
	if v, err := b.VisitorSession(t.Context(), "other", "s1"); err != nil || v.Known {
		t.Errorf("the session of another account: %+v, %v", v, err)
	}
	if list, _, err := b.VisitorMessages(t.Context(), "other", "s1", 0, 100); err != nil || len(list) > 0 {
		t.Errorf("messages of another account: %+v, %v", list, err)
	}
	if list, err := b.VisitorWords(t.Context(), "other", "s1", 0, 100); err != nil || len(list) > 0 {
		t.Errorf("words of another account: %+v, %v", list, err)
	}
}

// An answer is told when it leaves and not before; sent again it keeps its place;
// one that never left isn't told; a note never; what is closed and goes on is.
func TestVisitorHears(t *testing.T) {
	t.Parallel()
	b, ann := chatBench(t)
	b.deliver(t, saidIn("web", "s1", "c0", "hello"))
	in := b.chatOf(t, "s1")
	kinds := func() (list []string) {
		for _, w := range b.told(t, "web", "s1") {
			list = append(list, string(w.Kind)+" "+w.Text)
		}
		return list
	}
	want := func(what string, list ...string) {
		t.Helper()
		if got := kinds(); !slices.Equal(got, list) {
			t.Errorf("%s: told %q, want %q", what, got, list)
		}
	}
	m := b.answer(t, ann, in, "an answer")
	if m.To[0].Address != "s1" || m.Channel != inbox.Chat {
		t.Errorf("it goes to %+v", m.To)
	}
	want("queued", "message hello")
	b.leave(t)
	want("left", "message hello", "message an answer")
	receipt := func(state inbox.State) inbox.Received {
		return inbox.Received{Account: "web", Channel: inbox.Chat, EventID: "receipt:" + string(m.ID) + string(state), At: time.Now(),
			Receipt: &inbox.Receipt{MessageID: m.ID, Attempt: 1, State: state}}
	}
	b.deliver(t, receipt(inbox.Uncertain))
	if _, err := b.Resend(t.Context(), m.ID, inbox.SendTimer{}, ann.Actor(), time.Now()); err != nil {
		t.Fatal(err)
	}
	b.leave(t)
	b.deliver(t, receipt(inbox.Read))
	if _, err := b.Note(t.Context(), ann, string(in), inbox.Answer{ID: inbox.NewID[inbox.MessageID](time.Now()), At: time.Now(), Text: "a note", Key: "n", Hash: []byte("n")}); err != nil {
		t.Fatal(err)
	}
	status := inbox.Closed
	if _, err := b.Patch(t.Context(), ann, string(in), inbox.Patch{Status: &status}, time.Now()); err != nil {
		t.Fatal(err)
	}
	b.deliver(t, saidIn("web", "s1", "c1", "again"))
	want("in the end", "message hello", "message an answer", "message an answer", "closed ", "reopened ", "message again")
	list, _, err := b.VisitorMessages(t.Context(), "web", "s1", 0, 100)
	if err != nil || len(list) != 3 || list[1].Seq != 2 || list[1].Text != "an answer" || list[0].State != inbox.Read {
		t.Errorf("shown anew: %+v, %v", list, err)
	}
	if v, err := b.VisitorSession(t.Context(), "web", "s1"); err != nil || !v.Known || !v.Open || v.Last != 6 {
		t.Errorf("session %+v, %v", v, err)
	}
}

// What an agent moves elsewhere, or merges with a mail, tells a visitor nothing,
// and an answer reaches the session whose chat it follows; without one in the
// conversation nobody can be answered there, and nobody else be named.
func TestAnswerInChat(t *testing.T) {
	t.Parallel()
	b, ann := chatBench(t)
	b.deliver(t, saidIn("web", "s1", "c0", "one"), saidIn("web", "s2", "c0", "two"), arrival("m1@x", "cara@x.example", nil))
	s1, s2 := b.chatOf(t, "s1"), b.chatOf(t, "s2")
	mail := b.strings(t, `SELECT conversation_id::text FROM messages WHERE header_id = 'm1@x'`)[0]
	if _, _, err := b.MergeConversations(t.Context(), ann, string(s1), string(s2), time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.MergeConversations(t.Context(), ann, string(s1), mail, time.Now()); err != nil {
		t.Fatal(err)
	}
	b.deliver(t, saidIn("web", "s2", "c1", "two again"))
	if m := b.answer(t, ann, s1, "to two"); m.To[0].Address != "s2" {
		t.Errorf("it goes to %+v", m.To)
	}
	b.deliver(t, saidIn("web", "s1", "c1", "one again"))
	if m := b.answer(t, ann, s1, "to one"); m.To[0].Address != "s1" {
		t.Errorf("it goes to %+v", m.To)
	}
	b.leave(t)
	for s, want := range map[string]string{"s1": "one, one again, to one", "s2": "two, two again, to two"} {
		var got []string
		for _, w := range b.told(t, "web", s) {
			got = append(got, w.Text)
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s was told %q, want %s", s, got, want)
		}
	}
	now := time.Now()
	_, err := b.Reply(t.Context(), ann, string(s1), inbox.Answer{ID: inbox.NewID[inbox.MessageID](now), At: now, Text: "x", Key: "x", Hash: []byte("x"), Force: true, SendAt: now,
		To: []inbox.Party{{Address: "cara@x.example"}}})
	if inbox.CodeOf(err) != inbox.Invalid {
		t.Errorf("with other recipients: %v", err)
	}
}

// A file is had by the session that its message was told to, and by no other.
func TestVisitorFile(t *testing.T) {
	t.Parallel()
	b, _ := chatBench(t)
	b.deliver(t, saidIn("web", "s1", "c0", "see", inbox.Attachment{Name: "a.png", Type: "image/png", Size: 3, SHA256: strings.Repeat("a", 64)}),
		saidIn("web", "s2", "c0", "hello"), saidIn("other", "s1", "c0", "the same name elsewhere"))
	id := b.told(t, "web", "s1")[0].Files[0].ID
	if f, err := b.VisitorFile(t.Context(), "web", "s1", id); err != nil || f.Name != "a.png" {
		t.Errorf("file %+v, %v", f, err)
	}
	for _, of := range [][2]string{{"web", "s2"}, {"other", "s1"}, {"web", "s3"}, {"web", ""}} {
		if _, err := b.VisitorFile(t.Context(), inbox.AccountID(of[0]), of[1], id); inbox.CodeOf(err) != inbox.NotFound {
			t.Errorf("%v gets it: %v", of, err)
		}
	}
	if _, err := b.VisitorFile(t.Context(), "web", "s1", "' OR 1=1"); inbox.CodeOf(err) != inbox.NotFound {
		t.Errorf("a file by no id: %v", err)
	}
}

// Many nodes look at once at chats whose visitors are away: each missed answer
// goes by mail once.
func TestVisitorMailOnce(t *testing.T) {
	t.Parallel()
	b, ann := chatBench(t)
	const n = 6
	for i := range n {
		s := fmt.Sprint("s", i)
		r := saidIn("web", s, "c0", "hello from "+s)
		r.Message.AnswerTo = s + "@x.example"
		b.deliver(t, r)
		b.answer(t, ann, b.chatOf(t, s), "one for "+s)
		b.answer(t, ann, b.chatOf(t, s), "two for "+s)
	}
	b.leave(t)
	rule := store.MailRule{
		Plan: func(*inbox.Account) (inbox.VisitorMail, error) {
			return inbox.VisitorMail{Account: "support", After: time.Hour, Subject: "Chat"}, nil
		},
		Seal: func(id inbox.MessageID, _ inbox.ConversationID, _ *inbox.Account) (string, string) {
			return string(id) + "@x", ""
		},
		MatchKey: func(s string) string { return s },
	}
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			for {
				fired, err := b.FireVisitorMail(t.Context(), time.Now().Add(2*time.Minute), rule)
				if err != nil && !store.Transient(err) {
					t.Error(err)
				}
				if err == nil && !fired {
					return
				}
			}
		})
	}
	for i := range n {
		work.Go(func() { b.deliver(t, saidIn("web", fmt.Sprint("s", i), "c1", "still here")) })
	}
	work.Wait()
	for i := range n {
		s := fmt.Sprint("s", i)
		rows, err := b.pool.Query(t.Context(), `
			SELECT m.text FROM messages m JOIN visitors v ON v.mail_thread = m.thread_id WHERE v.session = $1 AND m.channel = 'email'`, s)
		if err != nil {
			t.Fatal(err)
		}
		list, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		all := strings.Join(list, "\n")
		if strings.Count(all, "one for "+s) != 1 || strings.Count(all, "two for "+s) != 1 {
			t.Errorf("%s was mailed %q", s, list)
		}
	}
	if left := b.strings(t, `SELECT key FROM timers WHERE kind = 'visitor-mail'`); len(left) > 0 {
		t.Errorf("timers are left: %v", left)
	}
	b.consistent(t)
}
