package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// AnalyseGrown counts anew what has at least tripled since it was last counted,
// and returns how many tables that were. PostgreSQL does it by itself, but looks
// once a minute: until then what is new, such as a shop whose first orders come
// in by the thousand, is read by plans that were made for nothing. Several nodes
// may call it at once.
func (s *Store) AnalyseGrown(ctx context.Context) (int, error) {
	const few = 200 // rows, which any plan reads fast
	grown, err := column[string](ctx, s.pool, `
		SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = current_schema() AND c.relkind = 'r'
			AND pg_stat_get_mod_since_analyze(c.oid) > greatest($1, 2 * c.reltuples)`, few)
	if err != nil {
		return 0, fmt.Errorf("find what has grown: %w", err)
	}
	for _, table := range grown {
		if _, err := s.pool.Exec(ctx, `ANALYZE (SKIP_LOCKED) `+pgx.Identifier{table}.Sanitize()); err != nil {
			return 0, fmt.Errorf("count %s anew: %w", table, err)
		}
	}
	return len(grown), nil
}
