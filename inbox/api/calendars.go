package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

// Calendars say when inboxes are open.
type Calendars interface {
	Calendars(ctx context.Context) ([]inbox.Calendar, error)
	CreateCalendar(ctx context.Context, by *inbox.Caller, name, zone string, now time.Time) (inbox.Calendar, error)
	PatchCalendar(ctx context.Context, by *inbox.Caller, id string, edit func(*inbox.Calendar) error, now time.Time) (inbox.Calendar, error)
}

// A CalendarView is a calendar and what it says of this instant.
type CalendarView struct {
	inbox.Calendar
	Open  bool       `json:"open" doc:"Whether somebody is there now"`
	Opens *time.Time `json:"opens,omitempty" doc:"While closed: when somebody is next there; absent: not within a year"`
}

type makeCalendarInput struct {
	Body struct {
		Name string `json:"name" maxLength:"200"`
		Zone string `json:"zone" maxLength:"60" doc:"IANA name, such as Europe/Vienna"`
	}
}

type patchCalendarInput struct {
	ID   string `path:"id" maxLength:"36"`
	Body struct {
		Version  int64              `json:"version,omitempty" minimum:"1" doc:"That the author saw: any other is a conflict; absent: whatever it is"`
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
	secured(a, huma.Operation{OperationID: "make-calendar", Method: "POST", Path: Root + "/calendars", Tags: tag, DefaultStatus: http.StatusCreated,
		Summary: "Make a calendar that is always open", Description: "For admins."}, a.makeCalendar)
	secured(a, huma.Operation{OperationID: "patch-calendar", Method: "PATCH", Path: Root + "/calendars/{id}", Tags: tag,
		Summary: "Change hours, holidays or the zone", Description: "For admins. What is left out stays."}, a.patchCalendar)
}

func (a *API) listCalendars(ctx context.Context, by *inbox.Caller, _ *struct{}) (*body[items[CalendarView]], error) {
	if err := mayAdminister(by); err != nil {
		return nil, err
	}
	list, err := a.cfg.Store.Calendars(ctx)
	views := make([]CalendarView, len(list))
	for i := range list {
		views[i] = a.calendarView(list[i])
	}
	return &body[items[CalendarView]]{items[CalendarView]{views}}, err
}

func (a *API) calendarView(c inbox.Calendar) CalendarView {
	now := a.cfg.Now()
	v := CalendarView{Calendar: c, Open: c.Open(now)}
	if at, ok := c.Opens(now); ok && !v.Open {
		v.Opens = &at
	}
	return v
}

func (a *API) makeCalendar(ctx context.Context, by *inbox.Caller, in *makeCalendarInput) (*body[CalendarView], error) {
	if err := mayAdminister(by); err != nil {
		return nil, err
	}
	name, err := plain("body.name", in.Body.Name)
	if err != nil {
		return nil, err
	}
	zone, err := plain("body.zone", in.Body.Zone)
	if err != nil {
		return nil, err
	}
	c, err := a.cfg.Store.CreateCalendar(ctx, by, name, zone, a.cfg.Now())
	return &body[CalendarView]{a.calendarView(c)}, err
}

func (a *API) patchCalendar(ctx context.Context, by *inbox.Caller, in *patchCalendarInput) (*body[CalendarView], error) {
	if err := mayAdminister(by); err != nil {
		return nil, err
	}
	c, err := a.cfg.Store.PatchCalendar(ctx, by, in.ID, func(c *inbox.Calendar) error {
		b := &in.Body
		if b.Version != 0 && b.Version != c.Version {
			return &inbox.Error{Code: inbox.Conflict, Message: "somebody has changed it meanwhile: look again"}
		}
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
	}, a.cfg.Now())
	return &body[CalendarView]{a.calendarView(c)}, err
}
