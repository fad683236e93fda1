package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// ResetKind is the kind of the timers whose key is an address, in lower case, for
// which somebody asked to set a new password.
const ResetKind = "password-reset"

// errLink is the same for a link that was used, withdrawn or is too old, and for
// one that never was.
var errLink = &inbox.Error{Code: inbox.NotFound, Message: "this link was used, withdrawn, or is too old: ask for a new one"}

// A ResetRule is what a link to a new password is made of.
type ResetRule struct {
	inbox.Coder // New makes the token of a link, and the hash that is stored
	// Letter is the mail that brings it. It is pure.
	Letter func(a *inbox.Agent, token string) inbox.AgentLetter
}

// AskReset notes that somebody at the address, in lower case, wants a new
// password. It does the same for one that nobody has: see [Store.FireReset].
func (s *Store) AskReset(ctx context.Context, email string, now time.Time) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		return startTimer(ctx, tx, ResetKind, storable(email), now, struct{}{})
	})
	if err != nil {
		return fmt.Errorf("ask for a new password: %w", err)
	}
	return nil
}

// FireReset mails one link that was asked for, where an active agent has the
// address. It reports whether there was a timer.
func (s *Store) FireReset(ctx context.Context, now time.Time, rule ResetRule) (fired bool, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var email string
		err := tx.QueryRow(ctx, `
			DELETE FROM timers WHERE (kind, key) = (SELECT kind, key FROM timers WHERE kind = $1 AND due_at <= $2
				ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING key`, ResetKind, now).Scan(&email)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		fired = true
		var id inbox.AgentID
		err = tx.QueryRow(ctx, `SELECT id FROM agents WHERE lower(email) = $1 AND active FOR UPDATE`, email).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		a, _, err := agentByID(ctx, tx, id)
		if err != nil {
			return err
		}
		token, hash := rule.New()
		if err := writeReset(ctx, tx, id, hash, now); err != nil {
			return err
		}
		_, err = post(ctx, tx, rule.Letter(&a, token), rule.Coder, now)
		return err
	})
	if err != nil {
		return fired, fmt.Errorf("mail a new password's link: %w", err)
	}
	return fired, nil
}

func writeReset(ctx context.Context, tx pgx.Tx, id inbox.AgentID, hash []byte, now time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO password_resets (agent_id, hash, expires_at) VALUES ($1, $2, $3)
		ON CONFLICT (agent_id) DO UPDATE SET hash = excluded.hash, expires_at = excluded.expires_at`, id, hash, now.Add(inbox.ResetFor))
	return err
}

// MakeReset makes a link for an agent, as an admin, whose older one is good no
// more; letter is mailed where there is an account to mail from.
func (s *Store) MakeReset(ctx context.Context, by *inbox.Caller, id inbox.AgentID, hash []byte, letter func(*inbox.Agent) inbox.AgentLetter, coder inbox.Coder, now time.Time) (mailed bool, err error) {
	if err := mayAdminister(by); err != nil {
		return false, err
	}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		was, err := lockMember(ctx, tx, id)
		if err != nil {
			return err
		}
		if !was.Active {
			return &inbox.Error{Code: inbox.Conflict, Message: "the agent is deactivated: reactivate first"}
		}
		if err := writeReset(ctx, tx, id, hash, now); err != nil {
			return err
		}
		if mailed, err = post(ctx, tx, letter(&was.Agent), coder, now); err != nil {
			return err
		}
		ch := agentChange(was.Agent, now.UnixMicro(), by.Actor(), now)
		ch.before, ch.after, ch.session, ch.cause = was, loggedMember{Member: was, PasswordLink: "made"}, string(by.Session), by.Request
		return logOnly(ctx, tx, []change{ch})
	})
	if err != nil {
		return false, fmt.Errorf("make a link for a new password: %w", err)
	}
	return mailed, nil
}

// ResetOf returns whose link has a hash.
func (s *Store) ResetOf(ctx context.Context, hash []byte, now time.Time) (inbox.Agent, error) {
	id, err := resetBy(ctx, s.pool, hash, now, "")
	if err != nil {
		return inbox.Agent{}, err
	}
	a, _, err := agentByID(ctx, s.pool, id)
	return a, err
}

func resetBy(ctx context.Context, q querier, hash []byte, now time.Time, lock string) (id inbox.AgentID, err error) {
	err = q.QueryRow(ctx, `
		SELECT a.id FROM password_resets r JOIN agents a ON a.id = r.agent_id
		WHERE r.hash = $1 AND r.expires_at > $2 AND a.active `+lock, hash, now).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		err = errLink
	}
	return id, err
}

// Reset sets the password of whose link has a hash; the link is used then, and
// every session from before ends.
func (s *Store) Reset(ctx context.Context, hash []byte, password, request string, now time.Time) (inbox.Agent, error) {
	var a inbox.Agent
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		id, err := resetBy(ctx, tx, hash, now, "FOR UPDATE OF r")
		if err != nil {
			return err
		}
		was, err := lockMember(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE agents SET password_hash = $2 WHERE id = $1`, id, password); err != nil {
			return err
		}
		a = was.Agent
		return passwordSet(ctx, tx, &inbox.Caller{Rights: inbox.Rights{Agent: a}, Request: request}, was, "", now)
	})
	if err != nil {
		return inbox.Agent{}, fmt.Errorf("reset password: %w", err)
	}
	return a, nil
}
