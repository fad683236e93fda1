package main

import (
	"fmt"
	"testing"
	"time"

	"skein/inbox"
)

// What stands around a conversation, by two agents in their own browsers: what the
// customer gave is found and pinned, and taken off, for both at once; a note names a
// colleague and a team, from a list, and shows whom; what a colleague answers the
// same customer elsewhere is told, but not of an inbox that isn't the agent's; the
// editor has the customer's language until another is chosen; a message is forwarded
// aside; and on paper there is what was said and nothing else.
func TestConversationInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server, and a browser")
	}
	t.Parallel()
	n := startNode(t)
	in, hidden := n.inboxes["support"].ID, n.inboxes["other"].ID
	ana := n.agent("ana", inbox.AgentRole, in)
	ben := n.agent("ben", inbox.AgentRole, in, hidden)
	admin := &inbox.Caller{Rights: inbox.Rights{Agent: inbox.Agent{ID: ben.me(), Role: inbox.AdminRole}, All: true}}
	if _, err := n.store.SaveTeam(t.Context(), admin, inbox.Team{Name: "Returns"}, []inbox.AgentID{ben.me()}, time.Now()); err != nil {
		t.Fatal(err)
	}
	const cara = "Cara Winter/cara.winter@x.example"
	n.mail("support", "Kettle", cara, inbox.Proven, "My order #10021 hasn't come. Please send it to Hauptstraße 12, 1010 Wien.\nIt is a gift: no invoice in the parcel.")
	n.mail("support", "Whisk", cara, inbox.Proven, "Do you sell whisks?")
	n.mail("other", "Secret", cara, inbox.Proven, "This is for the others.")
	n.inBrowser("conversation.mjs", "pinned taken off mentioning named elsewhere answered elsewhere activity language forward forwarded paper",
		fmt.Sprintf("SKEIN_CONVERSATIONS=%d %d %d", ana.find("Kettle").Number, ana.find("Whisk").Number, ben.find("Secret").Number))
}
