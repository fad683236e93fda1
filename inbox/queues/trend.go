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

// A look is what is gathered of a cell's last hour: how many more or fewer there are
// from each minute on than before it, and since when the longest waits. A backlog of
// a hundred thousand is looked at in a moment.
type look struct {
	waiting, backlog [minutes + 1]int
	since            [minutes]int64 // of those that did not wait all that time, Unix seconds; 0: none
	steady           int64          // of those that did
}

// minuteFrom is the first minute of a trend that is no earlier than at.
func minuteFrom(at, now time.Time) int {
	ago := now.Sub(at)
	switch {
	case ago < 0:
		return minutes
	case ago >= (minutes-1)*time.Minute:
		return 0
	}
	return minutes - 1 - int(ago/time.Minute)
}

// stood counts a conversation in one state at minutes [from, until).
func (t *Tally) stood(s *state, from, until int) {
	if from >= until || !s.backlog && s.waiting.IsZero() {
		return
	}
	l := t.looks[s.place]
	if l == nil {
		l = &look{}
		t.looks[s.place] = l
	}
	if s.backlog {
		l.backlog[from]++
		l.backlog[until]--
	}
	if s.waiting.IsZero() {
		return
	}
	l.waiting[from]++
	l.waiting[until]--
	since := s.waiting.Unix()
	if from == 0 && until == minutes {
		l.steady = earliest(l.steady, since)
		return
	}
	for i := from; i < until; i++ {
		l.since[i] = earliest(l.since[i], since)
	}
}

// earliest is the earlier of two instants, 0 being none.
func earliest(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// lookBack counts a conversation as it stood in the last hour.
func (t *Tally) lookBack(c *conversation) {
	from := 0
	for i := range c.past {
		until := minuteFrom(c.past[i].until, t.at)
		t.stood(&c.past[i].state, from, until)
		from = max(from, until)
	}
	t.stood(&c.state, from, minutes)
}

// looked makes trends of what was gathered.
func (t *Tally) looked() {
	for place, l := range t.looks {
		trend := t.trend(place)
		waiting, backlog := 0, 0
		for i := range minutes {
			waiting, backlog = waiting+l.waiting[i], backlog+l.backlog[i]
			trend.Minutes.Waiting[i], trend.Minutes.Backlog[i] = waiting, backlog
			if since := earliest(l.since[i], l.steady); since != 0 {
				at := t.at.Add(time.Duration(i+1-minutes) * time.Minute)
				trend.Minutes.Longest[i] = max(0, int(at.Unix()-since))
			}
		}
	}
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
