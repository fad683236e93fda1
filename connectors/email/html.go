package email

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A textLine is one line of text made from HTML, and what the HTML's structure
// says of it.
type textLine struct {
	text   string
	quoted bool // within what a mail program marked as quoted
	signed bool // within what a mail program marked as a signature
}

// htmlLines turns HTML into lines that read well: paragraphs apart, lists with
// their marks, tables row by row, links with their addresses, quotes behind
// ">". Quotes and signatures that the structure tells are marked, not cut; in a
// mail that forwards another nothing counts as quoted.
func htmlLines(src string, forward bool) []textLine {
	root, err := html.Parse(strings.NewReader(src))
	if err != nil { // nested too deep
		return plainLines(stripTags(src))
	}
	w := &textWriter{marks: findQuotes(root, forward)}
	w.node(root, 0)
	w.flush()
	for len(w.lines) > 0 && w.lines[len(w.lines)-1].text == "" {
		w.lines = w.lines[:len(w.lines)-1]
	}
	return w.lines
}

func plainLines(s string) []textLine {
	var lines []textLine
	for _, l := range strings.Split(s, "\n") {
		lines = append(lines, textLine{text: l})
	}
	return lines
}

func joinLines(lines []textLine) string {
	var b strings.Builder
	for i, l := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(l.text)
	}
	return b.String()
}

// stripTags is the last resort: the text between the tags.
func stripTags(src string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(src))
	skip := 0
	for {
		switch z.Next() {
		case html.ErrorToken:
			return clean(b.String())
		case html.TextToken:
			if skip == 0 {
				b.Write(z.Text())
			}
		case html.StartTagToken:
			name, _ := z.TagName()
			switch atom.Lookup(name) {
			case atom.Script, atom.Style, atom.Title:
				skip++
			case atom.Br, atom.P, atom.Div, atom.Tr, atom.Li:
				b.WriteByte('\n')
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			switch atom.Lookup(name) {
			case atom.Script, atom.Style, atom.Title:
				skip = max(0, skip-1)
			}
		}
	}
}

type mark int

const (
	markQuote mark = iota + 1
	markSignature
)

type textWriter struct {
	lines  []textLine
	line   strings.Builder
	space  bool // a blank is due before the next word
	blank  bool // an empty line is due before the next text
	quote  int  // depth of blockquotes
	pre    int
	cells  bool // a cell of the present row has text
	indent string
	bullet string // due before the next text
	marks  map[*html.Node]mark
	quoted int
	signed int
	lists  []int
}

func (w *textWriter) flush() {
	text := strings.TrimRight(w.line.String(), " \t")
	w.line.Reset()
	w.space = false
	if text == "" && w.bullet == "" {
		return
	}
	w.emit(text)
}

func (w *textWriter) emit(text string) {
	l := textLine{quoted: w.quoted > 0, signed: w.signed > 0}
	prefix := strings.Repeat(">", min(w.quote, 20))
	if w.blank && len(w.lines) > 0 {
		w.lines = append(w.lines, textLine{text: prefix, quoted: l.quoted, signed: l.signed})
	}
	w.blank = false
	if w.bullet != "" {
		text = w.bullet + text
		w.bullet = ""
	} else if text != "" {
		text = w.indent + text
	}
	if prefix != "" && text != "" {
		prefix += " "
	}
	l.text = strings.TrimRight(prefix+text, " \t")
	w.lines = append(w.lines, l)
}

func (w *textWriter) text(s string) {
	s = clean(s)
	if w.pre > 0 {
		parts := strings.Split(s, "\n")
		for i, part := range parts {
			if i > 0 {
				w.breakLine()
			}
			w.line.WriteString(part)
		}
		return
	}
	for _, r := range s {
		switch r {
		case ' ', '\n', '\t', '\f':
			w.space = true
		case '\u200b', '\u00ad', '\ufeff', '\u200c', '\u034f': // what newsletters pad previews with
		default:
			if r == '\u00a0' {
				r = ' '
			}
			if w.space && w.line.Len() > 0 {
				w.line.WriteByte(' ')
			}
			w.space = false
			w.line.WriteRune(r)
		}
	}
}

// breakLine ends the line, an empty one too.
func (w *textWriter) breakLine() {
	if text := strings.TrimRight(w.line.String(), " \t"); text != "" || w.bullet != "" {
		w.flush()
		return
	}
	w.line.Reset()
	w.space = false
	if n := len(w.lines); n > 1 && strings.Trim(w.lines[n-1].text, "> ") == "" && strings.Trim(w.lines[n-2].text, "> ") == "" {
		return // no more than two in a row
	}
	if len(w.lines) > 0 {
		w.emit("")
	}
}

func (w *textWriter) children(n *html.Node, depth int) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.node(c, depth+1)
	}
}

func (w *textWriter) node(n *html.Node, depth int) {
	switch n.Type {
	case html.TextNode:
		w.text(n.Data)
		return
	case html.DocumentNode:
		w.children(n, depth)
		return
	case html.ElementNode:
	default:
		return
	}
	if m, ok := w.marks[n]; ok {
		w.flush()
		switch m {
		case markQuote:
			w.quoted++
			defer func() { w.flush(); w.quoted-- }()
		case markSignature:
			w.signed++
			defer func() { w.flush(); w.signed-- }()
		}
	}
	if hidden(n) {
		return
	}
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Template, atom.Noscript, atom.Object, atom.Iframe, atom.Select, atom.Textarea:
		return
	case atom.Br:
		w.breakLine()
		return
	case atom.Hr:
		w.flush()
		w.emit("--------")
		return
	case atom.Img:
		if alt := strings.TrimSpace(attr(n, "alt")); alt != "" && attr(n, "width") != "1" {
			w.text("[" + alt + "]")
		}
		return
	case atom.A:
		w.link(n, depth)
		return
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Dl:
		w.flush()
		w.blank = true
		w.children(n, depth)
		w.flush()
		w.blank = true
	case atom.Blockquote:
		w.flush()
		w.quote++
		w.children(n, depth)
		w.flush()
		w.blank = false
		w.quote--
	case atom.Pre:
		w.flush()
		w.pre++
		w.children(n, depth)
		w.pre--
		w.flush()
	case atom.Ul, atom.Ol:
		w.list(n, depth)
	case atom.Li:
		w.flush()
		mark := "- "
		if k := len(w.lists) - 1; k >= 0 && w.lists[k] >= 0 {
			w.lists[k]++
			mark = strconv.Itoa(w.lists[k]) + ". "
		}
		old := w.indent
		w.bullet = w.indent + mark
		if len(w.indent) < 40 {
			w.indent += strings.Repeat(" ", len(mark))
		}
		w.children(n, depth)
		w.flush()
		w.bullet = ""
		w.indent = old
	case atom.Td, atom.Th:
		if w.line.Len() > 0 && w.cells {
			w.space = false
			w.line.WriteString("  ")
		}
		before := w.line.Len()
		w.children(n, depth)
		w.cells = w.cells || w.line.Len() > before
	case atom.Tr:
		w.flush()
		w.cells = false
		w.children(n, depth)
		w.flush()
	case atom.Div, atom.Table, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Center, atom.Address, atom.Dt, atom.Dd, atom.Form, atom.Fieldset, atom.Body, atom.Main, atom.Figure, atom.Tbody, atom.Thead, atom.Tfoot, atom.Caption:
		w.flush()
		w.children(n, depth)
		w.flush()
	default:
		w.children(n, depth)
	}
}

func (w *textWriter) list(n *html.Node, depth int) {
	w.flush()
	count := -1
	if n.DataAtom == atom.Ol {
		count = 0
		if s, err := strconv.Atoi(attr(n, "start")); err == nil && s > 0 && s < 1e6 {
			count = s - 1
		}
	}
	w.lists = append(w.lists, count)
	w.children(n, depth)
	w.lists = w.lists[:len(w.lists)-1]
	w.flush()
}

// link writes a link's text and, where that does not say it, where it leads.
func (w *textWriter) link(n *html.Node, depth int) {
	before, lines := w.line.Len(), len(w.lines)
	w.children(n, depth)
	href := strings.TrimSpace(attr(n, "href"))
	if len(w.lines) != lines || len(href) > 2000 {
		return // a link around whole blocks
	}
	low := strings.ToLower(href)
	if !strings.HasPrefix(low, "http://") && !strings.HasPrefix(low, "https://") {
		return
	}
	shown := strings.TrimSpace(w.line.String()[min(before, w.line.Len()):])
	if shown == "" || sameLink(shown, href) {
		return
	}
	w.text(" <" + strings.ReplaceAll(href, " ", "%20") + ">")
}

func sameLink(shown, href string) bool {
	bare := func(s string) string {
		s = strings.ToLower(strings.TrimSpace(s))
		s = strings.TrimPrefix(strings.TrimPrefix(s, "https://"), "http://")
		return strings.TrimRight(strings.TrimPrefix(s, "www."), "/")
	}
	return bare(shown) == bare(href)
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func hidden(n *html.Node) bool {
	style := attr(n, "style")
	if style == "" {
		return false
	}
	flat := strings.ToLower(strings.ReplaceAll(style, " ", ""))
	return strings.Contains(flat, "display:none") || strings.Contains(flat, "mso-hide:all") && strings.Contains(flat, "max-height:0")
}
