package realtime

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"skein/inbox"
)

// An Air carries what is true only now between the servers. It may lose what it
// is given, and keeps nothing.
type Air interface {
	// Say hands data to every other server that hears just now, and maybe to
	// this one.
	Say(ctx context.Context, data []byte) error
	// Hear calls heard, one call at a time, until ctx ends. What heard is given is
	// heard's to keep.
	Hear(ctx context.Context, heard func(data []byte)) error
}

// Spots looks up what a topic is about. NotFound is for what is not there, or is
// part of another conversation now.
type Spots interface {
	ConversationSpot(ctx context.Context, id inbox.ConversationID) (inbox.Spot, error)
	CustomerSpot(ctx context.Context, id inbox.CustomerID) (inbox.Spot, error)
}

// An aired is what goes through the air.
type aired struct {
	Server string `json:"server"`
	TTL    int    `json:"ttl,omitempty"` // seconds
	Words  []word `json:"words,omitempty"`
	// Ask asks the others for all that they know: a server has come.
	Ask bool `json:"ask,omitempty"`
}

const (
	wordsAtOnce = 500              // of one message
	longestTTL  = 2 * time.Minute  // of what others say
	lookAgain   = 30 * time.Second // after this a topic is looked up anew
	lookers     = 4
)

// tend keeps what is true only now, until ctx ends. What this server knew of its
// agents then fades when they had the time to come to another.
func (h *Hub) tend(ctx context.Context) {
	var parts sync.WaitGroup
	defer parts.Wait()
	if h.cfg.Air != nil {
		parts.Go(func() { h.hear(ctx) })
	}
	if h.cfg.Spots != nil {
		for range lookers {
			parts.Go(func() { h.lookUps(ctx) })
		}
	}
	tick := time.NewTicker(h.cfg.Tick)
	defer tick.Stop()
	beat, asked := time.Now(), h.cfg.Air == nil
	for {
		select {
		case <-ctx.Done():
			h.farewell(context.WithoutCancel(ctx))
			return
		case <-h.around.kick:
			// What comes at once is told at once, and together.
			select {
			case <-ctx.Done():
				continue
			case <-time.After(h.cfg.Gather):
			}
		case now := <-tick.C:
			h.round(now)
			if !asked { // whoever answers is heard by now
				asked = true
				h.say(ctx, aired{Ask: true})
			}
			if now.Sub(beat) >= h.cfg.Beat {
				beat = now
				h.beat(ctx, h.cfg.Lifetime)
			}
		}
		words, down := h.flush(time.Now())
		h.speak(ctx, words, h.cfg.Lifetime)
		if h.cfg.Down != nil {
			for _, d := range down {
				h.cfg.Down(ctx, d)
			}
		}
	}
}

// round ends what has had its time.
func (h *Hub) round(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := &h.around
	h.changed(a.presence.expire(now))
	for agent, at := range a.left {
		if !now.Before(at) {
			a.move(agent)
		}
	}
	for _, of := range a.agents {
		for s := range of {
			if !s.tabs.until.IsZero() && !now.Before(s.tabs.until) {
				s.tabs.until = time.Time{}
				a.move(s.claims.Agent)
			}
		}
	}
	for _, key := range a.visitors.expire(now) {
		h.touchKey(key)
	}
	a.ring = a.calls.expire(now) || a.ring
	for topic, s := range a.spots {
		if now.Sub(s.lookedAt) >= lookAgain || !s.known && now.Sub(s.lookedAt) >= 2*time.Second {
			a.lookUp(topic)
		}
	}
	a.wake()
}

// beat says again where everybody of this server is.
func (h *Hub) beat(ctx context.Context, ttl time.Duration) {
	h.mu.Lock()
	var all []word
	for _, k := range h.around.presence.servers[h.around.server] {
		all = append(all, k.word)
	}
	h.mu.Unlock()
	h.speak(ctx, all, ttl)
}

// farewell lets go of this server's agents, who come to others now.
func (h *Hub) farewell(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	h.beat(ctx, h.cfg.Spread+time.Second)
}

func (h *Hub) speak(ctx context.Context, words []word, ttl time.Duration) {
	if h.cfg.Air == nil {
		return
	}
	for part := range slices.Chunk(words, wordsAtOnce) {
		h.say(ctx, aired{TTL: max(1, int(ttl.Seconds())), Words: part})
	}
}

func (h *Hub) say(ctx context.Context, m aired) {
	m.Server = h.around.server
	data, err := json.Marshal(m)
	if err == nil {
		err = h.cfg.Air.Say(ctx, data)
	}
	if err != nil && ctx.Err() == nil {
		h.cfg.Log.Debug("other servers are not told who is here", "error", err) // the next beat tells them
	}
}

// hear takes what the other servers say.
func (h *Hub) hear(ctx context.Context) {
	for ctx.Err() == nil {
		if err := h.cfg.Air.Hear(ctx, func(data []byte) { h.overheard(ctx, data) }); ctx.Err() == nil {
			h.cfg.Log.Warn("hearing other servers was interrupted", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func (h *Hub) overheard(ctx context.Context, data []byte) {
	var m aired
	if err := json.Unmarshal(data, &m); err != nil || m.Server == "" || m.Server == h.around.server {
		return
	}
	if m.Ask {
		h.beat(ctx, h.cfg.Lifetime)
		return
	}
	until := time.Now().Add(min(longestTTL, time.Duration(m.TTL)*time.Second))
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, w := range m.Words {
		h.changed(h.around.presence.put(m.Server, w, until))
	}
}

// lookUps looks topics up, one after the other.
func (h *Hub) lookUps(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case topic := <-h.around.look:
			within, cancel := context.WithTimeout(ctx, resolveFor)
			var is inbox.Spot
			var err error
			if id, ok := conversationOf(topic); ok {
				is, err = h.cfg.Spots.ConversationSpot(within, id)
			} else {
				is, err = h.cfg.Spots.CustomerSpot(within, inbox.CustomerID(topic[len(customerPrefix):]))
			}
			cancel()
			if err != nil && inbox.CodeOf(err) != inbox.NotFound && ctx.Err() == nil {
				h.cfg.Log.Warn("who is where can't be looked up", "error", err)
			}
			h.found(topic, is, err, time.Now())
		}
	}
}
