package chat

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"skein/connectors"
	"skein/inbox"
)

var (
	errGap  = errors.New("a word is missing")
	errAnew = errors.New("to be asked for anew")
)

// askAgain is how soon the server is asked again while it is away.
const askAgain = 2 * time.Second

// follow shows the words of the session from what answer says on, each once and
// in order, until ctx ends or the socket fails. What VISITOR doesn't have the
// server is asked for; while it is away, what VISITOR has is shown.
func (s *socket) follow(ctx context.Context, answer *connectors.SessionAnswer) {
	for ctx.Err() == nil {
		var err error
		position := uint64(0)
		if answer != nil {
			position = answer.Position
			err = s.catchUp(ctx, answer)
		}
		if err == nil {
			err = s.watch(ctx, position, answer == nil)
		}
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, errGap), errors.Is(err, errAnew):
		case inbox.CodeOf(err) == inbox.Unavailable:
			pause(ctx, askAgain)
		default:
			return // the socket has failed
		}
		answer = s.ask(ctx, s.shown.Load())
	}
}

// watch shows what VISITOR has after a position. blind: the server was not there
// to say what there is, and is asked again soon.
func (s *socket) watch(ctx context.Context, position uint64, blind bool) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s.mu.Lock()
	s.anew = cancel
	s.mu.Unlock()
	if blind {
		defer time.AfterFunc(askAgain, func() { cancel(errAnew) }).Stop()
	}
	err := s.h.in.Visitor(ctx, s.h.account, s.session.id, position, func(_ uint64, data []byte) error {
		return s.show(ctx, data, blind)
	})
	if cause := context.Cause(ctx); errors.Is(cause, errAnew) {
		return errAnew
	}
	return err
}

// show shows one word unless it was shown before.
func (s *socket) show(ctx context.Context, data []byte, blind bool) error {
	var w inbox.VisitorWord
	if err := json.Unmarshal(data, &w); err != nil || w.Seq <= s.shown.Load() {
		return nil
	}
	if w.Seq != s.shown.Load()+1 && !blind {
		return errGap
	}
	if w.Seq != s.shown.Load()+1 {
		return nil // what is before it comes with it, when the server is back
	}
	if err := s.putRaw(ctx, data); err != nil {
		return err
	}
	s.shown.Store(w.Seq)
	s.took(&w)
	return nil
}

// catchUp shows what the server says there is.
func (s *socket) catchUp(ctx context.Context, a *connectors.SessionAnswer) error {
	s.mu.Lock()
	for _, m := range a.Unread {
		s.unread[m.ID] = m
	}
	s.mu.Unlock()
	if a.Reset {
		messages := a.Messages
		if messages == nil {
			messages = []inbox.VisitorMessage{}
		}
		if err := s.put(ctx, history{T: "history", Messages: messages, Seq: a.Last, More: a.More}); err != nil {
			return err
		}
		for i := range messages {
			s.took(&inbox.VisitorWord{Kind: inbox.VisitorSaid, VisitorMessage: messages[i]})
		}
		s.shown.Store(a.Last)
		return nil
	}
	for i := range a.Words {
		w := &a.Words[i]
		if w.Seq <= s.shown.Load() {
			continue
		}
		if err := s.put(ctx, w); err != nil {
			return err
		}
		s.shown.Store(w.Seq)
		s.took(w)
	}
	return nil
}

// took notes a word that the socket has taken: whoever wrote it hears that it
// was delivered.
func (s *socket) took(w *inbox.VisitorWord) {
	switch {
	case w.Kind == inbox.VisitorSaid && w.From == "agent":
		s.h.mu.Lock()
		s.session.waiting, s.place = false, 0
		s.h.mu.Unlock()
		s.mu.Lock()
		if w.State != inbox.Read {
			s.unread[w.ID] = w.VisitorMessage
		}
		s.mine = nil
		s.mu.Unlock()
		if w.State != inbox.Delivered && w.State != inbox.Read {
			select {
			case s.h.receipts <- s.receipt(&w.VisitorMessage, inbox.Delivered):
			default: // it is told when they read it
			}
		}
	case w.Kind == inbox.VisitorSaid && w.From == "visitor":
		s.h.mu.Lock()
		s.session.known = true
		s.h.mu.Unlock()
		if w.State != inbox.Read {
			s.mu.Lock()
			s.mine = append(s.mine, w.ID)
			s.mine = s.mine[max(0, len(s.mine)-maxOwn):]
			s.mu.Unlock()
		}
	case w.Kind == inbox.VisitorClosed:
		s.h.mu.Lock()
		s.session.waiting, s.place = false, 0
		s.h.mu.Unlock()
	}
}

// maxOwn bounds how many of a visitor's own messages wait to be read.
const maxOwn = 200

// receipt says what became of an agent's answer. Saying it again is the same
// event.
func (s *socket) receipt(m *inbox.VisitorMessage, to inbox.State) connectors.Inbound {
	now := s.h.now()
	return connectors.Inbound{
		Kind: connectors.KindReceipt, EventID: "receipt:" + string(m.ID) + ":" + strconv.Itoa(m.Attempt) + ":" + string(to),
		ExternalID: string(m.ID), Key: string(m.ID), Lane: connectors.LaneLive, ProviderAt: now, ReceivedAt: now,
		Receipt: &inbox.Receipt{MessageID: m.ID, Attempt: m.Attempt, State: to, At: now},
	}
}
