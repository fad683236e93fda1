package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// SweepKind is the kind of the timers whose key is what is changed of every
// conversation that has it.
const SweepKind = "sweep"

// sweepBatch is how many conversations one transaction of a sweep changes.
const sweepBatch = 100

// A sweep changes every conversation that is open and an agent's, with the agent's
// open tasks, or is a team's, or has a tag. It is a timer that fires until nothing is left, so that a crash stops
// it nowhere and no transaction is long.
type sweep struct {
	Agent  inbox.AgentID `json:"agent,omitempty"`
	Unseen bool          `json:"unseen,omitempty"` // only what the agent may not see
	Team   inbox.TeamID  `json:"team,omitempty"`
	Tag    string        `json:"tag,omitempty"`
	To     inbox.Handoff `json:"to,omitzero"`
	ToTag  string        `json:"toTag,omitempty"` // "": the tag is taken away

	By      inbox.Actor     `json:"by"`
	Session inbox.SessionID `json:"session"`
	Request string          `json:"request"`
}

func (w *sweep) key() string {
	switch {
	case w.Unseen:
		return "unseen/" + string(w.Agent)
	case w.Agent != "":
		return "agent/" + string(w.Agent)
	case w.Team != "":
		return "team/" + string(w.Team)
	}
	return "tag/" + w.Tag
}

func startSweep(ctx context.Context, tx pgx.Tx, by *inbox.Caller, w sweep, now time.Time) error {
	w.By, w.Session, w.Request = by.Actor(), by.Session, by.Request
	return startTimer(ctx, tx, SweepKind, w.key(), now, w)
}

// FireSweep changes one batch of conversations of a sweep that is due, and
// announces each. It reports whether there was one. A sweep that can't be handled
// for a reason of its own is put off, and the error returned.
func (s *Store) FireSweep(ctx context.Context, now time.Time) (fired bool, err error) {
	var key string
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var payload []byte
		err := tx.QueryRow(ctx, `
			SELECT key, payload FROM timers WHERE kind = $1 AND due_at <= $2
			ORDER BY due_at, key LIMIT 1 FOR UPDATE SKIP LOCKED`, SweepKind, now).Scan(&key, &payload)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		fired = true
		var w sweep
		if err := json.Unmarshal(payload, &w); err != nil {
			return &inbox.Error{Code: inbox.Invalid, Message: "the timer's payload can't be read"}
		}
		more, err := w.step(ctx, tx, now)
		if err != nil {
			return err
		}
		if more {
			// Behind the others that are due, so that each gets its turn.
			_, err = tx.Exec(ctx, `UPDATE timers SET due_at = $3 WHERE kind = $1 AND key = $2`, SweepKind, key, now)
		} else {
			_, err = tx.Exec(ctx, `DELETE FROM timers WHERE kind = $1 AND key = $2`, SweepKind, key)
		}
		return err
	})
	if err == nil {
		return fired, nil
	}
	err = fmt.Errorf("sweep %s: %w", key, err)
	if key != "" && !Transient(err) {
		if _, putErr := s.pool.Exec(ctx, `UPDATE timers SET due_at = $3 WHERE kind = $1 AND key = $2 AND due_at <= $3`,
			SweepKind, key, now.Add(putOff)); putErr != nil {
			return fired, errors.Join(err, putErr)
		}
	}
	return fired, err
}

// step changes one batch and reports whether there may be more.
func (w *sweep) step(ctx context.Context, tx pgx.Tx, now time.Time) (more bool, err error) {
	found, err := w.find(ctx, tx)
	if err != nil {
		return false, err
	}
	rows, err := tx.Query(ctx, `SELECT `+conversationColumns+` FROM `+conversationFrom+` WHERE c.id = ANY($1::uuid[]) ORDER BY c.id FOR UPDATE OF c`, ids(found))
	if err != nil {
		return false, err
	}
	list, err := pgx.CollectRows(rows, scanConversation)
	if err != nil {
		return false, err
	}
	// Who gets it may have gone meanwhile: then nobody has it.
	var takes *inbox.Rights
	if w.To.AgentID != "" {
		r, err := scanRights(tx.QueryRow(ctx, rightsQuery+` FOR SHARE OF a`, w.To.AgentID))
		if err == nil {
			takes = &r
		} else if inbox.CodeOf(err) != inbox.Unauthorized {
			return false, err
		}
	}
	by := &inbox.Caller{Rights: inbox.Rights{Agent: inbox.Agent{ID: inbox.AgentID(w.By.ID), Name: w.By.Name}}, Session: w.Session, Request: w.Request}
	var changes []change
	b := &pgx.Batch{}
	for i := range list {
		c := &list[i]
		before := *c
		if !w.change(c, takes) {
			continue // changed while this waited for it
		}
		c.Version++
		b.Queue(`UPDATE conversations SET version = $2, assignee_id = $3, team_id = $4, tags = $5 WHERE id = $1`,
			c.ID, c.Version, null(c.Assignee), null(c.TeamID), orEmpty(c.Tags))
		changes = append(changes, conversationChange(by, &before, c, now))
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return false, err
	}
	tasks, err := w.tasks(ctx, tx, by, takes, now)
	if err != nil {
		return false, err
	}
	return len(found)+len(tasks) > 0, announce(ctx, tx, slices.Concat(changes, tasks))
}

// tasks hands over a batch of what an agent was to do.
func (w *sweep) tasks(ctx context.Context, tx pgx.Tx, by *inbox.Caller, takes *inbox.Rights, now time.Time) ([]change, error) {
	if w.Agent == "" {
		return nil, nil
	}
	list, err := collectTasks(ctx, tx, `WHERE t.assignee_id = $1 AND t.state = 'open' AND (NOT $3 OR NOT `+agentSees("t.inbox_id")+`)
		ORDER BY t.id LIMIT $2 FOR UPDATE OF t`, w.Agent, sweepBatch, w.Unseen)
	if err != nil {
		return nil, err
	}
	var changes []change
	for i := range list {
		was, t := list[i], list[i]
		t.Version, t.Assignee = t.Version+1, ""
		if takes != nil && takes.Sees(t.Place()) {
			t.Assignee = w.To.AgentID
		}
		if err := writeTask(ctx, tx, &t); err != nil {
			return nil, err
		}
		changes = append(changes, taskChange(by, &was, &t, now))
	}
	return changes, nil
}

// agentSees is true of an inbox that the agent $1 may see.
func agentSees(in string) string {
	return `EXISTS (SELECT FROM agents a WHERE a.id = $1 AND (a.role IN ('supervisor', 'admin')
		OR EXISTS (SELECT FROM inbox_members m WHERE m.agent_id = a.id AND m.inbox_id = ` + in + `)))`
}

func (w *sweep) find(ctx context.Context, tx pgx.Tx) ([]inbox.ConversationID, error) {
	switch {
	case w.Agent != "":
		return column[inbox.ConversationID](ctx, tx, `
			SELECT c.id FROM inboxes n CROSS JOIN LATERAL (
				SELECT id FROM conversations WHERE inbox_id = n.id AND assignee_id = $1 AND status IN ('open', 'pending', 'snoozed')
					AND merged_into IS NULL LIMIT $2) c
			WHERE NOT $3 OR NOT `+agentSees("n.id")+` LIMIT $2`, w.Agent, sweepBatch, w.Unseen)
	case w.Team != "":
		return column[inbox.ConversationID](ctx, tx, `
			SELECT id FROM conversations WHERE team_id = $1 AND merged_into IS NULL LIMIT $2`, w.Team, sweepBatch)
	}
	return column[inbox.ConversationID](ctx, tx, `
		SELECT id FROM conversations WHERE tags @> ARRAY[$1::text] AND tags <> '{}' AND merged_into IS NULL LIMIT $2`, w.Tag, sweepBatch)
}

// change does with a locked conversation what w says; false where it has nothing
// to do with it any more.
func (w *sweep) change(c *inbox.Conversation, takes *inbox.Rights) bool {
	switch {
	case w.Agent != "":
		if c.Assignee != w.Agent || c.Status == inbox.Closed || c.Status == inbox.Spam {
			return false
		}
		c.Assignee = ""
		if takes != nil && takes.Sees(c.Place()) {
			c.Assignee = w.To.AgentID
		}
		if w.To.TeamID != "" {
			c.TeamID = w.To.TeamID
		}
	case w.Team != "":
		if c.TeamID != w.Team {
			return false
		}
		c.TeamID = w.To.TeamID
	default:
		i := slices.Index(c.Tags, w.Tag)
		if i < 0 {
			return false
		}
		c.Tags = slices.Clone(c.Tags)
		if w.ToTag != "" && !slices.Contains(c.Tags, w.ToTag) {
			c.Tags[i] = w.ToTag
		} else {
			c.Tags = slices.Delete(c.Tags, i, i+1)
		}
	}
	return true
}
