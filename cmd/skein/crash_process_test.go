package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"skein/inbox"
	"skein/inbox/store"
	"skein/inbox/threader"
)

// shipped is skein as it is shipped, without the race detector.
var shipped = sync.OnceValues(func() (string, error) {
	path := filepath.Join(made, "skein")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", path, "skein/cmd/skein").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

// buildCrash is a skein of its own on an empty data folder, with one agent.
func buildCrash(t *testing.T) *crash {
	t.Helper()
	binary, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	c := &crash{t: t, data: filepath.Join(t.TempDir(), "data"), binary: binary}
	c.command("user", "add", "agent@crash.test", "--role", "supervisor")
	return c
}

// command runs one of skein's own on the data folder.
func (c *crash) command(args ...string) {
	c.t.Helper()
	cmd := exec.Command(c.binary, append(args, "--data", c.data)...)
	cmd.Env = append(cleanEnv(), "SKEIN_PASSWORD=crash-password")
	if out, err := cmd.CombinedOutput(); err != nil {
		c.t.Fatalf("skein %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// running is what the server tells other commands.
func (c *crash) running() (run running, err error) {
	raw, err := os.ReadFile(runningPath(c.data))
	if err == nil {
		err = json.Unmarshal(raw, &run)
	}
	return run, err
}

// addAccounts makes accounts in the database of the running server.
func (c *crash) addAccounts(list ...inbox.Account) {
	c.t.Helper()
	run, err := c.running()
	if err != nil {
		c.t.Fatal(err)
	}
	st, err := store.Open(c.t.Context(), run.Database, 2, threader.Rules())
	if err != nil {
		c.t.Fatal(err)
	}
	defer st.Close()
	in, err := firstInbox(c.t.Context(), st, "Shop", "Support", "UTC", time.Now())
	for _, a := range list {
		if err == nil {
			a.InboxID = in.ID
			_, err = st.SaveAccount(c.t.Context(), a, time.Now())
		}
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// start starts skein on the data folder and waits until it is ready.
func (c *crash) start() {
	up := &upProcess{output: &tailBuffer{}, done: make(chan struct{})}
	up.cmd = exec.Command(c.binary, "up", "--data", c.data, "--addr", "127.0.0.1:0")
	up.cmd.Env = append(cleanEnv(), "SKEIN_LOG=info")
	up.cmd.Stdout, up.cmd.Stderr = up.output, up.output
	up.cmd.WaitDelay = time.Second // a child that holds the pipe
	if err := up.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	go func() { // ends with the process
		up.err = up.cmd.Wait()
		close(up.done)
	}()
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		run, err := c.running()
		if err == nil && run.PID == up.cmd.Process.Pid {
			res, err := http.Get(run.URL + "/healthz")
			if err == nil {
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
				up.url = run.URL
				break
			}
		}
		select {
		case <-up.done:
			c.t.Fatalf("skein up ended: %v\n%s", up.err, up.log())
		default:
		}
		if time.Now().After(end) {
			up.kill()
			c.t.Fatalf("skein up is not ready after a minute\n%s", up.log())
		}
	}
	c.mu.Lock()
	c.up = up
	c.mu.Unlock()
}

// An upProcess is a running `skein up`.
type upProcess struct {
	cmd    *exec.Cmd
	url    string
	output *tailBuffer
	done   chan struct{}
	err    error // read after done
}

func (u *upProcess) log() string { return u.output.String() }

// kill is kill -9, and returns when the process is gone.
func (u *upProcess) kill() {
	_ = u.cmd.Process.Kill()
	<-u.done
}

func (u *upProcess) stop() error {
	_ = u.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-u.done:
		if u.err != nil {
			return fmt.Errorf("skein up ended: %w\n%s", u.err, u.log())
		}
		return nil
	case <-time.After(time.Minute):
		u.kill()
		return fmt.Errorf("skein up did not stop\n%s", u.log())
	}
}

// killChildren kills the children whose command line holds word.
func (u *upProcess) killChildren(word string) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", u.cmd.Process.Pid))
	for _, task := range tasks {
		raw, _ := os.ReadFile(task)
		for _, f := range strings.Fields(string(raw)) {
			pid, err := strconv.Atoi(f)
			line, readErr := os.ReadFile("/proc/" + f + "/cmdline")
			if err == nil && readErr == nil && bytes.Contains(line, []byte(word)) {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	}
}

// cleanEnv is the environment without what would change where skein runs.
func cleanEnv() []string {
	return slices.DeleteFunc(os.Environ(), func(s string) bool {
		return strings.HasPrefix(s, "SKEIN_") || strings.HasPrefix(s, "DATABASE_URL=")
	})
}

// A tailBuffer keeps the last of what is written to it.
type tailBuffer struct {
	mu  sync.Mutex // guards buf
	buf []byte
}

func (b *tailBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.buf = append(b.buf, p...)
	if extra := len(b.buf) - 16<<10; extra > 0 {
		b.buf = slices.Delete(b.buf, 0, extra)
	}
	return len(p), nil
}

func (b *tailBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.buf)
}
