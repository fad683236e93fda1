package demo

import (
	"bytes"
	"net/mail"
	"strings"
	"testing"
	"time"

	gomail "github.com/emersion/go-message/mail"
	"github.com/google/go-cmp/cmp"
)

var born = time.Date(2026, 3, 9, 10, 0, 0, 0, time.UTC)

// Two processes of one data folder see the same shop and the same history.
func TestShopIsDeterministic(t *testing.T) {
	t.Parallel()
	a, b := NewShop(7, born), NewShop(7, born)
	if diff := cmp.Diff(a.Items(), b.Items()); diff != "" {
		t.Errorf("same seed, another shop (-a +b):\n%s", diff)
	}
	if diff := cmp.Diff(History(a), History(b)); diff != "" {
		t.Errorf("same seed, another history (-a +b):\n%.2000s", diff)
	}
	if cmp.Equal(a.Items(), NewShop(8, born).Items()) {
		t.Error("another seed, the same shop")
	}
}

// The shop is plausible: unique numbers and addresses that can't reach anybody,
// sums that add up, nothing from the future, tracking numbers that pass.
func TestShopIsPlausible(t *testing.T) {
	t.Parallel()
	s := NewShop(7, born)
	if len(s.Customers) != customerCount || len(s.Orders) != orderCount {
		t.Fatalf("%d customers and %d orders, want %d and %d", len(s.Customers), len(s.Orders), customerCount, orderCount)
	}
	seen := map[string]bool{}
	for _, c := range s.Customers {
		if seen[c.Email] || seen[c.ExternalID] {
			t.Errorf("customer %s twice", c.Email)
		}
		seen[c.Email], seen[c.ExternalID] = true, true
		if !strings.HasSuffix(c.Email, ".test") && !strings.HasSuffix(c.Email, ".example") {
			t.Errorf("%s could be somebody's address", c.Email)
		}
		if _, err := mail.ParseAddress(c.Email); err != nil {
			t.Errorf("%s: %v", c.Email, err)
		}
		if len(c.Orders) == 0 {
			t.Errorf("%s never ordered", c.Email)
		}
	}
	states := map[string]int{}
	for _, o := range s.Orders {
		if seen[o.Number] {
			t.Errorf("order %s twice", o.Number)
		}
		seen[o.Number] = true
		states[o.Status]++
		sum := int64(0)
		for _, i := range o.Items {
			sum += i.Price * int64(i.Quantity)
		}
		if sum < 7500 {
			sum += 590
		}
		if o.Total != sum {
			t.Errorf("order %s: total %d, want %d", o.Number, o.Total, sum)
		}
		if o.UpdatedAt.After(born) || o.PlacedAt.After(o.UpdatedAt) {
			t.Errorf("order %s: placed %v, updated %v", o.Number, o.PlacedAt, o.UpdatedAt)
		}
		for _, sh := range o.Shipments {
			if sh.At.After(born) || sh.ShippedAt.Before(o.PlacedAt) {
				t.Errorf("order %s: shipped %v, at %v", o.Number, sh.ShippedAt, sh.At)
			}
			if !trackable(sh.Carrier, sh.Tracking) {
				t.Errorf("%s doesn't pass the check of %s", sh.Tracking, sh.Carrier)
			}
		}
	}
	for _, status := range []string{"paid", "processing", "fulfilled", "delivered", "cancelled", "refunded"} {
		if states[status] == 0 {
			t.Errorf("no order is %s", status)
		}
	}
}

// trackable verifies check digits the way round that carriers publish them.
func trackable(carrier, n string) bool {
	digit := func(i int) int { return int(n[i] - '0') }
	switch carrier {
	case "DHL": // GS1: weights 3 and 1 from the right, the sum of all divides by ten
		sum := 0
		for i := range n {
			w := 1
			if (len(n)-i)%2 == 0 {
				w = 3
			}
			sum += digit(i) * w
		}
		return len(n) == 20 && sum%10 == 0
	case "UPS":
		sum := 0
		for i := 2; i < 17; i++ {
			w := 1
			if i%2 == 1 {
				w = 2
			}
			sum += digit(i) * w
		}
		return len(n) == 18 && (sum+digit(17))%10 == 0
	case "La Poste":
		sum := 0
		for i, w := range []int{8, 6, 4, 2, 3, 5, 9, 7} {
			sum += digit(2+i) * w
		}
		want := 11 - sum%11
		return len(n) == 13 && digit(10) == map[bool]int{true: map[int]int{10: 0, 11: 5}[want], false: want}[want > 9]
	}
	return carrier == "DPD" && len(n) == 14
}

// Every mail of the history can be read, lies within its days, has no word left
// open, and answers a mail that came before it.
func TestHistory(t *testing.T) {
	t.Parallel()
	s := NewShop(7, born)
	history := History(s)
	known := map[string]bool{}
	langs, threads, own, files := map[string]bool{}, 0, 0, 0
	for i, m := range history {
		if m.At.After(born) || m.At.Before(born.AddDate(0, 0, -historyDays-1)) || i > 0 && m.At.Before(history[i-1].At) {
			t.Errorf("mail %d is of %v", i, m.At)
		}
		msg, err := mail.ReadMessage(bytes.NewReader(m.Raw))
		if err != nil {
			t.Fatalf("mail %d: %v\n%.500s", i, err, m.Raw)
		}
		id, parent := msg.Header.Get("Message-ID"), msg.Header.Get("In-Reply-To")
		if known[id] {
			t.Errorf("Message-ID %s twice", id)
		}
		known[id] = true
		if parent == "" {
			threads++
		} else if !known[parent] {
			t.Errorf("%s answers %s, which didn't come before", id, parent)
		}
		if m.From == Support {
			own++
		}
		if c := s.ByEmail(m.From); c != nil {
			langs[c.Lang] = true
		}
		l, err := readLetter(m.Raw)
		if err != nil && !strings.Contains(err.Error(), "automatic") {
			t.Errorf("mail %d: %v", i, err)
		}
		if err == nil && strings.ContainsAny(withoutQuotes(l.Text)+l.Subject, "{}[]|") {
			t.Errorf("an open word in %q:\n%s", l.Subject, l.Text)
		}
		r, err := gomail.CreateReader(bytes.NewReader(m.Raw))
		if err != nil {
			t.Errorf("mail %d: %v", i, err)
			continue
		}
		for {
			p, err := r.NextPart()
			if err != nil {
				break
			}
			if _, ok := p.Header.(*gomail.AttachmentHeader); ok {
				files++
			}
		}
	}
	if threads < 240 || own < 200 || files < 10 || len(langs) < 7 {
		t.Errorf("%d threads, %d answers, %d files, languages %v", threads, own, files, langs)
	}
	t.Logf("%d mails: %d threads, %d of the shop, %d files", len(history), threads, own, files)
}
