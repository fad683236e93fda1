package realtime

import (
	"context"
	"errors"
	"time"

	"github.com/coder/websocket"

	"skein/inbox"
)

// write serves the client until the session ends and returns how to close it;
// 0 when the socket is gone. It calls listen when ready is said: what the client
// asks for before that has to wait.
func (s *session) write(ctx context.Context, auth request, listen func()) (websocket.StatusCode, string) {
	beat := time.NewTicker(s.hub.cfg.Heartbeat)
	defer beat.Stop()
	expiry := time.NewTimer(0)
	defer expiry.Stop()
	warned := time.Time{}
	started := false
	for {
		if code, reason, err := s.flush(ctx); err != nil || code != 0 {
			return code, reason
		}
		s.hub.mu.Lock()
		resolved, live, expires := s.resolved, s.live, s.claims.Expires
		s.hub.mu.Unlock()
		var err error
		switch {
		case !time.Now().Before(expires):
			return CloseToken, "the token has ended"
		case !resolved:
			err = s.resolve(ctx, started)
		case !started:
			if err = s.start(ctx, auth); err == nil {
				started = true
				listen()
			}
		case !live:
			err = s.catchUp(ctx)
		default:
			next := expires
			if warn := expires.Add(-tokenWarning); warned != expires {
				next = warn
			}
			expiry.Reset(time.Until(next))
			select {
			case <-ctx.Done():
				err = errSocket
			case <-s.wake:
				err = s.answer(ctx)
			case <-beat.C:
				err = s.heartbeat(ctx)
			case <-expiry.C:
				if warned != expires {
					warned = expires
					err = s.send(ctx, tokenExpiring)
				}
			}
		}
		var end *ending
		if errors.As(err, &end) {
			return end.code, end.reason
		}
		if err != nil {
			return s.ended()
		}
	}
}

// An ending is an error that tells the client something.
type ending struct {
	code   websocket.StatusCode
	reason string
}

func (e *ending) Error() string { return e.reason }

func (s *session) ended() (websocket.StatusCode, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.code, s.reason
}

// send writes a frame. A client that takes nothing for so long is cut off, with
// no code: half a frame is in its way.
func (s *session) send(ctx context.Context, b []byte) error {
	within, cancel := context.WithTimeout(ctx, s.hub.cfg.WriteTimeout)
	defer cancel()
	err := s.conn.Write(within, websocket.MessageText, b)
	if err == nil {
		return nil
	}
	// Not asked of ctx: the library closes the socket, which ends the session.
	if errors.Is(within.Err(), context.DeadlineExceeded) {
		s.hub.mu.Lock()
		s.hub.stats.CutOff++
		s.hub.mu.Unlock()
	}
	return errSocket
}

// flush writes what is queued. A code means that the session ends.
func (s *session) flush(ctx context.Context) (websocket.StatusCode, string, error) {
	for {
		s.mu.Lock()
		code, reason, queue := s.code, s.reason, s.queue
		s.queue, s.bytes = nil, 0
		s.mu.Unlock()
		if code != 0 || len(queue) == 0 {
			return code, reason, nil
		}
		for _, it := range queue {
			if code, reason := s.ended(); code != 0 {
				return code, reason, nil
			}
			if err := s.send(ctx, it.bytes); err != nil {
				code, reason := s.ended()
				return code, reason, err
			}
			if it.seq != 0 {
				s.lastSent = it.seq
			}
		}
	}
}

// answer sends the heartbeat that the client asked for, if it did.
func (s *session) answer(ctx context.Context) error {
	s.mu.Lock()
	asked := s.asked
	s.asked = false
	s.mu.Unlock()
	if !asked {
		return nil
	}
	return s.heartbeat(ctx)
}

// heartbeat tells how far the stream was looked through for this client, and
// the last event that it was sent: a client that has another one has missed
// something. The position is taken before the queue is emptied, so that nothing
// up to it is still to come.
func (s *session) heartbeat(ctx context.Context) error {
	s.hub.mu.Lock()
	epoch, at := s.hub.epoch, s.at()
	s.hub.mu.Unlock()
	if code, reason, err := s.flush(ctx); err != nil || code != 0 {
		if code != 0 {
			return &ending{code, reason}
		}
		return err
	}
	return s.send(ctx, heartbeatFrame(position(epoch, max(at, s.lastSent)), s.lastSent))
}

// resolve looks up the rights until what it got was still true when it got it.
func (s *session) resolve(ctx context.Context, started bool) error {
	h := s.hub
	within, cancel := context.WithTimeout(ctx, resolveFor)
	defer cancel()
	for delay := 50 * time.Millisecond; ; delay *= 2 {
		h.mu.Lock()
		s.resolved = true // a change that comes meanwhile takes it back
		claims := s.claims
		h.mu.Unlock()
		rights, err := h.cfg.Rights.SessionRights(within, claims.Agent, claims.Session)
		if err == nil {
			return s.adopt(ctx, rights, started)
		}
		h.mu.Lock()
		s.resolved = false
		h.mu.Unlock()
		switch inbox.CodeOf(err) {
		case inbox.Unauthorized, inbox.NotFound, inbox.Forbidden:
			return &ending{CloseSession, "the session has ended"}
		}
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
func (s *session) adopt(ctx context.Context, rights inbox.Rights, started bool) error {
	h := s.hub
	h.mu.Lock()
	if !s.resolved {
		h.mu.Unlock()
		return nil // asked again
	}
	changed := started && rights.Version != s.rights.Version
	s.rights = rights
	if changed {
		s.told = nil // what it was told of may be no longer for it, or again
	}
	h.around.owe(s)
	h.around.move(s.claims.Agent)
	at := position(h.epoch, s.at())
	h.mu.Unlock()
	if !changed {
		return nil
	}
	return s.send(ctx, rightsFrame(at, rights.Version))
}

// start says from where the client goes on: from its own position when all that
// followed can be given, else from here, with or without old state to drop.
func (s *session) start(ctx context.Context, auth request) error {
	h := s.hub
	h.mu.Lock()
	epoch, seq, ok := parsePosition(auth.Position)
	last := h.ring.last
	resume := ok && epoch == h.epoch && seq <= last && last-seq <= uint64(h.cfg.MaxReplay) && auth.Rights == s.rights.Version
	version := s.rights.Version
	inRing := resume && seq >= h.ring.beginning
	if resume {
		s.cursor = seq
	} else {
		s.live = true
		h.around.owe(s)
		if auth.Position != "" {
			h.stats.Reloads++
		}
	}
	if inRing {
		h.stats.Resumed++
	}
	at := position(h.epoch, s.at())
	h.mu.Unlock()

	beat := int(h.cfg.Heartbeat.Seconds())
	if !resume || inRing {
		return s.send(ctx, readyFrame(at, version, resume, auth.Position != "" && !resume, beat))
	}
	// Only the stream can tell whether it still has what was missed: ready goes
	// out with the first entry, and as a reload when there is none.
	said := false
	err := s.replay(ctx, func() error {
		said = true
		return s.send(ctx, readyFrame(at, version, true, false, beat))
	})
	h.mu.Lock()
	if said {
		h.stats.Resumed++
	} else {
		h.stats.Reloads++
		s.live = true
		h.around.owe(s)
		at = position(h.epoch, h.ring.last)
	}
	h.mu.Unlock()
	if said {
		return err
	}
	if ctx.Err() != nil {
		return errSocket
	}
	return s.send(ctx, readyFrame(at, version, false, true, beat))
}

// catchUp gives the client what lies between its cursor and the present, from
// the ring and, where that is too short, from the stream. The session is live
// when nothing is left.
func (s *session) catchUp(ctx context.Context) error {
	h := s.hub
	h.mu.Lock()
	frames, ok := h.ring.after(s.cursor, chunk)
	if !ok {
		h.mu.Unlock()
		return s.replay(ctx, func() error { return nil })
	}
	if len(frames) == 0 {
		s.live = true
		h.around.owe(s)
		h.mu.Unlock()
		return nil
	}
	items := make([]item, 0, len(frames))
	for _, f := range frames {
		if b := f.bytesFor(&s.rights, s.topics); b != nil {
			items = append(items, item{f.seq, b})
		}
	}
	s.cursor = frames[len(frames)-1].seq
	h.stats.Delivered += uint64(len(items))
	h.mu.Unlock()
	for _, it := range items {
		if err := s.send(ctx, it.bytes); err != nil {
			return err
		}
		s.lastSent = it.seq
	}
	return nil
}

// replay reads from the stream what the ring no longer has. It calls began once,
// before anything is sent, when the stream has the first entry.
func (s *session) replay(ctx context.Context, began func() error) error {
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
	first := true
	enough := errors.New("enough")
	within, cancel := context.WithTimeout(ctx, 3*h.cfg.WriteTimeout)
	defer cancel()
	err := h.cfg.Source.Events(within, cursor+1, func(seq uint64, data []byte) error {
		if seq != cursor+1 {
			return errGap
		}
		f, err := newFrame(epoch, seq, data)
		if err != nil {
			f = &frame{seq: seq}
		}
		if first {
			first = false
			if err := began(); err != nil {
				return err
			}
		}
		h.mu.Lock()
		if !s.resolved || h.epoch != epoch {
			h.mu.Unlock()
			return enough // what follows is given by the new rights
		}
		b := f.bytesFor(&s.rights, s.topics)
		s.cursor, cursor = seq, seq
		caught := seq >= h.ring.beginning
		h.mu.Unlock()
		if b != nil {
			if err := s.send(ctx, b); err != nil {
				return err
			}
			s.lastSent = seq
		}
		if caught {
			return enough
		}
		return nil
	})
	switch {
	case errors.Is(err, enough):
		return nil
	case errors.Is(err, errSocket) || ctx.Err() != nil:
		return errSocket
	}
	// Come back and resume: from there it may be a reload.
	return &ending{CloseResume, "the stream could not be read: come back and resume"}
}
