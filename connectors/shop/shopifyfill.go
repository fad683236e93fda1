package shop

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"skein/connectors"
	"skein/inbox"
)

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

// customersQuery asks for what a webhook of a customer has
// (shopify.dev/docs/api/admin-graphql/2026-07/queries/customers).
const customersQuery = `query Customers($first: Int!, $after: String, $query: String) {
  customers(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id firstName lastName locale verifiedEmail createdAt updatedAt
      defaultEmailAddress { emailAddress marketingState marketingUpdatedAt }
      defaultPhoneNumber { phoneNumber marketingState marketingUpdatedAt }
      defaultAddress { firstName lastName company address1 address2 city provinceCode zip countryCodeV2 phone }
    }
  }
}`

const variantFields = `id sku title price updatedAt inventoryQuantity inventoryItem { tracked }`

// productsQuery asks for what a shop sells. What is ordered counts as a change
// of a product too (shopify.dev/docs/api/admin-graphql/2026-07/queries/products).
const productsQuery = `query Products($first: Int!, $after: String, $query: String) {
  products(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id title handle createdAt updatedAt featuredMedia { preview { image { url } } }
      variants(first: 50) { pageInfo { hasNextPage endCursor } nodes { ` + variantFields + ` } }
    }
  }
}`

// variantsQuery asks for the rest of a product that comes in many ways.
const variantsQuery = `query Variants($first: Int!, $after: String, $query: String) {
  productVariants(first: $first, after: $after, query: $query) {
    pageInfo { hasNextPage endCursor }
    nodes { ` + variantFields + ` }
  }
}`

type connection struct {
	Page struct {
		More bool   `json:"hasNextPage"`
		End  string `json:"endCursor"`
	} `json:"pageInfo"`
	Nodes []json.RawMessage `json:"nodes"`
}

// shopifyWalk asks for a page of root, of what changed since w.At. read makes the
// items of a record and says when it changed; of one that can't be read it makes
// none.
func (f *filler) shopifyWalk(ctx context.Context, w walk, root, query string, first int, read func(*feed) ([]connectors.Inbound, time.Time, error)) (page, error) {
	var got map[string]connection
	v := map[string]any{"first": first, "query": "updated_at:>='" + w.At.UTC().Format(time.RFC3339) + "'"}
	if w.After != "" {
		v["after"] = w.After
	}
	cost, err := f.asker.graphql(ctx, query, v, &got)
	if err != nil {
		return page{}, err
	}
	p := page{next: w, wait: cost.wait(), more: got[root].Page.More}
	last := w.At
	for _, raw := range got[root].Nodes {
		feed := f.feed(raw)
		items, at, err := read(feed)
		if asked, ok := errors.AsType[*askError](err); ok {
			return page{}, asked.err
		}
		if err != nil || len(items) == 0 { // one that can't be read holds up nobody
			p.words = append(p.words, feed.shown(said{notices: []notice{feed.unsupported("one of its "+root, sum(raw), why(err))}}))
			continue
		}
		last = newest(last, at)
		p.words = append(p.words, said{items: items})
	}
	if p.next.After = got[root].Page.End; !p.more { // from here on by time
		p.next = walk{At: last, Done: true}
	}
	return p, nil
}

func why(err error) string {
	if err == nil {
		return "it has no id"
	}
	return err.Error()
}

// An askError is of the shop that is asked, not of the record at hand.
type askError struct{ err error }

func (e *askError) Error() string { return e.err.Error() }

func (f *filler) shopifyOrders(ctx context.Context, w walk) (page, error) {
	return f.shopifyWalk(ctx, w, "orders", ordersQuery, 25, func(feed *feed) ([]connectors.Inbound, time.Time, error) {
		o, err := graphOrder(feed.raw)
		if err != nil || o.ID.id() == "" {
			return nil, time.Time{}, err
		}
		return feed.shopifyOrder(o), readTime(o.UpdatedAt), nil
	})
}

func (f *filler) shopifyCustomers(ctx context.Context, w walk) (page, error) {
	return f.shopifyWalk(ctx, w, "customers", customersQuery, 50, func(feed *feed) ([]connectors.Inbound, time.Time, error) {
		c, err := graphCustomer(feed.raw)
		if err != nil || c.ID.id() == "" {
			return nil, time.Time{}, err
		}
		return []connectors.Inbound{feed.shopifyCustomer(c)}, readTime(c.UpdatedAt), nil
	})
}

func (f *filler) shopifyProducts(ctx context.Context, w walk) (page, error) {
	return f.shopifyWalk(ctx, w, "products", productsQuery, 5, func(feed *feed) ([]connectors.Inbound, time.Time, error) {
		p, rest, err := graphProduct(feed.raw)
		if err != nil || p.ID.id() == "" {
			return nil, time.Time{}, err
		}
		for rest != "" {
			var got struct {
				Variants connection `json:"productVariants"`
			}
			if err := patiently(ctx, func() error {
				_, err := f.asker.graphql(ctx, variantsQuery, map[string]any{"first": 100, "after": rest, "query": "product_id:" + p.ID.id()}, &got)
				return err
			}); err != nil {
				return nil, time.Time{}, &askError{err}
			}
			for _, raw := range got.Variants.Nodes {
				if v, err := graphVariant(raw); err == nil {
					p.Variants = append(p.Variants, *v)
				}
			}
			if rest = ""; got.Variants.Page.More {
				rest = got.Variants.Page.End
			}
		}
		return feed.shopifyProduct(p), readTime(p.UpdatedAt), nil
	})
}

// stockPatience is how long a webhook waits for the shop's word on it: Shopify
// calls one off after five seconds.
const stockPatience = 3 * time.Second

// stockQuery asks what there is of what an inventory item stands for: the
// webhooks of inventory levels name no article, and one place of several.
const stockQuery = `query Stock($id: ID!) {
  inventoryItem(id: $id) {
    tracked
    variant { id sku title price inventoryQuantity product { id title handle } }
    inventoryLevels(first: 100) { nodes { updatedAt } }
  }
}`

// stock is what a word on an inventory level makes: how much there is of the
// article at all places, as of the last change at any. The shop is asked for it;
// where it can't be the word is kept as it came.
func (f *feed) stock(ctx context.Context) (items []connectors.Inbound, err error) {
	var level struct {
		Item scalar `json:"inventory_item_id"`
		At   scalar `json:"updated_at"`
	}
	if err := json.Unmarshal(f.raw, &level); err != nil {
		return nil, err
	}
	if level.Item.id() == "" {
		return nil, invalid("it names no inventory item")
	}
	if f.asker == nil || !f.set.asks() {
		return nil, invalid("the account has no key to the shop's API, by which it is learnt which article that is")
	}
	var got struct {
		Item *struct {
			Tracked bool            `json:"tracked"`
			Variant json.RawMessage `json:"variant"`
			Levels  struct {
				Nodes []struct {
					At scalar `json:"updatedAt"`
				} `json:"nodes"`
			} `json:"inventoryLevels"`
		} `json:"inventoryItem"`
	}
	ctx, cancel := context.WithTimeout(ctx, stockPatience)
	defer cancel()
	if _, err := f.asker.graphql(ctx, stockQuery, map[string]any{"id": "gid://shopify/InventoryItem/" + level.Item.id()}, &got); err != nil {
		if no, ok := errors.AsType[*refusal](err); ok {
			return nil, invalid("%s", no.words)
		}
		return nil, &inbox.Error{Code: inbox.Unavailable, Message: "the shop can't be asked what there is: " + err.Error()}
	}
	if got.Item == nil {
		return nil, invalid("the shop doesn't know the inventory item")
	}
	v, err := graphVariant(got.Item.Variant)
	if err != nil || v.ID.id() == "" {
		return nil, invalid("the inventory item is of no article")
	}
	at := readTime(level.At)
	for _, n := range got.Item.Levels.Nodes {
		at = newest(at, readTime(n.At))
	}
	if at.IsZero() {
		at = f.at
	}
	p := &inbox.Product{
		SKU: firstOf(v.SKU, v.ID), ExternalID: v.Product.ID.id() + "/" + v.ID.id(), Title: string(v.Product.Title), Variant: variantOf(v.Title), StockAt: &at,
	}
	if got.Item.Tracked && v.Quantity != nil {
		p.Stock = ptr(int(*v.Quantity))
	}
	return []connectors.Inbound{f.product(p)}, nil
}
