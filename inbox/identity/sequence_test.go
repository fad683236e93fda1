package identity

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// A world is what a store has of identities, kept up to date step by step: after
// each, Resolve sees only what the step bears on.
type world struct {
	nodes     []inbox.Node
	edges     []inbox.Edge // that stand
	refusals  []inbox.Refusal
	policies  map[inbox.IdentityRef]inbox.KeyPolicy
	customers map[inbox.IdentityID]inbox.CustomerID
	made      int
}

var (
	worldKeys      = []string{"ann@x", "bob@x", "eve@x", "+442079460018", "+442079460019", "test@test.com"}
	worldBirthdays = []string{"", "", "", "1950-02-11", "1950-02-17", "1974-08-27", "1974-08-26", "2003-05-06"}
	worldStores    = []string{"", "", "s", "s", "t"}
	worldPolicies  = []inbox.KeyPolicy{"", "", inbox.KeyBlocked, inbox.KeyShared, inbox.KeyPersonal}
)

func anyOf[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// step changes the evidence at random and returns the identities and keys that
// it is about.
func (w *world) step(r *rand.Rand) (about []inbox.IdentityID, keys []inbox.IdentityRef) {
	if len(w.nodes) < 2 || len(w.nodes) < 14 && r.IntN(4) == 0 {
		w.made++
		n := account(anyOf(r, worldStores), born(anyOf(r, worldBirthdays), node(fmt.Sprintf("n%03d", w.made))))
		w.nodes = append(w.nodes, n)
		w.customers[n.ID] = n.Born
		return []inbox.IdentityID{n.ID}, nil
	}
	a, b := &w.nodes[r.IntN(len(w.nodes))], &w.nodes[r.IntN(len(w.nodes))]
	pair := []inbox.IdentityID{a.ID, b.ID}
	switch r.IntN(9) {
	case 0, 1, 2: // a key is claimed, or proven better
		k := held(fmt.Sprintf("%s %d", anyOf(r, worldKeys), r.IntN(4)))
		a.Keys = append(slices.Clone(a.Keys), k)
		return pair[:1], []inbox.IdentityRef{k.IdentityRef}
	case 3: // a claim is withdrawn
		if i := len(a.Keys) - 1; i >= 0 {
			k := a.Keys[i]
			a.Keys = slices.Clone(a.Keys[:i])
			return pair[:1], []inbox.IdentityRef{k.IdentityRef}
		}
	case 4: // a birthday is told
		a.Birthday = anyOf(r, worldBirthdays)
		for _, k := range a.Keys {
			keys = append(keys, k.IdentityRef)
		}
		return pair[:1], keys
	case 5: // an operator speaks
		ref := held(anyOf(r, worldKeys) + " 2").IdentityRef
		w.policies[ref] = anyOf(r, worldPolicies)
		return nil, []inbox.IdentityRef{ref}
	case 6: // an agent merges
		if a != b {
			w.made++
			w.edges = append(w.edges, inbox.Edge{ID: inbox.EdgeID(fmt.Sprintf("e%03d", w.made)), A: a.ID, B: b.ID})
			return pair, nil
		}
	case 7: // an agent unmerges: what was automatic stays apart from now on
		if len(w.edges) > 0 {
			i := r.IntN(len(w.edges))
			e := w.edges[i]
			w.edges = slices.Delete(w.edges, i, i+1)
			if e.Automatic {
				w.refusals = append(w.refusals, inbox.Refusal{A: e.A, B: e.B})
			}
			return []inbox.IdentityID{e.A, e.B}, nil
		}
	case 8: // an agent refuses, or thinks again
		if len(w.refusals) > 0 && r.IntN(2) == 0 {
			i := r.IntN(len(w.refusals))
			old := w.refusals[i]
			w.refusals = slices.Delete(w.refusals, i, i+1)
			return []inbox.IdentityID{old.A, old.B}, nil
		}
		if a != b {
			w.refusals = append(w.refusals, inbox.Refusal{A: a.ID, B: b.ID})
			return pair, nil
		}
	}
	return nil, nil
}

// closure is the evidence that bears on some identities and keys: whoever holds
// the keys, and from there on whatever is joined or holds an unshared key.
func (w *world) closure(about []inbox.IdentityID, keys []inbox.IdentityRef) *inbox.ClusterEvidence {
	all := holdings(w.nodes)
	policies := maps.Clone(w.policies)
	for ref, on := range all {
		if !joins(w.nodes, ref, on, w.policies[ref]) {
			policies[ref] = inbox.KeyShared // its holders may not be there to be counted
		}
	}
	in := map[inbox.IdentityID]bool{}
	var queue []inbox.IdentityID
	reach := func(id inbox.IdentityID) {
		if !in[id] {
			in[id] = true
			queue = append(queue, id)
		}
	}
	holders := func(ref inbox.IdentityRef) {
		for _, h := range all[ref] {
			reach(w.nodes[h.node].ID)
		}
	}
	for _, id := range about {
		reach(id)
	}
	for _, ref := range keys {
		holders(ref)
	}
	ev := &inbox.ClusterEvidence{Policies: policies}
	for len(queue) > 0 {
		id := queue[0]
		queue = queue[1:]
		i := slices.IndexFunc(w.nodes, func(n inbox.Node) bool { return n.ID == id })
		ev.Nodes = append(ev.Nodes, w.nodes[i])
		for _, k := range w.nodes[i].Keys {
			if k.Proof >= inbox.Proven && policies[k.IdentityRef] != inbox.KeyShared && policies[k.IdentityRef] != inbox.KeyBlocked {
				holders(k.IdentityRef)
			}
		}
		for _, e := range w.edges {
			if e.A == id || e.B == id {
				reach(e.A)
				reach(e.B)
			}
		}
	}
	for _, e := range w.edges {
		if in[e.A] {
			ev.Edges = append(ev.Edges, e)
		}
	}
	for _, r := range w.refusals {
		if in[r.A] && in[r.B] {
			ev.Refusals = append(ev.Refusals, r)
		}
	}
	return ev
}

// apply does what a store does with a resolution.
func (w *world) apply(res inbox.Resolution) {
	w.edges = slices.DeleteFunc(w.edges, func(e inbox.Edge) bool { return slices.Contains(res.Revoke, e.ID) })
	for _, e := range res.Add {
		w.made++
		e.ID = inbox.EdgeID(fmt.Sprintf("e%03d", w.made))
		w.edges = append(w.edges, e)
	}
	maps.Copy(w.customers, res.Customers)
}

// fromScratch decides on all the evidence at once, without any automatic edge,
// given in any order.
func (w *world) fromScratch(r *rand.Rand) inbox.Resolution {
	ev := &inbox.ClusterEvidence{Nodes: slices.Clone(w.nodes), Refusals: slices.Clone(w.refusals), Policies: w.policies}
	for _, e := range w.edges {
		if !e.Automatic {
			ev.Edges = append(ev.Edges, e)
		}
	}
	r.Shuffle(len(ev.Nodes), func(i, j int) { ev.Nodes[i], ev.Nodes[j] = ev.Nodes[j], ev.Nodes[i] })
	r.Shuffle(len(ev.Edges), func(i, j int) { ev.Edges[i], ev.Edges[j] = ev.Edges[j], ev.Edges[i] })
	r.Shuffle(len(ev.Refusals), func(i, j int) { ev.Refusals[i], ev.Refusals[j] = ev.Refusals[j], ev.Refusals[i] })
	return Resolve(ev)
}

func (w *world) automatic() []inbox.Edge {
	var out []inbox.Edge
	for _, e := range w.edges {
		if e.Automatic {
			out = append(out, inbox.Edge{A: e.A, B: e.B, Automatic: true, Key: e.Key})
		}
	}
	return sortEdges(out)
}

func sortEdges(edges []inbox.Edge) []inbox.Edge {
	slices.SortFunc(edges, func(a, b inbox.Edge) int {
		return cmp.Or(cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B), compareRefs(a.Key, b.Key))
	})
	return edges
}

// Merges, unmerges, claims, policies and refusals in any order, each settled on
// what it bears on alone: after every step, edges and customers are those that
// all the evidence at once makes. Nobody is lost.
func TestSequences(t *testing.T) {
	sequences := 100
	if testing.Short() {
		sequences = 20
	}
	merged := 0
	for seed := range sequences {
		r := rand.New(rand.NewPCG(uint64(seed), 7))
		w := &world{policies: map[inbox.IdentityRef]inbox.KeyPolicy{}, customers: map[inbox.IdentityID]inbox.CustomerID{}}
		for i := range 80 {
			about, keys := w.step(r)
			w.apply(Resolve(w.closure(about, keys)))
			want := w.fromScratch(r)
			if !maps.Equal(want.Customers, w.customers) {
				t.Fatalf("sequence %d, step %d: customers (-at once +step by step):\n%s", seed, i, gocmp.Diff(want.Customers, w.customers))
			}
			if edges := w.automatic(); !slices.Equal(sortEdges(want.Add), edges) {
				t.Fatalf("sequence %d, step %d: automatic edges (-at once +step by step):\n%s", seed, i, gocmp.Diff(want.Add, edges))
			}
			if len(w.customers) != len(w.nodes) {
				t.Fatalf("sequence %d, step %d: %d of %d identities have a customer", seed, i, len(w.customers), len(w.nodes))
			}
			merged += len(want.Add)
		}
		w.checkApart(t, seed)
		w.checkUndone(t, seed)
	}
	if merged == 0 {
		t.Error("nothing was ever merged")
	}
}

// checkApart makes sure that automatic edges alone never join a refused pair or
// two accounts of a store.
func (w *world) checkApart(t *testing.T, seed int) {
	t.Helper()
	ev := &inbox.ClusterEvidence{Nodes: w.nodes, Refusals: w.refusals, Policies: w.policies}
	customers := Resolve(ev).Customers
	for _, r := range w.refusals {
		if customers[r.A] == customers[r.B] {
			t.Errorf("sequence %d: %s and %s were refused and are one customer", seed, r.A, r.B)
		}
	}
	seen := map[string]inbox.IdentityID{}
	for _, n := range w.nodes {
		key := n.Store + "\x00" + string(customers[n.ID])
		if other, ok := seen[key]; ok && n.Store != "" {
			t.Errorf("sequence %d: %s and %s are accounts of one store and one customer", seed, other, n.ID)
		}
		seen[key] = n.ID
	}
}

// checkUndone makes sure that everybody is back who they were born as once the
// evidence is gone.
func (w *world) checkUndone(t *testing.T, seed int) {
	t.Helper()
	ev := &inbox.ClusterEvidence{Edges: slices.DeleteFunc(slices.Clone(w.edges), func(e inbox.Edge) bool { return !e.Automatic })}
	for _, n := range w.nodes {
		n.Keys = nil
		ev.Nodes = append(ev.Nodes, n)
	}
	res := Resolve(ev)
	for _, n := range w.nodes {
		if res.Customers[n.ID] != n.Born {
			t.Errorf("sequence %d: %s is %s without evidence, want %s as it was born", seed, n.ID, res.Customers[n.ID], n.Born)
		}
	}
	if len(res.Revoke) != len(ev.Edges) {
		t.Errorf("sequence %d: %d of %d automatic edges revoked without evidence", seed, len(res.Revoke), len(ev.Edges))
	}
}
