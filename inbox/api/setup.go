package api

import (
	"context"
	"net/http"
	"net/mail"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
	"skein/inbox/auth"
)

// Setup is the first run.
type Setup interface {
	HasAgents(ctx context.Context) (bool, error)
	FirstRun(ctx context.Context, f inbox.FirstRun, now time.Time) error
	Setup(ctx context.Context) (inbox.Setup, error)
	SaveSetup(ctx context.Context, skipped []inbox.SetupStep, finished bool, now time.Time) error
	ChatShown(ctx context.Context, id inbox.AccountID, origin string, now time.Time) error
}

type beginningOutput struct {
	Body struct {
		Needed bool `json:"needed" doc:"Nobody works here yet: the first admin is to be made"`
	}
}

type firstRunInput struct {
	Body struct {
		Code      string `json:"code" maxLength:"64" doc:"That the server printed when it started"`
		Email     string `json:"email" maxLength:"320"`
		Name      string `json:"name" minLength:"1" maxLength:"200"`
		Password  string `json:"password" maxLength:"1024" format:"password" doc:"10 characters or more"`
		Workspace string `json:"workspace" minLength:"1" maxLength:"200" doc:"The name of the business"`
		Locale    string `json:"locale" maxLength:"35" doc:"BCP 47, such as en or de"`
		Zone      string `json:"zone" maxLength:"60" doc:"IANA name, such as Europe/Vienna"`
	}
}

type saveSetupInput struct {
	Body struct {
		Skipped  []inbox.SetupStep `json:"skipped" maxItems:"10"`
		Finished bool              `json:"finished"`
	}
}

func (a *API) setup() {
	tag := []string{"setup"}
	handle(a, huma.Operation{OperationID: "beginning", Method: "GET", Path: Root + "/setup", Tags: tag,
		Summary: "Whether the first admin is still to be made"}, a.beginning)
	handle(a, huma.Operation{OperationID: "first-run", Method: "POST", Path: Root + "/setup", Tags: tag, Middlewares: huma.Middlewares{a.ownPage},
		MaxBodyBytes: 16 << 10, DefaultStatus: http.StatusCreated, Summary: "Make the first admin, and sign in",
		Description: "Only while there is no agent, and with the code that the server printed when it started."}, a.firstRun)
	secured(a, huma.Operation{OperationID: "setup-progress", Method: "GET", Path: Root + "/setup/progress", Tags: tag,
		Summary: "How far the first run has come", Description: "For admins."}, a.setupProgress)
	secured(a, huma.Operation{OperationID: "save-setup", Method: "PUT", Path: Root + "/setup/progress", Tags: tag,
		Summary: "Pass steps over, come back to them, or be done", Description: "For admins."}, a.saveSetup)
}

func (a *API) beginning(ctx context.Context, _ *struct{}) (*beginningOutput, error) {
	has, err := a.cfg.Store.HasAgents(ctx)
	out := &beginningOutput{}
	out.Body.Needed = !has
	return out, err
}

func (a *API) firstRun(ctx context.Context, in *firstRunInput) (*signedOutput, error) {
	now, b := a.cfg.Now(), &in.Body
	client := infoOf(ctx).client
	if wait := a.logins.try(client, "setup", now); wait > 0 {
		a.metrics.refused.WithLabelValues("limit").Inc()
		p := newProblem(http.StatusTooManyRequests, "too many tries: wait a moment")
		p.retryAfter = wait
		return nil, p
	}
	has, err := a.cfg.Store.HasAgents(ctx)
	if err != nil {
		return nil, err
	}
	if has {
		return nil, &inbox.Error{Code: inbox.Conflict, Message: "somebody has set this up already: sign in"}
	}
	if !auth.IsSetupCode(a.cfg.SetupCode, b.Code) {
		a.metrics.refused.WithLabelValues("setup").Inc()
		return nil, &inbox.Error{Code: inbox.Forbidden, Message: "the set-up code is not the one that the server printed when it started"}
	}
	a.logins.succeeded(client, "setup")
	email := strings.TrimSpace(b.Email)
	if parsed, err := mail.ParseAddress(email); err != nil || parsed.Address != email {
		return nil, invalid("body.email", "is no mail address")
	}
	name, err := plain("body.name", strings.TrimSpace(b.Name))
	if err != nil {
		return nil, err
	}
	workspace, err := plain("body.workspace", b.Workspace)
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, invalid("body.name", "is empty")
	}
	hash, err := a.cfg.Passwords.Hash(ctx, b.Password)
	if err != nil {
		return nil, err
	}
	agent := inbox.Agent{ID: inbox.NewID[inbox.AgentID](now), Email: email, Name: name, Role: inbox.AdminRole, Locale: b.Locale, Active: true}
	if err := a.cfg.Store.FirstRun(ctx, inbox.FirstRun{Admin: agent, Hash: hash, Name: workspace, Locale: b.Locale, Zone: b.Zone}, now); err != nil {
		return nil, err
	}
	return a.enter(ctx, agent, hash, now)
}

func (a *API) setupProgress(ctx context.Context, by *inbox.Caller, _ *struct{}) (*body[inbox.Setup], error) {
	if err := mayAdminister(by); err != nil {
		return nil, err
	}
	s, err := a.cfg.Store.Setup(ctx)
	return &body[inbox.Setup]{s}, err
}

func (a *API) saveSetup(ctx context.Context, by *inbox.Caller, in *saveSetupInput) (*body[inbox.Setup], error) {
	if err := mayAdminister(by); err != nil {
		return nil, err
	}
	for _, s := range in.Body.Skipped {
		if !s.Valid() {
			return nil, invalid("body.skipped", "names a step that there is none of")
		}
	}
	if err := a.cfg.Store.SaveSetup(ctx, in.Body.Skipped, in.Body.Finished, a.cfg.Now()); err != nil {
		return nil, err
	}
	s, err := a.cfg.Store.Setup(ctx)
	return &body[inbox.Setup]{s}, err
}

// shownEvery is how often it is noted that an account's chat is shown.
const shownEvery = time.Minute

// A showing is when it was noted last of each account that its chat is shown.
type showing struct {
	mu   sync.Mutex // guards last
	last map[inbox.AccountID]time.Time
}

func (s *showing) due(id inbox.AccountID, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.last[id]) < shownEvery {
		return false
	}
	s.last[id] = now
	return true
}

// chatShown notes on which page a chat was shown: its script asks for the account's
// settings first, and was given them.
func (a *API) chatShown(r *http.Request) {
	id, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/in/chat/"), "/")
	origin := r.Header.Get("Origin")
	now := a.cfg.Now()
	if rest != "config" || origin == "" || len(origin) > 300 || !inbox.ValidAccountID(id) || !a.shown.due(inbox.AccountID(id), now) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 5*time.Second)
	defer cancel()
	if err := a.cfg.Store.ChatShown(ctx, inbox.AccountID(id), strings.ToValidUTF8(origin, ""), now); err != nil {
		a.cfg.Log.Warn("not noted where a chat is shown", "account", id, "error", err)
	}
}
