package main

import (
	"maps"
	"slices"

	"skein/inbox"
	"skein/inbox/thread"
)

// told is what a run of explain remembers of the mails before: the graph of
// their headers, as the store would have it, and nothing that they say.
type told struct {
	rows          []inbox.KeyRow
	own           map[inbox.Key][]int // rows by key
	points        map[inbox.Key][]int
	threads       map[inbox.ThreadID]*inbox.ThreadRow
	parts         map[inbox.ThreadID][]inbox.ThreadID // threads by root
	keys          map[inbox.ThreadID][]inbox.Key      // own keys by thread
	conversations map[inbox.ConversationID]*inbox.Conversation
	about         map[inbox.OrderID][]inbox.ThreadID // that name an order of their own sender's, the newest first
	made          int64
}

func newTold() *told {
	return &told{
		own: map[inbox.Key][]int{}, points: map[inbox.Key][]int{}, threads: map[inbox.ThreadID]*inbox.ThreadRow{},
		parts: map[inbox.ThreadID][]inbox.ThreadID{}, keys: map[inbox.ThreadID][]inbox.Key{},
		conversations: map[inbox.ConversationID]*inbox.Conversation{}, about: map[inbox.OrderID][]inbox.ThreadID{},
	}
}

// An asked is the evidence for one mail, as far as it is gathered.
type asked struct {
	*told
	ev    inbox.Evidence
	rows  map[int]bool
	roots map[inbox.ThreadID]bool
}

// place decides where a mail goes beside those before it, and remembers it.
// Orders are its sender's own that it names. The number is that of its
// conversation, in the order of their beginnings.
func (t *told) place(r inbox.Received, orders []inbox.MeantOrder) (p inbox.Placement, conversation int64) {
	a := &asked{told: t, rows: map[int]bool{}, roots: map[inbox.ThreadID]bool{}}
	m := r.Message
	people := append([]string{inbox.Business, m.SenderKey}, m.People...)
	for _, key := range keysOfMail(m) {
		a.add(t.own[key]...)
		for _, i := range t.points[key] {
			if key == m.Own || slices.Contains(people, t.rows[i].Sender) {
				a.add(i)
			}
		}
	}
	for i := range orders {
		for _, id := range t.about[orders[i].ID] {
			if c := t.threads[id].Conversation; !slices.Contains(orders[i].Linked, c) {
				orders[i].Linked = append(orders[i].Linked, c)
			}
		}
	}
	a.ev.Orders = orders
	a.ev.Identities = map[inbox.IdentityRef]inbox.Identity{m.Identity: {CustomerID: customerOf(m.Identity)}}
	batch := []inbox.Received{r}
	for {
		a.gather()
		d := thread.Decide(batch, &a.ev)
		if a.answer(d.Needs) {
			continue
		}
		p = d.Places[0]
		t.keep(m, d)
		for _, o := range orders {
			t.about[o.ID] = append([]inbox.ThreadID{p.Thread}, t.about[o.ID]...)
		}
		if c := t.conversations[p.Conversation]; c != nil {
			conversation = c.Number
		}
		return p, conversation
	}
}

func keysOfMail(m *inbox.Arrival) []inbox.Key {
	var keys []inbox.Key
	for _, key := range []inbox.Key{m.Own, m.Thread} {
		if key != (inbox.Key{}) {
			keys = append(keys, key)
		}
	}
	for _, ref := range m.Refs {
		keys = append(keys, ref.Key)
	}
	return keys
}

func (a *asked) add(rows ...int) {
	for _, i := range rows {
		a.rows[i] = true
		a.roots[a.threads[a.told.rows[i].Thread].Root] = true
	}
}

// gather makes the evidence of what was asked for.
func (a *asked) gather() {
	a.ev.Keys, a.ev.Threads, a.ev.Conversations = nil, nil, map[inbox.ConversationID]*inbox.Conversation{}
	for _, o := range a.ev.Orders {
		for _, c := range o.Linked {
			a.ev.Conversations[c] = a.conversations[c]
		}
	}
	for _, i := range slices.Sorted(maps.Keys(a.rows)) {
		a.ev.Keys = append(a.ev.Keys, a.told.rows[i])
	}
	for _, root := range slices.Sorted(maps.Keys(a.roots)) {
		for _, id := range a.parts[root] {
			row := *a.threads[id]
			row.People = slices.Clone(row.People)
			a.ev.Threads = append(a.ev.Threads, row)
			a.ev.Conversations[row.Conversation] = a.conversations[row.Conversation]
		}
	}
}

// answer adds who among needed people points at a component, and reports
// whether that is anything new.
func (a *asked) answer(needs []inbox.Need) bool {
	before := len(a.rows)
	for _, n := range needs {
		for _, id := range a.parts[n.Root] {
			for _, key := range a.keys[id] {
				for _, i := range a.points[key] {
					if row := &a.told.rows[i]; slices.Contains(n.People, row.Sender) && a.threads[row.Thread].Root != n.Root {
						a.add(i)
						a.add(a.own[key]...)
					}
				}
			}
		}
	}
	return len(a.rows) > before
}

// keep writes down what was decided.
func (t *told) keep(m *inbox.Arrival, d inbox.Decision) {
	p := d.Places[0]
	if p.Echo {
		return
	}
	if p.New {
		t.made++
		t.conversations[p.Home] = &inbox.Conversation{ID: p.Home, Number: t.made, Status: inbox.Open,
			Customer: inbox.Person{CustomerID: customerOf(m.Identity)}}
	}
	if p.NewThread {
		t.threads[p.Thread] = &inbox.ThreadRow{ID: p.Thread, Root: p.Thread, Home: p.Home, Conversation: p.Conversation}
		t.parts[p.Thread] = []inbox.ThreadID{p.Thread}
	}
	for _, j := range d.Joins {
		if j.Winner == j.Loser {
			continue
		}
		for _, id := range t.parts[j.Loser] {
			t.threads[id].Root = j.Winner
		}
		t.parts[j.Winner] = append(t.parts[j.Winner], t.parts[j.Loser]...)
		delete(t.parts, j.Loser)
		if j.From == "" {
			continue
		}
		for _, row := range t.threads {
			if row.Conversation == j.From {
				row.Conversation = j.Into
			}
		}
	}
	row := t.threads[p.Thread]
	if p.Joined {
		for _, who := range m.People {
			if !slices.Contains(row.People, who) {
				row.People = append(row.People, who)
			}
		}
	}
	sender := m.SenderKey
	if m.Direction == inbox.Out {
		sender = inbox.Business
	}
	seen := map[inbox.Key]bool{{}: true}
	add := func(key inbox.Key, own bool) {
		if seen[key] {
			return
		}
		seen[key] = true
		at := t.points
		if own {
			at = t.own
			t.keys[p.Thread] = append(t.keys[p.Thread], key)
		}
		at[key] = append(at[key], len(t.rows))
		t.rows = append(t.rows, inbox.KeyRow{Key: key, Message: inbox.NewID[inbox.MessageID](m.CreatedAt), Thread: p.Thread, Own: own,
			Sender: sender, People: m.People})
	}
	add(m.Own, true)
	add(m.Thread, true)
	for _, ref := range m.Refs {
		add(ref.Key, false)
	}
}
