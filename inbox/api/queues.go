package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
	"skein/inbox/queues"
)

// Queues are what supervisors watch. See package wallboard.
type Queues interface {
	// Snapshot is what somebody may watch; Forbidden for who may watch nothing.
	Snapshot(rights *inbox.Rights) (queues.Snapshot, error)
	// Refresh shows thresholds that have changed.
	Refresh(ctx context.Context) error
}

// QueueSettings are what supervisors set.
type QueueSettings interface {
	TellAgent(ctx context.Context, by *inbox.Caller, to inbox.AgentID, key, text string, now time.Time) error
	SetQueueThresholds(ctx context.Context, by *inbox.Caller, list []inbox.QueueThreshold, now time.Time) error
}

type thresholdsInput struct {
	Body struct {
		Thresholds []inbox.QueueThreshold `json:"thresholds" maxItems:"6" doc:"All of them: a figure that isn't named is not marked"`
	}
}

type tellInput struct {
	ID   string `path:"id" maxLength:"36"`
	Key  string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"128" pattern:"^[!-~]+$" doc:"Made anew for every message, and the same when the call is tried again"`
	Body struct {
		Text string `json:"text" minLength:"1" maxLength:"2000"`
	}
}

func (a *API) queues() {
	tag := []string{"queues"}
	secured(a, huma.Operation{OperationID: "queues", Method: "GET", Path: Root + "/queues", Tags: tag,
		Summary:     "Get the queues as they stand, with who is at work",
		Description: "For supervisors and admins, of the inboxes that they may see. The topic \"queues\" of the websocket pushes the same."}, a.watchQueues)
	secured(a, huma.Operation{OperationID: "set-queue-thresholds", Method: "PUT", Path: Root + "/queues/thresholds", Tags: tag,
		DefaultStatus: http.StatusNoContent, Summary: "Say from where on figures are marked", Description: "For supervisors and admins."}, a.setThresholds)
	secured(a, huma.Operation{OperationID: "tell-agent", Method: "POST", Path: Root + "/agents/{id}/messages", Tags: tag,
		DefaultStatus: http.StatusNoContent, Summary: "Tell an agent something", Description: "For supervisors and admins. It is among the agent's notifications at once, and nowhere else."}, a.tellAgent)
}

func (a *API) tellAgent(ctx context.Context, by *inbox.Caller, in *tellInput) (*struct{}, error) {
	if !by.MayWatch() {
		return nil, &inbox.Error{Code: inbox.Forbidden, Message: "this is for supervisors and admins"}
	}
	text, err := written("body.text", in.Body.Text)
	if err != nil {
		return nil, err
	}
	return nil, a.cfg.Store.TellAgent(ctx, by, inbox.AgentID(in.ID), in.Key, text, a.cfg.Now())
}

func (a *API) watchQueues(_ context.Context, by *inbox.Caller, _ *struct{}) (*body[queues.Snapshot], error) {
	if a.cfg.Queues == nil {
		return nil, &inbox.Error{Code: inbox.Unavailable, Message: "this server keeps no queues"}
	}
	s, err := a.cfg.Queues.Snapshot(&by.Rights)
	return &body[queues.Snapshot]{s}, err
}

func (a *API) setThresholds(ctx context.Context, by *inbox.Caller, in *thresholdsInput) (*struct{}, error) {
	if !by.MayWatch() {
		return nil, &inbox.Error{Code: inbox.Forbidden, Message: "this is for supervisors and admins"}
	}
	seen := map[inbox.QueueFigure]bool{}
	for i := range in.Body.Thresholds {
		t := &in.Body.Thresholds[i]
		if err := t.Check(); err != nil {
			return nil, err
		}
		if seen[t.Figure] {
			return nil, invalid("body.thresholds", "names a figure twice")
		}
		seen[t.Figure] = true
	}
	if err := a.cfg.Store.SetQueueThresholds(ctx, by, in.Body.Thresholds, a.cfg.Now()); err != nil {
		return nil, err
	}
	if a.cfg.Queues != nil {
		return nil, a.cfg.Queues.Refresh(ctx)
	}
	return nil, nil
}
