package realtime

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/coder/websocket"
)

const (
	readBuffer  = 512      // of what a client says at a time
	writeBuffer = 256      // more than any control frame: the library writes each at once
	together    = 64 << 10 // bytes of queued frames that go out as one
	patiently   = 16 << 10 // and to a client that they have to wait for
	few         = 16       // frames that are queued for a client who has to be waited for
	kept        = 64 << 10 // what the system keeps for a client who doesn't read
	sayWithin   = 10 * time.Second
	mayFrames   = 100     // that a client may send in sayWithin, control frames too
	mayBytes    = 1 << 20 // and their bytes
)

// A socket is the connection below the websocket library, which shakes hands,
// reads, and answers pings through it. All frames of a client go through its
// queue, whole, so that the library's get between ours and never into one.
//
// Nobody waits for a client but a goroutine of its own, which is there only
// while the client takes less than there is. What it takes at once is written by
// whoever calls flush.
type socket struct {
	net.Conn                 // nil until attach
	raw      syscall.RawConn // nil where it is no plain connection: then there is always that goroutine
	cfg      *Config
	lost     func() // the client took nothing for too long

	mu       sync.Mutex // guards these
	free     sync.Cond  // busy has ended
	queue    []item
	size     int            // bytes in it
	lastSent uint64         // sequence of the newest event that was queued
	busy     bool           // somebody writes, with the lock released
	stuck    bool           // and waits for the client
	closing  bool           // the close frame is queued: nothing comes after it
	closed   bool           // the connection is
	jobs     sync.WaitGroup // what the session runs; nothing is added once closed

	// Of whoever made it busy.
	rest []byte // of what was begun
	out  []byte
	n    int
	err  error
	try  func(fd uintptr) bool

	// The reader's own.
	since   time.Time
	said    int
	heard   int
	flooded bool
}

// An item is a frame on its way to one client, whole and encoded; seq is zero for
// what is not of the stream. Nobody writes to its bytes.
type item struct {
	seq   uint64
	bytes []byte
}

var queues = sync.Pool{New: func() any { return new([]item) }}

// attach takes the connection over from the server. What was queued goes out
// with the next flush.
func (k *socket) attach(conn net.Conn) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.Conn, k.since = conn, time.Now()
	plain, ok := conn.(*net.TCPConn)
	if ok {
		_ = plain.SetWriteBuffer(kept)
	}
	if ok && canTry {
		if raw, err := plain.SyscallConn(); err == nil {
			k.raw, k.try = raw, func(fd uintptr) bool {
				k.n, k.err = tryWrite(fd, k.out)
				return true
			}
		}
	}
	if k.closed {
		_ = conn.Close()
	}
}

// spawn runs fn in a goroutine that the session waits for.
func (k *socket) spawn(fn func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.closed {
		k.jobs.Go(fn)
	}
}

// put queues items and returns how many: fewer than all when the client has too
// much to take. Of a closing socket every item is taken, and none sent.
func (k *socket) put(items []item) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closing || k.closed {
		return len(items)
	}
	most := k.cfg.QueueFrames
	if k.stuck {
		most = min(most, few)
	}
	for i, it := range items {
		if len(k.queue) >= most || k.size+len(it.bytes) > k.cfg.QueueBytes && k.size > 0 {
			return i
		}
		k.add(it)
	}
	return len(items)
}

// force queues an item however full the queue is, and returns how full it is then.
func (k *socket) force(it item) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.closing && !k.closed {
		k.add(it)
	}
	return len(k.queue)
}

// newest is the sequence of the newest event that was queued.
func (k *socket) newest() uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.lastSent
}

// room reports whether the queue is so empty that what can wait needn't.
func (k *socket) room() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.queue) < k.cfg.QueueFrames/2 && k.size < k.cfg.QueueBytes/2
}

// add queues an item; the lock is held.
func (k *socket) add(it item) {
	if k.queue == nil {
		k.queue = *queues.Get().(*[]item)
	}
	k.queue = append(k.queue, it)
	k.size += len(it.bytes)
	if it.seq != 0 {
		k.lastSent = it.seq
	}
}

// take takes up to limit bytes of what is queued, at least one frame: of one its
// own bytes, which are everybody's, of more a copy in buf. The lock is held.
func (k *socket) take(buf []byte, limit int) (b []byte, copied bool) {
	i, n := 1, len(k.queue[0].bytes)
	for ; i < len(k.queue) && n+len(k.queue[i].bytes) <= limit; i++ {
		n += len(k.queue[i].bytes)
	}
	out := k.queue[0].bytes
	if i > 1 {
		out = buf[:0]
		for _, it := range k.queue[:i] {
			out = append(out, it.bytes...)
		}
	}
	k.size -= n
	if i < len(k.queue) {
		rest := copy(k.queue, k.queue[i:])
		clear(k.queue[rest:])
		k.queue = k.queue[:rest]
		return out, i > 1
	}
	clear(k.queue)
	if empty := k.queue[:0]; cap(empty) <= 1024 {
		queues.Put(&empty)
	}
	k.queue = nil
	return out, i > 1
}

// flush writes what is queued as far as the client takes it at once. It never
// waits: for the rest it leaves a goroutine behind. buf is working space.
func (k *socket) flush(buf []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for !k.busy && !k.closed && k.Conn != nil && len(k.queue) > 0 {
		k.busy = true
		b, copied := k.take(buf, together)
		k.mu.Unlock()
		n, err := k.write(b)
		k.mu.Lock()
		switch {
		case err != nil:
			k.shut()
		case n < len(b):
			if k.rest = b[n:]; copied {
				k.rest = bytes.Clone(k.rest)
			}
			if !k.closed {
				k.stuck = true
				k.jobs.Go(func() { _ = k.pour() })
				return // still busy
			}
		}
		k.idle()
	}
}

// write is one write that doesn't wait.
func (k *socket) write(b []byte) (int, error) {
	if k.raw == nil {
		return 0, nil
	}
	k.out, k.n, k.err = b, 0, nil
	if err := k.raw.Write(k.try); err != nil {
		return 0, err
	}
	k.out = nil
	return k.n, k.err
}

// pour writes the rest and all that is queued, waiting for the client, who has
// so long for each part. The caller has made k busy.
func (k *socket) pour() error {
	var buf []byte
	for {
		if len(k.rest) > 0 {
			_ = k.SetWriteDeadline(time.Now().Add(k.cfg.WriteTimeout))
		}
		_, err := k.Conn.Write(k.rest)
		k.rest = nil
		k.mu.Lock()
		if err != nil {
			k.shut()
			k.idle()
			k.mu.Unlock()
			if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
				k.lost()
			}
			return errSocket
		}
		if len(k.queue) == 0 {
			_ = k.SetWriteDeadline(time.Time{})
			k.idle()
			k.mu.Unlock()
			return nil
		}
		if buf == nil {
			buf = make([]byte, 0, patiently)
		}
		k.rest, _ = k.take(buf, patiently)
		k.mu.Unlock()
	}
}

// settle writes what is queued and waits until the client has taken it.
func (k *socket) settle() error {
	k.mu.Lock()
	for k.busy && !k.closed {
		k.free.Wait()
	}
	if k.closed || k.closing {
		k.mu.Unlock()
		return errSocket
	}
	if len(k.queue) == 0 {
		k.mu.Unlock()
		return nil
	}
	k.busy = true
	k.mu.Unlock()
	return k.pour()
}

// idle ends being busy; the lock is held.
func (k *socket) idle() {
	k.busy, k.stuck, k.rest = false, false, nil
	k.free.Broadcast()
}

// shut closes the connection, which ends the reader; the lock is held.
func (k *socket) shut() {
	k.closed = true
	k.queue, k.size = nil, 0
	if k.Conn != nil {
		_ = k.Conn.Close()
	}
	k.free.Broadcast()
}

// Close closes the connection at once.
func (k *socket) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.shut()
	return nil
}

// say queues a close frame in place of all that is queued. It reports whether it
// is the first one.
func (k *socket) say(code websocket.StatusCode, reason string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closing || k.closed {
		return false
	}
	k.queue, k.size = nil, 0
	k.add(item{bytes: closeFrame(code, reason)})
	k.closing = true
	return true
}

func (k *socket) isClosing() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.closing
}

// Write takes a control frame of the library's. One too many for the queue is
// dropped: whoever sends so many pings needs no answer to each.
func (k *socket) Write(b []byte) (int, error) {
	k.put([]item{{bytes: bytes.Clone(b)}})
	k.flush(nil)
	return len(b), nil
}

var errFlood = errors.New("the client says too much")

// Read bounds what a client may say, in whatever frames it says it.
func (k *socket) Read(b []byte) (int, error) {
	n, err := k.Conn.Read(b)
	k.heard += n
	if k.heard > mayBytes && !k.spared() {
		k.flooded = true
		return 0, errFlood
	}
	return n, err
}

// counts counts a frame of the client's; false is one too many.
func (k *socket) counts() bool {
	k.said++
	if k.said > mayFrames && !k.spared() {
		k.flooded = true
		return false
	}
	return true
}

// spared begins to count anew when the time is over.
func (k *socket) spared() bool {
	if now := time.Now(); now.Sub(k.since) >= sayWithin {
		k.since, k.said, k.heard = now, 1, 0
		return true
	}
	return false
}

// ignore reads no more, and waits until the client has had the time to hear why: to
// close at once would take that from it.
func (k *socket) ignore() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for !k.closed {
		k.free.Wait()
	}
}

// A hijacker hands the library a socket with small buffers in place of the
// server's connection and its large ones.
type hijacker struct {
	http.ResponseWriter
	socket *socket
}

// Hijack implements http.Hijacker.
func (j *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(j.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	// What the client said behind its request was read with it.
	early, _ := buffered.Reader.Peek(buffered.Reader.Buffered())
	var from io.Reader = j.socket
	if len(early) > 0 {
		from = io.MultiReader(bytes.NewReader(bytes.Clone(early)), from)
	}
	r := bufio.NewReaderSize(from, max(readBuffer, len(early)))
	_, _ = r.Peek(len(early))
	j.socket.attach(conn)
	return j.socket, bufio.NewReadWriter(r, bufio.NewWriterSize(j.socket, writeBuffer)), nil
}

// textFrame encodes a message, in parts, as one unmasked frame (RFC 6455, section
// 5.2), which is the same for every client.
func textFrame(parts ...[]byte) []byte { return wireFrame(0x81, parts...) }

func closeFrame(code websocket.StatusCode, reason string) []byte {
	return wireFrame(0x88, binary.BigEndian.AppendUint16(nil, uint16(code)), []byte(reason[:min(len(reason), 123)]))
}

func wireFrame(first byte, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	b := make([]byte, 0, n+10)
	switch {
	case n < 126:
		b = append(b, first, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, first, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, first, 127), uint64(n))
	}
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}
