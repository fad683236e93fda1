package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"skein/connectors"
	"skein/inbox"
)

// A place is how far a shop has been asked: its JSON is the account's cursor.
// What was taken before it may come again and changes nothing.
type place struct {
	Since time.Time `json:"since"`           // as it was set: another one begins anew
	At    time.Time `json:"at"`              // orders that changed before are in
	After string    `json:"after,omitempty"` // Shopify: the page after this one
	Page  int       `json:"page,omitempty"`  // WooCommerce: of orders that changed in one second
	// Customers is the next page of WooCommerce's customers; below 0, all are in.
	Customers int  `json:"customers,omitempty"`
	Done      bool `json:"done,omitempty"` // once to the end: what comes now is news
}

// Receive implements [connectors.Connector]. Where the account says since when,
// it asks the shop for what has changed, page by page in the bulk lane and from
// the cursor on after a crash; then now and then for what no webhook brought. It
// fails when the shop has been silent for longer than the account allows.
func (c *Connector) Receive(ctx context.Context, account connectors.Account, cursor string, emit connectors.EmitFunc) error {
	set, err := c.settings(account)
	if err != nil {
		return err
	}
	c.mu.Lock()
	if c.last[account.ID].IsZero() {
		c.last[account.ID] = c.cfg.Now() // nobody knows how long before
	}
	c.mu.Unlock()
	if err := c.silent(account.ID, set); err != nil && set.since.IsZero() {
		return err
	}
	var pos place
	if cursor != "" {
		if err := json.Unmarshal([]byte(cursor), &pos); err != nil {
			return fmt.Errorf("read the cursor: %w", err)
		}
	}
	if !pos.Since.Equal(set.since) {
		pos = place{Since: set.since, At: set.since}
	}
	if err := emit(ctx, cursor); err != nil {
		return err
	}
	f := &filler{c: c, set: set, account: account, asker: c.asker(set), emit: emit, pos: pos}
	for {
		wait := min(set.stale/4, time.Minute)
		if !set.since.IsZero() {
			if err := f.fill(ctx); err != nil {
				return err
			}
			c.heard(account.ID, c.cfg.Now())
			wait = set.poll
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-t.C:
		}
		if err := c.silent(account.ID, set); err != nil && set.since.IsZero() {
			return err
		}
	}
}

// silent says that a shop has given no word for longer than it may.
func (c *Connector) silent(account inbox.AccountID, set *Settings) error {
	c.mu.Lock()
	age := c.cfg.Now().Sub(c.last[account])
	c.mu.Unlock()
	if age < set.stale {
		return nil
	}
	return &inbox.Error{Code: inbox.Unavailable, Message: fmt.Sprintf("the feed is stale: no word from the shop for %s; are its webhooks still there?", age.Truncate(time.Minute))}
}

// A filler asks one shop for what has changed.
type filler struct {
	c       *Connector
	set     *Settings
	account connectors.Account
	asker   *asker
	emit    connectors.EmitFunc
	pos     place
}

// fill asks page by page, until there is no more.
func (f *filler) fill(ctx context.Context) error {
	page := f.wooPage
	if f.set.Provider == Shopify {
		page = f.shopifyPage
	}
	for {
		more, wait, err := page(ctx)
		if l, ok := errors.AsType[*later](err); ok {
			more, wait, err = true, l.wait, nil
		}
		if no, ok := errors.AsType[*refusal](err); ok {
			return &inbox.Error{Code: inbox.Unauthorized, Message: no.words}
		}
		if err != nil {
			return err
		}
		if !more {
			return nil
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-t.C:
		}
	}
}

// take puts the items of a page out, and only then moves on.
func (f *filler) take(ctx context.Context, next place, words []said) error {
	lane := connectors.LaneBulk
	if f.pos.Done {
		lane = connectors.LaneLive
	}
	var items []connectors.Inbound
	for _, w := range words {
		for _, in := range w.items {
			in.Channel, in.Lane, in.ReceivedAt = inbox.Shop, lane, f.c.cfg.Now()
			items = append(items, in)
		}
	}
	cursor, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("write the cursor: %w", err)
	}
	if err := f.emit(ctx, string(cursor), items...); err != nil {
		return err
	}
	f.pos = next
	return nil
}

// ordersQuery asks for what a webhook of an order has
// (shopify.dev/docs/api/admin-graphql/2026-07/queries/orders).
const ordersQuery = `query Orders($first: Int!, $after: String, $query: String) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id name email phone note statusPageUrl createdAt processedAt updatedAt cancelledAt currencyCode presentmentCurrencyCode
      displayFinancialStatus displayFulfillmentStatus
      subtotalPriceSet { presentmentMoney { amount currencyCode } }
      totalPriceSet { presentmentMoney { amount currencyCode } }
      totalTaxSet { presentmentMoney { amount currencyCode } }
      totalDiscountsSet { presentmentMoney { amount currencyCode } }
      totalShippingPriceSet { presentmentMoney { amount currencyCode } }
      customer { id firstName lastName email phone verifiedEmail updatedAt }
      shippingAddress { name company address1 address2 city provinceCode zip countryCodeV2 phone }
      billingAddress { name company address1 address2 city provinceCode zip countryCodeV2 phone }
      lineItems(first: 100) { nodes { id title variantTitle sku quantity originalUnitPriceSet { presentmentMoney { amount currencyCode } } product { id } variant { id } } }
      fulfillments(first: 20) { id status displayStatus createdAt updatedAt trackingInfo { company number url } }
      refunds(first: 50) { id note createdAt transactions(first: 20) { nodes { kind status amountSet { presentmentMoney { amount currencyCode } } } } }
    }
  }
}`

func (f *filler) shopifyPage(ctx context.Context) (more bool, wait time.Duration, err error) {
	var got struct {
		Orders struct {
			Page struct {
				More bool   `json:"hasNextPage"`
				End  string `json:"endCursor"`
			} `json:"pageInfo"`
			Nodes []json.RawMessage `json:"nodes"`
		} `json:"orders"`
	}
	v := map[string]any{"first": 25, "query": "updated_at:>='" + f.pos.At.UTC().Format(time.RFC3339) + "'"}
	if f.pos.After != "" {
		v["after"] = f.pos.After
	}
	cost, err := f.asker.graphql(ctx, ordersQuery, v, &got)
	if err != nil {
		return false, 0, err
	}
	var words []said
	next := f.pos
	newestAt := f.pos.At
	for _, raw := range got.Orders.Nodes {
		feed := &feed{set: f.set, account: f.account.ID, at: f.c.cfg.Now()}
		feed.raw = raw
		o, err := graphOrder(raw)
		if err != nil || o.ID.id() == "" { // one that can't be read holds up nobody
			words = append(words, feed.shown(said{notices: []notice{feed.unsupported("an order", sum(raw), fmt.Sprint(err))}}))
			continue
		}
		newestAt = newest(newestAt, readTime(o.UpdatedAt))
		words = append(words, said{items: feed.shopifyOrder(o)})
	}
	next.After = got.Orders.Page.End
	if !got.Orders.Page.More { // from here on by time
		next.After, next.At, next.Done = "", newestAt, true
	}
	return got.Orders.Page.More, cost.wait(), f.take(ctx, next, words)
}

// graphOrder reads an order as GraphQL has it: the REST API's, and that of
// webhooks, is the same under other names.
func graphOrder(raw []byte) (*shopifyOrder, error) {
	var tree map[string]any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&tree); err != nil {
		return nil, err
	}
	m, _ := restful(tree).(map[string]any)
	move := func(in map[string]any, from, to string) {
		if v, ok := in[from]; ok {
			in[to] = v
			delete(in, from)
		}
	}
	lower := func(in map[string]any, name string) {
		if s, ok := in[name].(string); ok {
			in[name] = strings.ToLower(s)
		}
	}
	each := func(list any, do func(map[string]any)) {
		all, _ := list.([]any)
		for _, x := range all {
			if o, ok := x.(map[string]any); ok {
				do(o)
			}
		}
	}
	for from, to := range map[string]string{
		"status_page_url": "order_status_url", "currency_code": "currency", "presentment_currency_code": "presentment_currency",
		"display_financial_status": "financial_status", "display_fulfillment_status": "fulfillment_status",
	} {
		move(m, from, to)
	}
	lower(m, "financial_status")
	lower(m, "fulfillment_status")
	if s := m["fulfillment_status"]; s == "partially_fulfilled" || s == "in_progress" {
		m["fulfillment_status"] = "partial"
	}
	for _, name := range []string{"shipping_address", "billing_address"} {
		if a, ok := m[name].(map[string]any); ok {
			move(a, "country_code_v2", "country_code")
		}
	}
	each(m["line_items"], func(l map[string]any) {
		move(l, "original_unit_price_set", "price_set")
		for name, to := range map[string]string{"product": "product_id", "variant": "variant_id"} {
			if o, ok := l[name].(map[string]any); ok {
				l[to] = o["id"]
			}
		}
	})
	each(m["fulfillments"], func(x map[string]any) {
		move(x, "display_status", "shipment_status")
		lower(x, "status")
		lower(x, "shipment_status")
		var numbers, links []any
		each(x["tracking_info"], func(t map[string]any) {
			numbers, links = append(numbers, t["number"]), append(links, t["url"])
			x["tracking_company"] = t["company"]
		})
		x["tracking_numbers"], x["tracking_urls"] = numbers, links
	})
	each(m["refunds"], func(r map[string]any) {
		each(r["transactions"], func(t map[string]any) {
			lower(t, "kind")
			lower(t, "status")
			set, _ := t["amount_set"].(map[string]any)
			money, _ := set["presentment_money"].(map[string]any)
			t["amount"], t["currency"] = money["amount"], money["currency_code"]
		})
	})
	b, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	o := &shopifyOrder{}
	return o, json.Unmarshal(b, o)
}

// restful is GraphQL's answer with snake_case names, plain lists and bare ids.
func restful(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if nodes, ok := v["nodes"]; ok && len(v) == 1 {
			return restful(nodes)
		}
		out := map[string]any{}
		for name, x := range v {
			out[snake(name)] = restful(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = restful(x)
		}
		return out
	case string:
		if rest, ok := strings.CutPrefix(v, "gid://shopify/"); ok {
			_, id, _ := strings.Cut(rest, "/")
			id, _, _ = strings.Cut(id, "?")
			return id
		}
	}
	return v
}

// snake is a name in snake_case: address1 stays, V2 is a word.
func snake(name string) string {
	var b strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// wooPer is how many records a page of WooCommerce's API has at most.
const wooPer = 100

// wooPage asks for customers first, by their ids, then for orders by when they
// were changed (developer.woocommerce.com/docs/apis/rest-api/v3/orders).
func (f *filler) wooPage(ctx context.Context) (more bool, wait time.Duration, err error) {
	var list []json.RawMessage
	next := f.pos
	if f.pos.Customers >= 0 && !f.pos.Done {
		page := max(1, f.pos.Customers)
		q := url.Values{"per_page": {fmt.Sprint(wooPer)}, "page": {fmt.Sprint(page)}, "orderby": {"id"}, "order": {"asc"}, "role": {"all"}}
		if _, err := f.asker.do(ctx, http.MethodGet, "/wp-json/wc/v3/customers?"+q.Encode(), nil, &list); err != nil {
			return false, 0, err
		}
		if next.Customers = page + 1; len(list) < wooPer {
			next.Customers = -1
		}
		return true, 0, f.take(ctx, next, f.words("customer.updated", list))
	}
	q := url.Values{"per_page": {fmt.Sprint(wooPer)}, "page": {fmt.Sprint(max(1, f.pos.Page))}, "orderby": {"modified"}, "order": {"asc"},
		"dates_are_gmt": {"true"}, "modified_after": {f.pos.At.UTC().Format("2006-01-02T15:04:05")}}
	if _, err := f.asker.do(ctx, http.MethodGet, "/wp-json/wc/v3/orders?"+q.Encode(), nil, &list); err != nil {
		return false, 0, err
	}
	more = len(list) == wooPer
	last := f.pos.At
	for _, raw := range list {
		var o wooOrder
		if json.Unmarshal(raw, &o) == nil {
			last = newest(last, readTime(o.Modified))
		}
	}
	// A second back: whether the shop's "after" has that second in it or not.
	switch back := last.Add(-time.Second); {
	case back.After(f.pos.At):
		next.At, next.Page = back, 0
	case more: // a page within one second
		next.Page = max(1, f.pos.Page) + 1
	default:
		next.Page = 0
	}
	next.Done = next.Done || !more
	return more, 0, f.take(ctx, next, f.words("order.updated", list))
}

func (f *filler) words(topic string, list []json.RawMessage) (words []said) {
	for _, raw := range list {
		feed := &feed{set: f.set, account: f.account.ID, raw: raw, at: f.c.cfg.Now()}
		words = append(words, feed.shown(feed.wooWord(topic)))
	}
	return words
}
