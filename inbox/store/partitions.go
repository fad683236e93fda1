package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// EnsurePartitions makes the partitions of the log for now's month and the one
// after it. Entries of a month that came before its partition are moved out of
// the default one; none is lost. Several nodes may call it at once, and it gives
// up after two seconds rather than hold up the writers behind its lock.
func (s *Store) EnsurePartitions(ctx context.Context, now time.Time) error {
	first := time.Date(now.UTC().Year(), now.UTC().Month(), 1, 0, 0, 0, 0, time.UTC)
	for _, from := range []time.Time{first, first.AddDate(0, 1, 0)} {
		if err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
			return ensurePartition(ctx, tx, from, from.AddDate(0, 1, 0))
		}); err != nil {
			return fmt.Errorf("make partition of %s: %w", from.Format("2006-01"), err)
		}
	}
	return nil
}

func ensurePartition(ctx context.Context, tx pgx.Tx, from, until time.Time) error {
	name := from.Format("events_2006_01")
	if _, err := tx.Exec(ctx, `SELECT set_config('lock_timeout', '2s', true), pg_advisory_xact_lock(hashtextextended('skein:partitions', 0))`); err != nil {
		return err
	}
	var there bool
	if err := tx.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, name).Scan(&there); err != nil || there {
		return err
	}
	table := pgx.Identifier{name}.Sanitize()
	// Attached last, and filled before: a partition can't be made while the
	// default one holds rows of it.
	for _, stmt := range []struct {
		sql  string
		args []any
	}{
		{sql: `CREATE TABLE ` + table + ` (LIKE events INCLUDING ALL)`},
		{sql: `LOCK TABLE events_default IN ACCESS EXCLUSIVE MODE`},
		{sql: `WITH moved AS (DELETE FROM events_default WHERE at >= $1 AND at < $2 RETURNING *)
			INSERT INTO ` + table + ` SELECT * FROM moved`, args: []any{from, until}},
		{sql: `ALTER TABLE events ATTACH PARTITION ` + table + fmt.Sprintf(` FOR VALUES FROM ('%s') TO ('%s')`,
			from.Format(time.RFC3339), until.Format(time.RFC3339))},
	} {
		if _, err := tx.Exec(ctx, stmt.sql, stmt.args...); err != nil {
			return err
		}
	}
	return nil
}
