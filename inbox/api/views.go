package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

// ViewParam names a saved view.
type ViewParam struct {
	ID string `path:"id" maxLength:"36"`
}

// ViewBody is what an agent says of a view.
type ViewBody struct {
	Name   string     `json:"name" minLength:"1" maxLength:"60"`
	Query  string     `json:"query" maxLength:"200" doc:"Words and filters, as search takes them"`
	Sort   inbox.Sort `json:"sort" enum:"newest,oldest,waiting,priority"`
	Shared bool       `json:"shared"`
}

type newViewInput struct {
	Body ViewBody
}

type viewInput struct {
	ViewParam
	Body ViewBody
}

func (a *API) savedViews() {
	tag := []string{"conversations"}
	secured(a, huma.Operation{OperationID: "views", Method: "GET", Path: Root + "/views", Tags: tag,
		Summary: "List the saved views, one's own before those that are shared"}, a.listViews)
	secured(a, huma.Operation{OperationID: "view-counts", Method: "GET", Path: Root + "/views/counts", Tags: tag,
		Summary: "Count what is in each saved view, up to a hundred"}, a.viewCounts)
	secured(a, huma.Operation{OperationID: "create-view", Method: "POST", Path: Root + "/views", Tags: tag,
		DefaultStatus: http.StatusCreated, Summary: "Save a view"}, a.createView)
	secured(a, huma.Operation{OperationID: "change-view", Method: "PUT", Path: Root + "/views/{id}", Tags: tag,
		Summary: "Change a saved view"}, a.changeView)
	secured(a, huma.Operation{OperationID: "delete-view", Method: "DELETE", Path: Root + "/views/{id}", Tags: tag,
		DefaultStatus: http.StatusNoContent, Summary: "Delete a saved view"}, a.deleteView)
}

func (a *API) listViews(ctx context.Context, by *inbox.Caller, _ *struct{}) (*body[items[inbox.View]], error) {
	list, err := a.cfg.Store.Views(ctx, by)
	return &body[items[inbox.View]]{items[inbox.View]{list}}, err
}

func (a *API) viewCounts(ctx context.Context, by *inbox.Caller, _ *struct{}) (*body[items[inbox.ViewCount]], error) {
	list, err := a.cfg.Store.ViewCounts(ctx, by)
	return &body[items[inbox.ViewCount]]{items[inbox.ViewCount]{list}}, err
}

func (a *API) createView(ctx context.Context, by *inbox.Caller, in *newViewInput) (*body[inbox.View], error) {
	return a.saveView(ctx, by, "", &in.Body)
}

func (a *API) changeView(ctx context.Context, by *inbox.Caller, in *viewInput) (*body[inbox.View], error) {
	if in.ID == "" || checkIDs("path.id", in.ID) != nil {
		return nil, invalid("path.id", "is not an id")
	}
	return a.saveView(ctx, by, in.ID, &in.Body)
}

func (a *API) saveView(ctx context.Context, by *inbox.Caller, id string, b *ViewBody) (*body[inbox.View], error) {
	name, err := plain("body.name", strings.Join(strings.Fields(b.Name), " "))
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, invalid("body.name", "is empty")
	}
	query, err := plain("body.query", b.Query)
	if err != nil {
		return nil, err
	}
	v, err := a.cfg.Store.SaveView(ctx, by, inbox.View{ID: id, Name: name, Query: query, Sort: b.Sort, Shared: b.Shared}, a.cfg.Now())
	return &body[inbox.View]{v}, err
}

func (a *API) deleteView(ctx context.Context, by *inbox.Caller, in *ViewParam) (*struct{}, error) {
	if err := checkIDs("path.id", in.ID); err != nil {
		return nil, err
	}
	return nil, a.cfg.Store.DeleteView(ctx, by, in.ID, a.cfg.Now())
}
