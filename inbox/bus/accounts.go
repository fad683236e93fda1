package bus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"skein/connectors"
	"skein/inbox"
)

// An account as accounts_<channel> keeps it: everything but its settings, in
// which the secrets are, can be read by who may read the bucket.
type sealedAccount struct {
	connectors.Account        // Settings empty
	Sealed             sealed `json:"sealed"`
}

// PutAccounts replaces the accounts that channel's sidecar is to serve. Putting
// the same ones again changes nothing for the sidecar.
func (b *Bus) PutAccounts(ctx context.Context, channel inbox.Channel, accounts []connectors.Account) error {
	key, err := DeriveKey(b.cfg.SecretKey, channel)
	if err != nil {
		return err
	}
	all := make([]sealedAccount, len(accounts))
	for i, a := range accounts {
		if a.Channel != channel || !inbox.ValidAccountID(string(a.ID)) {
			return fmt.Errorf("put accounts of %s: account %q of %q is none", channel, a.ID, a.Channel)
		}
		all[i].Account = a
		all[i].Settings = json.RawMessage(`null`)
		if all[i].Sealed, err = key.seal(a.Settings, channel, a.ID); err != nil {
			return fmt.Errorf("seal account %s/%s: %w", channel, a.ID, err)
		}
	}
	value, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("put accounts of %s: %w", channel, err)
	}
	kv, err := b.js.KeyValue(ctx, bucketAccounts(channel))
	if err != nil {
		return fmt.Errorf("look up accounts of %s: %w", channel, away(err))
	}
	if entry, err := kv.Get(ctx, accountsKey); err == nil {
		if there, err := openAccounts(entry.Value(), key, channel); err == nil && sameAccounts(there, accounts) {
			return nil
		}
	}
	if _, err := kv.Put(ctx, accountsKey, value); err != nil {
		return fmt.Errorf("put accounts of %s: %w", channel, away(err))
	}
	if err := b.nc.Publish(accountsHint(channel), nil); err != nil {
		b.log.Debug("hint at changed accounts", "channel", channel, "error", err)
	}
	return nil
}

func sameAccounts(a, b []connectors.Account) bool {
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && bytes.Equal(x, y)
}

func openAccounts(value []byte, key ChannelKey, channel inbox.Channel) ([]connectors.Account, error) {
	var all []sealedAccount
	if err := json.Unmarshal(value, &all); err != nil {
		return nil, fmt.Errorf("read accounts of %s: %w", channel, err)
	}
	accounts := make([]connectors.Account, len(all))
	for i, a := range all {
		settings, err := key.open(a.Sealed, channel, a.ID)
		if err != nil {
			return nil, err
		}
		accounts[i] = a.Account
		accounts[i].Settings = settings
	}
	return accounts, nil
}

// Statuses returns the health of every account as its sidecars last told it, in
// the order of channel and account; several that serve one account are taken
// together. What was told more than 30 s ago is not among them: its sidecar is
// away.
func (b *Bus) Statuses(ctx context.Context) ([]connectors.Status, error) {
	kv, err := b.js.KeyValue(ctx, bucketStatus)
	if err != nil {
		return nil, fmt.Errorf("look up statuses: %w", away(err))
	}
	watch, err := kv.WatchAll(ctx, jetstream.IgnoreDeletes())
	if err != nil {
		return nil, fmt.Errorf("read statuses: %w", away(err))
	}
	defer func() { _ = watch.Stop() }()
	all := map[string]connectors.Status{}
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case entry, open := <-watch.Updates():
			if !open {
				return nil, fmt.Errorf("read statuses: %w", away(errors.New("the reader was closed")))
			}
			if entry == nil { // that was all
				list := make([]connectors.Status, 0, len(all))
				for _, name := range slices.Sorted(maps.Keys(all)) {
					list = append(list, all[name])
				}
				return list, nil
			}
			// The key, <channel>.<account>[.<instance>], is what the credential
			// vouches for.
			t := strings.SplitN(entry.Key(), ".", 3)
			if len(t) < 2 || !inbox.ValidAccountID(t[1]) {
				continue // an announcement
			}
			var s connectors.Status
			if err := json.Unmarshal(entry.Value(), &s); err != nil {
				b.log.Warn("status cannot be read", "key", entry.Key(), "error", err)
				continue
			}
			s.Channel, s.Account = inbox.Channel(t[0]), inbox.AccountID(t[1])
			name := t[0] + "." + t[1]
			if other, ok := all[name]; ok {
				s = s.Beside(other)
			}
			s.Instance = ""
			all[name] = s
		}
	}
}
