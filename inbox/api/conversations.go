package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

// CursorParams are what every list of pages takes.
type CursorParams struct {
	Cursor string `query:"cursor" maxLength:"128" doc:"The next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

// ListParams are what a list of conversations holds.
type ListParams struct {
	Status   string `query:"status" enum:"open,pending,snoozed,closed,spam,all" default:"open"`
	Assignee string `query:"assignee" maxLength:"36" doc:"me, none, or an agent's id; empty: anybody's"`
	Inbox    string `query:"inbox" maxLength:"36" doc:"An inbox's id; empty: all of one's own"`
	Text     string `query:"text" maxLength:"200" doc:"Only conversations of which a message holds all these words, and which the filters in it admit: see search"`
	Team     string `query:"team" maxLength:"36" doc:"A team's id; empty: any and none"`
}

type listInput struct {
	CursorParams
	ListParams
	Sort string `query:"sort" enum:"newest,oldest,waiting,priority" default:"newest" doc:"By the newest message; by the longest wait, of what waits; by priority"`
}

// RefParam names a conversation.
type RefParam struct {
	ID string `path:"id" maxLength:"36" doc:"A conversation's id or its number"`
}

// ConversationPatch is what to change of a conversation.
type ConversationPatch struct {
	Status       *inbox.Status   `json:"status,omitempty" enum:"open,pending,snoozed,closed,spam"`
	Assignee     *inbox.AgentID  `json:"assigneeId,omitempty" maxLength:"36" doc:"Empty: nobody"`
	Team         *inbox.TeamID   `json:"teamId,omitempty" maxLength:"36" doc:"Empty: none"`
	Priority     *inbox.Priority `json:"priority,omitempty" minimum:"-1" maximum:"2" doc:"-1 low, 0 normal, 1 high, 2 urgent"`
	AddTags      []string        `json:"addTags,omitempty" maxItems:"20"`
	RemoveTags   []string        `json:"removeTags,omitempty" maxItems:"20"`
	SnoozedUntil *time.Time      `json:"snoozedUntil,omitempty" doc:"Snoozes it until then; goes without a status"`

	Fields inbox.FieldValues `json:"fields,omitempty" maxProperties:"50" doc:"What is noted of it, by the field's id; empty: taken away"`
	Fill   inbox.FieldValues `json:"fill,omitempty" maxProperties:"50" doc:"The same, only where it has none yet, and of its inbox's fields"`

	Version *int64 `json:"version,omitempty" doc:"The version that was seen: another is a conflict"`
}

type patchInput struct {
	RefParam
	Body ConversationPatch
}

// maxChanges bounds how many conversations one request changes.
const maxChanges = 100

type changesInput struct {
	Body struct {
		IDs      []inbox.ConversationID `json:"ids" minItems:"1" maxItems:"100"`
		Versions []int64                `json:"versions,omitempty" maxItems:"100" doc:"The version of each that was seen, in the order of the ids: one that has another stays as it is. With them a request can be sent again without doing anything twice"`
		Change   ConversationPatch      `json:"change" doc:"The same for all; the version in it is not taken"`
	}
}

// A Changed is what became of one of many conversations.
type Changed struct {
	ID           inbox.ConversationID `json:"id"`
	Conversation *inbox.Conversation  `json:"conversation,omitempty" doc:"As it is now; of one that stays as it was, where another version was seen of it"`
	Error        string               `json:"error,omitempty" doc:"Why it stays as it was"`
	Lacking      []inbox.FieldID      `json:"lacking,omitempty" doc:"The fields that it would have to have to be closed"`
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
	Text string `query:"q" required:"true" minLength:"1" maxLength:"200" doc:"Words, quoted for phrases, with a minus to leave out; the last may be a beginning. Filters: from: to: status: order: before: after: tag: reason: inbox: team: assignee: channel: priority: has:attachment is:waiting is:mentioned. A conversation's number or an address is found too"`
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
	secured(a, huma.Operation{OperationID: "count-conversations", Method: "GET", Path: Root + "/conversations/count", Tags: tag,
		Summary: "Count what a list holds, up to a hundred"}, a.count)
	secured(a, huma.Operation{OperationID: "tags", Method: "GET", Path: Root + "/tags", Tags: tag,
		Summary: "List the tags of open conversations, the most used first"}, a.tags)
	secured(a, huma.Operation{OperationID: "counts", Method: "GET", Path: Root + "/counts", Tags: tag,
		Summary: "Count conversations by inbox, team, assignee and status"}, a.counts)
	secured(a, huma.Operation{OperationID: "conversation", Method: "GET", Path: Root + "/conversations/{id}", Tags: tag,
		Summary: "Get a conversation", Description: "One that was merged answers with the one that it was merged into."}, a.conversation)
	secured(a, huma.Operation{OperationID: "change-conversation", Method: "PATCH", Path: Root + "/conversations/{id}", Tags: tag,
		Summary:     "Change status, assignee, team, priority, tags or fields, or snooze it",
		Description: "One is closed only with the fields that are required: else the answer is 422 with what it lacks, and nothing of it is done."}, a.patch)
	secured(a, huma.Operation{OperationID: "change-conversations", Method: "POST", Path: Root + "/conversations/changes", Tags: tag,
		DefaultStatus: http.StatusOK, Summary: "Do the same with up to a hundred conversations",
		Description: "Each for itself: what can't be done with one is told of it."}, a.changes)
	secured(a, huma.Operation{OperationID: "messages", Method: "GET", Path: Root + "/conversations/{id}/messages", Tags: tag,
		Summary: "List a conversation's messages, the newest page first"}, a.messages)
	secured(a, huma.Operation{OperationID: "activity", Method: "GET", Path: Root + "/conversations/{id}/activity", Tags: tag,
		Summary:     "List what was done to a conversation and what happened to its orders",
		Description: "By rising time, the newest 200: what stands between the messages."}, a.activity)
	secured(a, huma.Operation{OperationID: "search", Method: "GET", Path: Root + "/search", Tags: tag,
		Summary: "Search in what was said", Description: "The newest first, one message a conversation."}, a.search)
	secured(a, huma.Operation{OperationID: "find", Method: "GET", Path: Root + "/find", Tags: tag,
		Summary:     "Find customers, orders or files by name",
		Description: "Those that are spelled so first, then those that begin so, then those that are one slip away. An order is found by its whole number, where it is linked in a conversation that the reader may see."}, a.find)
}

// assignedTo reads whose the wanted are: an agent's, "me", "none", or empty.
func assignedTo(by *inbox.Caller, word string) (id inbox.AgentID, nobody bool, err error) {
	switch word {
	case "me":
		return by.Agent.ID, false, nil
	case "none":
		return "", true, nil
	}
	id = inbox.AgentID(word)
	return id, false, checkIDs("query.assignee", id)
}

// filter is what a list holds, for whoever asks.
func (in *ListParams) filter(by *inbox.Caller) (inbox.ConversationFilter, error) {
	f := inbox.ConversationFilter{
		Status: inbox.Status(in.Status), Inbox: inbox.InboxID(in.Inbox), Text: strings.TrimSpace(in.Text),
		Team: inbox.TeamID(in.Team),
	}
	if in.Status == "all" {
		f.Status = ""
	}
	var err error
	if f.Assignee, f.Unassigned, err = assignedTo(by, in.Assignee); err != nil {
		return f, err
	}
	if err := checkIDs("query.inbox", f.Inbox); err != nil {
		return f, err
	}
	return f, checkIDs("query.team", f.Team)
}

func (a *API) list(ctx context.Context, by *inbox.Caller, in *listInput) (*body[page[inbox.Conversation]], error) {
	f, err := in.filter(by)
	if err != nil {
		return nil, err
	}
	f.Sort, f.Limit = inbox.Sort(in.Sort), in.Limit
	if f.After, err = inbox.ParseCursor(in.Cursor); err != nil {
		return nil, err
	}
	list, next, err := a.cfg.Store.Conversations(ctx, &by.Rights, f)
	if err != nil {
		return nil, err
	}
	return pageOf(list, next), nil
}

// A Tally is how many conversations a list holds.
type Tally struct {
	Count int `json:"count" doc:"100 means that many or more"`
}

func (a *API) count(ctx context.Context, by *inbox.Caller, in *struct{ ListParams }) (*body[Tally], error) {
	f, err := in.filter(by)
	if err != nil {
		return nil, err
	}
	n, err := a.cfg.Store.CountConversations(ctx, &by.Rights, f)
	return &body[Tally]{Tally{n}}, err
}

func (a *API) tags(ctx context.Context, by *inbox.Caller, _ *struct{}) (*body[items[inbox.TagCount]], error) {
	list, err := a.cfg.Store.TagCounts(ctx, &by.Rights)
	return &body[items[inbox.TagCount]]{items[inbox.TagCount]{list}}, err
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
	p, err := in.Body.patch()
	if err != nil {
		return nil, err
	}
	c, err := a.cfg.Store.Patch(ctx, by, in.ID, p, a.cfg.Now())
	return &body[inbox.Conversation]{c}, err
}

func (c *ConversationPatch) patch() (p inbox.Patch, err error) {
	p = inbox.Patch{Status: c.Status, Assignee: c.Assignee, Team: c.Team, Priority: c.Priority, SnoozedUntil: c.SnoozedUntil, Version: c.Version,
		Fields: c.Fields, Fill: c.Fill}
	if p.Assignee != nil {
		if err := checkIDs("body.assigneeId", *p.Assignee); err != nil {
			return p, err
		}
	}
	if p.Team != nil {
		if err := checkIDs("body.teamId", *p.Team); err != nil {
			return p, err
		}
	}
	if p.SnoozedUntil != nil && p.Status != nil {
		return p, invalid("body.snoozedUntil", "goes without a status: leave one of the two out")
	}
	if p.AddTags, err = inbox.CleanTags(c.AddTags); err != nil {
		return p, err
	}
	p.RemoveTags, err = inbox.CleanTags(c.RemoveTags)
	return p, err
}

// changes does the same with many conversations, each for itself: what can't be
// done with one is told of it and holds up none of the others.
func (a *API) changes(ctx context.Context, by *inbox.Caller, in *changesInput) (*body[items[Changed]], error) {
	if err := checkIDs("body.ids", in.Body.IDs...); err != nil {
		return nil, err
	}
	p, err := in.Body.Change.patch()
	if err != nil {
		return nil, err
	}
	if n := len(in.Body.Versions); n > 0 && n != len(in.Body.IDs) {
		return nil, invalid("body.versions", "wants one for each of the ids, or none at all")
	}
	list := make([]Changed, 0, min(len(in.Body.IDs), maxChanges))
	for i, id := range in.Body.IDs {
		if p.Version = nil; len(in.Body.Versions) > 0 {
			p.Version = &in.Body.Versions[i]
		}
		c, err := a.cfg.Store.Patch(ctx, by, string(id), p, a.cfg.Now())
		known, ok := errors.AsType[*inbox.Error](err)
		switch {
		case err == nil:
			list = append(list, Changed{ID: id, Conversation: &c})
		case ok && (known.Code == inbox.NotFound || known.Code == inbox.Conflict || known.Code == inbox.Invalid):
			stays := Changed{ID: id, Error: known.Message, Lacking: lacking(err)}
			if known.Code == inbox.Conflict && p.Version != nil {
				if c, err := a.cfg.Store.Conversation(ctx, &by.Rights, string(id)); err == nil && c.Version != *p.Version {
					stays.Conversation = &c
				}
			}
			list = append(list, stays)
		default:
			return nil, err
		}
	}
	return &body[items[Changed]]{items[Changed]{list}}, nil
}

func (a *API) messages(ctx context.Context, by *inbox.Caller, in *messagesInput) (*body[MessagePage], error) {
	list, next, err := a.cfg.Store.Messages(ctx, &by.Rights, in.ID, in.Before, in.Limit)
	return &body[MessagePage]{MessagePage{Items: list, Next: next}}, err
}

func (a *API) activity(ctx context.Context, by *inbox.Caller, in *RefParam) (*body[items[inbox.Activity]], error) {
	list, err := a.cfg.Store.Activity(ctx, &by.Rights, in.ID)
	if list == nil {
		list = []inbox.Activity{}
	}
	return &body[items[inbox.Activity]]{items[inbox.Activity]{list}}, err
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
