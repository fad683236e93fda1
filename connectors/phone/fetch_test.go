package phone

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"skein/connectors"
	"skein/inbox"
)

func wav(n int) []byte {
	return append([]byte("RIFF\x00\x00\x00\x00WAVEfmt "), bytes.Repeat([]byte{1}, n)...)
}

// A recording is fetched at once, with the account's own credentials and nobody
// else's, tried again while it may yet come, and what can't be had is noted in
// words.
func TestRecordings(t *testing.T) {
	t.Parallel()
	var tries atomic.Int64
	mux := http.NewServeMux()
	give := func(path, kind string, body []byte) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if kind != "" {
				w.Header().Set("Content-Type", kind)
			}
			_, _ = w.Write(body)
		})
	}
	give("/wav", "audio/x-wav", wav(3000))
	give("/lie", "audio/mpeg", wav(300))
	give("/gsm", "audio/gsm", []byte{0xd2, 0x90, 1, 2, 3})
	give("/page", "audio/mpeg", []byte("<!DOCTYPE html><html><body>Log in</body></html>"))
	give("/empty", "audio/mpeg", nil)
	give("/big", "audio/x-wav", wav(2<<20))
	mux.HandleFunc("/late", func(w http.ResponseWriter, r *http.Request) {
		if tries.Add(1) < 3 {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(wav(10))
	})
	mux.HandleFunc("/two-gigabytes", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(2<<30))
		w.Header().Set("Content-Type", "audio/x-wav")
		_, _ = w.Write(wav(10))
	})
	mux.HandleFunc("/endless", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(wav(1))
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/cut", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "5000")
		_, _ = w.Write(wav(10))
	})
	mux.HandleFunc("/locked", func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "rec" || password != "sesame" {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		_, _ = w.Write(wav(10))
	})
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.Replace("http://"+r.Host+"/locked", "127.0.0.1", "localhost", 1), http.StatusFound)
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)

	for _, c := range []struct {
		path, state, note string
	}{
		{"/wav", "kept", ""},
		{"/lie", "kept", "It was called audio/mpeg and is audio/wav."},
		{"/gsm", "kept", ""},
		{"/late", "kept", ""},
		{"/locked", "kept", ""},
		{"/gone", "none", "The exchange has no recording under its address (404)."},
		{"/page", "none", "What is under its address is no sound but text/html."},
		{"/empty", "none", "What is under its address is no sound"},
		{"/big", "none", "It has more than the 1 MB that are taken: it stays with the exchange."},
		{"/two-gigabytes", "none", "It has 2.0 GB, more than the 1 MB that are taken: it stays with the exchange."},
		{"/endless", "none", "It has more than the 1 MB that are taken: it stays with the exchange."},
		{"/cut", "none", "It broke off"},
		{"/away", "none", "recordings.hosts"},
	} {
		t.Run(c.path[1:], func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, accountWith(Webhook, `"recordings": {"maxMB": 1, "hosts": ["127.0.0.1"], "user": "rec", "password": "sesame"}`))
			con := New(Config{Tries: []time.Duration{0, time.Millisecond, time.Millisecond}})
			con.Handler(d)
			d.receive(con, "")
			set := settingsOf(t, Webhook, "")
			words := set.eventWords("m", []byte(`{"type": "call.ended", "call": {"id": "c", "from": "+436601234567", "startedAt": "2026-06-02T10:00:00Z", "recordingUrl": "`+srv.URL+c.path+`"}}`))
			items, err := con.items(t.Context(), d.Serving[0], set, words)
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Accept(t.Context(), "line", items...); err != nil {
				t.Fatal(err)
			}
			d.until("the recording's fate", d.has(2))
			a := d.audio()["recording"]
			if string(a.State) != c.state || !strings.Contains(a.Note, c.note) || c.note == "" && a.Note != "" {
				t.Errorf("it is %s, %q, want %s, %q", a.State, a.Note, c.state, c.note)
			}
			d.Mu.Lock()
			defer d.Mu.Unlock()
			last := d.Items[1]
			if len(d.Items[0].Call.Attachments) > 0 {
				last = d.Items[0] // fetched before the event itself was accepted
			}
			if files := last.Call.Attachments; c.state == "kept" && (len(files) != 1 || !strings.HasPrefix(files[0].Name, "recording 2026-06-02 12.00") || d.Bodies[files[0].Body.Ref] == nil || files[0].Body.SHA256 != a.SHA256) {
				t.Errorf("it comes with %+v", files)
			}
			if last.Sender.Address != "+436601234567" || last.Call.ID != "c" {
				t.Errorf("its item is %+v", last)
			}
		})
	}
}

// What names an address never makes us look into our own network for it.
func TestRecordingsStayOutside(t *testing.T) {
	t.Parallel()
	asked := false
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked = true }))
	t.Cleanup(srv.Close)
	f := &fetcher{put: func(context.Context, io.Reader) (connectors.Body, error) { return connectors.Body{}, errors.New("no") }, timeout: 5 * time.Second}
	for _, url := range []string{srv.URL + "/x", "http://169.254.169.254/latest/meta-data", "http://[::1]:1/x", "http://10.0.0.1/x", "file:///etc/passwd", "gopher://x", "http://", "%"} {
		r, err := f.fetch(t.Context(), settingsOf(t, Webhook, ""), accountWith(Webhook, ""), inbox.Call{}, inbox.CallAudio{ID: "r", URL: url, State: inbox.AudioWanted})
		if err != nil || r.audio.State != inbox.AudioNone || r.attachment != nil {
			t.Errorf("%s gives %+v, %v", url, r, err)
		}
	}
	if asked {
		t.Error("a server in our own network was asked")
	}
}

// Which recordings are missing is asked of the server: what an earlier process
// left is fetched.
func TestRecordingsLeftBehind(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(wav(10)) }))
	t.Cleanup(srv.Close)
	d := newDesk(t, accountWith(Webhook, `"recordings": {"hosts": ["127.0.0.1"]}`))
	d.Missing = []inbox.Call{{ExternalID: "c9", Direction: inbox.In, From: "+436601234567", Audio: []inbox.CallAudio{
		{ID: "recording", Kind: inbox.Recording, State: inbox.AudioWanted, URL: srv.URL}, {ID: "voicemail", Kind: inbox.Voicemail, State: inbox.AudioKept, URL: srv.URL},
	}}}
	c := New(Config{Tries: []time.Duration{0}, AskEvery: 20 * time.Millisecond})
	c.Handler(d)
	d.receive(c, "")
	d.until("the recording", d.has(1))
	d.Mu.Lock()
	defer d.Mu.Unlock()
	if in := d.Items[0]; in.Call.ID != "c9" || len(in.Call.Audio) != 1 || in.Call.Audio[0].State != inbox.AudioKept || len(in.Call.Attachments) != 1 {
		t.Errorf("it comes as %+v", in.Call)
	}
}

// Twilio's recordings are asked for as MP3 with each of the account's tokens, and
// a call that only its parent explains is looked up.
func TestTwilioAPI(t *testing.T) {
	t.Parallel()
	var paths []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != sid("AC", 1) || password != "token" {
			http.Error(w, "{}", http.StatusUnauthorized)
			return
		}
		paths = append(paths, r.URL.Path)
		if strings.HasSuffix(r.URL.Path, ".json") {
			_ = json.NewEncoder(w).Encode(map[string]any{"sid": sid("CA", 12), "from": "client:ann", "to": "", "direction": "inbound"})
			return
		}
		_, _ = w.Write([]byte("ID3\x03" + strings.Repeat("x", 600)))
	}))
	t.Cleanup(srv.Close)
	set := settingsOf(t, Twilio, `"apiUrl": "`+srv.URL+`"`)
	set.Secrets = []string{"old", "token"}
	d := newDesk(t)
	f := &fetcher{put: d.PutBody, timeout: 5 * time.Second}
	r, err := f.fetch(t.Context(), set, connectors.Account{}, inbox.Call{}, inbox.CallAudio{ID: "RE1", Kind: inbox.Recording, State: inbox.AudioWanted,
		URL: srv.URL + "/2010-04-01/Accounts/" + sid("AC", 1) + "/Recordings/" + sid("RE", 5)})
	if err != nil || r.audio.State != inbox.AudioKept || r.attachment.Type != "audio/mpeg" || r.attachment.Name != "recording.mp3" {
		t.Errorf("the recording is %+v, %v", r, err)
	}
	form := twStatus(t, 1, 2, "ringing", child(23, "+436601234567", "From", "+4315550100")...)
	c := New(Config{})
	for range 2 {
		if p := c.parentOf(t.Context(), set, form); p == nil || p.from != "client:ann" || p.direction != "inbound" {
			t.Errorf("the parent is %+v", p)
		}
	}
	want := fmt.Sprint([]string{"/2010-04-01/Accounts/" + sid("AC", 1) + "/Recordings/" + sid("RE", 5) + ".mp3", "/2010-04-01/Accounts/" + sid("AC", 1) + "/Calls/" + sid("CA", 12) + ".json"})
	if fmt.Sprint(paths) != want {
		t.Errorf("asked for %v, want %s", paths, want)
	}
}

// The kind of a sound is seen in its first bytes, whatever they are.
func FuzzSound(f *testing.F) {
	f.Add(wav(10), "audio/mpeg")
	f.Add([]byte{0xFF, 0xFB, 0x90}, "")
	f.Fuzz(func(t *testing.T, head []byte, said string) {
		if kind, note := soundOf(head, said); kind == "" && note == "" {
			t.Errorf("%q called %q is nothing, and nothing is said of it", head, said)
		}
	})
}
