// Package auth turns tokens into agents and passwords into tokens: short-lived
// access and file tokens (JWT, RFC 7519), rotating refresh tokens, and password
// hashes (argon2id, RFC 9106).
//
// It promises that every key is derived for its one use from a secret that it
// was handed, that an older secret still verifies what it signed, that a wrong
// password and an unknown account cost the same, and that any number of
// sign-ins at once uses a bounded amount of memory. Tokens are compared by a
// fast hash; only passwords are hashed slowly.
//
// It never knows what an agent may see, and never talks to a database: what is
// stored is handed out and taken in as values.
package auth

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"skein/inbox"
)

// MinSecret is the least number of bytes that a secret may have.
const MinSecret = 16

// A key is what one secret gives: its signing key for JWTs, its key for refresh
// tokens, and the id by which a token names it.
type key struct {
	id      string
	sign    []byte
	refresh []byte
}

func newKey(secret []byte) (key, error) {
	if len(secret) < MinSecret {
		return key{}, &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("the secret key is too short: want at least %d bytes", MinSecret)}
	}
	derive := func(use string, size int) ([]byte, error) {
		return hkdf.Key(sha256.New, secret, nil, "skein/auth/"+use, size)
	}
	var k key
	var err error
	if k.sign, err = derive("jwt", 32); err != nil {
		return key{}, fmt.Errorf("derive key: %w", err)
	}
	if k.refresh, err = derive("refresh", 32); err != nil {
		return key{}, fmt.Errorf("derive key: %w", err)
	}
	id, err := derive("id", 4)
	if err != nil {
		return key{}, fmt.Errorf("derive key: %w", err)
	}
	k.id = hex.EncodeToString(id)
	return k, nil
}

func denied(message string) error {
	return &inbox.Error{Code: inbox.Unauthorized, Message: message}
}
