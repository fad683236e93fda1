package shop

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// sign signs a request to a shop in the clear, so that its secret isn't on the
// way (RFC 5849 section 3.4, with no token and the parameters in the query;
// woocommerce.github.io/woocommerce-rest-api-docs, "Authentication over HTTP").
// What follows is still to be read by whoever listens.
func (s *Settings) sign(req *http.Request, at time.Time) {
	q := req.URL.Query()
	q.Set("oauth_consumer_key", s.ConsumerKey)
	q.Set("oauth_nonce", rand.Text())
	q.Set("oauth_signature_method", "HMAC-SHA256")
	q.Set("oauth_timestamp", fmt.Sprint(at.Unix()))
	base := *req.URL
	base.RawQuery = ""
	var pairs []string
	for name, values := range q {
		for _, v := range values {
			pairs = append(pairs, percent(name)+"="+percent(v))
		}
	}
	slices.Sort(pairs)
	mac := hmac.New(sha256.New, []byte(percent(s.ConsumerSecret)+"&"))
	mac.Write([]byte(req.Method + "&" + percent(base.String()) + "&" + percent(strings.Join(pairs, "&"))))
	q.Set("oauth_signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	req.URL.RawQuery = q.Encode()
}

// percent encodes as RFC 5849 section 3.6 has it: a space is %20.
func percent(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}
