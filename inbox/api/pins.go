package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

// Pins are what customers gave, above their conversations.
type Pins interface {
	Pins(ctx context.Context, rights *inbox.Rights, ref string) ([]inbox.Pin, error)
	PinWords(ctx context.Context, by *inbox.Caller, ref string, in inbox.MessageID, words string, now time.Time) ([]inbox.Pin, error)
	Unpin(ctx context.Context, by *inbox.Caller, ref string, kind inbox.PinKind, key string, now time.Time) ([]inbox.Pin, error)
	Repin(ctx context.Context, by *inbox.Caller, ref string, kind inbox.PinKind, key string, now time.Time) ([]inbox.Pin, error)
}

type pinInput struct {
	RefParam
	Body struct {
		MessageID inbox.MessageID `json:"messageId" minLength:"1" maxLength:"36" doc:"One of the customer's"`
		Text      string          `json:"text" minLength:"1" maxLength:"2000" doc:"Words of it"`
	}
}

type unpinInput struct {
	RefParam
	Body struct {
		Kind inbox.PinKind `json:"kind" enum:"order,tracking,address,phone,email,date,words"`
		Key  string        `json:"key" minLength:"1" maxLength:"500"`
		Off  bool          `json:"off" doc:"false: it is shown again"`
	}
}

type pinsOutput = body[items[inbox.Pin]]

func (a *API) pins() {
	tag := []string{"pins"}
	secured(a, huma.Operation{OperationID: "pins", Method: "GET", Path: Root + "/conversations/{id}/pins", Tags: tag,
		Summary:     "What the customer gave in a conversation",
		Description: "Numbers of orders and parcels, addresses and dates that are found in what they wrote, and what agents pinned. Everything changes the conversation's version."}, a.listPins)
	secured(a, huma.Operation{OperationID: "pin", Method: "POST", Path: Root + "/conversations/{id}/pins", Tags: tag, DefaultStatus: http.StatusOK,
		Summary: "Pin words of the customer's"}, a.pinWords)
	secured(a, huma.Operation{OperationID: "unpin", Method: "PUT", Path: Root + "/conversations/{id}/pins", Tags: tag,
		Summary: "Take off what is pinned or found, for everybody, or have it back"}, a.unpin)
}

func (a *API) listPins(ctx context.Context, by *inbox.Caller, in *RefParam) (*pinsOutput, error) {
	return pinned(a.cfg.Store.Pins(ctx, &by.Rights, in.ID))
}

func (a *API) pinWords(ctx context.Context, by *inbox.Caller, in *pinInput) (*pinsOutput, error) {
	text, err := plain("body.text", in.Body.Text)
	if err != nil {
		return nil, err
	}
	return pinned(a.cfg.Store.PinWords(ctx, by, in.ID, in.Body.MessageID, text, a.cfg.Now()))
}

func (a *API) unpin(ctx context.Context, by *inbox.Caller, in *unpinInput) (*pinsOutput, error) {
	key, err := plain("body.key", in.Body.Key)
	if err != nil {
		return nil, err
	}
	change := a.cfg.Store.Repin
	if in.Body.Off {
		change = a.cfg.Store.Unpin
	}
	return pinned(change(ctx, by, in.ID, in.Body.Kind, key, a.cfg.Now()))
}

func pinned(list []inbox.Pin, err error) (*pinsOutput, error) {
	return &pinsOutput{items[inbox.Pin]{list}}, err
}
