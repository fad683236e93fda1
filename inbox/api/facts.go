package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

type joinInput struct {
	RefParam
	Body struct {
		With string `json:"with" minLength:"1" maxLength:"36" doc:"The conversation that goes into this one: its id or its number"`
	}
}

type splitInput struct {
	RefParam
	Body struct {
		Messages []inbox.MessageID `json:"messages" minItems:"1" maxItems:"1000"`
		Into     string            `json:"into,omitempty" maxLength:"36" doc:"A conversation's id or its number; absent: a new one"`
	}
}

type handOverInput struct {
	RefParam
	Body struct {
		IdentityID inbox.IdentityID `json:"identityId" minLength:"1" maxLength:"36" doc:"Whose next message continues here, on whatever channel"`
	}
}

type undoInput struct {
	ID inbox.FactID `path:"id" maxLength:"36"`
}

// Moved is where messages are after a change, and the fact by which it is
// undone.
type Moved struct {
	Conversation inbox.Conversation `json:"conversation"`
	FactID       inbox.FactID       `json:"factId"`
}

func (a *API) facts() {
	tag := []string{"conversations"}
	secured(a, huma.Operation{OperationID: "merge-conversations", Method: "POST", Path: Root + "/conversations/{id}/merge", Tags: tag,
		DefaultStatus: http.StatusOK, Summary: "Make another conversation part of this one",
		Description: "A link to the other leads here. It is undone by its fact: then everything that was said in the other, later messages included, is in a conversation of its own again."}, a.joinConversations)
	secured(a, huma.Operation{OperationID: "split", Method: "POST", Path: Root + "/conversations/{id}/split", Tags: tag,
		DefaultStatus: http.StatusOK, Summary: "Move messages to another conversation, or to a new one",
		Description: "What answers them from now on goes with them. The answer is the conversation where they are."}, a.split)
	secured(a, huma.Operation{OperationID: "hand-over", Method: "POST", Path: Root + "/conversations/{id}/hand-over", Tags: tag,
		DefaultStatus: http.StatusCreated, Summary: "Let somebody's next message continue here, on whatever channel",
		Description: "It holds for one message, while the conversation is not closed."}, a.handOver)
	secured(a, huma.Operation{OperationID: "facts", Method: "GET", Path: Root + "/conversations/{id}/facts", Tags: tag,
		Summary: "List why what is in a conversation is in one, newest first"}, a.listFacts)
	secured(a, huma.Operation{OperationID: "undo", Method: "POST", Path: Root + "/facts/{id}/undo", Tags: tag,
		DefaultStatus: http.StatusOK, Summary: "Undo a merge, a move of messages or a hand-over",
		Description: "The answer is the conversations concerned, as they are now. Where mails answer each other it is a conflict: move messages instead."}, a.undo)
	secured(a, huma.Operation{OperationID: "related", Method: "GET", Path: Root + "/conversations/{id}/related", Tags: tag,
		Summary: "List conversations that may belong together with this one, strongest reason first"}, a.related)
}

func (a *API) joinConversations(ctx context.Context, by *inbox.Caller, in *joinInput) (*body[Moved], error) {
	c, id, err := a.cfg.Store.MergeConversations(ctx, by, in.ID, in.Body.With, a.cfg.Now())
	return &body[Moved]{Moved{c, id}}, err
}

func (a *API) split(ctx context.Context, by *inbox.Caller, in *splitInput) (*body[Moved], error) {
	if err := checkIDs("body.messages", in.Body.Messages...); err != nil {
		return nil, err
	}
	if duplicate(in.Body.Messages) {
		return nil, invalid("body.messages", "names one twice")
	}
	c, id, err := a.cfg.Store.Split(ctx, by, in.ID, in.Body.Messages, in.Body.Into, a.cfg.Now())
	return &body[Moved]{Moved{c, id}}, err
}

func (a *API) handOver(ctx context.Context, by *inbox.Caller, in *handOverInput) (*body[inbox.ConversationFact], error) {
	if err := checkIDs("body.identityId", in.Body.IdentityID); err != nil {
		return nil, err
	}
	f, err := a.cfg.Store.HandOver(ctx, by, in.ID, in.Body.IdentityID, a.cfg.Now())
	return &body[inbox.ConversationFact]{f}, err
}

func (a *API) listFacts(ctx context.Context, by *inbox.Caller, in *RefParam) (*body[items[inbox.ConversationFact]], error) {
	list, err := a.cfg.Store.Facts(ctx, &by.Rights, in.ID)
	return &body[items[inbox.ConversationFact]]{items[inbox.ConversationFact]{list}}, err
}

func (a *API) undo(ctx context.Context, by *inbox.Caller, in *undoInput) (*body[items[inbox.Conversation]], error) {
	list, err := a.cfg.Store.Undo(ctx, by, in.ID, a.cfg.Now())
	return &body[items[inbox.Conversation]]{items[inbox.Conversation]{list}}, err
}

func (a *API) related(ctx context.Context, by *inbox.Caller, in *RefParam) (*body[items[inbox.Related]], error) {
	list, err := a.cfg.Store.Related(ctx, &by.Rights, in.ID)
	return &body[items[inbox.Related]]{items[inbox.Related]{list}}, err
}
