package main

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"skein/inbox"
)

// All tabs of a browser have one socket, and each is as good as one alone: closed,
// crashed, hidden (when it costs nothing), frozen, without network, without its
// worker, beside another version, signed out and in.
func TestTabs(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server, and a browser")
	}
	// Beside no other: it freezes and crashes pages, and what a browser does about it
	// hangs on what the machine has left.
	chromium, node := browser(t, "index.html")
	n := startNode(t)
	in := n.inboxes["support"].ID
	ana := n.agent("ana", inbox.AgentRole, in)
	n.agent("ben", inbox.AgentRole, in)
	mail := func(text string) {
		t.Helper()
		n.mail("support", text, "Cara Winter/cara.winter@x.example", inbox.Proven, text, "Two")
	}
	n.mail("support", "One", "Ines Duarte/ines@y.example", inbox.Proven, "The first one.")
	n.mail("support", "Two", "Cara Winter/cara.winter@x.example", inbox.Proven, "The second one.")
	one, two := ana.find("One"), ana.find("Two")
	sockets := func(when string, want int) {
		t.Helper()
		n.until(fmt.Sprint(when, ": ", want, " sockets"), func() bool { return n.hub.Stats().Sessions == want })
	}
	wire := newWire(t, strings.TrimPrefix(n.url, "http://"))
	p := runPage(t, node, "e2e/tabs.mjs", "SKEIN_URL=http://"+wire.addr, fmt.Sprintf("SKEIN_ONE=http://%s/c/%d", wire.addr, one.Number),
		fmt.Sprintf("SKEIN_TWO=http://%s/c/%d", wire.addr, two.Number), "SKEIN_EMAILS=ana@skein.example ben@skein.example",
		"SKEIN_PASSWORD=a long enough one", "CHROMIUM="+chromium)
	for _, s := range []struct {
		step    string
		sockets int
		then    func()
	}{
		{"two browsers", 2, nil},
		{"one crashed", 2, nil},
		{"hidden", 2, func() { mail("This came while hidden.") }},
		{"frozen", 2, func() { mail("This came while frozen.") }},
		{"cut", 2, wire.cut},
		{"mend", 0, func() { mail("This came while cut."); wire.mend() }},
		{"mended", 2, nil},
		{"the worker died", 2, func() { mail("This came without a worker.") }},
		{"another worker", 2, nil},
		{"three ways", 5, func() { mail("This came three ways.") }},
		{"one way again", 2, nil},
		{"signed out", 1, nil},
		{"somebody else", 2, nil},
	} {
		p.expect(s.step)
		sockets(s.step, s.sockets)
		if s.then != nil {
			s.then()
		}
		p.say("go")
	}
	p.expect("done")
}

// A wire is a network between browsers and a server, which can be cut.
type wire struct {
	addr string

	mu    sync.Mutex // guards these
	conns map[net.Conn]struct{}
	isCut bool
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{addr: l.Addr().String(), conns: map[net.Conn]struct{}{}}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { w.carry(near, to) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		w.cut()
		running.Wait()
	})
	return w
}

func (w *wire) carry(near net.Conn, to string) {
	defer func() { _ = near.Close() }()
	far, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer func() { _ = far.Close() }()
	w.mu.Lock()
	if w.isCut {
		w.mu.Unlock()
		return
	}
	w.conns[near], w.conns[far] = struct{}{}, struct{}{}
	w.mu.Unlock()
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(near, far)
		_ = near.Close()
	})
	_, _ = io.Copy(far, near)
	_ = far.Close()
	back.Wait()
	w.mu.Lock()
	delete(w.conns, near)
	delete(w.conns, far)
	w.mu.Unlock()
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isCut = true
	for c := range w.conns {
		_ = c.Close()
	}
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isCut = false
}
