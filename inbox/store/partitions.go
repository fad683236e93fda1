package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// partitioned are the append-only tables that are apart by month.
var partitioned = []string{"events", "tracks"}

// EnsurePartitions makes the partitions of the log, and of what people did in
// shops, for now's month and the one after it. Entries of a month that came
// before its partition are moved out of the default one; none is lost. Several
// nodes may call it at once, and it gives up after two seconds rather than hold
// up the writers behind its lock.
func (s *Store) EnsurePartitions(ctx context.Context, now time.Time) error {
	first := time.Date(now.UTC().Year(), now.UTC().Month(), 1, 0, 0, 0, 0, time.UTC)
	for _, table := range partitioned {
		for _, from := range []time.Time{first, first.AddDate(0, 1, 0)} {
			if err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
				return ensurePartition(ctx, tx, table, from, from.AddDate(0, 1, 0))
			}); err != nil {
				return fmt.Errorf("make partition of %s for %s: %w", table, from.Format("2006-01"), err)
			}
		}
	}
	return nil
}

func ensurePartition(ctx context.Context, tx pgx.Tx, table string, from, until time.Time) error {
	name := table + from.Format("_2006_01")
	if _, err := tx.Exec(ctx, `SELECT set_config('lock_timeout', '2s', true), pg_advisory_xact_lock(hashtextextended('skein:partitions', 0))`); err != nil {
		return err
	}
	var there bool
	if err := tx.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, name).Scan(&there); err != nil || there {
		return err
	}
	whole, part, rest := pgx.Identifier{table}.Sanitize(), pgx.Identifier{name}.Sanitize(), pgx.Identifier{table + "_default"}.Sanitize()
	// Attached last, and filled before: a partition can't be made while the
	// default one holds rows of it. Writers wait at the whole table: one that
	// had chosen the default partition would be refused by it afterwards.
	for _, stmt := range []struct {
		sql  string
		args []any
	}{
		{sql: `CREATE TABLE ` + part + ` (LIKE ` + whole + ` INCLUDING ALL)`},
		{sql: `ALTER TABLE ` + part + ` ALTER COLUMN identity_id SET (n_distinct = 20)`}, // see the migration
		{sql: `LOCK TABLE ONLY ` + whole + ` IN SHARE ROW EXCLUSIVE MODE`},
		{sql: `LOCK TABLE ` + rest + ` IN ACCESS EXCLUSIVE MODE`},
		{sql: `WITH moved AS (DELETE FROM ` + rest + ` WHERE at >= $1 AND at < $2 RETURNING *)
			INSERT INTO ` + part + ` SELECT * FROM moved`, args: []any{from, until}},
		{sql: `ALTER TABLE ` + whole + ` ATTACH PARTITION ` + part + fmt.Sprintf(` FOR VALUES FROM ('%s') TO ('%s')`,
			from.Format(time.RFC3339), until.Format(time.RFC3339))},
	} {
		if _, err := tx.Exec(ctx, stmt.sql, stmt.args...); err != nil {
			return err
		}
	}
	return nil
}
