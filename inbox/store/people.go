package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

var (
	errAgent     = &inbox.Error{Code: inbox.NotFound, Message: "the agent is not there"}
	errAdmins    = &inbox.Error{Code: inbox.Forbidden, Message: "this is for admins"}
	errLastAdmin = &inbox.Error{Code: inbox.Conflict, Message: "this is the last active admin: make somebody else an admin first"}
)

func mayAdminister(by *inbox.Caller) error {
	if by.Agent.Role != inbox.AdminRole {
		return errAdmins
	}
	return nil
}

// Members returns everybody who works or worked here, by name, with what they
// belong to and when they were seen.
func (s *Store) Members(ctx context.Context) ([]inbox.Member, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+agentColumns+`,
			ARRAY(SELECT inbox_id::text FROM inbox_members WHERE agent_id = a.id ORDER BY inbox_id),
			ARRAY(SELECT team_id::text FROM team_members WHERE agent_id = a.id ORDER BY team_id),
			(SELECT max(rotated_at) FROM sessions WHERE agent_id = a.id), coalesce(o.n, 0)
		FROM agents a LEFT JOIN (
			SELECT assignee_id, sum(n)::int AS n FROM (
				SELECT assignee_id, status, n FROM counts UNION ALL SELECT assignee_id, status, n FROM count_deltas) c
			WHERE status IN ('open', 'pending', 'snoozed') GROUP BY assignee_id) o ON o.assignee_id = a.id
		ORDER BY lower(a.name), a.id`)
	if err == nil {
		var list []inbox.Member
		if list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (inbox.Member, error) {
			var m inbox.Member
			err := row.Scan(append(memberFields(&m), &m.SeenAt, &m.Open)...)
			return m, err
		}); err == nil {
			return orEmpty(list), nil
		}
	}
	return nil, fmt.Errorf("read members: %w", err)
}

func memberFields(m *inbox.Member) []any {
	a := &m.Agent
	return []any{&a.ID, &a.Email, &a.Name, &a.Role, &a.Locale, &a.Active, &a.Phone, &a.CallPop, &a.OrderActions, &a.Onward, &m.Inboxes, &m.Teams}
}

// lockMember locks an agent and returns it as the log keeps it.
func lockMember(ctx context.Context, tx pgx.Tx, id inbox.AgentID) (*inbox.Member, error) {
	if !inbox.ValidID(string(id)) {
		return nil, errAgent
	}
	if tag, err := tx.Exec(ctx, `SELECT FROM agents WHERE id = $1 FOR UPDATE`, id); err != nil || tag.RowsAffected() == 0 {
		if err == nil {
			err = errAgent
		}
		return nil, err
	}
	m, _, err := readMember(ctx, tx, id)
	return m, err
}

func readMember(ctx context.Context, q querier, id inbox.AgentID) (*inbox.Member, int64, error) {
	var m inbox.Member
	var version int64
	err := q.QueryRow(ctx, `
		SELECT `+agentColumns+`,
			ARRAY(SELECT inbox_id::text FROM inbox_members WHERE agent_id = a.id ORDER BY inbox_id),
			ARRAY(SELECT team_id::text FROM team_members WHERE agent_id = a.id ORDER BY team_id), a.rights_version
		FROM agents a WHERE a.id = $1`, id).Scan(append(memberFields(&m), &version)...)
	return &m, version, err
}

// memberChanged raises an agent's version and tells of the change and who made
// it: whoever has a socket open checks its rights anew. was is nil for an agent
// who is new.
func memberChanged(ctx context.Context, tx pgx.Tx, by *inbox.Caller, was *inbox.Member, id inbox.AgentID, now time.Time) (*inbox.Member, error) {
	return memberChangedIn(ctx, tx, by, was, id, loggedMember{}, now)
}

// A loggedMember is what the log keeps of an agent: of what is secret, that it
// changed.
type loggedMember struct {
	*inbox.Member
	Password     string `json:"password,omitempty"`
	PasswordLink string `json:"passwordLink,omitempty"`
	Sessions     string `json:"sessions,omitempty"`
}

func memberChangedIn(ctx context.Context, tx pgx.Tx, by *inbox.Caller, was *inbox.Member, id inbox.AgentID, secret loggedMember, now time.Time) (*inbox.Member, error) {
	if _, err := tx.Exec(ctx, `UPDATE agents SET rights_version = rights_version + 1 WHERE id = $1`, id); err != nil {
		return nil, err
	}
	is, version, err := readMember(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	ch := agentChange(is.Agent, version, by.Actor(), now)
	secret.Member = is
	ch.after, ch.session, ch.cause = secret, string(by.Session), by.Request
	if was != nil {
		ch.before = was
	}
	return is, announce(ctx, tx, []change{ch})
}

// lastAdmin refuses to take the role, or the work, from the only active admin.
// The admins stay locked, so that of two who demote each other one is refused.
func lastAdmin(ctx context.Context, tx pgx.Tx, id inbox.AgentID) error {
	admins, err := column[inbox.AgentID](ctx, tx, `SELECT id FROM agents WHERE role = 'admin' AND active ORDER BY id FOR UPDATE`)
	if err != nil {
		return err
	}
	if slices.Contains(admins, id) && len(admins) == 1 {
		return errLastAdmin
	}
	return nil
}

// sawMore reports whether an agent has lost sight of an inbox.
func sawMore(was, is *inbox.Member) bool {
	return !seesAll(is.Role) && (seesAll(was.Role) ||
		slices.ContainsFunc(was.Inboxes, func(in inbox.InboxID) bool { return !slices.Contains(is.Inboxes, in) }))
}

// PatchAgent changes what an agent may say of itself, and an admin of anybody; nil
// leaves as it is. What somebody may see or do is an admin's to say, and the last
// active admin stays one. What is open and the agent's in an inbox that they may not
// see any more becomes nobody's, in batches that follow (see [Store.FireSweep]).
func (s *Store) PatchAgent(ctx context.Context, by *inbox.Caller, id inbox.AgentID, p inbox.AgentPatch, now time.Time) (inbox.Agent, error) {
	if id != by.Agent.ID && by.Agent.Role != inbox.AdminRole {
		return inbox.Agent{}, &inbox.Error{Code: inbox.Forbidden, Message: "only an admin changes this for somebody else"}
	}
	if p.OrderActions != nil && by.Agent.Role != inbox.AdminRole {
		return inbox.Agent{}, &inbox.Error{Code: inbox.Forbidden, Message: "only an admin says who may act on orders"}
	}
	if (p.Role != nil || p.Inboxes != nil || p.Teams != nil) && by.Agent.Role != inbox.AdminRole {
		return inbox.Agent{}, &inbox.Error{Code: inbox.Forbidden, Message: "only an admin says what somebody may see and do"}
	}
	var is *inbox.Member
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if p.Role != nil && *p.Role != inbox.AdminRole {
			if err := lastAdmin(ctx, tx, id); err != nil {
				return err
			}
		}
		was, err := lockMember(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			UPDATE agents SET phone = coalesce($2, phone), call_pop = coalesce($3, call_pop), order_actions = coalesce($4, order_actions),
				name = coalesce($5, name), role = coalesce($6, role), locale = coalesce($7, locale),
				onward = coalesce($8, onward)
			WHERE id = $1`, id, p.Phone, p.CallPop, p.OrderActions, p.Name, (*string)(p.Role), p.Locale, (*string)(p.Onward)); err != nil {
			return err
		}
		var inboxes []inbox.InboxID
		var teams []inbox.TeamID
		if p.Inboxes != nil {
			inboxes = orEmpty(*p.Inboxes)
		}
		if p.Teams != nil {
			if teams = orEmpty(*p.Teams); len(teams) > 0 {
				if err := checkTeams(ctx, tx, teams); err != nil {
					return err
				}
			}
		}
		if err := writeMembership(ctx, tx, id, inboxes, teams); err != nil {
			return err
		}
		if is, err = memberChanged(ctx, tx, by, was, id, now); err != nil || !sawMore(was, is) {
			return err
		}
		return startSweep(ctx, tx, by, sweep{Agent: id, Unseen: true}, now)
	})
	if err != nil {
		return inbox.Agent{}, fmt.Errorf("change agent %s: %w", id, err)
	}
	return is.Agent, nil
}

// Deactivate ends an agent's work here: every session and socket at once, and
// what is open and the agent's goes where to says, in batches that follow (see
// [Store.FireSweep]). What the agent began to write is offered to colleagues, and
// everything that was said and done stays. For one who works here no more it
// hands over what is left.
func (s *Store) Deactivate(ctx context.Context, by *inbox.Caller, id inbox.AgentID, to inbox.Handoff, now time.Time) error {
	if err := mayAdminister(by); err != nil {
		return err
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := lastAdmin(ctx, tx, id); err != nil {
			return err
		}
		was, err := lockMember(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := checkHandoff(ctx, tx, to, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE agents SET active = false WHERE id = $1`, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM password_resets WHERE agent_id = $1`, id); err != nil {
			return err
		}
		if err := endSessions(ctx, tx, id, "", now); err != nil {
			return err
		}
		if _, err := memberChanged(ctx, tx, by, was, id, now); err != nil {
			return err
		}
		return startSweep(ctx, tx, by, sweep{Agent: id, To: to}, now)
	})
	if err != nil {
		return fmt.Errorf("deactivate agent %s: %w", id, err)
	}
	return nil
}

// checkHandoff refuses to hand over to who or what is not there.
func checkHandoff(ctx context.Context, tx pgx.Tx, to inbox.Handoff, from inbox.AgentID) error {
	switch {
	case to.AgentID != "" && to.TeamID != "":
		return &inbox.Error{Code: inbox.Invalid, Message: "hand over to an agent or to a team, not to both"}
	case to.AgentID != "" && to.AgentID == from:
		return &inbox.Error{Code: inbox.Invalid, Message: "nobody hands over to themselves"}
	case to.AgentID != "":
		var active bool
		if inbox.ValidID(string(to.AgentID)) {
			if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM agents WHERE id = $1 AND active)`, to.AgentID).Scan(&active); err != nil {
				return err
			}
		}
		if !active {
			return &inbox.Error{Code: inbox.Conflict, Message: "who it is to go to is not there or no longer works here"}
		}
	case to.TeamID != "":
		return checkTeams(ctx, tx, []inbox.TeamID{to.TeamID})
	}
	return nil
}

// Reactivate lets an agent sign in again, with the password and the rights from
// before.
func (s *Store) Reactivate(ctx context.Context, by *inbox.Caller, id inbox.AgentID, now time.Time) error {
	if err := mayAdminister(by); err != nil {
		return err
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		was, err := lockMember(ctx, tx, id)
		if err != nil || was.Active {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE agents SET active = true WHERE id = $1`, id); err != nil {
			return err
		}
		_, err = memberChanged(ctx, tx, by, was, id, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("reactivate agent %s: %w", id, err)
	}
	return nil
}

// SignOut ends every session of the caller's, or as an admin of anybody's.
func (s *Store) SignOut(ctx context.Context, by *inbox.Caller, id inbox.AgentID, now time.Time) error {
	if id != by.Agent.ID {
		if err := mayAdminister(by); err != nil {
			return err
		}
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		was, err := lockMember(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := endSessions(ctx, tx, id, "", now); err != nil {
			return err
		}
		_, err = memberChangedIn(ctx, tx, by, was, id, loggedMember{Sessions: "ended"}, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("sign out agent %s: %w", id, err)
	}
	return nil
}

// PasswordHash returns the hash of the caller's password, "" for none.
func (s *Store) PasswordHash(ctx context.Context, id inbox.AgentID) (string, error) {
	var hash string
	if err := s.pool.QueryRow(ctx, `SELECT password_hash FROM agents WHERE id = $1`, id).Scan(&hash); err != nil {
		return "", fmt.Errorf("read password: %w", notFound(err, "the agent"))
	}
	return hash, nil
}

// SetPassword gives the caller another password, where the present one still has
// the hash was: else it is a Conflict. The caller's other sessions end.
func (s *Store) SetPassword(ctx context.Context, by *inbox.Caller, was, hash string, now time.Time) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		before, err := lockMember(ctx, tx, by.Agent.ID)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `UPDATE agents SET password_hash = $3 WHERE id = $1 AND password_hash = $2`, by.Agent.ID, was, hash)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return &inbox.Error{Code: inbox.Conflict, Message: "the password was changed meanwhile: try again"}
		}
		return passwordSet(ctx, tx, by, before, by.Session, now)
	})
	if err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	return nil
}

// passwordSet ends what an old password opened, all but one session, and logs it.
func passwordSet(ctx context.Context, tx pgx.Tx, by *inbox.Caller, was *inbox.Member, but inbox.SessionID, now time.Time) error {
	if _, err := tx.Exec(ctx, `DELETE FROM password_resets WHERE agent_id = $1`, was.ID); err != nil {
		return err
	}
	if err := endSessions(ctx, tx, was.ID, but, now); err != nil {
		return err
	}
	_, err := memberChangedIn(ctx, tx, by, was, was.ID, loggedMember{Password: "changed"}, now)
	return err
}
