package eval

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"

	"skein/inbox"
)

// A mimeTree is a parsed mail: its parts, and which of them are text and which
// are attachments (RFC 8621 section 4.1.4).
type mimeTree struct {
	Text        []int `json:"text_body"`
	Attachments []int `json:"attachments"`
	Parts       []struct {
		Headers []mimeHeader    `json:"headers"`
		Body    json.RawMessage `json:"body"` // one key, its kind
		Problem bool            `json:"is_encoding_problem"`
	} `json:"parts"`
}

type mimeHeader struct {
	Name  json.RawMessage `json:"name"` // a string where the field is well known
	Value json.RawMessage `json:"value"`
}

// broken reports whether the tree's own source had to guess.
func (t *mimeTree) broken() bool {
	for _, p := range t.Parts {
		if p.Problem {
			return true
		}
	}
	return false
}

// header reads a field of a part into v, which stays as it is without one.
func (t *mimeTree) header(part int, name string, v any) {
	i := slices.IndexFunc(t.Parts[part].Headers, func(h mimeHeader) bool { return string(h.Name) == strconv.Quote(name) })
	if i >= 0 {
		_ = json.Unmarshal(t.Parts[part].Headers[i].Value, v)
	}
}

func (t *mimeTree) subject() string {
	var v struct{ Text string }
	t.header(0, "subject", &v)
	return v.Text
}

func (t *mimeTree) encoding(part int) string {
	var v struct{ Text string }
	t.header(part, "content_transfer_encoding", &v)
	return strings.ToLower(v.Text)
}

func (t *mimeTree) charset(part int) string {
	var v struct {
		ContentType struct {
			Attributes []struct {
				Name  string `json:"name"`
				Value string `json:"value"`
			} `json:"attributes"`
		}
	}
	t.header(part, "content_type", &v)
	for _, a := range v.ContentType.Attributes {
		if strings.EqualFold(a.Name, "charset") {
			return a.Value
		}
	}
	return ""
}

func (t *mimeTree) parties(name string) []inbox.Party {
	type party struct {
		Name    string `json:"name"`
		Address string `json:"address"`
	}
	var v struct {
		Address struct {
			List  []party
			Group []struct {
				Addresses []party `json:"addresses"`
			}
		}
	}
	t.header(0, name, &v)
	for _, g := range v.Address.Group {
		v.Address.List = append(v.Address.List, g.Addresses...)
	}
	var out []inbox.Party
	for _, p := range v.Address.List {
		out = append(out, inbox.Party{Address: p.Address, Name: p.Name})
	}
	return out
}

// body returns a part's content and what kind it is of.
func (t *mimeTree) body(i int) (kind, text string, data []byte) {
	var v map[string]json.RawMessage
	if json.Unmarshal(t.Parts[i].Body, &v) != nil {
		return "", "", nil
	}
	for kind, raw := range v {
		switch kind {
		case "Text", "Html":
			_ = json.Unmarshal(raw, &text)
		case "Binary", "InlineBinary":
			var octets []uint16 // as numbers, not as base64
			_ = json.Unmarshal(raw, &octets)
			for _, o := range octets {
				data = append(data, byte(o))
			}
		}
		return kind, text, data
	}
	return "", "", nil
}

// text joins the text bodies. Of HTML it is what Skein shows where there is
// nothing better: images by what stands in for them.
func (t *mimeTree) text() string {
	var out []string
	for _, i := range t.Text {
		switch kind, text, _ := t.body(i); kind {
		case "Text":
			out = append(out, text)
		case "Html":
			out = append(out, bareText(text))
		}
	}
	return strings.Join(out, "\n")
}

// bareText is an HTML text without its tags.
func bareText(src string) string {
	var out strings.Builder
	skip := ""
	for z := html.NewTokenizer(strings.NewReader(src)); ; {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			return out.String()
		case html.TextToken:
			if skip == "" {
				out.WriteString(z.Token().Data)
			}
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			t := z.Token()
			switch {
			case kind == html.EndTagToken && t.Data == skip:
				skip = ""
			case kind == html.StartTagToken && slices.Contains([]string{"style", "script", "title"}, t.Data):
				skip = t.Data
			case t.Data == "img" && skip == "":
				for _, a := range t.Attr {
					if a.Key == "alt" && a.Val != "" {
						out.WriteString("[" + a.Val + "]")
					}
				}
			}
		}
	}
}

// decoded is a text in a charset that is told.
func decoded(b []byte, label string) string {
	e, _ := charset.Lookup(label)
	if e == nil {
		return string(b)
	}
	out, err := e.NewDecoder().Bytes(b)
	if err != nil {
		return string(b)
	}
	return string(out)
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
