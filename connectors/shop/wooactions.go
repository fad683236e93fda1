package shop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"skein/inbox"
)

// wooMark is the key of a refund's meta data that holds which action made it:
// WooCommerce takes no idempotency keys, so that is how one is found again.
const wooMark = "_skein_action"

func (j *job) path(rest string) string {
	return "/wp-json/wc/v3/orders/" + url.PathEscape(j.Order.ExternalID) + rest
}

func (j *job) woo(ctx context.Context) (string, error) {
	switch j.Kind {
	case inbox.RefundOrder:
		return j.wooRefund(ctx)
	case inbox.CancelOrder:
		words := ""
		if j.Refund {
			all := *j.Action
			all.Amount, all.Lines = 0, nil
			var err error
			if words, err = (&job{j.asker, &all, j.out}).wooRefund(ctx); err != nil {
				return "", err
			}
		}
		return words, j.put(ctx, map[string]any{"status": "cancelled"})
	case inbox.ReaddressOrder:
		return "", j.wooAddress(ctx)
	case inbox.ResendOrder: // since 9.5, see _order-actions of the REST API's documentation
		return "", patiently(ctx, func() error {
			_, err := j.do(ctx, http.MethodPost, j.path("/actions/send_order_details"), map[string]any{}, nil)
			return err
		})
	}
	return j.wooCart(ctx)
}

// put changes an order, to the same however often.
func (j *job) put(ctx context.Context, change map[string]any) error {
	return j.surely(ctx, func(bool) error {
		_, err := j.do(ctx, http.MethodPut, j.path(""), change, nil)
		return err
	})
}

func (j *job) wooAddress(ctx context.Context) error {
	a := j.Address
	first, last := names(j.Name)
	to := map[string]any{
		"first_name": first, "last_name": last, "city": a.City, "state": a.Region, "postcode": a.Postcode, "country": a.Country, "phone": j.Phone,
	}
	for i, name := range []string{"address_1", "address_2", "company"} {
		to[name] = ""
		if i < len(a.Lines) {
			to[name] = a.Lines[i]
		}
	}
	return j.put(ctx, map[string]any{"shipping": to})
}

// wooOrderNow is what is needed of an order to refund some of it.
type wooOrderNow struct {
	Currency scalar `json:"currency"`
	Total    scalar `json:"total"`
	Refunds  []struct {
		Total scalar `json:"total"`
	} `json:"refunds"`
	Lines []struct {
		ID       scalar `json:"id"`
		Quantity count  `json:"quantity"`
		Total    scalar `json:"total"`
		Taxes    []struct {
			ID    scalar `json:"id"`
			Total scalar `json:"total"`
		} `json:"taxes"`
	} `json:"line_items"`
}

// get reads what changes nothing.
func (j *job) get(ctx context.Context, path string, into any) error {
	err := j.surely(ctx, func(bool) error { _, err := j.do(ctx, http.MethodGet, path, nil, into); return err })
	if u, ok := errors.AsType[*unsure](err); ok {
		return &inbox.Error{Code: inbox.Unavailable, Message: u.Error()}
	}
	return err
}

// made reports whether the refund of this action is there.
func (j *job) made(ctx context.Context) (bool, error) {
	var list []struct {
		Meta []struct {
			Key   string `json:"key"`
			Value any    `json:"value"`
		} `json:"meta_data"`
	}
	if err := j.get(ctx, j.path("/refunds?per_page=100"), &list); err != nil {
		return false, err
	}
	for _, r := range list {
		for _, m := range r.Meta {
			if m.Key == wooMark && m.Value == j.mark() {
				return true, nil
			}
		}
	}
	return false, nil
}

// developer.woocommerce.com/docs/apis/rest-api/v3/order-refunds
func (j *job) wooRefund(ctx context.Context) (string, error) {
	if there, err := j.made(ctx); err != nil || there {
		return doneAlready, err
	}
	var o wooOrderNow
	if err := j.get(ctx, j.path(""), &o); err != nil {
		return "", err
	}
	body, err := j.wooRefundBody(&o)
	if err != nil {
		return "", err
	}
	err = patiently(ctx, func() error {
		_, err := j.do(ctx, http.MethodPost, j.path("/refunds"), body, nil)
		return err
	})
	if _, cut := errors.AsType[*unsure](err); cut {
		// It is done where it is found; where it isn't, it may still be at work.
		if there, lost := j.made(ctx); lost == nil && there {
			return "", nil
		}
	}
	return "", err
}

func (j *job) wooRefundBody(o *wooOrderNow) (map[string]any, error) {
	if string(o.Currency) != j.Order.Currency {
		return nil, &refusal{fmt.Sprintf("the shop counts in %s, and the order is known in %s: refund it in the shop", o.Currency, j.Order.Currency)}
	}
	p := newPurse(o.Currency)
	left := p.amount("total", o.Total)
	for _, r := range o.Refunds {
		n := p.amount("refund", r.Total)
		left -= max(n, -n)
	}
	want := left
	var lines []map[string]any
	if len(j.Lines) > 0 {
		want = 0
	}
	for _, l := range j.Lines {
		found := false
		for _, x := range o.Lines {
			if x.ID.id() != l.ItemID || x.Quantity <= 0 {
				continue
			}
			found = true
			part := func(total int64) int64 { return total * int64(l.Quantity) / int64(x.Quantity) }
			n := part(p.amount("line", x.Total))
			line := map[string]any{"id": json.Number(x.ID), "quantity": l.Quantity, "refund_total": j.decimal(n)}
			want += n
			var taxes []map[string]any
			for _, t := range x.Taxes {
				n := part(p.amount("tax", t.Total))
				want += n
				taxes = append(taxes, map[string]any{"id": json.Number(t.ID), "refund_total": j.decimal(n)})
			}
			if len(taxes) > 0 {
				line["refund_tax"] = taxes
			}
			lines = append(lines, line)
		}
		if !found {
			return nil, &refusal{fmt.Sprintf("the shop's order has no line %q any more", l.ItemID)}
		}
	}
	if j.Amount > 0 {
		want = j.Amount
	}
	switch {
	case len(p.problems) > 0:
		return nil, &refusal{"the shop's order can't be read: " + p.problems[0]}
	case want <= 0 || want > left:
		return nil, &refusal{fmt.Sprintf("the shop can pay back %s, not %s", inbox.FormatAmount(left, j.Order.Currency), inbox.FormatAmount(want, j.Order.Currency))}
	}
	body := map[string]any{
		"amount": j.decimal(want), "reason": j.Reason, "api_refund": true, "api_restock": j.Restock,
		"meta_data": []map[string]any{{"key": wooMark, "value": j.mark()}},
	}
	if len(lines) > 0 {
		body["line_items"] = lines
	}
	return body, nil
}
