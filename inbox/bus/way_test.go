package bus

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"skein/connectors"
)

// Beside live items bulk ones go to one worker at a time, few at once, which then
// rests for as long as it took; without any they go to every worker.
func TestBulkStandsAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		w := &way{turn: make(chan struct{}, 1)}
		one, _ := w.enter(ctx, connectors.LaneBulk)
		two, _ := w.enter(ctx, connectors.LaneBulk)
		if one.most != bulkMax || two.most != bulkMax {
			t.Fatalf("batches of %d and %d while nothing is live, want %d", one.most, two.most, bulkMax)
		}
		one.leave(ctx)
		two.leave(ctx)

		if p, _ := w.enter(ctx, connectors.LaneLive); p.most != batchMax {
			t.Fatalf("a live batch of %d, want %d", p.most, batchMax)
		}
		began := time.Now()
		one, _ = w.enter(ctx, connectors.LaneBulk)
		second := make(chan time.Duration)
		go func() {
			p, _ := w.enter(ctx, connectors.LaneBulk)
			second <- time.Since(began)
			p.leave(ctx)
		}()
		time.Sleep(300 * time.Millisecond) // the batch
		one.leave(ctx)
		if got := <-second; one.most != bulkAside || got != 600*time.Millisecond {
			t.Errorf("beside live items the next bulk batch of at most %d came after %v, want %d and 600 ms", one.most, got, bulkAside)
		}
		synctest.Wait()

		time.Sleep(asideFor)
		if p, _ := w.enter(ctx, connectors.LaneBulk); p.most != bulkMax {
			t.Errorf("a batch of %d once nothing is live, want %d", p.most, bulkMax)
		}

		// Who waits for its turn ends with ctx.
		w.enter(ctx, connectors.LaneLive)
		w.enter(ctx, connectors.LaneBulk)
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if _, ok := w.enter(ended, connectors.LaneBulk); ok {
			t.Error("a turn was given to two")
		}
	})
}
