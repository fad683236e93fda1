package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"skein/inbox"
)

// A log is an event stream in memory.
type log struct {
	mu      sync.Mutex
	epoch   string
	first   uint64
	entries [][]byte
	changed chan struct{}
	down    bool
	deaf    int // who began to read before the reader of this number gets nothing more
	readers int
}

func newLog() *log { return &log{epoch: "e1", first: 1, changed: make(chan struct{})} }

var errDown = errors.New("down")

func (l *log) State(context.Context) (inbox.StreamMark, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		return inbox.StreamMark{}, errDown
	}
	return inbox.StreamMark{Epoch: l.epoch, First: l.first, Last: uint64(len(l.entries))}, nil
}

func (l *log) Events(ctx context.Context, from uint64, fn func(uint64, []byte) error) error {
	l.mu.Lock()
	epoch := l.epoch
	if from < l.first || from > uint64(len(l.entries))+1 {
		l.mu.Unlock()
		return errors.New("not in the stream")
	}
	l.readers++
	me := l.readers
	l.mu.Unlock()
	for next := from; ; {
		l.mu.Lock()
		changed, down := l.changed, l.down || l.epoch != epoch
		var data []byte
		if next <= uint64(len(l.entries)) && me > l.deaf {
			if next < l.first {
				next = l.first
			}
			data = l.entries[next-1]
		}
		l.mu.Unlock()
		if down {
			return errDown
		}
		if data != nil {
			if err := fn(next, data); err != nil {
				return err
			}
			next++
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

func (l *log) touch(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *log) add(e inbox.Event) uint64 {
	b, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	var seq uint64
	l.touch(func() {
		l.entries = append(l.entries, b)
		seq = uint64(len(l.entries))
	})
	return seq
}

// people knows tokens, which are "agent/session", and rights.
type people struct {
	mu      sync.Mutex
	rights  map[inbox.AgentID]inbox.Rights
	ended   map[inbox.SessionID]bool
	expires time.Duration
	asked   chan struct{} // when set: each look-up waits for one receive
	err     error
}

func newPeople() *people {
	return &people{rights: map[inbox.AgentID]inbox.Rights{}, ended: map[inbox.SessionID]bool{}, expires: time.Hour}
}

func (p *people) Verify(token string) (Claims, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	agent, session, ok := strings.Cut(token, "/")
	if !ok {
		return Claims{}, errors.New("bad token")
	}
	return Claims{Agent: inbox.AgentID(agent), Session: inbox.SessionID(session), Expires: time.Now().Add(p.expires)}, nil
}

func (p *people) RightsOfSessions(ctx context.Context, sessions []inbox.Session) ([]*inbox.Rights, error) {
	p.mu.Lock()
	asked := p.asked
	p.mu.Unlock()
	if asked != nil {
		select {
		case <-asked:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return nil, p.err
	}
	all := make([]*inbox.Rights, len(sessions))
	for i, s := range sessions {
		if r, ok := p.rights[s.AgentID]; ok && !p.ended[s.ID] {
			all[i] = &r
		}
	}
	return all, nil
}

func (p *people) of(agent inbox.AgentID) inbox.Rights {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rights[agent]
}

func (p *people) set(agent inbox.AgentID, version int64, inboxes ...inbox.InboxID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rights[agent] = inbox.Rights{Agent: inbox.Agent{ID: agent}, Version: version, Inboxes: inboxes}
}

// serve runs a hub behind a real server and returns its address.
func serve(t *testing.T, cfg Config) (*Hub, string) {
	t.Helper()
	h, url, _ := serveUntil(t, cfg)
	return h, url
}

// serveUntil is serve with what ends it before the test does.
func serveUntil(t *testing.T, cfg Config) (*Hub, string, func()) {
	t.Helper()
	h := New(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = h.Run(ctx)
	}()
	url := newServer(t, h)
	stop := sync.OnceFunc(func() {
		cancel()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			t.Error("Run did not return")
		}
	})
	t.Cleanup(stop)
	wait(t, h.Ready)
	return h, url, stop
}

func newServer(t *testing.T, h *Hub) string {
	server := httptest.NewUnstartedServer(h)
	// Of what a client hasn't read the system keeps little.
	server.Config.ConnState = func(c net.Conn, state http.ConnState) {
		if state == http.StateNew {
			_ = c.(*net.TCPConn).SetWriteBuffer(32 << 10)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	return "ws" + strings.TrimPrefix(server.URL, "http")
}

func wait(t testing.TB, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain")
		}
	}
}

// A said is a frame of the server.
type said struct {
	Type     string          `json:"type"`
	Position string          `json:"position"`
	Rights   int64           `json:"rights"`
	Resumed  bool            `json:"resumed"`
	Reload   bool            `json:"reload"`
	Kind     inbox.EventKind `json:"kind"`
	Entity   string          `json:"entity"`
	Version  int64           `json:"version"`
	LastSent uint64          `json:"lastSent"`
	Newest   uint64          `json:"newest"`
	Topics   []string        `json:"topics"`
	Event    *inbox.Event    `json:"event"`

	Topic    string       `json:"topic"`
	Whole    bool         `json:"whole"`
	Agents   []viewer     `json:"agents"` // of the roster too, with State
	Customer customerHere `json:"customer"`
	Calls    []Call       `json:"calls"`

	raw string
}

type browser struct {
	t    testing.TB
	conn *websocket.Conn
}

type hello struct {
	Type     string   `json:"type"`
	Token    string   `json:"token"`
	Position string   `json:"position"`
	Rights   int64    `json:"rights"`
	Topics   []string `json:"topics,omitempty"`
}

// dial opens a socket and sends the first frame.
func dial(t testing.TB, url string, first hello) *browser {
	t.Helper()
	b, err := tryDial(t, url, first)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.conn.CloseNow() })
	return b
}

// dialNarrow is dial with a socket that takes next to nothing before it is read:
// it is full after little.
func dialNarrow(t testing.TB, url string, first hello) *browser {
	t.Helper()
	b, err := tryDialWith(t, url, first, &websocket.DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return conn, conn.(*net.TCPConn).SetReadBuffer(32 << 10)
		},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.conn.CloseNow() })
	return b
}

func tryDial(t testing.TB, url string, first hello) (*browser, error) {
	return tryDialWith(t, url, first, nil)
}

func tryDialWith(t testing.TB, url string, first hello, opt *websocket.DialOptions) (*browser, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, url, opt)
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(8 << 20)
	b := &browser{t, conn}
	first.Type = "auth"
	return b, b.send(first)
}

func (b *browser) send(v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return b.conn.Write(context.Background(), websocket.MessageText, raw)
}

// next returns the next frame, heartbeats left out.
func (b *browser) next() said {
	b.t.Helper()
	f, err := b.read()
	if err != nil {
		b.t.Fatal(err)
	}
	return f
}

func (b *browser) read() (said, error) {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		f, err := b.any(time.Minute)
		if err != nil || f.Type != "heartbeat" {
			return f, err
		}
	}
	return said{}, errors.New("nothing but heartbeats for a minute")
}

func (b *browser) any(within time.Duration) (said, error) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	_, raw, err := b.conn.Read(ctx)
	if err != nil {
		return said{}, err
	}
	f := said{raw: string(raw)}
	if err := json.Unmarshal(raw, &f); err != nil {
		return said{}, fmt.Errorf("%s: %w", raw, err)
	}
	return f, nil
}

// want reads a frame and checks its type and position.
func (b *browser) want(kind, position string) said {
	b.t.Helper()
	f := b.next()
	if f.Type != kind || position != "" && f.Position != position {
		b.t.Fatalf("got %s, want %s at %s", f.raw, kind, position)
	}
	return f
}

// wantClose reads until the socket is closed with code.
func (b *browser) wantClose(code websocket.StatusCode) {
	b.t.Helper()
	for {
		f, err := b.read()
		if err == nil {
			continue
		}
		if got := websocket.CloseStatus(err); got != code {
			b.t.Fatalf("closed with %d (%v), want %d; last %v", got, err, code, f)
		}
		return
	}
}

// changed is a conversation in an inbox.
func changed(id string, version int64, before, after inbox.InboxID) inbox.Event {
	e := inbox.Event{
		ID: inbox.NewID[inbox.EventID](time.Now()), Kind: inbox.ConversationChanged, At: time.Now(), Entity: id, Version: version,
		Conversation: &inbox.Conversation{ID: inbox.ConversationID(id), Version: version, InboxID: after, Subject: "version " + fmt.Sprint(version)},
	}
	if before != "" {
		e.Audience.Before = &inbox.Place{InboxID: before}
	}
	if after != "" {
		e.Audience.After = &inbox.Place{InboxID: after}
	}
	return e
}
