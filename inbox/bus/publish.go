package bus

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"skein/inbox"
)

// publishWindow is how many publishes wait for their acknowledgement at once.
const publishWindow = 1024

// PublishEvents publishes rows in their order, under whatever stream takes
// their subject, and returns when every one is acknowledged. After an error
// some may have been published: publishing the same rows again is harmless
// within ten minutes, and beyond that for readers that look at versions.
//
// An [inbox.Unavailable] means: later. A row that no stream takes, or that is
// too large, is another error.
func (b *Bus) PublishEvents(ctx context.Context, rows []inbox.OutboxRow) error {
	for len(rows) > 0 {
		n := min(len(rows), publishWindow)
		if err := b.publishWindow(ctx, rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func (b *Bus) publishWindow(ctx context.Context, rows []inbox.OutboxRow) error {
	acks := make([]jetstream.PubAckFuture, 0, len(rows))
	var failed error
	for _, row := range rows {
		msg := &nats.Msg{Subject: row.Subject, Data: row.Payload}
		// The sum tells this row from one of another database that had the
		// same number: a fresh database must not be swallowed as a repetition.
		id := fmt.Sprintf("o%d.%08x", row.ID, crc32.ChecksumIEEE(row.Payload))
		ack, err := b.publishAsync(ctx, msg, id)
		if err != nil {
			b.n.failed.WithLabelValues(streamOf(row.Subject)).Inc()
			failed = fmt.Errorf("publish row %d to %s: %w", row.ID, row.Subject, away(err))
			break
		}
		acks = append(acks, ack)
	}
	for i, ack := range acks {
		select {
		case <-ack.Ok():
			b.n.published.WithLabelValues(streamOf(rows[i].Subject)).Inc()
		case err := <-ack.Err():
			b.n.failed.WithLabelValues(streamOf(rows[i].Subject)).Inc()
			if failed == nil {
				failed = fmt.Errorf("publish row %d to %s: %w", rows[i].ID, rows[i].Subject, away(err))
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return failed
}

// publishAsync waits while too many publishes are under way: that is
// back-pressure, no failure.
func (b *Bus) publishAsync(ctx context.Context, msg *nats.Msg, id string) (jetstream.PubAckFuture, error) {
	for {
		ack, err := b.js.PublishMsgAsync(msg, jetstream.WithMsgID(id), jetstream.WithStallWait(time.Second))
		if !errors.Is(err, jetstream.ErrTooManyStalledMsgs) || ctx.Err() != nil {
			return ack, err
		}
	}
}

// streamOf names the stream that takes subject, for metrics.
func streamOf(subject string) string {
	kind, _, _ := strings.Cut(strings.TrimPrefix(subject, "skein."), ".")
	switch kind {
	case "in":
		return streamInbound
	case "track":
		return streamTrack
	case "out":
		return streamOutbound
	case "event":
		return streamEvents
	case "visitor":
		return streamVisitor
	case "dead":
		return streamDead
	}
	return "other"
}
