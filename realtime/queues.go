package realtime

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"skein/inbox"
)

// Queues is the topic of the supervisors' figures, for who may watch them; others
// are told once that they are refused. Frames are whole, of what is true now, and
// have no position:
//
//	{"type":"queues","queues":{…}}
//	{"type":"queues","refused":true}
//
// With "trends" in the groups of the first, and of one a minute. What they say is
// somebody else's to compute: see [Hub.ShowQueues].
const Queues = "queues"

// A Shown is what somebody is shown of the queues, as JSON.
type Shown struct {
	Plain  []byte
	Trends []byte // the same with trends, of Minute
	Minute int64
}

// shown is a Shown as frames.
type shown struct {
	Shown
	gen           uint64
	plain, trends []byte
}

// watchKey names what somebody may watch: whoever has the same is shown the same.
// "" is for who may watch nothing.
func watchKey(r *inbox.Rights) string {
	switch {
	case !r.MayWatch():
		return ""
	case r.All:
		return "all"
	}
	ids := make([]string, len(r.Inboxes))
	for i, id := range r.Inboxes {
		ids[i] = string(id)
	}
	slices.Sort(ids)
	return "of " + strings.Join(ids, " ")
}

// Watching returns what is watched, each by a name for [Hub.ShowQueues]: rights of
// who watches it.
func (h *Hub) Watching() map[string]inbox.Rights {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := map[string]inbox.Rights{}
	for s := range h.topics[Queues] {
		if key := watchKey(&s.rights); key != "" && s.resolved {
			all[key] = s.rights
		}
	}
	return all
}

// ShowQueues tells those who watch, by what they may watch. What isn't named is
// shown no more, until it is. It never waits.
func (h *Hub) ShowQueues(all map[string]Shown) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := &h.around
	before := a.queues
	a.queues = make(map[string]*shown, len(all))
	for key, s := range all {
		if old := before[key]; old != nil && old.Minute == s.Minute && bytes.Equal(old.Plain, s.Plain) {
			a.queues[key] = old
			continue
		}
		a.gen++
		a.queues[key] = &shown{
			Shown: s, gen: a.gen,
			plain:  textFrame([]byte(`{"type":"queues","queues":`), s.Plain, []byte("}")),
			trends: textFrame([]byte(`{"type":"queues","queues":`), s.Trends, []byte("}")),
		}
	}
	a.watched = true
	a.wake()
}

var refusedQueues = encode(struct {
	Type    string `json:"type"`
	Refused bool   `json:"refused"`
}{Queues, true})

// refusedGen is the generation of having been refused.
const refusedGen = ^uint64(0)

// trendsTold is where a session notes the minute of the trends that it was told:
// no topic is called so.
const trendsTold = "trends"

func (h *Hub) tellQueues(s *session) {
	if !s.topics[Queues] || !s.live || !s.resolved {
		return
	}
	key := watchKey(&s.rights)
	if key == "" {
		if s.told[Queues] != refusedGen && h.offerLight(s, refusedQueues) {
			s.tell(Queues, refusedGen)
		}
		return
	}
	is := h.around.queues[key]
	if is == nil {
		if h.cfg.Watch != nil {
			h.cfg.Watch()
		}
		return
	}
	if s.told[Queues] == is.gen {
		return
	}
	frame := is.plain
	if s.told[trendsTold] != uint64(is.Minute) {
		frame = is.trends
	}
	if h.offerLight(s, frame) {
		s.tell(Queues, is.gen)
		s.tell(trendsTold, uint64(is.Minute))
	}
}

// A Presence is how an agent is, and since when as far as this server knows: zero
// for one of whom it never knew otherwise.
type Presence struct {
	State string
	Since time.Time
}

// Presence returns how those are who are here, or were since this server began.
func (h *Hub) Presence() map[inbox.AgentID]Presence {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := map[inbox.AgentID]Presence{}
	for agent, since := range h.around.turned {
		all[agent] = Presence{h.around.presence.state(agent), since}
	}
	return all
}
