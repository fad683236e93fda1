package social

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"skein/connectors"
	"skein/connectors/connectorstest"
	"skein/connectors/webhook"
	"skein/inbox"
)

// What we ask of Twilio is as the description of its API has it: a server that
// checks requests by it takes ours, and refuses one by no account.
func TestTwilioOpenAPI(t *testing.T) {
	t.Parallel()
	api := connectorstest.OpenAPI(t, connectorstest.TwilioAPI)
	account := func(sid string) connectors.Account {
		return connectors.Account{ID: "twilio", Channel: inbox.Social, Address: "+15550783881",
			Settings: fmt.Appendf(nil, `{"provider":"twilio","secrets":["secret"],"accountSid":%q,"apiUrl":%q}`, sid, api)}
	}
	conn := newConnector(nil)
	good := account("AC" + strings.Repeat("0", 32))
	// Without a file: this server reads no list out of a form.
	out := outbound(good, "+14155550123", "Hello")
	got, err := conn.Send(t.Context(), good, out, opened)
	if err != nil || got.State != inbox.Sent || len(got.ExternalIDs) != 1 {
		t.Fatalf("it is %+v, %v", got, err)
	}
	out.Template = &inbox.Template{Name: "HX" + strings.Repeat("0", 32), Language: "en_US", Values: []string{"Ann"}}
	if got, err := conn.Send(t.Context(), good, out, opened); err != nil || got.State != inbox.Sent {
		t.Errorf("a template is %+v, %v", got, err)
	}
	if got, err := conn.Send(t.Context(), account("ACnone"), out, opened); err == nil && got.State == inbox.Sent {
		t.Errorf("what is no account's id gets %+v: the server checks nothing", got)
	}
}

// The same of LINE and of WhatsApp, by the descriptions that they publish.
func TestPlatformsOpenAPI(t *testing.T) {
	t.Parallel()
	photo, pdf := file("a.jpg", "image/jpeg", "\xff\xd8\xff"), file("b.pdf", "application/pdf", "%PDF-1.4")
	conn := newConnector(nil)
	line, whatsapp := connectorstest.OpenAPI(t, "testdata/line.yaml"), connectorstest.OpenAPI(t, "testdata/whatsapp.yaml")
	// What WhatsApp describes is sending: the file is put up elsewhere.
	uploads := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/media") {
			_, _ = w.Write([]byte(`{"id": "1037543291543636"}`))
			return
		}
		to, err := url.Parse(whatsapp)
		if err != nil {
			t.Error(err)
		}
		httputil.NewSingleHostReverseProxy(to).ServeHTTP(w, r)
	}))
	t.Cleanup(uploads.Close)
	account := func(provider, api, token string) connectors.Account {
		return connectors.Account{ID: inbox.AccountID(provider), Channel: inbox.Social, Address: "+15550783881",
			Settings: fmt.Appendf(nil, `{"provider":%q,"secrets":["secret"],"token":%q,"apiUrl":%q,"id":"106","verifyToken":"v"}`, provider, token, api)}
	}
	set, err := conn.settings(account(Line, line, "token"))
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.check(t.Context(), set); err != nil {
		t.Errorf("LINE doesn't know who we are: %v", err)
	}
	for _, c := range []struct {
		provider, api, to, text string
		files                   []connectors.Attachment
		template                *inbox.Template
	}{
		{Line, line, "line:U1", "Hello", nil, nil},
		{Line, line, "line:U1", "Look", []connectors.Attachment{photo, pdf}, nil},
		{WhatsApp, uploads.URL, "+16505551234", "Hello", nil, nil},
		{WhatsApp, uploads.URL, "+16505551234", "Look", []connectors.Attachment{photo}, nil},
		{WhatsApp, uploads.URL, "+16505551234", "", []connectors.Attachment{pdf, file("c.mp3", "audio/mpeg", "ID3")}, nil},
		{WhatsApp, uploads.URL, "whatsapp:group/G1", "Hello", nil, nil},
		{WhatsApp, uploads.URL, "+16505551234", "Hi Ann", nil, &inbox.Template{Name: "late", Language: "en_US", Values: []string{"Ann"}}},
	} {
		a := account(c.provider, c.api, "token")
		out := outbound(a, c.to, c.text, c.files...)
		out.Template = c.template
		got, err := conn.Send(t.Context(), a, out, opened)
		if err != nil || got.State != inbox.Sent || len(got.ExternalIDs) == 0 {
			t.Errorf("%s %q with %d files to %s: %+v, %v", c.provider, c.text, len(c.files), c.to, got, err)
		}
	}
	// The servers can refuse.
	for url, body := range map[string]string{
		line + "/v2/bot/message/push": `{"to": "U1", "messages": [{"type": "text"}]}`, whatsapp + "/106/messages": `{"messaging_product": "whatsapp", "recipient_type": "individual", "type": "text", "text": {"body": "x"}}`,
	} {
		_, err := conn.request(t.Context(), set, http.MethodPost, url, http.Header{"Content-Type": {"application/json"}}, strings.NewReader(body))
		if err == nil {
			t.Errorf("%s takes %s: it checks nothing", url, body)
		}
	}
}

// What we take for LINE's signature is what its own SDK takes.
func TestLineSDK(t *testing.T) {
	t.Parallel()
	type signed struct {
		Body      string `json:"body"`
		Secret    string `json:"secret"`
		Signature string `json:"signature"`
	}
	var list []signed
	for _, body := range []string{`{"destination":"U0","events":[]}`, `{"destination":"U0","events":[],"text":"Grüße \ud83d\ude00 😀"}`} {
		mac := hmac.New(sha256.New, []byte("secret"))
		mac.Write([]byte(body))
		right := base64.StdEncoding.EncodeToString(mac.Sum(nil))
		list = append(list, signed{body, "secret", right}, signed{body + " ", "secret", right}, signed{body, "sekret", right}, signed{body, "secret", ""})
	}
	input, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	var theirs []bool
	if err := json.Unmarshal([]byte(connectorstest.Node(t, "testdata/line.mjs", string(input))), &theirs); err != nil {
		t.Fatal(err)
	}
	scheme, _ := webhook.Named(Line)
	for i, s := range list {
		ours := scheme.Verify(&webhook.Request{Method: http.MethodPost, Body: []byte(s.Body), Header: http.Header{"X-Line-Signature": {s.Signature}}}, s.Secret) == nil
		if ours != theirs[i] || ours != (i%4 == 0) {
			t.Errorf("%+v: we say %v, LINE's SDK %v", s, ours, theirs[i])
		}
	}
}

// What somebody says by Telegram comes by its long poll, and the answer arrives.
func TestTelegramEmulator(t *testing.T) {
	t.Parallel()
	api := "http://" + connectorstest.NodeServer(t, "testdata/telegram.mjs")
	account := connectors.Account{ID: "telegram", Channel: inbox.Social, Settings: fmt.Appendf(nil, `{"provider":"telegram","token":"sampleToken","poll":true,"apiUrl":%q}`, api)}
	conn, d := newConnector(nil), connectorstest.NewDesk(t, account)
	conn.Handler(d)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- conn.Receive(ctx, account, "", d.Emit) }()
	t.Cleanup(func() { stop(); <-done })
	ask := func(path, body string) string {
		t.Helper()
		res, err := http.Post(api+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		b, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s gets %d: %s, %v", path, res.StatusCode, b, err)
		}
		return string(b)
	}
	ask("/sendMessage", `{"botToken":"sampleToken","message_id":7,"from":{"id":23,"first_name":"Tess"},"chat":{"id":23,"type":"private","first_name":"Tess"},"date":1748858400,"text":"Hello"}`)
	deadline := time.After(time.Minute)
	for len(d.All()) == 0 {
		select {
		case <-d.Poke:
		case err := <-done:
			t.Fatalf("it ended: %v", err)
		case <-deadline:
			t.Fatal("nothing comes")
		}
	}
	in := d.All()[0]
	if in.Message == nil || in.Message.Text != "Hello" || in.Sender.Address != "telegram:23" || in.Sender.Name != "Tess" {
		t.Errorf("%+v of %+v", in.Message, in.Sender)
	}
	got, err := conn.Send(t.Context(), account, outbound(account, in.Sender.Address, "Good day"), opened)
	if err != nil || got.State != inbox.Sent || len(got.ExternalIDs) != 1 {
		t.Errorf("the answer is %+v, %v", got, err)
	}
	if heard := ask("/getUpdates", `{"token":"sampleToken","chatId":23}`); strings.Count(heard, "Good day") != 1 {
		t.Errorf("the other side has %s", heard)
	}
}
