package auth

import (
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"skein/inbox"
)

// Lifetime is how long access and file tokens are good for.
const Lifetime = 10 * time.Minute

// issuer keeps tokens of other programs that share a secret out.
const issuer = "skein"

// A Use is what a token is good for. A token is never good for another.
type Use string

const (
	Access Use = "access" // the API and the websocket, in a header or the first frame
	File   Use = "file"   // attachments and raw mail, in a query: it ends up in logs and histories
)

// Claims are what a token says: who, by which session, for what, until when. It
// says nothing of rights, which are looked up as they stand.
type Claims struct {
	Agent   inbox.AgentID
	Session inbox.SessionID
	Use     Use
	Expires time.Time
}

// Tokens signs and verifies. It is safe for use by many goroutines.
type Tokens struct {
	keys []key // the first signs
}

// NewTokens derives its keys from secret, which signs, and from retired ones,
// which only verify. A secret under [MinSecret] bytes is Invalid.
func NewTokens(secret []byte, retired ...[]byte) (*Tokens, error) {
	t := &Tokens{}
	for _, s := range append([][]byte{secret}, retired...) {
		k, err := newKey(s)
		if err != nil {
			return nil, err
		}
		t.keys = append(t.keys, k)
	}
	return t, nil
}

type wire struct {
	jwt.RegisteredClaims
	Session string `json:"sid"`
	Use     Use    `json:"use"`
}

// Issue returns a token for an agent's session, and when it ends.
func (t *Tokens) Issue(agent inbox.AgentID, session inbox.SessionID, use Use, now time.Time) (string, time.Time, error) {
	expires := now.Add(Lifetime).Truncate(time.Second)
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, wire{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    issuer,
			Subject:   string(agent),
			IssuedAt:  jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(expires),
		},
		Session: string(session),
		Use:     use,
	})
	token.Header["kid"] = t.keys[0].id
	signed, err := token.SignedString(t.keys[0].sign)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign token: %w", err)
	}
	return signed, expires, nil
}

// Verify returns what a token says when it is ours, for this use, and not ended
// at now. Any other is Unauthorized; why is not told. The algorithm is HS256
// whatever the token claims.
func (t *Tokens) Verify(token string, use Use, now time.Time) (Claims, error) {
	var w wire
	_, err := jwt.ParseWithClaims(token, &w, func(token *jwt.Token) (any, error) {
		id, _ := token.Header["kid"].(string)
		for _, k := range t.keys {
			if k.id == id {
				return k.sign, nil
			}
		}
		return nil, fmt.Errorf("unknown key %q", id)
	},
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer(issuer), jwt.WithExpirationRequired(),
		jwt.WithStrictDecoding(), jwt.WithTimeFunc(func() time.Time { return now }))
	if err != nil || w.Use != use || !inbox.ValidID(w.Subject) || !inbox.ValidID(w.Session) {
		return Claims{}, denied("the token is not valid or has ended: sign in again")
	}
	return Claims{
		Agent:   inbox.AgentID(w.Subject),
		Session: inbox.SessionID(w.Session),
		Use:     w.Use,
		Expires: w.ExpiresAt.Time,
	}, nil
}
