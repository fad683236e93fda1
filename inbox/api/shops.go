package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"skein/inbox"
)

type productsInput struct {
	Store string   `query:"store" maxLength:"100" doc:"Absent: any store"`
	SKU   []string `query:"sku,explode" required:"true" minItems:"1" maxItems:"200" doc:"Several may be asked for: sku=A&sku=B"`
}

func (a *API) shops() {
	tag := []string{"orders"}
	secured(a, huma.Operation{OperationID: "orders", Method: "GET", Path: Root + "/customers/{id}/orders", Tags: tag,
		Summary: "List a customer's newest orders with items, parcels, parties, refunds and returns"},
		listOf(a, Store.Orders))
	secured(a, huma.Operation{OperationID: "carts", Method: "GET", Path: Root + "/customers/{id}/carts", Tags: tag,
		Summary: "List a customer's carts that anything is in, newest first"}, listOf(a, Store.Carts))
	secured(a, huma.Operation{OperationID: "saved-items", Method: "GET", Path: Root + "/customers/{id}/saved-items", Tags: tag,
		Summary: "List what is on a customer's wish lists"}, listOf(a, Store.SavedItems))
	secured(a, huma.Operation{OperationID: "loyalty", Method: "GET", Path: Root + "/customers/{id}/loyalty", Tags: tag,
		Summary: "Get a customer's loyalty points by store, with the newest lines of the ledger"}, a.loyalty)
	secured(a, huma.Operation{OperationID: "pages", Method: "GET", Path: Root + "/customers/{id}/pages", Tags: tag,
		Summary: "List the pages that a customer looked at last"}, listOf(a, Store.PageViews))
	secured(a, huma.Operation{OperationID: "products", Method: "GET", Path: Root + "/products", Tags: tag,
		Summary: "Look products up by their skus, with stock and the time that it is true of"}, a.products)
}

// listOf answers with a list of a customer's.
func listOf[T any](a *API, read func(Store, context.Context, *inbox.Rights, inbox.CustomerID) ([]T, error)) func(context.Context, *inbox.Caller, *CustomerParam) (*body[items[T]], error) {
	return func(ctx context.Context, by *inbox.Caller, in *CustomerParam) (*body[items[T]], error) {
		list, err := read(a.cfg.Store, ctx, &by.Rights, in.ID)
		return &body[items[T]]{items[T]{list}}, err
	}
}

func (a *API) loyalty(ctx context.Context, by *inbox.Caller, in *CustomerParam) (*body[inbox.Loyalty], error) {
	l, err := a.cfg.Store.Loyalty(ctx, &by.Rights, in.ID)
	return &body[inbox.Loyalty]{l}, err
}

func (a *API) products(ctx context.Context, _ *inbox.Caller, in *productsInput) (*body[items[inbox.Product]], error) {
	for i := range in.SKU {
		if len(in.SKU[i]) > 200 {
			return nil, invalid("query.sku", "has one of more than 200 characters")
		}
	}
	store, err := plain("query.store", in.Store)
	if err != nil {
		return nil, err
	}
	for i, sku := range in.SKU {
		if in.SKU[i], err = plain("query.sku", sku); err != nil {
			return nil, err
		}
	}
	list, err := a.cfg.Store.Products(ctx, store, in.SKU)
	return &body[items[inbox.Product]]{items[inbox.Product]{list}}, err
}
