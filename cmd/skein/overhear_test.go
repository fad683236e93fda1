package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"skein/inbox"
)

// An ear is a socket that asks for whatever there is to be heard.
type ear struct {
	t    *testing.T
	conn *websocket.Conn

	mu     sync.Mutex
	heard  []string
	closed websocket.StatusCode // how it ended, -1 when without a code
}

// overhear opens a socket and waits until it is ready.
func overhear(t *testing.T, url string, auth map[string]any) *ear {
	t.Helper()
	e := &ear{t: t}
	var err error
	for range 1000 {
		if e.conn, _, err = websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(url, "http")+"/api/v1/live", nil); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	e.conn.SetReadLimit(1 << 20)
	auth["type"] = "auth"
	e.say(auth)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			_, raw, err := e.conn.Read(context.Background())
			e.mu.Lock()
			if err != nil {
				e.closed = websocket.CloseStatus(err)
				e.mu.Unlock()
				return
			}
			e.heard = append(e.heard, string(raw))
			e.mu.Unlock()
		}
	}()
	t.Cleanup(func() { _ = e.conn.CloseNow(); <-done })
	e.until("ready", `"type":"ready"`)
	return e
}

func (e *ear) say(frame map[string]any) {
	e.t.Helper()
	raw, err := json.Marshal(frame)
	if err != nil {
		e.t.Fatal(err)
	}
	if err := e.conn.Write(e.t.Context(), websocket.MessageText, raw); err != nil {
		e.t.Fatal(err)
	}
}

// until waits until a frame holds all the words, and returns it.
func (e *ear) until(what string, words ...string) string {
	e.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		e.mu.Lock()
		for _, f := range e.heard {
			ok := true
			for _, w := range words {
				ok = ok && strings.Contains(f, w)
			}
			if ok {
				e.mu.Unlock()
				return f
			}
		}
		closed := e.closed
		e.mu.Unlock()
		if closed != 0 {
			e.t.Fatalf("%s: the socket ended with %d; heard %s", what, closed, e.all())
		}
	}
	e.t.Fatalf("%s: not within a minute; heard %s", what, e.all())
	return ""
}

func (e *ear) all() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return strings.Join(e.heard, "\n")
}

func (e *ear) ended() websocket.StatusCode {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.closed
}

// Whatever somebody asks for, from whatever position, and while role, inboxes,
// teams and password change under an open socket: nobody hears of a conversation
// at a time when they may not see it, and who may hears of all.
func TestOverhear(t *testing.T) {
	t.Parallel()
	n := startNode(t)
	ctx := t.Context()
	support, other := n.inboxes["support"], n.inboxes["other"]
	team, err := n.store.CreateTeam(ctx, "Night", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	readers := map[string]*reader{
		"ann": n.agent("ann", inbox.AgentRole, support.ID),
		"bob": n.agent("bob", inbox.AgentRole, other.ID),
		"eve": n.agent("eve", inbox.AgentRole),
		"sue": n.agent("sue", inbox.SupervisorRole),
	}
	change := func(name string, role inbox.Role, hash string, in []inbox.InboxID, teams []inbox.TeamID) {
		t.Helper()
		list, err := n.store.Agents(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range list {
			if a.Name == name {
				a.Role = role
				if err := n.store.SaveAgent(ctx, a, hash, in, teams, time.Now()); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	n.mail("support", "support-first", "Ines/ines@x.example", inbox.Proven, "the word is support-first")
	n.mail("other", "other-first", "Otto/otto@y.example", inbox.Proven, "the word is other-first")
	ours, theirs := readers["sue"].find("support-first"), readers["sue"].find("other-first")
	everything := []string{
		"list", "mine", "conversation:" + string(ours.ID), "conversation:" + string(theirs.ID), "inbox:" + string(support.ID), "inbox:" + string(other.ID),
		"team:" + string(team.ID), "customer:" + string(ours.Customer.CustomerID), "customer:" + string(theirs.Customer.CustomerID),
	}
	ears := map[string]*ear{}
	for name, r := range readers {
		ears[name] = overhear(t, n.url, map[string]any{"token": r.token, "topics": everything})
	}
	start := ears["eve"].until("ready", `"type":"ready"`)
	var ready struct {
		Position string
		Rights   int64
	}
	if err := json.Unmarshal([]byte(start), &ready); err != nil {
		t.Fatal(err)
	}

	// A round has mail come in everywhere, and those who may hear of it hear of the
	// answer in each open conversation and of the new one.
	round := 0
	said := func(where string) string { return fmt.Sprintf("word-%s-%d.", where, round) }
	tell := func(who map[string][]string) {
		t.Helper()
		round++
		for where, of := range map[string]inbox.Conversation{"support": ours, "other": theirs} {
			from := map[string]string{"support": "Ines/ines@x.example", "other": "Otto/otto@y.example"}[where]
			n.mail(inbox.AccountID(where), fmt.Sprint(where, "-", round), from, inbox.Proven, said(where), of.Subject)
		}
		for where := range map[string]bool{"support": true, "other": true} {
			ears["sam"].until(said(where), `"message.changed"`, said(where))
			ears["sam"].until(said(where), `"conversation.changed"`, said(where))
		}
		for name, ear := range ears {
			for _, where := range who[name] {
				ear.until(name+" hears "+said(where), `"message.changed"`, said(where))
				ear.until(name+" hears "+said(where), `"conversation.changed"`, said(where))
			}
			// What comes after all of it is heard by everybody.
			if ear.ended() == 0 {
				ear.say(map[string]any{"type": "ping"})
			}
		}
		last := ""
		for _, f := range strings.Split(ears["sam"].all(), "\n") {
			if strings.Contains(f, said("support")) || strings.Contains(f, said("other")) {
				last = f
			}
		}
		var upTo struct{ Position string }
		if err := json.Unmarshal([]byte(last), &upTo); err != nil {
			t.Fatal(err)
		}
		_, seq, _ := strings.Cut(upTo.Position, ":")
		for name, ear := range ears {
			if ear.ended() == 0 {
				n.until(name+" is as far as everybody", func() bool {
					ear.say(map[string]any{"type": "ping"})
					time.Sleep(200 * time.Millisecond) // not so often that it counts as too much
					return heartbeatAfter(ear.all(), seq)
				})
			}
			for _, where := range []string{"support", "other"} {
				may := strings.Contains(strings.Join(who[name], " "), where)
				if heard := strings.Contains(ear.all(), said(where)); heard != may {
					t.Errorf("round %d: %s heard %s: %v, want %v", round, name, said(where), heard, may)
				}
			}
		}
	}
	// Sam sees everything all the time: what he has heard of, the others could have.
	readers["sam"] = n.agent("sam", inbox.AdminRole)
	ears["sam"] = overhear(t, n.url, map[string]any{"token": readers["sam"].token, "topics": everything})
	both := []string{"support", "other"}

	tell(map[string][]string{"ann": {"support"}, "bob": {"other"}, "sue": both, "sam": both})

	change("ann", inbox.AgentRole, "", []inbox.InboxID{other.ID}, nil)
	ears["ann"].until("ann's rights", `"type":"rights"`)
	tell(map[string][]string{"ann": {"other"}, "bob": {"other"}, "sue": both, "sam": both})

	change("sue", inbox.AgentRole, "", []inbox.InboxID{}, nil)
	change("bob", inbox.SupervisorRole, "", nil, nil)
	change("eve", inbox.AgentRole, "", nil, []inbox.TeamID{team.ID}) // a team alone shows nothing
	for _, name := range []string{"sue", "bob", "eve"} {
		ears[name].until(name+"'s rights", `"type":"rights"`)
	}
	tell(map[string][]string{"ann": {"other"}, "bob": both, "sam": both})

	hash, err := n.passwords.Hash(ctx, "another long enough one")
	if err != nil {
		t.Fatal(err)
	}
	change("bob", inbox.SupervisorRole, hash, nil, nil)
	n.until("bob's socket ends", func() bool { return ears["bob"].ended() == 4003 })
	tell(map[string][]string{"ann": {"other"}, "sam": both})

	// Whoever resumes, even with a position from before everything and the rights
	// that hold, is given what these admit.
	for name, may := range map[string]string{"ann": "other", "eve": ""} {
		rights, err := n.store.Rights(ctx, idOf(t, n, name))
		if err != nil {
			t.Fatal(err)
		}
		back := overhear(t, n.url, map[string]any{"token": readers[name].token, "topics": everything, "position": ready.Position, "rights": rights.Version})
		back.until("resumed", `"resumed":true`)
		ears["sam"].say(map[string]any{"type": "ping"})
		if may != "" {
			back.until("the newest", `"message.changed"`, said(may))
		}
		n.until("is up to date", func() bool {
			back.say(map[string]any{"type": "ping"})
			time.Sleep(200 * time.Millisecond)
			return strings.Contains(back.all(), `"heartbeat"`)
		})
		for _, where := range both {
			if strings.Contains(back.all(), "word-"+where) && where != may {
				t.Errorf("%s was given what was said in %s", name, where)
			}
		}
	}
}

func idOf(t *testing.T, n *node, name string) inbox.AgentID {
	t.Helper()
	list, err := n.store.Agents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		if a.Name == name {
			return a.ID
		}
	}
	t.Fatalf("nobody is called %s", name)
	return ""
}

// heartbeatAfter reports whether a heartbeat among frames has a position that is
// at least seq.
func heartbeatAfter(frames, seq string) bool {
	for _, f := range strings.Split(frames, "\n") {
		var beat struct{ Type, Position string }
		if json.Unmarshal([]byte(f), &beat) != nil || beat.Type != "heartbeat" {
			continue
		}
		_, at, _ := strings.Cut(beat.Position, ":")
		if len(at) > len(seq) || len(at) == len(seq) && at >= seq {
			return true
		}
	}
	return false
}
