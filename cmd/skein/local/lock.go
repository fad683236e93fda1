package local

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"skein/inbox"
)

// A Lock holds a data folder for this process. The kernel lets go of it when
// the process ends, however it ends.
type Lock struct {
	file *os.File
}

// LockDir makes the folder dir where it is missing and takes it for this
// process. A folder that another process has taken is a [inbox.Conflict] that
// names the process.
//
// As root the folder is made 0711, so that the user to whom PostgreSQL is given
// may pass through it; otherwise 0700. One that exists is left as it is.
func LockDir(dir string) (*Lock, error) {
	mode := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711
	}
	if err := makeDir(dir, mode); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("data folder %s cannot be used: %v", dir, err)}
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder := readHolder(f)
		f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock data folder %s: %w", dir, err)
		}
		return nil, &inbox.Error{Code: inbox.Conflict, Message: fmt.Sprintf(
			"data folder %s is in use by %s: stop it, or choose another folder with --data", dir, holder)}
	}
	if err := writeHolder(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock data folder %s: %w", dir, err)
	}
	return &Lock{file: f}, nil
}

// Unlock lets go of the folder. The lock file stays: removing it would let two
// processes hold locks on two files of one name.
func (l *Lock) Unlock() error { return l.file.Close() }

func readHolder(f *os.File) string {
	b, _ := io.ReadAll(io.LimitReader(f, 32))
	if pid, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil {
		return fmt.Sprintf("process %d", pid)
	}
	return "another process"
}

func writeHolder(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// makeDir makes dir with exactly mode, whatever the umask, and the folders
// above it in the same way. What exists keeps its mode.
func makeDir(dir string, mode os.FileMode) error {
	info, err := os.Stat(dir)
	if err == nil {
		if !info.IsDir() {
			return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("data folder %s is not a folder", dir)}
		}
		return nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("data folder %s cannot be used: %v", dir, err)}
	}
	if parent := filepath.Dir(dir); parent != dir {
		if err := makeDir(parent, mode); err != nil {
			return err
		}
	}
	switch err := os.Mkdir(dir, mode); {
	case errors.Is(err, os.ErrExist):
		return nil // another process was faster: it is theirs
	case err != nil:
		return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("data folder %s cannot be made: %v", dir, err)}
	}
	return os.Chmod(dir, mode)
}
