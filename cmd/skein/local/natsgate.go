package local

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
)

// A gate is the one door to the NATS server from outside of this process. It
// lets through what the server's permissions don't look at: the subject that a
// request wants its answer on. The server answers with rights of its own, so a
// sidecar that could choose any subject would have it write, or delete, what
// its credential doesn't name. Here an answer goes only where its asker may
// listen.
//
// It understands the client's side of the NATS protocol and passes on what it
// understood, in its own spelling: what it reads otherwise than the server does
// never reaches the server.
type gate struct {
	listener net.Listener
	server   *server.Server
	log      *slog.Logger

	mu     sync.Mutex // guards conns
	conns  map[net.Conn]struct{}
	closed bool
	wg     sync.WaitGroup
}

const (
	maxControlLine = 64 << 10 // CONNECT with its JWT is the longest
	// maxGated bounds the connections: a sidecar has one.
	maxGated = 256
	// greeting is how long a connection may take to say who it is.
	greeting = 10 * time.Second
)

func openGate(s *server.Server, log *slog.Logger) (*gate, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for sidecars: %w", err)
	}
	g := &gate{listener: l, server: s, log: log, conns: map[net.Conn]struct{}{}}
	g.wg.Go(g.accept)
	return g, nil
}

func (g *gate) url() string { return "nats://" + g.listener.Addr().String() }

func (g *gate) accept() {
	for {
		c, err := g.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(50 * time.Millisecond) // out of descriptors, most likely
			continue
		}
		g.mu.Lock()
		full := g.closed || len(g.conns) >= maxGated
		if !full {
			g.conns[c] = struct{}{}
		}
		g.mu.Unlock()
		if full {
			_ = c.Close()
			continue
		}
		g.wg.Go(func() {
			g.serve(c)
			g.mu.Lock()
			delete(g.conns, c)
			g.mu.Unlock()
		})
	}
}

// close ends every connection and waits until they have ended.
func (g *gate) close() {
	g.mu.Lock()
	g.closed = true
	for c := range g.conns {
		_ = c.Close()
	}
	g.mu.Unlock()
	_ = g.listener.Close()
	g.wg.Wait()
}

func (g *gate) serve(outer net.Conn) {
	defer func() { _ = outer.Close() }()
	inner, err := g.server.InProcessConn()
	if err != nil {
		g.log.Warn("NATS takes no connection", "error", err)
		return
	}
	defer func() { _ = inner.Close() }()
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(outer, inner)
		_ = outer.Close()
	})
	defer back.Wait()
	defer func() { _ = inner.Close() }()

	_ = outer.SetReadDeadline(time.Now().Add(greeting))
	f := filter{in: bufio.NewReaderSize(outer, maxControlLine), out: bufio.NewWriterSize(inner, 32<<10)}
	f.greeted = func() { _ = outer.SetReadDeadline(time.Time{}) }
	err = f.run()
	if refused, ok := errors.AsType[*refusal](err); ok {
		g.log.Warn("a sidecar was cut off", "sidecar", f.name, "reason", refused.Error())
	}
}

// A refusal is why a connection is cut off.
type refusal struct{ why string }

func (r *refusal) Error() string { return r.why }

// A filter passes one client's side of a connection on.
type filter struct {
	in      *bufio.Reader
	out     *bufio.Writer
	greeted func()

	known   bool     // CONNECT has been seen
	name    string   // as its credential says
	all     bool     // the credential has no bounds
	listens []string // where it may listen
}

func (f *filter) run() error {
	for {
		if f.in.Buffered() == 0 {
			if err := f.out.Flush(); err != nil {
				return err
			}
		}
		line, err := f.in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return &refusal{"a line of its is too long"}
		}
		if err != nil {
			return err
		}
		if err := f.line(bytes.TrimRight(line, "\r\n")); err != nil {
			return err
		}
	}
}

func (f *filter) line(line []byte) error {
	verb, rest, _ := bytes.Cut(line, []byte(" "))
	op := strings.ToUpper(string(verb))
	if !f.known && op != "CONNECT" && op != "PING" && op != "PONG" {
		return &refusal{"it did not say who it is"}
	}
	switch op {
	case "CONNECT":
		return f.connect(bytes.TrimSpace(rest))
	case "PING", "PONG":
		return f.say(op)
	case "SUB", "UNSUB":
		return f.say(op, strings.Fields(string(rest))...)
	case "PUB":
		return f.publish(op, strings.Fields(string(rest)), 1)
	case "HPUB":
		return f.publish(op, strings.Fields(string(rest)), 2)
	}
	return &refusal{fmt.Sprintf("%.20q is nothing that a client says", op)}
}

// connect reads what the credential allows. That it is genuine the server
// checks, and ends the connection when it is not. Whoever comes back with
// another credential is somebody else.
func (f *filter) connect(args []byte) error {
	var hello struct {
		JWT string `json:"jwt"`
	}
	if err := json.Unmarshal(args, &hello); err != nil || f.known {
		return &refusal{"CONNECT can't be read or comes twice"}
	}
	claims, err := jwt.DecodeUserClaims(hello.JWT)
	if err != nil {
		return &refusal{"it brings no credential"}
	}
	// Decoded twice, a document with names in two spellings would be two.
	canonical := map[string]json.RawMessage{}
	if err := json.Unmarshal(args, &canonical); err != nil {
		return &refusal{"CONNECT can't be read"}
	}
	for name := range canonical {
		if strings.EqualFold(name, "jwt") {
			delete(canonical, name)
		}
	}
	if canonical["jwt"], err = json.Marshal(hello.JWT); err != nil {
		return err
	}
	doc, err := json.Marshal(canonical)
	if err != nil {
		return err
	}
	f.known, f.name, f.listens = true, claims.Name, claims.Permissions.Sub.Allow
	f.all = len(claims.Permissions.Pub.Allow) == 0 && len(claims.Permissions.Sub.Allow) == 0
	f.greeted()
	return f.say("CONNECT", string(doc))
}

// publish passes one message on: its subject, the subject of an answer, sizes
// numbers of which the last is that of all that follows.
func (f *filter) publish(op string, args []string, sizes int) error {
	if len(args) != 1+sizes && len(args) != 2+sizes {
		return &refusal{op + " can't be read"}
	}
	if len(args) == 2+sizes && !f.mayListen(args[1]) {
		return &refusal{fmt.Sprintf("it asked for an answer on %.80q, where it may not listen", args[1])}
	}
	size := 0
	for i, arg := range args[len(args)-sizes:] {
		n, err := strconv.Atoi(arg)
		if err != nil || n < 0 || n > maxPayload || strconv.Itoa(n) != arg {
			return &refusal{fmt.Sprintf("%s of %.20q bytes: at most %d", op, arg, maxPayload)}
		}
		if i > 0 && n < size {
			return &refusal{op + " with more header than there is"}
		}
		size = n
	}
	if err := f.say(op, args...); err != nil {
		return err
	}
	if _, err := io.CopyN(f.out, f.in, int64(size)); err != nil {
		return err
	}
	var end [2]byte
	if _, err := io.ReadFull(f.in, end[:]); err != nil {
		return err
	}
	if string(end[:]) != "\r\n" {
		return &refusal{op + " of another size than it says"}
	}
	_, err := f.out.Write(end[:])
	return err
}

func (f *filter) mayListen(subject string) bool {
	if f.all {
		return true
	}
	if strings.ContainsAny(subject, "*>") {
		return false
	}
	return slices.ContainsFunc(f.listens, func(allowed string) bool {
		if below, ok := strings.CutSuffix(allowed, ">"); ok {
			return strings.HasPrefix(subject, below) && !strings.ContainsAny(below, "*")
		}
		return subject == allowed
	})
}

func (f *filter) say(op string, args ...string) error {
	if _, err := f.out.WriteString(op); err != nil {
		return err
	}
	for _, arg := range args {
		if _, err := f.out.WriteString(" " + arg); err != nil {
			return err
		}
	}
	_, err := f.out.WriteString("\r\n")
	return err
}
