package local_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"skein/cmd/skein/local"
)

// TestMain lets this program be the child of its own tests.
func TestMain(m *testing.M) {
	switch os.Getenv("TEST_ROLE") {
	case "child":
		child()
	case "nats":
		natsParent()
	case "parent":
		parent()
	default:
		os.Exit(m.Run())
	}
}

// child writes what it was told to a file and ends when its parent does.
func child() {
	c, closed, err := local.ReadCredential()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	said := fmt.Sprintf("%d %s %s %s %q", os.Getpid(), c.URL, c.Creds, c.Key, os.Getenv("SKEIN_SECRET_KEY")+os.Getenv("DATABASE_URL"))
	file := os.Getenv("TEST_FILE")
	_ = os.WriteFile(file+".new", []byte(said), 0o600)
	_ = os.Rename(file+".new", file)
	<-closed
	os.Exit(0)
}

// parent runs a sidecar until it is killed.
func parent() {
	_ = sidecar(os.Getenv("TEST_FILE")).Run(context.Background())
}

func sidecar(file string) *local.Sidecar {
	return local.NewSidecar(local.SidecarConfig{
		Name: "test",
		Credential: func() (local.Credential, error) {
			return local.Credential{URL: "nats://x", Creds: "creds", Key: "key"}, nil
		},
		Env: []string{"TEST_ROLE=child", "TEST_FILE=" + file},
		Log: quiet,
	})
}

// said waits for a child other than the one with number not, and returns its
// number and what it was told.
func said(t *testing.T, file string, not int) (int, string) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		b, err := os.ReadFile(file)
		if first, rest, ok := strings.Cut(string(b), " "); err == nil && ok {
			if pid, _ := strconv.Atoi(first); pid != not {
				return pid, rest
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Fatal("no child spoke")
	return 0, ""
}

func gone(t *testing.T, pid int) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for syscall.Kill(pid, 0) == nil {
		if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil && strings.Contains(string(b), ") Z ") {
			return // dead, and its adoptive parent has not looked yet
		}
		if time.Now().After(deadline) {
			t.Fatalf("process %d still runs", pid)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// A child gets its credential and none of our settings, comes back when it is
// killed, and is gone when Run returns.
func TestSidecar(t *testing.T) {
	t.Setenv("SKEIN_SECRET_KEY", "secret")
	t.Setenv("DATABASE_URL", "postgres://secret")
	file := filepath.Join(t.TempDir(), "said")
	s := sidecar(file)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()

	pid, told := said(t, file, 0)
	if want := `nats://x creds key ""`; told != want {
		t.Errorf("the child was told %s, want %s", told, want)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	again, _ := said(t, file, pid)
	if s.Restarts() != 1 || s.PID() != again {
		t.Errorf("after a kill: %d restarts, process %d, want 1 and %d", s.Restarts(), s.PID(), again)
	}
	cancel()
	if err := <-done; err != context.Canceled {
		t.Errorf("Run = %v, want context canceled", err)
	}
	gone(t, again)
}

// kill -9 of the parent ends the child: the pipe closes.
func TestSidecarParentKilled(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "said")
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), "TEST_ROLE=parent", "TEST_FILE="+file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid, _ := said(t, file, 0)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	gone(t, pid)
}

// Only a child of ours has a credential to read.
func TestReadCredentialElsewhere(t *testing.T) {
	if _, _, err := local.ReadCredential(); err == nil {
		t.Error("ReadCredential in a process of its own gave a credential")
	}
}
