package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"skein/connectors"
	"skein/inbox"
)

// A Connector is how one account is served just now. One of which nothing was
// heard within a minute has no state.
type Connector struct {
	connectors.Status
	Name    string        `json:"name"`
	Address string        `json:"address"`
	InboxID inbox.InboxID `json:"inboxId"`
}

type deadInput struct {
	Account inbox.AccountID `query:"account" maxLength:"40" doc:"Only of this account; empty: of all"`
	Cursor  string          `query:"cursor" maxLength:"128" doc:"The next of the page before"`
	Limit   int             `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

type deadIDInput struct {
	ID string `path:"id" maxLength:"128"`
}

func (a *API) operations() {
	tag := []string{"operations"}
	secured(a, huma.Operation{OperationID: "connectors", Method: "GET", Path: Root + "/connectors", Tags: tag,
		Summary: "How the connectors are", Description: "Of the accounts whose inboxes the reader may see."}, a.connectors)
	secured(a, huma.Operation{OperationID: "dead", Method: "GET", Path: Root + "/dead", Tags: tag,
		Summary: "List what could not be handled", Description: "For supervisors and admins."}, a.dead)
	secured(a, huma.Operation{OperationID: "replay", Method: "POST", Path: Root + "/dead/{id}/replay", Tags: tag,
		DefaultStatus: http.StatusAccepted, Summary: "Hand it back to be tried again", Description: "For supervisors and admins."}, a.replay)
	secured(a, huma.Operation{OperationID: "discard", Method: "DELETE", Path: Root + "/dead/{id}", Tags: tag,
		DefaultStatus: http.StatusNoContent, Summary: "Remove it for good", Description: "For admins. What came is lost by it."}, a.discard)
}

func (a *API) connectors(ctx context.Context, by *inbox.Caller, _ *struct{}) (*body[items[Connector]], error) {
	accounts, err := a.cfg.Store.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	statuses, err := a.cfg.Bus.Statuses(ctx)
	if err != nil {
		return nil, err
	}
	list := []Connector{}
	for _, account := range accounts {
		if account.Removed || !by.Sees(&inbox.Place{InboxID: account.InboxID}) {
			continue
		}
		c := Connector{Name: account.Name, Address: account.Address, InboxID: account.InboxID,
			Status: statusOfAccount(statuses, account.Channel, account.ID)}
		if !by.All && c.LastError != "" {
			c.LastError = "ask an admin" // the server's words may name logins and hosts
		}
		list = append(list, c)
	}
	slices.SortFunc(list, func(x, y Connector) int { return cmp.Compare(x.Account, y.Account) })
	return &body[items[Connector]]{items[Connector]{list}}, nil
}

func (a *API) dead(ctx context.Context, by *inbox.Caller, in *deadInput) (*body[page[inbox.DeadLetter]], error) {
	if err := mayOperate(by); err != nil {
		return nil, err
	}
	var before uint64
	if in.Cursor != "" {
		var err error
		if before, err = strconv.ParseUint(in.Cursor, 10, 64); err != nil {
			return nil, invalid("query.cursor", "is not one that this list gave out")
		}
	}
	list, next, err := a.cfg.Bus.Dead(ctx, in.Account, before, in.Limit)
	if err != nil {
		return nil, err
	}
	out := page[inbox.DeadLetter]{Items: list}
	if out.Items == nil {
		out.Items = []inbox.DeadLetter{}
	}
	if next != 0 {
		out.Next = strconv.FormatUint(next, 10)
	}
	return &body[page[inbox.DeadLetter]]{out}, nil
}

func (a *API) replay(ctx context.Context, by *inbox.Caller, in *deadIDInput) (*struct{}, error) {
	if err := mayOperate(by); err != nil {
		return nil, err
	}
	id, err := in.number()
	if err != nil {
		return nil, err
	}
	return nil, a.cfg.Bus.Replay(ctx, id)
}

func (a *API) discard(ctx context.Context, by *inbox.Caller, in *deadIDInput) (*struct{}, error) {
	if err := mayAdminister(by); err != nil {
		return nil, err
	}
	id, err := in.number()
	if err != nil {
		return nil, err
	}
	// The letter lies on the bus, which no transaction holds together with the log. So
	// it is logged first: nothing is thrown away of which the log doesn't tell, and
	// one that could not be removed then is there still, to be thrown away again.
	if err := a.cfg.Bus.Discard(ctx, id, func(l inbox.DeadLetter) error { return a.cfg.Store.LogDiscard(ctx, by, l, a.cfg.Now()) }); err != nil {
		return nil, err
	}
	a.cfg.Log.InfoContext(ctx, "discarded what could not be handled", "dead", id, "agent", string(by.Agent.ID))
	return nil, nil
}

func (in *deadIDInput) number() (uint64, error) {
	id, err := strconv.ParseUint(in.ID, 10, 64)
	if err != nil {
		return 0, &inbox.Error{Code: inbox.NotFound, Message: "there is no such dead item"}
	}
	return id, nil
}
