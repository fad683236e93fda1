package bench

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
)

// own is Skein's server.
func (f *fan) own() fanServer { return f.servers[len(f.servers)-1] }

// commits prints how long it takes from the begin of a transaction, and how long
// that took, to the frame at the client: by one server, and by two, of which one
// commits and the other has the clients.
func (f *fan) commits(ctx context.Context) error {
	if err := f.committing("100 transactions/s → 1,000 agents with 5 of 200 topics", f.own(), f.own(), time.Millisecond); err != nil {
		return err
	}
	ns, err := natsserver.NewServer(&natsserver.Options{
		Host: "127.0.0.1", Port: -1, JetStream: true, JetStreamMaxStore: 1 << 50, StoreDir: filepath.Join(f.dir, "two"), SyncAlways: true, NoSigs: true, NoLog: true,
	})
	if err != nil {
		return err
	}
	ns.Start()
	defer func() { ns.Shutdown(); ns.WaitForShutdown() }()
	if !ns.ReadyForConnections(time.Minute) {
		return fmt.Errorf("NATS is not ready")
	}
	// The relay of the first server publishes to another stream: it has to end, and
	// nothing is measured after this.
	if err := f.own().stop(); err != nil {
		return err
	}
	var two [2]fanServer
	for i := range two {
		a, err := f.cfg.actor(ctx, roleSkein)
		if err != nil {
			return err
		}
		defer func() { _ = a.stop() }()
		at, err := a.ask(order{Do: "start", Database: f.database, NATS: ns.ClientURL()})
		if err != nil {
			return err
		}
		two[i] = fanServer{a, at}
	}
	return f.committing("the same, committed at another of two servers", two[0], two[1], 0)
}

func (f *fan) committing(title string, at, by fanServer, above time.Duration) error {
	f.cfg.section("%s", title)
	n := min(fanSome, f.sockets)
	var best figures
	commit := time.Hour
	for range f.cfg.Rounds {
		if _, err := by.ask(order{Do: "open"}); err != nil {
			return err
		}
		if _, err := f.open(at, n, fanTopics); err != nil {
			return err
		}
		if _, err := f.crowd.ask(order{Do: "count"}); err != nil {
			return err
		}
		done, err := by.ask(order{Do: "commit", Rate: 100, Seconds: 6, Sockets: n})
		if err != nil {
			return err
		}
		got, err := f.crowd.ask(order{Do: "await", Want: done.Due})
		if err != nil {
			return err
		}
		best = best.better(figures{p50: got.P50, p99: got.P99, frames: got.Frames})
		commit = min(commit, done.P50)
		if err := f.close(); err != nil {
			return err
		}
	}
	f.cfg.line("transaction", "p50 %6.2f ms", ms(commit))
	f.cfg.line("frame received", "p50 %6.2f ms   p99 %6.2f ms   %d frames", ms(best.p50), ms(best.p99), best.frames)
	if above > 0 {
		f.cfg.line("p50 above the transaction", "%8.2f ms       want ≤ %.0f ms  %s", ms(best.p50-commit), ms(above), verdict(best.p50-commit <= above))
	}
	f.cfg.line("p99", "%8.2f ms       want < 50 ms  %s", ms(best.p99), verdict(best.p99 < 50*time.Millisecond))
	return nil
}

// abuse prints what those who read notice of as many who never do as there is room
// for, and of one who floods the server.
func (f *fan) abuse(ctx context.Context) error {
	const readers, rate, seconds = 200, 10, 6
	deaf := min(fanMany, f.sockets-readers-10)
	f.cfg.section("%d who read, %d events/s, beside %d who never read and one who says a million things", readers, rate, deaf)
	mute, err := f.cfg.actor(ctx, roleClients)
	if err != nil {
		return err
	}
	defer func() { _ = mute.stop() }()
	flood, err := f.cfg.actor(ctx, roleClients)
	if err != nil {
		return err
	}
	defer func() { _ = flood.stop() }()
	s := f.own()
	at := order{Do: "connect", Address: s.at.Address, Acks: s.at.Acks, Mute: true}
	publish := order{Do: "publish", Sockets: readers, Rate: rate, Seconds: seconds}
	var alone, beside figures
	var said answer
	for range f.cfg.Rounds {
		if _, err := f.open(s, readers, 0); err != nil {
			return err
		}
		got, err := f.run(s, publish)
		if err != nil {
			return err
		}
		alone = alone.better(figures{p50: got.P50, p99: got.P99, frames: got.Frames})
		at.Sockets = deaf
		if _, err := mute.ask(at); err != nil {
			return err
		}
		// What the system keeps for them fills.
		if _, err := f.run(s, order{Do: "publish", Sockets: readers, Batch: 1, Rate: 20, Seconds: 2, Bytes: 8 << 10}); err != nil {
			return err
		}
		at.Sockets = 1
		if _, err := flood.ask(at); err != nil {
			return err
		}
		var flooding sync.WaitGroup
		var failed error
		if err := f.profile(s, seconds); err != nil {
			return err
		}
		flooding.Go(func() { said, failed = flood.ask(order{Do: "flood"}) })
		if got, err = f.run(s, publish); err != nil {
			return err
		}
		beside = beside.better(figures{p50: got.P50, p99: got.P99, frames: got.Frames})
		if flooding.Wait(); failed != nil {
			return failed
		}
		for _, a := range []*actor{mute, flood} {
			if _, err := a.ask(order{Do: "close"}); err != nil {
				return err
			}
		}
		if err := f.close(); err != nil {
			return err
		}
	}
	f.cfg.line("alone", "p50 %6.2f ms   p99 %6.2f ms   %d frames, none lost", ms(alone.p50), ms(alone.p99), alone.frames)
	f.cfg.line("beside them", "p50 %6.2f ms   p99 %6.2f ms   %d frames, none lost; %d of a million were taken", ms(beside.p50), ms(beside.p99), beside.frames, said.Frames)
	f.cfg.line("p99", "×%.2f", ratio(beside.p99, alone.p99))
	return nil
}

// comeBack prints how long it takes until all are served who come back at once to
// what they missed, and what those notice who look whether the server is well.
func (f *fan) comeBack(ctx context.Context) error {
	n, missed := min(5000, f.sockets), 20
	f.cfg.section("%d come back at once, each to what it missed in a second of %d events", n, missed)
	s := f.own()
	best, worst, failed := time.Hour, time.Duration(0), 0
	for range f.cfg.Rounds {
		if _, err := f.open(s, n, 0); err != nil {
			return err
		}
		if err := f.close(); err != nil {
			return err
		}
		sent, err := s.ask(order{Do: "publish", Rate: float64(missed), Seconds: 1, Batch: 1})
		if err != nil {
			return err
		}
		due := int64(n) * sent.Events
		looking, done := context.WithCancel(ctx)
		var looks sync.WaitGroup
		looks.Go(func() {
			for looking.Err() == nil {
				began := time.Now()
				res, err := http.Get("http://" + s.at.Address + "/readyz")
				if err != nil || res.StatusCode != http.StatusOK {
					failed++
				}
				if err == nil {
					_ = res.Body.Close()
				}
				worst = max(worst, time.Since(began))
				time.Sleep(20 * time.Millisecond)
			}
		})
		began := time.Now()
		_, err = f.crowd.ask(order{Do: "connect", Address: s.at.Address, Acks: s.at.Acks, Sockets: n, Resume: true})
		var got answer
		if err == nil {
			got, err = f.crowd.ask(order{Do: "await", Want: due})
		}
		took := time.Since(began)
		done()
		looks.Wait()
		if err != nil {
			return err
		}
		if got.Frames != due || got.Closed > 0 {
			return fmt.Errorf("%d frames came of %d, and %d sockets ended", got.Frames, due, got.Closed)
		}
		best = min(best, took)
		if err := f.close(); err != nil {
			return err
		}
	}
	f.cfg.line("all served after", "%8.2f s        want ≤ 5 s  %s", best.Seconds(), verdict(best <= 5*time.Second))
	f.cfg.line("health checks failed", "%8d          want 0  %s   slowest %.0f ms", failed, verdict(failed == 0), ms(worst))
	return nil
}
