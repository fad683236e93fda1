package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

// A Problem is what every error looks like (RFC 9457).
type Problem struct {
	Status int        `json:"status" doc:"HTTP status code"`
	Title  string     `json:"title" doc:"The status in words"`
	Detail string     `json:"detail" doc:"What is wrong and how to mend it, for people"`
	Code   inbox.Code `json:"code" enum:"invalid,unauthorized,forbidden,not_found,conflict,too_many,too_large,unavailable,internal" doc:"What programs branch on"`
	Errors []Fault    `json:"errors,omitempty" doc:"What is wrong with which part of the request"`
	// Newer comes with the conflict of a reply.
	Newer []inbox.Message `json:"newer,omitempty" doc:"With a 409 of a reply: the public messages that its author had not seen"`
	// Lacking comes with the refusal to close.
	Lacking []inbox.FieldID `json:"lacking,omitempty" doc:"With a 422: the fields that the conversation would have to have to be closed"`
	Request string          `json:"requestId,omitempty" doc:"Names the request in the server's log"`

	retryAfter time.Duration
}

// A Fault is one thing that is wrong with a request.
type Fault struct {
	Message  string `json:"message"`
	Location string `json:"location,omitempty" doc:"Such as body.text or query.limit"`
}

// internal is the code of our own faults, which no inbox.Error has.
const internal inbox.Code = "internal"

func (p *Problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return problemType }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int((p.retryAfter+time.Second-1)/time.Second)))
	}
	return h
}

const problemType = "application/problem+json"

var statusOf = map[inbox.Code]int{
	inbox.Invalid:      http.StatusUnprocessableEntity,
	inbox.Unauthorized: http.StatusUnauthorized,
	inbox.Forbidden:    http.StatusForbidden,
	inbox.NotFound:     http.StatusNotFound,
	inbox.Conflict:     http.StatusConflict,
	inbox.TooMany:      http.StatusTooManyRequests,
	inbox.TooLarge:     http.StatusRequestEntityTooLarge,
	inbox.Unavailable:  http.StatusServiceUnavailable,
}

// codeOf is the code of a status that came without one.
func codeOf(status int) inbox.Code {
	for code, s := range statusOf {
		if s == status {
			return code
		}
	}
	switch {
	case status >= 500:
		return internal
	default:
		return inbox.Invalid
	}
}

func newProblem(status int, detail string) *Problem {
	return &Problem{Status: status, Title: http.StatusText(status), Detail: detail, Code: codeOf(status)}
}

// problem makes of any error what the caller may see of it, and logs what is a
// fault of ours. It is the one place where errors become answers.
func (a *API) problem(ctx context.Context, err error) *Problem {
	info := infoOf(ctx)
	if p, ok := errors.AsType[*Problem](err); ok {
		p.Request = info.id
		return p
	}
	if e, ok := errors.AsType[*inbox.Error](err); ok {
		p := newProblem(statusOf[e.Code], e.Message)
		p.Code, p.Request = e.Code, info.id
		if p.Status == 0 {
			p = newProblem(http.StatusBadRequest, e.Message)
		}
		if stale, ok := errors.AsType[*inbox.Stale](err); ok {
			p.Newer = stale.Newer
		}
		p.Lacking = lacking(err)
		if p.Code == inbox.Unavailable {
			p.retryAfter = time.Second
			a.cfg.Log.WarnContext(ctx, "unavailable", "request", info.id, "error", err)
		}
		return p
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		p := newProblem(http.StatusServiceUnavailable, "this took too long: try again in a moment")
		p.Request, p.retryAfter = info.id, time.Second
		a.cfg.Log.WarnContext(ctx, "request timed out", "request", info.id, "error", err)
		return p
	case errors.Is(err, context.Canceled):
		p := newProblem(http.StatusServiceUnavailable, "the request was given up")
		p.Request = info.id
		return p
	}
	a.cfg.Log.ErrorContext(ctx, "request failed", "request", info.id, "error", err)
	p := newProblem(http.StatusInternalServerError, "something went wrong on our side; tell your operator the request id "+info.id)
	p.Request = info.id
	return p
}

// lacking are the fields without which something isn't closed.
func lacking(err error) (list []inbox.FieldID) {
	if l, ok := errors.AsType[*inbox.Lacking](err); ok {
		for _, f := range l.Fields {
			list = append(list, f.ID)
		}
	}
	return list
}

// fail writes an error outside huma's handlers.
func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := a.problem(r.Context(), err)
	for k, v := range p.GetHeaders() {
		w.Header()[k] = v
	}
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client is gone: nobody to tell
}

// hook gives huma our problem documents. What it would echo of the request's
// values (passwords among them) is left out. huma offers no other place for
// this, nor for lists that are never null, than its package variables.
var hook = sync.OnceFunc(func() {
	huma.DefaultArrayNullable = false
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		var limit int64
		if _, err := fmt.Sscanf(msg, "request body is too large limit=%d bytes", &limit); err == nil {
			msg = bodyTooLarge(limit)
		}
		p := newProblem(status, msg)
		for _, err := range errs {
			if err == nil {
				continue
			}
			f := Fault{Message: err.Error()}
			if d, ok := errors.AsType[*huma.ErrorDetail](err); ok {
				f = Fault{Message: d.Message, Location: d.Location}
			}
			p.Errors = append(p.Errors, f)
		}
		if len(p.Errors) > 0 && p.Errors[0].Location != "" {
			p.Detail += ": " + p.Errors[0].Location + ": " + p.Errors[0].Message
		}
		return p
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		p := huma.NewError(status, msg, errs...).(*Problem)
		if ctx != nil {
			p.Request = infoOf(ctx.Context()).id
		}
		return p
	}
})
