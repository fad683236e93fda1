package chat

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"skein/connectors"
	"skein/inbox"
)

const (
	helloPatience = 10 * time.Second
	pingEvery     = 20 * time.Second
	// silence is how long a socket may say nothing: it is pinged more often.
	silence = 70 * time.Second
	// writePatience is how long one frame may take.
	writePatience = 10 * time.Second
	outQueue      = 16
	presenceTTL   = 60
	typingTTL     = 10
)

// A socket is one tab of a visitor. Three goroutines are its own: the request's,
// which reads; one that shows the words of VISITOR; and one that tells what is
// true only now.
type socket struct {
	h       *hub
	conn    *websocket.Conn
	stop    context.CancelFunc
	session *session
	place   int // in the queue, as was told; the hub's lock guards it

	out   chan []byte // what is true only now
	shown atomic.Int64

	mu     sync.Mutex                               // guards what follows
	unread map[inbox.MessageID]inbox.VisitorMessage // agents' answers
	mine   []inbox.MessageID                        // the visitor's own, not read as far as is known
	anew   context.CancelCauseFunc                  // has what is shown asked for anew

	// Of the goroutine that reads.
	user      *user
	typed     []connectors.Claim
	consent   *bool
	frames    bucket
	bytes     bucket
	strikes   int
	struckAt  time.Time
	typingAt  time.Time
	page      atomic.Pointer[page] // only with consent
	consented atomic.Bool
}

// serveSocket takes a visitor's socket and returns when it has ended.
func (h *hub) serveSocket(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // the origin is checked against the account's own
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		return // it has been answered
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(maxFrame)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	s := &socket{
		h: h, conn: conn, stop: cancel, out: make(chan []byte, outQueue), unread: map[inbox.MessageID]inbox.VisitorMessage{},
	}
	s.serve(ctx)
}

func (s *socket) serve(ctx context.Context) {
	hello, err := s.hello(ctx)
	if err != nil {
		return
	}
	id, token, ok := s.identify(ctx, hello)
	if !ok {
		return
	}
	if !s.h.enter(s, id) {
		s.refuse(ctx, failure{Code: string(inbox.TooMany), Message: "too many tabs of one session", RetryAfter: 30}, websocket.StatusTryAgainLater)
		return
	}
	defer func() {
		known := s.isKnown()
		if s.h.leave(s) && (known || s.consented.Load()) {
			s.say(context.WithoutCancel(ctx), connectors.LiveOffline, nil)
		}
	}()
	answer := s.ask(ctx, hello.After)
	if answer == nil || !answer.Reset {
		s.shown.Store(max(0, hello.After))
	}
	if err := s.welcome(ctx, token, answer); err != nil {
		return
	}
	if hello.Page != nil { // it is only said with consent
		s.setConsent(true)
		s.page.Store(hello.Page.seen())
	}
	s.h.mu.Lock()
	known := s.session.known
	s.h.mu.Unlock()
	if s.user != nil && known {
		s.publishIdentity(ctx)
	}
	if known || s.consented.Load() {
		s.say(ctx, connectors.LiveOnline, s.page.Load())
	}
	var loops sync.WaitGroup
	loops.Go(func() { s.follow(ctx, answer); s.stop() })
	loops.Go(func() { s.write(ctx); s.stop() })
	s.read(ctx)
	s.stop()
	loops.Wait()
}

// hello reads what a visitor begins with.
func (s *socket) hello(ctx context.Context) (*said, error) {
	ctx, cancel := context.WithTimeout(ctx, helloPatience)
	defer cancel()
	_, raw, err := s.conn.Read(ctx)
	if err != nil {
		return nil, err
	}
	var f said
	if json.Unmarshal(raw, &f) != nil || f.T != "hello" {
		s.refuse(ctx, failure{Code: string(inbox.Invalid), Message: "a socket begins with hello"}, websocket.StatusPolicyViolation)
		return nil, errors.New("no hello")
	}
	return &f, nil
}

// identify finds out whose socket it is: the session of a token of ours, that of
// who the shop says is signed in, or a new one. A session of somebody who was
// signed in is nobody else's.
func (s *socket) identify(ctx context.Context, f *said) (id, token string, ok bool) {
	h, now := s.h, s.h.now()
	if f.JWT != "" {
		u, err := h.set.verify(h.account, f.JWT, now)
		if err != nil {
			h.in.Reject(h.account, err)
			s.refuse(ctx, failure{Code: "unauthenticated", Message: err.Error(), About: "jwt"}, websocket.StatusPolicyViolation)
			return "", "", false
		}
		s.user = u
	}
	var p pass
	if f.Token != "" {
		if p, ok = h.seal.openPass(f.Token, now); !ok {
			s.refuse(ctx, failure{Code: "unauthenticated", Message: "the session's token is not ours, or has expired", About: "token"}, websocket.StatusPolicyViolation)
			return "", "", false
		}
	}
	key := p.User
	switch {
	case s.user != nil:
		key = h.seal.userKey(s.user.sub)
		if p.Session == "" || p.User != "" && p.User != key {
			p.Session = h.seal.userSession(s.user.sub)
			f.After = 0
		}
	case p.Session == "":
		p.Session = strings.ToLower(rand.Text())
		f.After = 0
	}
	return p.Session, h.seal.sealPass(p.Session, key, now), true
}

// ask asks the server what there is to go on with, nil while it is away.
func (s *socket) ask(ctx context.Context, after int64) *connectors.SessionAnswer {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var answer connectors.SessionAnswer
	if err := s.h.in.Ask(ctx, s.h.account, connectors.AskSession, connectors.SessionAsk{Session: s.session.id, After: after}, &answer); err != nil {
		if ctx.Err() == nil {
			s.h.log.Debug("a session can't be asked about", "error", err)
		}
		return nil
	}
	s.h.mu.Lock()
	is := s.session
	is.known = is.known || answer.Known
	is.waiting = is.waiting || answer.Queue > 0
	s.place = answer.Queue
	s.h.mu.Unlock()
	return &answer
}

func (s *socket) welcome(ctx context.Context, token string, answer *connectors.SessionAnswer) error {
	at := s.h.set.config(s.h.hoursNow(ctx))
	w := welcome{
		T: "welcome", Session: s.session.id, Token: token, Seq: s.shown.Load(), Open: at.Open, OpensAt: at.OpensAt,
		Brand: at.Brand, MaxFile: at.MaxFile, FileTypes: at.FileTypes,
	}
	if answer != nil {
		w.AgentName, w.Queue, w.Closed = answer.AgentName, answer.Queue, answer.Closed
	}
	return s.put(ctx, w)
}

// put writes one frame.
func (s *socket) put(ctx context.Context, frame any) error {
	raw, err := json.Marshal(frame)
	if err != nil {
		return err
	}
	return s.putRaw(ctx, raw)
}

func (s *socket) putRaw(ctx context.Context, raw []byte) error {
	ctx, cancel := context.WithTimeout(ctx, writePatience)
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, raw)
}

// refuse says why, and ends the socket.
func (s *socket) refuse(ctx context.Context, f failure, code websocket.StatusCode) {
	f.T = "error"
	if s.put(ctx, f) == nil {
		_ = s.conn.Close(code, f.Code)
	}
}

// offer hands over what is true only now; it never waits.
func (s *socket) offer(raw []byte) {
	select {
	case s.out <- raw:
	default:
	}
}

func (s *socket) offerFrame(frame any) {
	if raw, err := json.Marshal(frame); err == nil {
		s.offer(raw)
	}
}

// lookAnew has what is shown asked for anew.
func (s *socket) lookAnew() {
	s.mu.Lock()
	anew := s.anew
	s.mu.Unlock()
	if anew != nil {
		anew(errAnew)
	}
}

// write tells what is true only now, pings, and says that the visitor is there.
func (s *socket) write(ctx context.Context) {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-s.h.end:
			_ = s.conn.Close(websocket.StatusServiceRestart, "served anew in a moment")
			return
		case raw := <-s.out:
			err = s.putRaw(ctx, raw)
		case <-tick.C:
			err = s.put(ctx, ping{"ping", s.shown.Load()})
			if s.consented.Load() || s.isKnown() {
				s.say(ctx, connectors.LiveOnline, s.page.Load())
			}
		}
		if err != nil {
			return
		}
	}
}

func (s *socket) isKnown() bool {
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	return s.session.known
}

// say tells the agents what is true of the visitor just now.
func (s *socket) say(ctx context.Context, kind connectors.LiveKind, at *page) {
	word := connectors.Live{Kind: kind, Account: s.h.account, Key: s.session.id, At: s.h.now(), TTL: presenceTTL}
	if kind == connectors.LiveTyping {
		word.TTL = typingTTL
	}
	sender := connectors.Sender{Kind: inbox.ChatVisitor, Address: s.session.id, Proof: inbox.Proven}
	word.Sender = &sender
	if at != nil {
		word.Page = &connectors.LivePage{URL: at.URL, Title: at.Title}
	}
	if err := s.h.in.Say(ctx, word); err != nil {
		s.h.log.Debug("a visitor's presence is not told", "error", err)
	}
}

// readByAgent tells the visitor that an agent has what they said in sight.
func (s *socket) readByAgent() {
	s.mu.Lock()
	mine := s.mine
	s.mine = nil
	s.mu.Unlock()
	for _, id := range mine {
		s.offerFrame(state{"state", string(id), inbox.Read, ""})
	}
}
