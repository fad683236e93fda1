package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// Draft returns what an agent has begun to write in a conversation that the agent
// may see; the zero Draft when that is nothing.
func (s *Store) Draft(ctx context.Context, by *inbox.Caller, ref string) (inbox.Draft, error) {
	c, err := findConversation(ctx, s.pool, &by.Rights, ref, "")
	if err != nil {
		return inbox.Draft{}, fmt.Errorf("draft: %w", err)
	}
	return readDraft(ctx, s.pool, by.Agent.ID, c.ID)
}

func readDraft(ctx context.Context, q querier, agent inbox.AgentID, in inbox.ConversationID) (inbox.Draft, error) {
	d := inbox.Draft{Content: inbox.DraftContent{Tab: "reply"}}
	var content []byte
	err := q.QueryRow(ctx, `
		SELECT d.version, d.content, d.updated_at, coalesce(a.name, '') FROM drafts d
		LEFT JOIN agents a ON a.id = d.taken_by
		WHERE d.agent_id = $1 AND d.conversation_id = $2`, string(agent), string(in)).Scan(&d.Version, &content, &d.At, &d.TakenBy)
	if errors.Is(err, pgx.ErrNoRows) {
		return d, nil
	}
	if err != nil {
		return d, fmt.Errorf("read draft: %w", err)
	}
	d.At = d.At.UTC()
	if err := json.Unmarshal(content, &d.Content); err != nil {
		return d, fmt.Errorf("decode draft: %w", err)
	}
	return d, nil
}

// SaveDraft replaces version known of the agent's draft, 0 for none. It returns
// the draft as it is now, and whether that is what was to be stored: another
// device may have been first, whose words then are the caller's to join.
func (s *Store) SaveDraft(ctx context.Context, by *inbox.Caller, ref string, known int64, content inbox.DraftContent, now time.Time) (inbox.Draft, bool, error) {
	raw, err := json.Marshal(content)
	if err != nil {
		return inbox.Draft{}, false, fmt.Errorf("encode draft: %w", err)
	}
	var d inbox.Draft
	stored := false
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		c, err := findConversation(ctx, tx, &by.Rights, ref, "")
		if err != nil {
			return err
		}
		// A row that another device makes at the same instant is waited for, and
		// then has another version.
		tag, err := tx.Exec(ctx, `
			INSERT INTO drafts (agent_id, conversation_id, version, content, begun, updated_at)
			SELECT @agent, @in, 1, @content, @begun, @now WHERE @known::bigint = 0
			ON CONFLICT (agent_id, conversation_id) DO NOTHING`,
			pgx.NamedArgs{"agent": string(by.Agent.ID), "in": string(c.ID), "content": raw, "begun": content.Begun(), "now": now, "known": known})
		if err != nil {
			return fmt.Errorf("insert draft: %w", err)
		}
		if stored = tag.RowsAffected() == 1; !stored {
			tag, err = tx.Exec(ctx, `
				UPDATE drafts SET version = version + 1, content = @content, begun = @begun, updated_at = @now, taken_by = NULL, taken_at = NULL
				WHERE agent_id = @agent AND conversation_id = @in AND version = @known`,
				pgx.NamedArgs{"agent": string(by.Agent.ID), "in": string(c.ID), "content": raw, "begun": content.Begun(), "now": now, "known": known})
			if err != nil {
				return fmt.Errorf("update draft: %w", err)
			}
			stored = tag.RowsAffected() == 1
		}
		d, err = readDraft(ctx, tx, by.Agent.ID, c.ID)
		return err
	})
	if err != nil {
		return d, false, fmt.Errorf("save draft: %w", err)
	}
	return d, stored, nil
}

// Offers returns the replies that colleagues began in a conversation and nobody
// took over, the newest first: last changed before a time, or by who works here no
// more.
func (s *Store) Offers(ctx context.Context, by *inbox.Caller, ref string, before time.Time) ([]inbox.Offer, error) {
	c, err := findConversation(ctx, s.pool, &by.Rights, ref, "")
	if err != nil {
		return nil, fmt.Errorf("offers: %w", err)
	}
	rows, err := s.pool.Query(ctx, `
		SELECT d.agent_id, a.name, d.version, d.content, d.updated_at FROM drafts d
		JOIN agents a ON a.id = d.agent_id
		WHERE d.conversation_id = $1 AND d.begun AND d.agent_id <> $2 AND d.taken_by IS NULL AND (d.updated_at < $3 OR NOT a.active)
		ORDER BY d.updated_at DESC LIMIT 10`, string(c.ID), string(by.Agent.ID), before)
	if err != nil {
		return nil, fmt.Errorf("read offers: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (inbox.Offer, error) {
		var o inbox.Offer
		var raw []byte
		if err := row.Scan(&o.AgentID, &o.Name, &o.Version, &raw, &o.At); err != nil {
			return o, err
		}
		var content inbox.DraftContent
		err := json.Unmarshal(raw, &content)
		o.Text, o.HTML, o.SeenSeq, o.At = content.Text, content.HTML, content.SeenSeq, o.At.UTC()
		o.Account, o.Private = content.Account, content.Private
		return o, err
	})
	if err != nil {
		return nil, fmt.Errorf("read offers: %w", err)
	}
	return orEmpty(list), nil
}

// TakeDraft notes that the caller takes a colleague's draft over, which stays
// the colleague's too. Of several who try one succeeds; the others get a conflict,
// as do those who saw an older version.
func (s *Store) TakeDraft(ctx context.Context, by *inbox.Caller, ref string, from inbox.AgentID, version int64, now time.Time) error {
	c, err := findConversation(ctx, s.pool, &by.Rights, ref, "")
	if err != nil {
		return fmt.Errorf("take draft: %w", err)
	}
	tag, err := s.pool.Exec(ctx, `
		UPDATE drafts SET taken_by = @by, taken_at = @now
		WHERE agent_id = @from AND conversation_id = @in AND version = @version AND begun AND taken_by IS NULL AND agent_id <> @by`,
		pgx.NamedArgs{"by": string(by.Agent.ID), "now": now, "from": string(from), "in": string(c.ID), "version": version})
	if err != nil {
		return fmt.Errorf("take draft: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return &inbox.Error{Code: inbox.Conflict, Message: "this draft was taken over or changed meanwhile: look at the conversation again"}
	}
	return nil
}
