package threader

import (
	"skein/inbox"
	"skein/inbox/given"
	"skein/inbox/identity"
	"skein/inbox/orderlink"
	"skein/inbox/thread"
)

// Rules are the decisions that a store is opened with.
func Rules() inbox.Rules {
	return inbox.Rules{
		Place: thread.Decide, Resolve: identity.Resolve, Link: orderlink.Link, Orders: orderRules(),
		Subject: thread.BaseSubject, ClaimKey: identity.ClaimKey, Blocked: identity.Blocked, Strictest: identity.Strictest,
		Shared: shared, Hints: hints, Score: score, Survivors: identity.Survivors, Given: givenIn,
	}
}

func givenIn(text, region string) []inbox.Pin {
	return given.Find(text, func(field inbox.ClaimField, value string) string { return identity.ClaimKey(field, value, region) })
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

func score(people []inbox.Known) func(a, b int) (float64, []string) {
	profiles := make([]identity.Profile, len(people))
	for i, k := range people {
		profiles[i] = identity.NewProfile(k.Claims, k.Refs, k.Name)
	}
	return func(a, b int) (float64, []string) {
		s, reasons := identity.Score(profiles[a], profiles[b])
		if s < identity.Worth {
			return 0, nil
		}
		return s, reasons
	}
}
