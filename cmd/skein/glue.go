package main

import (
	"context"
	"strconv"
	"time"

	"skein/inbox"
	"skein/inbox/auth"
	"skein/inbox/bus"
	"skein/inbox/outbox"
	"skein/inbox/store"
	"skein/inbox/threader"
	"skein/realtime"
)

// The types here fit the rooms to the interfaces that their neighbours declare.
// None of them decides anything.

// A verifier is what realtime asks of tokens.
type verifier struct{ tokens *auth.Tokens }

// Verify implements realtime.Tokens.
func (v verifier) Verify(token string) (realtime.Claims, error) {
	c, err := v.tokens.Verify(token, auth.Access, time.Now())
	return realtime.Claims{Agent: c.Agent, Session: c.Session, Expires: c.Expires}, err
}

// A source is the event stream as realtime reads it: the bus's entries in the
// epoch that all nodes agree on.
type source struct {
	outbox.Position
	*bus.Bus
}

// A stream is INBOUND and DEAD as the threader takes them.
type stream struct{ *bus.Bus }

// Inbound implements threader.Stream.
func (s stream) Inbound(ctx context.Context, workers int, handle func(context.Context, int, []threader.Item) error) error {
	return s.Bus.Inbound(ctx, workers, func(ctx context.Context, worker int, batch []bus.Delivery) error {
		items := make([]threader.Item, len(batch))
		for i, d := range batch {
			items[i] = threader.Item{Data: d.Data, Channel: d.Channel, Account: d.Account, Lane: d.Lane, At: d.At, Handle: d}
		}
		return handle(ctx, worker, items)
	})
}

// Bury implements threader.Stream.
func (s stream) Bury(ctx context.Context, item threader.Item, reason string) error {
	return s.PutDead(ctx, item.Handle.(bus.Delivery), reason)
}

// A keeper is the store as the threader uses it.
type keeper struct{ *store.Store }

// Transient implements threader.Store.
func (keeper) Transient(err error) bool { return store.Transient(err) }

// operations are the bus as the API shows it.
type operations struct{ *bus.Bus }

// Dead implements api.Bus.
func (o operations) Dead(ctx context.Context, account inbox.AccountID, before uint64, limit int) ([]inbox.DeadLetter, uint64, error) {
	items, next, err := o.DeadOf(ctx, account, before, limit)
	if err != nil {
		return nil, 0, err
	}
	letters := make([]inbox.DeadLetter, len(items))
	for i, d := range items {
		letters[i] = letterOf(d)
	}
	return letters, next, nil
}

func letterOf(d bus.Dead) inbox.DeadLetter {
	return inbox.DeadLetter{
		ID: strconv.FormatUint(d.ID, 10), Channel: d.Channel, Account: d.Account, Reason: d.Reason, EventID: d.EventID, At: d.At, Subject: d.Subject,
	}
}

// Replay implements api.Bus.
func (o operations) Replay(ctx context.Context, id uint64) error {
	return o.Bus.Replay(ctx, strconv.FormatUint(id, 10))
}

// Discard implements api.Bus.
func (o operations) Discard(ctx context.Context, id uint64, first func(inbox.DeadLetter) error) error {
	return o.Bus.Discard(ctx, strconv.FormatUint(id, 10), func(d bus.Dead) error { return first(letterOf(d)) })
}

// A vault seals the settings of accounts by the channels' own keys.
type vault struct{ secret []byte }

// Seal implements account.Vault.
func (v vault) Seal(settings []byte, channel inbox.Channel, id inbox.AccountID) ([]byte, error) {
	return bus.SealSettings(v.secret, settings, channel, id)
}

// Open implements account.Vault.
func (v vault) Open(sealed []byte, channel inbox.Channel, id inbox.AccountID) ([]byte, error) {
	return bus.OpenSettings(v.secret, sealed, channel, id)
}
