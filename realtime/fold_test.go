package realtime

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// kinds is how each kind of event comes about, and how often.
var kinds = map[inbox.EventKind]struct {
	of   int // in a hundred rounds
	make func(*shop, *rand.Rand)
}{
	inbox.ConversationChanged: {100, (*shop).change},
	inbox.MessageChanged:      {100, (*shop).write},
	inbox.CustomerChanged:     {25, (*shop).changeCustomer},
	inbox.OrderChanged:        {12, func(s *shop, r *rand.Rand) { s.tell(r, inbox.OrderChanged) }},
	inbox.CartChanged:         {12, func(s *shop, r *rand.Rand) { s.tell(r, inbox.CartChanged) }},
	inbox.ActionChanged:       {12, func(s *shop, r *rand.Rand) { s.tell(r, inbox.ActionChanged) }},
	inbox.ProductChanged:      {12, (*shop).sell},
	inbox.TimelineAdded:       {12, func(s *shop, r *rand.Rand) { s.tell(r, inbox.TimelineAdded) }},
	inbox.TaskChanged:         {33, (*shop).task},
	inbox.AgentChanged:        {2, (*shop).changeRights},
	inbox.InboxChanged:        {5, func(s *shop, r *rand.Rand) { s.tell(r, inbox.InboxChanged) }},
	inbox.KeyChanged:          {5, (*shop).speak},
	inbox.SavedReplyChanged:   {20, (*shop).save},
	inbox.FieldChanged:        {8, func(s *shop, r *rand.Rand) { s.tell(r, inbox.FieldChanged) }},
	inbox.ViewChanged:         {20, (*shop).saveView},
	inbox.WatchChanged:        {20, (*shop).watch},
	inbox.NotificationMade:    {12, (*shop).notify},
	inbox.NotificationsSeen:   {10, (*shop).readAll},
}

// Every kind of event that is announced is folded below: who adds one has to say
// how it comes about and what a page makes of it.
func TestEveryKindIsFolded(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "../inbox/event.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if is, ok := spec.Type.(*ast.Ident); !ok || is.Name != "EventKind" || len(spec.Values) != 1 {
			return true
		}
		value, _ := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		found++
		inLogAlone := strings.Contains(spec.Doc.Text(), "in the log alone")
		if _, folded := kinds[inbox.EventKind(value)]; folded == inLogAlone {
			t.Errorf("%s: folded is %v, and it is in the log alone: %v", value, folded, inLogAlone)
		}
		return true
	})
	if found < len(kinds) {
		t.Errorf("found %d kinds in package inbox, want at least %d", found, len(kinds))
	}
}

// A page is what a browser keeps: the rules of the protocol's client side.
type page struct {
	agent    inbox.AgentID
	shop     *shop
	position string
	rights   int64
	open     string           // the conversation that is looked at
	shown    string           // and the one whose messages have is about
	have     map[string]any   // what is shown: conversations whole, of other records the version
	known    map[string]int64 // versions of it and of what was, so that late news is known to be old
}

func (p *page) reload() {
	p.have, p.known = map[string]any{}, map[string]int64{}
	p.put(p.shop.fetch(p.agent, p.shown))
}

// put takes what was fetched, where nothing newer is known.
func (p *page) put(fetched map[string]any) {
	for id, x := range fetched {
		var version int64
		switch x := x.(type) {
		case inbox.Conversation:
			version = x.Version
		case inbox.Task:
			version = x.Version
		case inbox.SavedReply:
			version = x.Version
		case inbox.View:
			version = x.Version
		case inbox.Message:
			version = x.Version
		case inbox.Notification:
			version = x.Version
		case int64:
			version = x
		}
		if _, here := p.have[id]; version > p.known[id] || version == p.known[id] && !here {
			p.have[id], p.known[id] = x, version
		}
	}
}

// show fetches the messages of a conversation, and forgets those of another.
func (p *page) show(id string) {
	if id != p.shown {
		p.forgetMessages()
	}
	p.shown = id
	p.put(p.shop.read(p.agent, id))
}

func (p *page) forgetMessages() {
	for id, x := range p.have {
		if _, ok := x.(inbox.Message); ok {
			delete(p.have, id)
			delete(p.known, id)
		}
	}
}

// forgetNotifications drops those about a conversation that can be seen no more.
func (p *page) forgetNotifications(of string) {
	for id, x := range p.have {
		if n, ok := x.(inbox.Notification); ok && string(n.ConversationID) == of {
			delete(p.have, id)
		}
	}
}

// topics are those that the page follows.
func (p *page) topics() []string {
	return []string{List, Notifications, conversationPrefix + p.open}
}

func (p *page) apply(t *testing.T, f said) {
	switch f.Type {
	case "ready", "rights":
		p.rights = f.Rights
		switch {
		case f.Type == "rights" || f.Reload || p.position == "":
			p.shown = p.open
			p.reload()
		case p.shown != p.open: // followed from this position on
			p.show(p.open)
		}
	case "event":
		p.news(f.Event)
	case "gone":
		if f.Version > p.known[f.Entity] {
			delete(p.have, f.Entity)
			p.known[f.Entity] = f.Version
			p.forgetNotifications(f.Entity)
		}
		if f.Entity == p.shown {
			// What becomes of its messages now is not told. It may be back by what was
			// fetched, which is ahead: then they are to be fetched again.
			p.forgetMessages()
			p.show(p.shown)
		}
	case "topics":
		p.show(strings.TrimPrefix(f.Topics[0], conversationPrefix)) // in their order: before the others
	case "heartbeat":
	default:
		t.Errorf("unknown frame %s", f.raw)
	}
	p.position = f.Position
}

// news folds an event into what the page has.
func (p *page) news(e *inbox.Event) {
	if k := e.Customer; k != nil {
		p.applyCustomer(k, e.Version)
		return
	}
	if e.Read != nil {
		for _, id := range e.Read.IDs {
			if n, ok := p.have[string(id)].(inbox.Notification); ok && n.Version < 2 {
				n.Version, n.ReadAt = 2, &e.Read.At
				p.have[string(id)] = n
			}
			p.known[string(id)] = 2
		}
		return
	}
	if e.Watched != "" { // it is read anew
		p.have["all's watches"] = p.shop.watching(p.agent)
		return
	}
	if e.Version <= p.known[e.Entity] || e.Kind == "the.end" {
		return
	}
	_, known := p.have[e.Entity]
	p.known[e.Entity] = e.Version
	switch {
	case e.Conversation != nil:
		c := e.Conversation
		// Of two words on who it is, the one of the higher version holds.
		if old, ok := p.have[e.Entity].(inbox.Conversation); ok && old.Customer.CustomerVersion > c.Customer.CustomerVersion {
			c.Customer = old.Customer
		}
		p.have[e.Entity] = *c
		if !known { // it can be seen again
			p.put(p.shop.bell(p.agent))
		}
		if !known && e.Entity == p.shown {
			p.show(p.shown)
		}
	case e.Message != nil && string(e.Message.ConversationID) == p.shown:
		p.have[e.Entity] = *e.Message
	case e.Message != nil:
		delete(p.have, e.Entity)
	case e.Notification != nil:
		p.have[e.Entity] = *e.Notification
	case e.Task != nil:
		p.have[e.Entity] = *e.Task
	case e.SavedReply != nil && e.SavedReply.Deleted, e.View != nil && e.View.Deleted:
		delete(p.have, e.Entity)
	case e.View != nil:
		p.have[e.Entity] = *e.View
	case e.SavedReply != nil:
		p.have[e.Entity] = *e.SavedReply
	default:
		p.have[e.Entity] = e.Version
	}
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

// browse keeps a page up to date over connections that break at random, each to
// one of the nodes, until it has got to the end that is told on done.
func (p *page) browse(t *testing.T, r *rand.Rand, nodes *nodes, done <-chan string) {
	end := ""
	p.open = conversation(r.IntN(12))
	for {
		b, err := tryDial(t, nodes.any(r), hello{Token: string(p.agent) + "/1", Position: p.position, Rights: p.rights, Topics: p.topics()})
		if err != nil {
			time.Sleep(time.Millisecond) // the hub finds its place in the stream, or has gone
			continue
		}
		asked := p.open // the answer to which is yet to come, when it is another
		for cut := r.IntN(40); cut > 0 || end != ""; cut-- {
			if end == "" { // told once: the next word is for another page
				select {
				case end = <-done:
				default:
				}
			}
			switch {
			case r.IntN(8) == 0 || end != "":
				_ = b.send(map[string]string{"type": "ping"})
			case r.IntN(8) == 0 && p.rights >= 0 && p.shown == p.open:
				p.open = conversation(r.IntN(12))
				asked = p.open
				_ = b.send(map[string]any{"type": "topics", "topics": p.topics()})
			}
			f, err := b.any(10 * time.Second)
			if err != nil {
				break // cut off: come back
			}
			p.apply(t, f)
			if end != "" && p.position == end && p.shown == asked {
				_ = b.conn.CloseNow()
				return
			}
		}
		_ = b.conn.CloseNow()
	}
}

// nodes are servers over one stream.
type nodes struct {
	mu   sync.Mutex
	urls []string
	stop []func()
}

func (n *nodes) any(r *rand.Rand) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.urls[r.IntN(len(n.urls))]
}

// replace has a server go, as it does for a new version, and another come.
func (n *nodes) replace(t *testing.T, i int, cfg Config) {
	_, url, stop := serveUntil(t, cfg)
	n.mu.Lock()
	old := n.stop[i]
	n.urls[i], n.stop[i] = url, stop
	n.mu.Unlock()
	old()
}

// history lets pages browse while the shop changes, and compares what they have in
// the end with what there is.
func history(t *testing.T, r *rand.Rand, shop *shop, pages []*page, at *nodes) {
	t.Helper()
	var browsing sync.WaitGroup
	done := make(chan string)
	for _, p := range pages {
		own := rand.New(rand.NewPCG(r.Uint64(), 0))
		browsing.Go(func() { p.browse(t, own, at, done) })
	}
	for range 25 {
		for _, kind := range slices.Sorted(maps.Keys(kinds)) {
			if k := kinds[kind]; r.IntN(100) < k.of {
				k.make(shop, r)
			}
		}
		if r.IntN(4) == 0 {
			time.Sleep(time.Duration(r.IntN(1000)) * time.Microsecond)
		}
	}
	// One last entry that everybody sees, so that everybody can tell when all has
	// arrived.
	end := shop.stream.add(inbox.Event{Kind: "the.end", Entity: "end"})
	for range pages {
		select {
		case done <- position(shop.stream.epoch, end):
		case <-time.After(2 * time.Minute):
			t.Fatal("a page does not come back")
		}
	}
	browsing.Wait()
	for _, p := range pages {
		if diff := cmp.Diff(shop.fetch(p.agent, p.open), p.have); diff != "" {
			t.Errorf("%s: folded and fetched differ (-fetched +folded):\n%s", p.agent, diff)
		}
		for id := range p.known {
			if p.agent == "eve" && id != "ann" && id != "bob" && !strings.HasPrefix(id, "all's ") {
				t.Errorf("eve, without rights, learnt of %s", id)
			}
		}
	}
}

// Events folded into an old state equal a fresh fetch, whatever breaks on the
// way: sockets at any moment, repetitions, rights and topics that change, a ring
// and a queue too short, servers that go and come, a stream that is made anew.
func TestFoldEqualsFetch(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			stream, staff := newLog(), newPeople()
			shop := newShop(stream, staff)
			agents := []inbox.AgentID{"ann", "bob", "eve", "sue"}
			staff.set("ann", 0, "sales", "help")
			staff.set("bob", 0, inboxes...)
			staff.set("eve", 0)
			staff.rights["sue"] = inbox.Rights{Agent: inbox.Agent{ID: "sue"}, All: true}
			cfg := Config{
				Source: stream, Tokens: staff, Rights: staff, CheckEvery: 5 * time.Millisecond,
				RingFrames: 16, QueueFrames: 8, MaxReplay: 200, Heartbeat: 10 * time.Millisecond, Spread: time.Millisecond,
			}
			var at nodes
			for range 1 + seed%3 {
				_, url, stop := serveUntil(t, cfg)
				at.urls, at.stop = append(at.urls, url), append(at.stop, stop)
			}
			var pages []*page
			for _, agent := range agents {
				pages = append(pages, &page{agent: agent, shop: shop})
			}
			r := rand.New(rand.NewPCG(seed, 99))
			// What was lost is made good by the next change of the same thing, so
			// there are many short histories rather than a long one.
			parts := 60
			if raced {
				parts = 20
			}
			for part := range parts {
				if part%20 == 10 {
					at.replace(t, r.IntN(len(at.urls)), cfg)
				}
				if part == parts/2 && seed%2 == 1 {
					shop.mu.Lock()
					stream.touch(func() { stream.epoch, stream.entries = "e2", nil })
					shop.mu.Unlock()
				}
				history(t, r, shop, pages, &at)
				if t.Failed() {
					return
				}
			}
		})
	}
}
