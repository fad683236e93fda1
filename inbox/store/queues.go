package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
	"skein/inbox/queues"
)

// QueueBase reads what a board of the queues begins with, of one instant: what is
// not closed, and the log of the last [queues.Kept].
func (s *Store) QueueBase(ctx context.Context, now time.Time) (queues.Base, error) {
	base := queues.Base{Since: now.Add(-queues.Kept)}
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT c.id, c.version, c.inbox_id, coalesce(c.team_id::text, ''), coalesce(c.assignee_id::text, ''), c.status, c.channel,
				c.account_id, c.created_at, c.waiting_since, c.first_reply_at, c.left_at, c.outbound, c.heard_at
			FROM conversations c WHERE c.status IN ('open', 'pending', 'snoozed') AND c.merged_into IS NULL`)
		if err != nil {
			return err
		}
		base.Open, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (c inbox.Conversation, err error) {
			err = row.Scan(&c.ID, &c.Version, &c.InboxID, &c.TeamID, &c.Assignee, &c.Status, &c.Channel,
				&c.Account, &c.CreatedAt, &c.WaitingSince, &c.FirstReplyAt, &c.LeftAt, &c.Outbound, &c.HeardAt)
			return c, err
		})
		if err != nil {
			return err
		}
		// Of messages those alone by which somebody may have answered, and calls.
		rows, err = tx.Query(ctx, `
			SELECT kind, at, entity::text, version, before, after, inbox_id IS NOT NULL FROM events
			WHERE at >= $1 AND (kind = $2 OR kind = $3 AND (after->'author'->>'kind' = 'agent' OR after ? 'call'))
			ORDER BY version`, base.Since, string(inbox.ConversationChanged), string(inbox.MessageChanged))
		if err != nil {
			return err
		}
		var (
			kind, entity  string
			at            time.Time
			version       int64
			before, after []byte
			placed        bool
		)
		_, err = pgx.ForEachRow(rows, []any{&kind, &at, &entity, &version, &before, &after, &placed}, func() error {
			e, ok, err := queues.EntryOfLog(inbox.EventKind(kind), at, entity, version, before, after, placed)
			if ok {
				base.Log = append(base.Log, e)
			}
			return err
		})
		return err
	})
	if err != nil {
		return queues.Base{}, fmt.Errorf("read what queues begin with: %w", err)
	}
	return base, nil
}

// InboxZones returns the zones of the inboxes' calendars, by their IANA names.
func (s *Store) InboxZones(ctx context.Context) (map[inbox.InboxID]string, error) {
	zones := map[inbox.InboxID]string{}
	rows, err := s.pool.Query(ctx, `SELECT i.id, k.zone FROM inboxes i JOIN calendars k ON k.id = i.calendar_id`)
	if err == nil {
		var id inbox.InboxID
		var zone string
		_, err = pgx.ForEachRow(rows, []any{&id, &zone}, func() error {
			zones[id] = zone
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("read zones: %w", err)
	}
	return zones, nil
}

// QueueThresholds returns what is set, by figure.
func (s *Store) QueueThresholds(ctx context.Context) ([]inbox.QueueThreshold, error) {
	rows, err := s.pool.Query(ctx, `SELECT figure, levels FROM queue_thresholds ORDER BY figure`)
	if err == nil {
		var list []inbox.QueueThreshold
		if list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[inbox.QueueThreshold]); err == nil {
			return orEmpty(list), nil
		}
	}
	return nil, fmt.Errorf("read thresholds: %w", err)
}

// SetQueueThresholds replaces all that is set. Each must be checked.
func (s *Store) SetQueueThresholds(ctx context.Context, by *inbox.Caller, list []inbox.QueueThreshold, now time.Time) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `LOCK TABLE queue_thresholds IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return err
		}
		b := &pgx.Batch{}
		b.Queue(`DELETE FROM queue_thresholds`)
		for _, t := range list {
			b.Queue(`INSERT INTO queue_thresholds (figure, levels, actor_id, updated_at) VALUES ($1, $2, $3, $4)
				ON CONFLICT (figure) DO UPDATE SET levels = excluded.levels`, string(t.Figure), t.Levels, by.Agent.ID, now)
		}
		return tx.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return fmt.Errorf("set thresholds: %w", err)
	}
	return nil
}

// VisitorLeft notes that the visitor of a chat's session has gone, at an instant,
// while nobody had answered, and announces it: once for each wait. Whoever has
// written since, or doesn't wait, has not left unanswered.
func (s *Store) VisitorLeft(ctx context.Context, account inbox.AccountID, session string, at time.Time) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		of, err := column[string](ctx, tx, `
			SELECT t.conversation_id::text FROM visitors v JOIN threads t ON t.id = v.thread_id
			WHERE v.account_id = $1 AND v.session = $2`, account, session)
		if err != nil || len(of) == 0 {
			return err
		}
		c, err := findConversation(ctx, tx, &inbox.Rights{All: true}, of[0], "FOR UPDATE OF c")
		if err != nil {
			return err
		}
		if c.Status != inbox.Open || c.Channel != inbox.Chat || c.WaitingSince == nil || c.WaitingSince.After(at) ||
			c.LeftAt != nil && !c.LeftAt.Before(*c.WaitingSince) {
			return nil
		}
		before := c
		at := stored(at)
		c.LeftAt = &at
		c.Version++
		if _, err := tx.Exec(ctx, `UPDATE conversations SET version = $2, left_at = $3 WHERE id = $1`, c.ID, c.Version, c.LeftAt); err != nil {
			return err
		}
		left := conversationChange(&inbox.Caller{}, &before, &c, time.Now().UTC())
		left.event.Actor = inbox.Actor{Kind: inbox.BySystem}
		return announce(ctx, tx, []change{left})
	})
	if err != nil {
		return fmt.Errorf("note who left a chat: %w", err)
	}
	return nil
}
