package orderlink

import (
	"slices"
	"strings"
)

// A format is how a carrier writes its parcels' numbers.
type format struct {
	carrier string
	// shape is one character a character: 9 a digit, @ a letter, ? either, and
	// anything else itself. Of several, any.
	shapes []string
	check  func(key string) bool // nil when a number has no check digit
	// strong formats are hardly anything else by chance: their numbers need no
	// word beside them that says parcel.
	strong bool
	// whole formats are so short of marks that letters which stand apart, as
	// in "THE 123456789", are words.
	whole bool
}

func nines(n int) string { return strings.Repeat("9", n) }

// formats lists, of those of one length, the surest first. Carriers are named as
// shops' tracking pages and shipping APIs do.
var formats = []format{
	{carrier: "ups", shapes: []string{"1Z" + strings.Repeat("?", 15) + "9"}, check: func(k string) bool { return sumCheck(k[2:], 1, 2) }, strong: true},
	{carrier: "s10", shapes: []string{"@@" + nines(9) + "@@"}, check: s10Check, strong: true},
	{carrier: "amazon", shapes: []string{"TBA" + nines(12), "TBC" + nines(12), "TBM" + nines(12)}, strong: true},
	{carrier: "gofo", shapes: []string{"GFUS" + nines(14)}, strong: true},
	{carrier: "landmark", shapes: []string{"LTN" + nines(8) + "N1"}, strong: true},
	{carrier: "yunexpress", shapes: []string{"YT" + nines(16)}, strong: true},
	{carrier: "yodel", shapes: []string{"JD" + nines(16), "JJD" + nines(16)}, strong: true},
	{carrier: "speedee", shapes: []string{"SP" + nines(18)}, strong: true},
	{carrier: "postnl", shapes: []string{"3S@@@@" + nines(7), "3S@@@@" + nines(8), "3S@@@@" + nines(9)}, strong: true},
	{carrier: "lasership", shapes: []string{"1LS7" + nines(11)}, check: func(k string) bool { return oneOf(k[4], "12") }, strong: true},
	{carrier: "lasership", shapes: []string{"1LS7" + nines(3) + "01" + nines(7) + "1"}, check: func(k string) bool { return oneOf(k[4], "12") && oneOf(k[9], "1234") }, strong: true},
	{carrier: "lasership", shapes: []string{"1LSCX" + strings.Repeat("?", 10)}, strong: true},
	{carrier: "canpar", shapes: []string{"@" + nines(21)}, check: func(k string) bool { return oneOf(k[0], "CDKLSUXZ") }, strong: true},
	{carrier: "ontrac", shapes: []string{"C" + nines(14)}, check: func(k string) bool { return sumCheck(lead("4", k[1:]), 1, 2) }, strong: true},
	{carrier: "ontrac", shapes: []string{"D" + nines(14)}, check: func(k string) bool { return sumCheck(lead("5", k[1:]), 1, 2) }, strong: true},
	{carrier: "dpd", shapes: []string{nines(27) + "?"}, check: mod37Check, strong: true},
	{carrier: "dhl", shapes: []string{nines(20)}, check: func(k string) bool { return strings.HasPrefix(k, "00340") && sumCheck(k, 3, 1) }, strong: true},
	{carrier: "usps", shapes: []string{nines(20), nines(22), nines(26), nines(28), nines(30), nines(32), nines(34), nines(38)}, check: uspsCheck, strong: true},
	{carrier: "fedex", shapes: []string{"96" + nines(20)}, check: func(k string) bool { return sumCheck(k[7:], 1, 3) }, strong: true},
	{carrier: "fedex", shapes: []string{"96" + nines(32)}, check: func(k string) bool { return fedexCheck(k[20:], 1, 7, 3) }, strong: true},
	{carrier: "fedex", shapes: []string{nines(34)}, check: func(k string) bool { return k[0] != '9' && fedexCheck(k[20:], 1, 7, 3) }, strong: true},
	{carrier: "fedex", shapes: []string{"3" + nines(31)}, check: func(k string) bool { return fedexCheck(k[16:28], 3, 1, 7) }, strong: true},
	{carrier: "dhl", shapes: []string{"J@@" + nines(9), "J@@" + nines(10), "J@@@" + nines(9), "J@@@" + nines(10), "JD" + nines(18)}, strong: true},
	{carrier: "dhl", shapes: anyOf(12, maxKey), check: mailCheck, whole: true},
	{carrier: "ups", shapes: []string{"@" + nines(10)}, check: func(k string) bool { return oneOf(k[0], "AHJKTV") && sumCheck(k[1:], 1, 2) }},
	{carrier: "lasership", shapes: []string{"L@9" + nines(7)}, check: func(k string) bool { return oneOf(k[1], "AIEHNX") && oneOf(k[2], "123") }, whole: true},
	{carrier: "dpd", shapes: []string{nines(14) + "?"}, check: mod37Check},
	{carrier: "fedex", shapes: []string{nines(12)}, check: func(k string) bool { return fedexCheck(k, 3, 1, 7) }},
	{carrier: "purolator", shapes: []string{nines(12)}, check: func(k string) bool { return k[0] <= '5' && luhn(k) }},
	{carrier: "fedex", shapes: []string{nines(15)}, check: func(k string) bool { return sumCheck(k, 1, 3) }},
	{carrier: "canada_post", shapes: []string{nines(16)}, check: func(k string) bool { return sumCheck(k, 3, 1) }},
	{carrier: "fedex", shapes: []string{nines(18)}, check: func(k string) bool { return sumCheck(k[2:], 3, 1) }},
	{carrier: "old_dominion", shapes: []string{nines(11)}, check: func(k string) bool {
		return luhn(k) && (oneOf(k[2], "78") && k[:2] == "77" || k[:3] == "072" || k[:3] == "780" || k[:2] == "80")
	}},
	{carrier: "dhl", shapes: []string{nines(10), nines(11)}, check: mod7Check},
	{carrier: "amazon", shapes: []string{"@" + nines(10)}, check: func(k string) bool { return oneOf(k[0], "AFC") }, whole: true},
	{carrier: "purolator", shapes: []string{"@@@" + nines(9)}, whole: true},
	{carrier: "dhl", shapes: []string{nines(14)}},
}

// anyOf is the shapes of characters of either kind, of every length from one to another.
func anyOf(from, to int) []string {
	var shapes []string
	for n := from; n <= to; n++ {
		shapes = append(shapes, strings.Repeat("?", n))
	}
	return shapes
}

// mailCheck knows DHL eCommerce: two letters, then ten characters or more,
// nearly all digits.
func mailCheck(key string) bool {
	if !slices.Contains([]string{"GM", "LX", "RX", "UV", "CN", "SG", "TH", "IN", "HK", "MY"}, key[:2]) || key[2] > '9' {
		return false
	}
	digits := 0
	for i := 2; i < len(key); i++ {
		if key[i] <= '9' {
			digits++
		}
	}
	return digits >= 8 && len(key)-2-digits <= 4
}

func oneOf(c byte, of string) bool { return strings.IndexByte(of, c) >= 0 }

// lead puts a digit in front of a number that doesn't begin with it.
func lead(digit, number string) string {
	if strings.HasPrefix(number, digit) {
		return number
	}
	return digit + number
}

// value is a character's worth in a weighted sum; UPS gives letters theirs.
func value(c byte) int {
	if c >= 'A' {
		return (int(c) - 3) % 10
	}
	return int(c - '0')
}

// sumCheck checks a last digit that rounds a sum up to tens, in which every
// first character counts by odd and every second one by even.
func sumCheck(key string, odd, even int) bool {
	sum := 0
	for i := range len(key) - 1 {
		if i%2 == 0 {
			sum += odd * value(key[i])
		} else {
			sum += even * value(key[i])
		}
	}
	return (10-sum%10)%10 == int(key[len(key)-1]-'0')
}

// fedexCheck checks a last digit that is a weighted sum modulo 11, then 10. The
// weights repeat.
func fedexCheck(key string, weights ...int) bool {
	sum := 0
	for i := range len(key) - 1 {
		sum += weights[i%len(weights)] * int(key[i]-'0')
	}
	return sum%11%10 == int(key[len(key)-1]-'0')
}

func mod7Check(key string) bool {
	rest := 0
	for i := range len(key) - 1 {
		rest = (rest*10 + int(key[i]-'0')) % 7
	}
	return rest == int(key[len(key)-1]-'0')
}

// luhn is ISO/IEC 7812-1, annex B.
func luhn(key string) bool {
	sum := 0
	for i := range len(key) {
		d := int(key[len(key)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// mod37Check is ISO/IEC 7064, MOD 37,36.
func mod37Check(key string) bool {
	const mod = 36
	alphabet := "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	p := mod
	for i := range len(key) - 1 {
		p += strings.IndexByte(alphabet, key[i])
		if p > mod {
			p -= mod
		}
		if p *= 2; p > mod {
			p -= mod + 1
		}
	}
	return alphabet[(mod+1-p)%mod] == key[len(key)-1]
}

// s10Check is UPU S10: a weighted check digit, and a country that there is.
func s10Check(key string) bool {
	sum := 0
	for i, weight := range []int{8, 6, 4, 2, 3, 5, 9, 7} {
		sum += weight * int(key[2+i]-'0')
	}
	want := 11 - sum%11
	switch want {
	case 10:
		want = 0
	case 11:
		want = 5
	}
	return want == int(key[10]-'0') && isCountry(key[11:])
}

// uspsCheck knows the Intelligent Mail package barcode, whose first two digits
// name what follows and whose mailer has nine digits when it begins with 9 and
// else six, and the confirmation numbers before it. Each may follow a route:
// 420 and the ZIP code.
func uspsCheck(key string) bool {
	return packageCode(key) || strings.HasPrefix(key, "420") && (packageCode(key[8:]) || packageCode(key[12:]))
}

func packageCode(key string) bool {
	if len(key) == 20 {
		return sumCheck(key, 3, 1) || sumCheck("91"+key, 3, 1)
	}
	if len(key) != 22 && len(key) != 26 && len(key) != 30 {
		return false
	}
	long := key[5] == '9' // a mailer of nine digits
	switch key[:2] {
	case "91":
		return len(key) == 22 && sumCheck(key, 3, 1)
	case "92":
		if !long {
			return false
		}
	case "93":
		if long {
			return false
		}
	case "94":
	case "95":
	default:
		return false
	}
	if len(key) == 30 && (!long || key[:2] != "94") {
		return false
	}
	return sumCheck(key, 3, 1)
}

// countries are ISO 3166-1's, as UPU S10 ends in one.
const countries = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ " +
	"CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR " +
	"GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP " +
	"KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ " +
	"NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW " +
	"SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ " +
	"UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW "

func isCountry(code string) bool {
	i := strings.Index(countries, code+" ")
	return i >= 0 && i%3 == 0
}
