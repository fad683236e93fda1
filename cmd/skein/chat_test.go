package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/nats-io/nats.go/jetstream"

	"skein/connectors"
	"skein/connectors/chat"
	"skein/inbox"
	"skein/inbox/bus"
)

const shopOrigin = "https://shop.example"

// A chatNode is a node with a chat account and the sidecars that serve it.
type chatNode struct {
	*node
}

func startChat(t *testing.T, settings string) *chatNode {
	t.Helper()
	n := &chatNode{startNode(t)}
	if settings == "" {
		settings = `{"origins": ["` + shopOrigin + `"], "brand": {"name": "The shop"}}`
	}
	if _, err := n.store.SaveAccount(t.Context(), inbox.Account{ID: "web", Channel: inbox.Chat, InboxID: n.inboxes["support"].ID, Name: "Web chat",
		MaxProof: inbox.Signed, Settings: []byte(settings)}, time.Now()); err != nil {
		t.Fatal(err)
	}
	parts := newStack(slog.New(slog.DiscardHandler))
	t.Cleanup(func() { parts.stop(10 * time.Second) })
	if _, err := n.startAccounts(t.Context(), parts); err != nil {
		t.Fatal(err)
	}
	return n
}

// sidecar starts an instance of the chat's connector.
func (n *chatNode) sidecar() (stop func()) {
	n.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	link := n.links[inbox.Chat]
	go func() {
		done <- connectors.Run(ctx, connectors.Config{Link: link, Connector: chat.New(chat.Config{Secret: link.Derive("chat sessions")}),
			Log: slog.New(slog.DiscardHandler), Grace: time.Second})
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			n.t.Errorf("the sidecar ended with %v", err)
		}
	})
	n.t.Cleanup(stop)
	n.until("the chat is served", func() bool {
		code, _ := n.get("/in/chat/web/config")
		return code == http.StatusOK
	})
	return stop
}

func (n *chatNode) get(path string) (int, string) {
	req, err := http.NewRequestWithContext(n.t.Context(), "GET", n.url+path, nil)
	if err != nil {
		n.t.Fatal(err)
	}
	req.Header.Set("Origin", shopOrigin)
	return fetch(n.t, req)
}

// A tab is a visitor's socket, and everything that it was ever told.
type tab struct {
	*chatNode
	conn    *websocket.Conn
	Session string
	Token   string

	mu    sync.Mutex
	all   []byte            // every byte
	said  []json.RawMessage // frames
	ended chan struct{}
}

// A visitorFrame is a frame to a visitor.
type visitorFrame struct {
	T string `json:"t"`
	inbox.VisitorMessage
	Session, Token   string
	Messages         []inbox.VisitorMessage
	Code, Message    string
	About            string
	Open, More       bool
	Position, Queue  int
	AgentName, Title string
}

func (n *chatNode) visit(hello map[string]any) *tab {
	n.t.Helper()
	return n.visitAt(n.url, hello)
}

func (n *chatNode) visitAt(url string, hello map[string]any) *tab {
	n.t.Helper()
	v := n.dialAt(url, hello)
	w := v.expect("welcome", func(f visitorFrame) bool { return f.T == "welcome" })
	v.Session, v.Token = w.Session, w.Token
	return v
}

func (n *chatNode) dial(hello map[string]any) *tab {
	n.t.Helper()
	return n.dialAt(n.url, hello)
}

func (n *chatNode) dialAt(url string, hello map[string]any) *tab {
	n.t.Helper()
	var conn *websocket.Conn
	var err error
	n.until("a visitor's socket opens", func() bool {
		conn, _, err = websocket.Dial(n.t.Context(), "ws"+strings.TrimPrefix(url, "http")+"/in/chat/web/ws",
			&websocket.DialOptions{HTTPHeader: http.Header{"Origin": {shopOrigin}}})
		return err == nil
	})
	conn.SetReadLimit(4 << 20)
	v := &tab{chatNode: n, conn: conn, ended: make(chan struct{})}
	go func() {
		defer close(v.ended)
		for {
			_, raw, err := conn.Read(context.Background())
			if err != nil {
				return
			}
			v.mu.Lock()
			v.all = append(v.all, raw...)
			v.said = append(v.said, raw)
			v.mu.Unlock()
		}
	}()
	n.t.Cleanup(v.close)
	if hello == nil {
		hello = map[string]any{}
	}
	hello["t"] = "hello"
	v.say(hello)
	return v
}

func (v *tab) close() { _ = v.conn.CloseNow(); <-v.ended }

func (v *tab) say(frame map[string]any) {
	v.t.Helper()
	raw, err := json.Marshal(frame)
	if err != nil {
		v.t.Fatal(err)
	}
	if err := v.conn.Write(v.t.Context(), websocket.MessageText, raw); err != nil {
		v.t.Logf("said to a closed socket: %v", err)
	}
}

func (v *tab) write(id, text string) {
	v.t.Helper()
	v.say(map[string]any{"t": "message", "id": id, "text": text})
}

func (v *tab) frames() []visitorFrame {
	v.mu.Lock()
	defer v.mu.Unlock()
	list := make([]visitorFrame, len(v.said))
	for i, raw := range v.said {
		if err := json.Unmarshal(raw, &list[i]); err != nil {
			v.t.Errorf("frame %s: %v", raw, err)
		}
	}
	return list
}

func (v *tab) bytes() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return string(v.all)
}

func (v *tab) expect(what string, is func(visitorFrame) bool) (found visitorFrame) {
	v.t.Helper()
	defer func() {
		if v.t.Failed() {
			v.t.Logf("the visitor was told: %s", v.bytes())
		}
	}()
	v.until(what, func() bool {
		list := v.frames()
		i := slices.IndexFunc(list, is)
		if i >= 0 {
			found = list[i]
		}
		return i >= 0
	})
	return found
}

// texts are what the socket was told by words, in order.
func (v *tab) texts() (list []string) {
	for _, f := range v.frames() {
		switch f.T {
		case "history":
			list = nil
			for _, m := range f.Messages {
				list = append(list, m.From+": "+m.Text)
			}
		case "message":
			list = append(list, f.From+": "+f.Text)
		}
	}
	return list
}

// last is the newest number that the socket knows.
func (v *tab) last() (seq int64) {
	for _, f := range v.frames() {
		if f.T != "ping" && f.T != "welcome" {
			seq = max(seq, f.Seq)
		}
	}
	return seq
}

// chat waits for the conversation whose newest words are preview.
func (r *reader) chat(preview string) inbox.Conversation {
	r.t.Helper()
	var found inbox.Conversation
	r.until("conversation with "+preview, func() bool {
		var list struct{ Items []inbox.Conversation }
		r.want(200, "GET", "/conversations?status=all&limit=100", nil, &list)
		i := slices.IndexFunc(list.Items, func(c inbox.Conversation) bool { return c.Preview == preview })
		if i >= 0 {
			found = list.Items[i]
		}
		return i >= 0
	})
	return found
}

func (r *reader) reply(c inbox.Conversation, text string) inbox.Message {
	r.t.Helper()
	var m inbox.Message
	status, raw := r.doKey("POST", "/conversations/"+string(c.ID)+"/replies", text, map[string]any{"text": text, "seenSeq": 1 << 40})
	if status != http.StatusAccepted {
		r.t.Fatalf("reply: %d %s", status, raw)
	}
	if err := json.Unmarshal([]byte(raw), &m); err != nil {
		r.t.Fatal(err)
	}
	return m
}

func (r *reader) messages(c inbox.Conversation) []inbox.Message {
	r.t.Helper()
	var list struct{ Items []inbox.Message }
	r.want(200, "GET", "/conversations/"+string(c.ID)+"/messages?limit=100", nil, &list)
	return list.Items
}

func uuid(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// A visitor's message reaches the agent's open page, the answer reaches the
// visitor, and the agent sees it delivered and read; a reload shows the same, and
// a second tab too.
func TestChat(t *testing.T) {
	t.Parallel()
	n := startChat(t, "")
	n.sidecar()
	anna := n.agent("anna", inbox.AgentRole, n.inboxes["support"].ID)
	anna.watch()

	v := n.visit(map[string]any{"locale": "en"})
	v.write(uuid(1), "Where is my parcel?")
	v.expect("it is sent", func(f visitorFrame) bool { return f.T == "state" && string(f.ID) == uuid(1) && f.State == inbox.Sent })
	v.expect("its copy", func(f visitorFrame) bool {
		return f.T == "message" && f.From == "visitor" && f.ClientID == uuid(1) && f.Seq == 1
	})
	c := anna.chat("Where is my parcel?")
	anna.until("the agent's socket has it", func() bool { return strings.Contains(anna.said(), "Where is my parcel?") })
	if c.Channel != inbox.Chat || c.Customer.Address != v.Session || c.Customer.Name != "Visitor "+v.Session[:4] ||
		!strings.Contains(anna.said(), c.Customer.Name) {
		t.Errorf("the conversation is %+v", c)
	}

	m := anna.reply(c, "On its way.")
	got := v.expect("the answer", func(f visitorFrame) bool { return f.T == "message" && f.From == "agent" })
	if got.Text != "On its way." || got.Name != "anna" || got.ID != m.ID || got.Seq != 2 {
		t.Errorf("the visitor was told %+v", got)
	}
	state := func() inbox.State { list := anna.messages(c); return list[len(list)-1].State }
	anna.until("it is delivered", func() bool { return state() == inbox.Delivered })
	v.say(map[string]any{"t": "read", "seq": got.Seq})
	anna.until("it is read", func() bool { return state() == inbox.Read })

	again := n.visit(map[string]any{"session": v.Session, "token": v.Token})
	want := []string{"visitor: Where is my parcel?", "agent: On its way."}
	again.expect("the history", func(f visitorFrame) bool { return f.T == "history" && len(f.Messages) == 2 })
	if got := again.texts(); !slices.Equal(got, want) || again.Session != v.Session {
		t.Errorf("after a reload: %q, want %q", got, want)
	}
	again.write(uuid(2), "Thank you!")
	v.expect("what another tab said", func(f visitorFrame) bool { return f.T == "message" && f.Text == "Thank you!" && f.Seq == 3 })

	anna.want(200, "PATCH", "/conversations/"+string(c.ID), map[string]any{"status": "closed"}, nil)
	v.expect("it is closed", func(f visitorFrame) bool { return f.T == "closed" })
	v.write(uuid(3), "One more thing")
	v.expect("it goes on", func(f visitorFrame) bool { return f.T == "reopened" })
}

// Two instances serve one visitor's tabs: what is said under one id on both is one
// message, each word is shown once on each, and when one of them stops the other
// goes on where it was, without a gap.
func TestChatDoubled(t *testing.T) {
	t.Parallel()
	n := startChat(t, "")
	stop := []func(){n.sidecar(), n.sidecar()}
	var at []string
	n.until("both take HTTP", func() bool { at = n.instances.Of(inbox.Chat); return len(at) == 2 })
	anna := n.agent("anna", inbox.AgentRole, n.inboxes["support"].ID)
	first := n.visitAt("http://"+at[1], nil)
	second := n.visitAt("http://"+at[0], map[string]any{"session": first.Session, "token": first.Token})
	if first.Session != second.Session {
		t.Fatal("the other instance doesn't know the token")
	}
	for i := range 5 {
		for range 3 {
			first.write(uuid(i), fmt.Sprint("message ", i))
			second.write(uuid(i), fmt.Sprint("message ", i))
		}
	}
	for _, v := range []*tab{first, second} {
		v.expect("the last one is there", func(f visitorFrame) bool { return f.T == "message" && f.Seq == 5 })
	}
	c := anna.chat("message 4")
	anna.reply(c, "answer 1")
	for _, v := range []*tab{first, second} {
		v.expect("the answer", func(f visitorFrame) bool { return f.Text == "answer 1" })
	}
	stop[1]() // the newest, which is the first of the list
	<-second.ended
	anna.reply(c, "answer 2")
	back := n.visit(map[string]any{"session": second.Session, "token": second.Token, "after": second.last()})
	back.expect("what was missed", func(f visitorFrame) bool { return f.Text == "answer 2" })
	back.write(uuid(9), "and on it goes")
	first.expect("on the other tab", func(f visitorFrame) bool { return f.Text == "and on it goes" })

	var want []string
	for i := range 5 {
		want = append(want, fmt.Sprint("visitor: message ", i))
	}
	want = append(want, "agent: answer 1")
	if got := second.texts(); !slices.Equal(got, want) {
		t.Errorf("the second tab was shown %q, want %q", got, want)
	}
	want = append(want, "agent: answer 2", "visitor: and on it goes")
	if got := first.texts(); !slices.Equal(got, want) {
		t.Errorf("the first tab was shown %q, want %q", got, want)
	}
	if got := len(anna.messages(c)); got != len(want) {
		t.Errorf("the conversation has %d messages, want %d", got, len(want))
	}
}

// What a visitor says is taken once, however often and in whatever order it comes.
func TestChatThriceInReverse(t *testing.T) {
	t.Parallel()
	n := startChat(t, "")
	n.sidecar()
	anna := n.agent("anna", inbox.AgentRole, n.inboxes["support"].ID)
	v := n.visit(nil)
	v.write(uuid(0), "the first")
	c := anna.chat("the first")
	at := time.Now()
	for round := range 3 {
		for i := 9; i > 0; i-- {
			item := connectors.Inbound{
				Kind: connectors.KindMessage, Channel: inbox.Chat, Account: "web", EventID: "message:" + v.Session + "/" + uuid(i), ExternalID: v.Session + "/" + uuid(i),
				Key: v.Session, Lane: connectors.LaneLive, Sender: connectors.Sender{Kind: inbox.ChatVisitor, Address: v.Session, Proof: inbox.Proven},
				ProviderAt: at.Add(time.Duration(i) * time.Millisecond), ReceivedAt: at,
				Message: &connectors.Message{ThreadKey: v.Session, Text: fmt.Sprint("text ", i), VisibleText: fmt.Sprint("text ", i)},
			}
			// Through the front door a repetition is swallowed by the stream: here each
			// reaches the database.
			if err := n.again(item, fmt.Sprint(round)); err != nil {
				t.Fatal(err)
			}
		}
	}
	n.until("all are handled", func() bool { return len(anna.messages(c)) == 10 })
	v.write(uuid(10), "the last")
	v.expect("the last", func(f visitorFrame) bool { return f.Text == "the last" })
	seen := map[string]int{}
	for _, text := range v.texts() {
		seen[text]++
	}
	for text, times := range seen {
		if times != 1 {
			t.Errorf("%q was shown %d times", text, times)
		}
	}
	if len(seen) != 11 || v.last() != 11 {
		t.Errorf("shown %v up to %d", seen, v.last())
	}
}

// again publishes an item past the stream's own memory of what it has seen.
func (n *chatNode) again(item connectors.Inbound, round string) error {
	raw, err := json.Marshal(item)
	if err != nil {
		return err
	}
	js, err := jetstream.New(n.base.nc)
	if err != nil {
		return err
	}
	_, err = js.Publish(n.t.Context(), bus.InboundSubject(&item), raw, jetstream.WithMsgID(item.EventID+round))
	return err
}
