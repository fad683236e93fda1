package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// TellAgent tells one agent something, in the app, at once. Told again by the same
// key it is told once.
func (s *Store) TellAgent(ctx context.Context, by *inbox.Caller, to inbox.AgentID, key, text string, now time.Time) error {
	missing := &inbox.Error{Code: inbox.NotFound, Message: "the agent is not there, or doesn't work here any more"}
	if !inbox.ValidID(string(to)) {
		return missing
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var active bool
		err := tx.QueryRow(ctx, `SELECT active FROM agents WHERE id = $1`, to).Scan(&active)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && !active {
			return missing
		}
		if err != nil {
			return err
		}
		var again struct{}
		fresh, err := claimKey(ctx, tx, "agent:"+string(by.Agent.ID), &inbox.Answer{Key: key, Hash: []byte("tell " + string(to) + " " + text), At: now}, &again)
		if err != nil || !fresh {
			return err
		}
		id := inbox.NewID[inbox.NotificationID](now)
		if _, err := tx.Exec(ctx, `
			INSERT INTO notifications (id, agent_id, kind, actor_kind, actor_id, actor_name, text, app, push, email, at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, true, false, false, $8)`,
			id, to, string(inbox.DirectNotice), string(inbox.ByAgent), by.Agent.ID, by.Agent.Name, text, stored(now)); err != nil {
			return err
		}
		made, err := readNotifications(ctx, tx, `WHERE n.id = @id`, pgx.NamedArgs{"id": id})
		if err != nil {
			return err
		}
		row, err := noticeRow(inbox.Event{
			Kind: inbox.NotificationMade, Actor: made[0].By, Entity: string(made[0].ID), Version: made[0].Version, Notification: &made[0].Notification,
			Audience: inbox.Audience{Agent: to, Inboxes: []inbox.InboxID{inbox.NoInbox}},
		})
		if err != nil {
			return err
		}
		return enqueue(ctx, tx, [][]any{row})
	})
	if err != nil {
		return fmt.Errorf("tell agent %s: %w", to, err)
	}
	return nil
}
