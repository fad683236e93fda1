package social

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"skein/connectors"
	"skein/inbox"
)

// What the platforms' documentation says of requests, as far as we make them.

// waRequest: developers.facebook.com/documentation/business-messaging/whatsapp/messages.
type waRequest struct {
	Product       string `json:"messaging_product" enum:"whatsapp"`
	RecipientType string `json:"recipient_type" enum:"individual,group"`
	To            string `json:"to,omitempty" minLength:"1"`
	Recipient     string `json:"recipient,omitempty" pattern:"^[A-Z]{2}\\.[A-Za-z0-9.]{1,128}$"`
	Type          string `json:"type" enum:"text,image,audio,video,document,template"`
	Opaque        string `json:"biz_opaque_callback_data,omitempty" maxLength:"512"`
	Text          *struct {
		Body       string `json:"body" minLength:"1" maxLength:"4096"`
		PreviewURL bool   `json:"preview_url,omitempty"`
	} `json:"text,omitempty"`
	Image    *waObject `json:"image,omitempty"`
	Video    *waObject `json:"video,omitempty"`
	Document *waObject `json:"document,omitempty"`
	Audio    *struct {
		ID string `json:"id"`
	} `json:"audio,omitempty"`
	Template *struct {
		Name     string `json:"name"`
		Language struct {
			Policy string `json:"policy" enum:"deterministic"`
			Code   string `json:"code"`
		} `json:"language"`
		Components []struct {
			Type       string `json:"type" enum:"body"`
			Parameters []struct {
				Type string `json:"type" enum:"text"`
				Text string `json:"text"`
			} `json:"parameters"`
		} `json:"components,omitempty"`
	} `json:"template,omitempty"`
}

type waObject struct {
	ID       string `json:"id" minLength:"1"`
	Caption  string `json:"caption,omitempty" maxLength:"1024"`
	Filename string `json:"filename,omitempty"`
}

// metaRequest: developers.facebook.com/docs/messenger-platform/reference/send-api.
type metaRequest struct {
	Recipient struct {
		ID        string `json:"id,omitempty" minLength:"1"`
		CommentID string `json:"comment_id,omitempty" pattern:"^[0-9_]+$"`
		PostID    string `json:"post_id,omitempty" pattern:"^[0-9_]+$"`
	} `json:"recipient"`
	MessagingType string `json:"messaging_type" enum:"RESPONSE,UPDATE,MESSAGE_TAG"`
	Tag           string `json:"tag,omitempty" enum:"HUMAN_AGENT"`
	Message       struct {
		Text       string `json:"text,omitempty" maxLength:"2000"`
		Metadata   string `json:"metadata,omitempty" maxLength:"1000"`
		Attachment *struct {
			Type    string `json:"type" enum:"image,audio,video,file"`
			Payload struct {
				URL      string `json:"url,omitempty" format:"uri"`
				Reusable bool   `json:"is_reusable,omitempty"`
			} `json:"payload"`
		} `json:"attachment,omitempty"`
	} `json:"message"`
}

// tgRequest: core.telegram.org/bots/api#sendmessage.
type tgRequest struct {
	ChatID string `json:"chat_id"`
	Text   string `json:"text" minLength:"1" maxLength:"4096"`
}

// lineRequest: developers.line.biz/en/reference/messaging-api/#send-push-message.
type lineRequest struct {
	To       string `json:"to" minLength:"1"`
	Messages []struct {
		Type     string `json:"type" enum:"text,image"`
		Text     string `json:"text,omitempty" maxLength:"5000"`
		Original string `json:"originalContentUrl,omitempty" maxLength:"2000"`
		Preview  string `json:"previewImageUrl,omitempty" maxLength:"2000"`
	} `json:"messages" minItems:"1" maxItems:"5"`
}

// undocumented is what is wrong with a request by its documentation.
func undocumented(of any, doc []byte) error {
	names := map[reflect.Type]string{} // of types that have none
	registry := huma.NewMapRegistry("#/", func(t reflect.Type, _ string) string {
		if names[t] == "" {
			names[t] = fmt.Sprint("T", len(names))
		}
		return names[t]
	})
	root := huma.SchemaFromType(registry, reflect.TypeOf(of))
	root.PrecomputeMessages()
	for _, s := range registry.Map() {
		s.PrecomputeMessages()
	}
	var value any
	if err := json.Unmarshal(doc, &value); err != nil {
		return err
	}
	var res huma.ValidateResult
	huma.Validate(registry, root, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, value, &res)
	return errors.Join(res.Errors...)
}

// A platform is all of them: it takes what is documented, and answers as told.
type platform struct {
	t   testing.TB
	url string

	mu      sync.Mutex // guards what follows
	sent    []string   // what reached people, in few words
	answers []answer   // to the next messages; then they are taken
	keys    map[string]bool
	files   map[string]answer
	updates []string
	offset  string
	nodes   map[string]string // what is told of comments and pictures, by path
}

// An answer of status 0 is none: the connection breaks after the request.
type answer struct {
	status int
	body   string
	header http.Header
}

func newPlatform(t testing.TB) *platform {
	p := &platform{t: t, keys: map[string]bool{}, files: map[string]answer{}}
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	p.url = srv.URL
	return p
}

func (p *platform) next(list ...answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers = append(p.answers, list...)
}

func (p *platform) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.sent...)
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p.mu.Lock()
	defer p.mu.Unlock()
	fail := func(format string, args ...any) {
		p.t.Errorf("%s %s: %s", r.Method, r.URL.Path, fmt.Sprintf(format, args...))
		http.Error(w, "not as documented", http.StatusBadRequest)
	}
	bearer := r.Header.Get("Authorization") == "Bearer token"
	kind := r.Header.Get("Content-Type")
	// message takes one that people would see.
	message := func(of any, doc []byte, word, reply string) {
		if of != nil {
			if err := undocumented(of, doc); err != nil {
				fail("%v in %s", err, doc)
				return
			}
		}
		if len(p.answers) > 0 {
			a := p.answers[0]
			p.answers = p.answers[1:]
			if a.status == 0 {
				p.sent = append(p.sent, word)
				conn, _, err := w.(http.Hijacker).Hijack()
				if err == nil {
					_ = conn.Close()
				}
				return
			}
			for name, values := range a.header {
				w.Header()[name] = values
			}
			w.WriteHeader(a.status)
			_, _ = w.Write([]byte(a.body))
			return
		}
		p.sent = append(p.sent, word)
		_, _ = w.Write([]byte(reply))
	}
	form := func() (map[string]string, string) {
		if err := parseForm(r, body); err != nil {
			fail("%v", err)
			return nil, ""
		}
		fields := map[string]string{}
		for name, values := range r.MultipartForm.Value {
			fields[name] = values[0]
		}
		for name, files := range r.MultipartForm.File {
			return fields, name + " " + files[0].Filename + " " + files[0].Header.Get("Content-Type")
		}
		return fields, ""
	}
	n := len(p.sent) + 1
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/files/"), strings.HasPrefix(path, "/file/bottoken/"), strings.HasPrefix(path, "/v2/bot/message/") && strings.HasSuffix(path, "/content"):
		name := path[strings.LastIndex(strings.TrimSuffix(path, "/content"), "/")+1:]
		a, ok := p.files[strings.TrimSuffix(name, "/content")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		for name, values := range a.header {
			w.Header()[name] = values
		}
		if a.status != 0 {
			w.WriteHeader(a.status)
		}
		_, _ = w.Write([]byte(a.body))
	case path == "/bottoken/getMe", path == "/me", path == "/v2/bot/info", path == "/2010-04-01/Accounts/AC1.json", path == "/106" && r.Method == "GET":
		_, _ = w.Write([]byte(`{"ok":true,"id":"1"}`))
	case path == "/bottoken/getFile":
		_, _ = fmt.Fprintf(w, `{"ok":true,"result":{"file_path":%q}}`, r.URL.Query().Get("file_id"))
	case path == "/bottoken/getUpdates":
		p.offset = r.URL.Query().Get("offset")
		var left []string
		for _, u := range p.updates {
			if next := nextUpdate([]byte(u)); fmt.Sprint(next-1) >= p.offset {
				left = append(left, u)
			}
		}
		_, _ = w.Write([]byte(`{"ok":true,"result":[` + strings.Join(left, ",") + `]}`))
	case path == "/bottoken/sendMessage":
		message(tgRequest{}, body, "telegram "+string(body), fmt.Sprintf(`{"ok":true,"result":{"message_id":%d}}`, n))
	case strings.HasPrefix(path, "/bottoken/send"):
		fields, file := form()
		message(nil, nil, fmt.Sprintf("telegram %s %s %v", strings.TrimPrefix(path, "/bottoken/"), file, fields), fmt.Sprintf(`{"ok":true,"result":{"message_id":%d}}`, n))
	case r.Method == "GET" && bearer && p.nodes[path] != "":
		_, _ = w.Write([]byte(p.nodes[path]))
	case r.Method == "POST" && bearer && commentPath(path) != nil:
		if err := undocumented(commentPath(path), body); err != nil {
			fail("%v in %s", err, body)
			return
		}
		message(nil, nil, path+" "+string(body), fmt.Sprintf(`{"success":true,"id":"new_%d"}`, n))
	case path == "/106/media" && bearer:
		fields, file := form()
		if fields["messaging_product"] != "whatsapp" || fields["type"] == "" || file == "" {
			fail("%v %q", fields, file)
			return
		}
		_, _ = fmt.Fprintf(w, `{"id":%q}`, "up:"+file)
	case path == "/106/messages" && bearer:
		message(waRequest{}, body, "whatsapp "+string(body), fmt.Sprintf(`{"messaging_product":"whatsapp","contacts":[{"input":"x","wa_id":"x"}],"messages":[{"id":"wamid.%d"}]}`, n))
	case path == "/me/messages" && bearer && strings.HasPrefix(kind, "multipart/"):
		fields, file := form()
		doc := fmt.Sprintf(`{"recipient":%s,"messaging_type":%q,"message":%s}`, fields["recipient"], fields["messaging_type"], fields["message"])
		message(metaRequest{}, []byte(doc), "meta "+doc+" "+file, fmt.Sprintf(`{"recipient_id":"1","message_id":"m_%d"}`, n))
	case path == "/me/messages" && bearer:
		message(metaRequest{}, body, "meta "+string(body), fmt.Sprintf(`{"recipient_id":"1","message_id":"m_%d"}`, n))
	case path == "/v2/bot/message/push" && bearer:
		key := r.Header.Get("X-Line-Retry-Key")
		if p.keys[key] {
			w.Header().Set("X-Line-Accepted-Request-Id", "1")
			w.WriteHeader(http.StatusConflict)
			_, _ = w.Write([]byte(`{"message":"The retry key is already accepted","sentMessages":[{"id":"461230966842064897"}]}`))
			return
		}
		p.keys[key] = len(p.answers) == 0 || p.answers[0].status == 0
		message(lineRequest{}, body, "line "+string(body), fmt.Sprintf(`{"sentMessages":[{"id":"46%d","quoteToken":"q"}]}`, n))
	case path == "/2010-04-01/Accounts/AC1/Messages.json":
		user, password, _ := r.BasicAuth()
		values, err := url.ParseQuery(string(body))
		if err != nil || user != "AC1" || password != "secret" || values.Get("To") == "" || values.Get("From") == "" {
			fail("%v by %s: %s", err, user, body)
			return
		}
		message(nil, nil, "twilio "+values.Encode(), fmt.Sprintf(`{"sid":"SM%d","status":"queued"}`, n))
	default:
		if r.Method == "GET" && bearer && len(path) > 1 { // WhatsApp's media
			_, _ = fmt.Fprintf(w, `{"url":%q,"mime_type":"image/jpeg"}`, p.url+"/files"+path)
			return
		}
		fail("nobody knows this (%s)", r.Header.Get("Authorization"))
	}
}

func parseForm(r *http.Request, body []byte) error {
	r.Body = io.NopCloser(bytes.NewReader(body))
	return r.ParseMultipartForm(1 << 20)
}

// account is one of each platform, at p.
func (p *platform) account(provider, more string) connectors.Account {
	own := map[string]string{
		WhatsApp: `"id":"106","verifyToken":"verify"`, Messenger: `"id":"PAGE","verifyToken":"verify"`, Instagram: `"id":"IG","verifyToken":"verify"`,
		Telegram: `"stop":["stop"]`, Twilio: `"accountSid":"AC1"`, Line: `"media":{}`,
	}[provider]
	if more != "" {
		own += "," + more
	}
	return connectors.Account{ID: inbox.AccountID(provider), Channel: inbox.Social, Address: "+15550783881",
		Settings: json.RawMessage(fmt.Sprintf(`{"provider":%q,"secrets":["secret"],"token":"token","apiUrl":%q,%s}`, provider, p.url, own))}
}

func newConnector(change func(*Config)) *Connector {
	cfg := Config{Log: slog.New(slog.DiscardHandler), Secret: []byte("0123456789abcdef"), PublicURL: "https://help.example", Timeout: 5 * time.Second, Tries: []time.Duration{0, 0}}
	if change != nil {
		change(&cfg)
	}
	return New(cfg)
}

// outbound is a message that leaves now, to somebody who has just written.
func outbound(account connectors.Account, to, text string, files ...connectors.Attachment) connectors.Outbound {
	now := time.Now()
	return connectors.Outbound{MessageID: inbox.NewID[inbox.MessageID](now), Attempt: 1, Channel: inbox.Social, Account: account.ID,
		To: []inbox.Party{{Address: to}}, Text: text, Date: now, HeardAt: now.Add(-time.Minute), Attachments: files}
}

type ctxT = context.Context

func contextOf() (context.Context, context.CancelFunc) {
	return context.WithCancel(context.Background())
}
