package main

import (
	"context"
	"io"
	"log/slog"

	"github.com/nats-io/nats.go"

	"skein/connectors"
	"skein/connectors/shop"
	"skein/inbox"
	"skein/inbox/account"
	"skein/inbox/bus"
)

// shownOrders is how many orders of a file are shown.
const shownOrders = 10

// An orderImporter is what the page's import of orders leads to: the same as skein
// import orders.
type orderImporter struct {
	desk *account.Desk
	nc   *nats.Conn
	log  *slog.Logger
}

// ImportOrders implements api.OrderImporter.
func (o orderImporter) ImportOrders(ctx context.Context, id inbox.AccountID, file io.Reader, dry bool) (inbox.OrderImport, error) {
	out := inbox.OrderImport{Broken: []inbox.BrokenLine{}, First: []inbox.ImportedOrder{}}
	a, err := o.desk.Opened(ctx, id)
	if err != nil {
		return out, err
	}
	if a.Channel != inbox.Shop {
		return out, invalid("%s is no shop: orders belong into one", id)
	}
	link, err := bus.NewLink(o.nc, bus.LinkConfig{Channel: inbox.Shop, Log: o.log})
	if err != nil {
		return out, err
	}
	counts, err := shop.ImportOrders(ctx, file, a, func(in connectors.Inbound) error {
		if in.Order != nil && len(out.First) < shownOrders {
			out.First = append(out.First, inbox.ImportedOrder{
				Number: in.Order.Number, Email: in.Order.Email, Status: in.Order.Status, Currency: in.Order.Currency,
				Total: in.Order.Total, Items: len(in.Order.Items), PlacedAt: in.Order.PlacedAt,
			})
		}
		if dry {
			return nil
		}
		return link.Publish(ctx, in)
	})
	out.Orders, out.Failed = counts.Orders, counts.Failed
	for _, b := range counts.Broken {
		out.Broken = append(out.Broken, inbox.BrokenLine{Line: b.Line, Reason: b.Reason})
	}
	return out, err
}
