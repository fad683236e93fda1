// Package grant signs accounts in at their provider: it asks for consent by
// authorization code with PKCE (RFC 6749 section 4.1, RFC 7636), keeps what was
// consented to, and gives connectors what they log in with.
//
// It promises that what was consented to is kept sealed and never leaves the
// server, that only the admin who began a sign-in ends it, and that a consent
// which is no longer good is told in words that say what to do. A refresh token
// that the provider replaces is kept in the place of the one before.
//
// It knows no protocol of a channel, and never decides who may sign in.
package grant

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"skein/connectors"
	"skein/inbox"
)

// A Store keeps accounts and, sealed, what was consented to for them.
type Store interface {
	Accounts(ctx context.Context) ([]inbox.Account, error)
	UpdateAccount(ctx context.Context, by *inbox.Caller, a inbox.Account, now time.Time) (inbox.Account, error)
	// Grant returns the account's, nil where there is none.
	Grant(ctx context.Context, id inbox.AccountID) (sealed []byte, err error)
	// SaveGrant replaces was, nil for whatever there is; another in its place
	// stays.
	SaveGrant(ctx context.Context, id inbox.AccountID, was, sealed []byte, now time.Time) error
}

// A Vault seals and opens settings.
type Vault interface {
	Seal(plain []byte, channel inbox.Channel, id inbox.AccountID) ([]byte, error)
	Open(sealed []byte, channel inbox.Channel, id inbox.AccountID) ([]byte, error)
}

// Config is what a [Desk] works with. Store, Vault and Return are required.
type Config struct {
	Store Store
	Vault Vault
	// Return is where the provider sends the browser back to.
	Return  string
	Changed func()       // called after a sign-in, so that connectors learn of it at once; may be nil
	Client  *http.Client // by which providers are asked; default one with a limit of 20 s
	Now     func() time.Time
}

// A Desk is where accounts are signed in.
type Desk struct {
	cfg Config

	mu   sync.Mutex // guards held
	held map[inbox.AccountID]*held
}

// held is what the provider gave last for an account. Its lock is held while the
// provider is asked, so that it is asked once.
type held struct {
	sync.Mutex
	grant  []byte // what it was given for, sealed
	access string
	until  time.Time
}

// New returns a Desk.
func New(cfg Config) *Desk {
	if cfg.Client == nil {
		cfg.Client = &http.Client{Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Desk{cfg: cfg, held: map[inbox.AccountID]*held{}}
}

// A consent is what is kept of one.
type consent struct {
	Refresh  string `json:"refresh"`
	ClientID string `json:"clientId"` // whose it is
	TokenURL string `json:"tokenUrl"`
}

// A state goes through the browser, sealed, and comes back with the code.
type state struct {
	SignIn   bool          `json:"signIn"` // so that nothing else that is sealed passes for one
	By       inbox.AgentID `json:"by"`
	Verifier string        `json:"verifier"`
	Until    time.Time     `json:"until"`
}

// patience is how long somebody may take to consent.
const patience = 15 * time.Minute

func refused(code inbox.Code, format string, args ...any) error {
	return &inbox.Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// account is one with its settings open, and how it signs in.
func (d *Desk) account(ctx context.Context, id inbox.AccountID) (a inbox.Account, settings map[string]any, o *connectors.OAuth, err error) {
	all, err := d.cfg.Store.Accounts(ctx)
	if err != nil {
		return a, nil, nil, err
	}
	for _, a = range all {
		if a.ID != id || a.Removed {
			continue
		}
		raw, err := d.cfg.Vault.Open(a.Settings, a.Channel, a.ID)
		if err != nil {
			return a, nil, nil, err
		}
		var known struct {
			OAuth *connectors.OAuth `json:"oauth"`
		}
		if err := errors.Join(json.Unmarshal(raw, &settings), json.Unmarshal(raw, &known)); err != nil {
			return a, nil, nil, fmt.Errorf("read settings of %s: %w", id, err)
		}
		if known.OAuth == nil {
			return a, nil, nil, refused(inbox.Conflict, "this account doesn't sign in at a provider: its settings have no oauth")
		}
		return a, settings, known.OAuth, known.OAuth.Check()
	}
	return a, nil, nil, refused(inbox.NotFound, "there is no such account")
}

func (d *Desk) config(o *connectors.OAuth) *oauth2.Config {
	return &oauth2.Config{
		ClientID: o.ClientID, ClientSecret: o.ClientSecret, RedirectURL: d.cfg.Return, Scopes: strings.Fields(o.Scope),
		Endpoint: oauth2.Endpoint{AuthURL: o.AuthURL, TokenURL: o.TokenURL, AuthStyle: oauth2.AuthStyleInParams},
	}
}

// Begin returns the address at which the provider asks for consent.
func (d *Desk) Begin(ctx context.Context, by *inbox.Caller, id inbox.AccountID) (address string, err error) {
	a, _, o, err := d.account(ctx, id)
	if err != nil {
		return "", err
	}
	s := state{SignIn: true, By: by.Agent.ID, Verifier: oauth2.GenerateVerifier(), Until: d.cfg.Now().Add(patience)}
	raw, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("encode state: %w", err)
	}
	sealed, err := d.cfg.Vault.Seal(raw, a.Channel, a.ID)
	if err != nil {
		return "", err
	}
	return d.config(o).AuthCodeURL(string(id)+"."+base64.RawURLEncoding.EncodeToString(sealed), oauth2.S256ChallengeOption(s.Verifier),
		oauth2.AccessTypeOffline, oauth2.SetAuthURLParam("prompt", "consent"), oauth2.SetAuthURLParam("login_hint", a.Address)), nil
}

// Finish takes what the provider sent the browser back with, and keeps the
// consent. The account is served by it at once.
func (d *Desk) Finish(ctx context.Context, by *inbox.Caller, code, sent string) (inbox.AccountID, error) {
	lost := refused(inbox.Invalid, "this sign-in was begun by somebody else, or too long ago: begin it anew on the page of the channel")
	id, text, _ := strings.Cut(sent, ".")
	a, settings, o, err := d.account(ctx, inbox.AccountID(id))
	if err != nil {
		return "", err
	}
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return "", lost
	}
	raw, err := d.cfg.Vault.Open(sealed, a.Channel, a.ID)
	var s state
	if err != nil || json.Unmarshal(raw, &s) != nil || !s.SignIn || s.By != by.Agent.ID || d.cfg.Now().After(s.Until) {
		return "", lost
	}
	token, err := d.config(o).Exchange(d.through(ctx), code, oauth2.VerifierOption(s.Verifier))
	if err != nil {
		err = d.told(o, err, "the consent could not be used")
		if told, ok := errors.AsType[*inbox.Error](err); ok && told.Code == inbox.Unauthorized { // it is not the admin who is unknown
			return "", refused(inbox.Conflict, "%s", told.Message)
		}
		return "", err
	}
	if token.RefreshToken == "" {
		return "", refused(inbox.Conflict, "%s gave access for an hour alone and none that lasts: does the application ask for it (offline_access)?", o.Name())
	}
	if err := d.keep(ctx, &a, o, nil, token.RefreshToken); err != nil {
		return "", err
	}
	part, _ := settings["oauth"].(map[string]any)
	part["signedIn"] = d.cfg.Now().UTC().Format(time.RFC3339Nano)
	plain, err := json.Marshal(settings)
	if err != nil {
		return "", fmt.Errorf("encode settings of %s: %w", id, err)
	}
	if a.Settings, err = d.cfg.Vault.Seal(plain, a.Channel, a.ID); err != nil {
		return "", err
	}
	if _, err := d.cfg.Store.UpdateAccount(ctx, by, a, d.cfg.Now()); err != nil {
		return "", err
	}
	if d.cfg.Changed != nil {
		d.cfg.Changed()
	}
	return a.ID, nil
}

// keep seals a consent and keeps it in the place of was.
func (d *Desk) keep(ctx context.Context, a *inbox.Account, o *connectors.OAuth, was []byte, refresh string) error {
	raw, err := json.Marshal(consent{refresh, o.ClientID, o.TokenURL})
	if err != nil {
		return fmt.Errorf("encode consent: %w", err)
	}
	sealed, err := d.cfg.Vault.Seal(raw, a.Channel, a.ID)
	if err != nil {
		return err
	}
	return d.cfg.Store.SaveGrant(ctx, a.ID, was, sealed, d.cfg.Now())
}

// Token returns what an account logs in with. The provider is asked when there
// is none that is good for a minute more, or when it was just refused.
func (d *Desk) Token(ctx context.Context, id inbox.AccountID, ask connectors.TokenAsk) (connectors.TokenAnswer, error) {
	var none connectors.TokenAnswer
	a, _, o, err := d.account(ctx, id)
	if err != nil {
		return none, err
	}
	d.mu.Lock()
	h := d.held[id]
	if h == nil {
		h = &held{}
		d.held[id] = h
	}
	d.mu.Unlock()
	h.Lock()
	defer h.Unlock()
	sealed, err := d.cfg.Store.Grant(ctx, id)
	if err != nil {
		return none, err
	}
	if bytes.Equal(sealed, h.grant) && h.access != "" && h.access != ask.Refused && d.cfg.Now().Add(time.Minute).Before(h.until) {
		return connectors.TokenAnswer{Token: h.access}, nil
	}
	var c consent
	if len(sealed) > 0 {
		raw, err := d.cfg.Vault.Open(sealed, a.Channel, a.ID)
		if err != nil || json.Unmarshal(raw, &c) != nil {
			c = consent{} // sealed under another key
		}
	}
	switch {
	case c.Refresh == "":
		return none, refused(inbox.Unauthorized, "nobody has signed in at %s yet: do so on the page of the channel", o.Name())
	case c.ClientID != o.ClientID || c.TokenURL != o.TokenURL:
		return none, refused(inbox.Unauthorized, "the application was changed after the sign-in at %s: sign in again on the page of the channel", o.Name())
	}
	token, err := d.config(o).TokenSource(d.through(ctx), &oauth2.Token{RefreshToken: c.Refresh}).Token()
	if err != nil {
		return none, d.told(o, err, "the consent is no longer good")
	}
	h.grant, h.access, h.until = sealed, token.AccessToken, token.Expiry
	if token.Expiry.IsZero() {
		h.until = d.cfg.Now().Add(5 * time.Minute) // it doesn't say
	}
	if token.RefreshToken != "" && token.RefreshToken != c.Refresh {
		h.grant = nil
		if err := d.keep(ctx, &a, o, sealed, token.RefreshToken); err != nil {
			return none, err
		}
		if h.grant, err = d.cfg.Store.Grant(ctx, id); err != nil {
			return none, err
		}
	}
	return connectors.TokenAnswer{Token: h.access}, nil
}

func (d *Desk) through(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, d.cfg.Client)
}

// told is what a provider says of a request (RFC 6749 section 5.2), in words
// that say what to do. What may pass is [inbox.Unavailable].
func (d *Desk) told(o *connectors.OAuth, err error, what string) error {
	said, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok || said.Response == nil || said.Response.StatusCode >= 500 || said.Response.StatusCode == http.StatusTooManyRequests {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // its address tells nobody anything
		}
		return refused(inbox.Unavailable, "%s can't be asked just now: %v", o.Name(), err)
	}
	why := said.ErrorCode
	if said.ErrorDescription != "" {
		why = said.ErrorDescription
	}
	if len(why) > 300 {
		why = strings.ToValidUTF8(why[:300], "") + "…"
	}
	switch said.ErrorCode {
	case "invalid_grant":
		return refused(inbox.Unauthorized, "%s says that %s (%s): sign in again on the page of the channel", o.Name(), what, why)
	case "invalid_client", "unauthorized_client":
		return refused(inbox.Unauthorized, "%s doesn't know the application (%s): check oauth.clientId and oauth.clientSecret, and sign in again", o.Name(), why)
	}
	return refused(inbox.Unauthorized, "%s refuses the sign-in (%s)", o.Name(), why)
}
