package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"skein/connectors"
	"skein/inbox"
)

// Sends implements [connectors.Link]. Accounts are served beside each other, so
// that one whose service hangs delays no other.
func (l *Link) Sends(ctx context.Context, handle func(context.Context, connectors.Outbound) error) error {
	consumer, err := l.outbound(ctx)
	if err != nil {
		return err
	}
	s := &sends{l: l, handle: handle, queues: map[inbox.AccountID]chan jetstream.Msg{}}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	reading, err := consumer.Consume(func(msg jetstream.Msg) { s.add(ctx, msg) },
		jetstream.PullMaxMessages(sendsAtOnce),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
			if errors.Is(err, jetstream.ErrConsumerDeleted) {
				cancel(fmt.Errorf("consumer of %s is gone: %w", l.cfg.Channel, err))
				return
			}
			l.log.Debug("reading outbound was interrupted", "error", err)
		}))
	if err != nil {
		return fmt.Errorf("read outbound of %s: %w", l.cfg.Channel, away(err))
	}
	<-ctx.Done()
	reading.Stop()
	<-reading.Closed()
	s.wg.Wait()
	return context.Cause(ctx)
}

// outbound looks the consumer up until the server has made it.
func (l *Link) outbound(ctx context.Context) (jetstream.Consumer, error) {
	for {
		c, err := l.js.Consumer(ctx, streamOutbound, outConsumer(l.cfg.Channel))
		if err == nil {
			return c, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		l.log.Warn("look up outbound consumer", "channel", l.cfg.Channel, "error", err)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// sends gives each account a goroutine of its own, made by its first item.
type sends struct {
	l      *Link
	handle func(context.Context, connectors.Outbound) error
	queues map[inbox.AccountID]chan jetstream.Msg // of the reader's goroutine alone
	wg     sync.WaitGroup
}

func (s *sends) add(ctx context.Context, msg jetstream.Msg) {
	// skein.out.<channel>.<account>
	t := strings.Split(msg.Subject(), ".")
	account := inbox.AccountID(t[len(t)-1])
	queue := s.queues[account]
	if queue == nil {
		queue = make(chan jetstream.Msg, sendsAtOnce)
		s.queues[account] = queue
		s.wg.Go(func() { s.serve(ctx, queue) })
	}
	select {
	case queue <- msg:
	default:
		// One account has more waiting than it may hold here: the others
		// must not wait behind it.
		_ = msg.NakWithDelay(2 * time.Second)
	}
}

func (s *sends) serve(ctx context.Context, queue chan jetstream.Msg) {
	for {
		select {
		case <-ctx.Done():
			return
		case msg := <-queue:
			s.one(ctx, msg, queue)
		}
	}
}

// one handles msg and keeps it and what waits behind it held meanwhile.
func (s *sends) one(ctx context.Context, msg jetstream.Msg, queue chan jetstream.Msg) {
	var out connectors.Outbound
	if err := json.Unmarshal(msg.Data(), &out); err != nil {
		// Only the server writes here. Terminated, it stays out of the way
		// and in the log.
		s.l.log.Error("outbound item cannot be read", "error", err)
		_ = msg.TermWithReason("cannot be read")
		return
	}
	waiting := make([]jetstream.Msg, 0, len(queue))
	for range len(queue) {
		waiting = append(waiting, <-queue)
	}
	defer func() {
		for _, m := range waiting {
			select {
			case queue <- m:
			default:
				_ = m.NakWithDelay(time.Second)
			}
		}
	}()
	done := make(chan struct{})
	var keeping sync.WaitGroup
	keeping.Go(func() {
		tick := time.NewTicker(ackWait / 3)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				_ = msg.InProgress()
				for _, m := range waiting {
					_ = m.InProgress()
				}
			}
		}
	})
	err := s.handle(ctx, out)
	close(done)
	keeping.Wait()
	if err != nil {
		if ctx.Err() == nil {
			s.l.log.Info("send is tried again later", "message", out.MessageID, "attempt", out.Attempt, "error", err)
		}
		delay := time.Second
		if meta, merr := msg.Metadata(); merr == nil {
			delay = min(delay<<min(meta.NumDelivered-1, 6), time.Minute)
		}
		_ = msg.NakWithDelay(delay)
		return
	}
	// A lost acknowledgement brings the item again, and its claim answers.
	ackCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := msg.DoubleAck(ackCtx); err != nil {
		s.l.log.Warn("acknowledge outbound item", "message", out.MessageID, "error", err)
	}
}

// A claim is what sends_<channel> keeps of an attempt.
type claim struct {
	At     time.Time      `json:"at"`
	Result *inbox.Receipt `json:"result,omitempty"`
}

// ClaimSend implements [connectors.Link].
func (l *Link) ClaimSend(ctx context.Context, out connectors.Outbound) (bool, *inbox.Receipt, error) {
	kv, err := l.bucket(ctx, bucketSends(l.cfg.Channel))
	if err != nil {
		return false, nil, err
	}
	value, err := json.Marshal(claim{At: time.Now().UTC()})
	if err != nil {
		return false, nil, err
	}
	_, err = kv.Create(ctx, sendKey(out), value)
	if err == nil {
		return true, nil, nil
	}
	if !errors.Is(err, jetstream.ErrKeyExists) {
		return false, nil, fmt.Errorf("claim send of %s: %w", out.MessageID, away(err))
	}
	entry, err := kv.Get(ctx, sendKey(out))
	if err != nil {
		return false, nil, fmt.Errorf("read claim of %s: %w", out.MessageID, away(err))
	}
	var c claim
	if err := json.Unmarshal(entry.Value(), &c); err != nil {
		return false, nil, nil // claimed, and nobody can say what became of it
	}
	return false, c.Result, nil
}

// FinishSend implements [connectors.Link].
func (l *Link) FinishSend(ctx context.Context, out connectors.Outbound, result inbox.Receipt) error {
	kv, err := l.bucket(ctx, bucketSends(l.cfg.Channel))
	if err != nil {
		return err
	}
	value, err := json.Marshal(claim{At: time.Now().UTC(), Result: &result})
	if err != nil {
		return err
	}
	if _, err := kv.Put(ctx, sendKey(out), value); err != nil {
		return fmt.Errorf("record send of %s: %w", out.MessageID, away(err))
	}
	return nil
}

// ReleaseSend implements [connectors.Link].
func (l *Link) ReleaseSend(ctx context.Context, out connectors.Outbound) error {
	kv, err := l.bucket(ctx, bucketSends(l.cfg.Channel))
	if err != nil {
		return err
	}
	if err := kv.Delete(ctx, sendKey(out)); err != nil {
		return fmt.Errorf("release send of %s: %w", out.MessageID, away(err))
	}
	return nil
}
