package store_test

import (
	"fmt"
	"testing"
	"time"

	"skein/inbox"
)

// BenchmarkLink stores mails in batches of 256, of people without an order, of
// people with one that they don't name, and of people who name theirs. ns/op is
// of one mail.
func BenchmarkLink(b *testing.B) {
	for name, has := range map[string]struct{ order, named bool }{"none": {}, "unnamed": {order: true}, "named": {true, true}} {
		b.Run(name, func(b *testing.B) {
			d := newDesk(b)
			now := time.Now()
			who := func(i int) string { return fmt.Sprintf("p%d@x.example", i) }
			var batch []inbox.Received
			for i := 0; has.order && i < b.N; i++ {
				batch = append(batch, bought(fmt.Sprint("HP-", 100000+i), who(i), now))
				if len(batch) == 256 || i == b.N-1 {
					d.deliver(b, batch...)
					batch = nil
				}
			}
			b.ResetTimer()
			for i := 0; i < b.N; {
				batch = nil
				for range min(256, b.N-i) {
					text := "Where is my parcel? It should have been here."
					if has.named {
						text = fmt.Sprintf("Where is order HP-%d?", 100000+i)
					}
					batch = append(batch, naming(arrival(fmt.Sprint("m", i), who(i), nil), inbox.Proven, text))
					i++
				}
				d.deliver(b, batch...)
			}
		})
	}
}
