package chat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"skein/inbox"
)

var png = append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), make([]byte, 100)...)

func (r *rig) upload(token, kind, name string, body []byte, length int64) (int, fileMeta) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), "POST", r.url+"/in/chat/web/files", io.NopCloser(bytes.NewReader(body)))
	if err != nil {
		r.t.Fatal(err)
	}
	req.ContentLength = length
	req.Header.Set("Origin", testOrigin)
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", kind)
	req.Header.Set("X-File-Name", name)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fileMeta{}
	}
	defer func() { _ = res.Body.Close() }()
	var m fileMeta
	_ = json.NewDecoder(res.Body).Decode(&m)
	return res.StatusCode, m
}

// A file goes with a message of its own session; what is too large, of another
// type, not what it says, harmful, or of nobody is refused with words, and what
// can't be checked now has to come again.
func TestTakeFile(t *testing.T) {
	t.Parallel()
	clamd := fakeClamd(t, "tcp", "127.0.0.1:0", 1<<20)
	r := newRig(t, fmt.Sprintf(`{"origins": [%q], "scan": %q, "files": {"maxBytes": 100000}}`, testOrigin, clamd))
	g := r.dial(r.url, nil, `{"t":"hello"}`)
	w := g.welcome()
	status, m := r.upload(w.Token, "image/png", "my%20photo.png", png, int64(len(png)))
	if status != 201 || m.Name != "my photo.png" || m.Type != "image/png" || m.Size != int64(len(png)) {
		t.Fatalf("upload: %d %+v", status, m)
	}
	g.say(fmt.Sprintf(`{"t":"message","id":"00000000-z","text":"","files":[%q]}`, m.ID))
	g.expect("it is sent", func(f anyFrame) bool { return f.T == "state" && f.ID == "00000000-z" && f.State == inbox.Sent })
	r.in.Mu.Lock()
	at := r.in.Items[0].Message.Attachments
	if len(at) != 1 || at[0].Name != "my photo.png" || !bytes.Equal(r.in.Bodies[at[0].Body.Ref], png) {
		t.Errorf("published %+v", at)
	}
	r.in.Mu.Unlock()
	thief := r.dial(r.url, nil, `{"t":"hello"}`)
	thief.welcome()
	thief.say(fmt.Sprintf(`{"t":"message","id":"00000000-y","text":"mine","files":[%q]}`, m.ID))
	thief.expect("a file of another session is none", func(f anyFrame) bool { return f.T == "error" && f.Code == "not_found" })

	html := []byte("<!doctype html><script>alert(1)</script>")
	virus := append(append([]byte{}, png...), "EICAR"...)
	for _, tc := range []struct {
		name, token, kind string
		body              []byte
		length            int64
		want              int
	}{
		{"of nobody", "x.y", "image/png", png, int64(len(png)), 401},
		{"too large", w.Token, "image/png", make([]byte, 200_000), 200_000, 413},
		{"of unknown length", w.Token, "image/png", png, -1, 400},
		{"of another type", w.Token, "application/x-msdownload", []byte("MZ"), 2, 403},
		{"a page that says it is an image", w.Token, "image/png", html, int64(len(html)), 403},
		{"a page that says it is a PDF", w.Token, "application/pdf", html, int64(len(html)), 403},
		{"harmful", w.Token, "image/png", virus, int64(len(virus)), 403},
	} {
		if got, _ := r.upload(tc.token, tc.kind, "f", tc.body, tc.length); got != tc.want {
			t.Errorf("%s: %d, want %d", tc.name, got, tc.want)
		}
	}
	r.in.Mu.Lock()
	if !strings.Contains(fmt.Sprint(r.in.Rejected), "harmful") {
		t.Errorf("the account shows %v", r.in.Rejected)
	}
	r.in.Mu.Unlock()

	away := newRig(t, fmt.Sprintf(`{"origins": [%q], "scan": "127.0.0.1:1"}`, testOrigin))
	g = away.dial(away.url, nil, `{"t":"hello"}`)
	if got, _ := away.upload(g.welcome().Token, "image/png", "f", png, int64(len(png))); got != 503 {
		t.Errorf("with the scanner away: %d, want 503", got)
	}
}

// A file is given to its own session alone, and never runs as a page.
func TestGiveFile(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	g := r.dial(r.url, nil, `{"t":"hello"}`)
	w := g.welcome()
	get := func(id, token string) *http.Response {
		req, err := http.NewRequestWithContext(t.Context(), "GET", r.url+"/in/chat/web/files/"+id, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", testOrigin)
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = res.Body.Close() })
		return res
	}
	res := get("file-of-"+w.Session, w.Token)
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 || string(body) != "hello" || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment") ||
		res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("Access-Control-Allow-Origin") != testOrigin {
		t.Errorf("%d %q %v", res.StatusCode, body, res.Header)
	}
	other := r.dial(r.url, nil, `{"t":"hello"}`).welcome()
	if res := get("file-of-"+w.Session, other.Token); res.StatusCode != 404 {
		t.Errorf("another session gets %d", res.StatusCode)
	}
	if res := get("file-of-"+w.Session, "x.y"); res.StatusCode != 401 {
		t.Errorf("nobody gets %d", res.StatusCode)
	}
}
