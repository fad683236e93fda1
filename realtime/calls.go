package realtime

import (
	"slices"
	"strings"
	"time"

	"skein/inbox"
)

// A Call is a telephone call that goes on, as those whom it concerns are told of
// it. It only moves forward: from ringing to answered to ended.
type Call struct {
	ID    string    `json:"id"` // unique among calls: the account and the exchange's own id
	State CallState `json:"state"`
	From  string    `json:"from"`
	To    string    `json:"to"`
	Line  string    `json:"line"` // the account's name
	At    time.Time `json:"at"`   // when it began to ring

	// Answered: somebody took it.
	Answered bool `json:"answered"`

	// Who calls by the number shown, which anybody can have shown: empty for
	// those who may not see that customer.
	CustomerID inbox.CustomerID `json:"customerId,omitempty"`
	IdentityID inbox.IdentityID `json:"identityId,omitempty"`
	Name       string           `json:"name,omitempty"`
	// Conversation is the one that the call is kept in, once it is, for those who
	// may see it.
	Conversation inbox.ConversationID `json:"conversationId,omitempty"`

	InboxID  inbox.InboxID   `json:"inboxId"`
	Known    []inbox.InboxID `json:"-"` // who sees any may see the customer
	KeptIn   inbox.InboxID   `json:"-"` // of Conversation
	Agents   []inbox.AgentID `json:"-"` // whom it rings; nobody named: those of the inbox who are there
	Answerer inbox.AgentID   `json:"-"` // once it is answered, where that is known
	TTL      time.Duration   `json:"-"`
}

// A CallState is how far a call is.
type CallState string

const (
	CallRings    CallState = "ringing"
	CallAnswered CallState = "answered"
	CallEnded    CallState = "ended"
)

func (s CallState) rank() int { return strings.Index("ringing answered ended", string(s)) }

const (
	maxCalls = 1000
	// callShown is how long what came of a call is shown, and callKept how long
	// it is remembered, so that a late word doesn't make it ring again.
	callShown    = time.Minute
	callKept     = 5 * time.Minute
	callAnswered = 4 * time.Hour // a call without an end has ended
)

type callNow struct {
	Call
	until  time.Time // of its state; afterwards it has ended
	ended  time.Time
	hidden bool // it ended a while ago
}

// calls are those that go on, or just did. The hub's lock guards them; the clock
// is handed in.
type calls struct {
	all map[string]*callNow
	gen uint64
}

func newCalls() *calls { return &calls{all: map[string]*callNow{}} }

// take folds a word in and reports whether it says anything new.
func (c *calls) take(w Call, now time.Time) bool {
	answered := w.Answered || w.State == CallAnswered
	one := c.all[w.ID]
	if one == nil {
		if len(c.all) >= maxCalls {
			return false
		}
		one = &callNow{Call: Call{ID: w.ID, State: CallRings, At: w.At}}
		c.all[w.ID] = one
	} else if w.State.rank() < one.State.rank() {
		w.State = one.State // a late word: what it knows is taken, and it rings no more
	}
	before := *one
	k := &one.Call
	for _, f := range []struct{ to, from *string }{{&k.From, &w.From}, {&k.To, &w.To}, {&k.Line, &w.Line}, {&k.Name, &w.Name},
		{(*string)(&k.CustomerID), (*string)(&w.CustomerID)}, {(*string)(&k.IdentityID), (*string)(&w.IdentityID)},
		{(*string)(&k.Conversation), (*string)(&w.Conversation)}, {(*string)(&k.InboxID), (*string)(&w.InboxID)},
		{(*string)(&k.KeptIn), (*string)(&w.KeptIn)}, {(*string)(&k.Answerer), (*string)(&w.Answerer)}} {
		if *f.from != "" {
			*f.to = *f.from
		}
	}
	if len(w.Known) > 0 {
		k.Known = w.Known
	}
	for _, a := range w.Agents {
		if !slices.Contains(k.Agents, a) {
			k.Agents = append(slices.Clone(k.Agents), a)
		}
	}
	if w.At.Before(k.At) {
		k.At = w.At
	}
	k.State = w.State
	k.Answered = k.Answered || answered
	if k.Answered && k.Answerer == "" && len(k.Agents) == 1 {
		k.Answerer = k.Agents[0] // it rang nobody else
	}
	switch {
	case k.State == CallRings:
		one.until = now.Add(max(5*time.Second, min(w.TTL, maxOnline)))
	case k.State == CallAnswered:
		one.until = now.Add(callAnswered)
	case one.ended.IsZero():
		one.ended = now
	}
	if !before.until.IsZero() && before.State == k.State && before.Conversation == k.Conversation && before.CustomerID == k.CustomerID &&
		before.IdentityID == k.IdentityID && before.Name == k.Name && before.Answerer == k.Answerer && before.From == k.From && len(before.Agents) == len(k.Agents) {
		return false
	}
	c.gen++
	return true
}

// expire ends what has had its time, and reports whether anything reads otherwise.
func (c *calls) expire(now time.Time) (changed bool) {
	for id, one := range c.all {
		switch {
		case one.State != CallEnded && !now.Before(one.until):
			one.State, one.ended = CallEnded, now
			changed = true
		case one.State == CallEnded && now.Sub(one.ended) >= callKept:
			delete(c.all, id)
		case one.State == CallEnded && now.Sub(one.ended) >= callShown && !one.hidden:
			one.hidden, changed = true, true
		}
	}
	if changed {
		c.gen++
	}
	return changed
}

// concerns reports whether an agent is shown a call: who is rung, until somebody
// takes it; then only who took it, until a while after.
func (one *callNow) concerns(r *inbox.Rights, available bool) bool {
	me := r.Agent.ID
	rung := slices.Contains(one.Agents, me)
	if len(one.Agents) == 0 {
		rung = available && r.Agent.CallPop && r.Sees(&inbox.Place{InboxID: one.InboxID})
	}
	switch one.State {
	case CallRings:
		return rung
	case CallAnswered:
		return one.Answerer == me
	}
	if one.hidden {
		return false
	}
	// Nobody took it: who was rung by name is told so.
	return one.Answerer == me || !one.Answered && len(one.Agents) > 0 && rung
}

// concerning are the calls that concern an agent, oldest first, with what that agent may
// know of each.
func (c *calls) concerning(r *inbox.Rights, available bool) []Call {
	list := []Call{}
	for _, one := range c.all {
		if !one.concerns(r, available) {
			continue
		}
		k := one.Call
		if spot := (&inbox.Spot{Inboxes: k.Known}); !spot.Sees(r) {
			k.CustomerID, k.IdentityID, k.Name = "", "", ""
		}
		if k.Conversation != "" && !r.Sees(&inbox.Place{InboxID: k.KeptIn}) {
			k.Conversation = ""
		}
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b Call) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list
}

// Call takes a word on a call and tells those whom it concerns. It never waits.
func (h *Hub) Call(c Call) {
	now := time.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.At.IsZero() || c.At.After(now) {
		c.At = now
	}
	if h.around.calls.take(c, now) {
		h.around.ring = true
		h.around.wake()
	}
}

// tellCalls tells a session of the calls that concern its agent: all of them, so
// that what isn't named is over.
func (h *Hub) tellCalls(s *session) {
	c := h.around.calls
	state := h.around.presence.shown[s.claims.Agent]
	available := state == "online" || state == "idle"
	gen := c.gen << 1
	if available {
		gen++
	}
	if !s.hears() || !s.topics[List] || s.told[callsTold] == gen {
		return
	}
	list := c.concerning(&s.rights, available)
	if (len(list) > 0 || s.rings) && !h.offerLight(s, callsFrame(list)) {
		return
	}
	s.rings = len(list) > 0
	s.tell(callsTold, gen)
}

// callsTold is where a session notes the calls that it was told of: no topic is
// called so.
const callsTold = "calls"
