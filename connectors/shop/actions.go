package shop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// Send implements [connectors.Connector]: it does with an order what an agent
// decided. Where the shop can tell that it was asked before, a cut connection is
// asked over again; where it can't, what became of it is uncertain.
func (c *Connector) Send(ctx context.Context, account connectors.Account, out connectors.Outbound, _ connectors.OpenFunc) (inbox.Receipt, error) {
	failed := func(words string) (inbox.Receipt, error) {
		return inbox.Receipt{State: inbox.Failed, Detail: words}, nil
	}
	if out.Action == nil {
		return failed("a shop takes no written messages: answer by another channel")
	}
	set, err := c.settings(account)
	if err != nil {
		return failed("the account's settings are wrong: " + err.Error())
	}
	if why := set.refused(out.Action.Kind); why != "" {
		return failed(why)
	}
	if cart := slices.Contains(inbox.CartKinds, out.Action.Kind); cart && out.Action.Cart == nil || !cart && out.Action.Order == nil {
		return failed("it isn't told what to do it with")
	}
	j := &job{asker: c.asker(set), out: out, Action: out.Action}
	var words string
	if set.Provider == Shopify {
		words, err = j.shopify(ctx)
	} else {
		words, err = j.woo(ctx)
	}
	var no *refusal
	var unknown *unsure
	switch {
	case err == nil:
		if out.Action.Kind == inbox.CompleteCart {
			err = c.bought(ctx, set, account.ID, j)
		}
		return inbox.Receipt{State: inbox.Sent, Detail: words}, err
	case errors.As(err, &no):
		return failed(no.words)
	case errors.As(err, &unknown):
		return inbox.Receipt{State: inbox.Uncertain, Detail: unknown.Error() + ": it may be done or not"}, nil
	}
	return inbox.Receipt{}, err // nothing has left
}

// A job is one attempt at one action.
type job struct {
	*asker
	*connectors.Action
	out connectors.Outbound
}

// mark is what the action is known by in the shop.
func (j *job) mark() string { return string(j.out.MessageID) }

func (j *job) decimal(amount int64) string {
	return decimal(amount, j.Order.Currency)
}

func decimal(amount int64, currency string) string {
	text, _, _ := strings.Cut(inbox.FormatAmount(amount, currency), " ")
	return text
}

// surely asks for what may be asked for twice, until there is an answer. again
// tells f that an earlier request may have been heard.
func (a *asker) surely(ctx context.Context, f func(again bool) error) error {
	var err error
	heard := false
	for _, wait := range a.tries {
		if wait > 0 {
			t := time.NewTimer(wait)
			select {
			case <-ctx.Done():
				t.Stop()
				return err
			case <-t.C:
			}
		}
		err = patiently(ctx, func() error { return f(heard) })
		if _, ok := errors.AsType[*unsure](err); !ok {
			if err != nil && heard { // it isn't known what the first became
				if _, no := errors.AsType[*refusal](err); !no {
					return &unsure{err}
				}
			}
			return err
		}
		heard = true
	}
	return err
}

type userErrors []struct {
	Message string `json:"message"`
}

func (list userErrors) err() error {
	if len(list) == 0 {
		return nil
	}
	var words []string
	for _, e := range list {
		words = append(words, e.Message)
	}
	return &refusal{strings.Join(words, "; ")}
}

func (j *job) gid() string { return "gid://shopify/Order/" + j.Order.ExternalID }

func (j *job) shopify(ctx context.Context) (string, error) {
	switch j.Kind {
	case inbox.RefundOrder:
		return j.shopifyRefund(ctx)
	case inbox.CancelOrder:
		return j.shopifyCancel(ctx)
	case inbox.ReaddressOrder:
		return j.shopifyAddress(ctx)
	case inbox.ResendOrder:
		return j.shopifyResend(ctx)
	case inbox.MailCart:
		return j.shopifyMailCart(ctx)
	case inbox.CompleteCart:
		return j.shopifyCompleteCart(ctx)
	}
	return "", &refusal{fmt.Sprintf("Shopify has no %q", j.Kind)}
}

type amountSet struct {
	Presentment struct {
		Amount   scalar `json:"amount"`
		Currency scalar `json:"currencyCode"`
	} `json:"presentmentMoney"`
}

// suggestion is what Shopify would pay back, to whom, and what it has paid back
// already.
type suggestion struct {
	Order *struct {
		Refunds []struct {
			Note scalar `json:"note"`
		} `json:"refunds"`
		Suggested *struct {
			Amount  amountSet `json:"amountSet"`
			Maximum amountSet `json:"maximumRefundableSet"`
			Lines   []struct {
				Item struct {
					ID string `json:"id"`
				} `json:"lineItem"`
				Quantity int    `json:"quantity"`
				Restock  string `json:"restockType"`
				Location *struct {
					ID string `json:"id"`
				} `json:"location"`
			} `json:"refundLineItems"`
			Transactions []struct {
				Gateway string    `json:"gateway"`
				Amount  amountSet `json:"amountSet"`
				Maximum amountSet `json:"maximumRefundableSet"`
				Parent  *struct {
					ID string `json:"id"`
				} `json:"parentTransaction"`
			} `json:"suggestedTransactions"`
		} `json:"suggestedRefund"`
	} `json:"order"`
}

// shopify.dev/docs/api/admin-graphql/2026-07/objects/SuggestedRefund
const suggestQuery = `query SuggestedRefund($id: ID!, $lines: [RefundLineItemInput!], $whole: Boolean) {
  order(id: $id) {
    refunds(first: 250) { note }
    suggestedRefund(refundLineItems: $lines, suggestFullRefund: $whole) {
      amountSet { presentmentMoney { amount currencyCode } }
      maximumRefundableSet { presentmentMoney { amount currencyCode } }
      refundLineItems { lineItem { id } quantity restockType location { id } }
      suggestedTransactions {
        gateway
        amountSet { presentmentMoney { amount currencyCode } }
        maximumRefundableSet { presentmentMoney { amount currencyCode } }
        parentTransaction { id }
      }
    }
  }
}`

// shopify.dev/docs/api/admin-graphql/2026-07/mutations/refundCreate and
// shopify.dev/docs/api/usage/idempotent-requests: from 2026-04 on the directive
// is a must.
const refundMutation = `mutation RefundCreate($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) {
    refund { id }
    userErrors { field message }
  }
}`

func (j *job) shopifyRefund(ctx context.Context) (string, error) {
	var lines []map[string]any
	for _, l := range j.Lines {
		lines = append(lines, map[string]any{"lineItemId": "gid://shopify/LineItem/" + l.ItemID, "quantity": l.Quantity})
	}
	var s suggestion
	err := j.look(ctx, suggestQuery, map[string]any{"id": j.gid(), "lines": lines, "whole": len(lines) == 0}, &s)
	switch {
	case err != nil:
		return "", err
	case s.Order == nil || s.Order.Suggested == nil:
		return "", &refusal{"the shop doesn't know the order"}
	}
	for _, r := range s.Order.Refunds {
		if strings.Contains(string(r.Note), j.mark()) {
			return doneAlready, nil
		}
	}
	input, err := j.refundInput(&s)
	if err != nil {
		return "", err
	}
	variables := map[string]any{"input": input, "key": j.mark()}
	err = j.surely(ctx, func(bool) error {
		var done struct {
			Create struct {
				Errors userErrors `json:"userErrors"`
			} `json:"refundCreate"`
		}
		if _, err := j.graphql(ctx, refundMutation, variables, &done); err != nil {
			return err
		}
		return done.Create.Errors.err()
	})
	return "", err
}

// refundInput is the refund as Shopify suggests it, of the amount that the agent
// decided on: no more to each way of payment than came by it.
func (j *job) refundInput(s *suggestion) (map[string]any, error) {
	offer := s.Order.Suggested
	read := func(m amountSet) (int64, error) {
		if string(m.Presentment.Currency) != j.Order.Currency {
			return 0, &refusal{fmt.Sprintf("the shop counts in %s, and the order is known in %s: refund it in the shop", m.Presentment.Currency, j.Order.Currency)}
		}
		n, _, err := inbox.ParseAmount(string(m.Presentment.Amount), j.Order.Currency)
		if err != nil {
			return 0, &refusal{"the shop's offer can't be read: " + err.Error()}
		}
		return n, nil
	}
	want, err := read(offer.Amount)
	if err != nil {
		return nil, err
	}
	most, err := read(offer.Maximum)
	if err != nil {
		return nil, err
	}
	if j.Amount > 0 {
		want = j.Amount
	} else if len(j.Lines) == 0 {
		want = most
	}
	if want <= 0 || want > most {
		return nil, &refusal{fmt.Sprintf("the shop can pay back %s, not %s", inbox.FormatAmount(most, j.Order.Currency), inbox.FormatAmount(want, j.Order.Currency))}
	}
	input := map[string]any{
		"orderId": j.gid(), "currency": j.Order.Currency, "notify": j.Notify,
		"note": strings.TrimSpace(j.Reason + " (" + j.mark() + ")"),
	}
	left := want
	var payments []map[string]any
	for _, t := range offer.Transactions {
		by, err := read(t.Maximum)
		if err != nil {
			return nil, err
		}
		n := min(by, left)
		if n <= 0 || t.Parent == nil {
			continue
		}
		left -= n
		payments = append(payments, map[string]any{
			"orderId": j.gid(), "kind": "REFUND", "gateway": t.Gateway, "amount": j.decimal(n), "parentId": t.Parent.ID,
		})
	}
	if left > 0 {
		return nil, &refusal{fmt.Sprintf("%s of it can't be paid back by the way it was paid: refund it in the shop", inbox.FormatAmount(left, j.Order.Currency))}
	}
	input["transactions"] = payments
	// Goods are told of where the agent named some, or all goes back.
	if len(j.Lines) > 0 || j.Amount == 0 {
		var goods []map[string]any
		for _, l := range offer.Lines {
			line := map[string]any{"lineItemId": l.Item.ID, "quantity": l.Quantity, "restockType": "NO_RESTOCK"}
			if j.Restock && l.Restock != "" && l.Restock != "NO_RESTOCK" {
				line["restockType"] = l.Restock
				if l.Location != nil {
					line["locationId"] = l.Location.ID
				}
			}
			goods = append(goods, line)
		}
		if len(goods) > 0 {
			input["refundLineItems"] = goods
		}
		if len(j.Lines) == 0 {
			input["shipping"] = map[string]any{"fullRefund": true}
		}
	}
	return input, nil
}

// look asks what changes nothing: it may be asked as often as one likes, and
// where there is no answer nothing has been done.
func (j *job) look(ctx context.Context, query string, variables map[string]any, into any) error {
	err := j.surely(ctx, func(bool) error { _, err := j.graphql(ctx, query, variables, into); return err })
	if u, ok := errors.AsType[*unsure](err); ok {
		return &inbox.Error{Code: inbox.Unavailable, Message: u.Error()}
	}
	return err
}

// shopify.dev/docs/api/admin-graphql/2026-07/mutations/orderCancel: it takes no
// key, and cancels an order once in its life.
const cancelMutation = `mutation OrderCancel($orderId: ID!, $refundMethod: OrderCancelRefundMethodInput!, $restock: Boolean!, $reason: OrderCancelReason!, $notifyCustomer: Boolean, $staffNote: String) {
  orderCancel(orderId: $orderId, refundMethod: $refundMethod, restock: $restock, reason: $reason, notifyCustomer: $notifyCustomer, staffNote: $staffNote) {
    job { id }
    orderCancelUserErrors { field message code }
  }
}`

const cancelledQuery = `query Cancelled($id: ID!) { order(id: $id) { cancelledAt } }`

func (j *job) shopifyCancel(ctx context.Context) (string, error) {
	err := j.surely(ctx, func(again bool) error {
		var done struct {
			Cancel struct {
				Errors userErrors `json:"orderCancelUserErrors"`
			} `json:"orderCancel"`
		}
		_, err := j.graphql(ctx, cancelMutation, map[string]any{
			"orderId": j.gid(), "refundMethod": map[string]any{"originalPaymentMethodsRefund": j.Refund}, "restock": j.Restock,
			"reason": "CUSTOMER", "notifyCustomer": j.Notify, "staffNote": j.Reason,
		}, &done)
		if err == nil {
			err = done.Cancel.Errors.err()
		}
		if _, no := errors.AsType[*refusal](err); !no || !again && j.out.Attempt < 2 {
			return err
		}
		// It may refuse because the one before was heard.
		var is struct {
			Order *struct {
				CancelledAt scalar `json:"cancelledAt"`
			} `json:"order"`
		}
		if _, lost := j.graphql(ctx, cancelledQuery, map[string]any{"id": j.gid()}, &is); lost != nil {
			return &unsure{lost}
		}
		if is.Order != nil && is.Order.CancelledAt != "" {
			return nil
		}
		return err
	})
	return "", err
}

// shopify.dev/docs/api/admin-graphql/2026-07/mutations/orderUpdate
const addressMutation = `mutation OrderUpdate($input: OrderInput!) {
  orderUpdate(input: $input) {
    order { shippingAddress { address1 city zip } }
    userErrors { field message }
  }
}`

func (j *job) shopifyAddress(ctx context.Context) (string, error) {
	a := j.Address
	first, last := names(j.Name)
	to := map[string]any{
		"firstName": first, "lastName": last, "city": a.City, "zip": a.Postcode, "countryCode": a.Country, "phone": j.Phone,
	}
	if a.Region != "" {
		to["provinceCode"] = a.Region
	}
	for i, name := range []string{"address1", "address2", "company"} {
		if i < len(a.Lines) {
			to[name] = a.Lines[i]
		} else {
			to[name] = ""
		}
	}
	err := j.surely(ctx, func(bool) error {
		var done struct {
			Update struct {
				Order *struct {
					Address *struct {
						Line scalar `json:"address1"`
						City scalar `json:"city"`
					} `json:"shippingAddress"`
				} `json:"order"`
				Errors userErrors `json:"userErrors"`
			} `json:"orderUpdate"`
		}
		if _, err := j.graphql(ctx, addressMutation, map[string]any{"input": map[string]any{"id": j.gid(), "shippingAddress": to}}, &done); err != nil {
			return err
		}
		if err := done.Update.Errors.err(); err != nil {
			return err
		}
		if o := done.Update.Order; o == nil || o.Address == nil || string(o.Address.Line) != a.Lines[0] || string(o.Address.City) != a.City {
			return &refusal{"the shop kept the address that it had: is there anything to ship?"}
		}
		return nil
	})
	return "", err
}

// names are the two that shops ask for.
func names(name string) (first, last string) {
	if i := strings.LastIndexByte(name, ' '); i >= 0 {
		return name[:i], name[i+1:]
	}
	return "", name
}

// shopify.dev/docs/api/admin-graphql/2026-07/mutations/orderInvoiceSend
const resendMutation = `mutation OrderInvoiceSend($id: ID!) {
  orderInvoiceSend(id: $id) {
    order { id }
    userErrors { message }
  }
}`

func (j *job) shopifyResend(ctx context.Context) (string, error) {
	var done struct {
		Send struct {
			Errors userErrors `json:"userErrors"`
		} `json:"orderInvoiceSend"`
	}
	err := patiently(ctx, func() error {
		_, err := j.graphql(ctx, resendMutation, map[string]any{"id": j.gid()}, &done)
		return err
	})
	if err != nil {
		return "", err
	}
	return "", done.Send.Errors.err()
}
