package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// Apply does with a conversation what actions say and announces it. The assignee
// and the team are checked as [Store.Patch] does.
func (s *Store) Apply(ctx context.Context, by *inbox.Caller, ref string, a inbox.Actions, snoozeUntil *time.Time, now time.Time) (inbox.Conversation, error) {
	var c inbox.Conversation
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var err error
		if c, err = findConversation(ctx, tx, &by.Rights, ref, "FOR UPDATE OF c"); err != nil {
			return err
		}
		before := c
		if err := act(ctx, tx, by, &c, &a, snoozeUntil, now); err != nil {
			return err
		}
		if err := mayClose(ctx, tx, &before, &c); err != nil {
			return err
		}
		if err := rewait(ctx, tx, &before, &c); err != nil {
			return err
		}
		c.Version++
		if _, err := tx.Exec(ctx, `UPDATE conversations SET version = $2, status = $3, waiting_since = $4,
			snoozed_until = CASE WHEN $3 = 'snoozed' THEN snoozed_until END WHERE id = $1`,
			c.ID, c.Version, string(c.Status), c.WaitingSince); err != nil {
			return err
		}
		return announce(ctx, tx, []change{conversationChange(by, &before, &c, now)})
	})
	if err != nil {
		return inbox.Conversation{}, fmt.Errorf("apply: %w", err)
	}
	return c, nil
}

// act does with a locked conversation what actions say. The caller writes its
// status and version, looks whether it may be closed, and announces it.
func act(ctx context.Context, tx pgx.Tx, by *inbox.Caller, c *inbox.Conversation, a *inbox.Actions, snoozeUntil *time.Time, now time.Time) error {
	err := a.Check()
	if err != nil {
		return err
	}
	if c.Status == inbox.Side {
		if snoozeUntil == nil && a.IsZero() {
			return nil
		}
		return errSide
	}
	if snoozeUntil == nil && a.Snooze > 0 {
		until := now.Add(time.Duration(a.Snooze) * time.Minute)
		snoozeUntil = &until
	}
	switch a.Assignee {
	case "":
	case "me":
		c.Assignee = by.Agent.ID
	case "none":
		c.Assignee = ""
	default:
		c.Assignee = inbox.AgentID(a.Assignee)
		if err := checkAssignee(ctx, tx, c.Assignee, c.InboxID); err != nil {
			return err
		}
	}
	switch a.TeamID {
	case "":
	case "none":
		c.TeamID = ""
	default:
		c.TeamID = inbox.TeamID(a.TeamID)
		if err := checkTeams(ctx, tx, []inbox.TeamID{c.TeamID}); err != nil {
			return err
		}
	}
	if a.Status != "" {
		c.Status = a.Status
	}
	if snoozeUntil != nil {
		if a.Status != "" {
			return &inbox.Error{Code: inbox.Invalid, Message: "snoozing is a status of its own: leave one of the two out"}
		}
		if !snoozeUntil.After(now) {
			return &inbox.Error{Code: inbox.Invalid, Message: "the time until which it is snoozed has passed"}
		}
		c.Status = inbox.Snoozed
	}
	if snoozeUntil != nil {
		until := snoozeUntil.Truncate(time.Microsecond).UTC()
		c.SnoozedUntil = &until
		if err := startTimer(ctx, tx, SnoozeKind, string(c.ID), until, struct{}{}); err != nil {
			return err
		}
	}
	if c.Status != inbox.Snoozed {
		c.SnoozedUntil = nil
	}
	if c.Tags, err = tagged(c.Tags, a.AddTags, nil); err != nil {
		return err
	}
	if err := note(ctx, tx, c, a.Fields, nil); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE conversations SET assignee_id = $2, team_id = $3, snoozed_until = $4, tags = $5, custom = $6 WHERE id = $1`,
		c.ID, null(c.Assignee), null(c.TeamID), c.SnoozedUntil, orEmpty(c.Tags), noted(c))
	return err
}
