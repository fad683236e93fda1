package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

// SavedReplies are texts that agents use again, and what is done with them.
type SavedReplies interface {
	SavedReplies(ctx context.Context, agent inbox.AgentID) ([]inbox.SavedReply, error)
	TextVariables() []string
	SaveReply(ctx context.Context, by *inbox.Caller, r inbox.SavedReply, now time.Time) (inbox.SavedReply, error)
	DeleteSavedReply(ctx context.Context, by *inbox.Caller, id inbox.SavedReplyID, now time.Time) error
	RenderSaved(ctx context.Context, by *inbox.Caller, ref string, id inbox.SavedReplyID, locale string, to, cc []inbox.Party, matchKey func(string) string) (inbox.SavedText, error)
}

// A SavedReplyList is what an agent may use, and the variables that texts may
// have.
type SavedReplyList struct {
	Items     []inbox.SavedReply `json:"items"`
	Variables []string           `json:"variables" doc:"Names that may stand in {{ }}"`
}

// SavedReplyFields are what is said of a saved reply.
type SavedReplyFields struct {
	TeamID  inbox.TeamID      `json:"teamId,omitempty" maxLength:"36" doc:"Of everybody's: the team that it is for"`
	Folder  string            `json:"folder,omitempty" maxLength:"100"`
	Name    string            `json:"name" minLength:"1" maxLength:"200"`
	Texts   []inbox.SavedText `json:"texts" maxItems:"30" doc:"One a language; the first is used where none fits"`
	Actions inbox.Actions     `json:"actions,omitempty"`
}

type newSavedReplyInput struct {
	Body struct {
		SavedReplyFields
		Shared bool `json:"shared,omitempty" doc:"Everybody's, by supervisors and admins; else the caller's own"`
	}
}

type savedReplyInput struct {
	ID   inbox.SavedReplyID `path:"id" maxLength:"36"`
	Body struct {
		SavedReplyFields
		Version int64 `json:"version" minimum:"1" doc:"That the author saw"`
	}
}

type savedReplyIDInput struct {
	ID inbox.SavedReplyID `path:"id" maxLength:"36"`
}

type renderSavedInput struct {
	RefParam
	Reply inbox.SavedReplyID `path:"replyId" maxLength:"36"`
	Body  struct {
		Locale string        `json:"locale,omitempty" maxLength:"35" doc:"Before the customer's and the brand's own"`
		To     []inbox.Party `json:"to,omitempty" maxItems:"50" doc:"Absent: whoever wrote last"`
		Cc     []inbox.Party `json:"cc,omitempty" maxItems:"50"`
	}
}

func (a *API) savedReplies() {
	tag := []string{"saved replies"}
	secured(a, huma.Operation{OperationID: "saved-replies", Method: "GET", Path: Root + "/saved-replies", Tags: tag,
		Summary: "List everybody's saved replies and one's own"}, a.listSavedReplies)
	secured(a, huma.Operation{OperationID: "make-saved-reply", Method: "POST", Path: Root + "/saved-replies", Tags: tag,
		DefaultStatus: http.StatusCreated, Summary: "Save a text to be used again, with what is done with it",
		Description: "Everybody's are for supervisors and admins to make and change. A variable that there is none of is refused."}, a.makeSavedReply)
	secured(a, huma.Operation{OperationID: "change-saved-reply", Method: "PUT", Path: Root + "/saved-replies/{id}", Tags: tag,
		Summary: "Replace a saved reply"}, a.changeSavedReply)
	secured(a, huma.Operation{OperationID: "delete-saved-reply", Method: "DELETE", Path: Root + "/saved-replies/{id}", Tags: tag,
		DefaultStatus: http.StatusNoContent, Summary: "Take a saved reply away"}, a.deleteSavedReply)
	secured(a, huma.Operation{OperationID: "render-saved-reply", Method: "POST", Path: Root + "/conversations/{id}/saved-replies/{replyId}/render", Tags: tag,
		DefaultStatus: http.StatusOK, Summary: "Fill in a saved reply's variables, in the customer's language",
		Description: "It is a conflict, which names the variable, when no order is linked or its data may not go to all recipients."}, a.renderSavedReply)
}

func (a *API) listSavedReplies(ctx context.Context, by *inbox.Caller, _ *struct{}) (*body[SavedReplyList], error) {
	list, err := a.cfg.Store.SavedReplies(ctx, by.Agent.ID)
	return &body[SavedReplyList]{SavedReplyList{list, a.cfg.Store.TextVariables()}}, err
}

func (b *SavedReplyFields) reply() (r inbox.SavedReply, err error) {
	if err = checkIDs("body.teamId", b.TeamID); err != nil {
		return r, err
	}
	r.TeamID, r.Actions = b.TeamID, b.Actions
	for _, f := range []struct {
		to    *string
		where string
		text  string
	}{{&r.Folder, "body.folder", b.Folder}, {&r.Name, "body.name", b.Name}} {
		if *f.to, err = plain(f.where, strings.Join(strings.Fields(f.text), " ")); err != nil {
			return r, err
		}
	}
	for i, t := range b.Texts {
		where := fmt.Sprintf("body.texts[%d]", i)
		if len(t.Text) > 100_000 {
			return r, invalid(where+".text", "is longer than 100,000 bytes")
		}
		if err := language(where+".locale", t.Locale); err != nil {
			return r, err
		}
		if t.Text, err = plain(where+".text", t.Text); err != nil {
			return r, err
		}
		r.Texts = append(r.Texts, t)
	}
	for i, t := range r.Actions.AddTags {
		if _, err := plain(fmt.Sprintf("body.actions.addTags[%d]", i), t); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (a *API) makeSavedReply(ctx context.Context, by *inbox.Caller, in *newSavedReplyInput) (*body[inbox.SavedReply], error) {
	r, err := in.Body.reply()
	if err != nil {
		return nil, err
	}
	if !in.Body.Shared {
		r.Owner = by.Agent.ID
	}
	r, err = a.cfg.Store.SaveReply(ctx, by, r, a.cfg.Now())
	return &body[inbox.SavedReply]{r}, err
}

func (a *API) changeSavedReply(ctx context.Context, by *inbox.Caller, in *savedReplyInput) (*body[inbox.SavedReply], error) {
	r, err := in.Body.reply()
	if err != nil {
		return nil, err
	}
	r.ID, r.Version = in.ID, in.Body.Version
	r, err = a.cfg.Store.SaveReply(ctx, by, r, a.cfg.Now())
	return &body[inbox.SavedReply]{r}, err
}

func (a *API) deleteSavedReply(ctx context.Context, by *inbox.Caller, in *savedReplyIDInput) (*struct{}, error) {
	return nil, a.cfg.Store.DeleteSavedReply(ctx, by, in.ID, a.cfg.Now())
}

func (a *API) renderSavedReply(ctx context.Context, by *inbox.Caller, in *renderSavedInput) (*body[inbox.SavedText], error) {
	var err error
	b := &in.Body
	if b.To, err = a.parties("body.to", b.To); err != nil {
		return nil, err
	}
	if b.Cc, err = a.parties("body.cc", b.Cc); err != nil {
		return nil, err
	}
	if b.Locale, err = plain("body.locale", b.Locale); err != nil {
		return nil, err
	}
	t, err := a.cfg.Store.RenderSaved(ctx, by, in.ID, in.Reply, b.Locale, b.To, b.Cc, a.cfg.MatchKey)
	return &body[inbox.SavedText]{t}, err
}

// language refuses what has not the form of a BCP 47 tag. Empty passes: none is named.
func language(where, tag string) error {
	if len(tag) > 35 || strings.ContainsFunc(tag, func(c rune) bool {
		return c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
	}) {
		return invalid(where, "is no language: want one such as de or pt-BR")
	}
	return nil
}
