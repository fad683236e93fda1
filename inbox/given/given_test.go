package given

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"skein/inbox"
)

// key takes numbers of nine digits and more, and addresses as they are.
func key(field inbox.ClaimField, value string) string {
	if field == inbox.ClaimEmail {
		return strings.ToLower(value)
	}
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, value)
	if len(digits) < 9 {
		return ""
	}
	return digits
}

// What a customer gives is found as it is written, and told apart by what it means;
// what only looks like it is passed over.
func TestFind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"Ring me on +43 660 123 45 67, please.", "phone 436601234567"},
		{"Meine Nummer: 0660/1234567 oder (01) 512 34 56 7", "phone 06601234567|phone 0151234567"},
		{"Order 1001234567890 and SKU-0660123456789", ""},
		{"Write to Cara.Winter@X.example.", "email cara.winter@x.example"},
		{"It came on 3.5.2026, not on 2026-05-04.", "date 2026-05-03|date 2026-05-04"},
		{"am 3. Mai, am 24.12. und am 5. Jänner 2027", "date --05-03|date --12-24|date 2027-01-05"},
		{"May 3rd, 2026 or 4th of July or 5 October", "date 2026-05-03|date --07-04|date --10-05"},
		{"on 03/04/2026", "date 03/04/2026"},
		{"the 31.2.2026, version 1.2.3.4, 45.13., 1/2", ""},
		{"Ich wohne jetzt in der Langen Straße 12/4, 1010 Wien.", "address langenstr124" + "1010wien"},
		{"Neue Adresse:\nHauptstrasse 7a\n4020 Linz\nDanke", "address hauptstr7a4020linz"},
		{"Send it to 12 High Street, London SW1A 1AA instead.", "address 12highstreetlondonsw1a1aa"},
		{"221b Baker St.\nLondon", "address 221bbakerstlondon"},
		{"We met on the street 12 times.", ""},
		{"+43 660 1234567 and 0043.. and again +436601234567", "phone 436601234567"},
	} {
		var got []string
		for _, p := range Find(c.text, key) {
			got = append(got, string(p.Kind)+" "+p.Key)
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("Find(%q) = %q, want %q", c.text, strings.Join(got, "|"), c.want)
		}
	}
}

// Whatever is written, what is found stands there, word by word, and is little.
func FuzzFind(f *testing.F) {
	for _, s := range []string{"Hauptstraße 12, 1010 Wien", "12 High Street\nLondon", "3. Mai 2026, +43 660 1234567, a@b.example", "\xff 0\xff/1/2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		words := strings.Fields(text)
		list := Find(text, key)
		if len(list) > 4*maxFound {
			t.Errorf("%d found", len(list))
		}
		for i, p := range list {
			if p.Key == "" || p.Text == "" || utf8.ValidString(text) && !utf8.ValidString(p.Text) {
				t.Errorf("found %+v", p)
			}
			if !strings.Contains(strings.Join(words, " "), p.Text) {
				t.Errorf("%q is not in %q", p.Text, text)
			}
			if slices.ContainsFunc(list[:i], func(o inbox.Pin) bool { return o.Kind == p.Kind && o.Key == p.Key }) {
				t.Errorf("%+v is found twice", p)
			}
		}
	})
}
