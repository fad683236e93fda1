package main

import (
	"fmt"
	"testing"

	"skein/inbox"
)

// What agents say again they write once: made on the settings page and there at
// once in a colleague's open page, put in by a slash with the linked order's
// number, refused where no order is linked, and what belongs with it is done when
// it is sent. A mail that is taken back in time is in the composer
// again, as if it had never been sent; one that is scheduled waits for its time,
// and is asked about once the customer has written. What the order holds goes in as
// a card.
func TestComposer(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server, and a browser")
	}
	t.Parallel()
	chromium, node := browser(t, "index.html")
	n := startNode(t)
	in := n.inboxes["support"].ID
	ana := n.agent("ana", inbox.AgentRole, in)
	n.agent("sue", inbox.SupervisorRole)
	n.order(inbox.Order{ExternalID: "1", Number: "#10021", Email: "cara@x.example", Status: "paid", Total: 4711,
		Items: []inbox.Item{{SKU: "K-1", Title: "Copper kettle", Quantity: 1, Price: 4711}}})
	n.mail("support", "Kettle", "Cara/cara@x.example", inbox.Proven, "Where is my order #10021?")
	n.mail("support", "Whisks", "Tom/tom@x.example", inbox.Proven, "Do you sell whisks?")
	with := ana.waitFor("Kettle", "linked #10021!")
	without := ana.find("Whisks")

	page := runPage(t, node, "e2e/composer.mjs", "SKEIN_URL="+n.url, "SKEIN_EMAILS=ana@skein.example sue@skein.example",
		"SKEIN_PASSWORD=a long enough one", "CHROMIUM="+chromium, fmt.Sprintf("SKEIN_CONVERSATIONS=%d %d", with.Number, without.Number))
	at := func() (c inbox.Conversation) {
		ana.want(200, "GET", "/conversations/"+string(with.ID), nil, &c)
		return c
	}
	for _, step := range []string{"saved", "refused", "sent", "taken back", "scheduled", "left", "card", "found"} {
		page.expect(step)
		switch c := at(); step {
		case "sent":
			// The page shows what it sends before the server has it.
			n.until("closed and assigned", func() bool { c := at(); return c.Status == inbox.Closed && c.Assignee != "" })
		case "taken back":
			if c.Status != inbox.Open || c.WaitingSince == nil {
				t.Errorf("taken back: %+v, want it open and waiting", c)
			}
		case "scheduled":
			if c.WaitingSince == nil {
				t.Errorf("scheduled: %+v, want it waiting", c)
			}
			n.mail("support", "More", "Cara/cara@x.example", inbox.Proven, "It has come.", "Kettle")
		}
		page.say("go")
	}
	var said struct{ Items []inbox.Message }
	ana.want(200, "GET", "/conversations/"+string(with.ID)+"/messages", nil, &said)
	if got, want := said.Items[len(said.Items)-1].Text, "Your order #10021 is on its way."; got != want {
		t.Errorf("said was %q, want %q", got, want)
	}
}
