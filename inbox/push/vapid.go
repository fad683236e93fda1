package push

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// tokenFor is how long a token is good: RFC 8292 section 2 admits a day, and
// clocks differ.
const tokenFor = 12 * time.Hour

// A Key is by which push services know us (RFC 8292). It is safe for concurrent
// use.
type Key struct {
	private *ecdsa.PrivateKey
	public  []byte

	mu     sync.Mutex // guards tokens
	tokens map[string]token
}

type token struct {
	text string
	ends time.Time
}

// NewKey makes a key.
func NewKey() (*Key, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make push key: %w", err)
	}
	return keyOf(private)
}

// ParseKey reads what [Key.Private] gave.
func ParseKey(private []byte) (*Key, error) {
	k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), private)
	if err != nil {
		return nil, fmt.Errorf("read push key: %w", err)
	}
	return keyOf(k)
}

func keyOf(private *ecdsa.PrivateKey) (*Key, error) {
	public, err := private.PublicKey.Bytes()
	if err != nil {
		return nil, fmt.Errorf("read push key: %w", err)
	}
	return &Key{private: private, public: public, tokens: map[string]token{}}, nil
}

// Private returns the key itself: it is a secret.
func (k *Key) Private() ([]byte, error) { return k.private.Bytes() }

// Public returns what browsers subscribe with, an uncompressed point on P-256.
func (k *Key) Public() []byte { return k.public }

// authorization is the header by which a push service knows us: a token for its
// origin, signed anew when half its time has passed. subject is how its operators
// reach ours, a mailto: or https: address.
func (k *Key) authorization(endpoint *url.URL, subject string, now time.Time) (string, error) {
	origin := endpoint.Scheme + "://" + endpoint.Host
	k.mu.Lock()
	defer k.mu.Unlock()
	t := k.tokens[origin]
	if now.After(t.ends.Add(-tokenFor/2)) || t.ends.After(now.Add(tokenFor)) {
		ends := now.Add(tokenFor)
		text, err := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{"aud": origin, "exp": ends.Unix(), "sub": subject}).SignedString(k.private)
		if err != nil {
			return "", fmt.Errorf("sign push token: %w", err)
		}
		if len(k.tokens) > 100 {
			clear(k.tokens)
		}
		t = token{text, ends}
		k.tokens[origin] = t
	}
	return "vapid t=" + t.text + ", k=" + base64.RawURLEncoding.EncodeToString(k.public), nil
}
