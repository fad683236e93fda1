package realtime

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// Words on a call may come in any order and often: it ends as it would in order,
// and what has been taken or has ended rings no more.
func TestCallConverges(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	words := []Call{
		{ID: "c", State: CallRings, InboxID: "sales", From: "+491", To: "+492", Agents: []inbox.AgentID{"ann"}, At: now, TTL: time.Minute},
		{ID: "c", State: CallRings, InboxID: "sales", Agents: []inbox.AgentID{"bob"}, CustomerID: "k", Name: "Ines", Known: []inbox.InboxID{"sales"}, At: now.Add(time.Second), TTL: time.Minute},
		{ID: "c", State: CallAnswered, Answerer: "bob", At: now.Add(2 * time.Second)},
		{ID: "c", State: CallEnded, Conversation: "v", KeptIn: "sales", At: now.Add(3 * time.Second)},
	}
	final := func(list []Call) Call {
		c := newCalls()
		for _, w := range list {
			c.take(w, now)
		}
		one := c.all["c"].Call
		slices.Sort(one.Agents)
		return one
	}
	want := final(words)
	if want.State != CallEnded || want.Answerer != "bob" || !want.Answered || !want.At.Equal(now) {
		t.Fatalf("in order it ends as %+v", want)
	}
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		list := append(slices.Clone(words), words[r.IntN(4)], words[r.IntN(4)])
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		if diff := cmp.Diff(want, final(list)); diff != "" {
			t.Errorf("seed %d (-want +got):\n%s", seed, diff)
		}
	}
}

// Whom a call is shown to, at each step of it.
func TestCallConcerns(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	agent := func(id inbox.AgentID, pop bool, in ...inbox.InboxID) *inbox.Rights {
		return &inbox.Rights{Agent: inbox.Agent{ID: id, CallPop: pop}, Inboxes: in}
	}
	ann, bob, eve := agent("ann", true, "sales"), agent("bob", false, "sales"), agent("eve", true, "help")
	for _, tc := range []struct {
		name  string
		words []Call
		shows map[*inbox.Rights]bool
	}{
		{"rings one by name", []Call{{State: CallRings, Agents: []inbox.AgentID{"bob"}}}, map[*inbox.Rights]bool{bob: true}},
		{"rings an inbox", []Call{{State: CallRings}}, map[*inbox.Rights]bool{ann: true}},
		{"taken by another", []Call{{State: CallRings}, {State: CallAnswered, Answerer: "bob"}}, map[*inbox.Rights]bool{bob: true}},
		{"taken by nobody knows whom", []Call{{State: CallRings}, {State: CallAnswered}}, nil},
		{"taken by the only one it rang", []Call{{State: CallRings, Agents: []inbox.AgentID{"bob"}}, {State: CallAnswered}}, map[*inbox.Rights]bool{bob: true}},
		{"ended after a talk", []Call{{State: CallRings}, {State: CallAnswered, Answerer: "ann"}, {State: CallEnded}}, map[*inbox.Rights]bool{ann: true}},
		{"missed by name", []Call{{State: CallRings, Agents: []inbox.AgentID{"ann", "bob"}}, {State: CallEnded}}, map[*inbox.Rights]bool{ann: true, bob: true}},
		{"missed by an inbox", []Call{{State: CallRings}, {State: CallEnded}}, nil},
		{"rings after it was taken", []Call{{State: CallAnswered, Answerer: "ann"}, {State: CallRings, Agents: []inbox.AgentID{"bob"}}}, map[*inbox.Rights]bool{ann: true}},
	} {
		c := newCalls()
		for _, w := range tc.words {
			w.ID, w.InboxID, w.TTL = "c", "sales", time.Minute
			w.CustomerID, w.Known = "k", []inbox.InboxID{"help"}
			c.take(w, now)
		}
		for _, r := range []*inbox.Rights{ann, bob, eve} {
			list := c.concerning(r, true)
			if got := len(list) == 1; got != tc.shows[r] {
				t.Errorf("%s: shown to %s: %v, want %v", tc.name, r.Agent.ID, got, tc.shows[r])
			}
			for _, k := range list {
				if k.CustomerID != "" {
					t.Errorf("%s: %s learns whose call it is", tc.name, r.Agent.ID)
				}
			}
		}
		if len(c.concerning(ann, false)) > 0 && len(c.all["c"].Agents) == 0 && c.all["c"].State == CallRings {
			t.Errorf("%s: shown to who is away", tc.name)
		}
	}
}

// A call that rings pops up at those whom it concerns, vanishes where another
// takes it, and ends by itself when its words stop.
func TestCalls(t *testing.T) {
	t.Parallel()
	h, url, _, staff := start(t, here(&places{}, nil))
	for _, id := range []inbox.AgentID{"ann", "bob"} {
		staff.mu.Lock()
		r := staff.rights[id]
		r.Agent.CallPop = true
		staff.rights[id] = r
		staff.mu.Unlock()
	}
	ann, bob := come(t, url, "ann/1", ""), come(t, url, "bob/1", "")
	shown := func(want string) func(said) bool {
		return func(f said) bool {
			got := ""
			for _, c := range f.Calls {
				got += fmt.Sprint(c.ID, " ", c.State, " ", c.Name, ";")
			}
			return f.Type == "calls" && got == want
		}
	}
	word := Call{ID: "phone/1", State: CallRings, InboxID: "sales", From: "+491", CustomerID: "k", Name: "Ines", Known: []inbox.InboxID{"sales"}, TTL: time.Minute}
	h.Call(word)
	ann.until("it rings", shown("phone/1 ringing Ines;"))
	bob.until("it rings", shown("phone/1 ringing Ines;"))
	late := come(t, url, "ann/2", "")
	late.until("it rings at who comes", shown("phone/1 ringing Ines;"))
	bob.stands(stand{Away: true, Chosen: 1})
	bob.until("not at who goes away", shown(""))

	h.Call(Call{ID: "phone/1", State: CallAnswered, Answerer: "bob"})
	ann.until("it is taken", shown(""))
	bob.until("by bob", shown("phone/1 answered Ines;"))
	h.Call(Call{ID: "phone/1", State: CallEnded, Conversation: "v", KeptIn: "help"})
	f := bob.until("it ended", shown("phone/1 ended Ines;"))
	if f.Calls[0].Conversation != "v" || !f.Calls[0].Answered {
		t.Errorf("it ended as %s", f.raw)
	}
	h.Call(word)
	ann.never("it rings again", func(f said) bool { return f.Type == "calls" && len(f.Calls) > 0 })

	h.Call(Call{ID: "phone/2", State: CallRings, InboxID: "sales", TTL: time.Minute})
	ann = come(t, url, "ann/3", "")
	ann.until("another", shown("phone/2 ringing ;"))
	h.mu.Lock()
	h.around.calls.all["phone/2"].until = time.Now()
	h.mu.Unlock()
	ann.until("it ends by itself", shown(""))
}
