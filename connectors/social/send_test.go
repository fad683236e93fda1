package social

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"skein/connectors"
	"skein/connectors/connectorstest"
	"skein/inbox"
)

var someone = map[string]string{
	WhatsApp: "+16505551234", Messenger: "messenger:PSID1", Instagram: "instagram:IGSID1", Telegram: "telegram:23", Twilio: "+14155550123", Line: "line:U1",
}

func file(name, kind, bytes string) connectors.Attachment {
	body := hashed([]byte(bytes))
	body.Ref = body.SHA256
	return connectors.Attachment{Name: name, Type: kind, Body: body}
}

func opened(_ context.Context, body connectors.Body) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(string(body.Inline))), nil
}

// What is sent is what the platforms document, text and files, and its ids are
// known afterwards.
func TestSend(t *testing.T) {
	t.Parallel()
	photo, pdf := file("a.jpg", "image/jpeg", "\xff\xd8\xff"), file("b.pdf", "application/pdf", "%PDF-1.4")
	for _, c := range []struct {
		provider, to, text string
		files              []connectors.Attachment
		wants              []string // in each request
		ids                string
	}{
		{WhatsApp, "+16505551234", "Hello", nil, []string{`"to":"+16505551234"`}, "wamid.1"},
		{WhatsApp, "whatsapp:US.13491208655302741918", "Hello", nil, []string{`"recipient":"US.13491208655302741918"`}, "wamid.1"},
		{WhatsApp, "whatsapp:group/G1", "Hello", nil, []string{`"recipient_type":"group"`}, "wamid.1"},
		{WhatsApp, "+16505551234", "Look", []connectors.Attachment{photo}, []string{`"image":{"caption":"Look","id":"up:file a.jpg image/jpeg"}`}, "wamid.1"},
		{WhatsApp, "+16505551234", "Look", []connectors.Attachment{photo, pdf}, []string{`"body":"Look"`, `"image":{"id"`, `"document":{"filename":"b.pdf"`}, "wamid.1 wamid.2 wamid.3"},
		{WhatsApp, "+16505551234", strings.Repeat("word ", 1000), nil, []string{"word", "word"}, "wamid.1 wamid.2"},
		{Messenger, "messenger:PSID1", "Hello", nil, []string{`"metadata":"skein.`}, "m_1"},
		{Messenger, "messenger:PSID1", "Look", []connectors.Attachment{pdf}, []string{`"text":"Look"`, ` filedata b.pdf application/pdf`}, "m_1 m_2"},
		{Instagram, "instagram:IGSID1", "Hello", nil, []string{`"message":{"text":"Hello"}`}, "m_1"},
		{Instagram, "instagram:IGSID1", "", []connectors.Attachment{photo}, []string{`"url":"https://help.example/in/social/instagram/file/`}, "m_1"},
		{Telegram, "telegram:23", "Hello", nil, []string{`"chat_id":"23"`}, "telegram:23/1"},
		{Telegram, "telegram:-10023", "Look", []connectors.Attachment{photo}, []string{`sendPhoto photo a.jpg image/jpeg map[caption:Look chat_id:-10023]`}, "telegram:-10023/1"},
		{Telegram, "telegram:23", "", []connectors.Attachment{pdf}, []string{`sendDocument document b.pdf`}, "telegram:23/1"},
		{Twilio, "+1 415 555 0123", "Hello", []connectors.Attachment{photo}, []string{`Body=Hello&From=%2B15550783881&MediaUrl=https%3A%2F%2Fhelp.example%2Fin%2Fsocial%2Ftwilio%2Ffile%2F`}, "SM1"},
		{Line, "line:U1", "Hello", []connectors.Attachment{photo, pdf}, []string{`"to":"U1"`}, "461"},
		{Line, "line:group/C1", "Hello", nil, []string{`"to":"C1"`}, "461"},
	} {
		p := newPlatform(t)
		account := p.account(c.provider, "")
		cfg := newConnector(nil)
		out := outbound(account, c.to, c.text, c.files...)
		got, err := cfg.Send(t.Context(), account, out, opened)
		if err != nil || got.State != inbox.Sent || strings.Join(got.ExternalIDs, " ") != c.ids {
			t.Errorf("%s to %s: %+v, %v, want sent as %s", c.provider, c.to, got, err, c.ids)
		}
		sent := p.all()
		if len(sent) != len(c.wants) {
			t.Errorf("%s to %s: %d requests, want %d: %q", c.provider, c.to, len(sent), len(c.wants), sent)
			continue
		}
		for i, want := range c.wants {
			if !strings.Contains(sent[i], want) {
				t.Errorf("%s to %s: sent %s, want %s", c.provider, c.to, sent[i], want)
			}
		}
	}
}

// A platform's refusal is told in its words; what may pass is tried again, when
// the platform says so; a token that has expired makes the account refused; what
// nobody can know is uncertain, and nothing is sent twice.
func TestRefusals(t *testing.T) {
	t.Parallel()
	json := http.Header{"Content-Type": {"application/json"}}
	for _, c := range []struct {
		provider string
		answer   answer
		state    inbox.State // "" for an error, which is tried again
		words    string
		held     time.Duration // for how long the account waits
	}{
		{WhatsApp, answer{400, `{"error":{"message":"x","code":131047,"error_data":{"details":"more than 24 hours"}}}`, json}, inbox.Failed, "until they write again", 0},
		{WhatsApp, answer{429, `{"error":{"message":"Rate limit","code":130429}}`, json}, "", "Rate limit (130429)", 30 * time.Second},
		{WhatsApp, answer{400, `{"error":{"message":"pair","code":131056}}`, json}, "", "pair", 6 * time.Second},
		{WhatsApp, answer{401, `{"error":{"message":"expired","code":190,"error_subcode":463}}`, json}, "", "make a new one", 0},
		{WhatsApp, answer{500, `{"error":{"message":"temporary","code":2,"is_transient":true}}`, json}, "", "temporary", 0},
		{WhatsApp, answer{502, `<html>`, nil}, inbox.Uncertain, "answers 502", 0},
		{WhatsApp, answer{0, "", nil}, inbox.Uncertain, "answer was lost", 0},
		{WhatsApp, answer{200, "<html>", nil}, inbox.Uncertain, "can't be read", 0},
		{Messenger, answer{400, `{"error":{"message":"(#10) outside of allowed window","type":"OAuthException","code":10,"error_subcode":2018278}}`, json}, inbox.Failed, "until they write again", 0},
		{Messenger, answer{400, `{"error":{"message":"unavailable","code":551}}`, json}, inbox.Failed, "blocked us", 0},
		{Messenger, answer{400, `{"error":{"message":"calls","code":613}}`, json}, "", "calls", 30 * time.Second},
		{Telegram, answer{429, `{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 17","parameters":{"retry_after":17}}`, json}, "", "Too Many", 17 * time.Second},
		{Telegram, answer{403, `{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}`, json}, inbox.Failed, "blocked by the user", 0},
		{Telegram, answer{401, `{"ok":false,"error_code":401,"description":"Unauthorized"}`, json}, "", "make a new one", 0},
		{Telegram, answer{400, `{"ok":false,"description":"group upgraded","parameters":{"migrate_to_chat_id":-100}}`, json}, inbox.Failed, "the group is -100 now", 0},
		{Telegram, answer{0, "", nil}, inbox.Uncertain, "answer was lost", 0},
		{Twilio, answer{400, `{"code":21610,"message":"Attempt to send to unsubscribed recipient","status":400}`, json}, inbox.Failed, "STOP", 0},
		{Twilio, answer{401, `{"code":20003,"message":"Authenticate","status":401}`, json}, "", "make a new one", 0},
		{Twilio, answer{429, `{"code":20429,"message":"Too Many Requests"}`, http.Header{"Retry-After": {"16"}}}, "", "Too Many", 16 * time.Second},
		{Twilio, answer{500, `{"code":20500,"message":"Internal"}`, json}, inbox.Uncertain, "Internal", 0},
		{Twilio, answer{0, "", nil}, inbox.Uncertain, "answer was lost", 0},
		{Line, answer{400, `{"message":"The property, 'to', is invalid","details":[{"message":"May not be empty","property":"to"}]}`, json}, inbox.Failed, "May not be empty", 0},
		{Line, answer{429, `{"message":"You have reached your monthly limit."}`, json}, inbox.Failed, "monthly", 0},
		{Line, answer{429, `{"message":"The API rate limit has been exceeded."}`, json}, "", "rate limit", 0},
		{Line, answer{500, `oops`, nil}, "", "answers 500", 0},
	} {
		p := newPlatform(t)
		account := p.account(c.provider, "")
		conn := newConnector(nil)
		p.next(c.answer)
		out := outbound(account, someone[c.provider], "Hello")
		got, err := conn.Send(t.Context(), account, out, opened)
		words := got.Detail
		if err != nil {
			words = err.Error()
		}
		if got.State != c.state || (err != nil) != (c.state == "") || !strings.Contains(words, c.words) || strings.Contains(words, "token\"") {
			t.Errorf("%s answers %d %s: %+v, %v, want %q with %q", c.provider, c.answer.status, c.answer.body, got, err, c.state, c.words)
		}
		key := "" // everything waits, or this chat alone
		if strings.Contains(c.answer.body, "131056") {
			key = "+16505551234"
		}
		if held := time.Until(conn.state(account.ID).pace[key]); c.held > 0 && (held < c.held-2*time.Second || held > c.held+time.Second) {
			t.Errorf("%s answers %d %s: held for %v, want %v", c.provider, c.answer.status, c.answer.body, held, c.held)
		}
		if c.held > maxWait {
			if _, err := conn.Send(t.Context(), account, out, opened); err == nil || !strings.Contains(err.Error(), "limit is reached") || len(p.all()) > 0 {
				t.Errorf("%s: before its time it is asked again: %v, %q", c.provider, err, p.all())
			}
		}
		if unauthorised := strings.Contains(c.words, "new one"); unauthorised != (inbox.CodeOf(err) == inbox.Unauthorized) || unauthorised && len(conn.state(account.ID).expired) != 1 {
			t.Errorf("%s answers %d: %v, and the account isn't told to be refused", c.provider, c.answer.status, err)
		}
	}
}

// A platform's pace is kept for an account and for each chat of it: the second
// message to a chat waits, one to another chat doesn't wait for that one's turn; and
// what a platform says of one chat holds no other.
func TestPace(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	at := time.Now()
	conn := newConnector(func(c *Config) { c.Now = func() time.Time { return at } })
	account := p.account(Telegram, "")
	send := func(account connectors.Account, to string) error {
		got, err := conn.Send(t.Context(), account, outbound(account, to, "Hello"), opened)
		if err == nil && got.State != inbox.Sent {
			t.Errorf("to %s it is %+v", to, got)
		}
		return err
	}
	if err := send(account, "telegram:23"); err != nil {
		t.Fatal(err)
	}
	pace := conn.state(account.ID).pace
	if chat, all := pace["23"].Sub(at), pace[""].Sub(at); chat != time.Second || all != time.Second/30 {
		t.Errorf("after one message the chat waits %v, the bot %v", chat, all)
	}
	at = at.Add(100 * time.Millisecond)
	if err := send(account, "telegram:24"); err != nil || pace[""].Sub(at) != time.Second/30 || pace["24"].Sub(at) != time.Second {
		t.Errorf("another chat: %v, %v", err, pace)
	}
	if err := send(account, "telegram:-10023"); err != nil || pace["-10023"].Sub(pace[""]) != 3*time.Second-time.Second/30 {
		t.Errorf("a group: %v, %v", err, pace)
	}
	began := time.Now()
	if err := send(account, "telegram:23"); err != nil || time.Since(began) < 800*time.Millisecond {
		t.Errorf("the same chat waited %v, %v", time.Since(began), err)
	}

	wa := p.account(WhatsApp, "")
	p.next(answer{400, `{"error":{"message":"pair","code":131056}}`, http.Header{"Retry-After": {"60"}}})
	if err := send(wa, "+16505551234"); err == nil {
		t.Error("a pair's limit is none")
	}
	if err := send(wa, "+16505551234"); err == nil || !strings.Contains(err.Error(), "limit is reached") {
		t.Errorf("before its time: %v", err)
	}
	if err := send(wa, "+16505550000"); err != nil {
		t.Errorf("somebody else waits for it: %v", err)
	}
}

// LINE's answer is lost after it took the message: asked again with the same key
// it says so, and one has left.
func TestLineRetryKey(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	account := p.account(Line, "")
	conn := newConnector(nil)
	out := outbound(account, "line:U1", "Hello")
	p.next(answer{})
	if got, err := conn.Send(t.Context(), account, out, opened); err == nil {
		t.Errorf("a lost answer: %+v, want to be tried again", got)
	}
	got, err := conn.Send(t.Context(), account, out, opened)
	if err != nil || got.State != inbox.Sent || len(p.all()) != 1 {
		t.Errorf("again: %+v, %v, and %d have left, want one", got, err, len(p.all()))
	}
}

// Nothing is left for later once a part has left: the rest is tried, and then
// somebody decides.
func TestPartsThatFail(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	account := p.account(Messenger, "")
	conn := newConnector(nil)
	photo := file("a.jpg", "image/jpeg", "\xff\xd8\xff")
	out := outbound(account, "messenger:PSID1", "Hello", photo)
	p.next(answer{200, `{"message_id":"m_1"}`, nil}, answer{500, `{"error":{"message":"temporary","code":2}}`, nil}, answer{200, `{"message_id":"m_2"}`, nil})
	if got, err := conn.Send(t.Context(), account, out, opened); err != nil || got.State != inbox.Sent || len(got.ExternalIDs) != 2 {
		t.Errorf("tried again: %+v, %v", got, err)
	}
	p.next(answer{200, `{"message_id":"m_3"}`, nil}, answer{400, `{"error":{"message":"too large","code":100}}`, nil})
	got, err := conn.Send(t.Context(), account, out, opened)
	if err != nil || got.State != inbox.Uncertain || !strings.Contains(got.Detail, "the text has left, a.jpg has not") || len(got.ExternalIDs) != 1 {
		t.Errorf("refused after the text: %+v, %v", got, err)
	}
}

// After a day a message to Meta's people has the tag for people where that is
// approved, and leaves the house at all only while it may.
func TestWindows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		provider, more string
		ago            time.Duration
		automatic      bool
		tag            bool
		why            string
	}{
		{Messenger, "", time.Hour, false, false, ""},
		{Messenger, `"humanAgent":true`, 25 * time.Hour, false, true, ""},
		{Instagram, `"humanAgent":true`, 6 * 24 * time.Hour, false, true, ""},
		{Messenger, `"humanAgent":true`, 25 * time.Hour, true, false, "only people"},
		{Messenger, "", 25 * time.Hour, false, false, "24 hours"},
		{Messenger, `"humanAgent":true`, 8 * 24 * time.Hour, false, false, "seven days"},
		{WhatsApp, "", 23 * time.Hour, false, false, ""},
		{WhatsApp, "", 25 * time.Hour, false, false, "template"},
		{Twilio, "whatsapp", 25 * time.Hour, false, false, "template"},
		{Twilio, "", 300 * time.Hour, false, false, ""},
		{Telegram, "", 300 * time.Hour, false, false, ""},
	} {
		p := newPlatform(t)
		account := p.account(c.provider, strings.TrimPrefix(c.more, "whatsapp"))
		if c.more == "whatsapp" {
			account.Address = "whatsapp:+15550783881"
		}
		out := outbound(account, someone[c.provider], "Hello")
		out.HeardAt, out.Automatic = out.Date.Add(-c.ago), c.automatic
		got, err := newConnector(nil).Send(t.Context(), account, out, opened)
		sent := strings.Join(p.all(), "")
		if err != nil || (got.State == inbox.Failed) != (c.why != "") || !strings.Contains(got.Detail, c.why) || (sent == "") != (c.why != "") ||
			strings.Contains(sent, `"messaging_type":"MESSAGE_TAG"`) != c.tag || strings.Contains(sent, "HUMAN_AGENT") != c.tag {
			t.Errorf("%s %s after %v: %+v, %v, sent %s", c.provider, c.more, c.ago, got, err, sent)
		}
	}
}

// A template leaves as what WhatsApp approved, however long they were silent, and
// a composer knows which there are and until when it needs none.
func TestTemplates(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	account := p.account(WhatsApp, `"templates":[{"name":"late","language":"en_US","text":"Hi {{1}}, about {{2}}"}]`)
	out := outbound(account, "+16505551234", "Hi Ann, about #1")
	out.HeardAt = out.Date.Add(-100 * time.Hour)
	out.Template = &inbox.Template{Name: "late", Language: "en_US", Values: []string{"Ann", "#1"}}
	got, err := newConnector(nil).Send(t.Context(), account, out, opened)
	want := `"template":{"components":[{"parameters":[{"text":"Ann","type":"text"},{"text":"#1","type":"text"}],"type":"body"}],"language":{"code":"en_US","policy":"deterministic"},"name":"late"}`
	if sent := strings.Join(p.all(), ""); err != nil || got.State != inbox.Sent || !strings.Contains(sent, want) {
		t.Errorf("%+v, %v, sent %s", got, err, sent)
	}
	s := Form().Sending(account)
	if s.Window != 24 || s.MaxText != 4096 || len(s.Templates) != 1 || s.Templates[0].Values != 2 {
		t.Errorf("a composer is told %+v", s)
	}

	// By Twilio each is what its Content API calls it, and has no text beside it.
	const sid = "HX0123456789abcdef0123456789abcdef"
	account = p.account(Twilio, `"templates":[{"name":"`+sid+`","language":"en_US","text":"Hi {{1}}, about {{2}}"}]`)
	account.Address = "whatsapp:+15550783881"
	out.Template.Name = sid
	got, err = newConnector(nil).Send(t.Context(), account, out, opened)
	sent := p.all()
	form, _ := url.ParseQuery(strings.TrimPrefix(sent[len(sent)-1], "twilio "))
	if err != nil || got.State != inbox.Sent || form.Get("ContentSid") != sid || form.Get("ContentVariables") != `{"1":"Ann","2":"#1"}` || form.Has("Body") || form.Get("To") != "whatsapp:+16505551234" {
		t.Errorf("by Twilio it is %+v, %v, sent %v", got, err, form)
	}
	if s := Form().Sending(account); s.Window != 24 || len(s.Templates) != 1 {
		t.Errorf("of Twilio a composer is told %+v", s)
	}
	account.Address = "+15550783881"
	if _, err := ParseSettings(account); inbox.CodeOf(err) != inbox.Invalid {
		t.Errorf("templates of SMS are %v", err)
	}
	account.Address, account.Settings = "whatsapp:+15550783881", []byte(strings.Replace(string(account.Settings), sid, "late", 1))
	if _, err := ParseSettings(account); inbox.CodeOf(err) != inbox.Invalid || !strings.Contains(err.Error(), "Content SID") {
		t.Errorf("a template of Twilio that is none is %v", err)
	}
}

// A file that we send is had by who was given its address, for a while.
func TestServedFile(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	account := p.account(Line, "")
	d := connectorstest.NewDesk(t, account)
	at := time.Now()
	conn := newConnector(func(cfg *Config) { cfg.Now = func() time.Time { return at } })
	srv := httptest.NewServer(conn.Handler(d))
	t.Cleanup(srv.Close)
	body, err := d.PutBody(t.Context(), strings.NewReader("the bytes"))
	if err != nil {
		t.Fatal(err)
	}
	link, err := conn.link("line", connectors.Attachment{Name: "a.txt", Type: "text/html", Body: body})
	if err != nil {
		t.Fatal(err)
	}
	link = srv.URL + strings.TrimPrefix(link, "https://help.example")
	get := func(link string) (int, string, http.Header) {
		resp, err := http.Get(link)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		b, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(b), resp.Header
	}
	if status, got, header := get(link); status != 200 || got != "the bytes" || header.Get("Content-Disposition") != "attachment" || header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the file: %d %q %v", status, got, header)
	}
	for what, other := range map[string]string{"another signature": strings.Replace(link, "/file/", "/file/AAAA", 1), "nonsense": srv.URL + "/in/social/line/file/!!"} {
		if status, got, _ := get(other); status != 404 {
			t.Errorf("%s: %d %q", what, status, got)
		}
	}
	at = at.Add(fileFor + time.Minute)
	if status, _, _ := get(link); status != 404 {
		t.Errorf("after a while: %d", status)
	}
}
