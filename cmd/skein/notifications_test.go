package main

import (
	"fmt"
	"testing"

	"skein/inbox"
)

// The bell is live, by keyboard too, and what is read on one device is read on the
// other; how one is told is chosen in the settings. What is pushed while no page is
// open is shown by the service worker, once, and leads to its conversation.
func TestNotificationsInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server, and a browser")
	}
	t.Parallel()
	chromium, node := browser(t, "index.html")
	n := startNode(t)
	in := n.inboxes["support"].ID
	ana, su := n.agent("ana", inbox.AgentRole, in), n.agent("su", inbox.SupervisorRole)
	n.mail("support", "Kettle", "Cara Winter/cara.winter@x.example", inbox.Proven, "Where is my order?")
	c := ana.find("Kettle")
	var me struct{ Agent inbox.Agent }
	ana.want(200, "GET", "/me", nil, &me)
	page := runPage(t, node, "e2e/notifications.mjs", "SKEIN_URL="+n.url, "SKEIN_EMAIL=ana@skein.example", "SKEIN_PASSWORD=a long enough one",
		fmt.Sprint("NUMBER=", c.Number), "CHROMIUM="+chromium)
	page.expect("ready")
	su.want(200, "PATCH", "/conversations/"+string(c.ID), map[string]any{"assigneeId": me.Agent.ID}, nil)
	page.say("go")
	page.expect("seen")
	page.say("go")
}
