package store

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// Messages returns a page of a conversation: the newest messages whose seq is
// below before (0 = all), ascending, and the before of the next page: 0 when
// there is no more.
func (s *Store) Messages(ctx context.Context, rights *inbox.Rights, ref string, before int64, limit int) ([]inbox.Message, int64, error) {
	c, err := findConversation(ctx, s.pool, rights, ref, "")
	if err != nil {
		return nil, 0, fmt.Errorf("messages: %w", err)
	}
	if before <= 0 {
		before = math.MaxInt64
	}
	size := pageSize(limit)
	list, err := collectMessages(ctx, s.pool, `
		WHERE m.conversation_id = $1 AND m.seq < $2 ORDER BY m.seq DESC LIMIT $3`, c.ID, before, size+1)
	if err != nil {
		return nil, 0, fmt.Errorf("messages of %s: %w", c.ID, err)
	}
	var next int64
	if len(list) > size {
		list = list[:size]
		next = list[size-1].Seq
	}
	slices.Reverse(list)
	return list, next, nil
}

// collectMessages reads messages m, as the tail of the query says, with their
// attachments.
func collectMessages(ctx context.Context, q querier, tail string, args ...any) ([]inbox.Message, error) {
	rows, err := q.Query(ctx, `SELECT `+messageColumns+` FROM messages m `+tail, args...)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, scanMessage)
	if err != nil {
		return nil, err
	}
	return orEmpty(list), addAttachments(ctx, q, list)
}

var errMessage = &inbox.Error{Code: inbox.NotFound, Message: "the message is not there, or not in one of your inboxes"}

// Message returns one message. One that the reader may not see is NotFound.
func (s *Store) Message(ctx context.Context, rights *inbox.Rights, id inbox.MessageID) (inbox.Message, error) {
	if !inbox.ValidID(string(id)) {
		return inbox.Message{}, errMessage
	}
	list, err := collectMessages(ctx, s.pool, `
		JOIN conversations c ON c.id = m.conversation_id
		WHERE m.id = $1 AND ($2 OR c.inbox_id = ANY($3::uuid[]))`, id, rights.All, ids(rights.Inboxes))
	if err != nil {
		return inbox.Message{}, fmt.Errorf("message %s: %w", id, err)
	}
	if len(list) == 0 {
		return inbox.Message{}, errMessage
	}
	return list[0], nil
}

// Raw returns the SHA-256 of a message's raw bytes in Blobs. A message that has
// none, or that the reader may not see, is NotFound. Of one in which numbers of
// payment cards were masked the source has them still: it is for admins only.
func (s *Store) Raw(ctx context.Context, rights *inbox.Rights, id inbox.MessageID) (string, error) {
	if !inbox.ValidID(string(id)) {
		return "", errMessage
	}
	var sum string
	var masked bool
	err := s.pool.QueryRow(ctx, `
		SELECT m.raw_sha256, coalesce((m.detail->>'masked')::boolean, false) FROM messages m JOIN conversations c ON c.id = m.conversation_id
		WHERE m.id = $1 AND ($2 OR c.inbox_id = ANY($3::uuid[])) AND m.raw_sha256 <> ''`,
		id, rights.All, ids(rights.Inboxes)).Scan(&sum, &masked)
	if err != nil {
		return "", fmt.Errorf("raw of %s: %w", id, notFound(err, "the source of this message"))
	}
	if masked && rights.Agent.Role != inbox.AdminRole {
		return "", &inbox.Error{Code: inbox.Forbidden, Message: "the source of this message holds the number of a payment card, which was masked: only an admin may see it"}
	}
	return sum, nil
}

// Attachment returns a file of a message that the reader may see, or one that
// the reader has uploaded and not sent yet. Any other is NotFound.
func (s *Store) Attachment(ctx context.Context, rights *inbox.Rights, id inbox.AttachmentID) (inbox.Attachment, error) {
	var a inbox.Attachment
	if !inbox.ValidID(string(id)) {
		return a, &inbox.Error{Code: inbox.NotFound, Message: "the attachment is not there"}
	}
	err := s.pool.QueryRow(ctx, `
		SELECT a.id, a.name, a.type, a.size, a.sha256, a.inline, a.content_id
		FROM attachments a
		LEFT JOIN messages m ON m.id = a.message_id
		LEFT JOIN conversations c ON c.id = m.conversation_id
		WHERE a.id = $1 AND CASE WHEN a.message_id IS NULL THEN a.agent_id = $4 ELSE $2 OR c.inbox_id = ANY($3::uuid[]) END`,
		id, rights.All, ids(rights.Inboxes), rights.Agent.ID).
		Scan(&a.ID, &a.Name, &a.Type, &a.Size, &a.SHA256, &a.Inline, &a.ContentID)
	if err != nil {
		return a, fmt.Errorf("attachment %s: %w", id, notFound(err, "the attachment"))
	}
	return a, nil
}
