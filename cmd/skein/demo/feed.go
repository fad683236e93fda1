package demo

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"skein/connectors"
	"skein/connectors/shop"
	"skein/inbox"
)

// Items are what the shop's connector would publish of the shop: products,
// customers, orders, carts, and what people did on its pages. Event ids hold the
// revision, so repeating them changes nothing.
func (s *Shop) Items() []connectors.Inbound {
	var out []connectors.Inbound
	for i := range s.Products {
		p := &s.Products[i]
		in := s.item(connectors.KindProduct, "product", p.SKU, p.UpdatedAt)
		in.Product = p
		out = append(out, in)
	}
	for _, c := range s.Customers {
		rec := c.CustomerRecord
		in := s.item(connectors.KindCustomer, "customer", c.ExternalID, c.UpdatedAt)
		in.Sender = c.sender()
		in.Customer = &rec
		out = append(out, in)
	}
	for _, o := range s.Orders {
		in := s.item(connectors.KindOrder, "order", o.ExternalID, o.UpdatedAt)
		in.Sender = connectors.Sender{Kind: inbox.EmailAddress, Address: o.Email, Proof: inbox.Claimed}
		if o.CustomerExternalID != "" {
			in.Sender = s.byEmail[o.Email].sender()
		}
		in.Order = o
		out = append(out, in)
	}
	return append(out, s.browsed()...)
}

// ShopSettings are the shop account's settings: its connector takes what is
// signed by a secret of this run, and nobody sends anything.
func (d *Demo) ShopSettings() (json.RawMessage, error) {
	raw, err := json.Marshal(map[string]any{"provider": shop.Webhook, "secrets": []string{newToken()}, "currency": "EUR"})
	if err != nil {
		return nil, fmt.Errorf("encode demo shop settings: %w", err)
	}
	return raw, nil
}

func (c *Customer) sender() connectors.Sender {
	return connectors.Sender{Kind: inbox.ShopAccount, Address: c.ExternalID, Name: c.Name, Proof: inbox.Signed}
}

func (s *Shop) item(kind connectors.Kind, what, id string, at time.Time) connectors.Inbound {
	return connectors.Inbound{
		Kind: kind, Channel: inbox.Shop, Account: StoreID, EventID: fmt.Sprintf("%s/%s/%d", what, id, at.Unix()),
		ExternalID: id, Key: id, Lane: connectors.LaneBulk, ProviderAt: at, ReceivedAt: s.at,
	}
}

// browsed is what people did on the shop's pages in the last weeks: some looked
// round, some left a cart behind, some rated what they had bought.
func (s *Shop) browsed() (out []connectors.Inbound) {
	r := newRand(s.seed, 6)
	for n, c := range s.Customers {
		if r.IntN(4) > 0 {
			continue
		}
		at := s.at.Add(-time.Duration(20+r.IntN(14*24*60)) * time.Minute)
		for i := range 2 + r.IntN(4) {
			if at = at.Add(time.Duration(20+r.IntN(200)) * time.Second); at.Before(s.at) {
				out = append(out, s.view(r, c, at, fmt.Sprintf("view/%d/%d", n, i)))
			}
		}
		if r.IntN(3) == 0 {
			out = append(out, s.cart(r, c, at))
		}
	}
	for _, o := range s.Orders {
		if o.Status == "delivered" && r.IntN(14) == 0 {
			at := o.Shipments[0].At.Add(time.Duration(20+r.IntN(100)) * time.Hour)
			if at.Before(s.at) {
				i := o.Items[0]
				out = append(out, s.track(s.byEmail[o.Email], at, "rating/"+o.ExternalID, "Product Reviewed", map[string]any{
					"product_id": i.SKU, "name": i.Title, "rating": 2 + r.IntN(4), "review_id": "V" + o.ExternalID,
					"review_body": oneOf(r, []string{"Even nicer than in the picture.", "Does what it should.", "Well made, slow delivery.", "A present that was well received."}),
				}))
			}
		}
	}
	return out
}

// view is one page that somebody looked at.
func (s *Shop) view(r *rand.Rand, c *Customer, at time.Time, id string) connectors.Inbound {
	if r.IntN(4) == 0 {
		page := oneOf(r, [][2]string{{"Home", ""}, {"Returns and refunds", "help/returns"}, {"Delivery times", "help/delivery"}, {"My orders", "account/orders"}, {"Kitchen", "kitchen"}})
		in := s.track(c, at, id, "", map[string]any{"title": page[0] + " – " + shopName, "url": "https://www.harbourpine.test/" + page[1]})
		in.Track.Type, in.Track.Name = "page", page[0]
		return in
	}
	p := oneOf(r, catalogue)
	return s.track(c, at, id, "Product Viewed", p.properties())
}

func (p product) properties() map[string]any {
	return map[string]any{
		"sku": p.sku, "name": p.title, "currency": "EUR", "url": p.url(),
		"price": json.Number(fmt.Sprintf("%d.%02d", p.price/100, p.price%100)),
	}
}

// track is a call of Segment's specification, as the shop's backend sends it.
func (s *Shop) track(c *Customer, at time.Time, id, event string, properties map[string]any) connectors.Inbound {
	raw, err := json.Marshal(properties)
	if err != nil {
		panic(err) // of strings and numbers
	}
	in := s.item(connectors.KindTrack, "track/"+id, c.ExternalID, at)
	in.Key, in.Sender = c.ExternalID, c.sender()
	in.Track = &inbox.Track{Store: string(StoreID), Type: "track", Event: event, UserID: c.ExternalID, Properties: raw, Currency: "EUR"}
	return in
}

// cart is what somebody put together and left.
func (s *Shop) cart(r *rand.Rand, c *Customer, at time.Time) connectors.Inbound {
	cart := &inbox.Cart{
		Store: string(StoreID), ExternalID: "K" + c.ExternalID, CustomerExternalID: c.ExternalID, Status: "open", Currency: "EUR",
		CreatedAt: at.Add(-10 * time.Minute), UpdatedAt: at, URL: "https://www.harbourpine.test/cart",
	}
	if s.at.Sub(at) > 48*time.Hour {
		cart.Status = "abandoned"
	}
	for range 1 + r.IntN(3) {
		p := oneOf(r, catalogue)
		item := inbox.Item{SKU: p.sku, Title: p.title, Quantity: 1 + r.IntN(2), Price: p.price, URL: p.url()}
		if len(p.variants) > 0 {
			item.Variant = oneOf(r, p.variants)
		}
		cart.Items = append(cart.Items, item)
		cart.Total += item.Price * int64(item.Quantity)
	}
	in := s.item(connectors.KindCart, "cart", cart.ExternalID, at)
	in.Sender, in.Cart = c.sender(), cart
	return in
}
