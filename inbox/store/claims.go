package store

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"skein/inbox"
)

// A claimID is what there is one claim of in an identity.
type claimID struct {
	field  inbox.ClaimField
	source inbox.ClaimSource
}

// A claimSet is the claims of one identity.
type claimSet map[claimID]inbox.Claim

// hear adds what one item says. Whatever comes, in any order and however often,
// the same stays.
func (s claimSet) hear(r *inbox.Received) {
	if r.Customer != nil {
		s.hearRecord(r.Claims, stored(r.Customer.UpdatedAt))
		return
	}
	for _, c := range r.Claims {
		c.At = stored(c.At)
		// The better proven wins, and the newer of two equally proven.
		id := claimID{c.Field, c.Source}
		if old, ok := s[id]; !ok || cmp.Or(cmp.Compare(c.Proof, old.Proof), c.At.Compare(old.At), strings.Compare(c.Value, old.Value)) > 0 {
			s[id] = c
		}
	}
}

// hearRecord adds all that a shop says at one instant: a newer record replaces
// an older one whole, so that what is no longer in it is gone.
func (s claimSet) hearRecord(claims []inbox.Claim, at time.Time) {
	old, next := claimSet{}, claimSet{}
	var newest time.Time
	for id, c := range s {
		if id.source == inbox.FromShop {
			old[id] = c
			newest = c.At
		}
	}
	for _, c := range claims {
		c.At = at
		next[claimID{c.Field, c.Source}] = c
	}
	if len(next) == 0 { // it says nothing, and is newer than what said something
		next[claimID{inbox.ClaimName, inbox.FromShop}] = inbox.Claim{Field: inbox.ClaimName, Source: inbox.FromShop, At: at}
	}
	if len(old) > 0 && cmp.Or(at.Compare(newest), strings.Compare(next.content(), old.content())) <= 0 {
		return
	}
	for id := range old {
		delete(s, id)
	}
	maps.Copy(s, next)
}

// stored is an instant as the database keeps it.
func stored(at time.Time) time.Time { return at.UTC().Truncate(time.Microsecond) }

// content orders records of one instant.
func (s claimSet) content() string {
	var parts []string
	for id, c := range s {
		parts = append(parts, fmt.Sprint(id.field, "=", c.Value, "\x00", c.Proof))
	}
	slices.Sort(parts)
	return strings.Join(parts, "\x00")
}

// rows are the claims as their table takes them.
func (s claimSet) rows(of inbox.IdentityID) [][]any {
	rows := make([][]any, 0, len(s))
	for id, c := range s {
		rows = append(rows, []any{uid(of), string(id.field), string(id.source), c.Value, c.Key, int16(c.Proof), c.At})
	}
	return rows
}

// owned are the claims as the rules take them.
func (s claimSet) owned(of inbox.IdentityID) []inbox.OwnedClaim {
	list := make([]inbox.OwnedClaim, 0, len(s))
	for _, c := range s {
		list = append(list, inbox.OwnedClaim{Claim: c, IdentityID: of})
	}
	return list
}

// birthday is the one that counts: who vouches for it goes before who typed it.
func (s claimSet) birthday() string {
	for _, source := range []inbox.ClaimSource{inbox.FromShop, inbox.FromAgent, inbox.FromChannel} {
		if c := s[claimID{inbox.ClaimBirthday, source}]; c.Key != "" {
			return c.Key
		}
	}
	return ""
}

// keys are the addresses that the holder of these claims has by them, with the
// best proof for each.
func (s claimSet) keys() map[inbox.IdentityRef]inbox.Proof {
	held := map[inbox.IdentityRef]inbox.Proof{}
	for id, c := range s {
		if ref, ok := keyOfClaim(id.field, c.Key); ok {
			held[ref] = max(held[ref], c.Proof)
		}
	}
	return held
}

// keyOfClaim is the identity that a claim is a claim to, if it is to one.
func keyOfClaim(field inbox.ClaimField, key string) (inbox.IdentityRef, bool) {
	switch {
	case key == "":
	case field == inbox.ClaimEmail:
		return inbox.IdentityRef{Kind: inbox.EmailAddress, Key: key}, true
	case field == inbox.ClaimPhone:
		return inbox.IdentityRef{Kind: inbox.PhoneNumber, Key: key}, true
	case field == inbox.ClaimShop:
		return inbox.IdentityRef{Kind: inbox.ShopAccount, Key: key}, true
	}
	return inbox.IdentityRef{}, false
}

// shown is the value of a field that is shown of these claims.
func shown(facts []inbox.Fact, field inbox.ClaimField) string {
	for _, f := range facts {
		if f.Field == field {
			return f.Value
		}
	}
	return ""
}
