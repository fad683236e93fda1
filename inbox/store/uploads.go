package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// useUploads gives an agent's uploads to a message, in the order named.
func useUploads(ctx context.Context, tx pgx.Tx, agent inbox.AgentID, m inbox.MessageID, list []inbox.AttachmentID) ([]inbox.Attachment, error) {
	if len(list) == 0 {
		return []inbox.Attachment{}, nil
	}
	missing := &inbox.Error{Code: inbox.Conflict, Message: "an attachment was sent already or is not there: upload it again"}
	for _, id := range list {
		if !inbox.ValidID(string(id)) {
			return nil, missing
		}
	}
	rows, err := tx.Query(ctx, `
		WITH used AS (
			UPDATE attachments a SET message_id = $1, position = t.n - 1
			FROM unnest($2::uuid[]) WITH ORDINALITY AS t(id, n)
			WHERE a.id = t.id AND a.agent_id = $3 AND a.message_id IS NULL
			RETURNING a.*)
		SELECT id, name, type, size, sha256, inline, content_id FROM used ORDER BY position`, m, ids(list), agent)
	if err != nil {
		return nil, err
	}
	used, err := pgx.CollectRows(rows, pgx.RowToStructByPos[inbox.Attachment])
	if err == nil && len(used) != len(list) {
		err = missing
	}
	return used, err
}

// Upload records a file that an agent has put into Blobs, to be sent later.
func (s *Store) Upload(ctx context.Context, agent inbox.AgentID, a inbox.Attachment, now time.Time) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO blobs (sha256, size, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
			a.SHA256, a.Size, now); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO attachments (id, agent_id, name, type, size, sha256, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			a.ID, agent, a.Name, a.Type, a.Size, a.SHA256, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	return nil
}
