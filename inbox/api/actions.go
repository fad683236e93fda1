package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

// Actions are what agents have done with orders in their shops.
type Actions interface {
	OrderActions(ctx context.Context, rights *inbox.Rights, id inbox.OrderID) ([]inbox.OrderAction, error)
	ActOnOrder(ctx context.Context, by *inbox.Caller, id inbox.OrderID, ask inbox.ActionAsk, encode inbox.EncodeActionFunc) (inbox.OrderAction, error)
	RetryAction(ctx context.Context, by *inbox.Caller, id inbox.ActionID, word string, now time.Time, encode inbox.EncodeActionFunc) (inbox.OrderAction, error)
}

// OrderParam names an order.
type OrderParam struct {
	ID inbox.OrderID `path:"id" maxLength:"36"`
}

type actionInput struct {
	OrderParam
	KeyParam
	Body actionBody
}

type actionBody struct {
	Kind inbox.ActionKind `json:"kind" enum:"refund,cancel,address,resend"`
	inbox.ActionTerms
}

type actionWordInput struct {
	ID   inbox.ActionID `path:"id" maxLength:"36"`
	Body struct {
		Word string `json:"word" enum:"again,done,aside" doc:"again: one more attempt, by which the shop does nothing twice; done: somebody saw it done in the shop; aside: it is not to be done"`
	}
}

func (a *API) actions() {
	tag := []string{"orders"}
	secured(a, huma.Operation{OperationID: "order-actions", Method: "GET", Path: Root + "/orders/{id}/actions", Tags: tag,
		Summary: "List what agents had done with an order in its shop, newest first"}, a.orderActions)
	secured(a, huma.Operation{OperationID: "act-on-order", Method: "POST", Path: Root + "/orders/{id}/actions", Tags: tag,
		DefaultStatus: http.StatusAccepted, Summary: "Refund, cancel or readdress an order in its shop, or have its confirmation sent again",
		Description: "For supervisors, admins and agents who may. It is done once, whatever happens on the way, or becomes uncertain; its state changes when the shop has answered. One at a time an order."}, a.actOnOrder)
	secured(a, huma.Operation{OperationID: "retry-action", Method: "POST", Path: Root + "/actions/{id}", Tags: tag,
		DefaultStatus: http.StatusAccepted, Summary: "Try again what failed or is uncertain, or say what became of it"}, a.retryAction)
}

func (a *API) orderActions(ctx context.Context, by *inbox.Caller, in *OrderParam) (*body[items[inbox.OrderAction]], error) {
	list, err := a.cfg.Store.OrderActions(ctx, &by.Rights, in.ID)
	return &body[items[inbox.OrderAction]]{items[inbox.OrderAction]{list}}, err
}

func (a *API) actOnOrder(ctx context.Context, by *inbox.Caller, in *actionInput) (*body[inbox.OrderAction], error) {
	if err := checkIDs("path.id", in.ID); err != nil {
		return nil, err
	}
	t := &in.Body.ActionTerms
	texts := map[string]*string{"body.reason": &t.Reason, "body.name": &t.Name, "body.phone": &t.Phone}
	if t.Address != nil {
		texts["body.address.city"], texts["body.address.region"] = &t.Address.City, &t.Address.Region
		texts["body.address.postcode"], texts["body.address.country"] = &t.Address.Postcode, &t.Address.Country
		for i := range t.Address.Lines {
			texts["body.address.lines"] = &t.Address.Lines[i]
			if err := tidy(texts); err != nil {
				return nil, err
			}
		}
	}
	if err := tidy(texts); err != nil {
		return nil, err
	}
	hash, err := requestHash("action", string(in.ID), &in.Body)
	if err != nil {
		return nil, err
	}
	now := a.cfg.Now()
	done, err := a.cfg.Store.ActOnOrder(ctx, by, in.ID, inbox.ActionAsk{
		ID: inbox.NewID[inbox.ActionID](now), At: now, Key: in.Key, Hash: hash, Kind: in.Body.Kind, Terms: *t,
	}, a.cfg.EncodeAction)
	return &body[inbox.OrderAction]{done}, err
}

// tidy takes the spaces around texts away, and refuses what no text has.
func tidy(texts map[string]*string) error {
	for where, text := range texts {
		s, err := plain(where, strings.TrimSpace(*text))
		if err != nil {
			return err
		}
		if strings.ContainsAny(s, "\r\n") && where != "body.reason" {
			return invalid(where, "is more than one line")
		}
		*text = s
	}
	return nil
}

func (a *API) retryAction(ctx context.Context, by *inbox.Caller, in *actionWordInput) (*body[inbox.OrderAction], error) {
	if err := checkIDs("path.id", in.ID); err != nil {
		return nil, err
	}
	done, err := a.cfg.Store.RetryAction(ctx, by, in.ID, in.Body.Word, a.cfg.Now(), a.cfg.EncodeAction)
	return &body[inbox.OrderAction]{done}, err
}
