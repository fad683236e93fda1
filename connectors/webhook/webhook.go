// Package webhook is what every connector that takes webhooks has in common: the
// schemes by which platforms sign a request, and the [Endpoint] that reads,
// verifies, counts and answers one.
//
// It promises that the raw bytes are verified, in constant time, before anything
// in them is believed; that every secret of an account is tried, so that one can
// be changed without a request lost; that what is refused is counted and nothing
// of it kept; and that a 200 means that the stream has every event on disk.
//
// It knows no channel: what a request says is its connector's to read.
package webhook

import (
	"crypto/hmac"
	"net/http"
	"strconv"
	"time"

	"skein/inbox"
)

// A Request is an HTTP request as a platform signed it.
type Request struct {
	Method string
	URL    string // the public one, query included, as it was sent
	Header http.Header
	Body   []byte // raw
	Now    time.Time
}

// A Scheme tells whether a request was made by who holds a secret. It takes the
// same time for a wrong signature as for a right one, returns an
// [inbox.Unauthorized] that says what is wrong with it, and never names the
// secret or what would have been right.
type Scheme interface {
	Verify(r *Request, secret string) error
}

// window is how old or how far in the future a signed request may be, where its
// scheme signs the time.
const window = 5 * time.Minute

// The reasons are few and constant, so that they can be counted and shown.
var (
	errMissing = &inbox.Error{Code: inbox.Unauthorized, Message: "the request has no signature"}
	errWrong   = &inbox.Error{Code: inbox.Unauthorized, Message: "the signature is wrong: is the secret the one that the other side uses?"}
	errStale   = &inbox.Error{Code: inbox.Unauthorized, Message: "the request was signed more than 5 minutes ago, or our clock is wrong"}
	errCovered = &inbox.Error{Code: inbox.Unauthorized, Message: "the signature does not cover the body"}
	errSecret  = &inbox.Error{Code: inbox.Unauthorized, Message: "the account has no secret to check the request with"}
)

// Named returns the scheme that is known by a platform's name.
func Named(name string) (Scheme, bool) {
	switch name {
	case "meta", "messenger", "instagram", "whatsapp", "github":
		return HMAC{Header: "X-Hub-Signature-256", Prefix: "sha256=", Encoding: Hex}, true
	case "line":
		return HMAC{Header: "X-Line-Signature", Encoding: Base64}, true
	case "shopify":
		return HMAC{Header: "Shopify-Hmac-Sha256", Older: "X-Shopify-Hmac-Sha256", Encoding: Base64}, true
	case "shopify-oauth-query":
		return ShopifyQuery{}, true
	case "woocommerce":
		return HMAC{Header: "X-WC-Webhook-Signature", Encoding: Base64}, true
	case "x", "twitter":
		return HMAC{Header: "X-Twitter-Webhooks-Signature", Prefix: "sha256=", Encoding: Base64}, true
	case "slack":
		return Slack{}, true
	case "twilio":
		return Twilio{}, true
	case "standard", "standardwebhooks":
		return StandardWebhooks{}, true
	case "svix":
		return StandardWebhooks{Prefix: "Svix-"}, true
	case "telegram":
		return Token{Header: "X-Telegram-Bot-Api-Secret-Token"}, true
	case "aircall":
		return Token{BodyField: "token"}, true
	case "bearer":
		return Token{Header: "Authorization", Prefix: "Bearer "}, true
	case "basic":
		return Token{Basic: true}, true
	}
	return nil, false
}

// verify tries every secret, all of them whichever is right.
func verify(s Scheme, r *Request, secrets []string) error {
	var err error = errSecret
	verified := false
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		if err = s.Verify(r, secret); err == nil {
			verified = true
		}
	}
	if verified {
		return nil
	}
	return err
}

// equal compares what was sent with what is right in constant time.
func equal(got, want string) error {
	if !hmac.Equal([]byte(got), []byte(want)) {
		return errWrong
	}
	return nil
}

// fresh reports whether a request that was signed at a time in Unix seconds is
// of now.
func fresh(seconds string, now time.Time) error {
	at, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return errMissing
	}
	if age := now.Sub(time.Unix(at, 0)); age > window || age < -window {
		return errStale
	}
	return nil
}
