package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

type tasksInput struct {
	CursorParams
	State    string           `query:"state" enum:"open,done" default:"open"`
	Kind     string           `query:"kind" enum:"callback,follow-up" doc:"Empty: both"`
	Assignee string           `query:"assignee" maxLength:"36" doc:"me, none, or an agent's id; empty: anybody's"`
	Customer inbox.CustomerID `query:"customer" maxLength:"36" doc:"A customer's id; empty: all"`
}

type followUpInput struct {
	RefParam
	Body struct {
		Text     string        `json:"text" minLength:"1" maxLength:"2000"`
		DueAt    time.Time     `json:"dueAt"`
		Assignee inbox.AgentID `json:"assigneeId,omitempty" maxLength:"36" doc:"Absent: nobody yet"`
	}
}

type taskInput struct {
	ID   inbox.TaskID `path:"id" maxLength:"36"`
	Body struct {
		State    *inbox.TaskState `json:"state,omitempty" enum:"open,done"`
		Assignee *inbox.AgentID   `json:"assigneeId,omitempty" maxLength:"36" doc:"Empty: nobody"`
		DueAt    *time.Time       `json:"dueAt,omitempty" doc:"Of a follow-up"`
		Text     *string          `json:"text,omitempty" minLength:"1" maxLength:"2000" doc:"Of a follow-up"`
	}
}

func (a *API) tasks() {
	tag := []string{"tasks"}
	secured(a, huma.Operation{OperationID: "tasks", Method: "GET", Path: Root + "/tasks", Tags: tag,
		Summary: "List what is to be done, soonest first, or what was, newest first", Description: "Missed calls make one callback a caller, which the next talk closes, whoever calls."}, a.listTasks)
	secured(a, huma.Operation{OperationID: "follow-up", Method: "POST", Path: Root + "/conversations/{id}/tasks", Tags: tag,
		DefaultStatus: http.StatusCreated, Summary: "Note what is to be done about a conversation, and by when"}, a.followUp)
	secured(a, huma.Operation{OperationID: "change-task", Method: "PATCH", Path: Root + "/tasks/{id}", Tags: tag,
		Summary: "Give a task to somebody, close it or open it again"}, a.changeTask)
}

func (a *API) listTasks(ctx context.Context, by *inbox.Caller, in *tasksInput) (*body[page[inbox.Task]], error) {
	f := inbox.TaskFilter{State: inbox.TaskState(in.State), Kind: inbox.TaskKind(in.Kind), Customer: in.Customer, Limit: in.Limit}
	var err error
	if f.Assignee, f.Unassigned, err = assignedTo(by, in.Assignee); err != nil {
		return nil, err
	}
	if err := checkIDs("query.customer", f.Customer); err != nil {
		return nil, err
	}
	if f.After, err = inbox.ParseCursor(in.Cursor); err != nil {
		return nil, err
	}
	list, next, err := a.cfg.Store.Tasks(ctx, &by.Rights, f)
	if err != nil {
		return nil, err
	}
	return pageOf(list, next), nil
}

func (a *API) followUp(ctx context.Context, by *inbox.Caller, in *followUpInput) (*body[inbox.Task], error) {
	if err := checkIDs("body.assigneeId", in.Body.Assignee); err != nil {
		return nil, err
	}
	text, err := written("body.text", in.Body.Text)
	if err != nil {
		return nil, err
	}
	if err := a.soon("body.dueAt", in.Body.DueAt); err != nil {
		return nil, err
	}
	t, err := a.cfg.Store.FollowUp(ctx, by, in.ID, inbox.Task{Text: text, DueAt: in.Body.DueAt, Assignee: in.Body.Assignee}, a.cfg.Now())
	return &body[inbox.Task]{t}, err
}

func (a *API) changeTask(ctx context.Context, by *inbox.Caller, in *taskInput) (*body[inbox.Task], error) {
	p := inbox.TaskPatch{State: in.Body.State, Assignee: in.Body.Assignee, DueAt: in.Body.DueAt, Text: in.Body.Text}
	if p.Assignee != nil {
		if err := checkIDs("body.assigneeId", *p.Assignee); err != nil {
			return nil, err
		}
	}
	if p.Text != nil {
		text, err := written("body.text", *p.Text)
		if err != nil {
			return nil, err
		}
		p.Text = &text
	}
	if p.DueAt != nil {
		if err := a.soon("body.dueAt", *p.DueAt); err != nil {
			return nil, err
		}
	}
	t, err := a.cfg.Store.PatchTask(ctx, by, in.ID, p, a.cfg.Now())
	return &body[inbox.Task]{t}, err
}

// written is a text in which there are words.
func written(where, s string) (string, error) {
	s, err := plain(where, strings.TrimSpace(s))
	if err == nil && s == "" {
		err = invalid(where, "is empty")
	}
	return s, err
}

// soon refuses times at which nobody here will work any more, or did not yet.
func (a *API) soon(where string, at time.Time) error {
	now := a.cfg.Now()
	if at.Before(now.AddDate(-1, 0, 0)) || at.After(now.AddDate(5, 0, 0)) {
		return invalid(where, "is too far from now")
	}
	return nil
}
