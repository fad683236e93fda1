package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"skein/inbox"
)

// maxAllTags bounds the list of tags.
const maxAllTags = 1000

// Tags returns the tags of conversations and how many have each, the most used
// first, and at most a thousand.
func (s *Store) Tags(ctx context.Context) ([]inbox.TagCount, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT t, count(*)::int FROM conversations c CROSS JOIN LATERAL unnest(c.tags) t
		WHERE c.tags <> '{}' AND c.merged_into IS NULL GROUP BY t ORDER BY 2 DESC, lower(t), t LIMIT $1`, maxAllTags)
	if err == nil {
		var list []inbox.TagCount
		if list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[inbox.TagCount]); err == nil {
			return orEmpty(list), nil
		}
	}
	return nil, fmt.Errorf("read tags: %w", err)
}

// ChangeTag gives every conversation with a tag another instead, which merges the
// two where it is one that there is, or with "" none, in batches that follow; what
// saved replies add changes at once, and what saved views ask for, too. For supervisors and admins.
func (s *Store) ChangeTag(ctx context.Context, by *inbox.Caller, name, to string, now time.Time) error {
	name = storable(name)
	if !by.All {
		return &inbox.Error{Code: inbox.Forbidden, Message: "tags of all conversations are changed by supervisors and admins"}
	}
	if to != "" {
		clean, err := inbox.CleanTags([]string{to})
		if err != nil {
			return err
		}
		to = clean[0]
	}
	if name == to {
		return &inbox.Error{Code: inbox.Invalid, Message: "the tag has this name already"}
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		// Of two who turn a tag into each other's, one is undone by the other for
		// ever: where one is on its way, the other waits.
		var busy bool
		if err := tx.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM timers WHERE kind = $1 AND key LIKE 'tag/%' AND (payload->>'tag' = ANY($2) OR payload->>'toTag' = ANY($2)))
			FROM (SELECT pg_advisory_xact_lock(hashtextextended('tags', 0))) l`, SweepKind, []string{name, to}).Scan(&busy); err != nil {
			return err
		}
		if busy {
			return &inbox.Error{Code: inbox.Conflict, Message: "one of these tags is being changed just now: try again in a moment"}
		}
		if err := tagReplies(ctx, tx, by, name, to, now); err != nil {
			return err
		}
		if to != "" {
			if err := renameInViews(ctx, tx, by, "tag", map[string]string{name: to}, now); err != nil {
				return err
			}
		}
		after := map[string]string{"name": to}
		ch := unversioned(by, inbox.TagChanged, tagEntity(name), after, now)
		ch.before = map[string]string{"name": name}
		if err := logOnly(ctx, tx, []change{ch}); err != nil {
			return err
		}
		return startSweep(ctx, tx, by, sweep{Tag: name, ToTag: to}, now)
	})
	if err != nil {
		return fmt.Errorf("change tag: %w", err)
	}
	return nil
}

// tagReplies changes a tag in what everybody's and agents' own saved replies do.
func tagReplies(ctx context.Context, tx pgx.Tx, by *inbox.Caller, name, to string, now time.Time) error {
	list, err := collectSavedReplies(ctx, tx, `WHERE NOT r.deleted AND r.actions->'addTags' ? $1 ORDER BY r.id FOR UPDATE OF r`, name)
	if err != nil {
		return err
	}
	for i := range list {
		r := list[i]
		r.Actions.AddTags = withTags(nil, renamed(r.Actions.AddTags, name, to), nil)
		r.Version++
		r.UpdatedAt, r.UpdatedBy = stored(now), by.Agent.ID
		if err := writeSavedReply(ctx, tx, by, &list[i], &r); err != nil {
			return err
		}
	}
	return nil
}

// renamed are tags of which one is called otherwise, or is gone.
func renamed(tags []string, name, to string) []string {
	var list []string
	for _, t := range tags {
		if t == name {
			t = to
		}
		if t != "" {
			list = append(list, t)
		}
	}
	return list
}

func tagEntity(name string) string {
	sum := sha256.Sum256([]byte("tag/" + name))
	return pgtype.UUID{Bytes: [16]byte(sum[:16]), Valid: true}.String()
}
