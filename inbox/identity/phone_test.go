package identity

import (
	"testing"

	"skein/inbox"
)

// A number reads as its region dials it, and one form stands for all.
func TestPhone(t *testing.T) {
	for _, c := range []struct {
		raw, region, e164, extension string
		possible, valid              bool
	}{
		{"+44 20 7946 0018", "", "+442079460018", "", true, true},
		{"020 7946 0018", "GB", "+442079460018", "", true, true},
		{"0044 20 7946 0018", "DE", "+442079460018", "", true, true},
		{"(030) 901820", "de", "+4930901820", "", true, true},
		{"212-555-0187 ext. 12", "US", "+12125550187", "12", true, true},
		{"tel:+1-212-555-0187;ext=12", "", "+12125550187", "12", true, true},
		{"1-800-GO-FEDEX", "US", "+18004633339", "", true, true},
		{"sip:+442079460018@gateway.example;user=phone", "", "+442079460018", "", true, true},
		{"whatsapp:+442079460018", "", "+442079460018", "", true, true},
		{"٠٣٠ ٩٠١٨٢٠", "DE", "+4930901820", "", true, true},
		{"06 6982 1234", "IT", "+390669821234", "", true, true},
		{"911", "US", "+1911", "", false, false},
		{"+266696687", "US", "+266696687", "", false, false},
		{"555-0187", "US", "+15550187", "", true, false},
		{"030 901820", "", "", "", false, false},
		{"anonymous", "US", "", "", false, false},
		{"", "US", "", "", false, false},
		{"+44 20 7946\xff0018", "", "", "", false, false},
	} {
		e164, extension, possible, valid := Phone(c.raw, c.region)
		if e164 != c.e164 || extension != c.extension || possible != c.possible || valid != c.valid {
			t.Errorf("Phone(%q, %q) = %q, %q, possible %t, valid %t; want %q, %q, %t, %t",
				c.raw, c.region, e164, extension, possible, valid, c.e164, c.extension, c.possible, c.valid)
		}
	}
}

// Who calls from a number that tells nobody from others has no key; everybody
// else has one, whatever the channel.
func TestKey(t *testing.T) {
	for _, c := range []struct {
		kind            inbox.IdentityKind
		address, region string
		want            string
	}{
		{inbox.EmailAddress, "Ann@Example.com", "", "ann@example.com"},
		{inbox.PhoneNumber, "212 555 0187 x12", "US", "+12125550187"},
		{inbox.PhoneNumber, "212 555 0187", "", ""},
		{inbox.PhoneNumber, "911", "US", ""},
		{inbox.PhoneNumber, "Anonymous", "US", ""},
		{inbox.PhoneNumber, "Unknown Caller", "US", ""},
		{inbox.PhoneNumber, "No Caller ID", "US", ""},
		{inbox.PhoneNumber, "sip:anonymous@anonymous.invalid", "US", ""},
		{inbox.PhoneNumber, "+266696687", "US", ""},
		{inbox.PhoneNumber, "266696687", "PT", ""},
		{inbox.PhoneNumber, "266696688", "PT", "+351266696688"},
		{inbox.PhoneNumber, "+7378742833", "US", ""},
		{inbox.PhoneNumber, "7748283", "PA", "+5077748283"}, // "private", too short to be told from a number
		{inbox.SocialUser, " US.13491208655302741918 ", "", "US.13491208655302741918"},
		{inbox.ChatVisitor, "v-1", "", "v-1"},
		{inbox.ShopAccount, "main/42", "", "main/42"},
	} {
		if got := Key(c.kind, c.address, c.region); got != c.want {
			t.Errorf("Key(%s, %q, %q) = %q, want %q", c.kind, c.address, c.region, got, c.want)
		}
	}
}

// A number that is read is its own number, wherever it is read next.
func FuzzPhone(f *testing.F) {
	f.Add("020 7946 0018", "GB")
	f.Add("tel:7;phone-context=+44;ext=1", "US")
	f.Add("sip:;@:", "")
	f.Fuzz(func(t *testing.T, raw, region string) {
		e164, _, possible, valid := Phone(raw, region)
		if valid && !possible {
			t.Errorf("Phone(%q, %q) is valid but not possible", raw, region)
		}
		if again, _, _, still := Phone(e164, ""); valid && (again != e164 || !still) {
			t.Errorf("Phone(%q, %q) = %q, which reads as %q, valid %t", raw, region, e164, again, still)
		}
		if key := Key(inbox.PhoneNumber, raw, region); key != "" && key != e164 {
			t.Errorf("Key(%q, %q) = %q, want %q", raw, region, key, e164)
		}
		Blocked(inbox.IdentityRef{Kind: inbox.PhoneNumber, Key: raw})
	})
}

// What a claim is matched by hangs on its field, and most are never matched.
func TestClaimKey(t *testing.T) {
	for _, c := range []struct {
		field       inbox.ClaimField
		value, want string
	}{
		{inbox.ClaimEmail, "Ann@Example.com", "ann@example.com"},
		{inbox.ClaimPhone, "212 555 0187", "+12125550187"},
		{inbox.ClaimBirthday, "1980-7-1", "1980-07-01"},
		{inbox.ClaimBirthday, "1980-07-01T00:00:00Z", "1980-07-01"},
		{inbox.ClaimBirthday, "19800701", "1980-07-01"},
		{inbox.ClaimBirthday, "1.7.1980", "1980-07-01"},
		{inbox.ClaimBirthday, "25/12/1980", "1980-12-25"},
		{inbox.ClaimBirthday, "12/25/1980", "1980-12-25"},
		{inbox.ClaimBirthday, "01/07/1980", ""},
		{inbox.ClaimBirthday, "07/07/1980", "1980-07-07"},
		{inbox.ClaimBirthday, "1980-02-30", ""},
		{inbox.ClaimBirthday, "0001-01-01", ""},
		{inbox.ClaimBirthday, "1970-01-01", ""},
		{inbox.ClaimBirthday, "soon", ""},
		{inbox.ClaimName, "Ann Lee", ""},
		{inbox.ClaimAddress, "1 High Street", ""},
	} {
		if got := ClaimKey(c.field, c.value, "US"); got != c.want {
			t.Errorf("ClaimKey(%s, %q) = %q, want %q", c.field, c.value, got, c.want)
		}
	}
}
