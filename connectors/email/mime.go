package email

import (
	"bytes"
	"context"
	"fmt"
	"io"
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
	maxLost     = 20 // boundaries of multiparts that never closed
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
			if p.stop.level >= 0 && len(p.lost) < maxLost {
				p.lost = append(p.lost, boundary)
			}
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
		if !closed && p.stop.level >= 0 && p.stop.level < level && len(p.lost) < maxLost {
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
