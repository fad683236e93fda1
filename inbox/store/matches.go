package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// Bounds of what is looked at for matches of one customer.
const (
	maxSharing    = 50  // who share one hint: with more it says nothing
	maxCandidates = 100 // customers that are scored
	maxMatches    = 5   // that are shown
)

// IndexHints makes the hints of up to limit identities anew of what is known of
// them, and returns how many it took. Several nodes may do so at once.
func (s *Store) IndexHints(ctx context.Context, limit int) (n int, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		taken, err := column[inbox.IdentityID](ctx, tx, `
			DELETE FROM hints_pending WHERE identity_id IN (
				SELECT identity_id FROM hints_pending ORDER BY identity_id LIMIT $1 FOR UPDATE SKIP LOCKED)
			RETURNING identity_id`, limit)
		if n = len(taken); err != nil || n == 0 {
			return err
		}
		known, err := readKnown(ctx, tx, taken)
		if err != nil {
			return err
		}
		var rows [][]any
		for _, id := range slices.Sorted(maps.Keys(known)) {
			for _, hint := range distinct(s.rules.Hints(known[id])) {
				rows = append(rows, []any{hint, uid(id)})
			}
		}
		if _, err := tx.Exec(ctx, `DELETE FROM identity_hints WHERE identity_id = ANY($1)`, ids(taken)); err != nil {
			return err
		}
		_, err = tx.CopyFrom(ctx, pgx.Identifier{"identity_hints"}, []string{"hint", "identity_id"}, pgx.CopyFromRows(rows))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("index hints: %w", err)
	}
	return n, nil
}

func distinct(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// readKnown reads what is known of identities, one by one.
func readKnown(ctx context.Context, q querier, of []inbox.IdentityID) (map[inbox.IdentityID]inbox.Known, error) {
	b, found := &pgx.Batch{}, make(map[inbox.IdentityID]inbox.Known, len(of))
	var id inbox.IdentityID
	var ref inbox.IdentityRef
	var name string
	ask(b, `SELECT id, kind, key, name FROM identities WHERE id = ANY($1)`, ids(of), []any{&id, &ref.Kind, &ref.Key, &name}, func() {
		found[id] = inbox.Known{Refs: []inbox.IdentityRef{ref}, Name: name}
	})
	askKnownClaims(b, of, found)
	if err := q.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("read identities: %w", err)
	}
	return found, nil
}

// askKnownClaims adds to what is known of identities what is claimed of them.
func askKnownClaims(b *pgx.Batch, of []inbox.IdentityID, known map[inbox.IdentityID]inbox.Known) {
	askClaims(b, of, func(id inbox.IdentityID, c inbox.Claim) {
		k := known[id]
		k.Claims = append(k.Claims, c)
		known[id] = k
	})
}

// Matches returns who may be the same person as a customer, the likeliest first,
// as of now: nobody of whom an agent said no, or not now, and nobody whom the
// reader may not see. It looks at what the hints of [Store.IndexHints] give.
func (s *Store) Matches(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID, now time.Time) (list []inbox.Match, err error) {
	err = s.reading(ctx, rights, id, func(r *reading) error {
		rows, err := r.customer(ctx)
		if err != nil {
			return err
		}
		m := matchingOf(r, rows, now)
		b := &pgx.Batch{}
		m.askCandidates(b)
		if err := r.send(ctx, b); err != nil {
			return err
		}
		list, err = m.likeliest(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("matches of %s: %w", id, err)
	}
	return list, nil
}

// A matching looks for who may be the same person as a customer.
type matching struct {
	*reading
	now  time.Time
	own  []inbox.IdentityID
	mine map[inbox.IdentityID]inbox.Known

	candidates []candidate // who share the most hints
	theirs     map[inbox.IdentityID]inbox.Known
}

// A candidate is a customer who shares a hint.
type candidate struct {
	id         inbox.CustomerID
	identities []inbox.IdentityID
}

func matchingOf(r *reading, rows *customerRows, now time.Time) *matching {
	m := &matching{reading: r, now: now}
	m.own, m.mine = rows.known(r.id)
	return m
}

func (m *matching) askCandidates(b *pgx.Batch) {
	var hints []string
	for _, k := range m.mine {
		hints = append(hints, m.rules.Hints(k)...)
	}
	b.Queue(`
		WITH sharing AS (
			SELECT n.hint, o.identity_id, count(*) OVER (PARTITION BY n.hint) AS size
			FROM unnest($1::text[]) AS n(hint) CROSS JOIN LATERAL (
				SELECT h.identity_id FROM identity_hints h WHERE h.hint = n.hint LIMIT $5 + 1) o
		), candidate AS (
			SELECT i.customer_id AS id, count(DISTINCT s.hint) AS n FROM sharing s JOIN identities i ON i.id = s.identity_id
			WHERE s.size <= $5 AND i.customer_id <> $4
			GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $6
		)
		SELECT k.id, i.id, i.kind, i.key, i.name FROM candidate k JOIN identities i ON i.customer_id = k.id
		WHERE `+visible+` AND NOT EXISTS (
			SELECT FROM identity_refusals r JOIN identities x ON x.id = CASE WHEN r.a = ANY($7::uuid[]) THEN r.b ELSE r.a END
			WHERE r.revoked_at IS NULL AND (r.until IS NULL OR r.until > $8)
				AND (r.a = ANY($7::uuid[]) OR r.b = ANY($7::uuid[])) AND x.customer_id = k.id)
		ORDER BY k.n DESC, k.id, i.id`,
		distinct(hints), m.rights.All, ids(m.rights.Inboxes), m.id, maxSharing, maxCandidates, ids(m.own), m.now).
		Query(func(rows pgx.Rows) error {
			var customer inbox.CustomerID
			var identity inbox.IdentityID
			var ref inbox.IdentityRef
			var name string
			m.theirs = map[inbox.IdentityID]inbox.Known{}
			_, err := pgx.ForEachRow(rows, []any{&customer, &identity, &ref.Kind, &ref.Key, &name}, func() error {
				m.theirs[identity] = inbox.Known{Refs: []inbox.IdentityRef{ref}, Name: name}
				if n := len(m.candidates); n == 0 || m.candidates[n-1].id != customer {
					m.candidates = append(m.candidates, candidate{id: customer})
				}
				c := &m.candidates[len(m.candidates)-1]
				c.identities = append(c.identities, identity)
				return nil
			})
			return err
		})
}

// likeliest scores the candidates and reads those whole that are shown.
func (m *matching) likeliest(ctx context.Context) ([]inbox.Match, error) {
	list := []inbox.Match{}
	if len(m.candidates) == 0 {
		return list, nil
	}
	var all []inbox.IdentityID
	of := make(map[inbox.CustomerID][]inbox.IdentityID, len(m.candidates))
	for _, c := range m.candidates {
		all, of[c.id] = append(all, c.identities...), c.identities
	}
	b := &pgx.Batch{}
	askKnownClaims(b, all, m.theirs)
	if err := m.send(ctx, b); err != nil {
		return nil, err
	}
	people := []inbox.Known{together(m.own, m.mine)}
	for _, c := range m.candidates {
		people = append(people, together(c.identities, m.theirs))
	}
	score := m.rules.Score(people)
	for i, c := range m.candidates {
		one := inbox.Match{Customer: inbox.Customer{ID: c.id}}
		if one.Score, one.Reasons = score(0, i+1); one.Score > 0 {
			one.Reasons = orEmpty(one.Reasons)
			list = append(list, one)
		}
	}
	slices.SortFunc(list, func(a, b inbox.Match) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Customer.ID, b.Customer.ID))
	})
	list = list[:min(len(list), maxMatches)]
	if len(list) == 0 {
		return list, nil
	}
	var whole []inbox.CustomerID
	for _, one := range list {
		whole = append(whole, one.Customer.ID)
	}
	found, err := readCustomers(ctx, m.tx, m.rules, whole)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(one inbox.Match) bool { return found[one.Customer.ID] == nil })
	for i := range list {
		one := &list[i]
		one.A, one.B = m.closest(of[one.Customer.ID])
		one.Customer = *found[one.Customer.ID]
	}
	return list, nil
}

// closest is the pair of identities that is likeliest one person's.
func (m *matching) closest(with []inbox.IdentityID) (a, b inbox.IdentityID) {
	var people []inbox.Known
	for _, x := range m.own {
		people = append(people, m.mine[x])
	}
	for _, y := range with {
		people = append(people, m.theirs[y])
	}
	score, best := m.rules.Score(people), -1.0
	for i, x := range m.own {
		for j, y := range with {
			if s, _ := score(i, len(m.own)+j); s > best {
				best, a, b = s, x, y
			}
		}
	}
	return a, b
}

// together is what is known of several identities as of one person.
func together(of []inbox.IdentityID, known map[inbox.IdentityID]inbox.Known) (k inbox.Known) {
	for _, id := range of {
		one := known[id]
		k.Refs, k.Claims = append(k.Refs, one.Refs...), append(k.Claims, one.Claims...)
		if k.Name == "" {
			k.Name = one.Name
		}
	}
	return k
}
