package orderlink

import (
	"testing"

	"skein/inbox"
)

// Whoever has the parcel in mind is known by post code and item, however they
// write them; neither alone, nor words that fit anything, are enough.
func TestKnows(t *testing.T) {
	t.Parallel()
	order := &inbox.LinkOrder{Order: inbox.Order{Items: []inbox.Item{
		{SKU: "TR-4410", Title: "Trail Running Shoe", Variant: "Blue / 42"}, {SKU: "9", Title: "Gift card"},
	}}}
	for _, code := range []string{"SW1A 1AA", "", "90210-1234"} {
		order.Parties = append(order.Parties, inbox.OrderParty{Address: &inbox.Address{Postcode: code}}, inbox.OrderParty{})
	}
	for _, c := range []struct {
		postcode, item string
		want           bool
	}{
		{"SW1A 1AA", "trail running shoe", true},
		{"sw1a1aa", "the blue running shoes, size 42", true},
		{"90210", "gift cards", true},
		{"90210-1234", "tr-4410", true},
		{"SW1A 1AA", "gift", true},
		{"SW1A 1AB", "trail running shoe", false},
		{"", "trail running shoe", false},
		{"-", "trail running shoe", false},
		{"SW1A 1AA", "", false},
		{"SW1A 1AA", "my order", false},
		{"SW1A 1AA", "42", false},
		{"SW1A 1AA", "9", false},
		{"SW1A 1AA", "red leather boots and a blue hat", false},
		{"902", "gift card", false},
	} {
		if got := Knows(order, inbox.Proofing{Postcode: c.postcode, Item: c.item}); got != c.want {
			t.Errorf("Knows(%q, %q) = %v, want %v", c.postcode, c.item, got, c.want)
		}
	}
	if Knows(nil, inbox.Proofing{Postcode: "90210", Item: "gift"}) {
		t.Error("no order is known")
	}
}
