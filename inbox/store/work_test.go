package store_test

import (
	"fmt"
	"testing"
	"time"

	"skein/inbox"
)

// A desk is a store with two inboxes, an agent of each, and a supervisor.
type desk struct {
	*deliverBench
	first, second  inbox.Inbox
	anna, bert, su *inbox.Caller
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	d := &desk{deliverBench: newDeliverBench(t)}
	ctx, now := t.Context(), time.Now()
	all := inbox.Rights{All: true}
	list, err := d.Inboxes(ctx, &all)
	if err != nil || len(list) != 1 {
		t.Fatalf("Inboxes() = %v, %v, want one", list, err)
	}
	d.first = list[0]
	calendar := d.strings(t, `SELECT calendar_id::text FROM inboxes`)[0]
	if d.second, err = d.CreateInbox(ctx, d.first.BrandID, calendar, "Second", now); err != nil {
		t.Fatal(err)
	}
	if _, err := d.SaveAccount(ctx, inbox.Account{ID: "second", Channel: inbox.Email, InboxID: d.second.ID, Name: "Second",
		Address: "second@shop.example", Own: []string{"second@shop.example"}}, now); err != nil {
		t.Fatal(err)
	}
	d.anna = d.agent(t, "anna", inbox.AgentRole, d.first.ID)
	d.bert = d.agent(t, "bert", inbox.AgentRole, d.second.ID)
	d.su = d.agent(t, "su", inbox.SupervisorRole)
	return d
}

func (d *desk) agent(t testing.TB, name string, role inbox.Role, in ...inbox.InboxID) *inbox.Caller {
	t.Helper()
	a := inbox.Agent{ID: inbox.NewID[inbox.AgentID](time.Now()), Email: name + "@skein.example", Name: name, Role: role, Active: true}
	if err := d.SaveAgent(t.Context(), a, "hash", in, nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	rights, err := d.Rights(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	return &inbox.Caller{Rights: rights, Session: inbox.NewID[inbox.SessionID](time.Now()), Request: "test"}
}

// mail delivers one mail to an account and returns its conversation.
func (d *desk) mail(t testing.TB, account inbox.AccountID, id, from string, refs ...string) inbox.Conversation {
	t.Helper()
	r := arrival(id, from, refs)
	r.Account = account
	d.deliver(t, r)
	return d.conversationOf(t, id)
}

func (d *desk) conversationOf(t testing.TB, headerID string) inbox.Conversation {
	t.Helper()
	ids := d.strings(t, `SELECT conversation_id::text FROM messages WHERE header_id = $1`, headerID)
	if len(ids) != 1 {
		t.Fatalf("mail %s is in %d conversations", headerID, len(ids))
	}
	c, err := d.Conversation(t.Context(), &d.su.Rights, ids[0])
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func answer(key, text string, seen int64) inbox.Answer {
	now := time.Now()
	id := inbox.NewID[inbox.MessageID](now)
	return inbox.Answer{
		ID: id, At: now, Text: text, Key: key, Hash: []byte(text), SeenSeq: seen, SendAt: now,
		Seal: func(id inbox.MessageID, in inbox.ConversationID, account *inbox.Account) (string, string) {
			return string(id) + "@shop.example", "support+" + string(in) + "@shop.example"
		},
		MatchKey: func(address string) string { return address },
	}
}

func wantCode(t testing.TB, what string, err error, want inbox.Code) {
	t.Helper()
	if got := inbox.CodeOf(err); got != want || err == nil {
		t.Errorf("%s: error %v has code %q, want %q", what, err, got, want)
	}
}

func (d *desk) fill(t testing.TB, account inbox.AccountID, n int) {
	t.Helper()
	var batch []inbox.Received
	for i := range n {
		r := arrival(fmt.Sprintf("%s%d", account, i), fmt.Sprintf("%s%d@x.example", account, i), nil)
		r.Account = account
		// Every third shares its instant with another: the id must decide.
		r.Message.CreatedAt = time.Date(2026, 1, 1, 0, 0, i/3, 0, time.UTC)
		r.Message.SentAt, r.At = r.Message.CreatedAt, r.Message.CreatedAt
		batch = append(batch, r)
	}
	d.deliver(t, batch...)
}
