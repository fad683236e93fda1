package api

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"reflect"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"skein/inbox"
)

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// answer writes JSON outside huma's handlers.
func (a *API) answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client is gone: nobody to tell
}

// root registers what is not below [Root], and what is nowhere.
func (a *API) root() {
	a.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		a.answer(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	a.mux.HandleFunc("GET /readyz", a.ready)
	a.mux.HandleFunc("GET /metrics", a.showMetrics)
	a.mux.HandleFunc("GET /docs", a.showDocs())
	a.mux.HandleFunc("/api/", a.nowhere)
	a.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if a.cfg.Web == nil {
			a.nowhere(w, r)
			return
		}
		// The page may bring a stricter policy of its own.
		w.Header().Set("Content-Security-Policy", pagePolicy)
		w.Header().Del("Cache-Control")
		a.cfg.Web.ServeHTTP(w, r)
	})
}

// pagePolicy lets the page load its own files and talk to its own server.
// Pictures of mails come from anywhere, when an agent asks for them.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; " +
	"img-src 'self' https: data: blob:; media-src 'self'; connect-src 'self'; manifest-src 'self'; frame-src 'self'; worker-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func (a *API) ready(w http.ResponseWriter, r *http.Request) {
	if a.cfg.Ready != nil {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := a.cfg.Ready(ctx); err != nil {
			if inbox.CodeOf(err) == "" {
				a.cfg.Log.WarnContext(ctx, "not ready", "error", err)
				err = &inbox.Error{Code: inbox.Unavailable, Message: "not ready"}
			}
			a.fail(w, r, err)
			return
		}
	}
	a.answer(w, http.StatusOK, map[string]string{"status": "ready"})
}

// showMetrics answers the machine itself, and admins. A proxy on the machine
// speaks for somebody else, and so does a page that had its own name resolve to
// this machine.
func (a *API) showMetrics(w http.ResponseWriter, r *http.Request) {
	if a.cfg.Metrics == nil {
		a.nowhere(w, r)
		return
	}
	proxied := r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != ""
	if !peer(r).IsLoopback() || proxied || !localName(r.Host) {
		by, err := a.authenticate(r, false)
		if err == nil && by.Agent.Role != inbox.AdminRole {
			err = &inbox.Error{Code: inbox.Forbidden, Message: "this is for admins"}
		}
		if err != nil {
			a.fail(w, r, err)
			return
		}
	}
	promhttp.HandlerFor(a.cfg.Metrics, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}

// localName reports whether a Host header names this machine.
func localName(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// nowhere answers for paths that are not there, and for methods that a path
// doesn't have.
func (a *API) nowhere(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{"GET", "POST", "PATCH", "PUT", "DELETE"} {
		probe := &http.Request{Method: method, URL: r.URL, Host: r.Host}
		if _, pattern := a.mux.Handler(probe); strings.HasPrefix(pattern, method+" ") {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) > 0 {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		a.fail(w, r, newProblem(http.StatusMethodNotAllowed, "this path takes "+strings.Join(allowed, ", ")))
		return
	}
	a.fail(w, r, newProblem(http.StatusNotFound, "there is nothing at this path"))
}
