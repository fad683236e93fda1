package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"skein/inbox"
)

// events is the name under which the mark of the event stream is kept.
const events = "EVENTS"

// Marks keeps where a stream stood when it was last looked at.
type Marks interface {
	StreamMark(ctx context.Context, stream string) (inbox.StreamMark, error)
	MarkStream(ctx context.Context, stream string, seen inbox.StreamMark, origin string, last uint64) (inbox.StreamMark, error)
}

// Stream tells the origin of the stream of events, which is another one
// whenever it was made anew, and the sequences of its oldest and newest entry.
type Stream interface {
	EventsState(ctx context.Context) (origin string, first, last uint64, err error)
}

// A Position knows the epoch of the event stream, the same on every node.
type Position struct {
	marks  Marks
	stream Stream
	log    *slog.Logger
}

// NewPosition returns a position that has not looked yet.
func NewPosition(marks Marks, stream Stream, log *slog.Logger) Position {
	return Position{marks, stream, log}
}

// State looks at the stream and at what was recorded of it, records what it
// sees, and returns what holds. The epoch changes when the stream was made anew
// or has lost its tail: what is published then may never reach a browser, so
// that browsers reload.
func (p Position) State(ctx context.Context) (inbox.StreamMark, error) {
	// In this order: see store.MarkStream.
	seen, err := p.marks.StreamMark(ctx, events)
	if err != nil {
		return inbox.StreamMark{}, err
	}
	origin, first, last, err := p.stream.EventsState(ctx)
	if err != nil {
		return inbox.StreamMark{}, fmt.Errorf("look at %s: %w", events, err)
	}
	now, err := p.marks.MarkStream(ctx, events, seen, origin, last)
	if err != nil {
		return inbox.StreamMark{}, err
	}
	if seen.Epoch != "" && now.Epoch != seen.Epoch {
		p.log.Warn("stream was made anew or lost its tail: browsers will reload",
			"stream", events, "recorded", seen.Last, "last", last, "epoch", now.Epoch)
	}
	// Another node may have recorded more than this one saw.
	return inbox.StreamMark{Epoch: now.Epoch, First: first, Last: last}, nil
}

// after is State where mark held before a publish, and in the usual case, that
// the stream has only grown, without a word to the database.
func (p Position) after(ctx context.Context, mark inbox.StreamMark) (inbox.StreamMark, error) {
	origin, _, last, err := p.stream.EventsState(ctx)
	if err != nil {
		return inbox.StreamMark{}, fmt.Errorf("look at %s: %w", events, err)
	}
	if last < mark.Last || !strings.HasPrefix(mark.Epoch, origin+"-") {
		return p.State(ctx)
	}
	mark.Last = last
	return mark, nil
}
