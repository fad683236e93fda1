package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/api"
	"skein/inbox/inboxtest"
)

// A consenter is a provider of OAuth: everybody consents, a refresh token is good
// once, and whoever has a mail server asks it about access tokens.
type consenter struct {
	*httptest.Server
	t    *testing.T
	page string // where the page is, for a browser

	mu      sync.Mutex // guards what follows
	codes   map[string]url.Values
	refresh string // the one that is good
	access  map[string]bool
	begun   int // how often a refresh token was used
}

func newConsenter(t *testing.T) *consenter {
	c := &consenter{t: t, codes: map[string]url.Values{}, access: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /auth", c.consent)
	mux.HandleFunc("POST /token", c.token)
	mux.HandleFunc("POST /introspect", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"active": c.knows("", r.FormValue("token")), "username": "support@shop.example"})
	})
	c.Server = httptest.NewServer(mux)
	t.Cleanup(c.Close)
	return c
}

func (c *consenter) knows(_, token string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.access[token]
}

// revoke ends what access there is, and with all what was consented to.
func (c *consenter) revoke(all bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.access = map[string]bool{}
	if all {
		c.refresh = ""
	}
}

func (c *consenter) consent(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("response_type") != "code" || q.Get("client_id") != "app" || q.Get("code_challenge_method") != "S256" || q.Get("scope") != "mail more" || q.Get("login_hint") != "support@shop.example" {
		c.t.Errorf("consent is asked for by %v", q)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	code := rand.Text()
	c.codes[code] = q
	http.Redirect(w, r, c.page+q.Get("redirect_uri")+"?"+url.Values{"code": {code}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
}

func (c *consenter) token(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	fail := func(status int, code, words string) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": code, "error_description": words})
	}
	if r.FormValue("client_id") != "app" || r.FormValue("client_secret") != "app secret" {
		fail(http.StatusUnauthorized, "invalid_client", "Who is that?")
		return
	}
	switch r.FormValue("grant_type") {
	case "authorization_code":
		asked, known := c.codes[r.FormValue("code")]
		delete(c.codes, r.FormValue("code"))
		sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		if !known || base64.RawURLEncoding.EncodeToString(sum[:]) != asked.Get("code_challenge") || r.FormValue("redirect_uri") != asked.Get("redirect_uri") {
			fail(http.StatusBadRequest, "invalid_grant", "The code is not good.")
			return
		}
	case "refresh_token":
		if c.refresh == "" || r.FormValue("refresh_token") != c.refresh {
			fail(http.StatusBadRequest, "invalid_grant", "Token has been expired or revoked.")
			return
		}
		c.begun++
	default:
		fail(http.StatusBadRequest, "unsupported_grant_type", "")
		return
	}
	c.refresh = "r-" + rand.Text()
	token := "a-" + rand.Text()
	c.access[token] = true
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": 3600, "refresh_token": c.refresh})
}

// An admin signs a mailbox in by the page: there and back by keyboard, with what is
// said when nobody consents.
func TestSignInInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server, and a browser")
	}
	t.Parallel()
	provider := newConsenter(t)
	n := startNode(t)
	provider.page = n.url
	ana := n.agent("ana", inbox.AdminRole, n.inboxes["support"].ID)
	parts := newStack(slog.New(slog.DiscardHandler))
	t.Cleanup(func() { parts.stop(10 * time.Second) })
	if _, err := n.startAccounts(t.Context(), parts); err != nil {
		t.Fatal(err)
	}
	server := map[string]any{"host": "127.0.0.1", "port": 1, "security": "none"}
	ana.want(201, "POST", "/accounts", map[string]any{"id": "mail", "channel": "email", "inboxId": n.inboxes["support"].ID, "name": "Support", "address": "support@shop.example", "settings": map[string]any{
		"imap": server, "smtp": server,
		"oauth": map[string]any{"provider": "other", "clientId": "app", "clientSecret": "app secret", "authUrl": provider.URL + "/auth", "tokenUrl": provider.URL + "/token", "scope": "mail more"},
	}}, nil)
	n.inBrowser("signin.mjs", "wanted returned declined refused")
}

// A mailbox is served by consent and no password: an admin signs in, mail comes
// and leaves by what the provider gives for it, a token that ends before its time
// is replaced, and when the consent is taken back the channel says so until
// somebody signs in again. Nobody else can begin or end a sign-in.
func TestMailSignIn(t *testing.T) {
	t.Parallel()
	provider := newConsenter(t)
	dovecot := inboxtest.StartDovecotOAuth(t, provider.URL+"/introspect")
	sink := inboxtest.StartSMTPSink(t, inboxtest.SinkOptions{Knows: provider.knows})
	n := startNode(t)
	in := n.inboxes["support"].ID
	admin, other, kim := n.agent("admin", inbox.AdminRole, in), n.agent("other", inbox.AdminRole, in), n.agent("kim", inbox.AgentRole, in)
	parts := newStack(slog.New(slog.DiscardHandler))
	t.Cleanup(func() { parts.stop(10 * time.Second) })
	if _, err := n.startAccounts(t.Context(), parts); err != nil {
		t.Fatal(err)
	}
	sidecar := func() (stop func()) {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() {
			log := slog.New(slog.DiscardHandler)
			done <- connectors.Run(ctx, connectors.Config{Link: n.links[inbox.Email], Log: log, Grace: time.Second, Connector: builtin[inbox.Email].make(n.links[inbox.Email], "", log)})
		}()
		stop = sync.OnceFunc(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("the sidecar ended with %v", err)
			}
		})
		t.Cleanup(stop)
		return stop
	}
	stop := sidecar()
	host := func(port int) map[string]any {
		return map[string]any{"host": "127.0.0.1", "port": port, "security": "none"}
	}
	admin.want(201, "POST", "/accounts", map[string]any{"id": "mail", "channel": "email", "inboxId": in, "name": "Support", "address": "support@shop.example", "settings": map[string]any{
		"imap": host(dovecot.Port), "smtp": host(sink.Port), "recheck": "1s",
		"oauth": map[string]any{"provider": "other", "clientId": "app", "clientSecret": "app secret", "authUrl": provider.URL + "/auth", "tokenUrl": provider.URL + "/token", "scope": "mail more"},
	}}, nil)
	account := func() (v api.AccountView) {
		var list struct{ Items []api.AccountView }
		raw := admin.want(200, "GET", "/accounts", nil, &list)
		if strings.Contains(raw, "app secret") || strings.Contains(raw, `"r-`) {
			t.Fatalf("a secret is shown: %s", raw)
		}
		for _, v = range list.Items {
			if v.ID == "mail" {
				return v
			}
		}
		t.Fatalf("no account: %s", raw)
		return v
	}
	health := func(state string, words string) {
		t.Helper()
		n.until(fmt.Sprintf("the channel is %s %q", state, words), func() bool {
			v := account()
			return v.Health.State == state && strings.Contains(v.Health.LastError, words)
		})
	}
	health(connectors.Refused, "nobody has signed in at 127.0.0.1")

	// signIn does what the browser does.
	begin := func() (code, state string) {
		t.Helper()
		var got struct{ URL string }
		admin.want(200, "POST", "/accounts/mail/sign-in", nil, &got)
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		res, err := client.Get(got.URL)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		back, err := url.Parse(res.Header.Get("Location"))
		if err != nil || !strings.HasSuffix(back.Path, "/settings/channels/sign-in") {
			t.Fatalf("the browser is sent back to %v, %v", back, err)
		}
		return back.Query().Get("code"), back.Query().Get("state")
	}
	finish := func(r *reader, want int, code, state string) {
		t.Helper()
		r.want(want, "POST", "/sign-ins", map[string]string{"code": code, "state": state}, nil)
	}
	kim.want(403, "POST", "/accounts/mail/sign-in", nil, nil)
	admin.want(409, "POST", "/accounts/support/sign-in", nil, nil)
	code, state := begin()
	finish(kim, 403, code, state)
	finish(other, 422, code, state)
	finish(admin, 422, code, "mail.AAAA")
	finish(admin, 409, "no code", state)
	finish(admin, 200, code, state)
	health(connectors.Running, "")

	mail := func(id string) {
		dovecot.Deliver(t, "support@shop.example", "INBOX", fmt.Appendf(nil, "From: Ann <ann@x.example>\r\nTo: support@shop.example\r\nMessage-ID: <%[1]s@x.example>\r\nSubject: %[1]s\r\nDate: %[2]s\r\n\r\nHello.\r\n", id, time.Now().Format(time.RFC1123Z)))
	}
	mail("first")
	talk := kim.find("first")
	kim.reply(talk, "By consent.")
	if got := sink.Wait(t, 1, time.Minute); got[0].User != "support@shop.example" {
		t.Errorf("%s logged in to send", got[0].User)
	}

	// What was given ends before its time: another is fetched, by the newest
	// refresh token.
	provider.revoke(false)
	kim.reply(kim.find("first"), "By another token.")
	sink.Wait(t, 2, time.Minute)
	provider.mu.Lock()
	if provider.begun != 2 {
		t.Errorf("the provider was asked %d times, want once for each token", provider.begun)
	}
	provider.mu.Unlock()

	provider.revoke(true)
	stop()
	sidecar()
	health(connectors.Refused, "revoked")
	if v := account(); !strings.Contains(v.Health.LastError, "sign in again") {
		t.Errorf("the channel says %q", v.Health.LastError)
	}
	mail("meanwhile")
	code, state = begin()
	finish(admin, 200, code, state)
	health(connectors.Running, "")
	kim.find("meanwhile")
}
