package chat

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"skein/connectors"
	"skein/inbox"
)

const (
	receiptQueue   = 4096
	receiptWorkers = 4

	queueEvery = 10 * time.Second
	hoursEvery = 30 * time.Second
	// hoursTrusted is how long what was said of the hours is repeated without a
	// look.
	hoursTrusted = 45 * time.Second
)

// A hub serves one account's visitors, for as long as its Receive runs.
type hub struct {
	c       *Chat
	in      connectors.Intake
	account inbox.AccountID
	set     *Settings
	seal    sealer
	log     *slog.Logger
	end     chan struct{} // closed when it ends

	receipts chan connectors.Inbound // of answers that a visitor's socket took

	mu       sync.Mutex // guards what follows
	sessions map[string]*session
	hours    connectors.HoursAnswer
	hoursAt  time.Time
	ended    bool
}

// A session is one visitor's, with the sockets that it has on this instance: a
// browser's tabs. The hub's lock guards it.
type session struct {
	id      string
	sockets map[*socket]bool

	known   bool // it has said something
	waiting bool // for an answer

	messages, tracks, uploads bucket
}

func (h *hub) now() time.Time { return h.c.cfg.Now() }

// run does what no visitor's own goroutine does, until ctx ends.
func (h *hub) run(ctx context.Context) error {
	var loops sync.WaitGroup
	loops.Go(func() {
		for ctx.Err() == nil {
			if err := h.in.Hear(ctx, h.heard); err != nil && ctx.Err() == nil {
				h.log.Warn("what agents do can't be heard", "error", err)
				pause(ctx, time.Second)
			}
		}
	})
	for range receiptWorkers {
		loops.Go(func() { h.tell(ctx) })
	}
	loops.Go(func() { h.every(ctx, queueEvery, h.tellQueue) })
	loops.Go(func() { h.every(ctx, hoursEvery, h.tellHours) })
	loops.Wait()
	return ctx.Err()
}

func (h *hub) every(ctx context.Context, d time.Duration, do func(context.Context)) {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			do(ctx)
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// tell publishes receipts, each until the stream has it.
func (h *hub) tell(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case item := <-h.receipts:
			for ctx.Err() == nil {
				err := h.in.Accept(ctx, h.account, item)
				if inbox.CodeOf(err) != inbox.Unavailable {
					break
				}
			}
		}
	}
}

// enter makes a socket one of its session's; it reports false when there are too
// many already, or when the hub has ended.
func (h *hub) enter(s *socket, id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return false
	}
	is := h.sessions[id]
	if is == nil {
		is = &session{id: id, sockets: map[*socket]bool{}}
		h.sessions[id] = is
	}
	if len(is.sockets) >= maxOfSession {
		return false
	}
	is.sockets[s] = true
	s.session = is
	return true
}

// leave takes a socket out; last reports that its session has none left here.
func (h *hub) leave(s *socket) (last bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(s.session.sockets, s)
	if len(s.session.sockets) == 0 {
		now := h.now()
		is := s.session
		// Who comes back at once is under the same limits.
		if is.messages.idle(messageRate, now) && is.uploads.idle(uploadRate, now) && is.tracks.idle(trackRate, now) {
			delete(h.sessions, is.id)
		}
		return true
	}
	return false
}

// spend takes from a bucket of a session.
func (h *hub) spend(of *session, which func(*session) *bucket, r rate) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return which(of).take(r, 1, h.now())
}

// close lets nobody in any more. Who is in is sent away, by each socket itself,
// and comes back to what there is then.
func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = true
	close(h.end)
}

// offer hands a frame to the sockets of a session. What a slow one has no room
// for it misses: it is true only now.
func (h *hub) offer(id string, frame any) {
	raw, err := json.Marshal(frame)
	if err != nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if is := h.sessions[id]; is != nil {
		for s := range is.sockets {
			s.offer(raw)
		}
	}
}

// heard takes what agents do just now.
func (h *hub) heard(word connectors.Live) {
	if word.Account != h.account {
		return
	}
	switch word.Kind {
	case connectors.LiveTyping:
		h.offer(word.Key, typing{"typing", word.Agent})
	case connectors.LiveStopped:
		h.offer(word.Key, typing{"stopped", ""})
	case connectors.LiveRead:
		h.mu.Lock()
		var sockets []*socket
		if is := h.sessions[word.Key]; is != nil {
			for s := range is.sockets {
				sockets = append(sockets, s)
			}
		}
		h.mu.Unlock()
		for _, s := range sockets {
			s.readByAgent()
		}
	}
}

// hoursNow is whether somebody is there, as far as is known: while nobody can be
// asked the chat is open, and what is said waits.
func (h *hub) hoursNow(ctx context.Context) connectors.HoursAnswer {
	h.mu.Lock()
	known, at := h.hours, h.hoursAt
	h.mu.Unlock()
	if h.now().Sub(at) < hoursTrusted {
		return known
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	fresh, err := h.askHours(ctx)
	switch {
	case err == nil:
		return fresh
	case !at.IsZero():
		return known
	}
	return connectors.HoursAnswer{Open: true}
}

func (h *hub) askHours(ctx context.Context) (connectors.HoursAnswer, error) {
	var fresh connectors.HoursAnswer
	if err := h.in.Ask(ctx, h.account, connectors.AskHours, struct{}{}, &fresh); err != nil {
		return fresh, err
	}
	h.mu.Lock()
	h.hours, h.hoursAt = fresh, h.now()
	h.mu.Unlock()
	return fresh, nil
}

// tellHours tells everybody of a change of hours, and has everybody begin anew
// when VISITOR is another stream than it was.
func (h *hub) tellHours(ctx context.Context) {
	h.mu.Lock()
	was, any := h.hours, len(h.sessions) > 0
	known := !h.hoursAt.IsZero()
	h.mu.Unlock()
	if !any {
		return
	}
	is, err := h.askHours(ctx)
	if err != nil {
		return
	}
	if !known {
		return
	}
	if is.Open != was.Open {
		h.toAll(func(s *socket) { s.offerFrame(hours{"hours", is.Open, is.OpensAt}) })
	}
	if is.Epoch != was.Epoch {
		h.toAll(func(s *socket) { s.lookAnew() })
	}
}

func (h *hub) toAll(do func(*socket)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, is := range h.sessions {
		for s := range is.sockets {
			do(s)
		}
	}
}

// tellQueue tells who waits where they stand.
func (h *hub) tellQueue(ctx context.Context) {
	h.mu.Lock()
	var ask connectors.QueueAsk
	for id, is := range h.sessions {
		if is.waiting && len(is.sockets) > 0 {
			ask.Sessions = append(ask.Sessions, id)
		} else if len(is.sockets) == 0 {
			now := h.now()
			if is.messages.idle(messageRate, now) && is.uploads.idle(uploadRate, now) && is.tracks.idle(trackRate, now) {
				delete(h.sessions, id)
			}
		}
	}
	h.mu.Unlock()
	if len(ask.Sessions) == 0 {
		return
	}
	var answer connectors.QueueAnswer
	if err := h.in.Ask(ctx, h.account, connectors.AskQueue, ask, &answer); err != nil {
		if !errors.Is(err, context.Canceled) {
			h.log.Debug("the queue can't be asked about", "error", err)
		}
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range ask.Sessions {
		is := h.sessions[id]
		if is == nil {
			continue
		}
		for s := range is.sockets {
			if place := answer.Places[id]; place != s.place {
				s.place = place
				s.offerFrame(queue{"queue", place})
			}
		}
	}
}
