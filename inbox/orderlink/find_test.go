package orderlink

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"skein/inbox"
)

// found is a message's mentions in short: what was written, what is looked up.
func found(mentions []inbox.Mention) []string {
	var list []string
	for _, m := range mentions {
		s := m.Text
		if m.Key != m.Text {
			s += "=" + m.Key
		}
		if m.Kind == inbox.MentionTracking {
			s = "parcel " + s
		}
		list = append(list, s)
	}
	return list
}

// Of an unknown store, a word that says order and a plausible number are
// enough, and what is said to be something else is never taken for one.
func TestFindUnknownStore(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ text, want string }{
		// An order by its word, in any language.
		{"cancel order 12345", "12345"},
		{"my order number is 0012345", "0012345"},
		{"Order no. 12345 hasn't arrived", "12345"},
		{"Order No: 12345", "12345"},
		{"order#12345", "#12345=12345"},
		{"order # 12345", "12345"},
		{"order12345 please", "12345"},
		{"Order ID 6620417.", "6620417"},
		{"ORDER: 6620417", "6620417"},
		{"purchase 5120447736 is late", "5120447736"},
		{"cancelling puchase 5120447736", "5120447736"},
		{"track roder 904417735502816", "904417735502816"},
		{"see theorder 00418263", "00418263"},
		{"order number\n6620417", "6620417"},
		{"5120447736 is my order number", "5120447736"},
		{"it is 5120447736 (order number)", "5120447736"},
		{"orders 12345, 12346 and 12399", "12345|12346|12399"},
		{"order ABC-1234-XY", "ABC-1234-XY=ABC1234XY"},
		{"order SO/2024/0012 please", "SO/2024/0012=SO20240012"},
		{"order 2024-00012", "2024-00012=202400012"},
		{"Bestellung 4711 ist nicht da", "4711"},
		{"Meine Bestellnummer lautet 100023456", "100023456"},
		{"Bestell-Nr. 100023456", "100023456"},
		{"Auftrag Nr. 88812", "88812"},
		{"Auftragsnummer: A-88812", "A-88812=A88812"},
		{"ma commande n° 55012 n'est pas arrivée", "55012"},
		{"commande nº55012", "55012"},
		{"mi pedido 55012 no ha llegado", "55012"},
		{"número de pedido: 55012", "55012"},
		{"il mio ordine 55012", "55012"},
		{"ordine numero 55012", "55012"},
		{"mijn bestelling 55012", "55012"},
		{"bestelnummer 55012", "55012"},
		{"moje zamówienie nr 55012", "55012"},
		{"numer zamówienia: 55012", "55012"},
		{"objednávka č. 55012", "55012"},
		{"min beställning 55012", "55012"},
		{"ordrenummer 55012", "55012"},
		{"encomenda 55012", "55012"},
		{"заказ № 55012", "55012"},
		{"номер заказа 55012", "55012"},
		{"παραγγελία 55012", "55012"},
		{"sipariş numaram 55012", "55012"},
		{"注文番号12345について", "12345"},
		{"订单号：123456", "123456"},
		{"주문번호 123456 입니다", "123456"},
		{"طلب رقم 123456", "123456"},
		{"order １２３４５", "１２３４５=12345"},
		{"order 12\u200b345", "12\u200b345=12345"},
		{"https://shop.example/account/orders/12345 doesn't load", "12345"},
		// Platforms' own forms.
		{"#1001 is wrong", "#1001=1001"},
		{"where is #1001?", "#1001=1001"},
		{"123-1234567-1234567", "123-1234567-1234567"},
		{"My Amazon order 123 1234567 1234567", "123 1234567 1234567=123-1234567-1234567"},
		{"order 100 023 456", "100 023 456=100023456"},
		// Something else.
		{"invoice 12345", ""},
		{"invoice #12345", ""},
		{"bil #33071", ""},
		{"get the biull #60418", ""},
		{"the invoic number is 6620417", ""},
		{"Rechnung Nr. 2024123", ""},
		{"Rechnungsnummer 2024123", ""},
		{"facture n° 55012", ""},
		{"factura 55012", ""},
		{"faktura 55012", ""},
		{"call me on 5551234567", ""},
		{"phone: 030 1234567", ""},
		{"+49 170 1234567", ""},
		{"my zip code is 90417", ""},
		{"PLZ 10115 Berlin", ""},
		{"12345 Berlin", ""},
		{"card 4111111111111111", ""},
		{"account number 123456789", ""},
		{"customer no. 123456", ""},
		{"Kundennummer 123456", ""},
		{"ticket #123456", ""},
		{"case 123456", ""},
		{"ISBN 9783161484100", ""},
		{"article 123456", ""},
		{"via paypal_9911223 or credit_card_1188223", ""},
		{"gift_card_4455667: thanks", ""},
		{"a refund of $1380", ""},
		{"give back 1380 dollars", ""},
		{"they owe me85 dollars", ""},
		{"an order of 1380 dollars", ""},
		{"my order of 49.90", ""},
		{"my order for €1200", ""},
		{"order for 1,200", ""},
		{"order of 12/03/2024", ""},
		{"order from 3.12.2023", ""},
		{"my order of 2024-03-15", ""},
		{"my order from 2023", ""},
		{"ordered at 10:30", ""},
		{"I ordered 1000 cards", ""},
		{"I want to order 1000 cards", ""},
		{"order 1000 cards for us", ""},
		{"an order of 500 pieces", ""},
		{"order 500ml bottles", ""},
		{"my order of 2 shirts", ""},
		{"what I bought 3 purchases before", ""},
		{"order 1", ""},
		{"change my order, 90417 is the post code", ""},
		{"Suite 991, apartment #1204", ""},
		{"ann.4495@example.com has my order", ""},
		{"the order number", ""},
		{"in my order a 17-inch laptop", ""},
		{"order " + strings.Repeat("7", 400), ""},
		{"order number ************1111", ""}, // a card's, masked
		{"order **** **** **** 1111", ""},
		{"order number ****1111", ""},
		{"order **12345** is late", "12345"}, // bold
		{"", ""},
		// One beside the other.
		{"invoice 12345 for order 67890", "67890"},
		{"order 67890, invoice 12345", "67890"},
		{"order 67890, phone 5551234567", "67890"},
		{"customer 445566, order 67890", "67890"},
		// Parcels.
		{"tracking number 1Z12345E0205271686", "parcel 1Z12345E0205271686"},
		{"1Z 123 45E 02 0527 1686 is lost", "parcel 1Z 123 45E 02 0527 1686=1Z12345E0205271686"},
		{"RR473124829SE", "parcel RR473124829SE"},
		{"tracking 884120367715", "parcel 884120367715"},
		{"Sendungsnummer 00340434161094022115", "parcel 00340434161094022115"},
		{"my FedEx 701449203182 is late", "parcel 701449203182"},
		{"701449203182", ""},
		{"order 701449203182", "701449203182"},
		{"tracking 12", ""},
	} {
		if got := strings.Join(found(Find("", tc.text, nil)), "|"); got != tc.want {
			t.Errorf("Find(%q) = %q, want %q", tc.text, got, tc.want)
		}
	}
}

// A store that is known is known by its own numbers: with letters they need no
// word, and without them one.
func TestFindKnownStore(t *testing.T) {
	t.Parallel()
	stores := map[string]Grammar{
		"K":      Learn([]string{"#K3300417", "#K5510022", "#K0094221"}),
		"plain":  Learn([]string{"#1001", "#1002", "#1599"}),
		"nine":   Learn([]string{"000000123", "100000124"}),
		"EU":     Learn([]string{"ZQ-104007-EU", "ZQ-104008-EU"}),
		"year":   Learn([]string{"2024-00012", "2024-00013", "2025-00001"}),
		"amazon": Learn([]string{"123-1234567-1234567", "302-7654321-1234567"}),
		"random": Learn(codes(200)),
	}
	for _, tc := range []struct{ store, text, want string }{
		{"K", "#K3300417", "#K3300417=K3300417"},
		{"K", "please return k3300417 thanks", "k3300417=K3300417"},
		{"K", "K-3300417", "K-3300417=K3300417"},
		{"K", "K 3300417", "K 3300417=K3300417"},
		{"K", "#K 3300417", "#K 3300417=K3300417"},
		{"K", "order 3300417", "3300417=K3300417"},
		{"K", "the order ID is 3300417", "3300417=K3300417"},
		{"K", "3300417", "3300417=K3300417"},
		{"K", "call 3300417", ""},
		{"K", "I paid 3300417 for it", ""},
		{"K", "order 94221", "94221=K0094221"},
		{"K", "invoice K3300417", ""},
		{"K", "the invoice of #K3300417", "#K3300417=K3300417"},
		{"K", "#1001", ""},
		{"K", "via gift_card_4455667: done", ""},
		{"K", "(#K3300417), '#K5510022',", "#K3300417=K3300417|#K5510022=K5510022"},
		{"plain", "#1001", "#1001=1001"},
		{"plain", "order 1001", "1001"},
		{"plain", "order 10001", "10001"},
		{"plain", "1001", "1001"},
		{"plain", "1001 shirts", ""},
		{"plain", "I want to order 1001 shirts", ""},
		{"plain", "invoice #1001", ""},
		{"plain", "ticket #1001", ""},
		{"plain", "since 2023", ""},
		{"nine", "order 123", "123=000000123"},
		{"nine", "order 000000123", "000000123"},
		{"nine", "order 100 000 124", "100 000 124=100000124"},
		{"EU", "ZQ-104007-EU", "ZQ-104007-EU=ZQ104007EU"},
		{"EU", "zq104007eu", "zq104007eu=ZQ104007EU"},
		{"EU", "ZQ-104007", ""},
		{"EU", "order 104007", "104007=ZQ104007EU"},
		{"EU", "order number: 104007", "104007=ZQ104007EU"},
		{"year", "order 2024-00012", "2024-00012=202400012"},
		{"year", "order 2024 00012", "2024 00012=202400012"},
		{"amazon", "123 1234567 1234567", "123 1234567 1234567=123-1234567-1234567"},
		{"amazon", "order 12312345671234567", "12312345671234567=123-1234567-1234567"},
		{"random", "order K7QX2M9B", "K7QX2M9B"},
		{"random", "order number k7qx2m9b please", "k7qx2m9b=K7QX2M9B"},
	} {
		if got := strings.Join(found(Find("", tc.text, []Grammar{stores[tc.store]})), "|"); got != tc.want {
			t.Errorf("%s: Find(%q) = %q, want %q", tc.store, tc.text, got, tc.want)
		}
	}
}

// codes are numbers of eight characters in no order.
func codes(n int) []string {
	var list []string
	const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	seed := uint32(7)
	for range n {
		b := make([]byte, 8)
		for i := range b {
			seed = seed*1664525 + 1013904223
			b[i] = alphabet[seed>>27]
		}
		list = append(list, string(b))
	}
	return list
}

// Spans are bytes into the part as it is, and the subject's word tells of a
// text that is nothing but a number.
func TestFindSpans(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ subject, text string }{
		{"Bestellung №12345 — größer", "Grüße 🙂 order #67890, 订单号：123456 end"},
		{"Order #1001 confirmed", "tracking 1Z12345E0205271686\r\nthanks"},
		{"my order", "5120447736"},
	} {
		mentions := Find(tc.subject, tc.text, nil)
		if len(mentions) == 0 {
			t.Errorf("Find(%q, %q) is empty", tc.subject, tc.text)
		}
		for _, m := range mentions {
			part := tc.text
			if m.Part == "subject" {
				part = tc.subject
			}
			if part[m.Start:m.End] != m.Text || NumberKey(m.Text) != m.Key {
				t.Errorf("Find(%q, %q): %+v is not what is written there", tc.subject, tc.text, m)
			}
		}
	}
}

// A message of thousands of numbers takes no longer than its length, and is
// bounded in what it names; the surest stay.
func TestFindMany(t *testing.T) {
	t.Parallel()
	g := []Grammar{Learn([]string{"#K3300417", "#K5510022"}), Learn([]string{"100000001", "100000002"})}
	for _, unit := range []string{"order %d\n", "#K%07d ", "%d ", "%d, ", "orders %d, ", "1Z%d ", "%d-", "a%d.", "4 "} {
		var b strings.Builder
		for i := range 5000 {
			if strings.Contains(unit, "%") {
				fmt.Fprintf(&b, unit, 100000000+i)
			} else {
				b.WriteString(unit)
			}
		}
		b.WriteString(" and my order number is #K3300417")
		started := time.Now()
		got := Find("", b.String(), g)
		if took := time.Since(started); took > 5*time.Second {
			t.Errorf("%q: 5,000 numbers took %v", unit, took)
		}
		if len(got) == 0 || len(got) > MaxMentions || !slices.ContainsFunc(got, func(m inbox.Mention) bool { return m.Key == "K3300417" }) {
			t.Errorf("%q: %d mentions, or the surest not among them", unit, len(got))
		}
	}
}

// Mentions are few, in order, within what is written, and looked up by a key
// that holds their digits.
func FuzzFind(f *testing.F) {
	f.Add("Order #1001", "my order 3300417, invoice 12345, 1Z12345E0205271686")
	f.Add("", "orders 1001, 1002 & #K3300417 （注文番号123）**** 1234")
	f.Add("\xff", "order\u200b12\xff34 123 1234567 1234567")
	grammars := []Grammar{Learn([]string{"#K3300417"}), Learn([]string{"#1001", "#1002"}), Learn([]string{"00000123"}), Learn(codes(100)), Learn([]string{"302-1234567-1234567"})}
	f.Fuzz(func(t *testing.T, subject, text string) {
		for _, known := range [][]Grammar{nil, grammars} {
			mentions := Find(subject, text, known)
			if len(mentions) > MaxMentions {
				t.Errorf("%d mentions", len(mentions))
			}
			seen := map[string]bool{}
			for i, m := range mentions {
				part := text
				if m.Part == "subject" {
					part = subject
				}
				if m.Start < 0 || m.End > len(part) || m.Start >= m.End || part[m.Start:m.End] != m.Text {
					t.Fatalf("%+v is not what is written there", m)
				}
				if i > 0 && mentions[i-1].Part == m.Part && mentions[i-1].Start > m.Start {
					t.Errorf("%+v before %+v", mentions[i-1], m)
				}
				name := string(m.Kind) + m.Key
				if m.Key == "" || seen[name] || m.Score <= 0 || m.Score > 1 || NumberKey(m.Key) != m.Key && m.Kind == inbox.MentionOrder {
					t.Errorf("%+v", m)
				}
				seen[name] = true
				digits := strings.Map(func(r rune) rune {
					if r >= '0' && r <= '9' {
						return r
					}
					return -1
				}, NumberKey(m.Text))
				if key := strings.ReplaceAll(m.Key, "-", ""); !strings.Contains(strings.Map(func(r rune) rune {
					if r >= '0' && r <= '9' {
						return r
					}
					return -1
				}, key), digits) {
					t.Errorf("%+v is looked up by something else", m)
				}
			}
		}
	})
}
