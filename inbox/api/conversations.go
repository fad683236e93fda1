package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

// CursorParams are what every list of pages takes.
type CursorParams struct {
	Cursor string `query:"cursor" maxLength:"128" doc:"The next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

type listInput struct {
	CursorParams
	Status   string `query:"status" enum:"open,pending,snoozed,closed,spam,all" default:"open"`
	Assignee string `query:"assignee" maxLength:"36" doc:"me, none, or an agent's id; empty: anybody's"`
	Inbox    string `query:"inbox" maxLength:"36" doc:"An inbox's id; empty: all of one's own"`
	Text     string `query:"text" maxLength:"200" doc:"Only conversations of which a message holds all these words, and which the filters in it admit: see search"`
	Sort     string `query:"sort" enum:"newest,oldest" default:"newest" doc:"By the newest message"`
}

// RefParam names a conversation.
type RefParam struct {
	ID string `path:"id" maxLength:"36" doc:"A conversation's id or its number"`
}

type patchInput struct {
	RefParam
	Body struct {
		Status   *inbox.Status  `json:"status,omitempty" enum:"open,pending,snoozed,closed,spam"`
		Assignee *inbox.AgentID `json:"assigneeId,omitempty" maxLength:"36" doc:"Empty: nobody"`
		Team     *inbox.TeamID  `json:"teamId,omitempty" maxLength:"36" doc:"Empty: none"`
		Version  *int64         `json:"version,omitempty" doc:"The version that was seen: another is a conflict"`
	}
}

type messagesInput struct {
	RefParam
	Before int64 `query:"before" minimum:"0" doc:"Only messages with a lower seq; 0: all"`
	Limit  int   `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

// MessagePage is one page of a conversation's messages.
type MessagePage struct {
	Items []inbox.Message `json:"items" doc:"By rising seq"`
	Next  int64           `json:"next" doc:"The before of the next page; 0 when there is none"`
}

type items[T any] struct {
	Items []T `json:"items"`
}

type searchInput struct {
	CursorParams
	Text string `query:"q" required:"true" minLength:"1" maxLength:"200" doc:"Words, quoted for phrases, with a minus to leave out; the last may be a beginning. Filters: from: to: status: order: before: after: tag: inbox: team: assignee: channel: priority: has:attachment is:waiting. A conversation's number or an address is found too"`
}

type findInput struct {
	CursorParams
	Kind string `query:"kind" required:"true" enum:"customer,order,file"`
	Text string `query:"q" required:"true" minLength:"1" maxLength:"200" doc:"Words of a name, an address or a number; one may be a slip away"`
}

func (a *API) conversations() {
	tag := []string{"conversations"}
	secured(a, huma.Operation{OperationID: "list-conversations", Method: "GET", Path: Root + "/conversations", Tags: tag,
		Summary: "List conversations by their newest message"}, a.list)
	secured(a, huma.Operation{OperationID: "counts", Method: "GET", Path: Root + "/counts", Tags: tag,
		Summary: "Count conversations by inbox, team, assignee and status"}, a.counts)
	secured(a, huma.Operation{OperationID: "conversation", Method: "GET", Path: Root + "/conversations/{id}", Tags: tag,
		Summary: "Get a conversation", Description: "One that was merged answers with the one that it was merged into."}, a.conversation)
	secured(a, huma.Operation{OperationID: "change-conversation", Method: "PATCH", Path: Root + "/conversations/{id}", Tags: tag,
		Summary: "Change status, assignee or team"}, a.patch)
	secured(a, huma.Operation{OperationID: "messages", Method: "GET", Path: Root + "/conversations/{id}/messages", Tags: tag,
		Summary: "List a conversation's messages, the newest page first"}, a.messages)
	secured(a, huma.Operation{OperationID: "search", Method: "GET", Path: Root + "/search", Tags: tag,
		Summary: "Search in what was said", Description: "The newest first, one message a conversation."}, a.search)
	secured(a, huma.Operation{OperationID: "find", Method: "GET", Path: Root + "/find", Tags: tag,
		Summary:     "Find customers, orders or files by name",
		Description: "Those that are spelled so first, then those that begin so, then those that are one slip away. An order is found by its whole number, where it is linked in a conversation that the reader may see."}, a.find)
}

func (a *API) list(ctx context.Context, by *inbox.Caller, in *listInput) (*body[page[inbox.Conversation]], error) {
	f := inbox.ConversationFilter{
		Status: inbox.Status(in.Status), Inbox: inbox.InboxID(in.Inbox), Text: strings.TrimSpace(in.Text),
		Oldest: in.Sort == "oldest", Limit: in.Limit,
	}
	if in.Status == "all" {
		f.Status = ""
	}
	switch in.Assignee {
	case "":
	case "me":
		f.Assignee = by.Agent.ID
	case "none":
		f.Unassigned = true
	default:
		f.Assignee = inbox.AgentID(in.Assignee)
	}
	if err := checkIDs("query.assignee", f.Assignee); err != nil {
		return nil, err
	}
	if err := checkIDs("query.inbox", f.Inbox); err != nil {
		return nil, err
	}
	var err error
	if f.After, err = inbox.ParseCursor(in.Cursor); err != nil {
		return nil, err
	}
	list, next, err := a.cfg.Store.Conversations(ctx, &by.Rights, f)
	if err != nil {
		return nil, err
	}
	return pageOf(list, next), nil
}

func pageOf[T any](list []T, next inbox.Cursor) *body[page[T]] {
	return &body[page[T]]{page[T]{Items: list, Next: next.String()}}
}

// checkIDs refuses what no id looks like, before a query sees it.
func checkIDs[T ~string](where string, list ...T) error {
	for _, id := range list {
		if id != "" && !inbox.ValidID(string(id)) {
			return invalid(where, "is not an id")
		}
	}
	return nil
}

func invalid(where, what string) error {
	p := newProblem(http.StatusUnprocessableEntity, where+" "+what)
	p.Errors = []Fault{{Message: what, Location: where}}
	return p
}

func (a *API) counts(ctx context.Context, by *inbox.Caller, _ *struct{}) (*body[items[inbox.Count]], error) {
	list, err := a.cfg.Store.Counts(ctx, &by.Rights)
	return &body[items[inbox.Count]]{items[inbox.Count]{list}}, err
}

func (a *API) conversation(ctx context.Context, by *inbox.Caller, in *RefParam) (*body[inbox.Conversation], error) {
	c, err := a.cfg.Store.Conversation(ctx, &by.Rights, in.ID)
	return &body[inbox.Conversation]{c}, err
}

func (a *API) patch(ctx context.Context, by *inbox.Caller, in *patchInput) (*body[inbox.Conversation], error) {
	p := inbox.Patch{Status: in.Body.Status, Assignee: in.Body.Assignee, Team: in.Body.Team, Version: in.Body.Version}
	if p.Assignee != nil {
		if err := checkIDs("body.assigneeId", *p.Assignee); err != nil {
			return nil, err
		}
	}
	if p.Team != nil {
		if err := checkIDs("body.teamId", *p.Team); err != nil {
			return nil, err
		}
	}
	c, err := a.cfg.Store.Patch(ctx, by, in.ID, p, a.cfg.Now())
	return &body[inbox.Conversation]{c}, err
}

func (a *API) messages(ctx context.Context, by *inbox.Caller, in *messagesInput) (*body[MessagePage], error) {
	list, next, err := a.cfg.Store.Messages(ctx, &by.Rights, in.ID, in.Before, in.Limit)
	return &body[MessagePage]{MessagePage{Items: list, Next: next}}, err
}

func (a *API) search(ctx context.Context, by *inbox.Caller, in *searchInput) (*body[page[inbox.Hit]], error) {
	after, err := inbox.ParseCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	list, next, err := a.cfg.Store.Search(ctx, &by.Rights, in.Text, after, in.Limit)
	if err != nil {
		return nil, err
	}
	return pageOf(list, next), nil
}

func (a *API) find(ctx context.Context, by *inbox.Caller, in *findInput) (*body[page[inbox.Found]], error) {
	after, err := inbox.ParseCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	list, next, err := a.cfg.Store.Find(ctx, &by.Rights, in.Kind, in.Text, after, in.Limit)
	if err != nil {
		return nil, err
	}
	return pageOf(list, next), nil
}
