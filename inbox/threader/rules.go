package threader

import (
	"skein/inbox"
	"skein/inbox/identity"
	"skein/inbox/orderlink"
	"skein/inbox/thread"
)

// Rules are the decisions that a store is opened with.
func Rules() inbox.Rules {
	return inbox.Rules{
		Place: thread.Decide, Resolve: identity.Resolve, Link: orderlink.Link, Orders: orderRules(),
		Subject: thread.BaseSubject, ClaimKey: identity.ClaimKey, Blocked: identity.Blocked, Strictest: identity.Strictest,
		Shared: shared, Hints: hints, Score: score, Survivors: identity.Survivors,
	}
}

func shared(nodes []inbox.Node) (refs []inbox.IdentityRef) {
	for ref, people := range identity.Shared(nodes) {
		if people >= identity.SharedBy {
			refs = append(refs, ref)
		}
	}
	return refs
}

func hints(k inbox.Known) (list []string) {
	for _, ref := range k.Refs {
		list = append(list, identity.Hints(k.Claims, ref, k.Name)...)
	}
	return list
}

func score(a, b inbox.Known) (float64, []string) {
	s, reasons := identity.Score(identity.NewProfile(a.Claims, a.Refs, a.Name), identity.NewProfile(b.Claims, b.Refs, b.Name))
	if s < identity.Worth {
		return 0, nil
	}
	return s, reasons
}
