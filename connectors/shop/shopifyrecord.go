package shop

import (
	"fmt"
	"slices"
	"strings"

	"skein/connectors"
	"skein/inbox"
)

// The shapes of customers, carts and products.

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
		out.Items = append(out.Items, inbox.Item{ // known by the variant: by it the cart is made again
			ExternalID: firstOf(scalar(l.VariantID.id()), scalar(l.ID.id())), ProductID: l.ProductID.id(), SKU: firstOf(l.SKU, l.VariantID, l.ProductID, l.ID), Title: string(l.Title),
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
	Variants []shopifyVariant `json:"variants"`
}

type shopifyVariant struct {
	ID        scalar `json:"id"`
	SKU       scalar `json:"sku"`
	Title     scalar `json:"title"`
	Price     scalar `json:"price"`
	UpdatedAt scalar `json:"updated_at"`
	Quantity  *count `json:"inventory_quantity"`
	Managed   scalar `json:"inventory_management"`
	Product   struct {
		ID    scalar `json:"id"`
		Title scalar `json:"title"`
	} `json:"product"` // of one that is asked for alone
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
