package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"skein/inbox"
)

// A Refresh is a refresh token: Token goes to the browser, Hash is stored.
//
// It is the session's id, 32 secret bytes, and a tag over both. The tag tells a
// token that was once ours from a made-up one, so that only the former, used
// again, ends a session.
type Refresh struct {
	Token   string
	Session inbox.SessionID
	Hash    []byte
}

const (
	idSize     = 16
	secretSize = 32
	tagSize    = 16
)

// NewRefresh returns the first refresh token of a session.
func (t *Tokens) NewRefresh(session inbox.SessionID) Refresh {
	secret := make([]byte, secretSize)
	_, _ = rand.Read(secret) // never fails: crypto/rand ends the program instead
	return t.refresh(session, secret)
}

// NextRefresh returns the token that r, which came from [Tokens.ParseRefresh],
// is rotated to. It is always the same one, so that two tabs that present r at
// the same instant, or one whose answer was lost, end with the same cookie.
// Nobody without the key can tell it from r.
func (t *Tokens) NextRefresh(r Refresh) Refresh {
	mac := hmac.New(sha256.New, t.keys[0].refresh)
	mac.Write([]byte("next"))
	mac.Write(r.Hash)
	return t.refresh(r.Session, mac.Sum(nil))
}

func (t *Tokens) refresh(session inbox.SessionID, secret []byte) Refresh {
	id, err := hex.DecodeString(strings.ReplaceAll(string(session), "-", ""))
	if err != nil || len(id) != idSize {
		panic("auth: session id " + string(session) + " was not made by inbox.NewID")
	}
	body := append(id, secret...)
	return Refresh{
		Token:   base64.RawURLEncoding.EncodeToString(append(body, tag(t.keys[0], body)...)),
		Session: session,
		Hash:    hash(body),
	}
}

// ParseRefresh reads a token that this package made, under the present secret
// or a retired one. Any other is Unauthorized. Whether it is the good one of
// its session is for the store to say.
func (t *Tokens) ParseRefresh(token string) (Refresh, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	// The decoder passes over line ends.
	if err != nil || len(b) != idSize+secretSize+tagSize || strings.ContainsAny(token, "\r\n") {
		return Refresh{}, denied("sign in again")
	}
	body, got := b[:idSize+secretSize], b[idSize+secretSize:]
	for _, k := range t.keys {
		if hmac.Equal(got, tag(k, body)) {
			h := hex.EncodeToString(body[:idSize])
			id := strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
			return Refresh{Token: token, Session: inbox.SessionID(id), Hash: hash(body)}, nil
		}
	}
	return Refresh{}, denied("sign in again")
}

func tag(k key, body []byte) []byte {
	mac := hmac.New(sha256.New, k.refresh)
	mac.Write([]byte("tag"))
	mac.Write(body)
	return mac.Sum(nil)[:tagSize]
}

func hash(body []byte) []byte {
	sum := sha256.Sum256(append([]byte("skein/refresh/"), body...))
	return sum[:]
}
