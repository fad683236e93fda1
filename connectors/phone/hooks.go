package phone

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"skein/connectors"
	"skein/connectors/webhook"
	"skein/inbox"
)

// accountOf is the third part of /in/phone/<account>.
func accountOf(path string) inbox.AccountID {
	parts := strings.SplitN(path, "/", 5)
	if len(parts) < 4 {
		return ""
	}
	return inbox.AccountID(parts[3])
}

// endpoints are how each exchange signs, what it sends and what it wants to hear.
func (c *Connector) endpoints() map[string]*webhook.Endpoint {
	scheme := map[string]webhook.Scheme{
		Twilio: webhook.Twilio{}, Aircall: webhook.Token{BodyField: "token"}, Webhook: webhook.StandardWebhooks{}, FreeSWITCH: webhook.Token{Basic: true},
	}
	parse := map[string]func(context.Context, *Settings, *webhook.Request) ([]word, error){
		Twilio: c.twilio, Aircall: c.aircall, Webhook: c.events, FreeSWITCH: c.freeswitch,
	}
	all := map[string]*webhook.Endpoint{}
	for provider := range scheme {
		read := parse[provider]
		all[provider] = &webhook.Endpoint{
			Scheme: scheme[provider], Now: c.cfg.Now,
			Secrets: func(a connectors.Account) []string {
				if set, err := c.settings(a); err == nil {
					return set.Secrets
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
				words, err := read(ctx, set, r)
				if err != nil {
					return nil, err
				}
				return c.items(ctx, a, set, words)
			},
		}
	}
	all[Twilio].Answer = c.answer
	all[FreeSWITCH].MaxBody = 4 << 20 // every channel variable there is
	return all
}

func (c *Connector) twilio(ctx context.Context, set *Settings, r *webhook.Request) ([]word, error) {
	form, err := url.ParseQuery(string(r.Body))
	if err != nil {
		return nil, invalid("the form can't be read: %v", err)
	}
	var of *parent
	if set.needsParent(form) {
		of = c.parentOf(ctx, set, form)
	}
	return set.twilioWords(form, r.Body, of, r.Now), nil
}

// answer is TwiML where Twilio asks what to do.
func (c *Connector) answer(w http.ResponseWriter, account connectors.Account, r *webhook.Request) {
	set, err := c.settings(account)
	form, formErr := url.ParseQuery(string(r.Body))
	if err != nil || formErr != nil {
		return
	}
	kind := kindOf(form)
	if !kind.speaks() {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	out := set.twiml(kind, form, r.URL)
	if kind == twilioIncoming && set.Answer != nil && c.blocked(account.ID, form.Get("From")) {
		out = document(busy)
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	_, _ = w.Write(out) // they are gone: nobody to tell
}

// blocked asks whether a number is to ring nobody. It rings where nobody says so in
// time: a customer isn't turned away because the server is.
func (c *Connector) blocked(account inbox.AccountID, from string) bool {
	if c.in == nil || from == "" {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	var known connectors.CallerAnswer
	if err := c.in.Ask(ctx, account, connectors.AskCaller, connectors.CallerAsk{Address: from}, &known); err != nil {
		c.cfg.Log.Debug("the server doesn't say who calls", "account", string(account), "error", err)
	}
	return known.Blocked
}

func (c *Connector) aircall(_ context.Context, set *Settings, r *webhook.Request) ([]word, error) {
	if !json.Valid(r.Body) {
		return nil, invalid("the body is no JSON")
	}
	return set.aircallWords(r.Body), nil
}

func (c *Connector) events(_ context.Context, set *Settings, r *webhook.Request) ([]word, error) {
	if !json.Valid(r.Body) {
		return nil, invalid("the body is no JSON")
	}
	return set.eventWords(r.Header.Get("Webhook-Id"), r.Body), nil
}

func (c *Connector) freeswitch(_ context.Context, set *Settings, r *webhook.Request) ([]word, error) {
	return set.freeswitchWords(r.Header.Get("Content-Type"), r.Body)
}

// maxParents bounds what is remembered of Twilio's calls.
const maxParents = 10_000

// parentOf asks Twilio for the call that a leg was dialled in, once
// (twilio.com/docs/voice/api/call-resource, "Fetch a Call resource"). nil: it
// can't be had, and what the leg says itself has to do.
func (c *Connector) parentOf(ctx context.Context, set *Settings, form url.Values) *parent {
	sid := form.Get("ParentCallSid")
	c.mu.Lock()
	known := c.calls[sid]
	c.mu.Unlock()
	if known != nil {
		return known
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	account := firstNot(set.AccountSID, form.Get("AccountSid"))
	u, err := url.Parse(set.APIURL + "/2010-04-01/Accounts/" + url.PathEscape(account) + "/Calls/" + url.PathEscape(sid) + ".json")
	if err != nil {
		return nil
	}
	f := &fetcher{}
	for _, token := range set.Secrets {
		resp, err := f.do(ctx, set, u, func(r *http.Request) { r.SetBasicAuth(account, token) })
		if err != nil {
			c.cfg.Log.Warn("twilio can't be asked for a call", "error", plainly(err))
			return nil
		}
		var call struct {
			From      string `json:"from"`
			To        string `json:"to"`
			Direction string `json:"direction"`
		}
		err = json.NewDecoder(http.MaxBytesReader(nil, resp.Body, 1<<20)).Decode(&call)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK || err != nil {
			continue
		}
		p := &parent{from: call.From, to: call.To, direction: call.Direction}
		c.mu.Lock()
		if len(c.calls) >= maxParents {
			clear(c.calls)
		}
		c.calls[sid] = p
		c.mu.Unlock()
		return p
	}
	return nil
}
