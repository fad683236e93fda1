package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// A HelloFunc answers what a platform asks before it sends anything, such as a
// challenge, and reports whether the request was one of those.
type HelloFunc func(w http.ResponseWriter, account connectors.Account, r *Request) bool

// An Endpoint takes the webhooks of one platform, at /in/<channel>/<account> and
// whatever follows. Scheme, Secrets and Parse are required.
type Endpoint struct {
	Scheme Scheme
	// Secrets are all that a request may be signed with just now: two while one
	// is being changed. Without any, everything is refused.
	Secrets func(connectors.Account) []string
	// Shadow says that the account only tries its checks: what fails them is
	// counted and let pass. nil: never.
	Shadow func(connectors.Account) bool
	// Parse reads a verified request into its events, each with an event id of
	// its own. What it doesn't know it returns as [Unsupported]; an error, for a
	// body that is nothing of the platform's, refuses the request.
	Parse func(ctx context.Context, account connectors.Account, r *Request) ([]connectors.Inbound, error)

	Hello HelloFunc // nil: none
	// Answer writes what the platform wants to hear when its events are on disk;
	// nil: an empty 200.
	Answer func(w http.ResponseWriter, account connectors.Account, r *Request)
	// Methods are those that the platform uses; nil: POST.
	Methods []string
	// MaxBody is what a body may have at most, bytes. 0: 1 MiB.
	MaxBody int64
	// Rate is how many requests a second one source may make, and half as many
	// again at once. 0: 2000.
	Rate int
	Now  func() time.Time // nil: time.Now
}

// Serve returns the handler. It answers 404 for an account that is not, or no
// longer, there; 413 and 429 over a limit; 401 for what isn't signed, 400 for
// what can't be read, both counted and nothing of them kept; 200 only when the
// stream has every event on disk, and 503, to be sent again, when it can't have.
func (e *Endpoint) Serve(in connectors.Intake) http.Handler {
	s := &server{Endpoint: *e, in: in}
	if s.Methods == nil {
		s.Methods = []string{http.MethodPost}
	}
	if s.MaxBody == 0 {
		s.MaxBody = 1 << 20
	}
	if s.Rate == 0 {
		s.Rate = 2000
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	s.sources.rate, s.sources.burst = float64(s.Rate), float64(s.Rate)*1.5
	// Who is refused this often is told to come later, and is no longer shown
	// anew as the account's last error.
	s.refused.rate, s.refused.burst = 1, 60
	return s
}

type server struct {
	Endpoint
	in      connectors.Intake
	sources buckets
	refused buckets
}

// accountOf is the third part of /in/<channel>/<account>/….
func accountOf(path string) inbox.AccountID {
	parts := strings.SplitN(path, "/", 5)
	if len(parts) < 4 {
		return ""
	}
	return inbox.AccountID(parts[3])
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	account, err := s.in.Account(accountOf(r.URL.Path))
	if err != nil {
		refuse(w, err, 5)
		return
	}
	now, source := s.Now(), s.in.Source(r)
	if wait := s.sources.take(source, now); wait > 0 {
		refuse(w, &inbox.Error{Code: inbox.TooMany, Message: "too many requests from this address"}, wait)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.MaxBody))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		s.reject(w, account, source, now, &inbox.Error{Code: inbox.TooLarge, Message: fmt.Sprintf("the body is larger than %d bytes", s.MaxBody)})
		return
	}
	if err != nil {
		return // they hung up
	}
	request := &Request{Method: r.Method, URL: s.in.URL(r), Header: r.Header, Body: body, Now: now}
	if s.Hello != nil && s.Hello(w, account, request) {
		return
	}
	if !slices.Contains(s.Methods, r.Method) {
		w.Header().Set("Allow", strings.Join(s.Methods, ", "))
		http.Error(w, "this address takes "+strings.Join(s.Methods, ", "), http.StatusMethodNotAllowed)
		return
	}
	if err := verify(s.Scheme, request, s.Secrets(account)); err != nil {
		if s.Shadow == nil || !s.Shadow(account) {
			s.reject(w, account, source, now, err)
			return
		}
		s.in.Doubt(account.ID, err)
	}
	if account.Paused {
		refuse(w, &inbox.Error{Code: inbox.Unavailable, Message: "the account is paused"}, 300)
		return
	}
	s.accept(w, r.Context(), account, request, source)
}

// accept reads a request that may be believed and passes its events on.
func (s *server) accept(w http.ResponseWriter, ctx context.Context, account connectors.Account, r *Request, source netip.Addr) {
	items, err := s.Parse(ctx, account, r)
	if err == nil && len(items) > 0 {
		err = s.in.Accept(ctx, account.ID, items...)
	}
	switch inbox.CodeOf(err) {
	case "":
	case inbox.Unavailable, inbox.TooMany, inbox.NotFound: // removed just now
		refuse(w, err, 5)
		return
	default:
		s.reject(w, account, source, r.Now, err)
		return
	}
	if err != nil { // a fault of ours, which may be mended by the time they come again
		s.in.Reject(account.ID, err)
		refuse(w, &inbox.Error{Code: inbox.Unavailable, Message: "this could not be taken"}, 60)
		return
	}
	if s.Answer != nil {
		s.Answer(w, account, r)
	}
}

// reject counts and refuses.
func (s *server) reject(w http.ResponseWriter, account connectors.Account, source netip.Addr, now time.Time, err error) {
	if wait := s.refused.take(source, now); wait > 0 {
		refuse(w, &inbox.Error{Code: inbox.TooMany, Message: "too many requests from this address were refused"}, wait)
		return
	}
	s.in.Reject(account.ID, err)
	refuse(w, err, 0)
}

var statusOf = map[inbox.Code]int{
	inbox.Invalid: http.StatusBadRequest, inbox.Unauthorized: http.StatusUnauthorized, inbox.Forbidden: http.StatusForbidden,
	inbox.NotFound: http.StatusNotFound, inbox.TooMany: http.StatusTooManyRequests, inbox.TooLarge: http.StatusRequestEntityTooLarge,
	inbox.Unavailable: http.StatusServiceUnavailable,
}

// refuse answers an error; retryAfter, in seconds, is for those that may pass.
func refuse(w http.ResponseWriter, err error, retryAfter float64) {
	status := statusOf[inbox.CodeOf(err)]
	if status == 0 {
		status = http.StatusBadRequest
	}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter)+1))
	}
	http.Error(w, err.Error(), status)
}
