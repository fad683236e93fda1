package local

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"skein/inbox"
)

const (
	// pipeVariable tells a child that its credential waits on descriptor 3.
	pipeVariable = "SKEIN_SIDECAR_PIPE"
	pipeFD       = 3

	restartFirst = 100 * time.Millisecond
	restartLast  = 30 * time.Second
	// restartCalm is how long a child must run before its next death counts
	// as the first.
	restartCalm = time.Minute
	// sidecarGrace is how long a child may take to finish what it began.
	sidecarGrace = 10 * time.Second
)

// A Credential is all that a sidecar is told: where NATS is, who it is there,
// and the key that opens its channel's account settings. It is a secret.
type Credential struct {
	URL   string `json:"url"`
	Creds string `json:"creds"` // the text of a NATS credentials file
	Key   string `json:"key"`   // of bus.ChannelKey
}

// SidecarConfig says how to run one child.
type SidecarConfig struct {
	Name string   // for the log, such as "connector email"
	Args []string // of this same program
	// Credential is called before each start.
	Credential func() (Credential, error)
	Env        []string // beside PATH, HOME and the like: NAME=value
	Log        *slog.Logger
	Stderr     *os.File // takes the child's output; nil means our own
}

// A Sidecar keeps one child process alive.
type Sidecar struct {
	cfg      SidecarConfig
	restarts atomic.Int64

	mu  sync.Mutex // guards now
	now *child
}

// NewSidecar returns a sidecar that [Sidecar.Run] starts.
func NewSidecar(cfg SidecarConfig) *Sidecar {
	if cfg.Stderr == nil {
		cfg.Stderr = os.Stderr
	}
	return &Sidecar{cfg: cfg}
}

// Restarts returns how often the child had to be started again.
func (s *Sidecar) Restarts() int64 { return s.restarts.Load() }

// PID returns the child's process number, or 0 while there is none.
func (s *Sidecar) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil || s.now.ended() {
		return 0
	}
	return s.now.cmd.Process.Pid
}

// Run starts the child, starts it again whenever it ends, later and later up
// to 30 s, and returns when ctx has ended and the child too: it is asked first,
// by its pipe and SIGTERM, and killed after 10 s.
//
// The child gets the credential over descriptor 3, see [ReadCredential], and
// ends when that pipe closes, so that it never outlives this process. It
// inherits none of our settings: neither DATABASE_URL nor a SKEIN variable.
func (s *Sidecar) Run(ctx context.Context) error {
	delay := restartFirst
	for {
		began := time.Now()
		err := s.once(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Since(began) > restartCalm {
			delay = restartFirst
		}
		s.restarts.Add(1)
		s.cfg.Log.Warn("sidecar ended and is started again", "sidecar", s.cfg.Name, "reason", err, "delay", delay)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(delay/2 + rand.N(delay/2+1)):
		}
		delay = min(2*delay, restartLast)
	}
}

func (s *Sidecar) once(ctx context.Context) error {
	credential, err := s.cfg.Credential()
	if err != nil {
		return fmt.Errorf("make credential: %w", err)
	}
	hello, err := json.Marshal(credential)
	if err != nil {
		return err
	}
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find our own program: %w", err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer w.Close()
	cmd := exec.Command(exe, s.cfg.Args...)
	cmd.Stdout, cmd.Stderr = s.cfg.Stderr, s.cfg.Stderr
	cmd.ExtraFiles = []*os.File{r} // becomes descriptor 3
	cmd.Env = append(plainEnviron(), s.cfg.Env...)
	cmd.Env = append(cmd.Env, pipeVariable+"=1")
	c, err := startChild(cmd, syscall.SIGTERM)
	r.Close()
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	s.mu.Lock()
	s.now = c
	s.mu.Unlock()
	s.cfg.Log.Debug("sidecar started", "sidecar", s.cfg.Name, "pid", cmd.Process.Pid)

	// A credential is shorter than a pipe's buffer: this does not wait for the
	// child.
	if _, err := w.Write(append(hello, '\n')); err != nil && !errors.Is(err, syscall.EPIPE) {
		s.cfg.Log.Warn("hand the credential over", "sidecar", s.cfg.Name, "error", err)
	}
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
	}
	w.Close()
	_ = cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.done:
	case <-time.After(sidecarGrace):
		s.cfg.Log.Warn("sidecar does not stop and is killed", "sidecar", s.cfg.Name)
		_ = cmd.Process.Kill()
		<-c.done
	}
	return c.err
}

// plainEnviron is our environment without what is for the server only.
func plainEnviron() []string {
	var env []string
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		if name == "DATABASE_URL" || strings.HasPrefix(name, "SKEIN_") || strings.HasPrefix(name, "PG") {
			continue
		}
		env = append(env, e)
	}
	return env
}

// IsSidecar reports whether this process was started by a [Sidecar].
func IsSidecar() bool { return os.Getenv(pipeVariable) != "" }

// ReadCredential is the child's side: it reads what the parent hands over, and
// returns a channel that closes when the parent has ended or wants the child to
// end. It may be called once, by a process of which [IsSidecar] is true; in any
// other it is an [inbox.Invalid].
func ReadCredential() (Credential, <-chan struct{}, error) {
	if !IsSidecar() {
		return Credential{}, nil, &inbox.Error{Code: inbox.Invalid, Message: "this connector was not started by skein up: set SKEIN_NATS_URL, SKEIN_NATS_CREDS and SKEIN_CHANNEL_KEY to run it by itself"}
	}
	syscall.CloseOnExec(pipeFD)
	pipe := os.NewFile(pipeFD, "parent")
	lines := bufio.NewReader(pipe)
	hello, err := lines.ReadBytes('\n')
	if err != nil {
		pipe.Close()
		return Credential{}, nil, fmt.Errorf("read credential from the parent: %w", err)
	}
	var c Credential
	if err := json.Unmarshal(hello, &c); err != nil {
		pipe.Close()
		return Credential{}, nil, fmt.Errorf("read credential from the parent: %w", err)
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		_, _ = io.Copy(io.Discard, lines) // ends when the parent does
	}()
	return c, closed, nil
}
