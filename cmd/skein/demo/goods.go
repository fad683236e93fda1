package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"skein/inbox"
)

// places are where customers live, by the language that they write in. No such
// street is there.
var places = map[string][]inbox.Address{
	"en": {{City: "Whitby", Region: "North Yorkshire", Postcode: "YO99 1AA", Country: "GB"}, {City: "Falmouth", Region: "Cornwall", Postcode: "TR99 2BB", Country: "GB"}, {City: "Galway", Postcode: "H91 X0X0", Country: "IE"}, {City: "Portland", Region: "ME", Postcode: "04199", Country: "US"}},
	"de": {{City: "Musterhafen", Postcode: "00180", Country: "DE"}, {City: "Kieferngrund", Postcode: "00420", Country: "DE"}, {City: "Seedorf am Beispiel", Postcode: "0099", Country: "AT"}},
	"fr": {{City: "Port-Exemple", Postcode: "00290", Country: "FR"}, {City: "Saint-Modèle", Postcode: "00350", Country: "FR"}},
	"es": {{City: "Villamuestra", Region: "Cantabria", Postcode: "00390", Country: "ES"}},
	"ja": {{City: "見本市", Region: "神奈川県", Postcode: "000-0001", Country: "JP"}},
	"it": {{City: "Porto Esempio", Region: "GE", Postcode: "00160", Country: "IT"}},
	"nl": {{City: "Voorbeeldhaven", Postcode: "0000 AB", Country: "NL"}},
}

var streets = map[string][]string{
	"en": {"%d Lantern Row", "%d Harbour Lane", "Flat 3, %d Pine Street"},
	"de": {"Kieferngasse %d", "Am Leuchtturm %d"},
	"fr": {"%d, quai des Pins", "%d, rue du Phare"},
	"es": {"Calle del Puerto %d", "Paseo del Faro %d"},
	"ja": {"港町%d丁目"},
	"it": {"Via del Faro %d"},
	"nl": {"Vuurtorenweg %d"},
}

// furnish gives the shop what a shop tells besides names and totals: addresses,
// what happened to parcels, refunds, returns, points, wishes and stock. It draws
// from a source of its own, so that the orders themselves stay what they are.
func (s *Shop) furnish() {
	r := newRand(s.seed, 5)
	for i, c := range s.Customers {
		s.settle(r, c, i)
	}
	for _, o := range s.Orders {
		s.detail(r, o, s.byEmail[o.Email])
	}
	for _, c := range s.Customers {
		s.reward(r, c)
	}
	s.doubles(r)
	s.stockUp(r)
}

// settle gives a customer an address, a number of their own, a birthday and
// what they agreed to.
func (s *Shop) settle(r *rand.Rand, c *Customer, i int) {
	home := oneOf(r, places[c.Lang])
	home.Lines = []string{fmt.Sprintf(oneOf(r, streets[c.Lang]), 1+r.IntN(90))}
	c.Address = &home
	if c.Phone != "" {
		c.Phone = fmt.Sprintf("+44 7700 900%03d", i) // Ofcom's numbers for fiction
	}
	if r.IntN(2) == 0 {
		c.Birthday = fmt.Sprintf("%d-%02d-%02d", 1948+r.IntN(58), 1+r.IntN(12), 1+r.IntN(28))
	}
	said := c.UpdatedAt.AddDate(0, 0, -r.IntN(300))
	c.Consents = []inbox.Consent{{Purpose: "email_marketing", Granted: r.IntN(3) > 0, At: said}}
	if c.Phone != "" && r.IntN(2) == 0 {
		c.Consents = append(c.Consents, inbox.Consent{Purpose: "sms_marketing", Granted: r.IntN(4) == 0, At: said})
	}
	for range max(0, r.IntN(8)-4) {
		p := oneOf(r, catalogue)
		c.SavedItems = append(c.SavedItems, inbox.SavedItem{SKU: p.sku, Title: p.title, URL: p.url(), Saved: true, At: s.at.Add(-time.Duration(r.IntN(60*24)) * time.Hour)})
	}
}

// detail fills an order in: its sums as they were, whose it is, the way of its
// parcels, and the money that went back.
func (s *Shop) detail(r *rand.Rand, o *inbox.Order, c *Customer) {
	for _, i := range o.Items {
		o.Subtotal += i.Price * int64(i.Quantity)
	}
	o.Shipping = o.Total - o.Subtotal
	o.Tax = (o.Total*19 + 59) / 119 // within the prices
	o.FinancialStatus, o.URL = "paid", "https://www.harbourpine.test/orders/"+strings.TrimPrefix(o.Number, "HP-")
	for i := range o.Items {
		o.Items[i].ExternalID, o.Items[i].URL = fmt.Sprintf("%s-%d", o.ExternalID, i+1), productURL(o.Items[i].SKU)
	}
	if r.IntN(9) > 0 { // the others bought as guests
		o.CustomerExternalID = c.ExternalID
	}
	o.Phone = c.Phone
	buyer := inbox.OrderParty{Role: "buyer", Name: c.Name, Email: c.Email, Phone: c.Phone, Address: c.Address}
	recipient, billing := buyer, buyer
	recipient.Role, billing.Role = "recipient", "billing"
	if r.IntN(8) == 0 { // a present
		to := s.Customers[r.IntN(len(s.Customers))]
		recipient = inbox.OrderParty{Role: "recipient", Name: to.Name, Address: to.Address}
		o.Note = "Gift wrap, please, and no prices in the parcel."
	}
	o.Parties = []inbox.OrderParty{buyer, recipient, billing}
	for i := range o.Shipments {
		s.route(r, o, &o.Shipments[i], recipient.Address)
	}
	s.moneyBack(r, o)
}

// route is what happened to a parcel until its last status.
func (s *Shop) route(r *rand.Rand, o *inbox.Order, sh *inbox.Shipment, to *inbox.Address) {
	sh.ExternalID = "S" + o.ExternalID
	sh.URL = "https://track.harbourpine.test/" + sh.Tracking
	add := func(at time.Time, status, text, place string) {
		if at.After(sh.At) {
			return
		}
		sh.Events = append(sh.Events, inbox.ShipmentEvent{
			ExternalID: fmt.Sprintf("%s-%d", sh.ExternalID, len(sh.Events)+1), At: at, Status: status, Text: text, Place: place,
		})
	}
	left := *sh.ShippedAt
	add(left.Add(-90*time.Minute), "label", "The shipment was announced", "Harbour & Pine")
	add(left, "in_transit", "Handed over to "+sh.Carrier, "Harbour & Pine")
	add(left.Add(time.Duration(6+r.IntN(6))*time.Hour), "in_transit", "Sorted", "Depot North")
	add(left.Add(time.Duration(20+r.IntN(12))*time.Hour), "in_transit", "Arrived in the region", to.City)
	switch sh.Status {
	case "exception":
		add(sh.At, "exception", "The parcel was damaged on its way and is being packed anew", "Depot North")
	case "out_for_delivery":
		add(sh.At, "out_for_delivery", "On the vehicle", to.City)
	case "delivered":
		add(sh.At.Add(-time.Duration(2+r.IntN(5))*time.Hour), "out_for_delivery", "On the vehicle", to.City)
		add(sh.At, "delivered", oneOf(r, []string{"Delivered", "Left with a neighbour", "Delivered to the letter box"}), to.City)
	default:
		sh.At = sh.Events[len(sh.Events)-1].At
	}
}

// moneyBack is what was paid back of an order, and what came back for it.
func (s *Shop) moneyBack(r *rand.Rand, o *inbox.Order) {
	refund := func(amount int64, reason string, at time.Time) {
		o.Refunds = append(o.Refunds, inbox.Refund{ExternalID: fmt.Sprintf("R%s-%d", o.ExternalID, len(o.Refunds)+1), Amount: amount, Reason: reason, At: at})
	}
	back := func(status, reason string, at time.Time) {
		i := o.Items[0]
		o.Returns = append(o.Returns, inbox.Return{ExternalID: "B" + o.ExternalID, Status: status, Reason: reason, At: at,
			Items: []inbox.ReturnItem{{SKU: i.SKU, Title: i.Title, Quantity: i.Quantity}}})
	}
	luck := r.IntN(100)
	switch {
	case o.Status == "cancelled":
		o.FinancialStatus = "refunded"
		refund(o.Total, "Cancelled before it was sent", o.UpdatedAt)
	case o.Status == "refunded":
		o.FinancialStatus = "refunded"
		back("closed", "It didn't suit", o.UpdatedAt.Add(-26*time.Hour))
		refund(o.Total, "Sent back", o.UpdatedAt)
	case o.Status == "delivered" && luck < 6 && s.at.Sub(o.UpdatedAt) > 6*24*time.Hour:
		back(oneOf(r, []string{"requested", "approved", "in_transit", "received"}), oneOf(r, []string{"Wrong size", "Arrived with a dent", "Ordered twice"}), o.UpdatedAt.Add(4*24*time.Hour))
		o.UpdatedAt = o.UpdatedAt.Add(4 * 24 * time.Hour)
	case o.Status == "delivered" && luck < 12 && o.Total > 3000 && s.at.Sub(o.UpdatedAt) > 3*24*time.Hour:
		o.FinancialStatus = "partially_refunded"
		o.UpdatedAt = o.UpdatedAt.Add(2 * 24 * time.Hour)
		refund(500+int64(r.IntN(4))*250, "Goodwill for a scratch", o.UpdatedAt)
	}
}

// reward fills a customer's ledger: a point for each euro that stayed, and now
// and then some are spent.
func (s *Shop) reward(r *rand.Rand, c *Customer) {
	sum := int64(0)
	for _, o := range c.Orders {
		points := o.Total / 100
		if o.Status != "delivered" || o.CustomerExternalID == "" {
			continue
		}
		at := o.Shipments[0].At
		c.Loyalty = append(c.Loyalty, inbox.LoyaltyEntry{ExternalID: "L" + o.ExternalID, Points: points, Reason: "Order " + o.Number, At: at})
		if sum += points; sum > 200 && r.IntN(2) == 0 {
			c.Loyalty = append(c.Loyalty, inbox.LoyaltyEntry{ExternalID: "L" + o.ExternalID + "-spent", Points: -200, Reason: "Voucher of 10 €", At: at.Add(20 * time.Hour)})
			sum -= 200
		}
	}
}

// doubles are three customers who also write from an address that the shop
// doesn't know of.
func (s *Shop) doubles(r *rand.Rand) {
	for _, c := range s.Customers {
		if len(s.Doubles) == 3 {
			return
		}
		local, domain, _ := strings.Cut(c.Email, "@")
		if c.Lang != "en" || len(c.Orders) < 4 || !strings.ContainsAny(local, "._-") {
			continue
		}
		other := local + "@" + oneOf(r, []string{"studio.test", "company.example", "letters.test"})
		if domain == domainOf(other) || s.byEmail[other] != nil {
			continue
		}
		c.Other = other
		s.byEmail[other] = c
		s.Doubles = append(s.Doubles, c)
	}
}

// stockUp counts the shelves: a few are empty, and gift cards are not counted.
func (s *Shop) stockUp(r *rand.Rand) {
	for _, p := range catalogue {
		counted := s.at.Add(-time.Duration(5+r.IntN(600)) * time.Minute)
		stock := max(0, r.IntN(60)-6)
		product := inbox.Product{
			Store: string(StoreID), SKU: p.sku, ExternalID: "P" + p.sku[len(p.sku)-2:], Title: p.title, Currency: "EUR", Price: p.price,
			Variant: strings.Join(p.variants, ", "), URL: p.url(), UpdatedAt: s.at.AddDate(0, -2, 0), Stock: &stock, StockAt: &counted,
		}
		if p.title == "Gift card" {
			product.Stock, product.StockAt = nil, nil
		}
		s.Products = append(s.Products, product)
	}
}

func (p product) url() string { return productURL(p.sku) }

func productURL(sku string) string {
	return "https://www.harbourpine.test/products/" + strings.ToLower(sku)
}
