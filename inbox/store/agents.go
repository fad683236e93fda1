package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

const agentColumns = `a.id, a.email, a.name, a.role, a.locale, a.active, a.phone, a.call_pop, a.order_actions, a.onward`

func scanAgent(row pgx.CollectableRow) (inbox.Agent, error) {
	var a inbox.Agent
	err := row.Scan(&a.ID, &a.Email, &a.Name, &a.Role, &a.Locale, &a.Active, &a.Phone, &a.CallPop, &a.OrderActions, &a.Onward)
	return a, err
}

func agentByID(ctx context.Context, q querier, id inbox.AgentID) (a inbox.Agent, version int64, err error) {
	err = q.QueryRow(ctx, `SELECT `+agentColumns+`, a.rights_version FROM agents a WHERE a.id = $1`, id).
		Scan(&a.ID, &a.Email, &a.Name, &a.Role, &a.Locale, &a.Active, &a.Phone, &a.CallPop, &a.OrderActions, &a.Onward, &version)
	if err != nil {
		return a, 0, fmt.Errorf("agent %s: %w", id, notFound(err, "the agent"))
	}
	return a, version, nil
}

func agentChange(a inbox.Agent, version int64, by inbox.Actor, now time.Time) change {
	return change{event: inbox.Event{
		ID: inbox.NewID[inbox.EventID](now), Kind: inbox.AgentChanged, At: now, Actor: by,
		Entity: string(a.ID), Version: version, Agent: &a,
	}}
}

// agentChanged raises an agent's version and tells of the change: whoever has a
// socket open checks its rights anew.
func agentChanged(ctx context.Context, tx pgx.Tx, id inbox.AgentID, now time.Time) error {
	if _, err := tx.Exec(ctx, `UPDATE agents SET rights_version = rights_version + 1 WHERE id = $1`, id); err != nil {
		return err
	}
	a, version, err := agentByID(ctx, tx, id)
	if err != nil {
		return err
	}
	return announce(ctx, tx, []change{agentChange(a, version, inbox.Actor{Kind: inbox.BySystem}, now)})
}

// Credentials returns the agent with an address, whatever its case, and the
// hash of the password: "" when there is none. Somebody who is not there or not
// active is the zero Agent and no error, so that callers do the same work.
func (s *Store) Credentials(ctx context.Context, email string) (inbox.Agent, string, error) {
	var a inbox.Agent
	if strings.ContainsRune(email, 0) || !utf8.ValidString(email) {
		return a, "", nil
	}
	var hash string
	err := s.pool.QueryRow(ctx, `
		SELECT `+agentColumns+`, a.password_hash FROM agents a WHERE lower(a.email) = lower($1) AND a.active`, email).
		Scan(&a.ID, &a.Email, &a.Name, &a.Role, &a.Locale, &a.Active, &a.Phone, &a.CallPop, &a.OrderActions, &a.Onward, &hash)
	if err != nil {
		if errors.Is(err, pgx.ErrNoRows) {
			return inbox.Agent{}, "", nil
		}
		return inbox.Agent{}, "", fmt.Errorf("read credentials: %w", err)
	}
	return a, hash, nil
}

const rightsQuery = `
	SELECT ` + agentColumns + `, a.rights_version,
		ARRAY(SELECT inbox_id::text FROM inbox_members WHERE agent_id = a.id ORDER BY inbox_id),
		ARRAY(SELECT team_id::text FROM team_members WHERE agent_id = a.id ORDER BY team_id)
	FROM agents a WHERE a.id = $1 AND a.active`

// into are the places of r in the order of rightsQuery's columns.
func into(r *inbox.Rights) []any {
	a := &r.Agent
	return []any{&a.ID, &a.Email, &a.Name, &a.Role, &a.Locale, &a.Active, &a.Phone, &a.CallPop, &a.OrderActions, &a.Onward, &r.Version, &r.Inboxes, &r.Teams}
}

func scanRights(row pgx.Row) (inbox.Rights, error) {
	var r inbox.Rights
	if err := row.Scan(into(&r)...); err != nil {
		if errors.Is(err, pgx.ErrNoRows) {
			return r, &inbox.Error{Code: inbox.Unauthorized, Message: "the session has ended: sign in again"}
		}
		return r, err
	}
	r.All = seesAll(r.Agent.Role)
	return r, nil
}

func seesAll(r inbox.Role) bool { return r == inbox.SupervisorRole || r == inbox.AdminRole }

// Rights returns what an agent may see as it stands. Somebody who is not there
// or not active is Unauthorized.
func (s *Store) Rights(ctx context.Context, id inbox.AgentID) (inbox.Rights, error) {
	r, err := scanRights(s.pool.QueryRow(ctx, rightsQuery, id))
	if err != nil {
		return r, fmt.Errorf("rights of %s: %w", id, err)
	}
	return r, nil
}

// SessionRights returns the rights of the agent of a session. A session that
// was revoked or has expired, or is another agent's, is Unauthorized.
func (s *Store) SessionRights(ctx context.Context, id inbox.AgentID, session inbox.SessionID) (inbox.Rights, error) {
	r, err := scanRights(s.pool.QueryRow(ctx, rightsQuery+`
		AND EXISTS (SELECT FROM sessions s WHERE s.id = $2 AND s.agent_id = a.id AND s.revoked_at IS NULL AND s.expires_at > now())`,
		id, session))
	if err != nil {
		return r, fmt.Errorf("rights of %s: %w", id, err)
	}
	return r, nil
}

// RightsOfSessions is [Store.SessionRights] of many sessions at once, of which ID
// and AgentID are looked at: nil for one that is Unauthorized.
func (s *Store) RightsOfSessions(ctx context.Context, sessions []inbox.Session) ([]*inbox.Rights, error) {
	of, agents := make([]string, len(sessions)), make([]string, len(sessions))
	for i, session := range sessions {
		of[i], agents[i] = string(session.ID), string(session.AgentID)
	}
	// The version is read first: who changed meanwhile has the old one with the new
	// members, and is looked up again when the word of it comes.
	batch := &pgx.Batch{}
	signed := map[inbox.SessionID]*inbox.Rights{}
	batch.Queue(`
		SELECT s.id, `+agentColumns+`, a.rights_version, NULL, NULL FROM sessions s JOIN agents a ON a.id = s.agent_id AND a.active
		WHERE s.id = ANY($1::uuid[]) AND s.revoked_at IS NULL AND s.expires_at > now()`, of).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var id inbox.SessionID
			r := &inbox.Rights{}
			if err := rows.Scan(append([]any{&id}, into(r)...)...); err != nil {
				return err
			}
			r.All = seesAll(r.Agent.Role)
			signed[id] = r
		}
		return rows.Err()
	})
	inboxes := members[inbox.InboxID](batch, `SELECT agent_id, inbox_id FROM inbox_members WHERE agent_id = ANY($1::uuid[]) ORDER BY inbox_id`, agents)
	teams := members[inbox.TeamID](batch, `SELECT agent_id, team_id FROM team_members WHERE agent_id = ANY($1::uuid[]) ORDER BY team_id`, agents)
	if err := s.pool.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("rights of %d sessions: %w", len(sessions), err)
	}
	all := make([]*inbox.Rights, len(sessions))
	for i, session := range sessions {
		if r := signed[session.ID]; r != nil && r.Agent.ID == session.AgentID {
			own := *r // the same may be asked for twice
			own.Inboxes, own.Teams = orEmpty(inboxes[session.AgentID]), orEmpty(teams[session.AgentID])
			all[i] = &own
		}
	}
	return all, nil
}

// members has a batch fill in what agents are members of.
func members[T ~string](batch *pgx.Batch, query string, agents []string) map[inbox.AgentID][]T {
	of := map[inbox.AgentID][]T{}
	batch.Queue(query, agents).Query(func(rows pgx.Rows) error {
		var agent inbox.AgentID
		var in T
		_, err := pgx.ForEachRow(rows, []any{&agent, &in}, func() error {
			of[agent] = append(of[agent], in)
			return nil
		})
		return err
	})
	return of
}

// Agents returns everybody who works or worked here, by name.
func (s *Store) Agents(ctx context.Context) ([]inbox.Agent, error) {
	rows, err := s.pool.Query(ctx, `SELECT `+agentColumns+` FROM agents a ORDER BY lower(a.name), a.id`)
	if err == nil {
		var list []inbox.Agent
		if list, err = pgx.CollectRows(rows, scanAgent); err == nil {
			return orEmpty(list), nil
		}
	}
	return nil, fmt.Errorf("read agents: %w", err)
}

// Teams returns all teams that there are, by name.
func (s *Store) Teams(ctx context.Context) ([]inbox.Team, error) {
	rows, err := s.pool.Query(ctx, `SELECT id, name FROM teams WHERE deleted_at IS NULL ORDER BY lower(name), id`)
	if err == nil {
		var list []inbox.Team
		if list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[inbox.Team]); err == nil {
			return orEmpty(list), nil
		}
	}
	return nil, fmt.Errorf("read teams: %w", err)
}

// SaveAgent makes an agent, or changes the one with a.ID, together with the
// hash of the password ("" leaves the present one, as an empty locale does) and, for every list that is
// not nil, the inboxes and teams. Its sessions end when it is no longer active
// or has a new password. An address that somebody else has is a Conflict.
func (s *Store) SaveAgent(ctx context.Context, a inbox.Agent, passwordHash string, inboxes []inbox.InboxID, teams []inbox.TeamID, now time.Time) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := writeAgent(ctx, tx, a, passwordHash, inboxes, teams, now); err != nil {
			return err
		}
		return agentChanged(ctx, tx, a.ID, now)
	})
	if err != nil {
		return fmt.Errorf("save agent: %w", err)
	}
	return nil
}

// writeAgent is [Store.SaveAgent] in a transaction, whose caller announces it.
func writeAgent(ctx context.Context, tx pgx.Tx, a inbox.Agent, passwordHash string, inboxes []inbox.InboxID, teams []inbox.TeamID, now time.Time) error {
	if !a.Role.Valid() || !strings.Contains(a.Email, "@") {
		return &inbox.Error{Code: inbox.Invalid, Message: "an agent needs an address and a role: agent, supervisor or admin"}
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO agents (id, email, name, role, locale, active, password_hash, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (id) DO UPDATE SET email = excluded.email, name = excluded.name, role = excluded.role,
			locale = coalesce(nullif(excluded.locale, ''), agents.locale), active = excluded.active,
			password_hash = coalesce(nullif(excluded.password_hash, ''), agents.password_hash)`,
		a.ID, a.Email, a.Name, string(a.Role), a.Locale, a.Active, passwordHash, now); err != nil {
		return conflict(err, "somebody else has this address")
	}
	if !a.Active || passwordHash != "" {
		if err := endSessions(ctx, tx, a.ID, "", now); err != nil {
			return err
		}
	}
	return writeMembership(ctx, tx, a.ID, inboxes, teams)
}

// endSessions ends an agent's sessions but one; open sockets are told by the
// change of the agent, which the caller announces.
func endSessions(ctx context.Context, tx pgx.Tx, id inbox.AgentID, but inbox.SessionID, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE sessions SET revoked_at = $2 WHERE agent_id = $1 AND revoked_at IS NULL AND id <> $3`, id, now, orZero(but))
	return err
}

// writeMembership sets each list that is not nil.
func writeMembership(ctx context.Context, tx pgx.Tx, id inbox.AgentID, inboxes []inbox.InboxID, teams []inbox.TeamID) error {
	if inboxes != nil {
		if err := setMembers(ctx, tx, "inbox_members", "inbox_id", id, ids(inboxes)); err != nil {
			return err
		}
	}
	if teams != nil {
		return setMembers(ctx, tx, "team_members", "team_id", id, ids(teams))
	}
	return nil
}

func setMembers(ctx context.Context, tx pgx.Tx, table, column string, agent inbox.AgentID, of []string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE agent_id = $1 AND `+column+` <> ALL($2::uuid[])`, agent, of); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO `+table+` (`+column+`, agent_id) SELECT unnest($2::uuid[]), $1 ON CONFLICT DO NOTHING`, agent, of)
	return conflict(err, "one of the inboxes or teams is not there")
}

// ids are ids as a query takes them: never NULL.
func ids[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, id := range list {
		out[i] = string(id)
	}
	return out
}
