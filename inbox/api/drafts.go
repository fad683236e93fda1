package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

// leftFor is how long a draft has to be left alone before it is offered to
// colleagues: whose connection stumbles has not left.
const leftFor = time.Minute

type draftInput struct {
	RefParam
	Body struct {
		Known   int64              `json:"known" minimum:"0" doc:"The version that this replaces; 0: there was none"`
		Content inbox.DraftContent `json:"content"`
	}
}

// SavedDraft is a draft as it is after one was to be stored.
type SavedDraft struct {
	Stored bool        `json:"stored" doc:"False: another device was first. The draft is then that device's, to be joined and stored again"`
	Draft  inbox.Draft `json:"draft"`
}

type takeInput struct {
	RefParam
	Body struct {
		AgentID inbox.AgentID `json:"agentId" maxLength:"36" doc:"Whose it is"`
		Version int64         `json:"version" minimum:"1" doc:"That was offered"`
	}
}

func (a *API) drafts() {
	tag := []string{"conversations"}
	secured(a, huma.Operation{OperationID: "draft", Method: "GET", Path: Root + "/conversations/{id}/draft", Tags: tag,
		Summary: "What one has begun to write, on whatever device"}, a.draft)
	secured(a, huma.Operation{OperationID: "save-draft", Method: "PUT", Path: Root + "/conversations/{id}/draft", Tags: tag,
		MaxBodyBytes: 2 << 20,
		Summary:      "Keep what one has begun to write", Description: "Empty content ends the draft."}, a.saveDraft)
	secured(a, huma.Operation{OperationID: "draft-offers", Method: "GET", Path: Root + "/conversations/{id}/draft/offers", Tags: tag,
		Summary: "List the replies that colleagues began and left", Description: "Of those who are away or gone, and which nobody has taken over."}, a.draftOffers)
	secured(a, huma.Operation{OperationID: "take-draft", Method: "POST", Path: Root + "/conversations/{id}/draft/take", Tags: tag,
		DefaultStatus: http.StatusNoContent, Summary: "Take over what a colleague began",
		Description: "It is offered to nobody else then, and the colleague, who keeps it, is told who has it."}, a.takeDraft)
}

func (a *API) draft(ctx context.Context, by *inbox.Caller, in *RefParam) (*body[inbox.Draft], error) {
	d, err := a.cfg.Store.Draft(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	return &body[inbox.Draft]{Body: d}, nil
}

func (a *API) saveDraft(ctx context.Context, by *inbox.Caller, in *draftInput) (*body[SavedDraft], error) {
	if err := unstorable("body.content", in.Body.Content); err != nil {
		return nil, err
	}
	d, stored, err := a.cfg.Store.SaveDraft(ctx, by, in.ID, in.Body.Known, in.Body.Content, a.cfg.Now())
	if err != nil {
		return nil, err
	}
	return &body[SavedDraft]{Body: SavedDraft{stored, d}}, nil
}

func (a *API) draftOffers(ctx context.Context, by *inbox.Caller, in *RefParam) (*body[page[inbox.Offer]], error) {
	all, err := a.cfg.Store.Offers(ctx, by, in.ID, a.cfg.Now().Add(-leftFor))
	if err != nil {
		return nil, err
	}
	list := []inbox.Offer{}
	for _, o := range all {
		if a.cfg.Here == nil || !a.cfg.Here(o.AgentID) {
			list = append(list, o)
		}
	}
	return pageOf(list, inbox.Cursor{}), nil
}

func (a *API) takeDraft(ctx context.Context, by *inbox.Caller, in *takeInput) (*struct{}, error) {
	if !inbox.ValidID(string(in.Body.AgentID)) {
		return nil, invalid("body.agentId", "is not an id")
	}
	return nil, a.cfg.Store.TakeDraft(ctx, by, in.ID, in.Body.AgentID, in.Body.Version, a.cfg.Now())
}
