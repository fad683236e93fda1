package inbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An OrderState is an order as all words on it make it, and what is needed to
// take in the next one. Words may come in any order and any number of times:
// the state is the same.
//
// Each field holds the newest word on it; a partial word leaves alone what it
// doesn't say. Parcels, what happened to them, refunds and returns are known by
// their external ids and are only ever added: a word that lacks one is silent
// on it.
type OrderState struct {
	Order  // as it was said: see Public
	clocks clocks
}

// An orderField is what one word says as a whole.
type orderField struct {
	name  string
	value func(o *Order) any
	set   func(o, from *Order)
}

func plainField[T any](name string, of func(*Order) *T) orderField {
	return orderField{
		name:  name,
		value: func(o *Order) any { return of(o) },
		set:   func(o, from *Order) { *of(o) = *of(from) },
	}
}

// listField is the same for a list, of which none and an empty one are one.
func listField[T any](name string, of func(*Order) *[]T) orderField {
	return orderField{
		name:  name,
		value: func(o *Order) any { return orNone(*of(o)) },
		set:   func(o, from *Order) { *of(o) = orNone(*of(from)) },
	}
}

type orderBuyer struct {
	CustomerExternalID, Email, Phone string
	Ref                              IdentityRef
}

var orderFields = func() []orderField {
	fields := []orderField{
		{"number", func(o *Order) any { return o.Number }, func(o, from *Order) { o.Number, o.NumberKey = from.Number, from.NumberKey }},
		{"buyer", func(o *Order) any { return orderBuyer{o.CustomerExternalID, o.Email, o.Phone, o.Buyer} }, func(o, from *Order) {
			o.CustomerExternalID, o.Email, o.Phone, o.Buyer = from.CustomerExternalID, from.Email, from.Phone, from.Buyer
		}},
		plainField("status", func(o *Order) *string { return &o.Status }),
		plainField("financialStatus", func(o *Order) *string { return &o.FinancialStatus }),
		plainField("currency", func(o *Order) *string { return &o.Currency }),
		plainField("subtotal", func(o *Order) *int64 { return &o.Subtotal }),
		plainField("shipping", func(o *Order) *int64 { return &o.Shipping }),
		plainField("tax", func(o *Order) *int64 { return &o.Tax }),
		plainField("discount", func(o *Order) *int64 { return &o.Discount }),
		plainField("total", func(o *Order) *int64 { return &o.Total }),
		plainField("url", func(o *Order) *string { return &o.URL }),
		plainField("note", func(o *Order) *string { return &o.Note }),
		plainField("placedAt", func(o *Order) *time.Time { return &o.PlacedAt }),
		listField("items", func(o *Order) *[]Item { return &o.Items }),
		listField("problems", func(o *Order) *[]string { return &o.Problems }),
		// Parcels that have neither an id nor a number can't be told apart: the
		// newest word has them.
		{"shipments", func(o *Order) any { return nameless(o) }, func(o, from *Order) {
			o.Shipments = append(slices.DeleteFunc(slices.Clone(o.Shipments), isNameless), nameless(from)...)
		}},
	}
	for _, role := range []string{"buyer", "recipient", "billing"} {
		of := func(o *Order) *OrderParty {
			for i := range o.Parties {
				if o.Parties[i].Role == role {
					return &o.Parties[i]
				}
			}
			return nil
		}
		fields = append(fields, orderField{"parties/" + role, func(o *Order) any { return of(o) }, func(o, from *Order) {
			o.Parties = slices.DeleteFunc(slices.Clone(o.Parties), func(p OrderParty) bool { return p.Role == role })
			if p := of(from); p != nil {
				o.Parties = append(o.Parties, *p)
			}
		}})
	}
	return fields
}()

// OrderFields are what [Order.Says] may name.
var OrderFields = []string{"number", "buyer", "status", "financialStatus", "currency", "subtotal", "shipping", "tax", "discount",
	"total", "url", "note", "placedAt", "items", "problems", "shipments", "parties", "refunds", "returns"}

// says reports whether a word is on a field.
func (o *Order) says(field string) bool {
	if len(o.Says) == 0 {
		return true
	}
	if role, ok := strings.CutPrefix(field, "parties/"); ok {
		return slices.Contains(o.Says, "parties") && slices.ContainsFunc(o.Parties, func(p OrderParty) bool { return p.Role == role })
	}
	if field == "shipments" { // a partial word never takes nameless ones away
		return slices.Contains(o.Says, field) && slices.ContainsFunc(o.Shipments, isNameless)
	}
	return slices.Contains(o.Says, field)
}

func (s *Shipment) key() string {
	switch {
	case s.ExternalID != "":
		return "id:" + s.ExternalID
	case s.Tracking != "":
		return "no:" + s.Tracking
	}
	return ""
}

func isNameless(s Shipment) bool { return s.key() == "" }

func nameless(o *Order) []Shipment {
	var list []Shipment
	for _, s := range o.Shipments {
		if isNameless(s) {
			s.Events = orNone(slices.Clone(s.Events))
			list = append(list, s)
		}
	}
	return list
}

// Take takes a word in and reports whether anything changed.
func (s *OrderState) Take(w *Order) bool {
	if s.clocks == nil {
		s.clocks = clocks{}
		s.Store, s.ExternalID, s.LooseKey = w.Store, w.ExternalID, w.LooseKey
	}
	if w.LooseKey == "" {
		s.LooseKey = ""
	}
	was, wasClocks := encoded(s.Order), encoded(s.clocks)
	at := Clock{w.UpdatedAt, w.Unsigned}
	for _, f := range orderFields {
		if w.says(f.name) && s.clocks.take(f.name, at, f.value(&s.Order), f.value(w)) {
			f.set(&s.Order, w)
		}
	}
	if s.clocks["placedAt"].At.IsZero() && (s.PlacedAt.IsZero() || w.UpdatedAt.Before(s.PlacedAt)) {
		s.PlacedAt = w.UpdatedAt // when it was first heard of
	}
	if w.UpdatedAt.After(s.UpdatedAt) {
		s.UpdatedAt = w.UpdatedAt
	}
	// What a browser says of money and parcels nobody believes.
	if !w.Unsigned {
		for i := range w.Shipments {
			s.takeShipment(&w.Shipments[i], func(string) Clock { return at })
		}
		for _, r := range w.Refunds {
			s.takeRefund(r, at)
		}
		for _, r := range w.Returns {
			s.takeReturn(r, at)
		}
	}
	s.sort()
	return was != encoded(s.Order) || wasClocks != encoded(s.clocks)
}

// Absorb takes in all words that another state has taken, which turns out to be of
// the same order: the state is the same as if all had been taken here.
func (s *OrderState) Absorb(o *OrderState) {
	for _, f := range orderFields {
		if at := o.clocks[f.name]; !at.At.IsZero() && s.clocks.take(f.name, at, f.value(&s.Order), f.value(&o.Order)) {
			f.set(&s.Order, &o.Order)
		}
	}
	if s.clocks["placedAt"].At.IsZero() && o.PlacedAt.Before(s.PlacedAt) {
		s.PlacedAt = o.PlacedAt
	}
	if o.UpdatedAt.After(s.UpdatedAt) {
		s.UpdatedAt = o.UpdatedAt
	}
	for i := range o.Shipments {
		s.takeShipment(&o.Shipments[i], func(field string) Clock { return o.clocks[field] })
	}
	for _, r := range o.Refunds {
		s.takeRefund(r, o.clocks["refund/"+r.ExternalID])
	}
	for _, r := range o.Returns {
		s.takeReturn(r, o.clocks["return/"+r.ExternalID])
	}
	s.sort()
}

func (s *OrderState) takeRefund(r Refund, at Clock) {
	s.Refunds = takeElement(s.clocks, "refund/"+r.ExternalID, at, s.Refunds, r, func(x Refund) bool { return x.ExternalID == r.ExternalID })
}

func (s *OrderState) takeReturn(r Return, at Clock) {
	r.Items = orNone(r.Items)
	s.Returns = takeElement(s.clocks, "return/"+r.ExternalID, at, s.Returns, r, func(x Return) bool { return x.ExternalID == r.ExternalID })
}

// takeElement adds what is known by an id, or brings it up to date.
func takeElement[T any](c clocks, field string, at Clock, list []T, is T, same func(T) bool) []T {
	i := slices.IndexFunc(list, same)
	if i < 0 {
		c[field] = at
		return append(slices.Clone(list), is)
	}
	if c.take(field, at, list[i], is) {
		list = slices.Clone(list)
		list[i] = is
	}
	return list
}

// takeShipment takes in a word on a parcel; clock is of each field by its name.
func (s *OrderState) takeShipment(w *Shipment, clock func(field string) Clock) {
	key := w.key()
	if key == "" {
		return
	}
	i := slices.IndexFunc(s.Shipments, func(x Shipment) bool { return x.key() == key })
	s.Shipments = slices.Clone(s.Shipments)
	if i < 0 {
		i = len(s.Shipments)
		s.Shipments = append(s.Shipments, Shipment{ExternalID: w.ExternalID})
		if w.ExternalID == "" {
			s.Shipments[i].Tracking = w.Tracking
		}
	}
	have := &s.Shipments[i]
	// What is empty isn't said: an event alone says nothing of its carrier.
	takes := func(name string, was, is any) bool {
		field := "shipment/" + key + "/" + name
		return s.clocks.take(field, clock(field), was, is)
	}
	if w.Carrier != "" && takes("carrier", have.Carrier, w.Carrier) {
		have.Carrier = w.Carrier
	}
	if w.Tracking != "" && takes("tracking", have.Tracking, w.Tracking) {
		have.Tracking, have.TrackingKey = w.Tracking, w.TrackingKey
	}
	if w.URL != "" && takes("url", have.URL, w.URL) {
		have.URL = w.URL
	}
	if w.ShippedAt != nil && takes("shippedAt", have.ShippedAt, w.ShippedAt) {
		have.ShippedAt = w.ShippedAt
	}
	have.advance(w.Status, w.At)
	for _, e := range w.Events {
		have.take(e)
	}
}

var parcelSteps = []string{"", "label", "in_transit", "out_for_delivery", "exception", "delivered"}

// advance moves a parcel on: an older status changes nothing, and of two of one
// time the later step holds.
func (s *Shipment) advance(status string, at time.Time) {
	if status == "" {
		return
	}
	if order := cmp.Or(at.Compare(s.At), cmp.Compare(slices.Index(parcelSteps, status), slices.Index(parcelSteps, s.Status))); order > 0 {
		s.Status, s.At = status, at
	}
}

func (e *ShipmentEvent) key() string {
	if e.ExternalID != "" {
		return "id:" + e.ExternalID
	}
	return strconv.FormatInt(e.At.UnixMicro(), 36) + "/" + e.Status + "/" + e.Place + "/" + e.Text
}

// take adds an event once. Of two that bear one id the larger is kept.
func (s *Shipment) take(e ShipmentEvent) {
	i := slices.IndexFunc(s.Events, func(x ShipmentEvent) bool { return x.key() == e.key() })
	s.Events = slices.Clone(s.Events)
	switch {
	case i < 0:
		s.Events = append(s.Events, e)
	case encoded(s.Events[i]) < encoded(e):
		s.Events[i] = e
	}
	s.advance(e.Status, e.At)
}

var partyRoles = []string{"buyer", "recipient", "billing"}

func (s *OrderState) sort() {
	slices.SortFunc(s.Parties, func(a, b OrderParty) int {
		return cmp.Compare(slices.Index(partyRoles, a.Role), slices.Index(partyRoles, b.Role))
	})
	slices.SortStableFunc(s.Shipments, func(a, b Shipment) int { return cmp.Compare(a.key(), b.key()) })
	for i := range s.Shipments {
		slices.SortFunc(s.Shipments[i].Events, func(a, b ShipmentEvent) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.key(), b.key())) })
	}
	slices.SortFunc(s.Refunds, func(a, b Refund) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ExternalID, b.ExternalID)) })
	slices.SortFunc(s.Returns, func(a, b Return) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ExternalID, b.ExternalID)) })
}

// SaidJSON is what must be kept besides the order's own fields, and its words'
// statuses where others follow from refunds. It is small for an order that only
// whole words told of.
func (s *OrderState) SaidJSON() ([]byte, error) {
	said := said{Clocks: clocks{}, Status: s.Status, Financial: s.FinancialStatus, Number: s.Number, Problems: s.Problems}
	for f, usual := range s.usualClocks() {
		if c := s.clocks[f]; c.compare(usual) != 0 {
			said.Clocks[f] = c
		}
	}
	return json.Marshal(said)
}

type said struct {
	Clocks    clocks   `json:"clocks,omitempty"`
	Status    string   `json:"status,omitempty"`
	Financial string   `json:"financialStatus,omitempty"`
	Number    string   `json:"number,omitempty"`
	Problems  []string `json:"problems,omitempty"`
}

// usualClocks are all fields of s with the clock that needs no keeping: the
// newest word's, or none for what is empty and was then not said.
func (s *OrderState) usualClocks() clocks {
	all, newest := clocks{}, Clock{At: s.UpdatedAt}
	for _, f := range orderFields {
		all[f.name] = newest
	}
	for i := range s.Shipments {
		p := &s.Shipments[i]
		if p.key() == "" {
			continue
		}
		for name, empty := range map[string]bool{
			"carrier": p.Carrier == "", "tracking": p.Tracking == "", "url": p.URL == "", "shippedAt": p.ShippedAt == nil,
		} {
			if all["shipment/"+p.key()+"/"+name] = newest; empty {
				all["shipment/"+p.key()+"/"+name] = Clock{}
			}
		}
	}
	for _, r := range s.Refunds {
		all["refund/"+r.ExternalID] = newest
	}
	for _, r := range s.Returns {
		all["return/"+r.ExternalID] = newest
	}
	return all
}

// RestoreOrder is the state of an order as it was stored, with its SaidJSON;
// empty for an order that was written without.
func RestoreOrder(o Order, saidJSON []byte) (*OrderState, error) {
	s := &OrderState{Order: o}
	var kept said
	if len(saidJSON) > 0 {
		if err := json.Unmarshal(saidJSON, &kept); err != nil {
			return nil, fmt.Errorf("restore order %s: %w", o.ID, err)
		}
		s.Status, s.FinancialStatus, s.Number, s.Problems = kept.Status, kept.Financial, kept.Number, kept.Problems
	}
	if s.LooseKey != "" && s.Number == "" {
		s.NumberKey = "" // it was looked up by its id
	}
	s.clocks = s.usualClocks()
	maps.Copy(s.clocks, kept.Clocks)
	return s, nil
}
