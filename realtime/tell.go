package realtime

import (
	"time"

	"skein/inbox"
)

// flush tells whoever is to be told, and returns what the other servers and the
// customers are told. A client that is behind is told later.
func (h *Hub) flush(now time.Time) (words []word, down []Down) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := &h.around
	for agent := range a.moved {
		w := h.word(agent, now)
		known := a.presence.servers[a.server][agent]
		if known == nil && w.Gone || known != nil && known.equal(&w) {
			continue
		}
		h.changed(a.presence.put(a.server, w, time.Time{}))
		words = append(words, w)
	}
	clear(a.moved)
	for topic := range a.dirty {
		if s := a.spots[topic]; s != nil {
			for w := range s.watchers {
				h.tellTopic(w, topic)
			}
		}
	}
	clear(a.dirty)
	if a.roster && now.Sub(a.told) >= h.cfg.RosterEvery {
		a.roster, a.told = false, now
		frames := map[uint64][]byte{}
		for s := range h.sessions {
			h.tellRoster(s, frames)
		}
		a.ring = true // whom a call concerns depends on who is there
	}
	if a.ring {
		a.ring = false
		for s := range h.sessions {
			h.tellCalls(s)
		}
	}
	if a.watched {
		a.watched = false
		for s := range h.topics[Queues] {
			h.tellQueues(s)
		}
	}
	owed := a.owed
	a.owed = map[*session]struct{}{}
	for s := range owed {
		h.tellAll(s)
	}
	down, a.down = a.down, nil
	return words, down
}

func (h *Hub) changed(at []inbox.ConversationID, roster bool) {
	for _, id := range at {
		h.around.touch(conversationPrefix + string(id))
	}
	for _, agent := range h.around.presence.left {
		h.around.desked[agent] = time.Now()
	}
	h.around.presence.left = nil
	for _, agent := range h.around.presence.turned {
		h.around.turned[agent] = time.Now()
	}
	h.around.presence.turned = nil
	if roster {
		h.around.roster = true
		h.around.wake()
	}
}

// tellAll tells a session what it has not been told.
func (h *Hub) tellAll(s *session) {
	h.tellRoster(s, map[uint64][]byte{})
	h.tellCalls(s)
	h.tellQueues(s)
	for topic := range s.topics {
		h.tellTopic(s, topic)
	}
}

// hears reports whether a session takes part and its rights hold. Who doesn't
// yet is told when that changes.
func (s *session) hears() bool { return s.tabs.here && s.live && s.resolved }

// offerLight queues what may also be said later: it never cuts anybody off.
func (h *Hub) offerLight(s *session, b []byte) bool {
	if s.room() && s.offer(item{bytes: b}) {
		h.stats.Ephemeral++
		return true
	}
	h.around.owed[s] = struct{}{} // with the next round
	return false
}

func (h *Hub) tellTopic(s *session, topic string) {
	spot := h.around.spots[topic]
	if spot == nil || !s.hears() || s.told[topic] == spot.gen || !spot.known || !spot.Sees(&s.rights) {
		return
	}
	if spot.frame == nil {
		spot.frame = h.spotFrame(topic, spot)
	}
	if h.offerLight(s, spot.frame) {
		s.tell(topic, spot.gen)
	}
}

func (s *session) tell(what string, gen uint64) {
	if s.told == nil {
		s.told = map[string]uint64{}
	}
	s.told[what] = gen
}

// tellRoster tells who came, went, or is away or back; frames are what the
// sessions before got, by the generation that they had.
func (h *Hub) tellRoster(s *session, frames map[uint64][]byte) {
	p := h.around.presence
	since := s.told[List]
	if !s.hears() || !s.topics[List] || since == p.gen && since > 0 {
		return
	}
	if frames[since] == nil {
		frames[since] = agentsFrame(p.roster(since), since == 0)
	}
	// Of a roster that nobody was ever in, the next is whole again.
	if h.offerLight(s, frames[since]) {
		s.tell(List, p.gen)
	}
}

// spotFrame is what goes on at a spot.
func (h *Hub) spotFrame(topic string, s *spot) []byte {
	who := h.around.visitors.at(s.Keys)
	if id, ok := conversationOf(topic); ok {
		return hereFrame(topic, h.around.presence.viewers(id), customerHere{Online: who.Online, Typing: who.Typing})
	}
	return hereFrame(topic, nil, customerHere{Online: who.Online, Pages: who.Pages})
}
