package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
	"skein/inbox/markup"
)

// Workspace is what the place consists of: inboxes, and the brands that they are
// of.
type Workspace interface {
	Inboxes(ctx context.Context, rights *inbox.Rights) ([]inbox.Inbox, error)
	SaveInbox(ctx context.Context, by *inbox.Caller, in inbox.Inbox, now time.Time) (inbox.Inbox, error)
	ArchiveInbox(ctx context.Context, by *inbox.Caller, id inbox.InboxID, version int64, archived bool, to inbox.InboxID, now time.Time) (inbox.Inbox, error)
	Brands(ctx context.Context) ([]inbox.Brand, error)
	SaveBrand(ctx context.Context, by *inbox.Caller, b inbox.Brand, now time.Time) (inbox.Brand, error)
}

// InboxFields are what is said of an inbox.
type InboxFields struct {
	Name       string          `json:"name" minLength:"1" maxLength:"200"`
	BrandID    inbox.BrandID   `json:"brandId" maxLength:"36"`
	CalendarID string          `json:"calendarId" maxLength:"36" doc:"When it is open"`
	Signature  inbox.Signature `json:"signature" doc:"What replies from it end with"`
}

type makeInboxInput struct{ Body InboxFields }

// An InboxParam names an inbox.
type InboxParam struct {
	ID inbox.InboxID `path:"id" maxLength:"36"`
}

type changeInboxInput struct {
	InboxParam
	Body struct {
		InboxFields
		Version int64 `json:"version" minimum:"1" doc:"That the author saw"`
	}
}

type archiveInboxInput struct {
	InboxParam
	Body struct {
		Version  int64         `json:"version" minimum:"1" doc:"That the author saw"`
		Archived bool          `json:"archived"`
		To       inbox.InboxID `json:"to,omitempty" maxLength:"36" doc:"The inbox that its accounts arrive in from now on; needed where it has any"`
	}
}

// BrandFields are what is said of a brand.
type BrandFields struct {
	Name   string `json:"name" minLength:"1" maxLength:"200"`
	Locale string `json:"locale" maxLength:"35" doc:"BCP 47, such as en, de or pt-BR"`
}

type makeBrandInput struct{ Body BrandFields }

type changeBrandInput struct {
	ID   inbox.BrandID `path:"id" maxLength:"36"`
	Body struct {
		BrandFields
		Version int64 `json:"version" minimum:"1" doc:"That the author saw"`
	}
}

func (a *API) workspace() {
	tag := []string{"workspace"}
	secured(a, huma.Operation{OperationID: "inboxes", Method: "GET", Path: Root + "/inboxes", Tags: tag,
		Summary: "List the inboxes, archived ones too", Description: "Those that the reader may see."}, a.listInboxes)
	secured(a, huma.Operation{OperationID: "make-inbox", Method: "POST", Path: Root + "/inboxes", Tags: tag, DefaultStatus: http.StatusCreated,
		Summary: "Make an inbox", Description: "For admins. Supervisors and admins see it at once, agents when they are made members."}, a.makeInbox)
	secured(a, huma.Operation{OperationID: "change-inbox", Method: "PUT", Path: Root + "/inboxes/{id}", Tags: tag,
		Summary: "Change an inbox: its name, brand, hours and signature", Description: "For admins."}, a.changeInbox)
	secured(a, huma.Operation{OperationID: "archive-inbox", Method: "POST", Path: Root + "/inboxes/{id}/archive", Tags: tag,
		Summary:     "Close an inbox, or open it again",
		Description: "For admins. Its accounts arrive in another from then on, which has to be named where there are any. Its conversations stay where they are."}, a.archiveInbox)
	secured(a, huma.Operation{OperationID: "brands", Method: "GET", Path: Root + "/brands", Tags: tag,
		Summary: "List the brands", Description: "For admins."}, a.listBrands)
	secured(a, huma.Operation{OperationID: "make-brand", Method: "POST", Path: Root + "/brands", Tags: tag, DefaultStatus: http.StatusCreated,
		Summary: "Make a brand", Description: "For admins."}, a.makeBrand)
	secured(a, huma.Operation{OperationID: "change-brand", Method: "PUT", Path: Root + "/brands/{id}", Tags: tag,
		Summary: "Change a brand", Description: "For admins."}, a.changeBrand)
}

func (a *API) listInboxes(ctx context.Context, by *inbox.Caller, _ *struct{}) (*body[items[inbox.Inbox]], error) {
	list, err := a.cfg.Store.Inboxes(ctx, &by.Rights)
	return &body[items[inbox.Inbox]]{items[inbox.Inbox]{list}}, err
}

// inboxOf is the inbox that fields describe. The looks of a signature are made
// safe here.
func inboxOf(f *InboxFields) (in inbox.Inbox, err error) {
	in = inbox.Inbox{BrandID: f.BrandID, CalendarID: f.CalendarID}
	if in.Name, err = plain("body.name", f.Name); err != nil {
		return in, err
	}
	if in.Signature.Text, err = plain("body.signature.text", f.Signature.Text); err != nil {
		return in, err
	}
	html, err := plain("body.signature.html", f.Signature.HTML)
	if err != nil {
		return in, err
	}
	in.Signature.HTML, _ = markup.Sanitise(html)
	return in, nil
}

func (a *API) makeInbox(ctx context.Context, by *inbox.Caller, in *makeInboxInput) (*body[inbox.Inbox], error) {
	if err := mayAdminister(by); err != nil {
		return nil, err
	}
	next, err := inboxOf(&in.Body)
	if err != nil {
		return nil, err
	}
	next, err = a.cfg.Store.SaveInbox(ctx, by, next, a.cfg.Now())
	return &body[inbox.Inbox]{next}, err
}

func (a *API) changeInbox(ctx context.Context, by *inbox.Caller, in *changeInboxInput) (*body[inbox.Inbox], error) {
	if err := mayAdminister(by); err != nil {
		return nil, err
	}
	next, err := inboxOf(&in.Body.InboxFields)
	if err != nil {
		return nil, err
	}
	next.ID, next.Version = in.ID, in.Body.Version
	next, err = a.cfg.Store.SaveInbox(ctx, by, next, a.cfg.Now())
	return &body[inbox.Inbox]{next}, err
}

func (a *API) archiveInbox(ctx context.Context, by *inbox.Caller, in *archiveInboxInput) (*body[inbox.Inbox], error) {
	if err := mayAdminister(by); err != nil {
		return nil, err
	}
	b := &in.Body
	next, err := a.cfg.Store.ArchiveInbox(ctx, by, in.ID, b.Version, b.Archived, b.To, a.cfg.Now())
	return &body[inbox.Inbox]{next}, err
}

func (a *API) listBrands(ctx context.Context, by *inbox.Caller, _ *struct{}) (*body[items[inbox.Brand]], error) {
	if err := mayAdminister(by); err != nil {
		return nil, err
	}
	list, err := a.cfg.Store.Brands(ctx)
	return &body[items[inbox.Brand]]{items[inbox.Brand]{list}}, err
}

func (a *API) saveBrand(ctx context.Context, by *inbox.Caller, b inbox.Brand) (*body[inbox.Brand], error) {
	if err := mayAdminister(by); err != nil {
		return nil, err
	}
	var err error
	if b.Name, err = plain("body.name", b.Name); err != nil {
		return nil, err
	}
	b, err = a.cfg.Store.SaveBrand(ctx, by, b, a.cfg.Now())
	return &body[inbox.Brand]{b}, err
}

func (a *API) makeBrand(ctx context.Context, by *inbox.Caller, in *makeBrandInput) (*body[inbox.Brand], error) {
	return a.saveBrand(ctx, by, inbox.Brand{Name: in.Body.Name, Locale: in.Body.Locale})
}

func (a *API) changeBrand(ctx context.Context, by *inbox.Caller, in *changeBrandInput) (*body[inbox.Brand], error) {
	return a.saveBrand(ctx, by, inbox.Brand{ID: in.ID, Version: in.Body.Version, Name: in.Body.Name, Locale: in.Body.Locale})
}
