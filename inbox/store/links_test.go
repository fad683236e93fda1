package store_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
	"skein/inbox/orderlink"
)

// naming has a mail say something, and names what is in it.
func naming(r inbox.Received, proof inbox.Proof, text string) inbox.Received {
	r.Message.Text, r.Message.VisibleText, r.Message.Proof = text, text, proof
	r.Message.Mentions = orderlink.Find(r.Message.Subject, text, nil)
	return r
}

func bought(number, buyer string, at time.Time, change ...func(*inbox.Order)) inbox.Received {
	o := &inbox.Order{
		Store: "shop", ExternalID: "x" + number, Number: number, Email: buyer, Status: "paid", Currency: "EUR", Total: 4711,
		PlacedAt: at.Add(-24 * time.Hour), UpdatedAt: at, Items: []inbox.Item{{SKU: "K-1", Title: "Copper kettle", Quantity: 1, Price: 4711}},
		Shipments: []inbox.Shipment{}, Buyer: inbox.IdentityRef{Kind: inbox.EmailAddress, Key: buyer},
	}
	for _, c := range change {
		c(o)
	}
	o.NumberKey = orderlink.NumberKey(o.Number)
	for i := range o.Shipments {
		o.Shipments[i].TrackingKey = orderlink.TrackingKey(o.Shipments[i].Tracking)
	}
	return inbox.Received{Account: "shop", Channel: inbox.Shop, EventID: fmt.Sprint("order:", o.ExternalID, o.UpdatedAt.UnixNano()), At: at, Order: o}
}

func (d *desk) links(t testing.TB, c inbox.Conversation) []inbox.OrderLink {
	t.Helper()
	list, err := d.ConversationOrders(t.Context(), &d.su.Rights, string(c.ID))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (d *desk) wantState(t testing.TB, what string, c inbox.Conversation, states ...inbox.LinkState) []inbox.OrderLink {
	t.Helper()
	list := d.links(t, c)
	got := []inbox.LinkState{}
	for _, l := range list {
		got = append(got, l.State)
	}
	if diff := cmp.Diff(states, got); diff != "" {
		t.Fatalf("%s: states (-want +got):\n%s", what, diff)
	}
	return list
}

// folded fails where the last that was announced of a conversation is not what
// is fetched.
func (d *desk) folded(t testing.TB) {
	t.Helper()
	last := map[inbox.ConversationID]inbox.Conversation{}
	for _, raw := range d.strings(t, `SELECT convert_from(payload, 'utf8') FROM outbox WHERE subject = 'skein.event.conversation.changed' ORDER BY id`) {
		var e inbox.Event
		if err := json.Unmarshal([]byte(raw), &e); err != nil {
			t.Fatal(err)
		}
		if was, ok := last[e.Conversation.ID]; ok && e.Version <= was.Version {
			t.Errorf("conversation %s is announced as %d after %d", e.Entity, e.Version, was.Version)
		}
		last[e.Conversation.ID] = *e.Conversation
	}
	for id, got := range last {
		if got.MergedInto != "" {
			continue
		}
		want, err := d.Conversation(t.Context(), &d.su.Rights, string(id))
		if err != nil {
			t.Fatal(err)
		}
		want.Customer, got.Customer = inbox.Person{}, inbox.Person{}                                                // told by customers' own events
		got.CreatedAt, got.LastAt = got.CreatedAt.Truncate(time.Microsecond), got.LastAt.Truncate(time.Microsecond) // the threader's work
		if got.WaitingSince != nil {
			*got.WaitingSince = got.WaitingSince.Truncate(time.Microsecond)
		}
		if diff := cmp.Diff(asJSON(t, want), asJSON(t, got)); diff != "" {
			t.Errorf("conversation %s (-fetched +announced):\n%s", id, diff)
		}
	}
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A buyer's own order is linked by its number, marked when the buyer isn't
// proven; whatever the order's people or number become, the conversation
// follows, and what is announced of it is what is fetched.
func TestLinkOwnOrder(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	now := time.Now()
	d.deliver(t, bought("HP-10021", "ann@x.example", now))
	d.deliver(t, naming(arrival("m1", "ann@x.example", nil), inbox.Proven, "Where is order HP-10021?"))
	c := d.conversationOf(t, "m1")
	link := d.wantState(t, "proven", c, inbox.Linked)[0]
	if link.Order == nil || link.Order.Number != "HP-10021" || len(link.Order.Items) != 1 || !link.Meant || link.Reason.Text == "" || link.Reason.Mention != "HP-10021" {
		t.Errorf("link = %+v", link)
	}
	if c.Order == nil || c.Order.Number != "HP-10021" || c.Order.ID != link.OrderID {
		t.Errorf("the conversation's order is %+v", c.Order)
	}
	d.folded(t)

	d.deliver(t, naming(arrival("m2", "ann@x.example", nil), inbox.Claimed, "Where is order HP-10021?"))
	d.wantState(t, "unproven", d.conversationOf(t, "m2"), inbox.LinkUnproven)

	d.deliver(t, bought("HP-10021", "ann@x.example", now.Add(time.Second), func(o *inbox.Order) { o.Number = "HP-10021-A"; o.ExternalID = "xHP-10021" }))
	renumbered := d.conversationOf(t, "m1")
	if len(d.links(t, renumbered)) > 0 && renumbered.Order != nil && renumbered.Order.Number != "HP-10021-A" {
		t.Errorf("after it was renumbered the conversation says %+v", renumbered.Order)
	}
	d.folded(t)

	d.deliver(t, bought("HP-10021", "eve@x.example", now.Add(2*time.Second)))
	c = d.conversationOf(t, "m1")
	d.wantState(t, "of somebody else now", c, inbox.LinkClaimed)
	if c.Order != nil {
		t.Errorf("a stranger's order is shown: %+v", c.Order)
	}
	d.folded(t)
	d.whole(t)
}

// An order that comes after the message that names it is linked, and the
// conversation announced.
func TestOrderAfterMessage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.deliver(t, naming(arrival("m1", "ann@x.example", nil), inbox.Proven, "Where is order HP-10022?"))
	before := d.conversationOf(t, "m1")
	d.wantState(t, "unknown", before, inbox.LinkClaimed)
	d.deliver(t, bought("HP-10022", "ann@x.example", time.Now()))
	after := d.conversationOf(t, "m1")
	d.wantState(t, "known", after, inbox.Linked)
	if after.Version != before.Version+1 || after.Order == nil {
		t.Errorf("version %d, order %+v, want %d and the order", after.Version, after.Order, before.Version+1)
	}
	d.folded(t)
}

// A stranger's claim is the same whether or not the order exists, comes later
// or changes: nothing of the order, not even that it is there.
func TestStrangersClaim(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	now := time.Now()
	d.deliver(t, bought("HP-10023", "ann@x.example", now))
	d.deliver(t, naming(arrival("there", "eve@x.example", nil), inbox.Proven, "Where is order HP-10023?"))
	d.deliver(t, naming(arrival("not", "eva@x.example", nil), inbox.Proven, "Where is order HP-99999?"))
	d.deliver(t, naming(arrival("later", "eve2@x.example", nil), inbox.Proven, "Where is order HP-10024?"))
	was := d.conversationOf(t, "later").Version
	d.deliver(t, bought("HP-10024", "ann@x.example", now))

	claim := func(id string) string {
		c := d.conversationOf(t, id)
		list := d.wantState(t, id, c, inbox.LinkClaimed)
		if list[0].ClaimID == "" || c.Order != nil {
			t.Errorf("%s: %+v, %+v", id, list[0], c.Order)
		}
		list[0].ClaimID, list[0].Reason.MessageID = "", ""
		return strings.NewReplacer("HP-10023", "N", "HP-99999", "N", "HP-10024", "N").Replace(asJSON(t, list))
	}
	for _, id := range []string{"there", "later"} {
		if diff := cmp.Diff(claim("not"), claim(id)); diff != "" {
			t.Errorf("an order that is there differs from one that isn't (-not +%s):\n%s", id, diff)
		}
	}
	if now := d.conversationOf(t, "later").Version; now != was {
		t.Errorf("the order's coming raised the stranger's conversation from %d to %d", was, now)
	}
}

// A message and the order that it names, delivered at the same time, find each
// other whichever is first.
func TestLinkAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	// Each buyer writes from another address than the one that they bought with:
	// nothing but the number's own lock brings the two together.
	const n = 24
	who := func(i int, kind string) string { return fmt.Sprintf("%s%d@x.example", kind, i) }
	for i := range n {
		d.deliver(t, arrival(fmt.Sprint("a", i), who(i, "buys"), nil), arrival(fmt.Sprint("b", i), who(i, "writes"), nil))
		a, b := d.conversationOf(t, fmt.Sprint("a", i)), d.conversationOf(t, fmt.Sprint("b", i))
		if _, err := d.Merge(t.Context(), d.su, a.Customer.CustomerID, b.Customer.CustomerID, "", time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for i := range n {
		number := fmt.Sprint("HP-2", 1000+i)
		wg.Go(func() { d.deliver(t, bought(number, who(i, "buys"), time.Now())) })
		wg.Go(func() {
			d.deliver(t, naming(arrival(fmt.Sprint("m", i), who(i, "writes"), nil), inbox.Proven, "Where is order "+number+"?"))
		})
	}
	wg.Wait()
	for i := range n {
		d.wantState(t, fmt.Sprint("m", i), d.conversationOf(t, fmt.Sprint("m", i)), inbox.Linked)
	}
	d.folded(t)
	d.whole(t)
}

// What a channel says that a message is about, and what an order mail of ours
// is about that it answers, is context, known or not yet.
func TestContext(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	now := time.Now()
	chat := arrival("chat", "ann@x.example", nil)
	chat.Message.Mentions = []inbox.Mention{{Kind: inbox.MentionContext, Key: inbox.ContextKey("shop", "xHP-10025", ""), Text: "HP-10025", Part: "context", Score: 1}}
	d.deliver(t, chat)
	byNumber := arrival("chat2", "ann@x.example", nil)
	byNumber.Message.Mentions = []inbox.Mention{{Kind: inbox.MentionContext, Key: inbox.ContextKey("shop", "", "HP10025"), Text: "HP-10025", Part: "context", Score: 1}}
	d.deliver(t, byNumber)
	d.deliver(t, bought("HP-10025", "ann@x.example", now))
	for _, id := range []string{"chat", "chat2"} {
		d.wantState(t, id, d.conversationOf(t, id), inbox.Linked)
	}

	mail := naming(arrival("mail", "ann@x.example", nil), inbox.Proven, "Your order HP-10025 is on its way.")
	mail.Message.Direction, mail.Message.Author.Kind = inbox.Out, inbox.BySystem
	d.deliver(t, mail)
	answer := naming(arrival("answer", "ann@x.example", []string{"mail"}), inbox.Proven, "Please leave it with my neighbour.")
	d.deliver(t, answer)
	c := d.conversationOf(t, "answer")
	if len(d.links(t, c)) == 0 || c.Order == nil || c.Order.Number != "HP-10025" {
		t.Errorf("an answer to an order mail: order %+v, links %+v", c.Order, d.links(t, c))
	}
}

// A store's grammar is learned from new orders alone, each once, whoever learns
// at the same time.
func TestLearnGrammars(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	now := time.Now()
	for i := range 30 {
		d.deliver(t, bought(fmt.Sprint("HP-1", 1000+i), "ann@x.example", now.Add(time.Duration(i)*time.Minute)))
		d.deliver(t, bought(fmt.Sprint("HP-1", 1000+i), "ann@x.example", now.Add(time.Hour+time.Duration(i)*time.Minute))) // an update
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				n, err := d.Store.LearnGrammars(t.Context(), 4)
				if err != nil {
					t.Error(err)
				}
				if n == 0 || err != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	stores, err := d.ShopStores(t.Context())
	if err != nil || len(stores) != 1 {
		t.Fatalf("stores = %+v, %v", stores, err)
	}
	st := stores[0]
	if st.Store != "shop" || st.Orders != 30 || st.UpdatedAt == nil || st.NewestOrderAt == nil || len(st.Grammar.Examples) == 0 || st.Grammar.Text == "" {
		t.Errorf("store = %+v", st)
	}
	grammars, err := d.Grammars(t.Context())
	if err != nil || len(grammars) != 1 {
		t.Fatalf("grammars = %v, %v", grammars, err)
	}
	g, err := orderlink.ParseGrammar(grammars[0].Grammar)
	if err != nil || g.Orders() != 30 {
		t.Errorf("learned from %d orders, %v, want 30", g.Orders(), err)
	}
}

// An account's order is that of whoever writes from its buyer's address, marked;
// who receives it hears of the parcel and nothing else, and who merely copies a
// mail to them of nothing at all.
func TestLinkByAddress(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.deliver(t, bought("HP-10026", "ann@x.example", time.Now(), func(o *inbox.Order) {
		o.CustomerExternalID, o.Buyer = "77", inbox.ShopRef("shop", "77")
		o.Parties = []inbox.OrderParty{{Role: "buyer", Email: "ann@x.example"}, {Role: "recipient", Name: "Ruth", Email: "ruth@x.example",
			Address: &inbox.Address{City: "Graz", Postcode: "8010"}}}
		o.Shipments = []inbox.Shipment{{Carrier: "ups", Tracking: "1Z12345E0205271688", Status: "in_transit", At: time.Now()}}
	}))
	say := func(id, from string, proof inbox.Proof, to ...string) inbox.Conversation {
		d.deliver(t, naming(arrival(id, from, nil, to...), proof, "Where is order HP-10026?"))
		return d.conversationOf(t, id)
	}
	c := say("buyer", "ann@x.example", inbox.Claimed)
	d.wantState(t, "the buyer's address", c, inbox.LinkUnproven)
	if c.Order == nil || c.Order.Number != "HP-10026" {
		t.Errorf("the conversation's order is %+v", c.Order)
	}
	if _, err := d.LinkNumber(t.Context(), d.anna, string(c.ID), "hp 10026", time.Now()); err != nil {
		t.Errorf("link an order by its buyer's address: %v", err)
	}
	link := d.wantState(t, "the recipient", say("recipient", "ruth@x.example", inbox.Proven), inbox.LinkRecipient)[0]
	shown := asJSON(t, link.Order)
	if len(link.Order.Shipments) != 1 || strings.Contains(shown, "kettle") || strings.Contains(shown, "4711") || strings.Contains(shown, "ann@") {
		t.Errorf("a recipient is shown %s", shown)
	}
	c = say("stranger", "eve@x.example", inbox.Proven, "ruth@x.example", "ann@x.example")
	d.wantState(t, "a stranger who copies it to them", c, inbox.LinkClaimed)
	_, err := d.LinkNumber(t.Context(), d.anna, string(c.ID), "HP-10026", time.Now())
	wantCode(t, "a stranger's number", err, inbox.Conflict)
	d.folded(t)
}

// What is somebody's own, by whom or with what address it was bought, is told by
// its exact number, of an order or a parcel; what is another's, or only a track's,
// is not.
func TestOwnNumbers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	now := time.Now()
	d.deliver(t,
		bought("6011000990139424", "ann@x.example", now, func(o *inbox.Order) {
			o.Shipments = []inbox.Shipment{{Carrier: "dhl", Tracking: "36000000000008", Status: "in_transit", At: now}}
		}),
		bought("5555555555554444", "bob@x.example", now),
		bought("4222222222222", "", now, func(o *inbox.Order) {
			o.CustomerExternalID, o.Buyer, o.Parties = "7", inbox.ShopRef("shop", "7"), []inbox.OrderParty{{Role: "buyer", Email: "ann@x.example"}}
		}),
		loosely("completed", "4111111111111111", "ann@x.example", now, inbox.Order{Status: "paid", Says: []string{"status"}}))
	all := []string{"36000000000008", "4111111111111111", "4222222222222", "5555555555554444", "601100099013942", "6011000990139424"}
	for who, want := range map[string][]string{
		"ann@x.example": {"36000000000008", "4222222222222", "6011000990139424"}, "bob@x.example": {"5555555555554444"}, "eve@x.example": nil,
	} {
		got, err := d.OwnNumbers(t.Context(), inbox.IdentityRef{Kind: inbox.EmailAddress, Key: who}, all)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s's are %q, want %q", who, got, want)
		}
	}
}
