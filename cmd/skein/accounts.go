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
	"skein/inbox/bus"
	"skein/inbox/store"
)

// projectEvery is how soon an account that another process changed is served.
const projectEvery = 3 * time.Second

// project keeps the sidecars' accounts what PostgreSQL says, until ctx ends; put
// is what they have.
// While either is away the sidecars go on with what they have.
func project(ctx context.Context, st *store.Store, b *bus.Bus, secret []byte, put map[inbox.Channel][]byte, log *slog.Logger) error {
	tick := time.NewTicker(projectEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
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
	channels := map[inbox.Channel][]connectors.Account{}
	for _, a := range stored {
		settings, err := bus.OpenSettings(secret, a.Settings, a.Channel, a.ID)
		if err != nil {
			log.Error("account can't be opened with this secret key: add it again", "account", a.ID, "err", err)
			continue
		}
		channels[a.Channel] = append(channels[a.Channel], connectors.Account{
			ID: a.ID, Channel: a.Channel, Name: a.Name, Address: a.Address, Own: a.Own, Paused: a.Paused, Settings: settings,
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
