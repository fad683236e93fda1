package phone

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"skein/connectors"
	"skein/connectors/webhook"
	"skein/inbox"
)

// A word is one thing that an exchange told of a call. Parsers make them and do
// no I/O.
type word struct {
	event string // this very word's id, within the account
	call  connectors.Call
	them  string // the customer's number, as it was told
	name  string
	at    time.Time // by the exchange's clock; zero when it says nothing
	raw   []byte
	live  []connectors.Live

	// unsupported is what could not be read, in the exchange's words: it is kept
	// as it came and shown so.
	unsupported string
}

// leg adds a telephone to the word.
func (w *word) leg(l inbox.CallLeg) { w.call.Legs = append(w.call.Legs, l) }

// say adds what is true only now.
func (w *word) say(kind connectors.LiveKind, agent string) {
	w.live = append(w.live, connectors.Live{Kind: kind, Agent: agent, TTL: liveSeconds})
}

// liveSeconds is how long a telephone rings at most without another word.
const liveSeconds = 60

// sum names bytes in an event id.
func sum(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// item is w as the contract has it.
func (w *word) item(raw connectors.Body) connectors.Inbound {
	if w.unsupported != "" {
		return webhook.Unsupported(w.sender(), firstNot(w.call.ID, w.event), w.unsupported, w.event, raw, w.at)
	}
	call := w.call
	if call.StartedAt.IsZero() {
		call.StartedAt = w.earliest()
	}
	in := connectors.Inbound{
		Kind: connectors.KindCall, Channel: inbox.Phone, EventID: w.event, ExternalID: call.ID, Key: call.ID,
		Lane: connectors.LaneLive, ProviderAt: w.at, Sender: w.sender(), Call: &call,
	}
	if raw.Size > 0 {
		in.Raw = &raw
	}
	return in
}

// earliest is the first moment of the call that the word tells of.
func (w *word) earliest() time.Time {
	first := w.at
	for _, l := range w.call.Legs {
		for _, t := range []*time.Time{l.StartedAt, l.AnsweredAt, l.EndedAt} {
			if t != nil && (first.IsZero() || t.Before(first)) {
				first = *t
			}
		}
	}
	return first
}

// sender is the customer. A number is what the exchange says, and proves nothing.
func (w *word) sender() connectors.Sender {
	s := connectors.Sender{Kind: inbox.PhoneNumber, Address: strings.TrimSpace(w.them), Name: w.name, Proof: inbox.Claimed}
	if hidden(w.them) {
		s.Address, s.Name = "", ""
	}
	return s
}

// lives are w's words on what is true only now.
func (w *word) lives(account inbox.AccountID, now time.Time) []connectors.Live {
	out := slices.Clone(w.live)
	for i := range out {
		l := &out[i]
		sender, call := w.sender(), w.call.Call.Settled()
		l.Channel, l.Account, l.Key, l.At, l.Sender, l.Call = inbox.Phone, account, w.call.ID, now, &sender, &call
	}
	return out
}

// unreadable is a word on what is no word that we know.
func unreadable(what string, raw []byte) word {
	return word{event: "raw/" + sum(string(raw)), raw: raw, unsupported: what}
}

func ptr(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
