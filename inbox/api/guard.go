package api

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"skein/inbox"
	"skein/inbox/auth"
)

// maxBody bounds a JSON body; files have their own bound.
const maxBody = 2 << 20

// An info is what is known of a request while it is served.
type info struct {
	id     string
	client netip.Addr // who asks, past trusted proxies; for limits only
	caller *inbox.Caller
}

type infoKey struct{}

func infoOf(ctx context.Context) *info {
	if i, ok := ctx.Value(infoKey{}).(*info); ok {
		return i
	}
	return &info{}
}

// guard stands around every request: it names it, bounds it, sets the headers
// that all answers have, catches panics, counts and logs.
func (a *API) guard(w http.ResponseWriter, r *http.Request, next http.HandlerFunc) {
	start := time.Now()
	in := &info{id: rand.Text(), client: a.client(r)}
	ctx := context.WithValue(r.Context(), infoKey{}, in)
	if !strings.HasPrefix(r.URL.Path, Root+"/attachments") && !strings.HasSuffix(r.URL.Path, "/raw") && !bringsOrders(r) {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, requestTimeout)
		defer cancel()
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	}
	r = r.WithContext(ctx)
	rec := &recorder{ResponseWriter: w}

	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Request-Id", in.id)

	defer func() {
		if v := recover(); v != nil {
			if v == http.ErrAbortHandler {
				panic(v)
			}
			err := fmt.Errorf("panic: %v\n%s", v, debug.Stack())
			if rec.status == 0 {
				a.fail(rec, r, err)
			} else {
				a.problem(ctx, err) // logged; the answer is cut off
				panic(http.ErrAbortHandler)
			}
		}
		route := r.Pattern
		if route == "" {
			route = "none"
		}
		took := time.Since(start)
		a.metrics.request(route, rec.status, took)
		a.cfg.Log.LogAttrs(ctx, levelOf(rec.status), "request", attrs(r.Method, route, rec, took, in.id)...)
	}()
	next(rec, r)
}

// A recorder knows what was answered. Unwrap lets http.ResponseController
// through.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// client is the address that a request came from: the last hop of
// X-Forwarded-For that is not a trusted proxy, when a trusted one passed it on.
func (a *API) client(r *http.Request) netip.Addr {
	addr := peer(r)
	if !a.trusted(addr) {
		return addr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return addr
		}
		if addr = hop.Unmap(); !a.trusted(addr) {
			return addr
		}
	}
	return addr
}

func (a *API) trusted(addr netip.Addr) bool {
	for _, p := range a.cfg.TrustedProxies {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

func peer(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	addr, _ := netip.ParseAddr(host)
	return addr.Unmap().WithZone("")
}

// bearer is the token of the Authorization header, "" when there is none.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// authenticate finds out who asks. File routes take a token in the query too.
func (a *API) authenticate(r *http.Request, fileRoute bool) (*inbox.Caller, error) {
	token, use := bearer(r), auth.Access
	if t := r.URL.Query().Get("t"); token == "" && fileRoute {
		token, use = t, auth.File
	}
	if token == "" {
		return nil, &inbox.Error{Code: inbox.Unauthorized, Message: "sign in first"}
	}
	claims, err := a.cfg.Tokens.Verify(token, use, a.cfg.Now())
	if err != nil {
		return nil, err
	}
	rights, err := a.cfg.Store.SessionRights(r.Context(), claims.Agent, claims.Session)
	if err != nil {
		return nil, err
	}
	in := infoOf(r.Context())
	in.caller = &inbox.Caller{Rights: rights, Session: claims.Session, Request: in.id}
	return in.caller, nil
}

// signedIn is the middleware of operations that want to know who asks.
func (a *API) signedIn(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	if _, err := a.authenticate(r, false); err != nil {
		a.fail(w, r, err)
		return
	}
	next(ctx)
}

var sameOrigin = http.NewCrossOriginProtection()

// ownPage is the middleware of operations that the cookie opens: only our own
// page may ask, by Sec-Fetch-Site or, in old browsers, Origin. Programs send
// neither.
func (a *API) ownPage(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	if err := sameOrigin.Check(r); err != nil {
		a.fail(w, r, &inbox.Error{Code: inbox.Forbidden, Message: "this is only for Skein's own page"})
		return
	}
	next(ctx)
}

// mayOperate refuses those who don't run the place.
func mayOperate(by *inbox.Caller) error {
	if !by.All {
		return &inbox.Error{Code: inbox.Forbidden, Message: "this is for supervisors and admins"}
	}
	return nil
}

// tooLarge tells a body over its bound from other errors of reading it.
func tooLarge(err error, limit int64) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &inbox.Error{Code: inbox.TooLarge, Message: bodyTooLarge(limit)}
	}
	return err
}

func bodyTooLarge(limit int64) string {
	return fmt.Sprintf("the body is too large: at most %d MB", limit>>20)
}
