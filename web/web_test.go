package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func build() http.Handler {
	return handler(fstest.MapFS{
		".keep":                  {},
		"index.html":             {Data: []byte("<title>the app</title>")},
		"theme.js":               {Data: []byte("theme()")},
		"assets/index-abc123.js": {Data: []byte("app()")},
		"widget/widget.js":       {Data: []byte(strings.Repeat("chat();", 50))},
	})
}

func get(h http.Handler, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// Every place of the app is the page, files are files, and what is not there is
// never answered with the page.
func TestHandler(t *testing.T) {
	t.Parallel()
	const forever = "public, max-age=31536000, immutable"
	for _, c := range []struct {
		path  string
		code  int
		kind  string
		cache string
		body  string
	}{
		{"/", 200, "text/html; charset=utf-8", "no-cache", "the app"},
		{"/index.html", 200, "text/html; charset=utf-8", "no-cache", "the app"},
		{"/mine", 200, "text/html; charset=utf-8", "no-cache", "the app"},
		{"/c/4821", 200, "text/html; charset=utf-8", "no-cache", "the app"},
		{"/search?q=a.b", 200, "text/html; charset=utf-8", "no-cache", "the app"},
		{"/theme.js", 200, "text/javascript; charset=utf-8", "no-cache", "theme()"},
		{"/assets/index-abc123.js", 200, "text/javascript; charset=utf-8", forever, "app()"},
		{"/widget/widget.js", 200, "text/javascript; charset=utf-8", "public, max-age=300, stale-while-revalidate=86400", "chat()"},
		{"/widget/other.js", 404, "", "no-store", "not found"},
		{"/assets/index-old999.js", 404, "", "no-store", "not found"},
		{"/assets/", 404, "", "no-store", "not found"},
		{"/assets", 404, "", "no-store", "not found"},
		{"/missing.js", 404, "", "no-store", "not found"},
		{"/.keep", 200, "text/html; charset=utf-8", "no-cache", "the app"},
		{"/../web.go", 200, "text/html; charset=utf-8", "no-cache", "the app"},
	} {
		w := get(build(), "GET", c.path)
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.body) {
			t.Errorf("GET %s = %d %q, want %d with %q", c.path, w.Code, w.Body, c.code, c.body)
		}
		if got := w.Header().Get("Content-Type"); c.kind != "" && got != c.kind {
			t.Errorf("GET %s: Content-Type = %q, want %q", c.path, got, c.kind)
		}
		if got := w.Header().Get("Cache-Control"); got != c.cache {
			t.Errorf("GET %s: Cache-Control = %q, want %q", c.path, got, c.cache)
		}
	}
}

// A page that the browser has is not sent again.
func TestRevalidates(t *testing.T) {
	t.Parallel()
	etag := get(build(), "GET", "/mine").Header().Get("ETag")
	if etag == "" {
		t.Fatal("GET /mine: no ETag")
	}
	if w := get(build(), "GET", "/all", "If-None-Match", etag); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("GET /all with the page's ETag = %d with %d bytes, want 304 with none", w.Code, w.Body.Len())
	}
	if w := get(build(), "HEAD", "/mine"); w.Code != 200 || w.Body.Len() != 0 {
		t.Errorf("HEAD /mine = %d with %d bytes, want 200 with none", w.Code, w.Body.Len())
	}
}

// The page runs no script but its own files and is framed by nobody, whatever
// the answer.
func TestPolicy(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/mine", "/assets/index-abc123.js", "/assets/none.js"} {
		h := get(build(), "GET", path).Header()
		directives := map[string]string{}
		for d := range strings.SplitSeq(h.Get("Content-Security-Policy"), ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(d), " ")
			directives[name] = value
		}
		for name, want := range map[string]string{
			"default-src": "'self'", "script-src": "'self'", "connect-src": "'self'",
			"object-src": "'none'", "base-uri": "'none'", "frame-ancestors": "'none'",
		} {
			if directives[name] != want {
				t.Errorf("GET %s: %s = %q, want %q", path, name, directives[name], want)
			}
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"} {
			if got := h.Get(name); got != want {
				t.Errorf("GET %s: %s = %q, want %q", path, name, got, want)
			}
		}
	}
}

// A shop's page loads the chat from another origin, compressed, and asks for it
// anew without loading it again; the app's own files are the app's.
func TestWidget(t *testing.T) {
	t.Parallel()
	const path = "/widget/widget.js"
	plain, small := get(build(), "GET", path), get(build(), "GET", path, "Accept-Encoding", "br, gzip;q=0.8")
	for _, w := range []*httptest.ResponseRecorder{plain, small} {
		for name, want := range map[string]string{"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin", "Vary": "Accept-Encoding"} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("GET %s: %s = %q, want %q", path, name, got, want)
			}
		}
	}
	in, err := gzip.NewReader(small.Body)
	if err != nil || small.Header().Get("Content-Encoding") != "gzip" {
		t.Fatalf("GET %s, gzip taken: encoding %q, %v", path, small.Header().Get("Content-Encoding"), err)
	}
	if body, err := io.ReadAll(in); err != nil || string(body) != plain.Body.String() {
		t.Errorf("GET %s, unpacked: %q, %v, want the same as plain", path, body, err)
	}
	if plain.Header().Get("Content-Encoding") != "" || plain.Header().Get("ETag") == small.Header().Get("ETag") {
		t.Errorf("GET %s: the plain one says %v", path, plain.Header())
	}
	for _, refused := range []string{"gzip;q=0", "identity", "xgzip"} {
		if w := get(build(), "GET", path, "Accept-Encoding", refused); w.Header().Get("Content-Encoding") != "" {
			t.Errorf("GET %s, Accept-Encoding %s: it is compressed", path, refused)
		}
	}
	if w := get(build(), "GET", path, "Accept-Encoding", "gzip", "If-None-Match", small.Header().Get("ETag")); w.Code != http.StatusNotModified {
		t.Errorf("GET %s with its ETag = %d, want 304", path, w.Code)
	}
	if h := get(build(), "GET", "/theme.js").Header(); h.Get("Access-Control-Allow-Origin") != "" || h.Get("Cross-Origin-Resource-Policy") != "" {
		t.Errorf("GET /theme.js: another origin may have it: %v", h)
	}
}

// Nothing is changed by way of the page's addresses.
func TestOnlyReads(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH"} {
		if w := get(build(), method, "/mine"); w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s /mine = %d, want 405", method, w.Code)
		}
	}
}

// A binary made without the web build says so instead of failing.
func TestUnbuilt(t *testing.T) {
	t.Parallel()
	w := get(handler(fstest.MapFS{".keep": {}}), "GET", "/mine")
	if w.Code != 200 || !strings.Contains(w.Body.String(), "without the web app") {
		t.Errorf("GET /mine without a build = %d %q, want the explanation", w.Code, w.Body)
	}
}
