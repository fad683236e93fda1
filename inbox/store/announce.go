package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// EventSubject is where an event is announced: its kind is the tail.
const EventSubject = "skein.event."

// maxFrame bounds the body of a message within an event; a browser fetches what
// is longer.
const maxFrame = 64 << 10

// A change is one entity's new state, to be logged and announced.
type change struct {
	event   inbox.Event
	before  any    // the state before, nil when it is new
	after   any    // what the log keeps; the event's own entity when nil
	quiet   bool   // its own row is its log: it is told of and not logged
	session string // the agent's session, where one did it
	cause   string // event id of what came in, or the request
}

// zero stands for "none" where a primary key can't hold NULL.
const zero = "00000000-0000-0000-0000-000000000000"

func orZero[T ~string](id T) string {
	if id == "" {
		return zero
	}
	return string(id)
}

// announce writes the log entry, the outbox row and the count deltas of every
// change, in order, and what the visitors of chats and single agents are told of
// it. It is called last in a transaction: outbox ids are taken while the
// conversations' locks are held, so that they follow the versions.
func announce(ctx context.Context, tx pgx.Tx, changes []change) error {
	if len(changes) == 0 {
		return nil
	}
	log := make([][]any, 0, len(changes))
	out := make([][]any, 0, len(changes))
	deltas := map[place]int64{}
	for _, c := range changes {
		e := &c.event
		if was, ok := c.before.(*inbox.Conversation); ok && was != nil {
			e.Audience.Was, e.Audience.WasMerged = was.Status, was.MergedInto != ""
		}
		if e.Conversation != nil && e.Conversation.Status != inbox.Snoozed {
			e.Conversation.SnoozedUntil = nil // as it is read
		}
		if !c.quiet {
			logRow, err := c.logRow()
			if err != nil {
				return fmt.Errorf("log %s: %w", e.Kind, err)
			}
			log = append(log, logRow)
		}
		row, err := c.outboxRow()
		if err != nil {
			return err
		}
		out = append(out, row)
		if e.Kind == inbox.ConversationChanged {
			if was, ok := c.before.(*inbox.Conversation); ok && was != nil && was.MergedInto == "" && was.Status != inbox.Side {
				deltas[placeOf(was)]--
			}
			if e.Conversation.MergedInto == "" && e.Conversation.Status != inbox.Side {
				deltas[placeOf(e.Conversation)]++
			}
		}
	}
	if err := writeLog(ctx, tx, log); err != nil {
		return err
	}
	if err := writeDeltas(ctx, tx, deltas); err != nil {
		return err
	}
	visitors, err := visitorRows(ctx, tx, changes)
	if err != nil {
		return err
	}
	notices, err := notify(ctx, tx, changes)
	if err != nil {
		return err
	}
	return enqueue(ctx, tx, slices.Concat(out, notices, visitors))
}

func writeLog(ctx context.Context, tx pgx.Tx, rows [][]any) error {
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"events"},
		[]string{"id", "at", "kind", "actor_kind", "actor_id", "session_id", "cause", "entity", "version",
			"before", "after", "inbox_id", "team_id", "assignee_id", "identity_id"},
		pgx.CopyFromRows(rows)); err != nil {
		return fmt.Errorf("write log: %w", err)
	}
	return nil
}

// logOnly keeps in the log what nobody is told of.
func logOnly(ctx context.Context, tx pgx.Tx, changes []change) error {
	var log [][]any
	for i := range changes {
		row, err := changes[i].logRow()
		if err != nil {
			return fmt.Errorf("log %s: %w", changes[i].event.Kind, err)
		}
		log = append(log, row)
	}
	if len(log) == 0 {
		return nil
	}
	return writeLog(ctx, tx, log)
}

// enqueue writes rows of {subject, payload} to the outbox, in order, and wakes
// the relay when the transaction commits.
func enqueue(ctx context.Context, tx pgx.Tx, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"outbox"}, []string{"subject", "payload"}, pgx.CopyFromRows(rows)); err != nil {
		return fmt.Errorf("write outbox: %w", err)
	}
	if _, err := tx.Exec(ctx, `SELECT pg_notify('skein_outbox', '')`); err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	return nil
}

// outboxRow is what announces c.
func (c *change) outboxRow() ([]any, error) {
	payload, err := json.Marshal(frameOf(&c.event))
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", c.event.Kind, err)
	}
	return []any{EventSubject + string(c.event.Kind), payload}, nil
}

func (c *change) logRow() ([]any, error) {
	var before []byte
	var err error
	if c.before != nil {
		if before, err = json.Marshal(c.before); err != nil {
			return nil, err
		}
	}
	e := &c.event
	after := c.after
	if after == nil {
		after = logged(e)
	}
	now, err := json.Marshal(after)
	if err != nil {
		return nil, err
	}
	var at inbox.Place
	if e.Audience.After != nil {
		at = *e.Audience.After
	}
	return []any{uid(e.ID), e.At, string(e.Kind), string(e.Actor.Kind), e.Actor.ID, c.session, c.cause, uid(e.Entity),
		e.Version, before, now, uid(at.InboxID), uid(at.TeamID), uid(at.Assignee), uid(c.turned())}, nil
}

// turned is whose timeline shows that a conversation's status changed.
func (c *change) turned() inbox.IdentityID {
	if was, ok := c.before.(*inbox.Conversation); ok && was != nil && c.event.Conversation != nil && was.Status != c.event.Conversation.Status {
		return c.event.Conversation.Customer.IdentityID
	}
	return ""
}

// logged is what the log keeps of an event: the whole state of what changes,
// but not the text of messages, which never changes and is in its own table.
func logged(e *inbox.Event) any {
	switch {
	case e.Message != nil:
		m := *e.Message
		m.Text, m.VisibleText, m.HTML = "", "", ""
		return &m
	case e.Conversation != nil:
		return e.Conversation
	case e.Order != nil:
		return e.Order
	case e.Cart != nil:
		return e.Cart
	case e.Action != nil:
		return e.Action
	case e.Customer != nil:
		return e.Customer
	case e.Task != nil:
		return e.Task
	case e.Agent != nil:
		return e.Agent
	case e.SavedReply != nil:
		return e.SavedReply
	case e.Inbox != nil:
		return e.Inbox
	case e.Field != nil:
		return e.Field
	case e.View != nil:
		return e.View
	}
	return nil
}

// frameOf is the event as it is announced: a message with a body too large for
// a frame goes without it, marked.
func frameOf(e *inbox.Event) *inbox.Event {
	if e.Message == nil || len(e.Message.Text)+len(e.Message.VisibleText)+len(e.Message.HTML) <= maxFrame {
		return e
	}
	m := *e.Message
	m.Text, m.VisibleText, m.HTML, m.Truncated = "", "", "", true
	cut := *e
	cut.Message = &m
	return &cut
}

// A place is one cell of the count cube.
type place struct{ inbox, team, assignee, status string }

func placeOf(c *inbox.Conversation) place {
	return place{string(c.InboxID), orZero(c.TeamID), orZero(c.Assignee), string(c.Status)}
}

func writeDeltas(ctx context.Context, tx pgx.Tx, deltas map[place]int64) error {
	rows := make([][]any, 0, len(deltas))
	for p, n := range deltas {
		if n != 0 {
			rows = append(rows, []any{uid(p.inbox), uid(p.team), uid(p.assignee), p.status, n})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"count_deltas"},
		[]string{"inbox_id", "team_id", "assignee_id", "status", "n"}, pgx.CopyFromRows(rows)); err != nil {
		return fmt.Errorf("write count deltas: %w", err)
	}
	return nil
}

// stamp gives an event its id and the time of the commit that it belongs to.
func stamp(e *inbox.Event) {
	e.At = time.Now().UTC()
	e.ID = inbox.NewID[inbox.EventID](e.At)
}
