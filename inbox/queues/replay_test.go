package queues

import (
	"cmp"
	"slices"
	"time"

	"skein/inbox"
)

// replay computes figures from the whole log, as slowly and plainly as the words of
// the design say it: what a board has to equal. It shares nothing with it but the
// types.
func replay(log []Entry, now time.Time, site *Site, sees func(inbox.InboxID) bool) Snapshot {
	r := replayed{
		is: map[inbox.ConversationID]*inbox.Conversation{}, effective: map[inbox.ConversationID][]Entry{},
		messages: map[inbox.MessageID]Entry{},
	}
	for _, e := range slices.Clone(log) {
		if e.Message != nil {
			if old, ok := r.messages[e.Message.ID]; !ok || e.Version > old.Version {
				r.messages[e.Message.ID] = e
			}
			continue
		}
		c := e.Conversation
		r.is[c.ID] = c
		// A clock that goes back counts as standing.
		if list := r.effective[c.ID]; len(list) > 0 {
			e.At = later(e.At, list[len(list)-1].At)
		}
		r.effective[c.ID] = append(r.effective[c.ID], e)
	}
	groups := []Group{{By: ByAll}}
	agents := map[inbox.AgentID]*AgentLoad{}
	for id, c := range r.is {
		if c.MergedInto != "" || c.Status == inbox.Spam || !sees(c.InboxID) {
			continue
		}
		one := r.figures(id, now, site, agents)
		if one == nil {
			continue
		}
		put := func(by Dimension, id string) {
			i := slices.IndexFunc(groups, func(g Group) bool { return g.By == by && g.ID == id })
			if i < 0 {
				i = len(groups)
				groups = append(groups, Group{By: by, ID: id})
			}
			groups[i].add(one)
		}
		put(ByAll, "")
		put(ByInbox, string(c.InboxID))
		put(ByChannel, string(c.Channel))
		if c.TeamID != "" {
			put(ByTeam, string(c.TeamID))
		}
	}
	for i := range groups {
		groups[i].settle()
	}
	slices.SortFunc(groups, compareGroups)
	s := Snapshot{At: now, Groups: groups, Agents: []AgentLoad{}}
	for _, a := range agents {
		s.Agents = append(s.Agents, *a)
	}
	slices.SortFunc(s.Agents, func(a, b AgentLoad) int { return cmp.Compare(a.ID, b.ID) })
	return s
}

type replayed struct {
	is        map[inbox.ConversationID]*inbox.Conversation
	effective map[inbox.ConversationID][]Entry
	messages  map[inbox.MessageID]Entry
}

func (r *replayed) root(id inbox.ConversationID) inbox.ConversationID {
	for r.is[id] != nil && r.is[id].MergedInto != "" {
		id = r.is[id].MergedInto
	}
	return id
}

// figures are those of one conversation with all that is part of it; nil when
// nothing of it is to be seen.
func (r *replayed) figures(id inbox.ConversationID, now time.Time, site *Site, agents map[inbox.AgentID]*AgentLoad) *Group {
	c := r.is[id]
	var offers, closes, leaves, answers []time.Time
	by := map[inbox.AgentID]bool{}
	midnight := site.midnight(c.InboxID, now)
	for part, list := range r.effective {
		if r.root(part) != id {
			continue
		}
		var left time.Time
		heard := false
		for _, e := range list {
			first := e.Conversation.Outbound && e.Conversation.HeardAt != nil && !heard
			heard = heard || first
			if l := e.Conversation.LeftAt; l != nil && !l.Equal(left) {
				left = *l
				leaves = append(leaves, left)
			}
			if e.Conversation.MergedInto != "" || e.WasMerged {
				continue
			}
			switch {
			case e.Conversation.Status == inbox.Open && e.Was == "" && e.Conversation.Outbound:
			case e.Conversation.Status == inbox.Open && e.Was == inbox.Open && first:
				offers = append(offers, *e.Conversation.HeardAt)
			case e.Conversation.Status == inbox.Open && e.Was == "":
				offers = append(offers, e.Conversation.CreatedAt)
			case e.Conversation.Status == inbox.Open && e.Was != inbox.Open:
				offers = append(offers, e.At)
			case e.Conversation.Status == inbox.Closed && e.Was != inbox.Closed:
				closes = append(closes, e.At)
			}
		}
	}
	for _, e := range r.messages {
		m := e.Message
		if e.Gone || m.Kind != inbox.Public || m.Automatic.Is || m.Scheduled || r.root(m.ConversationID) != id {
			continue
		}
		switch {
		case m.Call == nil && m.Direction == inbox.Out && m.Author.Kind == inbox.ByAgent:
			answers = append(answers, m.CreatedAt)
			if !m.CreatedAt.Before(midnight) {
				by[m.Author.AgentID] = true
			}
		case m.Call.Answered():
			answers = append(answers, *m.Call.AnsweredAt)
		case m.Call != nil && m.Call.Direction == inbox.In && m.Call.EndedAt != nil && m.Call.Disposition == inbox.CallMissed &&
			time.Duration(m.Call.RingSeconds)*time.Second >= site.threshold(m.Account):
			leaves = append(leaves, *m.Call.EndedAt)
		}
	}
	g := &Group{}
	backlog := c.Status == inbox.Open || c.Status == inbox.Pending || c.Status == inbox.Snoozed
	if backlog {
		g.Backlog = 1
	}
	agent := func(id inbox.AgentID) *AgentLoad {
		if agents[id] == nil {
			agents[id] = &AgentLoad{ID: id}
		}
		return agents[id]
	}
	waits := c.Status == inbox.Open && c.WaitingSince != nil
	if waits {
		g.wait(1, c.WaitingSince.UTC(), string(id))
	}
	if c.Status == inbox.Open && c.Assignee != "" {
		agent(c.Assignee).Open++
		if waits {
			agent(c.Assignee).Waiting++
		}
	}
	for who := range by {
		agent(who).Handled++
	}
	seen := backlog
	for _, w := range []struct {
		w    *Window
		from time.Time
	}{{&g.Last15, now.Add(-15 * time.Minute)}, {&g.Last30, now.Add(-30 * time.Minute)}, {&g.Last60, now.Add(-60 * time.Minute)}, {&g.Today, midnight}} {
		within := func(at time.Time) bool { return !at.Before(w.from) }
		if slices.ContainsFunc(offers, within) {
			w.w.Offered = 1
			last := slices.MaxFunc(offers, time.Time.Compare)
			if slices.ContainsFunc(answers, func(at time.Time) bool { return !at.Before(last) }) {
				w.w.Handled = 1
			}
		}
		if slices.ContainsFunc(leaves, within) {
			w.w.Abandoned = 1
		}
		if slices.ContainsFunc(closes, within) {
			w.w.Closed = 1
		}
		if within(c.CreatedAt) {
			w.w.Created = 1
		}
		if c.FirstReplyAt != nil && within(*c.FirstReplyAt) {
			began := c.CreatedAt
			if c.Outbound {
				began = *c.HeardAt
			}
			w.w.times = append(w.w.times, c.FirstReplyAt.Sub(began))
		}
		seen = seen || w.w.Offered+w.w.Abandoned+w.w.Closed+w.w.Created+len(w.w.times) > 0
	}
	if !seen {
		return nil
	}
	return g
}

// waitedAt is how many waited at an instant, and the backlog then: of what the log
// held until then.
func waitedAt(log []Entry, at time.Time) (waiting, backlog int) {
	is := map[string]*inbox.Conversation{}
	last := map[string]time.Time{}
	for _, e := range log {
		if e.Conversation == nil {
			continue
		}
		last[e.Entity] = later(last[e.Entity], e.At)
		if !last[e.Entity].After(at) {
			is[e.Entity] = e.Conversation
		}
	}
	for _, c := range is {
		if c.MergedInto != "" {
			continue
		}
		switch c.Status {
		case inbox.Open:
			backlog++
			if c.WaitingSince != nil {
				waiting++
			}
		case inbox.Pending, inbox.Snoozed:
			backlog++
		}
	}
	return waiting, backlog
}
