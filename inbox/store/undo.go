package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// Undo takes a fact back. What came by it goes back where it belongs, later
// messages included, and nothing else moves. It returns the conversations
// concerned, as they are now, that the agent may see.
//
// A late mail that ties two together can't be undone, nor a merge of what is
// tied together by one: their mails answer each other, and an agent who wants
// them apart moves messages.
func (s *Store) Undo(ctx context.Context, by *inbox.Caller, id inbox.FactID, now time.Time) ([]inbox.Conversation, error) {
	var list []inbox.Conversation
	err := s.moving(ctx, by, now, func(m *moving) error {
		list = nil
		f, err := m.lookAt(ctx, id)
		if err != nil {
			return err
		}
		if f.revoked != nil {
			return &inbox.Error{Code: inbox.Conflict, Message: "it is undone already"}
		}
		switch {
		case f.kind == inbox.FactLateParent:
			return errAnswerEachOther
		case f.from == "":
			if f, err = lockFact(ctx, m.tx, id); err == nil && (f.from != "" || f.revoked != nil) {
				err = errMoved // its message has come meanwhile
			}
			if err == nil {
				err = m.revoke(ctx, f)
			}
			m.touchOnly(f.into)
		case f.kind == inbox.FactSplit:
			err = m.undoSplit(ctx, f)
		default:
			err = m.undoMerge(ctx, f)
		}
		if err == nil {
			err = m.maySee()
		}
		if err != nil {
			return err
		}
		list, err = m.concerned(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("undo: %w", err)
	}
	return list, nil
}

// maySee refuses to have changed what the agent may not see, as moving there would
// have been refused. What comes back to life was part of what the agent sees.
func (m *moving) maySee() error {
	for _, was := range m.before {
		if was != nil && was.MergedInto == "" && !m.by.Sees(was.Place()) {
			return &inbox.Error{Code: inbox.Forbidden, Message: "it would move messages into or out of an inbox that you may not see: ask somebody who may see both"}
		}
	}
	return nil
}

var errAnswerEachOther = &inbox.Error{Code: inbox.Conflict,
	Message: "their mails answer each other, which keeps them together: move the messages apart instead"}

// lookAt reads a fact, without a lock, that concerns a conversation which the
// agent may see.
func (m *moving) lookAt(ctx context.Context, id inbox.FactID) (fact, error) {
	var f fact
	if !inbox.ValidID(string(id)) {
		return f, errFact
	}
	rows, err := m.tx.Query(ctx, `
		SELECT f.id, f.kind, f.inputs, coalesce(f.from_id::text, ''), f.into_id, f.revoked_at
		FROM conversation_facts f
		WHERE f.id = $1 AND ($2 OR EXISTS (
			SELECT FROM conversations n JOIN conversations c ON c.id = coalesce(n.merged_into, n.id)
			WHERE n.id IN (f.from_id, f.into_id) AND c.inbox_id = ANY($3::uuid[])))`, id, m.by.All, ids(m.by.Inboxes))
	if err != nil {
		return f, fmt.Errorf("read fact: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (f fact, err error) {
		return f, row.Scan(&f.id, &f.kind, &f.inputs, &f.from, &f.into, &f.revoked)
	})
	if err != nil {
		return f, fmt.Errorf("read fact: %w", err)
	}
	if len(list) == 0 {
		return f, errFact
	}
	return list[0], nil
}

// concerned lists what was touched and lives, for the agent.
func (m *moving) concerned(ctx context.Context) ([]inbox.Conversation, error) {
	out := []inbox.Conversation{}
	for _, id := range keysOf(m.before) {
		c := m.convs[inbox.ConversationID(id)]
		if c == nil {
			found, err := findConversation(ctx, m.tx, &m.by.Rights, id, "")
			if inbox.CodeOf(err) == inbox.NotFound {
				continue
			}
			if err != nil {
				return nil, err
			}
			c = &found
		}
		if c.MergedInto == "" && m.by.Sees(c.Place()) {
			out = append(out, *c)
		}
	}
	return out, nil
}

// touchOnly names a conversation that is concerned and doesn't change.
func (m *moving) touchOnly(id inbox.ConversationID) { m.before[id] = nil }

// A group is conversations of which all but one have gone into that one, and
// the standing facts between them.
type group struct {
	survivor inbox.ConversationID
	nodes    []inbox.ConversationID
	facts    []fact
}

// groupOf reads what has gone into a held conversation.
func (m *moving) groupOf(ctx context.Context, survivor inbox.ConversationID) (group, error) {
	g := group{survivor: survivor}
	var err error
	if g.nodes, err = column[inbox.ConversationID](ctx, m.tx, `
		SELECT id FROM conversations WHERE id = $1 OR merged_into = $1 ORDER BY id`, survivor); err != nil {
		return g, fmt.Errorf("read what was merged: %w", err)
	}
	rows, err := m.tx.Query(ctx, `
		SELECT id, kind, from_id, into_id FROM conversation_facts
		WHERE from_id = ANY($1) AND into_id IS NOT NULL AND kind <> 'split' AND revoked_at IS NULL ORDER BY id`, ids(g.nodes))
	if err != nil {
		return g, fmt.Errorf("read facts: %w", err)
	}
	g.facts, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (f fact, err error) {
		return f, row.Scan(&f.id, &f.kind, &f.from, &f.into)
	})
	if err != nil {
		return g, fmt.Errorf("read facts: %w", err)
	}
	return g, nil
}

// reach is what facts tie to a conversation, itself included.
func (g *group) reach(from inbox.ConversationID, counts func(fact) bool) map[inbox.ConversationID]bool {
	reached := map[inbox.ConversationID]bool{from: true}
	for again := true; again; {
		again = false
		for _, f := range g.facts {
			if counts(f) && reached[f.from] != reached[f.into] {
				reached[f.from], reached[f.into], again = true, true, true
			}
		}
	}
	return reached
}

// undoMerge parts what a fact has joined. The side that doesn't hold the
// survivor goes back to the conversation that the fact names there.
func (m *moving) undoMerge(ctx context.Context, f fact) error {
	survivor, err := m.survivorOf(ctx, f.into)
	if err != nil {
		return err
	}
	if err := m.hold(ctx, survivor, f.from, f.into); err != nil {
		return err
	}
	if f, err = m.still(ctx, f); err != nil {
		return err
	}
	if now, err := m.survivorOf(ctx, f.into); err != nil || now != survivor {
		return orMoved(err)
	}
	g, err := m.groupOf(ctx, survivor)
	if err != nil {
		return err
	}
	stays := g.reach(survivor, func(o fact) bool { return o.id != f.id })
	if !g.reach(survivor, func(fact) bool { return true })[f.from] {
		m.touchOnly(survivor) // nothing is left on either side but links
		return m.revoke(ctx, f)
	}
	back := f.from
	if stays[f.from] {
		back = f.into
	}
	if stays[back] {
		if byMail := g.reach(f.from, func(o fact) bool { return o.kind == inbox.FactLateParent }); byMail[f.into] {
			return errAnswerEachOther
		}
		m.touchOnly(survivor) // another merge keeps the two together, until that is undone
		return m.revoke(ctx, f)
	}
	if err := m.revoke(ctx, f); err != nil {
		return err
	}
	left, err := m.regroup(ctx, survivor, back)
	if err != nil {
		return err
	}
	if m.before[back] == nil || left == 0 {
		return &inbox.Error{Code: inbox.Conflict,
			Message: "all that was said on one side was moved elsewhere meanwhile: undo that first"}
	}
	return m.finish(ctx)
}

// survivorOf is what a conversation has become part of.
func (m *moving) survivorOf(ctx context.Context, id inbox.ConversationID) (inbox.ConversationID, error) {
	var into inbox.ConversationID
	err := m.tx.QueryRow(ctx, `SELECT coalesce(merged_into, id) FROM conversations WHERE id = $1`, id).Scan(&into)
	if err != nil {
		return "", fmt.Errorf("follow %s: %w", id, err)
	}
	return into, nil
}

// still reads a fact again under a lock: others may have undone it.
func (m *moving) still(ctx context.Context, f fact) (fact, error) {
	f, err := lockFact(ctx, m.tx, f.id)
	if err == nil && f.revoked != nil {
		err = &inbox.Error{Code: inbox.Conflict, Message: "it is undone already"}
	}
	return f, err
}

// homes says where each message of a conversation returns to when every merge
// is undone: see the columns of threads and messages.
func (m *moving) homes(ctx context.Context, id inbox.ConversationID) (map[inbox.MessageID]inbox.ConversationID, error) {
	rows, err := m.tx.Query(ctx, `
		SELECT g.id, coalesce(f.into_id, t.home_id)
		FROM messages g JOIN threads t ON t.id = g.thread_id
		LEFT JOIN conversation_facts f ON f.id = g.splits[cardinality(g.splits)]
		WHERE g.conversation_id = $1`, id)
	if err != nil {
		return nil, fmt.Errorf("read homes: %w", err)
	}
	at := map[inbox.MessageID]inbox.ConversationID{}
	var message inbox.MessageID
	var home inbox.ConversationID
	if _, err := pgx.ForEachRow(rows, []any{&message, &home}, func() error {
		at[message] = home
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read homes: %w", err)
	}
	return at, nil
}

// before, but not open when the two were closed together.
