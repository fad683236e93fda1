package email

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-sasl"

	"skein/connectors"
	"skein/inbox"
)

// xoauth2 is the mechanism XOAUTH2 of Google and Microsoft
// (https://developers.google.com/workspace/gmail/imap/xoauth2-protocol).
type xoauth2 struct{ username, token string }

func (x *xoauth2) Start() (mech string, ir []byte, err error) {
	return "XOAUTH2", []byte("user=" + x.username + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next is called only when the server refuses: its challenge says why. The
// exchange is given up, since nothing of it can be mended.
func (x *xoauth2) Next(challenge []byte) ([]byte, error) {
	return nil, &refusedError{refusal("XOAUTH2", challenge)}
}

// oauthBearer is OAUTHBEARER (RFC 7628), with the server's reason kept.
type oauthBearer struct{ sasl.Client }

func (o oauthBearer) Next(challenge []byte) ([]byte, error) {
	return nil, &refusedError{refusal("OAUTHBEARER", challenge)}
}

// refusal puts the error challenge of RFC 7628 section 3.2.2 into words.
func refusal(mech string, challenge []byte) string {
	var said struct {
		Status           string `json:"status"`
		Scope            string `json:"scope"`
		ErrorDescription string `json:"error_description"`
	}
	if err := json.Unmarshal(challenge, &said); err != nil || said.Status == "" {
		return fmt.Sprintf("%s: %s", mech, words(string(challenge)))
	}
	s := mech + ": status " + words(said.Status)
	if said.ErrorDescription != "" {
		s += ", " + words(said.ErrorDescription)
	}
	if said.Scope != "" {
		s += ", needed scope " + words(said.Scope)
	}
	return s
}

// A refusedError is a login that the server refused by a challenge.
type refusedError struct{ text string }

func (e *refusedError) Error() string { return e.text }

// words makes a server's own words fit to be shown: one line, valid, not long.
func words(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }), " ")
	if len(s) > 500 {
		s = strings.ToValidUTF8(s[:500], "") + "…"
	}
	return strings.TrimSpace(s)
}

// saslClient returns the mechanism for the two OAuth kinds, nil for a password.
func (srv *Server) saslClient() sasl.Client {
	switch srv.Auth {
	case authOAuthBearer:
		return oauthBearer{sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{
			Username: srv.Username, Token: srv.Token, Host: srv.Host, Port: srv.Port,
		})}
	case authXOAuth2:
		return &xoauth2{srv.Username, srv.Token}
	}
	return nil
}

// admitted logs in by connect. An account that is signed in at a provider gets
// what it logs in with first, and another once when that is refused: it may have
// been revoked before its time.
func (c *Connector) admitted(ctx context.Context, account connectors.Account, set *Settings, connect func() error) error {
	if set.OAuth == nil {
		return connect()
	}
	if c.cfg.Ask == nil {
		return errors.New("email connector: Ask is not set")
	}
	refused := ""
	for {
		var got connectors.TokenAnswer
		if err := c.cfg.Ask(ctx, account.ID, connectors.AskToken, connectors.TokenAsk{Refused: refused}, &got); err != nil {
			return err
		}
		for _, srv := range []*Server{&set.IMAP, &set.SMTP} {
			if srv.Auth == authXOAuth2 || srv.Auth == authOAuthBearer {
				srv.Token = got.Token
			}
		}
		err := connect()
		if inbox.CodeOf(err) != inbox.Unauthorized || refused != "" {
			return err
		}
		refused = got.Token
	}
}

// unsigned says that an account has nothing yet to log in with, which is so while
// it is only tried out.
func (s *Settings) unsigned(srv *Server) error {
	if s.OAuth == nil || srv.Token != "" || srv.Auth == authPassword {
		return nil
	}
	return &inbox.Error{Code: inbox.Unauthorized, Message: fmt.Sprintf("nobody has signed in at %s yet: add the channel, and sign in on its page", s.OAuth.Name())}
}
