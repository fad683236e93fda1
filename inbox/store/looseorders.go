package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// A loose word names an order by an id that may be its number: see
// [inbox.Order.LooseKey]. It is on the one order of its store whose number that
// is, whichever of the two comes first: where there is none an order is made of
// it, which becomes part of the other when that comes. Where there are several
// nobody can tell, and it stays by itself.

// A named is what is known of the id in a loose word.
type named struct {
	stored   bool      // an order has it for its own
	alias    storeID   // an order is known by it
	numbered []storeID // stored orders whose number it is; two are many
}

// resolveLoose puts loose words with the others on their order, where that is
// stored or of this batch.
func (d *delivery) resolveLoose(ctx context.Context, words map[storeID]*wordsOf[*inbox.Order], order []storeID) ([]storeID, error) {
	keys := map[storeID]string{}    // of loose words
	firm := map[storeID][]storeID{} // of this batch, by store and number
	for _, id := range order {
		key, loose := "", true
		for _, w := range words[id].words {
			loose = loose && w.LooseKey != ""
			key = cmp.Or(w.NumberKey, key, w.LooseKey)
		}
		switch at := (storeID{id.store, key}); {
		case loose && key != "":
			keys[id] = key
		case !loose && key != "":
			firm[at] = append(firm[at], id)
		}
	}
	if len(keys) == 0 {
		return order, nil
	}
	found, err := d.findNamed(ctx, keys)
	if err != nil {
		return nil, err
	}
	locks := map[inbox.Key]bool{}
	for id, key := range keys {
		n := found[id]
		to := n.alias
		if to == (storeID{}) {
			all := append(slices.Clone(n.numbered), firm[storeID{id.store, key}]...)
			slices.SortFunc(all, compareStoreIDs)
			if all = slices.Compact(all); n.stored || len(all) != 1 {
				continue
			}
			to = all[0]
			d.aliases = append(d.aliases, alias{id, to})
		}
		from := words[id]
		delete(words, id)
		order = slices.DeleteFunc(order, func(o storeID) bool { return o == id })
		into := words[to]
		if into == nil {
			words[to], order = from, append(order, to)
			locks[inbox.RecordKey("order", to.store, to.id)] = true
			continue
		}
		into.words, into.history = append(into.words, from.words...), into.history && from.history
	}
	if len(locks) == 0 {
		return order, nil
	}
	return order, lockKeys(ctx, d.tx, locks)
}

func compareStoreIDs(a, b storeID) int {
	return cmp.Or(strings.Compare(a.store, b.store), strings.Compare(a.id, b.id))
}

func (d *delivery) findNamed(ctx context.Context, keys map[storeID]string) (map[storeID]*named, error) {
	var stores, externals, numbers []string
	found := make(map[storeID]*named, len(keys))
	for id, key := range keys {
		stores, externals, numbers = append(stores, id.store), append(externals, id.id), append(numbers, key)
		found[id] = &named{}
	}
	rows, err := d.tx.Query(ctx, `
		SELECT n.store, n.external_id,
			EXISTS (SELECT FROM orders o WHERE o.store = n.store AND o.external_id = n.external_id),
			coalesce((SELECT o.external_id FROM order_aliases a JOIN orders o ON o.id = a.order_id
				WHERE a.store = n.store AND a.external_id = n.external_id), ''),
			ARRAY(SELECT o.external_id FROM orders o
				WHERE o.store = n.store AND o.number_key = n.number AND o.number_key <> '' AND o.loose_key = '' LIMIT 2)
		FROM unnest($1::text[], $2::text[], $3::text[]) AS n(store, external_id, number)`, stores, externals, numbers)
	if err != nil {
		return nil, fmt.Errorf("find orders by number: %w", err)
	}
	var id storeID
	var stored bool
	var known string
	var numbered []string
	if _, err := pgx.ForEachRow(rows, []any{&id.store, &id.id, &stored, &known, &numbered}, func() error {
		n := found[id]
		if n.stored = stored; known != "" {
			n.alias = storeID{id.store, known}
		}
		for _, o := range numbered {
			n.numbered = append(n.numbered, storeID{id.store, o})
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("find orders by number: %w", err)
	}
	return found, nil
}

// An alias is another id by which an order is known.
type alias struct{ id, of storeID }

// A replaced order became part of another.
type replaced struct {
	inbox.Order
	into storeID
}

// absorbLoose makes the orders that loose words made part of those whose numbers
// they name, now that the batch's words are taken in. It returns what is to be
// written, and what is no more.
func (d *delivery) absorbLoose(ctx context.Context, changed []*changedOrder, states map[storeID]*inbox.OrderState, words map[storeID]*wordsOf[*inbox.Order]) ([]*changedOrder, []replaced, error) {
	pairs, err := d.loosePairs(ctx, changed, states)
	if err != nil || len(pairs) == 0 {
		return changed, nil, err
	}
	if err := d.loadPairs(ctx, pairs, states); err != nil {
		return nil, nil, err
	}
	var gone []replaced
	for _, p := range pairs {
		loose, into := states[p.id], states[p.of]
		if loose == nil || into == nil {
			continue // gone meanwhile
		}
		if words[p.of] == nil {
			words[p.of] = words[p.id]
		}
		if !slices.ContainsFunc(changed, func(c *changedOrder) bool { return c.state == into }) {
			changed = append(changed, &changedOrder{state: into, was: into.IdentityID, account: words[p.of].account})
		}
		changed = slices.DeleteFunc(changed, func(c *changedOrder) bool { return c.state == loose })
		if into.Absorb(loose); into.Buyer == loose.Buyer && loose.IdentityID != "" {
			into.IdentityID = loose.IdentityID
		}
		if loose.ID != "" {
			gone = append(gone, replaced{loose.Order, p.of})
		}
		d.aliases = append(d.aliases, p)
	}
	return changed, gone, nil
}

// loosePairs finds which orders of loose words are part of which others.
func (d *delivery) loosePairs(ctx context.Context, changed []*changedOrder, states map[storeID]*inbox.OrderState) ([]alias, error) {
	byKey := map[storeID]bool{}
	var stores, keys []string
	for _, c := range changed {
		at := storeID{c.state.Store, cmp.Or(c.state.NumberKey, c.state.LooseKey)}
		if at.id != "" && !byKey[at] {
			byKey[at] = true
			stores, keys = append(stores, at.store), append(keys, at.id)
		}
	}
	loose, err := d.numbered(ctx, stores, keys, states, true)
	if err != nil || len(loose) == 0 {
		return nil, err
	}
	stores, keys = nil, nil
	for at := range loose {
		stores, keys = append(stores, at.store), append(keys, at.id)
	}
	firm, err := d.numbered(ctx, stores, keys, states, false)
	if err != nil {
		return nil, err
	}
	var pairs []alias
	for at, list := range loose {
		if len(firm[at]) == 1 {
			for _, id := range list {
				pairs = append(pairs, alias{id, firm[at][0]})
			}
		}
	}
	slices.SortFunc(pairs, func(a, b alias) int { return compareStoreIDs(a.id, b.id) })
	return pairs, nil
}

// numbered lists the orders of numbers, by store and number, that loose words
// alone told of, or the others: as they are stored, and as the batch makes them.
func (d *delivery) numbered(ctx context.Context, stores, keys []string, states map[storeID]*inbox.OrderState, loose bool) (map[storeID][]storeID, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	is := `o.loose_key = ''`
	if loose {
		is = `o.loose_key <> ''`
	}
	rows, err := d.tx.Query(ctx, `
		SELECT DISTINCT o.store, o.number_key, o.external_id FROM unnest($1::text[], $2::text[]) AS n(store, key)
		JOIN orders o ON o.store = n.store AND o.number_key = n.key AND o.number_key <> '' AND `+is, stores, keys)
	if err != nil {
		return nil, fmt.Errorf("find orders of numbers: %w", err)
	}
	found := map[storeID][]storeID{}
	var at storeID
	var id string
	if _, err := pgx.ForEachRow(rows, []any{&at.store, &at.id, &id}, func() error {
		if states[storeID{at.store, id}] == nil {
			found[at] = append(found[at], storeID{at.store, id})
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("find orders of numbers: %w", err)
	}
	for id, s := range states {
		at := storeID{s.Store, cmp.Or(s.NumberKey, s.LooseKey)}
		for i := range keys {
			if at == (storeID{stores[i], keys[i]}) && (s.LooseKey != "") == loose {
				found[at] = append(found[at], id)
				break
			}
		}
	}
	return found, nil
}

// loadPairs locks and reads the orders of pairs that the batch has no word on.
func (d *delivery) loadPairs(ctx context.Context, pairs []alias, states map[storeID]*inbox.OrderState) error {
	locks := map[inbox.Key]bool{}
	var need []storeID
	for _, p := range pairs {
		for _, id := range []storeID{p.id, p.of} {
			if states[id] == nil && !slices.Contains(need, id) {
				need = append(need, id)
				locks[inbox.RecordKey("order", id.store, id.id)] = true
			}
		}
	}
	if len(need) == 0 {
		return nil
	}
	if err := lockKeys(ctx, d.tx, locks); err != nil {
		return err
	}
	return d.loadOrderStates(ctx, need, states)
}

// replaceOrders takes orders out that became part of others, which are written:
// what agents said of them is said of those, and the conversations that had them
// are linked anew. What else they are known by leads there too.
func (d *delivery) replaceOrders(ctx context.Context, changed []*changedOrder, gone []replaced) error {
	if len(gone) > 0 {
		into := map[storeID]inbox.OrderID{}
		for _, c := range changed {
			into[storeID{c.Store, c.ExternalID}] = c.ID
		}
		old, now := make([]string, len(gone)), make([]string, len(gone))
		for i, g := range gone {
			old[i], now[i] = string(g.ID), string(into[g.into])
		}
		list, err := column[inbox.ConversationID](ctx, d.tx, `
			SELECT id FROM conversations WHERE id IN (SELECT conversation_id FROM conversation_orders WHERE order_id = ANY($1::uuid[]))
			ORDER BY id FOR NO KEY UPDATE`, old)
		if err != nil {
			return fmt.Errorf("lock conversations of orders: %w", err)
		}
		d.unlinked = append(d.unlinked, list...)
		batch := &pgx.Batch{}
		batch.Queue(`DELETE FROM conversation_orders WHERE order_id = ANY($1::uuid[])`, old)
		batch.Queue(`UPDATE conversations SET order_id = NULL, order_number = '' WHERE id = ANY($1::uuid[]) AND order_id = ANY($2::uuid[])`, ids(list), old)
		for _, table := range []string{"order_verdicts", "claim_codes", "order_aliases", "order_actions"} {
			batch.Queue(`UPDATE `+table+` t SET order_id = n.now FROM unnest($1::uuid[], $2::uuid[]) AS n(old, now) WHERE t.order_id = n.old`, old, now)
		}
		batch.Queue(`DELETE FROM orders WHERE id = ANY($1::uuid[])`, old)
		if err := d.tx.SendBatch(ctx, batch).Close(); err != nil {
			return fmt.Errorf("replace orders: %w", err)
		}
	}
	if len(d.aliases) == 0 {
		return nil
	}
	var stores, externals, of []string
	for _, a := range d.aliases {
		stores, externals, of = append(stores, a.id.store), append(externals, a.id.id), append(of, a.of.id)
	}
	d.aliases = nil
	if _, err := d.tx.Exec(ctx, `
		INSERT INTO order_aliases (store, external_id, order_id)
		SELECT n.store, n.external_id, o.id FROM unnest($1::text[], $2::text[], $3::text[]) AS n(store, external_id, of)
		JOIN orders o ON o.store = n.store AND o.external_id = n.of
		ON CONFLICT DO NOTHING`, stores, externals, of); err != nil {
		return fmt.Errorf("write other ids of orders: %w", err)
	}
	return nil
}
