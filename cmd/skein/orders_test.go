package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

func (r *reader) linksOf(c inbox.Conversation) []inbox.OrderLink {
	r.t.Helper()
	var list struct{ Items []inbox.OrderLink }
	r.want(200, "GET", "/conversations/"+string(c.ID)+"/orders", nil, &list)
	return list.Items
}

// states are the links' states, with the numbers that may be seen.
func states(list []inbox.OrderLink) string {
	var out []string
	for _, l := range list {
		s := string(l.State)
		if l.Order != nil {
			s += " " + l.Order.Number
		}
		if l.Meant {
			s += "!"
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

func (r *reader) waitFor(subject, want string) inbox.Conversation {
	r.t.Helper()
	c := r.find(subject)
	got := ""
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if got = states(r.linksOf(c)); got == want {
			return r.find(subject)
		}
	}
	r.t.Fatalf("%s: orders %q, want %q", subject, got, want)
	return c
}

var (
	anyID   = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)
	anyTime = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+(Z|\+\d\d:\d\d)`)
	anyName = regexp.MustCompile(`"(requestId|next)":"[^"]*"`)
)

// faceless is an answer without what differs between any two askers.
func faceless(s string, own ...string) string {
	s = anyName.ReplaceAllString(anyTime.ReplaceAllString(anyID.ReplaceAllString(s, "ID"), "TIME"), "")
	s = regexp.MustCompile(`"number":\d+`).ReplaceAllString(s, "")
	for _, o := range own {
		s = strings.ReplaceAll(s, o, "OWN")
	}
	return s
}

// Over the whole path: a proven buyer's order is linked with its reason, one
// that comes after its mail too, and an unproven sender is marked; a near miss
// is offered among the sender's own alone; what an agent rejects is never
// offered again in that conversation.
func TestOrdersOfConversations(t *testing.T) {
	t.Parallel()
	n := startNode(t)
	anna := n.agent("anna", inbox.AgentRole, n.inboxes["support"].ID)
	kettle := []inbox.Item{{SKU: "K-1", Title: "Copper kettle", Quantity: 1, Price: 4711}}
	n.order(inbox.Order{ExternalID: "1", Number: "#10021", Email: "ann@x.example", Status: "paid", Total: 4711, Items: kettle})
	n.order(inbox.Order{ExternalID: "2", Number: "#10045", Email: "bob@x.example", Status: "paid", Total: 1200, Items: kettle})

	n.mail("support", "proven", "Ann/ann@x.example", inbox.Proven, "Where is my order #10021?")
	c := anna.waitFor("proven", "linked #10021!")
	if l := anna.linksOf(c)[0]; l.Reason.Text == "" || l.Reason.Mention == "" || l.Reason.MessageID == "" || c.Order == nil || c.Order.Number != "#10021" {
		t.Errorf("link %+v of %+v", l, c.Order)
	}
	n.mail("support", "unproven", "Ann/ann@x.example", inbox.Claimed, "Where is my order #10021?")
	anna.waitFor("unproven", "unproven #10021!")

	n.mail("support", "early", "Ann/ann@x.example", inbox.Proven, "Where is my order #10099?")
	before := anna.find("early")
	n.order(inbox.Order{ExternalID: "3", Number: "#10099", Email: "ann@x.example", Status: "paid", Total: 100, Items: kettle})
	if after := anna.waitFor("early", "linked #10099!"); after.Version <= before.Version {
		t.Errorf("version %d after %d", after.Version, before.Version)
	}

	// #10012 is a swap away from Ann's own, and #10046 a digit from Bob's.
	n.mail("support", "near", "Ann/ann@x.example", inbox.Proven, "Where is my order #10012?")
	n.mail("support", "far", "Ann/ann@x.example", inbox.Proven, "Where is my order #10046?")
	for _, subject := range []string{"near", "far"} {
		c := anna.find(subject)
		anna.until(subject+" has its orders", func() bool { return len(anna.linksOf(c)) > 0 })
		if raw := anna.want(200, "GET", "/conversations/"+string(c.ID)+"/orders", nil, nil); strings.Contains(raw, "10045") {
			t.Errorf("%s: Bob's order is offered: %s", subject, raw)
		}
	}
	near := anna.linksOf(anna.find("near"))
	if !slices.ContainsFunc(near, func(l inbox.OrderLink) bool {
		return l.State == inbox.LinkSuggested && l.Order != nil && l.Order.Number == "#10021"
	}) {
		t.Errorf("a near miss of an own order gives %s", states(near))
	}

	// What is written of an order is what is linked, and of an unproven sender's
	// it goes to the addresses on the order alone.
	for _, w := range []struct {
		subject string
		cc      []inbox.Party
		status  int
		want    string
	}{
		{"proven", nil, 200, "Your order #10021 is on its way."},
		{"unproven", nil, 200, "Your order #10021 is on its way."},
		{"unproven", []inbox.Party{{Address: "eve@stranger.example"}}, 409, "{{order.number}}"},
		{"far", nil, 409, "{{order.number}}"},
	} {
		raw := anna.want(w.status, "POST", "/conversations/"+string(anna.find(w.subject).ID)+"/render",
			map[string]any{"text": "Your order {{order.number}} is on its way.", "cc": w.cc}, nil)
		if !strings.Contains(raw, w.want) {
			t.Errorf("%s, with %v: rendered %s, want %q in it", w.subject, w.cc, raw, w.want)
		}
	}

	path := "/conversations/" + string(c.ID) + "/orders/" + string(anna.linksOf(c)[0].OrderID)
	anna.want(200, "PUT", path, map[string]string{"verdict": "rejected"}, nil)
	if c = anna.find("proven"); c.Order != nil {
		t.Errorf("a rejected order is still shown: %+v", c.Order)
	}
	n.mail("support", "again", "Ann/ann@x.example", inbox.Proven, "My order #10021 please!", "proven")
	anna.until("the next mail is there", func() bool { return anna.find("proven").MessageSeq == 2 })
	for _, l := range anna.linksOf(c) {
		if l.State != inbox.LinkRejected && l.Order != nil && l.Order.Number == "#10021" {
			t.Errorf("what was rejected is offered again: %s", states(anna.linksOf(c)))
		}
	}
	anna.want(200, "PUT", path, map[string]string{"verdict": "none"}, nil)
	anna.until("the order is back", func() bool { return strings.HasPrefix(states(anna.linksOf(c)), "linked #10021!") })
}

// Who turns out to be the buyer gets the order linked in what was said before;
// when that is undone it is a stranger's again, and nothing of it is left.
func TestOrdersFollowCustomers(t *testing.T) {
	t.Parallel()
	n := startNode(t)
	anna := n.agent("anna", inbox.AgentRole, n.inboxes["support"].ID)
	n.order(inbox.Order{ExternalID: "1", Number: "#10021", Email: "ann@x.example", Status: "paid", Total: 4711,
		Items: []inbox.Item{{SKU: "K-1", Title: "Copper kettle", Quantity: 1, Price: 4711}}})
	n.mail("support", "shop", "Ann/ann@x.example", inbox.Proven, "Where is my order #10021?")
	n.mail("support", "home", "Ann/ann@home.example", inbox.Proven, "I wrote about order #10021 before.")
	anna.waitFor("shop", "linked #10021!")
	c := anna.waitFor("home", "claimed!")
	claim := anna.want(200, "GET", "/conversations/"+string(c.ID)+"/orders", nil, nil)

	anna.watch()
	path := "/customers/" + string(c.Customer.CustomerID)
	anna.want(200, "POST", path+"/merge", map[string]string{"with": string(anna.find("shop").Customer.CustomerID), "reason": "she says so"}, nil)
	merged := anna.waitFor("home", "linked #10021!")
	if merged.Order == nil || merged.Version <= c.Version {
		t.Errorf("after the merge: order %+v, version %d after %d", merged.Order, merged.Version, c.Version)
	}
	anna.until("the page is told of the order", func() bool { return strings.Contains(anna.said(), fmt.Sprintf(`"version":%d`, merged.Version)) })

	var edges struct{ Items []inbox.Merge }
	anna.want(200, "GET", path+"/merges", nil, &edges)
	if len(edges.Items) != 1 {
		t.Fatalf("merges = %+v", edges.Items)
	}
	anna.want(200, "POST", path+"/unmerge", map[string]string{"edgeId": string(edges.Items[0].ID)}, nil)
	after := anna.waitFor("home", "claimed!")
	if after.Order != nil || after.Version <= merged.Version {
		t.Errorf("after it was undone: order %+v, version %d after %d", after.Order, after.Version, merged.Version)
	}
	if diff := cmp.Diff(claim, anna.want(200, "GET", "/conversations/"+string(c.ID)+"/orders", nil, nil)); diff != "" {
		t.Errorf("after it was undone (-before +after):\n%s", diff)
	}
	anna.waitFor("shop", "linked #10021!")
}

// Of somebody else's order a stranger's agent gets not one byte, by no answer and
// no frame, and an order that isn't there is answered the same, byte for byte,
// until it is verified.
func TestStrangersOrder(t *testing.T) {
	t.Parallel()
	n := startNode(t)
	anna := n.agent("anna", inbox.AgentRole, n.inboxes["support"].ID)
	su := n.agent("su", inbox.SupervisorRole)
	// Its owner is known in another inbox alone: what is told of the owner there
	// is nothing that Anna may see.
	n.mail("other", "owner", "Annemarie Okafor/annemarie@owner.example", inbox.Proven, "Hello, a question.")
	su.find("owner")
	order := inbox.Order{
		ExternalID: "ext-77123", Number: "#10021", Email: "annemarie@owner.example", Status: "fulfilled", Total: 987654,
		Items:     []inbox.Item{{SKU: "CK-900", Title: "Copper kettle", Variant: "Hammered", Quantity: 3, Price: 329218}},
		Shipments: []inbox.Shipment{{Carrier: "ups", Tracking: "1Z12345E0205271688", Status: "in_transit", At: time.Now()}},
	}
	anna.watch()
	n.order(order)
	su.until("the order is known", func() bool {
		var list struct{ Items []inbox.Order }
		su.want(200, "GET", "/customers/"+string(su.find("owner").Customer.CustomerID)+"/orders", nil, &list)
		return len(list.Items) == 1
	})

	ask := func(subject, address, number string) (inbox.Conversation, string) {
		n.mail("support", subject, "Eve/"+address, inbox.Proven, "Where is my order "+number+"? I want it sent to my new address.")
		c := anna.waitFor(subject, "claimed!")
		at, of := "/conversations/"+string(c.ID), "/customers/"+string(c.Customer.CustomerID)
		anna.until("it can be searched", func() bool {
			_, raw := anna.do("GET", "/search?q="+strings.Trim(number, "#"), nil)
			return strings.Contains(raw, subject)
		})
		var seen strings.Builder
		for _, path := range []string{at, at + "/orders", at + "/messages", of, of + "/orders", of + "/timeline", of + "/conversations", "/conversations?q=" + strings.Trim(number, "#"), "/search?q=" + strings.Trim(number, "#")} {
			code, raw := anna.do("GET", path, nil)
			fmt.Fprintln(&seen, code, raw)
		}
		claim := anna.linksOf(c)[0].ClaimID
		for _, post := range []struct {
			path string
			body any
		}{
			{at + "/render", map[string]string{"text": "Your order {{order.number}} is on its way."}},
			{at + "/render", map[string]string{"text": "Hello {{customer.name}}."}},
			{at + "/orders", map[string]string{"number": number}},
			{at + "/claims/" + claim + "/verify", map[string]string{"postcode": "00000", "item": "boots"}},
			{at + "/claims/" + claim + "/verify", map[string]string{"postcode": "00000", "item": "copper kettle"}},
		} {
			code, raw := anna.do("POST", post.path, post.body)
			fmt.Fprintln(&seen, code, raw)
		}
		return c, seen.String()
	}
	c, there := ask("subject-a", "eve-a@stranger.example", "#10021")
	_, not := ask("subject-b", "eve-b@stranger.example", "#10777")
	if diff := cmp.Diff(faceless(not, "subject-b", "eve-b", "10777"), faceless(there, "subject-a", "eve-a", "10021")); diff != "" {
		t.Errorf("an order that is there is answered differently (-not there +there):\n%s", diff)
	}
	n.order(func() inbox.Order {
		o := order
		o.Status, o.UpdatedAt = "delivered", time.Now().Add(time.Second)
		return o
	}())
	su.until("the order is delivered", func() bool {
		return strings.Contains(su.want(200, "GET", "/customers/"+string(su.find("owner").Customer.CustomerID)+"/orders", nil, nil), "delivered")
	})
	n.mail("support", "last", "Zoe/zoe@x.example", inbox.Proven, "Hello.")
	anna.find("last")
	anna.until("the last mail is told", func() bool { return strings.Contains(anna.said(), `"last"`) })

	owner := string(su.find("owner").Customer.CustomerID)
	var orders struct{ Items []inbox.Order }
	su.want(200, "GET", "/customers/"+owner+"/orders", nil, &orders)
	for what, all := range map[string]string{"an answer": there, "a frame": anna.said()} {
		for _, secret := range []string{"Annemarie", "Okafor", "annemarie@owner.example", "Copper", "kettle", "Hammered", "CK-900", "987654", "329218",
			"1Z12345E0205271688", "in_transit", "fulfilled", "delivered", "ext-77123", string(orders.Items[0].ID), owner} {
			if strings.Contains(all, secret) {
				t.Errorf("%s holds %q: %s", what, secret, all)
			}
		}
	}

	// An override shows the order, and the log says who said so, and why.
	claim := anna.linksOf(c)[0].ClaimID
	anna.want(200, "POST", "/conversations/"+string(c.ID)+"/claims/"+claim+"/verify", map[string]string{"override": "called back on the number we have"}, nil)
	if got := states(anna.linksOf(c)); !strings.HasPrefix(got, "linked #10021!") {
		t.Errorf("after the override the orders are %q", got)
	}
}
