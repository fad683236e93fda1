package realtime

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"skein/inbox"
)

// What an agent writes into a conversation.
const (
	typingReply = "reply"
	typingNote  = "note"
)

// A word is where an agent is, over all sockets of one server: whole, so that
// the last one holds, and a repetition changes nothing.
type word struct {
	Agent inbox.AgentID `json:"agent"`
	Name  string        `json:"name,omitempty"`
	// Gone: no socket is left, and the rest is zero.
	Gone bool `json:"gone,omitempty"`
	// Idle: nobody has touched any of the sockets' tabs for a while.
	Idle bool `json:"idle,omitempty"`
	// Away is the agent's own choice, and Chosen when it was made, in Unix
	// milliseconds: of several the newest holds.
	Away   bool  `json:"away,omitempty"`
	Chosen int64 `json:"chosen,omitempty"`
	// Open are the conversations that the agent looks at, and what is being
	// typed there: reply, note or nothing.
	Open map[inbox.ConversationID]string `json:"open,omitempty"`
}

func (w *word) equal(o *word) bool {
	return w.Agent == o.Agent && w.Name == o.Name && w.Gone == o.Gone && w.Idle == o.Idle &&
		w.Away == o.Away && w.Chosen == o.Chosen && maps.Equal(w.Open, o.Open)
}

// A heard is a word and until when it is believed.
type heard struct {
	word
	until time.Time // zero: for ever
}

// A presence is who is here and where, as all servers tell it. Several tabs,
// devices and servers of one agent are one. What a server doesn't repeat within
// its lifetime is no longer so.
//
// It is pure, but for its owner's lock: the clock is handed in.
type presence struct {
	servers map[string]map[inbox.AgentID]*heard
	agents  map[inbox.AgentID]uint64                            // generation of the last change of what the roster shows
	shown   map[inbox.AgentID]string                            // and that
	left    []inbox.AgentID                                     // who has just ceased to be at the desk, until it is noted
	turned  []inbox.AgentID                                     // who is otherwise than before, until it is noted
	at      map[inbox.ConversationID]map[inbox.AgentID]struct{} // who looks at it
	gen     uint64
}

func newPresence() *presence {
	return &presence{
		servers: map[string]map[inbox.AgentID]*heard{}, agents: map[inbox.AgentID]uint64{}, shown: map[inbox.AgentID]string{},
		at: map[inbox.ConversationID]map[inbox.AgentID]struct{}{},
	}
}

// put takes a server's word. It returns the conversations in which somebody came,
// went, or began or ended typing, and whether the roster reads otherwise now.
func (p *presence) put(server string, w word, until time.Time) (changed []inbox.ConversationID, roster bool) {
	if p.servers[server] == nil {
		p.servers[server] = map[inbox.AgentID]*heard{}
	}
	known := p.servers[server][w.Agent]
	if known != nil && known.equal(&w) {
		known.until = until
		return nil, false
	}
	before := p.places(w.Agent)
	if w.Gone {
		delete(p.servers[server], w.Agent)
		if len(p.servers[server]) == 0 {
			delete(p.servers, server)
		}
	} else {
		p.servers[server][w.Agent] = &heard{w, until}
	}
	return p.settle(w.Agent, before)
}

// settle brings the indexes in line with what is known of an agent now.
func (p *presence) settle(agent inbox.AgentID, before map[inbox.ConversationID]string) (changed []inbox.ConversationID, roster bool) {
	now := p.places(agent)
	for id, typing := range before {
		if was, ok := now[id]; !ok {
			delete(p.at[id], agent)
			if len(p.at[id]) == 0 {
				delete(p.at, id)
			}
			changed = append(changed, id)
		} else if was != typing {
			changed = append(changed, id)
		}
	}
	for id := range now {
		if _, ok := before[id]; !ok {
			if p.at[id] == nil {
				p.at[id] = map[inbox.AgentID]struct{}{}
			}
			p.at[id][agent] = struct{}{}
			changed = append(changed, id)
		}
	}
	if state := p.state(agent); state != p.shown[agent] {
		if p.shown[agent] == "online" {
			p.left = append(p.left, agent)
		}
		p.turned = append(p.turned, agent)
		p.gen++
		p.agents[agent], p.shown[agent] = p.gen, state
		roster = true
	}
	return changed, roster
}

// expire forgets what was not repeated in time.
func (p *presence) expire(now time.Time) (changed []inbox.ConversationID, roster bool) {
	for server, list := range p.servers {
		for agent, h := range list {
			if h.until.IsZero() || now.Before(h.until) {
				continue
			}
			at, listed := p.put(server, word{Agent: agent, Gone: true}, time.Time{})
			changed, roster = append(changed, at...), roster || listed
		}
	}
	return changed, roster
}

// places is where an agent is, over all servers, and what is typed there: a reply
// rather than a note.
func (p *presence) places(agent inbox.AgentID) map[inbox.ConversationID]string {
	all := map[inbox.ConversationID]string{}
	for _, list := range p.servers {
		if h := list[agent]; h != nil {
			for id, typing := range h.Open {
				all[id] = max(all[id], typing) // "" < note < reply
			}
		}
	}
	return all
}

// state is how an agent is: online, idle, away by choice, or offline.
func (p *presence) state(agent inbox.AgentID) string {
	here, idle := false, true
	var choice *heard
	for _, list := range p.servers {
		h := list[agent]
		if h == nil {
			continue
		}
		here, idle = true, idle && h.Idle
		if h.Chosen != 0 && (choice == nil || h.Chosen > choice.Chosen || h.Chosen == choice.Chosen && h.Away) {
			choice = h
		}
	}
	switch {
	case !here:
		return "offline"
	case choice != nil && choice.Away:
		return "away"
	case idle:
		return "idle"
	}
	return "online"
}

// attends reports whether an agent is at the desk, with Skein before them, or at
// least in a conversation, whatever they chose to be.
func (p *presence) attends(agent inbox.AgentID, at inbox.ConversationID) bool {
	if p.state(agent) == "online" {
		return true
	}
	for _, list := range p.servers {
		if h := list[agent]; h != nil && !h.Idle {
			if _, looks := h.Open[at]; looks {
				return true
			}
		}
	}
	return false
}

// A colleague is how an agent is.
type colleague struct {
	ID    inbox.AgentID `json:"id"`
	State string        `json:"state"`
}

// roster is everybody whose state changed after generation since, and of
// generation 0 everybody who is here.
func (p *presence) roster(since uint64) []colleague {
	var list []colleague
	for agent, gen := range p.agents {
		if state := p.shown[agent]; gen > since && (since > 0 || state != "offline") {
			list = append(list, colleague{agent, state})
		}
	}
	slices.SortFunc(list, func(a, b colleague) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return list
}

// A viewer is somebody who looks at a conversation.
type viewer struct {
	ID     inbox.AgentID `json:"id"`
	Name   string        `json:"name"`
	Typing string        `json:"typing,omitempty"`
}

func (p *presence) viewers(of inbox.ConversationID) []viewer {
	list := make([]viewer, 0, len(p.at[of]))
	for agent := range p.at[of] {
		v := viewer{ID: agent, Typing: p.places(agent)[of]}
		for _, at := range p.servers {
			if h := at[agent]; h != nil {
				v.Name = cmp.Or(v.Name, h.Name)
			}
		}
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b viewer) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(string(a.ID), string(b.ID)))
	})
	return list
}
