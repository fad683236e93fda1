package eval

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"skein/connectors"
	"skein/inbox"
)

var mimeFields = []string{"from", "to", "subject", "text", "attachments"}

// mimeTrees measures taking mail apart against trees that lie beside the mails,
// one for its bytes as they are and one for them with CRLF line ends. How a mail
// is read that ends in the middle of a part is anybody's guess: those are only
// reported.
func mimeTrees(ctx context.Context, dir string, r *Reporter) error {
	rows := map[string]*Row{}
	for _, field := range mimeFields {
		rows[field] = r.Row("mime: " + field)
		rows[field].AtLeast(.99)
	}
	whole, broken := r.Row("mime: all of a mail"), r.Row("mime: all of a broken mail")
	whole.AtLeast(.99)
	broken.Note("only reported: there is no one way to read them")
	return eachFile(ctx, dir, func(path, name string) error {
		base, ok := strings.CutSuffix(path, ".eml")
		if !ok {
			return nil
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, suffix := range []string{".json", ".crlf.json"} {
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
			if suffix == ".crlf.json" {
				raw = bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
			}
			bodies := map[string][]byte{}
			m, err := readMailInto(ctx, raw, bodies)
			if err != nil {
				whole.Check(name+suffix, false, err, "")
				continue
			}
			var wrong []string
			unclear := tree.broken() || unclosed(raw)
			for _, field := range mimeFields {
				got, want, right := tree.compare(field, m, bodies)
				if !right {
					wrong = append(wrong, fmt.Sprintf("%s: got %s, want %s", field, shorten(got), shorten(want)))
				}
				if !unclear {
					rows[field].Check(name+suffix, right, got, want)
				}
			}
			row := whole
			if unclear {
				row = broken
			}
			row.Check(name+suffix, len(wrong) == 0, strings.Join(wrong, "; "), "the tree")
		}
		return nil
	})
}

var boundaryParam = regexp.MustCompile(`(?i)\bboundary[ \t]*=[ \t]*(?:"([^"\r\n]+)"|([^\s";]+))`)

// unclosed reports whether a multipart names a boundary that never closes it.
func unclosed(raw []byte) bool {
	for _, m := range boundaryParam.FindAllSubmatch(raw, -1) {
		if !bytes.Contains(raw, slices.Concat([]byte("--"), m[1], m[2], []byte("--"))) {
			return true
		}
	}
	return false
}

func (t *mimeTree) compare(field string, m *connectors.Message, bodies map[string][]byte) (got, want any, right bool) {
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
		return m.Subject, want, alike(m.Subject, want)
	case "text":
		want := t.text()
		// A mail with none shows what there is, such as the text of an attached
		// one.
		return m.Text, want, strings.TrimSpace(want) == "" || alike(m.Text, want)
	}
	return t.attached(m, bodies)
}

func sameParties(got, want []inbox.Party) bool {
	return slices.EqualFunc(got, want, func(a, b inbox.Party) bool {
		return strings.EqualFold(closed(a.Address), closed(b.Address)) && alike(a.Name, b.Name)
	})
}

// alike reports whether got is want but for white space. What want could not
// decode may be anything.
func alike(got, want string) bool {
	got, want = closed(got), closed(want)
	known := strings.FieldsFunc(want, func(r rune) bool { return r == '\uFFFD' })
	if len(known) == 0 || !strings.ContainsRune(want, '\uFFFD') {
		return got == want
	}
	for i, piece := range known {
		at := strings.Index(got, piece)
		if at < 0 || i == 0 && at > 0 && want[0] == piece[0] {
			return false
		}
		got = got[at+len(piece):]
	}
	return got == "" || strings.HasSuffix(want, "\uFFFD")
}

// attached compares attachments, in any order: messages by how many there are,
// texts as texts, what the tree leaves uuencoded by how many there are, all else
// by its bytes.
func (t *mimeTree) attached(m *connectors.Message, bodies map[string][]byte) (got, want []string, right bool) {
	left := slices.Clone(m.Attachments)
	for _, a := range left {
		got = append(got, a.Name+" "+a.Type+" "+a.Body.SHA256)
	}
	take := func(is func(a connectors.Attachment) bool) bool {
		i := slices.IndexFunc(left, is)
		if i >= 0 {
			left = slices.Delete(left, i, i+1)
		}
		return i >= 0
	}
	right = true
	encoded := 0
	for _, i := range t.Attachments {
		kind, text, data := t.body(i)
		switch {
		case strings.Contains(t.encoding(i), "uu"):
			encoded++
			want = append(want, "a uuencoded one")
		case kind == "Message":
			want = append(want, "a message")
			right = take(func(a connectors.Attachment) bool { return strings.HasPrefix(a.Type, "message/") }) && right
		case kind == "Text" || kind == "Html":
			want = append(want, shorten(text))
			right = take(func(a connectors.Attachment) bool {
				return alike(decoded(bodies[a.Body.SHA256], t.charset(i)), text)
			}) && right
		default:
			want = append(want, hash(data))
			right = take(func(a connectors.Attachment) bool { return a.Body.SHA256 == hash(data) }) && right
		}
	}
	return got, want, right && len(left) == encoded
}
