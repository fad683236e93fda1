package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
	"skein/inbox/auth"
)

const (
	// cookieName is of the refresh token.
	cookieName = "skein_refresh"
	// sessionLifetime is how long a sign-in lasts that is not used.
	sessionLifetime = 14 * 24 * time.Hour
)

// Signed is what a sign-in or a refresh answers.
type Signed struct {
	AccessToken string      `json:"accessToken" doc:"For the Authorization header, as Bearer, and the websocket's first frame"`
	ExpiresAt   time.Time   `json:"expiresAt"`
	Agent       inbox.Agent `json:"agent"`
}

type signedOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      Signed
}

type loginInput struct {
	Body struct {
		Email    string `json:"email" maxLength:"320" doc:"Its case doesn't matter"`
		Password string `json:"password" maxLength:"1024" format:"password"`
	}
}

type cookieInput struct {
	Refresh string `cookie:"skein_refresh" maxLength:"256" doc:"The refresh token"`
}

type clearOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

// Me is who is signed in and what there is to choose from.
type Me struct {
	Agent   inbox.Agent   `json:"agent"`
	Inboxes []inbox.Inbox `json:"inboxes" doc:"Those that the agent may see"`
	Teams   []inbox.Team  `json:"teams"`
	Agents  []Colleague   `json:"agents"`
	Demo    bool          `json:"demo"`
}

// A Colleague is somebody whom a conversation can be given to.
type Colleague struct {
	ID    inbox.AgentID `json:"id"`
	Name  string        `json:"name"`
	Email string        `json:"email"`
}

type fileTokenOutput struct {
	Body struct {
		Token     string    `json:"token" doc:"For the query parameter t of attachments and raw messages"`
		ExpiresAt time.Time `json:"expiresAt"`
	}
}

func (a *API) sessions() {
	tag := []string{"session"}
	cookie := huma.Middlewares{a.ownPage}
	handle(a, huma.Operation{OperationID: "login", Method: "POST", Path: Root + "/login", Tags: tag, Middlewares: cookie,
		MaxBodyBytes: 16 << 10, Summary: "Sign in", Description: "The refresh token comes as a cookie."}, a.login)
	handle(a, huma.Operation{OperationID: "refresh", Method: "POST", Path: Root + "/refresh", Tags: tag, Middlewares: cookie,
		Summary: "Get a new access token", Description: "The cookie's token is replaced. One that was replaced before ends the session."}, a.refresh)
	handle(a, huma.Operation{OperationID: "logout", Method: "POST", Path: Root + "/logout", Tags: tag, Middlewares: cookie,
		DefaultStatus: http.StatusNoContent, Summary: "End the session"}, a.logout)
	secured(a, huma.Operation{OperationID: "me", Method: "GET", Path: Root + "/me", Tags: tag,
		Summary: "Who is signed in, and the inboxes, teams and agents"}, a.me)
	secured(a, huma.Operation{OperationID: "file-token", Method: "POST", Path: Root + "/files/token", Tags: tag,
		Summary: "Get a token for links to files", Description: "It opens attachments and raw messages for ten minutes, and nothing else."}, a.fileToken)
}

func (a *API) login(ctx context.Context, in *loginInput) (*signedOutput, error) {
	now := a.cfg.Now()
	client := infoOf(ctx).client
	if wait := a.logins.try(client, in.Body.Email, now); wait > 0 {
		return nil, a.limited("too many tries to sign in: wait a moment", wait)
	}
	agent, hash, err := a.cfg.Store.Credentials(ctx, emailKey(in.Body.Email))
	if err != nil {
		return nil, err
	}
	ok, err := a.cfg.Passwords.Check(ctx, hash, in.Body.Password)
	if err != nil {
		return nil, err
	}
	if !ok {
		a.metrics.refused.WithLabelValues("password").Inc()
		return nil, &inbox.Error{Code: inbox.Unauthorized, Message: "the address or the password is wrong"}
	}
	a.logins.succeeded(client, in.Body.Email)
	return a.enter(ctx, agent, hash, now)
}

// enter begins a session of an agent who has proven to be one, by the password that
// has a hash.
func (a *API) enter(ctx context.Context, agent inbox.Agent, hash string, now time.Time) (*signedOutput, error) {
	refresh := a.cfg.Tokens.NewRefresh(inbox.NewID[inbox.SessionID](now))
	if err := a.cfg.Store.CreateSession(ctx, inbox.Session{ID: refresh.Session, AgentID: agent.ID, Hash: refresh.Hash,
		ExpiresAt: now.Add(sessionLifetime), Password: hash}, now); err != nil {
		return nil, err
	}
	return a.signed(agent, refresh, now)
}

func (a *API) refresh(ctx context.Context, in *cookieInput) (*signedOutput, error) {
	now := a.cfg.Now()
	presented, err := a.cfg.Tokens.ParseRefresh(in.Refresh)
	if err != nil {
		return nil, err
	}
	next := a.cfg.Tokens.NextRefresh(presented)
	session, err := a.cfg.Store.RotateSession(ctx, presented.Session, presented.Hash, next.Hash, now, now.Add(sessionLifetime))
	if err != nil {
		if inbox.CodeOf(err) == inbox.Unauthorized {
			a.metrics.refused.WithLabelValues("session").Inc()
		}
		return nil, err
	}
	rights, err := a.cfg.Store.Rights(ctx, session.AgentID)
	if err != nil {
		return nil, err
	}
	return a.signed(rights.Agent, next, now)
}

func (a *API) signed(agent inbox.Agent, refresh auth.Refresh, now time.Time) (*signedOutput, error) {
	token, expires, err := a.cfg.Tokens.Issue(agent.ID, refresh.Session, auth.Access, now)
	if err != nil {
		return nil, err
	}
	return &signedOutput{
		SetCookie: a.cookie(refresh.Token, int(sessionLifetime/time.Second)),
		Body:      Signed{AccessToken: token, ExpiresAt: expires, Agent: agent},
	}, nil
}

func (a *API) cookie(value string, maxAge int) http.Cookie {
	return http.Cookie{Name: cookieName, Value: value, Path: Root, MaxAge: maxAge, HttpOnly: true,
		SameSite: http.SameSiteStrictMode, Secure: a.cfg.Secure}
}

func (a *API) logout(ctx context.Context, in *cookieInput) (*clearOutput, error) {
	if presented, err := a.cfg.Tokens.ParseRefresh(in.Refresh); err == nil {
		if err := a.cfg.Store.RevokeSession(ctx, presented.Session, a.cfg.Now()); err != nil {
			return nil, err
		}
	}
	return &clearOutput{SetCookie: a.cookie("", -1)}, nil
}

func (a *API) me(ctx context.Context, by *inbox.Caller, _ *struct{}) (*body[Me], error) {
	inboxes, err := a.cfg.Store.Inboxes(ctx, &by.Rights)
	if err != nil {
		return nil, err
	}
	teams, err := a.cfg.Store.Teams(ctx)
	if err != nil {
		return nil, err
	}
	agents, err := a.cfg.Store.Agents(ctx)
	if err != nil {
		return nil, err
	}
	me := Me{Agent: by.Agent, Inboxes: inboxes, Teams: teams, Agents: []Colleague{}, Demo: a.cfg.Demo}
	for _, g := range agents {
		if g.Active {
			me.Agents = append(me.Agents, Colleague{ID: g.ID, Name: g.Name, Email: g.Email})
		}
	}
	return &body[Me]{me}, nil
}

func (a *API) fileToken(_ context.Context, by *inbox.Caller, _ *struct{}) (*fileTokenOutput, error) {
	token, expires, err := a.cfg.Tokens.Issue(by.Agent.ID, by.Session, auth.File, a.cfg.Now())
	if err != nil {
		return nil, err
	}
	out := &fileTokenOutput{}
	out.Body.Token, out.Body.ExpiresAt = token, expires
	return out, nil
}
