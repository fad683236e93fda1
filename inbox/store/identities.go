package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// identitiesOf lists whom an item is about.
func identitiesOf(r *inbox.Received) []inbox.IdentityRef {
	switch {
	case r.Message != nil:
		return []inbox.IdentityRef{r.Message.Identity}
	case r.Order != nil:
		return []inbox.IdentityRef{r.Order.Buyer}
	case r.Customer != nil:
		return []inbox.IdentityRef{r.Customer.Identity}
	}
	return nil
}

// seen is what an item says of an identity.
type seen struct {
	value, name, locale string
	proof               inbox.Proof
	at                  time.Time
	record              bool // the shop's own word: its name is the one shown
}

func seenIn(r *inbox.Received) seen {
	switch {
	case r.Message != nil:
		m := r.Message
		s := seen{value: m.Person.Address, name: m.Person.Name, proof: m.Proof, at: m.CreatedAt}
		if m.Direction == inbox.Out || m.Spam {
			s.proof = inbox.Inferred // says nothing of whom it was sent to
		}
		return s
	case r.Order != nil:
		return seen{value: r.Order.Email, at: r.Order.PlacedAt}
	case r.Customer != nil:
		c := r.Customer
		return seen{value: c.Email, name: c.Name, locale: c.Locale, at: c.UpdatedAt, record: true}
	}
	return seen{}
}

// loadIdentities finds or makes the identity of every item, each with a
// customer of its own. The keys are locked: nobody else makes them meanwhile.
func (d *delivery) loadIdentities(ctx context.Context, batch []inbox.Received) error {
	d.identities = map[inbox.IdentityRef]inbox.Identity{}
	said := map[inbox.IdentityRef]seen{}
	var kinds, keys []string
	for i := range batch {
		for _, ref := range identitiesOf(&batch[i]) {
			s := seenIn(&batch[i])
			old, ok := said[ref]
			if !ok {
				kinds, keys = append(kinds, string(ref.Kind)), append(keys, ref.Key)
				said[ref] = s
				continue
			}
			said[ref] = old.with(s)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	rows, err := d.tx.Query(ctx, `
		SELECT i.id, i.customer_id, i.kind, i.key, i.value, i.name, i.proof
		FROM unnest($1::text[], $2::text[]) AS n(kind, key)
		JOIN identities i ON i.kind = n.kind AND i.key = n.key`, kinds, keys)
	if err != nil {
		return fmt.Errorf("load identities: %w", err)
	}
	var i inbox.Identity
	var key string
	var better []inbox.IdentityRef
	if _, err := pgx.ForEachRow(rows, []any{&i.ID, &i.CustomerID, &i.Kind, &key, &i.Value, &i.Name, &i.Proof}, func() error {
		ref := inbox.IdentityRef{Kind: i.Kind, Key: key}
		d.identities[ref] = i
		if s := said[ref]; s.proof > i.Proof || s.name != "" && (i.Name == "" || s.record && s.name != i.Name) {
			better = append(better, ref)
		}
		return nil
	}); err != nil {
		return fmt.Errorf("load identities: %w", err)
	}
	if err := d.improveIdentities(ctx, better, said); err != nil {
		return err
	}
	return d.makeIdentities(ctx, said)
}

func (s seen) with(next seen) seen {
	s.proof = max(s.proof, next.proof)
	if s.name == "" || next.record && next.name != "" {
		s.name, s.record = next.name, next.record
	}
	if s.locale == "" {
		s.locale = next.locale
	}
	return s
}

// improveIdentities writes better proof and names. The identities that
// decisions see keep the proof of before: what a message brings itself can't
// vouch for it.
func (d *delivery) improveIdentities(ctx context.Context, refs []inbox.IdentityRef, said map[inbox.IdentityRef]seen) error {
	batch := &pgx.Batch{}
	for _, ref := range refs {
		i, s := d.identities[ref], said[ref]
		batch.Queue(`
			UPDATE identities SET proof = greatest(proof, $2),
				name = CASE WHEN $3 <> '' AND (name = '' OR $4) THEN $3 ELSE name END
			WHERE id = $1`, i.ID, s.proof, s.name, s.record)
		if s.record && s.name != "" {
			batch.Queue(`UPDATE customers SET name = $2, version = version + 1 WHERE id = $1`, i.CustomerID, s.name)
		}
	}
	if err := d.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("improve identities: %w", err)
	}
	return nil
}

func (d *delivery) makeIdentities(ctx context.Context, said map[inbox.IdentityRef]seen) error {
	var customers, identities [][]any
	for ref, s := range said {
		if _, ok := d.identities[ref]; ok {
			continue
		}
		at := s.at
		if at.IsZero() {
			at = time.Now()
		}
		i := inbox.Identity{
			ID: inbox.NewID[inbox.IdentityID](at), CustomerID: inbox.NewID[inbox.CustomerID](at),
			Kind: ref.Kind, Value: s.value, Name: s.name, Proof: s.proof,
		}
		name := ""
		if s.record {
			name = s.name
		}
		customers = append(customers, []any{uid(i.CustomerID), name, at})
		identities = append(identities, []any{uid(i.ID), uid(i.CustomerID), uid(i.CustomerID), string(i.Kind), ref.Key, i.Value, i.Name, int16(i.Proof), s.locale, at})
		d.identities[ref] = i
	}
	if len(customers) == 0 {
		return nil
	}
	if _, err := d.tx.CopyFrom(ctx, pgx.Identifier{"customers"}, []string{"id", "name", "created_at"}, pgx.CopyFromRows(customers)); err != nil {
		return fmt.Errorf("make customers: %w", err)
	}
	if _, err := d.tx.CopyFrom(ctx, pgx.Identifier{"identities"},
		[]string{"id", "customer_id", "born_id", "kind", "key", "value", "name", "proof", "locale", "created_at"},
		pgx.CopyFromRows(identities)); err != nil {
		return fmt.Errorf("make identities: %w", err)
	}
	return nil
}
