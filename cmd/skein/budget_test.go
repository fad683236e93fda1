package main

import (
	"fmt"
	"testing"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// Nothing that is read moves while the rest comes in, however slowly it does, and
// what the page asks the server for and draws is bounded.
func TestBudgetInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server, and a browser")
	}
	t.Parallel()
	n := startNode(t)
	ana := n.agent("ana", inbox.AgentRole, n.inboxes["support"].ID)
	for i := range 9 {
		address := fmt.Sprintf("kim%d@x.example", i)
		n.order(inbox.Order{ExternalID: fmt.Sprint(i), Number: fmt.Sprintf("#1002%d", i), Email: address, Status: "paid", Total: 4711,
			Items: []inbox.Item{{SKU: "K-1", Title: "Copper kettle", Quantity: 1, Price: 4711}}})
		n.letter(i, address)
		ana.waitFor(fmt.Sprint("Matter ", i), fmt.Sprintf("linked #1002%d!", i))
	}
	n.inBrowser("budget.mjs", "kept")
}

// letter publishes a mail in HTML, which is drawn in a frame of its own height and
// wants pictures of another server.
func (n *node) letter(i int, from string) {
	n.t.Helper()
	now := time.Now()
	text := fmt.Sprintf("Where is my order #1002%d?", i)
	html := fmt.Sprintf(`<html><body><table width="600"><tr><td bgcolor="#eeeeee"><h2>Hello</h2><p>%s</p><img src="https://elsewhere.example/%d.png" width="300" height="120">
		<p style="font-size: 20px">It should have been here last week.</p></td></tr></table></body></html>`, text, i)
	if err := n.links[inbox.Email].Publish(n.t.Context(), connectors.Inbound{
		Kind: connectors.KindMessage, Channel: inbox.Email, Account: "support", EventID: fmt.Sprint("letter:", i), Key: from, Lane: connectors.LaneLive,
		Sender: connectors.Sender{Kind: inbox.EmailAddress, Address: from, Name: fmt.Sprint("Kim ", i), Proof: inbox.Proven}, ProviderAt: now, ReceivedAt: now,
		Message: &connectors.Message{MessageID: fmt.Sprint("letter", i), From: inbox.Party{Address: from, Name: fmt.Sprint("Kim ", i)}, Subject: fmt.Sprint("Matter ", i),
			Text: text, VisibleText: text, HTML: html},
	}); err != nil {
		n.t.Fatal(err)
	}
}
