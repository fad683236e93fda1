package realtime

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// seen is all that a presence tells.
func seen(p *presence, conversations int) map[string]any {
	all := map[string]any{"roster": p.roster(0)}
	for i := range conversations {
		id := inbox.ConversationID(fmt.Sprint("c", i))
		if list := p.viewers(id); len(list) > 0 {
			all[string(id)] = list
		}
	}
	return all
}

// Whatever servers say, and however much of it is lost, repeated or late: once
// each has said again where everybody is, all agree; and of a server that says
// nothing any more nobody is left.
func TestPresenceConverges(t *testing.T) {
	t.Parallel()
	const agents, conversations, servers = 5, 4, 3
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 0))
		now := time.Unix(1_800_000_000, 0)
		tables := make([]*presence, servers)
		for i := range tables {
			tables[i] = newPresence()
		}
		truth := make([]map[inbox.AgentID]word, servers)
		for i := range truth {
			truth[i] = map[inbox.AgentID]word{}
		}
		hear := func(table, server int, w word) {
			until := now.Add(15 * time.Second)
			if table == server {
				until = time.Time{}
			}
			tables[table].put(fmt.Sprint("s", server), w, until)
		}
		for range 120 {
			now = now.Add(time.Duration(r.IntN(2000)) * time.Millisecond)
			server := r.IntN(servers)
			w := word{Agent: inbox.AgentID(fmt.Sprint("a", r.IntN(agents))), Gone: r.IntN(4) == 0}
			if !w.Gone {
				w.Name, w.Idle, w.Away, w.Chosen = "n"+string(w.Agent), r.IntN(3) == 0, r.IntN(3) == 0, int64(r.IntN(50))
				for range r.IntN(3) {
					if w.Open == nil {
						w.Open = map[inbox.ConversationID]string{}
					}
					w.Open[inbox.ConversationID(fmt.Sprint("c", r.IntN(conversations)))] = []string{"", "note", "reply"}[r.IntN(3)]
				}
			}
			if w.Gone {
				delete(truth[server], w.Agent)
			} else {
				truth[server][w.Agent] = w
			}
			for table := range tables {
				for range 1 + r.IntN(2) {
					if table == server || r.IntN(3) > 0 { // else lost
						hear(table, server, w)
					}
				}
				tables[table].expire(now)
			}
		}
		// Everything lost fades, everything that is so is said again.
		now = now.Add(14 * time.Second)
		for server, list := range truth {
			for _, w := range list {
				for table := range tables {
					hear(table, server, w)
				}
			}
		}
		now = now.Add(14 * time.Second)
		for table := range tables {
			tables[table].expire(now)
		}
		fresh := newPresence()
		for server, list := range truth {
			for _, w := range list {
				fresh.put(fmt.Sprint("s", server), w, time.Time{})
			}
		}
		want := seen(fresh, conversations)
		for table, p := range tables {
			if diff := cmp.Diff(want, seen(p, conversations)); diff != "" {
				t.Fatalf("seed %d: server %d differs from the truth (-want +got):\n%s", seed, table, diff)
			}
		}

		// The first server dies.
		now = now.Add(2 * time.Second)
		alone := newPresence()
		for server := 1; server < servers; server++ {
			for _, w := range truth[server] {
				alone.put(fmt.Sprint("s", server), w, time.Time{})
				for table := 1; table < servers; table++ {
					hear(table, server, w)
				}
			}
		}
		want = seen(alone, conversations)
		for table := 1; table < servers; table++ {
			tables[table].expire(now)
			if diff := cmp.Diff(want, seen(tables[table], conversations)); diff != "" {
				t.Fatalf("seed %d: somebody of a dead server is left at %d (-want +got):\n%s", seed, table, diff)
			}
		}
	}
}

// Several tabs and devices are one agent: the newest choice holds everywhere, and
// who is active in any is not idle.
func TestPresenceOfOne(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		words []word // each of a server of its own
		want  string
	}{
		{"nobody", nil, "offline"},
		{"one tab", []word{{}}, "online"},
		{"one idle, one not", []word{{Idle: true}, {}}, "online"},
		{"all idle", []word{{Idle: true}, {Idle: true}}, "idle"},
		{"away by choice", []word{{Away: true, Chosen: 1}, {}}, "away"},
		{"back by a newer choice", []word{{Away: true, Chosen: 1}, {Chosen: 2}}, "online"},
		{"away beats idle", []word{{Away: true, Chosen: 3, Idle: true}, {Idle: true}}, "away"},
		{"gone", []word{{Gone: true}}, "offline"},
	} {
		p := newPresence()
		for i, w := range tc.words {
			w.Agent = "a"
			p.put(fmt.Sprint(i), w, time.Time{})
		}
		if got := p.state("a"); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

// Who came and went since is told once, and whole to who knows nothing.
func TestRosterSince(t *testing.T) {
	t.Parallel()
	p := newPresence()
	p.put("s", word{Agent: "a"}, time.Time{})
	p.put("s", word{Agent: "b"}, time.Time{})
	at := p.gen
	p.put("s", word{Agent: "a", Gone: true}, time.Time{})
	p.put("s", word{Agent: "b", Open: map[inbox.ConversationID]string{"c": "reply"}}, time.Time{}) // no news for the roster
	if diff := cmp.Diff([]colleague{{"a", "offline"}}, p.roster(at)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]colleague{{"b", "online"}}, p.roster(0)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]viewer{{ID: "b", Typing: "reply"}}, p.viewers("c")); diff != "" {
		t.Error(diff)
	}
}
