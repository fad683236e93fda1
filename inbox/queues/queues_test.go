package queues

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"skein/inbox"
)

// A shop makes a random log.
type shop struct {
	*rand.Rand
	now      time.Time
	log      []Entry
	is       []*inbox.Conversation
	messages []*inbox.Message
	versions map[string]int64
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func id[T ~string](kind, n int) T { return T(fmt.Sprintf("%08d-0000-7000-8000-%012d", kind, n)) }

// change makes one entry of a conversation.
func (s *shop) change(c *inbox.Conversation, do func(*inbox.Conversation)) {
	e := Entry{At: s.now, Entity: string(c.ID)}
	if was := *c; c.Version > 0 {
		e.Was, e.WasMerged, e.Before = was.Status, was.MergedInto != "", &was
	}
	do(c)
	c.Version++
	if c.Status != inbox.Open || c.MergedInto != "" {
		c.WaitingSince = nil
	}
	is := *c
	e.Version, e.Conversation = c.Version, &is
	s.log = append(s.log, e)
}

func (s *shop) tell(m *inbox.Message, gone bool) {
	s.versions[string(m.ID)]++
	is := *m
	s.log = append(s.log, Entry{At: s.now, Entity: string(m.ID), Version: s.versions[string(m.ID)], Message: &is, Gone: gone})
}

func (s *shop) write(c *inbox.Conversation, m inbox.Message) *inbox.Message {
	m.ID, m.ConversationID, m.CreatedAt, m.Account = id[inbox.MessageID](9, len(s.messages)), c.ID, s.now, c.Account
	if m.Kind == "" {
		m.Kind = inbox.Public
	}
	s.messages = append(s.messages, &m)
	s.tell(&m, false)
	return &m
}

// begin has a customer begin a conversation.
func (s *shop) begin() {
	n := len(s.is)
	c := &inbox.Conversation{
		ID: id[inbox.ConversationID](1, n), InboxID: id[inbox.InboxID](2, s.IntN(3)), Channel: pick(s.Rand, inbox.Email, inbox.Chat, inbox.Phone),
		Account: inbox.AccountID(pick(s.Rand, "a", "b")), Status: pick(s.Rand, inbox.Open, inbox.Open, inbox.Open, inbox.Spam, inbox.Closed), CreatedAt: s.now,
	}
	s.is = append(s.is, c)
	if s.IntN(4) == 0 { // by us
		c.Outbound = true
		s.write(c, inbox.Message{Direction: inbox.Out, Author: inbox.Author{Kind: inbox.ByAgent, AgentID: id[inbox.AgentID](3, s.IntN(3))}})
		s.change(c, func(*inbox.Conversation) {})
		return
	}
	s.change(c, func(c *inbox.Conversation) { s.waits(c) })
}

func (s *shop) waits(c *inbox.Conversation) {
	if at := s.now; c.Outbound && c.HeardAt == nil {
		c.HeardAt = &at
	}
	if at := s.now; c.WaitingSince == nil && c.Status == inbox.Open {
		c.WaitingSince = &at
	}
}

// step is one thing that happens.
func (s *shop) step() {
	s.now = s.now.Add(time.Duration(s.ExpFloat64() * float64(4*time.Minute)))
	if len(s.is) == 0 || s.IntN(5) == 0 {
		s.begin()
		return
	}
	c := s.is[s.IntN(len(s.is))]
	if s.IntN(2) == 0 { // what is recent has more to it
		c = s.is[len(s.is)-1-s.IntN(min(6, len(s.is)))]
	}
	if c.MergedInto != "" {
		if s.IntN(3) == 0 { // undone
			s.change(c, func(c *inbox.Conversation) { c.MergedInto = "" })
		}
		return
	}
	agent := id[inbox.AgentID](3, s.IntN(3))
	switch s.IntN(14) {
	case 0, 1: // the customer writes
		s.write(c, inbox.Message{Direction: inbox.In, Author: inbox.Author{Kind: inbox.ByCustomer}})
		s.change(c, func(c *inbox.Conversation) {
			if c.Status != inbox.Spam {
				c.Status = inbox.Open
			}
			s.waits(c)
		})
	case 2, 3, 4: // somebody answers, maybe closing it, and maybe takes it back
		before := *c
		m := s.write(c, inbox.Message{Direction: inbox.Out, Author: inbox.Author{Kind: inbox.ByAgent, AgentID: agent}})
		s.change(c, func(c *inbox.Conversation) {
			c.WaitingSince = nil
			if at := s.now; c.FirstReplyAt == nil && c.AskedAt() != nil {
				c.FirstReplyAt = &at
			}
			c.Status = pick(s.Rand, c.Status, inbox.Closed)
		})
		if s.IntN(4) == 0 {
			s.tell(m, true)
			s.change(c, func(c *inbox.Conversation) {
				c.Status, c.WaitingSince, c.FirstReplyAt = before.Status, before.WaitingSince, before.FirstReplyAt
			})
		} else {
			s.tell(m, false) // it was delivered
		}
	case 5: // a machine answers, or a note is written: nobody did
		m := inbox.Message{Direction: inbox.Out, Author: inbox.Author{Kind: inbox.ByAgent, AgentID: agent}}
		if s.IntN(2) == 0 {
			m.Kind = inbox.Note
		} else {
			m.Automatic.Is = true
		}
		s.write(c, m)
		s.change(c, func(*inbox.Conversation) {})
	case 6: // triage
		s.change(c, func(c *inbox.Conversation) {
			was := c.Status
			c.Status = pick(s.Rand, inbox.Open, inbox.Pending, inbox.Snoozed, inbox.Closed, inbox.Closed, inbox.Spam)
			if was != inbox.Open && c.Status == inbox.Open && s.IntN(2) == 0 { // it has waited since something that was said in it
				since := s.now.Add(-time.Duration(s.ExpFloat64() * float64(time.Hour)))
				if since.Before(c.CreatedAt) {
					since = c.CreatedAt
				}
				c.WaitingSince = &since
			}
		})
	case 7:
		s.change(c, func(c *inbox.Conversation) { c.Assignee = pick(s.Rand, "", agent) })
	case 8:
		s.change(c, func(c *inbox.Conversation) { c.TeamID = pick(s.Rand, "", id[inbox.TeamID](4, s.IntN(2))) })
	case 9:
		s.change(c, func(c *inbox.Conversation) { c.InboxID = id[inbox.InboxID](2, s.IntN(3)) })
	case 10: // merged
		if into := s.is[s.IntN(len(s.is))]; into != c && into.MergedInto == "" {
			s.change(c, func(c *inbox.Conversation) { c.MergedInto = into.ID })
			s.change(into, func(into *inbox.Conversation) {
				if s.IntN(2) == 0 && into.Status != inbox.Spam {
					into.Status = inbox.Open
				}
			})
			for _, x := range s.is {
				if x.MergedInto == c.ID {
					s.change(x, func(x *inbox.Conversation) { x.MergedInto = into.ID })
				}
			}
		}
	case 11: // split: a message goes elsewhere
		if len(s.messages) > 0 {
			m := s.messages[s.IntN(len(s.messages))]
			m.ConversationID = c.ID
			s.tell(m, false)
			s.change(c, func(*inbox.Conversation) {})
		}
	case 12: // a call, that is told of twice
		began, ended := s.now, s.now.Add(time.Duration(s.IntN(20))*time.Second)
		m := s.write(c, inbox.Message{Direction: inbox.In, Author: inbox.Author{Kind: inbox.ByCustomer}, Call: &inbox.Call{Direction: inbox.In, Disposition: inbox.CallRinging, StartedAt: began}})
		s.change(c, func(*inbox.Conversation) {})
		s.now = ended
		call := *m.Call
		call.EndedAt, call.RingSeconds, call.Disposition = &ended, int(ended.Sub(began)/time.Second), inbox.CallMissed
		if s.IntN(3) == 0 {
			call.Disposition, call.AnsweredAt = inbox.CallAnswered, &began
		}
		m.Call = &call
		s.tell(m, false)
	case 13: // a customer leaves a chat
		if c.Channel == inbox.Chat && c.WaitingSince != nil {
			at := s.now
			s.change(c, func(c *inbox.Conversation) { c.LeftAt = &at })
		}
	}
}

// base is what the database gives of a log: what is not closed, and the log of the
// last day.
func base(log []Entry, now time.Time) Base {
	b := Base{Since: now.Add(-Kept)}
	is := map[string]*inbox.Conversation{}
	var ids []string
	for _, e := range log {
		if !e.At.Before(b.Since) {
			b.Log = append(b.Log, e)
		}
		if e.Conversation != nil {
			if is[e.Entity] == nil {
				ids = append(ids, e.Entity)
			}
			is[e.Entity] = e.Conversation
		}
	}
	for _, id := range ids {
		if c := is[id]; c.MergedInto == "" && (c.Status == inbox.Open || c.Status == inbox.Pending || c.Status == inbox.Snoozed) {
			b.Open = append(b.Open, *c)
		}
	}
	// The log is read by version: entries of different things in another order.
	slices.SortStableFunc(b.Log, func(x, y Entry) int { return int(x.Version - y.Version) })
	return b
}

// shuffled has messages and conversations come in another order, each in their own.
func (s *shop) shuffled(list []Entry) []Entry {
	var messages, rest, all []Entry
	for _, e := range list {
		if e.Message != nil {
			messages = append(messages, e)
		} else {
			rest = append(rest, e)
		}
	}
	for len(messages) > 0 && len(rest) > 0 {
		from := &messages
		if s.IntN(2) == 0 {
			from = &rest
		}
		all, *from = append(all, (*from)[0]), (*from)[1:]
	}
	return slices.Concat(all, messages, rest)
}

var exact = cmpopts.IgnoreUnexported(Window{})

// Whatever happens, in whatever order entries of different things come and however
// often, wherever a board began and began again: at any instant its figures are
// those of a replay of the log, for whoever sees all or some inboxes.
func TestFiguresEqualReplay(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	auckland, err := time.LoadLocation("Pacific/Auckland")
	if err != nil {
		t.Fatal(err)
	}
	site := &Site{
		Zones:      map[inbox.InboxID]*time.Location{id[inbox.InboxID](2, 0): berlin, id[inbox.InboxID](2, 1): auckland},
		Thresholds: map[inbox.AccountID]time.Duration{"a": 10 * time.Second},
	}
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			// The days around the change of the clocks are longer and shorter.
			s := &shop{Rand: rand.New(rand.NewPCG(seed, 17)), now: time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC), versions: map[string]int64{}}
			board := NewBoard(base(nil, s.now))
			var told int // how much of the log the board has been told
			for round := range 50 {
				for range 1 + s.IntN(30) {
					s.step()
				}
				if round > 0 && s.IntN(10) == 0 { // a new node
					board = NewBoard(base(s.log, s.now))
					told = max(0, len(s.log)-s.IntN(200)) // the stream is behind the database
				}
				news := slices.Clone(s.log[told:])
				if again := s.IntN(told + 1); s.IntN(3) == 0 { // the relay repeats
					news = append(slices.Clone(s.log[max(again, told-50):told]), news...)
				}
				told = len(s.log)
				for _, e := range s.shuffled(news) {
					e.Before = nil // as in the stream
					board.Apply(&e)
				}
				now := s.now.Add(time.Duration(s.IntN(3)) * time.Duration(s.IntN(40)) * time.Minute)
				sees := func(inbox.InboxID) bool { return true }
				if s.IntN(3) == 0 {
					one := id[inbox.InboxID](2, s.IntN(3))
					sees = func(in inbox.InboxID) bool { return in == one }
				}
				tally := board.Tally(now, site, true)
				got, want := tally.Snapshot(sees), replay(s.log, now, site, sees)
				trends := got.Groups[0].Trend
				for i := range got.Groups {
					got.Groups[i].Trend = nil
				}
				if diff := cmp.Diff(want, got, exact); diff != "" {
					t.Fatalf("round %d at %s (-replayed +board):\n%s", round, now, diff)
				}
				all := tally.Snapshot(func(inbox.InboxID) bool { return true }).Groups[0].Trend
				for _, i := range []int{0, 17, 42, 60} {
					waiting, backlog := waitedAt(s.log, now.Add(time.Duration(i-60)*time.Minute))
					if all.Minutes.Waiting[i] != waiting || all.Minutes.Backlog[i] != backlog {
						t.Fatalf("round %d: %d minutes ago %d waited of %d, want %d of %d", round, 60-i, all.Minutes.Waiting[i], all.Minutes.Backlog[i], waiting, backlog)
					}
				}
				if trends.Minutes.Waiting[60] != got.Groups[0].Waiting {
					t.Fatalf("the trend ends with %d, and %d wait", trends.Minutes.Waiting[60], got.Groups[0].Waiting)
				}
				s.now = now
			}
		})
	}
}

// What a second costs while somebody watches, with a backlog of a hundred thousand.
func BenchmarkTally(b *testing.B) {
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	base := Base{Since: now.Add(-Kept)}
	for n := range 100_000 {
		at := now.Add(-time.Duration(n) * time.Minute)
		base.Open = append(base.Open, inbox.Conversation{
			ID: id[inbox.ConversationID](1, n), Version: 1, InboxID: id[inbox.InboxID](2, n%10), Channel: inbox.Email, Status: inbox.Open, CreatedAt: at, WaitingSince: &at,
		})
	}
	board := NewBoard(base)
	b.ReportAllocs()
	for b.Loop() {
		board.Tally(now, &Site{}, true).Snapshot(func(inbox.InboxID) bool { return true })
	}
}
