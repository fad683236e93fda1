package realtime

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"skein/inbox"
)

// readFrame reads a frame of the server's.
func readFrame(r io.Reader) (first byte, payload []byte, err error) {
	head := make([]byte, 2)
	if _, err := io.ReadFull(r, head); err != nil {
		return 0, nil, err
	}
	n := int(head[1])
	switch n {
	case 126:
		var long [2]byte
		if _, err := io.ReadFull(r, long[:]); err != nil {
			return 0, nil, err
		}
		n = int(binary.BigEndian.Uint16(long[:]))
	case 127:
		return 0, nil, errors.New("a long frame")
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(r, payload)
	return head[0], payload, err
}

// next reads the next message but heartbeats, or the reason of the close frame.
func next(r io.Reader) (f said, away string, err error) {
	for {
		first, payload, err := readFrame(r)
		if err != nil {
			return f, "", err
		}
		if first == 0x88 {
			if code := binary.BigEndian.Uint16(payload); code != uint16(CloseAway) {
				return f, "", fmt.Errorf("closed with %d", code)
			}
			return f, string(payload[2:]), nil
		}
		f = said{}
		if err := json.Unmarshal(payload, &f); err != nil || f.Type != "heartbeat" {
			return f, "", err
		}
	}
}

// onPipes runs a hub whose clients need no sockets.
func onPipes(t *testing.T, cfg Config) (*pipes, func()) {
	t.Helper()
	h, _, stop := serveUntil(t, cfg)
	p := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: h}
	go func() { _ = server.Serve(p) }()
	t.Cleanup(func() { _ = server.Close() })
	return p, stop
}

// A server that goes sends five thousand away, each with a delay of its own, and
// the next one, to which they come all at once, gives each what it missed.
func TestDeploy(t *testing.T) {
	t.Parallel()
	n, missed := 5000, 7
	if testing.Short() || raced {
		n = 500
	}
	const tenth = time.Minute // so that one that is slow to come meets no end of anything
	stream, staff := newLog(), newPeople()
	for i := range n / 50 {
		staff.set(inbox.AgentID(fmt.Sprint("a", i)), 1, "sales")
	}
	cfg := Config{Source: stream, Tokens: staff, Rights: staff, Spread: 10 * tenth, Farewell: tenth, WriteTimeout: tenth, AuthTimeout: tenth}
	old, stop := onPipes(t, cfg)
	stream.add(changed("c1", 1, "", "sales"))

	var mu sync.Mutex
	delays := make([]int, 10)
	var here, gone sync.WaitGroup
	here.Add(n)
	leave := make(chan *pipes)
	for i := range n {
		token := fmt.Sprintf("a%d/%d", i%(n/50), i)
		gone.Go(func() {
			conn := old.dial(t, fmt.Sprintf(`{"type":"auth","token":%q}`, token))
			defer func() { _ = conn.Close() }()
			r := bufio.NewReaderSize(conn, 512)
			ready, _, err := next(r)
			here.Done()
			if err != nil || ready.Type != "ready" {
				t.Errorf("%+v, %v", ready, err)
				return
			}
			var away string
			for err == nil && away == "" { // what comes on the way out comes again
				_, away, err = next(r)
			}
			ms, bad := strconv.Atoi(away)
			if err != nil || bad != nil {
				t.Errorf("was sent away with %q, %v, want milliseconds", away, err)
				return
			}
			mu.Lock()
			delays[min(9, ms/int(tenth.Milliseconds()))]++
			mu.Unlock()
			fresh := <-leave
			again := fresh.dial(t, fmt.Sprintf(`{"type":"auth","token":%q,"position":%q,"rights":1}`, token, ready.Position))
			defer func() { _ = again.Close() }()
			r = bufio.NewReaderSize(again, 512)
			if f, _, err := next(r); err != nil || !f.Resumed {
				t.Errorf("came back to %+v, %v, want to resume", f, err)
				return
			}
			for v := range missed {
				f, _, err := next(r)
				if err == nil && v == 0 && f.Event != nil && f.Event.Version == 1 { // it was told as they were coming
					f, _, err = next(r)
				}
				if err != nil || f.Event == nil || f.Event.Version != int64(v+2) {
					t.Errorf("got %+v, %v, want version %d", f, err, v+2)
					return
				}
			}
		})
	}
	here.Wait()
	go stop() // it waits for the clients, who hang up when all is over
	for v := range missed {
		stream.add(changed("c1", int64(v+2), "", "sales"))
	}
	fresh, _ := onPipes(t, cfg)
	for range n {
		leave <- fresh
	}
	gone.Wait()
	for i, got := range delays {
		if got < n/20 {
			t.Errorf("%d of %d come back in tenth %d of the time, want about %d", got, n, i, n/10)
		}
	}
}
