package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// MergeConversations makes two conversations one: with goes into ref, and a link to it leads
// there. It returns the one that stays, and the fact by which it is undone.
func (s *Store) MergeConversations(ctx context.Context, by *inbox.Caller, ref, with string, now time.Time) (inbox.Conversation, inbox.FactID, error) {
	var c inbox.Conversation
	var id inbox.FactID
	err := s.moving(ctx, by, now, func(m *moving) error {
		into, err := m.find(ctx, ref)
		if err != nil {
			return err
		}
		from, err := m.find(ctx, with)
		if err != nil {
			return err
		}
		if into == from {
			return &inbox.Error{Code: inbox.Conflict, Message: "the two are one conversation already"}
		}
		if err := m.hold(ctx, into, from); err != nil {
			return err
		}
		if m.convs[into].MergedInto != "" || m.convs[from].MergedInto != "" {
			return errMoved
		}
		if id, err = m.insertFact(ctx, inbox.FactMerge, from, into, inputs{Text: "Merged by " + by.Agent.Name}); err != nil {
			return err
		}
		if err := m.mergeAll(ctx, from, into); err != nil {
			return err
		}
		if err := m.finish(ctx); err != nil {
			return err
		}
		c = *m.convs[into]
		return nil
	})
	if err != nil {
		return c, "", fmt.Errorf("merge: %w", err)
	}
	return c, id, nil
}

// find returns the conversation that ref leads to now, if the agent may see it.
func (m *moving) find(ctx context.Context, ref string) (inbox.ConversationID, error) {
	c, err := findConversation(ctx, m.tx, &m.by.Rights, ref, "")
	if err == nil && c.Status == inbox.Side {
		err = errSide
	}
	return c.ID, err
}

// mergeAll brings everything of one held conversation into another, and what
// was merged into it before.
func (m *moving) mergeAll(ctx context.Context, from, into inbox.ConversationID) error {
	list, err := column[inbox.MessageID](ctx, m.tx, `SELECT id FROM messages WHERE conversation_id = $1`, from)
	if err != nil {
		return fmt.Errorf("read messages: %w", err)
	}
	if err := m.move(ctx, from, into, list); err != nil {
		return err
	}
	old, to := m.touch(from), m.touch(into)
	if to.Assignee == "" {
		to.Assignee = old.Assignee
	}
	if to.TeamID == "" {
		to.TeamID = old.TeamID
	}
	return m.lead(ctx, []string{string(from)}, into)
}

// Split moves messages out of ref, into another conversation or, where into is
// "", one of their own, which it makes. What answers them from now on goes with
// them. It returns the conversation where they are, and the fact by which it is
// undone.
func (s *Store) Split(ctx context.Context, by *inbox.Caller, ref string, list []inbox.MessageID, into string, now time.Time) (inbox.Conversation, inbox.FactID, error) {
	var c inbox.Conversation
	var id inbox.FactID
	err := s.moving(ctx, by, now, func(m *moving) error {
		from, err := m.find(ctx, ref)
		if err != nil {
			return err
		}
		to := inbox.NewID[inbox.ConversationID](now)
		if into != "" {
			if to, err = m.find(ctx, into); err == nil && to == from {
				err = &inbox.Error{Code: inbox.Conflict, Message: "the messages are in this conversation already"}
			}
			if err == nil {
				err = m.hold(ctx, from, to)
			}
		} else {
			err = m.hold(ctx, from)
		}
		if err != nil {
			return err
		}
		if m.convs[from].MergedInto != "" || into != "" && m.convs[to].MergedInto != "" {
			return errMoved
		}
		if err := m.mayLeave(ctx, from, list, into == ""); err != nil {
			return err
		}
		if into == "" {
			if err := m.makeBeside(ctx, from, to, list); err != nil {
				return err
			}
		}
		in := inputs{Text: "Moved by " + by.Agent.Name, Messages: list, New: into == ""}
		if id, err = m.insertFact(ctx, inbox.FactSplit, from, to, in); err != nil {
			return err
		}
		if err := m.push(ctx, id, list); err != nil {
			return err
		}
		if err := m.move(ctx, from, to, list); err != nil {
			return err
		}
		if err := m.finish(ctx); err != nil {
			return err
		}
		c = *m.convs[to]
		return nil
	})
	if err != nil {
		return c, "", fmt.Errorf("split: %w", err)
	}
	return c, id, nil
}

// mayLeave checks that the messages are in the held conversation, and that
// others stay.
func (m *moving) mayLeave(ctx context.Context, from inbox.ConversationID, list []inbox.MessageID, alone bool) error {
	for _, id := range list {
		if !inbox.ValidID(string(id)) {
			return errMessage
		}
	}
	var named, public, all int
	if err := m.tx.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE id = ANY($2)), count(*) FILTER (WHERE id = ANY($2) AND kind = 'message'), count(*)
		FROM messages WHERE conversation_id = $1`, from, ids(list)).Scan(&named, &public, &all); err != nil {
		return fmt.Errorf("count messages: %w", err)
	}
	switch {
	case named != len(list) || named == 0:
		return &inbox.Error{Code: inbox.Conflict, Message: "a message is not in this conversation any more: look again"}
	case named == all:
		return &inbox.Error{Code: inbox.Conflict, Message: "these are all its messages: merge the conversation instead"}
	case alone && public == 0:
		return &inbox.Error{Code: inbox.Conflict, Message: "notes alone make no conversation: move what they are about, too"}
	}
	return nil
}

// makeBeside makes a conversation for what is moved out of a held one: it is
// worked on where and by whom that is, and begins with the first of the
// messages.
func (m *moving) makeBeside(ctx context.Context, from, id inbox.ConversationID, list []inbox.MessageID) error {
	c := m.convs[from]
	if _, err := m.tx.Exec(ctx, `
		INSERT INTO conversations (id, version, inbox_id, team_id, assignee_id, status, channel, account_id, identity_id, subject,
			last_at, created_at, priority, tags, custom)
		SELECT $2, 0, c.inbox_id, c.team_id, c.assignee_id, c.status, g.channel, g.account_id, g.identity_id,
			coalesce(nullif(g.subject, ''), c.subject), g.created_at, g.created_at, c.priority, c.tags, c.custom
		FROM conversations c, (
			SELECT * FROM messages WHERE id = ANY($3) AND kind = 'message' ORDER BY created_at, id LIMIT 1) g
		WHERE c.id = $1`, c.ID, id, ids(list)); err != nil {
		return fmt.Errorf("make conversation: %w", err)
	}
	m.made = id
	return m.hold(ctx, id)
}

// push puts a split on top of those of messages, and marks their threads.
func (m *moving) push(ctx context.Context, id inbox.FactID, list []inbox.MessageID) error {
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE messages SET splits = splits || $1::uuid WHERE id = ANY($2)`, id, ids(list))
	batch.Queue(`
		UPDATE threads SET moved = true
		WHERE id IN (SELECT thread_id FROM messages WHERE id = ANY($1)) AND NOT moved`, ids(list))
	if err := m.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("mark moved messages: %w", err)
	}
	return nil
}

// HandOver says that the next message of somebody whom the agent may see, on
// whatever channel, continues ref while that is not closed. A hand-over of the same identity that
// still waits is given up for it.
func (s *Store) HandOver(ctx context.Context, by *inbox.Caller, ref string, who inbox.IdentityID, now time.Time) (inbox.ConversationFact, error) {
	var f inbox.ConversationFact
	err := s.moving(ctx, by, now, func(m *moving) error {
		c, err := findConversation(ctx, m.tx, &by.Rights, ref, "FOR NO KEY UPDATE OF c")
		if err != nil {
			return err
		}
		if c.Status == inbox.Side {
			return errSide
		}
		if c.Status == inbox.Closed || c.Status == inbox.Spam {
			return &inbox.Error{Code: inbox.Conflict, Message: "the conversation is closed: open it first"}
		}
		missing := &inbox.Error{Code: inbox.NotFound, Message: "this address is not known"}
		if !inbox.ValidID(string(who)) {
			return missing
		}
		var value string
		err = m.tx.QueryRow(ctx, `
			SELECT i.value FROM identities i JOIN customers k ON k.id = i.customer_id
			WHERE i.id = $1 AND `+visible+` FOR UPDATE OF i`, who, by.All, ids(by.Inboxes)).Scan(&value)
		if errors.Is(err, pgx.ErrNoRows) {
			return missing
		}
		if err != nil {
			return err
		}
		if _, err := m.tx.Exec(ctx, `
			UPDATE conversation_facts SET revoked_at = $2, revoked_kind = $3, revoked_by = $4
			WHERE kind = 'hand-over' AND from_id IS NULL AND revoked_at IS NULL AND inputs->>'identityId' = $1`,
			string(who), now, string(inbox.ByAgent), by.Agent.ID); err != nil {
			return err
		}
		text := "Goes on here from " + value + ", said " + by.Agent.Name
		id, err := m.insertFact(ctx, inbox.FactHandOver, "", c.ID, inputs{Text: text, IdentityID: who})
		if err != nil {
			return err
		}
		list, err := collectFacts(ctx, m.tx, `WHERE f.id = $1`, id)
		if err == nil {
			f = list[0]
		}
		return err
	})
	if err != nil {
		return f, fmt.Errorf("hand over: %w", err)
	}
	return f, nil
}

// numberOf is how people name a conversation.
func numberOf(c *inbox.Conversation) string { return "#" + strconv.FormatInt(c.Number, 10) }
