package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// FoldCounts moves up to limit deltas into the counts that they belong to, in
// one transaction, and returns how many it moved. A reader that sums both in
// one statement gets the same total before and after. One folder at a time does
// the work best; several at once do it right.
func (s *Store) FoldCounts(ctx context.Context, limit int) (int, error) {
	var n int
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		// Sorted, so that two folders lock the cells in one order.
		if err := tx.QueryRow(ctx, `
			WITH moved AS (
				DELETE FROM count_deltas WHERE id IN (
					SELECT id FROM count_deltas ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
				RETURNING inbox_id, team_id, assignee_id, status, n
			), folded AS (
				INSERT INTO counts (inbox_id, team_id, assignee_id, status, n)
				SELECT inbox_id, team_id, assignee_id, status, sum(n) FROM moved
				GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0 ORDER BY 1, 2, 3, 4
				ON CONFLICT (inbox_id, team_id, assignee_id, status) DO UPDATE SET n = counts.n + EXCLUDED.n
			)
			SELECT count(*) FROM moved`, limit).Scan(&n); err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
		_, err := tx.Exec(ctx, `DELETE FROM counts WHERE n = 0 AND `+lazily)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("fold counts: %w", err)
	}
	return n, nil
}
