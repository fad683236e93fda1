package store

import (
	"context"
	"fmt"
	"time"

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
	var changed []*inbox.Conversation
	for _, id := range keysOf(a.before) {
		if a.before[inbox.ConversationID(id)] != nil {
			changed = append(changed, a.ev.Conversations[inbox.ConversationID(id)])
		}
	}
	queueConversations(batch, changed...)
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

// queueConversations writes what may change of conversations, in one statement.
func queueConversations(batch *pgx.Batch, list ...*inbox.Conversation) {
	if len(list) == 0 {
		return
	}
	var ids, statuses, channels, accounts, previews []string
	var teams, assignees, merged []*string
	var versions, seqs, publics []int64
	var last []time.Time
	var waiting, heard []*time.Time
	for _, c := range list {
		ids, versions, statuses = append(ids, string(c.ID)), append(versions, c.Version), append(statuses, string(c.Status))
		teams, assignees, merged = append(teams, null(c.TeamID)), append(assignees, null(c.Assignee)), append(merged, null(c.MergedInto))
		channels, accounts, previews = append(channels, string(c.Channel)), append(accounts, string(c.Account)), append(previews, c.Preview)
		seqs, publics = append(seqs, c.MessageSeq), append(publics, c.PublicSeq)
		last, waiting, heard = append(last, c.LastAt), append(waiting, c.WaitingSince), append(heard, c.HeardAt)
	}
	batch.Queue(`
		UPDATE conversations c SET version = n.version, team_id = n.team_id, assignee_id = n.assignee_id, status = n.status,
			channel = n.channel, account_id = n.account_id, preview = n.preview, message_seq = n.message_seq, public_seq = n.public_seq,
			last_at = n.last_at, waiting_since = n.waiting_since, merged_into = n.merged_into, heard_at = n.heard_at
		FROM unnest(@ids::uuid[], @versions::bigint[], @teams::uuid[], @assignees::uuid[], @statuses::text[], @channels::text[], @accounts::text[],
			@previews::text[], @seqs::bigint[], @publics::bigint[], @last::timestamptz[], @waiting::timestamptz[], @merged::uuid[], @heard::timestamptz[])
			AS n(id, version, team_id, assignee_id, status, channel, account_id, preview, message_seq, public_seq, last_at, waiting_since, merged_into, heard_at)
		WHERE c.id = n.id`,
		pgx.NamedArgs{"ids": ids, "versions": versions, "teams": teams, "assignees": assignees, "statuses": statuses, "channels": channels,
			"accounts": accounts, "previews": previews, "seqs": seqs, "publics": publics, "last": last, "waiting": waiting, "merged": merged, "heard": heard})
}
