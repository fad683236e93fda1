package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// Grant returns what was consented to for an account, sealed; nil where nothing
// was.
func (s *Store) Grant(ctx context.Context, id inbox.AccountID) (sealed []byte, err error) {
	err = s.pool.QueryRow(ctx, `SELECT sealed FROM grants WHERE account_id = $1`, id).Scan(&sealed)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("read grant of %s: %w", id, err)
	}
	return sealed, nil
}

// SaveGrant keeps sealed in the place of was, or of whatever there is when was is
// nil. When somebody has signed in again meanwhile, theirs stays.
func (s *Store) SaveGrant(ctx context.Context, id inbox.AccountID, was, sealed []byte, now time.Time) error {
	_, err := s.pool.Exec(ctx, `
		INSERT INTO grants (account_id, sealed, updated_at) VALUES ($1, $3, $4)
		ON CONFLICT (account_id) DO UPDATE SET sealed = $3, updated_at = $4 WHERE $2::bytea IS NULL OR grants.sealed = $2`, id, was, sealed, now)
	if err != nil {
		return fmt.Errorf("save grant of %s: %w", id, err)
	}
	return nil
}
