package inbox

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// MaxAmount bounds an amount in minor units, so that sums of many never
// overflow.
const MaxAmount = 1_000_000_000_000_000

// minorDigits are ISO 4217's active currencies by how many digits of them are
// minor units, and some that were withdrawn lately: old orders are in them.
var minorDigits = func() map[string]int {
	m := map[string]int{}
	for digits, codes := range map[int]string{
		0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
		2: "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF " +
			"CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK " +
			"HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR " +
			"MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP " +
			"SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER " +
			"ZAR ZMW ZWG ZWL",
		3: "BHD IQD JOD KWD LYD OMR TND",
		4: "CLF UYW",
	} {
		for _, c := range strings.Fields(codes) {
			m[c] = digits
		}
	}
	return m
}()

// MinorDigits returns how many decimal digits of a currency are minor units: 2
// for EUR, 0 for JPY, 3 for BHD. ok is false for what is no ISO 4217 code in
// capitals.
func MinorDigits(currency string) (digits int, ok bool) {
	digits, ok = minorDigits[currency]
	return digits, ok
}

// ParseAmount reads a decimal number, with an exponent or without, as minor
// units of currency, exactly: no binary fraction is in between. What is finer
// than a minor unit is rounded half to even, and rounded says so.
func ParseAmount(text, currency string) (amount int64, rounded bool, err error) {
	digits, ok := minorDigits[currency]
	if !ok {
		return 0, false, fmt.Errorf("%.20q is no currency of ISO 4217", currency)
	}
	value, scale, ok := decimal(strings.TrimSpace(text))
	if !ok {
		return 0, false, fmt.Errorf("%.40q is no decimal number", text)
	}
	ten := big.NewInt(10)
	if scale <= digits {
		value.Mul(value, new(big.Int).Exp(ten, big.NewInt(int64(digits-scale)), nil))
	} else {
		unit := new(big.Int).Exp(ten, big.NewInt(int64(scale-digits)), nil)
		rest := new(big.Int)
		value.QuoRem(value, unit, rest) // towards zero
		rounded = rest.Sign() != 0
		if c := rest.Abs(rest).Lsh(rest, 1).Cmp(unit); c > 0 || c == 0 && value.Bit(0) == 1 {
			step := int64(1)
			if strings.HasPrefix(strings.TrimSpace(text), "-") {
				step = -1
			}
			value.Add(value, big.NewInt(step))
		}
	}
	if new(big.Int).Abs(value).Cmp(big.NewInt(MaxAmount)) > 0 {
		return 0, false, fmt.Errorf("%.40q is more than anything costs", text)
	}
	return value.Int64(), rounded, nil
}

// decimal reads text as value / 10^scale.
func decimal(text string) (value *big.Int, scale int, ok bool) {
	if len(text) > 60 {
		return nil, 0, false
	}
	mantissa, exponent := text, 0
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		n, err := strconv.Atoi(text[i+1:])
		if err != nil || n > 40 || n < -40 {
			return nil, 0, false
		}
		mantissa, exponent = text[:i], n
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole, "+-") + fraction
	if digits == "" || len(whole)+len(fraction)-len(digits) > 1 || strings.Trim(digits, "0123456789") != "" {
		return nil, 0, false
	}
	value, ok = new(big.Int).SetString(digits, 10)
	if strings.HasPrefix(whole, "-") {
		value.Neg(value)
	}
	if scale = len(fraction) - exponent; scale < 0 {
		value.Mul(value, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(-scale)), nil))
		scale = 0
	}
	return value, scale, ok
}

// FormatAmount writes minor units of currency as a decimal number with its
// code: "12.90 EUR". A currency that is not known is taken to have two digits.
func FormatAmount(amount int64, currency string) string {
	digits, ok := minorDigits[currency]
	if !ok {
		digits = 2
	}
	s := strconv.FormatInt(amount, 10)
	sign := ""
	if amount < 0 {
		sign, s = "-", s[1:]
	}
	if digits > 0 {
		for len(s) <= digits {
			s = "0" + s
		}
		s = s[:len(s)-digits] + "." + s[len(s)-digits:]
	}
	return strings.TrimSpace(sign + s + " " + currency)
}
