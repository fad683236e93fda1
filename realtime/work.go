package realtime

import (
	"context"
	"errors"
	"time"

	"github.com/coder/websocket"

	"skein/inbox"
)

// An ending is an error that tells the client something.
type ending struct {
	code   websocket.StatusCode
	reason string
}

func (e *ending) Error() string { return e.reason }

// work makes s live: it looks up the rights, says ready to who has just come
// with auth, and gives what was missed. It waits for the client, whom only it
// serves meanwhile. Of somebody new it does only as much as comes before the
// reading, and leaves the rest to a goroutine.
func (s *session) work(auth *request) {
	h := s.hub
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	h.mu.Lock()
	s.halt = cancel
	if s.gone {
		cancel()
	}
	h.mu.Unlock()
	for {
		h.mu.Lock()
		resolved, started := s.resolved, s.started
		if resolved && s.live {
			s.working = false
			h.mu.Unlock()
			return
		}
		h.mu.Unlock()
		var err error
		switch {
		case !resolved:
			err = s.resolve(ctx)
		case !started:
			err = s.start(ctx, auth)
		case auth != nil:
			s.spawn(func() { s.work(nil) })
			return
		default:
			err = s.catchUp(ctx)
		}
		if err != nil {
			if end, ok := errors.AsType[*ending](err); ok {
				s.end(end.code, end.reason)
			}
			return // else the socket is closed, or closing
		}
	}
}

// resolve looks up the rights until what it got was still true when it got it.
func (s *session) resolve(ctx context.Context) error {
	h := s.hub
	within, cancel := context.WithTimeout(ctx, resolveFor)
	defer cancel()
	for delay := 50 * time.Millisecond; ; delay *= 2 {
		h.mu.Lock()
		s.resolved = true // a change that comes meanwhile takes it back
		claims := s.claims
		h.mu.Unlock()
		rights, err := h.desk.ask(within, claims)
		switch {
		case err == nil && rights == nil:
			return &ending{CloseSession, "the session has ended"}
		case err == nil:
			s.adopt(*rights)
			return nil
		}
		h.mu.Lock()
		s.resolved = false
		h.mu.Unlock()
		select {
		case <-ctx.Done():
			return errSocket
		case <-within.Done():
			h.cfg.Log.Warn("rights can't be resolved", "agent", string(claims.Agent), "error", err)
			return &ending{CloseAway, h.delay()}
		case <-time.After(delay):
		}
	}
}

// adopt makes rights hold from the cursor on, unless they changed meanwhile, and
// tells the client when they are others.
func (s *session) adopt(rights inbox.Rights) {
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if !s.resolved {
		return // asked again
	}
	changed := s.started && rights.Version != s.rights.Version
	h.share(&rights)
	s.rights = rights
	if changed {
		s.told = nil // what it was told of may be no longer for it, or again
		s.insist(item{bytes: rightsFrame(position(h.epoch, s.at()), rights.Version)})
	}
	h.around.owe(s)
	h.around.move(s.claims.Agent)
}

// share has all rights hold the same copies of the inboxes' ids: they are compared
// for each frame and session, and what is in one place is near.
func (h *Hub) share(r *inbox.Rights) {
	own := make([]inbox.InboxID, len(r.Inboxes))
	for i, id := range r.Inboxes {
		if _, ok := h.inboxes[id]; !ok {
			h.inboxes[id] = id
		}
		own[i] = h.inboxes[id]
	}
	r.Inboxes = own
}

// start says from where the client goes on: from its own position when all that
// followed can be given, else from here, with or without old state to drop.
func (s *session) start(ctx context.Context, auth *request) error {
	h := s.hub
	h.mu.Lock()
	epoch, seq, ok := parsePosition(auth.Position)
	last := h.ring.last
	if !ok || epoch != h.epoch || seq > last || last-seq > uint64(h.cfg.MaxReplay) || auth.Rights != s.rights.Version {
		s.ready(auth, false)
		h.mu.Unlock()
		return nil
	}
	s.cursor = seq
	if seq >= h.ring.beginning {
		s.ready(auth, true)
		h.mu.Unlock()
		return nil
	}
	h.mu.Unlock()
	// Only the stream can tell whether it still has what was missed: ready goes
	// out with the first entry, and as a reload when there is none.
	err := s.replay(ctx, func() { s.ready(auth, true) })
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.started {
		return err
	}
	if ctx.Err() != nil {
		return errSocket
	}
	s.ready(auth, false)
	return nil
}

// ready says where the client goes on; the hub's lock is held.
func (s *session) ready(auth *request, resume bool) {
	h := s.hub
	reload := auth.Position != "" && !resume
	switch {
	case resume:
		h.stats.Resumed++
	case reload:
		h.stats.Reloads++
	}
	if !resume {
		s.goLive()
	}
	s.started = true
	s.insist(item{bytes: readyFrame(position(h.epoch, s.at()), s.rights.Version, resume, reload, int(h.cfg.Heartbeat.Seconds()))})
}

// goLive has every frame from now on offered to s, which has all that came
// before. The hub's lock is held.
func (s *session) goLive() {
	s.live, s.slow = true, false
	s.hub.follow(s, nil, s.topics)
	s.hub.around.owe(s)
	if s.asked {
		s.heartbeat()
	}
}

// catchUp gives the client what lies between its cursor and the present, from
// the ring and, where that is too short, from the stream. The session is live
// when nothing is left.
func (s *session) catchUp(ctx context.Context) error {
	h := s.hub
	h.mu.Lock()
	frames, ok := h.ring.after(s.cursor, chunk)
	if !ok && s.slow {
		s.cutOff()
		h.mu.Unlock()
		return errSocket
	}
	if !ok {
		h.mu.Unlock()
		return s.replay(ctx, nil)
	}
	if len(frames) == 0 {
		s.goLive()
		h.mu.Unlock()
		return nil
	}
	for _, f := range frames {
		if s.cursor = f.seq; f.on(s.topics) {
			s.give(f)
		}
	}
	h.mu.Unlock()
	return s.settle()
}

// give queues what s may see of f, as much as there may be: its caller waits
// before there is more. The hub's lock is held.
func (s *session) give(f *frame) {
	if b := f.bytesFor(&s.rights); b != nil {
		s.hub.stats.Delivered++
		s.force(item{seq: f.seq, bytes: b})
	}
}

// replay reads from the stream what the ring no longer has. It calls began once,
// with the hub's lock held, before anything is sent, when the stream has the
// first entry.
func (s *session) replay(ctx context.Context, began func()) error {
	h := s.hub
	select {
	case h.replays <- struct{}{}:
		defer func() { <-h.replays }()
	case <-ctx.Done():
		return errSocket
	}
	h.mu.Lock()
	epoch, cursor := h.epoch, s.cursor
	h.mu.Unlock()
	enough := errors.New("enough")
	within, cancel := context.WithTimeout(ctx, 3*h.cfg.WriteTimeout)
	defer cancel()
	n := 0
	err := h.cfg.Source.Events(within, cursor+1, func(seq uint64, data []byte) error {
		if seq != cursor+1 {
			return errGap
		}
		f, err := newFrame(epoch, seq, data)
		if err != nil {
			f = &frame{seq: seq}
		}
		h.mu.Lock()
		if n == 0 && began != nil {
			began()
		}
		if !s.resolved || h.epoch != epoch {
			h.mu.Unlock()
			return enough // what follows is given by the new rights
		}
		s.cursor, cursor = seq, seq
		if f.on(s.topics) {
			s.give(f)
		}
		caught := seq >= h.ring.beginning
		h.mu.Unlock()
		if n++; n%chunk == 0 || caught {
			if err := s.settle(); err != nil {
				return err
			}
		}
		if caught {
			return enough
		}
		return nil
	})
	switch {
	case errors.Is(err, enough):
		return s.settle()
	case errors.Is(err, errSocket) || ctx.Err() != nil:
		return errSocket
	}
	// Come back and resume: from there it may be a reload.
	return &ending{CloseResume, "the stream could not be read: come back and resume"}
}
