package identity

import (
	"cmp"
	"slices"
	"strings"

	"skein/inbox"
)

// rounds bounds how many groups that must stay apart one key may join: on a key
// that an operator calls personal, thousands of accounts of one store may be.
const rounds = 64

// Resolve decides which identities are one customer. It implements
// [inbox.ResolveFunc].
//
// Agents' edges hold. An automatic edge joins two nodes that have both proven
// the same mail address, telephone number or account in a shop, unless that is [Blocked], shared
// or blocked by policy, or counted shared (see [Shared]; a policy of personal
// wins over the count). They are tried in one order (the proof that both have,
// strongest first, then key, then ids), and one is passed over that would bring
// two accounts of one store or a refused pair into one component, or that joins
// nothing. So what stands is a function of the evidence, and the same for any
// order in which that came.
//
// The caller who leaves out holders of a key that is counted shared must give
// it the policy that says so.
func Resolve(ev *inbox.ClusterEvidence) inbox.Resolution {
	nodes := slices.Clone(ev.Nodes)
	slices.SortStableFunc(nodes, func(a, b inbox.Node) int { return cmp.Compare(a.ID, b.ID) })
	nodes = slices.CompactFunc(nodes, func(a, b inbox.Node) bool { return a.ID == b.ID })
	index := make(map[inbox.IdentityID]int, len(nodes))
	for i, n := range nodes {
		index[n.ID] = i
	}

	f := newForest(nodes)
	for _, e := range ev.Edges {
		a, okA := index[e.A]
		b, okB := index[e.B]
		if !e.Automatic && okA && okB {
			f.join(a, b)
		}
	}
	for _, r := range ev.Refusals {
		a, okA := index[r.A]
		b, okB := index[r.B]
		if okA && okB {
			f.keepApart(a, b)
		}
	}

	held := holdings(nodes)
	var keys []inbox.IdentityRef
	for ref, on := range held {
		if len(on) > 1 && joins(nodes, ref, on, ev.Policies[ref]) {
			keys = append(keys, ref)
		}
	}
	slices.SortFunc(keys, compareRefs)
	var edges []inbox.Edge
	for proof := inbox.Signed; proof >= inbox.Proven; proof-- {
		for _, ref := range keys {
			for _, p := range f.star(held[ref], proof) {
				edges = append(edges, inbox.Edge{A: nodes[p[0]].ID, B: nodes[p[1]].ID, Automatic: true, Key: ref})
			}
		}
	}

	out := difference(ev.Edges, edges, index)
	out.Customers = make(map[inbox.IdentityID]inbox.CustomerID, len(nodes))
	oldest := make(map[int]inbox.CustomerID, len(nodes))
	for i, n := range nodes { // in order of id
		root := f.root(i)
		if _, ok := oldest[root]; !ok {
			oldest[root] = n.Born
		}
		out.Customers[n.ID] = oldest[root]
	}
	return out
}

// joins reports whether a key may join those who have proven it.
func joins(nodes []inbox.Node, ref inbox.IdentityRef, held []holder, policy inbox.KeyPolicy) bool {
	switch {
	case Blocked(ref):
		return false
	case policy == inbox.KeyBlocked || policy == inbox.KeyShared:
		return false
	case policy == inbox.KeyPersonal:
		return true
	}
	return people(nodes, held) < SharedBy
}

// difference is what makes the automatic edges that stand into those wanted. An
// edge at a node that isn't in the evidence is not judged.
func difference(standing, wanted []inbox.Edge, index map[inbox.IdentityID]int) inbox.Resolution {
	type pair struct {
		a, b inbox.IdentityID
		key  inbox.IdentityRef
	}
	of := func(e inbox.Edge) pair { return pair{min(e.A, e.B), max(e.A, e.B), e.Key} }
	missing := make(map[pair]bool, len(wanted))
	for _, e := range wanted {
		missing[of(e)] = true
	}
	var out inbox.Resolution
	standing = slices.Clone(standing)
	slices.SortFunc(standing, func(a, b inbox.Edge) int { return cmp.Compare(a.ID, b.ID) })
	for _, e := range standing {
		_, okA := index[e.A]
		_, okB := index[e.B]
		switch {
		case !e.Automatic || !okA || !okB:
		case missing[of(e)]:
			delete(missing, of(e))
		default:
			out.Revoke = append(out.Revoke, e.ID)
		}
	}
	for _, e := range wanted {
		if missing[of(e)] {
			out.Add = append(out.Add, e)
		}
	}
	return out
}

func compareRefs(a, b inbox.IdentityRef) int {
	return cmp.Or(strings.Compare(a.Key, b.Key), cmp.Compare(a.Kind, b.Kind))
}
