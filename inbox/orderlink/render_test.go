package orderlink

import (
	"strings"
	"testing"

	"skein/inbox"
)

// A reply is filled in from the linked order alone, and refuses by the
// variable's name when there is none or it may not leave.
func TestRender(t *testing.T) {
	t.Parallel()
	o := testOrder("#1001", "ann", "fulfilled", "Tea Kettle|red / 1 l", "Mug {{customer.name}}")
	o.Items[1].Quantity, o.Total, o.Currency = 2, 4990, "EUR"
	o.Shipments = []inbox.Shipment{{Carrier: "dhl", Tracking: "OLD", At: noon}, {Carrier: "ups", Tracking: "1Z1", Status: "in_transit", At: noon.Add(1)}, {Carrier: "none", At: noon.Add(2)}}
	o.Parties = []inbox.OrderParty{{Role: "buyer", Email: "ann@x.example", Phone: "+4930123"}, {Role: "recipient", Email: "bob@x.example"}}
	bare := testOrder("#2", "ann", "pending")
	link := func(o *inbox.LinkOrder, s inbox.LinkState) *inbox.OrderLink {
		return &inbox.OrderLink{OrderID: o.ID, Order: &o.Order, State: s, Meant: true}
	}
	proven := Letter{Link: link(&o, inbox.Linked), Order: &o, Customer: "Ann", Recipients: []string{"ann@x.example"}}
	for _, tc := range []struct {
		name, template string
		letter         Letter
		want, refused  string
	}{
		{"all", "Dear {{customer.name}}, {{order.number}} is {{ order.status }}: {{order.items}}, {{order.total}}, of {{order.date}}.", proven, "Dear Ann, #1001 is fulfilled: Tea Kettle (red / 1 l), 2 × Mug {{customer.name}}, 49.90 EUR, of 2024-05-01.", ""},
		{"newest parcel with a number", "{{shipment.carrier}} {{shipment.tracking}} {{shipment.status}}", proven, "ups 1Z1 in transit", ""},
		{"no variable", "Thanks { } {{ }} {{order}", Letter{}, "Thanks { } {{ }} {{order}", ""},
		{"customer only", "Dear {{customer.name}}", Letter{Customer: "Ann"}, "Dear Ann", ""},
		{"customer without a name", "Dear {{customer.name}}", Letter{}, "", "{{customer.name}}"},
		{"no such variable", "{{order.secret}}", proven, "", "{{order.secret}}"},
		{"no link", "{{order.number}}", Letter{Order: &o}, "", "{{order.number}}"},
		{"suggested", "{{order.number}}", Letter{Link: link(&o, inbox.LinkSuggested), Order: &o, Recipients: proven.Recipients}, "", "{{order.number}}"},
		{"recipient", "{{order.total}}", Letter{Link: link(&o, inbox.LinkRecipient), Order: &o, Recipients: []string{"bob@x.example"}}, "", "{{order.total}}"},
		{"claimed", "{{order.total}}", Letter{Link: &inbox.OrderLink{State: inbox.LinkClaimed, ClaimID: "c"}, Order: &o}, "", "{{order.total}}"},
		{"rejected", "{{order.total}}", Letter{Link: link(&o, inbox.LinkRejected), Order: &o}, "", "{{order.total}}"},
		{"another order's parties", "{{order.total}}", Letter{Link: link(&o, inbox.LinkUnproven), Order: &bare, Recipients: proven.Recipients}, "", "{{order.total}}"},
		{"not proven, to the buyer", "{{order.number}}", Letter{Link: link(&o, inbox.LinkUnproven), Order: &o, Recipients: proven.Recipients}, "#1001", ""},
		{"not proven, to buyer and recipient", "{{order.number}}", Letter{Link: link(&o, inbox.LinkUnproven), Order: &o, Recipients: []string{"+4930123", "bob@x.example"}}, "#1001", ""},
		{"not proven, and to somebody else", "{{order.number}}", Letter{Link: link(&o, inbox.LinkUnproven), Order: &o, Recipients: []string{"ann@x.example", "eve@x.example"}}, "", "{{order.number}}"},
		{"not proven, to nobody", "{{order.number}}", Letter{Link: link(&o, inbox.LinkUnproven), Order: &o}, "", "{{order.number}}"},
		{"not proven, to an empty address", "{{order.number}}", Letter{Link: link(&o, inbox.LinkUnproven), Order: &o, Recipients: []string{""}}, "", "{{order.number}}"},
		{"where everybody reads", "{{order.total}}", Letter{Link: link(&o, inbox.Linked), Order: &o, Recipients: proven.Recipients, Public: true}, "", "{{order.total}}"},
		{"nothing to say", "It goes by {{shipment.tracking}}", Letter{Link: link(&bare, inbox.Linked), Order: &bare}, "", "{{shipment.tracking}}"},
	} {
		got, err := Render(tc.template, &tc.letter)
		switch {
		case tc.refused == "" && (err != nil || got != tc.want):
			t.Errorf("%s: %q, %v, want %q", tc.name, got, err, tc.want)
		case tc.refused != "" && (err == nil || got != "" || !strings.Contains(err.Error(), tc.refused) || inbox.CodeOf(err) == ""):
			t.Errorf("%s: %q, %v, want it refused because of %s", tc.name, got, err, tc.refused)
		}
	}
}

// An amount has its currency's decimals.
func TestAmount(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		minor    int64
		currency string
		want     string
	}{
		{4990, "EUR", "49.90 EUR"}, {5, "usd", "0.05 USD"}, {0, "EUR", "0.00 EUR"}, {-1250, "EUR", "-12.50 EUR"}, {4800, "JPY", "4800 JPY"},
		{1234, "KWD", "1.234 KWD"}, {-7, "BHD", "-0.007 BHD"}, {100, "", "1.00"}, {-9223372036854775808, "EUR", "-92233720368547758.08 EUR"},
	} {
		if got := Amount(tc.minor, tc.currency); got != tc.want {
			t.Errorf("Amount(%d, %q) = %q, want %q", tc.minor, tc.currency, got, tc.want)
		}
	}
}

// Whatever a template says, without a linked order nothing of one is written.
func FuzzRender(f *testing.F) {
	for _, s := range []string{"{{order.number}}", "{{ {{order.total}} }}", "{{customer.name}}{{", "{{order.number", "{{\u200border.number}}"} {
		f.Add(s)
	}
	o := testOrder("#S3CRET", "ann", "s3cret", "S3cret")
	f.Fuzz(func(t *testing.T, template string) {
		got, err := Render(template, &Letter{Link: &inbox.OrderLink{OrderID: o.ID, Order: &o.Order, State: inbox.LinkUnproven}, Order: &o, Customer: "Ann", Recipients: []string{"eve@x.example"}})
		if err == nil && strings.Count(strings.ToLower(got), "s3cret") > strings.Count(strings.ToLower(template), "s3cret") {
			t.Errorf("Render(%q) = %q", template, got)
		}
		if err != nil && inbox.CodeOf(err) == "" {
			t.Errorf("Render(%q): %v", template, err)
		}
	})
}
