package chat

import (
	"context"
	"encoding/json"
	"time"

	"github.com/coder/websocket"

	"skein/connectors"
	"skein/inbox"
)

// read takes what the visitor says, one frame after the other, until the socket
// ends. Who says too much at once is told and read more slowly; who goes on is
// cut off.
func (s *socket) read(ctx context.Context) {
	for {
		raw, err := s.next(ctx)
		if err != nil {
			return
		}
		var f said
		bad := json.Unmarshal(raw, &f) != nil
		now := s.h.now()
		late := max(s.frames.take(frameRate, 1, now), s.bytes.take(byteRate, float64(len(raw)), now))
		if bad && late == 0 {
			late = time.Second
			_ = s.put(ctx, failure{T: "error", Code: string(inbox.Invalid), Message: "this frame is not JSON"})
		}
		if late > 0 {
			if s.struck(now) {
				s.refuse(ctx, failure{Code: string(inbox.TooMany), Message: "far too much at once: this connection is closed", RetryAfter: 60}, websocket.StatusPolicyViolation)
				return
			}
			if !bad {
				s.tooMany(ctx, f.ID, late)
			}
			pause(ctx, min(late, 2*time.Second)) // what it says meanwhile waits with the sender
			continue
		}
		if !s.take(ctx, &f) {
			return
		}
	}
}

func (s *socket) next(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	_, raw, err := s.conn.Read(ctx)
	return raw, err
}

// struck counts a frame that was too much, and reports whether that is enough.
func (s *socket) struck(now time.Time) bool {
	if now.Sub(s.struckAt) > strikesExpire {
		s.strikes = 0
	}
	s.struckAt = now
	s.strikes++
	return s.strikes > maxStrikes
}

func (s *socket) tooMany(ctx context.Context, id string, late time.Duration) {
	_ = s.put(ctx, failure{T: "error", Code: string(inbox.TooMany), Message: tooMany.Message, ID: id, RetryAfter: max(1, late.Seconds())})
}

// take handles one frame and reports whether the socket goes on. Kinds that
// nobody knows are passed over.
func (s *socket) take(ctx context.Context, f *said) bool {
	switch f.T {
	case "message", "offline", "handover":
		s.takeMessage(ctx, f)
	case "typing":
		if now := s.h.now(); now.Sub(s.typingAt) >= 2*time.Second && s.isKnown() {
			s.typingAt = now
			s.say(ctx, connectors.LiveTyping, nil)
		}
	case "stopped":
		if s.isKnown() && !s.typingAt.IsZero() {
			s.typingAt = time.Time{}
			s.say(ctx, connectors.LiveStopped, nil)
		}
	case "read":
		s.takeRead(ctx, f.Seq)
	case "more":
		s.giveHistory(ctx, f.Before)
	case "identify":
		s.typed = f.claims()
		if s.isKnown() || s.consented.Load() {
			s.publishIdentity(ctx)
		}
	case "consent":
		s.setConsent(f.Analytics)
		if s.isKnown() {
			s.publishIdentity(ctx)
		}
	case "page":
		if p := (&page{URL: f.URL, Title: f.Title, Referrer: f.Referrer}).seen(); p != nil && s.consented.Load() {
			s.page.Store(p)
			s.say(ctx, connectors.LivePageView, p)
			s.publishPage(ctx, p)
		}
	case "track":
		if s.consented.Load() {
			s.publishTrack(ctx, f)
		}
	case "bye":
		_ = s.conn.Close(websocket.StatusNormalClosure, "")
		return false
	}
	return true
}

func (s *socket) setConsent(given bool) {
	s.consent = &given
	s.consented.Store(given)
	if !given {
		s.page.Store(nil)
	}
}

// takeMessage publishes what the visitor says, and tells them that it is sent
// when the stream has it.
func (s *socket) takeMessage(ctx context.Context, f *said) {
	if !clientID.MatchString(f.ID) {
		_ = s.put(ctx, failure{T: "error", Code: string(inbox.Invalid), Message: "a message needs an id of its own", ID: line(f.ID, maxLine)})
		return
	}
	if late := s.h.spend(s.session, func(is *session) *bucket { return &is.messages }, messageRate); late > 0 {
		s.tooMany(ctx, f.ID, late)
		return
	}
	item, err := s.message(f)
	if err == nil {
		err = s.h.in.Accept(ctx, s.h.account, item)
	}
	if err != nil {
		s.failed(ctx, f.ID, err)
		return
	}
	s.h.mu.Lock()
	s.session.known, s.session.waiting = true, true
	s.h.mu.Unlock()
	_ = s.put(ctx, state{"state", f.ID, inbox.Sent, ""})
}

// failed says why something was not taken: for good, or to be said again.
func (s *socket) failed(ctx context.Context, id string, err error) {
	said := failure{T: "error", ID: id, Code: string(inbox.Unavailable), Message: "this can't be taken just now", RetryAfter: 3}
	if code := inbox.CodeOf(err); code != "" && code != inbox.Unavailable && code != inbox.TooMany {
		said.Code, said.Message, said.RetryAfter = string(code), err.Error(), 0
	} else if ctx.Err() == nil {
		s.h.log.Warn("a visitor's message is not taken", "error", err)
	}
	_ = s.put(ctx, said)
}

// takeRead tells that agents' answers up to a number were read.
func (s *socket) takeRead(ctx context.Context, seq int64) {
	seq = min(seq, s.shown.Load())
	var read []connectors.Inbound
	s.mu.Lock()
	for id, m := range s.unread {
		if m.Seq <= seq {
			read = append(read, s.receipt(&m, inbox.Read))
			delete(s.unread, id)
		}
	}
	s.mu.Unlock()
	if len(read) == 0 {
		return
	}
	if err := s.h.in.Accept(ctx, s.h.account, read...); err != nil && ctx.Err() == nil {
		s.h.log.Warn("what a visitor has read is not told", "error", err)
	}
}

func (s *socket) giveHistory(ctx context.Context, before int64) {
	if before <= 0 {
		return
	}
	var answer connectors.HistoryAnswer
	asking, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := s.h.in.Ask(asking, s.h.account, connectors.AskHistory, connectors.HistoryAsk{Session: s.session.id, Before: before}, &answer); err != nil {
		s.failed(ctx, "", err)
		return
	}
	if answer.Messages == nil {
		answer.Messages = []inbox.VisitorMessage{}
	}
	_ = s.put(ctx, history{T: "history", Messages: answer.Messages, Seq: s.shown.Load(), Before: before, More: answer.More})
}
