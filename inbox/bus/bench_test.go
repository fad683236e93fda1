package bus_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"skein/cmd/skein/local"
	"skein/connectors"
	"skein/inbox"
	"skein/inbox/bus"
)

// Items a second from the stream to acknowledged, with a handler that does
// nothing.
func BenchmarkInbound(b *testing.B) {
	bb, nc, _ := open(b)
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(2000))
	if err != nil {
		b.Fatal(err)
	}
	payload := make([]byte, 2000)
	fill := func(from, to int) {
		for i := from; i < to; i++ {
			it := connectors.Inbound{Channel: inbox.Email, Account: "support", Key: fmt.Sprint(i % 5000), Lane: connectors.LaneLive}
			if _, err := js.PublishMsgAsync(&nats.Msg{Subject: bus.InboundSubject(&it), Data: payload}, jetstream.WithStallWait(5*time.Second)); err != nil {
				b.Fatal(err)
			}
		}
		<-js.PublishAsyncComplete()
	}
	const n = 50_000
	var cpu time.Duration // of this process, client and server: means something on a busy machine too
	for b.Loop() {
		b.StopTimer()
		fill(0, n)
		b.StartTimer()
		ctx, cancel := context.WithCancel(b.Context())
		cpu -= cpuTime(b)
		var got atomic.Int64
		_ = bb.Inbound(ctx, 4, func(_ context.Context, _ int, batch []bus.Delivery) error {
			if got.Add(int64(len(batch))) >= n {
				cancel()
			}
			return nil
		})
		cancel()
		cpu += cpuTime(b)
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "items/s")
	b.ReportMetric(float64(n*b.N)/cpu.Seconds(), "items/cpu-s")
}

func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Publishes a second of a sidecar, over a socket, each waited for, with the
// disk synced before each acknowledgement.
func BenchmarkPublishSync(b *testing.B) {
	for _, at := range []int{1, 16} {
		b.Run(fmt.Sprint(at), func(b *testing.B) {
			_, l := synced(b)
			var n atomic.Int64
			b.SetParallelism(at)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					it := item(int(n.Add(1)))
					it.EventID = fmt.Sprint(time.Now().UnixNano(), n.Load())
					if err := l.Publish(b.Context(), it); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "publishes/s")
		})
	}
}

// Events a second that the relay announces on a synced server.
func BenchmarkPublishEvents(b *testing.B) {
	bb, _ := synced(b)
	id := int64(0)
	for b.Loop() {
		rows := make([]inbox.OutboxRow, 256)
		for i := range rows {
			id++
			rows[i] = inbox.OutboxRow{ID: id, Subject: bus.EventSubject(inbox.MessageChanged), Payload: make([]byte, 1500)}
		}
		if err := bb.PublishEvents(b.Context(), rows); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(256*b.N)/b.Elapsed().Seconds(), "events/s")
}

// How long the first and the second start of the bus take, the server's own
// start included, synced.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		dir := b.TempDir()
		for _, which := range []string{"cold-ms", "warm-ms"} {
			began := time.Now()
			n, err := local.StartNATS(local.NATSConfig{Dir: dir, Log: quiet})
			if err != nil {
				b.Fatal(err)
			}
			nc, err := n.Connect()
			if err != nil {
				b.Fatal(err)
			}
			if _, err := bus.Open(b.Context(), nc, bus.Config{SecretKey: secret}); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(time.Since(began).Milliseconds()), which)
			nc.Close()
			_ = n.Stop(context.Background())
		}
	}
}

func synced(b *testing.B) (*bus.Bus, *bus.Link) {
	n, err := local.StartNATS(local.NATSConfig{Dir: b.TempDir(), Log: quiet})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = n.Stop(context.Background()) })
	nc, err := n.Connect()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(nc.Close)
	bb, err := bus.Open(b.Context(), nc, bus.Config{SecretKey: secret})
	if err != nil {
		b.Fatal(err)
	}
	l, _ := link(b, n, inbox.Email)
	return bb, l
}
