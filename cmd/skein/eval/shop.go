package eval

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"skein/inbox"
	"skein/inbox/orderlink"
)

// A shop is the customers, orders and requests of one store, as the linker sees
// them.
type shop struct {
	orders   map[inbox.CustomerID][]inbox.LinkOrder
	numbers  map[string]inbox.LinkOrder // by number as it is looked up
	users    []inbox.CustomerID         // who has an order, in order of name
	emails   map[inbox.CustomerID]string
	names    map[inbox.CustomerID]string
	requests []shopRequest
	grammar  orderlink.Grammar
}

// A shopRequest is what a customer wants, written as an instruction to them.
type shopRequest struct {
	User   inbox.CustomerID `json:"userId"`
	Text   string           `json:"text"`
	ActsOn []string         `json:"ordersActedOn"`
}

func readShop(dir string) (*shop, error) {
	var users map[string]struct {
		Name struct {
			First string `json:"first_name"`
			Last  string `json:"last_name"`
		} `json:"name"`
		Email string `json:"email"`
	}
	var orders map[string]struct {
		User    string `json:"user_id"`
		Address struct {
			Line1   string `json:"address1"`
			Line2   string `json:"address2"`
			City    string `json:"city"`
			Country string `json:"country"`
			State   string `json:"state"`
			Zip     string `json:"zip"`
		} `json:"address"`
		Items []struct {
			Name    string            `json:"name"`
			ID      string            `json:"item_id"`
			Price   float64           `json:"price"`
			Options map[string]string `json:"options"`
		} `json:"items"`
		Fulfillments []struct {
			Tracking []string `json:"tracking_id"`
		} `json:"fulfillments"`
		Status string `json:"status"`
	}
	for name, to := range map[string]any{"users.json": &users, "orders.json": &orders} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, to); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	requests, err := readLines[shopRequest](filepath.Join(dir, "requests.jsonl"))
	if err != nil {
		return nil, err
	}
	s := &shop{
		orders: map[inbox.CustomerID][]inbox.LinkOrder{}, numbers: map[string]inbox.LinkOrder{},
		emails: map[inbox.CustomerID]string{}, names: map[inbox.CustomerID]string{}, requests: requests,
	}
	for id, u := range users {
		s.emails[inbox.CustomerID(id)], s.names[inbox.CustomerID(id)] = u.Email, u.Name.First+" "+u.Name.Last
	}
	var all []string
	for _, number := range slices.Sorted(maps.Keys(orders)) {
		from := orders[number]
		owner := inbox.CustomerID(from.User)
		o := inbox.LinkOrder{Owner: owner}
		o.ID, o.Store, o.ExternalID, o.Number = inbox.OrderID("id of "+number), "shop", number, number
		o.Email, o.Currency = s.emails[owner], "USD"
		o.Status = map[string]string{"pending": "pending", "processed": "processing", "delivered": "delivered", "cancelled": "cancelled"}[from.Status]
		for _, i := range from.Items {
			var options []string
			for _, k := range slices.Sorted(maps.Keys(i.Options)) {
				options = append(options, i.Options[k])
			}
			price := int64(math.Round(i.Price * 100))
			o.Items = append(o.Items, inbox.Item{SKU: i.ID, Title: i.Name, Variant: strings.Join(options, " / "), Quantity: 1, Price: price})
			o.Total += price
		}
		for _, f := range from.Fulfillments {
			for _, t := range f.Tracking {
				state := "in_transit"
				if o.Status == "delivered" {
					state = "delivered"
				}
				o.Shipments = append(o.Shipments, inbox.Shipment{Tracking: t, Status: state})
			}
		}
		a := from.Address
		o.Parties = []inbox.OrderParty{
			{Role: "buyer", Email: s.emails[owner]},
			{Role: "recipient", Address: &inbox.Address{Lines: []string{a.Line1, a.Line2}, City: a.City, Region: a.State, Postcode: a.Zip, Country: a.Country}},
		}
		s.orders[owner] = append(s.orders[owner], o)
		s.numbers[orderlink.NumberKey(number)] = o
		all = append(all, number)
	}
	s.users = slices.Sorted(maps.Keys(s.orders))
	s.grammar = orderlink.Learn(all)
	return s, nil
}

// evidence is what the linker is handed for one message of a proven customer.
func (s *shop) evidence(text string, sender inbox.CustomerID) *inbox.LinkEvidence {
	grammar, err := json.Marshal(s.grammar)
	if err != nil {
		panic(err) // a map of counts
	}
	msg := inbox.LinkMessage{ID: "m", Customer: sender, People: []string{s.emails[sender]}, Proof: 2, Text: text}
	ev := &inbox.LinkEvidence{Customer: sender, Grammars: []inbox.StoreGrammar{{Store: "shop", Orders: s.grammar.Orders(), Grammar: grammar}}}
	ev.Orders = slices.Clone(s.orders[sender])
	for i, m := range orderlink.Find("", text, []orderlink.Grammar{s.grammar}) {
		msg.Mentions = append(msg.Mentions, inbox.StoredMention{ID: fmt.Sprintf("mention %d", i), Mention: m})
		if o, ok := s.numbers[m.Key]; ok && o.Owner != sender {
			ev.Orders = append(ev.Orders, o)
		}
	}
	ev.Messages = []inbox.LinkMessage{msg}
	return ev
}

var longNumber = regexp.MustCompile(`#?[A-Z]?[0-9]{6,}`)

// named is the sender's own orders whose numbers a text holds, with their
// letters or without.
func (s *shop) named(text string, sender inbox.CustomerID) []inbox.OrderID {
	var ids []inbox.OrderID
	for _, n := range longNumber.FindAllString(text, -1) {
		n = strings.TrimLeft(n, "#")
		for _, o := range s.orders[sender] {
			own := strings.TrimLeft(o.Number, "#")
			if (n == own || n == strings.TrimLeft(own, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) && !slices.Contains(ids, o.ID) {
				ids = append(ids, o.ID)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

// linked is the orders that are linked without an agent.
func linked(links []inbox.OrderLink) []inbox.OrderID {
	var ids []inbox.OrderID
	for _, l := range links {
		if l.State == inbox.Linked || l.State == inbox.LinkUnproven {
			ids = append(ids, l.OrderID)
		}
	}
	slices.Sort(ids)
	return ids
}
