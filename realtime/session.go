package realtime

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"skein/inbox"
)

const (
	readLimit    = 16 << 10 // bytes of a client's message
	maxTopics    = 64
	maxAlso      = 16 // tabs beside the first that say where they are
	tokenWarning = time.Minute
	resolveFor   = 10 * time.Second
	chunk        = 64      // frames taken from the ring at a time
	tooMany      = "60000" // milliseconds until somebody with that many sockets may try again
)

// A session is one socket. One goroutine reads it; a second one works for it
// while it is not live.
type session struct {
	socket
	hub    *Hub
	conn   *websocket.Conn
	expiry *time.Timer

	// The hub's lock guards these.
	claims   Claims // zero before authentication
	rights   inbox.Rights
	topics   map[string]bool // replaced, never changed
	seen     uint64          // while live: the last frame that was looked at for it
	round    uint64          // of publishing, in which it has its items at due
	due      int
	started  bool // ready is said
	resolved bool // rights hold for all that comes
	live     bool // every frame from now on is offered to it
	slow     bool // it is not because it did not take them
	working  bool // somebody makes it live
	gone     bool
	part     int    // of the heartbeat
	asked    bool   // for a heartbeat, to be given when it is live
	warned   bool   // that its token ends
	cursor   uint64 // while not live: the last entry that it has been given or spared
	halt     context.CancelFunc

	tabs  tabs
	told  map[string]uint64 // what is true only now, by topic: the generation that it was told
	rings bool              // it was told of calls

	marked bool // by the pump, whose lock guards it
}

// ServeHTTP takes a socket over and says ready, or why not. The socket outlives
// the request, whose buffers are large.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s := &session{hub: h, topics: map[string]bool{List: true}, working: true}
	s.socket.cfg, s.socket.lost, s.socket.free.L = &h.cfg, h.countCutOff, &s.socket.mu
	if !h.enter(s) {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "live updates are not ready: try again", http.StatusServiceUnavailable)
		return
	}
	count := s.counts
	conn, err := websocket.Accept(&hijacker{w, &s.socket}, r, &websocket.AcceptOptions{
		OriginPatterns: h.cfg.Origins,
		OnPingReceived: func(context.Context, []byte) bool { return s.pinged(count()) },
		OnPongReceived: func(context.Context, []byte) { s.pinged(count()) },
	})
	if err != nil {
		s.finish() // Accept has answered
		return
	}
	s.conn = conn
	conn.SetReadLimit(readLimit)
	if auth, err := s.authenticate(); err == nil {
		s.work(&auth)
	} else if end, ok := errors.AsType[*ending](err); ok {
		s.end(end.code, end.reason)
	} else {
		s.finish()
		return
	}
	go s.read() // the hub waits for it
}

// finish forgets the session, when nobody reads it any more.
func (s *session) finish() {
	s.hub.leave(s)
	if s.expiry != nil {
		s.expiry.Stop()
	}
	_ = s.Close()
	if s.conn != nil {
		_ = s.conn.CloseNow()
	}
	s.jobs.Wait()
	s.hub.waiting.Done()
}

// end closes the session with a code as soon as the client has taken what is on
// the way to it; it never waits. Of several codes the first holds.
func (s *session) end(code websocket.StatusCode, reason string) {
	if s.say(code, reason) {
		s.hub.out.mark(s)
		// A client whose buffer is full, or who has no answer, is torn off.
		time.AfterFunc(s.hub.cfg.Farewell, func() { _ = s.Close() })
	}
}

// offer queues an item and has it written soon; false means that the queue is
// full. The hub's lock is held, so that what is queued keeps to the order of the
// positions in it.
func (s *session) offer(it item) bool {
	if s.put([]item{it}) == 0 {
		return false
	}
	s.hub.out.mark(s)
	return true
}

// insist queues what there is no going on without. The hub's lock is held.
func (s *session) insist(it item) {
	if s.force(it) > 2*s.hub.cfg.QueueFrames {
		s.cutOff() // it asks for more and more, and takes none of it
		return
	}
	s.hub.out.mark(s)
}

// cutOff sends away who is too slow, to come back and resume; the hub's lock is
// held.
func (s *session) cutOff() {
	s.hub.stats.CutOff++
	s.slow = false
	if s.live {
		s.live = false
		s.hub.follow(s, s.topics, nil)
	}
	s.end(CloseResume, "too slow: come back and resume")
}

// hold stops the offers until the rights are resolved anew. The hub's lock is
// held.
func (s *session) hold(cursor uint64) {
	s.resolved = false
	s.pause(cursor)
}

// pause stops the offers: what follows cursor is given from the ring, by a
// goroutine that may wait for the client. The hub's lock is held.
func (s *session) pause(cursor uint64) {
	if s.live {
		s.live, s.cursor = false, cursor
		s.hub.follow(s, s.topics, nil)
	}
	s.cursor = min(s.cursor, cursor)
	if !s.working {
		s.working = true
		s.spawn(func() { s.work(nil) })
	}
}

// authenticate reads the first frame and the token in it.
func (s *session) authenticate() (request, error) {
	ctx, cancel := context.WithTimeout(context.Background(), s.hub.cfg.AuthTimeout)
	defer cancel()
	kind, data, err := s.conn.Read(ctx)
	if err != nil {
		return request{}, err
	}
	req, err := parseRequest(kind, data)
	if err != nil || req.Type != "auth" {
		return request{}, &ending{CloseProtocol, "the first frame must be auth"}
	}
	claims, err := s.hub.cfg.Tokens.Verify(req.Token)
	if err != nil || !time.Now().Before(claims.Expires) {
		return request{}, &ending{CloseToken, "the token is not valid or has ended"}
	}
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.around.agents[claims.Agent]) >= h.cfg.MaxOfAgent {
		return request{}, &ending{CloseAway, tooMany}
	}
	h.unknown--
	s.claims = claims
	if req.Topics != nil {
		s.topics = req.topicsOf(claims.Agent)
	}
	h.join(s)
	s.expiry = time.AfterFunc(untilWarning(claims), s.expire)
	return req, nil
}

func untilWarning(c Claims) time.Duration {
	left := time.Until(c.Expires)
	return max(min(left, left-tokenWarning), 0)
}

// expire warns of the token's end, and ends the session when that has come.
func (s *session) expire() {
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	left := time.Until(s.claims.Expires)
	switch {
	case s.gone:
		return
	case left <= 0:
		s.end(CloseToken, "the token has ended")
		return
	case left > tokenWarning: // handed over meanwhile
		left -= tokenWarning
	case !s.warned && s.started:
		s.warned = true
		s.insist(item{bytes: tokenExpiring})
	case !s.warned:
		left = min(left, 50*time.Millisecond) // ready comes first
	}
	s.expiry.Reset(left)
}

// read handles what the client says after that, until the socket is closed.
func (s *session) read() {
	defer s.finish()
	for {
		kind, data, err := s.conn.Read(context.Background())
		switch {
		case s.flooded || err == nil && !s.counts():
			s.end(CloseProtocol, "too many frames")
			s.ignore()
			return
		case err != nil:
			return
		case s.isClosing():
			continue
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
			s.subscribe(req)
		case "here":
			s.placed(req)
		case "ping":
			s.answer()
		}
	}
}

// pinged is asked when the library got a ping or a pong: whether to answer. It
// ends the reading of one who sends too many.
func (s *session) pinged(counts bool) bool {
	if !counts {
		_ = s.SetReadDeadline(time.Unix(1, 0))
	}
	return counts
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
	s.claims, s.warned = claims, false
	s.expiry.Reset(untilWarning(claims))
	s.hold(h.ring.last)
}

// subscribe replaces the topics. The answer's position is that from which they
// hold: every frame before it was chosen by the old ones.
func (s *session) subscribe(req request) {
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	topics := req.topicsOf(s.claims.Agent)
	if s.live {
		h.follow(s, s.topics, topics)
	}
	h.watchTopics(s, s.topics, topics)
	s.topics = topics
	if !topics[Queues] {
		delete(s.told, Queues)
		delete(s.told, trendsTold)
	}
	h.around.owe(s)
	if len(s.tabs.open) > 0 {
		h.around.move(s.claims.Agent)
	}
	s.insist(item{bytes: topicsFrame(h.epoch, s.at(), req.Topics)})
}

// at is the position up to which everything is with s or in its queue; the
// hub's lock is held.
func (s *session) at() uint64 {
	if s.live {
		return s.hub.ring.last
	}
	return s.cursor
}

// answer gives the heartbeat that the client asked for, once it is live.
func (s *session) answer() {
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.asked = true; s.live {
		s.heartbeat()
	}
}

// heartbeat tells how far the stream was looked through for this client, how far
// it is, and the last event that the client was sent: one that has another has
// missed something. The hub's lock is held.
func (s *session) heartbeat() {
	h := s.hub
	s.asked = false
	s.insist(item{bytes: heartbeatFrame(position(h.epoch, s.at()), s.newest(), max(h.sighted, h.ring.last))})
}

var errSocket = errors.New("the socket is closed")
