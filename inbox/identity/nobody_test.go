package identity

import (
	"testing"

	"skein/inbox"
)

// What a form or a program writes for "none" is nobody's; a person's address
// is the person's, even where it looks plain.
func TestBlocked(t *testing.T) {
	email, phone := inbox.EmailAddress, inbox.PhoneNumber
	for _, c := range []struct {
		kind inbox.IdentityKind
		key  string
		want bool
	}{
		{email, "", true},
		{email, "test@test.com", true},
		{email, "test12@shop.example", true},
		{email, "noreply@shop.example", true},
		{email, "no-reply+42@shop.example", true},
		{email, "noreply-orders@shop.example", true},
		{email, "mailer-daemon@mx.example", true},
		{email, "anonymous-8312@shop.example", true},
		{email, "email@example.com", true},
		{email, "your.email@shop.example", true},
		{email, "ann@noemail.com", true},
		{email, "aaa@aaa.com", true},
		{email, "ann@customers.invalid", true},
		{email, "ann", true},
		{email, "+tag@shop.example", false},
		{email, "ann@example.com", false},
		{email, "info@shop.example", false},
		{email, "contest@shop.example", false},
		{email, "testa.rossa@shop.example", false},
		{email, "email@shop.example", false},
		{email, "ann@test.shop.example", false},
		{phone, "", true},
		{phone, "0000000", true},
		{phone, "+10000000000", true},
		{phone, "+15555555555", true},
		{phone, "+11234567890", true},
		{phone, "112", true},
		{phone, "+442079460018", false},
		{phone, "+4915112345678", false},
		{inbox.SocialUser, "test", false},
		{inbox.ChatVisitor, "", true},
	} {
		if got := Blocked(inbox.IdentityRef{Kind: c.kind, Key: c.key}); got != c.want {
			t.Errorf("Blocked(%s %q) = %t, want %t", c.kind, c.key, got, c.want)
		}
	}
}

// An address that stands for one relation is told from a person's own, by its
// domain and never by a likeness of it.
func TestRelay(t *testing.T) {
	for address, want := range map[string]bool{
		"x1y2z3@marketplace.amazon.de":       true,
		"X1Y2@Marketplace.Amazon.co.uk":      true,
		"a1b2c3@members.ebay.com":            true,
		"a1b2c3@members.ebay.com.au":         true,
		"q8w7@privaterelay.appleid.com":      true,
		"buyer@convos.etsy.com":              true,
		"ann.lee.99@facebook.com":            true,
		"ann@amazon.com":                     false,
		"ann@marketplace.example":            false,
		"ann@notmarketplace.amazon.de":       false,
		"ann@notfacebook.com":                false,
		"privaterelay.appleid.com":           false,
		"marketplace.amazon.de@shop.example": false,
		"":                                   false,
	} {
		if got := Relay(address); got != want {
			t.Errorf("Relay(%q) = %t, want %t", address, got, want)
		}
	}
}
