package shop

import (
	"context"
	"encoding/json"
	"net/http"
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

// shopifyWord reads the body of a webhook of topic. It fails where the shop has
// to be asked, and can't be just now: it has to come again.
func (f *feed) shopifyWord(ctx context.Context, topic string) (said, error) {
	var s said
	if n, ok := f.shopifyPrivacy(topic); ok {
		s.notices = append(s.notices, n)
		return s, nil
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
			s.items = append(s.items, f.order(x.order(f.at)))
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
	case kind == "inventory_levels":
		if s.items, err = f.stock(ctx); inbox.CodeOf(err) == inbox.Unavailable {
			return s, err
		}
	}
	if len(s.items) == 0 {
		why := ""
		if err != nil {
			why = err.Error()
		}
		s.notices = append(s.notices, f.unsupported(topic, sum(f.raw), why))
	}
	return s, nil
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
