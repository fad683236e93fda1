package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Old mail comes in from files as soon as its mailbox is named, once however
// often it is brought, and wakes nobody. With no server running it waits for the
// next start.
func TestImport(t *testing.T) {
	if testing.Short() {
		t.Skip("starts everything, twice")
	}
	t.Parallel()
	dir, data := t.TempDir(), filepath.Join(t.TempDir(), "data")
	old := func(id string) string {
		return fmt.Sprintf("From: Ann <ann@x.example>\r\nTo: support@shop.example\r\nDate: Sun, 1 Mar 2026 10:00:00 +0000\r\nMessage-ID: <%s@x.example>\r\nSubject: About %s\r\n\r\nIt is old.\r\n", id, id)
	}
	write := func(name, content string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("mails/a.eml", old("a"))
	write("mails/deep/b.eml", old("b"))
	mbox := write("c.mbox", "From ann@x.example Sun Mar  1 10:00:00 2026\n"+strings.ReplaceAll(old("c"), "\r\n", "\n")+"\n")
	later := write("d.eml", old("d"))
	settings := write("settings.json", `{"imap": {"host": "127.0.0.1", "port": 1, "security": "none"}, "smtp": {"host": "127.0.0.1", "port": 1, "security": "none"}, "password": "x"}`)

	vars := map[string]string{"SKEIN_DATA": data, "SKEIN_PASSWORD": "a long enough one"}
	must := func(want string, args ...string) {
		t.Helper()
		if code, said, errs := runCommand(t, vars, args...); code != 0 || !strings.Contains(said, want) {
			t.Fatalf("skein %v: code %d, said %q and %q, want %q", args, code, said, errs, want)
		}
	}
	p := startUp(t, data)
	must("", "user", "add", "ana@shop.example", "--name", "Ana", "--role", "admin")
	if code, _, said := runCommand(t, vars, "import", "eml", later); code != 1 || !strings.Contains(said, "no mailbox") {
		t.Errorf("import with no mailbox: code %d, said %q", code, said)
	}
	must("", "account", "add", "support", "--address", "support@shop.example", "--settings", settings)
	must("2 mails imported", "import", "eml", filepath.Join(dir, "mails"))
	must("2 mails imported", "import", "eml", filepath.Join(dir, "mails"))
	must("1 mails imported", "import", "mbox", mbox)
	p.wantImported(t, 3)

	if err := p.end(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	must("No server is running", "import", "eml", later)
	startUp(t, data).wantImported(t, 4)
}

// wantImported waits for n conversations, all of them closed.
func (p *process) wantImported(t *testing.T, n int) {
	t.Helper()
	var session struct{ AccessToken string }
	p.call("", "POST", "/login", map[string]string{"email": "ana@shop.example", "password": "a long enough one"}, &session)
	var list struct {
		Items []struct{ Subject, Status string }
	}
	for deadline := time.Now().Add(time.Minute); len(list.Items) < n && time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		p.call(session.AccessToken, "GET", "/conversations?status=all", nil, &list)
	}
	if len(list.Items) != n {
		t.Errorf("%d conversations, want %d: %+v", len(list.Items), n, list.Items)
	}
	for _, c := range list.Items {
		if c.Status != "closed" {
			t.Errorf("what was imported is %s: %+v", c.Status, c)
		}
	}
}
