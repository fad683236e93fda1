package inbox

import (
	"fmt"
	"strings"
	"testing"
)

// Decimals become minor units exactly, whatever the currency's digits; what is
// finer is rounded half to even and said so; what is no amount is refused.
func TestParseAmount(t *testing.T) {
	for _, c := range []struct {
		text, currency string
		want           int64
		rounded        bool
	}{
		{"19.99", "EUR", 1999, false},
		{"0.1", "EUR", 10, false},
		{"1.1", "USD", 110, false}, // 1.1 * 100 is 110.00000000000001 in binary
		{"-5.25", "EUR", -525, false},
		{" 7 ", "EUR", 700, false},
		{"19.990000", "EUR", 1999, false},
		{"1.899e1", "EUR", 1899, false},
		{"2E3", "JPY", 2000, false},
		{"1500", "JPY", 1500, false},
		{"1500.00", "JPY", 1500, false},
		{"1.2345", "BHD", 1234, true}, // half to even, down
		{"1.2355", "BHD", 1236, true}, // half to even, up
		{"0.125", "EUR", 12, true},
		{"0.135", "EUR", 14, true},
		{"-0.125", "EUR", -12, true},
		{"-0.005", "EUR", 0, true},
		{"-0.006", "EUR", -1, true},
		{"0.1251", "EUR", 13, true},
		{".5", "EUR", 50, false},
		{"5.", "EUR", 500, false},
		{"0.00001", "CLF", 0, true},
		{"123456789.01", "EUR", 12345678901, false},
		{"9999999999999.99", "EUR", 999999999999999, false},
	} {
		got, rounded, err := ParseAmount(c.text, c.currency)
		if err != nil || got != c.want || rounded != c.rounded {
			t.Errorf("ParseAmount(%q, %s) = %d, %v, %v, want %d, %v", c.text, c.currency, got, rounded, err, c.want, c.rounded)
		}
	}
	for _, c := range [][2]string{
		{"1,99", "EUR"}, {"1.234,50", "EUR"}, {"", "EUR"}, {"-", "EUR"}, {"--1", "EUR"}, {"1.2.3", "EUR"}, {"€5", "EUR"}, {"NaN", "EUR"},
		{"1e99", "EUR"}, {"99999999999999.99", "EUR"}, {"1e", "EUR"}, {"0x10", "EUR"}, {"1", "EURO"}, {"1", "eur"}, {"1", ""}, {"1-2", "EUR"},
		{strings.Repeat("1", 100), "EUR"},
	} {
		if got, _, err := ParseAmount(c[0], c[1]); err == nil {
			t.Errorf("ParseAmount(%q, %q) = %d, want an error", c[0], c[1], got)
		}
	}
}

// What is written is read back as the same amount.
func FuzzAmount(f *testing.F) {
	f.Add(int64(1), uint8(0))
	f.Add(int64(-100), uint8(1))
	currencies := []string{"EUR", "JPY", "BHD", "CLF"}
	f.Fuzz(func(t *testing.T, amount int64, pick uint8) {
		currency := currencies[int(pick)%len(currencies)]
		amount %= MaxAmount
		text := strings.TrimSuffix(FormatAmount(amount, currency), " "+currency)
		got, rounded, err := ParseAmount(text, currency)
		if got != amount || rounded || err != nil {
			t.Errorf("%d %s is written %s and read %d, %v, %v", amount, currency, text, got, rounded, err)
		}
	})
}

func ExampleFormatAmount() {
	fmt.Println(FormatAmount(1290, "EUR"), FormatAmount(-5, "EUR"), FormatAmount(500, "JPY"), FormatAmount(1, "BHD"))
	// Output: 12.90 EUR -0.05 EUR 500 JPY 0.001 BHD
}
