package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
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
	s := &sends{l: l, handle: handle, accounts: map[inbox.AccountID]*sendQueue{}, holds: map[uint64]jetstream.Msg{}}
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
	s.keepAlive(ctx)
	reading.Stop()
	<-reading.Closed() // add is not called any more
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
	wg     sync.WaitGroup

	mu       sync.Mutex // guards the following
	accounts map[inbox.AccountID]*sendQueue
	holds    map[uint64]jetstream.Msg // by sequence number: all that is queued or being sent
}

type sendQueue struct {
	waiting []jetstream.Msg // guarded by sends.mu
	wake    chan struct{}
}

func (s *sends) add(ctx context.Context, msg jetstream.Msg) {
	meta, err := msg.Metadata()
	if err != nil {
		return
	}
	t := strings.Split(msg.Subject(), ".") // skein.out.<channel>.<account>
	account := inbox.AccountID(t[len(t)-1])

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.holds[meta.Sequence.Stream] != nil {
		return // came again because the connection was away
	}
	q := s.accounts[account]
	if q == nil {
		q = &sendQueue{wake: make(chan struct{}, 1)}
		s.accounts[account] = q
		s.wg.Go(func() { s.serve(ctx, q) })
	}
	if len(q.waiting) >= sendsWaiting {
		// The other accounts must not wait behind this one.
		_ = msg.NakWithDelay(5*time.Second + rand.N(5*time.Second))
		return
	}
	s.holds[meta.Sequence.Stream] = msg
	q.waiting = append(q.waiting, msg)
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (s *sends) serve(ctx context.Context, q *sendQueue) {
	for ctx.Err() == nil {
		s.mu.Lock()
		var msg jetstream.Msg
		if len(q.waiting) > 0 {
			msg, q.waiting = q.waiting[0], q.waiting[1:]
		}
		s.mu.Unlock()
		if msg != nil {
			s.one(ctx, msg)
			continue
		}
		select {
		case <-ctx.Done():
		case <-q.wake:
		}
	}
}

func (s *sends) one(ctx context.Context, msg jetstream.Msg) {
	meta, err := msg.Metadata()
	if err != nil {
		return
	}
	defer func() {
		s.mu.Lock()
		delete(s.holds, meta.Sequence.Stream)
		s.mu.Unlock()
	}()
	if msg.Headers().Get(headerStream) != "" {
		s.l.log.Error("outbound item refused: it was smuggled in as the answer to a request", "seq", meta.Sequence.Stream)
		_ = msg.TermWithReason("not of the server")
		return
	}
	var out connectors.Outbound
	if err := json.Unmarshal(msg.Data(), &out); err != nil {
		// Only the server writes here. Terminated, it stays out of the way
		// and in the log.
		s.l.log.Error("outbound item cannot be read", "seq", meta.Sequence.Stream, "error", err)
		_ = msg.TermWithReason("cannot be read")
		return
	}
	if err := s.handle(ctx, out); err != nil {
		if ctx.Err() == nil {
			s.l.log.Info("send is tried again later", "message", out.MessageID, "attempt", out.Attempt, "error", err)
		}
		_ = msg.NakWithDelay(min(time.Second<<min(meta.NumDelivered-1, 6), time.Minute))
		return
	}
	// A lost acknowledgement brings the item again, and its claim answers.
	ackCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := msg.DoubleAck(ackCtx); err != nil {
		s.l.log.Warn("acknowledge outbound item", "message", out.MessageID, "error", err)
	}
}

// keepAlive tells the server that what is queued and being sent is still held.
func (s *sends) keepAlive(ctx context.Context) {
	tick := time.NewTicker(outAckWait / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		s.mu.Lock()
		held := slices.Collect(maps.Values(s.holds))
		s.mu.Unlock()
		for _, msg := range held {
			_ = msg.InProgress()
		}
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
