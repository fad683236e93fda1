package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

const invitationColumns = `v.id, v.email, v.role, v.inboxes::text[], v.teams::text[], v.invited_by, v.created_at, v.expires_at, v.mailed, v.revoked_at IS NOT NULL`

func scanInvitation(row pgx.CollectableRow) (inbox.Invitation, error) {
	var v inbox.Invitation
	err := row.Scan(&v.ID, &v.Email, &v.Role, &v.Inboxes, &v.Teams, &v.InvitedBy, &v.CreatedAt, &v.ExpiresAt, &v.Mailed, &v.Revoked)
	v.CreatedAt, v.ExpiresAt = v.CreatedAt.UTC(), v.ExpiresAt.UTC()
	v.Inboxes, v.Teams = orEmpty(v.Inboxes), orEmpty(v.Teams)
	return v, err
}

const openInvitation = `v.accepted_at IS NULL AND v.revoked_at IS NULL`

// Invitations returns those that nobody accepted or withdrew, expired ones too,
// the newest first.
func (s *Store) Invitations(ctx context.Context) ([]inbox.Invitation, error) {
	rows, err := s.pool.Query(ctx, `SELECT `+invitationColumns+` FROM invitations v WHERE `+openInvitation+` ORDER BY v.created_at DESC, v.id DESC`)
	if err == nil {
		var list []inbox.Invitation
		if list, err = pgx.CollectRows(rows, scanInvitation); err == nil {
			return orEmpty(list), nil
		}
	}
	return nil, fmt.Errorf("read invitations: %w", err)
}

// Invite asks somebody at v.Email to work here, by a link whose token has the
// hash; letter is mailed where there is an account to mail from. Who works or
// worked here, or is invited already, is a Conflict.
func (s *Store) Invite(ctx context.Context, by *inbox.Caller, v inbox.Invitation, hash []byte, letter inbox.AgentLetter, coder inbox.Coder, now time.Time) (inbox.Invitation, error) {
	if err := mayAdminister(by); err != nil {
		return v, err
	}
	now = stored(now)
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var active bool
		switch err := tx.QueryRow(ctx, `SELECT active FROM agents WHERE lower(email) = lower($1)`, v.Email).Scan(&active); {
		case err == nil && active:
			return &inbox.Error{Code: inbox.Conflict, Message: "somebody with this address works here already"}
		case err == nil:
			return &inbox.Error{Code: inbox.Conflict, Message: "somebody with this address worked here before: reactivate them instead"}
		case !errors.Is(err, pgx.ErrNoRows):
			return err
		}
		if err := checkPlaces(ctx, tx, v.Inboxes, v.Teams); err != nil {
			return err
		}
		v.ID, v.InvitedBy, v.CreatedAt, v.ExpiresAt = inbox.NewID[inbox.InvitationID](now), by.Agent.ID, now, now.Add(inbox.InvitationFor)
		v.Inboxes, v.Teams = orEmpty(v.Inboxes), orEmpty(v.Teams)
		var err error
		if v.Mailed, err = post(ctx, tx, letter, coder, now); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO invitations (id, email, role, inboxes, teams, hash, invited_by, created_at, expires_at, mailed)
			VALUES ($1, $2, $3, $4::uuid[], $5::uuid[], $6, $7, $8, $9, $10)`,
			v.ID, v.Email, string(v.Role), ids(v.Inboxes), ids(v.Teams), hash, v.InvitedBy, v.CreatedAt, v.ExpiresAt, v.Mailed); err != nil {
			return conflict(err, "this address is invited already: send that invitation again, or withdraw it")
		}
		return logInvitation(ctx, tx, by, nil, &v, now)
	})
	if err != nil {
		return inbox.Invitation{}, fmt.Errorf("invite: %w", err)
	}
	return v, nil
}

// checkPlaces refuses inboxes and teams that are not there.
func checkPlaces(ctx context.Context, tx pgx.Tx, inboxes []inbox.InboxID, teams []inbox.TeamID) error {
	for _, id := range inboxes {
		if !inbox.ValidID(string(id)) {
			return errPlace
		}
	}
	var n int
	inboxes = slices.Compact(slices.Sorted(slices.Values(inboxes)))
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM inboxes WHERE id = ANY($1::uuid[])`, ids(inboxes)).Scan(&n); err != nil {
		return err
	}
	if n != len(inboxes) {
		return errPlace
	}
	return checkTeams(ctx, tx, teams)
}

var errPlace = &inbox.Error{Code: inbox.Conflict, Message: "one of the inboxes or teams is not there"}

func lockInvitation(ctx context.Context, tx pgx.Tx, where string, args ...any) (inbox.Invitation, error) {
	rows, err := tx.Query(ctx, `SELECT `+invitationColumns+` FROM invitations v WHERE `+openInvitation+` AND `+where+` FOR UPDATE`, args...)
	if err != nil {
		return inbox.Invitation{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scanInvitation)
}

var errInvitation = &inbox.Error{Code: inbox.NotFound, Message: "the invitation is not there, or was accepted or withdrawn"}

// InviteAgain gives an invitation a new link, for another week: the old one is
// good no more.
func (s *Store) InviteAgain(ctx context.Context, by *inbox.Caller, id inbox.InvitationID, hash []byte, letter func(*inbox.Invitation) inbox.AgentLetter, coder inbox.Coder, now time.Time) (inbox.Invitation, error) {
	return s.changeInvitation(ctx, by, id, now, func(tx pgx.Tx, v *inbox.Invitation) error {
		mailed, err := post(ctx, tx, letter(v), coder, now)
		if err != nil {
			return err
		}
		v.Mailed, v.ExpiresAt = mailed, stored(now).Add(inbox.InvitationFor)
		_, err = tx.Exec(ctx, `UPDATE invitations SET hash = $2, expires_at = $3, mailed = $4 WHERE id = $1`, id, hash, v.ExpiresAt, v.Mailed)
		return err
	})
}

// RevokeInvitation withdraws an invitation.
func (s *Store) RevokeInvitation(ctx context.Context, by *inbox.Caller, id inbox.InvitationID, now time.Time) error {
	_, err := s.changeInvitation(ctx, by, id, now, func(tx pgx.Tx, v *inbox.Invitation) error {
		v.Revoked = true
		_, err := tx.Exec(ctx, `UPDATE invitations SET revoked_at = $2 WHERE id = $1`, id, now)
		return err
	})
	return err
}

func (s *Store) changeInvitation(ctx context.Context, by *inbox.Caller, id inbox.InvitationID, now time.Time, change func(pgx.Tx, *inbox.Invitation) error) (inbox.Invitation, error) {
	var v inbox.Invitation
	if err := mayAdminister(by); err != nil {
		return v, err
	}
	if !inbox.ValidID(string(id)) {
		return v, errInvitation
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		was, err := lockInvitation(ctx, tx, `v.id = $1`, id)
		if errors.Is(err, pgx.ErrNoRows) {
			return errInvitation
		}
		if err != nil {
			return err
		}
		v = was
		if err := change(tx, &v); err != nil {
			return err
		}
		return logInvitation(ctx, tx, by, &was, &v, now)
	})
	if err != nil {
		return inbox.Invitation{}, fmt.Errorf("change invitation: %w", err)
	}
	return v, nil
}

func logInvitation(ctx context.Context, tx pgx.Tx, by *inbox.Caller, was, is *inbox.Invitation, now time.Time) error {
	ch := unversioned(by, inbox.InvitationChanged, string(is.ID), is, now)
	if was != nil {
		ch.before = was
	}
	return logOnly(ctx, tx, []change{ch})
}

// unversioned is a change of something that has no version but the time.
func unversioned(by *inbox.Caller, kind inbox.EventKind, entity string, after any, now time.Time) change {
	c := settingChange(by, kind, entity, now.UnixMicro(), now)
	c.after = after
	return c
}

// Invited returns the invitation whose link has a hash.
func (s *Store) Invited(ctx context.Context, hash []byte, now time.Time) (inbox.Invitation, error) {
	rows, err := s.pool.Query(ctx, `SELECT `+invitationColumns+` FROM invitations v WHERE `+openInvitation+` AND v.hash = $1 AND v.expires_at > $2`, hash, now)
	if err != nil {
		return inbox.Invitation{}, fmt.Errorf("read invitation: %w", err)
	}
	v, err := pgx.CollectExactlyOneRow(rows, scanInvitation)
	if errors.Is(err, pgx.ErrNoRows) {
		err = errLink
	}
	return v, err
}

// Accept makes the agent who was invited, with the name and the password's hash,
// where the link with a hash is good: once.
func (s *Store) Accept(ctx context.Context, hash []byte, name, locale, password, request string, now time.Time) (inbox.Agent, error) {
	var a inbox.Agent
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		v, err := lockInvitation(ctx, tx, `v.hash = $1 AND v.expires_at > $2`, hash, now)
		if errors.Is(err, pgx.ErrNoRows) {
			return errLink
		}
		if err != nil {
			return err
		}
		// What went meanwhile is left out.
		inboxes, err := column[inbox.InboxID](ctx, tx, `SELECT id FROM inboxes WHERE id = ANY($1::uuid[])`, ids(v.Inboxes))
		if err != nil {
			return err
		}
		teams, err := column[inbox.TeamID](ctx, tx, `SELECT id FROM teams WHERE id = ANY($1::uuid[]) AND deleted_at IS NULL`, ids(v.Teams))
		if err != nil {
			return err
		}
		a = inbox.Agent{ID: inbox.NewID[inbox.AgentID](now), Email: v.Email, Name: name, Role: v.Role, Locale: locale, Active: true, CallPop: true}
		if err := writeAgent(ctx, tx, a, password, orEmpty(inboxes), orEmpty(teams), now); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE invitations SET accepted_at = $2 WHERE id = $1`, v.ID, now); err != nil {
			return err
		}
		_, err = memberChanged(ctx, tx, &inbox.Caller{Rights: inbox.Rights{Agent: a}, Request: request}, nil, a.ID, now)
		return err
	})
	if err != nil {
		return inbox.Agent{}, fmt.Errorf("accept invitation: %w", err)
	}
	return a, nil
}
