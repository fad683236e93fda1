package connectors

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

// States of an account, as [Status] carries them.
const (
	Starting = "starting"
	Running  = "running"
	Retrying = "retrying" // the connection failed and is tried again at RetryAt
	Refused  = "refused"  // the login or the settings are wrong: somebody has to mend them
	Paused   = "paused"
	Stopped  = "stopped"
)

// urgency orders the states of one account's processes: what needs a hand first,
// and a process that has ended only when no other goes on.
var urgency = []string{Stopped, Paused, Running, Starting, Retrying, Refused}

// Beside is the health of an account that two processes serve: what both have
// done, and the worse of how they are.
func (s Status) Beside(other Status) Status {
	worse, better := s, other
	if slices.Index(urgency, other.State) > slices.Index(urgency, s.State) {
		worse, better = other, s
	}
	out := worse
	out.Received, out.Sent = s.Received+other.Received, s.Sent+other.Sent
	out.Rejected, out.Doubted = s.Rejected+other.Rejected, s.Doubted+other.Doubted
	if later(better.ErrorAt, out.ErrorAt) {
		out.LastError, out.ErrorAt = better.LastError, better.ErrorAt
	}
	if later(better.LastItem, out.LastItem) {
		out.LastItem, out.LagSeconds = better.LastItem, better.LagSeconds
	}
	if better.At.After(out.At) {
		out.At = better.At
	}
	out.Instance = ""
	return out
}

func later(a, b *time.Time) bool { return a != nil && (b == nil || a.After(*b)) }

// reportTimeout bounds one Report, so that a bus that hangs doesn't hold up the
// stop.
const reportTimeout = 3 * time.Second

// health is what is known of one account. Receiving and sending fail apart, so
// each keeps its own error.
type health struct {
	state      string
	receiveErr string
	sendErr    string
	rejectErr  string
	errorAt    time.Time
	lastItem   time.Time
	retryAt    time.Time
	silentAt   time.Time // see Silent
	lag        time.Duration
	received   int64
	sent       int64
	rejects    int64
	doubts     int64
	reported   bool // false: changed since the last report
}

// Silent is the error of a service that gives no word for longer than it may: what
// it tells of is as it was then.
type Silent struct {
	At  time.Time // of its last word
	Err error
}

func (e *Silent) Error() string { return e.Err.Error() }
func (e *Silent) Unwrap() error { return e.Err }

// set records where receiving stands.
func (k *keeper) set(state string, err error, retryAt time.Time) {
	k.mu.Lock()
	h := &k.health
	if err != nil {
		h.receiveErr, h.errorAt, h.silentAt = err.Error(), k.r.cfg.Now(), time.Time{}
		if silent, ok := errors.AsType[*Silent](err); ok {
			h.silentAt = silent.At
		}
	} else if state == Running || state == Paused {
		h.receiveErr, h.silentAt = "", time.Time{}
	}
	// A new try says nothing yet: the last failure stays visible until one works.
	if state != Starting || h.state == Paused || h.state == Stopped {
		h.state = state
	}
	h.retryAt, h.reported = retryAt, false
	k.mu.Unlock()
	k.r.poke()
}

// received counts items that were published; an emit without items only says
// that the connection works.
func (k *keeper) received(items []Inbound) {
	now := k.r.cfg.Now()
	k.mu.Lock()
	h := &k.health
	h.received += int64(len(items))
	if len(items) > 0 {
		h.lastItem, h.rejectErr = now, ""
	}
	// How late the newest is; what is brought in late by intent says nothing.
	if n := len(items); n > 0 && items[n-1].Lane != LaneBulk && !items[n-1].ProviderAt.IsZero() {
		h.lag = max(0, now.Sub(items[n-1].ProviderAt))
	}
	running := h.state == Running
	k.mu.Unlock()
	if !running {
		k.set(Running, nil, time.Time{})
	}
}

// rejected counts what was refused or, in doubt, would have been.
func (k *keeper) rejected(reason error, doubt bool) {
	k.mu.Lock()
	h := &k.health
	if doubt {
		h.doubts++
	} else {
		h.rejects++
	}
	changed := h.rejectErr != reason.Error()
	h.rejectErr, h.errorAt = reason.Error(), k.r.cfg.Now()
	h.reported = h.reported && !changed
	k.mu.Unlock()
	if changed {
		k.r.poke()
	}
}

// sendEnded records what became of an attempt to send.
func (k *keeper) sendEnded(left bool, err error) {
	k.mu.Lock()
	h := &k.health
	if left {
		h.sent++
	}
	before := h.sendErr
	h.sendErr = ""
	if err != nil {
		h.sendErr, h.errorAt = err.Error(), k.r.cfg.Now()
	}
	changed := before != h.sendErr
	h.reported = h.reported && !changed
	k.mu.Unlock()
	if changed {
		k.r.poke()
	}
}

// status returns the account's health, and whether it changed since the last
// call.
func (k *keeper) status() (Status, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	h := &k.health
	changed := !h.reported
	h.reported = true
	s := Status{
		Channel: k.account.Channel, Account: k.account.ID, State: h.state,
		LastError: h.receiveErr,
		Received:  h.received, Sent: h.sent, Rejected: h.rejects, Doubted: h.doubts,
		LagSeconds: h.lag.Seconds(), At: k.r.cfg.Now(), Instance: k.r.instance,
	}
	s.LastError = cmp.Or(s.LastError, h.sendErr, h.rejectErr)
	if s.LastError != "" {
		s.ErrorAt = timeOrNil(h.errorAt)
	}
	s.LastItem, s.RetryAt, s.SilentAt = timeOrNil(h.lastItem), timeOrNil(h.retryAt), timeOrNil(h.silentAt)
	return s, changed
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// report tells every account's health: what changed at once, everything every
// ReportEvery. When ctx ends it tells a last time.
func (r *runner) report(ctx context.Context) {
	tick := time.NewTicker(r.cfg.ReportEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			r.reportAll(context.WithoutCancel(ctx), false)
			return
		case <-tick.C:
			r.reportAll(ctx, true)
		case <-r.wake:
			r.reportAll(ctx, false)
		}
	}
}

func (r *runner) reportAll(ctx context.Context, repeat bool) {
	ctx, cancel := context.WithTimeout(ctx, reportTimeout)
	defer cancel()
	for _, k := range r.toReport() {
		status, changed := k.status()
		if !changed && !repeat {
			continue
		}
		if err := r.cfg.Link.Report(ctx, status); err != nil && ctx.Err() == nil {
			r.log.Debug("health cannot be reported", "account", string(k.id), "error", err)
		}
	}
}

// toReport returns every keeper, removed ones until their end was told.
func (r *runner) toReport() []*keeper {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]*keeper, 0, len(r.keys)+len(r.gone))
	for _, k := range r.keys {
		all = append(all, k)
	}
	kept := r.gone[:0]
	for _, k := range r.gone {
		all = append(all, k)
		select {
		case <-k.ended:
		default:
			kept = append(kept, k)
		}
	}
	r.gone = kept
	return all
}
