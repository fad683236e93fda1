package queues

import (
	"cmp"
	"slices"
	"time"
)

const (
	minutes   = 61
	spans     = 12
	halfHours = 48
)

func newTrend() *Trend {
	t := &Trend{}
	t.Minutes.Waiting, t.Minutes.Longest, t.Minutes.Backlog = make([]int, minutes), make([]int, minutes), make([]int, minutes)
	t.Spans.Offered, t.Spans.Handled, t.Spans.Abandoned = make([]int, spans), make([]int, spans), make([]int, spans)
	t.HalfHours.Created, t.HalfHours.Closed = make([]int, halfHours), make([]int, halfHours)
	return t
}

func (t *Trend) add(o *Trend) {
	for _, l := range [][2][]int{
		{t.Minutes.Waiting, o.Minutes.Waiting}, {t.Minutes.Backlog, o.Minutes.Backlog},
		{t.Spans.Offered, o.Spans.Offered}, {t.Spans.Handled, o.Spans.Handled}, {t.Spans.Abandoned, o.Spans.Abandoned},
		{t.HalfHours.Created, o.HalfHours.Created}, {t.HalfHours.Closed, o.HalfHours.Closed},
	} {
		for i, n := range l[1] {
			l[0][i] += n
		}
	}
	for i, n := range o.Minutes.Longest {
		t.Minutes.Longest[i] = max(t.Minutes.Longest[i], n)
	}
}

func (t *Tally) trend(at cell) *Trend {
	g := t.cell(at)
	if g.Trend == nil {
		g.Trend = newTrend()
	}
	return g.Trend
}

// stood counts a conversation in one state, at those minutes that fall into a time:
// from an instant on, and before another.
func (t *Tally) stood(s *state, from, until, now time.Time) {
	if !s.backlog && s.waiting.IsZero() {
		return
	}
	trend := t.trend(s.place)
	for i := range minutes {
		at := now.Add(time.Duration(i+1-minutes) * time.Minute)
		if at.Before(from) || !at.Before(until) {
			continue
		}
		if s.backlog {
			trend.Minutes.Backlog[i]++
		}
		if !s.waiting.IsZero() {
			trend.Minutes.Waiting[i]++
			trend.Minutes.Longest[i] = max(trend.Minutes.Longest[i], int(at.Sub(s.waiting)/time.Second))
		}
	}
}

// lookBack counts a conversation as it stood in the last hour.
func (t *Tally) lookBack(c *conversation, now time.Time) {
	var from time.Time
	for i := range c.past {
		t.stood(&c.past[i].state, from, c.past[i].until, now)
		from = c.past[i].until
	}
	t.stood(&c.state, from, now.Add(time.Nanosecond), now)
}

// spans counts what happened to a conversation, by when it did. Of one that was
// merged it is that one's.
func (t *Tally) spans(c *conversation, h *happened, now time.Time) {
	trend := t.trend(c.place)
	each := func(list []int, width time.Duration, at ...time.Time) {
		var seen []int
		for _, at := range at {
			i := len(list) - 1 - int(now.Sub(at)/width)
			if ago := now.Sub(at); ago >= 0 && i >= 0 && !slices.Contains(seen, i) {
				list[i]++
				seen = append(seen, i)
			}
		}
	}
	each(trend.Spans.Offered, 5*time.Minute, h.offers...)
	each(trend.Spans.Handled, 5*time.Minute, h.answers...)
	each(trend.Spans.Abandoned, 5*time.Minute, h.leaves...)
	each(trend.HalfHours.Created, 30*time.Minute, c.created)
	each(trend.HalfHours.Closed, 30*time.Minute, h.closes...)
}

func compareGroups(a, b Group) int {
	rank := map[Dimension]int{ByAll: 0, ByInbox: 1, ByTeam: 2, ByChannel: 3}
	return cmp.Or(rank[a.By]-rank[b.By], cmp.Compare(a.ID, b.ID))
}
