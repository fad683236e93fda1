package store

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"skein/inbox"
)

const accountColumns = `id, channel, inbox_id, name, address, own, max_proof, kinds, region, plus_address, paused, removed_at IS NOT NULL, settings, version`

func scanAccount(row pgx.CollectableRow) (inbox.Account, error) {
	var a inbox.Account
	err := row.Scan(&a.ID, &a.Channel, &a.InboxID, &a.Name, &a.Address, &a.Own, &a.MaxProof, &a.Kinds, &a.Region, &a.PlusAddress, &a.Paused,
		&a.Removed, &a.Settings, &a.Version)
	return a, err
}

// Accounts returns every account, by id, removed ones too: what came on them
// before may still be under way.
func (s *Store) Accounts(ctx context.Context) ([]inbox.Account, error) {
	rows, err := s.pool.Query(ctx, `SELECT `+accountColumns+` FROM accounts ORDER BY id`)
	if err == nil {
		var list []inbox.Account
		if list, err = pgx.CollectRows(rows, scanAccount); err == nil {
			return orEmpty(list), nil
		}
	}
	return nil, fmt.Errorf("read accounts: %w", err)
}

// readAccount returns an account as it is, locked when lock says so.
func readAccount(ctx context.Context, tx pgx.Tx, id inbox.AccountID, lock string) (inbox.Account, error) {
	rows, err := tx.Query(ctx, `SELECT `+accountColumns+` FROM accounts WHERE id = $1 `+lock, id)
	if err != nil {
		return inbox.Account{}, err
	}
	a, err := pgx.CollectExactlyOneRow(rows, scanAccount)
	if errors.Is(err, pgx.ErrNoRows) {
		err = &inbox.Error{Code: inbox.NotFound, Message: "there is no such account"}
	}
	return a, err
}

// CreateAccount makes an account. An id that is in use, or was one of another
// channel, is a Conflict; one that was removed is there again.
func (s *Store) CreateAccount(ctx context.Context, by *inbox.Caller, a inbox.Account, now time.Time) (inbox.Account, error) {
	return s.changeAccount(ctx, by, a.ID, now, func(was *inbox.Account) (inbox.Account, error) {
		if was != nil && (!was.Removed || was.Channel != a.Channel) {
			return a, &inbox.Error{Code: inbox.Conflict, Message: "the id " + string(a.ID) + " is taken: choose another"}
		}
		return a, nil
	})
}

// UpdateAccount changes the account of a.ID, whose channel stays. Any other
// version than a.Version is a Conflict.
func (s *Store) UpdateAccount(ctx context.Context, by *inbox.Caller, a inbox.Account, now time.Time) (inbox.Account, error) {
	return s.changeAccount(ctx, by, a.ID, now, func(was *inbox.Account) (inbox.Account, error) {
		switch {
		case was == nil || was.Removed:
			return a, &inbox.Error{Code: inbox.NotFound, Message: "there is no such account"}
		case was.Version != a.Version:
			return a, &inbox.Error{Code: inbox.Conflict, Message: "somebody else has changed the account meanwhile: look again"}
		case was.Channel != a.Channel:
			return a, &inbox.Error{Code: inbox.Conflict, Message: "the account " + string(a.ID) + " is one of another channel"}
		}
		return a, nil
	})
}

// RemoveAccount ends the serving of an account and forgets its settings and
// what was consented to. What was said on it stays.
func (s *Store) RemoveAccount(ctx context.Context, by *inbox.Caller, id inbox.AccountID, now time.Time) error {
	_, err := s.changeAccount(ctx, by, id, now, func(was *inbox.Account) (inbox.Account, error) {
		if was == nil || was.Removed {
			return inbox.Account{}, &inbox.Error{Code: inbox.NotFound, Message: "there is no such account"}
		}
		gone := *was
		gone.Removed, gone.Settings = true, []byte("{}")
		return gone, nil
	})
	return err
}

// SaveAccount makes an account or changes the one of that id, whatever its
// version, for a set-up that says how things are to be. What is the same changes
// nothing; else the version rises.
func (s *Store) SaveAccount(ctx context.Context, a inbox.Account, now time.Time) (version int64, err error) {
	a, err = s.changeAccount(ctx, nil, a.ID, now, func(was *inbox.Account) (inbox.Account, error) {
		if was != nil && was.Channel != a.Channel {
			return a, &inbox.Error{Code: inbox.Conflict, Message: "the account " + string(a.ID) + " is one of another channel"}
		}
		return a, nil
	})
	return a.Version, err
}

// changeAccount writes what change makes of an account, nil for one that is not
// there, and logs it. by is nil for the system itself.
func (s *Store) changeAccount(ctx context.Context, by *inbox.Caller, id inbox.AccountID, now time.Time, change func(was *inbox.Account) (inbox.Account, error)) (a inbox.Account, err error) {
	if !inbox.ValidAccountID(string(id)) {
		return a, &inbox.Error{Code: inbox.Invalid, Message: "an account's id is 1 to 40 of a-z, 0-9, - and _"}
	}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var was *inbox.Account
		// No inbox is archived meanwhile: see ArchiveInbox.
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock_shared(hashtextextended('archive', 0))`); err != nil {
			return err
		}
		// Who makes the same account at the same time waits here.
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('account/' || $1, 0))`, id); err != nil {
			return err
		}
		old, err := readAccount(ctx, tx, id, "FOR UPDATE")
		switch {
		case err == nil:
			was = &old
		case inbox.CodeOf(err) != inbox.NotFound:
			return err
		}
		if a, err = change(was); err != nil {
			return err
		}
		if err := checkArrival(ctx, tx, was, &a); err != nil {
			return err
		}
		if len(a.Settings) == 0 {
			a.Settings = []byte("{}")
		}
		if !json.Valid(a.Settings) {
			return &inbox.Error{Code: inbox.Invalid, Message: "the account's settings are not JSON"}
		}
		if err := writeAccount(ctx, tx, &a, now); err != nil {
			return err
		}
		if a.Removed {
			if _, err := tx.Exec(ctx, `DELETE FROM grants WHERE account_id = $1`, id); err != nil {
				return err
			}
		}
		if was != nil && was.Version == a.Version {
			return nil
		}
		return logAccount(ctx, tx, by, was, &a, now)
	})
	if err != nil {
		return inbox.Account{}, fmt.Errorf("save account %s: %w", id, err)
	}
	return a, nil
}

// checkArrival refuses to have an account arrive in an inbox that is archived.
func checkArrival(ctx context.Context, tx pgx.Tx, was, is *inbox.Account) error {
	if is.Removed || was != nil && !was.Removed && was.InboxID == is.InboxID {
		return nil
	}
	var archived bool
	err := tx.QueryRow(ctx, `SELECT archived_at IS NOT NULL FROM inboxes WHERE id = $1`, is.InboxID).Scan(&archived)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil // the constraint says so
	}
	if err == nil && archived {
		err = &inbox.Error{Code: inbox.Conflict, Message: "the inbox is archived: open it again, or choose another"}
	}
	return err
}

// writeAccount writes a and sets its version.
func writeAccount(ctx context.Context, tx pgx.Tx, a *inbox.Account, now time.Time) error {
	var removed *time.Time
	if a.Removed {
		removed = &now
	}
	err := tx.QueryRow(ctx, `
		INSERT INTO accounts AS a (id, channel, inbox_id, name, address, own, max_proof, kinds, region, plus_address, paused, removed_at, settings, created_at)
		VALUES (@id, @channel, @inbox, @name, @address, @own, @proof, @kinds, @region, @plus, @paused, @removed, @settings, @now)
		ON CONFLICT (id) DO UPDATE SET inbox_id = excluded.inbox_id, name = excluded.name, address = excluded.address,
			own = excluded.own, max_proof = excluded.max_proof,
			kinds = excluded.kinds, region = excluded.region, plus_address = excluded.plus_address,
			paused = excluded.paused, removed_at = excluded.removed_at, settings = excluded.settings,
			version = a.version + ((a.inbox_id, a.name, a.address, a.own, a.max_proof, a.kinds, a.region, a.plus_address, a.paused, a.settings, a.removed_at IS NULL)
				IS DISTINCT FROM (excluded.inbox_id, excluded.name, excluded.address, excluded.own, excluded.max_proof,
					excluded.kinds, excluded.region, excluded.plus_address, excluded.paused, excluded.settings, excluded.removed_at IS NULL))::int
		RETURNING version`,
		pgx.NamedArgs{"id": a.ID, "channel": string(a.Channel), "inbox": a.InboxID, "name": a.Name, "address": a.Address,
			"own": orEmpty(a.Own), "proof": int16(a.MaxProof), "kinds": ids(a.Kinds), "region": a.Region, "plus": a.PlusAddress, "paused": a.Paused,
			"removed": removed, "settings": a.Settings, "now": now}).Scan(&a.Version)
	return conflict(err, "the inbox is not there")
}

// A loggedAccount is what the log keeps of an account: of its settings, whether
// they were changed.
type loggedAccount struct {
	inbox.Account
	Settings string `json:"settings,omitempty"`
}

func logAccount(ctx context.Context, tx pgx.Tx, by *inbox.Caller, was, is *inbox.Account, now time.Time) error {
	c := change{event: inbox.Event{
		ID: inbox.NewID[inbox.EventID](now), At: now, Kind: inbox.AccountChanged, Version: is.Version,
		Entity: accountEntity(is.ID), Actor: inbox.Actor{Kind: inbox.BySystem},
	}}
	after := loggedAccount{Account: *is}
	if was == nil || string(was.Settings) != string(is.Settings) {
		after.Settings = "changed"
	}
	if was != nil {
		c.before = was
	}
	c.after = after
	if by != nil {
		c.event.Actor, c.session, c.cause = by.Actor(), string(by.Session), by.Request
	}
	return logOnly(ctx, tx, []change{c})
}

// accountEntity is the log's id of an account, which has a name and no id of
// its own.
func accountEntity(id inbox.AccountID) string {
	sum := sha256.Sum256([]byte("account/" + string(id)))
	return pgtype.UUID{Bytes: [16]byte(sum[:16]), Valid: true}.String()
}
