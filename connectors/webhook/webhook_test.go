package webhook

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"skein/inbox"
)

const secret = "a secret of ours"

var now = time.Unix(1_900_000_000, 0)

func mac(h func() hash.Hash, key, text string) []byte {
	m := hmac.New(h, []byte(key))
	m.Write([]byte(text))
	return m.Sum(nil)
}

func hex256(key, text string) string { return hex.EncodeToString(mac(sha256.New, key, text)) }
func b64(h func() hash.Hash, key, text string) string {
	return base64.StdEncoding.EncodeToString(mac(h, key, text))
}

func request(url, body string, header ...string) *Request {
	r := &Request{Method: "POST", URL: url, Body: []byte(body), Header: http.Header{}, Now: now}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

// Each scheme takes what was signed as its platform says, and nothing else.
func TestSchemes(t *testing.T) {
	t.Parallel()
	const url, body, form = "https://help.example/in/phone/main", `{"event": "né"}`, "application/x-www-form-urlencoded"
	at := func(shift time.Duration) string { return strconv.FormatInt(now.Add(shift).Unix(), 10) }
	slack := func(shift time.Duration, signed string) *Request {
		return request(url, body, "X-Slack-Request-Timestamp", at(shift), "X-Slack-Signature", "v0="+hex256(secret, "v0:"+at(shift)+":"+signed))
	}
	standard := func(key string, shift time.Duration, extra string) *Request {
		return request(url, body, "Webhook-Id", "m1", "Webhook-Timestamp", at(shift),
			"Webhook-Signature", extra+"v1,"+b64(sha256.New, key, "m1."+at(shift)+"."+body))
	}
	twilio := func(shown, signed, fields, sent string, header ...string) *Request {
		return request(shown, sent, append(header, "Content-Type", form, "X-Twilio-Signature", b64(sha1.New, secret, signed+fields))...)
	}
	bodyHash := func(s string) string { sum := sha256.Sum256([]byte(s)); return hex.EncodeToString(sum[:]) }
	basicAuth := func(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, tc := range []struct {
		name   string
		scheme string
		r      *Request
		want   error
	}{
		{"meta", "meta", request(url, body, "X-Hub-Signature-256", "sha256="+hex256(secret, body)), nil},
		{"in capitals", "meta", request(url, body, "X-Hub-Signature-256", "sha256="+strings.ToUpper(hex256(secret, body))), nil},
		{"another body", "meta", request(url, body+" ", "X-Hub-Signature-256", "sha256="+hex256(secret, body)), errWrong},
		{"another secret", "meta", request(url, body, "X-Hub-Signature-256", "sha256="+hex256("other", body)), errWrong},
		{"no prefix", "meta", request(url, body, "X-Hub-Signature-256", hex256(secret, body)), errMissing},
		{"no sum", "meta", request(url, body, "X-Hub-Signature-256", "sha256="), errMissing},
		{"the old header", "meta", request(url, body, "X-Hub-Signature", "sha1=00"), errMissing},
		{"line", "line", request(url, body, "X-Line-Signature", b64(sha256.New, secret, body)), nil},
		{"base64 has two cases", "line", request(url, body, "X-Line-Signature", strings.ToUpper(b64(sha256.New, secret, body))), errWrong},
		{"shopify", "shopify", request(url, body, "X-Shopify-Hmac-Sha256", b64(sha256.New, secret, body)), nil},
		{"shopify, newer name", "shopify", request(url, body, "Shopify-Hmac-Sha256", b64(sha256.New, secret, body)), nil},
		{"shopify, the newer name wins", "shopify", request(url, body, "Shopify-Hmac-Sha256", "bm8=", "X-Shopify-Hmac-Sha256", b64(sha256.New, secret, body)), errWrong},
		{"shopify, query", "shopify-oauth-query", request("https://x.example/back?b=2&a=1&signature=old&hmac="+hex256(secret, "a=1&b=2"), ""), nil},
		{"shopify, another query", "shopify-oauth-query", request("https://x.example/back?b=3&a=1&hmac="+hex256(secret, "a=1&b=2"), ""), errWrong},
		{"woocommerce", "woocommerce", request(url, body, "X-WC-Webhook-Signature", b64(sha256.New, secret, body)), nil},
		{"x", "x", request(url, body, "X-Twitter-Webhooks-Signature", "sha256="+b64(sha256.New, secret, body)), nil},
		{"slack", "slack", slack(0, body), nil},
		{"slack, another body", "slack", slack(0, "other"), errWrong},
		{"slack, nearly old", "slack", slack(-5*time.Minute, body), nil},
		{"slack, old", "slack", slack(-5*time.Minute-time.Second, body), errStale},
		{"slack, of the future", "slack", slack(6*time.Minute, body), errStale},
		{"slack, no time", "slack", request(url, body, "X-Slack-Signature", "v0=00"), errMissing},
		{"slack, nonsense for a time", "slack", request(url, body, "X-Slack-Signature", "v0=00", "X-Slack-Request-Timestamp", "now"), errMissing},
		{"standard", "standard", standard(secret, 0, ""), nil},
		{"standard, by two keys", "standard", standard(secret, 0, "v1a,xyz v1,bm8= "), nil},
		{"standard, by another", "standard", standard("other", 0, ""), errWrong},
		{"standard, old", "standard", standard(secret, -time.Hour, ""), errStale},
		{"standard, of another kind only", "standard", request(url, body, "Webhook-Id", "m1", "Webhook-Timestamp", at(0), "Webhook-Signature", "v1a,xyz"), errMissing},
		{"svix", "svix", request(url, body, "Svix-Id", "m", "Svix-Timestamp", at(0), "Svix-Signature", "v1,"+b64(sha256.New, secret, "m."+at(0)+"."+body)), nil},
		{"telegram", "telegram", request(url, body, "X-Telegram-Bot-Api-Secret-Token", secret), nil},
		{"telegram, half of it", "telegram", request(url, body, "X-Telegram-Bot-Api-Secret-Token", secret[:5]), errWrong},
		{"telegram, none", "telegram", request(url, body), errMissing},
		{"aircall", "aircall", request(url, `{"token":"`+secret+`","event":"call.ended"}`), nil},
		{"aircall, deeper", "aircall", request(url, `{"data":{"token":"`+secret+`"}}`), errMissing},
		{"aircall, no string", "aircall", request(url, `{"token":1}`), errMissing},
		{"aircall, no JSON", "aircall", request(url, `token`), errMissing},
		{"a field of a form", "aircall", request(url, "token=a+secret+of+ours", "Content-Type", form), nil},
		{"bearer", "bearer", request(url, body, "Authorization", "Bearer "+secret), nil},
		{"bearer of another scheme", "bearer", request(url, body, "Authorization", "Basic "+secret), errMissing},
		{"basic", "basic", request(url, body, "Authorization", basicAuth(secret)), nil},
		{"basic, another", "basic", request(url, body, "Authorization", basicAuth("a:b")), errWrong},
		{"basic, no base64", "basic", request(url, body, "Authorization", "Basic ***"), errMissing},
		{"twilio", "twilio", twilio(url+"?a=1", url+"?a=1", "From+43 1To+49", "To=%2B49&From=%2B43+1"), nil},
		{"twilio, a field more", "twilio", twilio(url, url, "From1", "From=1&To=2"), errWrong},
		{"twilio, values are a sorted set", "twilio", twilio(url, url, "D1D2E3", "D=2&D=1&E=3&D=2"), nil},
		{"twilio, signed with the standard port", "twilio", twilio("https://a.example/x", "https://a.example:443/x", "A1", "A=1"), nil},
		{"twilio, signed without the port", "twilio", twilio("https://a.example:8443/x", "https://a.example/x", "A1", "A=1"), nil},
		{"twilio, signed with the port", "twilio", twilio("http://[::1]:81/x", "http://[::1]:81/x", "A1", "A=1"), nil},
		{"twilio, another port", "twilio", twilio("https://a.example:8443/x", "https://a.example:443/x", "A1", "A=1"), errWrong},
		{"twilio, without a path", "twilio", twilio("https://a.example?x=1", "https://a.example?x=1", "", ""), nil},
		{"twilio, signed with name and password", "twilio", twilio("https://a.example/x", "https://me:p@a.example/x", "A1", "A=1", "Authorization", basicAuth("me:p")), nil},
		{"twilio, json", "twilio", request(url+"?bodySHA256="+bodyHash(body), body, "Content-Type", "application/json",
			"X-Twilio-Signature", b64(sha1.New, secret, url+"?bodySHA256="+bodyHash(body))), nil},
		{"twilio, another json", "twilio", request(url+"?bodySHA256="+bodyHash(body), "{}", "Content-Type", "application/json",
			"X-Twilio-Signature", b64(sha1.New, secret, url+"?bodySHA256="+bodyHash(body))), errWrong},
		{"twilio, json that nobody signed", "twilio", request(url, body, "Content-Type", "application/json", "X-Twilio-Signature", b64(sha1.New, secret, url)), errCovered},
		{"twilio, a form that can't be read", "twilio", twilio(url, url, "", "a=%zz"), errCovered},
		{"twilio, by the newer sum", "twilio", request(url, "", "X-Twilio-Webhooks-Signature-Settings", "key=,algorithm=HMAC_SHA256",
			"X-Twilio-Signature", b64(sha256.New, secret, url)), nil},
	} {
		scheme, ok := Named(tc.scheme)
		if !ok {
			t.Fatalf("no scheme is named %s", tc.scheme)
		}
		if got := scheme.Verify(tc.r, secret); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

// The example of the specification itself.
func TestStandardWebhooksExample(t *testing.T) {
	t.Parallel()
	r := request("", `{"test": 2432232314}`, "Webhook-Id", "msg_p5jXN8AQM9LWM0D4loKWxJek", "Webhook-Timestamp", "1614265330",
		"Webhook-Signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
	r.Now = time.Unix(1614265330, 0)
	if err := (StandardWebhooks{}).Verify(r, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"); err != nil {
		t.Errorf("Verify = %v", err)
	}
}

// Any secret of the account will do; an empty one is none.
func TestRotation(t *testing.T) {
	t.Parallel()
	scheme, _ := Named("line")
	r := request("", "x", "X-Line-Signature", b64(sha256.New, "new", "x"))
	for _, tc := range []struct {
		secrets []string
		want    error
	}{
		{[]string{"old", "new"}, nil},
		{[]string{"new", "old"}, nil},
		{[]string{"old"}, errWrong},
		{[]string{"", ""}, errSecret},
		{nil, errSecret},
	} {
		if got := verify(scheme, r, tc.secrets); got != tc.want {
			t.Errorf("verify with %q = %v, want %v", tc.secrets, got, tc.want)
		}
	}
	empty := request("", "x", "X-Line-Signature", b64(sha256.New, "", "x"))
	if got := verify(scheme, empty, []string{""}); got != errSecret {
		t.Errorf("verify of what is signed with nothing = %v, want %v", got, errSecret)
	}
}

// No scheme panics or is convinced, whatever is sent.
func FuzzSchemes(f *testing.F) {
	f.Add("https://a.example/x?hmac=1&bodySHA256=2", "a=1&b=2", "sha256=00", "application/x-www-form-urlencoded")
	f.Add("://[", `{"token":"x"}`, "v0=1", "application/json")
	names := []string{"meta", "line", "shopify", "shopify-oauth-query", "woocommerce", "x", "slack", "twilio", "standard", "svix", "telegram", "aircall", "bearer", "basic"}
	f.Fuzz(func(t *testing.T, url, body, value, kind string) {
		key := "0123456789abcdef0123456789abcdef, which nobody guesses"
		r := request(url, body, "Content-Type", kind, "Webhook-Id", value, "Webhook-Timestamp", "1900000000", "Webhook-Signature", "v1,"+value,
			"Svix-Id", value, "Svix-Timestamp", "1900000000", "Svix-Signature", "v1,"+value, "X-Slack-Request-Timestamp", "1900000000", "X-Slack-Signature", "v0="+value,
			"X-Hub-Signature-256", value, "X-Line-Signature", value, "Shopify-Hmac-Sha256", value, "X-WC-Webhook-Signature", value,
			"X-Twitter-Webhooks-Signature", value, "X-Twilio-Signature", value, "X-Telegram-Bot-Api-Secret-Token", value, "Authorization", value)
		for _, name := range names {
			scheme, _ := Named(name)
			if err := scheme.Verify(r, key); inbox.CodeOf(err) != inbox.Unauthorized {
				t.Errorf("%s: %v, want unauthorized", name, err)
			}
		}
	})
}
