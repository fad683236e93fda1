package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// NewLink returns the token of a link that is good once, for the mail and the
// eyes of who asked, and the hash that is stored of it.
func NewLink() (token string, hash []byte) {
	secret := make([]byte, secretSize)
	_, _ = rand.Read(secret) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(secret), linkHash(secret)
}

// LinkHash is the hash of a token as [NewLink] gives it; nil for what none can be.
func LinkHash(token string) []byte {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) != secretSize || strings.ContainsAny(token, "\r\n") {
		return nil
	}
	return linkHash(b)
}

func linkHash(secret []byte) []byte {
	sum := sha256.Sum256(append([]byte("skein/link/"), secret...))
	return sum[:]
}
