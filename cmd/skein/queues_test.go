package main

import (
	"fmt"
	"testing"
	"time"

	"skein/inbox"
)

// What arrives is at the supervisor's in a moment and without a reload, and goes
// when it is answered; from the same page conversations are given away, joined by a
// note, and agents told something. Who may not watch is refused, and who loses the
// right sees no more.
func TestQueuesInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server, and a browser")
	}
	t.Parallel()
	chromium, node := browser(t, "index.html")
	n := startNode(t)
	in := n.inboxes["support"].ID
	ana, su := n.agent("ana", inbox.AgentRole, in), n.agent("su", inbox.SupervisorRole)
	var me struct{ Agent inbox.Agent }
	su.want(200, "GET", "/me", nil, &me)

	ana.want(403, "GET", "/queues", nil, nil)
	ana.want(403, "PUT", "/queues/thresholds", map[string]any{"thresholds": []any{}}, nil)
	su.want(422, "PUT", "/queues/thresholds", map[string]any{"thresholds": []map[string]any{{"figure": "waiting", "levels": []int{3, 2, 1}}}}, nil)
	if status, _ := ana.doKey("POST", "/agents/"+string(me.Agent.ID)+"/messages", "key-0001", map[string]string{"text": "Up."}); status != 403 {
		t.Errorf("an agent who tells a supervisor something gets %d, want 403", status)
	}

	page := runPage(t, node, "e2e/queues.mjs", "SKEIN_URL="+n.url, "SKEIN_PASSWORD=a long enough one", "CHROMIUM="+chromium)
	page.expect("watching")
	n.mail("support", "Kettle", "Cara Winter/cara.winter@x.example", inbox.Proven, "Where is my order?")
	for _, step := range []string{"risen", "marked", "joined", "given", "told"} {
		page.say("go")
		page.expect(step)
	}
	c := ana.find("Kettle")
	if status, said := ana.doKey("POST", "/conversations/"+string(c.ID)+"/replies", "key-0002", map[string]any{"text": "On its way.", "seenSeq": c.PublicSeq}); status != 202 {
		t.Fatalf("the answer gets %d: %s", status, said)
	}
	page.say("go")
	page.expect("answered")

	// By the API it is the same.
	var got struct {
		Groups []struct {
			By      string
			Waiting int
			Last60  struct{ Offered, Handled int }
		}
		Agents []struct {
			Name    string
			Open    int
			Handled int
		}
	}
	su.want(200, "GET", "/queues", nil, &got)
	if g := got.Groups[0]; g.By != "all" || g.Waiting != 0 || g.Last60.Offered != 1 || g.Last60.Handled != 1 {
		t.Errorf("by the API it is %+v", g)
	}
	if a := fmt.Sprint(got.Agents); a != "[{ana 1 1} {su 0 0}]" {
		t.Errorf("the agents are %s", a)
	}

	agent := me.Agent
	agent.Role = inbox.AgentRole
	if err := n.store.SaveAgent(t.Context(), agent, "", []inbox.InboxID{in}, nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	page.say("go")
	page.expect("refused")
	su.want(403, "GET", "/queues", nil, nil)
}
