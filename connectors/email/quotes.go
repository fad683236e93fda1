package email

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// findQuotes marks the elements in which mail programs put what they quote and
// what they sign with. A forwarded mail is none of these, though Gmail wraps it
// like a quote: who forwards, says it.
func findQuotes(root *html.Node, forward bool) map[*html.Node]mark {
	marks := make(map[*html.Node]mark)
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode {
			switch m, rest := quoteMark(n); {
			case m == markQuote && forward:
			case m == markQuote && forwards(n):
				return
			case m != 0 && rest:
				markRest(n, marks)
				return
			case m != 0:
				marks[n] = m
				return
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if marks[c] == 0 {
				walk(c)
			}
		}
	}
	walk(root)
	return marks
}

// markRest marks n and all that comes after it in the document.
func markRest(n *html.Node, marks map[*html.Node]mark) {
	marks[n] = markQuote
	for ; n != nil && n.DataAtom != atom.Body && n.DataAtom != atom.Html; n = n.Parent {
		for s := n.NextSibling; s != nil; s = s.NextSibling {
			if s.Type == html.ElementNode || s.Type == html.TextNode {
				marks[s] = markQuote
			}
		}
	}
}

// quoteMark tells what an element is by the marks that mail programs leave; rest
// means that all after it belongs to it too.
func quoteMark(n *html.Node) (m mark, rest bool) {
	class := " " + strings.ToLower(attr(n, "class")) + " "
	id := strings.ToLower(attr(n, "id"))
	has := func(names ...string) bool {
		for _, name := range names {
			if strings.Contains(class, " "+name+" ") {
				return true
			}
		}
		return false
	}
	switch {
	case n.DataAtom == atom.Blockquote && (strings.EqualFold(attr(n, "type"), "cite") || has("gmail_quote", "cite", "protonmail_quote", "tutanota_quote")):
		return markQuote, false
	case has("gmail_quote", "yahoo_quoted", "moz-cite-prefix", "protonmail_quote", "tutanota_quote", "zmail_extra", "gmail_attr", "yahoo-quoted-begin", "front-blockquote", "zm_quote", "ms-outlook-mobile-reference-message", "quoted-message", "mail_quote", "mailbird_quote", "airmail_ext_on"),
		strings.HasPrefix(id, "yahoo_quoted"), id == "mail-editor-reference-message-container", id == "olk_src_body_section", id == "isreplycontent", id == "replybody", id == "mailbirdconversation":
		return markQuote, false
	case id == "divrplyfwdmsg", id == "appendonsend", id == "stopspelling", strings.HasSuffix(id, "_divrplyfwdmsg"), strings.HasSuffix(id, "_appendonsend"), has("hmquote"):
		return markQuote, true
	case has("gmail_signature", "moz-signature", "protonmail_signature_block", "gmail_signature_prefix"), id == "signature", id == "ms-outlook-mobile-signature", id == "ymail_android_signature", strings.HasSuffix(id, "_ms-outlook-mobile-signature"), attr(n, "data-smartmail") == "gmail_signature", id == "applemailsignature":
		return markSignature, false
	}
	if n.DataAtom == atom.Div || n.DataAtom == atom.Td {
		if outlookDivider(n) {
			return markQuote, true
		}
	}
	return 0, false
}

// outlookDivider recognises the box with a line above that Outlook puts around
// the header of what it quotes.
func outlookDivider(n *html.Node) bool {
	style := strings.ToLower(strings.ReplaceAll(attr(n, "style"), " ", ""))
	if !strings.Contains(style, "border-top:solid") && !strings.Contains(style, "border-top:1") {
		return false
	}
	lines := strings.Split(nodeText(n, 600), "\n")
	for _, l := range lines {
		if kind, _ := headerKey(l); kind == "from" || kind == "date" {
			return true
		}
	}
	return false
}

// forwards reports whether a quoting element holds a forwarded mail.
func forwards(n *html.Node) bool {
	text := nodeText(n, 200)
	for _, l := range strings.SplitN(text, "\n", 6) {
		if forwardMark().MatchString(l) {
			return true
		}
	}
	return false
}

// nodeText returns the first text within n, up to limit bytes.
func nodeText(n *html.Node, limit int) string {
	var b strings.Builder
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if b.Len() > limit {
			return
		}
		if n.Type == html.TextNode {
			b.WriteString(strings.Join(strings.Fields(n.Data), " "))
			if strings.HasSuffix(n.Data, " ") {
				b.WriteByte(' ')
			}
		}
		switch n.DataAtom {
		case atom.Br, atom.P, atom.Div, atom.Tr:
			b.WriteByte('\n')
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(n)
	return b.String()
}

// quotedByHTML marks those lines of a plain text that the structure of the same
// mail's HTML says are quoted. It only adds to what the text itself tells.
func quotedByHTML(lines []textLine, src string, forward bool) {
	var quoted, visible, signed strings.Builder
	for _, l := range htmlLines(src, forward) {
		to := &visible
		switch {
		case l.quoted:
			to = &quoted
		case l.signed:
			to = &signed
		}
		fold(to, strings.TrimLeft(l.text, "> "))
	}
	mark := func(blob, rest string, set func(*textLine)) {
		if len(blob) < 8 || len(lines)*(len(blob)+len(rest)) > 1<<30 { // what it would cost
			return
		}
		last := -1
		for i := range lines {
			var b strings.Builder
			fold(&b, strings.TrimLeft(lines[i].text, "> "))
			s := b.String()
			if s == "" {
				continue
			}
			in := len(s) >= 8 && strings.Contains(blob, s) && !strings.Contains(rest, s)
			if in && !strings.HasPrefix(strings.TrimSpace(lines[i].text), ">") {
				set(&lines[i])
				// Short lines between two that are quoted are quoted too.
				if last >= 0 && i-last <= 4 {
					for k := last + 1; k < i; k++ {
						fold(&b, "")
						if short := foldString(lines[k].text); strings.Contains(blob, short) {
							set(&lines[k])
						}
					}
				}
				last = i
			}
		}
	}
	mark(quoted.String(), visible.String()+signed.String(), func(l *textLine) { l.quoted = true })
	mark(signed.String(), visible.String()+quoted.String(), func(l *textLine) { l.signed = true })
}

// fold appends the letters and digits of s.
func fold(b *strings.Builder, s string) {
	for _, r := range s {
		if r > ' ' && r != '\u00a0' && r != '*' && r != '_' && r != '<' && r != '>' {
			b.WriteRune(r)
		}
	}
}

func foldString(s string) string {
	var b strings.Builder
	fold(&b, s)
	return b.String()
}
