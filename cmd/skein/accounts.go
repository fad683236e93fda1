package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/account"
	"skein/inbox/bus"
	"skein/inbox/store"
)

// projectEvery is how soon an account that another process changed is served.
const projectEvery = 3 * time.Second

// newDesk is where accounts of every channel are made and changed.
func newDesk(st account.Store, secret []byte, changed func()) *account.Desk {
	forms := map[inbox.Channel]connectors.Form{}
	for channel, b := range builtin {
		forms[channel] = b.form
	}
	return account.New(account.Config{Store: st, Vault: vault{secret}, Forms: forms, Changed: changed})
}

// project keeps the sidecars' accounts what PostgreSQL says, until ctx ends; put
// is what they have, and changed says that somebody changed one here.
// While either is away the sidecars go on with what they have.
func project(ctx context.Context, st *store.Store, b *bus.Bus, secret []byte, put map[inbox.Channel][]byte, changed <-chan struct{}, log *slog.Logger) error {
	tick := time.NewTicker(projectEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-changed:
		}
		if err := projectOnce(ctx, st, b, secret, put, log); err != nil && ctx.Err() == nil {
			log.Warn("accounts not handed to the connectors", "err", err)
		}
	}
}

// projectOnce puts the channels whose accounts differ from what put holds, and
// brings put up to date.
// An account whose settings were sealed under another key is left out: the
// others are served.
func projectOnce(ctx context.Context, st *store.Store, b *bus.Bus, secret []byte, put map[inbox.Channel][]byte, log *slog.Logger) error {
	stored, err := st.Accounts(ctx)
	if err != nil {
		return err
	}
	// A channel without an account is told so, too: it may have had one.
	channels := map[inbox.Channel][]connectors.Account{}
	for _, channel := range bus.Channels {
		channels[channel] = []connectors.Account{}
	}
	for _, a := range stored {
		if a.Removed {
			continue
		}
		settings, err := bus.OpenSettings(secret, a.Settings, a.Channel, a.ID)
		if err != nil {
			log.Error("account can't be opened with this secret key: add it again", "account", a.ID, "err", err)
			continue
		}
		channels[a.Channel] = append(channels[a.Channel], connectors.Account{
			ID: a.ID, Channel: a.Channel, Name: a.Name, Address: a.Address, Own: a.Own, Region: a.Region, Paused: a.Paused, Settings: settings,
		})
	}
	for channel, accounts := range channels {
		now, err := json.Marshal(accounts)
		if err != nil {
			return fmt.Errorf("encode accounts: %w", err)
		}
		if bytes.Equal(now, put[channel]) {
			continue
		}
		if err := b.PutAccounts(ctx, channel, accounts); err != nil {
			return err
		}
		put[channel] = now
	}
	return nil
}
