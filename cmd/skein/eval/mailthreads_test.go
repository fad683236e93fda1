package eval

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"skein/inbox"
)

// listRows are a list of two threads, one of them under a parent that nobody has
// seen, and a mail that is said to be where it isn't.
const listRows = `{"n": 0, "message_id": "a@x", "date": 1, "from_hash": "ann", "thread": 0}
{"n": 1, "message_id": "b@x", "in_reply_to": "<a@x>", "references": ["a@x"], "date": 2, "from_hash": "bob", "thread": 0}
{"n": 2, "message_id": "c@x", "in_reply_to": "<b@x>", "references": ["a@x", "b@x"], "date": 3, "from_hash": "cid", "thread": 0}
{"n": 3, "message_id": "d@x", "in_reply_to": "<u@x>", "date": 4, "from_hash": "ann", "thread": 1}
{"n": 4, "message_id": "e@x", "references": ["u@x"], "date": 5, "from_hash": "bob", "thread": 1}
{"n": 5, "message_id": "f@x", "date": 6, "from_hash": "bob", "thread": 1}
`

// What ends together is counted against what is said to, mail by mail; a
// stranger counts where it is alone and linked.
func TestMailThreads(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "threads", "lists", "list.jsonl")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(listRows), 0o644); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err := Run(t.Context(), Config{Dir: dir, Only: "mailthreads", JSON: true, Out: &out})
	if inbox.CodeOf(err) == inbox.NotFound && os.Getenv("CI") != "true" {
		t.Skipf("SKIPPED, not tested: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][2]int{
		"mail threads": {6, 3}, "mail threads: among strangers": {6, 3}, "mail threads: strangers outside, linked": {2, 2},
	}
	for line := range strings.Lines(out.String()) {
		var row Result
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if strings.HasSuffix(row.Name, "never come") {
			if row.Right != row.Cases || row.Cases == 0 {
				t.Errorf("%s: %d of %d", row.Name, row.Right, row.Cases)
			}
			continue
		}
		if got := [2]int{row.Cases, row.Right}; got != want[row.Name] {
			t.Errorf("%s: %v, want %v", row.Name, got, want[row.Name])
		}
		delete(want, row.Name)
	}
	if len(want) > 0 {
		t.Errorf("rows that were not printed: %v", want)
	}
}
