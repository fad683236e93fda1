package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

const (
	// maxHolders is from how many on a key is several people's, whatever an
	// operator says: more are not looked at.
	maxHolders = 1000
	// maxCluster bounds how many identities are looked at together: more than
	// any person has, less than what would hold up everybody else or go into no
	// event.
	maxCluster = 3000
)

var errCluster = &inbox.Error{Code: inbox.TooLarge, Message: "too many identities hang together here to decide about them: say of the keys that many of them have that they are shared"}

// A resolver brings edges and customers in line with the evidence, within a
// transaction. What it looks at is locked, in order of ids, and read again
// under the locks.
type resolver struct {
	tx     pgx.Tx
	rules  *inbox.Rules
	roster *roster
	actor  inbox.Actor

	locked map[inbox.IdentityID]bool
	keys   map[inbox.IdentityRef]bool // locked
}

func newResolver(tx pgx.Tx, r *roster, actor inbox.Actor) *resolver {
	return &resolver{tx: tx, rules: r.rules, roster: r, actor: actor, locked: map[inbox.IdentityID]bool{}, keys: map[inbox.IdentityRef]bool{}}
}

// lock locks everything that bears on the seeds and on who holds the keys, and
// returns it.
func (r *resolver) lock(ctx context.Context, seeds []inbox.IdentityID, keys []inbox.IdentityRef) (*inbox.ClusterEvidence, error) {
	for {
		ev, err := readCluster(ctx, r.tx, r.rules, seeds, keys)
		if err != nil {
			return nil, err
		}
		var more []string
		for _, n := range ev.Nodes {
			if !r.locked[n.ID] {
				r.locked[n.ID] = true
				more = append(more, string(n.ID))
			}
		}
		if len(more) == 0 {
			return ev, nil
		}
		if _, err := r.tx.Exec(ctx, `SELECT FROM identities WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE`, more); err != nil {
			return nil, fmt.Errorf("lock identities: %w", err)
		}
	}
}

// settle lets the rules decide on the seeds and on who holds the keys, writes
// what follows, and returns the identities that have another customer now.
//
// An edge is only made under the lock of its key: whoever comes to hold the key
// takes the lock too, and then looks again.
func (r *resolver) settle(ctx context.Context, seeds []inbox.IdentityID, keys []inbox.IdentityRef) (map[inbox.IdentityID]inbox.CustomerID, error) {
	for {
		ev, err := r.lock(ctx, seeds, keys)
		if err != nil {
			return nil, err
		}
		res := r.rules.Resolve(ev)
		set := map[inbox.Key]bool{}
		for _, e := range res.Add {
			if !r.keys[e.Key] {
				r.keys[e.Key] = true
				set[inbox.IdentityKey(e.Key)] = true
			}
		}
		if len(set) == 0 {
			return r.write(ctx, ev, &res)
		}
		if err := lockKeys(ctx, r.tx, set); err != nil {
			return nil, err
		}
	}
}

// write stores a resolution.
func (r *resolver) write(ctx context.Context, ev *inbox.ClusterEvidence, res *inbox.Resolution) (map[inbox.IdentityID]inbox.CustomerID, error) {
	nodes := make(map[inbox.IdentityID]*inbox.Node, len(ev.Nodes))
	moved := map[inbox.IdentityID]inbox.CustomerID{}
	var customers []inbox.CustomerID
	for i := range ev.Nodes {
		n := &ev.Nodes[i]
		nodes[n.ID] = n
		if to := res.Customers[n.ID]; to != "" && to != n.Customer {
			moved[n.ID] = to
			customers = append(customers, n.Customer, to)
		}
	}
	if err := r.roster.remember(ctx, customers); err != nil {
		return nil, err
	}
	for _, id := range customers {
		r.roster.moving[id] = true
	}
	for _, e := range slices.Concat(res.Add, revoked(ev.Edges, res.Revoke)) {
		r.roster.tie(e)
	}
	b := &pgx.Batch{}
	if len(res.Revoke) > 0 {
		b.Queue(`UPDATE identity_edges SET revoked_at = now(), revoked_kind = $2, revoked_id = $3 WHERE id = ANY($1) AND revoked_at IS NULL`,
			ids(res.Revoke), string(inbox.BySystem), nil)
	}
	for _, e := range res.Add {
		a, z := nodes[e.A], nodes[e.B]
		why := edgeEvidence{ProofA: proofOf(a, e.Key), ProofB: proofOf(z, e.Key)}
		if err := queueEdge(b, e, a, z, why, inbox.Actor{Kind: inbox.BySystem}, time.Now()); err != nil {
			return nil, err
		}
	}
	if len(moved) > 0 {
		who := slices.Sorted(maps.Keys(moved))
		to := make([]string, len(who))
		for i, id := range who {
			to[i] = string(moved[id])
		}
		b.Queue(`
			UPDATE identities i SET customer_id = n.customer_id FROM unnest($1::uuid[], $2::uuid[]) AS n(id, customer_id)
			WHERE i.id = n.id`, ids(who), to)
	}
	if b.Len() == 0 {
		return moved, nil
	}
	if err := r.tx.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("write clusters: %w", err)
	}
	return moved, nil
}

// revoked are the edges with some ids.
func revoked(edges []inbox.Edge, of []inbox.EdgeID) []inbox.Edge {
	return slices.DeleteFunc(slices.Clone(edges), func(e inbox.Edge) bool { return !slices.Contains(of, e.ID) })
}

// edgeEvidence is the column of that name.
type edgeEvidence struct {
	ProofA inbox.Proof `json:"proofA,omitempty"`
	ProofB inbox.Proof `json:"proofB,omitempty"`
	Reason string      `json:"reason,omitempty"` // an agent's own words
}

// edgeBefore is the column of that name: the customers on both sides before it.
type edgeBefore struct {
	A inbox.CustomerID `json:"a"`
	B inbox.CustomerID `json:"b"`
}

func queueEdge(b *pgx.Batch, e inbox.Edge, a, z *inbox.Node, why edgeEvidence, by inbox.Actor, now time.Time) error {
	evidence, err := json.Marshal(why)
	if err != nil {
		return fmt.Errorf("encode evidence: %w", err)
	}
	before, err := json.Marshal(edgeBefore{A: a.Customer, B: z.Customer})
	if err != nil {
		return fmt.Errorf("encode evidence: %w", err)
	}
	b.Queue(`
		INSERT INTO identity_edges (id, a, b, automatic, key_kind, key, evidence, before, actor_kind, actor_id, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		inbox.NewID[inbox.EdgeID](now), e.A, e.B, e.Automatic, string(e.Key.Kind), e.Key.Key, evidence, before, string(by.Kind), null(by.ID), now)
	return nil
}

func proofOf(n *inbox.Node, ref inbox.IdentityRef) (best inbox.Proof) {
	for _, k := range n.Keys {
		if k.IdentityRef == ref {
			best = max(best, k.Proof)
		}
	}
	return best
}

// settleDirty looks again at the identities whose keys have changed and are
// somebody else's too. That is seldom so, and asked by one query.
func (d *delivery) settleDirty(ctx context.Context, subjects []*subject) (map[inbox.IdentityID]inbox.CustomerID, error) {
	var refs []inbox.IdentityRef
	var who []string
	for _, s := range subjects {
		for _, ref := range d.dirtyKeys(s) {
			refs, who = append(refs, ref), append(who, string(s.ID))
		}
	}
	hits, err := heldByOthers(ctx, d.tx, refs, who)
	if err != nil || len(hits) == 0 {
		return nil, err
	}
	var seeds []inbox.IdentityID
	var keys []inbox.IdentityRef
	for i, ref := range refs {
		if hits[ref] {
			seeds, keys = append(seeds, inbox.IdentityID(who[i])), append(keys, ref)
		}
	}
	r := newResolver(d.tx, d.roster, inbox.Actor{Kind: inbox.BySystem})
	moved, err := r.settle(ctx, seeds, keys)
	if inbox.CodeOf(err) == inbox.TooLarge {
		return nil, nil // what is joined stays so: mail is taken in whatever hangs together
	}
	return moved, err
}

// heldByOthers returns the keys that somebody else than who has proven, or that
// join somebody.
func heldByOthers(ctx context.Context, q querier, keys []inbox.IdentityRef, who []string) (map[inbox.IdentityRef]bool, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	kinds, values := splitRefs(keys)
	rows, err := q.Query(ctx, `
		SELECT n.kind, n.key FROM unnest($1::text[], $2::text[], $3::uuid[]) AS n(kind, key, who)
		WHERE EXISTS (SELECT FROM claims c WHERE c.field = n.kind AND c.key = n.key AND c.key <> '' AND c.proof >= $4 AND c.identity_id <> n.who)
			OR EXISTS (SELECT FROM identities i WHERE i.kind = n.kind AND i.key = n.key AND i.proof >= $4 AND i.id <> n.who)
			OR EXISTS (SELECT FROM identity_edges e WHERE e.key_kind = n.kind AND e.key = n.key AND e.revoked_at IS NULL AND e.automatic)`,
		kinds, values, who, int16(inbox.Proven))
	if err != nil {
		return nil, fmt.Errorf("look for holders: %w", err)
	}
	hits := map[inbox.IdentityRef]bool{}
	var ref inbox.IdentityRef
	if _, err := pgx.ForEachRow(rows, []any{&ref.Kind, &ref.Key}, func() error {
		hits[ref] = true
		return nil
	}); err != nil {
		return nil, fmt.Errorf("look for holders: %w", err)
	}
	return hits, nil
}
