package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"skein/cmd/skein/local"
	"skein/connectors"
	"skein/inbox"
	"skein/inbox/bus"
)

// importCommand finds the bus and the account that `skein import` brings old
// mail, calls or orders into: the running server's, those that the variables of a sidecar
// name, or our own NATS alone, in which they wait for the next start.
func importCommand(ctx context.Context, e *env) error {
	data, args := dataFlag(e)
	name, args := accountFlag(args)
	for _, a := range args {
		if a == "-h" || a == "--help" || a == "-help" {
			fmt.Fprintln(e.stdout, importUsage+"\n  --account ID   the account that they belong to, when there are several\n  --data FOLDER  of the server that runs (SKEIN_DATA)")
			return nil
		}
		if strings.HasPrefix(a, "-") && a != "-" {
			return &usageError{fmt.Sprintf("skein import: %s is not one of its flags: %s", a, importUsage)}
		}
	}
	channel := inbox.Email
	if len(args) > 0 {
		channel = cmp.Or(map[string]inbox.Channel{"calls": inbox.Phone, "orders": inbox.Shop}[args[0]], channel)
	}
	cred, waits, stop, err := importCredential(e, data, channel)
	if err != nil {
		return err
	}
	defer stop()
	key, err := bus.ParseChannelKey(cred.Key)
	if err != nil {
		return err
	}
	nc, err := bus.ConnectLink(cred.URL, cred.Creds, channel, e.log)
	if err != nil {
		return err
	}
	defer nc.Close()
	link, err := bus.NewLink(nc, bus.LinkConfig{Channel: channel, Key: key, Log: e.log})
	if err != nil {
		return err
	}
	var patience time.Duration
	if !waits {
		patience = 2 * projectEvery
	}
	account, err := chooseAccount(ctx, link, channel, name, patience)
	if err != nil {
		return err
	}
	bring := importMail
	switch channel {
	case inbox.Phone:
		bring = importCalls
	case inbox.Shop:
		bring = importOrders
	}
	if err := bring(ctx, args, link, account, e.stdout); err != nil {
		return err
	}
	if waits {
		fmt.Fprintln(e.stdout, "No server is running: they are worked in when skein up does.")
	}
	return nil
}

// accountFlag takes --account out of the arguments, wherever it stands.
func accountFlag(args []string) (name string, rest []string) {
	for i := 0; i < len(args); i++ {
		flagName, value, has := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		if !strings.HasPrefix(args[i], "-") || flagName != "account" {
			rest = append(rest, args[i])
			continue
		}
		if !has && i+1 < len(args) {
			i++
			value = args[i]
		}
		name = value
	}
	return name, rest
}

func importCredential(e *env, data string, channel inbox.Channel) (cred local.Credential, waits bool, stop func(), err error) {
	nothing := func() {}
	if e.getenv("SKEIN_NATS_URL") != "" {
		cred, err = credentialFromEnv(e)
		return cred, false, nothing, err
	}
	run, lock, err := reach(data)
	if err != nil {
		return cred, false, nothing, err
	}
	if run != nil {
		cred, has := run.Connectors[channel]
		if !has {
			return cred, false, nothing, invalid("the server on %s uses another NATS: set SKEIN_NATS_URL, SKEIN_NATS_CREDS and SKEIN_CHANNEL_KEY", data)
		}
		return cred, false, nothing, nil
	}
	defer func() {
		if err != nil {
			_ = lock.Unlock() // the error says more
		}
	}()
	secret, err := secretKey(e.getenv, data)
	if err != nil {
		return cred, false, nothing, err
	}
	server, err := local.StartNATS(local.NATSConfig{Dir: filepath.Join(data, "nats"), Log: quietly(e.log)})
	if err != nil {
		return cred, false, nothing, err
	}
	b := &base{natsURL: server.URL(), nats: server, secret: secret}
	if cred, err = b.credentialFor(&settings{}, channel); err != nil {
		_ = server.Stop(context.Background())
		return cred, false, nothing, err
	}
	return cred, true, func() {
		_ = server.Stop(context.Background()) // what was acknowledged is on disk
		_ = lock.Unlock()
	}, nil
}

// chooseAccount returns the account that is called name, or the only one. With
// a patience it waits that long for one: an account that was added just now is
// told to the connectors within seconds.
func chooseAccount(ctx context.Context, link *bus.Link, channel inbox.Channel, name string, patience time.Duration) (connectors.Account, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second+patience)
	defer cancel()
	told := make(chan []connectors.Account)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		_ = link.WatchAccounts(ctx, func(all []connectors.Account) {
			select {
			case told <- all:
			case <-ctx.Done():
			}
		})
	}()
	defer func() { cancel(); <-watched }()
	err := error(&inbox.Error{Code: inbox.Unavailable, Message: "the bus doesn't say which accounts there are: does the server run?"})
	var late <-chan time.Time
	for {
		select {
		case all := <-told:
			var account connectors.Account
			if account, err = pick(all, channel, name); inbox.CodeOf(err) != inbox.NotFound {
				return account, err
			}
			if patience == 0 {
				return account, err
			}
			if late == nil {
				late = time.After(patience)
			}
		case <-late:
			return connectors.Account{}, err
		case <-ctx.Done():
			return connectors.Account{}, err
		}
	}
}

// pick is NotFound where the account may yet come.
func pick(all []connectors.Account, channel inbox.Channel, name string) (connectors.Account, error) {
	var names []string
	for _, a := range all {
		if string(a.ID) == name || name == "" && len(all) == 1 {
			return a, nil
		}
		names = append(names, string(a.ID))
	}
	one, what := "mailbox", "mail"
	switch channel {
	case inbox.Phone:
		one, what = "telephone account", "calls"
	case inbox.Shop:
		one, what = "shop account", "orders"
	}
	switch {
	case len(all) == 0:
		return connectors.Account{}, &inbox.Error{Code: inbox.NotFound, Message: fmt.Sprintf("there is no %s to bring %s into: make one with skein account add, and start skein up once", one, what)}
	case name == "":
		return connectors.Account{}, &usageError{"there are several: name one with --account " + strings.Join(names, "|")}
	}
	return connectors.Account{}, &inbox.Error{Code: inbox.NotFound, Message: fmt.Sprintf("--account %s: there is only %s", name, strings.Join(names, ", "))}
}
