package identity

import "skein/inbox"

// A forest holds components of nodes, named by their index, and what keeps them
// apart: the stores that they have an account of, and refusals. Growing a
// component only ever adds to what keeps it apart, so that a pair that was once
// passed over needs no second look.
type forest struct {
	parent []int
	size   []int
	stores []map[string]bool // of roots
	apart  []map[int]bool    // of roots: roots
}

func newForest(nodes []inbox.Node) *forest {
	f := &forest{
		parent: make([]int, len(nodes)), size: make([]int, len(nodes)),
		stores: make([]map[string]bool, len(nodes)), apart: make([]map[int]bool, len(nodes)),
	}
	for i, n := range nodes {
		f.parent[i], f.size[i] = i, 1
		if n.Store != "" {
			f.stores[i] = map[string]bool{n.Store: true}
		}
	}
	return f
}

func (f *forest) root(i int) int {
	for f.parent[i] != i {
		f.parent[i] = f.parent[f.parent[i]]
		i = f.parent[i]
	}
	return i
}

// join makes one component of two, whatever keeps them apart.
func (f *forest) join(a, b int) {
	a, b = f.root(a), f.root(b)
	if a == b {
		return
	}
	if f.weight(a) < f.weight(b) {
		a, b = b, a
	}
	f.parent[b] = a
	f.size[a] += f.size[b]
	if f.stores[a] == nil {
		f.stores[a], f.stores[b] = f.stores[b], nil
	}
	for s := range f.stores[b] {
		f.stores[a][s] = true
	}
	delete(f.apart[a], b)
	for c := range f.apart[b] {
		delete(f.apart[c], b)
		if c != a {
			f.mark(a, c)
		}
	}
	f.stores[b], f.apart[b] = nil, nil
}

// weight is what it costs to move a component into another.
func (f *forest) weight(root int) int {
	return f.size[root] + len(f.stores[root]) + len(f.apart[root])
}

// keepApart keeps two components apart from now on, unless they are one already.
func (f *forest) keepApart(a, b int) {
	if a, b = f.root(a), f.root(b); a != b {
		f.mark(a, b)
	}
}

func (f *forest) mark(a, b int) {
	for _, p := range [][2]int{{a, b}, {b, a}} {
		if f.apart[p[0]] == nil {
			f.apart[p[0]] = map[int]bool{}
		}
		f.apart[p[0]][p[1]] = true
	}
}

// fit reports whether nothing keeps two roots apart.
func (f *forest) fit(a, b int) bool {
	if f.apart[a][b] {
		return false
	}
	few, many := f.stores[a], f.stores[b]
	if len(few) > len(many) {
		few, many = many, few
	}
	for s := range few {
		if many[s] {
			return false
		}
	}
	return true
}

// star joins each of those who have so much proof with the oldest of them whose
// component it fits, and returns the pairs that it joined. That is what trying
// every pair in order gives: whoever doesn't fit the component of the oldest
// fits none of its members.
func (f *forest) star(held []holder, proof inbox.Proof) (joined [][2]int) {
	var rest []int
	for _, h := range held {
		if h.proof >= proof {
			rest = append(rest, h.node)
		}
	}
	for round := 0; round < rounds && len(rest) > 1; round++ {
		hub, others := rest[0], rest[1:]
		rest = nil
		for _, i := range others {
			a, b := f.root(hub), f.root(i)
			switch {
			case a == b:
			case f.fit(a, b):
				f.join(a, b)
				joined = append(joined, [2]int{hub, i})
			default:
				rest = append(rest, i)
			}
		}
	}
	return joined
}
