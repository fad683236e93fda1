package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

const inboxColumns = `i.id, i.version, i.brand_id, i.calendar_id, i.name, i.signature_text, i.signature_html, i.archived_at`

func scanInbox(row pgx.CollectableRow) (inbox.Inbox, error) {
	var i inbox.Inbox
	err := row.Scan(&i.ID, &i.Version, &i.BrandID, &i.CalendarID, &i.Name, &i.Signature.Text, &i.Signature.HTML, &i.ArchivedAt)
	if i.ArchivedAt != nil {
		at := i.ArchivedAt.UTC()
		i.ArchivedAt = &at
	}
	return i, err
}

// Inboxes returns the inboxes that rights admit, archived ones too, by name.
func (s *Store) Inboxes(ctx context.Context, rights *inbox.Rights) ([]inbox.Inbox, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+inboxColumns+` FROM inboxes i WHERE $1 OR i.id = ANY($2::uuid[]) ORDER BY lower(i.name), i.id`,
		rights.All, ids(rights.Inboxes))
	if err == nil {
		var list []inbox.Inbox
		if list, err = pgx.CollectRows(rows, scanInbox); err == nil {
			return orEmpty(list), nil
		}
	}
	return nil, fmt.Errorf("read inboxes: %w", err)
}

// signatureOf is what mails from an inbox end with, its variables not filled in.
func signatureOf(ctx context.Context, q querier, id inbox.InboxID) (s inbox.Signature, err error) {
	if err = q.QueryRow(ctx, `SELECT signature_text, signature_html FROM inboxes WHERE id = $1`, id).Scan(&s.Text, &s.HTML); err != nil {
		err = fmt.Errorf("read signature of %s: %w", id, err)
	}
	return s, err
}

// Brands returns every brand, by name.
func (s *Store) Brands(ctx context.Context) ([]inbox.Brand, error) {
	rows, err := s.pool.Query(ctx, `SELECT id, version, name, locale FROM brands ORDER BY lower(name), id`)
	if err == nil {
		var list []inbox.Brand
		if list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[inbox.Brand]); err == nil {
			return orEmpty(list), nil
		}
	}
	return nil, fmt.Errorf("read brands: %w", err)
}

var (
	errInbox = &inbox.Error{Code: inbox.NotFound, Message: "the inbox is not there"}
	errBrand = &inbox.Error{Code: inbox.NotFound, Message: "the brand is not there"}
	errStale = &inbox.Error{Code: inbox.Conflict, Message: "somebody has changed it meanwhile: look again"}
)

// SaveInbox makes an inbox, or has the one with in.ID, which must be at
// in.Version, be as in says: any other version is a Conflict. Whether it is
// archived is not changed by it.
func (s *Store) SaveInbox(ctx context.Context, by *inbox.Caller, in inbox.Inbox, now time.Time) (inbox.Inbox, error) {
	if err := in.Check(); err != nil {
		return inbox.Inbox{}, err
	}
	if !inbox.ValidID(string(in.BrandID)) || !inbox.ValidID(in.CalendarID) {
		return inbox.Inbox{}, &inbox.Error{Code: inbox.Invalid, Message: "an inbox needs a brand and a calendar"}
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var was *inbox.Inbox
		if in.ID == "" {
			in.ID, in.Version, in.ArchivedAt = inbox.NewID[inbox.InboxID](now), 0, nil
		} else {
			old, err := lockInbox(ctx, tx, in.ID, in.Version)
			if err != nil {
				return err
			}
			was, in.ArchivedAt = &old, old.ArchivedAt
		}
		in.Version++
		_, err := tx.Exec(ctx, `
			INSERT INTO inboxes (id, version, brand_id, calendar_id, name, signature_text, signature_html, created_at)
			VALUES (@id, @version, @brand, @calendar, @name, @text, @html, @now)
			ON CONFLICT (id) DO UPDATE SET version = excluded.version, brand_id = excluded.brand_id, calendar_id = excluded.calendar_id,
				name = excluded.name, signature_text = excluded.signature_text, signature_html = excluded.signature_html`,
			pgx.NamedArgs{"id": in.ID, "version": in.Version, "brand": in.BrandID, "calendar": in.CalendarID, "name": in.Name,
				"text": in.Signature.Text, "html": in.Signature.HTML, "now": now})
		if err != nil {
			return conflict(err, "the brand or the calendar is not there")
		}
		return tellInbox(ctx, tx, by, was, &in, now)
	})
	if err != nil {
		return inbox.Inbox{}, fmt.Errorf("save inbox: %w", err)
	}
	return in, nil
}

// ArchiveInbox closes an inbox, or opens it again. An inbox that accounts arrive
// in hands them to another, to; without one it is a Conflict. Its conversations
// stay where they are.
func (s *Store) ArchiveInbox(ctx context.Context, by *inbox.Caller, id inbox.InboxID, version int64, archived bool, to inbox.InboxID, now time.Time) (inbox.Inbox, error) {
	var in inbox.Inbox
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		// Who archives two at once waits here: each may be where the other's accounts go.
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('archive', 0))`); err != nil {
			return err
		}
		was, err := lockInbox(ctx, tx, id, version)
		if err != nil {
			return err
		}
		if in = was; (was.ArchivedAt != nil) == archived {
			return nil
		}
		if in.ArchivedAt = nil; archived {
			at := stored(now)
			in.ArchivedAt = &at
			if err := handOver(ctx, tx, by, id, to, now); err != nil {
				return err
			}
		}
		in.Version++
		if _, err := tx.Exec(ctx, `UPDATE inboxes SET version = $2, archived_at = $3 WHERE id = $1`, id, in.Version, in.ArchivedAt); err != nil {
			return err
		}
		return tellInbox(ctx, tx, by, &was, &in, now)
	})
	if err != nil {
		return inbox.Inbox{}, fmt.Errorf("archive inbox: %w", err)
	}
	return in, nil
}

// handOver has the accounts of an inbox arrive in another.
func handOver(ctx context.Context, tx pgx.Tx, by *inbox.Caller, from, to inbox.InboxID, now time.Time) error {
	rows, err := tx.Query(ctx, `SELECT `+accountColumns+` FROM accounts WHERE inbox_id = $1 AND removed_at IS NULL ORDER BY id FOR UPDATE`, from)
	if err != nil {
		return err
	}
	list, err := pgx.CollectRows(rows, scanAccount)
	if err != nil || len(list) == 0 {
		return err
	}
	switch {
	case to == "":
		return &inbox.Error{Code: inbox.Conflict, Message: "channels arrive in this inbox: say where they go from now on"}
	case to == from:
		return &inbox.Error{Code: inbox.Invalid, Message: "its channels can't go to the inbox itself"}
	}
	next, err := lockInbox(ctx, tx, to, 0)
	if err != nil {
		return err
	}
	if next.ArchivedAt != nil {
		return &inbox.Error{Code: inbox.Conflict, Message: "the inbox that the channels would go to is archived itself"}
	}
	for _, was := range list {
		is := was
		is.InboxID = to
		if err := writeAccount(ctx, tx, &is, now); err != nil {
			return err
		}
		if err := logAccount(ctx, tx, by, &was, &is, now); err != nil {
			return err
		}
	}
	return nil
}

// lockInbox returns an inbox; version 0 is any.
func lockInbox(ctx context.Context, tx pgx.Tx, id inbox.InboxID, version int64) (inbox.Inbox, error) {
	if !inbox.ValidID(string(id)) {
		return inbox.Inbox{}, errInbox
	}
	rows, err := tx.Query(ctx, `SELECT `+inboxColumns+` FROM inboxes i WHERE i.id = $1 FOR UPDATE`, id)
	if err != nil {
		return inbox.Inbox{}, err
	}
	list, err := pgx.CollectRows(rows, scanInbox)
	switch {
	case err != nil:
		return inbox.Inbox{}, err
	case len(list) == 0:
		return inbox.Inbox{}, errInbox
	case version != 0 && list[0].Version != version:
		return inbox.Inbox{}, errStale
	}
	return list[0], nil
}

func tellInbox(ctx context.Context, tx pgx.Tx, by *inbox.Caller, was, is *inbox.Inbox, now time.Time) error {
	after := *is
	c := settingChange(by, inbox.InboxChanged, string(is.ID), is.Version, now)
	c.event.Inbox, c.event.Audience = &after, inbox.Audience{Inboxes: []inbox.InboxID{is.ID}}
	if was != nil {
		c.before = was
	}
	return announce(ctx, tx, []change{c})
}

// settingChange is what somebody did to how the place is set up; by is nil for
// the system itself.
func settingChange(by *inbox.Caller, kind inbox.EventKind, entity string, version int64, now time.Time) change {
	c := change{event: inbox.Event{ID: inbox.NewID[inbox.EventID](now), Kind: kind, At: now, Actor: inbox.Actor{Kind: inbox.BySystem},
		Entity: entity, Version: version}}
	if by != nil {
		c.event.Actor, c.session, c.cause = by.Actor(), string(by.Session), by.Request
	}
	return c
}

// SaveBrand makes a brand, or has the one with b.ID, which must be at b.Version,
// be as b says: any other version is a Conflict.
func (s *Store) SaveBrand(ctx context.Context, by *inbox.Caller, b inbox.Brand, now time.Time) (inbox.Brand, error) {
	if err := b.Check(); err != nil {
		return inbox.Brand{}, err
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var was *inbox.Brand
		if b.ID == "" {
			b.ID, b.Version = inbox.NewID[inbox.BrandID](now), 0
		} else {
			if !inbox.ValidID(string(b.ID)) {
				return errBrand
			}
			rows, err := tx.Query(ctx, `SELECT id, version, name, locale FROM brands WHERE id = $1 FOR UPDATE`, b.ID)
			if err != nil {
				return err
			}
			list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[inbox.Brand])
			switch {
			case err != nil:
				return err
			case len(list) == 0:
				return errBrand
			case list[0].Version != b.Version:
				return errStale
			}
			was = &list[0]
		}
		b.Version++
		if _, err := tx.Exec(ctx, `
			INSERT INTO brands (id, version, name, locale, created_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (id) DO UPDATE SET version = excluded.version, name = excluded.name, locale = excluded.locale`,
			b.ID, b.Version, b.Name, b.Locale, now); err != nil {
			return err
		}
		c := settingChange(by, inbox.BrandChanged, string(b.ID), b.Version, now)
		if c.after = b; was != nil {
			c.before = was
		}
		return logOnly(ctx, tx, []change{c})
	})
	if err != nil {
		return inbox.Brand{}, fmt.Errorf("save brand: %w", err)
	}
	return b, nil
}
