// Command skein is the whole of Skein in one binary: `skein up` runs
// everything on one machine, `skein serve` a node beside a real PostgreSQL and
// a real NATS, `skein connector` a sidecar.
//
// This package holds flags, wiring and signals: the order in which parts start
// and stop, and the sentences that a person reads in a terminal. It holds no
// rule of the business, no SQL and no protocol.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"skein/inbox"
)

// An env is what a command gets of the process that it runs in, so that a test
// can give it another one.
type env struct {
	args   []string // after the command's name
	getenv func(string) string
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	log    *slog.Logger
}

// A command is one word after skein.
type command struct {
	name, help string
	run        func(ctx context.Context, e *env) error
}

func commands() []command {
	return []command{
		{"up", "run everything on this machine: database, bus, server, connectors", up},
		{"serve", "run a node beside the PostgreSQL and NATS that are named", serve},
		{"connector", "run one connector as a sidecar: skein connector email", connector},
		{"migrate", "bring the database to the newest schema", migrate},
		{"user", "add an agent: skein user add EMAIL --role agent --name NAME", user},
		{"account", "add, list, pause, resume or remove what connectors serve: skein account add ID --address ADDRESS --settings FILE", accountCommand},
		{"nats", "print what a connector of your own signs in with: skein nats credential CHANNEL", natsCommand},
		{"import", "bring in old mail, calls and orders: skein import eml PATH…, mbox FILE, calls FILE, orders FILE", importCommand},
		{"explain", "print what Skein makes of a mail: skein explain FILE.eml…", func(ctx context.Context, e *env) error {
			return explain(ctx, e.args, e.stdout, e.stderr)
		}},
		{"demo", "write to the running demo, or call it: skein demo send --text TEXT, skein demo call", demoCommand},
		{"bench", "measure ingest, the API and starts on this machine", benchCommand},
		{"eval", "measure answers against a folder of known cases: skein eval DIR", evalCommand},
		{"schema", "write the JSON Schemas of what connectors exchange: skein schema FOLDER", schemas},
		{"openapi", "print the API's OpenAPI document", openAPI},
	}
}

// A usageError is a command line that can't be understood.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

func main() {
	// The first Ctrl-C stops everything in order, the second one at once: the
	// default action is back by then, and children end with their parent.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	e := &env{args: os.Args[1:], getenv: os.Getenv, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	os.Exit(run(ctx, e))
}

// run is main without the process. It returns the exit code: 0, 1 for a
// failure, 2 for a command line that can't be understood.
func run(ctx context.Context, e *env) int {
	if e.log == nil {
		log, err := newLog(e)
		if err != nil {
			fmt.Fprintln(e.stderr, "skein:", err)
			return 1
		}
		e.log = log
	}
	err := dispatch(ctx, e)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return 0
	}
	fmt.Fprintln(e.stderr, "skein:", err)
	if _, ok := errors.AsType[*usageError](err); ok {
		return 2
	}
	return 1
}

func dispatch(ctx context.Context, e *env) error {
	if len(e.args) == 0 || slices.Contains([]string{"help", "-h", "--help", "-help"}, e.args[0]) {
		usage(e.stdout)
		return nil
	}
	name := e.args[0]
	for _, c := range commands() {
		if c.name == name {
			sub := *e
			sub.args = e.args[1:]
			return c.run(ctx, &sub)
		}
	}
	return &usageError{fmt.Sprintf("%q is not a command: skein help lists them", name)}
}

func usage(w io.Writer) {
	fmt.Fprint(w, "Skein, one inbox for every channel.\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  skein %-10s %s\n", c.name, c.help)
	}
	fmt.Fprint(w, "\nskein COMMAND --help tells more. To try it: skein up --demo\n")
}

// newLog writes to the terminal what an operator should see, and more with
// SKEIN_LOG=debug.
func newLog(e *env) (*slog.Logger, error) {
	level := slog.LevelInfo
	if s := e.getenv("SKEIN_LOG"); s != "" {
		if err := level.UnmarshalText([]byte(s)); err != nil {
			return nil, invalid("SKEIN_LOG=%s is not a level: debug, info, warn or error", s)
		}
	}
	return slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: level})), nil
}

func invalid(format string, args ...any) error {
	return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf(format, args...)}
}

// subcommand splits what follows the command's name.
func subcommand(e *env, of string, names ...string) (string, error) {
	if len(e.args) > 0 && slices.Contains(names, e.args[0]) {
		name := e.args[0]
		e.args = e.args[1:]
		return name, nil
	}
	return "", &usageError{fmt.Sprintf("skein %s needs one of: %s", of, strings.Join(names, ", "))}
}
