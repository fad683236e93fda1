package shop

import (
	"bytes"
	"encoding/json"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// Shops that an account may be of.
const (
	Shopify     = "shopify"
	WooCommerce = "woocommerce"
	Webhook     = "webhook" // any shop that signs by Standard Webhooks
)

var providers = []string{Shopify, WooCommerce, Webhook}

// Settings are a shop account's own settings, as JSON in [connectors.Account]. A
// field that isn't named here makes the account refused, so that a slip of the
// pen doesn't pass for a setting.
type Settings struct {
	Provider string `json:"provider" enum:"shopify,woocommerce,webhook" doc:"The shop: webhook is any that signs by Standard Webhooks or sends Segment's calls"`
	// While a secret is replaced both are here, the newest first.
	Secrets   []string `json:"secrets,omitempty" writeOnly:"true" doc:"What requests are signed with: the Shopify app's client secret, the secret of WooCommerce's webhooks, whsec_… of Standard Webhooks"`
	WriteKeys []string `json:"writeKeys,omitempty" writeOnly:"true" doc:"Keys by which the shop's own server sends Segment's calls. They don't belong into a page: who has one vouches for who somebody is"`
	Shadow    bool     `json:"shadow,omitempty" doc:"Try the check out: what fails it is counted, and taken"`

	Currency       string `json:"currency,omitempty" pattern:"^[A-Z]{3}$" doc:"The shop's own, ISO 4217: that of prices and calls that name none"`
	VerifiedEmails bool   `json:"verifiedEmails,omitempty" doc:"The shop makes its customers prove their addresses before they have an account; Shopify says so of each by itself"`

	URL            string   `json:"url,omitempty" format:"uri" doc:"Where the shop is: https://NAME.myshopify.com, or the address of the WordPress site"`
	Token          string   `json:"token,omitempty" writeOnly:"true" doc:"Shopify: the app's Admin API access token"`
	ConsumerKey    string   `json:"consumerKey,omitempty" writeOnly:"true" doc:"WooCommerce: the REST key, ck_…"`
	ConsumerSecret string   `json:"consumerSecret,omitempty" writeOnly:"true" doc:"WooCommerce: its secret, cs_…"`
	Since          string   `json:"since,omitempty" format:"date" doc:"Fetch what the shop has changed since this day, beside what comes by itself; without it nothing is"`
	Poll           string   `json:"poll,omitempty" doc:"How often to ask the shop for what its webhooks didn't bring, if not every 10m"`
	Stale          string   `json:"stale,omitempty" doc:"After which time without a word the feed is shown as silent, such as 6h; if not 24h"`
	Withheld       []string `json:"withheldActions,omitempty" enum:"refund,cancel,address,resend,cart_link,cart_completed" doc:"What nobody may have done with orders and carts from here; without it everything that the shop offers"`
	Insecure       bool     `json:"insecure,omitempty" doc:"Allow a shop in the clear on another machine"`

	since       time.Time
	poll, stale time.Duration
}

// Form is what an operator is asked for.
func Form() connectors.Form {
	return connectors.Form{
		Settings: Settings{}, Webhooks: true,
		Check:   func(a connectors.Account) error { _, err := ParseSettings(a); return err },
		Actions: offers,
	}
}

// ParseSettings reads and checks an account's settings and fills in defaults.
// Its errors are [inbox.Invalid] and name the setting.
func ParseSettings(account connectors.Account) (*Settings, error) {
	s := &Settings{}
	dec := json.NewDecoder(bytes.NewReader(account.Settings))
	dec.DisallowUnknownFields()
	if err := dec.Decode(s); err != nil {
		return nil, invalid("the settings of account %s cannot be read: %v", account.ID, err)
	}
	for _, check := range []func() error{s.checkKeys, s.checkURL, s.checkTimes} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Settings) checkKeys() error {
	known := false
	for _, p := range providers {
		known = known || s.Provider == p
	}
	switch {
	case !known:
		return invalid("provider is %q, not one of %s", s.Provider, strings.Join(providers, ", "))
	case len(s.Secrets) == 0 && len(s.WriteKeys) == 0:
		return invalid("secrets is empty: what the shop sends can't be told from anybody's")
	}
	for name, list := range map[string][]string{"secrets": s.Secrets, "writeKeys": s.WriteKeys} {
		for i, secret := range list {
			if strings.TrimSpace(secret) == "" {
				return invalid("%s[%d] is empty", name, i)
			}
		}
	}
	for _, kind := range s.Withheld {
		if !slices.Contains(actionKinds, inbox.ActionKind(kind)) {
			return invalid("withheldActions has %.40q, which is no action", kind)
		}
	}
	if s.Currency != "" {
		if _, ok := inbox.MinorDigits(s.Currency); !ok {
			return invalid("currency is %q, not a code of ISO 4217 such as EUR", s.Currency)
		}
	}
	return nil
}

func (s *Settings) checkURL() error {
	s.URL = strings.TrimRight(s.URL, "/")
	switch {
	case s.Token != "" && s.Provider != Shopify:
		return invalid("token is set, and %s has none", s.Provider)
	case (s.ConsumerKey != "" || s.ConsumerSecret != "") && s.Provider != WooCommerce:
		return invalid("consumerKey is set, and %s has none", s.Provider)
	case (s.ConsumerKey == "") != (s.ConsumerSecret == ""):
		return invalid("consumerKey and consumerSecret belong together: one is empty")
	case s.URL == "" && (s.Token != "" || s.ConsumerKey != ""):
		return invalid("url is empty: where the shop is has to be told")
	case s.URL == "":
		return nil
	}
	u, err := url.Parse(s.URL)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && u.Scheme != "http" {
		return invalid("url is %q, not an address such as https://shop.example.com", s.URL)
	}
	ip := net.ParseIP(u.Hostname())
	here := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme == "http" && !here && !s.Insecure {
		return invalid("url is in the clear, which would show the key and all orders to whoever listens on the way to %s: use https, or set insecure: true", u.Host)
	}
	return nil
}

func (s *Settings) checkTimes() (err error) {
	if s.Since != "" {
		if s.since, err = time.Parse(time.DateOnly, s.Since); err != nil {
			return invalid("since is %q, not a day such as 2026-01-31", s.Since)
		}
		if !s.asks() {
			return invalid("since is set, and there is no token or consumerKey to ask the shop with")
		}
	}
	for _, d := range []struct {
		name, text string
		into       *time.Duration
		usual      time.Duration
		min, max   time.Duration
	}{
		{"poll", s.Poll, &s.poll, 10 * time.Minute, time.Second, 24 * time.Hour},
		{"stale", s.Stale, &s.stale, 24 * time.Hour, time.Minute, 90 * 24 * time.Hour},
	} {
		*d.into = d.usual
		if d.text == "" {
			continue
		}
		if *d.into, err = time.ParseDuration(d.text); err != nil || *d.into < d.min || *d.into > d.max {
			return invalid("%s is %q, not a duration such as %s (%s to %s)", d.name, d.text, d.usual, d.min, d.max)
		}
	}
	return nil
}

// asks reports whether the shop's API may be asked.
func (s *Settings) asks() bool { return s.Token != "" || s.ConsumerKey != "" }
