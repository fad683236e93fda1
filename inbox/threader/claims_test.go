package threader

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/connectors"
	"skein/inbox"
)

// What is said of somebody counts as far as the account may vouch for it: of
// its own kinds, up to its highest proof, for its own sender and never for us.
func TestClaims(t *testing.T) {
	at := time.Unix(1.7e9, 0).UTC()
	chat := inbox.Account{ID: "chat", Channel: inbox.Chat, MaxProof: inbox.Signed, Region: "AT"}
	weak := inbox.Account{ID: "chat", Channel: inbox.Chat, MaxProof: inbox.Proven, Kinds: []inbox.IdentityKind{inbox.ChatVisitor}}
	mailbox := inbox.Account{ID: "chat", Channel: inbox.Email, MaxProof: inbox.Proven, Address: "other@shop.example"}
	shop := inbox.Account{ID: "chat", Channel: inbox.Shop, MaxProof: inbox.Proven, Region: "AT"}
	said := []connectors.Claim{
		{Field: inbox.ClaimEmail, Value: " Ann@X.example ", Proof: inbox.Signed},
		{Field: inbox.ClaimPhone, Value: "0664 1234567", Proof: inbox.Claimed},
		{Field: inbox.ClaimEmail, Value: "support@shop.example", Proof: inbox.Signed},
		{Field: "shoe", Value: "42", Proof: inbox.Signed},
		{Field: inbox.ClaimName, Value: " ", Proof: inbox.Signed},
	}
	visitor := connectors.Inbound{
		Kind: connectors.KindMessage, ProviderAt: at, Message: &connectors.Message{},
		Sender: connectors.Sender{Kind: inbox.ChatVisitor, Address: "v1", Name: "Ann", Proof: inbox.Signed, Claims: said,
			Consents: []inbox.Consent{{Purpose: "tracking", Granted: true}, {Granted: true}}},
	}
	spam := visitor
	spam.Message = &connectors.Message{Spam: true}
	ours := visitor
	ours.Sender.Kind, ours.Sender.Address, ours.Sender.Proof = inbox.EmailAddress, "support@shop.example", inbox.Proven
	ours.Message = &connectors.Message{To: []inbox.Party{{Address: "bob@x.example", Name: "Bob"}}}
	record := connectors.Inbound{Kind: connectors.KindCustomer, Sender: connectors.Sender{Kind: inbox.ShopAccount, Proof: inbox.Signed},
		Customer: &inbox.CustomerRecord{Store: "s", ExternalID: "gid://7", Email: "ann@x.example", Phone: "0151 23456789", Birthday: "1990-04-01", UpdatedAt: at,
			Address:  &inbox.Address{Lines: []string{"Elm St 1"}, Postcode: "10115", City: "Berlin", Country: "de"},
			Consents: []inbox.Consent{{Purpose: "email_marketing", Granted: true, At: at.Add(-time.Hour)}}}}
	order := connectors.Inbound{Kind: connectors.KindOrder, Sender: connectors.Sender{Proof: inbox.Proven},
		Order: &inbox.Order{Store: "s", ExternalID: "1", Number: "1", Email: "ann@x.example", CustomerExternalID: "gid://7", Currency: "EUR", Status: "paid", UpdatedAt: at}}
	guest := order
	copied := *order.Order
	copied.CustomerExternalID, guest.Order = "", &copied

	type want struct {
		identity string
		proof    inbox.Proof // of the identity
		claims   []inbox.Claim
		consents []inbox.Consent
	}
	claim := func(f inbox.ClaimField, s inbox.ClaimSource, value, key string, p inbox.Proof) inbox.Claim {
		return inbox.Claim{Field: f, Source: s, Value: value, Key: key, Proof: p, At: at}
	}
	ch, sh := inbox.FromChannel, inbox.FromShop
	tracking := []inbox.Consent{{Purpose: "tracking", Granted: true, Source: "chat", At: at}}
	for _, c := range []struct {
		name    string
		account inbox.Account
		in      connectors.Inbound
		want    want
	}{
		{"a visitor with the shop's token", chat, visitor, want{"visitor v1", inbox.Signed, []inbox.Claim{
			claim(inbox.ClaimName, ch, "Ann", "", inbox.Signed), claim(inbox.ClaimEmail, ch, "Ann@X.example", "ann@x.example", inbox.Signed),
			claim(inbox.ClaimPhone, ch, "0664 1234567", "+436641234567", inbox.Claimed)}, tracking}},
		{"an account that may vouch for visitors alone", weak, visitor, want{"visitor v1", inbox.Proven, []inbox.Claim{
			claim(inbox.ClaimName, ch, "Ann", "", inbox.Proven), claim(inbox.ClaimEmail, ch, "Ann@X.example", "ann@x.example", inbox.Claimed),
			claim(inbox.ClaimPhone, ch, "0664 1234567", "", inbox.Claimed)}, tracking}},
		{"a mailbox knows no visitors", mailbox, visitor, want{"visitor v1", inbox.Claimed, []inbox.Claim{
			claim(inbox.ClaimName, ch, "Ann", "", inbox.Claimed), claim(inbox.ClaimEmail, ch, "Ann@X.example", "ann@x.example", inbox.Proven),
			claim(inbox.ClaimPhone, ch, "0664 1234567", "", inbox.Claimed)}, tracking}},
		{"spam proves nothing", chat, spam, want{"visitor v1", inbox.Signed, []inbox.Claim{
			claim(inbox.ClaimName, ch, "Ann", "", inbox.Inferred), claim(inbox.ClaimEmail, ch, "Ann@X.example", "ann@x.example", inbox.Inferred),
			claim(inbox.ClaimPhone, ch, "0664 1234567", "+436641234567", inbox.Inferred)}, tracking}},
		{"our own mail says what its recipient is called", mailbox, ours, want{"email bob@x.example", inbox.Proven, []inbox.Claim{
			claim(inbox.ClaimName, ch, "Bob", "", inbox.Inferred)}, nil}},
		{"a shop's record", shop, record, want{"shop s/gid://7", inbox.Proven, []inbox.Claim{
			claim(inbox.ClaimEmail, sh, "ann@x.example", "ann@x.example", inbox.Proven), claim(inbox.ClaimPhone, sh, "0151 23456789", "+4915123456789", inbox.Proven),
			claim(inbox.ClaimAddress, sh, "Elm St 1, 10115 Berlin, de", "", inbox.Proven), claim(inbox.ClaimBirthday, sh, "1990-04-01", "1990-04-01", inbox.Proven)},
			[]inbox.Consent{{Purpose: "email_marketing", Granted: true, Source: "s", At: at.Add(-time.Hour)}}}},
		{"a record by a mailbox", mailbox, record, want{"shop s/gid://7", inbox.Claimed, []inbox.Claim{
			claim(inbox.ClaimEmail, sh, "ann@x.example", "ann@x.example", inbox.Proven), claim(inbox.ClaimPhone, sh, "0151 23456789", "+4915123456789", inbox.Claimed),
			claim(inbox.ClaimAddress, sh, "Elm St 1, 10115 Berlin, de", "", inbox.Claimed), claim(inbox.ClaimBirthday, sh, "1990-04-01", "1990-04-01", inbox.Claimed)},
			[]inbox.Consent{{Purpose: "email_marketing", Granted: true, Source: "s", At: at.Add(-time.Hour)}}}},
		{"an order of an account", shop, order, want{"shop s/gid://7", 0, []inbox.Claim{
			claim(inbox.ClaimEmail, ch, "ann@x.example", "ann@x.example", inbox.Proven)}, nil}},
		{"a guest's order", shop, guest, want{"email ann@x.example", 0, nil, nil}},
	} {
		t.Run(c.name, func(t *testing.T) {
			th, f, _ := newTest(t)
			f.fresh = &c.account
			c.in.Channel, c.in.Account, c.in.EventID = c.account.Channel, "chat", "e"
			data, err := json.Marshal(c.in)
			if err != nil {
				t.Fatal(err)
			}
			item := Item{Data: data, Channel: c.account.Channel, Account: "chat", At: at}
			if err := th.loadAccounts(t.Context(), []Item{item}); err != nil {
				t.Fatal(err)
			}
			p, err := th.prepare(t.Context(), item)
			if err != nil {
				t.Fatal(err)
			}
			r := p.received
			got := want{claims: r.Claims, consents: r.Consents}
			switch {
			case r.Message != nil:
				got.identity, got.proof = string(r.Message.Identity.Kind)+" "+r.Message.Identity.Key, r.Message.Proof
			case r.Customer != nil:
				got.identity, got.proof = string(r.Customer.Identity.Kind)+" "+r.Customer.Identity.Key, r.Customer.Proof
			case r.Order != nil:
				got.identity = string(r.Order.Buyer.Kind) + " " + r.Order.Buyer.Key
			}
			if d := cmp.Diff(c.want, got, cmp.AllowUnexported(want{})); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// A shop's items that name nobody, or whose newer word can't be told, are wrong
// in themselves.
func TestClaimsRefused(t *testing.T) {
	th, _, _ := newTest(t)
	now := time.Now()
	for name, in := range map[string]connectors.Inbound{
		"a store with a slash": {Customer: &inbox.CustomerRecord{Store: "a/b", ExternalID: "1", UpdatedAt: now}},
		"no id":                {Customer: &inbox.CustomerRecord{Store: "a", UpdatedAt: now}},
		"no time":              {Customer: &inbox.CustomerRecord{Store: "a", ExternalID: "1"}},
		"an order of nobody":   {Order: &inbox.Order{Store: "a", ExternalID: "1", Number: "1", UpdatedAt: now}},
	} {
		in.Kind = connectors.KindCustomer
		if in.Order != nil {
			in.Kind = connectors.KindOrder
		}
		_, err := th.prepare(t.Context(), mail("a", func(m *connectors.Inbound) {
			m.Kind, m.Customer, m.Order, m.Message = in.Kind, in.Customer, in.Order, nil
		}))
		if inbox.CodeOf(err) != inbox.Invalid {
			t.Errorf("%s: prepare = %v, want %s", name, err, inbox.Invalid)
		}
	}
}
