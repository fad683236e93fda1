package local_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/cmd/skein/local"
	"skein/inbox"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// folder returns an empty folder that PostgreSQL's user can reach: t.TempDir is
// closed to everybody else.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "skein-local-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

func needPostgres(t *testing.T) {
	t.Helper()
	if _, err := local.FindPostgres(t.Context(), 0); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("SKIPPED: %v", err)
	}
}

func start(t *testing.T, dir string) *local.Postgres {
	t.Helper()
	began := time.Now()
	p, err := local.StartPostgres(t.Context(), local.PostgresConfig{Dir: dir, Log: quiet})
	if err != nil {
		t.Fatalf("StartPostgres: %v", err)
	}
	t.Logf("started in %v", time.Since(began).Round(time.Millisecond))
	t.Cleanup(func() { stop(t, p) })
	return p
}

func stop(t *testing.T, p *local.Postgres) {
	t.Helper()
	if err := p.Stop(context.Background()); err != nil {
		t.Errorf("Stop: %v", err)
	}
}

func exec1(t *testing.T, p *local.Postgres, sql string) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		conn, err := pgx.Connect(t.Context(), p.URL())
		if err == nil {
			_, err = conn.Exec(t.Context(), sql)
			conn.Close(t.Context())
		}
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", sql, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// A stopped server's data is there at the next start, which has no cluster to
// make and is quick.
func TestPostgresKeepsData(t *testing.T) {
	needPostgres(t)
	dir := filepath.Join(folder(t), "data", "postgres")
	p := start(t, dir)
	exec1(t, p, `CREATE TABLE kept (n int)`)
	stop(t, p)
	select {
	case <-p.Done():
	default:
		t.Error("Done is open after Stop")
	}
	p = start(t, dir)
	exec1(t, p, `SELECT n FROM kept`)
}

// Pages in the log are packed the quick way wherever the server can do that.
func TestPostgresPacksTheLog(t *testing.T) {
	needPostgres(t)
	p := start(t, folder(t))
	exec1(t, p, `SELECT 1`)
	conn, err := pgx.Connect(t.Context(), p.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	var is string
	var can bool
	if err := conn.QueryRow(t.Context(), `SELECT setting, coalesce('lz4' = ANY(enumvals), false) FROM pg_settings WHERE name = 'wal_compression'`).Scan(&is, &can); err != nil {
		t.Fatal(err)
	}
	if can && is != "lz4" || is == "off" {
		t.Errorf("wal_compression is %s, and lz4 can be had: %v", is, can)
	}
}

// Two starts never share a folder, and the refused one leaves the first alone.
func TestPostgresInUse(t *testing.T) {
	needPostgres(t)
	dir := folder(t)
	p := start(t, dir)
	_, err := local.StartPostgres(t.Context(), local.PostgresConfig{Dir: dir, Log: quiet})
	if inbox.CodeOf(err) != inbox.Conflict || !strings.Contains(err.Error(), "process "+strconv.Itoa(os.Getpid())) {
		t.Errorf("second StartPostgres = %v, want a conflict that names process %d", err, os.Getpid())
	}
	exec1(t, p, `SELECT 1`)
}

// A server that is killed comes back under the same address with all that was
// committed.
func TestPostgresKilled(t *testing.T) {
	needPostgres(t)
	p := start(t, folder(t))
	exec1(t, p, `CREATE TABLE kept (n int)`)
	for range 3 {
		old := p.PID()
		if err := syscall.Kill(old, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for p.PID() == old && time.Since(began) < 20*time.Second {
			time.Sleep(time.Millisecond)
		}
		exec1(t, p, `SELECT n FROM kept`)
		t.Logf("back after %v", time.Since(began).Round(time.Millisecond))
	}
}

// Data made by another major version is refused with what to install.
func TestPostgresOtherVersion(t *testing.T) {
	needPostgres(t)
	dir := folder(t)
	p := start(t, dir)
	stop(t, p)
	version := filepath.Join(dir, "server", "data", "PG_VERSION")
	if err := os.WriteFile(version, []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := local.StartPostgres(t.Context(), local.PostgresConfig{Dir: dir, Log: quiet})
	if inbox.CodeOf(err) != inbox.Conflict || !strings.Contains(err.Error(), "PostgreSQL 9") {
		t.Errorf("StartPostgres on a cluster of version 9 = %v, want a conflict that names it", err)
	}
}

// As root with a data folder that PostgreSQL's user can't reach, the database
// goes elsewhere, is found again, and no mode of what was there changes.
func TestPostgresOutOfReach(t *testing.T) {
	needPostgres(t)
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: only root gives the server to another user")
	}
	closed := folder(t)
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(closed, "data")
	p := start(t, dir)
	place, err := os.ReadFile(filepath.Join(dir, "place"))
	if err != nil {
		t.Fatal(err)
	}
	home := strings.TrimSpace(string(place))
	t.Cleanup(func() { os.RemoveAll(home) })
	if filepath.Dir(home) != filepath.Clean(os.TempDir()) {
		t.Errorf("the database of a temporary data folder is in %s, want %s", home, os.TempDir())
	}
	exec1(t, p, `CREATE TABLE kept (n int)`)
	stop(t, p)
	if info, _ := os.Stat(closed); info.Mode().Perm() != 0o700 {
		t.Errorf("mode of the closed folder = %v, want 0700 as before", info.Mode().Perm())
	}

	p = start(t, dir)
	exec1(t, p, `SELECT n FROM kept`)
	stop(t, p)

	// A folder that somebody else put in its place is refused.
	if err := os.Rename(home, home+".moved"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home + ".moved") })
	if err := os.Symlink(home+".moved", home); err != nil {
		t.Fatal(err)
	}
	_, err = local.StartPostgres(t.Context(), local.PostgresConfig{Dir: dir, Log: quiet})
	if inbox.CodeOf(err) != inbox.Forbidden {
		t.Errorf("StartPostgres through a symbolic link = %v, want forbidden", err)
	}
}

// A data folder with a long path still gets a socket.
func TestPostgresLongPath(t *testing.T) {
	needPostgres(t)
	dir := filepath.Join(folder(t), strings.Repeat("long", 25))
	p := start(t, dir)
	exec1(t, p, `SELECT 1`)
	memo, err := os.ReadFile(filepath.Join(dir, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	stop(t, p)
	if _, err := os.Stat(strings.TrimSpace(string(memo))); !os.IsNotExist(err) {
		t.Errorf("the socket's folder is left behind: %v", err)
	}
}

// The number of a killed server may be another's by the time of the next start:
// its lock files then name a process that lives, and has nothing to do with them.
func TestPostgresNumberTakenAgain(t *testing.T) {
	needPostgres(t)
	other := start(t, folder(t))
	dir := folder(t)
	p := start(t, dir)
	exec1(t, p, `CREATE TABLE kept (n int)`)
	stop(t, p)
	var home string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Name() == "PG_VERSION" && filepath.Base(filepath.Dir(path)) == "data" {
			home = filepath.Dir(filepath.Dir(path))
		}
		return err
	})
	if err != nil || home == "" {
		t.Fatalf("no cluster under %s: %v", dir, err)
	}
	info, err := os.Stat(filepath.Join(home, "data"))
	if err != nil {
		t.Fatal(err)
	}
	locks := fmt.Sprintf("%d\n%s\n%d\n5432\n%s\n", other.PID(), filepath.Join(home, "data"), time.Now().Unix(), filepath.Join(home, "run"))
	for _, f := range []string{"data/postmaster.pid", "run/.s.PGSQL.5432.lock", "run/.s.PGSQL.5432"} {
		if err := os.WriteFile(filepath.Join(home, f), []byte(locks), 0o600); err != nil {
			t.Fatal(err)
		}
		owner := info.Sys().(*syscall.Stat_t)
		if err := os.Lchown(filepath.Join(home, f), int(owner.Uid), int(owner.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	exec1(t, start(t, dir), `SELECT n FROM kept`)
	exec1(t, other, `SELECT 1`)
}

// kill -9 of the parent ends the server, or leaves one that the next start
// stops: in no case does it hinder that start, and nothing committed is lost.
func TestPostgresOrphan(t *testing.T) {
	needPostgres(t)
	dir := folder(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for round := range 2 {
		cmd := exec.Command(exe, "-test.run=^TestPostgresParent$")
		cmd.Env = append(os.Environ(), "SKEIN_TEST_PARENT="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ready := make([]byte, 5)
		if _, err := io.ReadFull(out, ready); err != nil {
			t.Fatalf("parent did not start the server: %v", err)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		p := start(t, dir)
		exec1(t, p, `SELECT n FROM kept`)
		stop(t, p)
		_ = round
	}
}

func TestPostgresParent(t *testing.T) {
	dir := os.Getenv("SKEIN_TEST_PARENT")
	if dir == "" {
		return // runs as a child of TestPostgresOrphan only
	}
	p, err := local.StartPostgres(t.Context(), local.PostgresConfig{Dir: dir, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	exec1(t, p, `CREATE TABLE IF NOT EXISTS kept (n int)`)
	os.Stdout.WriteString("ready")
	select {}
}
