// Package inboxtest gives tests the real parts: a PostgreSQL database of their
// own and a NATS server of their own. Only _test.go files import it.
//
// One throw-away PostgreSQL cluster serves a test process. Each database is a
// copy of a template that was migrated once, made in about 50 ms; none is ever
// dropped, since the whole cluster goes. The cluster ends with the process, and
// its folder is removed by the next process that starts one.
//
// It starts the parts by cmd/skein/local, although nothing else below inbox may
// know that package: there is one way to start them, so that what the tests run
// on is what runs.
package inboxtest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"

	"skein/cmd/skein/local"
	"skein/inbox"
	"skein/migrations"
)

const template = "skein_template"

// cluster is the process's own; once guards it.
var cluster struct {
	once sync.Once
	pg   *local.Postgres
	err  error

	mu    sync.Mutex // guards admin, which is one connection
	admin *pgx.Conn
	made  atomic.Int64
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// Database returns the address of a fresh, migrated database that nobody else
// uses. Where no PostgreSQL is installed the test is skipped, loudly, or fails
// with CI=true.
func Database(t testing.TB) string {
	t.Helper()
	return database(t, template)
}

// EmptyDatabase is like Database without the migrations.
func EmptyDatabase(t testing.TB) string {
	t.Helper()
	return database(t, "template0")
}

func database(t testing.TB, from string) string {
	t.Helper()
	cluster.once.Do(startCluster)
	if cluster.err != nil {
		missing(t, cluster.err)
	}
	name := fmt.Sprintf("test_%d", cluster.made.Add(1))
	cluster.mu.Lock()
	defer cluster.mu.Unlock()
	sql := fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, from)
	if _, err := cluster.admin.Exec(context.Background(), sql); err != nil {
		t.Fatalf("make test database: %v", err)
	}
	return strings.Replace(cluster.pg.AdminURL(), "/postgres?", "/"+name+"?", 1)
}

func missing(t testing.TB, err error) {
	t.Helper()
	if inbox.CodeOf(err) != inbox.NotFound || os.Getenv("CI") == "true" {
		t.Fatalf("start PostgreSQL for tests: %v", err)
	}
	t.Skipf("SKIPPED, not tested: %v", err)
}

func startCluster() {
	cluster.err = func() error {
		dir, err := clusterDir()
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		cluster.pg, err = local.StartPostgres(ctx, local.PostgresConfig{Dir: dir, Log: quiet, Unsafe: true})
		if err != nil {
			return err
		}
		if cluster.admin, err = pgx.Connect(ctx, cluster.pg.AdminURL()); err != nil {
			return err
		}
		if _, err := cluster.admin.Exec(ctx, "CREATE DATABASE "+template); err != nil {
			return err
		}
		dsn := strings.Replace(cluster.pg.AdminURL(), "/postgres?", "/"+template+"?", 1)
		if err := migrations.Up(ctx, dsn); err != nil {
			return fmt.Errorf("migrate template: %w", err)
		}
		return nil
	}()
}

// clusterDir makes this process's folder and removes those of processes that
// have ended.
func clusterDir() (string, error) {
	prefix := fmt.Sprintf("skein-test-%d-", os.Geteuid())
	old, _ := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	for _, dir := range old {
		pid, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(dir), prefix))
		info, serr := os.Lstat(dir)
		if err != nil || serr != nil || !info.IsDir() || pid == os.Getpid() {
			continue
		}
		if st, ok := info.Sys().(*syscall.Stat_t); !ok || st.Uid != uint32(os.Geteuid()) {
			continue
		}
		if syscall.Kill(pid, 0) != syscall.ESRCH {
			continue
		}
		removeStale(dir)
	}
	dir := filepath.Join(os.TempDir(), prefix+strconv.Itoa(os.Getpid()))
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	mode := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711 // PostgreSQL's user passes through
	}
	if err := os.Mkdir(dir, mode); err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, mode)
}

// removeStale removes the folder of a process that has ended, unless its server
// still runs, as it may where the system has no parent-death signal: then it is
// stopped first.
func removeStale(dir string) {
	b, err := os.ReadFile(filepath.Join(dir, "server", "data", "postmaster.pid"))
	if err == nil && runtime.GOOS != "linux" {
		first, _, _ := strings.Cut(string(b), "\n")
		if pid, err := strconv.Atoi(first); err == nil && pid > 1 && strings.Contains(string(b), dir) {
			_ = syscall.Kill(pid, syscall.SIGQUIT)
			time.Sleep(200 * time.Millisecond)
		}
	}
	_ = os.RemoveAll(dir)
}

// NATS returns a connection, with all rights, to a NATS server of the test's
// own, which ends with the test.
func NATS(t testing.TB) *nats.Conn {
	t.Helper()
	nc, _ := NATSServer(t)
	return nc
}

// NATSServer is like NATS and also returns the server, for tests that need
// credentials of sidecars.
func NATSServer(t testing.TB) (*nats.Conn, *local.NATS) {
	t.Helper()
	n, err := local.StartNATS(local.NATSConfig{Dir: t.TempDir(), Log: quiet, Unsafe: true})
	if err != nil {
		t.Fatalf("start NATS for tests: %v", err)
	}
	t.Cleanup(func() { _ = n.Stop(context.Background()) })
	nc, err := n.Connect()
	if err != nil {
		t.Fatalf("connect to NATS for tests: %v", err)
	}
	t.Cleanup(nc.Close)
	return nc, n
}
