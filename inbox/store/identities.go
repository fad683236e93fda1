package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// identitiesOf lists whom an item is about.
func identitiesOf(r *inbox.Received) []inbox.IdentityRef {
	switch {
	case r.Message != nil:
		return []inbox.IdentityRef{r.Message.Identity}
	case r.Order != nil && r.Order.Buyer.Key != "":
		return []inbox.IdentityRef{r.Order.Buyer}
	case r.Cart != nil:
		return []inbox.IdentityRef{r.Cart.Who}
	case r.Track != nil:
		return []inbox.IdentityRef{r.Track.Who}
	case r.Customer != nil:
		return []inbox.IdentityRef{r.Customer.Identity}
	}
	return nil
}

// seen is what items say of an identity.
type seen struct {
	value string
	proof inbox.Proof
	at    time.Time
	items []*inbox.Received
	by    []string // accounts of shops that told of it
}

func seenIn(r *inbox.Received) seen {
	s := seen{items: []*inbox.Received{r}}
	switch {
	case r.Message != nil:
		m := r.Message
		s.value, s.proof, s.at = m.Person.Address, m.Proof, m.CreatedAt
		if m.Direction == inbox.Out || m.Spam {
			s.proof = inbox.Inferred // says nothing of whom it was sent to
		}
	case r.Order != nil:
		s.value, s.at = buyerIn(r.Order), r.Order.PlacedAt
		if r.Order.Buyer.Kind == inbox.ShopAccount {
			s.proof = r.Proof
		}
	case r.Cart != nil:
		s.value, s.at = cmp.Or(r.Cart.Email, r.Cart.Who.Key), r.Cart.UpdatedAt
	case r.Track != nil:
		s.value, s.proof, s.at = r.Track.Person.Address, r.Track.Proof, r.Track.At
	case r.Customer != nil:
		s.value, s.proof, s.at = r.Customer.Identity.Key, r.Customer.Proof, r.Customer.UpdatedAt
	}
	if s.at.IsZero() {
		s.at = time.Now()
	}
	if r.Message == nil { // of whom people are themselves, their conversation tells
		s.by = []string{string(r.Account)}
	}
	return s
}

func (s *seen) add(next seen) {
	s.proof = max(s.proof, next.proof)
	s.items, s.by = append(s.items, next.items...), append(s.by, next.by...)
}

// A subject is an identity that a batch is about, as it was and as it becomes.
type subject struct {
	inbox.Identity
	ref    inbox.IdentityRef
	locale string
	made   bool // by this batch
	seen   seen

	claims claimSet // nil: not looked at, and unchanged
	was    claimSet
	proven inbox.Proof // as it was before
	toldBy []string    // accounts of shops that told of it before

	consents []inbox.Consent // known
	heard    []inbox.Consent // new
}

// loadIdentities finds or makes the identity of every item, each with a
// customer of its own, notes what is said of them, and brings customers in line
// with that. The keys are locked: nobody else makes them meanwhile.
//
// The identities that decisions see keep the proof of before: what a message
// brings itself can't vouch for it.
func (d *delivery) loadIdentities(ctx context.Context, batch []inbox.Received) error {
	d.identities = map[inbox.IdentityRef]inbox.Identity{}
	d.persons = map[inbox.IdentityRef]inbox.Person{}
	d.roster = newRoster(d.tx, &d.rules)
	var subjects []*subject
	at := map[inbox.IdentityRef]*subject{}
	for i := range batch {
		for _, ref := range identitiesOf(&batch[i]) {
			s := seenIn(&batch[i])
			if old := at[ref]; old != nil {
				old.seen.add(s)
				continue
			}
			at[ref] = &subject{ref: ref, made: true, seen: s}
			subjects = append(subjects, at[ref])
		}
	}
	if len(subjects) == 0 {
		return nil
	}
	if err := d.findIdentities(ctx, subjects, at); err != nil {
		return err
	}
	if err := d.hear(ctx, subjects); err != nil {
		return err
	}
	if err := d.noteTellers(ctx, subjects); err != nil {
		return err
	}
	if err := d.makeIdentities(ctx, subjects); err != nil {
		return err
	}
	moved, err := d.settleDirty(ctx, subjects)
	if err != nil {
		return err
	}
	for _, s := range subjects {
		if to, ok := moved[s.ID]; ok {
			s.CustomerID = to
			i := d.identities[s.ref]
			i.CustomerID = to
			d.identities[s.ref] = i
		}
	}
	if err := d.roster.write(ctx); err != nil {
		return err
	}
	for _, s := range subjects {
		p := d.persons[s.ref]
		p.CustomerID, p.IdentityID, p.Address, p.Proof, p.Blocked = s.CustomerID, s.ID, s.Value, s.Proof, s.Blocked
		if c := d.roster.after[s.CustomerID]; c != nil {
			p.Name, p.CustomerVersion = c.Name, c.Version
		}
		if p.Name == "" {
			p.Name = s.Shown()
		}
		d.persons[s.ref] = p
	}
	return nil
}

// findIdentities reads those that are there and locks them, so that nobody
// moves them to another customer before what is said under them is announced.
func (d *delivery) findIdentities(ctx context.Context, subjects []*subject, at map[inbox.IdentityRef]*subject) error {
	kinds, keys := make([]string, len(subjects)), make([]string, len(subjects))
	for i, s := range subjects {
		kinds[i], keys[i] = string(s.ref.Kind), s.ref.Key
	}
	b := &pgx.Batch{}
	b.Queue(`
		SELECT i.id, i.customer_id, i.kind, i.key, i.value, i.name, i.proof, i.blocked_at IS NOT NULL, i.locale, i.told_by
		FROM unnest($1::text[], $2::text[]) AS n(kind, key)
		JOIN identities i ON i.kind = n.kind AND i.key = n.key ORDER BY i.id FOR SHARE OF i`, kinds, keys).
		Query(func(rows pgx.Rows) error {
			var i inbox.Identity
			var key, locale string
			var toldBy []string
			_, err := pgx.ForEachRow(rows, []any{&i.ID, &i.CustomerID, &i.Kind, &key, &i.Value, &i.Name, &i.Proof, &i.Blocked, &locale, &toldBy}, func() error {
				s := at[inbox.IdentityRef{Kind: i.Kind, Key: key}]
				s.Identity, s.locale, s.made, s.toldBy = i, locale, false, slices.Clone(toldBy)
				d.identities[s.ref] = i
				return nil
			})
			return err
		})
	// By a statement of its own: what it joins is read when the lock is held.
	b.Queue(`
		SELECT i.kind, i.key, k.name, k.version
		FROM unnest($1::text[], $2::text[]) AS n(kind, key)
		JOIN identities i ON i.kind = n.kind AND i.key = n.key
		JOIN customers k ON k.id = i.customer_id`, kinds, keys).
		Query(func(rows pgx.Rows) error {
			var ref inbox.IdentityRef
			var p inbox.Person
			_, err := pgx.ForEachRow(rows, []any{&ref.Kind, &ref.Key, &p.Name, &p.CustomerVersion}, func() error {
				d.persons[ref] = p
				return nil
			})
			return err
		})
	if err := d.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("load identities: %w", err)
	}
	return nil
}

// tellers are the accounts that tell of s and did not before.
func (s *subject) tellers() []string {
	list := []string{}
	for _, a := range s.seen.by {
		if !slices.Contains(s.toldBy, a) && !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	return list
}

// noteTellers notes who tells of those that are there: the first time alone.
func (d *delivery) noteTellers(ctx context.Context, subjects []*subject) error {
	b := &pgx.Batch{}
	for _, s := range subjects {
		if list := s.tellers(); !s.made && len(list) > 0 {
			b.Queue(`UPDATE identities SET told_by = told_by || $2 WHERE id = $1`, s.ID, list)
		}
	}
	if b.Len() == 0 {
		return nil
	}
	if err := d.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("note who tells of identities: %w", err)
	}
	return nil
}

// makeIdentities writes those that were not there. Each gets a customer, even a
// visitor of whom nobody knows anything: what they looked at is theirs when they
// write or say who they are. Until then nothing leads to them: there is no list of
// customers but of those who spoke, who bought, or who may be one of these by what
// they claim.
func (d *delivery) makeIdentities(ctx context.Context, subjects []*subject) error {
	var customers, identities, claims, consents, hints [][]any
	for _, s := range subjects {
		if !s.made {
			continue
		}
		customers = append(customers, []any{uid(s.CustomerID), s.Name, s.seen.at})
		identities = append(identities, []any{uid(s.ID), uid(s.CustomerID), uid(s.CustomerID), string(s.Kind), s.ref.Key, s.Value,
			s.Name, int16(s.Proof), s.locale, s.seen.at, s.tellers()})
		claims = append(claims, s.claims.rows(s.ID)...)
		for _, c := range newConsents(nil, s.seen.items) {
			consents = append(consents, []any{uid(s.ID), c.Purpose, c.Source, c.Granted, c.At})
		}
		if s.ref.Kind != inbox.ChatVisitor || len(s.claims) > 0 {
			hints = append(hints, []any{uid(s.ID)})
		}
		d.identities[s.ref] = s.Identity
		d.persons[s.ref] = inbox.Person{Name: s.Name, CustomerVersion: 1}
		d.roster.made[s.CustomerID] = true
	}
	if len(customers) == 0 {
		return nil
	}
	return d.copyAll(ctx, []table{
		{"customers", []string{"id", "name", "created_at"}, customers},
		{"identities", []string{"id", "customer_id", "born_id", "kind", "key", "value", "name", "proof", "locale", "created_at", "told_by"}, identities},
		{"claims", []string{"identity_id", "field", "source", "value", "key", "proof", "at"}, claims},
		{"consents", []string{"identity_id", "purpose", "source", "granted", "at"}, consents},
		{"hints_pending", []string{"identity_id"}, hints},
	})
}

// tellOfCustomers lists the customers that have changed, and the conversations
// whose orders changed with them. It is called when everything is stored: who
// may see a customer follows from that.
func (d *delivery) tellOfCustomers(ctx context.Context) error {
	if d.roster == nil {
		return nil
	}
	changes, err := d.roster.changes(ctx)
	if err != nil {
		return err
	}
	more, err := d.roster.relinkMoved(ctx)
	if err != nil {
		return err
	}
	merges, err := d.roster.mergeNews(ctx)
	if err != nil {
		return err
	}
	for _, ch := range slices.Concat(changes, more, merges) {
		d.add(ch, inbox.Actor{Kind: inbox.BySystem})
	}
	return nil
}
