package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

// Fields are what is noted of conversations.
type Fields interface {
	Fields(ctx context.Context, rights *inbox.Rights) ([]inbox.Field, error)
	SaveField(ctx context.Context, by *inbox.Caller, f inbox.Field, now time.Time) (inbox.Field, error)
}

// FieldBody is what an admin says of a field.
type FieldBody struct {
	Name     string              `json:"name" maxLength:"200"`
	Options  []inbox.FieldOption `json:"options,omitempty" maxItems:"100" doc:"Of a reason or a choice: all that can be chosen. Those that are left out are retired"`
	Inboxes  []inbox.InboxID     `json:"inboxes,omitempty" maxItems:"1000" doc:"Whose conversations have it; empty: all"`
	Required bool                `json:"required,omitempty" doc:"A conversation is closed with it alone"`
	Place    int                 `json:"place,omitempty" minimum:"0" maximum:"100000"`
}

type newFieldInput struct {
	Body struct {
		FieldBody
		Kind inbox.FieldKind `json:"kind" enum:"reason,text,number,date,choice,yes-no"`
	}
}

type fieldInput struct {
	ID   inbox.FieldID `path:"id" maxLength:"36"`
	Body struct {
		FieldBody
		Kind     inbox.FieldKind `json:"kind" enum:"reason,text,number,date,choice,yes-no" doc:"As it is: it can't change"`
		Version  int64           `json:"version" doc:"The one that was seen: another is a conflict"`
		Archived bool            `json:"archived,omitempty" doc:"Noted no more; what has it keeps it"`
	}
}

func (a *API) fields() {
	tag := []string{"conversations"}
	secured(a, huma.Operation{OperationID: "fields", Method: "GET", Path: Root + "/fields", Tags: tag,
		Summary: "List what is noted of conversations: contact reasons and other fields", Description: "Archived ones too, which explain what conversations have of them."}, a.listFields)
	secured(a, huma.Operation{OperationID: "make-field", Method: "POST", Path: Root + "/fields", Tags: tag, DefaultStatus: http.StatusCreated,
		Summary: "Have something noted of conversations", Description: "For admins."}, a.makeField)
	secured(a, huma.Operation{OperationID: "change-field", Method: "PUT", Path: Root + "/fields/{id}", Tags: tag,
		Summary: "Change or archive a field", Description: "For admins."}, a.changeField)
}

func (a *API) listFields(ctx context.Context, by *inbox.Caller, _ *struct{}) (*body[items[inbox.Field]], error) {
	list, err := a.cfg.Store.Fields(ctx, &by.Rights)
	return &body[items[inbox.Field]]{items[inbox.Field]{list}}, err
}

func (a *API) saveField(ctx context.Context, by *inbox.Caller, b *FieldBody, f inbox.Field) (*body[inbox.Field], error) {
	if err := mayAdminister(by); err != nil {
		return nil, err
	}
	if err := checkIDs("body.inboxes", b.Inboxes...); err != nil {
		return nil, err
	}
	for _, o := range b.Options {
		if err := checkIDs("body.options", o.ID); err != nil {
			return nil, err
		}
	}
	f.Name, f.Options, f.Inboxes, f.Required, f.Place = b.Name, b.Options, b.Inboxes, b.Required, b.Place
	f, err := a.cfg.Store.SaveField(ctx, by, f, a.cfg.Now())
	return &body[inbox.Field]{f}, err
}

func (a *API) makeField(ctx context.Context, by *inbox.Caller, in *newFieldInput) (*body[inbox.Field], error) {
	return a.saveField(ctx, by, &in.Body.FieldBody, inbox.Field{Kind: in.Body.Kind})
}

func (a *API) changeField(ctx context.Context, by *inbox.Caller, in *fieldInput) (*body[inbox.Field], error) {
	b := &in.Body
	return a.saveField(ctx, by, &b.FieldBody, inbox.Field{ID: in.ID, Kind: b.Kind, Version: b.Version, Archived: b.Archived})
}
