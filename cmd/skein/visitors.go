package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"skein/connectors"
	"skein/connectors/chat"
	"skein/inbox"
	"skein/inbox/bus"
	"skein/inbox/identity"
	"skein/inbox/visitor"
)

// answers answers what the sidecars ask.
func (s *server) answers() func(context.Context, connectors.Ask) (any, error) {
	visitors := visitor.New(visitor.Config{Store: s.store, Bus: s.bus, Blobs: s.blobs, Calendar: s.chatCalendar})
	return func(ctx context.Context, ask connectors.Ask) (any, error) {
		switch {
		case ask.Channel == inbox.Chat:
			return visitors.Answer(ctx, ask)
		case ask.Channel == inbox.Email && ask.Verb == connectors.AskToken:
			var request connectors.TokenAsk
			if err := json.Unmarshal(ask.Request, &request); err != nil {
				return nil, invalid("the question can't be read: %v", err)
			}
			return s.grants.Token(ctx, ask.Account, request)
		case ask.Channel == inbox.Phone && ask.Verb == connectors.AskAudio:
			// What came just now is being fetched by whoever took it.
			return s.store.WantedAudio(ctx, ask.Account, time.Now().Add(-time.Minute))
		case ask.Channel == inbox.Phone && ask.Verb == connectors.AskCaller:
			var request connectors.CallerAsk
			if err := json.Unmarshal(ask.Request, &request); err != nil {
				return nil, invalid("the question can't be read: %v", err)
			}
			return s.caller(ctx, ask.Account, request.Address)
		}
		return nil, &inbox.Error{Code: inbox.NotFound, Message: fmt.Sprintf("nothing is asked of %s by the name %.40q", ask.Channel, ask.Verb)}
	}
}

// caller says what is known of who calls an account.
func (s *server) caller(ctx context.Context, account inbox.AccountID, address string) (connectors.CallerAnswer, error) {
	list, err := s.store.Accounts(ctx)
	if err != nil {
		return connectors.CallerAnswer{}, err
	}
	at := slices.IndexFunc(list, func(a inbox.Account) bool { return a.ID == account && a.Channel == inbox.Phone })
	if at < 0 {
		return connectors.CallerAnswer{}, &inbox.Error{Code: inbox.NotFound, Message: "there is no such account"}
	}
	who, _, err := s.store.Caller(ctx, inbox.IdentityRef{Kind: inbox.PhoneNumber, Key: identity.Key(inbox.PhoneNumber, address, list[at].Region)})
	if inbox.CodeOf(err) == inbox.NotFound {
		err = nil
	}
	return connectors.CallerAnswer{Blocked: who.Blocked}, err
}

// chatSettings opens what a chat's account says.
func (s *server) chatSettings(a *inbox.Account) (*chat.Settings, error) {
	raw, err := bus.OpenSettings(s.cfg.secret, a.Settings, a.Channel, a.ID)
	if err != nil {
		return nil, err
	}
	return chat.ParseSettings(connectors.Account{ID: a.ID, Settings: raw})
}

// chatCalendar names the calendar by which a chat is open, "" for its inbox's.
func (s *server) chatCalendar(ctx context.Context, id inbox.AccountID) (string, error) {
	list, err := s.store.Accounts(ctx)
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(list, func(a inbox.Account) bool { return a.ID == id && a.Channel == inbox.Chat })
	if at < 0 {
		return "", &inbox.Error{Code: inbox.NotFound, Message: "there is no such account"}
	}
	set, err := s.chatSettings(&list[at])
	if err != nil {
		return "", err
	}
	return set.Calendar, nil
}

// visitorMail says how an account's visitors hear of answers that they missed.
// One whose settings can't work sends no mail.
func (s *server) visitorMail(a *inbox.Account) (inbox.VisitorMail, error) {
	set, err := s.chatSettings(a)
	if inbox.CodeOf(err) == inbox.Invalid {
		return inbox.VisitorMail{}, nil
	}
	if err != nil {
		return inbox.VisitorMail{}, err
	}
	return set.VisitorMail(a.Name), nil
}
