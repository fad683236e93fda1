package eval

import (
	"context"
	"fmt"
	"slices"

	"skein/inbox"
	"skein/inbox/orderlink"
)

// ranking measures which order is put first, and which is linked by itself,
// when a customer of several orders names none: a request is right when it is
// acted on in the end.
func ranking(_ context.Context, dir string, r *Reporter) error {
	s, err := readShop(dir)
	if err != nil {
		return err
	}
	first := r.Row("no number: first is acted on")
	first.AtLeast(.92)
	alone := r.Row("no number: linked by itself")
	alone.Bar("none wrong", func(r Result) bool { return r.Right == r.Cases })
	cut := r.Row("numbers cut out: first is acted on")
	cut.Note("what the words alone are worth")
	cutAlone := r.Row("numbers cut out: linked by itself")
	for _, req := range s.requests {
		if len(s.orders[req.User]) < 2 {
			continue
		}
		text, top, auto := req.Text, first, alone
		if len(s.named(text, req.User)) > 0 {
			// What is left says little at times; it shows what the words are worth.
			text, top, auto = longNumber.ReplaceAllString(text, ""), cut, cutAlone
		}
		ev := s.evidence(text, req.User)
		links := orderlink.Link(ev)
		acted := func(l inbox.OrderLink) bool { return l.Order != nil && slices.Contains(req.ActsOn, l.Order.Number) }
		if len(req.ActsOn) > 0 {
			var got []string
			for _, l := range links {
				if l.Order != nil {
					got = append(got, fmt.Sprintf("%s %s %.2f %s", l.State, l.Order.Number, l.Score, l.Reason.Text))
				}
			}
			top.Check(text, len(links) > 0 && acted(links[0]), got, req.ActsOn)
		}
		for _, l := range links {
			if l.State == inbox.Linked || l.State == inbox.LinkUnproven {
				auto.Check(text, acted(l), l.Order.Number, req.ActsOn)
			}
		}
	}
	return nil
}
