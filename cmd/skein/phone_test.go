package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/connectors"
	"skein/connectors/phone"
	"skein/inbox"
)

// A phoneNode is a node with an account of each way to be told of calls, and the
// sidecars that serve them.
type phoneNode struct {
	*node
	heard string // what was last answered
}

func startPhone(t *testing.T) *phoneNode {
	t.Helper()
	n := &phoneNode{node: startNode(t)}
	for id, settings := range map[inbox.AccountID]string{
		"twilio": `{"provider": "twilio", "secrets": ["token"], "answer": {"dial": ["client:kim"], "voicemail": "Speak."}}`,
		"line":   `{"provider": "webhook", "secrets": ["secret"], "zone": "Europe/Vienna", "recordings": {"hosts": ["127.0.0.1"]}}`,
		"gone":   `{"provider": "webhook", "secrets": ["secret"]}`,
	} {
		if _, err := n.store.SaveAccount(t.Context(), inbox.Account{ID: id, Channel: inbox.Phone, InboxID: n.inboxes["support"].ID, Name: string(id),
			Address: "+4315550100", MaxProof: inbox.Proven, Region: "AT", Settings: []byte(settings)}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	parts := newStack(slog.New(slog.DiscardHandler))
	t.Cleanup(func() { parts.stop(10 * time.Second) })
	if _, err := n.startAccounts(t.Context(), parts); err != nil {
		t.Fatal(err)
	}
	return n
}

// sidecar starts an instance of the telephone's connector; tries are those for a
// recording.
func (n *phoneNode) sidecar(tries ...time.Duration) (stop func()) {
	n.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- connectors.Run(ctx, connectors.Config{Link: n.links[inbox.Phone], Log: slog.New(slog.DiscardHandler), Grace: time.Second,
			Connector: phone.New(phone.Config{Log: slog.New(slog.DiscardHandler), Tries: tries, AskEvery: 100 * time.Millisecond})})
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			n.t.Errorf("the sidecar ended with %v", err)
		}
	})
	n.t.Cleanup(stop)
	n.until("the telephone is served", func() bool { return n.post("line", "", "", nil) == http.StatusUnauthorized })
	return stop
}

// exec does what only time, or another process, would.
func (n *phoneNode) exec(query string) {
	n.t.Helper()
	db, err := pgx.Connect(n.t.Context(), n.base.database)
	if err != nil {
		n.t.Fatal(err)
	}
	defer func() { _ = db.Close(context.Background()) }()
	if _, err := db.Exec(n.t.Context(), query); err != nil {
		n.t.Fatal(err)
	}
}

func (n *phoneNode) post(account, kind, body string, header http.Header) int {
	req, err := http.NewRequestWithContext(n.t.Context(), "POST", n.url+"/in/phone/"+account, strings.NewReader(body))
	if err != nil {
		n.t.Fatal(err)
	}
	maps.Copy(req.Header, header)
	req.Header.Set("Content-Type", kind)
	status, heard := fetch(n.t, req)
	n.heard = heard
	return status
}

// twilio posts a request as Twilio signs it.
func (n *phoneNode) twilio(pairs ...string) int {
	form := url.Values{"AccountSid": {"AC1"}, "CallSid": {"CA12"}, "From": {"+436601234567"}, "To": {"+4315550100"}, "Direction": {"inbound"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	signed := n.url + "/in/phone/twilio"
	for _, name := range slices.Sorted(maps.Keys(form)) {
		signed += name + form.Get(name)
	}
	mac := hmac.New(sha1.New, []byte("token"))
	mac.Write([]byte(signed))
	return n.post("twilio", "application/x-www-form-urlencoded", form.Encode(), http.Header{"X-Twilio-Signature": {base64.StdEncoding.EncodeToString(mac.Sum(nil))}})
}

// event posts one of our own events, signed by secret.
func (n *phoneNode) event(account, secret, id, body string) int {
	at := fmt.Sprint(time.Now().Unix())
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
	return n.post(account, "application/json", body, http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {at}, "Webhook-Signature": {"v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))}})
}

func (r *reader) calls() (found []inbox.Message) {
	r.t.Helper()
	var list struct{ Items []inbox.Conversation }
	r.want(200, "GET", "/conversations?status=all&limit=100", nil, &list)
	for _, c := range list.Items {
		found = append(found, r.messages(c)...)
	}
	return found
}

const status = "call-progress-events"

// A call that rings at Twilio pops up before the agent, and its words, three
// times, backwards and by two sidecars of which one is killed, are one call in
// the agent's open page.
func TestPhone(t *testing.T) {
	t.Parallel()
	n := startPhone(t)
	kill := n.sidecar()
	n.sidecar()
	kim := n.agent("kim", inbox.AgentRole, n.inboxes["support"].ID)
	kim.watch("list")
	at := func(seconds int) string {
		return time.Now().UTC().Truncate(time.Minute).Add(time.Duration(seconds) * time.Second).Format(time.RFC1123Z)
	}
	child := []string{"CallSid", "CA22", "ParentCallSid", "CA12", "Direction", "outbound-dial", "To", "client:kim", "CallbackSource", status}
	words := [][]string{
		{"CallStatus", "ringing", "CallbackSource", status, "SequenceNumber", "0", "Timestamp", at(0)},
		append([]string{"CallStatus", "ringing", "SequenceNumber", "1", "Timestamp", at(1)}, child...),
		append([]string{"CallStatus", "in-progress", "SequenceNumber", "2", "Timestamp", at(5)}, child...),
		append([]string{"CallStatus", "completed", "CallDuration", "40", "SequenceNumber", "3", "Timestamp", at(45)}, child...),
		{"CallStatus", "completed", "CallDuration", "45", "CallbackSource", status, "SequenceNumber", "1", "Timestamp", at(45)},
	}
	said := func(i int) int {
		got := n.twilio(words[i]...)
		if got != http.StatusNoContent && got != http.StatusServiceUnavailable {
			t.Errorf("word %d gets %d", i, got)
		}
		return got
	}
	said(0)
	said(1)
	kim.until("it rings before the agent", func() bool {
		return strings.Contains(kim.said(), `{"type":"calls","calls":[{"id":"twilio/CA12","state":"ringing","from":"+436601234567"`)
	})
	for round := range 3 {
		if round == 1 {
			kill()
		}
		for i := range words {
			i := len(words) - 1 - i
			n.until("the word is taken", func() bool { return said(i) == http.StatusNoContent })
		}
	}
	kim.until("the call is answered", func() bool {
		list := kim.calls()
		return len(list) > 0 && list[0].Call.Disposition == inbox.CallAnswered
	})
	list := kim.calls()
	c := list[0].Call
	if len(list) != 1 || c.TalkSeconds != 40 || c.RingSeconds != 5 || c.Agent != "kim" || c.From != "+436601234567" || c.ExternalID != "CA12" || list[0].Text != "Call, 40 s, kim" {
		t.Errorf("there are %d messages, of %+v: %q", len(list), c, list[0].Text)
	}
	kim.until("the agent's socket has it", func() bool { return strings.Contains(kim.said(), "Call, 40 s, kim") })
}

// What isn't signed is counted and nothing of it kept; what is larger than
// anything, or of an account that is not or no longer there, is refused.
func TestPhoneRefuses(t *testing.T) {
	t.Parallel()
	n := startPhone(t)
	n.sidecar()
	kim := n.agent("kim", inbox.AdminRole, n.inboxes["support"].ID)
	const event = `{"type": "call.ended", "call": {"id": "c1", "from": "+436601234567", "startedAt": "2026-06-02T10:00:00Z", "endedAt": "2026-06-02T10:00:09Z"}}`
	n.exec(`DELETE FROM accounts WHERE id = 'gone'`)
	for _, c := range []struct {
		what            string
		account, secret string
		body            string
		want            int
	}{
		{"a wrong secret", "line", "sekret", event, http.StatusUnauthorized},
		{"an unknown account", "nobody", "secret", event, http.StatusNotFound},
		{"garbage", "line", "secret", "\x00{{{", http.StatusBadRequest},
		{"ten megabytes", "line", "secret", strings.Repeat(" ", 10<<20), http.StatusRequestEntityTooLarge},
	} {
		if got := n.event(c.account, c.secret, "m-"+c.what, c.body); got != c.want {
			t.Errorf("%s gets %d, want %d", c.what, got, c.want)
		}
	}
	n.until("a removed account is unknown", func() bool { return n.event("gone", "secret", "m-gone", event) == http.StatusNotFound })
	if got := kim.calls(); len(got) != 0 {
		t.Errorf("%d messages are kept of what was refused", len(got))
	}
	// What is not known is kept as it came, and shown so.
	if got := n.event("line", "secret", "m-unknown", `{"type": "call.sung", "call": {"id": "c1", "from": "+436601234567"}}`); got != http.StatusOK {
		t.Errorf("an unknown kind gets %d", got)
	}
	kim.until("it is shown", func() bool {
		list := kim.calls()
		return len(list) == 1 && strings.Contains(list[0].Text, "call.sung") && list[0].HasRaw
	})
}

// A missed call asks to be called back, once for its caller, and an answered one
// settles that; a withheld number is nobody and asks for nothing of the kind.
func TestPhoneMissed(t *testing.T) {
	t.Parallel()
	n := startPhone(t)
	n.sidecar()
	kim := n.agent("kim", inbox.AgentRole, n.inboxes["support"].ID)
	say := func(id, from, more string) {
		t.Helper()
		body := `{"type": "call.ended", "id": "` + id + `", "call": {"id": "` + id + `", "from": "` + from + `", "to": "+4315550100", "startedAt": "` + time.Now().Add(-time.Minute).UTC().Format(time.RFC3339) + `"` + more + `}}`
		if got := n.event("line", "secret", id, body); got != http.StatusOK {
			t.Fatalf("%s gets %d", id, got)
		}
	}
	tasks := func() (open int) {
		var list struct{ Items []inbox.Task }
		kim.want(200, "GET", "/tasks", nil, &list)
		for _, task := range list.Items {
			if task.State == inbox.TaskOpen {
				open++
			}
		}
		return open
	}
	say("c1", "+436601234567", `, "disposition": "missed"`)
	say("c2", "0660 1234567", `, "disposition": "missed"`)
	say("c3", "withheld", `, "disposition": "missed"`)
	n.until("three calls are there", func() bool { return len(kim.calls()) == 3 })
	n.until("one asks to be called back", func() bool { return tasks() == 1 })
	for _, m := range kim.calls() {
		if m.Call.From == inbox.Withheld && (m.Author.Name != "" || m.Author.Address != "") {
			t.Errorf("the withheld number is %+v", m.Author)
		}
	}
	say("c4", "+436601234567", `, "disposition": "answered", "talkSeconds": 30`)
	n.until("nobody waits for a call", func() bool { return tasks() == 0 })

	// A blocked number's call is kept as spam, and asks for nothing.
	for _, m := range kim.calls() {
		if m.Call.From == "+436601234567" {
			kim.want(200, "POST", "/conversations/"+string(m.ConversationID)+"/block", map[string]any{}, nil)
			break
		}
	}
	say("c5", "+436601234567", `, "disposition": "missed"`)
	n.until("the call is kept", func() bool { return len(kim.calls()) == 5 })
	for _, m := range kim.calls() {
		var c inbox.Conversation
		if kim.want(200, "GET", "/conversations/"+string(m.ConversationID), nil, &c); m.Spam && (c.Status != inbox.Spam || c.WaitingSince != nil) || tasks() != 0 {
			t.Errorf("the call of who is blocked: %+v in %+v, %d tasks", m, c, tasks())
		}
	}
	if !slices.ContainsFunc(kim.calls(), func(m inbox.Message) bool { return m.Spam }) {
		t.Error("the call of who is blocked isn't spam")
	}
	// Where we say what becomes of it, it rings no telephone either.
	for from, want := range map[string]string{"+436601234567": "<Reject", "+436607654321": "<Dial"} {
		if got := n.twilio("CallSid", "CA"+from, "From", from, "CallStatus", "ringing"); got != http.StatusOK || !strings.Contains(n.heard, want) {
			t.Errorf("a call from %s gets %d %q, want %s", from, got, n.heard, want)
		}
	}
}

// A recording is at the call as a file, fetched by whoever is there after the
// one that was told of it died; one that is gone is noted.
func TestPhoneRecording(t *testing.T) {
	t.Parallel()
	sound := append([]byte("RIFF\x00\x00\x00\x00WAVEfmt "), make([]byte, 300<<10)...)
	var open sync.Mutex
	there := false
	exchange := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		open.Lock()
		defer open.Unlock()
		if r.URL.Path != "/r.wav" || !there {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(sound)
	}))
	t.Cleanup(exchange.Close)
	n := startPhone(t)
	stop := n.sidecar(0, time.Hour) // it will not see the end of this
	kim := n.agent("kim", inbox.AgentRole, n.inboxes["support"].ID)
	for id, file := range map[string]string{"c1": "/r.wav", "c2": "/gone.wav"} {
		if got := n.event("line", "secret", id, `{"type": "call.ended", "id": "`+id+`", "call": {"id": "`+id+`", "from": "+436601234567", "startedAt": "2026-06-02T10:00:00Z", "endedAt": "2026-06-02T10:01:00Z",
			"disposition": "answered", "recordingUrl": "`+exchange.URL+file+`"}}`); got != http.StatusOK {
			t.Fatalf("%s gets %d", id, got)
		}
	}
	n.until("the calls are there", func() bool { return len(kim.calls()) == 2 })
	stop()
	open.Lock()
	there = true
	open.Unlock()
	n.exec(`UPDATE messages SET created_at = created_at - interval '2 minutes'`)
	n.sidecar(0, 10*time.Millisecond)
	settled := func() (files, notes int) {
		for _, m := range kim.calls() {
			files += len(m.Attachments)
			for _, a := range m.Call.Audio {
				if a.State == inbox.AudioNone && strings.Contains(a.Note, "404") {
					notes++
				}
			}
		}
		return files, notes
	}
	n.until("one is kept and one is noted", func() bool { files, notes := settled(); return files == 1 && notes == 1 })
	for _, m := range kim.calls() {
		for _, f := range m.Attachments {
			if status, got := kim.do("GET", "/attachments/"+string(f.ID), nil); status != 200 || got != string(sound) || f.Name != "recording 2026-06-02 12.00.wav" {
				t.Errorf("%s: %d, %d bytes", f.Name, status, len(got))
			}
		}
	}
}

// Old calls come in from a file, once however often it is brought, and wait for
// nobody; a line that can't be read is named.
func TestPhoneImport(t *testing.T) {
	t.Parallel()
	n := startPhone(t)
	n.sidecar()
	kim := n.agent("kim", inbox.AgentRole, n.inboxes["support"].ID)
	path := filepath.Join(t.TempDir(), "calls.csv")
	if err := os.WriteFile(path, []byte("when,who,whom,how\n2026-06-02 12:00:00,0660 1234567,11,missed\nnever,0660 1234567,11,missed\n2026-06-02 12:05:00,11,0660 1234567,answered\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	account := connectors.Account{ID: "line", Channel: inbox.Phone, Address: "+4315550100", Region: "AT", Settings: []byte(
		`{"provider": "csv", "zone": "Europe/Vienna", "columns": {"columns": {"start": "when", "from": "who", "to": "whom", "disposition": "how"}}}`)}
	for range 2 {
		var said strings.Builder
		err := importCalls(t.Context(), []string{"calls", path}, n.links[inbox.Phone], account, &said)
		if inbox.CodeOf(err) != inbox.Invalid || !strings.Contains(said.String(), "calls.csv, line 3: \"never\" is no time") || !strings.Contains(said.String(), "2 lines on calls imported, 0 among ourselves passed over, 1 not read") {
			t.Errorf("%v, said %q", err, said.String())
		}
	}
	n.until("both calls are there", func() bool { return len(kim.calls()) == 2 })
	var list struct{ Items []inbox.Conversation }
	kim.want(200, "GET", "/conversations?status=all", nil, &list)
	for _, c := range list.Items {
		if c.Status != inbox.Closed || c.WaitingSince != nil {
			t.Errorf("an old call is %s and waits since %v", c.Status, c.WaitingSince)
		}
	}
}
