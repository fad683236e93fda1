package eval

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"

	"skein/connectors"
	"skein/inbox"
)

// A mimeTree is a parsed mail: its parts, and which of them are text and which
// are attachments (RFC 8621 section 4.1.4).
type mimeTree struct {
	Text        []int `json:"text_body"`
	Attachments []int `json:"attachments"`
	Parts       []struct {
		Headers []struct {
			Name  json.RawMessage `json:"name"` // a string where the field is well known
			Value json.RawMessage `json:"value"`
		} `json:"headers"`
		Body json.RawMessage `json:"body"` // one key, its kind
	} `json:"parts"`
}

// mimeTrees measures taking mail apart against trees that lie beside the mails,
// one for its bytes as they are and one for them with CRLF line ends.
func mimeTrees(ctx context.Context, dir string, r *Reporter) error {
	rows := map[string]*Row{}
	for _, field := range []string{"from", "to", "subject", "text", "attachments"} {
		rows[field] = r.Row("mime: " + field)
		rows[field].AtLeast(.99)
	}
	whole := r.Row("mime: all of a mail")
	whole.AtLeast(.99)
	return eachFile(ctx, dir, func(path, name string) error {
		base, ok := strings.CutSuffix(path, ".eml")
		if !ok {
			return nil
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		crlf := bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
		for suffix, raw := range map[string][]byte{".json": raw, ".crlf.json": crlf} {
			if _, err := os.Stat(base + suffix); err != nil {
				continue
			}
			var tree mimeTree
			if err := readJSON(base+suffix, &tree); err != nil {
				return err
			}
			if len(tree.Parts) == 0 {
				continue
			}
			m, err := readMail(ctx, raw)
			if err != nil {
				whole.Check(name, false, err, "")
				continue
			}
			all := true
			for field, row := range rows {
				got, want, right := tree.compare(field, m)
				row.Check(name+suffix, right, got, want)
				all = all && right
			}
			whole.Check(name+suffix, all, "", "")
		}
		return nil
	})
}

func (t *mimeTree) compare(field string, m *connectors.Message) (got, want any, right bool) {
	switch field {
	case "from":
		want := t.parties("from")
		if len(want) > 1 { // a message has one author here: the first
			want = want[:1]
		}
		got := []inbox.Party{m.From}
		if m.From == (inbox.Party{}) {
			got = nil
		}
		return got, want, sameParties(got, want)
	case "to":
		want := t.parties("to")
		return m.To, want, sameParties(m.To, want)
	case "subject":
		want := t.subject()
		return m.Subject, want, folded(m.Subject) == folded(want)
	case "text":
		want := t.text()
		return m.Text, want, closed(m.Text) == closed(want)
	}
	return t.attached(m)
}

// header returns the value of a field of the mail itself, or nil.
func (t *mimeTree) header(name string) json.RawMessage {
	for _, h := range t.Parts[0].Headers {
		if string(h.Name) == strconv.Quote(name) {
			return h.Value
		}
	}
	return nil
}

func (t *mimeTree) subject() string {
	var v struct{ Text string }
	_ = json.Unmarshal(t.header("subject"), &v)
	return v.Text
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
	_ = json.Unmarshal(t.header(name), &v)
	for _, g := range v.Address.Group {
		v.Address.List = append(v.Address.List, g.Addresses...)
	}
	var out []inbox.Party
	for _, p := range v.Address.List {
		out = append(out, inbox.Party{Address: p.Address, Name: p.Name})
	}
	return out
}

func sameParties(got, want []inbox.Party) bool {
	return slices.EqualFunc(got, want, func(a, b inbox.Party) bool {
		return strings.EqualFold(folded(a.Address), folded(b.Address)) && folded(a.Name) == folded(b.Name)
	})
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
		case html.StartTagToken, html.EndTagToken:
			name, _ := z.TagName()
			switch n := string(name); {
			case kind == html.EndTagToken && n == skip:
				skip = ""
			case kind == html.StartTagToken && (n == "style" || n == "script" || n == "title"):
				skip = n
			}
		}
	}
}

// attached compares attachments: messages by how many there are, all else by its
// bytes.
func (t *mimeTree) attached(m *connectors.Message) (got, want []string, right bool) {
	for _, i := range t.Attachments {
		switch kind, text, data := t.body(i); kind {
		case "Message":
			want = append(want, "a message")
		case "Text", "Html":
			want = append(want, hash([]byte(text)))
		default:
			want = append(want, hash(data))
		}
	}
	for _, a := range m.Attachments {
		if a.Type == "message/rfc822" || a.Type == "message/global" {
			got = append(got, "a message")
		} else {
			got = append(got, a.Body.SHA256)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	return got, want, slices.Equal(got, want)
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
