package phone

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// A post is a request that an exchange makes.
type post struct {
	kind, body string
	header     http.Header
	query      string
}

func (p post) to(t testing.TB, base, account string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, base+"/in/phone/"+account+p.query, strings.NewReader(p.body))
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(r.Header, p.header)
	r.Header.Set("Content-Type", p.kind)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func twilioPost(address, token string, form url.Values) post {
	var text strings.Builder
	text.WriteString(address)
	for _, name := range slices.Sorted(maps.Keys(form)) {
		text.WriteString(name + form.Get(name))
	}
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(text.String()))
	return post{"application/x-www-form-urlencoded", form.Encode(), http.Header{"X-Twilio-Signature": {base64.StdEncoding.EncodeToString(mac.Sum(nil))}}, ""}
}

func standardPost(id, secret, body string) post {
	at := fmt.Sprint(time.Now().Unix())
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
	return post{"application/json", body, http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {at}, "Webhook-Signature": {"v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))}}, ""}
}

func basicPost(kind string, body []byte, credentials string) post {
	return post{kind, string(body), http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(credentials))}}, "?uuid=a_" + legA}
}

// Each exchange's requests are checked by its own scheme; what comes three times
// and backwards, and by two sidecars, is one call; what isn't signed is counted
// and nothing of it kept.
func TestRequests(t *testing.T) {
	t.Parallel()
	const event = `{"type": "call.ended", "call": {"id": "c4", "from": "+436601234567", "to": "+4315550100", "startedAt": "2026-06-02T10:00:00Z", "endedAt": "2026-06-02T10:00:09Z"}}`
	for _, c := range []struct {
		provider string
		requests func(address string) []post
		forged   func(address string) post
		garbage  func(address string) post
		want     string
	}{
		{Twilio, func(a string) []post {
			return []post{twilioPost(a, "token", twForm(t, "CallStatus", "ringing")), twilioPost(a, "token", twStatus(t, 0, 9, "canceled", "CallDuration", "0"))}
		}, func(a string) post { return twilioPost(a, "tokem", twForm(t, "CallStatus", "ringing")) },
			func(a string) post { return twilioPost(a, "token", url.Values{"a": {"%zz"}}) }, sid("CA", 12) + ": in +436601234567>+4315550100 missed"},
		{Aircall, func(string) []post {
			return []post{{kind: "application/json", body: string(airEvent(t, "call.created", 0, ""))}, {kind: "application/json", body: string(airEvent(t, "call.ended", 40, `"status": "done", "ended_at": 1780394409`))}}
		}, func(string) post {
			return post{kind: "application/json", body: strings.Replace(string(airEvent(t, "call.created", 0, "")), `"token":"token"`, `"token":"tokem"`, 1)}
		}, func(string) post { return post{kind: "application/json", body: `{"token": "token", "event": [17]}`} }, "812: in +43 660 1234567>+43 1 5550100 missed rang 9 at 10:00:00"},
		{Webhook, func(string) []post { return []post{standardPost("m1", "secret", event)} }, func(string) post { return standardPost("m1", "sekret", event) },
			func(string) post { return standardPost("m2", "secret", "\x00\xff{") }, "c4: in +436601234567>+4315550100 missed rang 9 at 10:00:00"},
		{FreeSWITCH, func(string) []post {
			return []post{basicPost("application/json", jsonCDR(variables(), "+436601234567", "100", true), "fs:secret"), basicPost("text/xml", xmlCDR(bVariables(), "+436601234567", "11"), "fs:secret")}
		}, func(string) post {
			return basicPost("application/json", jsonCDR(variables(), "+436601234567", "100", true), "fs:sekret")
		}, func(string) post { return basicPost("application/json", []byte("<<<"), "fs:secret") }, legA + ": in +436601234567>100 answered rang 5 talked 60 11 at 10:00:00"},
	} {
		t.Run(c.provider, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, accountWith(c.provider, ""))
			var bases []string
			for range 2 {
				srv := httptest.NewServer(New(Config{}).Handler(d))
				t.Cleanup(srv.Close)
				bases = append(bases, srv.URL)
			}
			n := len(c.requests(""))
			for round := range 3 * n {
				base := bases[round%2]
				p := c.requests(base + "/in/phone/line")[n-1-round%n]
				if status, body := p.to(t, base, "line"); status != http.StatusOK && status != http.StatusNoContent {
					t.Fatalf("it answers %d %s", status, body)
				}
			}
			if got := d.calls(); !strings.HasPrefix(got, c.want) || strings.Contains(got, "\n") || len(d.Items) != n {
				t.Errorf("there is\n%s of %d items\nwant\n%s of %d", got, len(d.Items), c.want, n)
			}
			here := bases[0] + "/in/phone/line"
			for what, ask := range map[string]struct {
				p      post
				to     string
				status int
			}{
				"forged":               {c.forged(here), "line", http.StatusUnauthorized},
				"not signed":           {post{kind: "application/json", body: "{}"}, "line", http.StatusUnauthorized},
				"of nobody":            {c.requests(here)[0], "nobody", http.StatusNotFound},
				"larger than anything": {post{kind: "application/json", body: strings.Repeat("x", 10<<20)}, "line", http.StatusRequestEntityTooLarge},
			} {
				if status, _ := ask.p.to(t, bases[0], ask.to); status != ask.status {
					t.Errorf("what is %s gets %d, want %d", what, status, ask.status)
				}
			}
			if len(d.Items) != n || len(d.Rejected) != 3 {
				t.Errorf("%d items are kept, want %d; %d refusals are counted, want 3", len(d.Items), n, len(d.Rejected))
			}
			// Signed, and nothing that can be read: kept, or refused; never a fault.
			if status, body := c.garbage(here).to(t, bases[0], "line"); status >= 500 {
				t.Errorf("garbage gets %d %s", status, body)
			}
			for _, in := range d.Items[n:] {
				if in.Kind != connectors.KindMessage || in.Raw == nil || in.Raw.Size == 0 || !strings.Contains(in.Message.Text, "can't be shown") {
					t.Errorf("garbage became %+v", in)
				}
			}
			d.Mu.Lock()
			d.Away = true
			d.Mu.Unlock()
			if status, _ := c.requests(here)[0].to(t, bases[0], "line"); status != http.StatusServiceUnavailable {
				t.Errorf("while the bus is away it answers %d, want 503", status)
			}
		})
	}
}

// While a secret is changed both are good.
func TestTwoSecrets(t *testing.T) {
	t.Parallel()
	account := accountWith(Webhook, "")
	account.Settings = []byte(`{"provider": "webhook", "secrets": ["new", "old"]}`)
	d := newDesk(t, account)
	srv := httptest.NewServer(New(Config{}).Handler(d))
	t.Cleanup(srv.Close)
	for secret, want := range map[string]int{"new": 200, "old": 200, "older": 401} {
		if status, _ := standardPost("m-"+secret, secret, `{"type": "call.ended", "call": {"id": "c"}}`).to(t, srv.URL, "line"); status != want {
			t.Errorf("signed by %s: %d, want %d", secret, status, want)
		}
	}
}

// Twilio is told what to do where it asks, and nothing where it tells; who rings
// is said while it rings.
func TestTwilioIsAnswered(t *testing.T) {
	t.Parallel()
	d := newDesk(t, accountWith(Twilio, `"answer": {"dial": ["client:ann"], "voicemail": "Speak."}, "agents": {"ann": "Ann"}`))
	srv := httptest.NewServer(New(Config{}).Handler(d))
	t.Cleanup(srv.Close)
	here := srv.URL + "/in/phone/line"
	for _, c := range []struct {
		form   url.Values
		status int
		want   string
	}{
		{twForm(t, "CallStatus", "ringing"), 200, "<Client "},
		{twStatus(t, 1, 2, "ringing", child(21, "client:ann")...), 204, ""},
		{twStatus(t, 2, 9, "in-progress", child(21, "client:ann")...), 204, ""},
		{twForm(t, "CallStatus", "in-progress", "DialCallStatus", "no-answer", "DialCallSid", sid("CA", 21)), 200, "<Record "},
		{twStatus(t, 0, 40, "completed", "CallDuration", "40"), 204, ""},
	} {
		status, body := twilioPost(here, "token", c.form).to(t, srv.URL, "line")
		if status != c.status || !strings.Contains(body, c.want) || c.want == "" && body != "" {
			t.Errorf("%s: %d %s", c.form.Get("CallStatus"), status, body)
		}
	}
	var said []string
	for _, l := range d.Said {
		if l.Sender == nil || l.Sender.Address != "+436601234567" || l.Call == nil || l.Call.Direction != inbox.In {
			t.Errorf("said %+v of %+v", l, l.Sender)
		}
		said = append(said, string(l.Kind)+" "+l.Agent)
	}
	if got := strings.Join(said, ", "); got != "ringing , ringing ann, answered ann, ended " {
		t.Errorf("said %q", got)
	}
}

// Settings that are wrong refuse the account by name and stop no request of
// another's.
func TestWrongSettings(t *testing.T) {
	t.Parallel()
	bad := accountWith(Webhook, "")
	bad.ID, bad.Settings = "bad", []byte(`{"provider": "webhook"}`)
	asterisk := accountWith(Asterisk, "")
	asterisk.ID = "pbx"
	d := newDesk(t, accountWith(Webhook, ""), bad, asterisk)
	c := New(Config{})
	srv := httptest.NewServer(c.Handler(d))
	t.Cleanup(srv.Close)
	p := standardPost("m", "secret", `{"type": "call.ended", "call": {"id": "c"}}`)
	for account, want := range map[string]int{"line": 200, "bad": 503, "pbx": 404} {
		if status, _ := p.to(t, srv.URL, account); status != want {
			t.Errorf("%s: %d, want %d", account, status, want)
		}
	}
	if err := c.Receive(t.Context(), bad, "", d.Emit); inbox.CodeOf(err) != inbox.Invalid {
		t.Errorf("Receive() = %v, want the setting named", err)
	}
}
