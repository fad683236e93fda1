package shop

import (
	"strings"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// The shapes of orders in the REST Admin API, which webhooks have, and to which
// graphOrder brings the answers of the GraphQL one.

// A shopifyMoney is an amount in the shop's currency and in the one that the
// customer paid in.
type shopifyMoney struct {
	Presentment struct {
		Amount   scalar `json:"amount"`
		Currency scalar `json:"currency_code"`
	} `json:"presentment_money"`
}

type shopifyOrder struct {
	ID              scalar               `json:"id"`
	Name            scalar               `json:"name"`
	Number          scalar               `json:"order_number"`
	Email           scalar               `json:"email"`
	ContactEmail    scalar               `json:"contact_email"`
	Phone           scalar               `json:"phone"`
	Note            scalar               `json:"note"`
	URL             scalar               `json:"order_status_url"`
	Financial       scalar               `json:"financial_status"`
	Fulfillment     scalar               `json:"fulfillment_status"`
	CancelledAt     scalar               `json:"cancelled_at"`
	CreatedAt       scalar               `json:"created_at"`
	ProcessedAt     scalar               `json:"processed_at"`
	UpdatedAt       scalar               `json:"updated_at"`
	Currency        scalar               `json:"currency"`
	Presentment     scalar               `json:"presentment_currency"`
	Subtotal        scalar               `json:"subtotal_price"`
	Total           scalar               `json:"total_price"`
	Tax             scalar               `json:"total_tax"`
	Discounts       scalar               `json:"total_discounts"`
	CheckoutToken   scalar               `json:"checkout_token"`
	CartToken       scalar               `json:"cart_token"`
	SubtotalSet     *shopifyMoney        `json:"subtotal_price_set"`
	TotalSet        *shopifyMoney        `json:"total_price_set"`
	TaxSet          *shopifyMoney        `json:"total_tax_set"`
	DiscountsSet    *shopifyMoney        `json:"total_discounts_set"`
	ShippingSet     *shopifyMoney        `json:"total_shipping_price_set"`
	DutiesSet       *shopifyMoney        `json:"original_total_duties_set"`
	Customer        *shopifyCustomer     `json:"customer"`
	ShippingAddress *shopifyAddress      `json:"shipping_address"`
	BillingAddress  *shopifyAddress      `json:"billing_address"`
	Fulfillments    []shopifyFulfillment `json:"fulfillments"`
	Refunds         []shopifyRefund      `json:"refunds"`

	LineItems     []shopifyLine     `json:"line_items"`
	ShippingLines []shopifyShipping `json:"shipping_lines"`
}

type shopifyShipping struct {
	Price         scalar        `json:"price"`
	Discounted    scalar        `json:"discounted_price"`
	DiscountedSet *shopifyMoney `json:"discounted_price_set"`
	PriceSet      *shopifyMoney `json:"price_set"`
}

type shopifyLine struct {
	ID        scalar        `json:"id"`
	ProductID scalar        `json:"product_id"`
	VariantID scalar        `json:"variant_id"`
	SKU       scalar        `json:"sku"`
	Title     scalar        `json:"title"`
	Variant   scalar        `json:"variant_title"`
	Quantity  count         `json:"quantity"`
	Price     scalar        `json:"price"`
	PriceSet  *shopifyMoney `json:"price_set"`
}

type shopifyAddress struct {
	First    scalar `json:"first_name"`
	Last     scalar `json:"last_name"`
	Name     scalar `json:"name"`
	Company  scalar `json:"company"`
	Line1    scalar `json:"address1"`
	Line2    scalar `json:"address2"`
	City     scalar `json:"city"`
	Province scalar `json:"province"`
	Code     scalar `json:"province_code"`
	Zip      scalar `json:"zip"`
	Country  scalar `json:"country_code"`
	Land     scalar `json:"country"`
	Phone    scalar `json:"phone"`
}

func (a *shopifyAddress) party(role string) inbox.OrderParty {
	return inbox.OrderParty{Role: role, Name: firstOf(a.Name, scalar(joined(a.First, a.Last))), Phone: string(a.Phone), Address: a.address()}
}

func (a *shopifyAddress) address() *inbox.Address {
	out := &inbox.Address{City: string(a.City), Region: firstOf(a.Code, a.Province), Postcode: string(a.Zip), Country: firstOf(a.Country, a.Land)}
	for _, l := range []scalar{a.Company, a.Line1, a.Line2} {
		if l != "" {
			out.Lines = append(out.Lines, string(l))
		}
	}
	return out
}

// in is an amount in the currency that the order is kept in: the customer's own
// where the shop tells of it.
func (o *shopifyOrder) in(p *purse, what string, flat scalar, set *shopifyMoney) int64 {
	if set != nil && set.Presentment.Amount != "" && string(set.Presentment.Currency) == p.currency {
		return p.amount(what, set.Presentment.Amount)
	}
	if p.currency != strings.ToUpper(string(o.Currency)) && flat != "" {
		p.problem("%s is told in %.20s alone", what, string(o.Currency))
		return 0
	}
	return p.amount(what, flat)
}

func (o *shopifyOrder) purse() *purse {
	if o.Presentment != "" && o.TotalSet != nil && o.TotalSet.Presentment.Currency == o.Presentment {
		return newPurse(o.Presentment)
	}
	return newPurse(o.Currency)
}

// shopifyOrder makes the items of a whole order: the order, its customer, and
// that the cart it was in is bought.
func (f *feed) shopifyOrder(o *shopifyOrder) []connectors.Inbound {
	p := o.purse()
	out := &inbox.Order{
		ExternalID: o.ID.id(), Number: firstOf(o.Name, o.Number, o.ID), Email: firstOf(o.Email, o.ContactEmail), Phone: string(o.Phone),
		Currency: p.currency, Note: string(o.Note), URL: string(o.URL),
		PlacedAt: readTime(scalar(firstOf(o.ProcessedAt, o.CreatedAt))), UpdatedAt: readTime(scalar(firstOf(o.UpdatedAt, o.CreatedAt))),
		Subtotal: o.in(p, "subtotal", o.Subtotal, o.SubtotalSet), Total: o.in(p, "total", o.Total, o.TotalSet),
		Tax: o.in(p, "tax", o.Tax, o.TaxSet) + o.in(p, "duties", "", o.DutiesSet), Discount: o.in(p, "discount", o.Discounts, o.DiscountsSet),
	}
	if o.ShippingSet != nil && o.ShippingSet.Presentment.Amount != "" {
		out.Shipping = o.in(p, "shipping", "", o.ShippingSet)
	} else {
		for _, l := range o.ShippingLines {
			if l.Discounted != "" {
				out.Shipping += o.in(p, "shipping", l.Discounted, l.DiscountedSet)
			} else {
				out.Shipping += o.in(p, "shipping", l.Price, l.PriceSet)
			}
		}
	}
	for _, l := range o.LineItems {
		out.Items = append(out.Items, inbox.Item{
			ExternalID: l.ID.id(), ProductID: l.ProductID.id(), SKU: firstOf(l.SKU, l.VariantID, l.ProductID, l.ID), Title: string(l.Title),
			Variant: variantOf(l.Variant), Quantity: max(0, int(l.Quantity)), Price: o.in(p, "price of "+string(l.Title), l.Price, l.PriceSet),
		})
	}
	buyer := inbox.OrderParty{Role: "buyer", Email: out.Email, Phone: out.Phone}
	if c := o.Customer; c != nil {
		out.CustomerExternalID = c.ID.id()
		buyer.Name = joined(c.First, c.Last)
	}
	out.Parties = append(out.Parties, buyer)
	if o.ShippingAddress != nil {
		out.Parties = append(out.Parties, o.ShippingAddress.party("recipient"))
	}
	if o.BillingAddress != nil {
		out.Parties = append(out.Parties, o.BillingAddress.party("billing"))
	}
	delivered := len(o.Fulfillments) > 0
	for i := range o.Fulfillments {
		out.Shipments = append(out.Shipments, o.Fulfillments[i].parcels()...)
		delivered = delivered && o.Fulfillments[i].Shipment == "delivered"
	}
	for i := range o.Refunds {
		if r, ok := o.Refunds[i].refund(p); ok {
			out.Refunds = append(out.Refunds, r)
		}
	}
	out.FinancialStatus = shopifyFinancial[strings.ToLower(string(o.Financial))]
	out.Status = o.status(delivered)
	out.Problems = p.problems
	if p.unknown {
		without(out)
	}
	items := []connectors.Inbound{f.order(out)}
	if o.Customer != nil && o.Customer.ID.id() != "" && o.Customer.Email != "" {
		items = append(items, f.shopifyCustomer(o.Customer))
	}
	return items
}

func variantOf(s scalar) string {
	if s == "Default Title" { // Shopify's name for having none
		return ""
	}
	return string(s)
}

var shopifyFinancial = map[string]string{
	"pending": "pending", "authorized": "authorized", "paid": "paid", "partially_paid": "partially_paid",
	"partially_refunded": "partially_refunded", "refunded": "refunded", "voided": "voided", "expired": "voided", "unpaid": "pending",
}

func (o *shopifyOrder) status(delivered bool) string {
	financial := strings.ToLower(string(o.Financial))
	switch {
	case o.CancelledAt != "":
		return "cancelled"
	case financial == "refunded":
		return "refunded"
	case o.Fulfillment == "fulfilled" && delivered:
		return "delivered"
	case o.Fulfillment == "fulfilled":
		return "fulfilled"
	case o.Fulfillment != "" && o.Fulfillment != "unfulfilled" && o.Fulfillment != "restocked":
		return "processing"
	case financial == "paid" || financial == "partially_refunded":
		return "paid"
	}
	return "pending"
}

type shopifyFulfillment struct {
	ID        scalar   `json:"id"`
	OrderID   scalar   `json:"order_id"`
	Status    scalar   `json:"status"`
	Shipment  scalar   `json:"shipment_status"`
	Company   scalar   `json:"tracking_company"`
	Number    scalar   `json:"tracking_number"`
	Numbers   []scalar `json:"tracking_numbers"`
	URL       scalar   `json:"tracking_url"`
	URLs      []scalar `json:"tracking_urls"`
	CreatedAt scalar   `json:"created_at"`
	UpdatedAt scalar   `json:"updated_at"`
}

var shopifyParcels = map[string]string{
	"label_printed": "label", "label_purchased": "label", "confirmed": "label", "in_transit": "in_transit", "carrier_picked_up": "in_transit",
	"ready_for_pickup": "in_transit", "delayed": "in_transit", "out_for_delivery": "out_for_delivery", "delivered": "delivered",
	"attempted_delivery": "exception", "failure": "exception",
}

// parcels are a fulfilment's: the first goes by the fulfilment's own id, by
// which its events tell of it.
func (x *shopifyFulfillment) parcels() []inbox.Shipment {
	numbers, links := x.Numbers, x.URLs
	if len(numbers) == 0 {
		numbers = []scalar{x.Number}
	}
	if len(links) == 0 {
		links = []scalar{x.URL}
	}
	status := shopifyParcels[strings.ToLower(string(x.Shipment))]
	if status == "" {
		switch strings.ToLower(string(x.Status)) {
		case "cancelled", "error", "failure":
			status = "exception"
		case "pending", "open":
			status = "label"
		default:
			status = "in_transit"
		}
	}
	var out []inbox.Shipment
	for i, n := range numbers {
		s := inbox.Shipment{ExternalID: x.ID.id(), Carrier: string(x.Company), Tracking: string(n), Status: status, At: newest(readTime(x.UpdatedAt), readTime(x.CreatedAt))}
		if i > 0 {
			s.ExternalID += "/" + string(n)
		}
		if i < len(links) {
			s.URL = string(links[i])
		}
		if at := readTime(x.CreatedAt); !at.IsZero() {
			s.ShippedAt = &at
		}
		out = append(out, s)
	}
	return out
}

type shopifyFulfillmentEvent struct {
	ID            scalar `json:"id"`
	OrderID       scalar `json:"order_id"`
	FulfillmentID scalar `json:"fulfillment_id"`
	Status        scalar `json:"status"`
	Message       scalar `json:"message"`
	City          scalar `json:"city"`
	Country       scalar `json:"country"`
	HappenedAt    scalar `json:"happened_at"`
	CreatedAt     scalar `json:"created_at"`
}

// order is the word of an event on its order; sent is when it was sent, for one
// that tells no time.
func (x *shopifyFulfillmentEvent) order(sent time.Time) *inbox.Order {
	at := readTime(scalar(firstOf(x.HappenedAt, x.CreatedAt)))
	if at.IsZero() {
		at = sent
	}
	place := joined(x.City, x.Country)
	e := inbox.ShipmentEvent{ExternalID: x.ID.id(), At: at, Status: shopifyParcels[strings.ToLower(string(x.Status))], Text: string(x.Message), Place: place}
	if e.Text == "" {
		e.Text = strings.ReplaceAll(string(x.Status), "_", " ")
	}
	return &inbox.Order{
		ExternalID: x.OrderID.id(), UpdatedAt: at, Says: []string{"shipments"},
		Shipments: []inbox.Shipment{{ExternalID: x.FulfillmentID.id(), Events: []inbox.ShipmentEvent{e}, At: at}},
	}
}

type shopifyRefund struct {
	ID           scalar `json:"id"`
	OrderID      scalar `json:"order_id"`
	Note         scalar `json:"note"`
	CreatedAt    scalar `json:"created_at"`
	ProcessedAt  scalar `json:"processed_at"`
	Transactions []struct {
		Kind     scalar `json:"kind"`
		Status   scalar `json:"status"`
		Amount   scalar `json:"amount"`
		Currency scalar `json:"currency"`
	} `json:"transactions"`
}

// refund is the money of a refund that went back; ok is false for goods alone,
// and for money that is still on its way.
func (r *shopifyRefund) refund(p *purse) (out inbox.Refund, ok bool) {
	out = inbox.Refund{ExternalID: r.ID.id(), Reason: string(r.Note), At: readTime(scalar(firstOf(r.ProcessedAt, r.CreatedAt)))}
	for _, t := range r.Transactions {
		if t.Kind != "refund" || t.Status != "" && t.Status != "success" {
			continue
		}
		if t.Currency != "" && strings.ToUpper(string(t.Currency)) != p.currency {
			p.problem("a refund is in %.20s", string(t.Currency))
			continue
		}
		if n := p.amount("refund", t.Amount); n > 0 {
			out.Amount += n
		}
	}
	return out, out.Amount > 0 && out.ExternalID != ""
}

// shopifyRefund is a word on a refund alone.
func (f *feed) shopifyRefund(r *shopifyRefund) (connectors.Inbound, error) {
	var currency scalar
	for _, t := range r.Transactions {
		currency = scalar(firstOf(currency, t.Currency))
	}
	o := &inbox.Order{ExternalID: r.OrderID.id(), UpdatedAt: readTime(scalar(firstOf(r.CreatedAt, r.ProcessedAt))), Says: []string{"refunds"}}
	if len(r.Transactions) > 0 {
		p := newPurse(scalar(firstOf(currency, scalar(f.set.Currency))))
		out, ok := r.refund(p)
		if len(p.problems) > 0 {
			return connectors.Inbound{}, invalid("%s", strings.Join(p.problems, "; "))
		}
		if ok {
			o.Refunds = []inbox.Refund{out}
		}
	}
	return f.order(o), nil
}
