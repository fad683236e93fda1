package shop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"skein/connectors"
)

// wooPer is how many records a page of WooCommerce's API has at most.
const wooPer = 100

// wooList asks for a page of records.
func (f *filler) wooList(ctx context.Context, path string, n int, q url.Values) (list []json.RawMessage, err error) {
	q.Set("per_page", strconv.Itoa(wooPer))
	q.Set("page", strconv.Itoa(max(1, n)))
	_, err = f.asker.do(ctx, http.MethodGet, "/wp-json/wc/v3/"+path+"?"+q.Encode(), nil, &list)
	return list, err
}

// wooCustomers asks for all customers by their ids, once: by when they changed
// nobody can ask (developer.woocommerce.com/docs/apis/rest-api/v3/customers).
func (f *filler) wooCustomers(ctx context.Context, w walk) (page, error) {
	p := page{next: w}
	if w.Done {
		return p, nil
	}
	list, err := f.wooList(ctx, "customers", w.Page, url.Values{"orderby": {"id"}, "order": {"asc"}, "role": {"all"}})
	if err != nil {
		return p, err
	}
	if p.more = len(list) == wooPer; p.more {
		p.next.Page = max(1, w.Page) + 1
	} else {
		p.next.Done = true
	}
	p.words = f.words("customer.updated", list)
	return p, nil
}

// wooChanged asks for a page of what changed, by when it did
// (developer.woocommerce.com/docs/apis/rest-api/v3/orders and /products).
func (f *filler) wooChanged(ctx context.Context, w walk, path string) (list []json.RawMessage, p page, err error) {
	list, err = f.wooList(ctx, path, w.Page, url.Values{"orderby": {"modified"}, "order": {"asc"}, "dates_are_gmt": {"true"},
		"modified_after": {w.At.UTC().Format("2006-01-02T15:04:05")}})
	if err != nil {
		return nil, p, err
	}
	p = page{next: w, more: len(list) == wooPer}
	last := w.At
	for _, raw := range list {
		var o struct {
			Modified scalar `json:"date_modified_gmt"`
		}
		if json.Unmarshal(raw, &o) == nil {
			last = newest(last, readTime(o.Modified))
		}
	}
	// A second back: whether the shop's "after" has that second in it or not.
	switch back := last.Add(-time.Second); {
	case back.After(w.At):
		p.next.At, p.next.Page = back, 0
	case p.more: // a page within one second
		p.next.Page = max(1, w.Page) + 1
	default:
		p.next.Page = 0
	}
	p.next.Done = w.Done || !p.more
	return list, p, nil
}

func (f *filler) wooOrders(ctx context.Context, w walk) (page, error) {
	list, p, err := f.wooChanged(ctx, w, "orders")
	p.words = f.words("order.updated", list)
	return p, err
}

// wooProducts asks for what the shop sells, and for the variations of what comes
// in several (developer.woocommerce.com/docs/apis/rest-api/v3/product-variations).
func (f *filler) wooProducts(ctx context.Context, w walk) (page, error) {
	list, p, err := f.wooChanged(ctx, w, "products")
	if err != nil {
		return p, err
	}
	p.words = f.words("product.updated", list)
	for _, raw := range list {
		var of wooProduct
		if json.Unmarshal(raw, &of) != nil || of.Type != "variable" || of.ID.id() == "" {
			continue
		}
		for n, more := 1, true; more; n++ {
			var some []json.RawMessage
			if err := patiently(ctx, func() (err error) {
				some, err = f.wooList(ctx, "products/"+url.PathEscape(of.ID.id())+"/variations", n, url.Values{})
				return err
			}); err != nil {
				if no, ok := errors.AsType[*refusal](err); ok { // it was deleted meanwhile, or isn't for us: the rest is wanted still
					f.c.cfg.Log.Warn("a product's variations can't be read", "account", string(f.account.ID), "product", of.ID.id(), "error", no)
					break
				}
				return p, err
			}
			for _, raw := range some {
				feed := f.feed(raw)
				var v wooProduct
				if err := json.Unmarshal(raw, &v); err != nil || v.ID.id() == "" {
					p.words = append(p.words, feed.shown(said{notices: []notice{feed.unsupported("a variation", sum(raw), fmt.Sprint(err))}}))
					continue
				}
				v.Name = of.Name
				p.words = append(p.words, said{items: []connectors.Inbound{feed.wooProduct(&v)}})
			}
			more = len(some) == wooPer
		}
	}
	return p, nil
}

func (f *filler) words(topic string, list []json.RawMessage) (words []said) {
	for _, raw := range list {
		feed := f.feed(raw)
		words = append(words, feed.shown(feed.wooWord(topic)))
	}
	return words
}
