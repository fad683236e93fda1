package realtime

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// A shop is the database of the property test: what stands in it is ahead of
// the stream, and what it announces may come twice.
type shop struct {
	mu      sync.Mutex
	state   map[string]*inbox.Conversation
	records map[string]*known
	tasks   map[string]*inbox.Task
	stream  *log
	staff   *people
	rights  map[inbox.AgentID]int64
	who     [customers]inbox.Person // of each identity, now
	was     [customers]inbox.Person // and one change before
}

// A known is what has no place of its own: an order, a cart or an entry of a
// timeline is seen by who may see any of the inboxes in which its customer wrote.
type known struct {
	version int64
	in      []inbox.InboxID
}

// tell makes or changes a record, or adds an entry to a timeline, and announces
// it. A customer who writes to one more inbox is known there from then on; what
// turns out to be another customer's is known where that one is.
func (s *shop) tell(r *rand.Rand) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := inbox.Event{ID: inbox.NewID[inbox.EventID](time.Now()), At: time.Now(), IdentityID: "i"}
	switch r.IntN(3) {
	case 0:
		e.Kind, e.Entity = inbox.OrderChanged, fmt.Sprint("o", r.IntN(6))
	case 1:
		e.Kind, e.Entity = inbox.CartChanged, fmt.Sprint("k", r.IntN(6))
	default:
		e.Kind, e.Entity = inbox.TimelineAdded, fmt.Sprint("track:", len(s.records))
	}
	k := s.records[e.Entity]
	if k == nil {
		k = &known{in: []inbox.InboxID{inboxes[r.IntN(len(inboxes))]}}
		s.records[e.Entity] = k
	}
	at := inboxes[r.IntN(len(inboxes))]
	switch {
	case r.IntN(4) == 0 && !slices.Contains(k.in, at):
		k.in = append(slices.Clone(k.in), at)
	case r.IntN(4) == 0 && e.Kind != inbox.TimelineAdded:
		e.Audience.Were, k.in = k.in, []inbox.InboxID{at}
	}
	k.version++
	e.Version, e.Audience.Inboxes = k.version, k.in
	switch e.Kind {
	case inbox.OrderChanged:
		e.Order = &inbox.Order{ID: inbox.OrderID(e.Entity), Version: e.Version}
	case inbox.CartChanged:
		e.Cart = &inbox.Cart{ID: inbox.CartID(e.Entity), Version: e.Version}
	default:
		e.Timeline = &inbox.TimelineEntry{ID: e.Entity, Kind: "page"}
	}
	s.stream.add(e)
	if r.IntN(5) == 0 {
		s.stream.add(e)
	}
}

// task makes a callback, gives or closes it, or has it follow its caller to another
// inbox.
func (s *shop) task(r *rand.Rand) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := fmt.Sprint("t", r.IntN(6))
	next := inbox.Task{ID: inbox.TaskID(id), Version: 1, InboxID: inboxes[r.IntN(len(inboxes))], State: inbox.TaskState([]string{"open", "done"}[r.IntN(2)])}
	e := inbox.Event{Kind: inbox.TaskChanged, Entity: id, Task: &next}
	if was := s.tasks[id]; was != nil {
		if next.Version = was.Version + 1; r.IntN(3) > 0 {
			next.InboxID = was.InboxID
		}
		e.Audience.Before = was.Place()
	}
	e.Version, e.Audience.After = next.Version, next.Place()
	s.tasks[id] = &next
	s.stream.add(e)
	if r.IntN(5) == 0 {
		s.stream.add(e)
	}
}

const customers = 5

var inboxes = []inbox.InboxID{"sales", "help", "press"}

func newShop(stream *log, staff *people) *shop {
	s := &shop{state: map[string]*inbox.Conversation{}, records: map[string]*known{}, tasks: map[string]*inbox.Task{}, stream: stream, staff: staff, rights: map[inbox.AgentID]int64{}}
	for i := range s.who {
		s.who[i] = inbox.Person{CustomerID: inbox.CustomerID(fmt.Sprint("k", i)), IdentityID: inbox.IdentityID(fmt.Sprint("i", i)),
			Name: fmt.Sprint("k", i, " 1"), Address: fmt.Sprint("a", i), CustomerVersion: 1}
	}
	return s
}

// whose is who a conversation was opened by.
func whose(id inbox.ConversationID) int { return int(id[len(id)-1]-'0') % customers }

// changeCustomer renames a customer, merges two or parts one, and announces all
// that are concerned, with one version above any of theirs.
func (s *shop) changeCustomer(r *rand.Rand) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first, other := r.IntN(customers), r.IntN(customers)
	concerned := map[inbox.CustomerID]bool{s.who[first].CustomerID: true}
	var top int64
	to := s.who
	switch r.IntN(3) {
	case 0: // a name
	case 1: // one of two
		concerned[s.who[other].CustomerID] = true
		for i := range to {
			if concerned[to[i].CustomerID] {
				to[i].CustomerID = min(s.who[first].CustomerID, s.who[other].CustomerID)
			}
		}
	case 2: // an identity goes back to its own
		to[other].CustomerID = inbox.CustomerID(fmt.Sprint("k", other))
		concerned[s.who[other].CustomerID], concerned[to[other].CustomerID] = true, true
	}
	places := map[inbox.InboxID]bool{}
	for i, p := range s.who {
		if !concerned[p.CustomerID] && !concerned[to[i].CustomerID] {
			continue
		}
		top = max(top, p.CustomerVersion)
		for _, c := range s.state {
			if whose(c.ID) == i {
				places[c.InboxID] = true
			}
		}
	}
	for id := range concerned {
		e := inbox.Event{Kind: inbox.CustomerChanged, Entity: string(id), Version: top + 1,
			Customer: &inbox.Customer{ID: id, Version: top + 1, Name: fmt.Sprint(id, " ", top+1)}}
		for i := range to {
			if to[i].CustomerID == id {
				to[i].CustomerVersion, to[i].Name = top+1, e.Customer.Name
				e.Customer.Identities = append(e.Customer.Identities, inbox.Identity{ID: to[i].IdentityID, CustomerID: id, Value: to[i].Address, Proof: to[i].Proof})
			}
		}
		for _, in := range inboxes {
			if places[in] {
				e.Audience.Inboxes = append(e.Audience.Inboxes, in)
			}
		}
		s.stream.add(e)
		if r.IntN(5) == 0 {
			s.stream.add(e)
		}
	}
	s.was, s.who = s.who, to
}

// change makes or moves a conversation and announces it, later and sometimes
// twice; the announcements of one conversation keep their order.
func (s *shop) change(r *rand.Rand) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := fmt.Sprint("c", r.IntN(12))
	c := s.state[id]
	var before inbox.InboxID
	next := inbox.Conversation{ID: inbox.ConversationID(id), InboxID: inboxes[r.IntN(len(inboxes))], Version: 1}
	if c != nil {
		before, next.Version = c.InboxID, c.Version+1
		if r.IntN(3) > 0 {
			next.InboxID = before
		}
	}
	// The order that is meant comes, goes and is another, with the version.
	if n := r.IntN(4); n > 0 {
		next.Order = &inbox.OrderRef{ID: inbox.OrderID(fmt.Sprint("o", n)), Number: fmt.Sprint("#100", n)}
	}
	next.Customer = s.who[whose(next.ID)]
	s.state[id] = &next
	e := changed(id, next.Version, before, next.InboxID)
	told := next
	e.Conversation = &told
	if before == next.InboxID && r.IntN(4) == 0 {
		// It was read before the customer changed, and announced afterwards.
		told.Customer = s.was[whose(next.ID)]
	}
	s.stream.add(e)
	if r.IntN(5) == 0 {
		s.stream.add(e)
	}
}

func (s *shop) changeRights(r *rand.Rand, agent inbox.AgentID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rights[agent]++
	var may []inbox.InboxID
	for _, at := range inboxes {
		if r.IntN(2) == 0 {
			may = append(may, at)
		}
	}
	s.staff.set(agent, s.rights[agent], may...)
	s.stream.add(inbox.Event{Kind: inbox.AgentChanged, Entity: string(agent), Version: s.rights[agent]})
}

// fetch is what the API would answer the agent.
func (s *shop) fetch(agent inbox.AgentID) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	rights := s.staff.of(agent)
	list := map[string]any{}
	for id, c := range s.state {
		if rights.Sees(c.Place()) {
			now := *c
			now.Customer = s.who[whose(c.ID)]
			list[id] = now
		}
	}
	for id, t := range s.tasks {
		if rights.Sees(t.Place()) {
			list[id] = *t
		}
	}
	for id, k := range s.records {
		if slices.ContainsFunc(k.in, func(in inbox.InboxID) bool { return rights.Sees(&inbox.Place{InboxID: in}) }) {
			list[id] = k.version
		}
	}
	return list
}

// A page is what a browser keeps: the rules of the protocol's client side.
type page struct {
	agent    inbox.AgentID
	shop     *shop
	url      string
	position string
	rights   int64
	have     map[string]any   // what is shown: conversations whole, of other records the version
	known    map[string]int64 // versions of it and of what was, so that late news is known to be old
}

func (p *page) reload() {
	p.have = p.shop.fetch(p.agent)
	p.known = map[string]int64{}
	for id, x := range p.have {
		switch x := x.(type) {
		case inbox.Conversation:
			p.known[id] = x.Version
		case inbox.Task:
			p.known[id] = x.Version
		case int64:
			p.known[id] = x
		}
	}
}

func (p *page) apply(t *testing.T, f said) {
	switch f.Type {
	case "ready", "rights":
		p.rights = f.Rights
		if f.Type == "rights" || f.Reload || p.position == "" {
			p.reload()
		}
	case "event":
		e := f.Event
		if k := e.Customer; k != nil {
			p.applyCustomer(k, e.Version)
		}
		if e.Conversation == nil && e.Task == nil && e.Order == nil && e.Cart == nil && e.Timeline == nil {
			break // nothing that this page shows
		}
		if e.Version <= p.known[e.Entity] {
			break
		}
		p.known[e.Entity] = e.Version
		if c := e.Conversation; c != nil {
			// Of two words on who it is, the one of the higher version holds.
			if old, ok := p.have[e.Entity].(inbox.Conversation); ok && old.Customer.CustomerVersion > c.Customer.CustomerVersion {
				c.Customer = old.Customer
			}
			p.have[e.Entity] = *c
		} else if e.Task != nil {
			p.have[e.Entity] = *e.Task
		} else {
			p.have[e.Entity] = e.Version
		}
	case "gone":
		if f.Version > p.known[f.Entity] {
			delete(p.have, f.Entity)
			p.known[f.Entity] = f.Version
		}
	case "heartbeat", "topics":
	default:
		t.Errorf("unknown frame %s", f.raw)
	}
	p.position = f.Position
}

// applyCustomer says whose the conversations of a customer's identities are now.
func (p *page) applyCustomer(k *inbox.Customer, version int64) {
	for _, i := range k.Identities {
		for id, known := range p.have {
			if c, ok := known.(inbox.Conversation); ok && c.Customer.IdentityID == i.ID && c.Customer.CustomerVersion < version {
				c.Customer.CustomerID, c.Customer.CustomerVersion, c.Customer.Name, c.Customer.Proof = k.ID, version, k.Name, i.Proof
				p.have[id] = c
			}
		}
	}
}

// browse keeps a page up to date over connections that break at random, until
// it has got to the end that is told on done.
func (p *page) browse(t *testing.T, r *rand.Rand, done <-chan string) {
	end := ""
	for {
		b, err := tryDial(t, p.url, hello{Token: string(p.agent) + "/1", Position: p.position, Rights: p.rights})
		if err != nil {
			time.Sleep(time.Millisecond) // the hub finds its place in the stream
			continue
		}
		for cut := r.IntN(40); cut > 0 || end != ""; cut-- {
			if r.IntN(8) == 0 || end != "" {
				_ = b.send(map[string]string{"type": "ping"})
			}
			f, err := b.any(10 * time.Second)
			if err != nil {
				break // cut off: come back
			}
			p.apply(t, f)
			if end != "" && p.position == end {
				_ = b.conn.CloseNow()
				return
			}
		}
		_ = b.conn.CloseNow()
		if end == "" { // told once: the next word is for another page
			select {
			case end = <-done:
			default:
			}
		}
	}
}

// Events folded into an old state equal a fresh fetch, whatever breaks on the
// way: sockets at any moment, repetitions, rights that change, a ring and a
// queue too short, a stream that is made anew.
func TestFoldEqualsFetch(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			stream, staff := newLog(), newPeople()
			shop := newShop(stream, staff)
			agents := []inbox.AgentID{"ann", "bob", "eve"}
			staff.set("ann", 0, "sales", "help")
			staff.set("bob", 0, inboxes...)
			staff.set("eve", 0)
			_, url := serve(t, Config{
				Source: stream, Tokens: staff, Rights: staff, CheckEvery: 5 * time.Millisecond,
				RingFrames: 16, QueueFrames: 8, MaxReplay: 200, Heartbeat: 10 * time.Millisecond,
			})
			var pages []*page
			var browsing sync.WaitGroup
			done := make(chan string)
			for i, agent := range agents {
				p := &page{agent: agent, shop: shop, url: url}
				pages = append(pages, p)
				browsing.Go(func() { p.browse(t, rand.New(rand.NewPCG(seed, uint64(i))), done) })
			}
			r := rand.New(rand.NewPCG(seed, 99))
			for i := range 1500 {
				shop.change(r)
				if r.IntN(3) == 0 {
					shop.tell(r)
				}
				if r.IntN(3) == 0 {
					shop.task(r)
				}
				if r.IntN(4) == 0 {
					shop.changeCustomer(r)
				}
				if r.IntN(100) == 0 {
					shop.changeRights(r, agents[r.IntN(2)])
				}
				if i == 700 && seed%2 == 1 {
					shop.mu.Lock()
					stream.touch(func() { stream.epoch, stream.entries = "e2", nil })
					shop.mu.Unlock()
				}
				if r.IntN(4) == 0 {
					time.Sleep(time.Duration(r.IntN(1000)) * time.Microsecond)
				}
			}
			// One last entry that everybody sees, so that everybody can tell
			// when all has arrived.
			end := stream.add(inbox.Event{Kind: "the.end", Entity: "end"})
			for range pages {
				select {
				case done <- position(stream.epoch, end):
				case <-time.After(2 * time.Minute):
					t.Fatal("a page does not come back")
				}
			}
			browsing.Wait()
			for _, p := range pages {
				if diff := cmp.Diff(shop.fetch(p.agent), p.have); diff != "" {
					t.Errorf("%s: folded and fetched differ (-fetched +folded):\n%s", p.agent, diff)
				}
				if p.agent == "eve" && len(p.known) > 0 {
					t.Errorf("eve, without rights, learnt of %v", p.known)
				}
			}
		})
	}
}
