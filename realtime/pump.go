package realtime

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// beats is into how many parts the sessions fall, so that their heartbeats don't
// all go out in one moment.
const beats = 16

// A pump takes what came from the stream to the sessions, and writes what is
// queued for them. What comes while it is on its way goes out together.
type pump struct {
	mu     sync.Mutex // guards these, and marked of a session
	frames []*frame   // that are to be published
	marked []*session // whose queues were filled by others
	busy   bool       // it is on its way
	most   int
	moved  sync.Cond
	kick   chan struct{}

	// The pump's own: what it took last.
	took     []*frame
	sessions []*session
}

func (p *pump) init(most int) {
	p.most, p.kick, p.moved.L = most, make(chan struct{}, 1), &p.mu
}

func (p *pump) wake() {
	select {
	case p.kick <- struct{}{}:
	default:
	}
}

// mark has the queue of a session written soon.
func (p *pump) mark(s *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !s.marked {
		s.marked = true
		p.marked = append(p.marked, s)
		p.wake()
	}
}

// put has a frame published. It waits while there are many: for the pump, which
// waits for nobody.
func (p *pump) put(f *frame) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.frames) >= p.most {
		p.moved.Wait()
	}
	p.frames = append(p.frames, f)
	p.wake()
}

// settle waits until every frame is published.
func (p *pump) settle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.busy || len(p.frames) > 0 {
		p.moved.Wait()
	}
}

// take takes up to so many frames, and what is marked.
func (p *pump) take(most int) (frames []*frame, marked []*session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := min(most, len(p.frames))
	p.took = append(p.took[:0], p.frames[:n]...)
	rest := copy(p.frames, p.frames[n:])
	clear(p.frames[rest:])
	p.frames = p.frames[:rest]
	p.marked, p.sessions = p.sessions[:0], p.marked
	for _, s := range p.sessions {
		s.marked = false
	}
	p.busy = len(p.took) > 0
	p.moved.Broadcast()
	return p.took, p.sessions
}

// atOnce is how many frames for sessions are sorted before any is written.
const atOnce = 200_000

// pump publishes and writes until done, and then what is left.
func (h *Hub) pump(done <-chan struct{}) {
	p := &h.out
	hands := make([][]byte, runtime.GOMAXPROCS(0))
	for i := range hands {
		hands[i] = make([]byte, 0, together)
	}
	for over := false; ; {
		frames, marked := p.take(max(8, atOnce/(h.count()+1)))
		if len(frames) > 0 {
			write(h.publish(frames), hands)
		}
		write(marked, hands)
		clear(marked)
		if len(frames)+len(marked) > 0 {
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

// handful is how many sockets it takes for one more processor to be of use.
const handful = 1024

// write writes what is queued for sessions, on as many processors as there are
// hands, each with its working space.
func write(all []*session, hands [][]byte) {
	part := max(handful, (len(all)+len(hands)-1)/len(hands))
	var writing sync.WaitGroup
	for i := 0; len(all) > part; i++ {
		mine, buf := all[:part], hands[i]
		all = all[part:]
		writing.Go(func() {
			for _, s := range mine {
				s.flush(buf)
			}
		})
	}
	for _, s := range all {
		s.flush(hands[len(hands)-1])
	}
	writing.Wait()
}

func (h *Hub) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.sessions)
}

// beatAll sends the heartbeats, a part of the sessions at a time, until ctx ends.
// It cuts off who is so slow that the ring has gone on without them.
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
			switch {
			case s.part != part:
			case s.live && s.room(): // else it has yet to take what there is
				s.heartbeat()
			case s.slow && s.cursor < h.ring.beginning:
				s.cutOff()
			}
		}
		h.mu.Unlock()
	}
}
