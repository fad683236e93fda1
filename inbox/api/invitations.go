package api

import (
	"context"
	"net/http"
	"net/mail"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
	"skein/inbox/auth"
)

// Invitations ask people to work here.
type Invitations interface {
	Invitations(ctx context.Context) ([]inbox.Invitation, error)
	Invite(ctx context.Context, by *inbox.Caller, v inbox.Invitation, hash []byte, letter inbox.AgentLetter, coder inbox.Coder, now time.Time) (inbox.Invitation, error)
	InviteAgain(ctx context.Context, by *inbox.Caller, id inbox.InvitationID, hash []byte, letter func(*inbox.Invitation) inbox.AgentLetter, coder inbox.Coder, now time.Time) (inbox.Invitation, error)
	RevokeInvitation(ctx context.Context, by *inbox.Caller, id inbox.InvitationID, now time.Time) error
	Invited(ctx context.Context, hash []byte, now time.Time) (inbox.Invitation, error)
	Accept(ctx context.Context, hash []byte, name, locale, password, request string, now time.Time) (inbox.Agent, error)
}

// An InvitationLink is an invitation and the link that accepts it, which is shown
// this once.
type InvitationLink struct {
	Invitation inbox.Invitation `json:"invitation"`
	Link       string           `json:"link" doc:"Good once, for seven days; it can't be read again"`
}

type inviteInput struct {
	Body struct {
		Email   string          `json:"email" maxLength:"320"`
		Role    inbox.Role      `json:"role" enum:"agent,supervisor,admin"`
		Inboxes []inbox.InboxID `json:"inboxes,omitempty" maxItems:"1000" doc:"That an agent may see; supervisors and admins see all"`
		Teams   []inbox.TeamID  `json:"teams,omitempty" maxItems:"1000"`
	}
}

type invitationIDInput struct {
	ID inbox.InvitationID `path:"id" maxLength:"36"`
}

type linkInput struct {
	Body struct {
		Token string `json:"token" maxLength:"200" doc:"What follows # in the link"`
	}
}

// An Invited is what somebody with an invitation's link sees.
type Invited struct {
	Email     string    `json:"email"`
	ExpiresAt time.Time `json:"expiresAt"`
}

type acceptInput struct {
	Body struct {
		Token    string `json:"token" maxLength:"200" doc:"What follows # in the link"`
		Name     string `json:"name" minLength:"1" maxLength:"200" doc:"That customers and colleagues see"`
		Password string `json:"password" maxLength:"1024" format:"password" doc:"At least ten characters"`
		Locale   string `json:"locale,omitempty" maxLength:"35" doc:"Language of the pages"`
	}
}

func (a *API) invitations() {
	tag := []string{"agents"}
	admins := "For admins. "
	secured(a, huma.Operation{OperationID: "invitations", Method: "GET", Path: Root + "/invitations", Tags: tag,
		Summary: "List who is invited", Description: admins + "Those that were neither accepted nor withdrawn, expired ones too."}, a.listInvitations)
	secured(a, huma.Operation{OperationID: "invite", Method: "POST", Path: Root + "/invitations", Tags: tag, DefaultStatus: http.StatusCreated,
		Summary: "Invite somebody to work here", Description: admins + "The link goes by mail where a mailbox sends, and is in the answer."}, a.invite)
	secured(a, huma.Operation{OperationID: "invite-again", Method: "POST", Path: Root + "/invitations/{id}/resend", Tags: tag,
		Summary: "Send an invitation again", Description: admins + "With a new link, good for seven days: the old one is good no more."}, a.inviteAgain)
	secured(a, huma.Operation{OperationID: "revoke-invitation", Method: "DELETE", Path: Root + "/invitations/{id}", Tags: tag,
		DefaultStatus: http.StatusNoContent, Summary: "Withdraw an invitation", Description: admins}, a.revokeInvitation)
	own := huma.Middlewares{a.ownPage}
	handle(a, huma.Operation{OperationID: "look-at-invitation", Method: "POST", Path: Root + "/invitation", Tags: tag, MaxBodyBytes: 16 << 10,
		Summary: "See whom an invitation's link is for"}, a.lookAtInvitation)
	handle(a, huma.Operation{OperationID: "accept-invitation", Method: "POST", Path: Root + "/invitation/accept", Tags: tag, Middlewares: own,
		MaxBodyBytes: 16 << 10, Summary: "Accept an invitation", Description: "It works once, and signs in."}, a.accept)
}

// coder is what a mail to an agent is made with.
func (a *API) coder() inbox.Coder {
	return inbox.Coder{New: auth.NewLink, Encode: a.cfg.Encode, HeaderID: func(id inbox.MessageID, from *inbox.Account) string {
		header, _ := a.cfg.Seal(id, "", from)
		return header
	}}
}

func (a *API) listInvitations(ctx context.Context, by *inbox.Caller, _ *struct{}) (*body[items[inbox.Invitation]], error) {
	if err := mayAdminister(by); err != nil {
		return nil, err
	}
	list, err := a.cfg.Store.Invitations(ctx)
	return &body[items[inbox.Invitation]]{items[inbox.Invitation]{list}}, err
}

func (a *API) invite(ctx context.Context, by *inbox.Caller, in *inviteInput) (*body[InvitationLink], error) {
	if err := mayAdminister(by); err != nil {
		return nil, err
	}
	email, err := plain("body.email", strings.TrimSpace(in.Body.Email))
	if err != nil {
		return nil, err
	}
	if p, err := mail.ParseAddress(email); err != nil || p.Address != email {
		return nil, invalid("body.email", "is no mail address: want one such as ana@example.com")
	}
	token, hash := auth.NewLink()
	letter := a.invitationLetter(by.Agent.Locale, by.Agent.Name, email, token)
	v, err := a.cfg.Store.Invite(ctx, by, inbox.Invitation{Email: email, Role: in.Body.Role, Inboxes: in.Body.Inboxes, Teams: in.Body.Teams},
		hash, letter, a.coder(), a.cfg.Now())
	return &body[InvitationLink]{InvitationLink{v, a.link("join", token)}}, err
}

func (a *API) inviteAgain(ctx context.Context, by *inbox.Caller, in *invitationIDInput) (*body[InvitationLink], error) {
	token, hash := auth.NewLink()
	v, err := a.cfg.Store.InviteAgain(ctx, by, in.ID, hash, func(v *inbox.Invitation) inbox.AgentLetter {
		return a.invitationLetter(by.Agent.Locale, by.Agent.Name, v.Email, token)
	}, a.coder(), a.cfg.Now())
	return &body[InvitationLink]{InvitationLink{v, a.link("join", token)}}, err
}

func (a *API) revokeInvitation(ctx context.Context, by *inbox.Caller, in *invitationIDInput) (*struct{}, error) {
	return nil, a.cfg.Store.RevokeInvitation(ctx, by, in.ID, a.cfg.Now())
}

func (a *API) lookAtInvitation(ctx context.Context, in *linkInput) (*body[Invited], error) {
	hash, err := a.tryLink(ctx, in.Body.Token)
	if err != nil {
		return nil, err
	}
	v, err := a.cfg.Store.Invited(ctx, hash, a.cfg.Now())
	return &body[Invited]{Invited{v.Email, v.ExpiresAt}}, err
}

func (a *API) accept(ctx context.Context, in *acceptInput) (*signedOutput, error) {
	hash, err := a.tryLink(ctx, in.Body.Token)
	if err != nil {
		return nil, err
	}
	now := a.cfg.Now()
	// A link that is good for nothing buys no work.
	if _, err := a.cfg.Store.Invited(ctx, hash, now); err != nil {
		return nil, err
	}
	name, err := nameOf("body.name", in.Body.Name)
	if err != nil {
		return nil, err
	}
	if err := language("body.locale", in.Body.Locale); err != nil {
		return nil, err
	}
	password, err := a.cfg.Passwords.Hash(ctx, in.Body.Password)
	if err != nil {
		return nil, err
	}
	agent, err := a.cfg.Store.Accept(ctx, hash, name, in.Body.Locale, password, infoOf(ctx).id, now)
	if err != nil {
		return nil, err
	}
	return a.enter(ctx, agent, password, now)
}

// tryLink is the hash of a token, which is tried only so often from one address.
func (a *API) tryLink(ctx context.Context, token string) ([]byte, error) {
	if wait := a.links.take(network(infoOf(ctx).client), a.cfg.Now()); wait > 0 {
		return nil, a.limited("too many tries: wait a moment", wait)
	}
	hash := auth.LinkHash(token)
	if hash == nil {
		return nil, &inbox.Error{Code: inbox.NotFound, Message: "this link is not whole: copy all of it"}
	}
	return hash, nil
}
