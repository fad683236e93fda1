// Package segment reads what shops send by Segment's specification (track,
// identify, page and screen calls, e-commerce events version 2 and the names
// that version 1 had for them): which order, cart, wish list, rating or
// customer a call tells of, and how it shows in a timeline.
//
// It is pure and total: a call that it doesn't know, or a property that can't
// be read, is never an error. The call is kept as it came, and what is wrong
// with it is named. Money goes from decimal text to minor units exactly; what
// is finer than the currency is rounded half to even and flagged.
//
// Only the shop's own backend ([inbox.Track.Signed]) may say who a customer is
// or that money went back: everybody can call from a browser. What a browser
// says of an order holds until the shop says otherwise.
package segment

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"skein/inbox"
)

// Records are what a call tells.
type Records struct {
	Kind  inbox.TrackKind
	Name  string // the event's, verbatim; "" for a page view
	Title string
	URL   string

	// Whose it is: the shop's id first, then what its traits say.
	UserID, Email, Phone, FullName, AnonymousID string

	Order    *inbox.Order
	Cart     *inbox.CartWord // its ExternalID is "" when the call names no cart: then it is the person's own
	Saved    []inbox.SavedItem
	Customer *inbox.CustomerRecord
	Problems []string
}

// aliases are the names of version 1, and of destinations, for events of
// version 2.
var aliases = map[string]string{
	"viewed product category": "product list viewed",
	"clicked product":         "product clicked",
	"viewed product":          "product viewed",
	"added product":           "product added",
	"removed product":         "product removed",
	"viewed cart":             "cart viewed",
	"started checkout":        "checkout started",
	"started order":           "checkout started",
	"updated order":           "order updated",
	"completed order":         "order completed",
	"refunded order":          "order refunded",
	"cancelled order":         "order cancelled",
	"canceled order":          "order cancelled",
	"order canceled":          "order cancelled",
}

// Map reads a call.
func Map(t *inbox.Track) Records {
	c := &call{track: t, properties: object(t.Properties), context: object(t.Context)}
	c.traits = c.context.object("traits")
	for k, v := range object(t.Traits) {
		c.traits[k] = v
	}
	r := &c.Records
	r.UserID, r.AnonymousID = t.UserID, t.AnonymousID
	r.Email, r.Phone = first(c.traits.text("email"), c.properties.text("email")), c.traits.text("phone")
	r.FullName = c.fullName()
	page := c.context.object("page")
	r.URL = first(c.properties.text("url"), page.text("url"))
	switch strings.ToLower(t.Type) {
	case "page", "screen":
		r.Kind = inbox.TrackedPage
		r.Title = first(c.properties.text("title"), t.Name, page.text("title"), c.properties.text("path"), r.URL)
	case "identify":
		c.identify()
	default:
		r.Name = first(t.Event, t.Type)
		r.Kind, r.Title = inbox.TrackedEvent, first(c.properties.text("name"), c.properties.text("title"))
		event := strings.ToLower(strings.Join(strings.Fields(t.Event), " "))
		if v2, ok := aliases[event]; ok {
			event = v2
		}
		if read, ok := events[event]; ok {
			read(c)
		}
	}
	return *r
}

// A call is one being read.
type call struct {
	Records
	track      *inbox.Track
	properties fields
	context    fields
	traits     fields
}

var events = map[string]func(*call){
	"product viewed":                 (*call).looked,
	"product clicked":                (*call).looked,
	"product list viewed":            (*call).lookedAtList,
	"products searched":              (*call).searched,
	"product added":                  func(c *call) { c.changeCart(1) },
	"product removed":                func(c *call) { c.changeCart(-1) },
	"cart viewed":                    (*call).viewedCart,
	"checkout started":               (*call).startedCheckout,
	"order completed":                (*call).completed,
	"order updated":                  (*call).updated,
	"order cancelled":                (*call).cancelled,
	"order refunded":                 (*call).refunded,
	"product added to wishlist":      func(c *call) { c.save(true) },
	"product removed from wishlist":  func(c *call) { c.save(false) },
	"wishlist product added to cart": func(c *call) { c.save(false); c.changeCart(1) },
	"product reviewed":               (*call).reviewed,
}

func (c *call) looked() { c.Kind = inbox.TrackedPage }

func (c *call) lookedAtList() {
	c.Kind, c.Title = inbox.TrackedPage, first(c.Title, c.properties.text("category"), c.properties.text("list_id"))
}

func (c *call) searched() { c.Kind, c.Title = inbox.TrackedPage, c.properties.text("query") }

func (c *call) reviewed() {
	c.Kind = inbox.TrackedRating
	c.Title = first(c.Title, c.properties.text("product_id"), c.properties.text("sku"))
}

// save reads a change of a wish list.
func (c *call) save(saved bool) {
	item := c.item(c.properties, "")
	if item.SKU == "" {
		c.problem("it names no product: neither sku nor product_id")
		return
	}
	c.Saved = append(c.Saved, inbox.SavedItem{
		Store: c.track.Store, SKU: item.SKU, Title: item.Title, URL: item.URL, Saved: saved, At: c.track.At,
	})
}

func (c *call) problem(format string, args ...any) {
	c.Problems = append(c.Problems, fmt.Sprintf(format, args...))
}

// identify reads what the shop's backend says of a customer.
func (c *call) identify() {
	c.Kind, c.Title = inbox.TrackedRecord, ""
	if c.track.UserID == "" || !c.track.Signed {
		return
	}
	address := c.traits.object("address")
	record := &inbox.CustomerRecord{
		Store: c.track.Store, ExternalID: c.track.UserID, UpdatedAt: c.track.At,
		Email: c.Email, Phone: c.Phone, Name: c.FullName, Locale: c.context.text("locale"),
		Company: first(c.traits.object("company").text("name"), c.traits.text("company")),
	}
	if day, _, _ := strings.Cut(c.traits.text("birthday"), "T"); len(day) == len("2006-01-02") {
		record.Birthday = day
	}
	if a := (inbox.Address{
		City: address.text("city"), Region: address.text("state"), Postcode: address.text("postal_code"), Country: address.text("country"),
	}); len(address) > 0 {
		if street := address.text("street"); street != "" {
			a.Lines = strings.Split(street, "\n")
		}
		record.Address = &a
	}
	c.Customer = record
}

func (c *call) fullName() string {
	name := c.traits.text("name")
	if name == "" {
		name = c.traits.text("first_name") + " " + c.traits.text("last_name")
	}
	return strings.TrimSpace(name)
}

// fields are a JSON object. Names are looked up in snake_case and camelCase:
// the specification takes both.
type fields map[string]any

func object(raw []byte) fields {
	f := fields{}
	if len(raw) == 0 {
		return f
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&f); err != nil || f == nil {
		return fields{}
	}
	return f
}

func (f fields) value(name string) any {
	if v, ok := f[name]; ok {
		return v
	}
	return f[camel(name)]
}

func camel(name string) string {
	var b strings.Builder
	up := false
	for _, r := range name {
		if r == '_' {
			up = true
			continue
		}
		if up {
			r = unicode.ToUpper(r)
		}
		up = false
		b.WriteRune(r)
	}
	return b.String()
}

// text is a string or a number as it was written; "" for anything else.
func (f fields) text(name string) string {
	switch v := f.value(name).(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	}
	return ""
}

func (f fields) object(name string) fields {
	if m, ok := f.value(name).(map[string]any); ok {
		return m
	}
	return fields{}
}

// objects are the objects of a list; ok is false where there is no list.
func (f fields) objects(name string) (list []fields, ok bool) {
	all, ok := f.value(name).([]any)
	for _, v := range all {
		if m, is := v.(map[string]any); is {
			list = append(list, m)
		}
	}
	return list, ok
}

// quantity is a whole number of things; ok is false where none is said.
func (c *call) quantity(f fields) (n int, ok bool) {
	text := f.text("quantity")
	if text == "" {
		return 0, false
	}
	whole, fraction, _ := strings.Cut(text, ".")
	n, err := strconv.Atoi(whole)
	if err != nil || strings.Trim(fraction, "0") != "" || n < 0 || n > 1_000_000 {
		c.problem("%.40q is no quantity: taken as 1", text)
		return 1, true
	}
	return n, true
}

func first(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
