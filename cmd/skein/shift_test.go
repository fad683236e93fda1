package main

import (
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
	n.inBrowser("shift.mjs", "sign-in list conversation keys reply note priority tags closed search commands found settings notifications contrast forced-colours signed-out")
}
