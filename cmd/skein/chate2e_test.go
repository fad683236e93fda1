package main

import (
	"net/url"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"skein/cmd/skein/demo"
	"skein/inbox"
)

// A visitor and an agent talk, each in a browser, while the network goes, the
// connector is killed and the server is killed: each message is there once, on
// both sides, without a reload.
func TestChatInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts everything, and a browser")
	}
	t.Parallel()
	chromium, node := browser(t, "widget/widget.js")
	data := filepath.Join(t.TempDir(), "data")
	quiet := []string{"--demo", "--demo-every", "0", "--demo-answer", "0"}
	p := startUp(t, data, quiet...)
	at, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	user := demo.Users()[0]
	page := runPage(t, node, "e2e/chat.mjs", "SKEIN_URL="+p.url, "SKEIN_EMAIL="+user.Email, "SKEIN_PASSWORD="+user.Password, "CHROMIUM="+chromium)
	killConnector := func() { (&upProcess{cmd: p.cmd}).killChildren("connector\x00" + string(inbox.Chat)) }

	page.expect("off line")
	killConnector()
	page.say("go")
	page.expect("on line")
	killConnector()
	page.say("go")
	page.expect("connector back")
	if err := p.end(syscall.SIGKILL); err == nil {
		t.Error("the killed server ended well")
	}
	page.say("go")
	page.expect("server gone")
	p = startUp(t, data, append(quiet, "--addr", at.Host)...)
	page.say("go")
	page.expect("whole")

	var list struct {
		Items []struct{ ID, Preview string }
	}
	var messages struct{ Items []inbox.Message }
	token := p.login()
	p.call(token, "GET", "/conversations?status=all&limit=100", nil, &list)
	for _, c := range list.Items {
		if c.Preview == "All here." {
			p.call(token, "GET", "/conversations/"+c.ID+"/messages?limit=100", nil, &messages)
		}
	}
	times := map[string]int{}
	for _, m := range messages.Items {
		times[strings.TrimSpace(m.Text)]++
	}
	for _, text := range []string{"Does the kettle whistle?", "my invoice", "written off line", "written to a dead connector", "written to a dead server", "All here."} {
		if times[text] != 1 {
			t.Errorf("%q is there %d times, want once", text, times[text])
		}
	}
	page.say("go")
}
