package api

import (
	"context"
	"encoding/base64"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

// A Pusher knows what pushes need. See package push, whose Sender is one.
type Pusher interface {
	// PublicKey is what browsers subscribe with.
	PublicKey(ctx context.Context) ([]byte, error)
	// Check says what is wrong with what a browser gave.
	Check(s *inbox.PushSubscription) error
}

// A PushKey is what browsers subscribe with.
type PushKey struct {
	Key string `json:"key" doc:"applicationServerKey, in base64url"`
}

type subscribeInput struct {
	Body struct {
		Endpoint string `json:"endpoint" minLength:"1" maxLength:"2000"`
		P256dh   string `json:"p256dh" maxLength:"200" doc:"In base64url"`
		Auth     string `json:"auth" maxLength:"100" doc:"In base64url"`
		Key      string `json:"key" maxLength:"200" doc:"The key that it was subscribed with"`
		Name     string `json:"name,omitempty" maxLength:"200" doc:"What the browser calls itself"`
	}
}

type subscriptionInput struct {
	ID inbox.PushSubscriptionID `path:"id" maxLength:"36"`
}

func (a *API) pushes() {
	tag := []string{"notifications"}
	secured(a, huma.Operation{OperationID: "push-key", Method: "GET", Path: Root + "/push/key", Tags: tag,
		Summary: "Get the key that browsers subscribe with"}, a.pushKey)
	secured(a, huma.Operation{OperationID: "push-subscriptions", Method: "GET", Path: Root + "/push/subscriptions", Tags: tag,
		Summary: "List the browsers that take one's pushes"}, a.pushSubscriptions)
	secured(a, huma.Operation{OperationID: "subscribe", Method: "PUT", Path: Root + "/push/subscriptions", Tags: tag,
		DefaultStatus: 200, Summary: "Have this browser take one's pushes, while one is signed in", Description: "As its PushSubscription says. Repeating it changes nothing."}, a.subscribe)
	secured(a, huma.Operation{OperationID: "unsubscribe", Method: "DELETE", Path: Root + "/push/subscriptions/{id}", Tags: tag,
		DefaultStatus: 204, Summary: "Push to a browser no more"}, a.unsubscribe)
}

func (a *API) pushKey(ctx context.Context, _ *inbox.Caller, _ *struct{}) (*body[PushKey], error) {
	if a.cfg.Push == nil {
		return nil, &inbox.Error{Code: inbox.Unavailable, Message: "this server makes no pushes"}
	}
	key, err := a.cfg.Push.PublicKey(ctx)
	return &body[PushKey]{PushKey{base64.RawURLEncoding.EncodeToString(key)}}, err
}

func (a *API) pushSubscriptions(ctx context.Context, by *inbox.Caller, _ *struct{}) (*body[items[inbox.PushSubscription]], error) {
	list, err := a.cfg.Store.Subscriptions(ctx, by)
	return &body[items[inbox.PushSubscription]]{items[inbox.PushSubscription]{list}}, err
}

func (a *API) subscribe(ctx context.Context, by *inbox.Caller, in *subscribeInput) (*body[inbox.PushSubscription], error) {
	if a.cfg.Push == nil {
		return nil, &inbox.Error{Code: inbox.Unavailable, Message: "this server makes no pushes"}
	}
	sub := inbox.PushSubscription{Endpoint: in.Body.Endpoint}
	for _, f := range []struct {
		name, is string
		to       *[]byte
	}{{"body.p256dh", in.Body.P256dh, &sub.P256dh}, {"body.auth", in.Body.Auth, &sub.Auth}, {"body.key", in.Body.Key, &sub.ServerKey}} {
		raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(f.is, "="))
		if err != nil {
			return nil, invalid(f.name, "is not base64url")
		}
		*f.to = raw
	}
	if err := a.cfg.Push.Check(&sub); err != nil {
		return nil, err
	}
	key, err := a.cfg.Push.PublicKey(ctx)
	if err != nil {
		return nil, err
	}
	if string(key) != string(sub.ServerKey) {
		return nil, &inbox.Error{Code: inbox.Conflict, Message: "it was subscribed with another key: unsubscribe, and subscribe with the present one"}
	}
	if sub.Name, err = plain("body.name", in.Body.Name); err != nil {
		return nil, err
	}
	sub, err = a.cfg.Store.Subscribe(ctx, by, sub, a.cfg.Now())
	return &body[inbox.PushSubscription]{sub}, err
}

func (a *API) unsubscribe(ctx context.Context, by *inbox.Caller, in *subscriptionInput) (*struct{}, error) {
	return nil, a.cfg.Store.RemoveSubscription(ctx, by, in.ID)
}
