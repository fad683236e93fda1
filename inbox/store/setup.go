package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// HasAgents reports whether anybody works here, or ever did.
func (s *Store) HasAgents(ctx context.Context) (bool, error) {
	var has bool
	if err := s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM agents)`).Scan(&has); err != nil {
		return false, fmt.Errorf("look for agents: %w", err)
	}
	return has, nil
}

// FirstRun makes the first admin, and the brand, calendar and inbox of the business;
// where these are there already, by a command, they get its name and zone. Once
// there is an agent it is a Conflict: of any number of calls at once one succeeds.
func (s *Store) FirstRun(ctx context.Context, f inbox.FirstRun, now time.Time) error {
	brand := inbox.Brand{Name: f.Name, Locale: f.Locale}
	calendar := inbox.Calendar{Name: f.Name, Zone: f.Zone}
	if err := errors.Join(brand.Check(), calendar.Check()); err != nil {
		return err
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		// Nobody adds an agent meanwhile, by whichever way; reading goes on.
		if _, err := tx.Exec(ctx, `LOCK TABLE agents IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return err
		}
		var has bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM agents)`).Scan(&has); err != nil {
			return err
		}
		if has {
			return &inbox.Error{Code: inbox.Conflict, Message: "somebody has set this up already: sign in"}
		}
		a := f.Admin
		if _, err := tx.Exec(ctx, `
			INSERT INTO agents (id, email, name, role, locale, active, password_hash, created_at) VALUES ($1, $2, $3, 'admin', $4, true, $5, $6)`,
			a.ID, a.Email, a.Name, f.Locale, f.Hash, now); err != nil {
			return err
		}
		if err := beginPlaces(ctx, tx, &brand, &calendar, now); err != nil {
			return err
		}
		return agentChanged(ctx, tx, a.ID, now)
	})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	return nil
}

func beginPlaces(ctx context.Context, tx pgx.Tx, brand *inbox.Brand, calendar *inbox.Calendar, now time.Time) error {
	tag, err := tx.Exec(ctx, `
		UPDATE brands SET version = version + 1, name = $1, locale = $2 WHERE id = (SELECT id FROM brands ORDER BY created_at, id LIMIT 1)`,
		brand.Name, brand.Locale)
	if err != nil {
		return err
	}
	if tag.RowsAffected() > 0 {
		_, err := tx.Exec(ctx, `
			UPDATE calendars SET version = version + 1, zone = $1 WHERE id = (SELECT calendar_id FROM inboxes ORDER BY created_at, id LIMIT 1)`, calendar.Zone)
		return err
	}
	brand.ID, calendar.ID = inbox.NewID[inbox.BrandID](now), inbox.NewID[string](now)
	if _, err := tx.Exec(ctx, `INSERT INTO brands (id, name, locale, created_at) VALUES ($1, $2, $3, $4)`, brand.ID, brand.Name, brand.Locale, now); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO calendars (id, name, zone) VALUES ($1, $2, $3)`, calendar.ID, calendar.Name, calendar.Zone); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO inboxes (id, brand_id, calendar_id, name, created_at) VALUES ($1, $2, $3, 'Support', $4)`,
		inbox.NewID[inbox.InboxID](now), brand.ID, calendar.ID, now)
	return err
}

// lookedAt is how many of the newest conversations the first run looks at.
const lookedAt = 200

// Setup returns how far the first run has come.
func (s *Store) Setup(ctx context.Context) (inbox.Setup, error) {
	var out inbox.Setup
	var origin *string
	var seen *time.Time
	err := s.pool.QueryRow(ctx, `
		SELECT coalesce((SELECT skipped FROM setup), '{}'), (SELECT finished_at FROM setup),
			coalesce((SELECT id FROM accounts WHERE channel = 'email' AND removed_at IS NULL ORDER BY created_at, id LIMIT 1), ''),
			coalesce((SELECT id FROM accounts WHERE channel = 'shop' AND removed_at IS NULL ORDER BY created_at, id LIMIT 1), ''),
			(SELECT count(*) FROM (SELECT FROM orders LIMIT 10000) o),
			(SELECT count(*) FROM agents WHERE active),
			(SELECT count(*) FROM invitations v WHERE `+openInvitation+`),
			coalesce((SELECT id FROM accounts WHERE channel = 'chat' AND removed_at IS NULL ORDER BY created_at, id LIMIT 1), ''),
			p.origin, p.seen_at
		FROM (SELECT) one LEFT JOIN LATERAL (SELECT origin, seen_at FROM chat_pages ORDER BY seen_at DESC LIMIT 1) p ON true`).
		Scan(&out.Skipped, &out.FinishedAt, &out.Mailbox, &out.Shop, &out.Orders, &out.Agents, &out.Invited, &out.Chat, &origin, &seen)
	if err != nil {
		return out, fmt.Errorf("read set-up: %w", err)
	}
	out.Skipped = orEmpty(out.Skipped)
	if origin != nil && seen != nil {
		out.Page = &inbox.ChatPage{Origin: *origin, SeenAt: seen.UTC()}
	}
	var first inbox.SetupFirst
	err = s.pool.QueryRow(ctx, `
		SELECT id, number, subject, order_number, first_reply_at IS NOT NULL FROM (
			SELECT * FROM conversations WHERE merged_into IS NULL AND status <> 'spam' ORDER BY number DESC LIMIT $1) c
		ORDER BY order_id IS NOT NULL AND first_reply_at IS NOT NULL DESC, order_id IS NOT NULL DESC, number DESC LIMIT 1`, lookedAt).
		Scan(&first.ID, &first.Number, &first.Subject, &first.Order, &first.Answered)
	switch {
	case err == nil:
		out.First = &first
	case !errors.Is(err, pgx.ErrNoRows):
		return out, fmt.Errorf("read set-up: %w", err)
	}
	return out, nil
}

// SaveSetup keeps what of the first run was passed over, and whether it is done
// with.
func (s *Store) SaveSetup(ctx context.Context, skipped []inbox.SetupStep, finished bool, now time.Time) error {
	var at *time.Time
	if finished {
		at = &now
	}
	if _, err := s.pool.Exec(ctx, `
		INSERT INTO setup (skipped, finished_at) VALUES ($1, $2)
		ON CONFLICT (one) DO UPDATE SET skipped = excluded.skipped,
			finished_at = CASE WHEN $3 THEN coalesce(setup.finished_at, excluded.finished_at) END`, ids(skipped), at, finished); err != nil {
		return fmt.Errorf("keep set-up: %w", err)
	}
	return nil
}

// ChatShown notes that a page showed an account's chat.
func (s *Store) ChatShown(ctx context.Context, id inbox.AccountID, origin string, now time.Time) error {
	if _, err := s.pool.Exec(ctx, `
		INSERT INTO chat_pages (account_id, origin, seen_at) SELECT id, $2, $3 FROM accounts WHERE id = $1
		ON CONFLICT (account_id) DO UPDATE SET origin = excluded.origin, seen_at = greatest(chat_pages.seen_at, excluded.seen_at)`, id, origin, now); err != nil {
		return fmt.Errorf("note where the chat %s is: %w", id, err)
	}
	return nil
}
