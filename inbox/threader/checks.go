package threader

import (
	"slices"
	"strings"
	"time"

	"skein/inbox"
	"skein/inbox/mask"
)

// A check collects what is wrong with a record, and names the first of it.
type check struct {
	what   string // such as "order HP-1"
	at     time.Time
	region string // in which telephone numbers are read
	err    error
}

func (c *check) fail(format string, args ...any) {
	if c.err == nil {
		c.err = invalid("%s: "+format, append([]any{c.what}, args...)...)
	}
}

// id checks what a record is known by: it is compared byte for byte, so nothing
// of it is mended.
func (c *check) id(name, value string, most int) {
	switch {
	case value == "":
		c.fail("it needs %s", name)
	case len(value) > most:
		c.fail("its %s has more than %d characters", name, most)
	case line(value) != value || strings.TrimSpace(value) != value:
		c.fail("its %s has spaces around it, or characters that no id has", name)
	case name == "store" && strings.Contains(value, "/"):
		c.fail("its store has a slash: what comes after one is a customer's id")
	case strings.HasPrefix(value, "/") && name != "sku":
		c.fail("its %s begins with a slash", name)
	}
}

func (c *check) currency(code string, needed bool) string {
	code = strings.ToUpper(strings.TrimSpace(code))
	if _, ok := inbox.MinorDigits(code); !ok && (code != "" || needed) {
		c.fail("its currency %.20q is none of ISO 4217", code)
	}
	return code
}

func (c *check) amounts(named map[string]int64) {
	for name, n := range named {
		if n > inbox.MaxAmount || n < -inbox.MaxAmount {
			c.fail("its %s of %d minor units is more than anything costs", name, n)
		}
	}
}

// oneOf checks a word against those that there are.
func (c *check) oneOf(name, value string, of ...string) {
	if !slices.Contains(of, value) {
		c.fail("its %s %.40q is none of %s", name, value, strings.Join(of, ", "))
	}
}

func (c *check) few(what string, n, most int) {
	if n > most {
		c.fail("it has %d %s: at most %d go with one", n, what, most)
	}
}

// instant is t as the database keeps it. A time that is still to come is now:
// a word from the future would never be followed by a newer one.
func (c *check) instant(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	if t.After(c.at.Add(24 * time.Hour)) {
		t = c.at
	}
	return t.UTC().Truncate(time.Microsecond)
}

// word is the time by which a record's words are told apart.
func (c *check) word(t time.Time) time.Time {
	if t.Year() < 1990 {
		c.fail("it has no updatedAt: which word is newer can't be told")
	}
	return c.instant(t)
}

// link is an address that a browser may be sent to, or "".
func link(s string) string {
	s = line(strings.TrimSpace(s))
	if lower := strings.ToLower(s); strings.HasPrefix(lower, "https://") || strings.HasPrefix(lower, "http://") {
		return s
	}
	return ""
}

// withoutCards is what people wrote, without the numbers of cards in it.
func withoutCards(s string) string {
	s, _ = mask.Cards(s)
	return s
}

func (c *check) items(list []inbox.Item) []inbox.Item {
	c.few("items", len(list), maxItems)
	out := make([]inbox.Item, 0, len(list))
	for _, i := range list {
		if i.Quantity < 0 || i.Quantity > maxCount {
			c.fail("it has %d of an item", i.Quantity)
		}
		c.amounts(map[string]int64{"item's price": i.Price})
		out = append(out, inbox.Item{
			ExternalID: line(i.ExternalID), ProductID: line(i.ProductID), SKU: line(i.SKU), Title: line(i.Title), Variant: line(i.Variant),
			Quantity: i.Quantity, Price: i.Price, Image: link(i.Image), URL: link(i.URL),
		})
	}
	return out
}

func address(a *inbox.Address) *inbox.Address {
	if a == nil {
		return nil
	}
	out := &inbox.Address{City: line(a.City), Region: line(a.Region), Postcode: line(a.Postcode), Country: line(a.Country)}
	for _, l := range a.Lines[:min(len(a.Lines), maxLines)] {
		if l = strings.TrimSpace(line(l)); l != "" {
			out.Lines = append(out.Lines, l)
		}
	}
	if len(out.Lines) == 0 && out.City == "" && out.Region == "" && out.Postcode == "" && out.Country == "" {
		return nil
	}
	return out
}
