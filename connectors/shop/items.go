package shop

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// A feed makes items of one account's words. raw are the bytes that a word was
// read from: they name the event, so that the same word is one event whichever
// way it came.
type feed struct {
	set     *Settings
	account inbox.AccountID
	raw     []byte
	at      time.Time // when the word was said, for words that don't tell
	asker   *asker    // by which the shop can be asked what it left out; nil: it can't
}

func (f *feed) store() string { return string(f.account) }

func (f *feed) item(kind connectors.Kind, id string, at time.Time, sender connectors.Sender) connectors.Inbound {
	return connectors.Inbound{
		Kind: kind, Account: f.account, EventID: string(kind) + "/" + id + "/" + sum(f.raw), ExternalID: id,
		Key: string(kind) + "/" + id, Lane: connectors.LaneLive, ProviderAt: at, Sender: sender,
	}
}

// person is whom a record is of: the account in the shop, else a guest by their
// address, of whom the shop knows no more than what was typed.
func person(id, email, phone, name string) connectors.Sender {
	switch {
	case id != "":
		return connectors.Sender{Kind: inbox.ShopAccount, Address: id, Name: name, Proof: inbox.Signed}
	case email != "":
		return connectors.Sender{Kind: inbox.EmailAddress, Address: email, Name: name, Proof: inbox.Claimed}
	case phone != "":
		return connectors.Sender{Kind: inbox.PhoneNumber, Address: phone, Name: name, Proof: inbox.Claimed}
	}
	return connectors.Sender{}
}

func (f *feed) order(o *inbox.Order) connectors.Inbound {
	o.Store = f.store()
	if o.UpdatedAt.IsZero() {
		o.UpdatedAt = f.at
	}
	in := f.item(connectors.KindOrder, o.ExternalID, o.UpdatedAt, person(o.CustomerExternalID, o.Email, o.Phone, buyerName(o)))
	in.Order = o
	return beside(in, o.CustomerExternalID)
}

// beside gives an item the key of the customer that it is of: what tells of one
// customer is handled one after the other, and never waits for itself.
func beside(in connectors.Inbound, customer string) connectors.Inbound {
	if customer != "" {
		in.Key = string(connectors.KindCustomer) + "/" + customer
	}
	return in
}

func buyerName(o *inbox.Order) string {
	for _, p := range o.Parties {
		if p.Role == "buyer" {
			return p.Name
		}
	}
	return ""
}

// without takes the amounts out of a word whose currency is none: what else it
// says still holds.
func without(o *inbox.Order) {
	for _, field := range inbox.OrderFields {
		switch field {
		case "currency", "subtotal", "shipping", "tax", "discount", "total", "refunds":
		default:
			o.Says = append(o.Says, field)
		}
	}
	o.Currency, o.Refunds = "", nil
}

// customer is what the shop says of a customer; verified says that the address
// in it was proven to the shop.
func (f *feed) customer(c *inbox.CustomerRecord, verified bool) connectors.Inbound {
	c.Store = f.store()
	if c.UpdatedAt.IsZero() {
		c.UpdatedAt = f.at
	}
	sender := person(c.ExternalID, "", "", c.Name)
	if !verified && !f.set.VerifiedEmails {
		sender.Proof = inbox.Claimed
	}
	in := f.item(connectors.KindCustomer, c.ExternalID, c.UpdatedAt, sender)
	in.Customer = c
	return in
}

// cart is what the shop says of a cart. Of a cart of nobody only a track can
// tell, by the cart's own id.
func (f *feed) cart(c *inbox.Cart) connectors.Inbound {
	c.Store = f.store()
	if c.UpdatedAt.IsZero() {
		c.UpdatedAt = f.at
	}
	if c.CustomerExternalID == "" && c.Email == "" {
		return f.cartOfNobody(c)
	}
	in := f.item(connectors.KindCart, c.ExternalID, c.UpdatedAt, person(c.CustomerExternalID, c.Email, "", ""))
	in.Cart = c
	return beside(in, c.CustomerExternalID)
}

func (f *feed) cartOfNobody(c *inbox.Cart) connectors.Inbound {
	type product struct {
		SKU      string `json:"sku"`
		Name     string `json:"name"`
		Variant  string `json:"variant,omitempty"`
		ID       string `json:"product_id,omitempty"`
		Quantity int    `json:"quantity"`
		Price    string `json:"price,omitempty"`
	}
	said := struct {
		ID       string    `json:"cart_id"`
		Currency string    `json:"currency,omitempty"`
		Products []product `json:"products"`
	}{c.ExternalID, c.Currency, []product{}}
	for _, i := range c.Items {
		p := product{SKU: i.SKU, Name: i.Title, Variant: i.Variant, ID: i.ProductID, Quantity: i.Quantity}
		if c.Currency != "" {
			p.Price, _, _ = strings.Cut(inbox.FormatAmount(i.Price, c.Currency), " ")
		}
		said.Products = append(said.Products, p)
	}
	properties, err := json.Marshal(said)
	if err != nil {
		properties = nil // strings and numbers: it can't be
	}
	in := f.item(connectors.KindTrack, c.ExternalID, c.UpdatedAt, connectors.Sender{})
	in.Track = &inbox.Track{Store: f.store(), Type: "track", Event: "Cart Viewed", AnonymousID: c.ExternalID, Properties: properties, Currency: f.set.Currency}
	return in
}

func (f *feed) product(p *inbox.Product) connectors.Inbound {
	p.Store = f.store()
	if p.UpdatedAt.IsZero() && p.StockAt == nil {
		p.UpdatedAt = f.at
	}
	in := f.item(connectors.KindProduct, p.SKU, newest(p.UpdatedAt, stockAt(p)), connectors.Sender{})
	in.Product = p
	return in
}

// A notice is what of a shop's words only people can handle.
type notice struct {
	topic, id string
	sender    connectors.Sender
	subject   string
	text      string
}

// unsupported keeps a word that there is no record for. Those of one topic are
// one conversation, which none of them opens again.
func (f *feed) unsupported(topic, id, why string) notice {
	text := "The shop sent what can't be shown here (" + cmp.Or(topic, "no topic") + ")."
	if why != "" {
		text = "The shop sent " + cmp.Or(topic, "something without a topic") + ", of which nothing could be made: " + why + "."
	}
	return notice{topic: topic, id: id, text: text + " Its source is kept.", sender: connectors.Sender{
		Kind: inbox.ShopAccount, Address: f.store() + "/-shop", Name: "The shop", Proof: inbox.Claimed,
	}}
}

// show makes the message of a notice; raw is where its source is kept.
func (f *feed) show(n notice, raw connectors.Body) connectors.Inbound {
	thread := "unsupported/" + n.topic
	m := &connectors.Message{Text: n.text, VisibleText: n.text, Problems: []string{"unsupported"}, Automatic: inbox.Automatic{Is: true, Reason: "sent by the shop's machine"}}
	if n.subject != "" { // somebody has to act on it
		thread, m.Subject, m.Problems, m.Automatic = "privacy/"+n.id, n.subject, nil, inbox.Automatic{}
	}
	m.ThreadKey, m.From = thread, inbox.Party{Address: n.sender.Address, Name: n.sender.Name}
	in := f.item(connectors.KindMessage, n.topic+"/"+n.id, f.at, n.sender)
	in.Key, in.Raw, in.Message = thread, &raw, m
	return in
}

func stockAt(p *inbox.Product) time.Time {
	if p.StockAt == nil {
		return time.Time{}
	}
	return *p.StockAt
}
