package queues

import (
	"cmp"
	"slices"
	"time"

	"skein/inbox"
)

// A Snapshot is all that somebody watches, of one instant. Lists are never null.
type Snapshot struct {
	At     time.Time   `json:"at"`
	Groups []Group     `json:"groups" doc:"All together first, then each inbox, team and channel that has anything"`
	Agents []AgentLoad `json:"agents"`
	// Thresholds are not computed here: whoever shows a snapshot adds them.
	Thresholds []inbox.QueueThreshold `json:"thresholds"`
}

// A Dimension is by what conversations are grouped.
type Dimension string

const (
	ByAll     Dimension = "all"
	ByInbox   Dimension = "inbox"
	ByTeam    Dimension = "team"
	ByChannel Dimension = "channel"
)

// A Group is the figures of the conversations that have something in common.
type Group struct {
	By Dimension `json:"by" enum:"all,inbox,team,channel"`
	ID string    `json:"id" doc:"Of the inbox or team, or the channel's name; empty for all"`

	Waiting      int        `json:"waiting" doc:"Open, and nobody human has answered the customer's last words"`
	WaitingSince *time.Time `json:"waitingSince,omitempty" doc:"Since when the one that waits longest does"`
	Longest      string     `json:"longestId,omitempty" doc:"Which conversation that is"`
	Backlog      int        `json:"backlog" doc:"Open, pending or snoozed"`

	Last15 Window `json:"last15"`
	Last30 Window `json:"last30"`
	Last60 Window `json:"last60"`
	Today  Window `json:"today" doc:"Since midnight in the zone of each inbox's calendar"`

	Trend *Trend `json:"trend,omitempty" doc:"Where it was asked for"`
}

// A Window is what happened within one: numbers of conversations.
type Window struct {
	Offered   int `json:"offered" doc:"Began, or became open again"`
	Handled   int `json:"handled" doc:"Of these, answered by somebody human since"`
	Abandoned int `json:"abandoned" doc:"Live chats and calls that the customer left unanswered"`
	Created   int `json:"created"`
	Closed    int `json:"closed"`
	// FirstResponse is nil while there is none.
	FirstResponse *ResponseTime `json:"firstResponse,omitempty" doc:"Of the conversations that were answered for the first time"`

	times []time.Duration
}

// A ResponseTime is how long conversations took to be answered, from when they were
// created, or from when the customer first answered where we began, in seconds.
type ResponseTime struct {
	Count  int     `json:"count"`
	Median float64 `json:"median"`
	P90    float64 `json:"p90"`
}

// A Trend is how figures were. Every list is the oldest first and ends with the
// instant of the snapshot.
type Trend struct {
	Minutes struct {
		Waiting []int `json:"waiting"`
		Longest []int `json:"longest" doc:"Seconds that the longest wait had lasted"`
		Backlog []int `json:"backlog"`
	} `json:"minutes" doc:"At each minute of the last hour: 61"`
	Spans struct {
		Offered   []int `json:"offered"`
		Handled   []int `json:"handled" doc:"Conversations that were answered within"`
		Abandoned []int `json:"abandoned"`
	} `json:"spans" doc:"In each five minutes of the last hour: 12"`
	HalfHours struct {
		Created []int `json:"created"`
		Closed  []int `json:"closed"`
	} `json:"halfHours" doc:"In each half hour of the last day: 48"`
}

// An AgentLoad is how somebody is, and what they carry in the inboxes that are watched.
type AgentLoad struct {
	ID      inbox.AgentID `json:"id"`
	Name    string        `json:"name"`
	State   string        `json:"state" enum:"online,idle,away,offline"`
	Since   *time.Time    `json:"since,omitempty" doc:"Since when, as far as this server has known"`
	Open    int           `json:"open" doc:"Open conversations that are assigned to the agent"`
	Waiting int           `json:"waiting" doc:"Those of them whose customers wait"`
	Handled int           `json:"handled" doc:"Conversations that the agent answered today"`
}

// A cell is where conversations are that are counted together.
type cell struct {
	inbox   inbox.InboxID
	team    inbox.TeamID
	channel inbox.Channel
}

// A Tally is the figures of an instant, cell by cell, to be put together for whoever
// asks. Nothing writes to it.
type Tally struct {
	at     time.Time
	trends bool
	looks  map[cell]*look
	cells  map[cell]*Group
	agents map[inbox.InboxID]map[inbox.AgentID]*AgentLoad
}

// windows are those of a group, with where each begins in an inbox.
func (g *Group) windows(now, midnight time.Time) [4]struct {
	w    *Window
	from time.Time
} {
	return [4]struct {
		w    *Window
		from time.Time
	}{{&g.Last15, now.Add(-15 * time.Minute)}, {&g.Last30, now.Add(-30 * time.Minute)}, {&g.Last60, now.Add(-time.Hour)}, {&g.Today, midnight}}
}

// happened is what happened to a conversation and to those that are part of it.
type happened struct {
	offers, leaves, closes, answers []time.Time
	by                              map[inbox.AgentID]time.Time // the last answer of each
}

// Tally computes the figures of now: no earlier than any entry that was applied.
// With trends it looks back as well.
func (b *Board) Tally(now time.Time, site *Site, trends bool) *Tally {
	b.prune(now)
	all := b.happenings(site)
	t := &Tally{at: now, trends: trends, looks: map[cell]*look{}, cells: map[cell]*Group{}, agents: map[inbox.InboxID]map[inbox.AgentID]*AgentLoad{}}
	midnights := map[inbox.InboxID]time.Time{}
	old := now.Add(-Kept)
	for id, c := range b.conversations {
		if trends {
			t.lookBack(c)
		}
		h := all[c]
		if c.merged != "" || c.status == inbox.Spam || !c.backlog && h == nil && c.replied.IsZero() && c.created.Before(old) {
			continue
		}
		if h == nil && c.created.Before(old) && c.replied.Before(old) { // most of a backlog
			t.stand(t.cell(c.place), id, c)
			continue
		}
		at := c.place.inbox
		midnight, ok := midnights[at]
		if !ok {
			midnight = site.midnight(at, now)
			midnights[at] = midnight
		}
		g := t.cell(c.place)
		t.stand(g, id, c)
		if h == nil {
			h = &happened{}
		}
		answered := newest(h.answers)
		for _, w := range g.windows(now, midnight) {
			in := func(list []time.Time) bool { return !newest(list).Before(w.from) }
			if offered := newest(h.offers); !offered.Before(w.from) {
				w.w.Offered++
				if !answered.Before(offered) {
					w.w.Handled++
				}
			}
			if in(h.leaves) {
				w.w.Abandoned++
			}
			if in(h.closes) {
				w.w.Closed++
			}
			if !c.created.Before(w.from) {
				w.w.Created++
			}
			if !c.replied.Before(w.from) {
				w.w.times = append(w.w.times, c.replied.Sub(c.asked))
			}
		}
		for agent, last := range h.by {
			if !last.Before(midnight) {
				t.agent(at, agent).Handled++
			}
		}
		if trends {
			t.spans(c, h, now)
		}
	}
	t.looked()
	return t
}

// happenings puts together what happened to conversations that are one by now.
func (b *Board) happenings(site *Site) map[*conversation]*happened {
	all := map[*conversation]*happened{}
	of := func(id inbox.ConversationID) *happened {
		c := b.whole(id)
		if c == nil {
			return nil
		}
		if all[c] == nil {
			all[c] = &happened{}
		}
		return all[c]
	}
	for id, c := range b.conversations {
		if len(c.offers)+len(c.leaves)+len(c.closes) == 0 {
			continue
		}
		if h := of(id); h != nil {
			h.offers, h.leaves, h.closes = append(h.offers, c.offers...), append(h.leaves, c.leaves...), append(h.closes, c.closes...)
		}
	}
	for _, m := range b.messages {
		missed := m.missed && m.rang >= site.threshold(m.account)
		if !m.answer && !missed {
			continue
		}
		h := of(m.in)
		switch {
		case h == nil:
		case missed:
			h.leaves = append(h.leaves, m.at)
		default:
			h.answers = append(h.answers, m.at)
			if m.agent != "" {
				if h.by == nil {
					h.by = map[inbox.AgentID]time.Time{}
				}
				h.by[m.agent] = later(h.by[m.agent], m.at)
			}
		}
	}
	return all
}

func newest(list []time.Time) time.Time {
	var last time.Time
	for _, at := range list {
		last = later(last, at)
	}
	return last
}

func (t *Tally) cell(at cell) *Group {
	if t.cells[at] == nil {
		t.cells[at] = &Group{}
	}
	return t.cells[at]
}

func (t *Tally) agent(in inbox.InboxID, id inbox.AgentID) *AgentLoad {
	if t.agents[in] == nil {
		t.agents[in] = map[inbox.AgentID]*AgentLoad{}
	}
	if t.agents[in][id] == nil {
		t.agents[in][id] = &AgentLoad{ID: id}
	}
	return t.agents[in][id]
}

// stand counts where a conversation stands.
func (t *Tally) stand(g *Group, id inbox.ConversationID, c *conversation) {
	if c.backlog {
		g.Backlog++
	}
	waits := !c.waiting.IsZero()
	if waits {
		g.wait(1, c.waiting, string(id))
	}
	if c.open && c.assignee != "" {
		a := t.agent(c.place.inbox, c.assignee)
		a.Open++
		if waits {
			a.Waiting++
		}
	}
}

// wait counts n more that wait, the longest of them since then.
func (g *Group) wait(n int, since time.Time, id string) {
	g.Waiting += n
	if g.WaitingSince == nil || since.Before(*g.WaitingSince) || since.Equal(*g.WaitingSince) && id < g.Longest {
		g.WaitingSince, g.Longest = &since, id
	}
}

// add puts o's figures to g's.
func (g *Group) add(o *Group) {
	if o.WaitingSince != nil {
		g.wait(o.Waiting, *o.WaitingSince, o.Longest)
	}
	g.Backlog += o.Backlog
	for _, w := range [][2]*Window{{&g.Last15, &o.Last15}, {&g.Last30, &o.Last30}, {&g.Last60, &o.Last60}, {&g.Today, &o.Today}} {
		to, from := w[0], w[1]
		to.Offered += from.Offered
		to.Handled += from.Handled
		to.Abandoned += from.Abandoned
		to.Created += from.Created
		to.Closed += from.Closed
		to.times = append(to.times, from.times...)
	}
	if o.Trend != nil {
		if g.Trend == nil {
			g.Trend = newTrend()
		}
		g.Trend.add(o.Trend)
	}
}

func (w *Window) any() bool {
	return w.Offered+w.Abandoned+w.Created+w.Closed > 0 || w.FirstResponse != nil
}

// settle computes what is not a sum.
func (g *Group) settle() {
	for _, w := range []*Window{&g.Last15, &g.Last30, &g.Last60, &g.Today} {
		if n := len(w.times); n > 0 {
			slices.Sort(w.times)
			w.FirstResponse = &ResponseTime{Count: n, Median: quantile(w.times, 50), P90: quantile(w.times, 90)}
			w.times = nil
		}
	}
}

// quantile is the smallest of sorted that so many in a hundred don't exceed.
func quantile(sorted []time.Duration, percent int) float64 {
	return sorted[(len(sorted)*percent+99)/100-1].Seconds()
}

// Snapshot puts together what somebody may see who sees these inboxes. Groups are
// sorted by what they are and then by id; agents by id, those alone that carry or
// did something.
func (t *Tally) Snapshot(sees func(inbox.InboxID) bool) Snapshot {
	type key struct {
		by Dimension
		id string
	}
	groups := map[key]*Group{{ByAll, ""}: {By: ByAll}}
	if t.trends {
		groups[key{ByAll, ""}].Trend = newTrend()
	}
	for at, g := range t.cells {
		if !sees(at.inbox) {
			continue
		}
		keys := []key{{ByAll, ""}, {ByInbox, string(at.inbox)}, {ByChannel, string(at.channel)}}
		if at.team != "" {
			keys = append(keys, key{ByTeam, string(at.team)})
		}
		for _, k := range keys {
			if groups[k] == nil {
				groups[k] = &Group{By: k.by, ID: k.id}
			}
			groups[k].add(g)
		}
	}
	s := Snapshot{At: t.at, Groups: make([]Group, 0, len(groups)), Agents: []AgentLoad{}}
	for _, g := range groups {
		if g.settle(); g.By == ByAll || g.Backlog > 0 || g.Today.any() || g.Last60.any() {
			s.Groups = append(s.Groups, *g)
		}
	}
	slices.SortFunc(s.Groups, compareGroups)
	agents := map[inbox.AgentID]*AgentLoad{}
	for in, list := range t.agents {
		if !sees(in) {
			continue
		}
		for id, a := range list {
			if agents[id] == nil {
				agents[id] = &AgentLoad{ID: id}
			}
			agents[id].Open += a.Open
			agents[id].Waiting += a.Waiting
			agents[id].Handled += a.Handled
		}
	}
	for _, a := range agents {
		s.Agents = append(s.Agents, *a)
	}
	slices.SortFunc(s.Agents, func(a, b AgentLoad) int { return cmp.Compare(a.ID, b.ID) })
	return s
}
