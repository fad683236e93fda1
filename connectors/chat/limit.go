package chat

import (
	"net/netip"
	"sync"
	"time"
)

// A rate is what may come at once, and how much of it grows back in a second.
type rate struct{ burst, each float64 }

// Limits of what comes in. A visitor who types never meets one; a source may be
// an office with many.
var (
	frameRate   = rate{60, 10}              // of a socket: frames
	byteRate    = rate{128 << 10, 16384}    // of a socket: bytes
	messageRate = rate{20, 1}               // of a session: messages, forms
	trackRate   = rate{60, 2}               // of a session: what it does in the shop
	uploadRate  = rate{10, 0.1}             // of a session: files
	openRate    = rate{60, 2}               // of a source: sockets opened
	askRate     = rate{120, 10}             // of a source: requests
	volumeRate  = rate{64 << 20, 256 << 10} // of a source: bytes of files
	totalRate   = rate{256 << 20, 1 << 20}  // of everybody together: bytes of files
)

const (
	maxSockets    = 200 // of a source at once
	maxOfSession  = 20  // of a session at once
	maxStrikes    = 20  // frames over the limit before a socket is cut off
	strikesExpire = time.Minute
	maxSources    = 100_000
)

// A bucket holds what is left of a rate.
type bucket struct {
	spent float64
	at    time.Time
}

// take takes n, and says how long to wait for it when there isn't enough: then
// nothing is taken.
func (b *bucket) take(r rate, n float64, now time.Time) time.Duration {
	if since := now.Sub(b.at).Seconds(); since > 0 {
		b.spent = max(0, b.spent-since*r.each)
	}
	b.at = now
	if b.spent+n > r.burst && b.spent > 0 {
		return time.Duration((b.spent + n - r.burst) / r.each * float64(time.Second))
	}
	b.spent += n
	return 0
}

// idle reports whether b is as if it had never been used.
func (b *bucket) idle(r rate, now time.Time) bool {
	return b.spent-now.Sub(b.at).Seconds()*r.each <= 0
}

// sources keeps what comes from each address.
type sources struct {
	mu    sync.Mutex // guards what follows
	all   map[netip.Addr]*source
	total bucket
	swept time.Time
}

type source struct {
	sockets            int
	opens, asks, bytes bucket
}

// of groups the addresses of one customer: of IPv6 they have 2^64 of them.
func (s *sources) of(addr netip.Addr) *source {
	if addr.Is6() && !addr.Is4In6() {
		if p, err := addr.WithZone("").Prefix(64); err == nil {
			addr = p.Addr()
		}
	}
	if s.all == nil {
		s.all = map[netip.Addr]*source{}
	}
	src := s.all[addr]
	if src == nil {
		src = &source{}
		s.all[addr] = src
	}
	return src
}

// sweep forgets who has not been here for a while.
func (s *sources) sweep(now time.Time) {
	if now.Sub(s.swept) < time.Minute && len(s.all) < maxSources {
		return
	}
	s.swept = now
	for addr, src := range s.all {
		if src.sockets == 0 && src.opens.idle(openRate, now) && src.asks.idle(askRate, now) && src.bytes.idle(volumeRate, now) {
			delete(s.all, addr)
		}
	}
}

// open counts a socket of an address, unless there are too many; then it says
// how long to wait.
func (s *sources) open(addr netip.Addr, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now)
	src := s.of(addr)
	if src.sockets >= maxSockets {
		return 30 * time.Second
	}
	if wait := src.opens.take(openRate, 1, now); wait > 0 {
		return wait
	}
	src.sockets++
	return 0
}

func (s *sources) closed(addr netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.of(addr).sockets--
}

func (s *sources) ask(addr netip.Addr, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now)
	return s.of(addr).asks.take(askRate, 1, now)
}

// upload counts the bytes of a file, as it is announced.
func (s *sources) upload(addr netip.Addr, n int64, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	src := s.of(addr)
	if wait := src.bytes.take(volumeRate, float64(n), now); wait > 0 {
		return wait
	}
	return s.total.take(totalRate, float64(n), now)
}
