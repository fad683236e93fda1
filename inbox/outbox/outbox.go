// Package outbox does what comes after a commit: it relays committed rows to
// the streams, fires timers, and keeps the followers of the data going (the
// full-text index, the counts, the log's partitions).
//
// It promises that every row is published at least once, in the order of the
// ids of its lane, and that a repetition can be told by its id; that a timer
// fires once, however many nodes watch it; and that whatever fails for the
// moment is tried again in place. A notification from the database only makes
// it sooner: a timer is what it rests on.
//
// It never skips or reorders rows, decides anything about a conversation, or
// holds SQL.
package outbox

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// A WaitFunc returns after d, or woken and sooner when there may be something to
// do. An error means that what was held, such as a lock, is gone.
type WaitFunc = func(ctx context.Context, d time.Duration) (woken bool, err error)

// Blobs is where attachments are kept.
type Blobs interface {
	// Open gives an *inbox.Error with code NotFound for bytes that are not
	// there and never will be.
	Open(ctx context.Context, sha256 string) (io.ReadCloser, error)
}

// Transit is the place from which a channel's sidecar reads what it sends.
type Transit interface {
	PutTransit(ctx context.Context, channel inbox.Channel, r io.Reader) (connectors.Body, error)
}

const (
	retryMin = 100 * time.Millisecond
	retryMax = 5 * time.Second
)

// again runs work until ctx ends, later and later while it fails at once.
func again(ctx context.Context, log *slog.Logger, what string, work func(context.Context) error) {
	delay := retryMin
	for ctx.Err() == nil {
		began := time.Now()
		err := work(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > retryMax {
			delay = retryMin
		}
		log.Warn("outbox work stopped", "work", what, "error", err, "retry_in", delay)
		pause(ctx, delay/2+rand.N(delay/2))
		delay = min(delay*2, retryMax)
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
