package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

type logCallInput struct {
	RefParam
	KeyParam
	Body loggedCall
}

type loggedCall struct {
	Direction   inbox.Direction   `json:"direction" enum:"in,out" doc:"in: they called, out: we did"`
	Number      string            `json:"number,omitempty" maxLength:"64" doc:"The customer's"`
	StartedAt   time.Time         `json:"startedAt"`
	TalkSeconds int               `json:"talkSeconds" minimum:"0" maximum:"86400"`
	Disposition inbox.Disposition `json:"disposition" enum:"answered,missed,voicemail,busy,failed"`
	Summary     string            `json:"summary,omitempty" maxLength:"20000"`
}

type summaryInput struct {
	ID   inbox.MessageID `path:"id" maxLength:"36"`
	Body struct {
		Summary string `json:"summary" maxLength:"20000" doc:"Empty takes it away"`
	}
}

func (a *API) calls() {
	tag := []string{"calls"}
	secured(a, huma.Operation{OperationID: "log-call", Method: "POST", Path: Root + "/conversations/{id}/calls", Tags: tag,
		DefaultStatus: http.StatusCreated, Summary: "Write down a call that no exchange told of",
		Description: "It counts as any other call: a talk closes the caller's callback."}, a.logCall)
	secured(a, huma.Operation{OperationID: "sum-up-call", Method: "PATCH", Path: Root + "/messages/{id}/call", Tags: tag,
		Summary: "Write down what a call came to", Description: "In place of what was written before, which the log keeps. The exchange's own words don't replace it."}, a.sumUp)
}

func (a *API) logCall(ctx context.Context, by *inbox.Caller, in *logCallInput) (*body[inbox.Message], error) {
	b, now := &in.Body, a.cfg.Now()
	if b.StartedAt.After(now.Add(5*time.Minute)) || b.StartedAt.Before(now.AddDate(-10, 0, 0)) {
		return nil, invalid("body.startedAt", "is not a time at which somebody has called")
	}
	if b.TalkSeconds > 0 && b.Disposition != inbox.CallAnswered {
		return nil, invalid("body.talkSeconds", "is of a call that was answered")
	}
	number, err := plain("body.number", strings.TrimSpace(b.Number))
	if err != nil {
		return nil, err
	}
	summary, err := plain("body.summary", strings.TrimSpace(b.Summary))
	if err != nil {
		return nil, err
	}
	hash, err := requestHash("call", in.ID, b)
	if err != nil {
		return nil, err
	}
	m, err := a.cfg.Store.LogCall(ctx, by, in.ID, inbox.LoggedCall{
		Direction: b.Direction, Number: number, StartedAt: b.StartedAt, TalkSeconds: b.TalkSeconds, Disposition: b.Disposition,
		Summary: summary, Key: in.Key, Hash: hash,
	}, now)
	return &body[inbox.Message]{m}, err
}

func (a *API) sumUp(ctx context.Context, by *inbox.Caller, in *summaryInput) (*body[inbox.Message], error) {
	summary, err := plain("body.summary", strings.TrimSpace(in.Body.Summary))
	if err != nil {
		return nil, err
	}
	m, err := a.cfg.Store.Summarise(ctx, by, in.ID, summary, a.cfg.Now())
	return &body[inbox.Message]{m}, err
}
