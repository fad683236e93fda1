package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

// Actions are what agents have done with orders and carts in their shops.
type Actions interface {
	OrderActions(ctx context.Context, rights *inbox.Rights, id inbox.OrderID, offers inbox.OffersFunc) ([]inbox.OrderAction, []inbox.ActionOffer, error)
	CartActions(ctx context.Context, rights *inbox.Rights, id inbox.CartID, offers inbox.OffersFunc) ([]inbox.OrderAction, []inbox.ActionOffer, error)
	ActOnOrder(ctx context.Context, by *inbox.Caller, id inbox.OrderID, ask inbox.ActionAsk) (inbox.OrderAction, error)
	ActOnCart(ctx context.Context, by *inbox.Caller, id inbox.CartID, ask inbox.ActionAsk) (inbox.OrderAction, error)
	RetryAction(ctx context.Context, by *inbox.Caller, id inbox.ActionID, word string, ask inbox.ActionAsk) (inbox.OrderAction, error)
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

// CartParam names a cart.
type CartParam struct {
	ID inbox.CartID `path:"id" maxLength:"36"`
}

type cartActionInput struct {
	CartParam
	KeyParam
	Body struct {
		Kind inbox.ActionKind `json:"kind" enum:"cart_link,cart_completed"`
		Text string           `json:"text,omitempty" maxLength:"1000" doc:"Cart link: what the mail says beside it"`
	}
}

type actionsView struct {
	Items   []inbox.OrderAction `json:"items"`
	Offered []inbox.ActionOffer `json:"offered" doc:"What the shop can be asked for, and may be; and why not the rest"`
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
	secured(a, huma.Operation{OperationID: "cart-actions", Method: "GET", Path: Root + "/carts/{id}/actions", Tags: tag,
		Summary: "List what agents had done with a cart in its shop, newest first"}, a.cartActions)
	secured(a, huma.Operation{OperationID: "act-on-cart", Method: "POST", Path: Root + "/carts/{id}/actions", Tags: tag,
		DefaultStatus: http.StatusAccepted, Summary: "Have the shop mail the way back to a cart, or say that it was bought in the store",
		Description: "For supervisors, admins and agents who may. Bought in the store, it becomes an order in the shop that is paid. It is done once, or becomes uncertain, as what is done with an order."}, a.actOnCart)
	secured(a, huma.Operation{OperationID: "retry-action", Method: "POST", Path: Root + "/actions/{id}", Tags: tag,
		DefaultStatus: http.StatusAccepted, Summary: "Try again what failed or is uncertain, or say what became of it"}, a.retryAction)
}

func (a *API) orderActions(ctx context.Context, by *inbox.Caller, in *OrderParam) (*body[actionsView], error) {
	list, offered, err := a.cfg.Store.OrderActions(ctx, &by.Rights, in.ID, a.cfg.Accounts.Actions)
	return &body[actionsView]{actionsView{list, offered}}, err
}

func (a *API) cartActions(ctx context.Context, by *inbox.Caller, in *CartParam) (*body[actionsView], error) {
	list, offered, err := a.cfg.Store.CartActions(ctx, &by.Rights, in.ID, a.cfg.Accounts.Actions)
	return &body[actionsView]{actionsView{list, offered}}, err
}

// asked begins a wish for an action at this time.
func (a *API) asked(key string, hash []byte, kind inbox.ActionKind) inbox.ActionAsk {
	now := a.cfg.Now()
	return inbox.ActionAsk{ID: inbox.NewID[inbox.ActionID](now), At: now, Key: key, Hash: hash, Kind: kind, Offers: a.cfg.Accounts.Actions, Encode: a.cfg.EncodeAction}
}

func (a *API) actOnCart(ctx context.Context, by *inbox.Caller, in *cartActionInput) (*body[inbox.OrderAction], error) {
	if err := checkIDs("path.id", in.ID); err != nil {
		return nil, err
	}
	text, err := plain("body.text", strings.TrimSpace(in.Body.Text))
	if err != nil {
		return nil, err
	}
	hash, err := requestHash("cart action", string(in.ID), &in.Body)
	if err != nil {
		return nil, err
	}
	ask := a.asked(in.Key, hash, in.Body.Kind)
	ask.Terms.Text = text
	done, err := a.cfg.Store.ActOnCart(ctx, by, in.ID, ask)
	return &body[inbox.OrderAction]{done}, err
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
	ask := a.asked(in.Key, hash, in.Body.Kind)
	ask.Terms = *t
	done, err := a.cfg.Store.ActOnOrder(ctx, by, in.ID, ask)
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
	done, err := a.cfg.Store.RetryAction(ctx, by, in.ID, in.Body.Word, a.asked("", nil, ""))
	return &body[inbox.OrderAction]{done}, err
}
