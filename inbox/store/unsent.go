package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// errLeft says that a message can't be held back any more.
var errLeft = &inbox.Error{Code: inbox.Conflict, Message: "it has left already"}

// Unsend takes a message back that has not left: it is gone from its conversation,
// which stands as it stood without it, and its files are the caller's uploads
// again. What it said is returned, to be written on. One that has left, or is
// leaving, is a Conflict.
func (s *Store) Unsend(ctx context.Context, by *inbox.Caller, id inbox.MessageID, now time.Time) (inbox.Unsent, error) {
	var out inbox.Unsent
	err := s.unsent(ctx, by, id, func(tx pgx.Tx, c *inbox.Conversation, m *inbox.Message, timer inbox.SendTimer) error {
		out = inbox.Unsent{Message: *m}
		batch := &pgx.Batch{}
		batch.Queue(`UPDATE attachments SET message_id = NULL, agent_id = $2 WHERE message_id = $1`, id, by.Agent.ID)
		for _, table := range []string{"thread_keys", "attempts", "message_search", "search_pending", "notifications"} {
			batch.Queue(`DELETE FROM `+table+` WHERE message_id = $1`, id)
		}
		batch.Queue(`DELETE FROM timers WHERE kind = $1 AND key = $2`, SendKind, id)
		batch.Queue(`DELETE FROM messages WHERE id = $1`, id)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		before := *c
		// What was done with the reply goes with it, unless somebody has done more.
		if timer.Was != "" && c.Status == timer.Became {
			c.Status = timer.Was
		}
		timer.Done.TakeBack(c)
		if err := recount(ctx, tx, c); err != nil {
			return err
		}
		// Who has seen its number must not be taken for somebody who saw the next.
		c.MessageSeq = before.MessageSeq
		c.Version++
		if _, err := tx.Exec(ctx, `UPDATE conversations SET version = $2, message_seq = $3, assignee_id = $4, team_id = $5, tags = $6, custom = $7,
			snoozed_until = CASE WHEN status = 'snoozed' THEN snoozed_until END WHERE id = $1`,
			c.ID, c.Version, c.MessageSeq, null(c.Assignee), null(c.TeamID), orEmpty(c.Tags), noted(c)); err != nil {
			return err
		}
		gone := *m
		gone.Version++
		return announce(ctx, tx, []change{
			conversationChange(by, &before, c, now),
			{before: m, session: string(by.Session), cause: by.Request, event: inbox.Event{
				ID: inbox.NewID[inbox.EventID](now), Kind: inbox.MessageChanged, At: now, Actor: by.Actor(),
				Entity: string(m.ID), Version: gone.Version, Message: &gone, Audience: inbox.Audience{Before: c.Place()},
			}},
		})
	})
	if err != nil {
		return inbox.Unsent{}, fmt.Errorf("unsend %s: %w", id, err)
	}
	return out, nil
}

// SendNow has a message leave that waits for its time, whoever wrote meanwhile.
func (s *Store) SendNow(ctx context.Context, by *inbox.Caller, id inbox.MessageID, replyTo func(inbox.ConversationID, *inbox.Account) string, now time.Time) (inbox.Message, error) {
	var m inbox.Message
	err := s.unsent(ctx, by, id, func(tx pgx.Tx, c *inbox.Conversation, is *inbox.Message, timer inbox.SendTimer) error {
		account, err := readAccount(ctx, tx, is.Account, "")
		if err != nil {
			return err
		}
		if account.Removed {
			return removedAccount(&account)
		}
		timer.Ask, timer.ReplyTo = false, replyTo(c.ID, &account)
		is.SendAt, is.StateDetail = &now, ""
		if err := moveMessageBy(ctx, tx, is, c.Place(), by.Actor(), now); err != nil {
			return err
		}
		m = *is
		return startTimer(ctx, tx, SendKind, string(id), now, timer)
	})
	if err != nil {
		return m, fmt.Errorf("send %s now: %w", id, err)
	}
	return m, nil
}

// unsent runs do with a message that has not left and its conversation, locked in
// the order in which firing locks them: the timer first.
func (s *Store) unsent(ctx context.Context, by *inbox.Caller, id inbox.MessageID, do func(tx pgx.Tx, c *inbox.Conversation, m *inbox.Message, timer inbox.SendTimer) error) error {
	if !inbox.ValidID(string(id)) {
		return &inbox.Error{Code: inbox.NotFound, Message: "the message is not there"}
	}
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var timer inbox.SendTimer
		err := tx.QueryRow(ctx, `SELECT payload FROM timers WHERE kind = $1 AND key = $2 FOR UPDATE`, SendKind, id).Scan(&timer)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		m, at, err := lockMessage(ctx, tx, id)
		if err != nil {
			return err
		}
		if !by.Sees(at) {
			return &inbox.Error{Code: inbox.NotFound, Message: "the message is not there"}
		}
		if m.Direction != inbox.Out || m.State != inbox.Queued || m.Attempt != 1 {
			return errLeft
		}
		c, err := findConversation(ctx, tx, &by.Rights, string(m.ConversationID), "FOR UPDATE OF c")
		if err != nil {
			return err
		}
		return do(tx, &c, m, timer)
	})
}

// holdBack holds a scheduled message back when somebody has written since it was:
// its author had not seen that. An agent then says what becomes of it.
func holdBack(ctx context.Context, tx pgx.Tx, m *inbox.Message, at *inbox.Place, now time.Time) (bool, error) {
	var who string
	err := tx.QueryRow(ctx, `
		SELECT coalesce(nullif(author_name, ''), author_address) FROM messages
		WHERE conversation_id = $1 AND seq > $2 AND kind = 'message' AND NOT automatic AND NOT scheduled ORDER BY seq DESC LIMIT 1`,
		m.ConversationID, m.Seq).Scan(&who)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read what came meanwhile: %w", err)
	}
	m.SendAt, m.StateDetail = nil, who+" wrote before it left"
	return true, moveMessage(ctx, tx, m, at, now)
}

// leaves makes a scheduled message the answer that it is from now on: after
// whatever came before it left.
func leaves(ctx context.Context, tx pgx.Tx, m *inbox.Message, now time.Time) error {
	c, err := findConversation(ctx, tx, &inbox.Rights{All: true}, string(m.ConversationID), "FOR UPDATE OF c")
	if err != nil {
		return err
	}
	before := c
	if m.Seq < c.MessageSeq {
		c.MessageSeq++
		m.Seq = c.MessageSeq
	}
	m.Scheduled, m.SentAt, m.CreatedAt = false, now, now
	if _, err := tx.Exec(ctx, `UPDATE messages SET scheduled = false, seq = $2, sent_at = $3, created_at = $3 WHERE id = $1`, m.ID, m.Seq, now); err != nil {
		return fmt.Errorf("place the message: %w", err)
	}
	if err := recount(ctx, tx, &c); err != nil {
		return err
	}
	c.MessageSeq = max(c.MessageSeq, before.MessageSeq, m.Seq)
	c.Version++
	if _, err := tx.Exec(ctx, `UPDATE conversations SET version = $2, message_seq = $3 WHERE id = $1`, c.ID, c.Version, c.MessageSeq); err != nil {
		return fmt.Errorf("move the conversation on: %w", err)
	}
	was, is := before, c
	return announce(ctx, tx, []change{{before: &was, event: inbox.Event{
		ID: inbox.NewID[inbox.EventID](now), Kind: inbox.ConversationChanged, At: now, Actor: inbox.Actor{Kind: inbox.BySystem},
		Entity: string(is.ID), Version: is.Version, Conversation: &is, Audience: inbox.Audience{Before: was.Place(), After: is.Place()},
	}}})
}
