package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// mentioned are the agents and the teams whom a note names. An agent must be able
// to see it; of a team those are among the agents who can.
func mentioned(ctx context.Context, tx pgx.Tx, c *inbox.Conversation, a *inbox.Answer) ([]inbox.Mentioned, []inbox.MentionedTeam, error) {
	if len(a.Mentions)+len(a.Teams) == 0 {
		return nil, nil, nil
	}
	may, err := mentionable(ctx, tx, c.InboxID)
	if err != nil {
		return nil, nil, err
	}
	names := make(map[inbox.AgentID]inbox.Mentioned, len(may.Agents))
	for _, who := range may.Agents {
		names[who.ID] = who
	}
	var agents []inbox.Mentioned
	var teams []inbox.MentionedTeam
	for _, id := range a.Mentions {
		who, ok := names[id]
		if !ok {
			return nil, nil, &inbox.Error{Code: inbox.Conflict, Message: "somebody whom the note names is not there or may not see this conversation: take the name out"}
		}
		agents = append(agents, who)
	}
	for _, id := range a.Teams {
		i := slices.IndexFunc(may.Teams, func(t inbox.MentionedTeam) bool { return t.ID == id })
		if i < 0 {
			return nil, nil, &inbox.Error{Code: inbox.Conflict, Message: "a team that the note names is not there, or none of it may see this conversation: take the name out"}
		}
		teams = append(teams, may.Teams[i])
	}
	members, err := column[inbox.AgentID](ctx, tx, `
		SELECT DISTINCT agent_id FROM team_members WHERE team_id = ANY($1::uuid[]) ORDER BY agent_id`, ids(a.Teams))
	if err != nil {
		return nil, nil, fmt.Errorf("read teams that are named: %w", err)
	}
	for _, id := range members {
		if who, ok := names[id]; ok && !slices.Contains(agents, who) {
			agents = append(agents, who)
		}
	}
	return agents, teams, nil
}

func mentionable(ctx context.Context, q querier, in inbox.InboxID) (may inbox.Mentionable, err error) {
	const sees = `a.active AND (a.role IN ('supervisor', 'admin') OR EXISTS (SELECT FROM inbox_members m WHERE m.agent_id = a.id AND m.inbox_id = $1))`
	rows, err := q.Query(ctx, `SELECT a.id, a.name FROM agents a WHERE `+sees+` ORDER BY lower(a.name), a.id`, in)
	if err == nil {
		may.Agents, err = pgx.CollectRows(rows, pgx.RowToStructByPos[inbox.Mentioned])
	}
	if err == nil {
		rows, err = q.Query(ctx, `
			SELECT t.id, t.name FROM teams t WHERE t.deleted_at IS NULL AND EXISTS (
				SELECT FROM team_members x JOIN agents a ON a.id = x.agent_id WHERE x.team_id = t.id AND `+sees+`)
			ORDER BY lower(t.name), t.id`, in)
	}
	if err == nil {
		may.Teams, err = pgx.CollectRows(rows, pgx.RowToStructByPos[inbox.MentionedTeam])
	}
	if err != nil {
		return may, fmt.Errorf("read who may see the conversation: %w", err)
	}
	may.Agents, may.Teams = orEmpty(may.Agents), orEmpty(may.Teams)
	return may, nil
}

// Mentionable returns the agents who may see a conversation, and their teams, by
// name: whom a note in it may name.
func (s *Store) Mentionable(ctx context.Context, rights *inbox.Rights, ref string) (inbox.Mentionable, error) {
	c, err := findConversation(ctx, s.pool, rights, ref, "")
	if err != nil {
		return inbox.Mentionable{}, fmt.Errorf("mentionable: %w", err)
	}
	return mentionable(ctx, s.pool, c.InboxID)
}
