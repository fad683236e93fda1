package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/account"
	"skein/inbox/bus"
	"skein/inbox/store"
)

// projectEvery is how soon an account that another process changed is served.
const projectEvery = 3 * time.Second

// newDesk is where accounts of every channel are made and changed; those of the
// channels of own by anybody's form.
func newDesk(st account.Store, secret []byte, changed func(), own []string) *account.Desk {
	forms := map[inbox.Channel]connectors.Form{}
	for channel, b := range builtin {
		if !slices.Contains(own, string(channel)) {
			forms[channel] = b.form
		}
	}
	return account.New(account.Config{Store: st, Vault: vault{secret}, Forms: forms, Changed: changed})
}

// A projection is what the sidecars are told of accounts.
type projection struct {
	store  *store.Store
	bus    *bus.Bus
	secret []byte
	log    *slog.Logger

	put    map[inbox.Channel][]byte
	served map[inbox.Channel]chan struct{} // closed when the channel has its first account
}

func newProjection(st *store.Store, b *bus.Bus, secret []byte, log *slog.Logger) *projection {
	p := &projection{store: st, bus: b, secret: secret, log: log, put: map[inbox.Channel][]byte{}, served: map[inbox.Channel]chan struct{}{}}
	for _, channel := range bus.Channels {
		p.served[channel] = make(chan struct{})
	}
	return p
}

// run keeps the sidecars' accounts what PostgreSQL says, until ctx ends; changed
// says that somebody changed one here.
// While either is away the sidecars go on with what they have.
func (p *projection) run(ctx context.Context, changed <-chan struct{}) error {
	tick := time.NewTicker(projectEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-changed:
		}
		if err := p.once(ctx); err != nil && ctx.Err() == nil {
			p.log.Warn("accounts not handed to the connectors", "err", err)
		}
	}
}

// once puts the channels whose accounts differ from what was put.
// An account whose settings were sealed under another key is left out: the
// others are served.
func (p *projection) once(ctx context.Context) error {
	stored, err := p.store.Accounts(ctx)
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
		settings, err := bus.OpenSettings(p.secret, a.Settings, a.Channel, a.ID)
		if err != nil {
			p.log.Error("account can't be opened with this secret key: add it again", "account", a.ID, "err", err)
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
		if bytes.Equal(now, p.put[channel]) {
			continue
		}
		if err := p.bus.PutAccounts(ctx, channel, accounts); err != nil {
			return err
		}
		p.put[channel] = now
		if first := p.served[channel]; len(accounts) > 0 {
			select {
			case <-first:
			default:
				close(first)
			}
		}
	}
	return nil
}
