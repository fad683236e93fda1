package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/account"
)

// Accounts makes and changes accounts. See package account, whose Desk is one.
type Accounts interface {
	Kinds() []account.Kind
	List(ctx context.Context) ([]account.Account, error)
	Make(ctx context.Context, by *inbox.Caller, a account.Account, now time.Time) (account.Account, error)
	Try(ctx context.Context, a account.Account) ([]connectors.Trial, error)
	Change(ctx context.Context, by *inbox.Caller, a account.Account, now time.Time) (account.Account, error)
	Pause(ctx context.Context, by *inbox.Caller, id inbox.AccountID, paused bool, now time.Time) (account.Account, error)
	Remove(ctx context.Context, by *inbox.Caller, id inbox.AccountID, now time.Time) error
	Sending(a *inbox.Account) (inbox.SendBounds, error)
	Actions(a *inbox.Account) ([]inbox.ActionOffer, error)
}

// Grants signs accounts in at their provider. See package grant, whose Desk is
// one.
type Grants interface {
	Begin(ctx context.Context, by *inbox.Caller, id inbox.AccountID) (address string, err error)
	Finish(ctx context.Context, by *inbox.Caller, code, state string) (inbox.AccountID, error)
}

type signInView struct {
	URL string `json:"url" doc:"Where the provider asks for consent: go there with the browser"`
}

type finishInput struct {
	Body struct {
		Code  string `json:"code" maxLength:"4096" doc:"As the provider sent it back"`
		State string `json:"state" maxLength:"4096" doc:"As the provider sent it back"`
	}
}

type signedView struct {
	ID inbox.AccountID `json:"id" doc:"The account that is signed in"`
}

// An AccountView is an account and how it is served just now.
type AccountView struct {
	account.Account
	Health  connectors.Status `json:"health"`
	Webhook string            `json:"webhook,omitempty" doc:"The address that the other side sends to"`
	Embed   string            `json:"embed,omitempty" doc:"Of a chat: what a page holds to show it"`
	Dead    int               `json:"dead" doc:"Items that could not be handled"`
}

type accountInput struct{ Body account.Account }

// An AccountParam names an account.
type AccountParam struct {
	ID inbox.AccountID `path:"id" maxLength:"40"`
}

type changeAccountInput struct {
	AccountParam
	Body account.Account
}

type pauseInput struct {
	AccountParam
	Body struct {
		Paused bool `json:"paused"`
	}
}

func (a *API) accounts() {
	tag := []string{"accounts"}
	const path = Root + "/accounts"
	secured(a, huma.Operation{OperationID: "channels", Method: "GET", Path: Root + "/channels", Tags: tag,
		Summary: "What accounts can be made", Description: "For admins."}, a.channels)
	secured(a, huma.Operation{OperationID: "accounts", Method: "GET", Path: path, Tags: tag,
		Summary: "List the accounts, with how they are served", Description: "For admins. Secrets are never shown."}, a.listAccounts)
	secured(a, huma.Operation{OperationID: "makeAccount", Method: "POST", Path: path, Tags: tag, DefaultStatus: http.StatusCreated,
		Summary: "Make an account", Description: "For admins. It is served within seconds."}, a.makeAccount)
	secured(a, huma.Operation{OperationID: "tryAccount", Method: "POST", Path: path + "/try", Tags: tag,
		Summary:     "Try an account out, made or not",
		Description: "For admins. It connects and signs in, and takes and sends nothing. What it found is told step by step, to the first that fails."}, a.tryAccount)
	secured(a, huma.Operation{OperationID: "changeAccount", Method: "PUT", Path: path + "/{id}", Tags: tag,
		Summary: "Change an account", Description: "For admins. A secret that is sent as it was shown stays as it is."}, a.changeAccount)
	secured(a, huma.Operation{OperationID: "pauseAccount", Method: "POST", Path: path + "/{id}/pause", Tags: tag,
		Summary: "Stop serving an account, or go on", Description: "For admins. What comes meanwhile waits where it is; its webhooks are told to come again."}, a.pauseAccount)
	secured(a, huma.Operation{OperationID: "removeAccount", Method: "DELETE", Path: path + "/{id}", Tags: tag, DefaultStatus: http.StatusNoContent,
		Summary: "Remove an account", Description: "For admins. Its conversations stay, its settings don't."}, a.removeAccount)
	secured(a, huma.Operation{OperationID: "signIn", Method: "POST", Path: path + "/{id}/sign-in", Tags: tag,
		Summary: "Begin to sign an account in at its provider", Description: "For admins."}, a.signIn)
	secured(a, huma.Operation{OperationID: "finishSignIn", Method: "POST", Path: Root + "/sign-ins", Tags: tag,
		Summary: "Sign an account in by what its provider sent the browser back with", Description: "For the admin who began it, within a quarter of an hour."}, a.finishSignIn)
}

// mayAdminister refuses those who may not change what the place is made of.
func mayAdminister(by *inbox.Caller) error {
	if by.Agent.Role != inbox.AdminRole {
		return &inbox.Error{Code: inbox.Forbidden, Message: "this is for admins"}
	}
	return nil
}

func (a *API) channels(_ context.Context, by *inbox.Caller, _ *struct{}) (*body[items[account.Kind]], error) {
	if err := mayAdminister(by); err != nil {
		return nil, err
	}
	return &body[items[account.Kind]]{items[account.Kind]{a.cfg.Accounts.Kinds()}}, nil
}

func (a *API) listAccounts(ctx context.Context, by *inbox.Caller, _ *struct{}) (*body[items[AccountView]], error) {
	if err := mayAdminister(by); err != nil {
		return nil, err
	}
	accounts, err := a.cfg.Accounts.List(ctx)
	if err != nil {
		return nil, err
	}
	list, err := a.views(ctx, accounts...)
	return &body[items[AccountView]]{items[AccountView]{list}}, err
}

// views are accounts with how they are served.
func (a *API) views(ctx context.Context, accounts ...account.Account) ([]AccountView, error) {
	statuses, err := a.cfg.Bus.Statuses(ctx)
	if err != nil {
		return nil, err
	}
	dead, err := a.cfg.Bus.DeadCounts(ctx)
	if err != nil {
		return nil, err
	}
	hooks := map[inbox.Channel]bool{}
	for _, k := range a.cfg.Accounts.Kinds() {
		hooks[k.Channel] = k.Webhooks
	}
	list := []AccountView{}
	for _, one := range accounts {
		v := AccountView{Account: one, Health: statusOfAccount(statuses, one.Channel, one.ID), Dead: dead[one.ID]}
		if hooks[one.Channel] {
			v.Webhook = a.cfg.Public + "/in/" + string(one.Channel) + "/" + string(one.ID)
		}
		if one.Channel == inbox.Chat {
			v.Embed = `<script src="` + a.cfg.Public + `/widget/widget.js" data-account="` + string(one.ID) + `" async></script>`
		}
		list = append(list, v)
	}
	slices.SortFunc(list, func(x, y AccountView) int { return cmp.Compare(x.ID, y.ID) })
	return list, nil
}

// statusOfAccount is what was heard last; an account of which nothing was heard
// is not served.
func statusOfAccount(all []connectors.Status, channel inbox.Channel, id inbox.AccountID) connectors.Status {
	for _, s := range all {
		if s.Channel == channel && s.Account == id {
			return s
		}
	}
	return connectors.Status{Channel: channel, Account: id, State: connectors.Stopped}
}

// view answers with one account.
func (a *API) view(ctx context.Context, one account.Account, err error) (*body[AccountView], error) {
	if err != nil {
		return nil, err
	}
	list, err := a.views(ctx, one)
	if err != nil {
		return nil, err
	}
	return &body[AccountView]{list[0]}, nil
}

func (a *API) makeAccount(ctx context.Context, by *inbox.Caller, in *accountInput) (*body[AccountView], error) {
	if err := mayAdminister(by); err != nil {
		return nil, err
	}
	one, err := a.cfg.Accounts.Make(ctx, by, in.Body, a.cfg.Now())
	return a.view(ctx, one, err)
}

func (a *API) tryAccount(ctx context.Context, by *inbox.Caller, in *accountInput) (*body[items[connectors.Trial]], error) {
	if err := mayAdminister(by); err != nil {
		return nil, err
	}
	list, err := a.cfg.Accounts.Try(ctx, in.Body)
	return &body[items[connectors.Trial]]{items[connectors.Trial]{list}}, err
}

func (a *API) changeAccount(ctx context.Context, by *inbox.Caller, in *changeAccountInput) (*body[AccountView], error) {
	if err := mayAdminister(by); err != nil {
		return nil, err
	}
	if in.Body.ID != in.ID {
		return nil, invalid("body.id", "is not the account of the path")
	}
	one, err := a.cfg.Accounts.Change(ctx, by, in.Body, a.cfg.Now())
	return a.view(ctx, one, err)
}

func (a *API) pauseAccount(ctx context.Context, by *inbox.Caller, in *pauseInput) (*body[AccountView], error) {
	if err := mayAdminister(by); err != nil {
		return nil, err
	}
	one, err := a.cfg.Accounts.Pause(ctx, by, in.ID, in.Body.Paused, a.cfg.Now())
	return a.view(ctx, one, err)
}

func (a *API) removeAccount(ctx context.Context, by *inbox.Caller, in *AccountParam) (*struct{}, error) {
	if err := mayAdminister(by); err != nil {
		return nil, err
	}
	return nil, a.cfg.Accounts.Remove(ctx, by, in.ID, a.cfg.Now())
}

func (a *API) signIn(ctx context.Context, by *inbox.Caller, in *AccountParam) (*body[signInView], error) {
	if err := mayAdminister(by); err != nil {
		return nil, err
	}
	address, err := a.cfg.Grants.Begin(ctx, by, in.ID)
	return &body[signInView]{signInView{address}}, err
}

func (a *API) finishSignIn(ctx context.Context, by *inbox.Caller, in *finishInput) (*body[signedView], error) {
	if err := mayAdminister(by); err != nil {
		return nil, err
	}
	id, err := a.cfg.Grants.Finish(ctx, by, in.Body.Code, in.Body.State)
	return &body[signedView]{signedView{id}}, err
}
