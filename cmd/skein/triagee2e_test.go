package main

import (
	"testing"

	"skein/inbox"
)

// An agent sorts conversations out by keyboard: contact reason, which stands before
// every way of closing, team, spam with its sender, and watching, by which the agent
// is told of what comes then.
func TestTriageInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server, and a browser")
	}
	t.Parallel()
	n := startNode(t)
	ana := n.agent("ana", inbox.AdminRole)
	n.agent("ben", inbox.AgentRole, n.inboxes["support"].ID)
	ana.want(201, "POST", "/teams", map[string]any{"name": "Warehouse"}, nil)
	for _, letter := range []string{"A", "B", "C", "D", "E", "F"} {
		n.mail("support", "Matter "+letter, "Kim "+letter+"/kim"+letter+"@x.example", inbox.Proven, "Hello, it is about "+letter+".")
		ana.find("Matter " + letter)
	}
	n.inBrowser("triage.mjs", "defining defined noting noted asked closed sent several found refused watched handed blocked chosen gone cut",
		"SKEIN_BESIDE=ben@skein.example", "SKEIN_TOKEN="+ana.token)
	n.mail("support", "More of E", "Kim E/kimE@x.example", inbox.Proven, "One thing more.", "Matter E")
	ana.until("whoever watches is told", func() bool {
		var told struct{ Items []inbox.Notification }
		ana.want(200, "GET", "/notifications", nil, &told)
		return len(told.Items) == 1 && told.Items[0].Kind == inbox.MessageNotice
	})
}
