package realtime

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"skein/inbox"
)

// A pipes is a listener without sockets: of them a process has not enough.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes", Net: "pipe"} }

// dial opens a websocket through a pipe as far as its first frame.
func (p *pipes) dial(t *testing.T, first string) net.Conn {
	t.Helper()
	mine, theirs := net.Pipe()
	p.conns <- theirs
	if _, err := io.WriteString(mine, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReaderSize(mine, 16), nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%v, %v", res, err)
	}
	if _, err := mine.Write(masked(first)); err != nil {
		t.Fatal(err)
	}
	return mine
}

// masked is a text frame of a client's.
func masked(text string) []byte {
	b := wireFrame(0x81, []byte(text))
	b[1] |= 0x80
	head := len(b) - len(text)
	return append(append(append([]byte(nil), b[:head]...), 0, 0, 0, 0), text...)
}

// Ten thousand who never read, and one who says a million things, are sent away;
// the others get everything, in order, and nobody but the former is cut off.
func TestCrowd(t *testing.T) {
	t.Parallel()
	n := 10_000
	if testing.Short() || raced {
		n = 500
	}
	h, url, stream, staff := start(t, func(c *Config) {
		c.QueueFrames, c.RingFrames, c.Heartbeat, c.Farewell = 16, 64, time.Second, 50*time.Millisecond
	})
	for i := range 200 {
		staff.set(inbox.AgentID(fmt.Sprint("deaf", i)), 1, "sales")
	}
	p := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: h}
	go func() { _ = server.Serve(p) }()
	defer func() { _ = server.Close() }()
	for i := range n {
		conn := p.dial(t, fmt.Sprintf(`{"type":"auth","token":"deaf%d/%d"}`, i%200, i))
		defer func() { _ = conn.Close() }()
	}
	wait(t, func() bool { return h.Stats().Sessions == n })
	flood, err := tryDial(t, url, hello{Token: "ann/9"})
	if err != nil {
		t.Fatal(err)
	}
	flooding := make(chan int)
	go func() {
		said := 0
		for b := []byte(`{"type":"ping"}`); said < 1_000_000; said++ {
			if flood.conn.Write(context.Background(), websocket.MessageText, b) != nil {
				break
			}
		}
		flooding <- said
	}()
	var readers []*browser
	for i := range 5 {
		b := dial(t, url, hello{Token: fmt.Sprint("ann/", i)})
		b.want("ready", "e1:0")
		readers = append(readers, b)
	}
	for i := range 100 {
		at := stream.add(changed("c1", int64(i+1), "", "sales"))
		for _, b := range readers {
			b.want("event", fmt.Sprint("e1:", at))
		}
	}
	if said := <-flooding; said == 1_000_000 {
		t.Error("a million frames were taken")
	}
	_ = flood.conn.CloseNow()
	// Those who never read are gone; those who do never noticed.
	wait(t, func() bool { return h.Stats().Sessions == len(readers) })
	// The one who floods doesn't read either, and may be found out by that first.
	if got := h.Stats().CutOff; got < uint64(n) || got > uint64(n)+1 {
		t.Errorf("%d were cut off, want the %d who never read", got, n)
	}
}

// Whatever frames a flood is made of, it ends that connection, and says why.
func TestFloods(t *testing.T) {
	t.Parallel()
	_, url, _, _ := start(t, func(c *Config) { c.Farewell = 100 * time.Millisecond })
	for name, frame := range map[string][]byte{
		"text":            masked(`{"type":"wave"}`),
		"pings":           {0x89, 0x80, 0, 0, 0, 0},
		"pongs":           {0x8a, 0x80, 0, 0, 0, 0},
		"empty fragments": {0x00, 0x80, 0, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", strings.TrimPrefix(url, "ws://"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
				"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
			_, _ = conn.Write(masked(`{"type":"auth","token":"ann/1"}`))
			if name == "empty fragments" {
				_, _ = conn.Write([]byte{0x01, 0x80, 0, 0, 0, 0}) // a text message that never ends
			}
			go func() {
				many := []byte(strings.Repeat(string(frame), 1000))
				for range 1000 {
					if _, err := conn.Write(many); err != nil {
						return
					}
				}
			}()
			_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
			got, err := io.ReadAll(conn)
			if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
				t.Fatal("is still served")
			}
			if want := string(closeFrame(CloseProtocol, "too many frames")); !strings.HasSuffix(string(got), want) {
				t.Errorf("ended with %q, want %q", got[max(0, len(got)-40):], want)
			}
		})
	}
}

// Nobody takes all the room: neither strangers nor one agent.
func TestRoom(t *testing.T) {
	t.Parallel()
	h, url, _, _ := start(t, func(c *Config) { c.MaxUnknown, c.MaxOfAgent = 3, 2 })
	var strangers []*websocket.Conn
	for range 3 {
		conn, _, err := websocket.Dial(t.Context(), url, nil)
		if err != nil {
			t.Fatal(err)
		}
		strangers = append(strangers, conn)
	}
	if _, res, err := websocket.Dial(t.Context(), url, nil); err == nil || res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a stranger too many was answered %v", res)
	}
	for _, conn := range strangers {
		_ = conn.CloseNow()
	}
	wait(t, func() bool { return h.Stats().Sessions == 0 })
	for i := range 2 {
		dial(t, url, hello{Token: fmt.Sprint("ann/", i)}).want("ready", "")
	}
	dial(t, url, hello{Token: "ann/2"}).wantClose(CloseAway)
	dial(t, url, hello{Token: "bob/0"}).want("ready", "")
}
