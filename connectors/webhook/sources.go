package webhook

import (
	"net/netip"
	"sync"
	"time"
)

// maxSources bounds what is remembered of sources.
const maxSources = 10_000

// buckets are token buckets by address: burst at once, and rate a second. When
// they are too many all are forgotten, which lets everybody begin anew.
type buckets struct {
	rate, burst float64

	mu  sync.Mutex // guards all
	all map[netip.Addr]bucket
}

type bucket struct {
	left float64
	at   time.Time
}

// take takes one, or says how many seconds there is none.
func (b *buckets) take(source netip.Addr, now time.Time) (wait float64) {
	if source.Is6() { // one has a whole /64
		if p, err := source.WithZone("").Prefix(64); err == nil {
			source = p.Addr()
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all == nil || len(b.all) >= maxSources {
		b.all = map[netip.Addr]bucket{}
	}
	have, known := b.all[source]
	if !known {
		have = bucket{b.burst, now}
	}
	have.left = min(b.burst, have.left+max(0, now.Sub(have.at).Seconds())*b.rate)
	have.at = now
	if have.left >= 1 {
		have.left--
	} else {
		wait = (1 - have.left) / b.rate
	}
	b.all[source] = have
	return wait
}
