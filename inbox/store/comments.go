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

// notPublic holds for a message m that no public comment is, nor an answer to one
// that everybody can read.
const notPublic = `(m.detail->'comment' IS NULL OR m.detail->'comment' @> '{"private": true}')`

// courseComment is the way of an answer to a public comment: beside it, or in one
// private message to who wrote it. What they answer to that comes into the same
// conversation, unless what is said with them in private has one already.
func (s *Store) courseComment(ctx context.Context, tx pgx.Tx, c *inbox.Conversation, a *inbox.Answer, way *course, stands *inbox.Comment, written time.Time) error {
	id, now := way.account.ID, a.At
	if now.IsZero() {
		now = time.Now()
	}
	var done bool
	if err := tx.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM messages WHERE conversation_id = $1 AND account_id = $2 AND direction = 'out' AND state <> 'failed'
			AND detail->'comment' @> jsonb_build_object('id', $3::text, 'private', true))`, c.ID, id, stands.ID).Scan(&done); err != nil {
		return fmt.Errorf("look for a private answer: %w", err)
	}
	way.comment = &inbox.Comment{ID: stands.ID, Link: stands.Link, Elsewhere: stands.Elsewhere, Live: stands.Live, Private: a.Private, WrittenAt: written.UTC()}
	public := stands.Public()
	way.noPrivate = stands.InPrivate(written, now, done)
	if len(a.Attachments) > 0 {
		return &inbox.Error{Code: inbox.Invalid, Message: "no files go with an answer to a comment: send a link, or take them off"}
	}
	if !a.Private {
		return public
	}
	if way.noPrivate != nil || stands.Thread == "" {
		return way.noPrivate
	}
	key := inbox.ChannelKey(id, stands.Thread)
	if err := lockKeys(ctx, tx, map[inbox.Key]bool{key: true}); err != nil {
		return err
	}
	var thread inbox.ThreadID
	var in inbox.ConversationID
	err := tx.QueryRow(ctx, `
		SELECT t.id, t.conversation_id FROM thread_keys k JOIN threads t ON t.id = k.thread_id
		WHERE k.key = $1 AND k.own ORDER BY k.message_id DESC LIMIT 1`, key[:]).Scan(&thread, &in)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		way.thread, way.begun = "", key
	case err != nil:
		return fmt.Errorf("find their thread: %w", err)
	case in == c.ID:
		way.thread = thread
	}
	return nil
}

// HideComment asks its service to hide a public comment, or to show it again. One
// that is as asked for already, or about to be, is left as it is; while the
// opposite is under way it is a Conflict.
func (s *Store) HideComment(ctx context.Context, by *inbox.Caller, id inbox.MessageID, hide bool, now time.Time, encode inbox.EncodeHideFunc) (inbox.Message, error) {
	missing := &inbox.Error{Code: inbox.NotFound, Message: "the message is not there"}
	if !inbox.ValidID(string(id)) {
		return inbox.Message{}, missing
	}
	var out inbox.Message
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		m, at, err := lockMessage(ctx, tx, id)
		if err != nil {
			return err
		}
		if !by.Sees(at) {
			return missing
		}
		out = *m
		switch c := m.Comment; {
		case c == nil || m.Direction != inbox.In:
			return &inbox.Error{Code: inbox.Invalid, Message: "only a customer's public comment can be hidden"}
		case c.Elsewhere:
			return &inbox.Error{Code: inbox.Conflict, Message: "it stands under somebody else's post: only they can hide it"}
		case m.DeletedAt != nil:
			return &inbox.Error{Code: inbox.Conflict, Message: "the comment was deleted: nobody sees it any more"}
		case c.Hiding != nil && c.Hiding.State == inbox.Sending && c.Hiding.Hide != hide:
			return &inbox.Error{Code: inbox.Conflict, Message: "its service hasn't answered yet: wait for that"}
		case c.Hiding != nil && c.Hiding.State == inbox.Sending, c.Hidden == hide && (c.Hiding == nil || c.Hiding.State == inbox.Sent):
			return nil
		}
		account, err := readAccount(ctx, tx, m.Account, "")
		if err != nil {
			return err
		}
		if account.Removed {
			return removedAccount(&account)
		}
		asked := &inbox.Hiding{Hide: hide, State: inbox.Sending, Attempt: 1, By: by.Agent.Name}
		if m.Comment.Hiding != nil {
			asked.Attempt += m.Comment.Hiding.Attempt
		}
		m.Comment.Hiding = asked
		subject, payload, err := encode(m, now)
		if err != nil {
			return err
		}
		if err := enqueue(ctx, tx, [][]any{{subject, payload}}); err != nil {
			return err
		}
		if err := writeComment(ctx, tx, m); err != nil {
			return err
		}
		out = *m
		return announce(ctx, tx, []change{{session: string(by.Session), cause: by.Request, event: inbox.Event{
			ID: inbox.NewID[inbox.EventID](now), Kind: inbox.MessageChanged, At: now, Actor: by.Actor(),
			Entity: string(m.ID), Version: m.Version, Message: &out, Audience: inbox.Audience{After: at},
		}}})
	})
	if err != nil {
		return inbox.Message{}, fmt.Errorf("hide %s: %w", id, err)
	}
	return out, nil
}

func writeComment(ctx context.Context, tx pgx.Tx, m *inbox.Message) error {
	m.Version++
	more, err := json.Marshal(m.Comment)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE messages SET version = $2, detail = jsonb_set(detail, '{comment}', $3) WHERE id = $1`, m.ID, m.Version, more); err != nil {
		return fmt.Errorf("write comment: %w", err)
	}
	return nil
}

// applyHiding records what became of hiding a comment, or of showing it again.
func (d *delivery) applyHiding(ctx context.Context, m *inbox.Message, r inbox.Receipt, cause string) error {
	was := m.Comment.Hiding
	if was == nil || r.Attempt != was.Attempt || !r.State.After(was.State) {
		return nil
	}
	before := *m
	c, asked := *m.Comment, *was
	asked.State, asked.Detail = r.State, r.Detail
	c.Hiding = &asked
	if r.State == inbox.Sent {
		at := r.At
		c.Hidden, c.HiddenAt = asked.Hide, &at
	}
	m.Comment = &c
	if err := writeComment(ctx, d.tx, m); err != nil {
		return err
	}
	place, err := placeOfConversation(ctx, d.tx, m.ConversationID)
	if err != nil {
		return err
	}
	after := *m
	d.add(change{before: &before, cause: cause, event: inbox.Event{
		Kind: inbox.MessageChanged, Entity: string(m.ID), Version: m.Version, Message: &after, Audience: inbox.Audience{After: place},
	}}, inbox.Actor{Kind: inbox.BySystem})
	return nil
}
