package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

// Teams are groups of agents, and what admins do with them.
type Teams interface {
	Teams(ctx context.Context) ([]inbox.Team, error)
	SaveTeam(ctx context.Context, by *inbox.Caller, t inbox.Team, members []inbox.AgentID, now time.Time) (inbox.Team, error)
	DeleteTeam(ctx context.Context, by *inbox.Caller, id, to inbox.TeamID, now time.Time) error
}

// TeamFields are what is said of a team.
type TeamFields struct {
	Name   string           `json:"name" minLength:"1" maxLength:"100"`
	Agents *[]inbox.AgentID `json:"agents,omitempty" maxItems:"10000" doc:"All that are in it; left out, they stay"`
}

type newTeamInput struct {
	Body TeamFields
}

type teamInput struct {
	ID   inbox.TeamID `path:"id" maxLength:"36"`
	Body TeamFields
}

type deleteTeamInput struct {
	ID inbox.TeamID `path:"id" maxLength:"36"`
	To inbox.TeamID `query:"to" maxLength:"36" doc:"The team that gets its conversations; without it they are no team's"`
}

func (a *API) teams() {
	tag := []string{"agents"}
	secured(a, huma.Operation{OperationID: "teams", Method: "GET", Path: Root + "/teams", Tags: tag, Summary: "List the teams"}, a.listTeams)
	secured(a, huma.Operation{OperationID: "make-team", Method: "POST", Path: Root + "/teams", Tags: tag, DefaultStatus: http.StatusCreated,
		Summary: "Make a team", Description: "For admins."}, a.makeTeam)
	secured(a, huma.Operation{OperationID: "change-team", Method: "PUT", Path: Root + "/teams/{id}", Tags: tag,
		Summary: "Name a team anew, or say who is in it", Description: "For admins."}, a.changeTeam)
	secured(a, huma.Operation{OperationID: "delete-team", Method: "DELETE", Path: Root + "/teams/{id}", Tags: tag, DefaultStatus: http.StatusNoContent,
		Summary: "Delete a team", Description: "For admins. Its conversations go to another team, or to none, one after the other."}, a.deleteTeam)
}

func (a *API) listTeams(ctx context.Context, _ *inbox.Caller, _ *struct{}) (*body[items[inbox.Team]], error) {
	list, err := a.cfg.Store.Teams(ctx)
	return &body[items[inbox.Team]]{items[inbox.Team]{list}}, err
}

func (a *API) saveTeam(ctx context.Context, by *inbox.Caller, id inbox.TeamID, f TeamFields) (*body[inbox.Team], error) {
	name, err := nameOf("body.name", f.Name)
	if err != nil {
		return nil, err
	}
	for _, agent := range orNil(f.Agents) {
		if !inbox.ValidID(string(agent)) {
			return nil, invalid("body.agents", "holds what is no agent's id")
		}
	}
	members := orNil(f.Agents)
	if f.Agents != nil && members == nil {
		members = []inbox.AgentID{}
	}
	t, err := a.cfg.Store.SaveTeam(ctx, by, inbox.Team{ID: id, Name: name}, members, a.cfg.Now())
	return &body[inbox.Team]{t}, err
}

func (a *API) makeTeam(ctx context.Context, by *inbox.Caller, in *newTeamInput) (*body[inbox.Team], error) {
	return a.saveTeam(ctx, by, "", in.Body)
}

func (a *API) changeTeam(ctx context.Context, by *inbox.Caller, in *teamInput) (*body[inbox.Team], error) {
	if !inbox.ValidID(string(in.ID)) {
		return nil, &inbox.Error{Code: inbox.NotFound, Message: "the team is not there"}
	}
	return a.saveTeam(ctx, by, in.ID, in.Body)
}

func (a *API) deleteTeam(ctx context.Context, by *inbox.Caller, in *deleteTeamInput) (*struct{}, error) {
	return nil, a.cfg.Store.DeleteTeam(ctx, by, in.ID, in.To, a.cfg.Now())
}
