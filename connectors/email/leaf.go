package email

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"strings"

	"skein/connectors"
)

// leaf reads a part that is not a multipart, as text or as an attachment (RFC
// 8621 section 4.1.4 tells which).
func (p *parser) leaf(part part, parent string, index int, alternative bool) {
	body := &bodyReader{p: p}
	isText := part.kind == "text/plain" || part.kind == "text/html"
	if isText && strings.EqualFold(part.encoding, "base64") && !looksBase64(p.s.peek(2048)) {
		p.problem("a text said to be base64 is none: read as it stands")
		part.encoding = ""
	}
	r := decodeTransfer(part.encoding, body, &body.bad)
	switch part.kind {
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		if t := strings.ToLower(part.attrs["smime-type"]); t == "signed-data" || t == "" && strings.HasSuffix(strings.ToLower(part.name), ".p7s") {
			p.signed = true
			p.problem("the text is within a signature (S/MIME): it is in the attachment")
		} else if t != "compressed-data" && t != "certs-only" {
			p.encrypted = true
		}
	}
	inline := isText && part.disposition != "attachment" &&
		(index == 0 || parent != "multipart/related" && part.name == "")
	if !inline || p.full {
		p.attach(part, r)
	} else {
		p.body(part, parent, alternative, r)
	}
	_, _ = io.Copy(io.Discard, r)
	body.drain()
	if body.bad {
		p.problem("a part's %s encoding is damaged", strings.ToLower(part.encoding))
	}
}

// body keeps an inline text part.
func (p *parser) body(part part, parent string, alternative bool, r io.Reader) {
	t := p.readText(part, r)
	if parent == "multipart/alternative" {
		if t.html {
			p.html = append(p.html, t)
		} else {
			p.text = append(p.text, t)
		}
		return
	}
	if alternative {
		if t.html {
			p.noText = true
		} else {
			p.noHTML = true
		}
	}
	if !p.noText || !t.html && alternative {
		p.text = append(p.text, t)
	}
	if !p.noHTML || t.html && alternative {
		p.html = append(p.html, t)
	}
}

// readText decodes a text part, as much of it as is kept.
func (p *parser) readText(part part, r io.Reader) *textPart {
	limit := min(maxText, maxTexts-p.texts)
	b, _ := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if len(b) > limit {
		p.problem("a text of the mail is longer than %d KiB: cut, the source has all of it", maxText>>10)
		b = b[:limit]
	}
	p.texts += len(b)
	t := &textPart{html: part.kind == "text/html"}
	if part.untyped && part.header.get("content-type") == "" && looksHTML(b) {
		t.html = true
	}
	label := part.attrs["charset"]
	if t.html && label == "" {
		label = metaCharset(b)
	}
	text, known := decodeCharset(label, b)
	if !known {
		p.problem("charset %q is unknown or wrong: read as well as can be guessed", cut(cleanLine(cleanLabel(label)), 40))
	}
	if t.text = clean(text); !t.html {
		switch {
		case strings.EqualFold(part.attrs["format"], "flowed"):
			t.text = unflow(t.text, strings.EqualFold(part.attrs["delsp"], "yes"))
		}
		switch {
		case strings.Contains(t.text, "-----BEGIN PGP MESSAGE-----"):
			p.encrypted = true
		case strings.Contains(t.text, "-----BEGIN PGP SIGNED MESSAGE-----"):
			p.signed = true
		}
	}
	return t
}

// attach streams a part into Store.
func (p *parser) attach(part part, r io.Reader) {
	var head capped
	text := strings.HasPrefix(part.kind, "text/") && part.disposition != "attachment" && part.kind != "text/calendar" && part.kind != "text/x-vcard"
	message := strings.HasPrefix(part.kind, "message/") || part.kind == "text/rfc822-headers"
	if text || message {
		head.limit = maxReport
		r = io.TeeReader(r, &head)
	}
	body, err := p.store(p.s.ctx, r)
	if err != nil {
		p.err = err
		return
	}
	_, _ = io.Copy(io.Discard, r)
	name := fileName(part.name)
	if message {
		p.report.add(part.kind, head.b)
		if part.kind == "message/rfc822" {
			if name == "" {
				name = subjectName(head.b)
			}
			p.enclosed(head.b)
		} else {
			p.spare = append(p.spare, &textPart{text: clean(detect(head.b, ""))})
		}
	}
	if text && !message {
		t, _ := decodeCharset(part.attrs["charset"], head.b)
		p.spare = append(p.spare, &textPart{html: part.kind == "text/html", text: clean(t)})
	}
	if name == "" {
		name = "part-" + strconv.Itoa(p.parts) + extension(part.kind)
	}
	p.attachments = append(p.attachments, connectors.Attachment{
		Name: name, Type: cut(cleanLine(part.kind), 200),
		Inline: part.disposition == "inline" && part.contentID != "", ContentID: part.contentID, Body: body,
	})
}

// enclosed looks into the first attached mail: what it says is shown where the
// mail around it says nothing, and a delivery report may be in it.
func (p *parser) enclosed(b []byte) {
	if p.nested || p.report.inner != nil {
		return
	}
	sub := &parser{s: newScanner(p.s.ctx, bytes.NewReader(b), int64(len(b))), nested: true}
	sub.store = func(_ context.Context, r io.Reader) (connectors.Body, error) {
		_, err := io.Copy(io.Discard, r)
		return connectors.Body{}, err
	}
	h := sub.readHeader(true)
	sub.entity(h, "", 0, 0, false)
	p.report.inner = &sub.report
	if texts := sub.text; len(texts) > 0 {
		p.spare = append(p.spare, texts...)
	} else {
		p.spare = append(p.spare, sub.html...)
	}
}

// capped keeps the first bytes that are written to it.
type capped struct {
	b     []byte
	limit int
}

func (c *capped) Write(p []byte) (int, error) {
	c.b = append(c.b, p[:min(len(p), max(0, c.limit-len(c.b)))]...)
	return len(p), nil
}

// A bodyReader reads the bytes of a part up to its boundary. The line end before
// a boundary belongs to the boundary (RFC 2046 section 5.1.1).
type bodyReader struct {
	p    *parser
	buf  []byte
	cur  []byte
	pend string
	done bool
	bad  bool
}

func (b *bodyReader) Read(out []byte) (int, error) {
	for len(b.cur) == 0 {
		if b.done {
			return 0, io.EOF
		}
		l, ok := b.p.s.next()
		switch {
		case !ok:
			b.p.stop, b.done = atEnd, true
			b.cur = append(b.buf[:0], b.pend...)
		case b.p.atBoundary(l):
			b.done = true
		default:
			b.buf = append(append(b.buf[:0], b.pend...), l.data...)
			b.pend, b.cur = l.end, b.buf
		}
	}
	n := copy(out, b.cur)
	b.cur = b.cur[n:]
	return n, nil
}

func (b *bodyReader) drain() { _, _ = io.Copy(io.Discard, b) }
