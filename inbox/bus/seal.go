package bus

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"skein/inbox"
)

// A ChannelKey opens the account settings of one channel, and of no other.
type ChannelKey struct {
	id  string // names the key on each ciphertext, so that keys can change
	key [32]byte
}

// minSecret is what SKEIN_SECRET_KEY must have at least, bytes.
const minSecret = 32

// DeriveKey derives channel's key from the deployment's secret by HKDF (RFC
// 5869) with SHA-256. A secret of less than 32 bytes is an [inbox.Invalid].
func DeriveKey(secret []byte, channel inbox.Channel) (ChannelKey, error) {
	if len(secret) < minSecret {
		return ChannelKey{}, &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf(
			"SKEIN_SECRET_KEY is too short: it needs %d random bytes (openssl rand -hex 32)", minSecret)}
	}
	b, err := hkdf.Key(sha256.New, secret, nil, "skein accounts "+string(channel), 32)
	if err != nil {
		return ChannelKey{}, fmt.Errorf("derive key of %s: %w", channel, err)
	}
	return channelKey([32]byte(b)), nil
}

func channelKey(key [32]byte) ChannelKey {
	sum := sha256.Sum256(append([]byte("skein key id "), key[:]...))
	return ChannelKey{id: hex.EncodeToString(sum[:4]), key: key}
}

// ParseChannelKey reads what [ChannelKey.String] wrote: SKEIN_CHANNEL_KEY.
func ParseChannelKey(s string) (ChannelKey, error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 32 {
		return ChannelKey{}, &inbox.Error{Code: inbox.Invalid, Message: "SKEIN_CHANNEL_KEY must be 64 hexadecimal digits, as `skein nats credential` prints them"}
	}
	return channelKey([32]byte(b)), nil
}

// String returns the key itself, for the sidecar's pipe or environment: it is a
// secret.
func (k ChannelKey) String() string { return hex.EncodeToString(k.key[:]) }

// Derive returns a key for a purpose of the channel's own, the same in every
// instance of its sidecar.
func (k ChannelKey) Derive(purpose string) []byte {
	b, err := hkdf.Key(sha256.New, k.key[:], nil, "skein channel "+purpose, 32)
	if err != nil {
		panic(err) // only for lengths that no hash gives
	}
	return b
}

// A sealed is encrypted bytes and the id of the key that opens them.
type sealed struct {
	Key   string `json:"key"`
	Nonce []byte `json:"nonce"`
	Bytes []byte `json:"bytes"`
}

// seal encrypts plain for one account (AES-256-GCM, NIST SP 800-38D): who moves
// the result to another account or channel can't open it.
func (k ChannelKey) seal(plain []byte, channel inbox.Channel, account inbox.AccountID) (sealed, error) {
	aead, err := k.aead()
	if err != nil {
		return sealed{}, err
	}
	s := sealed{Key: k.id, Nonce: make([]byte, aead.NonceSize())}
	_, _ = rand.Read(s.Nonce) // never fails: crypto/rand ends the program instead
	s.Bytes = aead.Seal(nil, s.Nonce, plain, additional(channel, account))
	return s, nil
}

func (k ChannelKey) open(s sealed, channel inbox.Channel, account inbox.AccountID) ([]byte, error) {
	if s.Key != k.id {
		return nil, fmt.Errorf("account %s/%s is sealed under key %.16q and this is %s", channel, account, s.Key, k.id)
	}
	aead, err := k.aead()
	if err != nil {
		return nil, err
	}
	if len(s.Nonce) != aead.NonceSize() {
		return nil, errors.New("nonce of the wrong length")
	}
	plain, err := aead.Open(nil, s.Nonce, s.Bytes, additional(channel, account))
	if err != nil {
		return nil, fmt.Errorf("open account %s/%s: %w", channel, account, err)
	}
	return plain, nil
}

// atRest is the form of an account's settings in PostgreSQL.
type atRest struct {
	Sealed *sealed `json:"sealed"`
}

// SealSettings returns an account's settings as they are kept in PostgreSQL: a
// copy of the database gives no mailbox away.
func SealSettings(secret, settings []byte, channel inbox.Channel, account inbox.AccountID) ([]byte, error) {
	k, err := DeriveKey(secret, channel)
	if err != nil {
		return nil, err
	}
	s, err := k.seal(settings, channel, account)
	if err != nil {
		return nil, err
	}
	return json.Marshal(atRest{&s})
}

// OpenSettings returns what [SealSettings] sealed. Settings that were never
// sealed hold no secret and are returned as they are.
func OpenSettings(secret, stored []byte, channel inbox.Channel, account inbox.AccountID) ([]byte, error) {
	var r atRest
	if err := json.Unmarshal(stored, &r); err != nil || r.Sealed == nil {
		return stored, err
	}
	k, err := DeriveKey(secret, channel)
	if err != nil {
		return nil, err
	}
	return k.open(*r.Sealed, channel, account)
}

func (k ChannelKey) aead() (cipher.AEAD, error) {
	block, err := aes.NewCipher(k.key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func additional(channel inbox.Channel, account inbox.AccountID) []byte {
	return []byte(string(channel) + "/" + string(account))
}
