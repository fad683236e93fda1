package api

import (
	"container/list"
	"crypto/sha256"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Limits are how often people may try to sign in: Burst at once, and one more
// every Every. A zero field has its default.
type Limits struct {
	AddressBurst int           // 20
	AddressEvery time.Duration // 3 s
	EmailBurst   int           // 8
	EmailEvery   time.Duration // 15 s
}

// maxBuckets bounds what the limits remember: at most 100 bytes each.
const maxBuckets = 20_000

// logins limits tries to sign in by address and by email.
type logins struct {
	byAddress, byEmail *buckets
}

func newLogins(l Limits) *logins {
	if l.AddressBurst == 0 {
		l.AddressBurst = 20
	}
	if l.AddressEvery == 0 {
		l.AddressEvery = 3 * time.Second
	}
	if l.EmailBurst == 0 {
		l.EmailBurst = 8
	}
	if l.EmailEvery == 0 {
		l.EmailEvery = 15 * time.Second
	}
	return &logins{
		byAddress: newBuckets(l.AddressBurst, l.AddressEvery, maxBuckets),
		byEmail:   newBuckets(l.EmailBurst, l.EmailEvery, maxBuckets),
	}
}

// try takes one try; when there is none, wait says how long until there is.
func (l *logins) try(client netip.Addr, email string, now time.Time) (wait time.Duration) {
	if wait := l.byAddress.take(network(client), now); wait > 0 {
		return wait
	}
	return l.byEmail.take(emailKey(email), now)
}

// succeeded gives the try of a right password back: who can sign in is not
// guessing.
func (l *logins) succeeded(client netip.Addr, email string) {
	l.byAddress.give(network(client))
	l.byEmail.give(emailKey(email))
}

func emailKey(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// network is what one person has: an IPv4 address, or a whole IPv6 /64.
func network(a netip.Addr) string {
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// buckets are token buckets by key. When there are too many, the one that was
// used longest ago is forgotten: it has had most time to fill up.
type buckets struct {
	burst float64
	every time.Duration
	max   int

	mu    sync.Mutex // guards what is below
	byKey map[[16]byte]*list.Element
	used  *list.List // of *bucket, the latest in front
}

type bucket struct {
	key  [16]byte
	left float64
	at   time.Time
}

func newBuckets(burst int, every time.Duration, most int) *buckets {
	return &buckets{burst: float64(burst), every: every, max: most, byKey: map[[16]byte]*list.Element{}, used: list.New()}
}

func bucketKey(key string) [16]byte {
	sum := sha256.Sum256([]byte(key))
	return [16]byte(sum[:16])
}

func (b *buckets) take(key string, now time.Time) (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := bucketKey(key)
	e, ok := b.byKey[k]
	if !ok {
		if len(b.byKey) >= b.max {
			oldest := b.used.Back()
			delete(b.byKey, oldest.Value.(*bucket).key)
			b.used.Remove(oldest)
		}
		e = b.used.PushFront(&bucket{key: k, left: b.burst, at: now})
		b.byKey[k] = e
	}
	b.used.MoveToFront(e)
	t := e.Value.(*bucket)
	if past := now.Sub(t.at); past > 0 {
		t.left = min(b.burst, t.left+float64(past)/float64(b.every))
		t.at = now
	}
	if t.left < 1 {
		return time.Duration((1-t.left)*float64(b.every)) + time.Millisecond
	}
	t.left--
	return 0
}

func (b *buckets) give(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e, ok := b.byKey[bucketKey(key)]; ok {
		t := e.Value.(*bucket)
		t.left = min(b.burst, t.left+1)
	}
}
