package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

// Calendars say when inboxes are open.
type Calendars interface {
	Calendars(ctx context.Context) ([]inbox.Calendar, error)
	PatchCalendar(ctx context.Context, id string, change func(*inbox.Calendar) error) (inbox.Calendar, error)
}

type patchCalendarInput struct {
	ID   string `path:"id" maxLength:"36"`
	Body struct {
		Name     *string            `json:"name,omitempty" maxLength:"200"`
		Zone     *string            `json:"zone,omitempty" maxLength:"60" doc:"IANA name, such as Europe/Vienna"`
		Hours    *[]inbox.OpenHours `json:"hours,omitempty" maxItems:"100" doc:"All of them; empty: always open but on holidays"`
		Holidays *[]inbox.Holiday   `json:"holidays,omitempty" maxItems:"1000" doc:"All of them"`
	}
}

func (a *API) calendars() {
	tag := []string{"operations"}
	secured(a, huma.Operation{OperationID: "calendars", Method: "GET", Path: Root + "/calendars", Tags: tag,
		Summary: "List when inboxes are open", Description: "For admins."}, a.listCalendars)
	secured(a, huma.Operation{OperationID: "patch-calendar", Method: "PATCH", Path: Root + "/calendars/{id}", Tags: tag,
		Summary: "Change hours, holidays or the zone", Description: "For admins. What is left out stays."}, a.patchCalendar)
}

func forAdmins(by *inbox.Caller) error {
	if by.Agent.Role != inbox.AdminRole {
		return &inbox.Error{Code: inbox.Forbidden, Message: "this is for admins"}
	}
	return nil
}

func (a *API) listCalendars(ctx context.Context, by *inbox.Caller, _ *struct{}) (*body[items[inbox.Calendar]], error) {
	if err := forAdmins(by); err != nil {
		return nil, err
	}
	list, err := a.cfg.Store.Calendars(ctx)
	return &body[items[inbox.Calendar]]{items[inbox.Calendar]{list}}, err
}

func (a *API) patchCalendar(ctx context.Context, by *inbox.Caller, in *patchCalendarInput) (*body[inbox.Calendar], error) {
	if err := forAdmins(by); err != nil {
		return nil, err
	}
	c, err := a.cfg.Store.PatchCalendar(ctx, in.ID, func(c *inbox.Calendar) error {
		b := &in.Body
		for _, f := range []struct {
			to, from *string
			where    string
		}{{&c.Name, b.Name, "body.name"}, {&c.Zone, b.Zone, "body.zone"}} {
			if f.from != nil {
				text, err := plain(f.where, *f.from)
				if err != nil {
					return err
				}
				*f.to = text
			}
		}
		if b.Hours != nil {
			c.Hours = *b.Hours
		}
		if b.Holidays != nil {
			c.Holidays = *b.Holidays
			for i := range c.Holidays {
				var err error
				if c.Holidays[i].Name, err = plain("body.holidays", c.Holidays[i].Name); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return &body[inbox.Calendar]{c}, err
}
