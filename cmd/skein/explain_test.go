package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// Every file of a directory gives one object, whatever it holds; only an
// argument that does not exist is an error, and the others are explained first.
func TestExplain(t *testing.T) {
	t.Parallel()
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
		for _, name := range []string{"file", "externalId", "messageId", "inReplyTo", "references", "from", "replyTo", "to", "cc", "subject", "date", "text", "visibleText", "html", "attachments", "automatic", "bounces", "proof", "problems", "identity", "thread", "orders", "links"} {
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

// Without storing anything it says whose a mail is, which of the mails before it
// continues and why, and what the gate makes of the orders that it names.
func TestExplainDecides(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	mail := func(name, from, id, answers, text string, more ...string) string {
		t.Helper()
		if answers != "" {
			more = append(more, "In-Reply-To: <"+answers+">")
		}
		return write(name, strings.Join(append(more, "From: "+from, "To: help@shop.example", "Message-ID: <"+id+">",
			"Date: Sun, 1 Mar 2026 10:00:00 +0000", "Subject: My order", "", text), "\r\n"))
	}
	passed := "Authentication-Results: mx.shop.example; dmarc=pass header.from=customer.example"
	orders := write("orders.json", `[
		{"store": "shop", "externalId": "1", "number": "#10021", "email": "ann@customer.example", "status": "paid", "currency": "EUR", "total": 4711,
			"placedAt": "2026-02-20T10:00:00Z", "updatedAt": "2026-02-20T10:00:00Z",
			"items": [{"sku": "K", "title": "Copper kettle", "quantity": 1, "price": 4711}], "shipments": []}]`)
	files := []string{
		mail("1", "Ann <ann@customer.example>", "1@customer.example", "", "Where is order #10021?", passed),
		mail("2", "Ann <ann@customer.example>", "2@customer.example", "1@customer.example", "Anybody there?", passed),
		mail("3", "Eve <eve@stranger.example>", "3@stranger.example", "1@customer.example", "Where is order #10021? Or order #99999?"),
		mail("4", "Form <help@shop.example>", "4@shop.example", "", "Where is order #10021?", "Reply-To: ann@customer.example"),
	}

	run := func(args ...string) []explained {
		t.Helper()
		var out bytes.Buffer
		if err := explain(t.Context(), args, &out, &out); err != nil {
			t.Fatal(err)
		}
		var list []explained
		for dec := json.NewDecoder(&out); dec.More(); {
			var e explained
			if err := dec.Decode(&e); err != nil {
				t.Fatal(err)
			}
			list = append(list, e)
		}
		return list
	}
	type decided struct {
		Key          string
		Proof        inbox.Proof
		Step         inbox.Step
		Points       string
		Conversation int64
		Orders       string
	}
	of := func(list []explained) (out []decided) {
		for _, e := range list {
			d := decided{Key: e.Identity.Key, Proof: e.Identity.Proof, Step: e.Thread.Step, Points: e.Thread.Key, Conversation: e.Thread.Conversation}
			for _, o := range e.Orders {
				if part := map[string]string{"subject": e.Subject, "text": e.VisibleText}[o.Part]; part[o.Start:o.End] != o.Text {
					t.Errorf("%s: %q is at %d to %d of the %s, want %q", e.File, part[o.Start:o.End], o.Start, o.End, o.Part, o.Text)
				}
				d.Orders += o.Key + " " + o.Gate + "; "
			}
			if e.Identity.Evidence == "" || e.Thread.Text == "" {
				t.Errorf("%s gives no reason: %+v, %+v", e.File, e.Identity, e.Thread)
			}
			out = append(out, d)
		}
		return out
	}
	want := []decided{
		{"ann@customer.example", inbox.Proven, inbox.ByNothing, "", 1, "10021 linked; "},
		{"ann@customer.example", inbox.Proven, inbox.ByInReplyTo, "1@customer.example", 1, ""},
		{"eve@stranger.example", inbox.Claimed, inbox.ByNothing, "1@customer.example", 2, "10021 claimed; 99999 claimed; "},
		{"ann@customer.example", inbox.Claimed, inbox.ByNothing, "", 3, "10021 unproven; "},
	}
	flags := []string{"--own", "help@shop.example", "--authserv-id", "mx.shop.example"}
	if diff := cmp.Diff(want, of(run(slices.Concat(flags, files, []string{"--orders", orders})...))); diff != "" {
		t.Errorf("decided (-want +got):\n%s", diff)
	}
	alone := of(run(append(flags, files...)...))
	for i := range want {
		want[i].Orders = strings.NewReplacer("linked", unknownOwner, "claimed", unknownOwner, "unproven", unknownOwner).Replace(want[i].Orders)
	}
	if diff := cmp.Diff(want, alone); diff != "" {
		t.Errorf("decided without orders (-want +got):\n%s", diff)
	}
}

// A file of calls is explained with no account at all: the lines of one call are
// put together, and one that can't be read is named by its number.
func TestExplainCalls(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "Master.csv")
	line := func(to, answer, disposition, talk string) string {
		return `"","+436601234567","100","from-trunk","""Ann"" <+436601234567>","PJSIP/trunk-0000001a","PJSIP/` + to + `-0000001b","Dial","x","2026-06-02 12:00:00",` + answer +
			`,"2026-06-02 12:01:05",65,` + talk + `,"` + disposition + `","DOCUMENTATION","1780394400.12"` + "\n"
	}
	if err := os.WriteFile(path, []byte(line("11", "", "NO ANSWER", "0")+"nonsense\n"+line("12", `"2026-06-02 12:00:05"`, "ANSWERED", "60")), 0o644); err != nil {
		t.Fatal(err)
	}
	code, said, errs := runCommand(t, nil, "explain", "calls", path, "--zone", "Europe/Vienna", "--region", "AT")
	lines := strings.Split(strings.TrimSpace(said), "\n")
	if code != 0 || len(lines) != 2 {
		t.Fatalf("code %d, %q, %q", code, said, errs)
	}
	for i, want := range []string{`"key":"+436601234567","call":{"externalId":"1780394400.12","direction":"in","from":"+436601234567","to":"100","startedAt":"2026-06-02T10:00:00Z"`, `"line":2,"problem":"it has 1 columns: Asterisk writes 16 to 21"`} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %d is %s, want %s in it", i, lines[i], want)
		}
	}
	if !strings.Contains(lines[0], `"disposition":"answered","agent":"12","extension":"12"`) {
		t.Errorf("the call is %s", lines[0])
	}
}
