package chat

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"skein/connectors"
	"skein/inbox"
)

// A user is who the shop says is signed in.
type user struct {
	sub    string
	name   string
	claims []connectors.Claim
}

// shopClaims are what a shop's token says (RFC 7519 section 4.1, and the names of
// OpenID Connect Core section 5.1).
type shopClaims struct {
	jwt.RegisteredClaims
	Name          string `json:"name"`
	Email         string `json:"email"`
	EmailVerified truth  `json:"email_verified"`
	Phone         string `json:"phone_number"`
	PhoneVerified truth  `json:"phone_number_verified"`
}

// A truth is true or "true": libraries differ. Anything else is not.
type truth bool

// UnmarshalJSON implements json.Unmarshaler.
func (t *truth) UnmarshalJSON(raw []byte) error {
	*t = string(raw) == "true" || string(raw) == `"true"`
	return nil
}

const (
	maxJWT = 8 << 10
	// leeway is how far the shop's clock may be off.
	leeway = time.Minute
	// maxValid bounds how long a token is good for: one that leaks must end.
	maxValid = 25 * time.Hour
)

func refused(format string, args ...any) error {
	return &inbox.Error{Code: inbox.Unauthorized, Message: "the shop's token is refused: " + fmt.Sprintf(format, args...)}
}

// verify checks a shop's token by every key of the account. Which algorithm a key
// is for is the account's word and never the token's. A token that names an audience
// is for the account that it names.
//
// Whoever the shop vouches for has the claims at proof 3; an address that the shop
// has not verified is only claimed.
func (s *Settings) verify(account inbox.AccountID, token string, now time.Time) (*user, error) {
	switch {
	case len(s.Secrets)+len(s.public) == 0:
		return nil, refused("this chat has no key to check it by")
	case len(token) > maxJWT:
		return nil, refused("it is too long")
	}
	var c shopClaims
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS256", "ES256"}), jwt.WithExpirationRequired(),
		jwt.WithLeeway(leeway), jwt.WithIssuedAt(), jwt.WithTimeFunc(func() time.Time { return now }))
	_, err := parser.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) {
		var set jwt.VerificationKeySet
		switch t.Method.Alg() {
		case "HS256":
			for _, secret := range s.Secrets {
				set.Keys = append(set.Keys, []byte(secret))
			}
		case "ES256":
			for _, key := range s.public {
				set.Keys = append(set.Keys, key)
			}
		}
		if len(set.Keys) == 0 {
			return nil, errNoKey
		}
		return set, nil
	})
	switch {
	case err == nil:
	case errors.Is(err, errNoKey):
		return nil, refused("this chat has no key of its algorithm")
	case errors.Is(err, jwt.ErrTokenExpired):
		return nil, refused("it has expired: the page has to get a new one")
	case errors.Is(err, jwt.ErrTokenUsedBeforeIssued), errors.Is(err, jwt.ErrTokenNotValidYet):
		return nil, refused("it is not good yet: is the shop's clock ahead?")
	case errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return nil, refused("it needs exp, the time at which it ends")
	case errors.Is(err, jwt.ErrTokenSignatureInvalid), errors.Is(err, jwt.ErrTokenUnverifiable):
		return nil, refused("no key of this chat has signed it")
	default:
		return nil, refused("it can't be read")
	}
	switch {
	case c.Subject == "" || len(c.Subject) > 200 || strings.ContainsFunc(c.Subject, func(r rune) bool { return r < ' ' }):
		return nil, refused("it needs sub, the shop's own id of its customer")
	case c.ExpiresAt.Sub(now) > maxValid:
		return nil, refused("it is good for longer than a day")
	case len(c.Audience) > 0 && !contains(c.Audience, string(account)):
		return nil, refused("it is for another account")
	}
	return s.userOf(&c), nil
}

var errNoKey = errors.New("no key")

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func (s *Settings) userOf(c *shopClaims) *user {
	u := &user{sub: c.Subject, name: c.Name}
	add := func(field inbox.ClaimField, value string, vouched bool) {
		if value == "" {
			return
		}
		proof := inbox.Claimed
		if vouched {
			proof = inbox.Signed
		}
		u.claims = append(u.claims, connectors.Claim{Field: field, Value: value, Proof: proof})
	}
	if s.Store != "" {
		add(inbox.ClaimShop, inbox.ShopKey(s.Store, c.Subject), true)
	}
	add(inbox.ClaimName, c.Name, true)
	add(inbox.ClaimEmail, c.Email, bool(c.EmailVerified))
	add(inbox.ClaimPhone, c.Phone, bool(c.PhoneVerified))
	return u
}
