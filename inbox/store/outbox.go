package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// PendingEvents returns up to limit rows that are committed and not yet marked
// as published, in id order, without those of [Store.PendingSends]: a slow
// attachment on its way out must not hold up what the browsers wait for. It
// never starts after an id: a transaction that took its id early may commit
// late.
func (s *Store) PendingEvents(ctx context.Context, limit int) ([]inbox.OutboxRow, error) {
	return s.pending(ctx, `SELECT id, subject, payload FROM outbox
		WHERE published_at IS NULL AND subject NOT LIKE 'skein.out.%' ORDER BY id LIMIT $1`, limit)
}

// PendingSends is the same for the messages that go to the connectors.
func (s *Store) PendingSends(ctx context.Context, limit int) ([]inbox.OutboxRow, error) {
	// The predicate stands here as in the partial index outbox_sends.
	return s.pending(ctx, `SELECT id, subject, payload FROM outbox
		WHERE published_at IS NULL AND subject LIKE 'skein.out.%' ORDER BY id LIMIT $1`, limit)
}

func (s *Store) pending(ctx context.Context, query string, limit int) ([]inbox.OutboxRow, error) {
	rows, err := s.pool.Query(ctx, query, limit)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	pending, err := pgx.CollectRows(rows, pgx.RowToStructByPos[inbox.OutboxRow])
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	return pending, nil
}

// lazily, as a condition of a statement, lets its transaction not wait for the
// disk: for work that is done again when a power cut takes it back.
const lazily = `(SELECT set_config('synchronous_commit', 'off', true)) = 'off'`

// MarkPublished records that the streams have acknowledged the rows, and, in the
// same breath, where the stream stood then: what is recorded is never behind
// what is marked. Mark is of the epoch that holds; the zero mark records nothing.
func (s *Store) MarkPublished(ctx context.Context, ids []int64, stream string, mark inbox.StreamMark) error {
	if _, err := s.pool.Exec(ctx, `
		WITH stood AS (
			UPDATE streams SET last_seq = $4 WHERE name = $2 AND epoch = $3 AND last_seq < $4
		)
		UPDATE outbox SET published_at = now() WHERE id = ANY($1) AND `+lazily, ids, stream, mark.Epoch, int64(mark.Last)); err != nil {
		return fmt.Errorf("mark %d rows published: %w", len(ids), err)
	}
	return nil
}

// PruneOutbox deletes up to limit rows that were published before an instant,
// oldest first, and returns how many it deleted.
func (s *Store) PruneOutbox(ctx context.Context, before time.Time, limit int) (int, error) {
	tag, err := s.pool.Exec(ctx, `
		DELETE FROM outbox WHERE id IN (
			SELECT id FROM outbox WHERE published_at < $1
			ORDER BY published_at LIMIT $2 FOR UPDATE SKIP LOCKED)`, before, limit)
	if err != nil {
		return 0, fmt.Errorf("prune outbox: %w", err)
	}
	return int(tag.RowsAffected()), nil
}
