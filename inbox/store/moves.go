package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"skein/inbox"
)

// A moving is an agent's change of which messages are in which conversation, in
// one transaction. Whatever it touches is locked by hold first, in the order
// that Deliver keeps: components, then conversations.
type moving struct {
	tx     pgx.Tx
	rules  inbox.Rules
	by     *inbox.Caller
	now    time.Time
	roots  map[string]bool
	convs  map[inbox.ConversationID]*inbox.Conversation // locked
	before map[inbox.ConversationID]*inbox.Conversation // of those that change
	made   inbox.ConversationID                         // a new one, or ""
	from   map[inbox.MessageID]inbox.ConversationID     // of messages that moved
}

// errMoved says that what was looked up was moved before its lock was got.
var errMoved = errors.New("moved meanwhile")

const maxMoveTries = 5

// moving runs do in a transaction, again when others got in between.
func (s *Store) moving(ctx context.Context, by *inbox.Caller, now time.Time, do func(m *moving) error) error {
	var err error
	for range maxMoveTries {
		err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
			return do(&moving{
				tx: tx, rules: s.rules, by: by, now: now, roots: map[string]bool{},
				convs:  map[inbox.ConversationID]*inbox.Conversation{},
				before: map[inbox.ConversationID]*inbox.Conversation{},
				from:   map[inbox.MessageID]inbox.ConversationID{},
			})
		})
		if !errors.Is(err, errMoved) && !deadlocked(err) {
			return err
		}
	}
	if errors.Is(err, errMoved) {
		err = &inbox.Error{Code: inbox.Conflict, Message: "mail keeps coming in between: try again"}
	}
	return err
}

// hold locks conversations, and the components of all that is in them or is
// theirs, so that no delivery adds to them or joins them meanwhile.
func (m *moving) hold(ctx context.Context, list ...inbox.ConversationID) error {
	for {
		want := map[string]bool{}
		for id := range m.convs {
			want[string(id)] = true
		}
		for _, id := range list {
			want[string(id)] = true
		}
		names := keysOf(want)
		roots, err := column[string](ctx, m.tx, `
			SELECT t.root_id::text FROM threads t WHERE t.conversation_id = ANY($1) OR t.home_id = ANY($1)
			UNION SELECT t.root_id::text FROM messages g JOIN threads t ON t.id = g.thread_id WHERE g.conversation_id = ANY($1)`, names)
		if err != nil {
			return fmt.Errorf("find components: %w", err)
		}
		roots = slices.DeleteFunc(roots, func(r string) bool { return m.roots[r] })
		if len(roots) == 0 && len(m.convs) == len(want) {
			return nil
		}
		if _, err := m.tx.Exec(ctx, `SELECT 1 FROM threads WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE`, roots); err != nil {
			return fmt.Errorf("lock components: %w", err)
		}
		for _, r := range roots {
			m.roots[r] = true
		}
		for id := range m.convs {
			delete(want, string(id))
		}
		locked, err := lockConversations(ctx, m.tx, keysOf(want))
		if err != nil {
			return err
		}
		for i := range locked {
			m.convs[locked[i].ID] = &locked[i]
		}
		if len(locked) != len(want) {
			return errConversation
		}
	}
}

// touch gives a held conversation to be changed.
func (m *moving) touch(id inbox.ConversationID) *inbox.Conversation {
	c := m.convs[id]
	if m.before[id] == nil {
		was := *c
		m.before[id] = &was
	}
	return c
}

// lead lets conversations, and what leads to them, lead to another.
func (m *moving) lead(ctx context.Context, list []string, into inbox.ConversationID) error {
	if len(list) == 0 {
		return nil
	}
	for _, c := range m.convs {
		if slices.Contains(list, string(c.ID)) || slices.Contains(list, string(c.MergedInto)) {
			c.MergedInto = into
		}
	}
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE conversations SET merged_into = $2 WHERE id = ANY($1) OR merged_into = ANY($1)`, list, into)
	batch.Queue(`UPDATE threads SET conversation_id = $2 WHERE home_id = ANY($1) OR conversation_id = ANY($1)`, list, into)
	if err := m.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("redirect to %s: %w", into, err)
	}
	return nil
}

// revive makes a held conversation that was merged one of its own again.
func (m *moving) revive(ctx context.Context, id inbox.ConversationID) error {
	m.touch(id).MergedInto = ""
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE conversations SET merged_into = NULL WHERE id = $1`, id)
	batch.Queue(`UPDATE threads SET conversation_id = $1 WHERE home_id = $1`, id)
	if err := m.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("bring %s back: %w", id, err)
	}
	return nil
}

// move brings messages from one held conversation to the end of another, in the
// order of time.
func (m *moving) move(ctx context.Context, from, into inbox.ConversationID, list []inbox.MessageID) error {
	if len(list) == 0 {
		return nil
	}
	old, to := m.touch(from), m.touch(into)
	moved, err := column[inbox.MessageID](ctx, m.tx, `
		UPDATE messages g SET conversation_id = $2, seq = $3 + n.n, version = version + 1
		FROM (SELECT id, row_number() OVER (ORDER BY created_at, id) AS n
			FROM messages WHERE id = ANY($4) AND conversation_id = $1) n
		WHERE g.id = n.id RETURNING g.id`, old.ID, to.ID, to.MessageSeq, ids(list))
	if err != nil {
		return fmt.Errorf("move messages: %w", err)
	}
	if len(moved) != len(list) {
		return errMoved
	}
	for _, id := range moved {
		m.from[id] = old.ID
	}
	to.MessageSeq += int64(len(moved))
	// Whoever waits for an answer there is not forgotten.
	if old.Status == inbox.Open && to.Status != inbox.Spam {
		to.Status = inbox.Open
	}
	return nil
}

// finish brings everything that was touched in line with what is there now,
// and announces it.
func (m *moving) finish(ctx context.Context) error {
	touched := make([]inbox.ConversationID, 0, len(m.before))
	for _, id := range keysOf(m.before) {
		c := m.convs[inbox.ConversationID(id)]
		if c.MergedInto != "" {
			c.WaitingSince = nil
			batch := &pgx.Batch{}
			c.Version++
			queueConversations(batch, c)
			if err := m.tx.SendBatch(ctx, batch).Close(); err != nil {
				return fmt.Errorf("write conversation: %w", err)
			}
		} else if err := m.settle(ctx, c); err != nil {
			return err
		}
		touched = append(touched, c.ID)
	}
	if err := relink(ctx, m.tx, m.rules.Link, touched); err != nil {
		return err
	}
	changes, err := m.changes(ctx, touched)
	if err != nil {
		return err
	}
	return announce(ctx, m.tx, changes)
}

// settle recounts a conversation that lives. When its newest message has left,
// the one before takes the next number: numbers are never used twice, since
// replies say by them how much their authors had seen.
func (m *moving) settle(ctx context.Context, c *inbox.Conversation) error {
	seq := c.MessageSeq
	c.Version++
	if err := recount(ctx, m.tx, c); err != nil {
		return err
	}
	if c.MessageSeq == seq {
		return nil
	}
	var id inbox.MessageID
	if err := m.tx.QueryRow(ctx, `
		UPDATE messages SET seq = $2, version = version + 1
		WHERE id = (SELECT id FROM messages WHERE conversation_id = $1 ORDER BY seq DESC LIMIT 1)
		RETURNING id`, c.ID, seq+1).Scan(&id); err != nil {
		return fmt.Errorf("renumber %s: %w", c.ID, err)
	}
	if m.from[id] == "" {
		m.from[id] = c.ID
	}
	return recount(ctx, m.tx, c)
}

// changes are what finish announces: the conversations first, then the messages
// that are elsewhere now.
func (m *moving) changes(ctx context.Context, touched []inbox.ConversationID) ([]change, error) {
	if err := m.reload(ctx, touched); err != nil {
		return nil, err
	}
	var list []change
	for _, id := range touched {
		ch := conversationChange(m.by, m.before[id], m.convs[id], m.now)
		if id == m.made {
			ch.before, ch.event.Audience.Before = nil, nil
		}
		list = append(list, ch)
	}
	messages, err := collectMessages(ctx, m.tx, `WHERE m.id = ANY($1) ORDER BY m.conversation_id, m.seq`, keysOf(m.from))
	if err != nil {
		return nil, fmt.Errorf("read moved messages: %w", err)
	}
	for i := range messages {
		g := &messages[i]
		list = append(list, change{
			event: inbox.Event{
				ID: inbox.NewID[inbox.EventID](m.now), Kind: inbox.MessageChanged, At: m.now, Actor: m.by.Actor(),
				Entity: string(g.ID), Version: g.Version, Message: g, History: true, MovedFrom: movedFrom(m.from[g.ID], g),
				Audience: inbox.Audience{Before: m.before[m.from[g.ID]].Place(), After: m.convs[g.ConversationID].Place()},
			},
			session: string(m.by.Session), cause: m.by.Request,
		})
	}
	return list, nil
}

// movedFrom is the conversation that a message has left, "" when it is the same.
func movedFrom(was inbox.ConversationID, m *inbox.Message) inbox.ConversationID {
	if was == m.ConversationID {
		return ""
	}
	return was
}

// reload reads conversations as they are stored now.
func (m *moving) reload(ctx context.Context, touched []inbox.ConversationID) error {
	now, err := lockConversations(ctx, m.tx, ids(touched))
	if err != nil {
		return err
	}
	for i := range now {
		m.convs[now[i].ID] = &now[i]
	}
	return nil
}

// deadlocked reports whether the database gave this transaction up for another.
func deadlocked(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pg.Code == "40P01" || pg.Code == "40001")
}
