package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"skein/inbox"
)

// An agent searches, sorts lists and sorts conversations out by keyboard, on pages
// in which axe finds nothing serious.
func TestListsInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server, and a browser")
	}
	chromium, node := tool(t, "chromium", "chromium-browser", "google-chrome"), tool(t, "node")
	if _, err := os.Stat("../../web/dist/index.html"); err != nil {
		lacking(t, "the web app isn't built: make web")
	}
	n := startNode(t)
	ana := n.agent("ana", inbox.AgentRole, n.inboxes["support"].ID)
	n.agent("ben", inbox.AgentRole, n.inboxes["support"].ID)
	for i, subject := range []string{"The kettle leaks", "Whisks", "Where is my parcel", "A late answer"} {
		n.mail("support", subject, fmt.Sprintf("Cara Winter/cara.winter%d@x.example", i), inbox.Proven, "Hello, about the kettle: "+subject+".")
		ana.find(subject)
	}
	ana.until("what came in can be found", func() bool {
		var named struct{ Items []inbox.Found }
		var said struct{ Items []inbox.Hit }
		ana.want(200, "GET", "/find?kind=customer&q=wintr", nil, &named)
		ana.want(200, "GET", "/search?q=kettle+from:cara", nil, &said)
		return len(named.Items) == 4 && len(said.Items) == 4
	})
	cmd := exec.CommandContext(t.Context(), node, "e2e/lists.mjs")
	cmd.Dir = "../../web"
	cmd.Env = append(os.Environ(), "SKEIN_URL="+n.url, "SKEIN_EMAIL=ana@skein.example", "SKEIN_PASSWORD=a long enough one", "CHROMIUM="+chromium)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if want := "searched sorted"; err != nil || strings.Join(strings.Fields(strings.ReplaceAll(string(out), " ", "-")), " ") != want {
		t.Fatalf("the page came to %q: %v\n%s", out, err, &said)
	}
}
