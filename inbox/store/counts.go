package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// Counts returns the cells of the cube that rights admit and that are not
// empty: what was folded and what was not, summed in one statement.
func (s *Store) Counts(ctx context.Context, rights *inbox.Rights) ([]inbox.Count, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT inbox_id::text, nullif(team_id, @zero), nullif(assignee_id, @zero), status, sum(n)::bigint
		FROM (SELECT inbox_id, team_id, assignee_id, status, n FROM counts
			UNION ALL SELECT inbox_id, team_id, assignee_id, status, n FROM count_deltas) c
		WHERE @all OR inbox_id = ANY(@inboxes::uuid[])
		GROUP BY inbox_id, team_id, assignee_id, status HAVING sum(n) <> 0
		ORDER BY inbox_id, team_id, assignee_id, status`,
		pgx.NamedArgs{"zero": zero, "all": rights.All, "inboxes": ids(rights.Inboxes)})
	if err != nil {
		return nil, fmt.Errorf("read counts: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (inbox.Count, error) {
		var c inbox.Count
		var team, assignee *string
		err := row.Scan(&c.InboxID, &team, &assignee, &c.Status, &c.Count)
		c.TeamID, c.AssigneeID = orNone[inbox.TeamID](team), orNone[inbox.AgentID](assignee)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("read counts: %w", err)
	}
	return orEmpty(list), nil
}

func orNone[T ~string](s *string) T {
	if s == nil {
		return ""
	}
	return T(*s)
}
