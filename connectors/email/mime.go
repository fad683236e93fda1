package email

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"skein/connectors"
)

// What one mail may make of us. Beyond a limit nothing is lost: the raw mail is
// whole, and what was not taken apart is one attachment.
const (
	maxParts    = 1000
	maxDepth    = 50
	maxText     = 1 << 20   // bytes of one text body
	maxTexts    = 4 << 20   // bytes of all of them
	maxReport   = 256 << 10 // bytes of a delivery report's part that are looked at
	maxProblems = 50
)

// stop says where reading a part ended: at a boundary of level, which may be a
// closing one, or at the end of the mail.
type stop struct {
	level int
	close bool
}

var atEnd = stop{level: -1}

// A parser takes one mail apart.
type parser struct {
	s       *scanner
	store   func(context.Context, io.Reader) (connectors.Body, error)
	bounds  []string // the boundaries that are open, outermost first
	lost    []string // the boundaries of multiparts that never closed
	nested  bool     // an attached mail is looked into
	stop    stop
	parts   int
	authors int  // readable addresses in From
	full    bool // the limit of parts is reached
	texts   int  // bytes of text held
	err     error

	text, html  []*textPart
	noText      bool // RFC 8621 section 4.1.4: the body that needs no more parts
	noHTML      bool
	attachments []connectors.Attachment
	spare       []*textPart // text of other types, shown where there is no better
	report      report
	signed      bool
	encrypted   bool
	problems    []string
}

// A textPart is one text body.
type textPart struct {
	html bool
	text string
}

// problem notes what could not be read. It says each thing once.
func (p *parser) problem(format string, args ...any) {
	msg := cut(cleanLine(fmt.Sprintf(format, args...)), 300)
	if len(p.problems) >= maxProblems {
		return
	}
	for _, old := range p.problems {
		if old == msg {
			return
		}
	}
	p.problems = append(p.problems, msg)
}

// A part is what the header of a part says of it.
type part struct {
	header      header
	kind        string // of its Content-Type, lower case
	attrs       map[string]string
	disposition string
	name        string
	contentID   string
	encoding    string
	untyped     bool
}

func newPart(h header, parent string) part {
	p := part{header: h, encoding: firstWord(h.get("content-transfer-encoding"))}
	p.kind, p.attrs = params(h.get("content-type"))
	if !strings.Contains(p.kind, "/") || strings.HasSuffix(p.kind, "/") || strings.HasPrefix(p.kind, "/") {
		p.untyped = true
		switch {
		case p.kind == "multipart" || p.attrs["boundary"] != "":
			p.kind = "multipart/mixed"
		case p.kind == "" && parent == "multipart/digest":
			p.kind = "message/rfc822"
		case p.kind == "html":
			p.kind = "text/html"
		default:
			p.kind = "text/plain"
		}
	}
	var disp map[string]string
	p.disposition, disp = params(h.get("content-disposition"))
	if p.name = disp["filename"]; p.name == "" {
		p.name = p.attrs["name"]
	}
	if p.name == "" {
		p.name = disp["name"]
	}
	p.contentID = cut(cleanLine(strings.Trim(strings.TrimSpace(h.get("content-id")), "<>")), maxIDLength)
	return p
}

func firstWord(s string) string {
	s, _ = stripComments(s)
	if f := strings.Fields(s); len(f) > 0 {
		return f[0]
	}
	return ""
}

// atBoundary reports whether l is the delimiter of an open multipart, and notes
// which.
func (p *parser) atBoundary(l line) bool {
	if !l.start || len(l.data) < 2 || l.data[0] != '-' || l.data[1] != '-' {
		return false
	}
	rest := string(bytes.TrimRight(l.data[2:min(len(l.data), 400)], " \t"))
	for i := len(p.bounds) - 1; i >= 0; i-- {
		switch after, ok := strings.CutPrefix(rest, p.bounds[i]); {
		case !ok:
		case after == "":
			p.stop = stop{level: i}
			return true
		case strings.HasPrefix(after, "--"):
			p.stop = stop{level: i, close: true}
			return true
		}
	}
	for _, b := range p.lost { // its multipart was cut off, its parts go on
		if len(p.bounds) > 0 && rest == b {
			p.stop = stop{level: len(p.bounds) - 1}
			return true
		}
	}
	return false
}

// entity reads the body that follows the header h, up to and including the
// boundary that ends it. parent is the type of the multipart that it stands in,
// index its place there.
func (p *parser) entity(h header, parent string, index, depth int, alternative bool) {
	part := newPart(h, parent)
	if p.parts++; p.parts > maxParts && !p.full {
		p.full = true
		p.problem("the mail has more than %d parts: the rest is kept as one attachment", maxParts)
		p.bounds = p.bounds[:0]
		part.kind, part.encoding, part.name, part.disposition = "application/octet-stream", "", "further-parts.txt", "attachment"
	}
	switch {
	case strings.HasPrefix(part.kind, "multipart/") && depth >= maxDepth:
		p.problem("the mail is nested more than %d deep: the inner parts are kept as one attachment", maxDepth)
		part.kind, part.encoding, part.name, part.disposition = "application/octet-stream", "", "nested-parts.txt", "attachment"
		p.leaf(part, parent, index, alternative)
	case strings.HasPrefix(part.kind, "multipart/"):
		p.multipart(part, depth, alternative)
	default:
		p.leaf(part, parent, index, alternative)
	}
}

func (p *parser) multipart(part part, depth int, alternative bool) {
	switch part.kind {
	case "multipart/signed":
		p.signed = true
	case "multipart/encrypted":
		p.encrypted = true
	}
	boundary := strings.TrimRight(part.attrs["boundary"], " \t")
	begin := p.s.off
	if boundary == "" {
		boundary = p.guessBoundary()
		if boundary == "" {
			p.problem("a multipart names no boundary: read as text")
			part.kind = "text/plain"
			p.leaf(part, "", 0, alternative)
			return
		}
		p.problem("a multipart names no boundary: guessed")
	}
	level := len(p.bounds)
	p.bounds = append(p.bounds, boundary)
	defer func() { p.bounds = p.bounds[:min(level, len(p.bounds))] }()

	p.skip()
	if p.stop.level != level { // the boundary never came
		p.bounds = p.bounds[:level]
		end := p.stop
		p.s.seek(begin)
		guess := p.guessBoundary()
		if guess == "" || guess == boundary {
			p.problem("a multipart's boundary does not occur: read as text")
			part.kind, part.encoding = "text/plain", ""
			p.leaf(part, "", 0, alternative)
			return
		}
		p.problem("a multipart's boundary does not occur: guessed")
		boundary = guess
		p.bounds = append(p.bounds, guess)
		p.stop = end
		p.skip()
	}

	closed := false
	defer func() {
		if !closed && p.stop.level >= 0 && p.stop.level < level && len(p.lost) < 20 {
			p.lost = append(p.lost, boundary)
		}
	}()
	isAlternative := part.kind == "multipart/alternative"
	noText, noHTML := p.noText, p.noHTML
	defer func() { p.noText, p.noHTML = noText, noHTML }()
	nText, nHTML := len(p.text), len(p.html)
	for i := 0; p.stop.level >= level && p.err == nil; i++ {
		if p.stop.close {
			closed = true
			// After a close the mail goes on only where it closed too early.
			i--
			p.skip()
			continue
		}
		p.stop = stop{level: level + 1}
		h := p.readHeader(false)
		if p.stop.level <= level && len(h) == 0 {
			continue // a boundary that follows a boundary
		}
		if p.stop.level <= level { // a header and no body
			continue
		}
		p.entity(h, part.kind, i, depth+1, alternative || isAlternative)
		if p.full {
			return
		}
	}
	if isAlternative && !p.noText && !p.noHTML {
		switch {
		case nText == len(p.text) && nHTML != len(p.html):
			p.text = append(p.text, p.html[nHTML:]...)
		case nHTML == len(p.html) && nText != len(p.text):
			p.html = append(p.html, p.text[nText:]...)
		}
	}
}

// skip reads up to the next boundary.
func (p *parser) skip() {
	for {
		l, ok := p.s.next()
		if !ok {
			p.stop = atEnd
			return
		}
		if p.atBoundary(l) {
			return
		}
	}
}

// guessBoundary looks in what follows for a line that serves as a delimiter: one
// that begins with "--" and that a header follows.
func (p *parser) guessBoundary() string {
	b := p.s.peek(16 << 10)
	for len(b) > 0 {
		l, rest, ok := bytes.Cut(b, []byte("\n"))
		if !ok {
			return ""
		}
		b = rest
		l = bytes.TrimRight(l, "\r \t")
		if len(l) > 4 && len(l) < 200 && bytes.HasPrefix(l, []byte("--")) && hasPrefixFold(bytes.TrimLeft(rest, "\r\n"), "content-") {
			return string(l[2:])
		}
	}
	return ""
}

func hasPrefixFold(b []byte, s string) bool {
	return len(b) >= len(s) && strings.EqualFold(string(b[:len(s)]), s)
}

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
		p.problem("charset %q is unknown or wrong: read as well as can be guessed", cut(cleanLine(label), 40))
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
