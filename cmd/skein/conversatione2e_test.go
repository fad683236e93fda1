package main

import (
	"fmt"
	"testing"

	"skein/inbox"
)

// What the customer gave is found and stands above the conversation; an agent pins
// more of it and another takes it off, each in a browser of their own, and both see
// it at once.
func TestConversationInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server, and a browser")
	}
	t.Parallel()
	n := startNode(t)
	in := n.inboxes["support"].ID
	ana := n.agent("ana", inbox.AgentRole, in)
	n.agent("ben", inbox.AgentRole, in)
	const cara = "Cara Winter/cara.winter@x.example"
	n.mail("support", "Kettle", cara, inbox.Proven, "My order #10021 hasn't come. Please send it to Hauptstraße 12, 1010 Wien.\nIt is a gift: no invoice in the parcel.")
	n.inBrowser("conversation.mjs", "pinned taken off", fmt.Sprintf("SKEIN_CONVERSATION=%d", ana.find("Kettle").Number))
}
