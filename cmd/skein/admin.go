package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"net/mail"
	"strings"
	"time"

	"skein/cmd/skein/demo"
	"skein/inbox"
	"skein/inbox/auth"
	"skein/inbox/store"
	"skein/inbox/threader"
	"skein/migrations"
)

// withStore runs work on a migrated database.
func withStore(ctx context.Context, e *env, s *settings, work func(*store.Store) error) error {
	db, err := openDatabase(ctx, e, s)
	if err != nil {
		return err
	}
	defer db.stop()
	if err := migrations.Up(ctx, db.url); err != nil {
		return err
	}
	st, err := store.Open(ctx, db.url, 4, threader.Rules())
	if err != nil {
		return err
	}
	defer st.Close()
	return work(st)
}

// adminFlags are those of the commands that work on the database alone.
func adminFlags(name string, e *env) (*flag.FlagSet, *settings) {
	fs := flag.NewFlagSet("skein "+name, flag.ContinueOnError)
	fs.SetOutput(e.stdout)
	s := &settings{database: e.getenv("DATABASE_URL")}
	data := ".skein"
	if v := e.getenv("SKEIN_DATA"); v != "" {
		data = v
	}
	fs.StringVar(&s.data, "data", data, "data `folder` of the embedded database (SKEIN_DATA)")
	return fs, s
}

// firstWord takes the word that stands before the flags, or after them.
func firstWord(e *env) string {
	if len(e.args) > 0 && !strings.HasPrefix(e.args[0], "-") {
		word := e.args[0]
		e.args = e.args[1:]
		return word
	}
	return ""
}

func migrate(ctx context.Context, e *env) error {
	fs, s := adminFlags("migrate", e)
	if err := parse(fs, e); err != nil {
		return err
	}
	return withStore(ctx, e, s, func(*store.Store) error {
		fmt.Fprintln(e.stdout, "The database has the newest schema.")
		return nil
	})
}

func user(ctx context.Context, e *env) error {
	if _, err := subcommand(e, "user", "add"); err != nil {
		return err
	}
	address := firstWord(e)
	fs, s := adminFlags("user add EMAIL", e)
	role := fs.String("role", string(inbox.AgentRole), "agent, supervisor or admin")
	name := fs.String("name", "", "the name that customers and colleagues see")
	locale := fs.String("locale", "", "the language of the pages, such as de; without: the browser's")
	if err := parse(fs, e); err != nil {
		return err
	}
	if a, err := mail.ParseAddress(address); err != nil || a.Address != address {
		return &usageError{"skein user add needs the address first: skein user add ana@example.com --name Ana"}
	}
	if *name == "" {
		*name, _, _ = strings.Cut(address, "@")
	}
	if !inbox.Role(*role).Valid() {
		return &usageError{fmt.Sprintf("--role %s is not one of agent, supervisor, admin", *role)}
	}
	password, err := readPassword(e)
	if err != nil {
		return err
	}
	hash, err := auth.NewPasswords(auth.DefaultCost, 1).Hash(ctx, password)
	if err != nil {
		return err
	}
	return withStore(ctx, e, s, func(st *store.Store) error {
		now := time.Now()
		inboxes, err := everyInbox(ctx, st)
		if err != nil {
			return err
		}
		a := inbox.Agent{ID: inbox.NewID[inbox.AgentID](now), Email: address, Name: *name, Role: inbox.Role(*role), Locale: *locale, Active: true}
		known, err := agentsByEmail(ctx, st)
		if err != nil {
			return err
		}
		if old, has := known[strings.ToLower(address)]; has {
			a.ID = old.ID
		}
		if err := st.SaveAgent(ctx, a, hash, inboxes, nil, now); err != nil {
			return err
		}
		fmt.Fprintf(e.stdout, "%s may sign in as %s.\n", address, *role)
		return nil
	})
}

// readPassword takes SKEIN_PASSWORD, else a line of the input, which a terminal
// shows while it is typed.
func readPassword(e *env) (string, error) {
	if p := e.getenv("SKEIN_PASSWORD"); p != "" {
		return p, nil
	}
	fmt.Fprintf(e.stderr, "password (at least %d characters): ", auth.MinPassword)
	line, err := bufio.NewReader(io.LimitReader(e.stdin, 4096)).ReadString('\n')
	if err != nil && line == "" {
		fmt.Fprintln(e.stderr)
		return "", invalid("no password was given: type one, pipe one in, or set SKEIN_PASSWORD")
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func everyInbox(ctx context.Context, st *store.Store) ([]inbox.InboxID, error) {
	all, err := st.Inboxes(ctx, &inbox.Rights{All: true})
	if err != nil {
		return nil, err
	}
	ids := []inbox.InboxID{}
	for _, in := range all {
		ids = append(ids, in.ID)
	}
	return ids, nil
}

// agentsByEmail are all agents, those who may no longer sign in too, by their
// address in lower case.
func agentsByEmail(ctx context.Context, st *store.Store) (map[string]inbox.Agent, error) {
	all, err := st.Agents(ctx)
	if err != nil {
		return nil, err
	}
	known := map[string]inbox.Agent{}
	for _, a := range all {
		known[strings.ToLower(a.Email)] = a
	}
	return known, nil
}

// firstInbox returns the inbox that is called name, and makes it, with its
// brand, when there is none.
func firstInbox(ctx context.Context, st *store.Store, brand, name, zone string, now time.Time) (inbox.Inbox, error) {
	all, err := st.Inboxes(ctx, &inbox.Rights{All: true})
	if err != nil {
		return inbox.Inbox{}, err
	}
	for _, in := range all {
		if strings.EqualFold(in.Name, name) {
			return in, nil
		}
	}
	b, calendar, err := st.CreateBrand(ctx, brand, "en", zone, now)
	if err != nil {
		return inbox.Inbox{}, err
	}
	return st.CreateInbox(ctx, b, calendar, name, now)
}

func demoCommand(ctx context.Context, e *env) error {
	what, err := subcommand(e, "demo", "send", "call")
	if err != nil {
		return err
	}
	data, args := dataFlag(e)
	if what == "call" {
		return demo.Call(ctx, args, demoDir(data), e.stdout)
	}
	return demo.Send(ctx, args, demoDir(data), e.stdout)
}

// dataFlag takes --data out of the arguments of a command whose own flags are
// read elsewhere.
func dataFlag(e *env) (data string, rest []string) {
	data = ".skein"
	if v := e.getenv("SKEIN_DATA"); v != "" {
		data = v
	}
	for i := 0; i < len(e.args); i++ {
		a := e.args[i]
		name, value, has := strings.Cut(strings.TrimLeft(a, "-"), "=")
		if strings.HasPrefix(a, "-") && name == "data" {
			if has {
				data = value
			} else if i+1 < len(e.args) {
				i++
				data = e.args[i]
			}
			continue
		}
		rest = append(rest, a)
	}
	return data, rest
}
