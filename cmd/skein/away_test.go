package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	natsserver "github.com/nats-io/nats-server/v2/server"

	"skein/inbox/inboxtest"
)

// away is how long a part is gone: a minute in CI.
func away() time.Duration {
	if os.Getenv("CI") == "true" {
		return time.Minute
	}
	return 8 * time.Second
}

// PostgreSQL hangs for a minute: mail that comes meanwhile is there afterwards,
// nothing is put aside, and the server says that it isn't ready.
func TestPostgresAway(t *testing.T) {
	if testing.Short() {
		t.Skip("starts everything, and waits")
	}
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	p := startUp(t, data, "--demo", "--demo-every", "0", "--demo-answer", "0")
	token := p.login()
	p.settle(token)

	processes := serverProcesses(t, data)
	for _, pid := range processes {
		_ = syscall.Kill(pid, syscall.SIGSTOP)
	}
	resume := func() {
		for _, pid := range processes {
			_ = syscall.Kill(pid, syscall.SIGCONT)
		}
	}
	defer resume()
	p.write(t, data, "while the database hangs")
	time.Sleep(away())
	p.notReady(t)
	resume()
	p.find(p.login(), "while the database hangs")
	p.nothingDead(t)
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Errorf("skein up ends with %v", err)
	}
}

// serverProcesses lists the processes of the database server in data, the
// postmaster's children after it.
func serverProcesses(t *testing.T, data string) []int {
	t.Helper()
	raw, err := os.ReadFile(runningPath(data))
	if err != nil {
		t.Fatal(err)
	}
	var run running
	if err := json.Unmarshal(raw, &run); err != nil {
		t.Fatal(err)
	}
	db, err := pgx.Connect(t.Context(), run.Database)
	if err != nil {
		t.Fatal(err)
	}
	var home string
	if err := db.QueryRow(t.Context(), `SHOW data_directory`).Scan(&home); err != nil {
		t.Fatal(err)
	}
	_ = db.Close(t.Context())
	var pids []int
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		if cwd, err := os.Readlink(filepath.Join(dir, "cwd")); err == nil && cwd == home {
			if pid, err := strconv.Atoi(filepath.Base(dir)); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	if len(pids) == 0 {
		lacking(t, "the database server's processes can't be seen here")
	}
	return pids
}

// NATS is away for a minute: the connector waits with what it has, and brings
// it afterwards.
func TestNATSAway(t *testing.T) {
	if testing.Short() {
		t.Skip("starts everything, and waits")
	}
	t.Parallel()
	opts := &natsserver.Options{Host: "127.0.0.1", Port: natsserver.RANDOM_PORT, JetStream: true, JetStreamMaxStore: 1 << 50, StoreDir: t.TempDir(), NoSigs: true, NoLog: true,
		Username: "skein", Password: "geheim"}
	start := func() *natsserver.Server {
		s, err := natsserver.NewServer(opts)
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		if !s.ReadyForConnections(20 * time.Second) {
			t.Fatal("NATS isn't ready")
		}
		return s
	}
	bus := start()
	t.Cleanup(func() { bus.Shutdown(); bus.WaitForShutdown() })
	data := filepath.Join(t.TempDir(), "data")
	p := startUpWith(t, []string{
		"DATABASE_URL=" + inboxtest.EmptyDatabase(t),
		"SKEIN_NATS_URL=" + strings.Replace(bus.ClientURL(), "nats://", "nats://skein:geheim@", 1),
	}, data, "--demo", "--demo-every", "0", "--demo-answer", "0")
	p.settle(p.login())

	_, port, _ := strings.Cut(strings.TrimPrefix(bus.ClientURL(), "nats://"), ":")
	opts.Port, _ = strconv.Atoi(port)
	bus.Shutdown()
	bus.WaitForShutdown()
	p.write(t, data, "while NATS is away")
	time.Sleep(away())
	p.notReady(t)
	bus = start()
	p.find(p.login(), "while NATS is away")
	p.nothingDead(t)
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Errorf("skein up ends with %v", err)
	}
}

// notReady fails when the server says that it can serve.
func (p *process) notReady(t *testing.T) {
	t.Helper()
	resp, err := http.Get(p.url + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("/readyz answers %d, want 503", resp.StatusCode)
	}
}

// write has a customer of the demo write.
func (p *process) write(t *testing.T, data, subject string) {
	t.Helper()
	if code, _, said := runCommand(t, map[string]string{"SKEIN_DATA": data}, "demo", "send", "--text", "hello", "--subject", subject); code != 0 {
		t.Fatalf("demo send: %s", said)
	}
}

// nothingDead fails when an item was put aside.
func (p *process) nothingDead(t *testing.T) {
	t.Helper()
	var session struct{ AccessToken string }
	p.call("", "POST", "/login", map[string]string{"email": "admin@demo.test", "password": "skein-demo"}, &session)
	var dead struct{ Items []struct{ Reason string } }
	if code := p.call(session.AccessToken, "GET", "/dead", nil, &dead); code != 200 || len(dead.Items) > 0 {
		t.Errorf("put aside (%d): %+v", code, dead.Items)
	}
}
