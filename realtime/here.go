package realtime

import (
	"maps"
	"strings"
	"time"

	"skein/inbox"
)

// customerPrefix begins the topic of what a customer does just now.
const customerPrefix = "customer:"

// typingFor is how long typing is believed without being said again.
const typingFor = 6 * time.Second

// A tabs is where one socket's agent is, as its pages say: all tabs of a browser
// may share the socket.
type tabs struct {
	here   bool      // it takes part: it says where it is and hears of others
	open   views     // replaced, never changed
	until  time.Time // of what is typed there
	idle   bool
	away   bool
	chosen int64
}

// views are the conversations in view, and what is typed there: reply, note or
// nothing.
type views map[inbox.ConversationID]string

// typed reports whether anything is typed anywhere.
func (v views) typed() bool {
	for _, what := range v {
		if what != "" {
			return true
		}
	}
	return false
}

// around is what is true only now. The hub's lock guards it.
type around struct {
	server   string
	presence *presence
	agents   map[inbox.AgentID]map[*session]struct{} // of this server
	left     map[inbox.AgentID]time.Time             // whose last socket has gone, and when that is told
	spots    map[string]*spot                        // what clients of this server look at, by topic
	keyed    map[inbox.Key]map[string]struct{}       // topics by what finds them
	visitors *visitors
	calls    *calls
	began    time.Time
	desked   map[inbox.AgentID]time.Time // when agents were at the desk last, who were since began
	turned   map[inbox.AgentID]time.Time // since when they are as they are

	// What is to be told with the next flush.
	moved   map[inbox.AgentID]struct{} // agents of this server
	dirty   map[string]struct{}        // topics
	owed    map[*session]struct{}      // everything
	ring    bool                       // calls
	roster  bool
	told    time.Time // when the roster was
	queues  map[string]*shown
	watched bool // queues are to be told
	down    []Down
	gen     uint64
	kick    chan struct{}
	look    chan string // topics to be looked up
}

func newAround(server string) around {
	return around{
		server: server, presence: newPresence(), agents: map[inbox.AgentID]map[*session]struct{}{}, left: map[inbox.AgentID]time.Time{},
		spots: map[string]*spot{}, keyed: map[inbox.Key]map[string]struct{}{}, visitors: newVisitors(), calls: newCalls(),
		began: time.Now(), desked: map[inbox.AgentID]time.Time{}, turned: map[inbox.AgentID]time.Time{},
		moved: map[inbox.AgentID]struct{}{}, dirty: map[string]struct{}{}, owed: map[*session]struct{}{},
		kick: make(chan struct{}, 1), look: make(chan string, 1024),
	}
}

// A spot is a conversation or a customer that clients of this server look at.
type spot struct {
	inbox.Spot
	known    bool // it was looked up
	looking  bool
	lookedAt time.Time
	watchers map[*session]struct{}
	gen      uint64
	frame    []byte // of gen, nil until it is asked for
}

// wake has what is to be told flushed soon.
func (a *around) wake() {
	select {
	case a.kick <- struct{}{}:
	default:
	}
}

func (a *around) touch(topic string) {
	if s := a.spots[topic]; s != nil {
		a.gen++
		s.gen, s.frame = a.gen, nil
		a.dirty[topic] = struct{}{}
		a.wake()
	}
}

func (a *around) move(agent inbox.AgentID) {
	a.moved[agent] = struct{}{}
	a.wake()
}

// owe has a session told everything, once it is live.
func (a *around) owe(s *session) {
	a.owed[s] = struct{}{}
	a.wake()
}

// join counts a session that has said who it is, with the topics that it has.
func (h *Hub) join(s *session) {
	a := &h.around
	if a.agents[s.claims.Agent] == nil {
		a.agents[s.claims.Agent] = map[*session]struct{}{}
	}
	a.agents[s.claims.Agent][s] = struct{}{}
	h.watchTopics(s, nil, s.topics)
}

// part forgets a session. It may be called twice.
func (h *Hub) part(s *session) {
	a := &h.around
	h.watchTopics(s, s.topics, nil)
	delete(a.owed, s)
	if of := a.agents[s.claims.Agent]; of != nil {
		delete(of, s)
		if len(of) == 0 {
			delete(a.agents, s.claims.Agent)
		}
		a.move(s.claims.Agent)
	}
}

// Attends reports whether an agent is at the desk with Skein open on any server, or
// looks at a conversation: who is told by the page itself. A hub that has only just
// begun may not know of it yet.
func (h *Hub) Attends(agent inbox.AgentID, at inbox.ConversationID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.around.presence.attends(agent, at)
}

// Away reports since when an agent has not been at the desk; ok is false for one who
// is. What was before this hub began it doesn't know, and takes for its beginning.
func (h *Hub) Away(agent inbox.AgentID) (since time.Time, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.around.presence
	if p.state(agent) == "online" {
		return time.Time{}, false
	}
	if since, ok = h.around.desked[agent]; !ok {
		since = h.around.began
	}
	return since, true
}

// watchTopics follows what a session looks at.
func (h *Hub) watchTopics(s *session, before, now map[string]bool) {
	a := &h.around
	for topic := range before {
		if spot := a.spots[topic]; spot != nil && !now[topic] {
			delete(spot.watchers, s)
			delete(s.told, topic)
			if len(spot.watchers) == 0 {
				a.unkey(topic, spot)
				delete(a.spots, topic)
				delete(a.dirty, topic)
			}
		}
	}
	if h.cfg.Spots == nil {
		return
	}
	for topic := range now {
		if before[topic] || !strings.HasPrefix(topic, conversationPrefix) && !strings.HasPrefix(topic, customerPrefix) {
			continue
		}
		if a.spots[topic] == nil {
			a.gen++
			a.spots[topic] = &spot{watchers: map[*session]struct{}{}, gen: a.gen}
			a.lookUp(topic)
		}
		a.spots[topic].watchers[s] = struct{}{}
	}
}

// lookUp has a topic looked up, soon or with the next round.
func (a *around) lookUp(topic string) {
	s := a.spots[topic]
	if s == nil || s.looking {
		return
	}
	select {
	case a.look <- topic:
		s.looking = true
	default:
	}
}

func (a *around) unkey(topic string, s *spot) {
	for _, k := range s.Keys {
		delete(a.keyed[k], topic)
		if len(a.keyed[k]) == 0 {
			delete(a.keyed, k)
		}
	}
}

// found takes what a look-up gave, err when it gave nothing.
func (h *Hub) found(topic string, is inbox.Spot, err error, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := &h.around
	s := a.spots[topic]
	if s == nil {
		return
	}
	s.looking, s.lookedAt = false, now
	if err != nil && inbox.CodeOf(err) != inbox.NotFound {
		return // tried again with a later round
	}
	if is.Version < s.Version { // the stream was ahead
		is.Version, is.Inboxes = s.Version, s.Inboxes
	}
	a.unkey(topic, s)
	first := !s.known
	s.Spot, s.known = is, true
	for _, k := range s.Keys {
		if a.keyed[k] == nil {
			a.keyed[k] = map[string]struct{}{}
		}
		a.keyed[k][topic] = struct{}{}
	}
	a.touch(topic)
	h.moveWatchers(s)
	if first {
		h.tellRead(topic, s)
	}
}

// tellRead tells a customer that what there is has been read, when somebody who
// may looks at it.
func (h *Hub) tellRead(topic string, s *spot) {
	for w := range s.watchers {
		id, _ := conversationOf(topic)
		if _, looks := w.tabs.open[id]; looks && w.resolved && s.Sees(&w.rights) {
			h.tellDown(s, Down{Read: true, Agent: w.rights.Agent.Name})
			return
		}
	}
}

// moveWatchers has those looked at anew who look at s: whether they may.
func (h *Hub) moveWatchers(s *spot) {
	for w := range s.watchers {
		if len(w.tabs.open) > 0 {
			h.around.move(w.claims.Agent)
		}
	}
}

// passes notes what an event of the stream changes of what is looked at.
func (h *Hub) passes(f *frame) {
	a := &h.around
	if f.conversation != "" {
		topic := conversationPrefix + string(f.conversation)
		if s := a.spots[topic]; s != nil && f.version > s.Version {
			s.Version, s.Inboxes = f.version, nil
			if after := f.audience.After; after != nil {
				s.Inboxes = []inbox.InboxID{after.InboxID}
			}
			s.lookedAt = time.Time{} // with the next round: its threads may be others
			a.touch(topic)
			h.moveWatchers(s)
		}
	}
	if f.customer != "" {
		if s := a.spots[customerPrefix+string(f.customer)]; s != nil {
			a.lookUp(customerPrefix + string(f.customer))
		}
	}
	if f.said {
		if s := a.spots[f.topics[0]]; s != nil && s.known {
			h.tellRead(f.topics[0], s)
		}
	}
}

// placed takes what the pages of a socket say of where their agent is.
func (s *session) placed(r request) {
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	a, before := &h.around, s.tabs
	s.tabs = tabs{here: true, open: r.Open, idle: r.Idle, away: r.Away, chosen: min(r.Chosen, now.UnixMilli())}
	if s.tabs.open.typed() {
		s.tabs.until = now.Add(typingFor)
	}
	a.move(s.claims.Agent)
	if !before.here {
		a.owe(s)
	}
	for id, typing := range s.tabs.open {
		spot := a.spots[conversationPrefix+string(id)]
		if spot == nil || !s.resolved || !spot.known || !spot.Sees(&s.rights) {
			continue
		}
		was, looked := before.open[id]
		switch {
		case typing == typingReply:
			h.tellDown(spot, Down{Typing: true, Agent: s.rights.Agent.Name})
		case was == typingReply:
			h.tellDown(spot, Down{Agent: s.rights.Agent.Name})
		}
		if !looked {
			h.tellDown(spot, Down{Read: true, Agent: s.rights.Agent.Name})
		}
	}
}

// sees reports whether s looks at a conversation that it may see.
func (h *Hub) sees(s *session, id inbox.ConversationID) bool {
	topic := conversationPrefix + string(id)
	spot := h.around.spots[topic]
	return spot != nil && spot.known && s.topics[topic] && s.resolved && spot.Sees(&s.rights)
}

// word is where an agent is by the sockets of this server.
func (h *Hub) word(agent inbox.AgentID, now time.Time) word {
	a := &h.around
	w := word{Agent: agent, Gone: true}
	for s := range a.agents[agent] {
		t := &s.tabs
		if !t.here {
			continue
		}
		if w.Gone {
			w.Gone, w.Idle = false, true
		}
		w.Idle = w.Idle && t.idle
		if s.rights.Agent.Name != "" {
			w.Name = s.rights.Agent.Name
		}
		if t.chosen > w.Chosen {
			w.Away, w.Chosen = t.away, t.chosen
		}
		for id, typing := range t.open {
			if !h.sees(s, id) {
				continue
			}
			if w.Open == nil {
				w.Open = map[inbox.ConversationID]string{}
			}
			if !now.Before(t.until) {
				typing = ""
			}
			w.Open[id] = max(w.Open[id], typing)
		}
	}
	known := a.presence.servers[a.server][agent]
	if !w.Gone || known == nil {
		delete(a.left, agent)
		return w
	}
	// A page that is loaded again, or whose network stumbles, is back in a
	// moment: nobody goes and comes for that.
	if a.left[agent].IsZero() {
		a.left[agent] = now.Add(h.cfg.Grace)
	}
	if now.Before(a.left[agent]) {
		w = known.word
		w.Open = maps.Clone(w.Open)
		for id := range w.Open {
			w.Open[id] = ""
		}
		return w
	}
	delete(a.left, agent)
	return w
}

// Here reports whether an agent is at work just now, on whatever server: somebody
// who is idle is, and somebody who is away by choice is not.
func (h *Hub) Here(agent inbox.AgentID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	state := h.around.presence.state(agent)
	return state == "online" || state == "idle"
}
