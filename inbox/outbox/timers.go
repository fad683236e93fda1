package outbox

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

// A FireFunc claims one timer of its kind that is due and that nobody else has
// claimed, does what it is for, and deletes it, all at once or not at all. It is
// called from several goroutines.
// It reports whether there was one. A timer that fails for its own sake is put
// off by it, so that the next call finds another.
type FireFunc func(ctx context.Context, now time.Time) (fired bool, err error)

// A Clock knows when timers are due.
type Clock interface {
	Watch(ctx context.Context, channel string, work func(context.Context, WaitFunc) error) error
	NextTimer(ctx context.Context, kinds []string) (due time.Time, ok bool, err error)
}

// Timers fires what is due. Any number of nodes run one at the same time.
type Timers struct {
	clock Clock
	kinds map[string]FireFunc
	log   *slog.Logger
}

// NewTimers returns timers of the given kinds; those of any other kind stay
// where they are, for a node that knows them.
func NewTimers(clock Clock, kinds map[string]FireFunc, log *slog.Logger) *Timers {
	return &Timers{clock: clock, kinds: kinds, log: log}
}

// Run fires timers until ctx ends, and returns nil.
func (t *Timers) Run(ctx context.Context) error {
	names := slices.Sorted(maps.Keys(t.kinds))
	again(ctx, t.log, "timers", func(ctx context.Context) error {
		return t.clock.Watch(ctx, "skein_timers", func(ctx context.Context, wait WaitFunc) error {
			for {
				var failed error
				for _, kind := range names {
					if err := t.fireAll(ctx, kind); err != nil {
						failed = err
					}
				}
				if failed != nil {
					return failed // all kinds had their turn: try again, later and later
				}
				until := idleMax
				due, ok, err := t.clock.NextTimer(ctx, names)
				if err != nil {
					return err
				}
				if ok {
					// One that is due and wasn't claimed is being fired elsewhere.
					until = min(max(time.Until(due), 10*time.Millisecond), idleMax)
				}
				if _, err := wait(ctx, until); err != nil {
					return err
				}
			}
		})
	})
	return nil
}

// firing is how many timers of a kind fire at the same time when several are due:
// each waits for a commit most of the time.
const firing = 4

func (t *Timers) fireAll(ctx context.Context, kind string) error {
	fired, err := t.kinds[kind](ctx, time.Now())
	if err != nil || !fired {
		return err
	}
	var wg sync.WaitGroup
	var failed [firing]error
	for i := range failed {
		wg.Go(func() {
			for fired := true; fired && failed[i] == nil; {
				fired, failed[i] = t.kinds[kind](ctx, time.Now())
			}
		})
	}
	wg.Wait()
	return errors.Join(failed[:]...)
}
