package main

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"skein/inbox"
)

// The pages are in the browser's language until the agent has chosen one, which
// holds on every device; changing it loses nothing that is being written; and only
// the words of one language are loaded.
func TestLanguageInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server, and a browser")
	}
	t.Parallel()
	chromium, node := tool(t, "chromium", "chromium-browser", "google-chrome"), tool(t, "node")
	if _, err := os.Stat("../../web/dist/index.html"); err != nil {
		lacking(t, "the web app isn't built: make web")
	}
	n := startNode(t)
	ana := n.agent("ana", inbox.AgentRole, n.inboxes["support"].ID)
	n.mail("support", "The kettle leaks", "Cara Winter/cara@x.example", inbox.Proven, "Hello, about the kettle.")
	ana.find("The kettle leaks")
	cmd := exec.CommandContext(t.Context(), node, "e2e/language.mjs")
	cmd.Dir = "../../web"
	cmd.Env = append(os.Environ(), "SKEIN_URL="+n.url, "SKEIN_EMAIL=ana@skein.example", "SKEIN_PASSWORD=a long enough one", "CHROMIUM="+chromium)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if want := "browser's agent's everywhere signed-out"; err != nil || strings.Join(strings.Fields(strings.ReplaceAll(string(out), " ", "-")), " ") != want {
		t.Fatalf("the page came to %q: %v\n%s", out, err, &said)
	}
}
