package identity

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// held reads "ann@x 2": a key and its proof.
func held(s string) inbox.HeldKey {
	key, proof, _ := strings.Cut(s, " ")
	kind := inbox.EmailAddress
	switch {
	case strings.HasPrefix(key, "+"):
		kind = inbox.PhoneNumber
	case strings.HasPrefix(key, "@"):
		kind = inbox.SocialUser
	}
	return inbox.HeldKey{IdentityRef: inbox.IdentityRef{Kind: kind, Key: key}, Proof: inbox.Proof(proof[0] - '0')}
}

// node is an identity that was born as the customer of the same letter.
func node(id string, keys ...string) inbox.Node {
	n := inbox.Node{ID: inbox.IdentityID(id), Born: inbox.CustomerID(strings.ToUpper(id))}
	for _, k := range keys {
		n.Keys = append(n.Keys, held(k))
	}
	return n
}

func account(store string, n inbox.Node) inbox.Node { n.Store = store; return n }
func born(date string, n inbox.Node) inbox.Node     { n.Birthday = date; return n }

func refuse(a, b string) inbox.Refusal {
	return inbox.Refusal{A: inbox.IdentityID(a), B: inbox.IdentityID(b)}
}

func agents(id, a, b string) inbox.Edge {
	return inbox.Edge{ID: inbox.EdgeID(id), A: inbox.IdentityID(a), B: inbox.IdentityID(b)}
}

func automatic(id, a, b, key string) inbox.Edge {
	return inbox.Edge{ID: inbox.EdgeID(id), A: inbox.IdentityID(a), B: inbox.IdentityID(b), Automatic: true, Key: held(key + " 2").IdentityRef}
}

func policy(key string, p inbox.KeyPolicy) map[inbox.IdentityRef]inbox.KeyPolicy {
	return map[inbox.IdentityRef]inbox.KeyPolicy{held(key + " 2").IdentityRef: p}
}

// A row a rule: which evidence makes one customer of whom, and what becomes of
// the edges that stand.
func TestResolve(t *testing.T) {
	type evidence = inbox.ClusterEvidence
	for _, c := range []struct {
		name      string
		ev        evidence
		customers string // of the nodes in order of id
		add       string
		revoke    string
	}{
		{"nobody", evidence{}, "", "", ""},
		{"one key that both have proven", evidence{Nodes: []inbox.Node{node("a", "ann@x 2"), node("b", "ann@x 3")}}, "A A", "a-b ann@x", ""},
		{"a claim is no proof", evidence{Nodes: []inbox.Node{node("a", "ann@x 2"), node("b", "ann@x 1")}}, "A B", "", ""},
		{"two keys, two people", evidence{Nodes: []inbox.Node{node("a", "ann@x 3"), node("b", "bob@x 3")}}, "A B", "", ""},
		{"a key held twice is held by its best proof", evidence{Nodes: []inbox.Node{node("a", "ann@x 1", "ann@x 2"), node("b", "ann@x 2", "ann@x 0")}}, "A A", "a-b ann@x", ""},
		{"a platform's ids and visitors join nobody", evidence{Nodes: []inbox.Node{node("a", "@ann 3"), node("b", "@ann 3")}}, "A B", "", ""},
		{"a chain is one customer, of the oldest", evidence{Nodes: []inbox.Node{node("c", "+442079460018 2"), node("b", "ann@x 2", "+442079460018 2"), node("a", "ann@x 2")}}, "A A A", "b-c +442079460018, a-b ann@x", ""},
		{"what is one customer already needs no edge", evidence{Nodes: []inbox.Node{node("a", "ann@x 2", "+442079460018 3"), node("b", "ann@x 2", "+442079460018 3")}}, "A A", "a-b +442079460018", ""},
		{"a test value joins nobody", evidence{Nodes: []inbox.Node{node("a", "test@test.com 3"), node("b", "test@test.com 3")}}, "A B", "", ""},
		{"a key that is no key joins nobody", evidence{Nodes: []inbox.Node{node("a", " 3"), node("b", " 3")}}, "A B", "", ""},
		{"an operator blocks a key", evidence{
			Nodes: []inbox.Node{node("a", "ann@x 3"), node("b", "ann@x 3")}, Policies: policy("ann@x", inbox.KeyBlocked),
			Edges: []inbox.Edge{automatic("1", "a", "b", "ann@x")},
		}, "A B", "", "1"},
		{"an operator calls a key shared", evidence{
			Nodes: []inbox.Node{node("a", "ann@x 3"), node("b", "ann@x 3")}, Policies: policy("ann@x", inbox.KeyShared),
		}, "A B", "", ""},
		{"two accounts of a store stay apart, whoever else joins", evidence{
			Nodes: []inbox.Node{account("s", node("a", "ann@x 3")), account("s", node("b", "ann@x 3")), account("t", node("c", "ann@x 3")), node("d", "ann@x 2")},
		}, "A B A A", "a-c ann@x, a-d ann@x", ""},
		{"three accounts of a store share a key", evidence{
			Nodes: []inbox.Node{account("s", node("a", "ann@x 3")), account("s", node("b", "ann@x 3")), account("s", node("c", "ann@x 3")), node("d", "ann@x 2")},
			Edges: []inbox.Edge{automatic("1", "a", "d", "ann@x")},
		}, "A B C D", "", "1"},
		{"accounts of three stores don't", evidence{
			Nodes: []inbox.Node{account("s", node("a", "ann@x 3")), account("t", node("b", "ann@x 3")), account("u", node("c", "ann@x 3"))},
		}, "A A A", "a-b ann@x, a-c ann@x", ""},
		{"who only claims a key doesn't share it", evidence{
			Nodes: []inbox.Node{account("s", node("a", "ann@x 3")), account("s", node("b", "ann@x 1")), account("s", node("c", "ann@x 1")), node("d", "ann@x 2")},
		}, "A B C A", "a-d ann@x", ""},
		{"three birthdays share a key", evidence{
			Nodes: []inbox.Node{born("1950-02-11", node("a", "ann@x 3")), born("1974-08-27", node("b", "ann@x 3")), born("2003-05-06", node("c", "ann@x 3")), node("d", "ann@x 2")},
		}, "A B C D", "", ""},
		{"slips are no other birthdays", evidence{
			Nodes: []inbox.Node{born("1974-08-27", node("a", "ann@x 3")), born("1974-08-21", node("b", "ann@x 3")), born("1947-08-27", node("c", "ann@x 3"))},
		}, "A A A", "a-b ann@x, a-c ann@x", ""},
		{"an operator knows better than the count", evidence{
			Nodes:    []inbox.Node{account("s", node("a", "ann@x 3")), account("s", node("b", "ann@x 3")), account("s", node("c", "ann@x 3")), node("d", "ann@x 2")},
			Policies: policy("ann@x", inbox.KeyPersonal),
		}, "A B C A", "a-d ann@x", ""},
		{"but not than what is nobody's by its look", evidence{
			Nodes: []inbox.Node{node("a", "test@test.com 3"), node("b", "test@test.com 3")}, Policies: policy("test@test.com", inbox.KeyPersonal),
		}, "A B", "", ""},
		{"the stronger proof is tried first", evidence{
			Nodes: []inbox.Node{account("s", node("a", "ann@x 2")), account("s", node("b", "bob@x 3")), node("c", "ann@x 2", "bob@x 3")},
		}, "A B B", "b-c bob@x", ""},
		{"then the key", evidence{
			Nodes: []inbox.Node{account("s", node("a", "bob@x 2")), account("s", node("b", "ann@x 2")), node("c", "ann@x 2", "bob@x 2")},
		}, "A B B", "b-c ann@x", ""},
		{"refused is refused", evidence{
			Nodes: []inbox.Node{node("a", "ann@x 3"), node("b", "ann@x 3")}, Refusals: []inbox.Refusal{refuse("b", "a")},
			Edges: []inbox.Edge{automatic("1", "a", "b", "ann@x")},
		}, "A B", "", "1"},
		{"refused by way of a third, too", evidence{
			Nodes: []inbox.Node{node("a", "ann@x 3"), node("b", "ann@x 3", "bob@x 2"), node("c", "bob@x 2")}, Refusals: []inbox.Refusal{refuse("a", "c")},
		}, "A A C", "a-b ann@x", ""},
		{"refused with all that agents joined", evidence{
			Nodes: []inbox.Node{node("a", "ann@x 3"), node("b"), node("c", "ann@x 3")}, Refusals: []inbox.Refusal{refuse("b", "c")},
			Edges: []inbox.Edge{agents("1", "a", "b")},
		}, "A A C", "", ""},
		{"an agent joins what was refused", evidence{
			Nodes: []inbox.Node{node("a", "ann@x 3"), node("b", "ann@x 3")}, Refusals: []inbox.Refusal{refuse("a", "b")},
			Edges: []inbox.Edge{agents("1", "b", "a")},
		}, "A A", "", ""},
		{"an agent joins two accounts of a store", evidence{
			Nodes: []inbox.Node{account("s", node("a")), account("s", node("b", "ann@x 3")), node("c", "ann@x 2")},
			Edges: []inbox.Edge{agents("1", "a", "b")},
		}, "A A A", "b-c ann@x", ""},
		{"an agent's edge makes an automatic one idle", evidence{
			Nodes: []inbox.Node{node("a", "ann@x 3"), node("b", "ann@x 3")},
			Edges: []inbox.Edge{automatic("1", "a", "b", "ann@x"), agents("2", "a", "b")},
		}, "A A", "", "1"},
		{"an edge that stands is kept, one of it", evidence{
			Nodes: []inbox.Node{node("a", "ann@x 3"), node("b", "ann@x 3")},
			Edges: []inbox.Edge{automatic("2", "b", "a", "ann@x"), automatic("1", "a", "b", "ann@x")},
		}, "A A", "", "2"},
		{"an edge ends with its key and another takes its place", evidence{
			Nodes: []inbox.Node{node("a", "bob@x 3"), node("b", "bob@x 3")},
			Edges: []inbox.Edge{automatic("1", "a", "b", "ann@x")},
		}, "A A", "a-b bob@x", "1"},
		{"an edge to who isn't in the evidence isn't judged", evidence{
			Nodes: []inbox.Node{node("a", "ann@x 3")},
			Edges: []inbox.Edge{automatic("1", "a", "b", "ann@x"), agents("2", "a", "b")}, Refusals: []inbox.Refusal{refuse("a", "b")},
		}, "A", "", ""},
	} {
		got := Resolve(&c.ev)
		ids := make([]string, 0, len(c.ev.Nodes))
		for _, n := range c.ev.Nodes {
			ids = append(ids, string(n.ID))
		}
		slices.Sort(ids)
		var customers, add, revoke []string
		for _, id := range ids {
			customers = append(customers, string(got.Customers[inbox.IdentityID(id)]))
		}
		for _, e := range got.Add {
			if !e.Automatic || e.ID != "" {
				t.Errorf("%s: added %+v, want an automatic edge without an id", c.name, e)
			}
			add = append(add, fmt.Sprintf("%s-%s %s", e.A, e.B, e.Key.Key))
		}
		for _, id := range got.Revoke {
			revoke = append(revoke, string(id))
		}
		want := []string{c.customers, c.add, c.revoke}
		have := []string{strings.Join(customers, " "), strings.Join(add, ", "), strings.Join(revoke, " ")}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("%s: customers, added, revoked (-want +got):\n%s", c.name, diff)
		}
	}
}

// Two birthdays are two people's when no slip makes one of the other.
func TestOtherBirthday(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"1980-03-14", "1980-03-14", false},
		{"1980-03-14", "1980-03-19", false}, // a figure
		{"1980-03-14", "1980-08-14", false},
		{"1980-03-14", "1930-03-14", false},
		{"1980-03-14", "1980-03-41", false}, // no date
		{"1978-03-14", "1987-03-14", false}, // two figures changed places
		{"1980-03-04", "1980-04-03", false}, // day and month did
		{"1980-03-14", "1981-04-16", false}, // a year, a month and a few days
		{"1980-12-29", "1981-01-30", false}, // over the year's end
		{"1980-03-14", "1983-07-02", true},
		{"1980-03-14", "1982-04-16", true},
		{"1950-02-11", "1974-08-27", true},
		{"", "1974-08-27", false},
	} {
		if got := otherBirthday(c.a, c.b); got != c.want || otherBirthday(c.b, c.a) != got {
			t.Errorf("otherBirthday(%q, %q) = %t, want %t, either way", c.a, c.b, got, c.want)
		}
	}
}

// An operator sees how many people a key must have: as many as its accounts in
// one store, or its birthdays.
func TestShared(t *testing.T) {
	nodes := []inbox.Node{
		account("s", node("a", "ann@x 3", "+442079460018 2")), account("s", node("b", "ann@x 2")), account("t", node("c", "ann@x 2")),
		born("1950-02-11", node("d", "+442079460018 2")), born("1974-08-27", node("e", "+442079460018 2")), born("2003-05-06", node("f", "+442079460018 2")),
		node("g", "bob@x 2", "eve@x 1", "@ann 3"),
	}
	want := map[inbox.IdentityRef]int{
		held("ann@x 2").IdentityRef: 2, held("+442079460018 2").IdentityRef: 3, held("bob@x 2").IdentityRef: 1,
	}
	if diff := cmp.Diff(want, Shared(nodes)); diff != "" {
		t.Errorf("Shared (-want +got):\n%s", diff)
	}
}

func crowd(n int, store string) *inbox.ClusterEvidence {
	ev := &inbox.ClusterEvidence{Policies: policy("ann@x", inbox.KeyPersonal)}
	for i := range n {
		ev.Nodes = append(ev.Nodes, account(store, born(fmt.Sprintf("%d-%02d-%02d", 1930+i%90, 1+i%12, 1+i%28), node(fmt.Sprintf("%06d", i), "ann@x 2"))))
	}
	return ev
}

// A key that very many hold costs no more than its length.
func BenchmarkResolve(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		for name, store := range map[string]string{"one customer": "", "all apart": "s"} {
			ev := crowd(n, store)
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				for range b.N {
					if got := Resolve(ev); len(got.Customers) != n {
						b.Fatalf("%d customers of %d", len(got.Customers), n)
					}
				}
			})
		}
	}
}
