package thread

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	diff "github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// mail is one row of a case in a short form: who writes to whom, its own id and
// what it points at, In-Reply-To first.
type mail struct {
	id, from, to string
	as           string // what the case calls it, where its id is not its own
	refs         string // "-" before the rest says that there is no In-Reply-To
	out          bool
	token        string // id of our message that a verified token names
	automatic    bool
}

func (m mail) received() inbox.Received {
	a := &inbox.Arrival{SenderKey: m.from, Own: inbox.HeaderKey(m.id)}
	a.HeaderID = m.id
	a.Direction = inbox.In
	a.Automatic.Is = m.automatic
	if m.out {
		a.Direction = inbox.Out
	} else if m.from != "" {
		a.People = append(a.People, m.from)
	}
	a.People = append(a.People, strings.Fields(m.to)...)
	step := inbox.ByInReplyTo
	for _, ref := range strings.Fields(m.refs) {
		if ref != "-" {
			a.Refs = append(a.Refs, inbox.Ref{Key: inbox.HeaderKey(ref), ID: ref, Step: step})
		}
		step = inbox.ByReferences
	}
	a.Token = inbox.MessageID(m.token)
	return inbox.Received{At: time.Unix(1e9, 0), Message: a}
}

// A world is what a database would hold: Decide is fed from it batch by batch,
// with no more evidence than the store loads.
type world struct {
	keys     []inbox.KeyRow
	threads  []inbox.ThreadRow
	convs    map[inbox.ConversationID]*inbox.Conversation
	messages map[string]inbox.ThreadID // by header id, in order
	reasons  map[string]inbox.Reason
	splits   map[inbox.FactID]inbox.ConversationID // where they brought what
	moved    map[string][]inbox.FactID             // splits of messages
	into     map[inbox.ConversationID]inbox.ConversationID
	ties     []inbox.Tie
}

func newWorld() *world {
	return &world{
		convs: map[inbox.ConversationID]*inbox.Conversation{}, messages: map[string]inbox.ThreadID{}, reasons: map[string]inbox.Reason{},
		splits: map[inbox.FactID]inbox.ConversationID{}, moved: map[string][]inbox.FactID{},
		into: map[inbox.ConversationID]inbox.ConversationID{},
	}
}

// conversation is where the message that the case calls name is.
func (w *world) conversation(name string) inbox.ConversationID {
	if s := w.moved[name]; len(s) > 0 {
		return w.now(w.splits[s[len(s)-1]])
	}
	return w.now(w.threads[w.thread(w.messages[name])].Home)
}

func (w *world) now(id inbox.ConversationID) inbox.ConversationID {
	for w.into[id] != "" {
		id = w.into[id]
	}
	return id
}

func (w *world) thread(id inbox.ThreadID) int {
	return slices.IndexFunc(w.threads, func(r inbox.ThreadRow) bool { return r.ID == id })
}

func (w *world) deliver(mails ...mail) {
	batch := make([]inbox.Received, len(mails))
	for i, m := range mails {
		batch[i] = m.received()
	}
	ev := &inbox.Evidence{
		Tokens: map[inbox.MessageID]inbox.Anchor{}, Splits: map[inbox.FactID]inbox.Split{}, Conversations: w.convs,
		Apart: w.apart(),
	}
	for f, home := range w.splits {
		ev.Splits[f] = inbox.Split{Home: home, Conversation: w.now(home)}
	}
	have := map[string]bool{}
	addRow := func(k inbox.KeyRow) {
		id := fmt.Sprint(k.Key, k.Message, k.Own)
		if !have[id] {
			have[id] = true
			ev.Keys = append(ev.Keys, k)
		}
	}
	refs, owns := map[inbox.Key]bool{}, map[inbox.Key]bool{}
	for _, b := range batch {
		owns[b.Message.Own] = true
		for _, r := range b.Message.Refs {
			refs[r.Key] = true
		}
		if _, sent := w.messages[string(b.Message.Token)]; sent {
			ev.Tokens[b.Message.Token] = inbox.Anchor{Thread: w.messages[string(b.Message.Token)], Splits: w.moved[string(b.Message.Token)]}
		}
	}
	for _, k := range w.keys {
		k.Splits = w.moved[string(k.Message)]
		if owns[k.Key] || refs[k.Key] {
			addRow(k)
		}
	}
	var d inbox.Decision
	asked := map[string]bool{}
	for more := true; more; {
		w.loadThreads(ev)
		d = Decide(batch, ev)
		more = false
		for _, n := range d.Needs {
			for _, p := range n.People {
				if id := string(n.Root) + p; !asked[id] {
					asked[id], more = true, true
					w.answer(n.Root, p, addRow)
				}
			}
		}
	}
	w.apply(mails, batch, d)
}

func (w *world) root(t inbox.ThreadID) inbox.ThreadID {
	return w.threads[w.thread(t)].Root
}

func (w *world) loadThreads(ev *inbox.Evidence) {
	roots := map[inbox.ThreadID]bool{}
	for _, k := range ev.Keys {
		roots[w.root(k.Thread)] = true
	}
	for _, t := range ev.Tokens {
		roots[w.root(t.Thread)] = true
	}
	ev.Threads = ev.Threads[:0]
	for _, t := range w.threads {
		if t.Conversation = w.now(t.Home); roots[t.Root] {
			ev.Threads = append(ev.Threads, t)
		}
	}
}

func (w *world) answer(root inbox.ThreadID, person string, addRow func(inbox.KeyRow)) {
	for _, own := range w.keys {
		if !own.Own || w.root(own.Thread) != root {
			continue
		}
		for _, k := range w.keys {
			if k.Key == own.Key && !k.Own && k.Sender == person {
				addRow(own)
				addRow(k)
			}
		}
	}
}

func (w *world) apply(mails []mail, batch []inbox.Received, d inbox.Decision) {
	for i, p := range d.Places {
		m := batch[i].Message
		if p.NewThread {
			w.threads = append(w.threads, inbox.ThreadRow{ID: p.Thread, Root: p.Thread, Home: p.Home})
		}
		if p.New {
			w.convs[p.Home] = &inbox.Conversation{ID: p.Home, Number: int64(len(w.convs) + 1), Status: inbox.Open}
		}
		if p.Joined {
			t := &w.threads[w.thread(p.Thread)]
			t.People = append(slices.Clone(t.People), m.People...)
		}
		name := cmp.Or(mails[i].as, mails[i].id)
		w.messages[name], w.reasons[name], w.moved[name] = p.Thread, p.Reason, p.Splits
		row := inbox.KeyRow{Message: inbox.MessageID(name), Thread: p.Thread, Sender: senderOf(m), People: m.People}
		row.Key, row.Own = m.Own, true
		w.keys = append(w.keys, row)
		row.Own = false
		for _, r := range m.Refs {
			row.Key = r.Key
			w.keys = append(w.keys, row)
		}
	}
	for _, j := range d.Joins {
		for i := range w.threads {
			if t := &w.threads[i]; t.Root == j.Loser {
				t.Root = j.Winner
			}
		}
	}
	w.ties = append(w.ties, d.Ties...)
	for _, q := range d.Quotes {
		if why := w.reasons[string(q.Message)]; why.Step == inbox.ByNothing && why.Linked == "" {
			why.Linked, why.Key, why.Text = q.Conversation, q.Key, inbox.QuotesAnother
			w.reasons[string(q.Message)] = why
		}
	}
	for _, t := range d.Ties {
		if from, into := w.now(t.From), w.now(t.Into); from != into {
			w.into[from] = into
		}
	}
	for i, p := range d.Places {
		if name := cmp.Or(mails[i].as, mails[i].id); !p.Echo && w.conversation(name) != w.now(p.Conversation) {
			panic(fmt.Sprintf("%s is placed in %s and belongs to %s", name, p.Conversation, w.conversation(name)))
		}
	}
}

// apart is what an agent's splits parted: see split.
func (w *world) apart() (pairs [][2]inbox.ConversationID) {
	for f, into := range w.splits {
		pairs = append(pairs, [2]inbox.ConversationID{w.now(inbox.ConversationID(f)), w.now(into)})
	}
	return pairs
}

// split is an agent moving messages to a conversation of their own. The fact is
// named for the conversation that they leave.
func (w *world) split(names ...string) {
	f := inbox.FactID(w.conversation(names[0]))
	w.splits[f] = inbox.ConversationID("beside " + string(f))
	w.convs[w.splits[f]] = &inbox.Conversation{ID: w.splits[f], Number: int64(len(w.convs) + 1), Status: inbox.Open}
	for _, name := range names {
		w.moved[name] = append(slices.Clone(w.moved[name]), f)
	}
}

// partition lists the conversations as sorted lists of header ids.
func (w *world) partition() []string {
	by := map[inbox.ConversationID][]string{}
	for id := range w.messages {
		by[w.conversation(id)] = append(by[w.conversation(id)], id)
	}
	var out []string
	for _, ids := range by {
		slices.Sort(ids)
		out = append(out, strings.Join(ids, " "))
	}
	slices.Sort(out)
	return out
}

var cases = []struct {
	name  string
	mails []mail
	want  []string
}{
	{"a reply joins by In-Reply-To", []mail{{id: "a", from: "ann"}, {id: "b", from: "ann", refs: "a"}}, []string{"a b"}},
	{"a reply joins by References alone", []mail{{id: "a", from: "ann"}, {id: "b", from: "ann", refs: "- x a"}}, []string{"a b"}},
	{"nothing in common", []mail{{id: "a", from: "ann"}, {id: "b", from: "ann"}}, []string{"a", "b"}},
	{"who was copied may answer", []mail{{id: "a", from: "ann", to: "bob"}, {id: "b", from: "bob", refs: "a"}}, []string{"a b"}},
	{"who was copied later may answer", []mail{{id: "a", from: "ann"}, {id: "b", from: "ann", to: "bob", refs: "a"}, {id: "c", from: "bob", refs: "a"}}, []string{"a b c"}},
	{"a stranger who quotes stays outside", []mail{{id: "a", from: "ann"}, {id: "x", from: "eve", to: "ann", refs: "a"}}, []string{"a", "x"}},
	{"a stranger lets nobody in", []mail{{id: "a", from: "ann"}, {id: "x", from: "eve", to: "mal", refs: "a"}, {id: "y", from: "mal", refs: "a"}}, []string{"a", "x", "y"}},
	{"a stranger's two mails are one", []mail{{id: "a", from: "ann"}, {id: "x", from: "eve", refs: "a"}, {id: "y", from: "eve", refs: "x a"}}, []string{"a", "x y"}},
	{"siblings of an unseen parent, one writer", []mail{{id: "b", from: "ann", refs: "u"}, {id: "c", from: "ann", refs: "u"}}, []string{"b c"}},
	{"siblings of an unseen parent who list each other", []mail{{id: "b", from: "ann", to: "bob", refs: "u"}, {id: "c", from: "bob", to: "ann", refs: "u"}}, []string{"b c"}},
	{"siblings of an unseen parent who are strangers", []mail{{id: "b", from: "ann", refs: "u"}, {id: "c", from: "eve", refs: "u"}}, []string{"b", "c"}},
	{"siblings of whom one lists the other", []mail{{id: "b", from: "ann", refs: "u"}, {id: "c", from: "eve", to: "ann", refs: "u"}}, []string{"b", "c"}},
	{"a late parent joins two that waited", []mail{{id: "b", from: "ann", refs: "u"}, {id: "c", from: "bob", refs: "u"}, {id: "u", from: "ann", to: "bob"}}, []string{"b c u"}},
	{"a carbon copy opens an edge of before", []mail{
		{id: "a", from: "ann"}, {id: "b", from: "bob", refs: "a"}, {id: "c", from: "ann", to: "bob", refs: "a"},
	}, []string{"a b c"}},
	{"a chain of openings", []mail{
		{id: "a", from: "ann"}, {id: "c", from: "cid", refs: "b"}, {id: "b", from: "bob", to: "cid", refs: "a"}, {id: "d", from: "ann", to: "bob", refs: "a"},
	}, []string{"a b c d"}},
	{"our own mail is a member", []mail{{id: "a", from: "ann"}, {id: "o", to: "ann", refs: "a", out: true}, {id: "b", from: "ann", refs: "o"}}, []string{"a b o"}},
	{"our answer came before what it answers", []mail{{id: "o", to: "ann", refs: "a", out: true}, {id: "a", from: "ann"}}, []string{"a o"}},
	{"a token lets an unknown address in", []mail{{id: "a", from: "ann"}, {id: "o", to: "ann", refs: "a", out: true}, {id: "b", from: "ann-at-home", refs: "o", token: "o"}}, []string{"a b o"}},
	{"whom the unknown address brings does not count", []mail{
		{id: "o", to: "ann", out: true}, {id: "b", from: "eve", to: "mal", refs: "o", token: "o"}, {id: "c", from: "mal", refs: "o"},
	}, []string{"b o", "c"}},
	{"nor when it writes again", []mail{
		{id: "o", to: "ann", out: true}, {id: "b", from: "eve", refs: "o", token: "o"},
		{id: "c", from: "eve", to: "mal", refs: "o", token: "o"}, {id: "d", from: "mal", refs: "o"},
	}, []string{"b c o", "d"}},
	{"an unknown address does not bring its own conversation", []mail{
		{id: "o", to: "ann", out: true}, {id: "x", from: "eve"}, {id: "b", from: "eve", refs: "x o", token: "o"}, {id: "d", from: "eve", refs: "o"},
	}, []string{"b o", "d", "x"}},
	{"nor later", []mail{
		{id: "o", to: "ann", out: true}, {id: "b", from: "eve", refs: "x o", token: "o"}, {id: "x", from: "eve"},
	}, []string{"b o", "x"}},
	{"a reused Message-ID, one writer", []mail{{id: "a", from: "ann"}, {id: "a", as: "again", from: "ann"}}, []string{"a again"}},
	{"a reused Message-ID, strangers", []mail{{id: "a", from: "ann"}, {id: "a", as: "other", from: "eve", to: "ann"}}, []string{"a", "other"}},
	{"our Message-ID in a stranger's mail", []mail{{id: "o", to: "ann", out: true}, {id: "o", as: "forged", from: "eve"}}, []string{"forged", "o"}},
	{"no address, no way in", []mail{{id: "a", from: ""}, {id: "b", from: "", refs: "a"}}, []string{"a", "b"}},
}

// Each case holds one mail at a time, all in one batch, and in any order.
func TestDecide(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			hasToken := slices.ContainsFunc(c.mails, func(m mail) bool { return m.token != "" })
			for range 30 {
				for _, size := range []int{1, 2, len(c.mails)} {
					if hasToken && size > 1 {
						continue // a token names a message that is stored
					}
					w := newWorld()
					for part := range slices.Chunk(c.mails, size) {
						w.deliver(part...)
					}
					if d := diff.Diff(c.want, w.partition()); d != "" {
						t.Fatalf("in batches of %d, order %v (-want +got):\n%s", size, c.mails, d)
					}
				}
				if hasToken {
					return
				}
				c.mails = slices.Clone(c.mails)
				rand.Shuffle(len(c.mails), func(i, j int) { c.mails[i], c.mails[j] = c.mails[j], c.mails[i] })
			}
		})
	}
}

// Whatever the order and the cut into batches, the partition is the same: the
// least fixpoint of the admissible edges, recomputed here by brute force.
func TestDecideConverges(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		mails := randomMails(rng)
		want := fixpoint(mails)
		for range 4 {
			w := newWorld()
			for rest := mails; len(rest) > 0; {
				n := 1 + rng.IntN(len(rest))
				w.deliver(rest[:n]...)
				rest = rest[n:]
			}
			if d := diff.Diff(want, w.partition()); d != "" {
				t.Fatalf("seed %d, order %+v (-want +got):\n%s", seed, mails, d)
			}
			rng.Shuffle(len(mails), func(i, j int) { mails[i], mails[j] = mails[j], mails[i] })
		}
	}
}

func randomMails(rng *rand.Rand) []mail {
	people := []string{"ann", "bob", "cid", "eve"}
	n := 2 + rng.IntN(9)
	mails := make([]mail, n)
	for i := range mails {
		m := mail{id: fmt.Sprint("m", i), from: people[rng.IntN(len(people))]}
		if rng.IntN(3) == 0 {
			m.to = people[rng.IntN(len(people))]
		}
		m.out = rng.IntN(8) == 0
		for range rng.IntN(3) {
			m.refs += fmt.Sprintf(" m%d", rng.IntN(n+2)) // some are never seen
		}
		mails[i] = m
	}
	return mails
}

// fixpoint computes the partition from the rule itself, with no cleverness.
func fixpoint(mails []mail) []string {
	comp := make([]int, len(mails))
	rows := make([]*inbox.Arrival, len(mails))
	for i, m := range mails {
		comp[i] = i
		rows[i] = m.received().Message
	}
	takesPart := func(who string, c int) bool {
		for i := range mails {
			if comp[i] == c && slices.Contains(rows[i].People, who) {
				return true
			}
		}
		return false
	}
	points := func(a *inbox.Arrival, k inbox.Key) bool {
		return k != a.Own && slices.ContainsFunc(a.Refs, func(r inbox.Ref) bool { return r.Key == k })
	}
	for again := true; again; {
		again = false
		for i, a := range rows {
			for j, b := range rows {
				if comp[i] == comp[j] {
					continue
				}
				who := senderOf(a)
				join := points(a, b.Own) && (who == inbox.Business || takesPart(who, comp[j]))
				for _, r := range a.Refs {
					join = join || r.Key != a.Own && points(b, r.Key) &&
						sibling(who, a.People, inbox.KeyRow{Sender: senderOf(b), People: b.People})
				}
				if join {
					old := comp[i]
					for k := range comp {
						if comp[k] == old {
							comp[k] = comp[j]
						}
					}
					again = true
				}
			}
		}
	}
	by := map[int][]string{}
	for i, m := range mails {
		by[comp[i]] = append(by[comp[i]], m.id)
	}
	var out []string
	for _, ids := range by {
		slices.Sort(ids)
		out = append(out, strings.Join(ids, " "))
	}
	slices.Sort(out)
	return out
}

// A stranger's mail names the conversation that it quotes, for the agent.
func TestStrangerIsLinked(t *testing.T) {
	w := newWorld()
	w.deliver(mail{id: "a", from: "ann"})
	w.deliver(mail{id: "x", from: "eve", refs: "a"})
	got := w.reasons["x"]
	if got.Step != inbox.ByNothing || got.Linked == "" || got.Key != "a" {
		t.Errorf("reason = %+v, want a link to the conversation of a", got)
	}
}

// Our own mail coming back to us is not a second message.
func TestEcho(t *testing.T) {
	r := mail{id: "o", to: "ann", out: true}.received()
	r.Message.Echo = true
	d := Decide([]inbox.Received{r}, &inbox.Evidence{})
	if !d.Places[0].Echo {
		t.Errorf("place = %+v, want an echo", d.Places[0])
	}
}
