package realtime

import (
	"context"
	"sync"
	"time"
)

// beats is into how many parts the sessions fall, so that their heartbeats don't
// all go out in one moment.
const beats = 16

// A pump writes what is queued for sessions. While it writes, the next frames
// gather in their queues, and go out as one when it comes back to them.
type pump struct {
	mu    sync.Mutex // guards these, and marked of a session
	list  []*session // whose queues are not empty
	held  int        // frames that were published since the list was last taken
	most  int
	room  sync.Cond
	kick  chan struct{}
	spare []*session // the pump's own
}

func (p *pump) init(most int) {
	p.most, p.kick, p.room.L = most, make(chan struct{}, 1), &p.mu
}

// mark has the queues of sessions written soon.
func (p *pump) mark(all ...*session) {
	p.mu.Lock()
	for _, s := range all {
		if !s.marked {
			s.marked = true
			p.list = append(p.list, s)
		}
	}
	p.mu.Unlock()
	select {
	case p.kick <- struct{}{}:
	default:
	}
}

// published counts a frame.
func (p *pump) published() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.list) > 0 {
		p.held++
	}
}

// wait waits until the pump has got through enough of what was published. It
// never waits for a client, as the pump doesn't.
func (p *pump) wait() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.held >= p.most {
		p.room.Wait()
	}
}

// take takes the list.
func (p *pump) take() []*session {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.list
	p.list = p.spare[:0]
	p.spare = list
	for _, s := range list {
		s.marked = false
	}
	p.held = 0
	p.room.Broadcast()
	return list
}

// run writes until done, and then once more.
func (p *pump) run(done <-chan struct{}) {
	buf := make([]byte, 0, together)
	for over := false; ; {
		list := p.take()
		for i, s := range list {
			s.flush(buf)
			list[i] = nil
		}
		if len(list) > 0 {
			continue
		}
		if over {
			return
		}
		select {
		case <-p.kick:
		case <-done:
			over = true
		}
	}
}

// beatAll sends the heartbeats, a part of the sessions at a time, until ctx ends.
func (h *Hub) beatAll(ctx context.Context) {
	tick := time.NewTicker(max(h.cfg.Heartbeat/beats, time.Millisecond))
	defer tick.Stop()
	for part := 0; ; part = (part + 1) % beats {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		h.mu.Lock()
		for s := range h.sessions {
			// Who has yet to take what there is hears from it anyway.
			if s.part == part && s.live && s.room() {
				s.heartbeat()
			}
		}
		h.mu.Unlock()
	}
}
