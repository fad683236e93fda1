package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"skein/connectors"
)

// MetaHello answers Meta's question whether this address wants its webhooks: the
// challenge, to who knows the token that was typed in beside the address
// (https://developers.facebook.com/docs/graph-api/webhooks/getting-started).
func MetaHello(token func(connectors.Account) string) HelloFunc {
	return func(w http.ResponseWriter, account connectors.Account, r *Request) bool {
		query := queryOf(r)
		if r.Method != http.MethodGet || query.Get("hub.mode") != "subscribe" {
			return false
		}
		want := token(account)
		if want == "" || !hmac.Equal([]byte(query.Get("hub.verify_token")), []byte(want)) {
			http.Error(w, "the verify token is wrong", http.StatusForbidden)
			return true
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte(query.Get("hub.challenge"))) // they are gone: nobody to tell
		return true
	}
}

// XHello answers the challenge by which X sees that we hold the consumer secret
// (https://docs.x.com/x-api/webhooks/introduction).
func XHello(secret func(connectors.Account) string) HelloFunc {
	return func(w http.ResponseWriter, account connectors.Account, r *Request) bool {
		challenge := queryOf(r).Get("crc_token")
		if r.Method != http.MethodGet || challenge == "" || secret(account) == "" {
			return false
		}
		answer := "sha256=" + base64.StdEncoding.EncodeToString(sum(sha256.New, secret(account), []byte(challenge)))
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]string{"response_token": answer})
		return true
	}
}

func queryOf(r *Request) url.Values {
	_, query, _ := strings.Cut(r.URL, "?")
	values, _ := url.ParseQuery(query) // what can't be read isn't there
	return values
}
