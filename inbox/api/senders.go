package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

// Senders are those whose messages come in as spam and wake nobody.
type Senders interface {
	Block(ctx context.Context, by *inbox.Caller, ref, note string, now time.Time) (inbox.Conversation, error)
	Unblock(ctx context.Context, by *inbox.Caller, id inbox.IdentityID, now time.Time) error
	BlockedSenders(ctx context.Context, after inbox.Cursor, limit int) ([]inbox.BlockedSender, inbox.Cursor, error)
}

type blockInput struct {
	RefParam
	Body struct {
		Note string `json:"note,omitempty" maxLength:"500" doc:"Why, for those who run the place"`
	}
}

type senderInput struct {
	ID inbox.IdentityID `path:"id" maxLength:"36" doc:"An identity's id"`
}

func (a *API) blocking() {
	tag := []string{"conversations"}
	secured(a, huma.Operation{OperationID: "block-sender", Method: "POST", Path: Root + "/conversations/{id}/block", Tags: tag, DefaultStatus: http.StatusOK,
		Summary:     "Move a conversation to spam and block its sender",
		Description: "Whatever comes from the address that it was opened by is kept from now on, as spam: it reopens nothing, waits for no answer, and nobody is told of it."}, a.block)
	secured(a, huma.Operation{OperationID: "unblock-sender", Method: "DELETE", Path: Root + "/identities/{id}/block", Tags: tag, DefaultStatus: http.StatusNoContent,
		Summary: "Let a sender through again"}, a.unblock)
	secured(a, huma.Operation{OperationID: "blocked-senders", Method: "GET", Path: Root + "/senders/blocked", Tags: tag,
		Summary: "List the blocked senders, the newest first", Description: "For supervisors and admins."}, a.blockedSenders)
}

func (a *API) block(ctx context.Context, by *inbox.Caller, in *blockInput) (*body[inbox.Conversation], error) {
	note, err := plain("body.note", strings.TrimSpace(in.Body.Note))
	if err != nil {
		return nil, err
	}
	c, err := a.cfg.Store.Block(ctx, by, in.ID, note, a.cfg.Now())
	return &body[inbox.Conversation]{c}, err
}

func (a *API) unblock(ctx context.Context, by *inbox.Caller, in *senderInput) (*struct{}, error) {
	return nil, a.cfg.Store.Unblock(ctx, by, in.ID, a.cfg.Now())
}

func (a *API) blockedSenders(ctx context.Context, by *inbox.Caller, in *CursorParams) (*body[page[inbox.BlockedSender]], error) {
	if err := mayOperate(by); err != nil {
		return nil, err
	}
	after, err := inbox.ParseCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	list, next, err := a.cfg.Store.BlockedSenders(ctx, after, in.Limit)
	if err != nil {
		return nil, err
	}
	return pageOf(list, next), nil
}
