package realtime

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"skein/inbox"
)

// A shop is the database of the property test: what stands in it is ahead of
// the stream, and what it announces may come twice.
type shop struct {
	mu      sync.Mutex
	state   map[string]*inbox.Conversation
	records map[string]*known
	tasks   map[string]*inbox.Task
	written map[string]*inbox.Message
	unsent  map[string]int64 // versions at which messages were taken back
	saved   map[string]*inbox.SavedReply
	views   map[string]*inbox.View
	watched map[inbox.AgentID]map[inbox.ConversationID]bool
	notices map[string]*notice
	roster  map[string]int64 // versions of agents, of keys and of products
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

// A notice is what one agent was told.
type notice struct {
	inbox.Notification
	to inbox.AgentID
}

// notify tells an agent of something in a conversation, where the agent sees it.
func (s *shop) notify(r *rand.Rand) {
	s.mu.Lock()
	defer s.mu.Unlock()
	to := []inbox.AgentID{"ann", "bob", "eve", "sue"}[r.IntN(4)]
	if r.IntN(4) == 0 { // what a supervisor tells one agent is of no conversation
		n := &notice{inbox.Notification{ID: inbox.NotificationID(fmt.Sprint("all's n", len(s.notices))), Version: 1, Kind: inbox.DirectNotice, Text: fmt.Sprint(r.IntN(1000))}, to}
		s.notices[string(n.ID)] = n
		told := n.Notification
		s.announce(r, inbox.Event{Kind: inbox.NotificationMade, Entity: string(n.ID), Version: 1, Notification: &told,
			Audience: inbox.Audience{Agent: to, Inboxes: []inbox.InboxID{inbox.NoInbox}}})
		return
	}
	rights := s.staff.of(to)
	c := s.state[conversation(r.IntN(12))]
	if c == nil || !rights.Sees(c.Place()) {
		return
	}
	n := &notice{inbox.Notification{ID: inbox.NotificationID(fmt.Sprint("n", len(s.notices))), Version: 1, ConversationID: c.ID, Text: fmt.Sprint(r.IntN(1000))}, to}
	s.notices[string(n.ID)] = n
	told := n.Notification
	s.announce(r, inbox.Event{Kind: inbox.NotificationMade, Entity: string(n.ID), Version: 1, Notification: &told,
		Audience: inbox.Audience{Agent: to, After: c.Place()}})
}

// readAll has an agent read some of what the agent was told.
func (s *shop) readAll(r *rand.Rand) {
	s.mu.Lock()
	defer s.mu.Unlock()
	by := []inbox.AgentID{"ann", "bob", "sue"}[r.IntN(3)]
	read := inbox.NotificationsRead{At: time.Now().UTC()}
	for _, id := range slices.Sorted(maps.Keys(s.notices)) {
		if n := s.notices[id]; n.to == by && n.Version == 1 && r.IntN(2) == 0 {
			n.Version, n.ReadAt = 2, &read.At
			read.IDs = append(read.IDs, n.ID)
		}
	}
	if len(read.IDs) > 0 {
		id := string(inbox.NewID[inbox.EventID](time.Now()))
		s.announce(r, inbox.Event{Kind: inbox.NotificationsSeen, Entity: id, Version: 1, Read: &read,
			Audience: inbox.Audience{Agent: by, Inboxes: []inbox.InboxID{inbox.NoInbox}}})
	}
}

// bell is what the API would answer the agent who asks for notifications.
func (s *shop) bell(agent inbox.AgentID) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]any{}
	s.told(agent, all)
	return all
}

func (s *shop) told(agent inbox.AgentID, to map[string]any) {
	rights := s.staff.of(agent)
	for id, n := range s.notices {
		if n.to == agent && (n.ConversationID == "" || rights.Sees(s.state[string(n.ConversationID)].Place())) {
			to[id] = n.Notification
		}
	}
}

// tell makes or changes a record, or adds an entry to a timeline, and announces
// it. A customer who writes to one more inbox is known there from then on; what
// turns out to be another customer's is known where that one is.
func (s *shop) tell(r *rand.Rand, kind inbox.EventKind) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := inbox.Event{ID: inbox.NewID[inbox.EventID](time.Now()), At: time.Now(), Kind: kind, IdentityID: "i"}
	switch kind {
	case inbox.OrderChanged:
		e.Entity = fmt.Sprint("o", r.IntN(6))
	case inbox.CartChanged:
		e.Entity = fmt.Sprint("k", r.IntN(6))
	case inbox.ActionChanged:
		e.Entity = fmt.Sprint("act", r.IntN(6))
	case inbox.FieldChanged:
		e.Entity = fmt.Sprint("f", r.IntN(6))
	case inbox.InboxChanged:
		e.Entity = string(inboxes[r.IntN(len(inboxes))])
	default:
		e.Entity = fmt.Sprint("track:", len(s.records))
	}
	k := s.records[e.Entity]
	if k == nil {
		k = &known{in: []inbox.InboxID{inboxes[r.IntN(len(inboxes))]}}
		s.records[e.Entity] = k
	}
	at := inboxes[r.IntN(len(inboxes))]
	switch {
	case kind == inbox.InboxChanged:
		k.in = []inbox.InboxID{inbox.InboxID(e.Entity)} // seen by who may see what is in it
	case r.IntN(4) == 0 && !slices.Contains(k.in, at):
		k.in = append(slices.Clone(k.in), at)
	case r.IntN(4) == 0 && e.Kind != inbox.TimelineAdded && e.Kind != inbox.ActionChanged:
		e.Audience.Were, k.in = k.in, []inbox.InboxID{at}
	}
	k.version++
	e.Version, e.Audience.Inboxes = k.version, k.in
	switch e.Kind {
	case inbox.OrderChanged:
		e.Order = &inbox.Order{ID: inbox.OrderID(e.Entity), Version: e.Version}
	case inbox.CartChanged:
		e.Cart = &inbox.Cart{ID: inbox.CartID(e.Entity), Version: e.Version}
	case inbox.ActionChanged:
		e.Action = &inbox.OrderAction{ID: inbox.ActionID(e.Entity), Version: e.Version}
	case inbox.FieldChanged:
		e.Field = &inbox.Field{ID: inbox.FieldID(e.Entity), Version: e.Version}
	case inbox.InboxChanged:
		e.Inbox = &inbox.Inbox{ID: inbox.InboxID(e.Entity), Version: e.Version}
	default:
		e.Timeline = &inbox.TimelineEntry{ID: e.Entity, Kind: "page"}
	}
	s.announce(r, e)
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
	s.announce(r, e)
}

// save makes, changes or takes away a saved reply, of one agent's own or
// everybody's.
func (s *shop) save(r *rand.Rand) {
	s.mu.Lock()
	defer s.mu.Unlock()
	owner := []inbox.AgentID{"", "ann", "bob", "sue"}[r.IntN(4)]
	id := fmt.Sprint(owner, "'s ", r.IntN(2))
	if owner == "" {
		id = fmt.Sprint("all", id)
	}
	next := inbox.SavedReply{ID: inbox.SavedReplyID(id), Version: 1, Owner: owner, Name: fmt.Sprint(r.IntN(1000)), Deleted: r.IntN(4) == 0}
	if was := s.saved[id]; was != nil {
		next.Version = was.Version + 1
	}
	s.saved[id] = &next
	told := next
	s.announce(r, inbox.Event{Kind: inbox.SavedReplyChanged, Entity: id, Version: next.Version, SavedReply: &told, Audience: next.Audience()})
}

// saveView saves one agent's view, for that agent or for everybody, or deletes it.
func (s *shop) saveView(r *rand.Rand) {
	s.mu.Lock()
	defer s.mu.Unlock()
	owner := []inbox.AgentID{"ann", "bob", "sue"}[r.IntN(3)]
	id := fmt.Sprint("all's view ", r.IntN(2), " by ", owner)
	told := func(v inbox.View, to inbox.AgentID) {
		s.announce(r, inbox.Event{Kind: inbox.ViewChanged, Entity: id, Version: v.Version, View: &v, Audience: inbox.Audience{Agent: to}})
	}
	was := s.views[id]
	if was == nil {
		was = &inbox.View{ID: id, AgentID: owner, Deleted: true}
	}
	next := inbox.View{ID: id, AgentID: owner, Version: was.Version + 1, Name: fmt.Sprint(r.IntN(1000)), Shared: r.IntN(2) == 0, Deleted: r.IntN(4) == 0}
	s.views[id] = &next
	seen := !was.Deleted && was.Shared
	switch {
	case next.Deleted && was.Deleted:
		s.views[id] = was
	case next.Deleted && seen, !next.Deleted && next.Shared:
		told(next, "")
	case seen: // by the owner alone from now on
		told(inbox.View{ID: id, AgentID: owner, Version: next.Version, Deleted: true}, "")
		next.Version++
		told(next, owner)
	default:
		told(next, owner)
	}
}

// watch has an agent watch a conversation, or no more.
func (s *shop) watch(r *rand.Rand) {
	s.mu.Lock()
	defer s.mu.Unlock()
	by, of := []inbox.AgentID{"ann", "bob", "sue"}[r.IntN(3)], inbox.ConversationID(conversation(r.IntN(12)))
	if s.watched[by] == nil {
		s.watched[by] = map[inbox.ConversationID]bool{}
	}
	if s.watched[by][of] {
		delete(s.watched[by], of)
	} else {
		s.watched[by][of] = true
	}
	s.announce(r, inbox.Event{Kind: inbox.WatchChanged, Entity: string(inbox.NewID[inbox.EventID](time.Now())), Version: 1, Watched: of,
		Audience: inbox.Audience{Agent: by}})
}

// watching is what the API would answer the agent who asks what is watched.
func (s *shop) watching(agent inbox.AgentID) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprint(slices.Sorted(maps.Keys(s.watched[agent])))
}

const customers = 5

var inboxes = []inbox.InboxID{"sales", "help", "press"}

func newShop(stream *log, staff *people) *shop {
	s := &shop{state: map[string]*inbox.Conversation{}, records: map[string]*known{}, tasks: map[string]*inbox.Task{},
		written: map[string]*inbox.Message{}, unsent: map[string]int64{}, saved: map[string]*inbox.SavedReply{}, views: map[string]*inbox.View{}, watched: map[inbox.AgentID]map[inbox.ConversationID]bool{}, notices: map[string]*notice{}, roster: map[string]int64{}, stream: stream, staff: staff, rights: map[inbox.AgentID]int64{}}
	for i := range s.who {
		s.who[i] = inbox.Person{CustomerID: inbox.CustomerID(fmt.Sprint("k", i)), IdentityID: inbox.IdentityID(fmt.Sprint("i", i)),
			Name: fmt.Sprint("k", i, " 1"), Address: fmt.Sprint("a", i), CustomerVersion: 1}
	}
	return s
}

// announce puts e into the stream, sometimes twice.
func (s *shop) announce(r *rand.Rand, e inbox.Event) {
	s.stream.add(e)
	if r.IntN(5) == 0 {
		s.stream.add(e)
	}
}

func conversation(n int) string { return fmt.Sprintf("00000000-0000-7000-8000-0000000000%02d", n) }

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
		s.announce(r, e)
	}
	s.was, s.who = s.who, to
}

// change makes or moves a conversation and announces it, later and sometimes
// twice; the announcements of one conversation keep their order.
func (s *shop) change(r *rand.Rand) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := conversation(r.IntN(12))
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
	s.announce(r, e)
}

// write adds a message to a conversation that there is, changes one, moves it to
// another, or takes it back.
func (s *shop) write(r *rand.Rand) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.state[conversation(r.IntN(12))]
	if in == nil {
		return
	}
	id := fmt.Sprint("m", r.IntN(40))
	next := inbox.Message{ID: inbox.MessageID(id), ConversationID: in.ID, Version: s.unsent[id] + 1, Text: fmt.Sprint(r.IntN(1000))}
	e := inbox.Event{Kind: inbox.MessageChanged, Entity: id, Message: &next, Audience: inbox.Audience{After: in.Place()}}
	if was := s.written[id]; was != nil {
		from := s.state[string(was.ConversationID)]
		if r.IntN(3) > 0 {
			next.ConversationID, e.Audience.After = was.ConversationID, from.Place()
		} else if was.ConversationID != next.ConversationID {
			e.MovedFrom = was.ConversationID
		}
		next.Version, e.Audience.Before = was.Version+1, from.Place()
		if next.ConversationID == was.ConversationID && r.IntN(4) == 0 {
			e.Version, e.Audience.After = next.Version, nil
			s.unsent[id] = next.Version
			delete(s.written, id)
			s.announce(r, e)
			return
		}
	}
	e.Version = next.Version
	s.written[id] = &next
	s.announce(r, e)
}

// speak has an operator say something of a key, which is for who sees everything.
func (s *shop) speak(r *rand.Rand) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := fmt.Sprint("key", r.IntN(3))
	s.roster[id]++
	s.announce(r, inbox.Event{Kind: inbox.KeyChanged, Entity: id, Version: s.roster[id], Key: &inbox.KeyRule{Key: id},
		Audience: inbox.Audience{Inboxes: []inbox.InboxID{"nowhere"}}})
}

// sell changes what there is of a product, which is for everybody.
func (s *shop) sell(r *rand.Rand) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := fmt.Sprint("all's product ", r.IntN(3))
	s.roster[id]++
	s.announce(r, inbox.Event{Kind: inbox.ProductChanged, Entity: id, Version: s.roster[id], Product: &inbox.Product{SKU: id}})
}

// changeRights gives somebody other rights, or ends a session of theirs, which
// changes none.
func (s *shop) changeRights(r *rand.Rand) {
	s.mu.Lock()
	defer s.mu.Unlock()
	agent := []inbox.AgentID{"ann", "bob"}[r.IntN(2)]
	if r.IntN(3) > 0 {
		s.rights[agent]++
		var may []inbox.InboxID
		for _, at := range inboxes {
			if r.IntN(2) == 0 {
				may = append(may, at)
			}
		}
		s.staff.set(agent, s.rights[agent], may...)
		s.roster[string(agent)] = s.rights[agent]
	}
	s.announce(r, inbox.Event{Kind: inbox.AgentChanged, Entity: string(agent), Version: s.rights[agent], Agent: &inbox.Agent{ID: agent}})
}

// fetch is what the API would answer the agent: the lists, and the messages of
// the conversation that is open.
func (s *shop) fetch(agent inbox.AgentID, open string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	rights := s.staff.of(agent)
	all := map[string]any{}
	for id, c := range s.state {
		if rights.Sees(c.Place()) {
			now := *c
			now.Customer = s.who[whose(c.ID)]
			all[id] = now
		}
	}
	for id, t := range s.tasks {
		if rights.Sees(t.Place()) {
			all[id] = *t
		}
	}
	for id, saved := range s.saved {
		if !saved.Deleted && (saved.Owner == "" || saved.Owner == agent) {
			all[id] = *saved
		}
	}
	for id, v := range s.views {
		if !v.Deleted && (v.Shared || v.AgentID == agent) {
			all[id] = *v
		}
	}
	all["all's watches"] = fmt.Sprint(slices.Sorted(maps.Keys(s.watched[agent])))
	for id, k := range s.records {
		if slices.ContainsFunc(k.in, func(in inbox.InboxID) bool { return rights.Sees(&inbox.Place{InboxID: in}) }) {
			all[id] = k.version
		}
	}
	for id, version := range s.roster {
		if version > 0 && (rights.All || id[:3] != "key") {
			all[id] = version
		}
	}
	s.messages(&rights, open, all)
	s.told(agent, all)
	return all
}

// messages adds those of a conversation, where the agent sees it.
func (s *shop) messages(rights *inbox.Rights, of string, to map[string]any) {
	if c := s.state[of]; c == nil || !rights.Sees(c.Place()) {
		return
	}
	for id, m := range s.written {
		if string(m.ConversationID) == of {
			to[id] = *m
		}
	}
}

// read is what the API would answer who opens a conversation.
func (s *shop) read(agent inbox.AgentID, of string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	rights := s.staff.of(agent)
	list := map[string]any{}
	s.messages(&rights, of, list)
	return list
}
