package eval

import (
	"context"
	"slices"

	"skein/inbox/orderlink"
)

// requests measures which orders are linked because a customer names them.
func requests(_ context.Context, dir string, r *Reporter) error {
	s, err := readShop(dir)
	if err != nil {
		return err
	}
	row := r.Row("requests: orders named and owned")
	row.AtLeast(1)
	for _, req := range s.requests {
		want := s.named(req.Text, req.User)
		if len(want) == 0 {
			continue
		}
		got := linked(orderlink.Link(s.evidence(req.Text, req.User)))
		right := 0
		for _, id := range got {
			if slices.Contains(want, id) {
				right++
			}
		}
		row.Found(req.Text, len(got), len(want), right, got, want)
	}
	return nil
}
