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

		OrderActions *bool   `json:"orderActions,omitempty" doc:"Whether the agent may refund, cancel and change orders in their shops: an admin says so"`
		Locale       *string `json:"locale,omitempty" doc:"Language of the pages, such as de or en-GB; empty: the browser's"`
	}
}

func (a *API) agents() {
	tag := []string{"agents"}
	secured(a, huma.Operation{OperationID: "agents", Method: "GET", Path: Root + "/agents", Tags: tag,
		Summary: "List everybody who works or worked here", Description: "For supervisors and admins."}, a.listAgents)
	secured(a, huma.Operation{OperationID: "change-agent", Method: "PATCH", Path: Root + "/agents/{id}", Tags: tag,
		Summary: "Say at which telephone an agent is, which calls are shown, in which language the pages are, and who may act on orders", Description: "Of oneself, and as an admin of anybody."}, a.changeAgent)
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
	if in.Body.Locale != nil {
		if err := language("body.locale", *in.Body.Locale); err != nil {
			return nil, err
		}
	}
	agent, err := a.cfg.Store.PatchAgent(ctx, by, id, inbox.AgentPatch{Phone: in.Body.Phone, CallPop: in.Body.CallPop, OrderActions: in.Body.OrderActions, Locale: in.Body.Locale}, a.cfg.Now())
	return &body[inbox.Agent]{agent}, err
}
