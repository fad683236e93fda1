package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"hash"
	"mime"
	"net/url"
	"slices"
	"strings"
)

// An Encoding is how a sum is written.
type Encoding int

const (
	Hex Encoding = iota
	Base64
)

// An HMAC signs the raw body in a header, as Meta, LINE, Shopify, WooCommerce, X
// and GitHub do.
type HMAC struct {
	Header   string
	Older    string           // the name that it had before; read when Header is absent
	Prefix   string           // before the sum, such as sha256=
	Hash     func() hash.Hash // nil: SHA-256
	Encoding Encoding
}

// Verify implements [Scheme].
func (s HMAC) Verify(r *Request, secret string) error {
	got := r.Header.Get(s.Header)
	if got == "" && s.Older != "" {
		got = r.Header.Get(s.Older)
	}
	got, ok := strings.CutPrefix(got, s.Prefix)
	if got == "" || !ok {
		return errMissing
	}
	if s.Hash == nil {
		s.Hash = sha256.New
	}
	return s.Encoding.equal(got, sum(s.Hash, secret, r.Body))
}

// sum is the keyed hash of parts, one after the other.
func sum(h func() hash.Hash, secret string, parts ...[]byte) []byte {
	mac := hmac.New(h, []byte(secret))
	for _, p := range parts {
		mac.Write(p)
	}
	return mac.Sum(nil)
}

func (e Encoding) equal(got string, want []byte) error {
	if e == Base64 {
		return equal(got, base64.StdEncoding.EncodeToString(want))
	}
	return equal(strings.ToLower(got), hex.EncodeToString(want))
}

// A Token is a secret that is sent along, in one place of the request.
type Token struct {
	Header string
	Prefix string // before the token in Header, such as "Bearer "
	Query  string // the name of a query parameter
	// Basic takes the credentials of RFC 7617: the secret is user:password.
	Basic bool
	// BodyField is the name of a field at the top of a JSON document or of a
	// form.
	BodyField string
}

// Verify implements [Scheme].
func (s Token) Verify(r *Request, secret string) error {
	got, ok := s.token(r)
	if !ok || got == "" {
		return errMissing
	}
	// Their hashes are compared: how long the secret is shows no more than what
	// it is.
	x, y := sha256.Sum256([]byte(got)), sha256.Sum256([]byte(secret))
	return equal(string(x[:]), string(y[:]))
}

func (s Token) token(r *Request) (string, bool) {
	switch {
	case s.Header != "":
		return strings.CutPrefix(r.Header.Get(s.Header), s.Prefix)
	case s.Query != "":
		return queryOf(r).Get(s.Query), true
	case s.Basic:
		scheme, credentials, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(credentials))
		return string(raw), err == nil && strings.EqualFold(scheme, "Basic")
	case isForm(r):
		values, err := url.ParseQuery(string(r.Body))
		return values.Get(s.BodyField), err == nil
	}
	var doc map[string]json.RawMessage
	var token string
	if json.Unmarshal(r.Body, &doc) != nil || json.Unmarshal(doc[s.BodyField], &token) != nil {
		return "", false
	}
	return token, true
}

func isForm(r *Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return kind == "application/x-www-form-urlencoded"
}

// Slack signs time and body (https://docs.slack.dev/authentication/verifying-requests-from-slack).
type Slack struct{}

// Verify implements [Scheme].
func (Slack) Verify(r *Request, secret string) error {
	at := r.Header.Get("X-Slack-Request-Timestamp")
	got, ok := strings.CutPrefix(r.Header.Get("X-Slack-Signature"), "v0=")
	if at == "" || got == "" || !ok {
		return errMissing
	}
	if err := fresh(at, r.Now); err != nil {
		return err
	}
	return Hex.equal(got, sum(sha256.New, secret, []byte("v0:"+at+":"), r.Body))
}

// StandardWebhooks signs id, time and body, by one key or several
// (https://www.standardwebhooks.com). It is what our own webhooks are signed
// with. A secret that begins with whsec_ is base64.
type StandardWebhooks struct {
	Prefix string // of the headers; "" is Webhook-
}

// Verify implements [Scheme].
func (s StandardWebhooks) Verify(r *Request, secret string) error {
	if s.Prefix == "" {
		s.Prefix = "Webhook-"
	}
	id, at, signatures := r.Header.Get(s.Prefix+"Id"), r.Header.Get(s.Prefix+"Timestamp"), r.Header.Get(s.Prefix+"Signature")
	if id == "" || at == "" || signatures == "" {
		return errMissing
	}
	if err := fresh(at, r.Now); err != nil {
		return err
	}
	want := base64.StdEncoding.EncodeToString(standardSum(secret, id, at, r.Body))
	err := errMissing
	for signature := range strings.FieldsSeq(signatures) {
		got, ok := strings.CutPrefix(signature, "v1,")
		if !ok {
			continue
		}
		if equal(got, want) == nil {
			return nil
		}
		err = errWrong
	}
	return err
}

func standardSum(secret, id, at string, body []byte) []byte {
	if encoded, ok := strings.CutPrefix(secret, "whsec_"); ok {
		if key, err := base64.StdEncoding.DecodeString(encoded); err == nil {
			secret = string(key)
		}
	}
	return sum(sha256.New, secret, []byte(id+"."+at+"."), body)
}

// ShopifyQuery signs the query of what a shop's owner is sent back with
// (https://shopify.dev/docs/apps/build/authentication-authorization): every
// parameter but the signature itself, in order of their names.
type ShopifyQuery struct{}

// Verify implements [Scheme].
func (ShopifyQuery) Verify(r *Request, secret string) error {
	_, query, _ := strings.Cut(r.URL, "?")
	values, err := url.ParseQuery(query)
	if err != nil || values.Get("hmac") == "" {
		return errMissing
	}
	var pairs []string
	for name, list := range values {
		if name == "hmac" || name == "signature" {
			continue
		}
		pairs = append(pairs, name+"="+strings.Join(list, ","))
	}
	slices.Sort(pairs)
	return Hex.equal(values.Get("hmac"), sum(sha256.New, secret, []byte(strings.Join(pairs, "&"))))
}
