package store

import (
	"context"
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

// CreateInbox makes an inbox of a brand for a set-up, when no page is open yet that
// would have to be told: see [Store.SaveInbox]. Supervisors and admins see it at
// once, others when they are made members: see [Store.SaveAgent].
func (s *Store) CreateInbox(ctx context.Context, brand inbox.BrandID, calendar, name string, now time.Time) (inbox.Inbox, error) {
	in := inbox.Inbox{ID: inbox.NewID[inbox.InboxID](now), Version: 1, BrandID: brand, CalendarID: calendar, Name: name}
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
