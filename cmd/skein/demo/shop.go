package demo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"skein/inbox"
)

const (
	customerCount = 300
	orderCount    = 700
	firstOrder    = 20400
	historyDays   = 90
)

// A Customer of the made-up shop.
type Customer struct {
	inbox.CustomerRecord
	Given  string
	Lang   string // that they write in
	Client string // their mail program, see clients
	Other  string // an address that they write from too, and the shop doesn't know; mostly ""
	Orders []*inbox.Order
}

// A Shop is made of its seed and birth alone: the same in every process.
type Shop struct {
	Customers []*Customer
	Orders    []*inbox.Order // by number
	Products  []inbox.Product
	Doubles   []*Customer // who write from two addresses
	at        time.Time
	seed      uint64
	byEmail   map[string]*Customer
}

// NewShop makes the shop as it stands at the instant at.
func NewShop(seed uint64, at time.Time) *Shop {
	s := &Shop{at: at, seed: seed, byEmail: map[string]*Customer{}}
	r := newRand(seed, 1)
	for i := range customerCount {
		s.Customers = append(s.Customers, s.newCustomer(r, i))
	}
	placed := make([]time.Time, orderCount)
	for i := range placed {
		placed[i] = at.Add(-time.Duration(r.Int64N(int64(150 * 24 * time.Hour)))).Truncate(time.Second)
	}
	slices.SortFunc(placed, time.Time.Compare)
	for i := range placed {
		// A few buy often, most once or twice.
		c := s.Customers[min(r.IntN(customerCount), r.IntN(customerCount))]
		if i < customerCount {
			c = s.Customers[i]
		}
		o := newOrder(r, firstOrder+i*3+r.IntN(3), c, placed[i], at)
		c.Orders = append(c.Orders, o)
		s.Orders = append(s.Orders, o)
	}
	s.furnish()
	return s
}

func (s *Shop) newCustomer(r *rand.Rand, i int) *Customer {
	pick := r.IntN(100)
	group := peopleNames[0]
	for _, g := range peopleNames {
		if pick < g.share {
			group = g
			break
		}
		pick -= g.share
	}
	given, last := oneOf(r, group.given), oneOf(r, group.last)
	name := given + " " + last
	if group.lang == "ja" {
		name = last + " " + given
	}
	local := ascii(given) + oneOf(r, []string{".", "_", "-"}) + ascii(last)
	if r.IntN(3) == 0 {
		local = ascii(given)[:1] + ascii(last)
	}
	email := local + "@" + oneOf(r, mailDomains)
	if s.byEmail[email] != nil {
		email = fmt.Sprintf("%s%d@%s", local, 1960+i%45, oneOf(r, mailDomains))
		for n := 2; s.byEmail[email] != nil; n++ {
			email = fmt.Sprintf("%s%d.%d@%s", local, i, n, oneOf(r, mailDomains))
		}
	}
	c := &Customer{Given: given, Lang: group.lang, Client: oneOf(r, []string{"gmail", "gmail", "apple", "iphone", "iphone", "outlook", "outlook", "thunderbird", "plain"})}
	c.CustomerRecord = inbox.CustomerRecord{
		Store: string(StoreID), ExternalID: fmt.Sprintf("C%05d", 3100+i*7), Email: email, Name: name,
		Locale: group.lang, UpdatedAt: s.at.AddDate(0, 0, -1-r.IntN(200)),
	}
	if r.IntN(3) > 0 {
		c.Phone = fmt.Sprintf("+44 7700 900%03d", r.IntN(1000)) // Ofcom's numbers for fiction
	}
	s.byEmail[email] = c
	return c
}

// ascii is a name as an address spells it.
func ascii(s string) string {
	if l, ok := latin[s]; ok {
		return l
	}
	s = strings.NewReplacer("ß", "ss", "ı", "i", "ä", "ae", "ö", "oe", "ü", "ue", "Ä", "ae", "Ö", "oe", "Ü", "ue", "ø", "o").Replace(s)
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		if r < unicode.MaxASCII && unicode.IsLetter(r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

func newOrder(r *rand.Rand, number int, c *Customer, placed, now time.Time) *inbox.Order {
	o := &inbox.Order{
		ID: "", Store: string(StoreID), ExternalID: fmt.Sprintf("O%06d", 500000+number), Number: fmt.Sprintf("HP-%d", number),
		Email: c.Email, Currency: "EUR", PlacedAt: placed, UpdatedAt: placed, Items: []inbox.Item{}, Shipments: []inbox.Shipment{},
	}
	for range 1 + min(r.IntN(3), r.IntN(4)) {
		p := oneOf(r, catalogue)
		item := inbox.Item{SKU: p.sku, Title: p.title, Quantity: 1, Price: p.price}
		if len(p.variants) > 0 {
			item.Variant = oneOf(r, p.variants)
		}
		if p.price < 4000 {
			item.Quantity = 1 + r.IntN(3)
		}
		o.Items = append(o.Items, item)
		o.Total += item.Price * int64(item.Quantity)
	}
	if o.Total < 7500 {
		o.Total += 590 // postage
	}
	age := now.Sub(placed)
	step := func(status string, after time.Duration) {
		o.Status, o.UpdatedAt = status, placed.Add(after)
	}
	switch luck := r.IntN(100); {
	case age < 3*time.Hour:
		step("paid", 5*time.Minute)
	case luck < 3:
		step("cancelled", 2*time.Hour)
	case age < 30*time.Hour:
		step("processing", 3*time.Hour)
	default:
		shipped := placed.Add(26*time.Hour + time.Duration(r.IntN(180))*time.Minute)
		sh := inbox.Shipment{Status: "in_transit", ShippedAt: &shipped, At: shipped}
		sh.Carrier, sh.Tracking = tracking(r)
		step("fulfilled", shipped.Sub(placed))
		travel := time.Duration(40+r.IntN(90)) * time.Hour
		switch arrives := shipped.Add(travel); {
		case luck < 6 && age > 6*24*time.Hour:
			sh.Status, sh.At = "exception", shipped.Add(60*time.Hour)
		case arrives.Before(now):
			sh.Status, sh.At = "delivered", arrives
			step("delivered", arrives.Sub(placed))
			if luck < 11 && age > 20*24*time.Hour {
				step("refunded", arrives.Sub(placed)+8*24*time.Hour)
			}
		case arrives.Add(-10 * time.Hour).Before(now):
			sh.Status, sh.At = "out_for_delivery", arrives.Add(-10*time.Hour)
		}
		o.Shipments = append(o.Shipments, sh)
	}
	return o
}

// tracking makes a number that passes its carrier's check digit.
func tracking(r *rand.Rand) (carrier, number string) {
	digits := func(n int) []int {
		d := make([]int, n)
		for i := range d {
			d[i] = r.IntN(10)
		}
		return d
	}
	text := func(d []int) string {
		var b strings.Builder
		for _, x := range d {
			b.WriteByte(byte('0' + x))
		}
		return b.String()
	}
	switch r.IntN(4) {
	case 0: // SSCC-18 with the German prefix, GS1 check digit
		d := append([]int{0, 0, 3, 4, 0, 4, 3, 4}, digits(11)...)
		sum := 0
		for i := len(d) - 1; i >= 0; i-- {
			sum += d[i] * (1 + 2*((len(d)-i)%2))
		}
		return "DHL", text(d) + fmt.Sprint((10-sum%10)%10)
	case 1: // 1Z, the check digit of UPS: doubled at even places
		d := digits(15)
		sum := 0
		for i, x := range d {
			sum += x * (1 + i%2)
		}
		return "UPS", "1Z" + text(d) + fmt.Sprint((10-sum%10)%10)
	case 2: // S10 of the Universal Postal Union
		d := digits(8)
		sum := 0
		for i, w := range []int{8, 6, 4, 2, 3, 5, 9, 7} {
			sum += d[i] * w
		}
		check := 11 - sum%11
		switch check {
		case 10:
			check = 0
		case 11:
			check = 5
		}
		return "La Poste", "LP" + text(d) + fmt.Sprint(check) + "FR"
	default:
		return "DPD", "0" + text(digits(13))
	}
}

// ByEmail finds a customer by either address, or nil.
func (s *Shop) ByEmail(address string) *Customer { return s.byEmail[strings.ToLower(address)] }

// ByOrder finds an order by its number, with or without the prefix, and its
// customer; nil when there is none.
func (s *Shop) ByOrder(number string) (*inbox.Order, *Customer) {
	want := strings.TrimPrefix(strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(number)), "#"), "HP-")
	for _, o := range s.Orders {
		if o.Number == "HP-"+want {
			return o, s.byEmail[o.Email]
		}
	}
	return nil, nil
}

func oneOf[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }
