package bench

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"skein/inbox/auth"
)

// A pushing server sends every event to those who follow its topic.
type pushing interface {
	// start makes ready what serves the websockets.
	start(ctx context.Context, o order) (http.Handler, error)
	// push sends events, each with its topic. It returns when they are on their
	// way, and fails when one can't be.
	push(ctx context.Context, events []event) error
}

// An event is one of the bench's own.
type event struct {
	n     int64
	topic int
	at    time.Time
	bytes int // of its frame
}

// frameBytes is how long the text of a frame is when nothing else is said.
const frameBytes = 300

// message is e as clients get it: as long as any, with when it was sent.
func (e event) message() []byte {
	b := fmt.Appendf(make([]byte, 0, frameBytes),
		`{"type":"event","position":"e:%d","event":{"kind":"conversation.changed","entity":"%s","version":%d,"conversation":{"subject":"stamp=%d `,
		e.n, benchID(3, e.topic), e.n, e.at.UnixNano())
	for len(b) < e.bytes-4 {
		b = append(b, 'x')
	}
	return append(b, `"}}}`...)
}

// serving is a server's process: it serves, publishes, and hears how far the
// clients are.
type serving struct {
	server     pushing
	handler    http.Handler
	acks       net.Listener
	least, all atomic.Int64
	n          int64
}

func newServing(p pushing) *serving { return &serving{server: p} }

func (s *serving) handle(ctx context.Context, o order) (answer, error) {
	switch o.Do {
	case "start":
		return s.start(ctx, o)
	case "publish":
		return s.publish(ctx, o)
	}
	if own, ok := s.server.(interface {
		handle(context.Context, order) (answer, error)
	}); ok {
		return own.handle(ctx, o)
	}
	return answer{}, fmt.Errorf("the server doesn't %s", o.Do)
}

func (s *serving) start(ctx context.Context, o order) (answer, error) {
	var err error
	if s.handler, err = s.server.start(ctx, o); err != nil {
		return answer{}, err
	}
	if s.acks, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return answer{}, err
	}
	go s.hear()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return answer{}, err
	}
	go func() { _ = http.Serve(l, s.handler) }()
	return answer{Address: l.Addr().String(), Acks: s.acks.Addr().String()}, nil
}

func (s *serving) hear() {
	for {
		conn, err := s.acks.Accept()
		if err != nil {
			return
		}
		b := make([]byte, 16)
		for {
			if _, err := io.ReadFull(conn, b); err != nil {
				break
			}
			s.least.Store(int64(binary.BigEndian.Uint64(b)))
			s.all.Store(int64(binary.BigEndian.Uint64(b[8:])))
		}
		_ = conn.Close()
	}
}

// publish sends events at a rate, or as fast as the clients take them, who are
// never more than a window behind.
func (s *serving) publish(ctx context.Context, o order) (answer, error) {
	least, all := s.least.Load(), s.all.Load()
	var a answer
	var followers [fanTopics + 1]int64
	for topic := range followers {
		for c := range o.Sockets {
			if !o.Alone && follows(c, topic) {
				followers[topic]++
			}
		}
	}
	began := time.Now()
	length := time.Duration(o.Seconds * float64(time.Second))
	for time.Since(began) < length {
		room := 0
		switch {
		case o.Rate > 0:
			room = int(o.Rate*time.Since(began).Seconds()) + 1 - int(a.Events)
		case o.Topics == 0:
			room = o.Window - int(a.Events-(s.least.Load()-least))
		default:
			room = o.Window - int((a.Due-(s.all.Load()-all))/max(1, followers[0]))
		}
		if room <= 0 {
			wait := 100 * time.Microsecond
			if o.Rate > 0 {
				wait = time.Until(began.Add(time.Duration(float64(a.Events) / o.Rate * float64(time.Second))))
			}
			time.Sleep(wait)
			continue
		}
		batch := make([]event, min(room, max(1, o.Batch)))
		for i := range batch {
			s.n++
			topic := fanTopics
			due := followers[topic]
			switch {
			case o.Alone:
				topic, due = fanTopics+1+int(s.n*7919)%o.Sockets, 1
			case o.Topics > 0:
				topic = int(s.n*7919) % o.Topics
				due = followers[topic]
			}
			batch[i] = event{s.n, topic, time.Now(), cmp.Or(o.Bytes, frameBytes)}
			a.Events++
			a.Due += due
		}
		if err := s.server.push(ctx, batch); err != nil {
			return a, err
		}
	}
	a.Seconds = time.Since(began).Seconds()
	return a, nil
}

// A hello is a client's first frame.
type hello struct {
	Token  string   `json:"token"`
	Topics []string `json:"topics"`
}

// greet checks who a client is and returns the numbers of the topics that it
// follows.
func greet(tokens *auth.Tokens, frame []byte) ([]int, error) {
	var h hello
	if err := json.Unmarshal(frame, &h); err != nil {
		return nil, err
	}
	if _, err := tokens.Verify(h.Token, auth.Access, time.Now()); err != nil {
		return nil, err
	}
	var list []int
	for _, topic := range h.Topics {
		n, ok := topicNumbers[topic]
		if !ok {
			return nil, errors.New("no topic is called " + strings.ToValidUTF8(topic, ""))
		}
		list = append(list, n)
	}
	return list, nil
}

var topicNumbers = func() map[string]int {
	m := map[string]int{}
	for i := range fanAll {
		m[fanTopic(i)] = i
	}
	return m
}()

var readyMessage = []byte(`{"type":"ready","position":"e:` + strconv.Itoa(0) + `"}`)
