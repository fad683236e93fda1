package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// maxWanted bounds one answer of [Store.WantedAudio].
const maxWanted = 50

// WantedAudio returns calls of account that were stored before a time and of
// which a recording is still to be fetched, the oldest first.
func (s *Store) WantedAudio(ctx context.Context, account inbox.AccountID, before time.Time) ([]inbox.Call, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT call FROM messages
		WHERE account_id = $1 AND call @> '{"audio": [{"state": "wanted"}]}' AND created_at < $2
		ORDER BY id LIMIT $3`, account, before, maxWanted)
	if err != nil {
		return nil, fmt.Errorf("find wanted audio of %s: %w", account, err)
	}
	calls, err := pgx.CollectRows(rows, pgx.RowTo[inbox.Call])
	if err != nil {
		return nil, fmt.Errorf("find wanted audio of %s: %w", account, err)
	}
	return calls, nil
}
