package shop

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"skein/connectors"
	"skein/connectors/webhook"
	"skein/inbox"
)

// maxBody is what one request may have: Shopify's largest orders pass a
// megabyte.
const maxBody = 4 << 20

// parts are /in/shop/<account> and what follows it.
func parts(path string) (account inbox.AccountID, rest string) {
	p := strings.SplitN(path, "/", 5)
	if len(p) > 3 {
		account = inbox.AccountID(p[3])
	}
	if len(p) > 4 {
		rest = strings.Trim(p[4], "/")
	}
	return account, rest
}

// endpoints are how each shop signs and what it sends.
func (c *Connector) endpoints() map[string]*webhook.Endpoint {
	all := map[string]*webhook.Endpoint{}
	for provider, read := range map[string]func(ctx context.Context, f *feed, r *webhook.Request) (said, error){
		Shopify: shopifyRequest, WooCommerce: wooRequest, Webhook: ownRequest,
	} {
		scheme, _ := webhook.Named(map[string]string{Shopify: "shopify", WooCommerce: "woocommerce", Webhook: "standard"}[provider])
		all[provider] = c.endpoint(scheme, func(s *Settings) []string { return s.Secrets }, read)
	}
	all[WooCommerce].Hello = func(w http.ResponseWriter, _ connectors.Account, r *webhook.Request) bool {
		if r.Method != http.MethodPost || r.Header.Get("X-WC-Webhook-Signature") != "" || !wooPing(r.Body) {
			return false
		}
		w.WriteHeader(http.StatusOK)
		return true
	}
	all[calls] = c.endpoint(callScheme{}, func(s *Settings) []string {
		keys := append([]string{}, s.Secrets...)
		for _, k := range s.WriteKeys {
			keys = append(keys, writeKey+k)
		}
		return keys
	}, callRequest)
	all[calls].Answer = func(w http.ResponseWriter, _ connectors.Account, _ *webhook.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"success":true}`)) // they are gone: nobody to tell
	}
	return all
}

func (c *Connector) endpoint(scheme webhook.Scheme, secrets func(*Settings) []string, read func(context.Context, *feed, *webhook.Request) (said, error)) *webhook.Endpoint {
	return &webhook.Endpoint{
		Scheme: scheme, Now: c.cfg.Now, MaxBody: maxBody,
		Secrets: func(a connectors.Account) []string {
			if set, err := c.settings(a); err == nil {
				return secrets(set)
			}
			return nil
		},
		Shadow: func(a connectors.Account) bool {
			set, err := c.settings(a)
			return err == nil && set.Shadow
		},
		Parse: func(ctx context.Context, a connectors.Account, r *webhook.Request) ([]connectors.Inbound, error) {
			set, err := c.settings(a)
			if err != nil {
				return nil, err
			}
			f := &feed{set: set, account: a.ID, raw: r.Body, at: r.Now, asker: c.asker(set)}
			s, err := read(ctx, f, r)
			if err != nil {
				return nil, err
			}
			items := s.items
			if len(s.notices) > 0 {
				raw, err := webhook.Raw(ctx, c.in, r.Body)
				if err != nil {
					return nil, err
				}
				for _, n := range s.notices {
					items = append(items, f.show(n, raw))
				}
			}
			c.heard(a.ID, r.Now)
			return items, nil
		},
	}
}

func shopifyRequest(ctx context.Context, f *feed, r *webhook.Request) (said, error) {
	if !json.Valid(r.Body) {
		return said{}, invalid("the body is no JSON")
	}
	if at := readTime(scalar(header(r.Header, "Triggered-At"))); !at.IsZero() {
		f.at = at
	}
	return f.shopifyWord(ctx, strings.ToLower(header(r.Header, "Topic")))
}

func wooRequest(_ context.Context, f *feed, r *webhook.Request) (said, error) {
	if !json.Valid(r.Body) {
		return said{}, invalid("the body is no JSON")
	}
	return f.wooWord(strings.ToLower(r.Header.Get("X-WC-Webhook-Topic"))), nil
}

// Read is what the body of a webhook of topic makes, as the account's shop sends
// it; of a webhook account topic is the kind of a record. at is when it came.
// What nothing can be made of comes as a message that says so. It does no I/O.
func Read(account connectors.Account, topic string, body []byte, at time.Time) ([]connectors.Inbound, error) {
	set, err := ParseSettings(account)
	if err != nil {
		return nil, err
	}
	f := &feed{set: set, account: account.ID, raw: body, at: at}
	var s said
	switch set.Provider {
	case Shopify:
		if s, err = f.shopifyWord(context.Background(), topic); err != nil {
			return nil, err
		}
	case WooCommerce:
		s = f.wooWord(topic)
	default:
		in, err := f.own(topic, body)
		if err != nil {
			return nil, err
		}
		if in.Kind != "" {
			s.items = append(s.items, in)
		} else {
			s.notices = append(s.notices, f.unsupported(topic, sum(body), ""))
		}
	}
	s = f.shown(s)
	for i := range s.items {
		s.items[i].Channel, s.items[i].ReceivedAt = inbox.Shop, at
	}
	return s.items, nil
}

// shown is a word with its notices as items, their source within.
func (f *feed) shown(s said) said {
	for _, n := range s.notices {
		s.items = append(s.items, f.show(n, connectors.Body{Size: int64(len(f.raw)), SHA256: hash(f.raw), Inline: f.raw}))
	}
	s.notices = nil
	return s
}

func hash(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}
