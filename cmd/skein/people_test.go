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

// By the pages alone, an admin invites somebody, who accepts and answers, sees and
// no more sees another inbox while looking on, and is deactivated: out at once,
// and what was theirs goes on with a colleague. Axe finds nothing on any page.
func TestPeopleInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server, and a browser")
	}
	t.Parallel()
	chromium, node := browser(t, "index.html")
	n := startNode(t)
	n.agent("boss", inbox.AdminRole)
	ben := n.agent("ben", inbox.AgentRole, n.inboxes["support"].ID)
	n.mail("support", "Where is my parcel", "Cara Winter/cara.winter@x.example", inbox.Proven, "It should be here by now.")
	n.mail("other", "The whisk bends", "Tom Sommer/tom.sommer@x.example", inbox.Proven, "After one egg.")
	c := ben.find("Where is my parcel")
	cmd := exec.CommandContext(t.Context(), node, "e2e/people.mjs")
	cmd.Dir = "../../web"
	cmd.Env = append(os.Environ(), "SKEIN_URL="+n.url, "SKEIN_EMAIL=boss@skein.example", "SKEIN_PASSWORD=a long enough one",
		fmt.Sprint("NUMBER=", c.Number), "CHROMIUM="+chromium)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if want := "invited answered seen out told"; err != nil || strings.Join(strings.Fields(string(out)), " ") != want {
		t.Fatalf("the pages came to %q: %v\n%s", out, err, &said)
	}
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
