package chat

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"skein/connectors"
	"skein/inbox"
)

var (
	shopSecret  = strings.Repeat("a", 32)
	newSecret   = strings.Repeat("b", 32)
	otherSecret = strings.Repeat("c", 32)
)

func ecKey(t *testing.T) (*ecdsa.PrivateKey, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// Whom the shop signs for is believed, by any of its keys; a forged token (no
// algorithm, a wrong key, another account's, the public key as a secret, expired)
// is refused with what is wrong with it. An address that the shop has not verified
// is only claimed.
func TestVerify(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	key, public := ecKey(t)
	foreign, _ := ecKey(t)
	raw, err := json.Marshal(map[string]any{"origins": []string{"https://shop.example"}, "store": "shop",
		"secrets": []string{newSecret, shopSecret}, "publicKeys": []string{public}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := parse(t, string(raw))
	if err != nil {
		t.Fatal(err)
	}
	claims := func(change func(jwt.MapClaims)) jwt.MapClaims {
		c := jwt.MapClaims{"sub": "7", "name": "Ann", "email": "ann@x.example", "email_verified": true, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
		if change != nil {
			change(c)
		}
		return c
	}
	sign := func(method jwt.SigningMethod, with any, c jwt.MapClaims) string {
		token, err := jwt.NewWithClaims(method, c).SignedString(with)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	hs := func(change func(jwt.MapClaims)) string {
		return sign(jwt.SigningMethodHS256, []byte(shopSecret), claims(change))
	}
	swap := func(token, header string) string {
		_, rest, _ := strings.Cut(token, ".")
		return base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + rest
	}
	verified := []connectors.Claim{{Field: inbox.ClaimShop, Value: "shop/7", Proof: inbox.Signed}, {Field: inbox.ClaimName, Value: "Ann", Proof: inbox.Signed},
		{Field: inbox.ClaimEmail, Value: "ann@x.example", Proof: inbox.Signed}}
	claimed := append(append([]connectors.Claim{}, verified[:2]...), connectors.Claim{Field: inbox.ClaimEmail, Value: "ann@x.example", Proof: inbox.Claimed})
	for _, tc := range []struct {
		name, token string
		want        []connectors.Claim
		refused     string
	}{
		{"HS256", hs(nil), verified, ""},
		{"HS256 by the new secret", sign(jwt.SigningMethodHS256, []byte(newSecret), claims(nil)), verified, ""},
		{"ES256", sign(jwt.SigningMethodES256, key, claims(nil)), verified, ""},
		{"verified as a string", hs(func(c jwt.MapClaims) { c["email_verified"] = "true" }), verified, ""},
		{"not verified", hs(func(c jwt.MapClaims) { c["email_verified"] = false }), claimed, ""},
		{"nothing said of it", hs(func(c jwt.MapClaims) { delete(c, "email_verified") }), claimed, ""},
		{"verified by a number", hs(func(c jwt.MapClaims) { c["email_verified"] = 1 }), claimed, ""},
		{"for this account", hs(func(c jwt.MapClaims) { c["aud"] = []string{"x", "web"} }), verified, ""},
		{"the shop's clock is a little ahead", hs(func(c jwt.MapClaims) { c["iat"] = now.Add(30 * time.Second).Unix() }), verified, ""},

		{"alg none", sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims(nil)), nil, "no key"},
		{"alg none over a signature", swap(hs(nil), `{"alg":"none","typ":"JWT"}`), nil, "no key"},
		{"alg None", swap(hs(nil), `{"alg":"None"}`), nil, "no key"},
		{"no alg", swap(hs(nil), `{"typ":"JWT"}`), nil, "no key"},
		{"the wrong secret", sign(jwt.SigningMethodHS256, []byte(otherSecret), claims(nil)), nil, "no key"},
		{"the wrong key", sign(jwt.SigningMethodES256, foreign, claims(nil)), nil, "no key"},
		{"the public key as a secret", sign(jwt.SigningMethodHS256, []byte(public), claims(nil)), nil, "no key"},
		{"HS512", sign(jwt.SigningMethodHS512, []byte(shopSecret), claims(nil)), nil, "no key"},
		{"expired", hs(func(c jwt.MapClaims) { c["exp"] = now.Add(-2 * time.Minute).Unix() }), nil, "expired"},
		{"without an end", hs(func(c jwt.MapClaims) { delete(c, "exp") }), nil, "exp"},
		{"good for a year", hs(func(c jwt.MapClaims) { c["exp"] = now.AddDate(1, 0, 0).Unix() }), nil, "longer than a day"},
		{"not good yet", hs(func(c jwt.MapClaims) { c["nbf"] = now.Add(time.Hour).Unix() }), nil, "not good yet"},
		{"of tomorrow", hs(func(c jwt.MapClaims) { c["iat"] = now.Add(24 * time.Hour).Unix() }), nil, "not good yet"},
		{"another account's", hs(func(c jwt.MapClaims) { c["aud"] = "other" }), nil, "another account"},
		{"of nobody", hs(func(c jwt.MapClaims) { delete(c, "sub") }), nil, "sub"},
		{"no token", "a.b.c", nil, "can't be read"},
		{"nothing", ".", nil, "can't be read"},
		{"too long", strings.Repeat("a", maxJWT+1), nil, "too long"},
	} {
		u, err := s.verify("web", tc.token, now)
		switch {
		case tc.refused != "":
			if inbox.CodeOf(err) != inbox.Unauthorized || !strings.Contains(err.Error(), tc.refused) {
				t.Errorf("%s: %v, %v, want it refused for %q", tc.name, u, err, tc.refused)
			}
		case err != nil:
			t.Errorf("%s: %v", tc.name, err)
		default:
			if diff := cmp.Diff(tc.want, u.claims); diff != "" || u.sub != "7" {
				t.Errorf("%s: %s", tc.name, diff)
			}
		}
	}
	none, err := parse(t, `{"origins": ["https://shop.example"]}`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := none.verify("web", hs(nil), now); inbox.CodeOf(err) != inbox.Unauthorized {
		t.Errorf("without a key: %v", err)
	}
}
