package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"skein/connectors"
	"skein/connectors/social"
	"skein/inbox"
)

// A socialNode is a node with an account of each platform, the platforms' APIs,
// and the sidecars that serve them.
type socialNode struct {
	*node
	api string

	mu   sync.Mutex        // guards what follows
	sent []string          // path and body of what was sent
	told map[string]string // what is told of what is asked for, by path
	hung chan struct{}
	// expired has Telegram take our token no more.
	expired bool
}

func startSocial(t *testing.T) *socialNode {
	t.Helper()
	n := &socialNode{node: startNode(t), hung: make(chan struct{}, 1)}
	gone := make(chan struct{})
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method == http.MethodGet {
			n.mu.Lock()
			told, expired := n.told[r.URL.Path], n.expired
			n.mu.Unlock()
			if expired {
				unauthorised(w)
				return
			}
			if told != "" {
				_, _ = w.Write([]byte(told))
				return
			}
			if strings.HasPrefix(r.URL.Path, "/files/") {
				w.Header().Set("Content-Type", "image/png")
				_, _ = w.Write([]byte("\x89PNG\r\n\x1a\n" + r.URL.Path))
				return
			}
			if id, ok := strings.CutPrefix(r.URL.Path, "/photo"); ok {
				_, _ = fmt.Fprintf(w, `{"url":"http://%s/files/%s"}`, r.Host, id)
				return
			}
			_, _ = fmt.Fprintf(w, `{"ok":true,"id":"1","result":{"file_path":%q}}`, "photo")
			return
		}
		n.mu.Lock()
		expired := n.expired
		if !expired {
			n.sent = append(n.sent, r.URL.Path+" "+string(body))
		}
		i := len(n.sent)
		n.mu.Unlock()
		if expired {
			unauthorised(w)
			return
		}
		if strings.Contains(string(body), "Hang") {
			n.hung <- struct{}{}
			select {
			case <-r.Context().Done():
			case <-gone:
			}
			return
		}
		_, _ = fmt.Fprintf(w, `{"ok":true,"success":true,"messages":[{"id":"out%d"}],"message_id":"out%d","sid":"out%d","sentMessages":[{"id":"out%d"}],"result":{"message_id":%d}}`, i, i, i, i, i)
	}))
	t.Cleanup(func() { close(gone); api.Close() })
	n.api = api.URL
	for id, own := range map[inbox.AccountID]string{
		"whatsapp": `"id":"106","verifyToken":"v","templates":[{"name":"late","language":"en_US","text":"Hi {{1}}, we are sorry."}]`, "messenger": `"id":"PAGE","verifyToken":"v"`, "instagram": `"id":"IG","verifyToken":"v"`,
		"telegram": `"stop":[]`, "twilio": `"accountSid":"AC1"`, "line": `"stop":[]`,
	} {
		n.save(id, own)
	}
	parts := newStack(slog.New(slog.DiscardHandler))
	t.Cleanup(func() { parts.stop(10 * time.Second) })
	if _, err := n.startAccounts(t.Context(), parts); err != nil {
		t.Fatal(err)
	}
	return n
}

// save makes or changes an account; its settings end in own.
func (n *socialNode) save(id inbox.AccountID, own string) {
	n.t.Helper()
	if _, err := n.store.SaveAccount(n.t.Context(), inbox.Account{ID: id, Channel: inbox.Social, InboxID: n.inboxes["support"].ID, Name: string(id),
		Address: "+15550783881", MaxProof: inbox.Proven, Region: "US",
		Settings: fmt.Appendf(nil, `{"provider":%q,"secrets":["secret"],"token":"token","apiUrl":%q,%s}`, id, n.api, own)}, time.Now()); err != nil {
		n.t.Fatal(err)
	}
}

// unauthorised is Telegram's answer to a token that it doesn't know.
func unauthorised(w http.ResponseWriter) {
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = w.Write([]byte(`{"ok":false,"error_code":401,"description":"Unauthorized"}`))
}

// sidecar starts an instance of the connector.
func (n *socialNode) sidecar() (stop func()) {
	n.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		log := slog.New(slog.DiscardHandler)
		done <- connectors.Run(ctx, connectors.Config{Link: n.links[inbox.Social], Log: log, Grace: 500 * time.Millisecond,
			Connector: social.New(social.Config{Secret: []byte("0123456789abcdef"), PublicURL: n.url, Log: log})})
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			n.t.Errorf("the sidecar ended with %v", err)
		}
	})
	n.t.Cleanup(stop)
	n.until("direct messages are served", func() bool { return n.post("line", n.url+"/in/social/line", "{}", "") == http.StatusUnauthorized })
	return stop
}

// post is a webhook as its platform signs it.
func (n *socialNode) post(provider, address, body, secret string) int {
	n.t.Helper()
	req, err := http.NewRequestWithContext(n.t.Context(), "POST", address, strings.NewReader(body))
	if err != nil {
		n.t.Fatal(err)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	switch provider {
	case "telegram":
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	case "line":
		req.Header.Set("X-Line-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	case "twilio":
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		form, _ := url.ParseQuery(body)
		mac = hmac.New(sha1.New, []byte(secret))
		mac.Write([]byte(address))
		for _, name := range slices.Sorted(maps.Keys(form)) {
			mac.Write([]byte(name + form.Get(name)))
		}
		req.Header.Set("X-Twilio-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	default:
		req.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	}
	status, _ := fetch(n.t, req)
	return status
}

// said posts a webhook until it is taken.
func (n *socialNode) said(provider, address, body string) {
	n.t.Helper()
	n.until(provider+" is taken", func() bool {
		got := n.post(provider, address, body, "secret")
		if got != http.StatusOK && got != http.StatusServiceUnavailable {
			n.t.Fatalf("%s gets %d for %s", provider, got, body)
		}
		return got == http.StatusOK
	})
}

func (n *socialNode) left(text string) (list []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range n.sent {
		if strings.Contains(s, text) || strings.Contains(s, url.QueryEscape(text)) {
			list = append(list, s)
		}
	}
	return list
}

// From each platform's request to the frame at an agent's socket, and from the
// answer to the platform's API: with every event three times and backwards, by
// two sidecars of which one ends in the middle, each comes and leaves once, and
// what became of it is known.
func TestSocial(t *testing.T) {
	t.Parallel()
	n := startSocial(t)
	kill := n.sidecar()
	n.sidecar()
	kim := n.agent("kim", inbox.AgentRole, n.inboxes["support"].ID)
	kim.watch("list")
	wa := func(what string) string {
		return `{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"106"},"contacts":[{"profile":{"name":"Wanda"},"wa_id":"554188887777"}],` + what + `}}]}]}`
	}
	meta := func(page, from, to, what string) string {
		return `{"object":"page","entry":[{"id":"` + page + `","messaging":[{"sender":{"id":"` + from + `"},"recipient":{"id":"` + to + `"},"timestamp":` + fmt.Sprint(time.Now().UnixMilli()) + `,` + what + `}]}]}`
	}
	at := fmt.Sprint(time.Now().Unix())
	line := func(what string) string {
		return `{"destination":"U0","events":[{"timestamp":` + at + `000,"source":{"type":"user","userId":"U1"},` + what + `}]}`
	}
	for _, c := range []struct {
		provider string
		events   []string // a message and a reaction, an album, an edit
		shown    string   // what is said, in order
		after    func(sent string) (address string, events []string)
		state    inbox.State
	}{
		{"whatsapp", []string{
			wa(`"messages":[{"from":"554188887777","id":"w1","timestamp":"` + at + `","type":"text","text":{"body":"Hi by WhatsApp"}}]`),
			wa(`"messages":[{"from":"554188887777","id":"w2","timestamp":"` + at + `","type":"image","image":{"id":"photo","caption":"Look"}}]`),
			wa(`"messages":[{"from":"554188887777","id":"w3","timestamp":"` + at + `","type":"reaction","reaction":{"message_id":"w1","emoji":"🎉"}}]`),
		}, "Hi by WhatsApp🎉, Look+1", func(sent string) (string, []string) {
			return n.url + "/in/social/whatsapp", []string{wa(`"statuses":[{"id":"` + sent + `","status":"read","timestamp":"` + at + `"}]`), wa(`"statuses":[{"id":"` + sent + `","status":"delivered","timestamp":"` + at + `"}]`)}
		}, inbox.Read},
		{"messenger", []string{
			meta("PAGE", "PSID1", "PAGE", `"message":{"mid":"m1","text":"Hi by Messenger"}`), meta("PAGE", "PSID1", "PAGE", `"message_edit":{"mid":"m1","text":"Hello by Messenger","num_edit":1}`),
		}, "Hello by Messenger", func(sent string) (string, []string) {
			return n.url + "/in/social/messenger", []string{
				meta("PAGE", "PSID1", "PAGE", `"read":{"watermark":`+fmt.Sprint(time.Now().Add(time.Minute).UnixMilli())+`}`),
				meta("PAGE", "PAGE", "PSID1", `"message":{"is_echo":true,"mid":"`+sent+`","text":"We answer by messenger"}`),
			}
		}, inbox.Read},
		{"instagram", []string{meta("IG", "IGSID1", "IG", `"message":{"mid":"i1","text":"Hi by Instagram"}`), meta("IG", "IGSID1", "IG", `"message":{"mid":"i2","text":"Oops"}`), meta("IG", "IGSID1", "IG", `"message":{"mid":"i2","is_deleted":true}`)},
			"Hi by Instagram, ", func(sent string) (string, []string) {
				return n.url + "/in/social/instagram", []string{meta("IG", "IGSID1", "IG", `"read":{"mid":"`+sent+`"}`)}
			}, inbox.Read},
		{"telegram", []string{
			`{"update_id":1,"message":{"message_id":1,"from":{"id":23},"chat":{"id":23,"type":"private","first_name":"Tess"},"date":` + at + `,"text":"Hi by Telegram"}}`,
			`{"update_id":2,"message":{"message_id":2,"from":{"id":23},"chat":{"id":23,"type":"private"},"date":` + at + `,"media_group_id":"g","photo":[{"file_id":"photo"}],"caption":"Two"}}`,
			`{"update_id":3,"message":{"message_id":3,"from":{"id":23},"chat":{"id":23,"type":"private"},"date":` + at + `,"media_group_id":"g","photo":[{"file_id":"photo"}]}}`,
		}, "Hi by Telegram, Two+1", nil, inbox.Sent},
		{"twilio", []string{"MessageSid=SM1&From=%2B14155550123&To=%2B15550783881&Body=Hi+by+SMS"}, "Hi by SMS", func(sent string) (string, []string) {
			form, _ := url.ParseQuery(strings.SplitN(n.left("We answer by twilio")[0], " ", 2)[1])
			return form.Get("StatusCallback"), []string{"MessageSid=" + sent + "&MessageStatus=delivered", "MessageSid=" + sent + "&MessageStatus=sent"}
		}, inbox.Delivered},
		{"line", []string{line(`"type":"message","webhookEventId":"E1","message":{"id":"1","type":"text","text":"Hi by LINE"}`)}, "Hi by LINE", nil, inbox.Sent},
	} {
		for round := range 3 {
			if round == 1 {
				kill()
			}
			for i := range c.events {
				n.said(c.provider, n.url+"/in/social/"+c.provider, c.events[len(c.events)-1-i])
			}
		}
		var talk inbox.Conversation
		shown := func() string {
			var list struct{ Items []inbox.Conversation }
			kim.want(200, "GET", "/conversations?status=all&limit=100", nil, &list)
			for _, talk = range list.Items {
				if string(talk.Account) != c.provider {
					continue
				}
				var texts []string
				for _, m := range kim.messages(talk) {
					text := m.Text
					for _, r := range m.Reactions {
						text += r.Emoji
					}
					if len(m.Attachments) > 0 {
						text += fmt.Sprintf("+%d", len(m.Attachments))
					}
					texts = append(texts, text)
				}
				slices.Sort(texts)
				slices.Reverse(texts)
				slices.SortStableFunc(texts, func(a, b string) int {
					return strings.Compare(fmt.Sprint(!strings.HasPrefix(a, "H")), fmt.Sprint(!strings.HasPrefix(b, "H")))
				})
				return strings.Join(texts, ", ")
			}
			return ""
		}
		kim.until(c.provider+" shows "+c.shown, func() bool { return shown() == c.shown })
		kim.until("the agent's socket has it", func() bool {
			return strings.Contains(kim.said(), "by "+map[string]string{
				"whatsapp": "WhatsApp", "messenger": "Messenger", "instagram": "Instagram", "telegram": "Telegram", "twilio": "SMS", "line": "LINE"}[c.provider])
		})

		answer := "We answer by " + c.provider
		m := kim.reply(talk, answer)
		state := func() inbox.State {
			for _, o := range kim.messages(talk) {
				if o.ID == m.ID {
					return o.State
				}
			}
			return ""
		}
		kim.until(c.provider+" has the answer", func() bool { return state() == inbox.Sent })
		n.mu.Lock()
		sent := fmt.Sprint("out", len(n.sent))
		n.mu.Unlock()
		if c.after != nil {
			address, events := c.after(sent)
			for range 3 {
				for _, e := range events {
					n.said(c.provider, address, e)
				}
			}
		}
		kim.until(c.provider+" says how far it is", func() bool { return state() == c.state })
		if got := n.left(answer); len(got) != 1 {
			t.Errorf("by %s it left %d times: %q", c.provider, len(got), got)
		}
		if got := kim.messages(talk); strings.Count(fmt.Sprint(got), answer) == 0 || len(got) != strings.Count(c.shown, ", ")+2 {
			t.Errorf("%s shows %d messages", c.provider, len(got))
		}
	}
}

// The connector ends while the platform doesn't answer: nobody knows whether the
// message left, it isn't sent again, and the platform's own word ends the doubt.
func TestSocialUncertain(t *testing.T) {
	t.Parallel()
	n := startSocial(t)
	kill := n.sidecar()
	kim := n.agent("kim", inbox.AgentRole, n.inboxes["support"].ID)
	at := fmt.Sprint(time.Now().Unix())
	wa := func(what string) string {
		return `{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"106"},` + what + `}}]}]}`
	}
	n.said("whatsapp", n.url+"/in/social/whatsapp", wa(`"messages":[{"from":"16505551234","id":"w1","timestamp":"`+at+`","type":"text","text":{"body":"Are you there?"}}]`))
	var talk inbox.Conversation
	kim.until("it is shown", func() bool {
		var list struct{ Items []inbox.Conversation }
		kim.want(200, "GET", "/conversations?status=all", nil, &list)
		if len(list.Items) == 1 {
			talk = list.Items[0]
		}
		return len(list.Items) == 1
	})
	m := kim.reply(talk, "Hang on")
	state := func() inbox.State {
		for _, o := range kim.messages(talk) {
			if o.ID == m.ID {
				return o.State
			}
		}
		return ""
	}
	<-n.hung
	kill()
	n.sidecar()
	kim.until("nobody knows", func() bool { return state() == inbox.Uncertain })
	n.said("whatsapp", n.url+"/in/social/whatsapp", wa(`"statuses":[{"id":"wx","status":"sent","timestamp":"`+at+`","biz_opaque_callback_data":"skein.`+string(m.ID)+`.1"}]`))
	n.said("whatsapp", n.url+"/in/social/whatsapp", wa(`"statuses":[{"id":"wx","status":"delivered","timestamp":"`+at+`"}]`))
	kim.until("the platform knows", func() bool { return state() == inbox.Delivered })
	if got := n.left("Hang on"); len(got) != 1 {
		t.Errorf("it left %d times", len(got))
	}
}

// The composer is told until when it may answer and why it may not any more, and
// what may be sent then; who asked to be left alone is, and the agent is told so.
func TestSocialSending(t *testing.T) {
	t.Parallel()
	n := startSocial(t)
	n.sidecar()
	kim := n.agent("kim", inbox.AgentRole, n.inboxes["support"].ID)
	talk := func(from, text string, age time.Duration) (found inbox.Conversation) {
		t.Helper()
		n.said("whatsapp", n.url+"/in/social/whatsapp", fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"106"},
			"messages":[{"from":%q,"id":%q,"timestamp":"%d","type":"text","text":{"body":%q}}]}}]}]}`, from, "w"+from+text, time.Now().Add(-age).Unix(), text))
		kim.until(text+" is shown", func() bool {
			var list struct{ Items []inbox.Conversation }
			kim.want(200, "GET", "/conversations?status=all", nil, &list)
			i := slices.IndexFunc(list.Items, func(c inbox.Conversation) bool { return c.Preview == text })
			if i >= 0 {
				found = list.Items[i]
			}
			return i >= 0
		})
		return found
	}
	state := func(c inbox.Conversation) (s inbox.SendState) {
		kim.want(200, "GET", "/conversations/"+string(c.ID)+"/sending", nil, &s)
		return s
	}
	fresh, old, stop := talk("16505551234", "Just now", time.Minute), talk("16505550000", "Long ago", 72*time.Hour), talk("16505559999", "STOP", time.Minute)
	if s := state(fresh); !s.May || s.ClosesAt == nil || s.MaxText != 4096 || s.Account != "whatsapp" {
		t.Errorf("within a day: %+v", s)
	}
	if s := state(old); s.May || !strings.Contains(s.Why, "template") || len(s.Templates) != 1 || s.Templates[0].Values != 1 {
		t.Errorf("after three days: %+v", s)
	}
	if s := state(stop); s.May || !s.Stopped {
		t.Errorf("after STOP: %+v", s)
	}
	answer := func(c inbox.Conversation, key string, body map[string]any) (int, string) {
		body["seenSeq"] = 1 << 40
		return kim.doKey("POST", "/conversations/"+string(c.ID)+"/replies", key, body)
	}
	if status, raw := answer(stop, "stop", map[string]any{"text": "But"}); status != 409 || !strings.Contains(raw, "START") {
		t.Errorf("after STOP an answer gets %d %s", status, raw)
	}
	template := func(values ...string) map[string]any {
		return map[string]any{"text": "", "template": map[string]any{"name": "late", "language": "en_US", "values": values}}
	}
	if status, raw := answer(old, "few", template()); status != 422 && status != 400 || !strings.Contains(raw, "places") {
		t.Errorf("a template with nothing filled in gets %d %s", status, raw)
	}
	if status, raw := answer(old, "good", template("Ann")); status != 202 || !strings.Contains(raw, "Hi Ann, we are sorry.") {
		t.Errorf("a template gets %d %s", status, raw)
	}
	n.until("the template has left", func() bool { return len(n.left(`"template":{"components"`)) == 1 })
}

// A channel that somebody else's connector serves takes the settings of that.
func TestOwnConnectors(t *testing.T) {
	t.Parallel()
	s := &settings{own: "phone, social"}
	desk := newDesk(nil, nil, nil, s.ownConnectors())
	for _, k := range desk.Kinds() {
		if own := k.Channel == inbox.Phone || k.Channel == inbox.Social; own && k.Built {
			t.Errorf("%s has a form of ours", k.Channel)
		}
	}
	for _, k := range newDesk(nil, nil, nil, nil).Kinds() {
		if k.Channel == inbox.Social && !k.Built {
			t.Error("social has no form")
		}
	}
	if err := (&settings{addr: "127.0.0.1:0", own: "pigeon"}).check(func(string) string { return "" }); err == nil || !strings.Contains(err.Error(), "SKEIN_OWN_CONNECTORS") {
		t.Errorf("an unknown channel: %v", err)
	}
}
