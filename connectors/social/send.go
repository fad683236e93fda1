package social

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"skein/connectors"
	"skein/connectors/fetch"
	"skein/inbox"
)

// What may become of a request that isn't taken.
type (
	laterError struct { // nothing has left: try again
		why   string
		after time.Duration // as the platform says; 0: it doesn't
		chat  bool          // of this recipient alone
	}
	finalError struct{ why string } // refused for good
	doubtError struct{ why string } // it may have left
)

func (e *laterError) Error() string { return e.why }
func (e *finalError) Error() string { return e.why }
func (e *doubtError) Error() string { return e.why }

// expired is the error of a token that isn't taken any more.
func expired(why string) error {
	return &inbox.Error{Code: inbox.Unauthorized, Message: "the platform doesn't take the account's token any more: make a new one and enter it (" + strings.TrimSuffix(why, ".") + ")"}
}

// request makes one request to a platform's API and returns what it answers, or
// what became of it: see the errors above and expired.
func (c *Connector) request(ctx context.Context, set *Settings, method, address string, header http.Header, body io.Reader) ([]byte, error) {
	var left atomic.Bool
	trace := &httptrace.ClientTrace{WroteHeaders: func() { left.Store(true) }}
	r, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), method, address, body)
	if err != nil {
		return nil, &finalError{"the request can't be made"}
	}
	for name, values := range header {
		r.Header[name] = values
	}
	r.Header.Set("User-Agent", "Skein")
	set.authorise(r)
	resp, err := c.client.Do(r)
	if err != nil {
		why := fetch.Plainly(err, "the platform")
		if left.Load() && method != http.MethodGet {
			return nil, &doubtError{"the platform's answer was lost: " + why}
		}
		return nil, &laterError{why: "the platform can't be reached: " + why}
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil && method != http.MethodGet {
		return nil, &doubtError{"the platform's answer broke off"}
	}
	return answer, set.verdict(resp.StatusCode, resp.Header, answer)
}

// authorise adds what a platform knows us by.
func (s *Settings) authorise(r *http.Request) {
	switch s.Provider {
	case Telegram: // whose token is in the path
	case Twilio:
		r.SetBasicAuth(s.AccountSID, s.Secrets[0])
	default:
		r.Header.Set("Authorization", "Bearer "+s.Token)
	}
}

// check sees whether the platform takes our token.
func (c *Connector) check(ctx context.Context, set *Settings) error {
	address := map[string]string{
		WhatsApp: "/" + set.ID + "?fields=id", Messenger: "/me?fields=id", Instagram: "/me?fields=id",
		Telegram: "/bot" + set.Token + "/getMe", Twilio: "/2010-04-01/Accounts/" + set.AccountSID + ".json", Line: "/v2/bot/info",
	}[set.Provider]
	_, err := c.request(ctx, set, http.MethodGet, set.APIURL+address, nil, nil)
	var final *finalError
	if errors.As(err, &final) {
		return &inbox.Error{Code: inbox.Unauthorized, Message: "the platform refuses the account: " + final.why}
	}
	return err
}

// A part is one request of what a message comes to.
type part struct {
	what string // for people
	send func(ctx context.Context) (ids []string, err error)
}

// tries is how often what follows the first part is tried in place: it can't be
// left for later without the first one.
const tries = 3

// Send implements [connectors.Connector].
func (c *Connector) Send(ctx context.Context, account connectors.Account, out connectors.Outbound, open connectors.OpenFunc) (inbox.Receipt, error) {
	set, err := c.settings(account)
	if err != nil {
		return inbox.Receipt{}, err
	}
	failed := func(format string, args ...any) (inbox.Receipt, error) {
		return inbox.Receipt{State: inbox.Failed, Detail: fmt.Sprintf(format, args...)}, nil
	}
	if out.Comment != nil && !set.meta() {
		return failed("%s has no public comments", set.Provider)
	}
	if out.Comment != nil && out.Comment.Hide != nil {
		return c.hide(ctx, account, set, &out)
	}
	if len(out.To) != 1 {
		return failed("a direct message goes to one person")
	}
	w := &writer{c: c, set: set, account: account, out: &out, open: open, to: set.recipient(out.To[0].Address)}
	if w.to == "" {
		return failed("%s is nobody whom %s knows: the message can't be sent by this account", out.To[0].Address, set.Provider)
	}
	if why := set.closed(&out); why != "" {
		return failed("%s", why)
	}
	parts, err := w.parts(ctx)
	if err != nil {
		if inbox.CodeOf(err) == inbox.Invalid {
			return failed("%s", err.Error())
		}
		return inbox.Receipt{}, err
	}
	var ids []string
	for i, p := range parts {
		got, err := c.sendPart(ctx, account, w, p, i > 0)
		ids = append(ids, got...)
		if err == nil {
			continue
		}
		receipt := inbox.Receipt{State: inbox.Uncertain, Detail: err.Error(), ExternalIDs: ids}
		var doubt *doubtError
		var final *finalError
		switch {
		case i > 0:
			receipt.Detail = fmt.Sprintf("%s has left, %s has not, or nobody knows: %s", parts[i-1].what, p.what, err)
		case errors.As(err, &doubt):
		case errors.As(err, &final):
			receipt.State = inbox.Failed
		default:
			return inbox.Receipt{}, err
		}
		return receipt, nil
	}
	return inbox.Receipt{State: inbox.Sent, ExternalIDs: ids}, nil
}

func (c *Connector) sendPart(ctx context.Context, account connectors.Account, w *writer, p part, insist bool) (ids []string, err error) {
	for try := 1; ; try++ {
		if err = c.paced(ctx, account.ID, w); err != nil {
			return nil, err
		}
		ids, err = p.send(ctx)
		if inbox.CodeOf(err) == inbox.Unauthorized {
			select {
			case c.state(account.ID).expired <- err: // the account shows as refused
			default:
			}
		}
		var later *laterError
		if !errors.As(err, &later) {
			return ids, err
		}
		wait := max(later.after, time.Second)
		if key := w.to; later.after > 0 {
			if !later.chat {
				key = ""
			}
			c.hold(account.ID, key, later.after)
		}
		if !insist || try == tries || wait > maxWait {
			return ids, err
		}
		if !sleep(ctx, wait) {
			return ids, err
		}
	}
}

// maxWait is how long a send waits for its turn; what has to wait for longer
// comes again later.
const maxWait = 15 * time.Second

// paced waits until a platform's rate lets the next message to a chat through.
func (c *Connector) paced(ctx context.Context, account inbox.AccountID, w *writer) error {
	rate := rates[w.set.Provider]
	st, now := c.state(account), c.cfg.Now()
	c.mu.Lock()
	at := now
	for _, key := range []string{"", w.to} {
		if t := st.pace[key]; t.After(at) {
			at = t
		}
	}
	if wait := at.Sub(now); wait > maxWait {
		c.mu.Unlock()
		return &laterError{why: "the platform's limit is reached: it takes more in " + wait.Round(time.Second).String()}
	}
	st.pace[""] = at.Add(rate.account)
	if w.set.Provider == Telegram && strings.HasPrefix(w.to, "-") {
		rate.chat = groupPace
	}
	if rate.chat > 0 {
		st.pace[w.to] = at.Add(rate.chat)
	}
	if len(st.pace) > 10_000 {
		for key, t := range st.pace {
			if t.Before(now) {
				delete(st.pace, key)
			}
		}
	}
	c.mu.Unlock()
	if !sleep(ctx, at.Sub(now)) {
		return &laterError{why: "stopping"}
	}
	return nil
}

// hold keeps what goes to a chat back, or with "" everything of an account, for as
// long as its platform says.
func (c *Connector) hold(account inbox.AccountID, key string, d time.Duration) {
	st := c.state(account)
	c.mu.Lock()
	defer c.mu.Unlock()
	if until := c.cfg.Now().Add(d); until.After(st.pace[key]) {
		st.pace[key] = until
	}
}

// rates are the least times between two messages of an account, and to one chat
// (core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this;
// developers.facebook.com/docs/whatsapp/cloud-api/overview#throughput;
// developers.facebook.com/docs/messenger-platform/overview#rate-limits). Twilio
// queues by itself.
var rates = map[string]struct{ account, chat time.Duration }{
	Telegram: {time.Second / 30, time.Second}, WhatsApp: {time.Second / 80, 0},
	Messenger: {time.Second / 40, 0}, Instagram: {time.Second / 10, 0}, Line: {time.Second / 500, 0},
}

// groupPace is that of Telegram's groups and channels, which take 20 messages a
// minute from a bot.
const groupPace = time.Minute / 20

func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// recipient is what the platform calls who has an address of ours; "" when it
// knows none such.
func (s *Settings) recipient(address string) string {
	prefix := s.Provider + ":"
	if s.Provider == Twilio {
		prefix = WhatsApp + ":"
	}
	if id, ok := strings.CutPrefix(address, prefix); ok {
		return id
	}
	if (s.Provider == WhatsApp || s.Provider == Twilio) && numberOf(address, s.region) != "" {
		return "+" + numberOf(address, s.region)
	}
	return ""
}

const (
	day  = 24 * time.Hour
	week = 7 * day
)

// closed says why a platform wouldn't take a message now, "" when it may.
func (s *Settings) closed(out *connectors.Outbound) string {
	if out.HeardAt.IsZero() || out.Comment != nil || out.Template != nil {
		return ""
	}
	age := out.Date.Sub(out.HeardAt)
	switch {
	case age <= day:
	case s.Provider == WhatsApp || s.twilioWhatsApp():
		return "They haven't written for 24 hours: WhatsApp takes nothing but an approved template until they write again."
	case (s.Provider == Messenger || s.Provider == Instagram) && age > week:
		return "They haven't written for seven days: the platform takes nothing until they write again."
	case (s.Provider == Messenger || s.Provider == Instagram) && !s.HumanAgent:
		return "They haven't written for 24 hours: the platform takes nothing until they write again, or until Meta has approved the human agent tag (humanAgent)."
	case (s.Provider == Messenger || s.Provider == Instagram) && out.Automatic:
		return "They haven't written for 24 hours: only people may answer now."
	}
	return ""
}

// split cuts a text where it is longer than a platform takes, at a line's or a
// word's end. size counts as the platform does.
func split(text string, most int, size func(string) int) (parts []string) {
	for size(text) > most {
		n, at := 0, 0
		for i, r := range text {
			if n += size(string(r)); n > most {
				break
			}
			at = i + utf8.RuneLen(r)
		}
		if i := strings.LastIndexAny(text[:at], "\n"); i > at/2 {
			at = i + 1
		} else if i := strings.LastIndexAny(text[:at], " "); i > at/2 {
			at = i + 1
		}
		parts = append(parts, strings.TrimSpace(text[:at]))
		text = text[at:]
	}
	if text = strings.TrimSpace(text); text != "" {
		parts = append(parts, text)
	}
	return parts
}

func runes(s string) int  { return utf8.RuneCountInString(s) }
func octets(s string) int { return len(s) }
