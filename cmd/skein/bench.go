package main

import (
	"context"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"time"

	"skein/cmd/skein/bench"
	"skein/connectors"
	"skein/inbox"
	"skein/inbox/auth"
	"skein/inbox/blob"
	"skein/inbox/bus"
	"skein/inbox/outbox"
	"skein/inbox/store"
	"skein/inbox/thread"
	"skein/inbox/threader"
	"skein/realtime"
)

// benchCommand measures this build on this machine.
func benchCommand(ctx context.Context, e *env) error {
	fs := flag.NewFlagSet("skein bench", flag.ContinueOnError)
	cfg := bench.Config{Out: e.stdout, Log: quietly(e.log)}
	fs.BoolVar(&cfg.Large, "large", false, "also at a million conversations and four million messages: takes 10 GB and a while")
	fs.StringVar(&cfg.Only, "only", "", "measure `ingest`, who, search, fanout, hooks, backfill, chat, page, api or start alone")
	fs.IntVar(&cfg.Mails, "mails", 20_000, "how many mails to take in")
	fs.IntVar(&cfg.Visitors, "visitors", 5000, "how many have the chat open")
	fs.IntVar(&cfg.Orders, "orders", 100_000, "how many orders to fetch from a shop")
	fs.StringVar(&cfg.Dir, "dir", "", "`folder` under which the data lies meanwhile; the system's for temporary files else")
	fs.StringVar(&cfg.Keep, "keep", "", "keep the databases of a million customers and of a million messages in `folder`, and copy it from there when it is there")
	fs.StringVar(&cfg.Profile, "cpuprofile", "", "write a CPU profile of ingest to `file`, or of skein under the last load of fanout")
	fs.StringVar(&cfg.Part, "part", "", "of fanout, measure `memory`, connect, load or commit alone")
	fs.StringVar(&cfg.Load, "load", "", "of fanout, only loads whose title has these `words`")
	fs.IntVar(&cfg.Rounds, "rounds", 3, "of fanout, how many `rounds`, of which the best counts")
	if err := parse(fs, e); err != nil {
		return err
	}
	if cfg.Mails < 1 {
		return invalid("--mails %d: at least one", cfg.Mails)
	}
	if cfg.Visitors < 1 || cfg.Visitors > 5000 {
		return invalid("--visitors %d: from 1 to 5000", cfg.Visitors)
	}
	if cfg.Orders < 1 {
		return invalid("--orders %d: at least one", cfg.Orders)
	}
	switch cfg.Only {
	case "", "ingest", "who", "search", "fanout", "hooks", "backfill", "chat", "page", "api", "start":
	default:
		return invalid("--only %s: want ingest, who, search, fanout, hooks, backfill, chat, page, api or start", cfg.Only)
	}
	var err error
	if cfg.Binary, err = os.Executable(); err != nil {
		return err
	}
	passwords := auth.NewPasswords(auth.DefaultCost, runtime.GOMAXPROCS(0))
	cfg.Hash = passwords.Hash
	cfg.Chat = func(link *bus.Link) connectors.Connector { return builtin[inbox.Chat].make(link, "", cfg.Log) }
	cfg.Ingest = func(st *store.Store, b *bus.Bus, blobs *blob.Files) ([]bench.Part, error) {
		keys, err := thread.NewKeys([]byte("a secret for one run of the bench"))
		if err != nil {
			return nil, err
		}
		return ingestParts(st, b, blobs, keys, cfg.Log), nil
	}
	cfg.Live = func(st *store.Store, b *bus.Bus, secret []byte) (http.Handler, func() bool, []bench.Part, error) {
		tokens, err := auth.NewTokens(secret)
		if err != nil {
			return nil, nil, nil, err
		}
		hub := realtime.New(realtime.Config{
			Source: source{outbox.NewPosition(st, b, cfg.Log), b}, Tokens: verifier{tokens}, Rights: st, Log: cfg.Log,
		})
		relay := outbox.New(outbox.Config{Source: st, Bus: b, Log: cfg.Log})
		return hub, hub.Ready, []bench.Part{relay.Run, hub.Run}, nil
	}
	if role := e.getenv(bench.RoleVariable); role != "" {
		return bench.Child(ctx, role, cfg, e.stdin, e.stdout)
	}
	return bench.Run(ctx, cfg)
}

// ingestParts are what takes mail in and announces it, as a server runs them.
func ingestParts(st *store.Store, b *bus.Bus, blobs *blob.Files, keys thread.Keys, log *slog.Logger) []bench.Part {
	return []bench.Part{
		threader.New(threader.Config{Stream: stream{b}, Store: keeper{st}, Blobs: blobs, Transit: b, Keys: keys, Log: log}).Run,
		outbox.New(outbox.Config{Source: st, Bus: b, Blobs: blobs, Transit: b, Log: log}).Run,
		outbox.NewTimers(st, map[string]outbox.FireFunc{
			store.SendKind: func(ctx context.Context, now time.Time) (bool, error) { return st.FireSend(ctx, now, outbox.Encode) },
		}, log).Run,
		outbox.NewFollowers(st, log).Run,
	}
}
