package chat

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"skein/connectors"
	"skein/connectors/connectorstest"
	"skein/inbox"
)

const testOrigin = "https://shop.example"

// A fakeIntake is a desk that keeps every item, however often it comes, and answers
// as the server does.
type fakeIntake struct {
	*connectorstest.Desk // whose Mu guards what follows too

	words   map[string][]inbox.VisitorWord // of each session, all
	stream  map[string][]inbox.VisitorWord // what VISITOR has of them
	silent  bool                           // the server answers nothing
	hear    []func(connectors.Live)
	changed chan struct{}
	source  string
}

func newFakeIntake(t testing.TB) *fakeIntake {
	return &fakeIntake{Desk: connectorstest.NewDesk(t, connectors.Account{ID: "web"}), words: map[string][]inbox.VisitorWord{}, stream: map[string][]inbox.VisitorWord{}, changed: make(chan struct{}), source: "192.0.2.1"}
}

var errAway = &inbox.Error{Code: inbox.Unavailable, Message: "away"}

func (f *fakeIntake) Accept(_ context.Context, account inbox.AccountID, items ...connectors.Inbound) error {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	if f.Away {
		return errAway
	}
	for _, i := range items {
		i.Account = account
		f.Items = append(f.Items, i)
	}
	return nil
}

func (f *fakeIntake) Source(r *http.Request) netip.Addr {
	if s := r.Header.Get("X-Source"); s != "" {
		return netip.MustParseAddr(s)
	}
	return netip.MustParseAddr(f.source)
}

// Ask answers as the server does.
func (f *fakeIntake) Ask(_ context.Context, _ inbox.AccountID, verb string, request, answer any) error {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	if f.silent {
		return errAway
	}
	switch verb {
	case connectors.AskSession:
		q, a := request.(connectors.SessionAsk), answer.(*connectors.SessionAnswer)
		all := f.words[q.Session]
		*a = connectors.SessionAnswer{Epoch: "e", Position: uint64(len(f.stream[q.Session])), Known: len(all) > 0, Last: int64(len(all))}
		if a.Reset = q.After == 0 || q.After > a.Last; a.Reset {
			for _, w := range all {
				a.Messages = append(a.Messages, w.VisitorMessage)
			}
			return nil
		}
		a.Words = slices.Clone(all[q.After:])
	case connectors.AskHours:
		*answer.(*connectors.HoursAnswer) = connectors.HoursAnswer{Open: true, Epoch: "e"}
	case connectors.AskFile:
		q := request.(connectors.FileAsk)
		if q.ID != "file-of-"+inbox.AttachmentID(q.Session) {
			return &inbox.Error{Code: inbox.NotFound, Message: "the file is not there"}
		}
		*answer.(*connectors.FileAnswer) = connectors.FileAnswer{Name: "a\"b.html", Type: "text/html", Body: connectors.Body{Ref: "body", Size: 5}}
	}
	return nil
}

func (f *fakeIntake) Hear(ctx context.Context, heard func(connectors.Live)) error {
	f.Mu.Lock()
	f.hear = append(f.hear, heard)
	f.Mu.Unlock()
	<-ctx.Done()
	return ctx.Err()
}

func (f *fakeIntake) Visitor(ctx context.Context, _ inbox.AccountID, session string, after uint64, show func(uint64, []byte) error) error {
	for {
		f.Mu.Lock()
		list, changed := slices.Clone(f.stream[session]), f.changed
		f.Mu.Unlock()
		for ; after < uint64(len(list)); after++ {
			raw, err := json.Marshal(list[after])
			if err != nil {
				return err
			}
			if err := show(after+1, raw); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// tell tells a session a word; lost: VISITOR doesn't get it. Each goes out as
// often as times says.
func (f *fakeIntake) tell(session string, m inbox.VisitorMessage, lost bool, times int) {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	m.Seq = int64(len(f.words[session]) + 1)
	w := inbox.VisitorWord{Kind: inbox.VisitorSaid, VisitorMessage: m}
	f.words[session] = append(f.words[session], w)
	for range times {
		if !lost {
			f.stream[session] = append(f.stream[session], w)
		}
	}
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *fakeIntake) texts() (list []string) {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	for _, i := range f.Items {
		if i.Message != nil {
			list = append(list, i.Message.Text)
		}
	}
	return list
}

// A rig is a chat that is served.
type rig struct {
	t    *testing.T
	stop context.CancelFunc // ends the account's Receive of the newest instance
	in   *fakeIntake
	c    *Chat
	url  string
}

func newRig(t *testing.T, settings string) *rig {
	t.Helper()
	if settings == "" {
		settings = `{"origins": ["` + testOrigin + `"]}`
	}
	r := &rig{t: t, in: newFakeIntake(t)}
	r.in.Bodies["body"] = []byte("hello")
	r.c, r.url = r.instance(settings)
	return r
}

// instance starts one more process of the connector.
func (r *rig) instance(settings string) (*Chat, string) {
	c := New(Config{Secret: []byte(strings.Repeat("k", 32))})
	server := httptest.NewServer(c.Handler(r.in))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	r.stop = cancel
	ready := make(chan struct{})
	go func() {
		ended <- c.Receive(ctx, connectors.Account{ID: "web", Settings: []byte(settings)}, "", func(context.Context, string, ...connectors.Inbound) error {
			close(ready)
			return nil
		})
	}()
	<-ready
	r.t.Cleanup(func() { cancel(); <-ended; server.Close() })
	r.until("the account is served", func() bool { h, _ := c.hub("web"); return h != nil })
	return c, server.URL
}

func (r *rig) until(what string, ok func() bool) {
	r.t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("%s: not within half a minute", what)
		}
	}
}

// A guest is a visitor's socket.
type guest struct {
	*rig
	conn  *websocket.Conn
	mu    sync.Mutex
	raw   []string
	ended chan struct{}
	close websocket.StatusCode
}

func (r *rig) dial(url string, header http.Header, hello string) *guest {
	r.t.Helper()
	if header == nil {
		header = http.Header{}
	}
	if header.Get("Origin") == "" {
		header.Set("Origin", testOrigin)
	}
	conn, _, err := websocket.Dial(r.t.Context(), "ws"+strings.TrimPrefix(url, "http")+"/in/chat/web/ws", &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		r.t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	g := &guest{rig: r, conn: conn, ended: make(chan struct{})}
	go func() {
		defer close(g.ended)
		for {
			_, raw, err := conn.Read(context.Background())
			if err != nil {
				g.close = websocket.CloseStatus(err)
				return
			}
			g.mu.Lock()
			g.raw = append(g.raw, string(raw))
			g.mu.Unlock()
		}
	}()
	r.t.Cleanup(func() { _ = conn.CloseNow(); <-g.ended })
	g.say(hello)
	return g
}

func (g *guest) say(frame string) {
	_ = g.conn.Write(g.t.Context(), websocket.MessageText, []byte(frame))
}

type anyFrame struct {
	T, Session, Token, ID, Code, About, From, Text, Name string
	State                                                inbox.State
	Seq                                                  int64
	RetryAfter                                           float64
	Messages                                             []inbox.VisitorMessage
}

func (g *guest) frames() []anyFrame {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := make([]anyFrame, len(g.raw))
	for i, raw := range g.raw {
		if err := json.Unmarshal([]byte(raw), &list[i]); err != nil {
			g.t.Errorf("%s: %v", raw, err)
		}
	}
	return list
}

func (g *guest) expect(what string, is func(anyFrame) bool) (found anyFrame) {
	g.t.Helper()
	defer func() {
		if g.t.Failed() {
			g.mu.Lock()
			g.t.Log(strings.Join(g.raw, "\n"))
			g.mu.Unlock()
		}
	}()
	g.until(what, func() bool {
		for _, f := range g.frames() {
			if is(f) {
				found = f
				return true
			}
		}
		return false
	})
	return found
}

func (g *guest) welcome() anyFrame {
	g.t.Helper()
	return g.expect("welcome", func(f anyFrame) bool { return f.T == "welcome" })
}

func kind(t string) func(anyFrame) bool { return func(f anyFrame) bool { return f.T == t } }

// shown are the texts of words that the socket was shown, in order.
func (g *guest) shown() (list []string) {
	for _, f := range g.frames() {
		if f.T == "history" {
			for _, m := range f.Messages {
				list = append(list, m.Text)
			}
		}
		if f.T == "message" {
			list = append(list, f.Text)
		}
	}
	return list
}
