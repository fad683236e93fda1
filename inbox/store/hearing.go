package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// hear notes what the batch says of its identities.
func (d *delivery) hear(ctx context.Context, subjects []*subject) error {
	var touched, told []*subject
	for _, s := range subjects {
		if s.made {
			d.beginSubject(s)
			continue
		}
		s.proven = s.Proof
		if s.tells() {
			told = append(told, s)
		}
		if s.seen.proof > s.Proof || s.tells() {
			touched = append(touched, s)
		}
	}
	if len(touched) == 0 {
		return nil
	}
	if err := d.loadClaims(ctx, told); err != nil {
		return err
	}
	touched = slices.DeleteFunc(touched, func(s *subject) bool { return !d.change(s) })
	if len(touched) == 0 {
		return nil
	}
	// Sorted, so that rows are locked in one direction.
	slices.SortFunc(touched, func(a, b *subject) int { return strings.Compare(string(a.ID), string(b.ID)) })
	if err := d.lockOld(ctx, touched); err != nil {
		return err
	}
	var customers []inbox.CustomerID
	for _, s := range touched {
		customers = append(customers, s.CustomerID)
		d.roster.cause[s.CustomerID] = s.seen.items[len(s.seen.items)-1]
	}
	if err := d.roster.remember(ctx, customers); err != nil {
		return err
	}
	return d.writeSubjects(ctx, touched)
}

// beginSubject makes an identity with a customer of its own.
func (d *delivery) beginSubject(s *subject) {
	s.Identity = inbox.Identity{
		ID: inbox.NewID[inbox.IdentityID](s.seen.at), CustomerID: inbox.NewID[inbox.CustomerID](s.seen.at),
		Kind: s.ref.Kind, Value: s.seen.value, Proof: s.seen.proof,
	}
	s.was, s.claims = claimSet{}, claimSet{}
	s.proven = -1
	for _, r := range s.seen.items {
		s.claims.hear(r)
	}
	d.name(s)
}

func (d *delivery) name(s *subject) {
	facts := d.rules.Survivors(s.claims.owned(s.ID))
	s.Name, s.locale = shown(facts, inbox.ClaimName), shown(facts, inbox.ClaimLocale)
}

// tells reports whether items say more than that somebody is called what they
// are known to be called: the common case costs nothing.
func (s *subject) tells() bool {
	for _, r := range s.seen.items {
		if r.Customer != nil || len(r.Consents) > 0 {
			return true
		}
		for _, c := range r.Claims {
			known := c.Field == inbox.ClaimName && c.Value == s.Name || c.Field == inbox.ClaimLocale && c.Value == s.locale
			if !known || c.Source != inbox.FromChannel || s.seen.proof > s.Proof {
				return true
			}
		}
	}
	return false
}

func (d *delivery) loadClaims(ctx context.Context, subjects []*subject) error {
	if len(subjects) == 0 {
		return nil
	}
	of := map[inbox.IdentityID]*subject{}
	var list []inbox.IdentityID
	for _, s := range subjects {
		s.was = claimSet{}
		of[s.ID] = s
		list = append(list, s.ID)
	}
	if err := eachClaim(ctx, d.tx, list, func(id inbox.IdentityID, c inbox.Claim) {
		of[id].was[claimID{c.Field, c.Source}] = c
	}); err != nil {
		return err
	}
	return eachConsent(ctx, d.tx, list, func(id inbox.IdentityID, c inbox.Consent) {
		of[id].consents = append(of[id].consents, c)
	})
}

func eachClaim(ctx context.Context, q querier, of []inbox.IdentityID, do func(inbox.IdentityID, inbox.Claim)) error {
	b := &pgx.Batch{}
	askClaims(b, of, do)
	if err := q.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("load claims: %w", err)
	}
	return nil
}

func askClaims(b *pgx.Batch, of []inbox.IdentityID, do func(inbox.IdentityID, inbox.Claim)) {
	var id inbox.IdentityID
	var c inbox.Claim
	ask(b, `
		SELECT identity_id, field, source, value, key, proof, at FROM claims
		WHERE identity_id = ANY($1) ORDER BY identity_id, field, source`, ids(of),
		[]any{&id, &c.Field, &c.Source, &c.Value, &c.Key, &c.Proof, &c.At}, func() {
			c.At = c.At.UTC()
			do(id, c)
		})
}

func eachConsent(ctx context.Context, q querier, of []inbox.IdentityID, do func(inbox.IdentityID, inbox.Consent)) error {
	rows, err := q.Query(ctx, `
		SELECT identity_id, purpose, source, granted, at FROM consents
		WHERE identity_id = ANY($1) ORDER BY identity_id, purpose, source`, ids(of))
	if err != nil {
		return fmt.Errorf("load consents: %w", err)
	}
	var id inbox.IdentityID
	var c inbox.Consent
	if _, err := pgx.ForEachRow(rows, []any{&id, &c.Purpose, &c.Source, &c.Granted, &c.At}, func() error {
		c.At = c.At.UTC()
		do(id, c)
		return nil
	}); err != nil {
		return fmt.Errorf("load consents: %w", err)
	}
	return nil
}

// change brings a known identity up to date and reports whether it was not.
func (d *delivery) change(s *subject) bool {
	changed := s.seen.proof > s.Proof
	s.Proof = max(s.Proof, s.seen.proof)
	if s.was == nil {
		return changed
	}
	s.claims = maps.Clone(s.was)
	for _, r := range s.seen.items {
		s.claims.hear(r)
	}
	if !sameClaims(s.was, s.claims) {
		changed = true
		d.name(s)
	}
	s.heard = newConsents(s.consents, s.seen.items)
	return changed || len(s.heard) > 0
}

func sameClaims(a, b claimSet) bool {
	return maps.EqualFunc(a, b, func(x, y inbox.Claim) bool {
		return x.Value == y.Value && x.Key == y.Key && x.Proof == y.Proof && x.At.Equal(y.At)
	})
}

// newConsents are those of items that are newer than the ones that are known;
// of two of one instant it is the no.
func newConsents(known []inbox.Consent, items []*inbox.Received) []inbox.Consent {
	type word struct{ purpose, source string }
	now, changed := map[word]inbox.Consent{}, map[word]bool{}
	for _, c := range known {
		now[word{c.Purpose, c.Source}] = c
	}
	for _, r := range items {
		for _, c := range r.Consents {
			id := word{c.Purpose, c.Source}
			c.At = stored(c.At)
			if old, ok := now[id]; !ok || c.At.After(old.At) || c.At.Equal(old.At) && old.Granted && !c.Granted {
				now[id], changed[id] = c, true
			}
		}
	}
	var list []inbox.Consent
	for id := range changed {
		list = append(list, now[id])
	}
	return list
}

// lockOld locks the keys that an identity had and may no longer have: what
// follows from that for others is decided under these locks, too.
func (d *delivery) lockOld(ctx context.Context, subjects []*subject) error {
	set := map[inbox.Key]bool{}
	for _, s := range subjects {
		if s.was == nil {
			continue
		}
		now := s.claims.keys()
		for ref, proof := range s.was.keys() {
			if proof >= inbox.Proven && (now[ref] != proof || s.was.birthday() != s.claims.birthday()) {
				set[inbox.IdentityKey(ref)] = true
			}
		}
	}
	if len(set) == 0 {
		return nil
	}
	return lockKeys(ctx, d.tx, set)
}

func (d *delivery) writeSubjects(ctx context.Context, subjects []*subject) error {
	b := &pgx.Batch{}
	for _, s := range subjects {
		b.Queue(`UPDATE identities SET proof = $2, name = $3, locale = $4 WHERE id = $1`, s.ID, s.Proof, s.Name, s.locale)
		queueClaims(b, s.ID, s.was, s.claims)
		for _, c := range s.heard {
			queueConsent(b, s.ID, c)
		}
		if s.claims != nil && !sameClaims(s.was, s.claims) {
			queueHint(b, s.ID)
		}
	}
	if err := d.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("write identities: %w", err)
	}
	return nil
}

func queueClaims(b *pgx.Batch, of inbox.IdentityID, was, now claimSet) {
	for id := range was {
		if _, ok := now[id]; !ok && now != nil {
			b.Queue(`DELETE FROM claims WHERE identity_id = $1 AND field = $2 AND source = $3`, of, string(id.field), string(id.source))
		}
	}
	for id, c := range now {
		if old, ok := was[id]; ok && sameClaims(claimSet{id: old}, claimSet{id: c}) {
			continue
		}
		b.Queue(`
			INSERT INTO claims (identity_id, field, source, value, key, proof, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (identity_id, field, source) DO UPDATE SET value = EXCLUDED.value, key = EXCLUDED.key,
				proof = EXCLUDED.proof, at = EXCLUDED.at`,
			of, string(id.field), string(id.source), c.Value, c.Key, c.Proof, c.At)
	}
}

func queueConsent(b *pgx.Batch, of inbox.IdentityID, c inbox.Consent) {
	b.Queue(`
		INSERT INTO consents (identity_id, purpose, source, granted, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (identity_id, purpose, source) DO UPDATE SET granted = EXCLUDED.granted, at = EXCLUDED.at`,
		of, c.Purpose, c.Source, c.Granted, c.At)
}

// queueHint has an identity's hints made anew. The row is locked where it is
// there already: a follower that took it meanwhile would read the claims of
// before, and be done.
func queueHint(b *pgx.Batch, of inbox.IdentityID) {
	b.Queue(`INSERT INTO hints_pending (identity_id) VALUES ($1) ON CONFLICT (identity_id) DO UPDATE SET identity_id = EXCLUDED.identity_id`, of)
}

// provenKeys are the addresses that an identity has proven, its own included.
func provenKeys(ref inbox.IdentityRef, proof inbox.Proof, claims claimSet) map[inbox.IdentityRef]inbox.Proof {
	held := claims.keys()
	if ref.Joins() {
		held[ref] = max(held[ref], proof)
	}
	maps.DeleteFunc(held, func(_ inbox.IdentityRef, p inbox.Proof) bool { return p < inbox.Proven })
	return held
}

// dirtyKeys are the keys whose holders may be joined otherwise, now that a
// subject is as it is.
func (d *delivery) dirtyKeys(s *subject) (dirty []inbox.IdentityRef) {
	if !s.made && s.claims == nil && s.proven == s.Proof {
		return nil
	}
	was, now := provenKeys(s.ref, s.proven, s.was), provenKeys(s.ref, s.Proof, s.claims)
	born := s.was.birthday() != s.claims.birthday()
	for ref, proof := range now {
		if (born || was[ref] != proof) && !d.rules.Blocked(ref) {
			dirty = append(dirty, ref)
		}
	}
	for ref := range was {
		if _, ok := now[ref]; !ok {
			dirty = append(dirty, ref)
		}
	}
	return dirty
}
