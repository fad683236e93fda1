package social

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"skein/connectors"
	"skein/connectors/webhook"
	"skein/inbox"
)

// An item is one of the contract before its files are fetched.
type item struct {
	connectors.Inbound
	raw    []byte
	media  []media
	lookup *lookup // what has to be asked, nil for nothing
	post   string  // of a comment of ours: what it stands under
	skip   bool    // nobody is told of it
}

// A media is a file that the platform has.
type media struct {
	url  string // where, or
	id   string // what its API calls it
	name string
	kind string // its type, as the platform says
	size int64  // where the platform says it; bytes
	what string // for people, such as Picture
}

// A reader makes items of what a platform sent to one account.
type reader struct {
	set     *Settings
	account connectors.Account
	now     time.Time
	items   []*item
	// elsewhere are events of other numbers and pages, by what those are called:
	// one address may take those of several accounts.
	elsewhere map[string][]json.RawMessage
}

// Items are what a webhook's body comes to, without the files that the platform
// has: each says which. An [inbox.Invalid] is for a body that is nothing of the
// platform's.
func Items(account connectors.Account, body []byte, now time.Time) ([]connectors.Inbound, error) {
	set, err := ParseSettings(account)
	if err != nil {
		return nil, err
	}
	r := &reader{set: set, account: account, now: now}
	if err := r.read(body); err != nil {
		return nil, err
	}
	for of, events := range r.elsewhere {
		for _, raw := range events {
			r.unsupported(connectors.Sender{}, "", "for "+of+", another account", "", now, raw)
		}
	}
	var all []connectors.Inbound
	for _, it := range r.items {
		for _, m := range it.media {
			it.lacks(m, "it isn't fetched here")
		}
		raw := hashed(it.raw)
		it.Raw = &raw
		all = append(all, it.Inbound)
	}
	return all, nil
}

func (r *reader) read(body []byte) error {
	switch r.set.Provider {
	case WhatsApp:
		return r.whatsapp(body)
	case Messenger, Instagram:
		return r.meta(body)
	case Telegram:
		return r.telegram(body)
	case Twilio:
		return r.twilio(body)
	}
	return r.line(body)
}

func (r *reader) add(it *item) *item {
	if it.Key == "" {
		it.Key = cmp.Or(it.ExternalID, it.EventID)
	}
	it.Channel, it.Account, it.Lane = inbox.Social, r.account.ID, connectors.LaneLive
	if it.ProviderAt.IsZero() {
		it.ProviderAt = r.now
	}
	r.items = append(r.items, it)
	return it
}

// message adds one that somebody wrote; id is the platform's own, thread what it
// calls the chat.
func (r *reader) message(from connectors.Sender, thread, id string, at time.Time, raw []byte, text string) *item {
	id = cmp.Or(id, "sha256:"+sum(raw))
	return r.add(&item{raw: raw, Inbound: connectors.Inbound{
		Kind: connectors.KindMessage, EventID: "message:" + thread + ":" + id, ExternalID: external(thread, id), Key: thread, Sender: from, ProviderAt: at,
		Message: &connectors.Message{ThreadKey: thread, From: inbox.Party{Address: from.Address, Name: from.Name}, Text: text, VisibleText: text},
	}})
}

// external is what a message is called for good: some platforms number them
// anew in each chat.
func external(thread, id string) string {
	if strings.HasPrefix(thread, Telegram+":") {
		return thread + "/" + id
	}
	return id
}

// notice adds a word of the platform's that nobody wrote.
func (r *reader) notice(from connectors.Sender, thread, id string, at time.Time, raw []byte, text string) *item {
	it := r.message(from, thread, cmp.Or(id, "notice:"+sum(raw)), at, raw, text)
	it.Message.Automatic = inbox.Automatic{Is: true, Reason: "a notice of " + r.set.Provider}
	return it
}

// unsupported adds what isn't known, as it came.
func (r *reader) unsupported(from connectors.Sender, thread, what, id string, at time.Time, raw []byte) *item {
	thread = cmp.Or(thread, r.set.Provider+":unsupported:"+sum(raw))
	from.Kind = cmp.Or(from.Kind, inbox.SocialUser)
	in := webhook.Unsupported(from, thread, what, id, hashed(raw), at)
	return r.add(&item{raw: raw, Inbound: in})
}

// edited makes an item the word that a message reads so now.
func (it *item) edited(id, revision string) {
	it.Kind, it.ExternalID = connectors.KindEdited, external(it.Key, id)
	it.EventID = "edited:" + it.Key + ":" + id + ":" + revision
}

func (r *reader) reaction(from connectors.Sender, thread, about, emoji string, removed bool, at time.Time, raw []byte) {
	r.add(&item{raw: raw, Inbound: connectors.Inbound{
		Kind: connectors.KindReaction, ExternalID: external(thread, about), Key: thread, Sender: from, ProviderAt: at,
		EventID:  fmt.Sprintf("reaction:%s:%s:%s:%s:%v:%d", thread, about, from.Address, emoji, removed, at.UnixMilli()),
		Reaction: &connectors.Reaction{Emoji: emoji, Removed: removed, Only: true},
	}})
}

func (r *reader) deleted(from connectors.Sender, thread, id string, at time.Time, raw []byte) {
	r.add(&item{raw: raw, Inbound: connectors.Inbound{
		Kind: connectors.KindDeleted, EventID: "deleted:" + thread + ":" + id, ExternalID: external(thread, id), Key: thread, Sender: from, ProviderAt: at,
	}})
}

// receipt says how far a message of ours has come. about is our own mark, where
// the platform hands it back.
func (r *reader) receipt(id, about string, state inbox.State, detail string, at time.Time, raw []byte) {
	if at.IsZero() {
		at = r.now
	}
	receipt := &inbox.Receipt{State: state, Detail: detail, At: at}
	if m, attempt, ok := parseMark(about); ok {
		receipt.MessageID, receipt.Attempt = m, attempt
		if id != "" {
			receipt.ExternalIDs = []string{id}
		}
	}
	if id == "" && receipt.MessageID == "" {
		r.unsupported(connectors.Sender{}, "", "status "+string(state), "", at, raw)
		return
	}
	r.add(&item{raw: raw, Inbound: connectors.Inbound{
		Kind: connectors.KindReceipt, EventID: fmt.Sprintf("status:%s:%s:%s", id, about, state), ExternalID: cmp.Or(id, string(receipt.MessageID)), Key: cmp.Or(id, string(receipt.MessageID)),
		ProviderAt: at, Receipt: receipt,
	}})
}

// until says how far all is that was sent to somebody until a time.
func (r *reader) until(who connectors.Sender, state inbox.State, until, at time.Time, raw []byte) {
	r.add(&item{raw: raw, Inbound: connectors.Inbound{
		Kind: connectors.KindReceipt, EventID: fmt.Sprintf("status:%s:%s:%d", who.Address, state, until.UnixMilli()), ExternalID: "", Key: who.Address,
		Sender: who, ProviderAt: at, Receipt: &inbox.Receipt{State: state, At: at, Until: &until},
	}})
}

// mark is what we hand a platform to hand back.
func mark(out *connectors.Outbound) string {
	return "skein." + string(out.MessageID) + "." + strconv.Itoa(out.Attempt)
}

func parseMark(s string) (id inbox.MessageID, attempt int, ok bool) {
	rest, ok := strings.CutPrefix(s, "skein.")
	name, n, cut := strings.Cut(rest, ".")
	attempt, err := strconv.Atoi(n)
	if !ok || !cut || err != nil || attempt < 0 || !inbox.ValidID(name) {
		return "", 0, false
	}
	return inbox.MessageID(name), attempt, true
}

// lacks says of a file why it isn't here.
func (it *item) lacks(m media, why string) {
	note := fmt.Sprintf("[%s: %s]", cmp.Or(m.what, "File"), why)
	it.Message.Text = strings.TrimSpace(it.Message.Text + "\n" + note)
	it.Message.VisibleText = strings.TrimSpace(it.Message.VisibleText + "\n" + note)
	if !slices.Contains(it.Message.Problems, "file-missing") {
		it.Message.Problems = append(it.Message.Problems, "file-missing")
	}
}

// consents notes that somebody asks to be left alone, or takes that back. One
// word alone says so, as carriers read it.
func (it *item) consents(set *Settings) {
	word := strings.ToUpper(strings.Trim(strings.TrimSpace(it.Message.VisibleText), ".!"))
	is := func(o string) bool { return strings.ToUpper(o) == word && word != "" }
	for granted, list := range map[bool][]string{false: set.Stop, true: set.Start} {
		if len(set.Stop) > 0 && slices.ContainsFunc(list, is) {
			it.consent(granted)
		}
	}
}

func (it *item) consent(granted bool) {
	it.Sender.Consents = append(it.Sender.Consents, inbox.Consent{Purpose: inbox.DirectMessages, Granted: granted, At: it.ProviderAt})
}

// withPayload is a button's title, and what it stands for beside.
func (it *item) withPayload(payload string) *item {
	if payload != "" && payload != it.Message.VisibleText {
		it.Message.Text = strings.TrimSpace(it.Message.Text + "\n[" + payload + "]")
		if it.Message.VisibleText == "" {
			it.Message.VisibleText = payload
		}
	}
	return it
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:12])
}

// hashed is a body of bytes in place.
func hashed(b []byte) connectors.Body {
	h := sha256.Sum256(b)
	return connectors.Body{Size: int64(len(b)), SHA256: hex.EncodeToString(h[:]), Inline: b}
}

// A word is a JSON string, or a number as it stands: platforms write ids as
// either. Anything else is "".
type word string

// UnmarshalJSON implements json.Unmarshaler; it never fails.
func (w *word) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*w = word(s)
		return nil
	}
	var n json.Number
	if json.Unmarshal(b, &n) == nil {
		*w = word(n.String())
	}
	return nil
}

// A stamp is a time as platforms write it: seconds or milliseconds since 1970, as
// a number or a string, or ISO 8601. Zero for none.
type stamp struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler; it never fails.
func (s *stamp) UnmarshalJSON(b []byte) error {
	var w word
	_ = w.UnmarshalJSON(b)
	if n, err := strconv.ParseFloat(string(w), 64); err == nil && n > 0 && n < 1e14 {
		if n >= 1e11 {
			s.Time = time.UnixMilli(int64(n)).UTC()
		} else {
			s.Time = time.Unix(int64(n), 0).UTC()
		}
		return nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05-0700"} {
		if t, err := time.Parse(layout, string(w)); err == nil {
			s.Time = t.UTC()
		}
	}
	return nil
}

// A list is a JSON array, or one value for a list of one; nothing else fails.
type list []json.RawMessage

// UnmarshalJSON implements json.Unmarshaler; it never fails.
func (l *list) UnmarshalJSON(b []byte) error {
	var many []json.RawMessage
	if json.Unmarshal(b, &many) == nil {
		*l = many
	} else if bytes.HasPrefix(bytes.TrimSpace(b), []byte("{")) {
		*l = list{slices.Clone(b)}
	}
	return nil
}

// social is somebody whom a platform has verified.
func (r *reader) social(id, name string) connectors.Sender {
	if id == "" {
		return connectors.Sender{Kind: inbox.SocialUser, Name: name}
	}
	return connectors.Sender{Kind: inbox.SocialUser, Address: r.set.Provider + ":" + id, Name: name, Proof: inbox.Proven}
}

// place is a location for people.
func place(lat, long word, more ...string) string {
	s := "Location: " + string(lat) + ", " + string(long)
	for _, m := range more {
		if m != "" {
			s += "\n" + m
		}
	}
	return s
}
