package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

const calendarColumns = `k.id, k.version, k.name, k.zone, k.hours, k.holidays`

func scanCalendar(row pgx.CollectableRow) (inbox.Calendar, error) {
	var c inbox.Calendar
	err := row.Scan(&c.ID, &c.Version, &c.Name, &c.Zone, &c.Hours, &c.Holidays)
	c.Hours, c.Holidays = orEmpty(c.Hours), orEmpty(c.Holidays)
	return c, err
}

// Calendars returns every calendar, by name.
func (s *Store) Calendars(ctx context.Context) ([]inbox.Calendar, error) {
	rows, err := s.pool.Query(ctx, `SELECT `+calendarColumns+` FROM calendars k ORDER BY lower(k.name), k.id`)
	if err == nil {
		var list []inbox.Calendar
		if list, err = pgx.CollectRows(rows, scanCalendar); err == nil {
			return orEmpty(list), nil
		}
	}
	return nil, fmt.Errorf("read calendars: %w", err)
}

var errCalendar = &inbox.Error{Code: inbox.NotFound, Message: "the calendar is not there"}

// CreateCalendar makes a calendar that is always open.
func (s *Store) CreateCalendar(ctx context.Context, by *inbox.Caller, name, zone string, now time.Time) (inbox.Calendar, error) {
	c := inbox.Calendar{ID: inbox.NewID[string](now), Version: 1, Name: name, Zone: zone, Hours: []inbox.OpenHours{}, Holidays: []inbox.Holiday{}}
	if err := c.Check(); err != nil {
		return inbox.Calendar{}, err
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO calendars (id, name, zone) VALUES ($1, $2, $3)`, c.ID, c.Name, c.Zone); err != nil {
			return err
		}
		ch := settingChange(by, inbox.CalendarChanged, c.ID, c.Version, now)
		ch.after = c
		return logOnly(ctx, tx, []change{ch})
	})
	if err != nil {
		return inbox.Calendar{}, fmt.Errorf("create calendar: %w", err)
	}
	return c, nil
}

// PatchCalendar replaces a calendar by what edit makes of it.
func (s *Store) PatchCalendar(ctx context.Context, by *inbox.Caller, id string, edit func(*inbox.Calendar) error, now time.Time) (inbox.Calendar, error) {
	var c inbox.Calendar
	if !inbox.ValidID(id) {
		return c, errCalendar
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+calendarColumns+` FROM calendars k WHERE k.id = $1 FOR UPDATE`, id)
		if err != nil {
			return err
		}
		if c, err = pgx.CollectExactlyOneRow(rows, scanCalendar); err != nil {
			return notFound(err, "the calendar")
		}
		was := c
		if err := edit(&c); err != nil {
			return err
		}
		if err := c.Check(); err != nil {
			return err
		}
		c.Version, c.Hours, c.Holidays = was.Version+1, orEmpty(c.Hours), orEmpty(c.Holidays)
		if _, err := tx.Exec(ctx, `UPDATE calendars SET version = $6, name = $2, zone = $3, hours = $4, holidays = $5 WHERE id = $1`,
			id, c.Name, c.Zone, c.Hours, c.Holidays, c.Version); err != nil {
			return err
		}
		ch := settingChange(by, inbox.CalendarChanged, id, c.Version, now)
		ch.before, ch.after = was, c
		return logOnly(ctx, tx, []change{ch})
	})
	if err != nil {
		return inbox.Calendar{}, fmt.Errorf("change calendar %s: %w", id, err)
	}
	return c, nil
}

// CalendarOf returns the calendar named, or that of the account's inbox where
// the name is "".
func (s *Store) CalendarOf(ctx context.Context, account inbox.AccountID, id string) (inbox.Calendar, error) {
	if id != "" && !inbox.ValidID(id) {
		return inbox.Calendar{}, errCalendar
	}
	rows, err := s.pool.Query(ctx, `
		SELECT `+calendarColumns+` FROM calendars k WHERE k.id = coalesce($2::uuid,
			(SELECT i.calendar_id FROM accounts a JOIN inboxes i ON i.id = a.inbox_id WHERE a.id = $1))`, account, null(id))
	if err != nil {
		return inbox.Calendar{}, fmt.Errorf("calendar of %s: %w", account, err)
	}
	c, err := pgx.CollectExactlyOneRow(rows, scanCalendar)
	if err != nil {
		return c, fmt.Errorf("calendar of %s: %w", account, notFound(err, "the calendar"))
	}
	return c, nil
}
