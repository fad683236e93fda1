package eval

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"skein/inbox"
	"skein/inbox/identity"
)

// How much is tried: sequences of steps, each over so many identities.
const (
	mergeSequences  = 300
	mergeSteps      = 60
	mergeIdentities = 12
)

// merges plays random sequences of claims, merges, unmerges, refusals and an
// operator's words. After each step the edges are brought in line from those
// that stood, and the customers must be those that a plain model makes of the
// evidence alone; once all is undone, everybody must be who they were at first.
func merges(ctx context.Context, _ string, r *Reporter) error {
	steps, undone := r.Row("merge sequences: each step"), r.Row("merge sequences: all undone")
	steps.AtLeast(1)
	undone.AtLeast(1)
	changes := 0
	for seed := range mergeSequences {
		if err := ctx.Err(); err != nil {
			return err
		}
		rng := rand.New(rand.NewPCG(uint64(seed), 1))
		m := newMergers(rng)
		for i := range mergeSteps {
			m.step(rng)
			changes += m.settle()
			got, want := m.customers, plainCustomers(&m.ev)
			steps.Check(fmt.Sprintf("sequence %d, step %d", seed, i), sameCustomers(got, want), got, want)
		}
		for i := range m.ev.Nodes {
			m.ev.Nodes[i].Keys = nil
		}
		for len(m.ev.Edges) > 0 {
			i := rng.IntN(len(m.ev.Edges))
			m.ev.Edges = slices.Delete(m.ev.Edges, i, i+1)
			m.settle()
		}
		for _, n := range m.ev.Nodes {
			got := m.customers[n.ID]
			undone.Check(fmt.Sprintf("sequence %d, %s", seed, n.ID), got == n.Born, got, n.Born)
		}
	}
	steps.Note("%d sequences, %d edges made and revoked", mergeSequences, changes)
	return nil
}

// mergers is what is known of some identities, and what became of it.
type mergers struct {
	ev        inbox.ClusterEvidence
	customers map[inbox.IdentityID]inbox.CustomerID
	edges     int // made so far
}

var mergeKeys = []inbox.IdentityRef{
	{Kind: inbox.EmailAddress, Key: "ann@shop.example"}, {Kind: inbox.EmailAddress, Key: "bob@shop.example"},
	{Kind: inbox.EmailAddress, Key: "test@test.com"}, {Kind: inbox.PhoneNumber, Key: "+442079460018"}, {Kind: inbox.PhoneNumber, Key: "+12125550187"},
}

func newMergers(r *rand.Rand) *mergers {
	m := &mergers{ev: inbox.ClusterEvidence{Policies: map[inbox.IdentityRef]inbox.KeyPolicy{}}}
	stores, birthdays := []string{"", "", "", "s", "s", "t"}, []string{"", "", "", "", "1950-02-11", "1974-08-27", "2003-05-06"}
	for i := range mergeIdentities {
		id := fmt.Sprintf("%03d", i)
		m.ev.Nodes = append(m.ev.Nodes, inbox.Node{
			ID: inbox.IdentityID(id), Born: inbox.CustomerID("c" + id), Store: either(r, stores...), Birthday: either(r, birthdays...),
		})
	}
	return m
}

func either[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func (m *mergers) step(r *rand.Rand) {
	ev := &m.ev
	n, other := &ev.Nodes[r.IntN(len(ev.Nodes))], ev.Nodes[r.IntN(len(ev.Nodes))].ID
	switch r.IntN(8) {
	case 0, 1, 2:
		n.Keys = append(n.Keys, inbox.HeldKey{IdentityRef: either(r, mergeKeys...), Proof: inbox.Proof(1 + r.IntN(3))})
	case 3:
		n.Keys = n.Keys[:max(0, len(n.Keys)-1)]
	case 4:
		ev.Policies[either(r, mergeKeys...)] = either(r, "", "", inbox.KeyBlocked, inbox.KeyShared, inbox.KeyPersonal)
	case 5:
		if n.ID != other {
			m.add(inbox.Edge{A: n.ID, B: other})
		}
	case 6:
		if len(ev.Edges) > 0 {
			i := r.IntN(len(ev.Edges))
			if e := ev.Edges[i]; e.Automatic {
				ev.Refusals = append(ev.Refusals, inbox.Refusal{A: e.A, B: e.B})
			}
			ev.Edges = slices.Delete(ev.Edges, i, i+1)
		}
	case 7:
		if n.ID != other {
			ev.Refusals = append(ev.Refusals, inbox.Refusal{A: n.ID, B: other})
		}
	}
}

func (m *mergers) add(e inbox.Edge) {
	m.edges++
	e.ID = inbox.EdgeID(fmt.Sprintf("%06d", m.edges))
	m.ev.Edges = append(m.ev.Edges, e)
}

// settle brings edges and customers in line and returns how many edges changed.
func (m *mergers) settle() int {
	res := identity.Resolve(&m.ev)
	m.ev.Edges = slices.DeleteFunc(m.ev.Edges, func(e inbox.Edge) bool { return slices.Contains(res.Revoke, e.ID) })
	for _, e := range res.Add {
		m.add(e)
	}
	m.customers = res.Customers
	return len(res.Add) + len(res.Revoke)
}

func sameCustomers(a, b map[inbox.IdentityID]inbox.CustomerID) bool {
	for id, c := range a {
		if b[id] != c {
			return false
		}
	}
	return len(a) == len(b)
}

// plainCustomers tries every pair of holders of every key, one after another,
// and knows no edge but agents'.
func plainCustomers(ev *inbox.ClusterEvidence) map[inbox.IdentityID]inbox.CustomerID {
	group := map[inbox.IdentityID]inbox.IdentityID{} // the oldest of it
	for _, n := range ev.Nodes {
		group[n.ID] = n.ID
	}
	join := func(a, b inbox.IdentityID) {
		from, into := max(group[a], group[b]), min(group[a], group[b])
		for id, g := range group {
			if g == from {
				group[id] = into
			}
		}
	}
	for _, e := range ev.Edges {
		if !e.Automatic {
			join(e.A, e.B)
		}
	}
	var refused []inbox.Refusal
	for _, r := range ev.Refusals {
		if group[r.A] != group[r.B] {
			refused = append(refused, r)
		}
	}
	for _, p := range plainPairs(ev) {
		a, b := group[p.a], group[p.b]
		fits := a != b
		for _, x := range ev.Nodes {
			for _, y := range ev.Nodes {
				fits = fits && !(x.Store != "" && x.Store == y.Store && group[x.ID] == a && group[y.ID] == b)
			}
		}
		for _, r := range refused {
			x, y := group[r.A], group[r.B]
			fits = fits && !(x == a && y == b || x == b && y == a)
		}
		if fits {
			join(p.a, p.b)
		}
	}
	out := map[inbox.IdentityID]inbox.CustomerID{}
	for id, g := range group {
		out[id] = inbox.CustomerID("c" + string(g))
	}
	return out
}

type plainPair struct {
	proof inbox.Proof
	key   string
	a, b  inbox.IdentityID
}

// plainPairs are the pairs that may be joined, in the order in which they are
// tried.
func plainPairs(ev *inbox.ClusterEvidence) []plainPair {
	var out []plainPair
	for _, key := range mergeKeys {
		proofs := map[inbox.IdentityID]inbox.Proof{}
		accounts, birthdays := map[string]int{}, map[string]bool{}
		most := 0
		for _, n := range ev.Nodes {
			for _, k := range n.Keys {
				if k.IdentityRef == key && k.Proof >= inbox.Proven {
					proofs[n.ID] = max(proofs[n.ID], k.Proof)
				}
			}
			if proofs[n.ID] == 0 {
				continue
			}
			if n.Store != "" {
				accounts[n.Store]++
				most = max(most, accounts[n.Store])
			}
			if n.Birthday != "" {
				birthdays[n.Birthday] = true
			}
		}
		policy := ev.Policies[key]
		shared := max(most, len(birthdays)) >= 3 && policy != inbox.KeyPersonal
		if shared || policy == inbox.KeyBlocked || policy == inbox.KeyShared || key.Key == "test@test.com" {
			continue
		}
		for a, p := range proofs {
			for b, q := range proofs {
				if a < b {
					out = append(out, plainPair{min(p, q), key.Key, a, b})
				}
			}
		}
	}
	slices.SortFunc(out, func(x, y plainPair) int {
		return cmp.Or(cmp.Compare(y.proof, x.proof), cmp.Compare(x.key, y.key), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	return out
}
