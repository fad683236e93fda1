package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

type patchCustomerInput struct {
	CustomerParam
	Body struct {
		Fields map[inbox.ClaimField]string `json:"fields" doc:"By name, email, phone, address, birthday, locale or company; empty takes the agents' word back"`
	}
}

type mergeInput struct {
	CustomerParam
	Body struct {
		With   inbox.CustomerID `json:"with" maxLength:"36" doc:"Whoever is the same person"`
		Reason string           `json:"reason,omitempty" maxLength:"500"`
	}
}

type unmergeInput struct {
	CustomerParam
	Body struct {
		EdgeID inbox.EdgeID `json:"edgeId" maxLength:"36" doc:"Of the list of merges"`
	}
}

// Parted are the two that a customer was made of.
type Parted struct {
	Kept     inbox.Customer `json:"kept" doc:"Who keeps the id"`
	Restored inbox.Customer `json:"restored" doc:"Who is there again"`
}

type refuseInput struct {
	CustomerParam
	Body struct {
		With  inbox.CustomerID `json:"with" maxLength:"36"`
		Later bool             `json:"later,omitempty" doc:"Not for good: ask again in a week"`
	}
}

type unrefuseInput struct {
	CustomerParam
	With inbox.CustomerID `path:"with" maxLength:"36"`
}

type keysInput struct {
	Policy string `query:"policy" enum:"blocked,shared,personal" doc:"Only these; empty: all"`
	Cursor string `query:"cursor" maxLength:"1024" doc:"The next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

type setKeyInput struct {
	Body struct {
		Kind   inbox.IdentityKind `json:"kind" enum:"email,phone"`
		Value  string             `json:"value" minLength:"1" maxLength:"320"`
		Policy string             `json:"policy" enum:"blocked,shared,personal," doc:"Empty: what is counted holds again"`
		Note   string             `json:"note,omitempty" maxLength:"500"`
	}
}

func (a *API) identities() {
	tag := []string{"customers"}
	secured(a, huma.Operation{OperationID: "change-customer", Method: "PATCH", Path: Root + "/customers/{id}", Tags: tag,
		Summary: "Say what a customer is called, and how to be reached"}, a.patchCustomer)
	secured(a, huma.Operation{OperationID: "matches", Method: "GET", Path: Root + "/customers/{id}/matches", Tags: tag,
		Summary: "Who may be the same person", Description: "At most five, the likeliest first, and nobody of whom an agent said no."}, a.matches)
	secured(a, huma.Operation{OperationID: "merge", Method: "POST", Path: Root + "/customers/{id}/merge", Tags: tag, DefaultStatus: http.StatusOK,
		Summary: "Make one customer of two", Description: "The id that stays is that of the one with the oldest identity; the other leads to it."}, a.merge)
	secured(a, huma.Operation{OperationID: "merges", Method: "GET", Path: Root + "/customers/{id}/merges", Tags: tag,
		Summary: "List what made one customer of several, newest first"}, a.merges)
	secured(a, huma.Operation{OperationID: "unmerge", Method: "POST", Path: Root + "/customers/{id}/unmerge", Tags: tag, DefaultStatus: http.StatusOK,
		Summary: "Undo one merge", Description: "Everything goes back with the identity that it was captured under. What was joined by itself doesn't come back by itself."}, a.unmerge)
	secured(a, huma.Operation{OperationID: "refuse", Method: "POST", Path: Root + "/customers/{id}/refusals", Tags: tag, DefaultStatus: http.StatusNoContent,
		Summary: "Say that two are not the same person"}, a.refuse)
	secured(a, huma.Operation{OperationID: "unrefuse", Method: "DELETE", Path: Root + "/customers/{id}/refusals/{with}", Tags: tag, DefaultStatus: http.StatusNoContent,
		Summary: "Take that back"}, a.unrefuse)
	tag = []string{"operations"}
	secured(a, huma.Operation{OperationID: "keys", Method: "GET", Path: Root + "/keys", Tags: tag,
		Summary:     "List addresses and numbers that several have, or nobody",
		Description: "By an operator's word, their look, or how many have proven them. For supervisors and admins."}, a.keys)
	secured(a, huma.Operation{OperationID: "set-key", Method: "PUT", Path: Root + "/keys", Tags: tag,
		Summary: "Say what an address or a number is", Description: "Its holders are joined or parted accordingly. For supervisors and admins."}, a.setKey)
}

func (a *API) patchCustomer(ctx context.Context, by *inbox.Caller, in *patchCustomerInput) (*body[inbox.Customer], error) {
	fields := make(map[inbox.ClaimField]string, len(in.Body.Fields))
	for field, value := range in.Body.Fields {
		text, err := plain("body.fields."+string(field), value)
		if err != nil {
			return nil, err
		}
		fields[field] = text
	}
	c, err := a.cfg.Store.PatchCustomer(ctx, by, in.ID, fields, a.cfg.Now())
	return &body[inbox.Customer]{c}, err
}

func (a *API) matches(ctx context.Context, by *inbox.Caller, in *CustomerParam) (*body[items[inbox.Match]], error) {
	list, err := a.cfg.Store.Matches(ctx, &by.Rights, in.ID, a.cfg.Now())
	return &body[items[inbox.Match]]{items[inbox.Match]{list}}, err
}

func (a *API) merge(ctx context.Context, by *inbox.Caller, in *mergeInput) (*body[inbox.Customer], error) {
	reason, err := plain("body.reason", in.Body.Reason)
	if err != nil {
		return nil, err
	}
	c, err := a.cfg.Store.Merge(ctx, by, in.ID, in.Body.With, reason, a.cfg.Now())
	return &body[inbox.Customer]{c}, err
}

func (a *API) merges(ctx context.Context, by *inbox.Caller, in *CustomerParam) (*body[items[inbox.Merge]], error) {
	list, err := a.cfg.Store.Merges(ctx, &by.Rights, in.ID)
	return &body[items[inbox.Merge]]{items[inbox.Merge]{list}}, err
}

func (a *API) unmerge(ctx context.Context, by *inbox.Caller, in *unmergeInput) (*body[Parted], error) {
	kept, restored, err := a.cfg.Store.Unmerge(ctx, by, in.ID, in.Body.EdgeID, a.cfg.Now())
	return &body[Parted]{Parted{Kept: kept, Restored: restored}}, err
}

func (a *API) refuse(ctx context.Context, by *inbox.Caller, in *refuseInput) (*struct{}, error) {
	return nil, a.cfg.Store.Refuse(ctx, by, in.ID, in.Body.With, in.Body.Later, a.cfg.Now())
}

func (a *API) unrefuse(ctx context.Context, by *inbox.Caller, in *unrefuseInput) (*struct{}, error) {
	return nil, a.cfg.Store.Unrefuse(ctx, by, in.ID, in.With, a.cfg.Now())
}

func (a *API) keys(ctx context.Context, by *inbox.Caller, in *keysInput) (*body[page[inbox.KeyRule]], error) {
	if err := mayOperate(by); err != nil {
		return nil, err
	}
	list, next, err := a.cfg.Store.Keys(ctx, inbox.KeyPolicy(in.Policy), in.Cursor, in.Limit)
	return &body[page[inbox.KeyRule]]{page[inbox.KeyRule]{Items: list, Next: next}}, err
}

func (a *API) setKey(ctx context.Context, by *inbox.Caller, in *setKeyInput) (*body[inbox.KeyRule], error) {
	if err := mayOperate(by); err != nil {
		return nil, err
	}
	b := &in.Body
	value, err := plain("body.value", b.Value)
	if err != nil {
		return nil, err
	}
	note, err := plain("body.note", b.Note)
	if err != nil {
		return nil, err
	}
	rule, err := a.cfg.Store.SetKey(ctx, by, b.Kind, value, inbox.KeyPolicy(b.Policy), note, a.cfg.Now())
	return &body[inbox.KeyRule]{rule}, err
}
