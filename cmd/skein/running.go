package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"skein/cmd/skein/local"
	"skein/inbox"
)

// A running tells other commands how to reach what `skein up` runs on a data
// folder. It lies there, readable by its owner only, while that runs.
type running struct {
	PID      int    `json:"pid"`
	URL      string `json:"url"`
	Database string `json:"database,omitempty"` // our own, else DATABASE_URL is known to whoever asks
	// Connectors are the credentials of imports, and of connectors that are no
	// children of ours.
	Connectors map[inbox.Channel]local.Credential `json:"connectors,omitempty"`
}

func runningPath(data string) string { return filepath.Join(data, "run.json") }

func (r *running) save(data string) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	if err := writeOnce(runningPath(data), raw); err != nil {
		return fmt.Errorf("announce in the data folder: %w", err)
	}
	return nil
}

// reach finds what runs on the data folder, or holds the folder for this
// process: exactly one of run and lock is set.
func reach(data string) (run *running, lock *local.Lock, err error) {
	lock, err = local.LockDir(data)
	if err == nil {
		return nil, lock, nil
	}
	if inbox.CodeOf(err) != inbox.Conflict {
		return nil, nil, err
	}
	raw, readErr := os.ReadFile(runningPath(data))
	if readErr != nil || json.Unmarshal(raw, &run) != nil || run == nil {
		return nil, nil, err // held, and not ready yet
	}
	return run, nil, nil
}

// A database is one that a command may work on: DATABASE_URL's, that of the
// running `skein up`, or our own, started for as long as the command takes.
type database struct {
	url  string
	stop func()
}

func openDatabase(ctx context.Context, e *env, s *settings) (*database, error) {
	if s.database != "" {
		return &database{s.database, func() {}}, nil
	}
	run, lock, err := reach(s.data)
	if err != nil {
		return nil, err
	}
	if run != nil {
		if run.Database == "" {
			return nil, invalid("the server on %s uses another database: set DATABASE_URL to it", s.data)
		}
		return &database{run.Database, func() {}}, nil
	}
	pg, err := local.StartPostgres(ctx, local.PostgresConfig{Dir: filepath.Join(s.data, "postgres"), Log: quietly(e.log)})
	if err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return &database{pg.URL(), func() {
		if err := pg.Stop(context.WithoutCancel(ctx)); err != nil {
			e.log.Warn("PostgreSQL did not stop in order", "err", err)
		}
		_ = lock.Unlock() // the kernel does it in a moment
	}}, nil
}

// quietly is log for parts whose small talk nobody wants in a command's output.
func quietly(log *slog.Logger) *slog.Logger {
	if log.Enabled(context.Background(), slog.LevelDebug) {
		return log
	}
	return slog.New(atLeast{log.Handler(), slog.LevelWarn})
}

// atLeast passes on what is at least of a level.
type atLeast struct {
	slog.Handler
	level slog.Level
}

func (h atLeast) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= h.level && h.Handler.Enabled(ctx, l)
}

func (h atLeast) WithAttrs(a []slog.Attr) slog.Handler {
	return atLeast{h.Handler.WithAttrs(a), h.level}
}
func (h atLeast) WithGroup(n string) slog.Handler { return atLeast{h.Handler.WithGroup(n), h.level} }
