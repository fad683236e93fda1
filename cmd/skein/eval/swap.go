package eval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"skein/inbox"
	"skein/inbox/orderlink"
)

// variables are all that a reply may be filled in with.
var variables = []string{
	"order.number", "order.status", "order.total", "order.items", "shipment.carrier", "shipment.tracking", "customer.name",
}

// swap measures what another customer learns who sends a customer's request: no
// order is linked, and neither what an agent sees nor what a reply can be
// filled in with holds anything of the owner's that the request does not say.
func swap(_ context.Context, dir string, r *Reporter) error {
	s, err := readShop(dir)
	if err != nil {
		return err
	}
	links := r.Row("another sender: owner's orders kept back")
	links.AtLeast(1)
	data := r.Row("another sender: owner's data kept back")
	data.AtLeast(1)
	same := r.Row("another sender: as if there were none")
	same.AtLeast(1)
	for i, req := range s.requests {
		named := s.named(req.Text, req.User)
		if len(named) == 0 {
			continue
		}
		at := slices.Index(s.users, req.User)
		for n := range 3 {
			sender := s.users[(at+1+i+37*n)%len(s.users)]
			if sender == req.User {
				continue
			}
			ev := s.evidence(req.Text, sender)
			found := orderlink.Link(ev)
			foreign := 0
			for _, l := range found {
				if l.State == inbox.Linked || l.State == inbox.LinkUnproven || l.OrderID != "" && slices.Contains(named, l.OrderID) {
					foreign++
				}
			}
			links.Check(req.Text, foreign == 0, foreign, 0)
			seen, err := everything(s, ev, found, sender)
			if err != nil {
				return err
			}
			leaked := s.leaked(seen, req.Text, req.User, sender)
			data.Check(req.Text, len(leaked) == 0, leaked, "nothing")
			ev.Orders = slices.DeleteFunc(ev.Orders, func(o inbox.LinkOrder) bool { return o.Owner != sender })
			without, err := everything(s, ev, orderlink.Link(ev), sender)
			if err != nil {
				return err
			}
			same.Check(req.Text, seen == without, seen, without)
		}
	}
	return nil
}

// everything is all that links show and let out.
func everything(s *shop, ev *inbox.LinkEvidence, links []inbox.OrderLink, sender inbox.CustomerID) (string, error) {
	shown, err := json.Marshal(links)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.Write(shown)
	for i := range links {
		letter := &orderlink.Letter{Link: &links[i], Customer: s.names[sender], Recipients: []string{s.emails[sender]}}
		for j := range ev.Orders {
			if ev.Orders[j].ID == links[i].OrderID {
				letter.Order = &ev.Orders[j]
			}
		}
		for _, name := range variables {
			text, err := orderlink.Render("{{"+name+"}}", letter)
			var refused *inbox.Error
			if err != nil && !errors.As(err, &refused) {
				return "", fmt.Errorf("render %s: %w", name, err)
			}
			if err != nil {
				text = refused.Message
			}
			b.WriteString("\n" + text)
		}
	}
	return b.String(), nil
}

// leaked is the owner's data in what another sender's message makes visible,
// which neither that message nor the sender's own orders hold.
func (s *shop) leaked(seen, text string, owner, sender inbox.CustomerID) []string {
	own, err := json.Marshal(s.orders[sender])
	if err != nil {
		panic(err) // plain data
	}
	known := text + string(own) + s.names[sender] + s.emails[sender]
	var values []string
	for _, o := range s.orders[owner] {
		values = append(values, string(o.ID), o.Number, o.Email, strconv.FormatInt(o.Total, 10), fmt.Sprintf("%d.%02d", o.Total/100, o.Total%100))
		for _, i := range o.Items {
			values = append(values, i.SKU, i.Title, i.Variant, strconv.FormatInt(i.Price, 10))
		}
		for _, t := range o.Shipments {
			values = append(values, t.Tracking)
		}
		for _, p := range o.Parties {
			if p.Address != nil {
				values = append(values, p.Address.Lines...)
				values = append(values, p.Address.Postcode)
			}
		}
	}
	values = append(values, s.names[owner])
	return slices.DeleteFunc(values, func(v string) bool { return v == "" || strings.Contains(known, v) || !strings.Contains(seen, v) })
}
