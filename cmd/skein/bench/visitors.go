package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// visitors are the browsers of a shop's visitors, with the chat open.
type visitors struct {
	clients

	said   []atomic.Int64 // of each, when it said something
	taken  atomic.Int64   // of that, on the stream
	astray atomic.Int64   // answers to somebody else
	saying histogram
}

// perSource is how many come from one address: an office has several.
const perSource = 50

func newVisitors() *visitors {
	v := &visitors{}
	v.is = v.takes
	return v
}

func (v *visitors) handle(ctx context.Context, o order) (answer, error) {
	switch o.Do {
	case "connect":
		return v.connect(ctx, o)
	case "say":
		return v.say(ctx, o)
	case "await":
		a, err := v.await(ctx, o)
		if n := v.astray.Load(); err == nil && n > 0 {
			err = fmt.Errorf("%d answers reached another visitor", n)
		}
		return a, err
	}
	return v.clients.handle(ctx, o)
}

func (v *visitors) connect(ctx context.Context, o order) (answer, error) {
	v.all, v.done, v.said = make([]*client, o.Sockets), make(chan struct{}), make([]atomic.Int64, o.Sockets)
	v.closed.Store(0)
	v.taken.Store(0)
	began := time.Now()
	g, _ := errgroup.WithContext(ctx)
	g.SetLimit(connecting)
	for i := range v.all {
		g.Go(func() error { return v.open(o, i) })
	}
	err := g.Wait()
	return answer{Seconds: time.Since(began).Seconds()}, err
}

func (v *visitors) open(o order, number int) error {
	source := number / perSource
	header := fmt.Sprintf("Origin: %s\r\nX-Forwarded-For: 10.%d.%d.1\r\n", shopOrigin, source>>8, source&255)
	f, err := dial(o.Address, "/in/chat/"+chatAccount+"/ws", header)
	for try := 0; err != nil && strings.Contains(err.Error(), " 503 ") && try < 100; try++ { // a sidecar that has just started
		time.Sleep(50 * time.Millisecond)
		f, err = dial(o.Address, "/in/chat/"+chatAccount+"/ws", header)
	}
	if err != nil {
		return err
	}
	if _, err := f.conn.Write(clientFrame([]byte(`{"t":"hello"}`))); err != nil {
		return err
	}
	if first, err := f.next(); err != nil || !bytes.Contains(first, []byte(`"t":"welcome"`)) {
		return fmt.Errorf("not welcome: %q, %w", first, err)
	}
	_ = f.conn.SetDeadline(time.Time{})
	one := &client{conn: f.conn, number: number}
	v.all[number] = one
	n := copy(f.buf, f.buf[f.at:f.n])
	v.acking.Go(func() { v.read(one, f.buf, n) })
	return nil
}

// takes looks at a frame, and reports whether it is an answer.
func (v *visitors) takes(one *client, payload []byte) bool {
	switch {
	case bytes.HasPrefix(payload, []byte(`{"t":"ping"`)):
		_, _ = one.conn.Write(clientFrame([]byte(`{"t":"pong"}`)))
	case bytes.HasPrefix(payload, []byte(`{"t":"state"`)) && bytes.Contains(payload, []byte(`"state":"sent"`)):
		v.saying.add(time.Duration(time.Now().UnixNano() - v.said[one.number].Load()))
		v.taken.Add(1)
	case bytes.Contains(payload, []byte("stamp=")):
		if numberIn(payload) != one.number {
			v.astray.Add(1)
		}
		return true
	}
	return false
}

// say has each visitor say something, at a rate, and waits until all is taken.
func (v *visitors) say(ctx context.Context, o order) (answer, error) {
	began := time.Now()
	v.saying.reset()
	if err := paced(ctx, len(v.all), o.Rate, func(i int) {
		v.said[i].Store(time.Now().UnixNano())
		_, _ = v.all[i].conn.Write(clientFrame(fmt.Appendf(nil, `{"t":"message","id":"message-%d","text":"Hello, I am %s%d. Where is it?"}`, i, numberMark, i)))
	}); err != nil {
		return answer{}, err
	}
	for v.taken.Load() < int64(len(v.all)) {
		if time.Since(began) > 5*fanPatience || v.closed.Load() > 0 {
			return answer{}, errors.New("not all that visitors say is taken")
		}
		time.Sleep(time.Millisecond)
	}
	return answer{Events: v.taken.Load(), Seconds: time.Since(began).Seconds(), P50: v.saying.quantile(0.5), P99: v.saying.quantile(0.99)}, nil
}
