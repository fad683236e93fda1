package identity

import (
	"slices"

	"skein/inbox"
)

// SharedBy is how many distinct people make a key nobody's own.
const SharedBy = 3

// maxCount is where counting ends: so many or more.
const maxCount = 100

// Shared returns for each address that nodes have proven how many distinct
// people that must be: the accounts that it has in one store, or the birthdays
// that are no slips of each other, whichever are more, and at least one. Who
// merely claims an address is not on it. It counts to 100.
func Shared(nodes []inbox.Node) map[inbox.IdentityRef]int {
	out := map[inbox.IdentityRef]int{}
	for ref, held := range holdings(nodes) {
		out[ref] = people(nodes, held)
	}
	return out
}

// A holder is a node, by its index, with the proof that it has for a key.
type holder struct {
	node  int
	proof inbox.Proof
}

// holdings returns who has proven which mail address, telephone number or
// account in a shop, in order of nodes.
func holdings(nodes []inbox.Node) map[inbox.IdentityRef][]holder {
	out := map[inbox.IdentityRef][]holder{}
	for i := range nodes {
		for _, k := range nodes[i].Keys {
			if k.Key == "" || k.Proof < inbox.Proven || !k.Joins() {
				continue
			}
			held := out[k.IdentityRef]
			if n := len(held); n > 0 && held[n-1].node == i {
				held[n-1].proof = max(held[n-1].proof, k.Proof)
				continue
			}
			out[k.IdentityRef] = append(held, holder{i, k.Proof})
		}
	}
	return out
}

func people(nodes []inbox.Node, held []holder) int {
	most := 1
	accounts := map[string]int{}
	var birthdays []string
	for _, h := range held {
		n := &nodes[h.node]
		if n.Store != "" {
			accounts[n.Store]++
			most = max(most, accounts[n.Store])
		}
		if n.Birthday != "" {
			birthdays = append(birthdays, n.Birthday)
		}
	}
	return min(maxCount, max(most, distinct(birthdays)))
}

// distinct counts the birthdays that are no slips of one counted before, in
// their order.
func distinct(birthdays []string) int {
	slices.Sort(birthdays)
	var counted []string
	for _, b := range slices.Compact(birthdays) {
		same := func(c string) bool { return !otherBirthday(b, c) }
		if !slices.ContainsFunc(counted, same) {
			counted = append(counted, b)
		}
		if len(counted) == maxCount {
			break
		}
	}
	return len(counted)
}
