package demo

import (
	"context"
	"fmt"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// Browse lets customers look round in the shop until ctx ends: those most who
// have written lately. Some put a thing into their cart, and now and then a
// parcel moves. publish gets what the shop's connector would publish, live; what
// it doesn't take nobody misses.
func (d *Demo) Browse(ctx context.Context, publish func(context.Context, connectors.Inbound) error) error {
	if d.cfg.Every <= 0 {
		<-ctx.Done()
		return nil
	}
	r := newRand(d.seed.Seed, uint64(time.Now().UnixNano()), 7)
	every := max(d.cfg.Every/6, 2*time.Second)
	for {
		pause := every/2 + time.Duration(r.Int64N(int64(every)))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		c := oneOf(r, d.shop.Customers)
		if recent := d.live.lately(); len(recent) > 0 && r.IntN(4) > 0 {
			c = oneOf(r, recent)
		}
		now := time.Now().UTC()
		id := fmt.Sprintf("live/%d", now.UnixNano())
		var in connectors.Inbound
		switch luck := r.IntN(20); {
		case luck < 14:
			in = d.shop.view(r, c, now, id)
		case luck < 17:
			in = d.shop.track(c, now, id, "Product Added", oneOf(r, catalogue).properties())
		default:
			in = d.shop.move(oneOf(r, d.shop.Orders), now)
		}
		if in.Kind == "" {
			continue // that parcel lies still
		}
		in.Lane, in.ReceivedAt = connectors.LaneLive, now
		if err := publish(ctx, in); err != nil && ctx.Err() == nil {
			d.cfg.Log.Debug("demo shop not heard", "err", err)
		}
	}
}

func (p *people) lately() []*Customer {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]*Customer(nil), p.recent...)
}

// move is one more word of a carrier on a parcel that is under way.
func (s *Shop) move(o *inbox.Order, now time.Time) connectors.Inbound {
	if !is(o, "underway") || o.Shipments[0].Status == "exception" {
		return connectors.Inbound{}
	}
	in := s.item(connectors.KindOrder, "order", o.ExternalID, now)
	in.EventID = fmt.Sprintf("order/%s/moved/%d", o.ExternalID, now.Unix())
	in.Sender = connectors.Sender{Kind: inbox.EmailAddress, Address: o.Email, Proof: inbox.Claimed}
	in.Order = &inbox.Order{
		Store: o.Store, ExternalID: o.ExternalID, UpdatedAt: now, Says: []string{"shipments"},
		Shipments: []inbox.Shipment{{ExternalID: o.Shipments[0].ExternalID, Events: []inbox.ShipmentEvent{{
			ExternalID: fmt.Sprintf("%s-%d", o.Shipments[0].ExternalID, now.Unix()), At: now, Status: "in_transit", Text: "Sorted", Place: "Depot South",
		}}}},
	}
	return in
}
