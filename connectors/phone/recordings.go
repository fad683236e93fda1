package phone

import (
	"context"
	"sync"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// A job is a call of which recordings are to be fetched.
type job struct {
	call   inbox.Call
	lane   connectors.Lane
	sender connectors.Sender
}

const (
	maxJobs    = 1_000 // calls that wait; more are asked for later
	maxFetches = 3     // at a time, an account
)

func (c *Connector) queue(account inbox.AccountID) chan job {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.queues[account] == nil {
		c.queues[account] = make(chan job, maxJobs)
	}
	return c.queues[account]
}

// want queues an item's recordings. A full queue loses nothing: the server
// knows what is missing.
func (c *Connector) want(in connectors.Inbound) {
	if in.Call == nil || !wanted(in.Call.Call) {
		return
	}
	call := in.Call.Call
	call.ExternalID = in.Call.ID
	select {
	case c.queue(in.Account) <- job{call, in.Lane, in.Sender}:
	default:
	}
}

func wanted(c inbox.Call) bool {
	for _, a := range c.Audio {
		if a.State == inbox.AudioWanted {
			return true
		}
	}
	return false
}

// fetchAll fetches what is queued, and asks the server now and again for what
// an earlier process left.
func (s *session) fetchAll(ctx context.Context) error {
	if s.c.in == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	f := &fetcher{put: s.c.in.PutBody, timeout: 10 * time.Minute}
	var (
		busy   sync.WaitGroup
		room   = make(chan struct{}, maxFetches)
		mu     sync.Mutex // guards going
		going  = map[string]bool{}
		rescue = time.NewTimer(0)
	)
	defer busy.Wait()
	defer rescue.Stop()
	begin := func(j job) {
		for _, a := range j.call.Audio {
			key := j.call.ExternalID + "\x00" + a.ID
			mu.Lock()
			skip := a.State != inbox.AudioWanted || going[key] || len(going) >= maxJobs
			if !skip {
				going[key] = true
			}
			mu.Unlock()
			if skip {
				continue
			}
			busy.Go(func() {
				defer func() {
					mu.Lock()
					delete(going, key)
					mu.Unlock()
				}()
				s.fetchOne(ctx, f, j, a, room)
			})
		}
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case j := <-s.queue:
			begin(j)
		case <-rescue.C:
			rescue.Reset(s.c.cfg.AskEvery)
			var missing []inbox.Call
			if err := s.c.in.Ask(ctx, s.account.ID, connectors.AskAudio, nil, &missing); err != nil {
				s.log.Debug("the server doesn't say which recordings are missing", "error", err)
				continue
			}
			for _, call := range missing {
				begin(job{call: call, lane: connectors.LaneLive, sender: connectors.Sender{Kind: inbox.PhoneNumber, Proof: inbox.Claimed}})
			}
		}
	}
}

// fetchOne tries until a recording is there or can't be had, and tells of it.
func (s *session) fetchOne(ctx context.Context, f *fetcher, j job, a inbox.CallAudio, room chan struct{}) {
	var got fetched
	for n, wait := range s.c.cfg.Tries {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		select {
		case <-ctx.Done():
			return
		case room <- struct{}{}:
		}
		r, err := f.fetch(ctx, s.set, s.account, j.call, a)
		<-room
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			s.log.Warn("a recording waits: it can't be put down", "error", err)
			return // and is asked for again
		}
		if got = r; !r.again {
			break
		}
		s.log.Debug("a recording can't be had yet", "try", n+1, "why", r.audio.Note)
	}
	in := connectors.Inbound{
		Kind: connectors.KindCall, Channel: inbox.Phone, Account: s.account.ID, Lane: j.lane, Sender: j.sender,
		EventID:    "audio/" + sum(j.call.ExternalID, a.ID, string(got.audio.State)),
		ExternalID: j.call.ExternalID, Key: j.call.ExternalID, ProviderAt: s.c.cfg.Now(),
		Call: &connectors.Call{ID: j.call.ExternalID, Call: inbox.Call{
			Direction: j.call.Direction, From: j.call.From, To: j.call.To, StartedAt: j.call.StartedAt, Audio: []inbox.CallAudio{got.audio},
		}},
	}
	if got.attachment != nil {
		in.Call.Attachments = []connectors.Attachment{*got.attachment}
	}
	if err := s.c.in.Accept(ctx, s.account.ID, in); err != nil {
		s.log.Warn("a recording is not told of yet", "error", err)
	}
}
