package push

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"skein/inbox"
)

const (
	atOnce     = 8
	idleMax    = 30 * time.Second
	maxTries   = 6
	retryFirst = 15 * time.Second
	keepRead   = 90 * 24 * time.Hour
	keepAll    = 365 * 24 * time.Hour
	pruneEvery = time.Hour
	pruneBatch = 5000
)

// lastsFor is how long a push service keeps a push for a browser that is away: what
// was said is answered by then, or told by mail.
func lastsFor(k inbox.NotificationKind) (ttl time.Duration, urgency string) {
	if k == inbox.MessageNotice {
		return 4 * time.Hour, "normal"
	}
	return 24 * time.Hour, "high"
}

// Run pushes until ctx ends, and returns nil when everything that it started has
// ended.
func (s *Sender) Run(ctx context.Context) error {
	delay := 100 * time.Millisecond
	for ctx.Err() == nil {
		began := time.Now()
		err := s.cfg.Store.Watch(ctx, "skein_push", s.follow)
		if ctx.Err() != nil {
			break
		}
		if time.Since(began) > time.Minute {
			delay = 100 * time.Millisecond
		}
		s.cfg.Log.Warn("pushing stopped", "error", err, "retry_in", delay)
		t := time.NewTimer(delay)
		select {
		case <-ctx.Done():
		case <-t.C:
		}
		t.Stop()
		delay = min(2*delay, 5*time.Second)
	}
	return nil
}

func (s *Sender) follow(ctx context.Context, wait WaitFunc) error {
	var pruned time.Time
	for {
		key, err := s.Key(ctx)
		if err != nil {
			return err
		}
		for more := true; more; {
			if more, err = s.round(ctx, key); err != nil {
				return err
			}
		}
		if now := time.Now(); now.Sub(pruned) > pruneEvery {
			n, err := s.cfg.Store.PruneNotifications(ctx, now.Add(-keepRead), now.Add(-keepAll), pruneBatch)
			if err != nil {
				return err
			}
			if n < pruneBatch {
				pruned = now
			}
		}
		next, err := s.cfg.Store.NextPush(ctx)
		if err != nil {
			return err
		}
		until := idleMax
		if !next.IsZero() {
			until = min(max(time.Until(next), 10*time.Millisecond), idleMax)
		}
		if _, err := wait(ctx, until); err != nil {
			return err
		}
	}
}

// round makes the pushes that are due, a few at once.
func (s *Sender) round(ctx context.Context, key *Key) (more bool, err error) {
	taken, list, err := s.cfg.Store.TakePushes(ctx, key.Public(), time.Now(), atOnce)
	if err != nil {
		return false, err
	}
	// Nobody else makes what was taken: what has begun is brought to its end.
	ctx = context.WithoutCancel(ctx)
	var all sync.WaitGroup
	for i := range list {
		p := &list[i]
		if s.cfg.Attends(p.Agent.ID, p.Notification.ConversationID) {
			s.counts.WithLabelValues("attended").Inc()
			continue
		}
		all.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
			defer cancel()
			if err := s.push(ctx, key, p); err != nil {
				s.cfg.Log.Warn("a push was not made", "subscription", p.Subscription.ID, "error", err)
			}
		})
	}
	all.Wait()
	return taken == atOnce, nil
}

// push makes one push, and does what its answer asks for.
func (s *Sender) push(ctx context.Context, key *Key, p *inbox.Push) error {
	req, err := request(ctx, key, s.cfg.Subject, p)
	if err != nil {
		s.counts.WithLabelValues("refused").Inc()
		return err
	}
	var written atomic.Bool
	req = req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { written.Store(true) }}))
	res, err := s.cfg.Client.Do(req)
	if err != nil {
		err = withoutURL(err)
		if written.Load() || inbox.CodeOf(err) == inbox.Forbidden { // it may have arrived, or never may
			s.counts.WithLabelValues("lost").Inc()
			return err
		}
		return s.later(ctx, p, 0, err)
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	switch code := res.StatusCode; {
	case code >= 200 && code < 300:
		s.counts.WithLabelValues("taken").Inc()
		return s.cfg.Store.Pushed(ctx, p.Subscription.ID, time.Now())
	case code == http.StatusNotFound || code == http.StatusGone:
		s.counts.WithLabelValues("gone").Inc()
		return s.cfg.Store.Unsubscribe(ctx, p.Subscription.ID)
	case code == http.StatusTooManyRequests || code >= 500:
		return s.later(ctx, p, retryAfter(res.Header.Get("Retry-After"), time.Now()), fmt.Errorf("the push service answers %d", code))
	default:
		s.counts.WithLabelValues("refused").Inc()
		return fmt.Errorf("the push service refuses it with %d", code)
	}
}

// later puts a push back, until it would be of no use.
func (s *Sender) later(ctx context.Context, p *inbox.Push, asked time.Duration, why error) error {
	now := time.Now()
	wait := retryFirst << p.Tries
	wait = max(asked, wait/2+rand.N(wait/2))
	ttl, _ := lastsFor(p.Notification.Kind)
	p.Tries++
	if p.Tries >= maxTries || now.Add(wait).After(p.Notification.At.Add(ttl)) {
		s.counts.WithLabelValues("failed").Inc()
		return why
	}
	s.counts.WithLabelValues("later").Inc()
	return s.cfg.Store.PutBackPush(ctx, p, now.Add(wait))
}

// request is the request for one push (RFC 8030 section 5). A newer push of the
// same conversation takes the place of one that was not delivered yet.
func request(ctx context.Context, key *Key, subject string, p *inbox.Push) (*http.Request, error) {
	plain, err := payloadOf(p)
	if err != nil {
		return nil, fmt.Errorf("encode push: %w", err)
	}
	body, err := Encrypt(plain, p.Subscription.P256dh, p.Subscription.Auth)
	if err != nil {
		return nil, err
	}
	at, err := url.Parse(p.Subscription.Endpoint)
	if err != nil {
		return nil, withoutURL(err)
	}
	authorization, err := key.authorization(at, subject, time.Now())
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at.String(), bytes.NewReader(body))
	if err != nil {
		return nil, withoutURL(err)
	}
	req.GetBody = nil // a request that was written is not written again
	ttl, urgency := lastsFor(p.Notification.Kind)
	left := max(0, time.Until(p.Notification.At.Add(ttl)))
	h := req.Header
	h.Set("Authorization", authorization)
	h.Set("Content-Encoding", "aes128gcm")
	h.Set("Content-Type", "application/octet-stream")
	h.Set("TTL", strconv.Itoa(int(left.Seconds())))
	h.Set("Urgency", urgency)
	h.Set("Topic", topicOf(p.Notification.ConversationID))
	return req, nil
}

// topicOf names a conversation in at most 32 characters of base64url.
func topicOf(id inbox.ConversationID) string {
	raw, err := hex.DecodeString(strings.ReplaceAll(string(id), "-", ""))
	if err != nil {
		raw = []byte(id)
	}
	return base64.RawURLEncoding.EncodeToString(raw[:min(len(raw), 16)])
}

// retryAfter reads the header of that name (RFC 9110 section 10.2.3), within a day.
func retryAfter(s string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(strings.TrimSpace(s)); err == nil {
		return time.Duration(min(max(n, 0), 24*60*60)) * time.Second
	}
	if at, err := http.ParseTime(s); err == nil {
		return min(max(at.Sub(now), 0), 24*time.Hour)
	}
	return 0
}

// withoutURL keeps endpoints out of logs: whoever has one can tell the device.
func withoutURL(err error) error {
	if u, ok := err.(*url.Error); ok {
		return fmt.Errorf("push: %w", u.Err)
	}
	return err
}
