package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

// Tags are those on conversations.
type Tags interface {
	Tags(ctx context.Context) ([]inbox.TagCount, error)
	ChangeTag(ctx context.Context, by *inbox.Caller, name, to string, now time.Time) error
}

type changeTagInput struct {
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"200" doc:"The tag as it is"`
		To   string `json:"to,omitempty" maxLength:"200" doc:"What it is called from now on: where there is such a tag the two are merged. Left out, the tag is taken away"`
	}
}

func (a *API) tagging() {
	tag := []string{"operations"}
	secured(a, huma.Operation{OperationID: "all-tags", Method: "GET", Path: Root + "/tags/all", Tags: tag,
		Summary: "List the tags of all conversations, with how many have each", Description: "For supervisors and admins."}, a.listTags)
	secured(a, huma.Operation{OperationID: "change-tag", Method: "POST", Path: Root + "/tags/change", Tags: tag, DefaultStatus: http.StatusAccepted,
		Summary: "Rename a tag, merge it into another, or take it away", Description: "For supervisors and admins. Conversations change one after the other, and saved replies at once."}, a.changeTag)
}

func (a *API) listTags(ctx context.Context, by *inbox.Caller, _ *struct{}) (*body[items[inbox.TagCount]], error) {
	if err := mayOperate(by); err != nil {
		return nil, err
	}
	list, err := a.cfg.Store.Tags(ctx)
	return &body[items[inbox.TagCount]]{items[inbox.TagCount]{list}}, err
}

func (a *API) changeTag(ctx context.Context, by *inbox.Caller, in *changeTagInput) (*struct{}, error) {
	return nil, a.cfg.Store.ChangeTag(ctx, by, in.Body.Name, in.Body.To, a.cfg.Now())
}
