package threader

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/identity"
)

// What one record may bring.
const (
	maxStore   = 100
	maxItems   = 1_000
	maxParcels = 200
	maxMoves   = 200 // of one parcel
	maxMoney   = 500 // refunds or returns of one order
	maxLedger  = 10_000
	maxLines   = 10
)

// record reads what is no message: the words of shops.
func record(in *connectors.Inbound, r *inbox.Received, region string) (err error) {
	switch {
	case in.Kind == connectors.KindOrder && in.Order != nil:
		r.Order, err = order(in.Order, r, region)
	case in.Kind == connectors.KindCustomer && in.Customer != nil:
		r.Customer, err = customer(in.Customer, r)
	case in.Kind == connectors.KindCart && in.Cart != nil:
		r.Cart, err = cart(in.Cart, r)
	case in.Kind == connectors.KindProduct && in.Product != nil:
		r.Product, err = product(in.Product, r)
	case in.Kind == connectors.KindTrack && in.Track != nil:
		if in.Lane != "" { // TRACK has no lanes of its own
			r.History = in.Lane == connectors.LaneBulk
		}
		r.Track, err = track(in, r, region)
	default:
		err = invalid("items of kind %q can't be handled", in.Kind)
	}
	return err
}

var (
	orderStatuses     = []string{"pending", "paid", "processing", "fulfilled", "delivered", "cancelled", "refunded"}
	financialStatuses = []string{"", "pending", "authorized", "paid", "partially_paid", "partially_refunded", "refunded", "voided"}
	parcelStatuses    = []string{"", "label", "in_transit", "out_for_delivery", "delivered", "exception"}
	returnStatuses    = []string{"requested", "approved", "in_transit", "received", "closed", "rejected"}
	cartStatuses      = []string{"open", "abandoned", "completed"}
)

// order checks a word on an order, whole or partial.
func order(o *inbox.Order, r *inbox.Received, region string) (*inbox.Order, error) {
	c := &check{what: "order " + cmp.Or(line(o.Number), line(o.ExternalID), "without a number"), at: r.At, region: region}
	c.id("store", o.Store, maxStore)
	c.id("externalId", o.ExternalID, maxExternal)
	whole := len(o.Says) == 0
	says := func(field string) bool { return whole || slices.Contains(o.Says, field) }
	for _, field := range o.Says {
		c.oneOf("says", field, inbox.OrderFields...)
	}
	if says("number") {
		c.id("number", o.Number, maxExternal)
	}
	out := *o
	out.ID, out.IdentityID, out.Version, out.Refunded, out.Problems = "", "", 0, 0, nil
	out.UpdatedAt, out.PlacedAt = c.word(o.UpdatedAt), c.instant(o.PlacedAt)
	if says("placedAt") && out.PlacedAt.IsZero() {
		out.PlacedAt = out.UpdatedAt
	}
	out.Email, out.Phone, out.Note, out.URL = line(o.Email), line(o.Phone), withoutCards(text(o.Note)), link(o.URL)
	if out.Status = o.Status; says("status") {
		out.Status = cmp.Or(o.Status, "pending")
		c.oneOf("status", out.Status, orderStatuses...)
	}
	c.oneOf("financialStatus", o.FinancialStatus, financialStatuses...)
	out.Currency = c.currency(o.Currency, says("currency"))
	c.amounts(map[string]int64{"subtotal": o.Subtotal, "shipping": o.Shipping, "tax": o.Tax, "discount": o.Discount, "total": o.Total})
	out.Items = c.items(o.Items)
	out.Parties = c.parties(o)
	out.Shipments = c.shipments(o, out.UpdatedAt)
	c.few("refunds", len(o.Refunds), maxMoney)
	out.Refunds = nil
	for _, f := range o.Refunds {
		c.id("refund's externalId", f.ExternalID, maxExternal)
		c.amounts(map[string]int64{"refund": f.Amount})
		if f.Amount < 0 {
			c.fail("a refund of less than nothing: %d", f.Amount)
		}
		f.Reason = withoutCards(line(f.Reason))
		if f.At = c.instant(f.At); f.At.IsZero() {
			f.At = out.UpdatedAt
		}
		out.Refunds = append(out.Refunds, f)
	}
	c.few("returns", len(o.Returns), maxMoney)
	out.Returns = nil
	for _, b := range o.Returns {
		c.id("return's externalId", b.ExternalID, maxExternal)
		c.oneOf("return's status", b.Status, returnStatuses...)
		c.few("items of a return", len(b.Items), maxItems)
		back := inbox.Return{ExternalID: b.ExternalID, Status: b.Status, Reason: withoutCards(line(b.Reason)), At: c.instant(b.At), Items: []inbox.ReturnItem{}}
		if back.At.IsZero() {
			back.At = out.UpdatedAt
		}
		for _, i := range b.Items {
			if i.Quantity < 0 || i.Quantity > maxCount {
				c.fail("it has %d of an item go back", i.Quantity)
			}
			back.Items = append(back.Items, inbox.ReturnItem{SKU: line(i.SKU), Title: line(i.Title), Quantity: i.Quantity})
		}
		out.Returns = append(out.Returns, back)
	}
	for _, p := range o.Problems[:min(len(o.Problems), 50)] {
		out.Problems = append(out.Problems, line(p))
	}
	c.buyer(&out, whole)
	setOrderKeys(&out)
	return &out, c.err
}

// buyer says whose order it is: the account in the shop, else the guest's
// address or number. A whole word of nobody is of a guest who has only the
// order.
func (c *check) buyer(o *inbox.Order, whole bool) {
	if !whole && !slices.Contains(o.Says, "buyer") {
		o.Buyer = inbox.IdentityRef{}
		return
	}
	if o.CustomerExternalID != "" {
		c.id("customerExternalId", o.CustomerExternalID, maxExternal)
	}
	o.Buyer = c.whose(o.Store, o.CustomerExternalID, o.Email, o.Phone)
	if o.Buyer.Key == "" && whole {
		o.Buyer = inbox.GuestRef(o.Store, o.ExternalID)
	}
	if o.Buyer.Key == "" {
		o.Buyer = inbox.IdentityRef{}
		o.Says = slices.DeleteFunc(slices.Clone(o.Says), func(f string) bool { return f == "buyer" })
	}
	// Whom the shop writes to about it takes part in it.
	email, phone := identity.EmailKey(o.Email), c.phone(o.Phone)
	if i := slices.IndexFunc(o.Parties, func(p inbox.OrderParty) bool { return p.Role == "buyer" }); i >= 0 {
		o.Parties[i].Email, o.Parties[i].Phone = cmp.Or(o.Parties[i].Email, email), cmp.Or(o.Parties[i].Phone, phone)
	} else if email != "" || phone != "" {
		o.Parties = append(o.Parties, inbox.OrderParty{Role: "buyer", Email: email, Phone: phone})
		if !whole && !slices.Contains(o.Says, "parties") {
			o.Says = append(slices.Clone(o.Says), "parties")
		}
	}
}

// whose is the identity of somebody in a store; its key is "" when nothing says.
func (c *check) whose(store, externalID, email, phone string) inbox.IdentityRef {
	if externalID != "" {
		return inbox.ShopRef(store, externalID)
	}
	if key := identity.EmailKey(email); key != "" {
		return inbox.IdentityRef{Kind: inbox.EmailAddress, Key: key}
	}
	return inbox.IdentityRef{Kind: inbox.PhoneNumber, Key: c.phone(phone)}
}

func (c *check) phone(number string) string {
	return identity.Key(inbox.PhoneNumber, line(number), c.region)
}

func (c *check) parties(o *inbox.Order) []inbox.OrderParty {
	var out []inbox.OrderParty
	for _, p := range o.Parties {
		c.oneOf("party's role", p.Role, "buyer", "recipient", "billing")
		if slices.ContainsFunc(out, func(x inbox.OrderParty) bool { return x.Role == p.Role }) {
			c.fail("it has two parties with the role %s", p.Role)
		}
		out = append(out, inbox.OrderParty{
			Role: p.Role, Name: line(p.Name), Email: identity.EmailKey(p.Email), Phone: c.phone(p.Phone), Address: address(p.Address),
		})
	}
	return out
}

func (c *check) shipments(o *inbox.Order, word time.Time) []inbox.Shipment {
	c.few("parcels", len(o.Shipments), maxParcels)
	var out []inbox.Shipment
	for _, s := range o.Shipments {
		c.oneOf("parcel's status", s.Status, parcelStatuses...)
		c.few("events of a parcel", len(s.Events), maxMoves)
		p := inbox.Shipment{
			ExternalID: s.ExternalID, Carrier: line(s.Carrier), Tracking: strings.TrimSpace(line(s.Tracking)), URL: link(s.URL), Status: s.Status,
			At: c.instant(s.At),
		}
		if p.ExternalID != "" {
			c.id("parcel's externalId", p.ExternalID, maxExternal)
		}
		if len(p.Tracking) > maxExternal {
			c.fail("a parcel's number has more than %d characters", maxExternal)
		}
		if p.At.IsZero() {
			p.At = word
		}
		if s.ShippedAt != nil && !s.ShippedAt.IsZero() {
			at := c.instant(*s.ShippedAt)
			p.ShippedAt = &at
		}
		for _, e := range s.Events {
			c.oneOf("parcel event's status", e.Status, parcelStatuses...)
			e.ExternalID, e.Text, e.Place = line(e.ExternalID), line(e.Text), line(e.Place)
			if e.At = c.instant(e.At); e.At.IsZero() {
				c.fail("a parcel's event has no time")
			}
			p.Events = append(p.Events, e)
		}
		if p.Status == "" && len(p.Events) == 0 && len(o.Says) == 0 {
			p.Status = "label"
		}
		out = append(out, p)
	}
	return out
}

// customer checks what a shop says of a customer.
func customer(in *inbox.CustomerRecord, r *inbox.Received) (*inbox.CustomerRecord, error) {
	c := &check{what: "customer " + cmp.Or(line(in.ExternalID), "without an id"), at: r.At}
	c.id("store", in.Store, maxStore)
	c.id("externalId", in.ExternalID, maxExternal)
	out := *in
	out.Email, out.Phone, out.Name, out.Company = line(in.Email), line(in.Phone), line(in.Name), line(in.Company)
	out.Locale, out.Birthday = line(in.Locale), line(in.Birthday)
	out.UpdatedAt, out.Address = c.word(in.UpdatedAt), address(in.Address)
	if out.Birthday != "" {
		if _, err := time.Parse(time.DateOnly, out.Birthday); err != nil {
			c.fail("its birthday %.20q isn't YYYY-MM-DD", out.Birthday)
		}
	}
	c.few("consents", len(in.Consents), maxPeople)
	out.Consents = nil
	for _, s := range in.Consents {
		if s.Purpose = line(s.Purpose); s.Purpose == "" {
			c.fail("a consent names no purpose")
		}
		s.Source = line(s.Source)
		if s.At = c.instant(s.At); s.At.IsZero() {
			s.At = out.UpdatedAt
		}
		out.Consents = append(out.Consents, s)
	}
	c.few("entries of its ledger", len(in.Loyalty), maxLedger)
	out.Loyalty = nil
	for _, e := range in.Loyalty {
		e.Store = cmp.Or(e.Store, in.Store)
		c.id("store", e.Store, maxStore)
		c.id("ledger entry's externalId", e.ExternalID, maxExternal)
		c.amounts(map[string]int64{"points": e.Points})
		if e.Reason, e.At = line(e.Reason), c.instant(e.At); e.At.IsZero() {
			e.At = out.UpdatedAt
		}
		out.Loyalty = append(out.Loyalty, e)
	}
	c.few("saved items", len(in.SavedItems), maxItems)
	out.SavedItems = nil
	for _, s := range in.SavedItems {
		out.SavedItems = append(out.SavedItems, c.saved(s, in.Store, out.UpdatedAt))
	}
	out.Identity, out.Proof = inbox.ShopRef(in.Store, in.ExternalID), r.Proof
	return &out, c.err
}

func (c *check) saved(s inbox.SavedItem, store string, word time.Time) inbox.SavedItem {
	s.Store = cmp.Or(s.Store, store)
	c.id("store", s.Store, maxStore)
	c.id("sku", s.SKU, maxExternal)
	if s.Title, s.URL, s.At = line(s.Title), link(s.URL), c.instant(s.At); s.At.IsZero() {
		s.At = word
	}
	return s
}

// cart checks a whole word on a cart.
func cart(in *inbox.Cart, r *inbox.Received) (*inbox.CartWord, error) {
	w := &inbox.CartWord{Cart: *in}
	w.Status = cmp.Or(in.Status, "open")
	w.Who = (&check{}).whose(in.Store, in.CustomerExternalID, in.Email, "")
	err := cartWord(w, r)
	return w, err
}

func cartWord(w *inbox.CartWord, r *inbox.Received) error {
	c := &check{what: "cart " + cmp.Or(line(w.ExternalID), "without an id"), at: r.At}
	c.id("store", w.Store, maxStore)
	c.id("externalId", w.ExternalID, 3*maxExternal) // a person's own has the person's key
	if w.Status != "" {
		c.oneOf("status", w.Status, cartStatuses...)
	}
	w.ID, w.IdentityID, w.Version = "", "", 0
	w.UpdatedAt, w.CreatedAt, w.URL = c.word(w.UpdatedAt), c.instant(w.CreatedAt), link(w.URL)
	w.Currency = c.currency(w.Currency, false)
	c.amounts(map[string]int64{"total": w.Total})
	w.Items = c.items(w.Items)
	if w.Change != nil {
		ch := *w.Change
		ch.Item, ch.At = c.items([]inbox.Item{ch.Item})[0], w.UpdatedAt
		w.Change = &ch
	}
	if w.Who.Key == "" {
		c.fail("it says of nobody: it needs customerExternalId or email")
	}
	return c.err
}

// product checks a word on a product, of its details, its stock, or both.
func product(in *inbox.Product, r *inbox.Received) (*inbox.Product, error) {
	c := &check{what: "product " + cmp.Or(line(in.SKU), "without a sku"), at: r.At}
	c.id("store", in.Store, maxStore)
	c.id("sku", in.SKU, maxExternal)
	out := *in
	out.ExternalID, out.Title, out.Variant = line(in.ExternalID), line(in.Title), line(in.Variant)
	out.URL, out.Image, out.UpdatedAt = link(in.URL), link(in.Image), c.instant(in.UpdatedAt)
	out.Currency = c.currency(in.Currency, in.Price != 0)
	c.amounts(map[string]int64{"price": in.Price})
	if in.StockAt != nil {
		at := c.instant(*in.StockAt)
		out.StockAt = &at
	}
	switch {
	case in.Stock != nil && (*in.Stock > maxCount || *in.Stock < -maxCount):
		c.fail("its stock is %d", *in.Stock)
	case in.Stock != nil && in.StockAt == nil && in.UpdatedAt.IsZero():
		c.fail("its stock is of no time: it needs stockAt")
	case in.Stock != nil && in.StockAt == nil:
		out.StockAt = &out.UpdatedAt
	case in.StockAt == nil && in.UpdatedAt.IsZero():
		c.fail("it has neither updatedAt nor stockAt: which word is newer can't be told")
	}
	return &out, c.err
}
