package shop

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// Shopify's webhooks (shopify.dev/docs/api/webhooks): their bodies have the
// shapes of the REST Admin API's resources.

// header is one of Shopify's, in either of the spellings that it uses; the one
// without X goes first.
func header(h http.Header, name string) string {
	if v := h.Get("Shopify-" + name); v != "" {
		return v
	}
	return h.Get("X-Shopify-" + name)
}

// A said is what a word made: records, and what people have to see.
type said struct {
	items   []connectors.Inbound
	notices []notice
}

// shopifyWord reads the body of a webhook of topic.
func (f *feed) shopifyWord(topic string) said {
	var s said
	if n, ok := f.shopifyPrivacy(topic); ok {
		s.notices = append(s.notices, n)
		return s
	}
	kind, event, _ := strings.Cut(topic, "/")
	var err error
	switch {
	case kind == "orders" && event == "delete":
		var o shopifyOrder
		if err = json.Unmarshal(f.raw, &o); err == nil && o.ID.id() != "" {
			s.items = append(s.items, f.order(&inbox.Order{ExternalID: o.ID.id(), Status: "cancelled", Note: "Deleted in the shop", Says: []string{"status", "note"}}))
		}
	case kind == "orders":
		var o shopifyOrder
		if err = json.Unmarshal(f.raw, &o); err == nil && o.ID.id() != "" {
			s.items = f.shopifyOrder(&o)
		}
	case kind == "refunds":
		var r shopifyRefund
		if err = json.Unmarshal(f.raw, &r); err == nil && r.OrderID.id() != "" {
			var in connectors.Inbound
			if in, err = f.shopifyRefund(&r); err == nil {
				s.items = append(s.items, in)
			}
		}
	case kind == "fulfillments":
		var x shopifyFulfillment
		if err = json.Unmarshal(f.raw, &x); err == nil && x.OrderID.id() != "" && x.ID.id() != "" {
			o := &inbox.Order{ExternalID: x.OrderID.id(), Shipments: x.parcels(), UpdatedAt: readTime(x.UpdatedAt), Says: []string{"shipments"}}
			s.items = append(s.items, f.order(o))
		}
	case kind == "fulfillment_events" && event != "delete":
		var x shopifyFulfillmentEvent
		if err = json.Unmarshal(f.raw, &x); err == nil && x.OrderID.id() != "" && x.FulfillmentID.id() != "" {
			s.items = append(s.items, f.order(x.order()))
		}
	case kind == "customers" && (event == "create" || event == "update" || event == "enable" || event == "disable"):
		var c shopifyCustomer
		if err = json.Unmarshal(f.raw, &c); err == nil && c.ID.id() != "" {
			s.items = append(s.items, f.shopifyCustomer(&c))
		}
	case (kind == "checkouts" || kind == "carts") && event != "delete":
		var c shopifyCheckout
		if err = json.Unmarshal(f.raw, &c); err == nil && c.key() != "" {
			s.items = append(s.items, f.cart(f.shopifyCart(&c)))
		}
	case kind == "products" && event != "delete":
		var p shopifyProduct
		if err = json.Unmarshal(f.raw, &p); err == nil && p.ID.id() != "" {
			s.items = f.shopifyProduct(&p)
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

func (x *shopifyFulfillmentEvent) order() *inbox.Order {
	at := readTime(scalar(firstOf(x.HappenedAt, x.CreatedAt)))
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

type shopifyCustomer struct {
	ID        scalar          `json:"id"`
	Email     scalar          `json:"email"`
	Phone     scalar          `json:"phone"`
	First     scalar          `json:"first_name"`
	Last      scalar          `json:"last_name"`
	Verified  bool            `json:"verified_email"`
	Locale    scalar          `json:"locale"`
	CreatedAt scalar          `json:"created_at"`
	UpdatedAt scalar          `json:"updated_at"`
	Address   *shopifyAddress `json:"default_address"`
	EmailBy   *shopifyConsent `json:"email_marketing_consent"`
	SMSBy     *shopifyConsent `json:"sms_marketing_consent"`
	Accepts   *bool           `json:"accepts_marketing"`
	AcceptsAt scalar          `json:"accepts_marketing_updated_at"`
}

type shopifyConsent struct {
	State scalar `json:"state"`
	At    scalar `json:"consent_updated_at"`
}

func (f *feed) shopifyCustomer(c *shopifyCustomer) connectors.Inbound {
	r := &inbox.CustomerRecord{
		ExternalID: c.ID.id(), Email: string(c.Email), Phone: string(c.Phone), Name: joined(c.First, c.Last), Locale: string(c.Locale),
		UpdatedAt: readTime(scalar(firstOf(c.UpdatedAt, c.CreatedAt))),
	}
	if c.Address != nil {
		r.Address, r.Company = c.Address.address(), string(c.Address.Company)
	}
	consent := func(purpose string, granted bool, at scalar) {
		r.Consents = append(r.Consents, inbox.Consent{Purpose: purpose, Granted: granted, Source: "shop", At: newest(readTime(at))})
	}
	for purpose, said := range map[string]*shopifyConsent{"email_marketing": c.EmailBy, "sms_marketing": c.SMSBy} {
		if said == nil {
			continue
		}
		switch said.State {
		case "subscribed":
			consent(purpose, true, said.At)
		case "unsubscribed":
			consent(purpose, false, said.At)
		}
	}
	if c.EmailBy == nil && c.Accepts != nil && c.AcceptsAt != "" {
		consent("email_marketing", *c.Accepts, c.AcceptsAt)
	}
	slices.SortFunc(r.Consents, func(a, b inbox.Consent) int { return strings.Compare(a.Purpose, b.Purpose) })
	return f.customer(r, c.Verified)
}

type shopifyCheckout struct {
	ID          scalar           `json:"id"`
	Token       scalar           `json:"token"`
	CartToken   scalar           `json:"cart_token"`
	Email       scalar           `json:"email"`
	Currency    scalar           `json:"currency"`
	Presentment scalar           `json:"presentment_currency"`
	Total       scalar           `json:"total_price"`
	URL         scalar           `json:"abandoned_checkout_url"`
	CompletedAt scalar           `json:"completed_at"`
	CreatedAt   scalar           `json:"created_at"`
	UpdatedAt   scalar           `json:"updated_at"`
	Customer    *shopifyCustomer `json:"customer"`
	Lines       []shopifyLine    `json:"line_items"`
}

// key is what a cart is known by, at the till too.
func (c *shopifyCheckout) key() string {
	token, _, _ := strings.Cut(firstOf(c.CartToken, c.Token, c.ID), "?") // carts carry a key of their own after it
	return token
}

func (f *feed) shopifyCart(c *shopifyCheckout) *inbox.Cart {
	p := newPurse(scalar(firstOf(c.Presentment, c.Currency, scalar(f.set.Currency))))
	out := &inbox.Cart{
		ExternalID: c.key(), Status: "open", Email: string(c.Email), URL: string(c.URL), Total: p.amount("total", c.Total),
		CreatedAt: readTime(c.CreatedAt), UpdatedAt: readTime(c.UpdatedAt),
	}
	if c.CompletedAt != "" {
		out.Status = "completed"
	}
	if c.Customer != nil {
		out.CustomerExternalID = c.Customer.ID.id()
		out.Email = firstOf(scalar(out.Email), c.Customer.Email)
	}
	if !p.unknown {
		out.Currency = p.currency
	}
	var permalink []string
	for _, l := range c.Lines {
		out.Items = append(out.Items, inbox.Item{
			ExternalID: l.ID.id(), ProductID: l.ProductID.id(), SKU: firstOf(l.SKU, l.VariantID, l.ProductID, l.ID), Title: string(l.Title),
			Variant: variantOf(l.Variant), Quantity: max(0, int(l.Quantity)), Price: p.amount("price", l.Price),
		})
		if id := l.VariantID.id(); id != "" && l.Quantity > 0 {
			permalink = append(permalink, fmt.Sprintf("%s:%d", id, l.Quantity))
		}
	}
	// shopify.dev/docs/apps/build/checkout/create-cart-permalinks
	if out.URL == "" && f.set.URL != "" && len(permalink) > 0 {
		out.URL = f.set.URL + "/cart/" + strings.Join(permalink, ",")
	}
	return out
}

type shopifyProduct struct {
	ID        scalar `json:"id"`
	Title     scalar `json:"title"`
	Handle    scalar `json:"handle"`
	CreatedAt scalar `json:"created_at"`
	UpdatedAt scalar `json:"updated_at"`
	Image     *struct {
		Src scalar `json:"src"`
	} `json:"image"`
	Variants []struct {
		ID        scalar `json:"id"`
		SKU       scalar `json:"sku"`
		Title     scalar `json:"title"`
		Price     scalar `json:"price"`
		UpdatedAt scalar `json:"updated_at"`
		Quantity  *count `json:"inventory_quantity"`
		Managed   scalar `json:"inventory_management"`
	} `json:"variants"`
}

func (f *feed) shopifyProduct(p *shopifyProduct) (items []connectors.Inbound) {
	at := readTime(scalar(firstOf(p.UpdatedAt, p.CreatedAt)))
	for _, v := range p.Variants {
		out := &inbox.Product{
			SKU: firstOf(v.SKU, v.ID), ExternalID: p.ID.id() + "/" + v.ID.id(), Title: string(p.Title), Variant: variantOf(v.Title),
			UpdatedAt: newest(at, readTime(v.UpdatedAt)),
		}
		if f.set.Currency != "" {
			if n, _, err := inbox.ParseAmount(string(v.Price), f.set.Currency); err == nil {
				out.Currency, out.Price = f.set.Currency, n
			}
		}
		if p.Image != nil {
			out.Image = string(p.Image.Src)
		}
		if f.set.URL != "" && p.Handle != "" {
			out.URL = f.set.URL + "/products/" + string(p.Handle)
		}
		if v.Quantity != nil && v.Managed != "" {
			out.Stock, out.StockAt = ptr(int(*v.Quantity)), ptr(out.UpdatedAt)
		}
		if out.SKU != "" {
			items = append(items, f.product(out))
		}
	}
	return items
}

// shopifyPrivacy reads the requests that privacy laws demand an answer to
// (shopify.dev/docs/apps/build/compliance/privacy-law-compliance): somebody has
// to act on them, and who they are of is said.
func (f *feed) shopifyPrivacy(topic string) (n notice, ok bool) {
	var asked struct {
		Domain   scalar `json:"shop_domain"`
		Customer struct {
			ID    scalar `json:"id"`
			Email scalar `json:"email"`
			Phone scalar `json:"phone"`
		} `json:"customer"`
		Requested []scalar `json:"orders_requested"`
		Redact    []scalar `json:"orders_to_redact"`
		Request   struct {
			ID scalar `json:"id"`
		} `json:"data_request"`
	}
	until := f.at.AddDate(0, 0, 30).Format(time.DateOnly)
	var what string
	switch topic {
	case "customers/data_request":
		n.subject, what = "A customer asks for their data", "The shop's customer asks what is kept of them. Send it to the shop's owner by "+until+"."
	case "customers/redact":
		n.subject, what = "A customer's data is to be erased", "The shop asks to erase what is kept of a customer by "+until+", but for what the law says to keep."
	case "shop/redact":
		n.subject, what = "The shop's data is to be erased", "The shop has removed the app. What is kept of its customers is to be erased by "+until+"."
	default:
		return n, false
	}
	lines := []string{what, ""}
	say := func(name string, values ...scalar) {
		if text := joined(values...); text != "" {
			lines = append(lines, name+": "+text)
		}
	}
	if err := json.Unmarshal(f.raw, &asked); err != nil {
		lines = append(lines, "The request can't be read; its source is kept.")
	}
	say("Shop", asked.Domain)
	say("Customer", scalar(asked.Customer.ID.id()), asked.Customer.Email, asked.Customer.Phone)
	say("Orders", append(asked.Requested, asked.Redact...)...)
	say("Request", scalar(asked.Request.ID.id()))
	n.topic, n.id, n.text = topic, sum(f.raw), strings.Join(lines, "\n")
	n.sender = person(asked.Customer.ID.id(), string(asked.Customer.Email), string(asked.Customer.Phone), "")
	if n.sender.Kind == "" {
		n.sender = connectors.Sender{Kind: inbox.ShopAccount, Address: "-shop", Name: "The shop", Proof: inbox.Claimed}
	}
	if n.sender.Kind == inbox.ShopAccount {
		n.sender.Address = f.store() + "/" + n.sender.Address
	}
	return n, true
}
