package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"skein/inbox"
	"skein/inbox/account"
	"skein/inbox/store"
)

// accountCommand makes and changes accounts as the page of the admins does,
// where there is no page: by whoever may read the data folder and its key.
func accountCommand(ctx context.Context, e *env) error {
	name, err := subcommand(e, "account", "add", "list", "pause", "resume", "remove")
	if err != nil {
		return err
	}
	if name == "add" {
		return addAccount(ctx, e)
	}
	id := inbox.AccountID(firstWord(e))
	fs, s := adminFlags("account "+name, e)
	if err := parse(fs, e); err != nil {
		return err
	}
	if name != "list" && id == "" {
		return &usageError{fmt.Sprintf("skein account %s needs the account's id: skein account list shows them", name)}
	}
	return withDesk(ctx, e, s, func(_ *store.Store, desk *account.Desk) error {
		now := time.Now()
		switch name {
		case "remove":
			if err := desk.Remove(ctx, nil, id, now); err != nil {
				return err
			}
			fmt.Fprintf(e.stdout, "%s is removed. Its conversations stay.\n", id)
			return nil
		case "pause", "resume":
			a, err := desk.Pause(ctx, nil, id, name == "pause", now)
			if err != nil {
				return err
			}
			fmt.Fprintf(e.stdout, "%s is %s.\n", a.ID, map[bool]string{true: "paused", false: "served"}[a.Paused])
			return nil
		}
		list, err := desk.List(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
		for _, a := range list {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", a.ID, a.Channel, a.Name, a.Address, map[bool]string{true: "paused"}[a.Paused])
		}
		return w.Flush()
	})
}

// withDesk runs work on a migrated database, with the key that seals settings.
func withDesk(ctx context.Context, e *env, s *settings, work func(*store.Store, *account.Desk) error) error {
	return withStore(ctx, e, s, func(st *store.Store) error {
		if err := os.MkdirAll(s.data, 0o711); err != nil {
			return err
		}
		secret, err := secretKey(e.getenv, s.data)
		if err != nil {
			return err
		}
		return work(st, newDesk(st, secret, nil, s.ownConnectors()))
	})
}

func addAccount(ctx context.Context, e *env) error {
	a := account.Account{ID: inbox.AccountID(firstWord(e))}
	fs, s := adminFlags("account add ID", e)
	channel := fs.String("channel", string(inbox.Email), "email, chat, phone, social or shop")
	fs.StringVar(&a.Address, "address", "", "what replies are from: the mailbox's address, the number")
	fs.StringVar(&a.Name, "name", "", "the name that customers see (default: the address)")
	into := fs.String("inbox", "Support", "the inbox that its messages arrive in, made when it is missing")
	zone := fs.String("zone", "UTC", "the time zone of a new inbox, such as Europe/Vienna")
	file := fs.String("settings", "", "a JSON `file` with the channel's settings and secrets, - for the input")
	fs.BoolVar(&a.PlusAddress, "plus", false, "the server delivers user+tag@ to user@")
	also := fs.String("also", "", "other addresses of ours that arrive there, separated by commas")
	fs.StringVar(&a.Region, "region", "", "the country by which telephone numbers are read, such as AT")
	kinds := fs.String("kinds", "", "the kinds of identities that it may vouch for, separated by commas (default: the channel's)")
	proof := fs.Int("max-proof", -1, "the highest proof, 0 to 3, that its connector may claim (default: the channel's)")
	if err := parse(fs, e); err != nil {
		return err
	}
	if !inbox.ValidAccountID(string(a.ID)) {
		return &usageError{"skein account add needs an id of a-z, 0-9, - and _ first: skein account add support --address support@example.com --settings mailbox.json"}
	}
	raw, err := readSettings(e, *file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, &a.Settings); err != nil {
		return invalid("the settings are no JSON object")
	}
	a.Channel = inbox.Channel(*channel)
	a.Also = commas(*also)
	for _, kind := range commas(*kinds) {
		a.Kinds = append(a.Kinds, inbox.IdentityKind(kind))
	}
	if *proof >= 0 {
		p := inbox.Proof(*proof)
		a.MaxProof = &p
	}
	if a.Name == "" {
		a.Name = a.Address
	}
	return withDesk(ctx, e, s, func(st *store.Store, desk *account.Desk) error {
		now := time.Now()
		in, err := firstInbox(ctx, st, a.Name, *into, *zone, now)
		if err != nil {
			return err
		}
		a.InboxID = in.ID
		if err := put(ctx, desk, a, now); err != nil {
			return err
		}
		fmt.Fprintf(e.stdout, "What comes to %s arrives in the inbox %s. A server that runs takes it up within seconds.\n", a.Name, in.Name)
		return tellUnseen(ctx, e, st, in.ID)
	})
}

// put makes an account, or makes the one that is there what a says.
func put(ctx context.Context, desk *account.Desk, a account.Account, now time.Time) error {
	list, err := desk.List(ctx)
	if err != nil {
		return err
	}
	for _, was := range list {
		if was.ID == a.ID && was.Channel == a.Channel {
			a.Version = was.Version
			_, err := desk.Change(ctx, nil, a, now)
			return err
		}
	}
	_, err = desk.Make(ctx, nil, a, now)
	return err
}

// tellUnseen names the agents who don't see an inbox.
func tellUnseen(ctx context.Context, e *env, st *store.Store, in inbox.InboxID) error {
	agents, err := st.Agents(ctx)
	if err != nil {
		return err
	}
	for _, a := range agents {
		rights, err := st.Rights(ctx, a.ID)
		if err == nil && !rights.Sees(&inbox.Place{InboxID: in}) {
			fmt.Fprintf(e.stdout, "%s doesn't see that inbox until skein user add %s gives it once more.\n", a.Name, a.Email)
		}
	}
	return nil
}

func commas(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

func readSettings(e *env, file string) ([]byte, error) {
	var raw []byte
	var err error
	switch file {
	case "":
		return nil, &usageError{`--settings is missing: a file such as {"imap": {"host": "imap.example.com"}, "smtp": {"host": "smtp.example.com"}, "password": "…"}`}
	case "-":
		raw, err = io.ReadAll(io.LimitReader(e.stdin, 1<<20))
	default:
		raw, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, invalid("the settings can't be read: %v", err)
	}
	if !json.Valid(raw) {
		return nil, invalid("%s is not JSON", file)
	}
	return raw, nil
}
