package realtime

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"skein/inbox"
)

// ether is an air in memory.
type ether struct {
	mu   sync.Mutex
	ears map[int]func([]byte)
	n    int
}

func (e *ether) Say(_ context.Context, data []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, heard := range e.ears {
		go heard(data)
	}
	return nil
}

func (e *ether) Hear(ctx context.Context, heard func([]byte)) error {
	e.mu.Lock()
	if e.ears == nil {
		e.ears = map[int]func([]byte){}
	}
	e.n++
	id := e.n
	e.ears[id] = heard
	e.mu.Unlock()
	<-ctx.Done()
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.ears, id)
	return ctx.Err()
}

// places knows where conversations are, and whose threads and identities.
type places struct {
	mu    sync.Mutex
	spots map[string]inbox.Spot
}

func (p *places) put(topic string, s inbox.Spot) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.spots == nil {
		p.spots = map[string]inbox.Spot{}
	}
	p.spots[topic] = s
}

func (p *places) get(topic string) (inbox.Spot, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.spots[topic]
	if !ok {
		return s, &inbox.Error{Code: inbox.NotFound, Message: "not there"}
	}
	return s, nil
}

func (p *places) ConversationSpot(_ context.Context, id inbox.ConversationID) (inbox.Spot, error) {
	return p.get(conversationPrefix + string(id))
}

func (p *places) CustomerSpot(_ context.Context, id inbox.CustomerID) (inbox.Spot, error) {
	return p.get(customerPrefix + string(id))
}

const (
	inSales  = "00000000-0000-7000-8000-000000000001"
	inHelp   = "00000000-0000-7000-8000-000000000002"
	customer = "00000000-0000-7000-8000-000000000003"
)

var chatKey = inbox.ChannelKey("web", "session")
var whoKey = inbox.IdentityKey(inbox.IdentityRef{Kind: inbox.ChatVisitor, Key: "session"})

func quick(c *Config) {
	c.Gather, c.RosterEvery, c.Tick, c.Beat = time.Millisecond, time.Millisecond, 10*time.Millisecond, 20*time.Millisecond
	c.Grace, c.Lifetime = 10*time.Millisecond, time.Second
}

func here(places *places, change func(*Config)) func(*Config) {
	places.put(conversationPrefix+inSales, inbox.Spot{Inboxes: []inbox.InboxID{"sales"}, Version: 1, Keys: []inbox.Key{chatKey}})
	places.put(conversationPrefix+inHelp, inbox.Spot{Inboxes: []inbox.InboxID{"help"}, Version: 1})
	places.put(customerPrefix+customer, inbox.Spot{Inboxes: []inbox.InboxID{"sales"}, Keys: []inbox.Key{whoKey}})
	return func(c *Config) {
		quick(c)
		c.Spots = places
		if change != nil {
			change(c)
		}
	}
}

type stand struct {
	Type   string `json:"type"`
	Open   string `json:"open,omitempty"`
	Typing string `json:"typing,omitempty"`
	Away   bool   `json:"away,omitempty"`
	Chosen int64  `json:"chosen,omitempty"`
	Idle   bool   `json:"idle,omitempty"`
	Also   []view `json:"also,omitempty"`
}

// come opens a page on a conversation.
func come(t *testing.T, url, token, conversation string) *browser {
	t.Helper()
	b := dial(t, url, hello{Token: token, Topics: topicsOf(conversation)})
	b.want("ready", "")
	b.stands(stand{Open: conversation})
	return b
}

func topicsOf(conversation string) []string {
	if conversation == "" {
		return []string{List}
	}
	return []string{List, conversationPrefix + conversation}
}

func (b *browser) stands(s stand) {
	b.t.Helper()
	s.Type = "here"
	if err := b.send(s); err != nil {
		b.t.Fatal(err)
	}
}

// until reads frames until one of a type is as wanted.
func (b *browser) until(what string, is func(said) bool) said {
	b.t.Helper()
	var last said
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		f, err := b.any(20 * time.Second)
		if err != nil {
			b.t.Fatalf("%s: %v; last %s", what, err, last.raw)
		}
		if f.Type != "heartbeat" {
			last = f
		}
		if is(f) {
			return f
		}
	}
	b.t.Fatalf("%s: in vain; last %s", what, last.raw)
	return said{}
}

// never reads for a while and fails on what must not be said.
func (b *browser) never(what string, is func(said) bool) {
	b.t.Helper()
	for end := time.Now().Add(200 * time.Millisecond); time.Now().Before(end); {
		f, err := b.any(time.Until(end))
		if err != nil {
			return // the socket is gone with the deadline
		}
		if is(f) {
			b.t.Fatalf("%s: %s", what, f.raw)
		}
	}
}

func who(f said) string {
	var names []string
	for _, v := range f.Agents {
		names = append(names, string(v.ID)+":"+v.Typing)
	}
	return strings.Join(names, " ")
}

func at(conversation, want string) func(said) bool {
	return func(f said) bool {
		return f.Type == "here" && f.Topic == conversationPrefix+conversation && who(f) == want
	}
}

// Who opens a conversation hears at once who is there, then who comes, types and
// goes; of two tabs one agent is made.
func TestHere(t *testing.T) {
	t.Parallel()
	_, url, _, _ := start(t, here(&places{}, nil))
	ann := come(t, url, "ann/1", inSales)
	ann.until("ann alone", at(inSales, "ann:"))
	bob := come(t, url, "bob/1", inSales)
	bob.until("both", at(inSales, "ann: bob:"))
	ann.until("both", at(inSales, "ann: bob:"))

	bob.stands(stand{Open: inSales, Typing: "reply"})
	ann.until("bob types", at(inSales, "ann: bob:reply"))
	second := come(t, url, "bob/2", inSales)
	second.stands(stand{Open: inSales, Typing: "note"})
	second.until("a reply rather than a note", at(inSales, "ann: bob:reply"))
	bob.stands(stand{})
	ann.until("the other tab", at(inSales, "ann: bob:note"))
	_ = second.conn.CloseNow()
	ann.until("bob left", at(inSales, "ann:"))
	bob.until("bob is told of it too", at(inSales, "ann:"))
}

// Several tabs share a socket: each looks at its own conversation and types there,
// and what one does changes nothing of the others.
func TestTabsOfOneSocket(t *testing.T) {
	t.Parallel()
	_, url, _, staff := start(t, here(&places{}, nil))
	staff.set("cat", 1, "help")
	ann, cat := come(t, url, "ann/1", inSales), come(t, url, "cat/1", inHelp)
	bob := dial(t, url, hello{Token: "bob/1", Topics: []string{List, conversationPrefix + inSales, conversationPrefix + inHelp}})
	bob.want("ready", "")
	bob.stands(stand{Open: inSales, Also: []view{{inHelp, "note"}, {inHelp, ""}, {"", "reply"}}})
	ann.until("one tab", at(inSales, "ann: bob:"))
	cat.until("the other, typing", at(inHelp, "bob:note cat:"))
	bob.stands(stand{Open: inSales, Typing: "reply", Also: []view{{inHelp, ""}}})
	ann.until("one types", at(inSales, "ann: bob:reply"))
	cat.until("the other no more", at(inHelp, "bob: cat:"))
	bob.stands(stand{Open: inSales, Typing: "reply"})
	cat.until("a tab is closed", at(inHelp, "cat:"))
	ann.never("the first changes", func(f said) bool { return f.Type == "here" && who(f) != "ann: bob:reply" })
}

// Typing ends by itself when it is not said again.
func TestTypingEnds(t *testing.T) {
	t.Parallel()
	h, url, _, _ := start(t, here(&places{}, nil))
	ann, bob := come(t, url, "ann/1", inSales), come(t, url, "bob/1", inSales)
	bob.stands(stand{Open: inSales, Typing: "note"})
	ann.until("bob types", at(inSales, "ann: bob:note"))
	h.mu.Lock()
	for s := range h.sessions {
		if s.tabs.open.typed() {
			s.tabs.until = time.Now()
		}
	}
	h.mu.Unlock()
	ann.until("bob stopped", at(inSales, "ann: bob:"))
}

// Who may not see a conversation neither hears who is there nor is told to be
// there, whatever is asked for; rights and places that change hold at once.
func TestHereRights(t *testing.T) {
	t.Parallel()
	places := &places{}
	_, url, stream, staff := start(t, here(places, nil))
	ann := come(t, url, "ann/1", inHelp) // she may see sales alone
	bob := come(t, url, "bob/1", inHelp)
	bob.until("bob alone", at(inHelp, "bob:"))
	quiet := func(f said) bool { return f.Type == "here" && f.Topic == conversationPrefix+inHelp }
	ann.never("ann hears", quiet)

	// She gets the right, and loses it again.
	ann = come(t, url, "ann/1", inHelp)
	staff.set("ann", 2, "sales", "help")
	stream.add(inbox.Event{Kind: inbox.AgentChanged, Entity: "ann", Version: 2})
	ann.until("ann may", at(inHelp, "ann: bob:"))
	bob.until("bob sees her", at(inHelp, "ann: bob:"))
	staff.set("ann", 3, "sales")
	stream.add(inbox.Event{Kind: inbox.AgentChanged, Entity: "ann", Version: 3})
	bob.until("she may no longer", at(inHelp, "bob:"))
	bob.stands(stand{Open: inHelp, Typing: "reply"})
	ann.until("rights", func(f said) bool { return f.Type == "rights" && f.Rights == 3 })
	ann.never("ann hears", quiet)

	// A conversation that goes elsewhere takes its word with it.
	eve := come(t, url, "bob/2", inSales)
	ann = come(t, url, "ann/1", inSales)
	ann.until("both", at(inSales, "ann: bob:"))
	eve.until("both", at(inSales, "ann: bob:"))
	places.put(conversationPrefix+inSales, inbox.Spot{Inboxes: []inbox.InboxID{"help"}, Version: 2})
	stream.add(changed(inSales, 2, "sales", "help"))
	eve.until("ann is out", at(inSales, "bob:"))
	eve.stands(stand{Open: inSales, Typing: "note"})
	ann.never("ann hears", func(f said) bool { return strings.Contains(f.raw, "note") })
}

// Who is online, away by choice or idle is told to all who take part, and to
// nobody else: an older page hears nothing that it doesn't know.
func TestRoster(t *testing.T) {
	t.Parallel()
	h, url, _, _ := start(t, here(&places{}, nil))
	old := dial(t, url, hello{Token: "ann/9"})
	old.want("ready", "")
	ann := come(t, url, "ann/1", "")
	roster := func(want string) func(said) bool {
		return func(f said) bool { return f.Type == "agents" && strings.Contains(f.raw, want) }
	}
	ann.until("herself", roster(`"whole":true,"agents":[{"id":"ann","state":"online"}]`))
	bob := come(t, url, "bob/1", "")
	ann.until("bob comes", roster(`{"type":"agents","agents":[{"id":"bob","state":"online"}]}`))
	bob.stands(stand{Idle: true})
	ann.until("bob is idle", roster(`"state":"idle"`))
	if !h.Here("bob") {
		t.Error("who is idle isn't here")
	}
	bob.stands(stand{Away: true, Chosen: 5})
	ann.until("bob is away", roster(`"state":"away"`))
	if h.Here("bob") || !h.Here("ann") || h.Here("cat") {
		t.Error("who is away by choice, or was never here, is; or ann isn't")
	}
	second := come(t, url, "bob/2", "")
	second.until("away on every device", roster(`{"id":"bob","state":"away"}`))
	second.stands(stand{Chosen: 6})
	ann.until("back on every device", roster(`{"id":"bob","state":"online"}`))
	_ = second.conn.CloseNow()
	_ = bob.conn.CloseNow()
	ann.until("bob goes", roster(`{"id":"bob","state":"offline"}`))
	old.never("an old page hears", func(f said) bool { return f.Type == "agents" || f.Type == "here" })
}

// Servers tell each other; who comes late asks; and of one that dies without a
// word nobody is left after its lifetime.
func TestHereAcrossServers(t *testing.T) {
	t.Parallel()
	air, where := &ether{}, &places{}
	stream, staff := newLog(), newPeople()
	staff.set("ann", 1, "sales")
	staff.set("bob", 1, "sales")
	server := func(ctx context.Context) (*Hub, string) {
		cfg := Config{Source: stream, Tokens: staff, Rights: staff, Air: air}
		here(where, nil)(&cfg)
		h := New(cfg)
		go func() { _ = h.Run(ctx) }()
		url := newServer(t, h)
		wait(t, h.Ready)
		return h, url
	}
	first, urlA := server(t.Context())
	ann := come(t, urlA, "ann/1", inSales)
	ann.until("ann", at(inSales, "ann:"))

	second, urlB := server(t.Context())
	bob := come(t, urlB, "bob/1", inSales)
	bob.until("ann, of the other server", at(inSales, "ann: bob:"))
	ann.until("bob, of the other server", at(inSales, "ann: bob:"))
	bob.stands(stand{Open: inSales, Typing: "reply"})
	ann.until("bob types", at(inSales, "ann: bob:reply"))

	// It is cut off: nothing of it comes through the air any more.
	second.mu.Lock()
	name := second.around.server
	second.mu.Unlock()
	air.mu.Lock()
	for id := range air.ears {
		heard := air.ears[id]
		air.ears[id] = func(data []byte) {
			if !strings.Contains(string(data), name) {
				heard(data)
			}
		}
	}
	air.mu.Unlock()
	ann.until("bob faded", at(inSales, "ann:"))
	if first.Stats().Ephemeral == 0 {
		t.Error("nothing was counted")
	}
}

// A page that floods, or says what nobody can do, ends its own socket.
func TestHereHostile(t *testing.T) {
	t.Parallel()
	_, url, _, _ := start(t, here(&places{}, nil))
	for _, frame := range []any{
		map[string]any{"type": "here", "open": "x"},
		map[string]any{"type": "here", "typing": "novel"},
		map[string]any{"type": "here", "open": 5},
		map[string]any{"type": "here", "also": []view{{"x", ""}}},
		map[string]any{"type": "here", "also": []view{{inSales, "novel"}}},
		map[string]any{"type": "here", "also": make([]view, maxAlso+1)},
		map[string]any{"type": "topics", "topics": []string{"customer:x"}},
		map[string]any{"type": "topics", "topics": []string{"conversation:" + inSales + ":"}},
	} {
		b := come(t, url, "ann/1", "")
		if err := b.send(frame); err != nil {
			t.Fatal(err)
		}
		b.wantClose(CloseProtocol)
	}
	b := come(t, url, "ann/1", inSales)
	for i := range mayFrames + 1 {
		if b.send(map[string]any{"type": "here", "open": inSales, "typing": []string{"", "note"}[i%2]}) != nil {
			break
		}
	}
	b.wantClose(CloseProtocol)
}

// What is true only now never cuts anybody off: who is behind is told how it is
// when there is room again.
func TestHereSlow(t *testing.T) {
	t.Parallel()
	h, url, _, _ := start(t, here(&places{}, func(c *Config) { c.QueueFrames = 8; c.WriteTimeout = time.Minute }))
	slow := dialNarrow(t, url, hello{Token: "ann/1", Topics: topicsOf(inSales)})
	slow.want("ready", "")
	slow.stands(stand{Open: inSales})
	bob := come(t, url, "bob/1", inSales)
	for i := range 90 {
		bob.stands(stand{Open: inSales, Typing: []string{"", "note"}[i%2]})
	}
	bob.stands(stand{Open: inSales, Typing: "reply"})
	slow.until("the last word", at(inSales, "ann: bob:reply"))
	if n := h.Stats().CutOff; n != 0 {
		t.Errorf("%d were cut off", n)
	}
	_ = bob.conn.Close(websocket.StatusNormalClosure, "")
}

// A customer's typing shows in the own conversation, the pages at the own
// customer, to those who may see them, and both end by themselves. The customer
// hears that a reply is typed and that what there is was read, and never of notes.
func TestSigns(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var told []Down
	h, url, stream, _ := start(t, here(&places{}, func(c *Config) {
		c.Down = func(_ context.Context, d Down) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, d)
		}
	}))
	sign := func(kind SignKind, ttl time.Duration) {
		h.Sign(Sign{Channel: inbox.Chat, Account: "web", Key: "session", Thread: chatKey, Who: whoKey, Kind: kind, TTL: ttl,
			Page: Page{URL: "https://shop.example/" + string(kind), Title: "A page"}})
	}
	both := func(token string) *browser {
		b := dial(t, url, hello{Token: token, Topics: []string{List, conversationPrefix + inSales, customerPrefix + customer}})
		b.want("ready", "")
		b.stands(stand{Open: inSales})
		return b
	}
	sign(SignOnline, time.Minute)
	bob := both("bob/1")
	bob.until("online", func(f said) bool { return f.Topic == conversationPrefix+inSales && f.Customer.Online })
	sign(SignTyping, time.Minute)
	bob.until("typing", func(f said) bool { return f.Topic == conversationPrefix+inSales && f.Customer.Typing })
	sign(SignPage, time.Minute)
	f := bob.until("a page", func(f said) bool { return f.Topic == customerPrefix+customer && len(f.Customer.Pages) == 1 })
	if p := f.Customer.Pages[0]; p.URL != "https://shop.example/page" || p.Title != "A page" || f.Customer.Typing {
		t.Errorf("the customer is told as %s", f.raw)
	}
	sign(SignStopped, 0)
	bob.until("stopped", func(f said) bool {
		return f.Topic == conversationPrefix+inSales && f.Customer.Online && !f.Customer.Typing
	})

	bob.stands(stand{Open: inSales, Typing: "note"})
	bob.until("a note", at(inSales, "bob:note"))
	bob.stands(stand{Open: inSales, Typing: "reply"})
	bob.until("a reply", at(inSales, "bob:reply"))
	bob.stands(stand{Open: inSales})
	bob.until("nothing", at(inSales, "bob:"))
	stream.add(inbox.Event{Kind: inbox.MessageChanged, Entity: "m", Version: 1,
		Message:  &inbox.Message{ID: "m", ConversationID: inSales, Direction: inbox.In},
		Audience: inbox.Audience{After: &inbox.Place{InboxID: "sales"}}})
	var heard string
	wait(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		heard = ""
		for _, d := range told {
			if d.Channel != inbox.Chat || d.Account != "web" || d.Key != "session" {
				t.Errorf("told to %+v", d)
			}
			heard += fmt.Sprintf("typing %v, read %v; ", d.Typing, d.Read)
		}
		return len(told) >= 4
	})
	if want := "typing false, read true; typing true, read false; typing false, read false; typing false, read true; "; heard != want {
		t.Errorf("the customer heard %s, want %s", heard, want)
	}

	sign(SignOffline, 0)
	online, pages := true, true
	bob.until("offline, with no pages", func(f said) bool {
		online = online && (f.Topic != conversationPrefix+inSales || f.Customer.Online)
		pages = pages && (f.Topic != customerPrefix+customer || len(f.Customer.Pages) > 0)
		return !online && !pages
	})
}
