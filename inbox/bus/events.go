package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go/jetstream"
)

// ErrGap means that EVENTS does not hold every event from the wanted one on:
// who reads it must take the state anew.
var ErrGap = errors.New("events are missing from the stream")

// EventsState returns what EVENTS holds: the epoch, which is another one
// whenever the stream was made anew, and the sequence numbers of the first and
// the last event. With first > last it holds none, and the next one will be
// last + 1.
func (b *Bus) EventsState(ctx context.Context) (epoch string, first, last uint64, err error) {
	return b.streamState(ctx, streamEvents)
}

func (b *Bus) streamState(ctx context.Context, stream string) (epoch string, first, last uint64, err error) {
	s, err := b.js.Stream(ctx, stream)
	if err != nil {
		return "", 0, 0, fmt.Errorf("look up %s: %w", stream, away(err))
	}
	info := s.CachedInfo()
	epoch = strconv.FormatInt(info.Created.UnixNano(), 36)
	return epoch, info.State.FirstSeq, info.State.LastSeq, nil
}

// ResetEvents makes EVENTS anew, empty, with another epoch: what to do when its
// last sequence is behind one that was announced before a loss of power.
func (b *Bus) ResetEvents(ctx context.Context) error {
	if err := b.js.DeleteStream(ctx, streamEvents); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return fmt.Errorf("remove EVENTS: %w", away(err))
	}
	return b.ensure(ctx)
}

// Events calls fn with every event from sequence number from on, in order and
// without a gap, those to come included, until ctx ends or fn returns an error,
// which it returns. fn is never called by two goroutines at once. An event that
// the server did not publish comes without data.
//
// It returns [ErrGap] when the stream can't give what was asked for: the
// wanted events are gone, or from is beyond what will come next.
func (b *Bus) Events(ctx context.Context, from uint64, fn func(seq uint64, data []byte) error) error {
	_, first, last, err := b.EventsState(ctx)
	if err != nil {
		return err
	}
	if from < first || from > last+1 || from == 0 {
		return fmt.Errorf("events from %d, where the stream holds %d to %d: %w", from, first, last, ErrGap)
	}
	consumer, err := b.js.OrderedConsumer(ctx, streamEvents, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:   from,
	})
	if err != nil {
		return fmt.Errorf("read EVENTS: %w", away(err))
	}
	ended := make(chan error, 1)
	end := func(err error) {
		select {
		case ended <- err:
		default:
		}
	}
	next := from
	reading, err := consumer.Consume(func(msg jetstream.Msg) {
		if next == 0 {
			return // ended; what was on the way is not handed over
		}
		meta, err := msg.Metadata()
		if err == nil && meta.Sequence.Stream != next {
			err = fmt.Errorf("event %d came where %d was due: %w", meta.Sequence.Stream, next, ErrGap)
		}
		if err == nil {
			data := msg.Data()
			if msg.Headers().Get(headerStream) != "" {
				b.log.Warn("event refused: it was smuggled in as the answer to a request", "seq", next)
				data = nil
			}
			err = fn(next, data)
		}
		if err != nil {
			next = 0
			end(err)
			return
		}
		next++
	}, jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
		b.log.Warn("reading events was interrupted", "error", err)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			end(fmt.Errorf("EVENTS is gone: %w", ErrGap))
		}
	}))
	if err != nil {
		return fmt.Errorf("read EVENTS: %w", away(err))
	}
	defer func() {
		reading.Stop()
		<-reading.Closed()
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-ended:
		return err
	case <-reading.Closed():
		return fmt.Errorf("read EVENTS: %w", away(errors.New("the reader was closed")))
	}
}
