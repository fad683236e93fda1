// Package web serves the agents' app, which is built from web/inbox into
// web/dist and embedded in the binary, and the customers' chat for other
// people's pages, built from web/widget.
//
// It promises that every page address answers with the app, that a missing
// asset is a 404 and never the page, that what is named by its hash is kept by
// browsers for good and everything else is asked for anew, that the page may run
// its own scripts and nothing else, and that the chat's script may be loaded by
// any page.
//
// It never answers for the API, and never reads a file outside dist.
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

//go:embed all:dist
var dist embed.FS

// policy is the page's Content-Security-Policy. Frames without an address of
// their own inherit it: those in which mail is shown need inline styles and,
// once an agent asks for them, images of other servers. Scripts are never
// inline, and the same origin includes the websocket.
const policy = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' blob: data: https:; connect-src 'self'; object-src 'none'; base-uri 'none'; " +
	"form-action 'self'; frame-ancestors 'none'"

// unbuilt is the page of a binary that was made without the web build.
const unbuilt = "<!doctype html><title>Skein</title><p>This binary was built without the web app: run <code>make build</code>.</p>\n"

// types are the media types of what a build makes, whatever the machine's own
// table says.
var types = map[string]string{
	".css":         "text/css; charset=utf-8",
	".html":        "text/html; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".json":        "application/json",
	".png":         "image/png",
	".svg":         "image/svg+xml",
	".txt":         "text/plain; charset=utf-8",
	".webmanifest": "application/manifest+json",
	".woff2":       "font/woff2",
}

// widget is where the build puts the customers' chat. Shops' pages load it with
// every view: for some minutes they needn't ask, and for a day they needn't wait
// for the answer.
const (
	widget       = "widget/"
	widgetMaxAge = "public, max-age=300, stale-while-revalidate=86400"
)

// A file is one embedded file, ready to be served.
type file struct {
	body  []byte
	small []byte // gzipped; nil where that doesn't help
	kind  string
	etag  string
	cache string
	any   bool // pages of any origin may load it
}

// Handler serves the app. It answers GET and HEAD; what is under /assets/ or
// has no page is a 404, any other address is the app's own.
func Handler() http.Handler {
	root, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the embedded folder's name is a constant
	}
	return handler(root)
}

func handler(root fs.FS) http.Handler {
	files := map[string]*file{"/index.html": newFile("index.html", []byte(unbuilt))}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		body, err := fs.ReadFile(root, name)
		if err == nil {
			files["/"+name] = newFile(name, body)
		}
		return err
	})
	if err != nil {
		panic(err) // an embedded file can always be read
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		f := files[path.Clean("/"+r.URL.Path)]
		if f == nil && isFile(r.URL.Path) {
			h.Set("Cache-Control", "no-store")
			http.NotFound(w, r)
			return
		}
		if f == nil {
			f = files["/index.html"]
		}
		f.serve(w, r)
	})
}

// isFile reports whether an address names a file and no place of the app: a
// page answered in its stead would be read as a script or an image.
func isFile(p string) bool {
	return p == "/assets" || strings.HasPrefix(p, "/assets/") || types[path.Ext(p)] != ""
}

func newFile(name string, body []byte) *file {
	sum := sha256.Sum256(body)
	kind := types[path.Ext(name)]
	if kind == "" {
		kind = mime.TypeByExtension(path.Ext(name))
	}
	if kind == "" {
		kind = "application/octet-stream"
	}
	f := &file{body: body, kind: kind, etag: hex.EncodeToString(sum[:16]), cache: "no-cache", any: strings.HasPrefix(name, widget)}
	switch {
	case strings.HasPrefix(name, "assets/"): // the build names them by their hash
		f.cache = "public, max-age=31536000, immutable"
	case f.any:
		f.cache = widgetMaxAge
		f.small = zipped(body)
	}
	return f
}

func zipped(body []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is a constant
	}
	_, _ = w.Write(body)
	_ = w.Close() // a buffer takes everything
	return b.Bytes()
}

// takesGzip reports whether a request takes gzip (RFC 9110 section 12.5.3), as
// far as browsers say it.
func takesGzip(r *http.Request) bool {
	return slices.ContainsFunc(strings.Split(r.Header.Get("Accept-Encoding"), ","), func(s string) bool {
		name, q, _ := strings.Cut(strings.ReplaceAll(s, " ", ""), ";")
		return strings.EqualFold(name, "gzip") && q != "q=0"
	})
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", f.cache)
	body, etag := f.body, f.etag
	if f.any {
		h.Set("Access-Control-Allow-Origin", "*") // integrity wants to read it
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	}
	if f.small != nil {
		h.Set("Vary", "Accept-Encoding")
		if takesGzip(r) {
			h.Set("Content-Encoding", "gzip")
			body, etag = f.small, etag+"-gzip"
		}
	}
	h.Set("ETag", `"`+etag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}
