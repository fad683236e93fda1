// Package markup makes HTML that strangers wrote safe to show beside an agent's
// own session.
//
// It promises that what [Sanitise] returns runs nothing, loads nothing and
// covers nothing: no script, style sheet, form, frame or event handler; no
// address but of the web, mail and phone; images of other servers named but not
// loaded; images of the message itself named by their Content-ID. To sanitise
// twice is to sanitise once, so a reader need not know whether it was done.
//
// It never fetches, stores or rewrites text, and knows no channel.
package markup

import (
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Attributes that [Sanitise] leaves in the place of an image's src.
const (
	RemoteSource = "data-remote-src" // an address on another server
	ContentID    = "data-cid"        // the Content-ID of an attachment
)

// Sanitise returns src without anything that acts, and whether it names images
// on other servers. Those keep their address in data-remote-src, images of the
// message itself keep their Content-ID in data-cid.
func Sanitise(src string) (safe string, remoteImages bool) {
	safe, _ = once(src)
	// What one pass leaves behind may, read again, be something else; what
	// does not come to rest is shown as text.
	for range 4 {
		again, remote := once(safe)
		if again == safe {
			return safe, remote
		}
		safe = again
	}
	return html.EscapeString(bluemonday.StrictPolicy().Sanitize(safe)), false
}

func once(src string) (string, bool) {
	pre, remote := rename(src)
	return policy().Sanitize(pre), remote
}

var policy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("a", "abbr", "acronym", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br",
		"caption", "center", "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em",
		"figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "ins", "kbd",
		"li", "main", "mark", "ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "section", "small", "span", "strike",
		"strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul",
		"var", "wbr", "img")
	p.SkipElementsContent("script", "style", "title", "noscript", "noframes", "noembed", "iframe", "template", "textarea", "select", "xmp", "plaintext")
	p.AllowNoAttrs().OnElements("a", "font", "span", "img", "q")

	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(false)
	p.AllowAttrs("href").OnElements("a")
	p.RequireNoReferrerOnLinks(true)
	p.RequireNoFollowOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)

	size := regexp.MustCompile(`^[0-9]{1,4}%?$`)
	word := regexp.MustCompile(`^[a-zA-Z]{1,20}$`)
	p.AllowAttrs(RemoteSource).Matching(remoteURL).OnElements("img")
	p.AllowAttrs(ContentID).Matching(contentID).OnElements("img")
	p.AllowAttrs("alt", "title").OnElements("img")
	p.AllowAttrs("title").OnElements("a", "abbr", "acronym")
	p.AllowAttrs("width", "height", "border", "cellpadding", "cellspacing", "hspace", "vspace").Matching(size).OnElements("img", "table", "td", "th", "tr", "col", "colgroup", "hr")
	p.AllowAttrs("align", "valign", "dir").Matching(word).Globally()
	p.AllowAttrs("bgcolor", "color").Matching(regexp.MustCompile(`^#?[a-zA-Z0-9]{1,20}$`)).Globally()
	p.AllowAttrs("face").Matching(regexp.MustCompile(`^[\pL0-9 ,'-]+$`)).OnElements("font") // no longer than maxFace
	p.AllowAttrs("size").Matching(regexp.MustCompile(`^[+-]?[0-9]{1,2}$`)).OnElements("font")
	p.AllowAttrs("colspan", "rowspan", "span", "start", "value").Matching(regexp.MustCompile(`^[0-9]{1,4}$`)).OnElements("td", "th", "col", "colgroup", "ol", "li")
	p.AllowAttrs("type").Matching(regexp.MustCompile(`^(?:cite|1|a|A|i|I|disc|circle|square)$`)).OnElements("blockquote", "ol", "ul", "li")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^(?:gmail_quote|yahoo_quoted|moz-cite-prefix|protonmail_quote|gmail_signature)$`)).OnElements("div", "blockquote")
	p.AllowAttrs("style").Matching(safeStyle).Globally()
	return p
})

var (
	remoteURL = regexp.MustCompile(`(?i)^https?://[^\s"'<>\\]+$`)
	contentID = regexp.MustCompile(`^[^\s"'<>\\]{1,500}$`)
)

// maxFace is how long the name of a typeface may be, in letters.
const maxFace = 100

// rename takes out what the policy cannot judge: it moves the sources of images
// aside, keeps of style attributes what is harmless, and drops comments.
func rename(src string) (out string, remote bool) {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(src))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return b.String(), remote
		case html.CommentToken, html.DoctypeToken:
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			kept := t.Attr[:0]
			for _, a := range t.Attr {
				switch {
				case a.Key == "style":
					if a.Val = style(a.Val); a.Val == "" {
						continue
					}
				case a.Key == "face":
					if utf8.RuneCountInString(a.Val) > maxFace {
						continue
					}
				case t.DataAtom != atom.Img:
				case a.Key == "src":
					if a.Key, a.Val = source(a.Val); a.Key == "" {
						continue
					}
				case a.Key == "srcset" || a.Key == "lowsrc" || a.Key == "dynsrc" || a.Key == "longdesc":
					continue
				}
				if t.DataAtom == atom.Img && a.Key == RemoteSource {
					if !remoteURL.MatchString(a.Val) {
						continue
					}
					remote = true
				}
				kept = append(kept, a)
			}
			t.Attr = kept
			b.WriteString(t.String())
		default:
			b.Write(z.Raw())
		}
	}
}

// source tells where an image's src belongs; key is "" for nowhere.
func source(src string) (key, value string) {
	src = strings.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, src)
	low := strings.ToLower(src)
	switch {
	case strings.HasPrefix(low, "cid:"):
		return ContentID, strings.Trim(src[4:], "<>")
	case strings.HasPrefix(low, "//"):
		return RemoteSource, "https:" + src
	case strings.HasPrefix(low, "http://"), strings.HasPrefix(low, "https://"):
		return RemoteSource, strings.NewReplacer(`"`, "%22", `'`, "%27", "<", "%3C", ">", "%3E", `\`, "%5C").Replace(src)
	}
	return "", ""
}
