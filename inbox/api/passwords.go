package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
	"skein/inbox/auth"
)

// Resets give agents another password.
type Resets interface {
	AskReset(ctx context.Context, email string, now time.Time) error
	MakeReset(ctx context.Context, by *inbox.Caller, id inbox.AgentID, hash []byte, letter func(*inbox.Agent) inbox.AgentLetter, coder inbox.Coder, now time.Time) (mailed bool, err error)
	ResetOf(ctx context.Context, hash []byte, now time.Time) (inbox.Agent, error)
	Reset(ctx context.Context, hash []byte, password, request string, now time.Time) (inbox.Agent, error)
	PasswordHash(ctx context.Context, id inbox.AgentID) (string, error)
	SetPassword(ctx context.Context, by *inbox.Caller, was, hash string, now time.Time) error
}

// Bounds of what anybody may ask for without a session: a link for an address, and
// tries at links from one network.
var resetLimits = Limits{AddressBurst: 10, AddressEvery: 30 * time.Second, EmailBurst: 3, EmailEvery: 5 * time.Minute}

const (
	linkBurst = 30
	linkEvery = 2 * time.Second
)

type forgotInput struct {
	Body struct {
		Email string `json:"email" maxLength:"320"`
	}
}

// A PasswordLink sets another password, and is shown this once.
type PasswordLink struct {
	Link      string    `json:"link" doc:"Good once, for an hour; it can't be read again"`
	ExpiresAt time.Time `json:"expiresAt"`
	Mailed    bool      `json:"mailed" doc:"Whether it went by mail too"`
}

type resetInput struct {
	Body struct {
		Token    string `json:"token" maxLength:"200" doc:"What follows # in the link"`
		Password string `json:"password" maxLength:"1024" format:"password" doc:"At least ten characters"`
	}
}

type passwordInput struct {
	Body struct {
		Current  string `json:"current" maxLength:"1024" format:"password"`
		Password string `json:"password" maxLength:"1024" format:"password" doc:"At least ten characters"`
	}
}

// A Forgetful is whose password a link sets.
type Forgetful struct {
	Email string `json:"email"`
}

func (a *API) passwords() {
	tag := []string{"session"}
	own := huma.Middlewares{a.ownPage}
	handle(a, huma.Operation{OperationID: "forgot-password", Method: "POST", Path: Root + "/password/forgot", Tags: tag, MaxBodyBytes: 16 << 10,
		DefaultStatus: http.StatusAccepted, Summary: "Ask for a link to a new password",
		Description: "It goes by mail to the address, where an agent has it and a mailbox sends. The answer is the same where nobody does."}, a.forgot)
	handle(a, huma.Operation{OperationID: "look-at-reset", Method: "POST", Path: Root + "/password", Tags: tag, MaxBodyBytes: 16 << 10,
		Summary: "See whose password a link sets"}, a.lookAtReset)
	handle(a, huma.Operation{OperationID: "reset-password", Method: "POST", Path: Root + "/password/reset", Tags: tag, Middlewares: own,
		MaxBodyBytes: 16 << 10, Summary: "Set another password by a link", Description: "It works once, ends every other session and signs in."}, a.reset)
	secured(a, huma.Operation{OperationID: "change-password", Method: "POST", Path: Root + "/me/password", Tags: tag, DefaultStatus: http.StatusNoContent,
		MaxBodyBytes: 16 << 10, Summary: "Change one's own password", Description: "One's other sessions end."}, a.changePassword)
	secured(a, huma.Operation{OperationID: "make-password-link", Method: "POST", Path: Root + "/agents/{id}/password-link", Tags: []string{"agents"},
		Summary: "Make a link by which an agent sets another password", Description: "For admins. It goes by mail where a mailbox sends, and is in the answer."}, a.makeReset)
}

func (a *API) limited(words string, wait time.Duration) error {
	a.metrics.refused.WithLabelValues("limit").Inc()
	p := newProblem(http.StatusTooManyRequests, words)
	p.retryAfter = wait
	return p
}

func (a *API) forgot(ctx context.Context, in *forgotInput) (*struct{}, error) {
	now := a.cfg.Now()
	if wait := a.resets.try(infoOf(ctx).client, in.Body.Email, now); wait > 0 {
		return nil, a.limited("a link was asked for often enough: look into the mailbox, or wait a moment", wait)
	}
	return nil, a.cfg.Store.AskReset(ctx, emailKey(in.Body.Email), now)
}

func (a *API) lookAtReset(ctx context.Context, in *linkInput) (*body[Forgetful], error) {
	hash, err := a.tryLink(ctx, in.Body.Token)
	if err != nil {
		return nil, err
	}
	agent, err := a.cfg.Store.ResetOf(ctx, hash, a.cfg.Now())
	return &body[Forgetful]{Forgetful{agent.Email}}, err
}

func (a *API) reset(ctx context.Context, in *resetInput) (*signedOutput, error) {
	hash, err := a.tryLink(ctx, in.Body.Token)
	if err != nil {
		return nil, err
	}
	now := a.cfg.Now()
	if _, err := a.cfg.Store.ResetOf(ctx, hash, now); err != nil {
		return nil, err
	}
	password, err := a.cfg.Passwords.Hash(ctx, in.Body.Password)
	if err != nil {
		return nil, err
	}
	agent, err := a.cfg.Store.Reset(ctx, hash, password, infoOf(ctx).id, now)
	if err != nil {
		return nil, err
	}
	return a.enter(ctx, agent, password, now)
}

func (a *API) changePassword(ctx context.Context, by *inbox.Caller, in *passwordInput) (*struct{}, error) {
	now := a.cfg.Now()
	// Who found a page open guesses no more often than who stands outside.
	client := infoOf(ctx).client
	if wait := a.logins.try(client, by.Agent.Email, now); wait > 0 {
		return nil, a.limited("too many tries: wait a moment", wait)
	}
	was, err := a.cfg.Store.PasswordHash(ctx, by.Agent.ID)
	if err != nil {
		return nil, err
	}
	ok, err := a.cfg.Passwords.Check(ctx, was, in.Body.Current)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, invalid("body.current", "is not the present password")
	}
	a.logins.succeeded(client, by.Agent.Email)
	hash, err := a.cfg.Passwords.Hash(ctx, in.Body.Password)
	if err != nil {
		return nil, err
	}
	return nil, a.cfg.Store.SetPassword(ctx, by, was, hash, now)
}

func (a *API) makeReset(ctx context.Context, by *inbox.Caller, in *agentIDInput) (*body[PasswordLink], error) {
	token, hash := auth.NewLink()
	now := a.cfg.Now()
	mailed, err := a.cfg.Store.MakeReset(ctx, by, agentOf(by, in.ID), hash, func(to *inbox.Agent) inbox.AgentLetter {
		return PasswordLetter(a.cfg.Public, to, token)
	}, a.coder(), now)
	return &body[PasswordLink]{PasswordLink{a.link("password", token), now.Add(inbox.ResetFor), mailed}}, err
}
