package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// taskColumns are read by [scanTask], of tasks t joined with identities i and
// customers k: see [taskFrom].
const taskColumns = `t.id, t.version, t.kind, t.inbox_id, t.conversation_id,
	i.customer_id, t.identity_id, ` + shownName + `, i.value, i.proof, k.version,
	t.text, t.due_at, coalesce(t.assignee_id::text, ''), t.state, coalesce(t.message_id::text, ''), t.calls, t.last_call_at,
	t.created_at, coalesce(t.created_by::text, ''), t.closed_at, coalesce(t.closed_by::text, ''), t.closed_why, t.reopened_at`

const taskFrom = `tasks t
	JOIN identities i ON i.id = t.identity_id
	JOIN customers k ON k.id = i.customer_id`

func scanTask(row pgx.CollectableRow) (inbox.Task, error) {
	var t inbox.Task
	c := &t.Customer
	err := row.Scan(&t.ID, &t.Version, &t.Kind, &t.InboxID, &t.ConversationID,
		&c.CustomerID, &c.IdentityID, &c.Name, &c.Address, &c.Proof, &c.CustomerVersion,
		&t.Text, &t.DueAt, &t.Assignee, &t.State, &t.MessageID, &t.Calls, &t.LastCallAt,
		&t.CreatedAt, &t.CreatedBy, &t.ClosedAt, &t.ClosedBy, &t.ClosedWhy, &t.ReopenedAt)
	for _, at := range []*time.Time{&t.DueAt, &t.CreatedAt, t.LastCallAt, t.ClosedAt, t.ReopenedAt} {
		if at != nil {
			*at = at.UTC()
		}
	}
	return t, err
}

func collectTasks(ctx context.Context, q querier, tail string, args ...any) ([]inbox.Task, error) {
	rows, err := q.Query(ctx, `SELECT `+taskColumns+` FROM `+taskFrom+` `+tail, args...)
	if err != nil {
		return nil, fmt.Errorf("read tasks: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanTask)
	if err != nil {
		return nil, fmt.Errorf("read tasks: %w", err)
	}
	return orEmpty(list), nil
}

// Tasks returns a page of what the reader may see: what is open by when it is
// due, what is done with the newest first.
func (s *Store) Tasks(ctx context.Context, rights *inbox.Rights, f inbox.TaskFilter) ([]inbox.Task, inbox.Cursor, error) {
	if err := checkCursor(f.After); err != nil {
		return nil, inbox.Cursor{}, err
	}
	size := pageSize(f.Limit)
	done := f.State == inbox.TaskDone
	if f.After.IsZero() {
		f.After = beyond[!done]
	}
	order := `(t.due_at, t.id) > (@at, @id::uuid) AND t.state = 'open' AND %s ORDER BY t.due_at, t.id`
	if done {
		order = `(t.closed_at, t.id) < (@at, @id::uuid) AND t.state = 'done' AND %s ORDER BY t.closed_at DESC, t.id DESC`
	}
	admits := `(@all OR t.inbox_id = ANY(@inboxes::uuid[])) AND (@kind = '' OR t.kind = @kind)
		AND (@assignee::uuid IS NULL OR t.assignee_id = @assignee) AND (NOT @unassigned OR t.assignee_id IS NULL)
		AND (@customer::uuid IS NULL OR i.customer_id = @customer)`
	list, err := collectTasks(ctx, s.pool, `WHERE `+fmt.Sprintf(order, admits)+` LIMIT @limit`, pgx.NamedArgs{
		"at": f.After.At, "id": f.After.ID, "all": rights.All, "inboxes": ids(rights.Inboxes), "kind": string(f.Kind),
		"assignee": null(f.Assignee), "unassigned": f.Unassigned, "customer": null(f.Customer), "limit": size + 1})
	if err != nil {
		return nil, inbox.Cursor{}, err
	}
	list, next := cut(list, size, func(t *inbox.Task) inbox.Cursor {
		if done {
			return inbox.Cursor{At: *t.ClosedAt, ID: string(t.ID)}
		}
		return inbox.Cursor{At: t.DueAt, ID: string(t.ID)}
	})
	return list, next, nil
}

var errTask = &inbox.Error{Code: inbox.NotFound, Message: "the task is not there, or not in one of your inboxes"}

// lockTask returns a task that the caller may see, locked.
func lockTask(ctx context.Context, tx pgx.Tx, rights *inbox.Rights, id inbox.TaskID) (inbox.Task, error) {
	if !inbox.ValidID(string(id)) {
		return inbox.Task{}, errTask
	}
	list, err := collectTasks(ctx, tx, `WHERE t.id = $1 FOR UPDATE OF t`, id)
	switch {
	case err != nil:
		return inbox.Task{}, err
	case len(list) == 0 || !rights.Sees(list[0].Place()):
		return inbox.Task{}, errTask
	}
	return list[0], nil
}

// PatchTask gives a task to somebody, closes it or opens it again, or says when a
// follow-up is due.
func (s *Store) PatchTask(ctx context.Context, by *inbox.Caller, id inbox.TaskID, p inbox.TaskPatch, now time.Time) (inbox.Task, error) {
	now = stored(now)
	var t inbox.Task
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) (err error) {
		if t, err = lockTask(ctx, tx, &by.Rights, id); err != nil {
			return err
		}
		was := t
		if (p.DueAt != nil || p.Text != nil) && t.Kind != inbox.FollowUp {
			return &inbox.Error{Code: inbox.Invalid, Message: "a callback is due since its call"}
		}
		if p.DueAt != nil {
			t.DueAt = stored(*p.DueAt)
		}
		if p.Text != nil {
			t.Text = *p.Text
		}
		if p.Assignee != nil && *p.Assignee != t.Assignee {
			if t.Assignee = *p.Assignee; t.Assignee != "" {
				if err := checkAssignee(ctx, tx, t.Assignee, t.InboxID); err != nil {
					return err
				}
			}
		}
		if p.State != nil && *p.State != t.State {
			t.State = *p.State
			if t.State == inbox.TaskDone {
				t.ClosedAt, t.ClosedBy, t.ClosedWhy = &now, by.Agent.ID, inbox.EndedByAgent
			} else {
				t.ClosedAt, t.ClosedBy, t.ClosedWhy, t.ReopenedAt = nil, "", "", &now
			}
		}
		if t == was {
			return nil
		}
		t.Version++
		if err := writeTask(ctx, tx, &t); err != nil {
			return conflict(err, "the caller has a newer callback that is open")
		}
		after := t
		return announce(ctx, tx, []change{taskChange(by, &was, &after, now)})
	})
	if err != nil {
		return inbox.Task{}, fmt.Errorf("change task: %w", err)
	}
	return t, nil
}

// FollowUp makes a task about a conversation.
func (s *Store) FollowUp(ctx context.Context, by *inbox.Caller, ref string, t inbox.Task, now time.Time) (inbox.Task, error) {
	now = stored(now)
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		c, err := findConversation(ctx, tx, &by.Rights, ref, "FOR SHARE OF c")
		if err != nil {
			return err
		}
		t.ID, t.Version, t.Kind, t.State = inbox.NewID[inbox.TaskID](now), 1, inbox.FollowUp, inbox.TaskOpen
		t.InboxID, t.ConversationID, t.Customer = c.InboxID, c.ID, c.Customer
		t.DueAt, t.CreatedAt, t.CreatedBy = stored(t.DueAt), now, by.Agent.ID
		if t.Assignee != "" {
			if err := checkAssignee(ctx, tx, t.Assignee, t.InboxID); err != nil {
				return err
			}
		}
		if err := writeTask(ctx, tx, &t); err != nil {
			return err
		}
		after := t
		return announce(ctx, tx, []change{taskChange(by, nil, &after, now)})
	})
	if err != nil {
		return inbox.Task{}, fmt.Errorf("make task: %w", err)
	}
	return t, nil
}

func writeTask(ctx context.Context, tx pgx.Tx, t *inbox.Task) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO tasks (id, version, kind, inbox_id, conversation_id, identity_id, message_id, text, due_at, assignee_id, state,
			calls, last_call_at, created_at, created_by, closed_at, closed_by, closed_why, reopened_at)
		VALUES (@id, @version, @kind, @inbox, @conversation, @identity, @message, @text, @due, @assignee, @state,
			@calls, @last, @created, @creator, @closed, @closer, @why, @reopened)
		ON CONFLICT (id) DO UPDATE SET version = excluded.version, inbox_id = excluded.inbox_id, conversation_id = excluded.conversation_id,
			message_id = excluded.message_id, text = excluded.text, due_at = excluded.due_at, assignee_id = excluded.assignee_id,
			state = excluded.state, calls = excluded.calls, last_call_at = excluded.last_call_at, closed_at = excluded.closed_at,
			closed_by = excluded.closed_by, closed_why = excluded.closed_why, reopened_at = excluded.reopened_at`,
		pgx.NamedArgs{"id": t.ID, "version": t.Version, "kind": string(t.Kind), "inbox": t.InboxID, "conversation": t.ConversationID,
			"identity": t.Customer.IdentityID, "message": null(t.MessageID), "text": t.Text, "due": t.DueAt, "assignee": null(t.Assignee),
			"state": string(t.State), "calls": t.Calls, "last": t.LastCallAt, "created": t.CreatedAt, "creator": null(t.CreatedBy),
			"closed": t.ClosedAt, "closer": null(t.ClosedBy), "why": string(t.ClosedWhy), "reopened": t.ReopenedAt})
	if err != nil {
		return fmt.Errorf("write task: %w", err)
	}
	return nil
}

// taskChange is an agent's change of a task; before is nil for a new one.
func taskChange(by *inbox.Caller, before, after *inbox.Task, now time.Time) change {
	ch := change{session: string(by.Session), cause: by.Request, event: inbox.Event{
		ID: inbox.NewID[inbox.EventID](now), Kind: inbox.TaskChanged, At: now, Actor: by.Actor(),
		Entity: string(after.ID), Version: after.Version, Task: after, Audience: inbox.Audience{After: after.Place()},
	}}
	if before != nil {
		ch.before, ch.event.Audience.Before = before, before.Place()
	}
	return ch
}
