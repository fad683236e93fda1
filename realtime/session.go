package realtime

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"skein/inbox"
)

const (
	readLimit    = 16 << 10 // bytes of a client's frame
	maxTopics    = 64
	frameRate    = 100 // client frames in frameWindow
	frameWindow  = 10 * time.Second
	tokenWarning = time.Minute
	resolveFor   = 10 * time.Second
	chunk        = 64 // frames taken from the ring at a time
)

// A session is one socket. Two goroutines serve it: the handler's writes, and
// one that it owns reads.
type session struct {
	hub    *Hub
	conn   *websocket.Conn
	cancel context.CancelFunc
	wake   chan struct{}

	// The hub's lock guards these.
	claims   Claims // zero before authentication
	rights   inbox.Rights
	topics   map[string]bool // replaced, never changed
	resolved bool            // rights hold for all that comes
	live     bool            // every frame from now on is offered to it
	cursor   uint64          // while not live: the last entry that it has been given or spared
	tab      tab
	told     map[string]uint64 // what is true only now, by topic: the generation that it was told
	rings    bool              // it was told of calls

	mu     sync.Mutex // guards these
	queue  []item
	bytes  int
	asked  bool // a heartbeat was asked for
	code   websocket.StatusCode
	reason string

	lastSent uint64 // the writer's own: sequence of the last event written
}

// An item is a frame on its way to one client; seq is zero for what is not of
// the stream.
type item struct {
	seq   uint64
	bytes []byte
}

// ServeHTTP serves one socket until it ends.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	s := &session{hub: h, cancel: cancel, wake: make(chan struct{}, 1), topics: map[string]bool{List: true}}
	if !h.enter(s) {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "live updates are not ready: try again", http.StatusServiceUnavailable)
		return
	}
	defer h.waiting.Done()
	defer h.leave(s)
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{OriginPatterns: h.cfg.Origins})
	if err != nil {
		return // Accept has answered
	}
	s.conn = conn
	conn.SetReadLimit(readLimit)
	defer func() { _ = conn.CloseNow() }()

	auth, code, reason := s.authenticate(ctx)
	if code == 0 && auth.Type != "" {
		var reading sync.WaitGroup
		defer reading.Wait()
		defer cancel()
		code, reason = s.write(ctx, auth, func() { reading.Go(func() { s.read(ctx) }) })
	}
	if code != 0 {
		h.leave(s) // no more frames; the client has five seconds to answer
		_ = conn.Close(code, reason)
	}
}

// end closes the session with a code as soon as its writer can; it never waits.
func (s *session) end(code websocket.StatusCode, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.code != 0 {
		return
	}
	s.code, s.reason, s.queue, s.bytes = code, reason, nil, 0
	s.poke()
	// A writer that is stuck in the client's full buffer is torn off.
	time.AfterFunc(s.hub.cfg.Farewell, s.cancel)
}

func (s *session) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// offer queues an item; false means that the queue is full.
func (s *session) offer(it item) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.code != 0 {
		return true
	}
	if len(s.queue) >= s.hub.cfg.QueueFrames || s.bytes+len(it.bytes) > s.hub.cfg.QueueBytes && s.bytes > 0 {
		return false
	}
	s.queue = append(s.queue, it)
	s.bytes += len(it.bytes)
	s.poke()
	return true
}

// hold stops the offers until the rights are resolved anew; what follows cursor
// is given then. The hub's lock is held.
func (s *session) hold(cursor uint64) {
	if s.live {
		s.live, s.cursor = false, cursor
	}
	s.resolved = false
	s.poke()
}

// authenticate reads the first frame and the token in it.
func (s *session) authenticate(ctx context.Context) (request, websocket.StatusCode, string) {
	ctx, cancel := context.WithTimeout(ctx, s.hub.cfg.AuthTimeout)
	defer cancel()
	kind, data, err := s.conn.Read(ctx)
	if err != nil {
		return request{}, 0, ""
	}
	req, err := parseRequest(kind, data)
	if err != nil || req.Type != "auth" {
		return request{}, CloseProtocol, "the first frame must be auth"
	}
	claims, err := s.hub.cfg.Tokens.Verify(req.Token)
	if err != nil || !time.Now().Before(claims.Expires) {
		return request{}, CloseToken, "the token is not valid or has ended"
	}
	s.hub.mu.Lock()
	s.claims = claims
	if req.Topics != nil {
		s.topics = req.Topics
	}
	s.hub.join(s)
	s.hub.mu.Unlock()
	return req, 0, ""
}

// read handles what the client says after that.
func (s *session) read(ctx context.Context) {
	began, n := time.Now(), 0
	for {
		kind, data, err := s.conn.Read(ctx)
		if err != nil {
			// CloseStatus is -1 for a socket that broke and for a close frame
			// of ours that was answered alike: in both there is nothing to say.
			s.cancel()
			return
		}
		if n++; n > frameRate {
			if time.Since(began) < frameWindow {
				s.end(CloseProtocol, "too many frames")
				continue
			}
			began, n = time.Now(), 1
		}
		req, err := parseRequest(kind, data)
		if err != nil {
			s.end(CloseProtocol, err.Error())
			continue
		}
		switch req.Type {
		case "token":
			s.handOver(req.Token)
		case "topics":
			s.subscribe(req.Topics)
		case "here":
			s.placed(req)
		case "ping":
			s.mu.Lock()
			s.asked = true
			s.mu.Unlock()
			s.poke()
		}
	}
}

// handOver takes a fresh token of the same session. It is also when rights and
// session are looked at again, should the word of a change have been lost.
func (s *session) handOver(token string) {
	claims, err := s.hub.cfg.Tokens.Verify(token)
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil || claims.Agent != s.claims.Agent || claims.Session != s.claims.Session {
		s.end(CloseToken, "the token is not valid or another session's")
		return
	}
	s.claims = claims
	s.hold(h.ring.last)
}

// subscribe replaces the topics. The answer's position is that from which they
// hold: every frame before it was chosen by the old ones.
func (s *session) subscribe(topics map[string]bool) {
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	h.watchTopics(s, s.topics, topics)
	s.topics = topics
	h.around.owe(s)
	if s.tab.open != "" {
		h.around.move(s.claims.Agent)
	}
	if !s.offer(item{bytes: topicsFrame(h.epoch, s.at(), topics)}) {
		s.end(CloseResume, "too slow: come back and resume")
	}
}

// at is the position up to which everything is with s or in its queue; the
// hub's lock is held.
func (s *session) at() uint64 {
	if s.live {
		return s.hub.ring.last
	}
	return s.cursor
}

var errSocket = errors.New("the socket is closed")
