package main

import (
	"fmt"
	"testing"

	"skein/inbox"
)

// By the pages alone, an admin invites somebody, who accepts and answers, sees and
// no more sees another inbox while looking on, and is deactivated: out at once,
// and what was theirs goes on with a colleague. Axe finds nothing on any page.
func TestPeopleInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server, and a browser")
	}
	t.Parallel()
	n := startNode(t)
	n.agent("boss", inbox.AdminRole)
	ben := n.agent("ben", inbox.AgentRole, n.inboxes["support"].ID)
	n.mail("support", "Where is my parcel", "Cara Winter/cara.winter@x.example", inbox.Proven, "It should be here by now.")
	n.mail("other", "The whisk bends", "Tom Sommer/tom.sommer@x.example", inbox.Proven, "After one egg.")
	c := ben.find("Where is my parcel")
	n.inBrowser("people.mjs", "invited answered seen out told", "SKEIN_EMAIL=boss@skein.example", fmt.Sprint("NUMBER=", c.Number))
	var me struct{ Agent inbox.Agent }
	ben.want(200, "GET", "/me", nil, &me)
	ben.until("it is the colleague's", func() bool {
		var now inbox.Conversation
		ben.want(200, "GET", "/conversations/"+string(c.ID), nil, &now)
		return now.Assignee == me.Agent.ID
	})
	var list struct{ Items []inbox.Message }
	ben.want(200, "GET", "/conversations/"+string(c.ID)+"/messages", nil, &list)
	if last := list.Items[len(list.Items)-1]; len(list.Items) != 2 || last.Direction != inbox.Out || last.Author.Name != "Nora Lind" {
		t.Errorf("messages = %+v, want the answer of who has gone to stay", list.Items)
	}
}
