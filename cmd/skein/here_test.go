package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/nats-io/nats.go"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/bus"
	"skein/inbox/inboxtest"
	"skein/inbox/live"
	"skein/inbox/outbox"
	"skein/inbox/store"
	"skein/inbox/threader"
	"skein/realtime"
)

// plainTokens takes "agent/session" for a token.
type plainTokens struct{}

func (plainTokens) Verify(token string) (realtime.Claims, error) {
	agent, session, _ := strings.Cut(token, "/")
	return realtime.Claims{Agent: inbox.AgentID(agent), Session: inbox.SessionID(session), Expires: time.Now().Add(time.Hour)}, nil
}

// A hereNode is the parts of a server that know what is true only now.
type hereNode struct {
	url   string
	nc    *nats.Conn
	parts *stack
}

func startHere(t *testing.T, st *store.Store, nc *nats.Conn, secret []byte) *hereNode {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	b, err := bus.Open(t.Context(), nc, bus.Config{SecretKey: secret})
	if err != nil {
		t.Fatal(err)
	}
	hub := realtime.New(realtime.Config{
		Source: source{outbox.NewPosition(st, b, log), b}, Tokens: plainTokens{}, Rights: st, Air: b.Air(), Spots: st,
		Down: func(ctx context.Context, d realtime.Down) { _ = b.SayLive(ctx, live.Down(d)) },
		Beat: 100 * time.Millisecond, Lifetime: time.Second, Tick: 50 * time.Millisecond, RosterEvery: 10 * time.Millisecond, Grace: 50 * time.Millisecond, Spread: 100 * time.Millisecond,
	})
	n := &hereNode{nc: nc, parts: newStack(log)}
	n.parts.run("realtime", hub.Run)
	n.parts.run("live", live.New(live.Config{Bus: b, Store: st, Hub: hub, Log: log}).Run)
	server := httptest.NewServer(hub)
	t.Cleanup(server.Close)
	n.url = "ws" + strings.TrimPrefix(server.URL, "http")
	t.Cleanup(func() { n.parts.stop(20 * time.Second) })
	return n
}

// A hereSocket is an agent's page.
type hereSocket struct {
	t    *testing.T
	conn *websocket.Conn

	mu    sync.Mutex
	heard []string
}

func (n *hereNode) page(t *testing.T, token string, topics ...string) *hereSocket {
	t.Helper()
	var conn *websocket.Conn
	for end := time.Now().Add(time.Minute); conn == nil; {
		c, _, err := websocket.Dial(t.Context(), n.url, nil)
		if err == nil {
			conn = c
		} else if time.Sleep(10 * time.Millisecond); time.Now().After(end) {
			t.Fatal(err)
		}
	}
	s := &hereSocket{t: t, conn: conn}
	t.Cleanup(func() { _ = conn.CloseNow() })
	s.say(map[string]any{"type": "auth", "token": token, "topics": append([]string{"list"}, topics...)})
	go func() {
		for {
			_, raw, err := conn.Read(context.Background())
			if err != nil {
				return
			}
			s.mu.Lock()
			s.heard = append(s.heard, string(raw))
			s.mu.Unlock()
		}
	}()
	return s
}

func (s *hereSocket) say(frame map[string]any) {
	s.t.Helper()
	raw, err := json.Marshal(frame)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.conn.Write(s.t.Context(), websocket.MessageText, raw); err != nil {
		s.t.Fatal(err)
	}
}

// until waits for a frame of a type that holds every one of words and comes after
// what was waited for before.
func (s *hereSocket) until(kind string, words ...string) string {
	s.t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(2 * time.Millisecond) {
		s.mu.Lock()
		for i, f := range s.heard {
			ok := strings.HasPrefix(f, `{"type":"`+kind+`"`)
			for _, w := range words {
				ok = ok && strings.Contains(f, w)
			}
			if ok {
				s.heard = s.heard[i+1:]
				s.mu.Unlock()
				return f
			}
		}
		all := s.heard
		s.mu.Unlock()
		if time.Now().After(end) {
			s.t.Fatalf("no %s with %q came; heard %s", kind, words, strings.Join(all, "\n"))
		}
	}
}

func (s *hereSocket) all() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.heard, "\n")
}

// What is true only now, over real parts: agents on two nodes see each other in a
// conversation, what a visitor does reaches those who may see it and what they do
// reaches the visitor, a telephone rings at the agent whose it is with whoever
// calls, and of a node that dies nobody is left.
func TestHere(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	secret := []byte(strings.Repeat("k", 32))
	st, err := store.Open(ctx, inboxtest.Database(t), 8, threader.Rules())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.Close)
	first, ns := inboxtest.NATSServer(t)
	second, err := ns.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(second.Close)

	now := time.Now()
	brand, calendar, err := st.CreateBrand(ctx, "Shop", "en", "Europe/Vienna", now)
	if err != nil {
		t.Fatal(err)
	}
	var in [2]inbox.Inbox
	for i, name := range []string{"support", "other"} {
		if in[i], err = st.CreateInbox(ctx, brand, calendar, name, now); err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range []inbox.Account{
		{ID: "web", Channel: inbox.Chat, InboxID: in[0].ID, Name: "Chat"},
		{ID: "line", Channel: inbox.Phone, InboxID: in[0].ID, Name: "Hotline", Region: "AT"},
	} {
		if _, err := st.SaveAccount(ctx, a, now); err != nil {
			t.Fatal(err)
		}
	}
	agent := func(name string, at inbox.InboxID, phone string) (inbox.AgentID, string) {
		a := inbox.Agent{ID: inbox.NewID[inbox.AgentID](time.Now()), Email: name + "@skein.example", Name: name, Role: inbox.AgentRole, Active: true}
		if err := st.SaveAgent(ctx, a, "hash", []inbox.InboxID{at}, nil, now); err != nil {
			t.Fatal(err)
		}
		rights, err := st.Rights(ctx, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := st.PatchAgent(ctx, &inbox.Caller{Rights: rights}, a.ID, inbox.AgentPatch{Phone: &phone}, now); err != nil {
			t.Fatal(err)
		}
		session := inbox.Session{ID: inbox.NewID[inbox.SessionID](now), AgentID: a.ID, Hash: []byte("hash of " + name), ExpiresAt: now.Add(time.Hour)}
		if err := st.CreateSession(ctx, session, now); err != nil {
			t.Fatal(err)
		}
		return a.ID, string(a.ID) + "/" + string(session.ID)
	}
	ann, annToken := agent("ann", in[0].ID, "204")
	_, bobToken := agent("bob", in[0].ID, "")
	eve, eveToken := agent("eve", in[1].ID, "")
	arrived := func(account inbox.AccountID, channel inbox.Channel, ref inbox.IdentityRef, thread string) {
		m := &inbox.Arrival{Identity: ref, SenderKey: ref.Key, Person: inbox.Party{Address: ref.Key, Name: "Ines"}, People: []string{ref.Key}, Thread: inbox.ChannelKey(account, thread)}
		m.Direction, m.Text, m.CreatedAt, m.SentAt, m.Author = inbox.In, "hello", now, now, inbox.Author{Kind: inbox.ByCustomer, Address: ref.Key}
		if err := st.Deliver(ctx, []inbox.Received{{Account: account, Channel: channel, EventID: "e:" + ref.Key, At: now, Message: m}}); err != nil {
			t.Fatal(err)
		}
	}
	arrived("web", inbox.Chat, inbox.IdentityRef{Kind: inbox.ChatVisitor, Key: "session-1"}, "session-1")
	arrived("line", inbox.Phone, inbox.IdentityRef{Kind: inbox.PhoneNumber, Key: "+436601234567"}, "old-call")
	list, _, err := st.Conversations(ctx, &inbox.Rights{All: true}, inbox.ConversationFilter{})
	if err != nil || len(list) != 2 {
		t.Fatalf("conversations are %v, %v", list, err)
	}
	chat := list[0]
	if chat.Channel != inbox.Chat {
		chat = list[1]
	}
	conversation, customer := "conversation:"+string(chat.ID), "customer:"+string(chat.Customer.CustomerID)

	link := func(channel inbox.Channel) *bus.Link {
		credential, err := ns.Credential(channel)
		if err != nil {
			t.Fatal(err)
		}
		nc, err := bus.ConnectLink(ns.URL(), credential, channel, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(nc.Close)
		key, err := bus.DeriveKey(secret, channel)
		if err != nil {
			t.Fatal(err)
		}
		l, err := bus.NewLink(nc, bus.LinkConfig{Channel: channel, Key: key})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	chats, phones := link(inbox.Chat), link(inbox.Phone)
	down := make(chan connectors.Live, 100)
	go func() { _ = chats.Hear(ctx, func(w connectors.Live) { down <- w }) }()

	nodeA, nodeB := startHere(t, st, first, secret), startHere(t, st, second, secret)
	a, b := nodeA.page(t, annToken, conversation, customer), nodeB.page(t, bobToken, conversation, customer)
	e := nodeA.page(t, eveToken, conversation, customer)
	e.say(map[string]any{"type": "here", "open": chat.ID, "typing": "reply"})
	a.say(map[string]any{"type": "here", "open": chat.ID})
	a.until("here", `"name":"ann"}]`)
	b.say(map[string]any{"type": "here", "open": chat.ID})
	a.until("here", `"name":"ann"`, `"name":"bob"`)
	b.until("here", `"name":"ann"`, `"name":"bob"`)

	tell := func(l *bus.Link, w connectors.Live) {
		w.At = time.Now()
		if err := l.Say(ctx, w); err != nil {
			t.Fatal(err)
		}
	}
	page := &connectors.LivePage{URL: "https://shop.example/kettle", Title: "Kettle"}
	tell(chats, connectors.Live{Kind: connectors.LivePageView, Account: "web", Key: "session-1", Page: page, TTL: 60})
	tell(chats, connectors.Live{Kind: connectors.LiveTyping, Account: "web", Key: "session-1", TTL: 10})
	for _, s := range []*hereSocket{a, b} {
		s.until("here", customer, "https://shop.example/kettle")
	}
	b.say(map[string]any{"type": "here", "open": chat.ID, "typing": "reply"})
	a.until("here", conversation, `"name":"bob","typing":"reply"`, `"customer":{"online":true,"typing":true}`)
	for kind := connectors.LiveKind(""); kind != connectors.LiveTyping; {
		select {
		case w := <-down:
			if kind = w.Kind; w.Key != "session-1" || w.Account != "web" || kind == connectors.LiveTyping && w.Agent != "bob" {
				t.Errorf("the visitor hears %+v", w)
			}
		case <-time.After(time.Minute):
			t.Fatal("the visitor never hears that somebody types")
		}
	}

	ring := connectors.Live{Kind: connectors.LiveRinging, Account: "line", Key: "call-1", Agent: "204", TTL: 60,
		Sender: &connectors.Sender{Kind: inbox.PhoneNumber, Address: "0660 1234567", Proof: inbox.Claimed}, Call: &inbox.Call{Direction: inbox.In, From: "0660 1234567"}}
	tell(phones, ring)
	if f := a.until("calls", `"state":"ringing"`); !strings.Contains(f, `"customerId"`) {
		t.Errorf("it rings as %s", f)
	}
	ring.Kind = connectors.LiveAnswered
	tell(phones, ring)
	a.until("calls", `"state":"answered"`)
	ring.Kind = connectors.LiveEnded
	tell(phones, ring)
	a.until("calls", `"state":"ended"`)
	if got := b.all(); strings.Contains(got, `"type":"calls"`) {
		t.Errorf("it rang at somebody else: %s", got)
	}

	// The second node dies without a word.
	second.Close()
	a.until("here", conversation, `"agents":[{"id":"`+string(ann)+`","name":"ann"}]`)
	if got := e.all(); strings.Contains(got, `"type":"here"`) || strings.Contains(got, `"type":"calls"`) {
		t.Errorf("who may not see the conversation heard %s", got)
	}
	if got := a.all(); strings.Contains(got, string(eve)) && strings.Contains(got, `"name":"eve"`) {
		t.Errorf("who may not see the conversation is in it: %s", got)
	}
}
