package local

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	databaseName = "skein"
	databaseUser = "skein"
	socketName   = ".s.PGSQL.5432"
)

// PostgresConfig says how to run the embedded PostgreSQL.
type PostgresConfig struct {
	// Dir is the server's folder within the data folder. It is made when it is
	// missing, and locked.
	Dir string
	Log *slog.Logger
	// Unsafe gives durability up for speed: for tests only, whose data nobody
	// wants back after a power cut.
	Unsafe bool
}

// Postgres is a running PostgreSQL server that belongs to this process. When
// its process dies it is started again in place, under the same URL: clients
// see a database that is away for a moment.
type Postgres struct {
	cfg  PostgresConfig
	bin  Binaries
	own  owner
	lock *Lock
	more *Lock // of the server's home, where that is outside Dir

	data, run string

	stop    context.CancelFunc
	stopped chan struct{}
	err     error // why it ended by itself; read it after stopped

	mu     sync.Mutex // guards server
	server *child
}

// StartPostgres starts PostgreSQL on cfg.Dir and returns when it answers,
// crash recovery included, with the database "skein" there. The first start
// makes the cluster.
//
// A folder in use is a [inbox.Conflict], a machine without PostgreSQL a
// [inbox.NotFound]. When ctx ends during the start the server is stopped again;
// afterwards ctx means nothing: call Stop.
func StartPostgres(ctx context.Context, cfg PostgresConfig) (_ *Postgres, err error) {
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, err
	}
	cfg.Dir = dir
	p := &Postgres{cfg: cfg, stopped: make(chan struct{})}
	if p.lock, err = LockDir(dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			p.unlock()
		}
	}()
	if p.own, err = serverOwner(); err != nil {
		return nil, err
	}
	home, err := serverHome(dir, p.own, cfg.Log)
	if err != nil {
		return nil, err
	}
	if filepath.Dir(home) != dir {
		// A copy of the data folder names the same home: the first one has it.
		if p.more, err = LockDir(home); err != nil {
			return nil, err
		}
	}
	p.data = filepath.Join(home, "data")
	if err := p.prepare(ctx, home); err != nil {
		return nil, err
	}
	if p.run, err = socketDir(dir, home, p.own); err != nil {
		return nil, fmt.Errorf("make socket folder: %w", err)
	}

	life, cancel := context.WithCancel(context.Background())
	p.stop = cancel
	if err := p.startPatiently(ctx); err != nil {
		cancel()
		return nil, err
	}
	if err := p.makeDatabase(ctx); err != nil {
		cancel()
		p.halt()
		return nil, err
	}
	go p.keep(life)
	return p, nil
}

// URL returns the address of the database, for pgx and libpq.
func (p *Postgres) URL() string { return p.url(databaseName) }

// AdminURL returns the address of the database "postgres" of the same server,
// from which others are made.
func (p *Postgres) AdminURL() string { return p.url("postgres") }

func (p *Postgres) url(database string) string {
	q := url.Values{"host": {p.run}, "user": {databaseUser}, "port": {"5432"}}
	return "postgres:///" + database + "?" + q.Encode()
}

// PID returns the number of the server's process at this moment.
func (p *Postgres) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.server.cmd.Process.Pid
}

// Done is closed when the server has ended for good: after Stop, or when it
// died and could not be started again. Err then says why.
func (p *Postgres) Done() <-chan struct{} { return p.stopped }

// Err returns nil after Stop, and otherwise why the server could not be kept
// running. It may be read after Done.
func (p *Postgres) Err() error {
	select {
	case <-p.stopped:
		return p.err
	default:
		return nil
	}
}

// Stop ends the server: open transactions are rolled back, what was committed
// is on disk. When ctx ends first the server is cut off, and recovers at the
// next start. Stop may be called more than once.
func (p *Postgres) Stop(ctx context.Context) error {
	p.stop()
	select {
	case <-p.stopped:
	case <-ctx.Done():
		p.signal(syscall.SIGQUIT)
		<-p.stopped
	}
	return p.err
}

func (p *Postgres) unlock() {
	if p.more != nil {
		p.more.Unlock()
	}
	p.lock.Unlock()
}

func (p *Postgres) signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.server != nil && !p.server.ended() {
		_ = p.server.cmd.Process.Signal(s)
	}
}

// keep restarts the server when it dies, until life ends.
func (p *Postgres) keep(life context.Context) {
	defer close(p.stopped)
	defer p.unlock()
	defer func() { forgetSocket(p.cfg.Dir, p.own) }()
	const tries = 6
	for {
		p.mu.Lock()
		server := p.server
		p.mu.Unlock()
		select {
		case <-life.Done():
			p.halt()
			return
		case <-server.done:
		}
		p.cfg.Log.Error("database server died", "reason", server.err)
		delay := 20 * time.Millisecond
		for try := 1; ; try++ {
			err := p.startPatiently(life)
			if err == nil {
				p.cfg.Log.Info("database server is back")
				break
			}
			if life.Err() != nil {
				p.halt()
				return
			}
			if try == tries {
				p.err = fmt.Errorf("restart PostgreSQL: %w", err)
				return
			}
			select {
			case <-life.Done():
				return
			case <-time.After(delay):
			}
			delay *= 3
		}
	}
}

// halt ends the server within a minute, at the latest by force.
func (p *Postgres) halt() {
	p.mu.Lock()
	server := p.server
	p.mu.Unlock()
	if server == nil {
		return
	}
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGINT, 45 * time.Second}, {syscall.SIGQUIT, 10 * time.Second}, {syscall.SIGKILL, time.Minute}} {
		p.signal(step.signal)
		select {
		case <-server.done:
			return
		case <-time.After(step.wait):
		}
	}
}

// prepare finds the binaries that fit the data, and makes the cluster when
// there is none.
func (p *Postgres) prepare(ctx context.Context, home string) error {
	want := 0
	b, err := os.ReadFile(filepath.Join(p.data, "PG_VERSION"))
	switch {
	case err == nil:
		major, _, _ := strings.Cut(strings.TrimSpace(string(b)), ".")
		if want, err = strconv.Atoi(major); err != nil {
			return fmt.Errorf("read PG_VERSION: %w", err)
		}
	case !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("read PG_VERSION: %w", err)
	}
	if p.bin, err = FindPostgres(ctx, want); err != nil {
		return err
	}
	if !p.own.passes(p.bin.Dir) {
		if p.bin.Dir, err = copyBinaries(p.bin, home); err != nil {
			return fmt.Errorf("copy PostgreSQL to where its user can reach it: %w", err)
		}
	}
	if want == 0 {
		return p.initialise(ctx, home)
	}
	return nil
}

// copyBinaries copies an installation that the server's user can't reach, such
// as one under root's home.
func copyBinaries(b Binaries, home string) (string, error) {
	to := filepath.Join(home, fmt.Sprintf("postgresql-%d", b.Major))
	if _, err := os.Stat(to); err == nil {
		return filepath.Join(to, "bin"), nil
	}
	from := filepath.Dir(b.Dir)
	if _, err := os.Stat(filepath.Join(from, "share")); err != nil {
		return "", fmt.Errorf("%s is no installation that can be moved", from)
	}
	fresh, err := os.MkdirTemp(home, "new-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(fresh)
	if err := os.CopyFS(fresh, os.DirFS(from)); err != nil {
		return "", err
	}
	if err := os.Chmod(fresh, 0o755); err != nil {
		return "", err
	}
	return filepath.Join(to, "bin"), os.Rename(fresh, to)
}

// initialise makes the cluster under another name and renames it when it is
// whole, so that an interrupted first start leaves nothing in the way.
func (p *Postgres) initialise(ctx context.Context, home string) error {
	fresh := filepath.Join(home, "data.new")
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("remove an unfinished cluster: %w", err)
	}
	ctype := "C.UTF-8"
	if runtime.GOOS == "darwin" {
		ctype = "en_US.UTF-8"
	}
	// Bytewise collation makes indexes small and quick and independent of the
	// system's libc; the character type still knows every letter's case.
	args := []string{"-D", fresh, "-U", databaseUser, "--auth=trust", "-E", "UTF8",
		"--lc-collate=C", "--lc-ctype=" + ctype, "--lc-messages=C",
		"--lc-monetary=C", "--lc-numeric=C", "--lc-time=C"}
	if p.cfg.Unsafe {
		args = append(args, "-N")
	}
	cmd := p.command(ctx, home, "initdb", args...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w: %s", err, lastLine(out))
	}
	return os.Rename(fresh, p.data)
}

func (p *Postgres) command(ctx context.Context, dir, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(p.bin.Dir, program), args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + p.bin.Dir + ":/usr/bin:/bin", "LC_MESSAGES=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.own.credential}
	return cmd
}

// settings fit a machine that does other work too.
func (p *Postgres) settings() []string {
	s := []string{
		"listen_addresses=", "port=5432",
		"unix_socket_directories=" + p.run, "unix_socket_permissions=0700",
		"max_connections=60", "shared_buffers=128MB", "work_mem=8MB", "maintenance_work_mem=64MB",
		"effective_cache_size=512MB", "random_page_cost=1.1", "jit=off", "huge_pages=off",
		"max_parallel_workers_per_gather=0", "checkpoint_timeout=15min",
		"timezone=UTC", "log_timezone=UTC",
		// What ERROR lines hold is our callers' data: they get it, the log
		// doesn't.
		"log_min_messages=log", "log_min_error_statement=panic", "log_error_verbosity=terse",
		"log_checkpoints=off", "log_destination=stderr", "logging_collector=off", "log_line_prefix=",
	}
	if p.cfg.Unsafe {
		return append(s, "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200",
			"max_wal_size=4GB")
	}
	return append(s, "fsync=on", "synchronous_commit=on", "full_page_writes=on")
}

// compression is how whole pages are packed into the log: after a checkpoint each
// page that is touched goes there once, and with a large database that is most of
// them. lz4 takes a third of the time of PostgreSQL's own way; not every build of
// it has that.
func (p *Postgres) compression(ctx context.Context) string {
	if p.command(ctx, p.data, "postgres", "-D", p.data, "-C", "wal_compression", "-c", "wal_compression=lz4").Run() != nil {
		return "on"
	}
	return "lz4"
}

// orphansFor is how long the back ends of a killed postmaster are waited for:
// each ends when it next looks up from its work.
const orphansFor = time.Minute

// startPatiently starts the server and waits until it answers. A server that
// ends at once is tried again for a while: the back ends of one whose
// postmaster was killed hold its shared memory for some moments.
func (p *Postgres) startPatiently(ctx context.Context) error {
	delay, began := 50*time.Millisecond, time.Now()
	for try := 0; ; try++ {
		err := p.startOnce(ctx)
		var ended *endedError
		if err == nil || !errors.As(err, &ended) {
			return err
		}
		if ended.occupied() && time.Since(began) < orphansFor {
			delay = min(delay, time.Second)
		} else if try >= 5 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(delay):
		}
		delay *= 2
	}
}

// An endedError is a server that ended before it answered.
type endedError struct {
	reason error
	words  string // why, in its own words
}

// occupied reports whether processes of an earlier server are still there.
func (e *endedError) occupied() bool { return strings.Contains(e.words, "shared memory block") }

func (e *endedError) Error() string {
	return fmt.Sprintf("PostgreSQL ended while it started (%v): %s", e.reason, e.words)
}

func (p *Postgres) startOnce(ctx context.Context) (err error) {
	if err := stopOrphan(ctx, p.data, p.cfg.Log); err != nil {
		return err
	}
	if err := clearSocket(p.run); err != nil {
		return err
	}
	args := []string{"-D", p.data}
	for _, s := range append(p.settings(), "wal_compression="+p.compression(ctx)) {
		args = append(args, "-c", s)
	}
	cmd := p.command(context.Background(), p.data, "postgres", args...)
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = w, w
	server, err := startChild(cmd, syscall.SIGINT) // SIGINT: stop fast, roll back, checkpoint
	w.Close()
	if err != nil {
		r.Close()
		return fmt.Errorf("start postgres: %w", err)
	}
	words := newTail(r, p.cfg.Log)
	p.mu.Lock()
	p.server = server
	p.mu.Unlock()
	defer func() {
		if err != nil {
			p.halt()
		}
	}()

	cfg, err := pgx.ParseConfig(p.url("postgres"))
	if err != nil {
		return err
	}
	pause := time.NewTicker(2 * time.Millisecond)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for PostgreSQL: %w", ctx.Err())
		case <-server.done:
			return &endedError{reason: server.err, words: words.last()}
		case <-pause.C:
		}
		if _, err := os.Stat(filepath.Join(p.run, socketName)); err != nil {
			continue
		}
		conn, err := pgx.ConnectConfig(ctx, cfg)
		if err == nil {
			return conn.Close(ctx)
		}
		// Recovery takes as long as it takes: "the database system is starting
		// up" (57P03), or nobody at the socket yet.
		var refused *pgconn.PgError
		if errors.As(err, &refused) {
			if refused.Code != "57P03" {
				return fmt.Errorf("connect to PostgreSQL: %w", err)
			}
			pause.Reset(20 * time.Millisecond)
		}
	}
}

func (p *Postgres) makeDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, p.AdminURL())
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer conn.Close(ctx)
	var there bool
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, databaseName).Scan(&there)
	if err != nil {
		return fmt.Errorf("look for database: %w", err)
	}
	if there {
		return nil
	}
	if _, err := conn.Exec(ctx, `CREATE DATABASE `+databaseName); err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	return nil
}

// A tail passes a server's lines to the log and keeps the newest, or the one that
// says why the server ended.
type tail struct {
	mu    sync.Mutex // guards line and fatal
	line  string
	fatal bool // line says why the server ended
	done  chan struct{}
}

// newTail reads r to its end, which comes when the last process of the server
// has ended, and closes it.
func newTail(r io.ReadCloser, log *slog.Logger) *tail {
	t := &tail{done: make(chan struct{})}
	go func() {
		defer close(t.done)
		defer r.Close()
		lines := bufio.NewReader(r)
		for {
			line, err := lines.ReadString('\n')
			if line = strings.TrimSpace(line); line != "" {
				fatal := strings.Contains(line, "FATAL:") || strings.Contains(line, "PANIC:")
				t.mu.Lock()
				if fatal || !t.fatal { // what follows only says that it is the end
					t.line, t.fatal = line, fatal
				}
				t.mu.Unlock()
				level := slog.LevelDebug
				if strings.HasPrefix(line, "PANIC:") {
					level = slog.LevelError
				}
				log.Log(context.Background(), level, "postgresql", "line", line)
			}
			if err != nil {
				return
			}
		}
	}()
	return t
}

// last waits a moment for the reader to reach the end.
func (t *tail) last() string {
	select {
	case <-t.done:
	case <-time.After(time.Second):
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.line
}

func lastLine(out []byte) string {
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	return string(bytes.TrimSpace(lines[len(lines)-1]))
}
