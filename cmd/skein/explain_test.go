package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"skein/inbox"
)

// Every file of a directory gives one object, whatever it holds; only an
// argument that does not exist is an error, and the others are explained first.
func TestExplain(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("a.eml", "From: Ann <ann@customer.example>\nTo: shop@shop.example\nDate: Sun, 1 Mar 2026 10:00:00 +0000\nMessage-ID: <1@customer.example>\nSubject: Cup\nContent-Type: text/html\n\n<p>It is <b>broken</b> &amp; late.</p><script>x</script>")
	write("deep/er/b", "\x00\xff\xfe")
	write("deep/empty.eml", "")
	if err := os.Symlink(filepath.Join(dir, "nowhere"), filepath.Join(dir, "z.eml")); err != nil {
		t.Fatal(err)
	}

	var out, notes bytes.Buffer
	err := explain(t.Context(), []string{filepath.Join(dir, "missing"), dir}, &out, &notes)
	if inbox.CodeOf(err) != inbox.NotFound {
		t.Errorf("error %v, want one of code %s", err, inbox.NotFound)
	}
	lines := strings.Split(strings.TrimRight(out.String(), "\n"), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d objects, want 4:\n%s", len(lines), out.String())
	}
	for _, l := range lines {
		var fields map[string]any
		if err := json.Unmarshal([]byte(l), &fields); err != nil {
			t.Fatalf("%q: %v", l, err)
		}
		for _, name := range []string{"file", "externalId", "messageId", "inReplyTo", "references", "from", "replyTo", "to", "cc", "subject", "date", "text", "visibleText", "html", "attachments", "automatic", "bounces", "proof", "problems"} {
			if v, ok := fields[name]; !ok || v == nil {
				t.Errorf("%s: %q is missing or null", fields["file"], name)
			}
		}
	}
	var first, last explained
	_ = json.Unmarshal([]byte(lines[0]), &first)
	_ = json.Unmarshal([]byte(lines[3]), &last)
	if first.From.Address != "ann@customer.example" || first.Text != "It is broken & late." || first.HTML != "<p>It is <b>broken</b> &amp; late.</p>" || first.Date != "2026-03-01T10:00:00Z" || len(first.Problems) != 0 {
		t.Errorf("a.eml: %+v", first)
	}
	if len(last.Problems) == 0 {
		t.Errorf("a link to nowhere has no problem: %+v", last)
	}
	if err := explain(t.Context(), nil, &out, &notes); inbox.CodeOf(err) != inbox.Invalid {
		t.Errorf("no argument: %v", err)
	}
}
