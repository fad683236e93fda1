package realtime

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

func start(t *testing.T, change func(*Config)) (*Hub, string, *log, *people) {
	t.Helper()
	stream, staff := newLog(), newPeople()
	staff.set("ann", 1, "sales")
	staff.set("bob", 1, "sales", "help")
	cfg := Config{Source: stream, Tokens: staff, Rights: staff, CheckEvery: 20 * time.Millisecond}
	if change != nil {
		change(&cfg)
	}
	h, url := serve(t, cfg)
	return h, url, stream, staff
}

// An event reaches those who may see where it is now, "gone" those who may see
// only where it was, and nobody gets the audience.
func TestAudience(t *testing.T) {
	t.Parallel()
	_, url, stream, _ := start(t, nil)
	ann, bob := dial(t, url, hello{Token: "ann/1"}), dial(t, url, hello{Token: "bob/1"})
	ann.want("ready", "e1:0")
	bob.want("ready", "e1:0")

	stream.add(changed("c1", 1, "", "help"))
	stream.add(changed("c2", 1, "", "sales"))
	stream.add(changed("c2", 2, "sales", "help"))
	stream.add(changed("c3", 1, "", "sales"))

	f := ann.want("event", "e1:2")
	if strings.Contains(strings.ToLower(f.raw), "audience") {
		t.Errorf("the audience left the server: %s", f.raw)
	}
	if f.Event.Conversation.Subject != "version 1" {
		t.Errorf("event is %s", f.raw)
	}
	g := ann.want("gone", "e1:3")
	if g.Kind != inbox.ConversationChanged || g.Entity != "c2" || g.Version != 2 || g.Event != nil {
		t.Errorf("gone is %s", g.raw)
	}
	ann.want("event", "e1:4")
	for i := range 4 {
		bob.want("event", fmt.Sprint("e1:", i+1))
	}
}

// What is one agent's own comes to that agent and to nobody else.
func TestOneAgentsOwn(t *testing.T) {
	t.Parallel()
	_, url, stream, _ := start(t, nil)
	ann, bob := dial(t, url, hello{Token: "ann/1"}), dial(t, url, hello{Token: "bob/1"})
	ann.want("ready", "e1:0")
	bob.want("ready", "e1:0")
	for i, owner := range []inbox.AgentID{"ann", "bob", ""} {
		r := &inbox.SavedReply{ID: inbox.SavedReplyID(fmt.Sprint("r", i)), Version: 1, Owner: owner}
		stream.add(inbox.Event{Kind: inbox.SavedReplyChanged, Entity: string(r.ID), Version: 1, SavedReply: r, Audience: r.Audience()})
	}
	ann.want("event", "e1:1")
	ann.want("event", "e1:3")
	bob.want("event", "e1:2")
	bob.want("event", "e1:3")
}

// Messages come under their conversation's topic alone, and never to somebody
// who may not see the conversation, whatever they ask for.
func TestTopics(t *testing.T) {
	t.Parallel()
	_, url, stream, _ := start(t, nil)
	const mine, theirs = "00000000-0000-7000-8000-000000000001", "00000000-0000-7000-8000-000000000002"
	message := func(of string, at inbox.InboxID, version int64) {
		stream.add(inbox.Event{Kind: inbox.MessageChanged, Entity: "m" + of, Version: version,
			Message:  &inbox.Message{ID: "m", ConversationID: inbox.ConversationID(of), Version: version},
			Audience: inbox.Audience{After: &inbox.Place{InboxID: at}}})
	}
	ann := dial(t, url, hello{Token: "ann/1"})
	ann.want("ready", "e1:0")
	message(mine, "sales", 1)
	stream.add(changed("c1", 1, "", "sales"))
	ann.want("event", "e1:2")

	_ = ann.send(map[string]any{"type": "topics", "topics": []string{"conversation:" + mine, "conversation:" + theirs}})
	f := ann.want("topics", "e1:2")
	if diff := cmp.Diff([]string{"conversation:" + mine, "conversation:" + theirs}, f.Topics); diff != "" {
		t.Error(diff)
	}
	stream.add(changed("c1", 2, "", "sales"))
	message(theirs, "help", 1)
	message(mine, "sales", 2)
	if f := ann.want("event", "e1:5"); f.Event.Version != 2 {
		t.Errorf("got %s", f.raw)
	}

	// What is moved out of a conversation leaves it before everybody's eyes.
	moved := func(to inbox.InboxID, version int64) {
		stream.add(inbox.Event{Kind: inbox.MessageChanged, Entity: "m", Version: version, MovedFrom: mine,
			Message:  &inbox.Message{ID: "m", ConversationID: "00000000-0000-7000-8000-000000000003", Version: version},
			Audience: inbox.Audience{Before: &inbox.Place{InboxID: "sales"}, After: &inbox.Place{InboxID: to}}})
	}
	moved("sales", 3)
	if f := ann.want("event", "e1:6"); f.Event.Version != 3 {
		t.Errorf("got %s", f.raw)
	}
	moved("help", 4)
	ann.want("gone", "e1:7")
}

// A client that comes back gets exactly what it missed, from the ring or from
// the stream, and otherwise the word to reload.
func TestResume(t *testing.T) {
	t.Parallel()
	h, url, stream, staff := start(t, func(c *Config) { c.RingFrames = 10; c.MaxReplay = 60 })
	for i := range 100 {
		stream.add(changed("c1", int64(i+1), "", []inbox.InboxID{"help", "sales"}[i%2]))
	}
	wait(t, func() bool { return h.Stats().Scanned == 100 })
	stream.touch(func() { stream.first = 51 })
	staff.set("eve", 7)

	for _, tc := range []struct {
		name     string
		token    string
		position string
		rights   int64
		reload   bool
	}{
		{"nothing missed", "ann/1", "e1:100", 1, false},
		{"from the ring", "ann/1", "e1:95", 1, false},
		{"from the stream", "ann/1", "e1:60", 1, false},
		{"from the stream's first", "ann/1", "e1:50", 1, false},
		{"no longer in the stream", "ann/1", "e1:49", 1, true},
		{"too much", "ann/1", "e1:10", 1, true},
		{"another epoch", "ann/1", "e0:95", 1, true},
		{"from the future", "ann/1", "e1:101", 1, true},
		{"other rights since", "ann/1", "e1:95", 2, true},
		{"rights unknown", "ann/1", "e1:95", 0, true},
		{"not a position", "ann/1", "95", 1, true},
		{"not a number", "ann/1", "e1:-5", 1, true},
		{"somebody without rights", "eve/1", "e1:60", 7, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := dial(t, url, hello{Token: tc.token, Position: tc.position, Rights: tc.rights})
			ready := b.want("ready", "")
			if ready.Reload != tc.reload || ready.Resumed == tc.reload {
				t.Fatalf("got %s, want reload %v", ready.raw, tc.reload)
			}
			if tc.reload {
				if ready.Position != "e1:100" {
					t.Errorf("ready at %s, want e1:100", ready.Position)
				}
				return
			}
			if ready.Position != tc.position {
				t.Errorf("ready at %s, want %s", ready.Position, tc.position)
			}
			_, from, _ := parsePosition(tc.position)
			_ = b.send(map[string]string{"type": "ping"})
			for seq := from + 1; seq <= 100; seq++ {
				if tc.token == "ann/1" && seq%2 == 0 {
					b.want("event", fmt.Sprint("e1:", seq))
				}
			}
			// What comes next is an answer and not one more event.
			f, err := b.any(5 * time.Second)
			if err != nil || f.Type != "heartbeat" || f.Position != "e1:100" {
				t.Errorf("got %s, %v, want the heartbeat at e1:100", f.raw, err)
			}
		})
	}
}

// While an agent's rights are being looked up again, nothing is given by the
// old ones, and afterwards nothing that the new ones admit is missing.
func TestRightsChange(t *testing.T) {
	t.Parallel()
	h, url, stream, staff := start(t, nil)
	ann := dial(t, url, hello{Token: "ann/1"})
	ann.want("ready", "e1:0")

	gate := make(chan struct{})
	staff.mu.Lock()
	staff.asked = gate
	staff.mu.Unlock()
	pass := func() {
		t.Helper()
		select {
		case gate <- struct{}{}:
		case <-time.After(5 * time.Second):
			t.Fatal("the rights are not looked up again")
		}
	}
	staff.set("ann", 2, "help")
	stream.add(inbox.Event{Kind: inbox.AgentChanged, Entity: "ann", Version: 2})
	stream.add(changed("c1", 2, "", "sales"))
	stream.add(changed("c2", 1, "", "help"))
	wait(t, func() bool { return h.Stats().Scanned == 3 })
	pass()

	if f := ann.want("rights", "e1:0"); f.Rights != 2 {
		t.Errorf("got %s, want rights 2", f.raw)
	}
	ann.want("event", "e1:1")
	ann.want("event", "e1:3")

	// A second change while the first is looked up is not lost either.
	staff.set("ann", 3, "sales")
	stream.add(inbox.Event{Kind: inbox.AgentChanged, Entity: "ann", Version: 3})
	wait(t, func() bool { return h.Stats().Scanned == 4 })
	time.Sleep(10 * time.Millisecond)
	staff.set("ann", 4, "help")
	stream.add(inbox.Event{Kind: inbox.AgentChanged, Entity: "ann", Version: 4})
	wait(t, func() bool { return h.Stats().Scanned == 5 })
	pass()
	pass()
	if f := ann.want("rights", "e1:3"); f.Rights != 4 {
		t.Errorf("got %s, want rights 4", f.raw)
	}
}

// An ended session's socket is closed by the word of it.
func TestSessionEnds(t *testing.T) {
	t.Parallel()
	_, url, stream, staff := start(t, nil)
	one, two := dial(t, url, hello{Token: "ann/1"}), dial(t, url, hello{Token: "ann/2"})
	one.want("ready", "")
	two.want("ready", "")
	staff.mu.Lock()
	staff.ended["1"] = true
	staff.mu.Unlock()
	stream.add(inbox.Event{Kind: inbox.AgentChanged, Entity: "ann", Version: 1})
	one.wantClose(CloseSession)
	two.want("event", "e1:1")
}

// A token's end is announced, a fresh one prolongs, and without one the socket
// is closed.
func TestTokenEnds(t *testing.T) {
	t.Parallel()
	_, url, _, staff := start(t, nil)
	staff.mu.Lock()
	staff.expires = 500 * time.Millisecond
	staff.mu.Unlock()
	stays, goes, cheats := dial(t, url, hello{Token: "ann/1"}), dial(t, url, hello{Token: "ann/2"}), dial(t, url, hello{Token: "ann/3"})
	for _, b := range []*browser{stays, goes, cheats} {
		b.want("ready", "")
		b.want("tokenExpiring", "")
	}
	_ = cheats.send(map[string]string{"type": "token", "token": "bob/3"})
	cheats.wantClose(CloseToken)
	staff.mu.Lock()
	staff.expires = time.Hour
	staff.mu.Unlock()
	_ = stays.send(map[string]string{"type": "token", "token": "ann/1"})
	goes.wantClose(CloseToken)
	_ = stays.send(map[string]string{"type": "ping"})
	if f, err := stays.any(5 * time.Second); err != nil || f.Type != "heartbeat" {
		t.Errorf("got %v, %v after the token was handed over, want a heartbeat", f, err)
	}
}

// A client that doesn't read delays nobody. When the ring has gone on without it,
// it is cut off with the word to resume; what it missed is there when it comes back.
func TestSlowClient(t *testing.T) {
	t.Parallel()
	h, url, stream, _ := start(t, func(c *Config) {
		c.QueueFrames, c.RingFrames, c.RingBytes, c.Heartbeat = 4, 8, 256<<20, 16*time.Millisecond
		c.WriteTimeout, c.Farewell = time.Hour, time.Hour // it is the ring that ends it
	})
	slow, quick := dialNarrow(t, url, hello{Token: "ann/1"}), dial(t, url, hello{Token: "ann/2"})
	slow.want("ready", "")
	quick.want("ready", "")
	e := changed("c1", 1, "", "sales")
	e.Conversation.Preview = strings.Repeat("x", 64<<10)
	n := 0
	for ; h.Stats().CutOff == 0 && n < 1000; n++ {
		e.Version = int64(n + 1)
		at := stream.add(e)
		quick.want("event", fmt.Sprint("e1:", at))
	}
	if n == 1000 {
		t.Fatal("was never cut off")
	}
	var last string
	var err error
	for err == nil {
		var f said
		if f, err = slow.any(time.Minute); err == nil && f.Type == "event" {
			last = f.Position
		}
	}
	if got := websocket.CloseStatus(err); got != CloseResume {
		t.Errorf("closed with %d (%v), want %d", got, err, CloseResume)
	}
	back := dial(t, url, hello{Token: "ann/1", Position: last, Rights: 1})
	if f := back.want("ready", last); !f.Resumed {
		t.Errorf("got %s, want to resume", f.raw)
	}
	_, from, _ := parsePosition(last)
	for seq := from + 1; seq <= uint64(n); seq++ {
		back.want("event", fmt.Sprint("e1:", seq))
	}
}

// A client that takes nothing, and is offered too little to fill its queue, is
// cut off by the time that one frame may take.
func TestStuckClient(t *testing.T) {
	t.Parallel()
	h, url, stream, _ := start(t, func(c *Config) {
		c.QueueFrames, c.QueueBytes, c.RingBytes = 1000, 1<<30, 256<<20
		c.WriteTimeout = 50 * time.Millisecond
	})
	dialNarrow(t, url, hello{Token: "ann/1"}).want("ready", "")
	e := changed("c1", 1, "", "sales")
	e.Conversation.Preview = strings.Repeat("x", 64<<10)
	for n := 1; h.Stats().CutOff == 0 && n <= 1000; n++ {
		e.Version = int64(n)
		at := stream.add(e)
		wait(t, func() bool { return h.Stats().Scanned >= at })
	}
	wait(t, func() bool { return h.Stats().CutOff > 0 && h.Stats().Sessions == 0 })
}

// Draining sends everybody away with a delay that differs, and takes no more.
func TestDrain(t *testing.T) {
	t.Parallel()
	stream, staff := newLog(), newPeople()
	staff.set("ann", 1, "sales")
	h := New(Config{Source: stream, Tokens: staff, Rights: staff, Spread: time.Hour})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- h.Run(ctx) }()
	server := newServer(t, h)
	wait(t, h.Ready)
	var all []*browser
	for range 5 {
		b := dial(t, server, hello{Token: "ann/1"})
		b.want("ready", "")
		all = append(all, b)
	}
	cancel()
	delays := map[string]bool{}
	for _, b := range all {
		_, err := b.read()
		var closed websocket.CloseError
		if !errors.As(err, &closed) || closed.Code != CloseAway {
			t.Fatalf("closed with %v, want %d", err, CloseAway)
		}
		delays[closed.Reason] = true
	}
	if len(delays) < 4 {
		t.Errorf("delays are %v, want them spread", delays)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	_, res, err := websocket.Dial(context.Background(), server, nil)
	if err == nil || res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a drained hub answered %v", res)
	}
}

// Whatever a stranger sends first, and whatever a client sends later, ends in
// the code that tells whose fault it was.
func TestHostileClients(t *testing.T) {
	t.Parallel()
	_, url, _, _ := start(t, func(c *Config) { c.AuthTimeout = time.Minute })
	raw := func(first string, then ...string) *browser {
		conn, _, err := websocket.Dial(context.Background(), url, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.CloseNow() })
		b := &browser{t, conn}
		for _, f := range append([]string{first}, then...) {
			_ = conn.Write(context.Background(), websocket.MessageText, []byte(f))
		}
		return b
	}
	const auth = `{"type":"auth","token":"ann/1"}`
	for _, tc := range []struct {
		name string
		b    *browser
		code websocket.StatusCode
	}{
		{"no token", raw(`{"type":"auth"}`), CloseToken},
		{"bad token", raw(`{"type":"auth","token":"ann"}`), CloseToken},
		{"nobody's token", raw(`{"type":"auth","token":"zoe/1"}`), CloseSession},
		{"not auth", raw(`{"type":"ping"}`), CloseProtocol},
		{"not JSON", raw(`ping`), CloseProtocol},
		{"null", raw(`null`), CloseProtocol},
		{"an array", raw(`[]`), CloseProtocol},
		{"topics of another shape", raw(`{"type":"auth","token":"ann/1","topics":"list"}`), CloseProtocol},
		{"an unknown topic", raw(auth, `{"type":"topics","topics":["everything"]}`), CloseProtocol},
		{"a topic that is no id", raw(auth, `{"type":"topics","topics":["conversation:*"]}`), CloseProtocol},
		{"a broken frame later", raw(auth, `{`), CloseProtocol},
		{"a frame too large", raw(auth, `{"type":"ping","x":"`+strings.Repeat("x", readLimit)+`"}`), websocket.StatusMessageTooBig},
		{"a flood", raw(auth, strings.Split(strings.Repeat("{\"type\":\"x\"}\n", mayFrames+1), "\n")[:mayFrames+1]...), CloseProtocol},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.b.t = t
			tc.b.wantClose(tc.code)
		})
	}
	t.Run("silence", func(t *testing.T) {
		_, url, _, _ := start(t, func(c *Config) { c.AuthTimeout = 300 * time.Millisecond })
		conn, _, err := websocket.Dial(context.Background(), url, nil)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if _, _, err := conn.Read(ctx); err == nil || ctx.Err() != nil {
			t.Errorf("a silent socket got %v", err)
		}
	})
	t.Run("another origin", func(t *testing.T) {
		_, res, err := websocket.Dial(context.Background(), url, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"https://evil.test"}}})
		if err == nil || res.StatusCode != http.StatusForbidden {
			t.Errorf("another origin was answered %v", res)
		}
	})
	t.Run("an unknown type", func(t *testing.T) {
		b := raw(auth, `{"type":"wave"}`, `{"type":"ping"}`)
		b.t = t
		b.want("ready", "")
		if f, err := b.any(5 * time.Second); err != nil || f.Type != "heartbeat" {
			t.Errorf("got %v, %v, want the heartbeat", f, err)
		}
	})
}

// A stream that was made anew, or one with a hole, is noticed though nothing
// comes of it: clients are cut off and told to reload.
func TestStreamLost(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		lose   func(*log)
		reload string // where the client is told to begin
	}{
		{"without its tail", func(l *log) { l.entries = l.entries[:1] }, "e1:1"},
		{"made anew", func(l *log) { l.epoch, l.entries = "e2", nil }, "e2:0"},
		{"a hole", func(l *log) {
			l.entries = append(l.entries, l.entries...)
			l.first = 5
		}, "e1:6"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h, url, stream, _ := start(t, nil)
			b := dial(t, url, hello{Token: "ann/1"})
			b.want("ready", "e1:0")
			for i := range 3 {
				stream.add(changed("c1", int64(i), "", "sales"))
				b.want("event", "")
			}
			stream.touch(func() { tc.lose(stream) })
			b.wantClose(CloseResume)
			wait(t, h.Ready)
			back := dial(t, url, hello{Token: "ann/1", Position: "e1:3", Rights: 1})
			if f := back.want("ready", tc.reload); !f.Reload {
				t.Errorf("got %s, want reload", f.raw)
			}
			stream.add(changed("c1", 9, "", "sales"))
			back.want("event", "")
		})
	}
}

// The stream's absence leaves the clients where they are.
func TestStreamAway(t *testing.T) {
	t.Parallel()
	_, url, stream, _ := start(t, nil)
	b := dial(t, url, hello{Token: "ann/1"})
	b.want("ready", "e1:0")
	stream.touch(func() { stream.down = true })
	time.Sleep(50 * time.Millisecond)
	stream.touch(func() { stream.down = false })
	stream.add(changed("c1", 1, "", "sales"))
	b.want("event", "e1:1")
}

// A reader that still lives but gets nothing is found by where the stream stands,
// and replaced; clients notice nothing, and one whose server would stay behind can
// tell by the heartbeat.
func TestHalfDead(t *testing.T) {
	t.Parallel()
	// The default intervals: two looks, or a heartbeat and what is known by then.
	var c Config
	if c.setDefaults(); 2*c.CheckEvery > 10*time.Second || c.Heartbeat+c.CheckEvery > 10*time.Second {
		t.Errorf("looks every %v and heartbeats every %v find nothing within 10 s", c.CheckEvery, c.Heartbeat)
	}
	h, url, stream, _ := start(t, func(c *Config) { c.CheckEvery, c.Heartbeat = 200*time.Millisecond, 16*time.Millisecond })
	b := dial(t, url, hello{Token: "ann/1"})
	b.want("ready", "e1:0")
	stream.touch(func() { stream.deaf = 1 << 30 }) // whoever reads, and will
	stream.add(changed("c1", 1, "", "sales"))
	for {
		if f, err := b.any(10 * time.Second); err != nil || f.Type != "heartbeat" {
			t.Fatalf("got %s, %v, want heartbeats alone", f.raw, err)
		} else if f.Position == "e1:0" && f.Newest == 1 {
			break
		}
	}
	stream.touch(func() { stream.deaf = stream.readers }) // who reads from now on hears
	b.want("event", "e1:1")
	if n := h.Stats().CutOff; n != 0 {
		t.Errorf("%d clients were cut off", n)
	}
}

// The heartbeat tells how far the stream was looked through and what was sent.
func TestHeartbeat(t *testing.T) {
	t.Parallel()
	h, url, stream, _ := start(t, func(c *Config) { c.Heartbeat = 50 * time.Millisecond })
	b := dial(t, url, hello{Token: "ann/1"})
	b.want("ready", "e1:0")
	stream.add(changed("c1", 1, "", "sales"))
	stream.add(changed("c2", 1, "", "help"))
	stream.add([]inbox.Event{{Kind: "something.new", Audience: inbox.Audience{After: &inbox.Place{InboxID: "help"}}}}[0])
	b.want("event", "e1:1")
	wait(t, func() bool { return h.Stats().Scanned == 3 })
	for {
		f, err := b.any(5 * time.Second)
		if err != nil || f.Type != "heartbeat" {
			t.Fatalf("got %s, %v, want a heartbeat", f.raw, err)
		}
		if f.Position == "e1:3" && f.LastSent == 1 {
			return
		}
	}
}

// What one agent is told comes to that agent alone, on every socket that asks for
// it, while the agent may see what it is about; what was read is told although it
// is of no inbox.
func TestNotificationsAreOnes(t *testing.T) {
	t.Parallel()
	_, url, stream, staff := start(t, nil)
	staff.mu.Lock()
	staff.rights["sue"] = inbox.Rights{Agent: inbox.Agent{ID: "sue"}, All: true}
	staff.mu.Unlock()
	topics := []string{List, Notifications}
	ann, phone, deaf := dial(t, url, hello{Token: "ann/1", Topics: topics}), dial(t, url, hello{Token: "ann/2", Topics: topics}), dial(t, url, hello{Token: "ann/3"})
	sue := dial(t, url, hello{Token: "sue/1", Topics: topics})
	for _, b := range []*browser{ann, phone, deaf, sue} {
		b.want("ready", "e1:0")
	}
	dial(t, url, hello{Token: "sue/2", Topics: []string{Notifications + ":ann"}}).wantClose(CloseProtocol)
	made := func(id string, in inbox.InboxID) {
		stream.add(inbox.Event{Kind: inbox.NotificationMade, Entity: id, Version: 1, Notification: &inbox.Notification{ID: inbox.NotificationID(id)},
			Audience: inbox.Audience{Agent: "ann", After: &inbox.Place{InboxID: in}}})
	}
	made("n1", "sales")
	made("n2", "help") // which she may not see
	stream.add(inbox.Event{Kind: inbox.NotificationsSeen, Entity: "e", Version: 1, Read: &inbox.NotificationsRead{IDs: []inbox.NotificationID{"n1"}},
		Audience: inbox.Audience{Agent: "ann", Inboxes: []inbox.InboxID{inbox.NoInbox}}})
	stream.add(changed("c", 1, "", "sales"))
	for _, b := range []*browser{ann, phone} {
		b.want("event", "e1:1")
		if f := b.want("event", "e1:3"); f.Event.Read == nil || strings.Contains(f.raw, "audience") {
			t.Errorf("what was read is told as %s", f.raw)
		}
		b.want("event", "e1:4")
	}
	deaf.want("event", "e1:4")
	sue.want("event", "e1:4")

	// Whatever it comes under.
	f, err := newFrame("e1", 1, []byte(`{"kind":"notification.made","entity":"n","version":1,"audience":{"agent":"ann","after":{"inboxId":"help"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	others := inbox.Rights{Agent: inbox.Agent{ID: "sue"}, All: true}
	if f.bytesFor(&others) != nil {
		t.Error("a supervisor gets what another is told")
	}
}
