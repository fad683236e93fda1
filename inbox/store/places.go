package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"skein/inbox"
)

// conflict turns a broken constraint into an error that says what it means.
func conflict(err error, message string) error {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && (pg.Code == "23505" || pg.Code == "23503") {
		return &inbox.Error{Code: inbox.Conflict, Message: message}
	}
	return err
}

// CreateBrand makes a brand and the calendar by which its inboxes are open,
// always, in the zone (IANA name), until somebody says otherwise.
func (s *Store) CreateBrand(ctx context.Context, name, locale, zone string, now time.Time) (inbox.BrandID, string, error) {
	if _, err := time.LoadLocation(zone); err != nil || zone == "" {
		return "", "", &inbox.Error{Code: inbox.Invalid, Message: "the time zone is not known: want a name such as Europe/Vienna"}
	}
	brand, calendar := inbox.NewID[inbox.BrandID](now), inbox.NewID[string](now)
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `
			INSERT INTO brands (id, name, locale, created_at) VALUES ($1, $2, coalesce(nullif($3, ''), 'en'), $4)`,
			brand, name, locale, now); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO calendars (id, name, zone) VALUES ($1, $2, $3)`, calendar, name, zone)
		return err
	})
	if err != nil {
		return "", "", fmt.Errorf("create brand: %w", err)
	}
	return brand, calendar, nil
}

// CreateInbox makes an inbox of a brand. Supervisors and admins see it at once,
// others when they are made members: see [Store.SaveAgent].
func (s *Store) CreateInbox(ctx context.Context, brand inbox.BrandID, calendar, name string, now time.Time) (inbox.Inbox, error) {
	in := inbox.Inbox{ID: inbox.NewID[inbox.InboxID](now), BrandID: brand, Name: name}
	_, err := s.pool.Exec(ctx, `
		INSERT INTO inboxes (id, brand_id, calendar_id, name, created_at) VALUES ($1, $2, $3, $4, $5)`,
		in.ID, brand, calendar, name, now)
	if err != nil {
		return inbox.Inbox{}, fmt.Errorf("create inbox: %w", conflict(err, "the brand or the calendar is not there"))
	}
	return in, nil
}

// CreateTeam makes a team with no members.
func (s *Store) CreateTeam(ctx context.Context, name string, now time.Time) (inbox.Team, error) {
	t := inbox.Team{ID: inbox.NewID[inbox.TeamID](now), Name: name}
	if _, err := s.pool.Exec(ctx, `INSERT INTO teams (id, name, created_at) VALUES ($1, $2, $3)`, t.ID, name, now); err != nil {
		return inbox.Team{}, fmt.Errorf("create team: %w", err)
	}
	return t, nil
}

const accountColumns = `id, channel, inbox_id, name, address, own, max_proof, kinds, region, plus_address, paused, settings, version`

func scanAccount(row pgx.CollectableRow) (inbox.Account, error) {
	var a inbox.Account
	err := row.Scan(&a.ID, &a.Channel, &a.InboxID, &a.Name, &a.Address, &a.Own, &a.MaxProof, &a.Kinds, &a.Region, &a.PlusAddress, &a.Paused, &a.Settings, &a.Version)
	return a, err
}

// Accounts returns every account, by id.
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

// SaveAccount makes an account or changes the one of that id, whose channel
// stays. What is the same changes nothing; else the version rises.
func (s *Store) SaveAccount(ctx context.Context, a inbox.Account, now time.Time) (version int64, err error) {
	if !inbox.ValidAccountID(string(a.ID)) {
		return 0, &inbox.Error{Code: inbox.Invalid, Message: "an account's id is 1 to 40 of a-z, 0-9, - and _"}
	}
	if len(a.Settings) == 0 {
		a.Settings = []byte("{}")
	}
	if !json.Valid(a.Settings) {
		return 0, &inbox.Error{Code: inbox.Invalid, Message: "the account's settings are not JSON"}
	}
	err = s.pool.QueryRow(ctx, `
		INSERT INTO accounts AS a (id, channel, inbox_id, name, address, own, max_proof, kinds, region, plus_address, paused, settings, created_at)
		VALUES (@id, @channel, @inbox, @name, @address, @own, @proof, @kinds, @region, @plus, @paused, @settings, @now)
		ON CONFLICT (id) DO UPDATE SET inbox_id = excluded.inbox_id, name = excluded.name, address = excluded.address,
			own = excluded.own, max_proof = excluded.max_proof,
			kinds = excluded.kinds, region = excluded.region, plus_address = excluded.plus_address,
			paused = excluded.paused, settings = excluded.settings,
			version = a.version + ((a.inbox_id, a.name, a.address, a.own, a.max_proof, a.kinds, a.region, a.plus_address, a.paused, a.settings)
				IS DISTINCT FROM (excluded.inbox_id, excluded.name, excluded.address, excluded.own, excluded.max_proof,
					excluded.kinds, excluded.region, excluded.plus_address, excluded.paused, excluded.settings))::int
		WHERE a.channel = excluded.channel
		RETURNING version`,
		pgx.NamedArgs{"id": a.ID, "channel": string(a.Channel), "inbox": a.InboxID, "name": a.Name, "address": a.Address,
			"own": orEmpty(a.Own), "proof": int16(a.MaxProof), "kinds": ids(a.Kinds), "region": a.Region, "plus": a.PlusAddress, "paused": a.Paused,
			"settings": a.Settings, "now": now}).Scan(&version)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, &inbox.Error{Code: inbox.Conflict, Message: "the account " + string(a.ID) + " is one of another channel"}
	}
	if err != nil {
		return 0, fmt.Errorf("save account %s: %w", a.ID, conflict(err, "the inbox is not there"))
	}
	return version, nil
}
