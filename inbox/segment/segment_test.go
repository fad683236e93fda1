package segment

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

var at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func tracked(event, properties string) *inbox.Track {
	return &inbox.Track{Store: "s", Type: "track", Event: event, UserID: "u1", Properties: []byte(properties), ID: "e1", At: at, Signed: true}
}

// brief is what a call tells, in short.
type brief struct {
	Kind  inbox.TrackKind
	Title string
	// order: id, says, status, currency, subtotal, shipping, tax, discount, total, refund
	Order    []any
	Cart     []any // id, bought, change, items
	Saved    string
	Problems int
}

func briefOf(r Records) brief {
	b := brief{Kind: r.Kind, Title: r.Title, Problems: len(r.Problems)}
	if o := r.Order; o != nil {
		slices.Sort(o.Says)
		refund := int64(0)
		for _, f := range o.Refunds {
			refund += f.Amount
		}
		b.Order = []any{o.ExternalID, strings.Join(o.Says, " "), o.Status, o.Currency, o.Subtotal, o.Shipping, o.Tax, o.Discount, o.Total, refund}
	}
	if c := r.Cart; c != nil {
		change := 0
		if c.Change != nil {
			if change = c.Change.Quantity; c.Change.All {
				change = -999
			}
		}
		b.Cart = []any{c.ExternalID, c.Bought, change, len(c.Items)}
	}
	for _, s := range r.Saved {
		b.Saved += s.SKU + map[bool]string{true: "+", false: "-"}[s.Saved]
	}
	return b
}

const (
	products = `"products":[{"product_id":"1","sku":"45790-32","name":"Monopoly","price":19,"quantity":1},{"product_id":"2","name":"Uno","price":"3.00","quantity":"2"}]`
	sums     = `"total":27.50,"subtotal":22.50,"revenue":25.00,"shipping":3,"tax":2,"discount":2.5,"currency":"USD"`
	all      = "buyer currency discount items problems shipping subtotal tax total"
)

// Every event of the specification that tells of an order, a cart, a wish list
// or a rating is read as such; every other one shows as it came.
func TestMap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		track *inbox.Track
		want  brief
	}{
		{"completed", tracked("Order Completed", `{"order_id":"50","checkout_id":"c",`+sums+`,`+products+`}`),
			brief{Order: []any{"50", "buyer currency discount items placedAt problems shipping status subtotal tax total", "paid", "USD", int64(2250), int64(300), int64(200), int64(250), int64(2750), int64(0)}, Cart: []any{"", true, 0, 0}}},
		{"of version 1", tracked("Completed Order", `{"orderId":50,"cartId":"k","total":"10","currency":"jpy"}`),
			brief{Order: []any{"50", "buyer currency placedAt problems status total", "paid", "JPY", int64(0), int64(0), int64(0), int64(0), int64(10), int64(0)}, Cart: []any{"k", true, 0, 0}}},
		{"without a total", tracked("order completed", `{"order_id":"50","revenue":25,"shipping":3,"tax":2,"discount":2.5,"currency":"USD"}`),
			brief{Order: []any{"50", "buyer currency discount placedAt problems shipping status tax total", "paid", "USD", int64(0), int64(300), int64(200), int64(250), int64(2750), int64(0)}, Cart: []any{"", true, 0, 0}}},
		{"a discount said as what it adds", tracked("Order Updated", `{"order_id":"50","discount":-2.5,"currency":"USD"}`),
			brief{Order: []any{"50", "buyer currency discount problems", "", "USD", int64(0), int64(0), int64(0), int64(250), int64(0), int64(0)}}},
		{"updated", tracked("Order Updated", `{"order_id":"50",`+sums+`,`+products+`}`),
			brief{Order: []any{"50", all, "", "USD", int64(2250), int64(300), int64(200), int64(250), int64(2750), int64(0)}}},
		{"cancelled", tracked("Order Cancelled", `{"order_id":"50"}`),
			brief{Order: []any{"50", "buyer problems status", "cancelled", "", int64(0), int64(0), int64(0), int64(0), int64(0), int64(0)}}},
		{"refunded", tracked("Order Refunded", `{"order_id":"50","total":30,"currency":"USD",`+products+`}`),
			brief{Order: []any{"50", "buyer currency refunds", "", "USD", int64(0), int64(0), int64(0), int64(0), int64(0), int64(3000)}}},
		{"refunded, who knows how much", tracked("Order Refunded", `{"order_id":"50"}`), brief{Kind: inbox.TrackedEvent, Problems: 1}},
		{"of no order", tracked("Order Completed", `{"total":3,"currency":"USD"}`), brief{Kind: inbox.TrackedEvent, Problems: 1}},
		{"of no currency", tracked("Order Completed", `{"order_id":"50","total":3}`),
			brief{Order: []any{"50", "buyer placedAt problems status", "paid", "", int64(0), int64(0), int64(0), int64(0), int64(0), int64(0)}, Cart: []any{"", true, 0, 0}, Problems: 1}},
		{"in the store's own currency", &inbox.Track{Store: "s", Type: "track", Event: "Order Updated", Currency: "BHD", At: at, Properties: []byte(`{"order_id":"1","total":1.5}`)},
			brief{Order: []any{"1", "currency problems total", "", "BHD", int64(0), int64(0), int64(0), int64(0), int64(1500), int64(0)}}},
		{"finer than the currency", tracked("Order Updated", `{"order_id":"50","total":1.005,"tax":"1,5","currency":"USD"}`),
			brief{Order: []any{"50", "buyer currency problems total", "", "USD", int64(0), int64(0), int64(0), int64(0), int64(100), int64(0)}, Problems: 2}},
		{"put in a cart", tracked("Product Added", `{"cart_id":"k","sku":"G-32","name":"Monopoly","price":18.99,"quantity":2,"currency":"usd"}`),
			brief{Title: "Monopoly", Cart: []any{"k", false, 2, 0}}},
		{"out of it", tracked("Product Removed", `{"sku":"G-32","quantity":1}`), brief{Cart: []any{"", false, -1, 0}}},
		{"all of it out", tracked("Product Removed", `{"sku":"G-32"}`), brief{Cart: []any{"", false, -999, 0}}},
		{"nothing put in", tracked("Product Added", `{"price":1}`), brief{Kind: inbox.TrackedEvent, Problems: 1}},
		{"looked into a cart", tracked("Cart Viewed", `{"cart_id":"k",`+products+`}`), brief{Kind: inbox.TrackedPage, Cart: []any{"k", false, 0, 2}}},
		{"looked at no list", tracked("Cart Viewed", `{"cart_id":"k"}`), brief{Kind: inbox.TrackedPage}},
		{"to the till", tracked("Checkout Started", `{`+products+`}`), brief{Kind: inbox.TrackedEvent, Cart: []any{"", false, 0, 2}}},
		{"wished", tracked("Product Added to Wishlist", `{"sku":"G-32","name":"Monopoly"}`), brief{Kind: inbox.TrackedEvent, Title: "Monopoly", Saved: "G-32+"}},
		{"no more", tracked("Product Removed from Wishlist", `{"product_id":"77"}`), brief{Kind: inbox.TrackedEvent, Saved: "77-"}},
		{"from the wish list to the cart", tracked("Wishlist Product Added to Cart", `{"sku":"G-32","cart_id":"k"}`), brief{Saved: "G-32-", Cart: []any{"k", false, 1, 0}}},
		{"rated", tracked("Product Reviewed", `{"product_id":"77","rating":"5","review_body":"I love it"}`), brief{Kind: inbox.TrackedRating, Title: "77"}},
		{"looked at", tracked("Product Viewed", `{"name":"Monopoly","sku":"G-32"}`), brief{Kind: inbox.TrackedPage, Title: "Monopoly"}},
		{"searched", tracked("Products Searched", `{"query":"blue hotpants"}`), brief{Kind: inbox.TrackedPage, Title: "blue hotpants"}},
		{"of a shop's own", tracked("Gift Card Bought", `{"name":"A card","amount":[1,{"a":null}]}`), brief{Kind: inbox.TrackedEvent, Title: "A card"}},
		{"no JSON at all", tracked("Gift Card Bought", `{"name":`), brief{Kind: inbox.TrackedEvent}},
		{"a page", &inbox.Track{Store: "s", Type: "page", Name: "Home", AnonymousID: "a", Context: []byte(`{"page":{"url":"https://s.example/"}}`)}, brief{Kind: inbox.TrackedPage, Title: "Home"}},
		{"a page with a title", &inbox.Track{Store: "s", Type: "page", Name: "Home", Properties: []byte(`{"title":"Welcome"}`)}, brief{Kind: inbox.TrackedPage, Title: "Welcome"}},
	} {
		if d := cmp.Diff(c.want, briefOf(Map(c.track))); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

// A browser may say that an order was placed, marked as such, and never that
// money went back or who a customer is.
func TestUnsigned(t *testing.T) {
	t.Parallel()
	browser := func(x *inbox.Track) Records { x.Signed = false; return Map(x) }
	if r := browser(tracked("Order Completed", `{"order_id":"1"}`)); r.Order == nil || !r.Order.Unsigned {
		t.Errorf("an order from a browser is read as %+v, want one marked unsigned", r.Order)
	}
	if r := browser(tracked("Order Refunded", `{"order_id":"1","total":5,"currency":"EUR"}`)); r.Order != nil || r.Kind != inbox.TrackedEvent {
		t.Errorf("a refund from a browser is read as %+v", r.Order)
	}
	if r := browser(&inbox.Track{Type: "identify", UserID: "u", Traits: []byte(`{"email":"a@x.example"}`)}); r.Customer != nil {
		t.Errorf("a browser identified %+v", r.Customer)
	}
}

// What the shop's backend says of a customer is their record; who it is comes
// from the user's id first, then from traits.
func TestIdentify(t *testing.T) {
	t.Parallel()
	r := Map(&inbox.Track{Store: "s", Type: "identify", UserID: "97980cfea0067", At: at, Signed: true,
		Traits: []byte(`{"firstName":"Peter","last_name":"Gibbons","email":"peter@x.example","phone":"+15550100","birthday":"1970-02-03T00:00:00Z",
			"company":{"name":"Initech"},"address":{"street":"6th St\nFlat 2","city":"San Francisco","state":"CA","postalCode":"94103","country":"USA"}}`),
		Context: []byte(`{"locale":"en-US"}`)})
	want := &inbox.CustomerRecord{
		Store: "s", ExternalID: "97980cfea0067", Email: "peter@x.example", Phone: "+15550100", Name: "Peter Gibbons", Locale: "en-US", UpdatedAt: at,
		Company: "Initech", Birthday: "1970-02-03",
		Address: &inbox.Address{Lines: []string{"6th St", "Flat 2"}, City: "San Francisco", Region: "CA", Postcode: "94103", Country: "USA"},
	}
	if d := cmp.Diff(want, r.Customer); d != "" {
		t.Errorf("record (-want +got):\n%s", d)
	}
	r = Map(&inbox.Track{Store: "s", Type: "page", AnonymousID: "a", Context: []byte(`{"traits":{"email":"peter@x.example","name":"Peter"}}`)})
	if r.Email != "peter@x.example" || r.FullName != "Peter" || r.AnonymousID != "a" {
		t.Errorf("who = %+v, want Peter by the traits of the context", r)
	}
}

// Whatever comes, a call is read: amounts that were read are exact, and what is
// said of an order is what it says it says.
func FuzzMap(f *testing.F) {
	for _, event := range []string{"Order Completed", "Order Refunded", "Product Added", "Cart Viewed", "Product Reviewed", "x"} {
		f.Add(event, `{"order_id":"1","total":"10.10","currency":"EUR","products":[{"sku":"a","price":1.1,"quantity":"3"}]}`)
	}
	f.Add("Order Updated", `{"order_id":1e5,"total":1e400,"currency":"JPY"}`)
	f.Fuzz(func(t *testing.T, event, properties string) {
		r := Map(tracked(event, properties))
		if o := r.Order; o != nil {
			if o.ExternalID == "" || len(o.Says) == 0 || o.Total > 4*inbox.MaxAmount {
				t.Errorf("%q %q tells of order %+v", event, properties, o)
			}
			for _, s := range o.Says {
				if !slices.Contains(inbox.OrderFields, s) {
					t.Errorf("%q %q says %q", event, properties, s)
				}
			}
		}
		if _, err := json.Marshal(r); err != nil {
			t.Error(err)
		}
	})
}
