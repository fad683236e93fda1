package email

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"slices"
	"strings"
	"unicode"

	"github.com/emersion/go-message"
	gomail "github.com/emersion/go-message/mail"
	"golang.org/x/net/idna"

	"skein/connectors"
	"skein/inbox"
)

// maxReferences bounds the References chain; the first and the newest are kept,
// as RFC 5322 leaves it to the sender and some servers refuse endless headers.
const maxReferences = 40

// A composition is a mail ready to be written out, once for its size and once
// for the server. Nothing in it can break out of its header field.
type composition struct {
	header gomail.Header
	out    connectors.Outbound
}

// compose makes the header. An error is [inbox.Invalid]: the message can never
// be sent as it is.
func compose(out connectors.Outbound) (*composition, error) {
	c := &composition{out: out}
	h := &c.header
	from, err := parties([]inbox.Party{out.From})
	if err != nil {
		return nil, invalid("the sender's address: %v", err)
	}
	h.SetAddressList("From", from)
	for _, f := range []struct {
		name string
		list []inbox.Party
	}{{"To", out.To}, {"Cc", out.Cc}} {
		var list []*mail.Address
		for _, p := range f.list {
			// One that isn't an address is reported as refused when it is sent to.
			if a, err := parties([]inbox.Party{p}); err == nil {
				list = append(list, a...)
			}
		}
		if len(list) > 0 {
			h.SetAddressList(f.name, list)
		}
	}
	if !h.Has("To") && !h.Has("Cc") {
		h.Set("To", "undisclosed-recipients:;") // RFC 5322 appendix A.1.3
	}
	if out.ReplyTo != "" {
		replyTo, err := parties([]inbox.Party{{Address: out.ReplyTo, Name: out.From.Name}})
		if err != nil {
			return nil, invalid("the reply address: %v", err)
		}
		h.SetAddressList("Reply-To", replyTo)
	}
	h.SetSubject(oneLine(out.Subject))
	h.SetDate(out.Date)
	if !validMsgID(out.HeaderID) {
		return nil, invalid("%q cannot be a Message-ID", out.HeaderID)
	}
	h.SetMessageID(out.HeaderID)
	refs := slices.DeleteFunc(slices.Clone(out.References), func(id string) bool { return !validMsgID(id) })
	if validMsgID(out.InReplyTo) {
		h.SetMsgIDList("In-Reply-To", []string{out.InReplyTo})
		if !slices.Contains(refs, out.InReplyTo) {
			refs = append(refs, out.InReplyTo)
		}
	}
	if len(refs) > maxReferences {
		refs = append(refs[:1:1], refs[len(refs)-maxReferences+1:]...)
	}
	if len(refs) > 0 {
		h.SetMsgIDList("References", refs)
	}
	if out.Automatic { // RFC 3834 section 5, and what Exchange reads instead
		h.Set("Auto-Submitted", "auto-generated")
		h.Set("X-Auto-Response-Suppress", "All")
	}
	h.Set("MIME-Version", "1.0")
	return c, nil
}

// parties checks addresses for a header; domains become ASCII (RFC 5891).
func parties(list []inbox.Party) ([]*mail.Address, error) {
	var as []*mail.Address
	for _, p := range list {
		addr, _, err := mailAddress(p.Address)
		if err != nil {
			return nil, err
		}
		as = append(as, &mail.Address{Name: oneLine(p.Name), Address: addr})
	}
	return as, nil
}

// mailAddress checks an address and brings it into the form for an envelope. utf8
// tells that its local part is not ASCII, which only SMTPUTF8 (RFC 6531) carries.
func mailAddress(s string) (addr string, utf8 bool, err error) {
	s = strings.TrimSpace(s)
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == '<' || r == '>' }) || len(s) > 320 {
		return "", false, fmt.Errorf("%q is not an address", clipped(s))
	}
	a, err := mail.ParseAddress("<" + s + ">")
	if err != nil {
		return "", false, fmt.Errorf("%q is not an address", clipped(s))
	}
	at := strings.LastIndexByte(a.Address, '@')
	local, domain := a.Address[:at], a.Address[at+1:]
	if !strings.HasPrefix(domain, "[") {
		if domain, err = idna.Lookup.ToASCII(domain); err != nil || domain == "" {
			return "", false, fmt.Errorf("%q is not a domain", clipped(a.Address[at+1:]))
		}
	}
	if strings.ContainsFunc(local, unicode.IsControl) {
		return "", false, fmt.Errorf("%q is not an address", clipped(s))
	}
	return local + "@" + domain, strings.ContainsFunc(local, func(r rune) bool { return r > 127 }), nil
}

// envelope is an address between the angle brackets of MAIL and RCPT, its local
// part quoted where it must be.
func envelope(addr string) string {
	return strings.Trim((&mail.Address{Address: addr}).String(), "<>")
}

func clipped(s string) string {
	if len(s) > 80 {
		s = s[:80] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// oneLine makes s fit for a header: no line break, nothing invisible.
func oneLine(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }), " ")
}

func validMsgID(id string) bool {
	return id != "" && len(id) <= 900 && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '<' || r == '>' })
}

// size returns the bytes that writeTo will write, as far as the sizes of the
// attachments are told truly.
func (c *composition) size(ctx context.Context) (int64, error) {
	var n byteCount
	err := c.writeTo(ctx, &n, func(_ context.Context, body connectors.Body) (io.ReadCloser, error) {
		return io.NopCloser(io.LimitReader(zeros{}, body.Size)), nil
	})
	return int64(n), err
}

type byteCount int64

func (n *byteCount) Write(p []byte) (int, error) {
	*n += byteCount(len(p))
	return len(p), nil
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// writeTo writes the mail with CRLF line ends and only ASCII bytes in its
// bodies. Attachments are streamed from open.
//
//	mixed
//	├─ alternative
//	│  ├─ text/plain
//	│  └─ related (with inline images) or text/html
//	└─ attachments
//
// Levels that would hold one part are left out.
func (c *composition) writeTo(ctx context.Context, w io.Writer, open connectors.OpenFunc) error {
	var inline, files []connectors.Attachment
	for _, a := range c.out.Attachments {
		if a.Inline && a.ContentID != "" && c.out.HTML != "" && validMsgID(a.ContentID) {
			inline = append(inline, a)
		} else {
			files = append(files, a)
		}
	}
	body := composeText("plain", c.out.Text)
	if c.out.HTML != "" {
		html := composeText("html", c.out.HTML)
		if len(inline) > 0 {
			html = multipart("related", append([]outPart{html}, attachments(inline, "inline")...)...)
		}
		body = multipart("alternative", body, html)
	}
	if len(files) > 0 {
		body = multipart("mixed", append([]outPart{body}, attachments(files, "attachment")...)...)
	}
	top := c.header.Header.Copy()
	for fields := body.header.Fields(); fields.Next(); {
		top.Set(fields.Key(), fields.Value())
	}
	mw, err := message.CreateWriter(w, top)
	if err != nil {
		return err
	}
	if err := body.write(ctx, mw, open); err != nil {
		return err
	}
	return mw.Close()
}

// An outPart is one node of the tree above.
type outPart struct {
	header   message.Header
	text     string
	file     *connectors.Attachment
	children []outPart
}

func composeText(kind, text string) outPart {
	p := outPart{text: strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")}
	p.header.SetContentType("text/"+kind, map[string]string{"charset": "utf-8"})
	p.header.Set("Content-Transfer-Encoding", "quoted-printable")
	return p
}

func multipart(kind string, children ...outPart) outPart {
	p := outPart{children: children}
	p.header.SetContentType("multipart/"+kind, nil)
	return p
}

func attachments(list []connectors.Attachment, disposition string) []outPart {
	var parts []outPart
	for _, a := range list {
		p := outPart{file: &a}
		kind, params, err := mime.ParseMediaType(a.Type)
		// A message or multipart must not be encoded (RFC 2046 section 5.2.1),
		// and what isn't encoded can't be streamed safely.
		if err != nil || !strings.Contains(kind, "/") || strings.HasPrefix(kind, "message/") || strings.HasPrefix(kind, "multipart/") {
			kind, params = "application/octet-stream", nil
		}
		// The writer takes no other charset than its own, and the bytes are
		// passed on as they are.
		delete(params, "charset")
		name := oneLine(a.Name)
		if name == "" {
			name = "attachment"
		}
		p.header.SetContentType(kind, params)
		p.header.SetContentDisposition(disposition, map[string]string{"filename": name})
		p.header.Set("Content-Transfer-Encoding", "base64")
		if disposition == "inline" {
			p.header.Set("Content-Id", "<"+a.ContentID+">")
		}
		parts = append(parts, p)
	}
	return parts
}

func (p *outPart) write(ctx context.Context, w *message.Writer, open connectors.OpenFunc) error {
	for i := range p.children {
		child := &p.children[i]
		cw, err := w.CreatePart(child.header)
		if err != nil {
			return err
		}
		if err := child.write(ctx, cw, open); err != nil {
			return err
		}
		if err := cw.Close(); err != nil {
			return err
		}
	}
	if p.file != nil {
		r, err := open(ctx, p.file.Body)
		if err != nil {
			return fmt.Errorf("open attachment %s: %w", p.file.Name, err)
		}
		defer r.Close()
		n, err := io.Copy(w, r)
		if err != nil {
			return fmt.Errorf("read attachment %s: %w", p.file.Name, err)
		}
		if n != p.file.Body.Size {
			return fmt.Errorf("attachment %s has %d bytes, not %d", p.file.Name, n, p.file.Body.Size)
		}
		return nil
	}
	_, err := io.WriteString(w, p.text)
	return err
}
