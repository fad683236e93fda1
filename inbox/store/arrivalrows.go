package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// write stores the rows, in the order in which they refer to each other, and
// collects what changed.
func (a *arrivals) write(ctx context.Context) error {
	if err := a.copyAll(ctx, []table{
		{"conversations", conversationRow, a.conversationRows()},
		{"threads", []string{"id", "root_id", "conversation_id", "home_id"}, a.threads},
	}); err != nil {
		return err
	}
	if err := a.writeChanges(ctx); err != nil {
		return err
	}
	if err := a.copyAll(ctx, []table{
		{"messages", messageRow, a.messages},
		{"thread_keys", []string{"key", "message_id", "thread_id", "own", "sender"}, a.keys},
		{"attachments", []string{"id", "message_id", "position", "name", "type", "size", "sha256", "inline", "content_id", "created_at"}, a.attachments},
		{"search_pending", []string{"message_id"}, a.pending},
		{"order_mentions", mentionRow, a.mentions},
	}); err != nil {
		return err
	}
	if err := writeBlobs(ctx, a.tx, a.blobs); err != nil {
		return err
	}
	if err := a.writeVisits(ctx); err != nil {
		return err
	}
	if err := a.writeReports(ctx); err != nil {
		return err
	}
	if err := a.writeQuotes(ctx); err != nil {
		return err
	}
	if err := a.writeTies(ctx); err != nil {
		return err
	}
	if err := a.recount(ctx); err != nil {
		return err
	}
	if err := a.relinkArrivals(ctx); err != nil {
		return err
	}
	return a.collect(ctx)
}

var (
	conversationRow = []string{"id", "number", "version", "inbox_id", "status", "channel", "account_id", "identity_id", "subject",
		"preview", "message_seq", "public_seq", "last_at", "waiting_since", "created_at", "merged_into"}
	messageRow = []string{"id", "conversation_id", "thread_id", "seq", "version", "kind", "direction", "channel", "account_id",
		"identity_id", "author_kind", "author_name", "author_address", "recipients", "subject", "text", "visible_text",
		"html", "remote_images", "state", "automatic", "spam", "history", "proof", "detail", "reason", "header_id", "refs",
		"people", "raw_sha256", "sent_at", "created_at", "splits", "about_id", "call"}
)

// A table is rows to be copied into it.
type table struct {
	name    string
	columns []string
	rows    [][]any
}

func (d *delivery) copyAll(ctx context.Context, tables []table) error {
	for _, t := range tables {
		if len(t.rows) == 0 {
			continue
		}
		if _, err := d.tx.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, pgx.CopyFromRows(t.rows)); err != nil {
			return fmt.Errorf("write %s: %w", t.name, err)
		}
	}
	return nil
}

func (a *arrivals) conversationRows() [][]any {
	rows := make([][]any, 0, len(a.made))
	for _, id := range a.made {
		c := a.ev.Conversations[id]
		rows = append(rows, []any{uid(c.ID), c.Number, c.Version, uid(c.InboxID), string(c.Status), string(c.Channel), string(c.Account),
			uid(c.Customer.IdentityID), c.Subject, c.Preview, c.MessageSeq, c.PublicSeq, c.LastAt, c.WaitingSince, c.CreatedAt, uid(c.MergedInto)})
	}
	return rows
}

// writeChanges brings what was there before up to date, in one round trip.
// Links to a merged conversation stay good: they lead to the survivor by one
// step, however often it happens.
func (a *arrivals) writeChanges(ctx context.Context) error {
	batch := &pgx.Batch{}
	for _, j := range a.joins {
		batch.Queue(`UPDATE threads SET root_id = $1 WHERE root_id = $2`, string(j.Winner), string(j.Loser))
	}
	for i := range a.merges {
		m := &a.merges[i]
		batch.Queue(`
			UPDATE messages m SET conversation_id = $1, seq = $3 + n.n, version = version + 1
			FROM (SELECT id, row_number() OVER (ORDER BY seq) AS n FROM messages WHERE conversation_id = $2) n
			WHERE m.id = n.id RETURNING m.id::text`, string(m.into), string(m.from), m.base).Query(func(rows pgx.Rows) (err error) {
			m.moved, err = pgx.CollectRows(rows, pgx.RowTo[string])
			return err
		})
		batch.Queue(`UPDATE threads SET conversation_id = $1 WHERE conversation_id = $2`, string(m.into), string(m.from))
		batch.Queue(`UPDATE conversations SET merged_into = $1 WHERE merged_into = $2`, string(m.into), string(m.from))
	}
	for _, id := range keysOf(a.before) {
		if a.before[inbox.ConversationID(id)] != nil {
			queueConversation(batch, a.ev.Conversations[inbox.ConversationID(id)])
		}
	}
	threads, people := make([]string, 0, len(a.people)), make([]string, 0, len(a.people))
	for who := range a.people {
		threads, people = append(threads, who[0]), append(people, who[1])
	}
	batch.Queue(`
		INSERT INTO thread_people (thread_id, person) SELECT * FROM unnest($1::uuid[], $2::text[])
		ON CONFLICT DO NOTHING`, threads, people)
	if err := a.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write conversations: %w", err)
	}
	return nil
}

func writeBlobs(ctx context.Context, tx pgx.Tx, blobs map[string]int64) error {
	if len(blobs) == 0 {
		return nil
	}
	names := keysOf(blobs)
	sizes := make([]int64, len(names))
	for i, n := range names {
		sizes[i] = blobs[n]
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO blobs (sha256, size) SELECT * FROM unnest($1::text[], $2::bigint[])
		ON CONFLICT DO NOTHING`, names, sizes); err != nil {
		return fmt.Errorf("write blobs: %w", err)
	}
	return nil
}

// queueConversation writes what may change of a conversation.
func queueConversation(batch *pgx.Batch, c *inbox.Conversation) {
	batch.Queue(`
		UPDATE conversations SET version = $2, team_id = $3, assignee_id = $4, status = $5, channel = $6, account_id = $7,
			preview = $8, message_seq = $9, public_seq = $10, last_at = $11, waiting_since = $12, merged_into = $13
		WHERE id = $1`,
		string(c.ID), c.Version, null(c.TeamID), null(c.Assignee), string(c.Status), string(c.Channel), string(c.Account),
		c.Preview, c.MessageSeq, c.PublicSeq, c.LastAt, c.WaitingSince, null(c.MergedInto))
}
