package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/orderlink"
	"skein/inbox/threader"
)

// explainedOrder is a number that a mail names. Start and end are bytes into
// part: the subject, or the text, which is the visible text or, where that is
// empty, the whole.
type explainedOrder struct {
	Text  string            `json:"text"`
	Key   string            `json:"key"`
	Kind  inbox.MentionKind `json:"kind"`
	Part  string            `json:"part"`
	Start int               `json:"start"`
	End   int               `json:"end"`
	Score float64           `json:"score"`
	Gate  string            `json:"gate"`
}

// explainedLink is an order that a mail is about, named or not.
type explainedLink struct {
	Number string          `json:"number"` // "" of a claim
	State  inbox.LinkState `json:"state"`
	Meant  bool            `json:"meant"`
	Score  float64         `json:"score"`
	Text   string          `json:"text"`
}

// unknownOwner is the gate without a database: whose an order is, nobody knows.
const unknownOwner = "unknown owner"

// known are the orders that explain was given.
type known struct {
	orders   []inbox.LinkOrder
	stored   []inbox.StoreGrammar
	grammars []orderlink.Grammar
}

// maxOwn is how many orders of a customer are ranked, the newest.
const maxOwn = 50

func readOrders(path string) (*known, error) {
	if path == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, &inbox.Error{Code: inbox.NotFound, Message: fmt.Sprintf("the orders can't be read: %v", err)}
	}
	var list []inbox.Order
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, invalid("%s is not a list of orders as connectors publish them: %v", path, err)
	}
	k := &known{}
	numbers := map[string][]string{}
	for i := range list {
		in := connectors.Inbound{Kind: connectors.KindOrder, Channel: inbox.Shop, Account: explainAccount, EventID: "explain", Order: &list[i]}
		r, err := threader.Reading{Account: inbox.Account{ID: explainAccount}}.Read(&in, time.Now())
		if err != nil {
			return nil, fmt.Errorf("order %d of %s: %w", i+1, path, err)
		}
		o := inbox.LinkOrder{Order: *r.Order, Owner: customerOf(r.Order.Buyer), Parties: r.Order.Parties}
		o.ID = inbox.OrderID(fmt.Sprint("order-", i))
		// A shop's account and the address that the shop has of it are one
		// customer's, as soon as who writes from there is proven.
		if at := slices.IndexFunc(o.Parties, func(p inbox.OrderParty) bool { return p.Role == "buyer" && p.Email != "" }); at >= 0 {
			o.Owner = customerOf(inbox.IdentityRef{Kind: inbox.EmailAddress, Key: o.Parties[at].Email})
		}
		k.orders = append(k.orders, o)
		numbers[o.Store] = append(numbers[o.Store], o.Number)
	}
	slices.SortStableFunc(k.orders, func(a, b inbox.LinkOrder) int { return b.PlacedAt.Compare(a.PlacedAt) })
	rules := threader.Rules().Orders
	for store, list := range numbers {
		grammar, err := rules.Learn(nil, list)
		if err != nil {
			return nil, fmt.Errorf("learn how %s numbers its orders: %w", store, err)
		}
		k.stored = append(k.stored, inbox.StoreGrammar{Store: store, Orders: int64(len(list)), Grammar: grammar})
	}
	slices.SortFunc(k.stored, func(a, b inbox.StoreGrammar) int { return cmp.Compare(a.Store, b.Store) })
	for _, s := range k.stored {
		g, err := orderlink.ParseGrammar(s.Grammar)
		if err != nil {
			return nil, fmt.Errorf("learn how %s numbers its orders: %w", s.Store, err)
		}
		k.grammars = append(k.grammars, g)
	}
	return k, nil
}

// customerOf is a customer as explain has them: one an identity.
func customerOf(ref inbox.IdentityRef) inbox.CustomerID {
	return inbox.CustomerID(string(ref.Kind) + ":" + ref.Key)
}

// explainOrders lists what a mail names, and what the gate makes of it.
func (k *known) explain(in *connectors.Inbound, m *inbox.Arrival) ([]explainedOrder, []explainedLink) {
	said := in.Message.VisibleText
	if strings.TrimSpace(said) == "" {
		said = in.Message.Text
	}
	var grammars []orderlink.Grammar
	if k != nil {
		grammars = k.grammars
	}
	found := orderlink.Find(in.Message.Subject, said, grammars)
	orders, links := make([]explainedOrder, 0, len(found)), []explainedLink{}
	var gates []string
	if k != nil {
		gates, links = k.gate(m, found, said)
	}
	for i, f := range found {
		o := explainedOrder{Text: f.Text, Key: f.Key, Kind: f.Kind, Part: f.Part, Start: f.Start, End: f.End, Score: f.Score, Gate: unknownOwner}
		if gates != nil {
			o.Gate = gates[i]
		}
		orders = append(orders, o)
	}
	return orders, links
}

// meant are the orders of its own sender's that a mail names, where the sender
// is proven: what ties it to others about the same.
func (k *known) meant(m *inbox.Arrival) []inbox.MeantOrder {
	var list []inbox.MeantOrder
	if k == nil || m.Proof < inbox.Proven {
		return nil
	}
	for i := range k.orders {
		o := &k.orders[i]
		if o.Owner == customerOf(m.Identity) && slices.ContainsFunc(m.Mentions, func(n inbox.Mention) bool {
			return n.Kind == inbox.MentionOrder && n.Key == o.NumberKey
		}) {
			list = append(list, inbox.MeantOrder{ID: o.ID, Number: o.Number, Key: o.NumberKey, Customer: o.Owner})
		}
	}
	return list
}

// numbering is how the stores of k number their orders.
func (k *known) numbering() []inbox.StoreGrammar {
	if k == nil {
		return nil
	}
	return k.stored
}

// gate decides as the server would for a conversation of this one mail: of each
// mention the state of its order, "none" where it is no order's.
func (k *known) gate(m *inbox.Arrival, found []inbox.Mention, said string) ([]string, []explainedLink) {
	ev := inbox.LinkEvidence{Customer: customerOf(m.Identity), Grammars: k.stored, Now: m.SentAt}
	message := inbox.LinkMessage{ID: "mail", Customer: ev.Customer, People: []string{m.SenderKey}, Proof: m.Proof, Subject: m.Subject, Text: said, At: m.SentAt}
	keys := map[string]bool{}
	for i, f := range found {
		message.Mentions = append(message.Mentions, inbox.StoredMention{ID: fmt.Sprint("mention-", i), Mention: f})
		keys[f.Key] = true
	}
	ev.Messages = []inbox.LinkMessage{message}
	own := 0
	for _, o := range k.orders {
		mine := o.Owner == ev.Customer && own < maxOwn
		if mine {
			own++
		}
		if mine || slices.ContainsFunc(keysOf(&o), func(key string) bool { return keys[key] }) {
			ev.Orders = append(ev.Orders, o)
		}
	}
	gates, links := make([]string, len(found)), []explainedLink{}
	for i := range gates {
		gates[i] = "none"
	}
	for _, l := range orderlink.Link(&ev) {
		e := explainedLink{State: l.State, Meant: l.Meant, Score: l.Score, Text: l.Reason.Text}
		at := slices.IndexFunc(ev.Orders, func(o inbox.LinkOrder) bool { return l.OrderID != "" && o.ID == l.OrderID })
		for i, f := range found {
			if l.ClaimID != "" && l.ClaimID == message.Mentions[i].ID || at >= 0 && slices.Contains(keysOf(&ev.Orders[at]), f.Key) {
				gates[i] = string(l.State)
			}
		}
		if at >= 0 {
			e.Number = ev.Orders[at].Number
		}
		links = append(links, e)
	}
	return gates, links
}

// keysOf lists what an order is named by.
func keysOf(o *inbox.LinkOrder) []string {
	keys := []string{o.NumberKey}
	for _, s := range o.Shipments {
		keys = append(keys, s.TrackingKey)
	}
	return keys
}
