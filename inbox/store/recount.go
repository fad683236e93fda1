package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// recount brings a locked conversation in line with the messages that it has
// now, in the database too.
func recount(ctx context.Context, tx pgx.Tx, c *inbox.Conversation) error {
	rows, err := tx.Query(ctx, `
		SELECT id, seq, kind, direction, automatic OR scheduled, history, created_at, channel, account_id, call
		FROM messages WHERE conversation_id = $1`, c.ID)
	if err != nil {
		return fmt.Errorf("recount %s: %w", c.ID, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[inbox.Said])
	if err != nil {
		return fmt.Errorf("recount %s: %w", c.ID, err)
	}
	newest := c.Recount(list)
	c.Preview = ""
	if newest != "" {
		m, err := collectMessages(ctx, tx, `WHERE m.id = $1`, newest)
		if err != nil {
			return fmt.Errorf("recount %s: %w", c.ID, err)
		}
		c.Preview = inbox.Preview(&m[0])
	}
	batch := &pgx.Batch{}
	queueConversations(batch, c)
	batch.Queue(`
		UPDATE conversations c SET first_reply_at = (
			SELECT min(created_at) FROM messages
			WHERE conversation_id = $1 AND kind = 'message' AND direction = 'out' AND author_kind = 'agent' AND call IS NULL AND NOT scheduled
				AND (NOT c.outbound OR created_at > c.heard_at))
		WHERE id = $1 RETURNING first_reply_at`, c.ID).QueryRow(func(row pgx.Row) error { return row.Scan(&c.FirstReplyAt) })
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("recount %s: %w", c.ID, err)
	}
	return nil
}

// recount brings the conversations into which others have gone in line with
// what is there now.
func (a *arrivals) recount(ctx context.Context) error {
	done := map[inbox.ConversationID]bool{}
	for _, m := range a.merges {
		c := a.ev.Conversations[m.into]
		if done[c.ID] || c.MergedInto != "" {
			continue
		}
		done[c.ID] = true
		if err := recount(ctx, a.tx, c); err != nil {
			return err
		}
	}
	return nil
}
