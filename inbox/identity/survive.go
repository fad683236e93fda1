package identity

import (
	"cmp"
	"slices"
	"strings"

	"skein/inbox"
)

// fields is the order of a profile.
var fields = []inbox.ClaimField{
	inbox.ClaimName, inbox.ClaimEmail, inbox.ClaimPhone, inbox.ClaimAddress, inbox.ClaimBirthday, inbox.ClaimLocale, inbox.ClaimCompany,
}

// Survivors returns which of several values of each field is shown: a shop's
// record over an agent's edit, that over what came by a channel, there the
// stronger proof, and the newest within a rank. What lost is kept, best first,
// each value once. An empty value says nothing. It is the same for any order of
// claims.
func Survivors(claims []inbox.OwnedClaim) []inbox.Fact {
	sorted := slices.Clone(claims)
	slices.SortFunc(sorted, compareClaims)
	out := []inbox.Fact{}
	at := map[inbox.ClaimField]int{}
	said := map[[2]string]bool{}
	for _, c := range sorted {
		value := [2]string{string(c.Field), sameValue(c.Claim)}
		if !c.Field.Valid() || strings.TrimSpace(c.Value) == "" || said[value] {
			continue
		}
		said[value] = true
		i, ok := at[c.Field]
		if ok {
			out[i].Others = append(out[i].Others, c.Claim)
			continue
		}
		at[c.Field] = len(out)
		out = append(out, inbox.Fact{
			Field: c.Field, Value: c.Value, Source: c.Source, Proof: c.Proof, At: c.At, IdentityID: c.IdentityID, Others: []inbox.Claim{},
		})
	}
	return out
}

func compareClaims(a, b inbox.OwnedClaim) int {
	return cmp.Or(
		cmp.Compare(placeIn(fields, a.Field), placeIn(fields, b.Field)),
		cmp.Compare(a.Field, b.Field),
		cmp.Compare(rank(a.Source), rank(b.Source)),
		rankedProof(a, b),
		b.At.Compare(a.At),
		cmp.Compare(b.Proof, a.Proof),
		cmp.Compare(a.IdentityID, b.IdentityID),
		cmp.Compare(a.Source, b.Source),
		cmp.Compare(a.Value, b.Value),
	)
}

// rankedProof orders what came by a channel: a shop's and an agent's word is
// not ranked by proof.
func rankedProof(a, b inbox.OwnedClaim) int {
	if rank(a.Source) < len(sources) || rank(b.Source) < len(sources) {
		return 0
	}
	return cmp.Compare(b.Proof, a.Proof)
}

var sources = []inbox.ClaimSource{inbox.FromShop, inbox.FromAgent}

func rank(s inbox.ClaimSource) int { return placeIn(sources, s) }

// placeIn is where v stands in list, or its length.
func placeIn[T comparable](list []T, v T) int {
	if i := slices.Index(list, v); i >= 0 {
		return i
	}
	return len(list)
}

// sameValue is by what two claims say the same.
func sameValue(c inbox.Claim) string {
	if c.Key != "" {
		return c.Key
	}
	return strings.Join(strings.Fields(c.Value), " ")
}

// Strictest returns one word a purpose: of several the strictest holds, so a no
// wins over every yes, and the newest of those that say the same is shown.
func Strictest(consents []inbox.Consent) []inbox.Consent {
	sorted := slices.Clone(consents)
	slices.SortFunc(sorted, func(a, b inbox.Consent) int {
		return cmp.Or(
			cmp.Compare(a.Purpose, b.Purpose),
			compareBool(a.Granted, b.Granted),
			b.At.Compare(a.At),
			cmp.Compare(a.Source, b.Source),
		)
	})
	return append([]inbox.Consent{}, slices.CompactFunc(sorted, func(a, b inbox.Consent) bool { return a.Purpose == b.Purpose })...)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
