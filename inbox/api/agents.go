package api

import (
	"context"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

type agentInput struct {
	ID   string `path:"id" maxLength:"36" doc:"An agent's id, or me"`
	Body struct {
		Phone   *string `json:"phone,omitempty" maxLength:"64" doc:"Extension or number by which the exchange knows the agent; empty: none"`
		CallPop *bool   `json:"callPop,omitempty" doc:"Whether calls are shown that ring for the inbox and nobody by name"`
	}
}

func (a *API) agents() {
	tag := []string{"agents"}
	secured(a, huma.Operation{OperationID: "agents", Method: "GET", Path: Root + "/agents", Tags: tag,
		Summary: "List everybody who works or worked here", Description: "For supervisors and admins."}, a.listAgents)
	secured(a, huma.Operation{OperationID: "change-agent", Method: "PATCH", Path: Root + "/agents/{id}", Tags: tag,
		Summary: "Say at which telephone an agent is, and which calls are shown", Description: "Of oneself, and as an admin of anybody."}, a.changeAgent)
}

func (a *API) listAgents(ctx context.Context, by *inbox.Caller, _ *struct{}) (*body[items[inbox.Agent]], error) {
	if err := mayOperate(by); err != nil {
		return nil, err
	}
	list, err := a.cfg.Store.Agents(ctx)
	return &body[items[inbox.Agent]]{items[inbox.Agent]{list}}, err
}

func (a *API) changeAgent(ctx context.Context, by *inbox.Caller, in *agentInput) (*body[inbox.Agent], error) {
	id := inbox.AgentID(in.ID)
	if in.ID == "me" {
		id = by.Agent.ID
	}
	if in.Body.Phone != nil {
		phone, err := plain("body.phone", strings.TrimSpace(*in.Body.Phone))
		if err != nil {
			return nil, err
		}
		in.Body.Phone = &phone
	}
	agent, err := a.cfg.Store.PatchAgent(ctx, by, id, in.Body.Phone, in.Body.CallPop, a.cfg.Now())
	return &body[inbox.Agent]{agent}, err
}
