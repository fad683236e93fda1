// Package bench measures Skein on the machine that it runs on: how fast mail
// gets from the stream to committed and announced, beside bare inserts of the
// same rows; how much of that speed is left, and how fast a customer's panel
// opens and a merge is undone, at a million customers with five million orders;
// how long the API takes for a list, the counts, a conversation and a search;
// what searches of every kind take among a million messages, and how much of the
// database they read;
// how events reach thousands of browsers, beside servers that do nothing else;
// how long a webhook takes to an agent, and a message while a shop's orders are
// fetched, and an answer to a visitor of the chat,
// and what thousands of visitors hold in memory;
// what an agent waits for in the browser after a key press, and how even its
// frames are, beside a page that does nothing;
// how fast everything starts and what it holds in memory.
//
// It starts a PostgreSQL and a NATS of its own, durable as `skein up` starts
// them, in a folder that it removes. Absolute figures are those of a machine;
// the ratios, taken in one run, are what can be compared.
package bench

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"skein/connectors"
	"skein/inbox/blob"
	"skein/inbox/bus"
	"skein/inbox/store"
)

// A Part is something long-lived that returns when its context ends.
type Part func(ctx context.Context) error

// Config says what to measure with what.
type Config struct {
	Binary string // skein itself, for starts and the API
	Large  bool   // also at a million conversations
	Only   string // one of ingest, who, search, fanout, hooks, backfill, chat, page, api, start; "" is all
	Part   string // of fanout: memory, connect, load or commit; "" is all
	Load   string // words of the loads of fanout that are wanted; "" is all
	Rounds int    // of fanout, of which the best counts; 0 means 3
	Mails  int    // that are taken in; 0 means 20000
	// Visitors have the chat open, fanAlone at most; 0 means that many.
	Visitors int
	Orders   int    // that are fetched from a shop; 0 means 100000
	Dir      string // for the data; "" is a temporary folder
	// Keep is a folder for databases that take long to fill, for later runs to
	// start from; "" keeps none.
	Keep string
	// Profile is a file for the CPU profile of ingest, or of what fanout measures
	// last; "" makes none.
	Profile string
	Out     io.Writer
	Log     *slog.Logger

	// Ingest wires the threading service and everything that works behind a
	// commit.
	Ingest func(*store.Store, *bus.Bus, *blob.Files) ([]Part, error)
	// Live wires the hub and the relay, and tells when it is ready.
	Live func(*store.Store, *bus.Bus, []byte) (live http.Handler, ready func() bool, parts []Part, err error)
	// Chat is the connector of the web chat.
	Chat func(*bus.Link) connectors.Connector
	// Hash makes the hash of a password as agents log in with.
	Hash func(ctx context.Context, password string) (string, error)
}

const (
	smallConversations = 10_000
	largeConversations = 1_000_000
	perConversation    = 4 // messages
)

// Run measures and prints, line by line, until done or ctx ends.
func Run(ctx context.Context, cfg Config) error {
	if cfg.Mails == 0 {
		cfg.Mails = 20_000
	}
	if cfg.Orders == 0 {
		cfg.Orders = 100_000
	}
	if cfg.Visitors == 0 {
		cfg.Visitors = fanAlone
	}
	if cfg.Rounds == 0 {
		cfg.Rounds = 3
	}
	dir, err := os.MkdirTemp(cfg.Dir, "skein-bench-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	// PostgreSQL's user, where we are root, passes through; the folder is ours.
	if err := os.Chmod(dir, 0o711); err != nil {
		return err
	}
	if cfg.Only == "" || cfg.Only == "ingest" {
		if err := cfg.ingest(ctx, filepath.Join(dir, "ingest")); err != nil {
			return fmt.Errorf("ingest: %w", err)
		}
		_ = os.RemoveAll(filepath.Join(dir, "ingest"))
	}
	if cfg.Only == "" || cfg.Only == "who" {
		if err := cfg.who(ctx, filepath.Join(dir, "who")); err != nil {
			return fmt.Errorf("who: %w", err)
		}
	}
	if cfg.Only == "search" || cfg.Only == "" && cfg.Large {
		if err := cfg.search(ctx, filepath.Join(dir, "search")); err != nil {
			return fmt.Errorf("search: %w", err)
		}
	}
	if cfg.Only == "" || cfg.Only == "fanout" {
		if err := cfg.fanout(ctx, filepath.Join(dir, "fanout")); err != nil {
			return fmt.Errorf("fanout: %w", err)
		}
		_ = os.RemoveAll(filepath.Join(dir, "fanout"))
	}
	for _, part := range []struct {
		name string
		do   func(context.Context, *outside) error
	}{{"hooks", cfg.hooks}, {"backfill", cfg.backfill}, {"chat", cfg.chat}} {
		if cfg.Only == "" || cfg.Only == part.name {
			data := filepath.Join(dir, part.name)
			if err := cfg.outside(ctx, data, part.do); err != nil {
				return fmt.Errorf("%s: %w", part.name, err)
			}
			_ = os.RemoveAll(data)
		}
	}
	if cfg.Only == "" || cfg.Only == "page" {
		if err := cfg.page(ctx, filepath.Join(dir, "page")); err != nil {
			return fmt.Errorf("page: %w", err)
		}
		_ = os.RemoveAll(filepath.Join(dir, "page"))
	}
	if cfg.Only != "" && cfg.Only != "api" && cfg.Only != "start" {
		return nil
	}
	data := filepath.Join(dir, "data")
	if err := cfg.load(ctx, data, 0, smallConversations); err != nil {
		return fmt.Errorf("load %d conversations: %w", smallConversations, err)
	}
	small, err := cfg.serve(ctx, data, smallConversations)
	if err != nil || !cfg.Large {
		return err
	}
	if err := cfg.load(ctx, data, smallConversations, largeConversations); err != nil {
		return fmt.Errorf("load %d conversations: %w", largeConversations, err)
	}
	large, err := cfg.serve(ctx, data, largeConversations)
	if err != nil {
		return err
	}
	cfg.section("%d conversations against %d", largeConversations, smallConversations)
	for i, l := range large {
		if s := small[i]; s.n > 0 && l.n > 0 {
			cfg.line(l.name, "p50 ×%.2f   p99 ×%.2f", ratio(l.p50, s.p50), ratio(l.p99, s.p99))
		}
	}
	return nil
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

func (c *Config) section(format string, args ...any) {
	fmt.Fprintf(c.Out, "\n"+format+"\n", args...)
}

func (c *Config) line(name, format string, args ...any) {
	fmt.Fprintf(c.Out, "  %-28s "+format+"\n", append([]any{name}, args...)...)
}
