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
	rows, err := q.Query(ctx, `SELECT id, kind, key, name FROM identities WHERE id = ANY($1)`, ids(of))
	if err != nil {
		return nil, fmt.Errorf("read identities: %w", err)
	}
	found := map[inbox.IdentityID]inbox.Known{}
	var id inbox.IdentityID
	var ref inbox.IdentityRef
	var name string
	if _, err := pgx.ForEachRow(rows, []any{&id, &ref.Kind, &ref.Key, &name}, func() error {
		found[id] = inbox.Known{Refs: []inbox.IdentityRef{ref}, Name: name}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read identities: %w", err)
	}
	err = eachClaim(ctx, q, of, func(id inbox.IdentityID, c inbox.Claim) {
		k := found[id]
		k.Claims = append(k.Claims, c)
		found[id] = k
	})
	return found, err
}

// Matches returns who may be the same person as a customer, the likeliest first,
// as of now: nobody of whom an agent said no, or not now, and nobody whom the
// reader may not see. It looks at what the hints of [Store.IndexHints] give.
func (s *Store) Matches(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID, now time.Time) ([]inbox.Match, error) {
	list, err := s.matches(ctx, rights, id, now)
	if err != nil {
		return nil, fmt.Errorf("matches of %s: %w", id, err)
	}
	return list, nil
}

func (s *Store) matches(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID, now time.Time) ([]inbox.Match, error) {
	id, err := known(ctx, s.pool, rights, id)
	if err != nil {
		return nil, err
	}
	own, err := identitiesIn(ctx, s.pool, id)
	if err != nil {
		return nil, err
	}
	mine, err := readKnown(ctx, s.pool, own)
	if err != nil {
		return nil, err
	}
	candidates, err := s.candidates(ctx, rights, id, own, mine, now)
	if err != nil || len(candidates) == 0 {
		return []inbox.Match{}, err
	}
	var theirs []inbox.IdentityID
	of := make(map[inbox.CustomerID][]inbox.IdentityID, len(candidates))
	for _, c := range candidates {
		theirs, of[c.id] = append(theirs, c.identities...), c.identities
	}
	others, err := readKnown(ctx, s.pool, theirs)
	if err != nil {
		return nil, err
	}
	self := together(own, mine)
	list := []inbox.Match{}
	for _, c := range candidates {
		m := inbox.Match{Customer: inbox.Customer{ID: c.id}}
		if m.Score, m.Reasons = s.rules.Score(self, together(c.identities, others)); m.Score <= 0 {
			continue
		}
		m.Reasons = orEmpty(m.Reasons)
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b inbox.Match) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Customer.ID, b.Customer.ID))
	})
	list = list[:min(len(list), maxMatches)]
	var whole []inbox.CustomerID
	for _, m := range list {
		whole = append(whole, m.Customer.ID)
	}
	found, err := readCustomers(ctx, s.pool, &s.rules, whole)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(m inbox.Match) bool { return found[m.Customer.ID] == nil })
	for i := range list {
		m := &list[i]
		m.A, m.B = s.closest(own, mine, of[m.Customer.ID], others)
		m.Customer = *found[m.Customer.ID]
	}
	return list, nil
}

// closest is the pair of identities that is likeliest one person's.
func (s *Store) closest(own []inbox.IdentityID, mine map[inbox.IdentityID]inbox.Known, with []inbox.IdentityID, theirs map[inbox.IdentityID]inbox.Known) (a, b inbox.IdentityID) {
	best := -1.0
	for _, x := range own {
		for _, y := range with {
			if score, _ := s.rules.Score(mine[x], theirs[y]); score > best {
				best, a, b = score, x, y
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

// A candidate is a customer who shares a hint.
type candidate struct {
	id         inbox.CustomerID
	identities []inbox.IdentityID
}

// candidates are those who share the most hints with a customer.
func (s *Store) candidates(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID, own []inbox.IdentityID, mine map[inbox.IdentityID]inbox.Known, now time.Time) ([]candidate, error) {
	var hints []string
	for _, k := range mine {
		hints = append(hints, s.rules.Hints(k)...)
	}
	rows, err := s.pool.Query(ctx, `
		WITH sharing AS (
			SELECT n.hint, o.identity_id, count(*) OVER (PARTITION BY n.hint) AS size
			FROM unnest(@hints::text[]) AS n(hint) CROSS JOIN LATERAL (
				SELECT h.identity_id FROM identity_hints h WHERE h.hint = n.hint LIMIT @sharing + 1) o
		), candidate AS (
			SELECT i.customer_id AS id, count(DISTINCT s.hint) AS n FROM sharing s JOIN identities i ON i.id = s.identity_id
			WHERE s.size <= @sharing AND i.customer_id <> @id
			GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT @most
		)
		SELECT k.id, i.id FROM candidate d JOIN (SELECT k.id FROM customers k) k ON k.id = d.id JOIN identities i ON i.customer_id = k.id
		WHERE NOT EXISTS (
			SELECT FROM identity_refusals r JOIN identities x ON x.id = CASE WHEN r.a = ANY(@own::uuid[]) THEN r.b ELSE r.a END
			WHERE r.revoked_at IS NULL AND (r.until IS NULL OR r.until > @now)
				AND (r.a = ANY(@own::uuid[]) OR r.b = ANY(@own::uuid[])) AND x.customer_id = k.id)
		ORDER BY d.n DESC, k.id, i.id`,
		pgx.NamedArgs{"hints": distinct(hints), "sharing": maxSharing, "id": id, "most": maxCandidates, "own": ids(own), "now": now})
	if err != nil {
		return nil, fmt.Errorf("look for candidates: %w", err)
	}
	var list []candidate
	var customer inbox.CustomerID
	var identity inbox.IdentityID
	if _, err := pgx.ForEachRow(rows, []any{&customer, &identity}, func() error {
		if n := len(list); n == 0 || list[n-1].id != customer {
			list = append(list, candidate{id: customer})
		}
		c := &list[len(list)-1]
		c.identities = append(c.identities, identity)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("look for candidates: %w", err)
	}
	return s.onlyVisible(ctx, rights, list)
}

func (s *Store) onlyVisible(ctx context.Context, rights *inbox.Rights, list []candidate) ([]candidate, error) {
	if len(list) == 0 {
		return nil, nil
	}
	of := make([]inbox.CustomerID, len(list))
	for i, c := range list {
		of[i] = c.id
	}
	seen, err := column[inbox.CustomerID](ctx, s.pool, `SELECT k.id FROM customers k WHERE k.id = ANY($1) AND `+visible,
		ids(of), rights.All, ids(rights.Inboxes))
	if err != nil {
		return nil, fmt.Errorf("look for candidates: %w", err)
	}
	return slices.DeleteFunc(list, func(c candidate) bool { return !slices.Contains(seen, c.id) }), nil
}
