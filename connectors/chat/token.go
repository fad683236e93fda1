package chat

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// A sealer signs what visitors bring back: nobody else can make it, and every
// instance of the sidecar knows it. It is of one account: the name of another
// signs otherwise.
type sealer struct {
	secret  []byte
	account inbox.AccountID
}

func (s sealer) mac(purpose, payload string) []byte {
	h := hmac.New(sha256.New, s.secret)
	_, _ = h.Write([]byte(purpose + "\x00" + string(s.account) + "\x00" + payload))
	return h.Sum(nil)
}

func (s sealer) seal(purpose string, v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain structures
	}
	payload := base64.RawURLEncoding.EncodeToString(raw)
	return payload + "." + base64.RawURLEncoding.EncodeToString(s.mac(purpose, payload))
}

func (s sealer) open(purpose, token string, into any) bool {
	payload, sum, ok := strings.Cut(token, ".")
	if !ok || len(token) > maxToken {
		return false
	}
	mac, err := base64.RawURLEncoding.DecodeString(sum)
	if err != nil || !hmac.Equal(mac, s.mac(purpose, payload)) {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(payload)
	return err == nil && json.Unmarshal(raw, into) == nil
}

// maxToken bounds what is looked at, bytes.
const maxToken = 4096

// How long a session can be gone on with after its visitor was last here, by
// whether they were signed in: on a computer of many that must not last.
const (
	sessionLife = 30 * 24 * time.Hour
	signedLife  = 7 * 24 * time.Hour
	uploadLife  = 24 * time.Hour
)

// A pass is what a session's token says.
type pass struct {
	Session string `json:"s"`
	User    string `json:"u,omitempty"` // who signed in, as userKey says
	Expires int64  `json:"x"`
}

func (s sealer) sealPass(session, user string, now time.Time) string {
	life := sessionLife
	if user != "" {
		life = signedLife
	}
	return s.seal("session", pass{session, user, now.Add(life).Unix()})
}

func (s sealer) openPass(token string, now time.Time) (pass, bool) {
	var p pass
	ok := s.open("session", token, &p) && now.Unix() < p.Expires && inbox.ValidSession(p.Session)
	return p, ok
}

// userKey stands for somebody in the shop, without saying who.
func (s sealer) userKey(sub string) string {
	return base64.RawURLEncoding.EncodeToString(s.mac("user", sub)[:12])
}

// userSession is the session of who is signed in, the same in every browser.
func (s sealer) userSession(sub string) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(s.mac("user session", sub)[:20]))
}

// An upload is a file that was taken and is not sent yet: where it waits in the
// channel's transit, and whose it is.
type upload struct {
	Session string `json:"s"`
	Name    string `json:"n"`
	Type    string `json:"t"`
	Size    int64  `json:"z"`
	SHA256  string `json:"h"`
	Ref     string `json:"r"`
	Expires int64  `json:"x"`
}

func (u *upload) attachment() connectors.Attachment {
	return connectors.Attachment{Name: u.Name, Type: u.Type, Body: connectors.Body{Size: u.Size, SHA256: u.SHA256, Ref: u.Ref}}
}

func (s sealer) openUpload(id, session string, now time.Time) (upload, bool) {
	var u upload
	ok := s.open("upload", id, &u) && u.Session == session && now.Unix() < u.Expires
	return u, ok
}
