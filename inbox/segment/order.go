package segment

import (
	"strings"

	"skein/inbox"
)

// currency is the one that a call's amounts are in, "" when nobody names one.
func (c *call) currency() string {
	name := strings.ToUpper(first(c.properties.text("currency"), c.track.Currency))
	if name == "" {
		return ""
	}
	if _, ok := inbox.MinorDigits(name); !ok {
		c.problem("%.20q is no currency of ISO 4217", name)
		return ""
	}
	return name
}

// amount reads a property; said is false when it isn't there or can't be read.
func (c *call) amount(f fields, name, currency string) (n int64, said bool) {
	text := f.text(name)
	if text == "" {
		return 0, false
	}
	if currency == "" {
		c.problem("%s is in no currency", name)
		return 0, false
	}
	n, rounded, err := inbox.ParseAmount(text, currency)
	if err != nil {
		c.problem("%s: %v", name, err)
		return 0, false
	}
	if rounded {
		c.problem("%s %.40s is finer than %s: taken as %s", name, text, currency, inbox.FormatAmount(n, currency))
	}
	return n, true
}

// item reads a product. What is known by its sku else by its id else by its
// name is one line of a cart.
func (c *call) item(f fields, currency string) inbox.Item {
	item := inbox.Item{
		ProductID: f.text("product_id"), Title: first(f.text("name"), f.text("title")), Variant: f.text("variant"),
		Image: f.text("image_url"), URL: f.text("url"), Quantity: 1,
	}
	item.SKU = first(f.text("sku"), item.ProductID, item.Title)
	if n, ok := c.quantity(f); ok {
		item.Quantity = n
	}
	if currency != "" {
		item.Price, _ = c.amount(f, "price", currency)
	}
	return item
}

// items reads the products of a call; said is false when it has no list.
func (c *call) items(currency string) (items []inbox.Item, said bool) {
	list, said := c.properties.objects("products")
	for _, f := range list {
		items = append(items, c.item(f, currency))
	}
	return items, said
}

// order begins a partial word on the order that a call names, nil for none.
func (c *call) order() *inbox.Order {
	id := first(c.properties.text("order_id"), c.properties.text("transaction_id"))
	if id == "" {
		c.problem("it names no order: no order_id")
		return nil
	}
	o := &inbox.Order{Store: c.track.Store, ExternalID: id, UpdatedAt: c.track.At, Unsigned: !c.track.Signed}
	if number := first(c.properties.text("order_number"), c.properties.text("order_name")); number != "" {
		o.Number, o.Says = number, append(o.Says, "number")
	}
	if c.UserID != "" || c.Email != "" || c.Phone != "" {
		o.CustomerExternalID, o.Email, o.Phone = c.UserID, c.Email, c.Phone
		o.Says = append(o.Says, "buyer")
	}
	c.Order, c.Kind = o, inbox.TrackedRecord
	return o
}

// sums reads the products and amounts of an order.
func (c *call) sums(o *inbox.Order) {
	currency := c.currency()
	if currency != "" {
		o.Currency, o.Says = currency, append(o.Says, "currency")
	}
	for _, a := range []struct {
		name string
		into *int64
	}{{"subtotal", &o.Subtotal}, {"shipping", &o.Shipping}, {"tax", &o.Tax}, {"discount", &o.Discount}, {"total", &o.Total}} {
		if n, said := c.amount(c.properties, a.name, currency); said {
			*a.into, o.Says = n, append(o.Says, a.name)
		}
	}
	if o.Discount < 0 {
		o.Discount = -o.Discount // some say it as what it adds
	}
	if c.properties.text("total") == "" {
		// Revenue is without postage and tax, and before discounts.
		if n, said := c.amount(c.properties, "revenue", currency); said {
			o.Total, o.Says = n+o.Shipping+o.Tax-o.Discount, append(o.Says, "total")
		}
	}
	if items, said := c.items(currency); said {
		o.Items, o.Says = items, append(o.Says, "items")
	}
	o.Problems, o.Says = c.Problems, append(o.Says, "problems")
}

func (c *call) completed() {
	if o := c.order(); o != nil {
		o.Status, o.PlacedAt, o.Says = "paid", c.track.At, append(o.Says, "status", "placedAt")
		c.sums(o)
		c.Cart = c.cart()
		c.Cart.Bought = true
	}
}

func (c *call) updated() {
	if o := c.order(); o != nil {
		c.sums(o)
	}
}

func (c *call) cancelled() {
	if o := c.order(); o != nil {
		o.Status, o.Says = "cancelled", append(o.Says, "status")
		c.sums(o)
	}
}

// refunded reads money that went back: the products are those that were paid
// back, and the total is theirs.
func (c *call) refunded() {
	if !c.track.Signed {
		return
	}
	o := c.order()
	if o == nil {
		return
	}
	currency := c.currency()
	if currency != "" {
		o.Currency, o.Says = currency, append(o.Says, "currency")
	}
	amount, said := c.amount(c.properties, "total", currency)
	if !said {
		amount, said = c.amount(c.properties, "revenue", currency)
	}
	if !said {
		c.problem("it doesn't say how much went back")
		c.Order, c.Kind = nil, inbox.TrackedEvent
		return
	}
	if amount < 0 {
		amount = -amount
	}
	o.Refunds = []inbox.Refund{{
		ExternalID: first(c.properties.text("refund_id"), c.track.ID), Amount: amount,
		Reason: c.properties.text("reason"), At: c.track.At,
	}}
	o.Says = append(o.Says, "refunds")
}

// cart begins a word on the cart that a call names, or on its person's own.
func (c *call) cart() *inbox.CartWord {
	return &inbox.CartWord{Cart: inbox.Cart{
		Store: c.track.Store, ExternalID: c.properties.text("cart_id"), UpdatedAt: c.track.At,
	}}
}

// changeCart reads something put in or taken out. Without a quantity one is put
// in, and all of it taken out.
func (c *call) changeCart(sign int) {
	w := c.cart()
	w.Currency = c.currency()
	item := c.item(c.properties, w.Currency)
	if item.SKU == "" {
		c.problem("it names no product: neither sku nor product_id")
		return
	}
	_, counted := c.quantity(c.properties)
	w.Change = &inbox.CartChange{ID: c.track.ID, At: c.track.At, Item: item, Quantity: sign * item.Quantity, All: sign < 0 && !counted}
	w.Change.Item.Quantity = 0
	c.Cart, c.Kind = w, inbox.TrackedRecord
}

// viewedCart reads what is in a cart, where the call lists it.
func (c *call) viewedCart() {
	c.Kind = inbox.TrackedPage
	w := c.cart()
	w.Currency = c.currency()
	if items, said := c.items(w.Currency); said {
		w.Items, c.Cart = items, w
	}
}

func (c *call) startedCheckout() {
	c.viewedCart()
	c.Kind = inbox.TrackedEvent
	if c.Cart != nil {
		c.Cart.URL = c.properties.text("checkout_url")
	}
}
