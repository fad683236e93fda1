package local

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"skein/inbox"
)

// An owner is the user that PostgreSQL runs as. Its zero Credential means: as
// ourselves.
type owner struct {
	uid, gid   uint32
	credential *syscall.Credential
}

// serverOwner returns whom to run PostgreSQL as: it refuses to run as root, so
// root gives it to the user postgres, or to nobody where there is none.
func serverOwner() (owner, error) {
	if os.Geteuid() != 0 {
		return owner{uid: uint32(os.Geteuid()), gid: uint32(os.Getegid())}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil || uid == 0 {
			continue
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			continue
		}
		o := owner{uid: uint32(uid), gid: uint32(gid)}
		o.credential = &syscall.Credential{Uid: o.uid, Gid: o.gid}
		return o, nil
	}
	return owner{}, &inbox.Error{Code: inbox.Unavailable, Message: "PostgreSQL does not run as root, " +
		"and there is neither a user postgres nor a user nobody to run it as: run skein as another user, or name a server in DATABASE_URL"}
}

// passes reports whether o may pass through every folder on the way to path,
// judged by their mode bits.
func (o owner) passes(path string) bool {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false
	}
	for dir := real; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return false
		}
		st, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return false
		}
		bit := uint32(0o001)
		switch {
		case st.Uid == o.uid:
			bit = 0o100
		case st.Gid == o.gid:
			bit = 0o010
		}
		if uint32(info.Mode().Perm())&bit == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

// placeFile, in the data folder, names where the server's own folder is when it
// could not be within.
const placeFile = "place"

// serverHome returns the folder that belongs to the server's user alone and
// holds its data and socket. It is within dir, or, where o can't get there, in
// a place that keeps its files over a restart, which dir remembers.
func serverHome(dir string, o owner, log *slog.Logger) (string, error) {
	b, err := os.ReadFile(filepath.Join(dir, placeFile))
	switch {
	case err == nil:
		home := strings.TrimSpace(string(b))
		if !filepath.IsAbs(home) {
			return "", &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("%s/%s names no folder", dir, placeFile)}
		}
		return home, checkHome(home, o)
	case !errors.Is(err, os.ErrNotExist):
		return "", fmt.Errorf("read %s: %w", placeFile, err)
	}

	within := filepath.Join(dir, "server")
	if _, err := os.Lstat(within); err == nil {
		return within, checkHome(within, o)
	}
	if o.credential == nil || o.passes(dir) {
		if err := os.Mkdir(within, 0o700); err != nil {
			return "", fmt.Errorf("make %s: %w", within, err)
		}
		return within, giveTo(within, o)
	}
	home, err := homeElsewhere(dir, o, log)
	if err != nil {
		return "", err
	}
	return home, writeFile(filepath.Join(dir, placeFile), []byte(home+"\n"))
}

// homeElsewhere makes a folder with an unguessable name in a place that the
// server's user can reach. What an earlier data folder of the same path left
// there is never touched: it may be somebody's only copy.
func homeElsewhere(dir string, o owner, log *slog.Logger) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	prefix := fmt.Sprintf("skein-%x-", sha256.Sum256([]byte(abs)))[:len("skein-")+12] + "-"
	parents := []string{"/var/lib", "/var/tmp"}
	if rel, err := filepath.Rel(os.TempDir(), abs); err == nil && filepath.IsLocal(rel) {
		parents = []string{os.TempDir(), "/var/tmp"} // as short-lived as the data folder
	}
	var last error
	for _, parent := range parents {
		if !o.passes(parent) {
			continue
		}
		if old, _ := filepath.Glob(filepath.Join(parent, prefix+"*")); len(old) > 0 {
			log.Warn("an earlier data folder of this path left a database behind", "folders", old)
		}
		home, err := os.MkdirTemp(parent, prefix)
		if err != nil {
			last = err
			continue
		}
		log.Info("database is kept outside the data folder, which its user cannot reach", "folder", home, "dataFolder", abs)
		return home, giveTo(home, o)
	}
	return "", &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf(
		"the user that PostgreSQL runs as cannot reach %s, nor a place outside it (%v): choose another folder with --data", abs, last)}
}

func giveTo(dir string, o owner) error {
	if o.credential == nil {
		return nil
	}
	if err := os.Lchown(dir, int(o.uid), int(o.gid)); err != nil {
		return fmt.Errorf("give %s to PostgreSQL's user: %w", dir, err)
	}
	return nil
}

// checkHome refuses a folder that somebody else may have put in the way: home
// must be a real folder, of the server's user, closed to everybody else.
func checkHome(home string, o owner) error {
	info, err := os.Lstat(home)
	if errors.Is(err, os.ErrNotExist) {
		return &inbox.Error{Code: inbox.NotFound, Message: fmt.Sprintf(
			"the database belongs in %s, and that folder is gone: restore it, or start afresh with an empty data folder", home)}
	}
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || info.Mode().Perm()&0o077 != 0 || (st.Uid != o.uid && st.Uid != uint32(os.Geteuid())) {
		return &inbox.Error{Code: inbox.Forbidden, Message: fmt.Sprintf(
			"%s is not a folder that belongs to PostgreSQL's user alone: it will not be used for the database", home)}
	}
	if st.Uid != o.uid {
		return giveTo(home, o) // made, and not given away before a crash
	}
	return nil
}

// socketRoom is what a path of a unix socket may have, bytes, on every system
// that we know: 104 with its end on the BSDs, 108 on Linux.
const socketRoom = 103

// socketDir returns a folder of the server's user alone whose path is short
// enough for a socket. Where home's is too long, it is a temporary one, which
// dir remembers so that the next start can remove it.
func socketDir(dir, home string, o owner) (string, error) {
	forgetSocket(dir, o)
	run := filepath.Join(home, "run")
	if len(run)+1+len(socketName) <= socketRoom {
		if err := os.Mkdir(run, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
			return "", err
		}
		return run, giveTo(run, o)
	}
	run, err := os.MkdirTemp("/tmp", "skein-")
	if err != nil {
		return "", err
	}
	if err := writeFile(filepath.Join(dir, socketFile), []byte(run+"\n")); err != nil {
		return "", err
	}
	return run, giveTo(run, o)
}

// socketFile, in the data folder, names a socket folder outside it.
const socketFile = "socket"

// forgetSocket removes the socket folder that dir remembers, if any. What a file
// names is not removed with all that it holds: only what we put there.
func forgetSocket(dir string, o owner) {
	memo := filepath.Join(dir, socketFile)
	b, err := os.ReadFile(memo)
	if err != nil {
		return
	}
	if run := strings.TrimSpace(string(b)); checkHome(run, o) == nil {
		_ = clearSocket(run)
		_ = os.Remove(run)
	}
	_ = os.Remove(memo)
}

// clearSocket removes what a killed server left in the socket folder run. The
// number in its lock file may be another server's by now, and PostgreSQL would
// take that for the owner of the socket.
func clearSocket(run string) error {
	for _, name := range []string{socketName, socketName + ".lock"} {
		if err := os.Remove(filepath.Join(run, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove a socket that was left behind: %w", err)
		}
	}
	return nil
}

// writeFile replaces path as a whole, on disk when it returns, readable for
// ourselves only.
func writeFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err = f.Write(b); err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
