package inbox

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Public is the order as people see it: with what follows from the rest.
func (s *OrderState) Public() Order {
	o := s.Order
	o.Says, o.Unsigned = nil, false
	if o.Number == "" {
		o.Number = o.ExternalID
		o.NumberKey = cmp.Or(o.NumberKey, o.LooseKey)
	}
	o.Refunded = 0
	var last time.Time
	for _, r := range o.Refunds {
		o.Refunded += r.Amount
		if r.At.After(last) {
			last = r.At
		}
	}
	// Money that went back says more than a status of before.
	all := o.Refunded >= o.Total && !s.clocks["total"].At.IsZero()
	if o.Refunded > 0 && (o.FinancialStatus == "" || s.clocks["financialStatus"].At.Before(last)) {
		if o.FinancialStatus = "partially_refunded"; all {
			o.FinancialStatus = "refunded"
		}
	}
	if o.Refunded > 0 && all && s.clocks["status"].At.Before(last) && o.Status != "cancelled" {
		o.Status = "refunded"
	}
	if o.Status == "" {
		o.Status = "pending"
	}
	o.Problems = append(slices.Clone(s.Problems), o.misfits()...)
	if s.clocks["status"].Unsigned || s.clocks["total"].Unsigned {
		o.Problems = append(o.Problems, "a browser told of it, the shop has not")
	}
	for _, list := range []func(){
		func() { o.Items = orNone(o.Items) }, func() { o.Parties = orNone(o.Parties) }, func() { o.Shipments = orNone(o.Shipments) },
		func() { o.Refunds = orNone(o.Refunds) }, func() { o.Returns = orNone(o.Returns) },
	} {
		list()
	}
	o.Shipments = slices.Clone(o.Shipments)
	for i := range o.Shipments {
		o.Shipments[i].Events = orNone(o.Shipments[i].Events)
	}
	return o
}

// orNone keeps null out of JSON.
func orNone[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// misfits says what of an order's sums doesn't add up, in the ways that shops
// sum: with the discount in the subtotal or beside it, with the tax in the
// prices or on top.
func (o *Order) misfits() []string {
	var list []string
	var items int64
	for _, i := range o.Items {
		line, ok := lineTotal(i)
		if !ok || items > MaxAmount {
			return []string{"the items come to more than anything costs"}
		}
		items += line
	}
	money := func(n int64) string { return FormatAmount(n, o.Currency) }
	subtotal := o.Subtotal
	if len(o.Items) > 0 && subtotal != 0 && items != subtotal && items != subtotal+o.Discount {
		list = append(list, fmt.Sprintf("the items come to %s, the subtotal says %s", money(items), money(subtotal)))
	}
	if subtotal == 0 && len(o.Items) > 0 {
		subtotal = items
	}
	if subtotal == 0 || o.Total == 0 && o.Subtotal == 0 {
		return list // nothing to compare
	}
	for _, discount := range []int64{0, o.Discount} {
		for _, tax := range []int64{0, o.Tax} {
			if subtotal-discount+o.Shipping+tax == o.Total {
				return list
			}
		}
	}
	return append(list, fmt.Sprintf("the parts come to %s, the total says %s", money(subtotal-o.Discount+o.Shipping+o.Tax), money(o.Total)))
}

// lineTotal is price times quantity, ok false when nothing costs as much.
func lineTotal(i Item) (int64, bool) {
	q := int64(i.Quantity)
	if q != 0 && (i.Price > MaxAmount/q || i.Price < -MaxAmount/q) {
		return 0, false
	}
	return i.Price * q, true
}
