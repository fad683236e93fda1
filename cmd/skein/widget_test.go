package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"skein/web"
)

// A fakeChat speaks the chat's side of the widget's protocol, and does to it what
// a real one does only now and then.
type fakeChat struct {
	t *testing.T

	mu      sync.Mutex // guards what follows
	away    bool
	closed  bool
	session string
	words   []map[string]any
	files   map[string][]byte
	names   map[string]map[string]any
	sockets map[*websocket.Conn]bool
	heard   []map[string]any
}

func (f *fakeChat) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/widget/") {
		web.Handler().ServeHTTP(w, r)
		return
	}
	f.mu.Lock()
	away, closed := f.away, f.closed
	f.mu.Unlock()
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
	h.Set("Access-Control-Allow-Headers", "authorization, content-type, x-file-name")
	_, file, isFile := strings.Cut(r.URL.Path, "/files/")
	switch {
	case away:
		http.Error(w, "away", http.StatusServiceUnavailable)
	case r.Method == http.MethodOptions:
	case strings.HasSuffix(r.URL.Path, "/ws"):
		f.serveSocket(w, r)
	case strings.HasSuffix(r.URL.Path, "/config"):
		_ = json.NewEncoder(w).Encode(f.shop(map[string]any{}, closed))
	case r.Header.Get("Authorization") != "Bearer token of first":
		http.Error(w, "whose?", http.StatusUnauthorized)
	case isFile:
		f.mu.Lock()
		defer f.mu.Unlock()
		_, _ = w.Write(f.files[file])
	default:
		f.takeFile(w, r)
	}
}

func (f *fakeChat) shop(in map[string]any, closed bool) map[string]any {
	in["brand"], in["open"] = map[string]any{"name": "The shop", "color": "#f2c94c"}, !closed
	in["maxFile"], in["fileTypes"] = 100_000, []string{"image/*"}
	return in
}

func (f *fakeChat) takeFile(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	name, nameErr := url.PathUnescape(r.Header.Get("X-File-Name"))
	if err != nil || nameErr != nil {
		f.t.Errorf("a file came as %v, named %v", err, nameErr)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	id := fmt.Sprint("f", len(f.files))
	f.files[id] = raw
	f.names[id] = map[string]any{"id": id, "name": name, "type": r.Header.Get("Content-Type"), "size": len(raw)}
	_ = json.NewEncoder(w).Encode(f.names[id])
}

func (f *fakeChat) serveSocket(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return
	}
	defer func() {
		f.mu.Lock()
		delete(f.sockets, conn)
		f.mu.Unlock()
		_ = conn.CloseNow()
	}()
	for {
		_, raw, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		var in map[string]any
		if err := json.Unmarshal(raw, &in); err != nil {
			f.t.Errorf("the widget says %s", raw)
			return
		}
		f.mu.Lock()
		f.heard = append(f.heard, in)
		f.take(conn, in)
		f.mu.Unlock()
	}
}

// take answers a frame. The lock is held.
func (f *fakeChat) take(conn *websocket.Conn, in map[string]any) {
	put := func(frame map[string]any) { f.put(conn, frame) }
	id, _ := in["id"].(string)
	switch in["t"] {
	case "hello":
		put(f.shop(map[string]any{"t": "welcome", "session": f.session, "token": "token of " + f.session}, f.closed))
		f.sockets[conn] = true
		after, resumes := in["after"].(float64)
		if !resumes {
			put(map[string]any{"t": "history", "messages": slices.Clone(f.words), "seq": len(f.words)})
		}
		for _, word := range f.words {
			if resumes && word["seq"].(int) > int(after) {
				put(word)
			}
		}
	case "message":
		if in["text"] == "refuse this" {
			put(map[string]any{"t": "error", "code": "invalid", "message": "It is not to our taste.", "id": id})
			return
		}
		put(map[string]any{"t": "state", "id": id, "state": "sent"})
		if slices.ContainsFunc(f.words, func(w map[string]any) bool { return w["clientId"] == id }) {
			return
		}
		files := []any{}
		for _, file := range in["files"].([]any) {
			files = append(files, f.names[file.(string)])
		}
		f.say(map[string]any{"from": "visitor", "clientId": id, "text": in["text"], "files": files, "state": "delivered"})
	case "bye":
		f.session, f.words = "second", nil
	case "offline", "handover":
		put(map[string]any{"t": "state", "id": id, "state": "sent"})
	}
}

func (f *fakeChat) put(conn *websocket.Conn, frame map[string]any) {
	raw, err := json.Marshal(frame)
	if err != nil {
		f.t.Error(err)
	}
	_ = conn.Write(f.t.Context(), websocket.MessageText, raw) // it may be gone
}

// keep numbers a word without telling anybody. The lock is held.
func (f *fakeChat) keep(word map[string]any) map[string]any {
	word["t"], word["seq"], word["at"] = "message", len(f.words)+1, time.Now()
	word["id"] = fmt.Sprint("m", len(f.words)+1)
	f.words = append(f.words, word)
	return word
}

func (f *fakeChat) say(word map[string]any) { f.tell(f.keep(word)) }

func (f *fakeChat) tell(frame map[string]any) {
	for conn := range f.sockets {
		f.put(conn, frame)
	}
}

func (f *fakeChat) cut() {
	for conn := range f.sockets {
		_ = conn.CloseNow()
		delete(f.sockets, conn)
	}
}

// lock runs what needs the lock.
func (f *fakeChat) lock(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
}

// said are the frames of a kind that the widget has said; it waits for the first.
func (f *fakeChat) said(kind string) []map[string]any {
	f.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		var list []map[string]any
		f.lock(func() {
			for _, in := range f.heard {
				if in["t"] == kind {
					list = append(list, in)
				}
			}
		})
		if len(list) > 0 {
			return list
		}
		if time.Now().After(deadline) {
			f.t.Errorf("the widget never says %s", kind)
			return nil
		}
	}
}

// shopPage is a page that grants the chat what the README says it needs, and
// nothing else.
func shopPage(host string) http.HandlerFunc {
	script := `window.skein = { q: [["identify", { email: "ines@mail.example" }], ["track", "Product Viewed", { sku: "K-1" }]] };`
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/shop.js" {
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = io.WriteString(w, script)
			return
		}
		q := r.URL.Query()
		lang, dir := "en", "ltr"
		if q.Has("lang") {
			lang, dir = q.Get("lang"), q.Get("dir")
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", fmt.Sprintf("default-src 'none'; script-src 'self' http://%[1]s; connect-src http://%[1]s ws://%[1]s; "+
			"base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'", host))
		fmt.Fprintf(w, `<!doctype html><html lang=%q dir=%q><title>Kettles</title><script src="/shop.js"></script>
			<script src="http://%s/widget/widget.js" data-account="web" async></script>
			<main id="shop"><h1>Kettles</h1><a href="/kettles/1">One kettle</a></main>`, lang, dir, host)
	}
}

// The chat works on a page of another origin that allows it nothing but its own
// host, by keyboard and with a screen reader, in all tabs at once, over reloads,
// a lost server and a lost network; it sends each message once, shows no markup,
// and tells nothing of the visitor before they agree.
func TestWidget(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	t.Parallel()
	chromium, node := browser(t, "widget/widget.js")
	f := &fakeChat{t: t, session: "first", files: map[string][]byte{}, names: map[string]map[string]any{}, sockets: map[*websocket.Conn]bool{}}
	server := httptest.NewServer(f)
	defer server.Close()
	shop := httptest.NewServer(shopPage(strings.TrimPrefix(server.URL, "http://")))
	defer shop.Close()

	page := runPage(t, node, "e2e/widget.mjs", "PAGE="+shop.URL+"/", "CHROMIUM="+chromium)
	page.expect("loaded")
	f.lock(func() {
		if len(f.heard) > 0 {
			t.Errorf("before anybody has opened the chat it says %v", f.heard)
		}
	})
	page.say("go")
	page.expect("asked")
	if got := f.said("identify")[0]["email"]; got != "ines@mail.example" {
		t.Errorf("what was said before the chat was there: %v", got)
	}
	f.lock(func() { f.tell(map[string]any{"t": "typing", "name": "Ana"}) })
	page.say("go")
	page.expect("typing seen")
	f.lock(func() {
		f.say(map[string]any{"from": "agent", "name": "Ana", "text": "Look at https://track.example/1. <img src=x onerror=alert(1)>", "html": "<img src=x onerror=alert(1)>"})
	})
	page.say("go")
	page.expect("two tabs")
	f.lock(func() { f.say(map[string]any{"from": "agent", "name": "Ana", "text": "One more thing"}) })
	page.say("go")
	page.expect("reloaded")
	if got := f.said("read"); got == nil || got[len(got)-1]["seq"] != 3.0 {
		t.Errorf("read up to %v, want 3", got)
	}
	f.lock(func() { f.away = true; f.cut() })
	page.say("go")
	page.expect("queued")
	f.lock(func() { f.away = false })
	page.say("go")
	page.expect("off line")
	f.lock(func() {
		f.cut()
		f.keep(map[string]any{"from": "agent", "name": "Ana", "text": "said meanwhile"})
	})
	page.say("go")
	page.expect("back")
	f.lock(func() {
		f.keep(map[string]any{"from": "agent", "name": "Ana", "text": "lost on the way"})
		f.tell(map[string]any{"t": "ping", "seq": len(f.words)})
	})
	page.say("go")
	page.expect("file sent")
	f.lock(func() {
		for _, text := range []string{"Where is my parcel?", "written without a server", "written off line", "look"} {
			ids := map[any]bool{}
			for _, in := range f.heard {
				if in["t"] == "message" && in["text"] == text {
					ids[in["id"]] = true
				}
			}
			if len(ids) != 1 {
				t.Errorf("%q was said under %d ids, want one", text, len(ids))
			}
		}
		for _, in := range f.heard {
			if in["t"] == "track" || in["t"] == "page" || in["t"] == "hello" && in["page"] != nil {
				t.Errorf("without consent the widget tells %v", in)
			}
		}
	})
	page.say("go")
	page.expect("consented")
	if got := f.said("track"); len(got) != 1 || got[0]["name"] != "Product Added" || got[0]["properties"].(map[string]any)["price"] != 49.9 {
		t.Errorf("the cart is told as %v", got)
	}
	page.say("go")
	page.expect("signed out")
	var seen []any
	for _, in := range f.said("page") {
		seen = append(seen, strings.TrimPrefix(in["url"].(string), shop.URL))
	}
	if !slices.Contains(seen, any("/kettles/2")) {
		t.Errorf("pages told: %v, want that of /kettles/2 among them", seen)
	}
	if got := f.said("handover"); len(got) == 0 || got[0]["email"] != "ines@mail.example" {
		t.Errorf("going on by mail is told as %v", got)
	}
	f.said("bye")
	f.lock(func() { f.closed = true })
	page.say("go")
	page.expect("left a message")
	if got := f.said("offline"); len(got) == 0 || got[0]["email"] != "ines@mail.example" || got[0]["name"] != "Ines" || got[0]["text"] != "Wo ist mein Paket?" {
		t.Errorf("the form is told as %v", got)
	}
	page.say("go")
}
