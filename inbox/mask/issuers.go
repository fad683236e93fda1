package mask

// An issuer's numbers begin within a range and have so many digits.
type issuer struct {
	from, to    int // first six digits
	least, most int
	only        []int // of those lengths; nil for all between
}

// issuers are the card networks' ranges (ISO/IEC 7812), as each publishes them.
var issuers = []issuer{
	{from: 400000, to: 499999, least: 13, most: 19, only: []int{13, 16, 18, 19}}, // Visa
	{from: 510000, to: 559999, least: 16, most: 16},                              // Mastercard
	{from: 222100, to: 272099, least: 16, most: 16},
	{from: 340000, to: 349999, least: 15, most: 15}, // American Express
	{from: 370000, to: 379999, least: 15, most: 15},
	{from: 300000, to: 305999, least: 14, most: 19, only: []int{14, 16, 17, 18, 19}}, // Diners Club
	{from: 309500, to: 309599, least: 14, most: 19},
	{from: 360000, to: 369999, least: 14, most: 19},
	{from: 380000, to: 399999, least: 14, most: 19, only: []int{14, 16, 17, 18, 19}},
	{from: 352800, to: 358999, least: 16, most: 19}, // JCB
	{from: 353000, to: 356999, least: 16, most: 16}, // RuPay
	{from: 601100, to: 601199, least: 16, most: 19}, // Discover
	{from: 622126, to: 622925, least: 16, most: 19},
	{from: 644000, to: 659999, least: 16, most: 19},
	{from: 620000, to: 629999, least: 16, most: 19}, // UnionPay
	{from: 810000, to: 829999, least: 16, most: 19}, // UnionPay, RuPay
	{from: 508000, to: 508999, least: 16, most: 16}, // RuPay
	{from: 606000, to: 608999, least: 16, most: 16}, // RuPay, Hipercard
	// Maestro, Verve, Elo, Dankort: whole ranges in the usual lengths, and where
	// Maestro's cards are in every length. A shop's own numbers have 13 or 15
	// digits as well.
	{from: 500000, to: 509999, least: 16, most: 19, only: []int{16, 18, 19}},
	{from: 560000, to: 589999, least: 16, most: 19, only: []int{16, 18, 19}},
	{from: 630000, to: 639999, least: 16, most: 19, only: []int{16, 18, 19}},
	{from: 670000, to: 679999, least: 16, most: 19, only: []int{16, 18, 19}},
	{from: 501800, to: 501899, least: 13, most: 19},
	{from: 502000, to: 502099, least: 13, most: 19},
	{from: 503800, to: 503899, least: 13, most: 19},
	{from: 589300, to: 589399, least: 13, most: 19},
	{from: 630400, to: 630499, least: 13, most: 19},
	{from: 675900, to: 675999, least: 13, most: 19},
	{from: 676100, to: 676399, least: 13, most: 19},
	{from: 220000, to: 220499, least: 16, most: 19}, // Mir
	{from: 979200, to: 979299, least: 16, most: 16}, // Troy
}

// issued reports whether some issuer gives out such a number.
func issued(number string) bool {
	front := 0
	for i := range 6 {
		front = front*10 + int(number[i]-'0')
	}
	for i := range issuers {
		x := &issuers[i]
		if front < x.from || front > x.to || len(number) < x.least || len(number) > x.most {
			continue
		}
		if x.only == nil {
			return true
		}
		for _, n := range x.only {
			if n == len(number) {
				return true
			}
		}
	}
	return false
}

// luhn checks a number's last digit (ISO/IEC 7812-1, annex B).
func luhn(number string) bool {
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
