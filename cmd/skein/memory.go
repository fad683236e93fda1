package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	giveBackEvery = 20 * time.Second
	burst         = 5 // collections in that time
)

// giveBack returns to the system what a burst such as an import took, once it is
// over. The runtime alone keeps most of it for a next burst, and buffers that are
// to be used again live through a collection: it is done twice, in pairs.
func giveBack(ctx context.Context) error {
	cycles := []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}}
	tick := time.NewTicker(giveBackEvery)
	defer tick.Stop()
	due := 0
	for {
		metrics.Read(cycles)
		before := cycles[0].Value.Uint64()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		metrics.Read(cycles)
		switch n := cycles[0].Value.Uint64() - before; {
		case n >= burst:
			due = 2
		case n <= 1 && due > 0: // who is busy would need it again
			due--
			runtime.GC()
			debug.FreeOSMemory()
		}
	}
}
