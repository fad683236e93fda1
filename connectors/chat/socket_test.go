package chat

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"skein/connectors"
	"skein/inbox"
)

// "Sent" means that the stream has it; while that is away nothing is lost and the
// visitor is told to say it again; under the same id it is the same event.
func TestSentMeansStored(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	g := r.dial(r.url, nil, `{"t":"hello"}`)
	w := g.welcome()
	r.in.Mu.Lock()
	r.in.Away = true
	r.in.Mu.Unlock()
	g.say(`{"t":"message","id":"00000001-a","text":"hello"}`)
	f := g.expect("it is not taken", kind("error"))
	if f.Code != "unavailable" || f.ID != "00000001-a" || f.RetryAfter <= 0 || len(r.in.texts()) > 0 {
		t.Errorf("told %+v", f)
	}
	r.in.Mu.Lock()
	r.in.Away = false
	r.in.Mu.Unlock()
	for range 2 {
		g.say(`{"t":"message","id":"00000001-a","text":"hello"}`)
	}
	g.expect("it is sent", func(f anyFrame) bool { return f.T == "state" && f.State == inbox.Sent && f.ID == "00000001-a" })
	r.until("both times", func() bool { return len(r.in.texts()) == 2 })
	r.in.Mu.Lock()
	defer r.in.Mu.Unlock()
	a, b := r.in.Items[0], r.in.Items[1]
	if a.EventID != b.EventID || a.EventID != "message:"+w.Session+"/00000001-a" || a.Key != w.Session || a.Message.ThreadKey != w.Session ||
		a.Sender.Kind != inbox.ChatVisitor || a.Sender.Address != w.Session || a.Sender.Proof != inbox.Proven {
		t.Errorf("published %+v and %+v", a, b)
	}
}

// Every word is shown once and in order: those of before, those that come twice,
// those that VISITOR has lost, and those that came while the server was away; and
// on another instance it goes on where the first stopped.
func TestWordsOnce(t *testing.T) {
	t.Parallel()
	settings := `{"origins": ["` + testOrigin + `"]}`
	r := newRig(t, settings)
	_, other := r.instance(settings)
	g := r.dial(r.url, nil, `{"t":"hello"}`)
	w := g.welcome()
	say := func(n int, lost bool, times int) {
		r.in.tell(w.Session, inbox.VisitorMessage{ID: inbox.MessageID(fmt.Sprint("m", n)), From: "agent", Text: fmt.Sprint(n), Attempt: 1}, lost, times)
	}
	want := func(g *guest, from, to int) {
		t.Helper()
		var list []string
		for i := from; i <= to; i++ {
			list = append(list, fmt.Sprint(i))
		}
		r.until(fmt.Sprintf("%d to %d are shown", from, to), func() bool { return len(g.shown()) >= len(list) })
		if got := g.shown(); !slices.Equal(got, list) {
			t.Errorf("shown %v, want %v", got, list)
		}
	}
	say(1, false, 1)
	say(2, false, 3)
	say(3, true, 1)
	say(4, false, 2)
	want(g, 1, 4)

	r.in.Mu.Lock()
	r.in.silent = true
	r.in.Mu.Unlock()
	say(5, false, 1)
	want(g, 1, 5)
	back := r.dial(other, nil, fmt.Sprintf(`{"t":"hello","session":%q,"token":%q,"after":3}`, w.Session, w.Token))
	want(back, 4, 5) // by what VISITOR has
	say(6, true, 1)
	r.in.Mu.Lock()
	r.in.silent = false
	r.in.Mu.Unlock()
	want(back, 4, 6)
	say(7, false, 1)
	want(g, 1, 7)
	want(back, 4, 7)
	fresh := r.dial(other, nil, fmt.Sprintf(`{"t":"hello","session":%q,"token":%q}`, w.Session, w.Token))
	want(fresh, 1, 7)
	beyond := r.dial(other, nil, fmt.Sprintf(`{"t":"hello","session":%q,"token":%q,"after":99}`, w.Session, w.Token))
	want(beyond, 1, 7)

	g.say(`{"t":"read","seq":6}`)
	receipts := func(to inbox.State) map[string]bool {
		r.in.Mu.Lock()
		defer r.in.Mu.Unlock()
		list := map[string]bool{}
		for _, i := range r.in.Items {
			if i.Receipt != nil && i.Receipt.State == to {
				list[i.EventID] = true
			}
		}
		return list
	}
	r.until("all are delivered and six are read", func() bool { return len(receipts(inbox.Delivered)) == 7 && len(receipts(inbox.Read)) == 6 })
}

// Who floods is told, slowed and cut off; who is on the same address beside them
// is answered as before.
func TestFlood(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	bad := r.dial(r.url, nil, `{"t":"hello"}`)
	bad.welcome()
	good := r.dial(r.url, nil, `{"t":"hello"}`)
	good.welcome()
	flooded := make(chan struct{})
	go func() {
		defer close(flooded)
		for i := range 2000 {
			if bad.conn.Write(t.Context(), websocket.MessageText, fmt.Appendf(nil, `{"t":"message","id":"%08d-f","text":"flood"}`, i)) != nil {
				return
			}
		}
	}()
	bad.expect("they are told", func(f anyFrame) bool { return f.T == "error" && f.Code == "too_many" && f.RetryAfter > 0 && f.ID != "" })
	for i := range 5 {
		id := fmt.Sprintf("%08d-g", i)
		good.say(fmt.Sprintf(`{"t":"message","id":%q,"text":"good"}`, id))
		good.expect("the other is served", func(f anyFrame) bool { return f.T == "state" && f.ID == id })
	}
	<-bad.ended
	<-flooded
	if bad.close != websocket.StatusPolicyViolation {
		t.Errorf("the flood ended with %v", bad.close)
	}
	flood := 0
	for _, text := range r.in.texts() {
		if text == "flood" {
			flood++
		}
	}
	if flood < 1 || flood > 40 {
		t.Errorf("%d of 2000 messages were taken", flood)
	}
	select {
	case <-good.ended:
		t.Error("the other was cut off too")
	default:
	}
}

// A visitor's frame that is too large, no JSON or of no kind does no harm to the
// account; what begins otherwise than with hello is shown the door.
func TestBadFrames(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	for _, tc := range []struct {
		name, hello, frame, code string
		ends                     bool
	}{
		{"no hello", `{"t":"message"}`, "", "invalid", true},
		{"not JSON", `hello`, "", "invalid", true},
		{"a forged token", `{"t":"hello","session":"abc","token":"abc.def"}`, "", "unauthenticated", true},
		{"a forged sign-in", `{"t":"hello","jwt":"a.b.c"}`, "", "unauthenticated", true},
		{"a frame that is no JSON", `{"t":"hello"}`, `{{{`, "invalid", false},
		{"a message without an id", `{"t":"hello"}`, `{"t":"message","text":"x"}`, "invalid", false},
		{"a message with a strange id", `{"t":"hello"}`, `{"t":"message","id":"../../../etc","text":"x"}`, "invalid", false},
		{"an empty message", `{"t":"hello"}`, `{"t":"message","id":"00000000-a","text":"  "}`, "invalid", false},
		{"a long message", `{"t":"hello"}`, `{"t":"message","id":"00000000-a","text":"` + strings.Repeat("x", maxText+1) + `"}`, "too_large", false},
		{"a file of nobody", `{"t":"hello"}`, `{"t":"message","id":"00000000-a","text":"x","files":["abc.def"]}`, "not_found", false},
		{"no address", `{"t":"hello"}`, `{"t":"offline","id":"00000000-a","text":"x","email":"nobody"}`, "invalid", false},
		{"nothing to hand over", `{"t":"hello"}`, `{"t":"handover","id":"00000000-a","email":"a@x.example"}`, "conflict", false},
		{"a frame of 100 KB", `{"t":"hello"}`, `{"t":"` + strings.Repeat("x", 100<<10) + `"}`, "", true},
	} {
		g := r.dial(r.url, http.Header{"X-Source": {"198.51.100.7"}}, tc.hello)
		if tc.frame != "" {
			g.welcome()
			g.say(tc.frame)
		}
		if tc.code != "" {
			if f := g.expect(tc.name, kind("error")); f.Code != tc.code {
				t.Errorf("%s: %+v, want %s", tc.name, f, tc.code)
			}
		}
		if tc.ends {
			<-g.ended
			continue
		}
		g.say(`{"t":"unheard of"}`)
		g.say(`{"t":"message","id":"00000000-z","text":"still here"}`)
		g.expect(tc.name+": it goes on", func(f anyFrame) bool { return f.T == "state" && f.ID == "00000000-z" })
	}
}

// A page that isn't the account's, an account that isn't there, and too many
// sockets of one address get no socket.
func TestDoor(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	status := func(path, origin, source string) int {
		req, err := http.NewRequestWithContext(t.Context(), "GET", r.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Source", source)
		if origin != "" {
			req.Header.Set("Origin", origin)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	for _, tc := range []struct {
		path, origin string
		want         int
	}{
		{"/in/chat/web/config", testOrigin, 200},
		{"/in/chat/web/config", "https://evil.example", 403},
		{"/in/chat/web/config", "", 403},
		{"/in/chat/web/ws", "https://evil.example", 403},
		{"/in/chat/other/ws", testOrigin, 404},
		{"/in/chat/web/files/file", testOrigin, 401},
		{"/in/chat/web/else", testOrigin, 404},
		{"/in/chat/", testOrigin, 404},
	} {
		if got := status(tc.path, tc.origin, "203.0.113.1"); got != tc.want {
			t.Errorf("%s from %q: %d, want %d", tc.path, tc.origin, got, tc.want)
		}
	}
	refused := 0
	for range int(askRate.burst) + 20 {
		if status("/in/chat/web/config", testOrigin, "203.0.113.2") == 429 {
			refused++
		}
	}
	if refused == 0 || status("/in/chat/web/config", testOrigin, "203.0.113.3") != 200 {
		t.Errorf("%d requests of too many were refused", refused)
	}
}

// What a visitor does in the shop is told only with their consent, of their own
// session, and what they say of themselves is no more than claimed.
func TestConsent(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	g := r.dial(r.url, nil, `{"t":"hello"}`)
	w := g.welcome()
	for _, frame := range []string{
		`{"t":"track","name":"Product Added","properties":{"product_id":"1"}}`, `{"t":"page","url":"https://shop.example/a","title":"A"}`,
		`{"t":"identify","email":"ann@x.example","name":"Ann"}`,
		`{"t":"consent","analytics":true}`,
		`{"t":"track","name":"Product Added","properties":{"product_id":"2"}}`, `{"t":"page","url":"https://shop.example/b","title":"B"}`,
		`{"t":"page","url":"javascript:alert(1)","title":"C"}`,
		`{"t":"consent","analytics":false}`,
		`{"t":"track","name":"Product Added","properties":{"product_id":"3"}}`,
		`{"t":"message","id":"00000000-z","text":"hello"}`,
	} {
		g.say(frame)
	}
	g.expect("it is sent", func(f anyFrame) bool { return f.ID == "00000000-z" })
	r.in.Mu.Lock()
	defer r.in.Mu.Unlock()
	var tracks []string
	for _, i := range r.in.Items {
		if i.Track != nil {
			tracks = append(tracks, i.Track.Type+" "+string(i.Track.Properties))
		}
		if i.Sender.Address != w.Session || i.Sender.Kind != inbox.ChatVisitor {
			t.Errorf("an item of %+v", i.Sender)
		}
		for _, c := range i.Sender.Claims {
			if c.Proof != inbox.Claimed {
				t.Errorf("claims %+v", i.Sender.Claims)
			}
		}
	}
	want := []string{`track {"product_id":"2"}`, `page {"referrer":"","title":"B","url":"https://shop.example/b"}`}
	if !slices.Equal(tracks, want) {
		t.Errorf("told %q, want %q", tracks, want)
	}
	for _, w := range r.in.Said {
		if w.Kind == connectors.LivePageView && w.Page.URL != "https://shop.example/b" {
			t.Errorf("said %+v", w)
		}
	}
}

// Of an agent who types, and reads, the visitor is told; of another session
// nothing.
func TestAgentTypes(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	g, other := r.dial(r.url, nil, `{"t":"hello"}`), r.dial(r.url, nil, `{"t":"hello"}`)
	w := g.welcome()
	other.welcome()
	r.in.tell(w.Session, inbox.VisitorMessage{ID: "own", ClientID: "00000000-z", From: "visitor", Text: "hello"}, false, 1)
	g.expect("their own", kind("message"))
	r.until("the chat hears", func() bool { r.in.Mu.Lock(); defer r.in.Mu.Unlock(); return len(r.in.hear) > 0 })
	for _, k := range []connectors.LiveKind{connectors.LiveTyping, connectors.LiveStopped, connectors.LiveRead} {
		r.in.hear[0](connectors.Live{Kind: k, Account: "web", Key: w.Session, Agent: "Anna"})
		r.in.hear[0](connectors.Live{Kind: k, Account: "elsewhere", Key: w.Session, Agent: "Eve"})
	}
	g.expect("typing", func(f anyFrame) bool { return f.T == "typing" && f.Name == "Anna" })
	g.expect("stopped", kind("stopped"))
	g.expect("read", func(f anyFrame) bool { return f.T == "state" && f.ID == "own" && f.State == inbox.Read })
	for _, f := range append(other.frames(), g.frames()...) {
		if f.Name == "Eve" || f.T == "typing" && f.Name != "Anna" {
			t.Errorf("told %+v", f)
		}
	}
	if slices.ContainsFunc(other.frames(), kind("typing")) {
		t.Error("another session is told that somebody types")
	}
}

// When an account changes or the connector stops, its visitors are told to come
// back, and nobody is let in meanwhile.
func TestSentAway(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	g := r.dial(r.url, nil, `{"t":"hello"}`)
	g.welcome()
	r.stop()
	<-g.ended
	if g.close != websocket.StatusServiceRestart {
		t.Errorf("the socket ended with %v", g.close)
	}
	r.until("nobody is let in", func() bool { h, err := r.c.hub("web"); return h == nil && inbox.CodeOf(err) == inbox.Unavailable })
}
