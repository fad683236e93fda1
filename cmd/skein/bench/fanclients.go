package bench

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"

	"fmt"
	"io"
	"math/bits"
	"net"
	"strconv"
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
	fanEach     = 5   // topics of a client that doesn't follow the one
	connecting  = 256 // sockets at once
	fanPatience = 60 * time.Second
)

var fanSecret = []byte("a secret for one run of the bench")

// fanTopic names the topic of events number i, in an inbox of that number; the
// last one is everybody's.
func fanTopic(i int) string { return "inbox:" + string(benchID(8, i)) }

// follows reports whether client number i is one of those who follow a topic.
func follows(client, topic int) bool {
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

	frames  atomic.Int64 // before those of all that was asked for last
	closed  atomic.Int64
	latency [32 << 6]atomic.Uint32
	first   atomic.Int64
	last    atomic.Int64
}

type client struct {
	conn   net.Conn
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
		for i := range c.latency {
			c.latency[i].Store(0)
		}
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
			if o.Topics == 0 {
				topics = append(topics, fanTopic(fanTopics))
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
	conn, err := net.Dial("tcp", o.Address)
	if err != nil {
		return nil, err
	}
	if o.Mute {
		_ = conn.(*net.TCPConn).SetReadBuffer(2 << 10)
	}
	_ = conn.SetDeadline(time.Now().Add(fanPatience))
	if _, err := io.WriteString(conn, "GET /api/v1/live HTTP/1.1\r\nHost: "+o.Address+"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"); err != nil {
		return nil, err
	}
	buf, n := make([]byte, 16<<10), 0
	more := func() error {
		got, err := conn.Read(buf[n:])
		n += got
		return err
	}
	end := -1
	for end < 0 {
		if err := more(); err != nil {
			return nil, err
		}
		end = bytes.Index(buf[:n], []byte("\r\n\r\n"))
	}
	if !bytes.HasPrefix(buf, []byte("HTTP/1.1 101")) {
		return nil, fmt.Errorf("answered %s", bytes.SplitN(buf, []byte("\r\n"), 2)[0])
	}
	if _, err := conn.Write(clientFrame(hello)); err != nil {
		return nil, err
	}
	n = copy(buf, buf[end+4:n])
	head, size := frameSize(buf[:n])
	for head == 0 || n < head+size {
		if err := more(); err != nil {
			return nil, err
		}
		head, size = frameSize(buf[:n])
	}
	one := &client{conn: conn}
	if first := buf[head : head+size]; !bytes.Contains(first, []byte(`"type":"ready"`)) || json.Unmarshal(first, &one.ready) != nil {
		return nil, fmt.Errorf("not ready: %q", first)
	}
	if o.Resume && !one.ready.Resumed {
		return nil, errors.New("did not resume")
	}
	_ = conn.SetDeadline(time.Time{})
	n = copy(buf, buf[head+size:n])
	if !o.Mute {
		c.acking.Go(func() { c.read(one, buf, n) })
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

// clientFrame encodes a text frame as clients do, under a mask of zeros.
func clientFrame(payload []byte) []byte {
	b := []byte{0x81}
	if n := len(payload); n < 126 {
		b = append(b, 0x80|byte(n))
	} else {
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
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
			if bytes.HasPrefix(payload, []byte(`{"type":"event"`)) {
				events++
				if sent := stamp(payload); sent > 0 {
					c.latency[bucket(now-sent)].Add(1)
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

// frameSize reads the head of an unmasked frame; 0 when it isn't whole yet.
func frameSize(b []byte) (head, size int) {
	if len(b) < 2 {
		return 0, 0
	}
	switch b[1] {
	case 126:
		if len(b) < 4 {
			return 0, 0
		}
		return 4, int(binary.BigEndian.Uint16(b[2:]))
	case 127:
		if len(b) < 10 {
			return 0, 0
		}
		return 10, int(binary.BigEndian.Uint64(b[2:]))
	}
	return 2, int(b[1])
}

// stamp is when an event was sent, in Unix nanoseconds: what it carries for the
// bench, or when its transaction began.
func stamp(payload []byte) int64 {
	if i := bytes.Index(payload, []byte("stamp=")); i >= 0 {
		n, _ := strconv.ParseInt(string(payload[i+6:i+25]), 10, 64)
		return n
	}
	if i := bytes.Index(payload, []byte(`"at":"`)); i >= 0 {
		rest := payload[i+6:]
		if at, err := time.Parse(time.RFC3339Nano, string(rest[:max(0, bytes.IndexByte(rest, '"'))])); err == nil {
			return at.UnixNano()
		}
	}
	return 0
}

// bucket puts latencies that differ by less than a sixty-fourth together.
func bucket(ns int64) int {
	us := uint64(max(ns, 64)) >> 6
	e := bits.Len64(us) - 1
	return min(e<<6|int(us<<6>>e)&63, 32<<6-1)
}

func bucketValue(b int) time.Duration {
	return time.Duration(uint64(64|b&63)<<(b>>6)) >> 6 << 6
}

func (c *clients) quantile(q float64) time.Duration {
	var n, seen float64
	for i := range c.latency {
		n += float64(c.latency[i].Load())
	}
	for i := range c.latency {
		if seen += float64(c.latency[i].Load()); seen >= n*q && n > 0 {
			return bucketValue(i)
		}
	}
	return 0
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
				P50: c.quantile(0.5), P99: c.quantile(0.99),
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
