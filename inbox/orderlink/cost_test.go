package orderlink

import (
	"strings"
	"testing"
)

// BenchmarkFind reads a mail of 2 KB, without a number and with one.
func BenchmarkFind(b *testing.B) {
	prose := strings.Repeat("where is the parcel that i have been waiting for since Monday, please? ", 28)
	grammars := []Grammar{Learn([]string{"EN-1001", "EN-1002", "EN-1003"})}
	for name, text := range map[string]string{"words": prose, "number": prose + "My order is EN-1002."} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Find("My order", text, grammars)
			}
		})
	}
}
