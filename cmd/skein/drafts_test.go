package main

import (
	"fmt"
	"testing"
	"time"

	"skein/inbox"
)

// The reply that a colleague began and left is offered in the page, taken over by
// keyboard, and there on the next device; its author has it still, and is told.
func TestDraftsLive(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server, and a browser")
	}
	t.Parallel()
	n := startNode(t)
	in := n.inboxes["support"].ID
	ana := n.agent("ana", inbox.AgentRole, in)
	n.agent("ben", inbox.AgentRole, in)
	n.mail("support", "One", "Ines Duarte/ines@y.example", inbox.Proven, "The first one.")
	c := ana.find("One")
	var me struct{ Agent inbox.Agent }
	ana.want(200, "GET", "/me", nil, &me)
	by := &inbox.Caller{Rights: inbox.Rights{Agent: me.Agent, Inboxes: []inbox.InboxID{in}}}
	if _, _, err := n.store.SaveDraft(t.Context(), by, string(c.ID), 0, inbox.DraftContent{
		Text: "Your parcel left on Monday.", HTML: "<p>Your parcel left <strong>on Monday</strong>.</p>", Note: "mine alone", Tab: "reply", SeenSeq: 1,
	}, time.Now().Add(-10*time.Minute)); err != nil {
		t.Fatal(err)
	}
	n.inBrowser("drafts.mjs", "taken on the other device still its author's",
		fmt.Sprintf("SKEIN_URL=%s/c/%d", n.url, c.Number), "SKEIN_EMAILS=ana@skein.example ben@skein.example")
}
