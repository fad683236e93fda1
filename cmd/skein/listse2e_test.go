package main

import (
	"fmt"
	"testing"

	"skein/inbox"
)

// An agent searches, sorts lists and sorts conversations out by keyboard, on pages
// in which axe finds nothing serious.
func TestListsInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server, and a browser")
	}
	t.Parallel()
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
	n.inBrowser("lists.mjs", "searched sorted")
}
