package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"skein/cmd/skein/local"
)

// RoleVariable says, in the environment of a child of this bench, what it is:
// a server, or the clients. Each has a process of its own.
const RoleVariable = "SKEIN_BENCH_ROLE"

// The roles.
const (
	roleClients = "clients"
	roleUsual   = "usual"
	roleEncoded = "encoded"
	roleBursts  = "bursts"
	roleSkein   = "skein"

	roleDesk     = "desk"
	roleVisitors = "visitors"
	roleChat     = "chat"
)

// An order is what a child is asked to do, one line of JSON.
type order struct {
	Do string `json:"do"`

	// Of a server that publishes, and of clients that connect.
	Topics  int     `json:"topics,omitempty"`  // 0: the one that everybody follows
	Alone   bool    `json:"alone,omitempty"`   // each client follows a topic of its own
	Sockets int     `json:"sockets,omitempty"` // that are connected
	Rate    float64 `json:"rate,omitempty"`    // events a second; 0: as fast as the clients take them
	Seconds float64 `json:"seconds,omitempty"`
	Window  int     `json:"window,omitempty"` // events that may be on the way when there is no rate
	Batch   int     `json:"batch,omitempty"`
	Bytes   int     `json:"bytes,omitempty"` // of a frame; 0 is the usual

	// Of clients.
	Address string `json:"address,omitempty"`
	Acks    string `json:"acks,omitempty"`   // where the server hears how far they are
	Want    int64  `json:"want,omitempty"`   // frames to wait for
	Mute    bool   `json:"mute,omitempty"`   // never read
	Resume  bool   `json:"resume,omitempty"` // come back, all at once, to what was there before

	File     string `json:"file,omitempty"`     // of a profile
	Database string `json:"database,omitempty"` // of skein, with the first order
	Dir      string `json:"dir,omitempty"`
	NATS     string `json:"nats,omitempty"` // "": its own

	Link   *local.Credential `json:"link,omitempty"`   // of a sidecar
	Secret string            `json:"secret,omitempty"` // that webhooks are signed with
	What   string            `json:"what,omitempty"`   // of webhooks: "" of calls, social, shop
}

// An answer is what came of it.
type answer struct {
	Error string `json:"error,omitempty"`

	Address string `json:"address,omitempty"`
	Acks    string `json:"acks,omitempty"`

	Seconds float64 `json:"seconds,omitempty"`
	Events  int64   `json:"events,omitempty"` // published
	Due     int64   `json:"due,omitempty"`    // deliveries that they make
	Frames  int64   `json:"frames,omitempty"` // received
	Closed  int64   `json:"closed,omitempty"` // sockets that ended by themselves

	CPU     time.Duration `json:"cpu,omitempty"`
	KB      int           `json:"kb,omitempty"`
	P50     time.Duration `json:"p50,omitempty"`
	P99     time.Duration `json:"p99,omitempty"`
	Refused int64         `json:"refused,omitempty"`
	Behind  int64         `json:"behind,omitempty"` // that were not there yet when the last was sent
	Steps   []step        `json:"steps,omitempty"`
	All     []step        `json:"all,omitempty"` // of all since "fresh"
}

// A step is a part of a way, and how long it takes.
type step struct {
	Name string        `json:"name"`
	P50  time.Duration `json:"p50"`
	P99  time.Duration `json:"p99"`
}

func stepOf(name string, h *histogram) step { return step{name, h.quantile(0.5), h.quantile(0.99)} }

// Child is what a process of the bench's does until its input ends.
func Child(ctx context.Context, role string, cfg Config, in io.Reader, out io.Writer) error {
	var handle func(context.Context, order) (answer, error)
	switch role {
	case roleClients:
		handle = (&clients{}).handle
	case roleUsual:
		handle = newServing(&usual{}).handle
	case roleEncoded:
		handle = newServing(newEncoded(tick)).handle
	case roleBursts:
		handle = newServing(newEncoded(burst)).handle
	case roleSkein:
		s := &skein{cfg: &cfg}
		defer s.stop()
		handle = newServing(s).handle
	case roleDesk:
		handle = (&desk{}).handle
	case roleVisitors:
		handle = newVisitors().handle
	case roleChat:
		handle = (&sidecar{cfg: &cfg}).handle
	default:
		return fmt.Errorf("no role is called %s", role)
	}
	lines, answers := bufio.NewReader(in), json.NewEncoder(out)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return nil // the parent has gone, or has enough
		}
		var o order
		if err := json.Unmarshal(line, &o); err != nil {
			return err
		}
		var a answer
		switch o.Do {
		case "cpu":
			a.CPU = ownCPU()
		case "memory":
			debug.FreeOSMemory()
			a.KB, err = resident(os.Getpid())
		case "profile":
			var stop func()
			if stop, err = (&Config{Profile: o.File}).profile(); err == nil {
				time.AfterFunc(time.Duration(o.Seconds*float64(time.Second)), stop)
			}
		default:
			a, err = handle(ctx, o)
		}
		if err != nil {
			a.Error = err.Error()
		}
		if err := answers.Encode(a); err != nil {
			return err
		}
	}
}

// An actor is such a child, seen from its parent.
type actor struct {
	name string
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *json.Decoder
}

func (c *Config) actor(ctx context.Context, role string) (*actor, error) {
	a := &actor{name: role, cmd: exec.CommandContext(ctx, c.Binary, "bench")}
	a.cmd.Env = append(slices.DeleteFunc(os.Environ(), func(s string) bool {
		return strings.HasPrefix(s, "SKEIN_") || strings.HasPrefix(s, "DATABASE_URL=")
	}), "SKEIN_LOG=error", RoleVariable+"="+role)
	a.cmd.Stderr = os.Stderr
	var err error
	if a.in, err = a.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := a.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	a.out = json.NewDecoder(out)
	return a, a.cmd.Start()
}

func (a *actor) ask(o order) (answer, error) {
	if err := json.NewEncoder(a.in).Encode(o); err != nil {
		return answer{}, fmt.Errorf("%s: %w", a.name, err)
	}
	var got answer
	if err := a.out.Decode(&got); err != nil {
		return got, fmt.Errorf("%s: %s: %w", a.name, o.Do, err)
	}
	if got.Error != "" {
		return got, fmt.Errorf("%s: %s: %w", a.name, o.Do, errors.New(got.Error))
	}
	return got, nil
}

func (a *actor) stop() error {
	_ = a.in.Close()
	return a.cmd.Wait()
}
