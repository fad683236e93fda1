package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// writeQuotes links strangers' mail that came before what it quotes, unless it
// is somewhere for a reason or has a link.
func (a *arrivals) writeQuotes(ctx context.Context) error {
	if len(a.quotes) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	var linked []string
	for _, q := range a.quotes {
		batch.Queue(`
			UPDATE messages SET version = version + 1, reason = reason || jsonb_build_object('linked', $2::text, 'key', $3::text, 'text', $4::text)
			WHERE id = $1 AND reason->>'step' = $5 AND NOT reason ? 'linked' RETURNING id::text`,
			q.Message, q.Conversation, q.Key, inbox.QuotesAnother, string(inbox.ByNothing)).Query(func(rows pgx.Rows) error {
			ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
			linked = append(linked, ids...)
			return err
		})
	}
	if err := a.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("link what quotes: %w", err)
	}
	if len(linked) == 0 {
		return nil
	}
	list, err := collectMessages(ctx, a.tx, `WHERE m.id = ANY($1) ORDER BY m.id`, linked)
	if err != nil {
		return fmt.Errorf("link what quotes: %w", err)
	}
	for i := range list {
		m := &list[i]
		if a.moves(m.ID) {
			continue
		}
		place, err := placeOfConversation(ctx, a.tx, m.ConversationID)
		if err != nil {
			return err
		}
		a.add(change{event: inbox.Event{
			Kind: inbox.MessageChanged, Entity: string(m.ID), Version: m.Version, Message: m, History: true,
			Audience: inbox.Audience{After: place},
		}}, inbox.Actor{Kind: inbox.BySystem})
	}
	return nil
}
