package chat

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"skein/connectors"
	"skein/inbox"
)

// item is what every item of the session has. Items of one session are handled
// in order.
func (s *socket) item(kind connectors.Kind, event string) connectors.Inbound {
	now := s.h.now()
	sender := connectors.Sender{Kind: inbox.ChatVisitor, Address: s.session.id, Proof: inbox.Proven}
	said := map[inbox.ClaimField]bool{}
	if s.user != nil {
		sender.Claims = append(sender.Claims, s.user.claims...)
		for _, c := range s.user.claims {
			said[c.Field] = true
		}
	}
	for _, c := range s.typed {
		if !said[c.Field] { // the shop's word goes first
			sender.Claims = append(sender.Claims, c)
		}
	}
	if s.consent != nil {
		sender.Consents = []inbox.Consent{{Purpose: "tracking", Granted: *s.consent, Source: string(s.h.account), At: now}}
	}
	return connectors.Inbound{
		Kind: kind, EventID: event, Key: s.session.id, Lane: connectors.LaneLive, Sender: sender, ProviderAt: now, ReceivedAt: now,
	}
}

// message makes an item of what a visitor says: the id that their browser gave it
// names it for good.
func (s *socket) message(f *said) (connectors.Inbound, error) {
	invalid := func(code inbox.Code, format string, args ...any) (connectors.Inbound, error) {
		return connectors.Inbound{}, &inbox.Error{Code: code, Message: fmt.Sprintf(format, args...)}
	}
	text := clean(f.Text)
	if utf8.RuneCountInString(text) > maxText {
		return invalid(inbox.TooLarge, "a message has at most %d characters", maxText)
	}
	item := s.item(connectors.KindMessage, "message:"+s.session.id+"/"+f.ID)
	item.ExternalID = s.session.id + "/" + f.ID
	m := &connectors.Message{ThreadKey: s.session.id, From: inbox.Party{Address: s.session.id}}
	if f.T != "message" {
		mail := address(f.Email)
		if mail == "" {
			return invalid(inbox.Invalid, "that is no mail address")
		}
		m.ReplyTo = []inbox.Party{{Address: mail, Name: line(f.Name, maxLine)}}
		said := *f
		said.Phone = ""
		s.typed = said.claims()
		item = s.item(connectors.KindMessage, item.EventID)
		item.ExternalID = s.session.id + "/" + f.ID
	}
	if f.T == "handover" {
		if !s.isKnown() {
			return invalid(inbox.Conflict, "there is nothing yet to go on with by mail: write something first")
		}
		text = "Please go on by mail: " + m.ReplyTo[0].Address
		m.Automatic = inbox.Automatic{Is: true, Reason: "asked in the chat to go on by mail"}
	}
	if len(f.Files) > maxFiles {
		return invalid(inbox.TooLarge, "at most %d files go with one message", maxFiles)
	}
	for _, id := range f.Files {
		u, ok := s.h.seal.openUpload(id, s.session.id, s.h.now())
		if !ok {
			return invalid(inbox.NotFound, "a file is not there any more: choose it again")
		}
		m.Attachments = append(m.Attachments, u.attachment())
	}
	if strings.TrimSpace(text) == "" && len(m.Attachments) == 0 {
		return invalid(inbox.Invalid, "the message is empty")
	}
	m.Text, m.VisibleText = text, text
	item.Message = m
	return item, nil
}

// clean is text that a person may have typed.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(strings.ReplaceAll(s, "\r\n", "\n"), "\uFFFD"))
}

// store is the shop that the visitor is in.
func (h *hub) store() string {
	if h.set.Store != "" {
		return h.set.Store
	}
	return string(h.account)
}

// publishIdentity tells what is known of the visitor now: by itself, so that it
// doesn't wait for their next message.
func (s *socket) publishIdentity(ctx context.Context) {
	item := s.item(connectors.KindTrack, "")
	if len(item.Sender.Claims)+len(item.Sender.Consents) == 0 {
		return
	}
	raw, err := json.Marshal([]any{item.Sender.Claims, s.consent})
	if err != nil {
		return
	}
	sum := sha256.Sum256(raw)
	// The same within an hour is said once.
	item.EventID = "identify:" + s.session.id + ":" + item.ProviderAt.UTC().Format("2006010215") + ":" + hex.EncodeToString(sum[:10])
	item.Track = &inbox.Track{Store: s.h.store(), Type: "identify"}
	s.publish(ctx, item)
}

func (s *socket) publishPage(ctx context.Context, p *page) {
	properties, err := json.Marshal(map[string]string{"url": p.URL, "title": p.Title, "referrer": p.Referrer})
	if err != nil {
		return
	}
	item := s.item(connectors.KindTrack, "page:"+s.session.id+":"+rand.Text())
	item.Track = &inbox.Track{Store: s.h.store(), Type: "page", Properties: properties}
	s.publish(ctx, item)
}

func (s *socket) publishTrack(ctx context.Context, f *said) {
	name := line(f.Name, maxLine)
	if name == "" || len(f.Properties) > maxProperties {
		_ = s.put(ctx, failure{T: "error", Code: string(inbox.Invalid), Message: "a track needs a name, and properties of at most 16 KiB"})
		return
	}
	item := s.item(connectors.KindTrack, "track:"+s.session.id+":"+rand.Text())
	item.Track = &inbox.Track{Store: s.h.store(), Type: "track", Event: name, Properties: f.Properties, Currency: s.h.set.Currency}
	s.publish(ctx, item)
}

// publish puts out what nobody waits for. What comes too fast is dropped: a page
// view is not worth a visitor's patience.
func (s *socket) publish(ctx context.Context, item connectors.Inbound) {
	if late := s.h.spend(s.session, func(is *session) *bucket { return &is.tracks }, trackRate); late > 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := s.h.in.Accept(ctx, s.h.account, item); err != nil && ctx.Err() == nil {
		s.h.log.Debug("what a visitor does is not told", "error", err)
	}
}
