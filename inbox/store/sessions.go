package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// Grace is how long the refresh token before the present one still gives the
// present one: two tabs ask at the same instant, or an answer was lost. Later
// it can only have been kept by somebody, and ends the session.
const Grace = 10 * time.Second

// maxSessions is how many sign-ins an agent has at most: the oldest end first.
const maxSessions = 50

// CreateSession stores a sign-in. The agent's ended sessions are cleared away,
// and those over fifty end, oldest first. An agent who doesn't work here, or whose
// password is another by now than the session was begun with, is Unauthorized: what
// ends sessions meanwhile ends this one.
func (s *Store) CreateSession(ctx context.Context, session inbox.Session, now time.Time) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `
			DELETE FROM sessions WHERE agent_id = $1
			AND (expires_at < $2 OR revoked_at < $2 - interval '1 day'
				OR id NOT IN (SELECT id FROM sessions WHERE agent_id = $1 ORDER BY rotated_at DESC LIMIT $3))`,
			session.AgentID, now, maxSessions-1); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			INSERT INTO sessions (id, agent_id, hash, rotated_at, expires_at, created_at)
			SELECT $1, a.id, $3, $4, $5, $4 FROM agents a
			WHERE a.id = $2 AND a.active AND ($6 = '' OR a.password_hash = $6) FOR SHARE`,
			session.ID, session.AgentID, session.Hash, now, session.ExpiresAt, session.Password)
		if err == nil && tag.RowsAffected() == 0 {
			err = &inbox.Error{Code: inbox.Unauthorized, Message: "the password was changed just now: sign in with the new one"}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("create session: %w", err)
	}
	return nil
}

// RotateSession exchanges a session's refresh token, by their hashes, and gives
// the session until expires. Presenting the token before the present one within
// [Grace] changes nothing and succeeds: next is always the same for it. Later,
// and for any older one, the session is revoked for good, and with any session
// that is not there or has ended the error is Unauthorized.
func (s *Store) RotateSession(ctx context.Context, id inbox.SessionID, presented, next []byte, now, expires time.Time) (inbox.Session, error) {
	session := inbox.Session{ID: id}
	reused := false
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var previous []byte
		var rotated time.Time
		err := tx.QueryRow(ctx, `
			SELECT s.agent_id, s.hash, s.previous, s.rotated_at, s.expires_at
			FROM sessions s JOIN agents a ON a.id = s.agent_id
			WHERE s.id = $1 AND s.revoked_at IS NULL AND s.expires_at > $2 AND a.active
			FOR UPDATE OF s`, id, now).Scan(&session.AgentID, &session.Hash, &previous, &rotated, &session.ExpiresAt)
		if err != nil {
			return notFound(err, "the session")
		}
		switch {
		case bytes.Equal(presented, session.Hash):
			session.Hash, session.ExpiresAt = next, expires
			_, err = tx.Exec(ctx, `
				UPDATE sessions SET hash = $2, previous = $3, rotated_at = $4, expires_at = $5 WHERE id = $1`,
				id, next, presented, now, expires)
			return err
		case bytes.Equal(presented, previous) && bytes.Equal(next, session.Hash) && now.Sub(rotated) <= Grace:
			return nil
		}
		reused = true
		return revoke(ctx, tx, id, now)
	})
	switch {
	case inbox.CodeOf(err) == inbox.NotFound:
		return inbox.Session{}, &inbox.Error{Code: inbox.Unauthorized, Message: "the session has ended: sign in again"}
	case err != nil:
		return inbox.Session{}, fmt.Errorf("rotate session: %w", err)
	case reused:
		return inbox.Session{}, &inbox.Error{Code: inbox.Unauthorized,
			Message: "this sign-in was used from two places and was ended for safety: sign in again"}
	}
	return session, nil
}

// RevokeSession ends a session for good; open sockets are told to check. One
// that is not there, or has ended, stays as it is.
func (s *Store) RevokeSession(ctx context.Context, id inbox.SessionID, now time.Time) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return revoke(ctx, tx, id, now) })
	if err != nil {
		return fmt.Errorf("revoke session: %w", err)
	}
	return nil
}

func revoke(ctx context.Context, tx pgx.Tx, id inbox.SessionID, now time.Time) error {
	var of inbox.AgentID
	err := tx.QueryRow(ctx, `
		UPDATE sessions SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING agent_id`, id, now).Scan(&of)
	if err != nil {
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	}
	agent, version, err := agentByID(ctx, tx, of)
	if err != nil {
		return err
	}
	ch := agentChange(agent, version, inbox.Actor{Kind: inbox.BySystem}, now)
	ch.quiet = true // the agent is as before
	return announce(ctx, tx, []change{ch})
}
