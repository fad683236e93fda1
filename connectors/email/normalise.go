package email

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"strings"
	"time"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/markup"
)

// Options say on whose behalf a mail is read.
type Options struct {
	Account    connectors.Account
	ReceivedAt time.Time
	// AuthServID are the names under which the account's own receiving server
	// writes Authentication-Results. Nobody else's are believed; with none,
	// every sender is merely claimed.
	AuthServID []string
	Lane       connectors.Lane
	// Store puts a body (the raw mail, an attachment) where the server finds
	// it and says where. It reads r as a stream, to its end unless it fails.
	Store func(ctx context.Context, r io.Reader) (connectors.Body, error)
}

// Normalise reads one mail and makes the item of it. It is total: whatever the
// bytes, there is an item, and what could not be read is named in the message's
// Problems. The mail is read twice as a stream (once to keep it, once to take
// it apart) and never held whole; attachments go to opt.Store as they are
// decoded. An error comes from opt.Store or ctx alone.
func Normalise(ctx context.Context, raw io.ReaderAt, size int64, opt Options) (connectors.Inbound, error) {
	hash := sha256.New()
	stream := io.TeeReader(io.NewSectionReader(raw, 0, size), hash)
	body, err := opt.Store(ctx, stream)
	if err != nil {
		return connectors.Inbound{}, err
	}
	_, _ = io.Copy(io.Discard, stream)
	sum := hex.EncodeToString(hash.Sum(nil))

	p := &parser{s: newScanner(ctx, raw, size), store: opt.Store, stop: stop{level: 0}}
	h := p.readHeader(true)
	p.entity(h, "", 0, 0, false)
	if p.err != nil {
		return connectors.Inbound{}, p.err
	}
	if err := ctx.Err(); err != nil {
		return connectors.Inbound{}, err
	}
	if p.s.err != nil {
		p.problem("the mail could not be read to its end")
	}

	item := connectors.Inbound{
		Kind: connectors.KindMessage, Channel: inbox.Email, Account: opt.Account.ID,
		Lane: opt.Lane, ReceivedAt: opt.ReceivedAt, Raw: &body,
	}
	m := p.message(h)
	item.Message = m
	item.ProviderAt = p.date(h, opt.ReceivedAt)
	item.EventID = "mail:" + m.MessageID + "/" + sum
	item.ExternalID = m.MessageID + "/" + sum[:16]
	item.Sender = connectors.Sender{Kind: inbox.EmailAddress, Address: m.From.Address, Name: m.From.Name, Proof: inbox.Claimed}
	if p.authors == 1 && dmarcAligned(h, opt.AuthServID, m.From.Address) {
		item.Sender.Proof = inbox.Proven
	}
	if item.Key = customer(m, opt.Account); item.Key == "" {
		item.Key = sum
	}
	m.Problems = p.problems
	return item, nil
}

// customer is the address, in lower case, of the first party of m that is not
// the account's own: what is said with one customer is handled in order, in one
// partition, whichever side wrote and whatever thread it is of. It is "" when
// the sender can't be read or all are ours.
func customer(m *connectors.Message, account connectors.Account) string {
	ours := map[string]bool{strings.ToLower(account.Address): true}
	for _, own := range account.Own {
		ours[strings.ToLower(own)] = true
	}
	if m.From.Address == "" {
		return ""
	}
	for _, p := range slices.Concat([]inbox.Party{m.From}, m.ReplyTo, m.To, m.Cc) {
		if address := strings.ToLower(p.Address); address != "" && !ours[address] {
			return address
		}
	}
	return ""
}

// message makes the message of what was taken apart.
func (p *parser) message(h header) *connectors.Message {
	m := &connectors.Message{Attachments: p.attachments}
	hint := p.charsetHint(h)
	if len(h) == 0 {
		p.problem("the mail has no header")
	}
	m.From = p.from(h, hint)
	m.MessageID = ownID(h.get("message-id"))
	m.InReplyTo = messageIDs(h.all("in-reply-to")...)
	m.References = messageIDs(h.all("references")...)
	m.ReplyTo = withAddress(readParties(h, hint, "reply-to"))
	m.To = readParties(h, hint, "to")
	m.Cc = readParties(h, hint, "cc")
	for _, name := range []string{"delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to"} {
		for _, v := range h.all(name) {
			for _, a := range parseAddresses(v, "") {
				if a.Address != "" && !slices.Contains(m.DeliveredTo, a.Address) && len(m.DeliveredTo) < 100 {
					m.DeliveredTo = append(m.DeliveredTo, a.Address)
				}
			}
		}
	}
	m.Subject = cut(cleanLine(decodeWordsHint(h.get("subject"), hint)), 4000)

	lines := p.bodies(m)
	m.Bounces = p.report.bounces(h, m.From.Address, m.Subject, m.Text)
	m.VisibleText = visibleLines(lines, m.Subject)
	m.Automatic = automatic(h, m.From.Address, m.Subject, len(m.Bounces) > 0, &p.report)
	m.Spam = spam(h)
	switch {
	case p.encrypted:
		m.Protection = "encrypted"
	case p.signed:
		m.Protection = "signed"
	}
	for i := range m.Attachments {
		if a := &m.Attachments[i]; a.ContentID != "" && strings.Contains(m.HTML, `data-cid="`) && strings.Contains(m.HTML, a.ContentID) {
			a.Inline = true
		}
	}
	return m
}

// bodies fills in text and HTML and returns the text's lines.
func (p *parser) bodies(m *connectors.Message) []textLine {
	var lines []textLine
	structured := ""
	forward := forwardSubject().MatchString(m.Subject)
	add := func(more []textLine) {
		if len(lines) > 0 && len(more) > 0 {
			lines = append(lines, textLine{})
		}
		lines = append(lines, more...)
	}
	take := func(parts []*textPart) {
		for _, t := range parts {
			switch {
			case strings.TrimSpace(t.text) == "":
			case t.html:
				add(htmlLines(t.text, forward))
			default:
				add(plainLines(strings.TrimRight(t.text, "\n")))
			}
		}
	}
	take(p.text)
	if len(lines) == 0 {
		take(p.html)
	}
	if len(lines) == 0 {
		take(p.spare)
	}
	m.Text = joinLines(lines)

	var src strings.Builder
	real := false
	for _, t := range p.html {
		if t.html {
			real = true
			src.WriteString(t.text)
			structured += t.text
		} else if strings.TrimSpace(t.text) != "" {
			src.WriteString(`<div style="white-space: pre-wrap">`)
			src.WriteString(htmlEscape(t.text))
			src.WriteString("</div>\n")
		}
	}
	if real {
		m.HTML, m.RemoteImages = markup.Sanitise(src.String())
		if !slices.ContainsFunc(p.text, func(t *textPart) bool { return t.html }) {
			quotedByHTML(lines, structured, forward)
		}
	}
	return lines
}

func htmlEscape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;").Replace(s)
}

// from reads the author: of several the first that has an address. An
// unreadable one keeps its text as a name and has no address.
func (p *parser) from(h header, hint string) inbox.Party {
	all := readParties(h, hint, "from")
	good := withAddress(all)
	p.authors = len(good)
	if len(good) > 0 {
		return good[0]
	}
	raw := strings.TrimSpace(h.get("from"))
	if raw == "" {
		p.problem("the mail names no sender")
	} else {
		p.problem("the sender's address cannot be read")
	}
	if len(all) > 0 {
		return all[0]
	}
	return inbox.Party{Name: cut(cleanLine(decodeWordsHint(raw, hint)), 500)}
}

func readParties(h header, hint, name string) []inbox.Party {
	var out []inbox.Party
	for _, v := range h.all(name) {
		if out = append(out, parseAddresses(v, hint)...); len(out) >= maxParties {
			return out[:maxParties]
		}
	}
	return out
}

func withAddress(in []inbox.Party) []inbox.Party {
	var out []inbox.Party
	for _, p := range in {
		if p.Address != "" {
			out = append(out, p)
		}
	}
	return out
}

// charsetHint is the charset in which bytes of a header that declare none are
// likeliest: that of the text.
func (p *parser) charsetHint(h header) string {
	_, attrs := params(h.get("content-type"))
	return attrs["charset"]
}

// date reads the Date field. A date that is missing, unreadable or far in the
// future is zero: then the time of receipt stands.
func (p *parser) date(h header, received time.Time) time.Time {
	v := h.get("date")
	if strings.TrimSpace(v) == "" {
		p.problem("the mail has no date")
		return time.Time{}
	}
	t, ok := parseDate(v)
	if !ok {
		p.problem("the date %q cannot be read", cut(cleanLine(v), 60))
		return time.Time{}
	}
	if !received.IsZero() && t.After(received.Add(48*time.Hour)) {
		p.problem("the date %q lies in the future", cut(cleanLine(v), 60))
		return time.Time{}
	}
	return t
}

// spam reads the verdict of the filter that the mail passed last. Fields below
// the first hop of Received came with the mail as it was sent: only those above
// a second one are believed.
func spam(h header) bool {
	hops := 0
	for _, f := range h {
		v := strings.ToLower(strings.TrimSpace(f.value))
		switch f.name {
		case "received":
			hops++
			if hops > 2 {
				return false
			}
		case "x-spam-flag":
			return strings.HasPrefix(v, "yes") || v == "true"
		case "x-spam-status":
			return strings.HasPrefix(v, "yes")
		case "x-ms-exchange-organization-scl", "x-forefront-antispam-scl":
			if n := number(v); n >= 5 && n <= 9 {
				return true
			}
		case "x-gm-spam":
			return v == "1" || v == "true" || v == "yes"
		}
	}
	return false
}
