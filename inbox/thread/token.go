package thread

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"strings"

	"skein/inbox"
)

// Keys sign what we send, so that an answer names our own message or
// conversation and nobody can make up another. Retired keys still verify: an
// answer may come years later.
type Keys struct {
	current string
	secrets map[string][]byte
}

// NewKeys derives a signing key from each secret, the current one first.
func NewKeys(secrets ...[]byte) (Keys, error) {
	k := Keys{secrets: make(map[string][]byte, len(secrets))}
	for i, secret := range secrets {
		key, err := hkdf.Key(sha256.New, secret, nil, "skein mail tokens", 32)
		if err != nil {
			return Keys{}, fmt.Errorf("derive mail token key: %w", err)
		}
		sum := sha256.Sum256(key)
		id := encoding.EncodeToString(sum[:])[:2]
		if i == 0 {
			k.current = id
		}
		k.secrets[id] = key
	}
	return k, nil
}

// encoding survives mail systems that fold case, and the dots between the parts
// are in no digit.
var encoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

const (
	macLength = 10 // bytes: 80 bits, for a token that is checked online
	forHeader = "message"
	forPlus   = "conversation"
	forCode   = "code"
)

// HeaderID returns the Message-ID, without angle brackets, of our message id.
func (k Keys) HeaderID(id inbox.MessageID, domain string) string {
	return k.token(forHeader, string(id)) + "@" + domain
}

// Parse returns our message that a Message-ID names, if we signed it.
func (k Keys) Parse(headerID string) (inbox.MessageID, bool) {
	local, _, _ := strings.Cut(headerID, "@")
	id, ok := k.verify(forHeader, local)
	return inbox.MessageID(id), ok
}

// PlusAddress returns address with a tag that names the conversation (RFC 5233
// section 4), or "" when the local part would be longer than the 64 octets of
// RFC 5321 section 4.5.3.1.1.
func (k Keys) PlusAddress(address string, id inbox.ConversationID) string {
	local, domain, ok := strings.Cut(address, "@")
	tagged := local + "+" + k.token(forPlus, string(id))
	if !ok || len(tagged) > 64 {
		return ""
	}
	return tagged + "@" + domain
}

// ParsePlus returns the conversation that a plus-address names, if we signed it.
func (k Keys) ParsePlus(address string) (inbox.ConversationID, bool) {
	local, _, _ := strings.Cut(address, "@")
	_, tag, ok := strings.Cut(local, "+")
	if !ok {
		return "", false
	}
	id, ok := k.verify(forPlus, tag)
	return inbox.ConversationID(id), ok
}

// CodeSum is what is kept of a one-time code, and what it is compared by. A code
// is good for minutes: retired keys know none.
func (k Keys) CodeSum(code string) []byte { return mac(k.secrets[k.current], forCode, []byte(code)) }

// token is ID.KEY.MAC; id must be an inbox id.
func (k Keys) token(use, id string) string {
	raw, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
	if err != nil || len(raw) != 16 {
		return ""
	}
	return encoding.EncodeToString(raw) + "." + k.current + "." + encoding.EncodeToString(mac(k.secrets[k.current], use, raw))
}

func (k Keys) verify(use, token string) (string, bool) {
	parts := strings.Split(strings.ToLower(token), ".")
	if len(parts) != 3 {
		return "", false
	}
	secret, ok := k.secrets[parts[1]]
	if !ok {
		return "", false
	}
	raw, err := encoding.DecodeString(parts[0])
	if err != nil || len(raw) != 16 {
		return "", false
	}
	// The digits are compared, not the bytes: several strings decode to one.
	if !hmac.Equal([]byte(parts[2]), []byte(encoding.EncodeToString(mac(secret, use, raw)))) || encoding.EncodeToString(raw) != parts[0] {
		return "", false
	}
	h := hex.EncodeToString(raw)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:], true
}

func mac(secret []byte, use string, raw []byte) []byte {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte(use))
	m.Write(raw)
	return m.Sum(nil)[:macLength]
}
