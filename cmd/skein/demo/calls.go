package demo

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"skein/connectors/phone"
	"skein/inbox"
)

// Number is the shop's telephone: one of those that are kept for fiction.
const Number = "+49 30 23125100"

// PhoneSettings are the telephone account's settings for this run: its exchange
// is the command [Call].
func (d *Demo) PhoneSettings() (json.RawMessage, error) {
	raw, err := json.Marshal(map[string]any{"provider": phone.Webhook, "secrets": []string{d.phoneSecret}, "zone": "Europe/Berlin"})
	if err != nil {
		return nil, fmt.Errorf("encode demo telephone settings: %w", err)
	}
	return raw, nil
}

// Call is the command `skein demo call`: a customer calls the shop that runs in
// dir, and somebody answers or nobody does. The words reach Skein as those of any
// exchange do.
func Call(ctx context.Context, args []string, dir string, stdout io.Writer) error {
	fs := flag.NewFlagSet("skein demo call", flag.ContinueOnError)
	fs.SetOutput(stdout)
	from := fs.String("from", "", "the caller's number, or withheld (default: one of twenty)")
	ring := fs.Duration("ring", 8*time.Second, "for how long it rings")
	agent := fs.String("answered-by", "", "who answers, by name (default: nobody)")
	voicemail := fs.String("voicemail", "", "what the caller says after the beep")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return &inbox.Error{Code: inbox.Invalid, Message: err.Error()}
	}
	if fs.NArg() > 0 {
		return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("%q is too much: skein demo call --from NUMBER", fs.Arg(0))}
	}
	run, err := findRun(ctx, dir)
	if err != nil {
		return err
	}
	if *from == "" { // of the same kind as the shop's
		*from = fmt.Sprintf("+49 30 23125%d", 101+rand.IntN(20))
	}
	line := &exchange{url: run.URL + "/in/phone/" + string(PhoneID), secret: run.Phone}
	fmt.Fprintf(stdout, "%s calls %s: it rings at %s\n", *from, Number, run.URL)
	if err := line.call(ctx, *from, *agent, *voicemail, *ring); err != nil {
		return err
	}
	switch {
	case *agent != "":
		fmt.Fprintf(stdout, "%s has answered, and the call has ended.\n", *agent)
	case *voicemail != "":
		fmt.Fprintln(stdout, "Nobody answered: there is a voicemail.")
	default:
		fmt.Fprintln(stdout, "Nobody answered: the call is in the open list, and asks to be called back.")
	}
	return nil
}

// An exchange tells Skein of calls.
type exchange struct{ url, secret string }

// call lets it ring, and be answered or not.
func (x *exchange) call(ctx context.Context, from, agent, voicemail string, ring time.Duration) error {
	began := time.Now()
	said := phone.EventCall{ID: fmt.Sprintf("demo-%d", began.UnixNano()), Direction: string(inbox.In), From: from, To: Number, StartedAt: began.Format(time.RFC3339)}
	if err := x.tell(ctx, "call.ringing", said); err != nil {
		return err
	}
	if err := pause(ctx, ring); err != nil {
		return err
	}
	now := time.Now().Format(time.RFC3339)
	if agent != "" {
		said.Agent, said.AnsweredAt = agent, now
		if err := x.tell(ctx, "call.answered", said); err != nil {
			return err
		}
		if err := pause(ctx, ring); err != nil {
			return err
		}
		now = time.Now().Format(time.RFC3339)
	}
	said.EndedAt, said.Transcript = now, voicemail
	if voicemail != "" {
		said.Disposition = string(inbox.CallVoicemail)
	}
	return x.tell(ctx, "call.ended", said)
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// tell sends one event, signed by Standard Webhooks.
func (x *exchange) tell(ctx context.Context, kind string, call phone.EventCall) error {
	id := kind + "-" + call.ID
	body, err := json.Marshal(phone.Event{Type: kind, ID: id, Call: call})
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	at := fmt.Sprint(time.Now().Unix())
	mac := hmac.New(sha256.New, []byte(x.secret))
	fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, x.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("call the shop: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Webhook-Id", id)
	r.Header.Set("Webhook-Timestamp", at)
	r.Header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("call the shop: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		why, _ := io.ReadAll(io.LimitReader(resp.Body, 300))
		return &inbox.Error{Code: inbox.Unavailable, Message: fmt.Sprintf("the shop's telephone doesn't take the call (%d): %s", resp.StatusCode, strings.TrimSpace(string(why)))}
	}
	return nil
}
