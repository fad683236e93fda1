package orderlink

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"skein/inbox"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

// order makes an order of a customer, to whom it goes as well.
func testOrder(number string, owner inbox.CustomerID, status string, items ...string) inbox.LinkOrder {
	o := inbox.LinkOrder{Owner: owner}
	o.ID, o.Store, o.Number, o.Status, o.Currency = inbox.OrderID("id-"+number), "shop", number, status, "EUR"
	o.PlacedAt = noon
	for _, title := range items {
		title, variant, _ := strings.Cut(title, "|")
		o.Items = append(o.Items, inbox.Item{SKU: "sku-" + title, Title: title, Variant: variant, Quantity: 1, Price: 1000})
		o.Total += 1000
	}
	o.Parties = []inbox.OrderParty{{Role: "buyer", Email: string(owner) + "@x.example"}}
	return o
}

// A say is a message of somebody.
type say struct {
	who   inbox.CustomerID
	proof inbox.Proof
	text  string
}

func evidenceOf(customer inbox.CustomerID, orders []inbox.LinkOrder, says ...say) *inbox.LinkEvidence {
	ev := &inbox.LinkEvidence{Customer: customer, Orders: orders, Now: noon}
	for i, s := range says {
		m := inbox.LinkMessage{
			ID: inbox.MessageID(fmt.Sprintf("m%d", i+1)), Customer: s.who, Proof: s.proof, Text: s.text, At: noon.Add(time.Duration(i) * time.Minute),
			People: []string{string(s.who) + "@x.example"},
		}
		for k, mention := range Find("", s.text, nil) {
			m.Mentions = append(m.Mentions, inbox.StoredMention{ID: fmt.Sprintf("m%d-%d", i+1, k), Mention: mention})
		}
		ev.Messages = append(ev.Messages, m)
	}
	return ev
}

func states(links []inbox.OrderLink) string {
	var list []string
	for _, l := range links {
		s := string(l.State)
		if l.OrderID != "" {
			s += " " + strings.TrimPrefix(string(l.OrderID), "id-")
		}
		if l.Meant {
			s += "!"
		}
		list = append(list, s)
	}
	return strings.Join(list, ", ")
}

// Whose an order is and how well its sender is known decide what becomes of a
// number that is named.
func TestLinkGate(t *testing.T) {
	t.Parallel()
	gift := testOrder("#1003", "bob", "fulfilled", "Lamp")
	gift.Shipments = []inbox.Shipment{{Carrier: "ups", Tracking: "1Z12345E0205271686", Status: "in_transit"}}
	gift.Parties = append(gift.Parties, inbox.OrderParty{Role: "recipient", Email: "ann@x.example"}, inbox.OrderParty{Role: "billing", Email: "eve@x.example"})
	orders := []inbox.LinkOrder{
		testOrder("#1001", "ann", "delivered", "Kettle"), testOrder("#1002", "bob", "delivered", "Lamp"), gift,
		testOrder("EN-20417", "ann", "pending", "Chair"),
	}
	for _, tc := range []struct {
		name string
		says []say
		want string
	}{
		{"proven buyer", []say{{"ann", 2, "order #1001 is broken"}}, "linked #1001!"},
		{"signed", []say{{"ann", 3, "order #1001 is broken"}}, "linked #1001!"},
		{"buyer by a bare From", []say{{"ann", 1, "order #1001 is broken"}}, "unproven #1001!"},
		{"proven later", []say{{"ann", 1, "order #1001"}, {"ann", 2, "order #1001"}}, "linked #1001!"},
		{"not proven later", []say{{"ann", 2, "order #1001"}, {"ann", 1, "order #1001"}}, "linked #1001!"},
		{"recipient", []say{{"ann", 2, "order #1003 has not come"}}, "recipient #1003!, suggested #1001, suggested EN-20417"},
		{"recipient, by the parcel", []say{{"ann", 2, "where is parcel 1Z12345E0205271686"}}, "recipient #1003!, suggested EN-20417, suggested #1001"},
		{"who pays is not who receives", []say{{"eve", 2, "order #1003"}}, "claimed!"},
		{"stranger", []say{{"eve", 2, "order #1001"}}, "claimed!"},
		{"nobody's", []say{{"eve", 2, "order #9999"}}, "claimed!"},
		{"nobody at all", []say{{"", 0, "order #1001"}}, "claimed!"},
		{"two", []say{{"ann", 2, "order #1001 and order EN-20417"}}, "linked #1001!, linked EN-20417"},
		{"the newest message is what it is about", []say{{"ann", 2, "order #1001"}, {"ann", 2, "order EN-20417"}}, "linked EN-20417!, linked #1001"},
		{"own and a stranger's", []say{{"ann", 2, "order #1002 and order #1001"}}, "linked #1001!, claimed"},
		{"without its letters", []say{{"ann", 2, "my number: 20417"}}, "linked EN-20417!"},
		{"a stranger's without its letters", []say{{"eve", 2, "my number: 20417"}}, ""},
		{"a post code that is like an order", []say{{"ann", 2, "my zip code is 20417"}}, "suggested #1001!, suggested EN-20417"},
		{"near miss", []say{{"ann", 2, "order EN-20471 please"}}, "suggested EN-20417!, suggested #1001, claimed"},
		{"near miss by a digit less", []say{{"ann", 2, "order number 2041"}}, "suggested EN-20417!, suggested #1001, claimed"},
		{"near miss of a stranger's", []say{{"eve", 2, "order EN-20471 please"}}, "claimed!"},
		{"said twice", []say{{"eve", 2, "order #1001"}, {"eve", 2, "order #1001"}}, "claimed!"},
		{"somebody else within ann's", []say{{"ann", 2, "order #1001"}, {"eve", 2, "order EN-20417"}}, "linked #1001!, claimed"},
	} {
		customer := inbox.CustomerID("ann")
		if tc.says[0].who != "ann" {
			customer = tc.says[0].who
		}
		ev := evidenceOf(customer, orders, tc.says...)
		links := Link(ev)
		if got := states(links); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
		for _, l := range links {
			if (l.Order != nil) != (l.OrderID != "") || l.State == inbox.LinkClaimed && (l.ClaimID == "" || l.OrderID != "") || l.Reason.Text == "" {
				t.Errorf("%s: %+v", tc.name, l)
			}
			if l.State == inbox.LinkRecipient && (len(l.Order.Items) > 0 || l.Order.Total != 0 || l.Order.Email != "") {
				t.Errorf("%s: a recipient is shown %+v", tc.name, l.Order)
			}
		}
	}
}

// What an account bought that is not known to be the sender's, but has their
// address, is theirs, marked: never linked by that alone, however well the
// address is proven.
func TestLinkByAddress(t *testing.T) {
	t.Parallel()
	order := testOrder("#10021", "account", "delivered", "Kettle")
	order.Parties[0].Email = "ann@x.example"
	for _, tc := range []struct {
		say  say
		want string
	}{
		{say{"ann", 1, "order #10021"}, "unproven #10021!"},
		{say{"ann", 2, "order #10021"}, "unproven #10021!"},
		{say{"ann", 2, "order #10012"}, "suggested #10021!, claimed"},
		{say{"account", 2, "order #10021"}, "linked #10021!"},
		{say{"eve", 2, "order #10021"}, "claimed!"},
		{say{"eve", 2, "order #10012"}, "claimed!"},
	} {
		if got := states(Link(evidenceOf(tc.say.who, []inbox.LinkOrder{order}, tc.say))); got != tc.want {
			t.Errorf("%+v: %s, want %s", tc.say, got, tc.want)
		}
	}
}

// What is linked is the same whether a stranger's order exists or not, to the
// letter.
func TestLinkTellsNothing(t *testing.T) {
	t.Parallel()
	secret := testOrder("#1002", "bob", "delivered", "Secret lamp")
	secret.Shipments = []inbox.Shipment{{Tracking: "884120367715", Status: "delivered"}}
	own := testOrder("#1012", "eve", "delivered", "Kettle")
	for _, text := range []string{
		"order #1002", "where is #1002, the secret lamp?", "return order number 1002 and 1012", "tracking number 884120367715", "10.00 EUR for the secret lamp",
	} {
		with := Link(evidenceOf("eve", []inbox.LinkOrder{secret, own}, say{"eve", 2, text}))
		without := Link(evidenceOf("eve", []inbox.LinkOrder{own}, say{"eve", 2, text}))
		if d := cmp.Diff(without, with); d != "" {
			t.Errorf("%q tells of a stranger's order: %s", text, d)
		}
	}
}

// An agent's word wins over what is found, the newest one; what they rejected is
// not offered again.
func TestLinkVerdicts(t *testing.T) {
	t.Parallel()
	orders := []inbox.LinkOrder{testOrder("#10011", "ann", "delivered", "Kettle"), testOrder("#10012", "bob", "delivered", "Lamp"), testOrder("#10013", "ann", "pending", "Chair")}
	for _, tc := range []struct {
		name, text string
		verdicts   []inbox.Verdict
		want       string
	}{
		{"rejected", "order #10011", []inbox.Verdict{{OrderID: "id-#10011", State: inbox.LinkRejected}}, "suggested #10013!, rejected #10011"},
		{"rejected near miss", "order #10010", []inbox.Verdict{{OrderID: "id-#10011", State: inbox.LinkRejected}}, "suggested #10013!, claimed, rejected #10011"},
		{"rejected suggestion", "please help", []inbox.Verdict{{OrderID: "id-#10011", State: inbox.LinkRejected}, {OrderID: "id-#10013", State: inbox.LinkRejected}}, "rejected #10011, rejected #10013"},
		{"linked", "order #10011", []inbox.Verdict{{OrderID: "id-#10013", State: inbox.Linked}}, "linked #10013!, linked #10011"},
		{"a stranger's, verified", "order #10012", []inbox.Verdict{{OrderID: "id-#10012", State: inbox.Linked}}, "linked #10012!"},
		{"taken back", "please help", []inbox.Verdict{{OrderID: "id-#10013", State: inbox.LinkRejected}, {OrderID: "id-#10013", State: inbox.Linked}}, "linked #10013!"},
	} {
		ev := evidenceOf("ann", orders, say{"ann", 2, tc.text})
		ev.Verdicts = tc.verdicts
		if got := states(Link(ev)); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

// What the channel says that a message is about comes before what it names, and
// is gated as that is.
func TestLinkContext(t *testing.T) {
	t.Parallel()
	orders := []inbox.LinkOrder{testOrder("#10011", "ann", "delivered", "Kettle"), testOrder("#10012", "bob", "delivered", "Lamp"), testOrder("#10013", "ann", "pending", "Chair")}
	for _, tc := range []struct {
		name    string
		context inbox.OrderID
		text    string
		proof   inbox.Proof
		want    string
	}{
		{"own", "id-#10013", "it is broken", 2, "linked #10013!"},
		{"own, and another named", "id-#10013", "order #10011", 2, "linked #10013!, linked #10011"},
		{"own, not proven", "id-#10013", "it is broken", 1, "unproven #10013!"},
		{"a stranger's", "id-#10012", "order #10011", 2, "linked #10011!"},
		{"nobody's", "id-none", "order #10011", 2, "linked #10011!"},
	} {
		ev := evidenceOf("ann", orders, say{"ann", tc.proof, tc.text})
		m := &ev.Messages[0]
		m.Mentions = append(m.Mentions, inbox.StoredMention{ID: "c", Mention: inbox.Mention{Kind: inbox.MentionContext, Key: string(tc.context), Part: "context", Score: 1}})
		if got := states(Link(ev)); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

// Without a number, orders are ranked by what is said of them, and one is linked
// by itself only when no other comes near.
func TestLinkRanks(t *testing.T) {
	t.Parallel()
	old := testOrder("#8", "ann", "pending", "Water Bottle|500ml / steel")
	old.PlacedAt = noon.Add(-time.Hour)
	paris := testOrder("#9", "ann", "pending", "Mug")
	paris.Parties = append(paris.Parties, inbox.OrderParty{Role: "recipient", Address: &inbox.Address{City: "Paris"}})
	paris.Total = 4242
	sent := testOrder("#7", "ann", "fulfilled", "Desk Lamp")
	sent.Shipments = []inbox.Shipment{{Status: "in_transit"}}
	two := testOrder("#6", "ann", "delivered", "Tablet", "Tablet")
	yen := testOrder("#5", "ann", "delivered", "Kimono")
	yen.Currency, yen.Total = "JPY", 4800
	orders := []inbox.LinkOrder{
		testOrder("#1", "ann", "delivered", "Hiking Boots|42 / brown"), testOrder("#2", "ann", "pending", "Office Chair", "Lamp Shade"),
		testOrder("#3", "ann", "delivered", "Water Bottle|1000ml / glass"), testOrder("#4", "ann", "delivered", "Tablet"), yen, two, sent, old, paris,
		testOrder("#99", "bob", "delivered", "Garden Hose"),
	}
	for _, tc := range []struct{ text, first string }{
		{"I want to return the hiking boots", "linked #1"},
		{"I want to return the boots.", "suggested #1"},
		{"the boots are great", "suggested #1"}, // nothing is asked for
		{"please cancel the office chair", "linked #2"},
		{"return the office chair", "suggested #2"},                        // not even sent: some other, perhaps
		{"exchange the kettle for a pair of hiking boots", "suggested #1"}, // which they haven't got
		{"return the boots and cancel the chair", "suggested #1"},
		{"change the water bottle to 750ml", "suggested #8"}, // another holds one too
		{"exchange my water bottle", "suggested #3"},
		{"the 500ml bottle is what I want to change", "suggested #8"},
		{"return the tablets", "suggested #6"},
		{"where is my parcel? it has not arrived", "suggested #7"},
		{"Storniert bitte, 42,42 EUR", "suggested #9"},
		{"it was 4800 JPY and is defective", "suggested #5"},
		{"cancel what goes to Paris", "suggested #9"},
		{"cancel my order", "suggested #2"}, // the newest of those that can be
		{"return the garden hose", "suggested #1"},
		{"hello", "suggested #1"},
		{"", "suggested #1"},
	} {
		links := Link(evidenceOf("ann", orders, say{"ann", 2, tc.text}))
		if got := states(links[:1]); got != tc.first+"!" {
			t.Errorf("%q: first is %s (%s), want %s", tc.text, got, links[0].Reason.Text, tc.first)
		}
		for _, l := range links {
			if l.OrderID == "id-#99" {
				t.Errorf("%q: a stranger's order is offered", tc.text)
			}
		}
	}
	alone := []inbox.LinkOrder{testOrder("#1", "ann", "fulfilled", "Boots")}
	for _, tc := range []struct {
		proof inbox.Proof
		text  string
		want  string
	}{
		{2, "where is my order?", "linked #1!"},
		{1, "where is my order?", "unproven #1!"},
		{2, "hello", "suggested #1!"},
		{2, "where is my order #7777?", "suggested #1!, claimed"}, // some other than theirs
	} {
		if got := states(Link(evidenceOf("ann", alone, say{"ann", tc.proof, tc.text}))); got != tc.want {
			t.Errorf("%q of one order: %s, want %s", tc.text, got, tc.want)
		}
	}
	if got := Link(evidenceOf("", alone, say{"", 0, "where is my order?"})); len(got) != 0 {
		t.Errorf("nobody is offered %v", states(got))
	}
}

// Links don't depend on the order in which orders are given.
func TestLinkSteady(t *testing.T) {
	t.Parallel()
	orders := []inbox.LinkOrder{testOrder("#10011", "ann", "delivered", "Tablet", "Lamp"), testOrder("#10012", "ann", "delivered", "Tablet"), testOrder("#10013", "ann", "pending", "Chair", "Lamp")}
	for _, text := range []string{"return the tablet and the lamp", "cancel the more expensive lamp", "orders #10011, #10013 and #10099", ""} {
		want, _ := json.Marshal(Link(evidenceOf("ann", orders, say{"ann", 2, text})))
		for range 5 {
			slices.Reverse(orders)
			if got, _ := json.Marshal(Link(evidenceOf("ann", orders, say{"ann", 2, text}))); string(got) != string(want) {
				t.Errorf("%q: %s, then %s", text, want, got)
			}
		}
	}
}

// Whoever writes whatever: only their own orders are shown or named, and first
// is first.
func FuzzLink(f *testing.F) {
	for _, s := range []string{"order #10011, #10012 return the lamp", "10011 10012 1001", "tracking 884120367715", "cancel"} {
		f.Add(s, true)
	}
	secret := testOrder("#10012", "bob", "delivered", "Lamp")
	secret.Shipments = []inbox.Shipment{{Tracking: "884120367715"}}
	orders := []inbox.LinkOrder{testOrder("#10011", "ann", "delivered", "Lamp"), secret, testOrder("EN-10013", "ann", "pending", "Chair")}
	f.Fuzz(func(t *testing.T, text string, isProven bool) {
		s := say{"ann", 1, text}
		if isProven {
			s.proof = 2
		}
		links := Link(evidenceOf("ann", orders, s))
		for i, l := range links {
			if l.OrderID == secret.ID || l.Order != nil && l.Order.ID == secret.ID || l.Meant != (i == 0) {
				t.Errorf("%q: %+v", text, l)
			}
			if l.State == inbox.Linked && !isProven {
				t.Errorf("%q: linked without proof", text)
			}
		}
		without := Link(evidenceOf("ann", []inbox.LinkOrder{orders[0], orders[2]}, s))
		if d := cmp.Diff(without, links); d != "" {
			t.Errorf("%q tells of a stranger's order: %s", text, d)
		}
	})
}

// A claim that an agent rejected is none, however often it is named, and leaves
// the order that is meant to be found; what else is claimed stays.
func TestRejectedClaim(t *testing.T) {
	t.Parallel()
	orders := []inbox.LinkOrder{testOrder("#10011", "ann", "fulfilled", "Kettle")}
	for _, tc := range []struct {
		name, text string
		want       string
	}{
		{"alone", "order #77777", "suggested #10011!, rejected"},
		{"beside another claim", "order #77777 or order #88888", "suggested #10011!, claimed, rejected"},
		{"beside an own order", "order #77777 or order #10011", "linked #10011!, rejected"},
	} {
		ev := evidenceOf("ann", orders, say{"ann", 2, tc.text}, say{"ann", 2, tc.text})
		ev.Rejected = []inbox.Mention{{Kind: inbox.MentionOrder, Key: NumberKey("#77777")}}
		got := Link(ev)
		if s := states(got); s != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, s, tc.want)
		}
		for _, l := range got {
			if l.State == inbox.LinkRejected && (l.ClaimID == "" || l.Reason.Mention != "#77777" || l.Meant) {
				t.Errorf("%s: %+v can't be taken back", tc.name, l)
			}
		}
	}
}
