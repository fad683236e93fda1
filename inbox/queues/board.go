package queues

import (
	"slices"
	"time"

	"skein/inbox"
)

// A Board holds what figures are made of. It is one goroutine's, or its owner's
// lock guards it.
type Board struct {
	since         time.Time // what was closed and last touched before is not known
	conversations map[inbox.ConversationID]*conversation
	messages      map[inbox.MessageID]*message
	pruned        time.Time
}

// A state is where a conversation stands.
type state struct {
	place    cell
	assignee inbox.AgentID
	open     bool
	backlog  bool
	waiting  time.Time // since when; zero: it doesn't
}

// A past is a state that was, until an instant.
type past struct {
	until time.Time
	state
}

type conversation struct {
	state
	version int64
	at      time.Time // of the newest entry; a clock that goes back counts as standing
	status  inbox.Status
	merged  inbox.ConversationID
	created time.Time
	asked   time.Time // when its customer first said something; zero: not yet
	replied time.Time // first
	account inbox.AccountID
	left    time.Time   // when its customer left a chat unanswered, last
	offers  []time.Time // within Kept
	closes  []time.Time
	leaves  []time.Time // the same, each time
	past    []past      // of the last hour, oldest first
}

// A message counts when a human answered by it, or when it is a call.
type message struct {
	version int64
	in      inbox.ConversationID
	at      time.Time
	agent   inbox.AgentID
	account inbox.AccountID
	answer  bool
	missed  bool
	rang    time.Duration
}

// NewBoard begins with a base.
func NewBoard(base Base) *Board {
	b := &Board{since: base.Since, conversations: map[inbox.ConversationID]*conversation{}, messages: map[inbox.MessageID]*message{}}
	for i := range base.Log {
		b.Apply(&base.Log[i])
	}
	for i := range base.Open {
		c := &base.Open[i]
		if known := b.conversations[c.ID]; known == nil || known.version < c.Version {
			if known == nil {
				known = &conversation{}
				b.conversations[c.ID] = known
			}
			known.take(c)
		}
	}
	return b
}

// Apply folds an entry in. One that is known already, or of before the board's
// time, changes nothing. It reports whether anything may read otherwise now.
func (b *Board) Apply(e *Entry) bool {
	if e.Message != nil {
		return b.said(e)
	}
	c := e.Conversation
	if c.SideOf != "" {
		return false // no customer waits in it
	}
	one := b.conversations[c.ID]
	if one == nil {
		if e.At.Before(b.since) {
			return false // what became of it since was read with the base
		}
		one = &conversation{at: e.At}
		if e.Before != nil {
			one.take(e.Before)
		}
		b.conversations[c.ID] = one
	} else if e.Version <= one.version {
		return false
	}
	one.at = later(one.at, e.At)
	was := one.state
	left, asked := one.left, one.asked
	one.take(c)
	if was != one.state {
		one.past = append(one.past, past{one.at, was})
	}
	switch {
	case c.MergedInto != "" || e.WasMerged: // joined, or apart again: nothing began
	case one.open && e.Was != "" && e.Was != inbox.Open:
		one.offers = append(one.offers, one.at)
	case one.open && !one.asked.IsZero() && (e.Was == "" || c.Outbound && asked.IsZero()):
		one.offers = append(one.offers, one.asked)
	case e.Was != inbox.Closed && one.status == inbox.Closed:
		one.closes = append(one.closes, one.at)
	}
	if !one.left.IsZero() && !one.left.Equal(left) {
		one.leaves = append(one.leaves, one.left)
	}
	return true
}

// take makes c the state.
func (o *conversation) take(c *inbox.Conversation) {
	o.version, o.status, o.merged, o.created, o.account = c.Version, c.Status, c.MergedInto, c.CreatedAt, c.Account
	alone := c.MergedInto == ""
	o.state = state{
		place: cell{c.InboxID, c.TeamID, c.Channel}, assignee: c.Assignee,
		open:    alone && c.Status == inbox.Open,
		backlog: alone && (c.Status == inbox.Open || c.Status == inbox.Pending || c.Status == inbox.Snoozed),
	}
	if o.open && c.WaitingSince != nil {
		o.waiting = c.WaitingSince.UTC()
	}
	o.asked, o.replied, o.left = time.Time{}, time.Time{}, time.Time{}
	if at := c.AskedAt(); at != nil {
		o.asked = *at
	}
	if c.FirstReplyAt != nil {
		o.replied = *c.FirstReplyAt
	}
	if c.LeftAt != nil {
		o.left = *c.LeftAt
	}
}

func (b *Board) said(e *Entry) bool {
	m := e.Message
	one := b.messages[m.ID]
	if one != nil && e.Version <= one.version {
		return false
	}
	answer := !e.Gone && m.Kind == inbox.Public && !m.Automatic.Is && !m.Scheduled &&
		(m.Call.Answered() || m.Call == nil && m.Direction == inbox.Out && m.Author.Kind == inbox.ByAgent)
	missed := !e.Gone && m.Call != nil && m.Call.Direction == inbox.In && m.Call.EndedAt != nil &&
		(m.Call.Disposition == inbox.CallMissed || m.Call.Disposition == inbox.CallBusy)
	if one == nil {
		if e.At.Before(b.since) || !answer && !missed && m.Call == nil && !m.Scheduled {
			return false
		}
		one = &message{}
		b.messages[m.ID] = one
	}
	*one = message{version: e.Version, in: m.ConversationID, at: m.CreatedAt, agent: m.Author.AgentID, account: m.Account, answer: answer, missed: missed}
	if m.Call != nil {
		one.agent = ""
		one.rang = time.Duration(m.Call.RingSeconds) * time.Second
		switch {
		case answer && m.Call.AnsweredAt != nil:
			one.at = *m.Call.AnsweredAt
		case missed:
			one.at = *m.Call.EndedAt
		}
	}
	return true
}

// prune forgets what no figure of now or later asks for.
func (b *Board) prune(now time.Time) {
	if now.Sub(b.pruned) < time.Minute {
		return
	}
	b.pruned = now
	old, hour := now.Add(-Kept), now.Add(-time.Hour-time.Minute)
	past := func(at time.Time) bool { return at.Before(old) }
	for id, c := range b.conversations {
		c.offers, c.closes, c.leaves = slices.DeleteFunc(c.offers, past), slices.DeleteFunc(c.closes, past), slices.DeleteFunc(c.leaves, past)
		for len(c.past) > 0 && c.past[0].until.Before(hour) {
			c.past = c.past[1:]
		}
		if !c.backlog && past(c.at) && len(c.offers)+len(c.closes)+len(c.leaves) == 0 {
			delete(b.conversations, id)
		}
	}
	for id, m := range b.messages {
		if past(m.at) {
			delete(b.messages, id)
		}
	}
	b.since = later(b.since, old)
}

// whole is the conversation that one is part of, itself where it is alone; nil
// when that one isn't known: then nothing happened to it that counts.
func (b *Board) whole(id inbox.ConversationID) *conversation {
	for range 8 {
		c := b.conversations[id]
		if c == nil || c.merged == "" {
			return c
		}
		id = c.merged
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
