package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"skein/inbox"
)

// BenchmarkDeliver stores mails in batches of 256: two of three begin a thread,
// the third answers one of an earlier batch. ns/op is of one mail.
func BenchmarkDeliver(b *testing.B) {
	d := newDeliverBench(b)
	text := strings.Repeat("Where is my parcel? It should have been here. ", 40)
	next := func(i int) inbox.Received {
		var refs []string
		from := fmt.Sprintf("c%d@x.example", i)
		if i%3 == 2 && i > 600 {
			refs = []string{fmt.Sprintf("b%d", i-302)}
			from = fmt.Sprintf("c%d@x.example", i-302)
		}
		r := arrival(fmt.Sprintf("b%d", i), from, refs)
		r.Message.Text, r.Message.VisibleText = text, text
		r.Message.Person.Name = from
		r.Claims = []inbox.Claim{claim(inbox.ClaimName, inbox.FromChannel, from, inbox.Proven, r.Message.SentAt)}
		return r
	}
	b.ResetTimer()
	for i := 0; i < b.N; {
		var batch []inbox.Received
		for range min(256, b.N-i) {
			batch = append(batch, next(i))
			i++
		}
		if err := d.Deliver(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
}

// How many orders a second one worker takes in: each with items, parties, a
// parcel and its events, from customers who come back.
func BenchmarkOrders(b *testing.B) {
	d := newDeliverBench(b)
	words, _ := feed(b.N)
	words = words[:b.N]
	b.ResetTimer()
	for part := range slices.Chunk(words, 200) {
		d.deliver(b, part...)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "words/s")
}
