package connectors

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"time"

	"skein/inbox"
)

// send takes what is to be sent, again and again while the bus is away.
func (r *runner) send(ctx context.Context) {
	// A message for an account that isn't known yet would come back with delay.
	select {
	case <-r.served:
	case <-ctx.Done():
		return
	}
	delay := r.retry()
	for ctx.Err() == nil {
		began := r.cfg.Now()
		err := r.cfg.Link.Sends(ctx, func(_ context.Context, out Outbound) error { return r.handle(ctx, out) })
		if ctx.Err() != nil {
			return
		}
		if r.cfg.Now().Sub(began) > r.cfg.RetryMax {
			delay.reset()
		}
		wait := delay.next()
		r.log.Warn("sending stopped", "error", err, "retry_in", wait)
		if !sleep(ctx, wait) {
			return
		}
	}
}

// handle makes one attempt. What it promises: the provider is called only after
// a fresh claim, and a claim without a result is never followed by another
// call, so that nothing leaves twice without being marked uncertain.
//
// Once begun it goes on for Config.Grace after ctx has ended.
func (r *runner) handle(ctx context.Context, out Outbound) error {
	r.mu.Lock()
	if r.stopped || ctx.Err() != nil {
		r.mu.Unlock()
		return errors.New("stopping")
	}
	r.handling.Add(1)
	r.mu.Unlock()
	defer r.handling.Done()

	fresh, result, err := r.cfg.Link.ClaimSend(ctx, out)
	if err != nil {
		return fmt.Errorf("claim send %s/%d: %w", out.MessageID, out.Attempt, err)
	}
	if !fresh {
		if result == nil {
			// Not recorded: should the first attempt still be running, its own
			// result ends the uncertainty.
			result = &inbox.Receipt{
				State:  inbox.Uncertain,
				Detail: "the connector stopped during this attempt: it may have left or not",
				At:     r.cfg.Now(),
			}
		}
		return r.tell(ctx, out, *result)
	}

	receipt, err := r.attempt(ctx, out)
	k := r.keeper(out.Account)
	if k != nil {
		k.sendEnded(err == nil && receipt.State == inbox.Sent, err)
	}
	if err != nil {
		if age := r.cfg.Now().Sub(out.Date); out.Date.IsZero() || age < r.cfg.GiveUp {
			r.log.Warn("send postponed", "account", string(out.Account), "message", string(out.MessageID), "attempt", out.Attempt, "error", err)
			released := r.settle(ctx, func(ctx context.Context) error { return r.cfg.Link.ReleaseSend(ctx, out) })
			return errors.Join(fmt.Errorf("send %s/%d: %w", out.MessageID, out.Attempt, err), released)
		}
		receipt = inbox.Receipt{State: inbox.Failed, Detail: "given up: " + err.Error()}
	}
	receipt = r.complete(out, receipt)
	if err := r.settle(ctx, func(ctx context.Context) error { return r.cfg.Link.FinishSend(ctx, out, receipt) }); err != nil {
		return fmt.Errorf("record send %s/%d: %w", out.MessageID, out.Attempt, err)
	}
	return r.tell(ctx, out, receipt)
}

// attempt calls the connector.
func (r *runner) attempt(ctx context.Context, out Outbound) (receipt inbox.Receipt, err error) {
	k := r.keeper(out.Account)
	if k == nil {
		return receipt, fmt.Errorf("the account %q does not exist", out.Account)
	}
	account := k.current()
	if account.Paused {
		return receipt, fmt.Errorf("the account %q is paused", out.Account)
	}
	ctx, cancel := r.graceful(ctx)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			r.log.Error("connector fault", "account", string(out.Account), "panic", p, "stack", string(debug.Stack()))
			receipt = inbox.Receipt{State: inbox.Uncertain, Detail: fmt.Sprintf("connector fault: %v", p)}
			err = nil
		}
	}()
	return r.cfg.Connector.Send(ctx, account, out, r.cfg.Link.OpenBody)
}

// complete fills what a connector may leave out.
func (r *runner) complete(out Outbound, receipt inbox.Receipt) inbox.Receipt {
	receipt.MessageID, receipt.Attempt = out.MessageID, out.Attempt
	if receipt.At.IsZero() {
		receipt.At = r.cfg.Now()
	}
	return receipt
}

// tell publishes a receipt. A repetition has the same event id.
func (r *runner) tell(ctx context.Context, out Outbound, receipt inbox.Receipt) error {
	receipt = r.complete(out, receipt)
	item := Inbound{
		Kind:       KindReceipt,
		Channel:    out.Channel,
		Account:    out.Account,
		EventID:    "receipt:" + string(out.MessageID) + ":" + strconv.Itoa(out.Attempt) + ":" + string(receipt.State),
		ExternalID: string(out.MessageID),
		Key:        string(out.MessageID),
		Lane:       LaneLive,
		ProviderAt: receipt.At,
		ReceivedAt: r.cfg.Now(),
		Receipt:    &receipt,
	}
	if err := r.settle(ctx, func(ctx context.Context) error { return r.cfg.Link.Publish(ctx, item) }); err != nil {
		return fmt.Errorf("publish receipt of %s/%d: %w", out.MessageID, out.Attempt, err)
	}
	return nil
}

// settle repeats f until it works, for Config.Grace after ctx has ended at
// most: what became of an attempt must not be lost to a bus that is away for a
// minute.
func (r *runner) settle(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := r.graceful(ctx)
	defer cancel()
	delay := &backoff{min: 100 * time.Millisecond, max: 5 * time.Second, jitter: r.cfg.Jitter}
	for {
		err := f(ctx)
		if err == nil {
			return nil
		}
		if lasting(err) {
			return err
		}
		if !sleep(ctx, delay.next()) {
			return err
		}
	}
}

// graceful returns a context that ends Config.Grace after ctx.
func (r *runner) graceful(ctx context.Context) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		sleep(late, r.cfg.Grace)
		cancel()
	})
	return late, func() {
		stop()
		cancel()
	}
}
