package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

// CustomerParam names a customer.
type CustomerParam struct {
	ID inbox.CustomerID `path:"id" maxLength:"36"`
}

type customerPageInput struct {
	CustomerParam
	CursorParams
}

// A hiddenPage is a page of what spans inboxes: of what the reader may not see
// there is only the number.
type hiddenPage[T any] struct {
	Items  []T    `json:"items"`
	Next   string `json:"next" doc:"The cursor of the next page; empty when there is none"`
	Hidden int    `json:"hidden" doc:"How many conversations are in inboxes that the reader may not see; 100 means that many or more"`
}

// A panel is all that is shown of a customer beside a conversation.
type panel struct {
	Customer      inbox.Customer                  `json:"customer"`
	Matches       []inbox.Match                   `json:"matches"`
	Orders        []inbox.Order                   `json:"orders"`
	Carts         []inbox.Cart                    `json:"carts"`
	SavedItems    []inbox.SavedItem               `json:"savedItems"`
	Loyalty       inbox.Loyalty                   `json:"loyalty"`
	Pages         []inbox.PageView                `json:"pages"`
	Conversations hiddenPage[inbox.Conversation]  `json:"conversations" doc:"The first page"`
	Timeline      hiddenPage[inbox.TimelineEntry] `json:"timeline" doc:"The newest entries"`
}

func (a *API) customers() {
	tag := []string{"customers"}
	secured(a, huma.Operation{OperationID: "panel", Method: "GET", Path: Root + "/customers/{id}/panel", Tags: tag,
		Summary:     "Get all that is shown of a customer beside a conversation",
		Description: "The customer, possible matches, orders, carts, wish list, loyalty, pages, and the first page of conversations and of the timeline: what their own operations answer, as of one moment."}, a.panel)
	secured(a, huma.Operation{OperationID: "customer", Method: "GET", Path: Root + "/customers/{id}", Tags: tag,
		Summary: "Get a customer with all identities, and what is known", Description: "One that was merged answers with the one that it is now."}, a.customer)
	secured(a, huma.Operation{OperationID: "timeline", Method: "GET", Path: Root + "/customers/{id}/timeline", Tags: tag,
		Summary: "List what happened with a customer, newest first"}, a.timeline)
	secured(a, huma.Operation{OperationID: "customer-conversations", Method: "GET", Path: Root + "/customers/{id}/conversations", Tags: tag,
		Summary: "List a customer's conversations, newest first"}, a.customerConversations)
}

func (a *API) customer(ctx context.Context, by *inbox.Caller, in *CustomerParam) (*body[inbox.Customer], error) {
	c, err := a.cfg.Store.Customer(ctx, &by.Rights, in.ID)
	return &body[inbox.Customer]{c}, err
}

func (a *API) panel(ctx context.Context, by *inbox.Caller, in *CustomerParam) (*body[panel], error) {
	p, err := a.cfg.Store.Panel(ctx, &by.Rights, in.ID, a.cfg.Now())
	return &body[panel]{panel{
		Customer: p.Customer, Matches: p.Matches, Orders: p.Orders, Carts: p.Carts, SavedItems: p.SavedItems, Loyalty: p.Loyalty, Pages: p.Pages,
		Conversations: hiddenPageOf(p.Conversations, p.MoreConversations, p.Hidden).Body,
		Timeline:      hiddenPageOf(p.Timeline, p.MoreTimeline, p.Hidden).Body,
	}}, err
}

func (a *API) timeline(ctx context.Context, by *inbox.Caller, in *customerPageInput) (*body[hiddenPage[inbox.TimelineEntry]], error) {
	after, err := inbox.ParseCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	list, next, hidden, err := a.cfg.Store.Timeline(ctx, &by.Rights, in.ID, after, in.Limit)
	return hiddenPageOf(list, next, hidden), err
}

func (a *API) customerConversations(ctx context.Context, by *inbox.Caller, in *customerPageInput) (*body[hiddenPage[inbox.Conversation]], error) {
	after, err := inbox.ParseCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	list, next, hidden, err := a.cfg.Store.CustomerConversations(ctx, &by.Rights, in.ID, after, in.Limit)
	return hiddenPageOf(list, next, hidden), err
}

func hiddenPageOf[T any](list []T, next inbox.Cursor, hidden int) *body[hiddenPage[T]] {
	return &body[hiddenPage[T]]{hiddenPage[T]{Items: list, Next: next.String(), Hidden: hidden}}
}
