package bench

import (
	"context"
	"errors"
	"fmt"

	"path/filepath"
	"strings"
	"syscall"
	"time"

	"skein/cmd/skein/local"
)

const (
	fanMany = 10_000
	fanSome = 1_000
)

// A load is what the servers are put under, one after the other.
type load struct {
	title   string
	sockets int
	topics  int // 0: all follow one
	rate    float64
	seconds float64
	window  int
	batch   int

	deliveries float64 // the least of the limit's
	cpu        float64 // the most of the limit's CPU a delivery
	p99        float64 // the most of the limit's
	p50        time.Duration
}

// loads and their bars are those of the published comparison.
var loads = []load{
	{title: "1,000 sockets, one topic, saturated", sockets: fanSome, seconds: 3, window: 256, batch: 64, deliveries: 0.78, cpu: 1.24},
	{title: "10 events/s to 1,000 sockets", sockets: fanSome, rate: 10, seconds: 5, cpu: 1.16, p99: 1.15},
	{title: "1,000 agents with 5 of 200 topics, 500 events/s", sockets: fanSome, topics: fanTopics, rate: 500, seconds: 4, p50: time.Millisecond, p99: 1},
	{title: "the same, saturated", sockets: fanSome, topics: fanTopics, seconds: 3, window: 256, batch: 64, deliveries: 0.75},
	{title: "10,000 sockets, one topic, saturated", sockets: fanMany, seconds: 4, window: 64, batch: 32, deliveries: 0.65},
}

// A pair is a server and what the last row knew of it.
type fanServer struct {
	*actor
	at answer
}

// fanout measures how events reach browsers: Skein, with all of it on, beside a
// server in the usual shape and one that does nothing but write, each in a
// process of its own, with the clients in one more.
func (c *Config) fanout(ctx context.Context, dir string) (err error) {
	sockets := fanMany
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil && limit.Max < fanMany+500 {
		sockets = int(limit.Max) - 500
		c.line("", "%d files may be open: no row has more than %d sockets", limit.Max, sockets)
	}
	c.section("fan-out: preparing")
	if err := c.staff(ctx, dir, fanMany); err != nil {
		return err
	}
	pg, err := local.StartPostgres(ctx, local.PostgresConfig{Dir: filepath.Join(dir, "postgres"), Log: c.Log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pg.Stop(context.WithoutCancel(ctx))) }()
	crowd, err := c.actor(ctx, roleClients)
	if err != nil {
		return err
	}
	defer func() { _ = crowd.stop() }()
	f := &fan{cfg: c, crowd: crowd, sockets: sockets, database: pg.URL(), dir: dir}
	for _, role := range []string{roleUsual, roleEncoded, roleBursts, roleSkein} {
		a, err := c.actor(ctx, role)
		if err != nil {
			return err
		}
		defer func() { _ = a.stop() }()
		at, err := a.ask(order{Do: "start", Database: pg.URL(), Dir: dir})
		if err != nil {
			return err
		}
		f.servers = append(f.servers, fanServer{a, at})
	}
	for _, part := range []struct {
		name string
		do   func() error
	}{
		{"memory", f.memory}, {"connect", f.connects}, {"load", f.loads}, {"abuse", func() error { return f.abuse(ctx) }},
		{"return", func() error { return f.comeBack(ctx) }}, {"commit", func() error { return f.commits(ctx) }},
	} {
		if c.Part == "" || c.Part == part.name {
			if err := part.do(); err != nil {
				return fmt.Errorf("%s: %w", part.name, err)
			}
		}
	}
	return nil
}

// A fan is the clients and the servers.
type fan struct {
	cfg     *Config
	crowd   *actor
	servers []fanServer
	sockets int // at most

	database, dir string
}

var names = map[string]string{roleUsual: "usual shape", roleEncoded: "pre-encoded", roleBursts: "pre-encoded, in bursts", roleSkein: "skein"}

func (f *fan) open(s fanServer, sockets, topics int) (answer, error) {
	return f.crowd.ask(order{Do: "connect", Address: s.at.Address, Acks: s.at.Acks, Sockets: sockets, Topics: topics})
}

func (f *fan) close() error {
	_, err := f.crowd.ask(order{Do: "close"})
	time.Sleep(200 * time.Millisecond) // the server sees them go
	return err
}

// run has a server publish and returns what the clients got, with the CPU that
// it took the server.
func (f *fan) run(s fanServer, o order) (answer, error) {
	if _, err := f.crowd.ask(order{Do: "count"}); err != nil {
		return answer{}, err
	}
	before, err := s.ask(order{Do: "cpu"})
	if err != nil {
		return answer{}, err
	}
	sent, err := s.ask(o)
	if err != nil {
		return answer{}, err
	}
	got, err := f.crowd.ask(order{Do: "await", Want: sent.Due})
	if err != nil {
		return answer{}, fmt.Errorf("of %s: %w", s.name, err)
	}
	after, err := s.ask(order{Do: "cpu"})
	if err != nil {
		return answer{}, err
	}
	if got.Frames != sent.Due || got.Closed > 0 {
		return answer{}, fmt.Errorf("%s: %d frames arrived of %d, and %d sockets ended", s.name, got.Frames, sent.Due, got.Closed)
	}
	got.CPU, got.Events = after.CPU-before.CPU, sent.Events
	return got, nil
}

// loads prints what each server makes of each load: of several rounds the best.
func (f *fan) loads() error {
	for _, l := range loads {
		if !strings.Contains(l.title, f.cfg.Load) {
			continue
		}
		f.cfg.section("%s", l.title)
		l.sockets = min(l.sockets, f.sockets)
		var limit figures
		best := map[string]figures{}
		for range f.cfg.Rounds {
			for _, s := range f.servers {
				if s.name == roleBursts && l.rate > 0 {
					continue
				}
				got, err := f.under(s, l)
				if err != nil {
					return err
				}
				best[s.name] = best[s.name].better(got)
			}
		}
		limit = best[roleEncoded]
		for _, s := range f.servers {
			is := best[s.name]
			if is.frames == 0 {
				continue
			}
			line := fmt.Sprintf("%8.0f deliveries/s   %5.2f s CPU per million", is.rate, is.cpu)
			if l.rate > 0 {
				line = fmt.Sprintf("p50 %6.2f ms   p99 %6.2f ms   %5.2f s CPU per million", ms(is.p50), ms(is.p99), is.cpu)
			}
			if f.cfg.line(names[s.name], "%s   %d deliveries", line, is.frames); s.name == roleSkein {
				f.against(l, is, limit)
			}
		}
	}
	return nil
}

func (f *fan) against(l load, is, limit figures) {
	if l.deliveries > 0 {
		f.bar("deliveries", is.rate/limit.rate, l.deliveries, is.rate/limit.rate >= l.deliveries)
	}
	if l.cpu > 0 {
		f.bar("CPU", is.cpu/limit.cpu, l.cpu, is.cpu/limit.cpu <= l.cpu)
	}
	if l.p50 > 0 {
		f.cfg.line("p50", "%8.2f ms       want ≤ %.2f ms  %s", ms(is.p50), ms(l.p50), verdict(is.p50 <= l.p50))
	}
	if l.p99 > 0 {
		f.bar("p99", ratio(is.p99, limit.p99), l.p99, is.p99.Seconds() <= limit.p99.Seconds()*l.p99)
	}
}

// bar prints a ratio to the limit, and whether it is where it has to be.
func (f *fan) bar(what string, is, want float64, met bool) {
	sign := "≤"
	if what == "deliveries" || what == "connects" {
		sign = "≥"
	}
	f.cfg.line(what, "%8.2f × the limit   want %s %.2f  %s", is, sign, want, verdict(met))
}

func verdict(met bool) string {
	if met {
		return "met"
	}
	return "MISSED"
}

// figures are what a server made of a load.
type figures struct {
	rate, cpu float64
	p50, p99  time.Duration
	frames    int64
}

// better is of each figure the better one: what disturbs a round only makes it
// worse.
func (f figures) better(g figures) figures {
	if f.frames == 0 {
		return g
	}
	return figures{max(f.rate, g.rate), min(f.cpu, g.cpu), min(f.p50, g.p50), min(f.p99, g.p99), g.frames}
}

func (f *fan) under(s fanServer, l load) (figures, error) {
	if _, err := f.open(s, l.sockets, l.topics); err != nil {
		return figures{}, err
	}
	o := order{Do: "publish", Topics: l.topics, Sockets: l.sockets, Rate: l.rate, Window: l.window, Batch: l.batch, Seconds: 0.5}
	if _, err := f.run(s, o); err != nil { // warm
		return figures{}, err
	}
	if err := f.profile(s, l.seconds); err != nil {
		return figures{}, err
	}
	o.Seconds = l.seconds
	got, err := f.run(s, o)
	if err != nil {
		return figures{}, err
	}
	return figures{float64(got.Frames) / got.Seconds, got.CPU.Seconds() / float64(got.Frames) * 1e6, got.P50, got.P99, got.Frames}, f.close()
}

// profile has Skein write what it does for so long, where that is wanted.
func (f *fan) profile(s fanServer, seconds float64) error {
	if s.name != roleSkein || f.cfg.Profile == "" {
		return nil
	}
	_, err := s.ask(order{Do: "profile", File: f.cfg.Profile, Seconds: seconds})
	return err
}

// memory prints what a connection costs that follows five topics.
func (f *fan) memory() error {
	n := min(5000, f.sockets)
	f.cfg.section("memory of %d connections with five topics", n)
	for _, s := range f.servers {
		if s.name == roleBursts {
			continue // is the other one
		}
		before, err := s.ask(order{Do: "memory"})
		if err != nil {
			return err
		}
		if _, err := f.open(s, n, fanTopics); err != nil {
			return err
		}
		idle, err := s.ask(order{Do: "memory"})
		if err != nil {
			return err
		}
		if _, err := f.run(s, order{Do: "publish", Topics: fanTopics, Sockets: n, Window: 64, Batch: 16, Seconds: 1}); err != nil {
			return err
		}
		after, err := s.ask(order{Do: "memory"})
		if err != nil {
			return err
		}
		quiet, busy := float64(idle.KB-before.KB)/float64(n), float64(after.KB-before.KB)/float64(n)
		f.cfg.line(names[s.name], "%8.1f KB a connection   %5.1f KB after traffic", quiet, busy)
		if s.name == roleSkein {
			f.cfg.line("", "                       want ≤ 20 KB  %s", verdict(max(quiet, busy) <= 20))
		}
		if err := f.close(); err != nil {
			return err
		}
	}
	return nil
}

// connects prints how fast sockets open, say who they are and follow their
// topics.
func (f *fan) connects() error {
	n := min(5000, f.sockets)
	f.cfg.section("connect, authenticate, follow five topics: %d sockets", n)
	best := map[string]float64{}
	for range f.cfg.Rounds {
		for _, s := range f.servers {
			if s.name == roleBursts {
				continue
			}
			if err := f.profile(s, 1); err != nil {
				return err
			}
			got, err := f.open(s, n, fanTopics)
			if err != nil {
				return err
			}
			best[s.name] = max(best[s.name], float64(n)/got.Seconds)
			if err := f.close(); err != nil {
				return err
			}
		}
	}
	for _, s := range f.servers {
		if best[s.name] > 0 {
			f.cfg.line(names[s.name], "%8.0f /s", best[s.name])
		}
	}
	is := best[roleSkein] / best[roleEncoded]
	f.bar("connects", is, 0.57, is >= 0.57)
	return nil
}
