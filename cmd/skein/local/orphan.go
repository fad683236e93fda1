package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stopOrphan stops a server that an earlier start left running on data. The
// caller holds the data folder's lock, so no living Skein owns that server.
func stopOrphan(ctx context.Context, data string, log *slog.Logger) error {
	pidFile := filepath.Join(data, "postmaster.pid")
	b, err := os.ReadFile(pidFile)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read postmaster.pid: %w", err)
	}
	first, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 || !servesData(pid, data) {
		// The number may be another program's by now, and PostgreSQL would
		// take that for a server. A server that lost only its postmaster still
		// holds the shared memory, which PostgreSQL checks by itself.
		return os.Remove(pidFile)
	}
	log.Info("stopping the database server that an earlier start left behind", "pid", pid)
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGINT, 20 * time.Second}, {syscall.SIGQUIT, 10 * time.Second}} {
		if err := syscall.Kill(pid, step.signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stop database server %d: %w", pid, err)
		}
		if gone, err := waitGone(ctx, pid, data, step.wait); err != nil || gone {
			return err
		}
	}
	return fmt.Errorf("database server %d does not stop", pid)
}

func waitGone(ctx context.Context, pid int, data string, limit time.Duration) (bool, error) {
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for servesData(pid, data) {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-deadline.C:
			return false, nil
		case <-tick.C:
		}
	}
	return true, nil
}

// servesData reports whether process pid is a PostgreSQL server on the folder
// data.
func servesData(pid int, data string) bool {
	if syscall.Kill(pid, 0) == syscall.ESRCH {
		return false
	}
	if runtime.GOOS == "linux" {
		// A postmaster works in its data folder. A zombie has no cwd.
		cwd, err := os.Stat(fmt.Sprintf("/proc/%d/cwd", pid))
		if err != nil {
			return false
		}
		want, err := os.Stat(data)
		return err == nil && os.SameFile(cwd, want)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(out), data)
}
