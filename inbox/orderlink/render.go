package orderlink

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"skein/inbox"
)

// MayLeave reports whether an order's data may go to everybody whom a reply
// goes to, whoever asked: each is an address on that order, as a matching key.
// To nobody, nothing goes.
func MayLeave(order *inbox.LinkOrder, recipients []string) bool {
	if order == nil || len(recipients) == 0 {
		return false
	}
	for _, key := range recipients {
		if key == "" || !slices.ContainsFunc(order.Parties, func(p inbox.OrderParty) bool { return p.Email == key || p.Phone == key }) {
			return false
		}
	}
	return true
}

// A Letter is what a template's variables are filled from.
type Letter = inbox.Letter

var variable = regexp.MustCompile(`\{\{\s*([A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*)\s*\}\}`)

// variables are filled in from an order, or from nothing but the customer.
var variables = map[string]func(o *inbox.Order) string{
	"order.number":      func(o *inbox.Order) string { return o.Number },
	"order.status":      func(o *inbox.Order) string { return o.Status },
	"order.date":        func(o *inbox.Order) string { return day(o.PlacedAt) },
	"order.total":       func(o *inbox.Order) string { return Amount(o.Total, o.Currency) },
	"order.items":       items,
	"shipment.carrier":  func(o *inbox.Order) string { return shipment(o).Carrier },
	"shipment.tracking": func(o *inbox.Order) string { return shipment(o).Tracking },
	"shipment.status":   func(o *inbox.Order) string { return strings.ReplaceAll(shipment(o).Status, "_", " ") },
}

const customerName = "customer.name"

// Variables are the names of all that [Render] fills in.
func Variables() []string {
	names := []string{customerName}
	for name := range variables {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Render fills in a template's variables, such as {{order.number}}: the order's
// are those of the meant order, if it is linked, or linked to a sender who is
// not proven and going to none but the addresses on it. It refuses with an
// [inbox.Error] that names the variable when there is nothing to fill in, or
// nothing that may leave. What is filled in is not read again.
func Render(template string, letter *Letter) (string, error) {
	var b strings.Builder
	at := 0
	for _, m := range variable.FindAllStringSubmatchIndex(template, -1) {
		value, err := valueOf(letter, template[m[2]:m[3]])
		if err != nil {
			return "", err
		}
		b.WriteString(template[at:m[0]])
		b.WriteString(value)
		at = m[1]
	}
	b.WriteString(template[at:])
	return b.String(), nil
}

// Check refuses a template with a variable that there is none of.
func Check(template string) error {
	for _, m := range variable.FindAllStringSubmatch(template, -1) {
		if _, ok := variables[m[1]]; !ok && m[1] != customerName {
			return unknown(m[1])
		}
	}
	return nil
}

func unknown(name string) error {
	return refuse(inbox.Invalid, name, "there is no such variable; there are "+strings.Join(Variables(), ", "))
}

func valueOf(l *Letter, name string) (string, error) {
	if name == customerName {
		if strings.TrimSpace(l.Customer) == "" {
			return "", refuse(inbox.Conflict, name, "the customer's name isn't known")
		}
		return l.Customer, nil
	}
	of, ok := variables[name]
	if !ok {
		return "", unknown(name)
	}
	order, why := writable(l)
	if order == nil {
		return "", refuse(inbox.Conflict, name, why)
	}
	value := of(order)
	if value == "" {
		return "", refuse(inbox.Conflict, name, "the linked order doesn't say")
	}
	return value, nil
}

func refuse(code inbox.Code, name, why string) error {
	return &inbox.Error{Code: code, Message: fmt.Sprintf("{{%s}} can't be filled in: %s", name, why)}
}

// writable returns the order that may be written of, or nil and why there is none.
func writable(l *Letter) (*inbox.Order, string) {
	const none = "no order is linked to this conversation"
	if l.Link == nil || l.Link.OrderID == "" || l.Order != nil && l.Order.ID != l.Link.OrderID {
		return nil, none
	}
	order := l.Link.Order
	if l.Order != nil {
		order = &l.Order.Order
	}
	switch {
	case order == nil:
		return nil, none
	case l.Public:
		return nil, "the answer stands beside a public comment, where everybody could read it"
	case l.Link.State == inbox.Linked:
		return order, ""
	case l.Link.State == inbox.LinkUnproven && MayLeave(l.Order, l.Recipients):
		return order, ""
	case l.Link.State == inbox.LinkUnproven:
		return nil, "the sender is not proven, and it goes to an address that is not on the order: verify them first"
	}
	return nil, none
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

func items(o *inbox.Order) string {
	var list []string
	for _, i := range o.Items {
		text := i.Title
		if i.Variant != "" {
			text += " (" + i.Variant + ")"
		}
		if i.Quantity > 1 {
			text = strconv.Itoa(i.Quantity) + " × " + text
		}
		list = append(list, text)
	}
	return strings.Join(list, ", ")
}

// shipment is the newest parcel that has a number, or else the newest.
func shipment(o *inbox.Order) inbox.Shipment {
	var best inbox.Shipment
	for i, s := range o.Shipments {
		if i == 0 || (s.Tracking != "") != (best.Tracking != "") && s.Tracking != "" || (s.Tracking != "") == (best.Tracking != "") && s.At.After(best.At) {
			best = s
		}
	}
	return best
}

// Amount is an amount in minor units with its currency's decimals (ISO 4217).
func Amount(minor int64, currency string) string {
	places, ok := exponents[strings.ToUpper(currency)]
	if !ok {
		places = 2
	}
	sign := ""
	digits := strconv.FormatInt(minor, 10)
	if minor < 0 {
		sign, digits = "-", digits[1:]
	}
	if places > 0 {
		if short := places + 1 - len(digits); short > 0 {
			digits = strings.Repeat("0", short) + digits
		}
		digits = digits[:len(digits)-places] + "." + digits[len(digits)-places:]
	}
	return strings.TrimSpace(sign + digits + " " + strings.ToUpper(currency))
}

// hundredths is an amount in minor units as hundredths of the currency.
func hundredths(minor int64, currency string) int64 {
	switch places, ok := exponents[strings.ToUpper(currency)]; {
	case !ok:
		return minor
	case places == 0:
		return minor * 100
	default:
		for ; places > 2; places-- {
			minor /= 10
		}
		return minor
	}
}

// exponents are the decimals of currencies that don't have two.
var exponents = func() map[string]int {
	m := map[string]int{}
	for places, codes := range map[int]string{
		0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
		3: "BHD IQD JOD KWD LYD OMR TND",
		4: "CLF UYW",
	} {
		for code := range strings.FieldsSeq(codes) {
			m[code] = places
		}
	}
	return m
}()
