package shop

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// WooCommerce's webhooks: their bodies are what its REST API version 3 answers
// (developer.woocommerce.com/docs/apis/rest-api/v3).

// wooWord reads the body of a webhook of topic, such as order.updated.
func (f *feed) wooWord(topic string) said {
	var s said
	kind, event, _ := strings.Cut(topic, ".")
	var err error
	switch {
	case kind == "order" && event == "deleted":
		var o wooOrder
		if err = json.Unmarshal(f.raw, &o); err == nil && o.ID.id() != "" {
			s.items = append(s.items, f.order(&inbox.Order{ExternalID: o.ID.id(), Status: "cancelled", Note: "Deleted in the shop", Says: []string{"status", "note"}}))
		}
	case kind == "order":
		var o wooOrder
		if err = json.Unmarshal(f.raw, &o); err == nil && o.ID.id() != "" {
			in := f.wooOrder(&o, nil)
			s.items = append(s.items, in)
			if paid := readTime(o.PaidAt); in.Order != nil && o.CreatedVia == "store-api" && !paid.IsZero() { // it was a draft before
				was := *in.Order
				was.UpdatedAt = paid
				s.items = append(s.items, f.wooCart(&o, &was, newPurse(o.Currency), "completed"))
			}
		}
	case kind == "customer" && event != "deleted":
		var c wooCustomer
		if err = json.Unmarshal(f.raw, &c); err == nil && c.ID.id() != "" {
			s.items = append(s.items, f.wooCustomer(&c))
		}
	case kind == "product" && event != "deleted":
		var p wooProduct
		if err = json.Unmarshal(f.raw, &p); err == nil && p.ID.id() != "" {
			s.items = append(s.items, f.wooProduct(&p))
		}
	}
	if len(s.items) == 0 {
		why := ""
		if err != nil {
			why = err.Error()
		}
		s.notices = append(s.notices, f.unsupported(topic, sum(f.raw), why))
	}
	return s
}

type wooOrder struct {
	ID         scalar     `json:"id"`
	Key        scalar     `json:"order_key"`
	Number     scalar     `json:"number"`
	Status     scalar     `json:"status"`
	Currency   scalar     `json:"currency"`
	CustomerID scalar     `json:"customer_id"`
	Note       scalar     `json:"customer_note"`
	Created    scalar     `json:"date_created_gmt"`
	CreatedAt  scalar     `json:"date_created"`
	Modified   scalar     `json:"date_modified_gmt"`
	ModifiedAt scalar     `json:"date_modified"`
	PaidAt     scalar     `json:"date_paid_gmt"`
	Discount   scalar     `json:"discount_total"`
	Shipping   scalar     `json:"shipping_total"`
	Tax        scalar     `json:"total_tax"`
	Total      scalar     `json:"total"`
	PaymentURL scalar     `json:"payment_url"`
	CreatedVia scalar     `json:"created_via"`
	Billing    wooAddress `json:"billing"`
	Delivery   wooAddress `json:"shipping"`
	Lines      []wooLine  `json:"line_items"`
	Fees       []wooLine  `json:"fee_lines"`
	Refunds    []struct {
		ID     scalar `json:"id"`
		Reason scalar `json:"reason"`
		Total  scalar `json:"total"`
	} `json:"refunds"`
	Meta []wooMeta `json:"meta_data"`
}

type wooLine struct {
	ID          scalar `json:"id"`
	Name        scalar `json:"name"`
	ProductID   scalar `json:"product_id"`
	VariationID scalar `json:"variation_id"`
	SKU         scalar `json:"sku"`
	Quantity    count  `json:"quantity"`
	Subtotal    scalar `json:"subtotal"`
	Total       scalar `json:"total"`
}

type wooMeta struct {
	Key   string          `json:"key"`
	Value json.RawMessage `json:"value"`
}

type wooAddress struct {
	First    scalar `json:"first_name"`
	Last     scalar `json:"last_name"`
	Company  scalar `json:"company"`
	Line1    scalar `json:"address_1"`
	Line2    scalar `json:"address_2"`
	City     scalar `json:"city"`
	State    scalar `json:"state"`
	Postcode scalar `json:"postcode"`
	Country  scalar `json:"country"`
	Email    scalar `json:"email"`
	Phone    scalar `json:"phone"`
}

func (a *wooAddress) address() *inbox.Address {
	out := &inbox.Address{City: string(a.City), Region: string(a.State), Postcode: string(a.Postcode), Country: string(a.Country)}
	for _, l := range []scalar{a.Company, a.Line1, a.Line2} {
		if l != "" {
			out.Lines = append(out.Lines, string(l))
		}
	}
	return out
}

func (a *wooAddress) party(role string) inbox.OrderParty {
	return inbox.OrderParty{Role: role, Name: joined(a.First, a.Last), Email: string(a.Email), Phone: string(a.Phone), Address: a.address()}
}

// wooStates are an order's, and the state of its payment where that follows
// (developer.woocommerce.com/docs/apis/rest-api/v3/orders, order statuses).
var wooStates = map[string][2]string{
	"pending": {"pending", "pending"}, "on-hold": {"pending", "pending"}, "processing": {"processing", "paid"}, "completed": {"fulfilled", "paid"},
	"cancelled": {"cancelled", ""}, "refunded": {"refunded", "refunded"}, "failed": {"pending", "voided"}, "trash": {"cancelled", ""},
}

// wooOrder is an order's whole word. What is still at the till is a cart.
// refunded are the times of its refunds, where they are known: the order's own
// word on them has none.
func (f *feed) wooOrder(o *wooOrder, refunded map[string]time.Time) connectors.Inbound {
	p := newPurse(o.Currency)
	updated := newest(readTime(o.Modified), readTime(o.Created))
	if updated.IsZero() {
		updated = newest(readTime(o.ModifiedAt), readTime(o.CreatedAt))
	}
	out := &inbox.Order{
		ExternalID: o.ID.id(), Number: firstOf(o.Number, o.ID), CustomerExternalID: o.CustomerID.id(), Email: string(o.Billing.Email),
		Phone: string(o.Billing.Phone), Currency: p.currency, Note: string(o.Note), UpdatedAt: updated,
		PlacedAt: readTime(scalar(firstOf(o.Created, o.CreatedAt))), Shipping: p.amount("shipping", o.Shipping), Tax: p.amount("tax", o.Tax),
		Discount: p.amount("discount", o.Discount), Total: p.amount("total", o.Total),
	}
	for _, l := range o.Lines {
		n := p.amount("price of "+string(l.Name), scalar(firstOf(l.Subtotal, l.Total)))
		out.Subtotal += n
		out.Items = append(out.Items, l.items(n)...)
	}
	for _, l := range o.Fees {
		n := p.amount("fee "+string(l.Name), l.Total)
		if n < 0 { // how some shops give discounts
			out.Discount -= n
			continue
		}
		out.Subtotal += n
		out.Items = append(out.Items, inbox.Item{ExternalID: l.ID.id(), SKU: "fee", Title: firstOf(l.Name, "Fee"), Quantity: 1, Price: n})
	}
	status := strings.TrimPrefix(string(o.Status), "wc-")
	if status == "checkout-draft" || status == "auto-draft" {
		return f.wooCart(o, out, p, "open")
	}
	states, known := wooStates[status]
	if !known { // a plugin's own
		states = [2]string{"processing", ""}
		p.problem("its status is the shop's own %.40q", status)
	}
	out.Status, out.FinancialStatus = states[0], states[1]
	if out.FinancialStatus == "" && o.PaidAt != "" {
		out.FinancialStatus = "paid"
	}
	buyer, recipient := o.Billing.party("buyer"), o.Delivery.party("recipient")
	billing := o.Billing.party("billing")
	buyer.Address, billing.Email, billing.Phone = nil, "", ""
	out.Parties = append(out.Parties, buyer, billing)
	if recipient.Name != "" || len(recipient.Address.Lines) > 0 {
		out.Parties = append(out.Parties, recipient)
	}
	for _, r := range o.Refunds {
		n := p.amount("refund", r.Total)
		if n < 0 {
			n = -n
		}
		if n > 0 && r.ID.id() != "" {
			at := refunded[r.ID.id()]
			if at.IsZero() {
				at = updated
			}
			out.Refunds = append(out.Refunds, inbox.Refund{ExternalID: r.ID.id(), Amount: n, Reason: string(r.Reason), At: at})
		}
	}
	out.Shipments = wooParcels(o.Meta, updated)
	out.Problems = p.problems
	if p.unknown {
		without(out)
	}
	return f.order(out)
}

// wooDraft is what the key of a cart begins with that is an order still at the
// till.
const wooDraft = "order-"

// wooCart is an order as a cart: while it is at the till, and once it was bought
// there.
func (f *feed) wooCart(o *wooOrder, as *inbox.Order, p *purse, status string) connectors.Inbound {
	c := &inbox.Cart{
		ExternalID: wooDraft + o.ID.id(), Status: status, Items: as.Items, Total: as.Total, URL: string(o.PaymentURL), UpdatedAt: as.UpdatedAt,
		CreatedAt: as.PlacedAt, CustomerExternalID: as.CustomerExternalID, Email: as.Email,
	}
	if !p.unknown {
		c.Currency = p.currency
	}
	if link := f.wooLink(o); link != "" {
		c.URL = link
	}
	return f.cart(c)
}

// wooLink fills a cart anew with what an order has
// (developer.woocommerce.com/docs/best-practices/urls-and-routing/checkout-urls,
// since WooCommerce 10.0).
func (f *feed) wooLink(o *wooOrder) string {
	if f.set.URL == "" {
		return ""
	}
	var parts []string
	for _, l := range o.Lines {
		if id := firstOf(scalar(l.VariationID.id()), scalar(l.ProductID.id())); id != "" && l.Quantity > 0 {
			parts = append(parts, fmt.Sprintf("%s:%d", url.QueryEscape(id), l.Quantity))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return f.set.URL + "/checkout-link/?products=" + strings.Join(parts, ",")
}

// items are a line as items whose prices make the line's sum to the minor unit:
// what three of a kind cost can't always be said by the price of one.
func (l *wooLine) items(total int64) []inbox.Item {
	i := inbox.Item{
		ExternalID: l.ID.id(), ProductID: firstOf(scalar(l.VariationID.id()), scalar(l.ProductID.id())), SKU: firstOf(l.SKU, scalar(l.VariationID.id()), l.ProductID, l.ID),
		Title: string(l.Name), Quantity: max(0, int(l.Quantity)),
	}
	q := int64(i.Quantity)
	if q <= 1 {
		i.Price = total
		if q == 0 && total != 0 {
			i.Quantity = 1
		}
		return []inbox.Item{i}
	}
	i.Price = total / q
	rest := total - i.Price*q
	if rest <= 0 {
		return []inbox.Item{i}
	}
	dearer := i
	dearer.Price, dearer.Quantity = i.Price+1, int(rest)
	i.Quantity -= dearer.Quantity
	return []inbox.Item{i, dearer}
}

// wooParcels are parcels as the extension Shipment Tracking keeps them beside
// an order (woocommerce.com/document/shipment-tracking): WooCommerce itself has
// none.
func wooParcels(meta []wooMeta, updated time.Time) (out []inbox.Shipment) {
	for _, m := range meta {
		if m.Key != "_wc_shipment_tracking_items" {
			continue
		}
		var list []struct {
			ID       scalar `json:"tracking_id"`
			Number   scalar `json:"tracking_number"`
			Provider scalar `json:"tracking_provider"`
			Custom   scalar `json:"custom_tracking_provider"`
			Link     scalar `json:"custom_tracking_link"`
			Shipped  scalar `json:"date_shipped"`
		}
		if json.Unmarshal(m.Value, &list) != nil {
			continue
		}
		for _, x := range list {
			s := inbox.Shipment{ExternalID: string(x.ID), Carrier: firstOf(x.Provider, x.Custom), Tracking: string(x.Number), URL: string(x.Link), Status: "in_transit", At: updated}
			if n, err := strconv.ParseInt(string(x.Shipped), 10, 64); err == nil && n > 0 && n < math.MaxInt32 {
				at := time.Unix(n, 0).UTC()
				s.ShippedAt, s.At = &at, at
			} else if at := readTime(x.Shipped); !at.IsZero() {
				s.ShippedAt, s.At = &at, at
			}
			out = append(out, s)
		}
	}
	return out
}

type wooCustomer struct {
	ID       scalar     `json:"id"`
	Email    scalar     `json:"email"`
	First    scalar     `json:"first_name"`
	Last     scalar     `json:"last_name"`
	Username scalar     `json:"username"`
	Created  scalar     `json:"date_created_gmt"`
	Modified scalar     `json:"date_modified_gmt"`
	Billing  wooAddress `json:"billing"`
}

func (f *feed) wooCustomer(c *wooCustomer) connectors.Inbound {
	r := &inbox.CustomerRecord{
		ExternalID: c.ID.id(), Email: string(c.Email), Name: firstOf(scalar(joined(c.First, c.Last)), scalar(joined(c.Billing.First, c.Billing.Last)), c.Username),
		Phone: string(c.Billing.Phone), Company: string(c.Billing.Company), UpdatedAt: newest(readTime(c.Modified), readTime(c.Created)),
	}
	if a := c.Billing.address(); len(a.Lines) > 0 || a.City != "" || a.Postcode != "" {
		r.Address = a
	}
	return f.customer(r, false)
}

type wooProduct struct {
	ID         scalar `json:"id"`
	Name       scalar `json:"name"`
	Type       scalar `json:"type"`
	SKU        scalar `json:"sku"`
	Price      scalar `json:"price"`
	Permalink  scalar `json:"permalink"`
	Manages    any    `json:"manage_stock"` // true, false, or "parent"
	Quantity   *count `json:"stock_quantity"`
	Created    scalar `json:"date_created_gmt"`
	Modified   scalar `json:"date_modified_gmt"`
	Attributes []struct {
		Option scalar `json:"option"`
	} `json:"attributes"`
	Images []struct {
		Src scalar `json:"src"`
	} `json:"images"`
	Image json.RawMessage `json:"image"` // of a variation
}

func (f *feed) wooProduct(p *wooProduct) connectors.Inbound {
	out := &inbox.Product{
		SKU: firstOf(p.SKU, p.ID), ExternalID: p.ID.id(), Title: string(p.Name), URL: string(p.Permalink),
		UpdatedAt: newest(readTime(p.Modified), readTime(p.Created)),
	}
	var options []scalar
	for _, a := range p.Attributes {
		options = append(options, a.Option)
	}
	out.Variant = joined(options...)
	var own struct {
		Src scalar `json:"src"`
	}
	if json.Unmarshal(p.Image, &own) == nil {
		out.Image = string(own.Src)
	}
	if len(p.Images) > 0 {
		out.Image = string(p.Images[0].Src)
	}
	if f.set.Currency != "" && p.Price != "" {
		if n, _, err := inbox.ParseAmount(string(p.Price), f.set.Currency); err == nil {
			out.Currency, out.Price = f.set.Currency, n
		}
	}
	if p.Manages == true && p.Quantity != nil {
		out.Stock = ptr(int(*p.Quantity))
		if !out.UpdatedAt.IsZero() {
			out.StockAt = ptr(out.UpdatedAt)
		}
	}
	return f.product(out)
}

// wooPing is what WooCommerce sends unsigned when a webhook is made, to see
// whether somebody is there: a form with the webhook's number and nothing else.
func wooPing(body []byte) bool {
	form, err := url.ParseQuery(string(body))
	if err != nil || len(form) != 1 || len(body) > 100 {
		return false
	}
	var n int
	_, err = fmt.Sscanf(form.Get("webhook_id"), "%d", &n)
	return err == nil
}
