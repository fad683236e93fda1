package webhook

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// Twilio signs the URL and, of a form, every field
// (https://www.twilio.com/docs/usage/security#validating-requests). Of any other
// body it signs the hash, which stands in the URL as bodySHA256.
type Twilio struct{}

// Verify implements [Scheme].
func (Twilio) Verify(r *Request, secret string) error {
	got := r.Header.Get("X-Twilio-Signature")
	if got == "" {
		return errMissing
	}
	fields, err := twilioFields(r)
	if err != nil {
		return err
	}
	var h func() hash.Hash = sha1.New
	if strings.Contains(r.Header.Get("X-Twilio-Webhooks-Signature-Settings"), "algorithm=HMAC_SHA256") {
		h = sha256.New
	}
	err = errWrong
	for _, at := range twilioURLs(r) {
		want := base64.StdEncoding.EncodeToString(sum(h, secret, []byte(at), []byte(fields)))
		if equal(got, want) == nil {
			err = nil
		}
	}
	return err
}

// twilioFields is what is signed after the URL. A body that neither is a form
// nor has its hash in the URL is one that nobody signed.
func twilioFields(r *Request) (string, error) {
	if want := queryOf(r).Get("bodySHA256"); want != "" {
		got := sha256.Sum256(r.Body)
		return "", equal(hex.EncodeToString(got[:]), strings.ToLower(want))
	}
	if len(r.Body) == 0 {
		return "", nil
	}
	if !isForm(r) {
		return "", errCovered
	}
	form, err := url.ParseQuery(string(r.Body))
	if err != nil {
		return "", errCovered
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(form)) {
		values := form[name]
		slices.Sort(values)
		for _, value := range slices.Compact(values) {
			b.WriteString(name + value)
		}
	}
	return b.String(), nil
}

// twilioURLs are the ways in which one address may have been signed: with its
// port, without one or with the standard one, whichever Twilio chose, and with
// the name and password that it was configured with, which we get in a header.
func twilioURLs(r *Request) []string {
	scheme, rest, ok := strings.Cut(r.URL, "://")
	if !ok {
		return []string{r.URL}
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	authority, path := rest[:end], rest[end:]
	at := strings.LastIndexByte(authority, '@') + 1
	users, host := []string{authority[:at]}, authority[at:]
	if name, password, ok := basic(r); ok && at == 0 {
		users = append(users, url.UserPassword(name, password).String()+"@", name+":"+password+"@")
	}
	bare, standard := host, ":80"
	if scheme == "https" {
		standard = ":443"
	}
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		bare, standard = host[:i], host[i:]
	}
	var all []string
	for _, user := range users {
		all = append(all, scheme+"://"+user+bare+path, scheme+"://"+user+bare+standard+path)
	}
	return all
}

func basic(r *Request) (name, password string, ok bool) {
	credentials, ok := Token{Basic: true}.token(r)
	if !ok {
		return "", "", false
	}
	return strings.Cut(credentials, ":")
}
