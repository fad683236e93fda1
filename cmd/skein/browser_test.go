package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"skein/inbox/inboxtest"
)

// inBrowser runs a page's half of a test, which tells of its steps.
func (n *node) inBrowser(script, want string, env ...string) {
	n.t.Helper()
	chromium, node := browser(n.t, "index.html")
	cmd := exec.CommandContext(n.t.Context(), node, "e2e/"+script)
	cmd.Dir = "../../web"
	cmd.Env = append(append(os.Environ(), "SKEIN_URL="+n.url, "SKEIN_EMAIL=ana@skein.example", "SKEIN_PASSWORD=a long enough one", "CHROMIUM="+chromium), env...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if got := strings.Join(strings.Fields(string(out)), " "); err != nil || got != want {
		n.t.Fatalf("the page came to %q, want %q: %v\n%s", got, want, err, &said)
	}
	n.t.Logf("%s", &said)
}

// A page is a browser that a script drives, step by step.
type page struct {
	t     *testing.T
	in    io.Writer
	steps chan string
	err   *inboxtest.Said
}

func runPage(t *testing.T, node, script string, vars ...string) *page {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), node, script)
	cmd.Dir = "../../web"
	cmd.Env = append(os.Environ(), vars...)
	p := &page{t: t, steps: make(chan string, 8), err: &inboxtest.Said{}}
	var err error
	if p.in, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = p.err
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(p.steps)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			p.steps <- lines.Text()
		}
		_ = cmd.Wait()
	}()
	t.Cleanup(func() { <-done })
	return p
}

func (p *page) say(line string) {
	p.t.Helper()
	if _, err := fmt.Fprintln(p.in, line); err != nil {
		p.t.Fatalf("the page is gone: %v\n%s", err, p.err)
	}
}

func (p *page) expect(step string) {
	p.t.Helper()
	select {
	case got := <-p.steps:
		if got != step {
			p.t.Fatalf("the page says %q, want %q\n%s", got, step, p.err)
		}
	case <-time.After(2 * time.Minute): // longer than the page waits itself, which says what for
		p.t.Fatalf("the page doesn't come to %q\n%s", step, p.err)
	}
}

// browsers are those tests that have one at a time: each keeps a processor busy.
var (
	browsers = make(chan struct{}, 3)
	have     sync.Map // by their names, which of them have one: it may have another
)

// browser is what a test in a browser needs, of which app is a file of the web app.
// It waits for its turn.
func browser(t *testing.T, app string) (chromium, node string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join("../../web/dist", app)); err != nil {
		lacking(t, "the web app isn't built: make web")
	}
	if _, has := have.LoadOrStore(t.Name(), true); !has {
		browsers <- struct{}{}
		t.Cleanup(func() {
			have.Delete(t.Name())
			<-browsers
		})
	}
	return tool(t, "chromium", "chromium-browser", "google-chrome"), tool(t, "node")
}

// tool finds a program by one of its names.
func tool(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	lacking(t, names[0]+" isn't installed")
	return ""
}

// lacking skips a test for a part that isn't there, and fails it in CI.
func lacking(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip("SKIPPED: " + what)
}
