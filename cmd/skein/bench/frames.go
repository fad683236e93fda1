package bench

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
	"net"
	"strconv"
	"sync/atomic"
	"time"
)

// frames reads what a server says on a websocket.
type frames struct {
	conn  net.Conn
	buf   []byte
	at, n int // of buf: what was not read yet
}

// dial opens a websocket at path as a browser does, with more lines of the header,
// and gives it a while to be ready.
func dial(address, path, header string) (*frames, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	f := &frames{conn: conn, buf: make([]byte, 16<<10)}
	_ = conn.SetDeadline(time.Now().Add(fanPatience))
	if _, err := io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: "+address+"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"+header+"\r\n"); err != nil {
		return nil, err
	}
	for f.at = -1; f.at < 0; f.at = bytes.Index(f.buf[:f.n], []byte("\r\n\r\n")) {
		got, err := conn.Read(f.buf[f.n:])
		if f.n += got; err != nil {
			return nil, err
		}
	}
	if f.at += 4; !bytes.HasPrefix(f.buf, []byte("HTTP/1.1 101")) {
		_ = conn.Close()
		return nil, fmt.Errorf("answered %s", bytes.SplitN(f.buf, []byte("\r\n"), 2)[0])
	}
	return f, nil
}

// next returns what the next frame says, which is good until the one after it.
func (f *frames) next() ([]byte, error) {
	for {
		head, size := frameSize(f.buf[f.at:f.n])
		if end := f.at + head + size; head > 0 && end <= f.n {
			payload := f.buf[f.at+head : end]
			f.at = end
			return payload, nil
		}
		f.n, f.at = copy(f.buf, f.buf[f.at:f.n]), 0
		if head+size > len(f.buf) {
			f.buf = append(f.buf, make([]byte, head+size)...)
		}
		got, err := f.conn.Read(f.buf[f.n:])
		if f.n += got; err != nil {
			return nil, err
		}
	}
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

// A histogram counts how long things took, from many goroutines.
type histogram [32 << 6]atomic.Uint32

func (h *histogram) add(d time.Duration) { h[bucket(int64(d))].Add(1) }

func (h *histogram) reset() {
	for i := range h {
		h[i].Store(0)
	}
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

// quantile is the time within which so great a part of all was; 0 of none.
func (h *histogram) quantile(q float64) time.Duration {
	var n, seen float64
	for i := range h {
		n += float64(h[i].Load())
	}
	for i := range h {
		if seen += float64(h[i].Load()); seen >= n*q && n > 0 {
			return bucketValue(i)
		}
	}
	return 0
}
