package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// A cluster is evidence while it is read.
type cluster struct {
	inbox.ClusterEvidence
	rules *inbox.Rules
	nodes map[inbox.IdentityID]*inbox.Node
	edges map[inbox.EdgeID]bool
	keys  map[inbox.IdentityRef]bool // looked at
}

// readCluster reads everything that bears on the seeds and on who holds the
// keys: whatever is joined to it, or has proven an unshared key of it, in turn.
func readCluster(ctx context.Context, q querier, rules *inbox.Rules, seeds []inbox.IdentityID, keys []inbox.IdentityRef) (*inbox.ClusterEvidence, error) {
	c := &cluster{
		ClusterEvidence: inbox.ClusterEvidence{Policies: map[inbox.IdentityRef]inbox.KeyPolicy{}},
		rules:           rules, nodes: map[inbox.IdentityID]*inbox.Node{}, edges: map[inbox.EdgeID]bool{}, keys: map[inbox.IdentityRef]bool{},
	}
	next := seeds
	for len(next) > 0 || len(keys) > 0 {
		fresh, err := c.loadNodes(ctx, q, next)
		if err != nil {
			return nil, err
		}
		for _, n := range fresh {
			for _, k := range n.Keys {
				if k.Proof >= inbox.Proven && k.Joins() {
					keys = append(keys, k.IdentityRef)
				}
			}
		}
		linked, err := c.loadEdges(ctx, q, fresh, keys)
		if err != nil {
			return nil, err
		}
		holders, err := c.loadHolders(ctx, q, keys)
		if err != nil {
			return nil, err
		}
		keys = nil
		next = slices.DeleteFunc(append(linked, holders...), func(id inbox.IdentityID) bool { return c.nodes[id] != nil })
		slices.Sort(next)
		next = slices.Compact(next)
		if len(c.nodes)+len(next) > maxCluster {
			return nil, errCluster
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.nodes)) {
		c.Nodes = append(c.Nodes, *c.nodes[id])
	}
	return &c.ClusterEvidence, c.loadRefusals(ctx, q)
}

// loadNodes reads identities as the rules see them.
func (c *cluster) loadNodes(ctx context.Context, q querier, of []inbox.IdentityID) ([]*inbox.Node, error) {
	if len(of) == 0 {
		return nil, nil
	}
	list, err := readNodes(ctx, q, of)
	if err != nil {
		return nil, err
	}
	for _, n := range list {
		c.nodes[n.ID] = n
	}
	return list, nil
}

func readNodes(ctx context.Context, q querier, of []inbox.IdentityID) ([]*inbox.Node, error) {
	rows, err := q.Query(ctx, `SELECT id, customer_id, born_id, kind, key, proof FROM identities WHERE id = ANY($1) ORDER BY id`, ids(of))
	if err != nil {
		return nil, fmt.Errorf("read identities: %w", err)
	}
	list := make([]*inbox.Node, 0, len(of))
	at := map[inbox.IdentityID]*inbox.Node{}
	var n inbox.Node
	var own inbox.HeldKey
	if _, err := pgx.ForEachRow(rows, []any{&n.ID, &n.Customer, &n.Born, &own.Kind, &own.Key, &own.Proof}, func() error {
		one := n
		one.Keys = []inbox.HeldKey{own}
		if own.Kind == inbox.ShopAccount {
			one.Store = inbox.StoreOf(own.Key)
		}
		list, at[n.ID] = append(list, &one), &one
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read identities: %w", err)
	}
	claims := map[inbox.IdentityID]claimSet{}
	if err := eachClaim(ctx, q, of, func(id inbox.IdentityID, c inbox.Claim) {
		if claims[id] == nil {
			claims[id] = claimSet{}
		}
		claims[id][claimID{c.Field, c.Source}] = c
	}); err != nil {
		return nil, err
	}
	for id, set := range claims {
		n := at[id]
		n.Birthday = set.birthday()
		for ref, proof := range set.keys() {
			n.Keys = append(n.Keys, inbox.HeldKey{IdentityRef: ref, Proof: proof})
		}
	}
	return list, nil
}

// loadEdges reads the edges that stand at nodes or by keys, and returns their
// other ends.
func (c *cluster) loadEdges(ctx context.Context, q querier, nodes []*inbox.Node, keys []inbox.IdentityRef) ([]inbox.IdentityID, error) {
	of := make([]string, len(nodes))
	for i, n := range nodes {
		of[i] = string(n.ID)
	}
	kinds, values := splitRefs(keys)
	rows, err := q.Query(ctx, `
		SELECT id, a, b, automatic, key_kind, key FROM identity_edges WHERE revoked_at IS NULL AND a = ANY($1)
		UNION SELECT id, a, b, automatic, key_kind, key FROM identity_edges WHERE revoked_at IS NULL AND b = ANY($1)
		UNION SELECT e.id, e.a, e.b, e.automatic, e.key_kind, e.key FROM unnest($2::text[], $3::text[]) AS n(kind, key)
			JOIN identity_edges e ON e.key_kind = n.kind AND e.key = n.key AND e.revoked_at IS NULL AND e.automatic
		ORDER BY 1`, of, kinds, values)
	if err != nil {
		return nil, fmt.Errorf("read edges: %w", err)
	}
	var e inbox.Edge
	var ends []inbox.IdentityID
	if _, err := pgx.ForEachRow(rows, []any{&e.ID, &e.A, &e.B, &e.Automatic, &e.Key.Kind, &e.Key.Key}, func() error {
		if !c.edges[e.ID] {
			c.edges[e.ID] = true
			c.Edges = append(c.Edges, e)
			ends = append(ends, e.A, e.B)
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read edges: %w", err)
	}
	return ends, nil
}

func splitRefs(refs []inbox.IdentityRef) (kinds, keys []string) {
	kinds, keys = make([]string, len(refs)), make([]string, len(refs))
	for i, ref := range refs {
		kinds[i], keys[i] = string(ref.Kind), ref.Key
	}
	return kinds, keys
}

// loadHolders reads who has proven keys that may be one person's. Of a key that
// is several people's nobody is returned: it joins nobody.
func (c *cluster) loadHolders(ctx context.Context, q querier, keys []inbox.IdentityRef) (holders []inbox.IdentityID, err error) {
	var ask []inbox.IdentityRef
	for _, ref := range keys {
		if !c.keys[ref] && !c.rules.Blocked(ref) {
			ask = append(ask, ref)
		}
		c.keys[ref] = true
	}
	if len(ask) == 0 {
		return nil, nil
	}
	if err := c.loadPolicies(ctx, q, ask); err != nil {
		return nil, err
	}
	ask = slices.DeleteFunc(ask, func(ref inbox.IdentityRef) bool {
		return c.Policies[ref] == inbox.KeyBlocked || c.Policies[ref] == inbox.KeyShared
	})
	found, err := readHolders(ctx, q, ask)
	if err != nil {
		return nil, err
	}
	var several []inbox.IdentityID
	for ref, list := range found {
		switch {
		case len(list) > maxHolders:
			c.Policies[ref] = inbox.KeyShared
		case c.Policies[ref] != inbox.KeyPersonal:
			several = append(several, list...)
		}
	}
	shared, err := countShared(ctx, q, c.rules, several)
	if err != nil {
		return nil, err
	}
	for _, ref := range shared {
		// Of another key of theirs not all holders are known here.
		if _, ok := found[ref]; ok && c.Policies[ref] == "" {
			c.Policies[ref] = inbox.KeyShared
		}
	}
	for ref, list := range found {
		if c.Policies[ref] != inbox.KeyShared {
			holders = append(holders, list...)
		}
	}
	return holders, nil
}

// countShared returns which keys the holders show to be several people's.
func countShared(ctx context.Context, q querier, rules *inbox.Rules, holders []inbox.IdentityID) ([]inbox.IdentityRef, error) {
	slices.Sort(holders)
	holders = slices.Compact(holders)
	if len(holders) < 2 {
		return nil, nil
	}
	nodes, err := readNodes(ctx, q, holders)
	if err != nil {
		return nil, err
	}
	list := make([]inbox.Node, len(nodes))
	for i, n := range nodes {
		list[i] = *n
	}
	return rules.Shared(list), nil
}

func (c *cluster) loadPolicies(ctx context.Context, q querier, keys []inbox.IdentityRef) error {
	kinds, values := splitRefs(keys)
	rows, err := q.Query(ctx, `
		SELECT p.kind, p.key, p.policy FROM unnest($1::text[], $2::text[]) AS n(kind, key)
		JOIN key_policies p ON p.kind = n.kind AND p.key = n.key`, kinds, values)
	if err != nil {
		return fmt.Errorf("read policies: %w", err)
	}
	var ref inbox.IdentityRef
	var p inbox.KeyPolicy
	if _, err := pgx.ForEachRow(rows, []any{&ref.Kind, &ref.Key, &p}, func() error {
		c.Policies[ref] = p
		return nil
	}); err != nil {
		return fmt.Errorf("read policies: %w", err)
	}
	return nil
}

// readHolders reads who has proven each key, up to one more than [maxHolders].
func readHolders(ctx context.Context, q querier, keys []inbox.IdentityRef) (map[inbox.IdentityRef][]inbox.IdentityID, error) {
	found := map[inbox.IdentityRef][]inbox.IdentityID{}
	if len(keys) == 0 {
		return found, nil
	}
	kinds, values := splitRefs(keys)
	rows, err := q.Query(ctx, `
		SELECT n.kind, n.key, h.id FROM unnest($1::text[], $2::text[]) AS n(kind, key) CROSS JOIN LATERAL (
			(SELECT i.id FROM identities i WHERE i.kind = n.kind AND i.key = n.key AND i.proof >= $3)
			UNION ALL
			(SELECT c.identity_id FROM claims c WHERE c.field = n.kind AND c.key = n.key AND c.key <> '' AND c.proof >= $3 LIMIT $4)) h
		ORDER BY n.kind, n.key, h.id`, kinds, values, int16(inbox.Proven), 2*maxHolders+2)
	if err != nil {
		return nil, fmt.Errorf("read holders: %w", err)
	}
	var ref inbox.IdentityRef
	var id inbox.IdentityID
	if _, err := pgx.ForEachRow(rows, []any{&ref.Kind, &ref.Key, &id}, func() error {
		if list := found[ref]; len(list) == 0 || list[len(list)-1] != id {
			found[ref] = append(list, id)
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read holders: %w", err)
	}
	return found, nil
}

// loadRefusals reads what keeps the nodes apart for good.
func (c *cluster) loadRefusals(ctx context.Context, q querier) error {
	rows, err := q.Query(ctx, `
		SELECT a, b FROM identity_refusals WHERE revoked_at IS NULL AND until IS NULL AND a = ANY($1) AND b = ANY($1) ORDER BY a, b`,
		keysOf(c.nodes))
	if err != nil {
		return fmt.Errorf("read refusals: %w", err)
	}
	if c.Refusals, err = pgx.CollectRows(rows, pgx.RowToStructByPos[inbox.Refusal]); err != nil {
		return fmt.Errorf("read refusals: %w", err)
	}
	return nil
}
