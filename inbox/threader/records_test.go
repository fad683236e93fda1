package threader

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/connectors"
	"skein/inbox"
)

var told = time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)

// shopItem is an item of a shop's account, signed.
func shopItem(kind connectors.Kind, edit func(*connectors.Inbound)) Item {
	in := connectors.Inbound{
		Kind: kind, Channel: inbox.Shop, Account: "shop", EventID: "e1", Lane: connectors.LaneLive, ProviderAt: told,
		Sender: connectors.Sender{Kind: inbox.ShopAccount, Address: "c1", Proof: inbox.Signed},
	}
	edit(&in)
	data, _ := json.Marshal(in)
	return Item{Data: data, Channel: inbox.Shop, Account: "shop", Lane: connectors.LaneLive, At: told.Add(time.Minute)}
}

func wholeOrder() *inbox.Order {
	return &inbox.Order{
		Store: "s", ExternalID: "1", Number: "HP-1", CustomerExternalID: "c1", Email: "Ann@X.example", Status: "paid", Currency: "eur", Total: 100,
		PlacedAt: told, UpdatedAt: told, Items: []inbox.Item{{SKU: "a", Title: "A", Quantity: 1, Price: 100}},
	}
}

// What is wrong with a record is named, and nothing of it is stored.
func TestRecordsRefused(t *testing.T) {
	th, _, _ := newTest(t)
	order := func(edit func(o *inbox.Order)) func(*connectors.Inbound) {
		return func(in *connectors.Inbound) {
			in.Kind, in.Order = connectors.KindOrder, wholeOrder()
			edit(in.Order)
		}
	}
	for _, c := range []struct {
		edit func(*connectors.Inbound)
		want string
	}{
		{order(func(o *inbox.Order) { o.Store = "" }), "needs store"},
		{order(func(o *inbox.Order) { o.ExternalID = "" }), "needs externalId"},
		{order(func(o *inbox.Order) { o.ExternalID = strings.Repeat("1", 201) }), "more than 200"},
		{order(func(o *inbox.Order) { o.ExternalID = "1\x00" }), "characters that no id has"},
		{order(func(o *inbox.Order) { o.Number = "" }), "needs number"},
		{order(func(o *inbox.Order) { o.UpdatedAt = time.Time{} }), "no updatedAt"},
		{order(func(o *inbox.Order) { o.Currency = "" }), "currency \"\""},
		{order(func(o *inbox.Order) { o.Currency = "EURO" }), "currency \"EURO\""},
		{order(func(o *inbox.Order) { o.Status = "lost" }), "status \"lost\""},
		{order(func(o *inbox.Order) { o.FinancialStatus = "lost" }), "financialStatus"},
		{order(func(o *inbox.Order) { o.Says = []string{"colour"} }), "says \"colour\""},
		{order(func(o *inbox.Order) { o.Tax = inbox.MaxAmount + 1 }), "more than anything costs"},
		{order(func(o *inbox.Order) { o.Items[0].Price = -inbox.MaxAmount - 1 }), "more than anything costs"},
		{order(func(o *inbox.Order) { o.Items[0].Quantity = -1 }), "-1 of an item"},
		{order(func(o *inbox.Order) { o.Items = make([]inbox.Item, 1001) }), "1001 items"},
		{order(func(o *inbox.Order) { o.Refunds = []inbox.Refund{{Amount: 1}} }), "refund's externalId"},
		{order(func(o *inbox.Order) { o.Refunds = []inbox.Refund{{ExternalID: "r", Amount: -1}} }), "less than nothing"},
		{order(func(o *inbox.Order) { o.Returns = []inbox.Return{{ExternalID: "r", Status: "gone"}} }), "return's status"},
		{order(func(o *inbox.Order) { o.Shipments = []inbox.Shipment{{Status: "lost"}} }), "parcel's status"},
		{order(func(o *inbox.Order) { o.Shipments = []inbox.Shipment{{Events: make([]inbox.ShipmentEvent, 201)}} }), "201 events"},
		{order(func(o *inbox.Order) { o.Parties = []inbox.OrderParty{{Role: "heir"}} }), "role \"heir\""},
		{order(func(o *inbox.Order) { o.Parties = []inbox.OrderParty{{Role: "buyer"}, {Role: "buyer"}} }), "two parties"},
		{order(func(o *inbox.Order) { o.CustomerExternalID = "/1" }), "begins with a slash"},
		{func(in *connectors.Inbound) {
			in.Kind, in.Customer = connectors.KindCustomer, &inbox.CustomerRecord{Store: "s", UpdatedAt: told}
		}, "needs externalId"},
		{func(in *connectors.Inbound) {
			in.Kind, in.Customer = connectors.KindCustomer, &inbox.CustomerRecord{Store: "s", ExternalID: "1", UpdatedAt: told, Birthday: "3rd of May"}
		}, "birthday"},
		{func(in *connectors.Inbound) {
			in.Kind, in.Cart = connectors.KindCart, &inbox.Cart{Store: "s", ExternalID: "1", UpdatedAt: told}
		}, "says of nobody"},
		{func(in *connectors.Inbound) {
			in.Kind, in.Product = connectors.KindProduct, &inbox.Product{Store: "s", SKU: "a"}
		}, "neither updatedAt nor stockAt"},
		{func(in *connectors.Inbound) {
			in.Kind, in.Track, in.Sender = connectors.KindTrack, &inbox.Track{Store: "s", Type: "page"}, connectors.Sender{}
		}, "of nobody"},
		{func(in *connectors.Inbound) { in.Kind, in.Track = connectors.KindTrack, nil }, "can't be handled"},
	} {
		_, err := th.prepare(t.Context(), shopItem("", c.edit))
		if inbox.CodeOf(err) != inbox.Invalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("refused with %v, want %s that names %q", err, inbox.Invalid, c.want)
		}
	}
}

// Whose an order is: the account in the shop, else the guest's address, else
// their number, else a guest who has only the order; a partial word that says
// nothing of it leaves it open.
func TestBuyer(t *testing.T) {
	th, _, _ := newTest(t)
	for _, c := range []struct {
		edit func(*inbox.Order)
		want inbox.IdentityRef
	}{
		{func(*inbox.Order) {}, inbox.IdentityRef{Kind: inbox.ShopAccount, Key: "s/c1"}},
		{func(o *inbox.Order) { o.CustomerExternalID = "" }, inbox.IdentityRef{Kind: inbox.EmailAddress, Key: "ann@x.example"}},
		{func(o *inbox.Order) { o.CustomerExternalID, o.Email, o.Phone = "", "nonsense", "+14155550100" }, inbox.IdentityRef{Kind: inbox.PhoneNumber, Key: "+14155550100"}},
		{func(o *inbox.Order) { o.CustomerExternalID, o.Email = "", "" }, inbox.GuestRef("s", "1")},
		{func(o *inbox.Order) { o.Says = []string{"status"} }, inbox.IdentityRef{}},
		{func(o *inbox.Order) { o.Says, o.CustomerExternalID, o.Email = []string{"buyer"}, "", "" }, inbox.IdentityRef{}},
	} {
		p, err := th.prepare(t.Context(), shopItem(connectors.KindOrder, func(in *connectors.Inbound) {
			in.Order = wholeOrder()
			c.edit(in.Order)
		}))
		if err != nil {
			t.Fatal(err)
		}
		if got := p.received.Order.Buyer; got != c.want {
			t.Errorf("buyer = %v, want %v", got, c.want)
		}
	}
}

// An order is stored as the database can keep and compare it, its addresses as
// they are matched, its links such as a browser may follow, and no time later
// than now.
func TestOrderIsCleaned(t *testing.T) {
	th, _, _ := newTest(t)
	p, err := th.prepare(t.Context(), shopItem(connectors.KindOrder, func(in *connectors.Inbound) {
		in.Order = wholeOrder()
		in.Order.UpdatedAt, in.Order.URL, in.Order.Note = told.AddDate(10, 0, 0), "javascript:alert(1)", "a\x00b 4111 1111 1111 1111"
		in.Order.Items[0].Title, in.Order.Items[0].URL = "A\x00\nB", "https://s.example/a"
		in.Order.Parties = []inbox.OrderParty{{Role: "recipient", Email: "Bob@X.example", Address: &inbox.Address{Lines: []string{" ", "1 Row"}}}, {Role: "billing", Address: &inbox.Address{}}}
	}))
	if err != nil {
		t.Fatal(err)
	}
	o := p.received.Order
	now := told.Add(time.Minute).Truncate(time.Microsecond)
	if !o.UpdatedAt.Equal(now) || o.URL != "" || o.Note != "ab **** **** **** 1111" || o.Items[0].Title != "A B" || o.Items[0].URL != "https://s.example/a" || o.Currency != "EUR" {
		t.Errorf("order = %+v", o)
	}
	want := []inbox.OrderParty{
		{Role: "recipient", Email: "bob@x.example", Address: &inbox.Address{Lines: []string{"1 Row"}}}, {Role: "billing"},
		{Role: "buyer", Email: "ann@x.example"},
	}
	if d := cmp.Diff(want, o.Parties); d != "" {
		t.Errorf("parties (-want +got):\n%s", d)
	}
}

// A track is captured under the best that is known of its person, keeps what it
// brought, and tells of orders only what passes the same checks.
func TestTracks(t *testing.T) {
	th, _, _ := newTest(t)
	for _, c := range []struct {
		track      inbox.Track
		who        inbox.IdentityRef
		kind       inbox.TrackKind
		orders     int
		carts      string
		problems   int
		properties string
	}{
		{inbox.Track{Type: "track", Event: "Order Completed", UserID: "c1", AnonymousID: "a", Properties: []byte(`{"order_id":"1","total":1,"currency":"EUR"}`)},
			inbox.ShopRef("s", "c1"), inbox.TrackedRecord, 1, "~s/c1", 0, `{"currency":"EUR","order_id":"1","total":1}`},
		{inbox.Track{Type: "track", Event: "Product Added", AnonymousID: "a", Properties: []byte(`{"sku":"x","currency":"EUR"}`)},
			inbox.IdentityRef{Kind: inbox.ChatVisitor, Key: "s/a"}, inbox.TrackedRecord, 0, "~s/a", 0, `{"currency":"EUR","sku":"x"}`},
		{inbox.Track{Type: "page", Traits: []byte(`{"email":"Ann@X.example"}`)},
			inbox.IdentityRef{Kind: inbox.EmailAddress, Key: "ann@x.example"}, inbox.TrackedPage, 0, "", 0, `{}`},
		{inbox.Track{Type: "page"}, inbox.ShopRef("s", "c1"), inbox.TrackedPage, 0, "", 0, `{}`},
		{inbox.Track{Type: "track", Event: "Order Completed", UserID: "c1", Properties: []byte(`{"order_id":"` + strings.Repeat("1", 300) + `"}`)},
			inbox.ShopRef("s", "c1"), inbox.TrackedEvent, 0, "~s/c1", 1, `{"order_id":"` + strings.Repeat("1", 300) + `"}`},
		{inbox.Track{Type: "track", Event: "Odd", UserID: "c1", Properties: []byte(`{"card":["4111111111111111"]}`)},
			inbox.ShopRef("s", "c1"), inbox.TrackedEvent, 0, "", 0, `{"card":["************1111"]}`},
		{inbox.Track{Type: "track", Event: "Odd", UserID: "c1", Properties: []byte(`{"a\u0000":"b\u0000","n":1e999,"deep":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`)},
			inbox.ShopRef("s", "c1"), inbox.TrackedEvent, 0, "", 0, `{"a":"b","deep":` + strings.Repeat("[", 15) + "null" + strings.Repeat("]", 15) + `,"n":"1e999"}`},
		{inbox.Track{Type: "track", Event: "Odd", UserID: "c1", Properties: []byte(`{"a":"` + strings.Repeat("x", maxProperties) + `"}`)},
			inbox.ShopRef("s", "c1"), inbox.TrackedEvent, 0, "", 1, `{}`},
	} {
		c.track.Store = "s"
		p, err := th.prepare(t.Context(), shopItem(connectors.KindTrack, func(in *connectors.Inbound) { in.Track = &c.track }))
		if err != nil {
			t.Fatal(err)
		}
		got := p.received.Track
		carts := ""
		for _, w := range got.Carts {
			carts += w.ExternalID
		}
		want := fmt.Sprint(c.who, c.kind, c.orders, c.carts, c.problems)
		if have := fmt.Sprint(got.Who, got.Kind, len(got.Orders), carts, len(got.Problems)); have != want || string(got.Properties) != c.properties {
			t.Errorf("%s %s: %s with %s, want %s with %s", c.track.Type, c.track.Event, have, got.Properties, want, c.properties)
		}
		for _, o := range got.Orders {
			if o.Buyer != c.who || o.LooseKey != "1" {
				t.Errorf("the order's buyer is %v, want %v; its id may be the number %q, want 1", o.Buyer, c.who, o.LooseKey)
			}
		}
	}
}

// The account bounds what its connector may vouch for: a shop's own word needs
// an account that may sign.
func TestRecordProof(t *testing.T) {
	th, f, _ := newTest(t)
	f.fresh = &inbox.Account{ID: "browser", Channel: inbox.Shop, MaxProof: inbox.Claimed}
	if err := th.loadAccounts(t.Context(), []Item{{Account: "browser"}}); err != nil {
		t.Fatal(err)
	}
	item := shopItem(connectors.KindTrack, func(in *connectors.Inbound) {
		in.Account = "browser"
		in.Track = &inbox.Track{Store: "s", Type: "identify", UserID: "c1", Traits: []byte(`{"email":"eve@x.example"}`)}
	})
	item.Account = "browser"
	p, err := th.prepare(t.Context(), item)
	if err != nil || p.received.Track.Customer != nil || p.received.Proof != inbox.Claimed {
		t.Errorf("prepare = %+v, %v, want no record and proof %d", p.received.Track, err, inbox.Claimed)
	}
}

// Whatever a connector publishes of a shop, what reaches the store is text that
// a database takes.
func FuzzRecords(f *testing.F) {
	for kind, body := range map[string]string{
		"order":    `{"store":"s","externalId":"1","number":"1","currency":"EUR","updatedAt":"2026-03-01T12:00:00Z","note":"a\u0000b"}`,
		"customer": `{"store":"s","externalId":"1","name":"a\u0000b","updatedAt":"2026-03-01T12:00:00Z"}`,
		"cart":     `{"store":"s","externalId":"1","email":"a@x.example","updatedAt":"2026-03-01T12:00:00Z","items":[{"title":"\u0000"}]}`,
		"product":  `{"store":"s","sku":"a","title":"\u0000","stock":1,"stockAt":"2026-03-01T12:00:00Z"}`,
		"track":    `{"store":"s","type":"track","event":"a\u0000","userId":"u","properties":{"\u0000":["\u0000"]}}`,
	} {
		f.Add(kind, body)
	}
	th := New(Config{})
	th.accounts = map[inbox.AccountID]inbox.Account{"shop": {ID: "shop", MaxProof: inbox.Signed}}
	f.Fuzz(func(t *testing.T, kind, body string) {
		var in connectors.Inbound
		raw := fmt.Sprintf(`{"kind":%q,"channel":"shop","account":"shop","eventId":"e",%q:%s}`, kind, kind, body)
		if json.Unmarshal([]byte(raw), &in) != nil {
			return
		}
		r := inbox.Received{Account: "shop", Channel: inbox.Shop, EventID: "e", At: told, Proof: inbox.Signed}
		if err := record(&in, &r, "DE"); err != nil {
			if inbox.CodeOf(err) != inbox.Invalid {
				t.Fatalf("record = %v, want %s", err, inbox.Invalid)
			}
			return
		}
		out, err := json.Marshal(r)
		if r.Track != nil {
			out = append(out, r.Track.Properties...)
		}
		if err != nil || strings.Contains(string(out), `\u0000`) || strings.ContainsRune(string(out), 0) {
			t.Fatalf("record let through %s (%v)", out, err)
		}
	})
}
