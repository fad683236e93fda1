package bench

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"skein/inbox"
	"skein/inbox/auth"
)

const (
	fanAgents   = 2000 // each with as many browsers as there are sockets for
	fanTopics   = 200
	fanEach     = 5    // topics of a client that doesn't follow the one
	fanAlone    = 5000 // clients that may follow a topic of their own each
	fanAll      = fanTopics + 1 + fanAlone
	connecting  = 256 // sockets at once
	fanPatience = 60 * time.Second
)

var fanSecret = []byte("a secret for one run of the bench")

// fanTopic names the topic of events number i, in an inbox of that number; number
// fanTopics is everybody's, and each one after it a single client's.
func fanTopic(i int) string { return "inbox:" + string(benchID(8, i)) }

// follows reports whether client number i is one of those who follow a topic.
func follows(client, topic int) bool {
	if topic > fanTopics {
		return topic == fanTopics+1+client
	}
	return topic == fanTopics || (topic-client*fanEach%fanTopics+fanTopics)%fanTopics < fanEach
}

// The clients are as many sockets as are asked for. They count what arrives, and
// how long it took.
type clients struct {
	all    []*client
	before []ready // of each, when it was connected last
	acks   net.Conn
	acking sync.WaitGroup
	done   chan struct{}

	is func(one *client, payload []byte) bool // what counts; nil: events

	frames  atomic.Int64 // before those of all that was asked for last
	closed  atomic.Int64
	latency histogram
	first   atomic.Int64
	last    atomic.Int64
}

type client struct {
	conn   net.Conn
	number int
	ready  ready
	frames atomic.Int64
	_      [48]byte // another client's counter is another core's
}

// A ready is what a client needs to come back.
type ready struct {
	Position string `json:"position"`
	Rights   int64  `json:"rights"`
	Resumed  bool   `json:"resumed"`
}

func (c *clients) handle(ctx context.Context, o order) (answer, error) {
	switch o.Do {
	case "connect":
		return c.connect(ctx, o)
	case "count":
		c.frames.Store(c.total())
		c.first.Store(0)
		c.latency.reset()
		return answer{}, nil
	case "await":
		return c.await(ctx, o)
	case "close":
		c.close()
		return answer{}, nil
	case "flood":
		return c.flood(o)
	}
	return answer{}, fmt.Errorf("clients don't %s", o.Do)
}

func (c *clients) total() (n int64) {
	for _, one := range c.all {
		n += one.frames.Load()
	}
	return n
}

// connect opens the sockets, has each say who it is and what it follows, and
// returns when all are served.
func (c *clients) connect(ctx context.Context, o order) (answer, error) {
	tokens, err := auth.NewTokens(fanSecret)
	if err != nil {
		return answer{}, err
	}
	hellos := make([][]byte, o.Sockets)
	for i := range hellos {
		token, _, err := tokens.Issue(inbox.AgentID(benchID(6, i%fanAgents)), inbox.SessionID(benchID(7, i)), auth.Access, time.Now())
		if err != nil {
			return answer{}, err
		}
		var topics []string
		for j := range fanEach {
			if o.Topics == 0 || o.Alone {
				topics = append(topics, fanTopic(fanTopics))
				if o.Alone {
					topics[0] = fanTopic(fanTopics + 1 + i)
				}
				break
			}
			topics = append(topics, fanTopic((i*fanEach+j)%fanTopics))
		}
		hello := map[string]any{"type": "auth", "token": token, "topics": topics}
		if o.Resume {
			hello["position"], hello["rights"] = c.before[i].Position, c.before[i].Rights
		}
		if hellos[i], err = json.Marshal(hello); err != nil {
			return answer{}, err
		}
	}
	c.all, c.done = make([]*client, o.Sockets), make(chan struct{})
	c.closed.Store(0)
	c.frames.Store(0)
	began := time.Now()
	g, _ := errgroup.WithContext(ctx)
	if g.SetLimit(connecting); o.Resume {
		g.SetLimit(o.Sockets)
	}
	for i := range c.all {
		g.Go(func() (err error) {
			c.all[i], err = c.open(o, hellos[i])
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return answer{}, err
	}
	took := time.Since(began)
	c.before = nil
	for _, one := range c.all {
		c.before = append(c.before, one.ready)
	}
	if !o.Mute {
		if c.acks, err = net.Dial("tcp", o.Acks); err != nil {
			return answer{}, err
		}
		c.acking.Go(c.acknowledge)
	}
	return answer{Seconds: took.Seconds()}, nil
}

func (c *clients) open(o order, hello []byte) (*client, error) {
	f, err := dial(o.Address, "/api/v1/live", "")
	if err != nil {
		return nil, err
	}
	if o.Mute {
		_ = f.conn.(*net.TCPConn).SetReadBuffer(2 << 10)
	}
	if _, err := f.conn.Write(clientFrame(hello)); err != nil {
		return nil, err
	}
	first, err := f.next()
	if err != nil {
		return nil, err
	}
	one := &client{conn: f.conn}
	if !bytes.Contains(first, []byte(`"type":"ready"`)) || json.Unmarshal(first, &one.ready) != nil {
		return nil, fmt.Errorf("not ready: %q", first)
	}
	if o.Resume && !one.ready.Resumed {
		return nil, errors.New("did not resume")
	}
	_ = f.conn.SetDeadline(time.Time{})
	if !o.Mute {
		n := copy(f.buf, f.buf[f.at:f.n])
		c.acking.Go(func() { c.read(one, f.buf, n) })
	}
	return one, nil
}

// flood has the first client say a million things, as fast as they are taken, and
// returns how many were.
func (c *clients) flood(o order) (answer, error) {
	ping := clientFrame([]byte(`{"type":"ping"}`))
	many := bytes.Repeat(ping, 1000)
	var said int64
	for said < 1_000_000 {
		n, err := c.all[0].conn.Write(many)
		said += int64(n / len(ping))
		if err != nil {
			break
		}
	}
	return answer{Frames: said}, nil
}

// read counts events until the socket ends.
func (c *clients) read(one *client, buf []byte, n int) {
	defer func() {
		select {
		case <-c.done:
		default:
			c.closed.Add(1)
		}
	}()
	for more := 0; ; n += more {
		now := time.Now().UnixNano()
		at, events := 0, int64(0)
		for {
			head, size := frameSize(buf[at:n])
			if head == 0 || at+head+size > n {
				if head+size > len(buf) {
					buf = append(buf, make([]byte, head+size)...)
				}
				break
			}
			payload := buf[at+head : at+head+size]
			if c.is == nil && bytes.HasPrefix(payload, []byte(`{"type":"event"`)) || c.is != nil && c.is(one, payload) {
				events++
				if sent := stamp(payload); sent > 0 {
					c.latency.add(time.Duration(now - sent))
				}
			}
			at += head + size
		}
		n = copy(buf, buf[at:n])
		if events > 0 {
			one.frames.Add(events)
			c.last.Store(now)
			c.first.CompareAndSwap(0, now)
		}
		var err error
		if more, err = one.conn.Read(buf[n:]); err != nil {
			return
		}
	}
}

// acknowledge tells the server how many frames the client has that has the
// fewest, and how many all have.
func (c *clients) acknowledge() {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	b := make([]byte, 16)
	for {
		least, all := int64(1<<62), int64(0)
		for _, one := range c.all {
			n := one.frames.Load()
			least, all = min(least, n), all+n
		}
		binary.BigEndian.PutUint64(b, uint64(least))
		binary.BigEndian.PutUint64(b[8:], uint64(all))
		if _, err := c.acks.Write(b); err != nil {
			return
		}
		select {
		case <-c.done:
			return
		case <-tick.C:
		}
	}
}

// await waits for as many frames as are due. Nothing may be lost.
func (c *clients) await(ctx context.Context, o order) (answer, error) {
	for since, before := time.Now(), int64(-1); ; {
		n := c.total() - c.frames.Load()
		if n >= o.Want {
			return answer{
				Frames: n, Closed: c.closed.Load(), Seconds: time.Duration(c.last.Load() - c.first.Load()).Seconds(),
				P50: c.latency.quantile(0.5), P99: c.latency.quantile(0.99),
			}, nil
		}
		if n != before {
			since, before = time.Now(), n
		}
		if time.Since(since) > fanPatience/4 {
			return answer{}, fmt.Errorf("%d of %d frames arrived, and %d sockets ended", n, o.Want, c.closed.Load())
		}
		select {
		case <-ctx.Done():
			return answer{}, ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}

func (c *clients) close() {
	if c.done == nil {
		return
	}
	close(c.done)
	for _, one := range c.all {
		if one != nil {
			_ = one.conn.(*net.TCPConn).SetLinger(0)
			_ = one.conn.Close()
		}
	}
	if c.acks != nil {
		_ = c.acks.Close()
		c.acks = nil
	}
	c.acking.Wait()
	c.all, c.done = nil, nil
}
