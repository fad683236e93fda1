package api

import (
	"context"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

type notificationsInput struct {
	CursorParams
	Unread bool   `query:"unread" doc:"Only those"`
	Kind   string `query:"kind" enum:"assignment,mention,message,direct" doc:"Empty: all"`
}

type readInput struct {
	Body struct {
		IDs          []inbox.NotificationID `json:"ids,omitempty" maxItems:"100"`
		Conversation string                 `json:"conversationId,omitempty" maxLength:"36" doc:"All about it; its id or its number"`
		Through      *time.Time             `json:"through,omitempty" doc:"All that were made until then: the at of the newest that was seen"`
	}
}

// ReadCount tells how many notifications were not read before.
type ReadCount struct {
	Read int `json:"read"`
}

// UnreadCount tells how many notifications are not read.
type UnreadCount struct {
	Count int `json:"count" doc:"Up to 100, which stands for more too"`
}

// NotificationKinds are the settings of each kind.
type NotificationKinds struct {
	Assignment inbox.Ways `json:"assignment" doc:"A conversation is given to the agent"`
	Mention    inbox.Ways `json:"mention" doc:"A note names the agent"`
	Message    inbox.Ways `json:"message" doc:"Something is said in a conversation that is the agent's, or that the agent watches"`
}

// NotificationSettings are how the agent wants to be told.
type NotificationSettings struct {
	Kinds       NotificationKinds `json:"kinds"`
	PushText    bool              `json:"pushText" doc:"Whether pushes carry the first words of messages"`
	DigestAfter int               `json:"digestAfter" doc:"Minutes of absence after which unread notifications are mailed"`
}

func settingsOf(s inbox.NotificationSettings) *body[NotificationSettings] {
	return &body[NotificationSettings]{NotificationSettings{
		Kinds: NotificationKinds{
			Assignment: s.Kinds[inbox.AssignmentNotice], Mention: s.Kinds[inbox.MentionNotice], Message: s.Kinds[inbox.MessageNotice],
		},
		PushText: s.PushText, DigestAfter: s.DigestAfter,
	}}
}

type settingsInput struct {
	Body struct {
		Kinds struct {
			Assignment *inbox.Ways `json:"assignment,omitempty"`
			Mention    *inbox.Ways `json:"mention,omitempty"`
			Message    *inbox.Ways `json:"message,omitempty"`
		} `json:"kinds,omitempty"`
		PushText    *bool `json:"pushText,omitempty" doc:"Whether pushes carry the first words of messages"`
		DigestAfter *int  `json:"digestAfter,omitempty" minimum:"5" maximum:"10080" doc:"Minutes of absence after which unread notifications are mailed"`
	}
}

// Watching tells whether the agent watches a conversation.
type Watching struct {
	Watching bool `json:"watching"`
}

func (a *API) notifications() {
	tag := []string{"notifications"}
	secured(a, huma.Operation{OperationID: "notifications", Method: "GET", Path: Root + "/notifications", Tags: tag,
		Summary: "List what one was told, newest first"}, a.listNotifications)
	secured(a, huma.Operation{OperationID: "unread", Method: "GET", Path: Root + "/notifications/unread", Tags: tag,
		Summary: "Count one's unread notifications"}, a.unread)
	secured(a, huma.Operation{OperationID: "read-notifications", Method: "POST", Path: Root + "/notifications/read", Tags: tag,
		DefaultStatus: 200, Summary: "Mark notifications as read, on every device",
		Description: "By their ids, all about a conversation, or all until a time: exactly one of these."}, a.readNotifications)
	secured(a, huma.Operation{OperationID: "notification-settings", Method: "GET", Path: Root + "/notifications/settings", Tags: tag,
		Summary: "Get how one is told of what"}, a.notificationSettings)
	secured(a, huma.Operation{OperationID: "change-notification-settings", Method: "PATCH", Path: Root + "/notifications/settings", Tags: tag,
		Summary: "Say how one wants to be told of what"}, a.changeNotificationSettings)
	secured(a, huma.Operation{OperationID: "people", Method: "GET", Path: Root + "/conversations/{id}/people", Tags: tag,
		Summary: "List the agents who may see a conversation, and their teams, by name", Description: "Whom a note in it may name."}, a.people)
	secured(a, huma.Operation{OperationID: "watching", Method: "GET", Path: Root + "/conversations/{id}/watch", Tags: tag,
		Summary: "Get whether one watches a conversation"}, a.watching)
	secured(a, huma.Operation{OperationID: "watch", Method: "PUT", Path: Root + "/conversations/{id}/watch", Tags: tag,
		DefaultStatus: 204, Summary: "Watch a conversation: be told of what is said in it"}, a.watch(true))
	secured(a, huma.Operation{OperationID: "unwatch", Method: "DELETE", Path: Root + "/conversations/{id}/watch", Tags: tag,
		DefaultStatus: 204, Summary: "Watch a conversation no more"}, a.watch(false))
}

func (a *API) listNotifications(ctx context.Context, by *inbox.Caller, in *notificationsInput) (*body[page[inbox.Notification]], error) {
	f := inbox.NotificationFilter{Unread: in.Unread, Kind: inbox.NotificationKind(in.Kind), Limit: in.Limit}
	var err error
	if f.After, err = inbox.ParseCursor(in.Cursor); err != nil {
		return nil, err
	}
	list, next, err := a.cfg.Store.Notifications(ctx, &by.Rights, f)
	return &body[page[inbox.Notification]]{page[inbox.Notification]{list, next.String()}}, err
}

func (a *API) unread(ctx context.Context, by *inbox.Caller, _ *struct{}) (*body[UnreadCount], error) {
	n, err := a.cfg.Store.Unread(ctx, &by.Rights)
	return &body[UnreadCount]{UnreadCount{n}}, err
}

func (a *API) readNotifications(ctx context.Context, by *inbox.Caller, in *readInput) (*body[ReadCount], error) {
	b := &in.Body
	if err := checkIDs("body.ids", b.IDs...); err != nil {
		return nil, err
	}
	if slices.Contains(b.IDs, "") {
		return nil, invalid("body.ids", "names none")
	}
	sel := inbox.ReadSelection{IDs: b.IDs, Conversation: b.Conversation}
	ways := 0
	for _, given := range []bool{len(b.IDs) > 0, b.Conversation != "", b.Through != nil} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return nil, invalid("body", "says which by one of ids, conversationId and through")
	}
	if b.Through != nil {
		if y := b.Through.Year(); y < 1 || y > 9999 {
			return nil, invalid("body.through", "is no time that can be meant")
		}
		sel.Through = *b.Through
	}
	n, err := a.cfg.Store.ReadNotifications(ctx, by, sel, a.cfg.Now())
	return &body[ReadCount]{ReadCount{n}}, err
}

func (a *API) notificationSettings(ctx context.Context, by *inbox.Caller, _ *struct{}) (*body[NotificationSettings], error) {
	set, err := a.cfg.Store.NotificationSettings(ctx, by.Agent.ID)
	return settingsOf(set), err
}

func (a *API) changeNotificationSettings(ctx context.Context, by *inbox.Caller, in *settingsInput) (*body[NotificationSettings], error) {
	p := inbox.NotificationPatch{Kinds: map[inbox.NotificationKind]inbox.Ways{}, PushText: in.Body.PushText, DigestAfter: in.Body.DigestAfter}
	for kind, ways := range map[inbox.NotificationKind]*inbox.Ways{
		inbox.AssignmentNotice: in.Body.Kinds.Assignment, inbox.MentionNotice: in.Body.Kinds.Mention, inbox.MessageNotice: in.Body.Kinds.Message,
	} {
		if ways != nil {
			p.Kinds[kind] = *ways
		}
	}
	set, err := a.cfg.Store.PatchNotificationSettings(ctx, by, p)
	return settingsOf(set), err
}

func (a *API) people(ctx context.Context, by *inbox.Caller, in *RefParam) (*body[inbox.Mentionable], error) {
	list, err := a.cfg.Store.Mentionable(ctx, &by.Rights, in.ID)
	return &body[inbox.Mentionable]{list}, err
}

func (a *API) watching(ctx context.Context, by *inbox.Caller, in *RefParam) (*body[Watching], error) {
	on, err := a.cfg.Store.WatchesConversation(ctx, &by.Rights, in.ID)
	return &body[Watching]{Watching{on}}, err
}

func (a *API) watch(on bool) func(context.Context, *inbox.Caller, *RefParam) (*struct{}, error) {
	return func(ctx context.Context, by *inbox.Caller, in *RefParam) (*struct{}, error) {
		return nil, a.cfg.Store.WatchConversation(ctx, by, in.ID, on, a.cfg.Now())
	}
}
