package main

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"skein/inbox"
)

// A whole shift is done by keyboard, from signing in to signing out, on pages in
// which axe finds nothing serious; colours that the system imposes, more contrast
// and no motion are honoured.
func TestShiftByKeyboard(t *testing.T) {
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
	for _, subject := range []string{"Where is my parcel", "A late answer", "The kettle leaks"} {
		n.mail("support", subject, "Cara Winter/cara.winter@x.example", inbox.Proven, "Hello: "+subject+".")
		ana.find(subject)
	}
	ana.until("what came in can be found", func() bool {
		var said struct{ Items []inbox.Hit }
		ana.want(200, "GET", "/search?q=parcel", nil, &said)
		return len(said.Items) == 1
	})
	cmd := exec.CommandContext(t.Context(), node, "e2e/shift.mjs")
	cmd.Dir = "../../web"
	cmd.Env = append(os.Environ(), "SKEIN_URL="+n.url, "SKEIN_EMAIL=ana@skein.example", "SKEIN_PASSWORD=a long enough one", "CHROMIUM="+chromium)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	want := "sign-in list conversation keys reply note priority tags closed search commands found settings notifications contrast forced-colours signed-out"
	if err != nil || strings.Join(strings.Fields(string(out)), " ") != want {
		t.Fatalf("the page came to %q: %v\n%s", out, err, &said)
	}
}
