package realtime

import (
	"context"
	"sync"

	"skein/inbox"
)

// inOneGo is how many sessions are looked up together at most.
const inOneGo = 512

// A desk looks rights up, one time after the other, for as many sessions together
// as ask meanwhile: after a restart all of them come at once.
type desk struct {
	rights  Rights
	serving sync.WaitGroup

	mu      sync.Mutex // guards these
	waiting []*inquiry
	busy    bool
}

type inquiry struct {
	of     inbox.Session
	done   chan struct{}
	rights *inbox.Rights
	err    error
}

// ask returns the rights of a session by a look-up that began after it was asked,
// nil when the session has ended.
func (d *desk) ask(ctx context.Context, c Claims) (*inbox.Rights, error) {
	q := &inquiry{of: inbox.Session{ID: c.Session, AgentID: c.Agent}, done: make(chan struct{})}
	d.mu.Lock()
	d.waiting = append(d.waiting, q)
	if !d.busy {
		d.busy = true
		d.serving.Go(d.serve)
	}
	d.mu.Unlock()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-q.done:
		return q.rights, q.err
	}
}

// serve looks up until nobody waits.
func (d *desk) serve() {
	for {
		d.mu.Lock()
		n := min(len(d.waiting), inOneGo)
		if n == 0 {
			d.busy = false
			d.mu.Unlock()
			return
		}
		now := d.waiting[:n:n]
		d.waiting = d.waiting[n:]
		d.mu.Unlock()
		d.answer(now)
	}
}

func (d *desk) answer(all []*inquiry) {
	ctx, cancel := context.WithTimeout(context.Background(), resolveFor)
	defer cancel()
	sessions := make([]inbox.Session, len(all))
	for i, q := range all {
		sessions[i] = q.of
	}
	rights, err := d.rights.RightsOfSessions(ctx, sessions)
	for i, q := range all {
		if q.err = err; err == nil {
			q.rights = rights[i]
		}
		close(q.done)
	}
}
