package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

// People are the agents, as those see and change them who run the place, and the
// ways in.
type People interface {
	Members(ctx context.Context) ([]inbox.Member, error)
	PatchAgent(ctx context.Context, by *inbox.Caller, id inbox.AgentID, p inbox.AgentPatch, now time.Time) (inbox.Agent, error)
	Deactivate(ctx context.Context, by *inbox.Caller, id inbox.AgentID, to inbox.Handoff, now time.Time) error
	Reactivate(ctx context.Context, by *inbox.Caller, id inbox.AgentID, now time.Time) error
	SignOut(ctx context.Context, by *inbox.Caller, id inbox.AgentID, now time.Time) error
	Invitations
	Resets
}

type agentInput struct {
	ID   string `path:"id" maxLength:"36" doc:"An agent's id, or me"`
	Body struct {
		Phone   *string `json:"phone,omitempty" maxLength:"64" doc:"Extension or number by which the exchange knows the agent; empty: none"`
		CallPop *bool   `json:"callPop,omitempty" doc:"Whether calls are shown that ring for the inbox and nobody by name"`
		Name    *string `json:"name,omitempty" minLength:"1" maxLength:"200" doc:"That customers and colleagues see"`

		Locale       *string          `json:"locale,omitempty" doc:"Language of the pages, such as de or en-GB; empty: the browser's"`
		Onward       *inbox.Onward    `json:"onward,omitempty" enum:"next,list,stay" doc:"Where the page goes once a conversation is dealt with"`
		OrderActions *bool            `json:"orderActions,omitempty" doc:"Whether the agent may refund, cancel and change orders in their shops: an admin says so"`
		Role         *inbox.Role      `json:"role,omitempty" enum:"agent,supervisor,admin" doc:"An admin says so; the last active admin stays one"`
		Inboxes      *[]inbox.InboxID `json:"inboxes,omitempty" maxItems:"1000" doc:"All that the agent may see; supervisors and admins see every one. An admin says so"`
		Teams        *[]inbox.TeamID  `json:"teams,omitempty" maxItems:"1000" doc:"All that the agent is in. An admin says so"`
	}
}

type agentIDInput struct {
	ID string `path:"id" maxLength:"36" doc:"An agent's id, or me"`
}

type deactivateInput struct {
	ID   string `path:"id" maxLength:"36" doc:"An agent's id, or me"`
	Body inbox.Handoff
}

func (a *API) agents() {
	tag := []string{"agents"}
	secured(a, huma.Operation{OperationID: "agents", Method: "GET", Path: Root + "/agents", Tags: tag,
		Summary: "List everybody who works or worked here", Description: "For supervisors and admins."}, a.listAgents)
	secured(a, huma.Operation{OperationID: "change-agent", Method: "PATCH", Path: Root + "/agents/{id}", Tags: tag,
		Summary:     "Say what an agent is called, at which telephone, in which language and what they may see and do",
		Description: "Name, telephone and language of oneself, and as an admin everything of anybody. A change of rights holds at once, on open pages too; what is theirs and open in an inbox that they may not see any more becomes nobody's, one after the other."}, a.changeAgent)
	secured(a, huma.Operation{OperationID: "deactivate-agent", Method: "POST", Path: Root + "/agents/{id}/deactivate", Tags: tag,
		DefaultStatus: http.StatusNoContent, Summary: "End an agent's work here",
		Description: "For admins. Sessions and sockets end at once. The agent's open conversations go to whom the body names, one after the other; with an empty body they are unassigned. What was begun is offered to colleagues, and everything else stays. The last active admin can't be deactivated."}, a.deactivate)
	secured(a, huma.Operation{OperationID: "reactivate-agent", Method: "POST", Path: Root + "/agents/{id}/reactivate", Tags: tag,
		DefaultStatus: http.StatusNoContent, Summary: "Let an agent sign in again", Description: "For admins. The password and the rights are those from before."}, a.reactivate)
	secured(a, huma.Operation{OperationID: "sign-out-agent", Method: "POST", Path: Root + "/agents/{id}/sign-out", Tags: tag,
		DefaultStatus: http.StatusNoContent, Summary: "End every session of an agent", Description: "On all devices: of oneself, and as an admin of anybody."}, a.signOutAgent)
}

// agentOf is the agent whom a path names.
func agentOf(by *inbox.Caller, id string) inbox.AgentID {
	if id == "me" {
		return by.Agent.ID
	}
	return inbox.AgentID(id)
}

func (a *API) listAgents(ctx context.Context, by *inbox.Caller, _ *struct{}) (*body[items[inbox.Member]], error) {
	if err := mayOperate(by); err != nil {
		return nil, err
	}
	list, err := a.cfg.Store.Members(ctx)
	return &body[items[inbox.Member]]{items[inbox.Member]{list}}, err
}

func (a *API) changeAgent(ctx context.Context, by *inbox.Caller, in *agentInput) (*body[inbox.Agent], error) {
	b := &in.Body
	if b.Phone != nil {
		phone, err := plain("body.phone", strings.TrimSpace(*b.Phone))
		if err != nil {
			return nil, err
		}
		b.Phone = &phone
	}
	if b.Name != nil {
		name, err := nameOf("body.name", *b.Name)
		if err != nil {
			return nil, err
		}
		b.Name = &name
	}
	if b.Locale != nil {
		if err := language("body.locale", *b.Locale); err != nil {
			return nil, err
		}
	}
	for _, id := range orNil(b.Inboxes) {
		if !inbox.ValidID(string(id)) {
			return nil, invalid("body.inboxes", "holds what is no inbox's id")
		}
	}
	for _, id := range orNil(b.Teams) {
		if !inbox.ValidID(string(id)) {
			return nil, invalid("body.teams", "holds what is no team's id")
		}
	}
	agent, err := a.cfg.Store.PatchAgent(ctx, by, agentOf(by, in.ID), inbox.AgentPatch{Phone: b.Phone, CallPop: b.CallPop, Name: b.Name, Locale: b.Locale, Onward: b.Onward,
		OrderActions: b.OrderActions, Role: b.Role, Inboxes: b.Inboxes, Teams: b.Teams}, a.cfg.Now())
	return &body[inbox.Agent]{agent}, err
}

func orNil[T any](list *[]T) []T {
	if list == nil {
		return nil
	}
	return *list
}

// nameOf is a name that somebody typed: one line that says something.
func nameOf(where, s string) (string, error) {
	name, err := plain(where, strings.Join(strings.Fields(s), " "))
	if err == nil && name == "" {
		err = invalid(where, "is empty")
	}
	return name, err
}

func (a *API) deactivate(ctx context.Context, by *inbox.Caller, in *deactivateInput) (*struct{}, error) {
	return nil, a.cfg.Store.Deactivate(ctx, by, agentOf(by, in.ID), in.Body, a.cfg.Now())
}

func (a *API) reactivate(ctx context.Context, by *inbox.Caller, in *agentIDInput) (*struct{}, error) {
	return nil, a.cfg.Store.Reactivate(ctx, by, agentOf(by, in.ID), a.cfg.Now())
}

func (a *API) signOutAgent(ctx context.Context, by *inbox.Caller, in *agentIDInput) (*struct{}, error) {
	return nil, a.cfg.Store.SignOut(ctx, by, agentOf(by, in.ID), a.cfg.Now())
}
