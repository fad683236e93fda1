package bus

import (
	"context"
	"sync/atomic"
	"time"

	"skein/connectors"
)

// A way is what keeps bulk items out of the way of live ones.
type way struct {
	live atomic.Int64  // when live items were last handled, in nanoseconds of Unix time
	turn chan struct{} // cap 1: full while bulk items are handled, or rest, beside live ones
}

// A pass is leave to handle a batch of at most so many items.
type pass struct {
	most  int
	way   *way
	began time.Time // of a turn, zero of none
}

// enter waits until a batch of a lane may be handled; it reports false when ctx
// ended before. The pass is to be given back by leave.
func (w *way) enter(ctx context.Context, lane connectors.Lane) (pass, bool) {
	if lane == connectors.LaneLive {
		w.live.Store(time.Now().UnixNano())
		return pass{most: batchMax, way: w}, true
	}
	if !w.busy() {
		return pass{most: bulkMax, way: w}, true
	}
	select {
	case w.turn <- struct{}{}:
		return pass{most: bulkAside, way: w, began: time.Now()}, true
	case <-ctx.Done():
		return pass{}, false
	}
}

// busy reports whether live items came just now.
func (w *way) busy() bool {
	return time.Since(time.Unix(0, w.live.Load())) < asideFor
}

// leave rests for as long as the batch took, while live items come.
func (p pass) leave(ctx context.Context) {
	if p.began.IsZero() {
		return
	}
	if p.way.busy() {
		select {
		case <-time.After(time.Since(p.began)):
		case <-ctx.Done():
		}
	}
	<-p.way.turn
}
