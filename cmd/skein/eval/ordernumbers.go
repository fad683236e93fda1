package eval

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"skein/inbox"
	"skein/inbox/orderlink"
)

// redraws is how often every digit of the messages is drawn anew.
const redraws = 5

// orderNumbers measures which numbers of short messages are taken for orders,
// by a shop whose numbering isn't known.
func orderNumbers(_ context.Context, path string, r *Reporter) error {
	type row struct {
		Text   string `json:"text"`
		Entity string `json:"entity"`
		Start  int    `json:"start"`
		End    int    `json:"end"`
	}
	cases, err := readLines[row](path)
	if err != nil {
		return err
	}
	both := func(r Result) bool { return *r.Precision >= .99 && *r.Recall >= .99 }
	written := r.Row("order numbers")
	redrawn := r.Row("order numbers, digits drawn anew")
	others := r.Row("no order: numbers taken for one")
	written.Bar("both >= .99", both)
	redrawn.Bar("both >= .99", both)
	others.Bar("0 of 1,000", func(r Result) bool { return r.Right == r.Cases })
	random := rand.New(rand.NewPCG(1, 2))
	measure := func(row *Row, c row, text string) {
		var want []string
		if c.Entity == "order_id" {
			// A span is counted in characters, and may have a comma at its end
			// that the text has lost.
			runes := []rune(text)
			want = append(want, strings.TrimRight(string(runes[c.Start:min(c.End, len(runes))]), " ,.;"))
		}
		var got []string
		right := 0
		for _, m := range orderlink.Find("", text, nil) {
			got = append(got, m.Text)
			if len(want) == 1 && m.Text == want[0] && m.Kind == inbox.MentionOrder {
				right = 1
			}
		}
		row.Found(text, len(got), len(want), right, got, want)
		if len(want) == 0 {
			others.Check(text, len(got) == 0, got, want)
		}
	}
	for i, c := range cases {
		if c.Start < 0 || c.End < c.Start || c.Start > len([]rune(c.Text)) {
			return fmt.Errorf("%s: row %d: no such span", path, i+1)
		}
		measure(written, c, c.Text)
	}
	for range redraws {
		for _, c := range cases {
			measure(redrawn, c, strings.Map(func(r rune) rune {
				if r >= '0' && r <= '9' {
					return rune('0' + random.IntN(10))
				}
				return r
			}, c.Text))
		}
	}
	return nil
}
