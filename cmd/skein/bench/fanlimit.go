package bench

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/coder/websocket"

	"skein/inbox/auth"
)

// usual is a websocket server as most are written: a goroutine and a channel a
// connection, and a write with a time-out for each message.
type usual struct {
	tokens *auth.Tokens
	mu     sync.RWMutex
	topics [fanAll]map[chan []byte]struct{}
}

func (u *usual) start(context.Context, order) (h http.Handler, err error) {
	u.tokens, err = auth.NewTokens(fanSecret)
	for i := range u.topics {
		u.topics[i] = map[chan []byte]struct{}{}
	}
	return u, err
}

func (u *usual) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	_, first, err := conn.Read(r.Context())
	if err != nil {
		return
	}
	topics, err := greet(u.tokens, first)
	if err != nil {
		return
	}
	ctx := conn.CloseRead(r.Context())
	send := func(b []byte) error {
		within, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		return conn.Write(within, websocket.MessageText, b)
	}
	queue := make(chan []byte, 256)
	u.mu.Lock()
	for _, n := range topics {
		u.topics[n][queue] = struct{}{}
	}
	u.mu.Unlock()
	defer func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		for _, n := range topics {
			delete(u.topics[n], queue)
		}
	}()
	if send(readyMessage) != nil {
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case b := <-queue:
			if send(b) != nil {
				return
			}
		}
	}
}

func (u *usual) push(ctx context.Context, events []event) error {
	u.mu.RLock()
	defer u.mu.RUnlock()
	for _, e := range events {
		b := e.message()
		for queue := range u.topics[e.topic] {
			select {
			case queue <- b:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

// encoded is the least that a server does: each event is encoded once, and each
// connection gets what is new with one write that doesn't wait. It checks no
// rights, keeps no past and notices nobody who is slow. How many events are new at
// a time decides how fast it is when there is no end of them: tick is what the
// bars were set by, burst what is to be had.
type encoded struct {
	tokens *auth.Tokens
	most   int // events of one write
	mu     sync.Mutex
	topics [fanAll]map[*raw]struct{}
	dirty  []*raw
	buf    []byte
}

// A raw connection is written by one goroutine, and read by its own.
type raw struct {
	conn   net.Conn
	socket syscall.RawConn
	topics []int
	queue  [][]byte
	rest   []byte // what the client did not take at once
	dirty  bool
	out    []byte
	n      int
	try    func(fd uintptr) bool
}

const (
	tick  = 4
	burst = 64
)

func newEncoded(most int) *encoded {
	e := &encoded{most: most}
	for i := range e.topics {
		e.topics[i] = map[*raw]struct{}{}
	}
	return e
}

func (e *encoded) start(context.Context, order) (h http.Handler, err error) {
	e.tokens, err = auth.NewTokens(fanSecret)
	return e, err
}

func (e *encoded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if _, err := io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "+
		base64.StdEncoding.EncodeToString(sum[:])+"\r\n\r\n"); err != nil {
		_ = conn.Close()
		return
	}
	first, err := readClientFrame(buffered.Reader)
	if err != nil {
		_ = conn.Close()
		return
	}
	c := &raw{conn: conn}
	if c.topics, err = greet(e.tokens, first); err != nil {
		_ = conn.Close()
		return
	}
	if c.socket, err = conn.(*net.TCPConn).SyscallConn(); err != nil {
		_ = conn.Close()
		return
	}
	c.try = func(fd uintptr) bool {
		c.n, _ = syscall.Write(int(fd), c.out)
		return true
	}
	e.mu.Lock()
	for _, n := range c.topics {
		e.topics[n][c] = struct{}{}
	}
	_, err = conn.Write(serverFrame(readyMessage)) // an event may be next
	e.mu.Unlock()
	if err != nil {
		_ = conn.Close()
	}
	go e.read(c)
}

func (e *encoded) read(c *raw) {
	small := make([]byte, 512)
	for {
		if _, err := c.conn.Read(small); err != nil {
			break
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, n := range c.topics {
		delete(e.topics[n], c)
	}
	_ = c.conn.Close()
}

func (e *encoded) push(ctx context.Context, events []event) error {
	for part := range slices.Chunk(events, e.most) {
		if err := e.write(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoded) write(ctx context.Context, events []event) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, ev := range events {
		b := serverFrame(ev.message())
		for c := range e.topics[ev.topic] {
			c.queue = append(c.queue, b)
			if !c.dirty {
				c.dirty = true
				e.dirty = append(e.dirty, c)
			}
		}
	}
	for len(e.dirty) > 0 && ctx.Err() == nil {
		full := e.dirty[:0]
		for _, c := range e.dirty {
			if e.try(c); len(c.rest) > 0 {
				full = append(full, c)
			}
		}
		if e.dirty = full; len(full) > 0 {
			time.Sleep(100 * time.Microsecond)
		}
	}
	return ctx.Err()
}

func (e *encoded) try(c *raw) {
	if c.out = c.rest; len(c.rest) == 0 {
		if c.out = c.queue[0]; len(c.queue) > 1 {
			e.buf = e.buf[:0]
			for _, b := range c.queue {
				e.buf = append(e.buf, b...)
			}
			c.out = e.buf
		}
		clear(c.queue)
		c.queue, c.dirty = c.queue[:0], false
	}
	before := len(c.rest) > 0
	if c.n = 0; c.socket.Write(c.try) != nil {
		c.rest = nil // has gone
		return
	}
	rest := c.out[max(c.n, 0):]
	if !before && len(rest) > 0 {
		rest = append([]byte(nil), rest...)
	}
	c.rest = rest
}

func serverFrame(payload []byte) []byte {
	b := []byte{0x81}
	if n := len(payload); n < 126 {
		b = append(b, byte(n))
	} else {
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	}
	return append(b, payload...)
}

// readClientFrame reads a frame as [clients] send them.
func readClientFrame(r *bufio.Reader) ([]byte, error) {
	head := make([]byte, 2)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	n := int(head[1] & 0x7f)
	if n == 126 {
		if _, err := io.ReadFull(r, head); err != nil {
			return nil, err
		}
		n = int(binary.BigEndian.Uint16(head))
	}
	b := make([]byte, 4+n)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, err
	}
	for i := range n {
		b[4+i] ^= b[i%4]
	}
	return b[4:], nil
}
