package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"skein/inbox"
)

// janitorEvery is how often the janitor cleans up, and janitorLooks how often it
// looks whether INBOUND needs it sooner.
const (
	janitorEvery = time.Hour
	janitorLooks = time.Minute
)

// RunJanitor cleans up now, once an hour, and when INBOUND fills up, until ctx
// ends.
func (b *Bus) RunJanitor(ctx context.Context) error {
	tick := time.NewTicker(janitorLooks)
	defer tick.Stop()
	var cleaned time.Time
	for {
		if time.Since(cleaned) >= janitorEvery || b.filling(ctx) {
			cleaned = time.Now()
			if err := b.Clean(ctx, cleaned); err != nil && ctx.Err() == nil {
				b.log.Warn("clean up streams", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func (b *Bus) filling(ctx context.Context) bool {
	for _, stream := range []string{streamInbound, streamTrack} {
		if s, err := b.js.Stream(ctx, stream); err == nil && crowded(s.CachedInfo()) > 0 {
			return true
		}
	}
	return false
}

// crowded returns the sequence number below which a stream that is three
// quarters full lets go of what is handled, whatever its age, and 0 for one
// that isn't: handled items must never keep new ones out.
func crowded(info *jetstream.StreamInfo) uint64 {
	s := info.State
	if limit := info.Config.MaxBytes; limit <= 0 || s.Bytes < uint64(limit)/4*3 || s.Msgs == 0 {
		return 0
	}
	return s.FirstSeq + (s.LastSeq-s.FirstSeq)/2 + 1
}

// Clean removes from TRACK what is handled, and from INBOUND what is both older than Config.Keep (or in the way,
// see crowded) and handled, by every partition, and from the channels' transit what is older than that
// and than any item that still waits. It never removes what waits.
func (b *Bus) Clean(ctx context.Context, now time.Time) error {
	if err := b.cleanTracks(ctx); err != nil {
		return err
	}
	cutoff := now.Add(-b.cfg.Keep)
	in, err := b.js.Stream(ctx, streamInbound)
	if err != nil {
		return fmt.Errorf("look up INBOUND: %w", away(err))
	}
	floor, err := b.floor(ctx, streamInbound)
	if err != nil {
		return err
	}
	old, err := firstAfter(ctx, in, cutoff)
	if err != nil {
		return err
	}
	if seq := crowded(in.CachedInfo()); seq > old {
		old = seq
		b.log.Warn("INBOUND is nearly full: handled items are removed before their time")
	}
	if err := b.purge(ctx, in, min(floor, old)); err != nil {
		return err
	}

	// What waits may refer to bodies.
	for stream, floor := range map[string]uint64{streamInbound: floor, streamOutbound: 0} {
		s, err := b.js.Stream(ctx, stream)
		if err != nil {
			return fmt.Errorf("look up %s: %w", stream, away(err))
		}
		state := s.CachedInfo().State
		floor = max(floor, state.FirstSeq)
		if state.Msgs == 0 || floor > state.LastSeq {
			continue
		}
		msg, err := s.GetMsg(ctx, floor, jetstream.WithGetMsgSubject(">"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read item %d of %s: %w", floor, stream, away(err))
		}
		if msg.Time.Before(cutoff) {
			cutoff = msg.Time
		}
	}
	// A body is put some time before the item that refers to it.
	cutoff = cutoff.Add(-24 * time.Hour)
	for _, c := range b.cfg.Channels {
		if err := b.cleanTransit(ctx, c, cutoff); err != nil {
			return err
		}
	}
	return nil
}

// cleanTracks removes what is handled: the database has it, and no body is
// referred to by it.
func (b *Bus) cleanTracks(ctx context.Context) error {
	s, err := b.js.Stream(ctx, streamTrack)
	if err != nil {
		return fmt.Errorf("look up TRACK: %w", away(err))
	}
	floor, err := b.floor(ctx, streamTrack)
	if err != nil {
		return err
	}
	return b.purge(ctx, s, floor)
}

func (b *Bus) cleanTransit(ctx context.Context, channel inbox.Channel, cutoff time.Time) error {
	s, err := b.js.Stream(ctx, bucketTransit(channel))
	if err != nil {
		return fmt.Errorf("look up transit of %s: %w", channel, away(err))
	}
	old, err := firstAfter(ctx, s, cutoff)
	if err != nil {
		return err
	}
	return b.purge(ctx, s, old)
}

// floor returns the lowest sequence number of stream that may still wait for a
// consumer.
func (b *Bus) floor(ctx context.Context, stream string) (uint64, error) {
	last, infos, err := b.consumerInfos(ctx, stream)
	if err != nil {
		return 0, err
	}
	return floorOf(infos, last), nil
}

// floorOf is the floor of some consumers; last is the newest number at a moment
// before they were looked at.
func floorOf(infos []*jetstream.ConsumerInfo, last uint64) uint64 {
	floor := last + 1
	for _, info := range infos {
		if info.NumPending > 0 || info.NumAckPending > 0 {
			floor = min(floor, info.AckFloor.Stream+1)
		}
	}
	return floor
}

// firstAfter returns the lowest sequence number whose message is not older than
// t, or the one after the last. Messages' times rise with their numbers.
func firstAfter(ctx context.Context, s jetstream.Stream, t time.Time) (uint64, error) {
	state := s.CachedInfo().State
	low, high := state.FirstSeq, state.LastSeq+1
	for low < high {
		mid := low + (high-low)/2
		msg, err := s.GetMsg(ctx, mid, jetstream.WithGetMsgSubject(">"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			high = mid // nothing from here on
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("read item %d: %w", mid, away(err))
		}
		if msg.Time.Before(t) {
			low = msg.Sequence + 1
		} else {
			high = mid
		}
	}
	return low, nil
}

// purge removes what is below seq.
func (b *Bus) purge(ctx context.Context, s jetstream.Stream, seq uint64) error {
	state := s.CachedInfo().State
	if state.Msgs == 0 || seq <= state.FirstSeq {
		return nil
	}
	name := s.CachedInfo().Config.Name
	if err := s.Purge(ctx, jetstream.WithPurgeSequence(seq)); err != nil {
		return fmt.Errorf("purge %s below %d: %w", name, seq, away(err))
	}
	b.n.purged.WithLabelValues(name).Add(float64(seq - state.FirstSeq))
	return nil
}
