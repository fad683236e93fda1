package shop

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"skein/inbox"
)

// bought tells that a cart was completed, as the shop itself would: of a draft
// it says nothing. It may be told more than once.
func (c *Connector) bought(ctx context.Context, set *Settings, account inbox.AccountID, j *job) error {
	if c.in == nil || j.Cart.CustomerExternalID == "" && j.Cart.Email == "" {
		return nil
	}
	f := &feed{set: set, account: account, raw: []byte("completed by " + j.mark()), at: j.out.Date}
	in := f.cart(&inbox.Cart{
		ExternalID: j.Cart.ExternalID, Status: "completed", Currency: j.Cart.Currency, Total: j.Cart.Total, URL: j.Cart.URL, Items: j.Cart.Items,
		CustomerExternalID: j.Cart.CustomerExternalID, Email: j.Cart.Email, UpdatedAt: j.out.Date,
	})
	in.Channel, in.ReceivedAt = inbox.Shop, c.cfg.Now()
	if err := c.in.Accept(ctx, account, in); err != nil {
		c.cfg.Log.Warn("a completed cart is not told of", "account", string(account), "error", err)
	}
	return nil
}

// Shopify has no way to mail somebody their abandoned checkout, nor to complete
// it: what it offers for a cart is a draft order, whose invoice is a mail with a
// secure link to a checkout of it, and which completed is an order
// (shopify.dev/docs/api/admin-graphql/2026-07/objects/DraftOrder).

const draftsQuery = `query Drafts($query: String!) {
  draftOrders(first: 1, query: $query) { nodes { id invoiceSentAt order { name } } }
}`

const draftQuery = `query Draft($id: ID!) {
  draftOrder(id: $id) { id invoiceSentAt order { name } }
}`

const draftMutation = `mutation DraftOrderCreate($input: DraftOrderInput!) {
  draftOrderCreate(input: $input) {
    draftOrder { id }
    userErrors { field message }
  }
}`

const invoiceMutation = `mutation DraftOrderInvoiceSend($id: ID!, $email: EmailInput) {
  draftOrderInvoiceSend(id: $id, email: $email) {
    draftOrder { id }
    userErrors { field message }
  }
}`

const completeMutation = `mutation DraftOrderComplete($id: ID!) {
  draftOrderComplete(id: $id) {
    draftOrder { id order { name } }
    userErrors { field message }
  }
}`

type draft struct {
	ID     string `json:"id"`
	SentAt scalar `json:"invoiceSentAt"`
	Order  *struct {
		Name scalar `json:"name"`
	} `json:"order"`
}

// drafted finds the draft of this action, or makes it. Making it takes no key: of
// two that a cut connection made, the second does nothing.
func (j *job) drafted(ctx context.Context) (*draft, error) {
	found := func() (*draft, error) {
		var got struct {
			Drafts struct {
				Nodes []draft `json:"nodes"`
			} `json:"draftOrders"`
		}
		err := j.look(ctx, draftsQuery, map[string]any{"query": "tag:'" + j.tag() + "'"}, &got)
		if err != nil || len(got.Drafts.Nodes) == 0 {
			return nil, err
		}
		return &got.Drafts.Nodes[0], nil
	}
	d, err := found()
	if err != nil || d != nil {
		return d, err
	}
	input, err := j.draftInput()
	if err != nil {
		return nil, err
	}
	err = j.surely(ctx, func(again bool) error {
		if again {
			if d, err = found(); err != nil || d != nil {
				return err
			}
		}
		var made struct {
			Create struct {
				Draft  draft      `json:"draftOrder"`
				Errors userErrors `json:"userErrors"`
			} `json:"draftOrderCreate"`
		}
		if _, err := j.graphql(ctx, draftMutation, map[string]any{"input": input}, &made); err != nil {
			return err
		}
		d = &made.Create.Draft
		return made.Create.Errors.err()
	})
	if u, ok := errors.AsType[*unsure](err); ok { // a draft alone is nothing that anybody sees
		return nil, &inbox.Error{Code: inbox.Unavailable, Message: u.Error()}
	}
	return d, err
}

func (j *job) tag() string { return "skein-" + j.mark() }

func (j *job) draftInput() (map[string]any, error) {
	var lines []map[string]any
	for _, i := range j.Cart.Items {
		if i.Quantity < 1 {
			continue
		}
		line := map[string]any{"quantity": i.Quantity}
		switch {
		case digits(i.ExternalID):
			line["variantId"] = "gid://shopify/ProductVariant/" + i.ExternalID
		case j.Cart.Currency != "" && i.Title != "":
			line["title"] = i.Title
			line["originalUnitPriceWithCurrency"] = map[string]any{"amount": decimal(i.Price, j.Cart.Currency), "currencyCode": j.Cart.Currency}
		default:
			return nil, &refusal{"what is in the cart isn't known well enough to make it again: do it in the shop"}
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return nil, &refusal{"nothing is in the cart"}
	}
	input := map[string]any{"lineItems": lines, "tags": []string{j.tag()}, "note": "Cart " + j.Cart.ExternalID}
	if j.Cart.Currency != "" {
		input["presentmentCurrencyCode"] = j.Cart.Currency
	}
	switch {
	case digits(j.Cart.CustomerExternalID):
		input["purchasingEntity"] = map[string]any{"customerId": "gid://shopify/Customer/" + j.Cart.CustomerExternalID}
	case j.Cart.Email != "":
		input["email"] = j.Cart.Email
	}
	return input, nil
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func (j *job) shopifyMailCart(ctx context.Context) (string, error) {
	if !digits(j.Cart.CustomerExternalID) && j.Cart.Email == "" {
		return "", &refusal{"no address is known with this cart: put the link into a reply"}
	}
	d, err := j.drafted(ctx)
	if err != nil {
		return "", err
	}
	if d.SentAt != "" {
		return doneAlready, nil
	}
	variables := map[string]any{"id": d.ID}
	if j.Text != "" {
		variables["email"] = map[string]any{"customMessage": j.Text}
	}
	err = patiently(ctx, func() error {
		var sent struct {
			Send struct {
				Errors userErrors `json:"userErrors"`
			} `json:"draftOrderInvoiceSend"`
		}
		if _, err := j.graphql(ctx, invoiceMutation, variables, &sent); err != nil {
			return err
		}
		return sent.Send.Errors.err()
	})
	if _, cut := errors.AsType[*unsure](err); cut {
		if now, lost := j.draft(ctx, d.ID); lost == nil && now != nil && now.SentAt != "" {
			return "", nil
		}
	}
	return "", err
}

const doneAlready = "The shop had done it already"

func (j *job) draft(ctx context.Context, id string) (*draft, error) {
	var got struct {
		Draft *draft `json:"draftOrder"`
	}
	err := j.look(ctx, draftQuery, map[string]any{"id": id}, &got)
	return got.Draft, err
}

// shopifyCompleteCart completes the draft, which can be done once.
func (j *job) shopifyCompleteCart(ctx context.Context) (string, error) {
	d, err := j.drafted(ctx)
	if err != nil {
		return "", err
	}
	if d.Order != nil {
		return doneAlready, nil
	}
	words := ""
	err = j.surely(ctx, func(again bool) error {
		if again { // it may have been heard
			now, err := j.draft(ctx, d.ID)
			if err != nil {
				return &unsure{err}
			}
			if now != nil && now.Order != nil {
				words = "Order " + string(now.Order.Name)
				return nil
			}
		}
		var done struct {
			Complete struct {
				Draft  draft      `json:"draftOrder"`
				Errors userErrors `json:"userErrors"`
			} `json:"draftOrderComplete"`
		}
		if _, err := j.graphql(ctx, completeMutation, map[string]any{"id": d.ID}, &done); err != nil {
			return err
		}
		if o := done.Complete.Draft.Order; o != nil {
			words = "Order " + string(o.Name)
		}
		return done.Complete.Errors.err()
	})
	return words, err
}

// wooCart does what WooCommerce offers for a cart: it keeps those alone that
// have reached the till, as orders that are drafts.
func (j *job) wooCart(ctx context.Context) (string, error) {
	id, ok := strings.CutPrefix(j.Cart.ExternalID, wooDraft)
	if !ok || !digits(id) {
		return "", &refusal{"not offered: WooCommerce keeps a cart in its customer's browser until it is at the till; put the link into a reply"}
	}
	path := "/wp-json/wc/v3/orders/" + id
	var o struct {
		Status  scalar `json:"status"`
		Billing struct {
			Email scalar `json:"email"`
		} `json:"billing"`
	}
	if err := j.get(ctx, path, &o); err != nil {
		return "", err
	}
	open := map[scalar]bool{"checkout-draft": true, "auto-draft": true, "pending": true, "failed": true}[o.Status]
	if j.Kind == inbox.CompleteCart {
		switch {
		case o.Status == "completed":
			return doneAlready, nil
		case !open:
			return "", &refusal{fmt.Sprintf("it is an order already, which is %q", string(o.Status))}
		}
		return "Order " + id, j.surely(ctx, func(bool) error {
			_, err := j.do(ctx, http.MethodPut, path, map[string]any{"status": "completed"}, nil)
			return err
		})
	}
	switch {
	case !open:
		return "", &refusal{fmt.Sprintf("it is an order already, which is %q", string(o.Status))}
	case o.Billing.Email == "":
		return "", &refusal{"no address is known with this cart: put the link into a reply"}
	case j.Cart.URL == "":
		return "", &refusal{"the shop's address isn't in the channel's settings: there is no link"}
	}
	return j.wooNote(ctx, path+"/notes")
}

// wooNote writes a note to the customer, which the shop mails
// (developer.woocommerce.com/docs/apis/rest-api/v3/order-notes). It takes no
// key: the link says which action it is of.
func (j *job) wooNote(ctx context.Context, path string) (string, error) {
	told := func() (bool, error) {
		var notes []struct {
			Note string `json:"note"`
		}
		if err := j.get(ctx, path+"?type=customer", &notes); err != nil {
			return false, err
		}
		for _, n := range notes {
			if strings.Contains(n.Note, j.mark()) {
				return true, nil
			}
		}
		return false, nil
	}
	if there, err := told(); err != nil || there {
		return doneAlready, err
	}
	join := "?"
	if strings.Contains(j.Cart.URL, "?") {
		join = "&"
	}
	note := strings.TrimSpace(j.Text + "\n\n" + j.Cart.URL + join + url.Values{strings.TrimPrefix(wooMark, "_"): {j.mark()}}.Encode())
	err := patiently(ctx, func() error {
		_, err := j.do(ctx, http.MethodPost, path, map[string]any{"note": note, "customer_note": true}, nil)
		return err
	})
	if _, cut := errors.AsType[*unsure](err); cut {
		if there, lost := told(); lost == nil && there {
			return "", nil
		}
	}
	return "", err
}
