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

var errTeam = &inbox.Error{Code: inbox.Conflict, Message: "the team is not there"}

// checkTeams refuses teams that are not there; those that are stay until the
// transaction ends.
func checkTeams(ctx context.Context, tx pgx.Tx, list []inbox.TeamID) error {
	for _, id := range list {
		if !inbox.ValidID(string(id)) {
			return errTeam
		}
	}
	if len(list) == 0 {
		return nil
	}
	list = slices.Compact(slices.Sorted(slices.Values(list)))
	tag, err := tx.Exec(ctx, `SELECT FROM teams WHERE id = ANY($1::uuid[]) AND deleted_at IS NULL ORDER BY id FOR SHARE`, ids(list))
	if err == nil && tag.RowsAffected() != int64(len(list)) {
		err = errTeam
	}
	return err
}

// A loggedTeam is what the log keeps of a team.
type loggedTeam struct {
	Name    string          `json:"name"`
	Agents  []inbox.AgentID `json:"agents,omitempty"`
	Deleted bool            `json:"deleted,omitempty"`
}

// SaveTeam makes a team, where t has no id, or names it anew, and with members
// that are not nil sets who is in it. Two teams of one name are a Conflict.
func (s *Store) SaveTeam(ctx context.Context, by *inbox.Caller, t inbox.Team, members []inbox.AgentID, now time.Time) (inbox.Team, error) {
	if err := mayAdminister(by); err != nil {
		return t, err
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var was *loggedTeam
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('team/' || lower($1), 0))`, t.Name); err != nil {
			return err
		}
		if t.ID == "" {
			t.ID = inbox.NewID[inbox.TeamID](now)
			if _, err := tx.Exec(ctx, `INSERT INTO teams (id, name, created_at) VALUES ($1, $2, $3)`, t.ID, t.Name, now); err != nil {
				return err
			}
		} else {
			old, err := lockTeam(ctx, tx, t.ID)
			if err != nil {
				return err
			}
			was = old
			if _, err := tx.Exec(ctx, `UPDATE teams SET name = $2 WHERE id = $1`, t.ID, t.Name); err != nil {
				return err
			}
		}
		var taken bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM teams WHERE lower(name) = lower($1) AND id <> $2 AND deleted_at IS NULL)`,
			t.Name, t.ID).Scan(&taken); err != nil {
			return err
		}
		if taken {
			return &inbox.Error{Code: inbox.Conflict, Message: "there is a team of this name already"}
		}
		is := loggedTeam{Name: t.Name, Agents: members}
		if members == nil && was != nil {
			is.Agents = was.Agents
		}
		if members != nil {
			var before []inbox.AgentID
			if was != nil {
				before = was.Agents
			}
			if err := setTeam(ctx, tx, by, t.ID, before, members, now); err != nil {
				return err
			}
		}
		return logTeam(ctx, tx, by, t.ID, was, &is, now)
	})
	if err != nil {
		return inbox.Team{}, fmt.Errorf("save team: %w", err)
	}
	return t, nil
}

func lockTeam(ctx context.Context, tx pgx.Tx, id inbox.TeamID) (*loggedTeam, error) {
	missing := &inbox.Error{Code: inbox.NotFound, Message: "the team is not there"}
	if !inbox.ValidID(string(id)) {
		return nil, missing
	}
	t := &loggedTeam{}
	err := tx.QueryRow(ctx, `SELECT name FROM teams WHERE id = $1 AND deleted_at IS NULL FOR UPDATE`, id).Scan(&t.Name)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, missing
	}
	if err != nil {
		return nil, err
	}
	t.Agents, err = column[inbox.AgentID](ctx, tx, `SELECT agent_id FROM team_members WHERE team_id = $1 ORDER BY agent_id`, id)
	return t, err
}

// setTeam changes who is in a team; those who come and go are told that their
// rights did.
func setTeam(ctx context.Context, tx pgx.Tx, by *inbox.Caller, id inbox.TeamID, before, members []inbox.AgentID, now time.Time) error {
	var moved []inbox.AgentID
	for _, a := range slices.Concat(before, members) {
		if slices.Contains(before, a) != slices.Contains(members, a) {
			moved = append(moved, a)
		}
	}
	slices.Sort(moved)
	was := map[inbox.AgentID]*inbox.Member{}
	for _, a := range moved {
		m, err := lockMember(ctx, tx, a)
		if err != nil {
			return err
		}
		was[a] = m
	}
	if _, err := tx.Exec(ctx, `DELETE FROM team_members WHERE team_id = $1 AND agent_id <> ALL($2::uuid[])`, id, ids(members)); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO team_members (team_id, agent_id) SELECT $1, unnest($2::uuid[]) ON CONFLICT DO NOTHING`, id, ids(members)); err != nil {
		return conflict(err, "one of the agents is not there")
	}
	for _, a := range moved {
		if _, err := memberChanged(ctx, tx, by, was[a], a, now); err != nil {
			return err
		}
	}
	return nil
}

// logTeam logs a change of a team. Pages fetch the teams anew at the word of any
// agent: here of who made the change.
func logTeam(ctx context.Context, tx pgx.Tx, by *inbox.Caller, id inbox.TeamID, was, is *loggedTeam, now time.Time) error {
	ch := unversioned(by, inbox.TeamChanged, string(id), is, now)
	if was != nil {
		ch.before = was
	}
	if err := logOnly(ctx, tx, []change{ch}); err != nil {
		return err
	}
	a, version, err := agentByID(ctx, tx, by.Agent.ID)
	if err != nil {
		return err
	}
	told := agentChange(a, version, by.Actor(), now)
	told.quiet = true
	return announce(ctx, tx, []change{told})
}

// DeleteTeam takes a team away: nobody is in it any more, and its conversations go
// to another team, or to none, in batches that follow.
func (s *Store) DeleteTeam(ctx context.Context, by *inbox.Caller, id, to inbox.TeamID, now time.Time) error {
	if err := mayAdminister(by); err != nil {
		return err
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		was, err := lockTeam(ctx, tx, id)
		if err != nil {
			return err
		}
		if to == id {
			return &inbox.Error{Code: inbox.Invalid, Message: "the conversations of a team that goes can't stay with it"}
		}
		if to != "" {
			if err := checkTeams(ctx, tx, []inbox.TeamID{to}); err != nil {
				return err
			}
		}
		if err := setTeam(ctx, tx, by, id, was.Agents, []inbox.AgentID{}, now); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE teams SET deleted_at = $2 WHERE id = $1`, id, now); err != nil {
			return err
		}
		gone := *was
		gone.Deleted, gone.Agents = true, nil
		if err := logTeam(ctx, tx, by, id, was, &gone, now); err != nil {
			return err
		}
		return startSweep(ctx, tx, by, sweep{Team: id, To: inbox.Handoff{TeamID: to}}, now)
	})
	if err != nil {
		return fmt.Errorf("delete team %s: %w", id, err)
	}
	return nil
}
