package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

type openingBody struct {
	LetterBody
	Account  inbox.AccountID  `json:"accountId" minLength:"1" maxLength:"40" doc:"What it leaves by: an account of a mailbox, or of a service that takes a number nobody wrote from"`
	Subject  string           `json:"subject,omitempty" maxLength:"500" doc:"Of a mail"`
	Identity inbox.IdentityID `json:"identityId,omitempty" maxLength:"36" doc:"Whom it is with, of a known customer; absent: the first of to"`
}

type beginInput struct {
	KeyParam
	Body openingBody
}

type sideInput struct {
	RefParam
	KeyParam
	Body openingBody
}

type contactInput struct {
	Body struct {
		Name    string `json:"name" minLength:"1" maxLength:"200"`
		Address string `json:"address" minLength:"1" maxLength:"320"`
	}
}

type contactParam struct {
	ID string `path:"id" maxLength:"36"`
}

func (a *API) openings() {
	tag := []string{"openings"}
	secured(a, huma.Operation{OperationID: "begin", Method: "POST", Path: Root + "/conversations", Tags: tag,
		DefaultStatus: http.StatusAccepted, MaxBodyBytes: maxBody, Summary: "Begin a conversation with a customer",
		Description: "Its first message is queued, and leaves as a reply does. By telephone number, to who never wrote, a service may take an approved template alone: the answer then is a conflict that says so. Somebody with whom a service's one conversation goes on elsewhere is answered there."}, a.begin)
	secured(a, huma.Operation{OperationID: "senders", Method: "GET", Path: Root + "/senders", Tags: tag,
		Summary: "The accounts by which a conversation can be begun", Description: "Those of mailboxes, and of services that take a telephone number; of inboxes that the caller may see. What such a service takes is as for somebody who never wrote there."}, a.senders)
	secured(a, huma.Operation{OperationID: "begin-side", Method: "POST", Path: Root + "/conversations/{id}/sides", Tags: tag,
		DefaultStatus: http.StatusAccepted, MaxBodyBytes: maxBody, Summary: "Begin a side conversation by mail, with others than the customer",
		Description: "Its answers come to it alone. It is answered, read and kept as any conversation is, by its own id, and can't be merged with one. Whoever takes part in the conversation with the customer can't be among its recipients."}, a.beginSide)
	secured(a, huma.Operation{OperationID: "sides", Method: "GET", Path: Root + "/conversations/{id}/sides", Tags: tag,
		Summary: "The side conversations of one, the newest first"}, a.sides)
	secured(a, huma.Operation{OperationID: "contacts", Method: "GET", Path: Root + "/contacts", Tags: tag,
		Summary: "Whom the team writes to about customers' matters, by name"}, a.contacts)
	secured(a, huma.Operation{OperationID: "save-contact", Method: "POST", Path: Root + "/contacts", Tags: tag,
		DefaultStatus: http.StatusOK, Summary: "Keep somebody's address; one that is kept already gets the name"}, a.saveContact)
	secured(a, huma.Operation{OperationID: "remove-contact", Method: "DELETE", Path: Root + "/contacts/{id}", Tags: tag,
		DefaultStatus: http.StatusNoContent, Summary: "Forget a contact"}, a.removeContact)
}

func (a *API) begin(ctx context.Context, by *inbox.Caller, in *beginInput) (*body[inbox.Opened], error) {
	return a.beginIn(ctx, by, "", in.Key, &in.Body)
}

func (a *API) beginSide(ctx context.Context, by *inbox.Caller, in *sideInput) (*body[inbox.Opened], error) {
	return a.beginIn(ctx, by, in.ID, in.Key, &in.Body)
}

func (a *API) beginIn(ctx context.Context, by *inbox.Caller, beside, key string, b *openingBody) (*body[inbox.Opened], error) {
	account, err := a.sendsFor(ctx, by, b.Account)
	if err != nil {
		return nil, err
	}
	o := inbox.Opening{Account: b.Account, Identity: b.Identity, Beside: beside}
	if account.Channel == inbox.Email {
		if o.Subject = strings.TrimSpace(b.Subject); o.Subject == "" || strings.ContainsFunc(o.Subject, control) {
			return nil, invalid("body.subject", "is empty, or has a line break")
		}
	} else if len(b.To) > 1 || len(b.Cc)+len(b.Bcc) > 0 {
		return nil, invalid("body.to", "is one person alone on this channel")
	}
	mailed := b.To
	if account.Channel != inbox.Email { // a number, which is no address of a mail
		if len(b.To) == 1 && (strings.ContainsFunc(b.To[0].Address, control) || strings.ContainsFunc(b.To[0].Name, control)) {
			return nil, invalid("body.to[0]", "holds what a number or a name can't")
		}
		b.To = nil
	}
	hash := *b
	hash.To = mailed
	if o.Answer, err = a.answerOf(&b.LetterBody, key, func() (inbox.Account, error) { return account, nil }); err != nil {
		return nil, err
	}
	if account.Channel != inbox.Email {
		o.To = mailed
	}
	if o.Hash, err = requestHash("begin", beside, &hash); err != nil {
		return nil, err
	}
	opened, err := a.cfg.Store.Begin(ctx, by, o)
	return &body[inbox.Opened]{opened}, err
}

func (a *API) senders(ctx context.Context, by *inbox.Caller, _ *struct{}) (*body[items[inbox.SendWay]], error) {
	list, err := a.cfg.Store.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	inboxes, err := a.cfg.Store.Inboxes(ctx, &by.Rights)
	if err != nil {
		return nil, err
	}
	signatures := map[inbox.InboxID]inbox.Signature{}
	for i := range inboxes {
		signatures[inboxes[i].ID] = inboxes[i].Signature
	}
	out := []inbox.SendWay{}
	for i := range list {
		account := list[i]
		if account.Removed || account.Channel != inbox.Email && account.Channel != inbox.Social || !by.Sees(&inbox.Place{InboxID: account.InboxID}) {
			continue
		}
		way := inbox.Way{Account: account, To: []inbox.Party{}}
		if account.Channel == inbox.Email {
			way.Signature = signatures[account.InboxID].For(&by.Agent)
		}
		w, err := a.sendWay(&way)
		if err != nil {
			return nil, err
		}
		if account.Channel == inbox.Email && account.Address != "" || w.ByNumber {
			out = append(out, w)
		}
	}
	return &body[items[inbox.SendWay]]{items[inbox.SendWay]{out}}, nil
}

// sendsFor is an account of an inbox that the caller may see.
func (a *API) sendsFor(ctx context.Context, by *inbox.Caller, id inbox.AccountID) (inbox.Account, error) {
	list, err := a.cfg.Store.Accounts(ctx)
	if err != nil {
		return inbox.Account{}, err
	}
	for i := range list {
		if list[i].ID == id && by.Sees(&inbox.Place{InboxID: list[i].InboxID}) {
			return list[i], nil
		}
	}
	return inbox.Account{}, invalid("body.accountId", "is none that sends for one of your inboxes")
}

func (a *API) sides(ctx context.Context, by *inbox.Caller, in *RefParam) (*body[items[inbox.Conversation]], error) {
	list, err := a.cfg.Store.Sides(ctx, &by.Rights, in.ID)
	return &body[items[inbox.Conversation]]{items[inbox.Conversation]{list}}, err
}

func (a *API) contacts(ctx context.Context, _ *inbox.Caller, _ *struct{}) (*body[items[inbox.Contact]], error) {
	list, err := a.cfg.Store.Contacts(ctx)
	return &body[items[inbox.Contact]]{items[inbox.Contact]{list}}, err
}

func (a *API) saveContact(ctx context.Context, by *inbox.Caller, in *contactInput) (*body[inbox.Contact], error) {
	list, err := a.parties("body", []inbox.Party{{Name: in.Body.Name, Address: in.Body.Address}})
	if err != nil {
		return nil, err
	}
	if list[0].Name == "" {
		return nil, invalid("body.name", "is empty")
	}
	c, err := a.cfg.Store.SaveContact(ctx, by, list[0].Name, list[0].Address, a.cfg.MatchKey(list[0].Address), a.cfg.Now())
	return &body[inbox.Contact]{c}, err
}

func (a *API) removeContact(ctx context.Context, _ *inbox.Caller, in *contactParam) (*struct{}, error) {
	return nil, a.cfg.Store.RemoveContact(ctx, in.ID)
}
