package connectors

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"skein/inbox"
)

// OAuth is how an account is signed in at its provider, in its settings: by the
// consent of whom it belongs to, and no password (RFC 6749 section 4.1 with RFC
// 7636). What was consented to stays with the server; a connector asks it for
// what it logs in with by [AskToken].
type OAuth struct {
	Provider     string `json:"provider" enum:"google,microsoft,other" doc:"Whose sign-in it is"`
	ClientID     string `json:"clientId" minLength:"1" doc:"Of the application that you have registered there"`
	ClientSecret string `json:"clientSecret,omitempty" writeOnly:"true" doc:"Its secret, if it has one"`
	Tenant       string `json:"tenant,omitempty" doc:"Microsoft's directory, if not common"`
	AuthURL      string `json:"authUrl,omitempty" format:"uri" doc:"Where other asks for consent"`
	TokenURL     string `json:"tokenUrl,omitempty" format:"uri" doc:"Where other gives tokens"`
	Scope        string `json:"scope,omitempty" doc:"What to ask consent for, if not the usual, apart by spaces"`
	// SignedIn is when somebody consented last, which the server writes: so a
	// connector that waits hears of it.
	SignedIn *time.Time `json:"signedIn,omitempty" readOnly:"true" doc:"When somebody signed in last"`
}

// Check fills in what the provider's own documentation says. Its errors are
// [inbox.Invalid] and name the setting.
//
// Sources: developers.google.com/identity/protocols/oauth2/web-server and
// developers.google.com/workspace/gmail/imap/xoauth2-protocol;
// learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow and
// learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth.
func (o *OAuth) Check() error {
	wrong := func(format string, args ...any) error {
		return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf(format, args...)}
	}
	or := func(s *string, usual string) {
		if *s == "" {
			*s = usual
		}
	}
	switch o.Provider {
	case "google":
		or(&o.AuthURL, "https://accounts.google.com/o/oauth2/v2/auth")
		or(&o.TokenURL, "https://oauth2.googleapis.com/token")
		or(&o.Scope, "https://mail.google.com/")
	case "microsoft":
		or(&o.Tenant, "common")
		if strings.ContainsAny(o.Tenant, "/?# ") {
			return wrong("oauth.tenant is %q, not the name or the id of a directory", o.Tenant)
		}
		or(&o.AuthURL, "https://login.microsoftonline.com/"+o.Tenant+"/oauth2/v2.0/authorize")
		or(&o.TokenURL, "https://login.microsoftonline.com/"+o.Tenant+"/oauth2/v2.0/token")
		or(&o.Scope, "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access")
	case "other":
		if o.AuthURL == "" || o.TokenURL == "" {
			return wrong("oauth.authUrl and oauth.tokenUrl are needed: only those of google and microsoft are known")
		}
	default:
		return wrong("oauth.provider is %q, not google, microsoft or other", o.Provider)
	}
	if strings.TrimSpace(o.ClientID) == "" {
		return wrong("oauth.clientId is empty: register an application at the provider, and enter its id")
	}
	for name, address := range map[string]string{"authUrl": o.AuthURL, "tokenUrl": o.TokenURL} {
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.Fragment != "" || u.Scheme != "https" && !(u.Scheme == "http" && here(u.Hostname())) {
			return wrong("oauth.%s is %q, not an address that begins with https://", name, address)
		}
	}
	return nil
}

// Name is the provider's, for people.
func (o *OAuth) Name() string {
	switch o.Provider {
	case "google":
		return "Google"
	case "microsoft":
		return "Microsoft"
	}
	if u, err := url.Parse(o.TokenURL); err == nil && u.Host != "" {
		return u.Hostname()
	}
	return "the provider"
}

func here(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// AskToken is what a connector asks the server for when it logs in: what the
// provider gives for the account's consent. An [inbox.Unauthorized] says that
// somebody has to sign in again.
const AskToken = "token"

// A TokenAsk names the token that the provider's servers have just refused, if
// one was: it isn't given again.
type TokenAsk struct {
	Refused string `json:"refused,omitempty"`
}

// A TokenAnswer is an access token, good for as long as the provider says.
type TokenAnswer struct {
	Token string `json:"token"`
}
