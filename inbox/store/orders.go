package store

import (
	"cmp"
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// storeRecords takes in what shops say. A record is what all words on it make
// it, so that feeds may come twice and backwards: see [inbox.OrderState].
func (d *delivery) storeRecords(ctx context.Context, batch []inbox.Received) error {
	for _, step := range []func(context.Context, []inbox.Received) error{
		d.storeOrders, d.storeCarts, d.storeProducts, d.storeSaved, d.storeLoyalty, d.storeTracks,
	} {
		if err := step(ctx, batch); err != nil {
			return err
		}
	}
	return d.keyOrders(ctx, d.orders)
}

// recordKeys are what is locked before the records of an item are read.
func recordKeys(r *inbox.Received) (keys []inbox.Key) {
	for _, o := range ordersIn(r) {
		keys = append(keys, inbox.RecordKey("order", o.Store, o.ExternalID))
	}
	for _, c := range cartsIn(r) {
		keys = append(keys, inbox.RecordKey("cart", c.Store, c.ExternalID))
	}
	if p := r.Product; p != nil {
		keys = append(keys, inbox.RecordKey("product", p.Store, p.SKU))
	}
	return keys
}

func ordersIn(r *inbox.Received) []*inbox.Order {
	switch {
	case r.Order != nil:
		return []*inbox.Order{r.Order}
	case r.Track != nil:
		return r.Track.Orders
	}
	return nil
}

// A storeID is how a shop names a record.
type storeID struct{ store, id string }

// A wordsOf is what a batch says of one record, and where from.
type wordsOf[T any] struct {
	words   []T
	account inbox.AccountID
	cause   string
	history bool
}

// collect gathers a batch's words by record, each in the order of the batch.
// What is live makes the whole of it live.
func collect[T any](batch []inbox.Received, in func(*inbox.Received) []T, id func(T) storeID) (map[storeID]*wordsOf[T], []storeID) {
	all, order := map[storeID]*wordsOf[T]{}, []storeID(nil)
	for i := range batch {
		r := &batch[i]
		for _, w := range in(r) {
			k := id(w)
			if all[k] == nil {
				all[k] = &wordsOf[T]{history: true}
				order = append(order, k)
			}
			all[k].words = append(all[k].words, w)
			all[k].account, all[k].cause, all[k].history = r.Account, r.EventID, all[k].history && r.History
		}
	}
	return all, order
}

func columnsOf(ids []storeID) (stores, externals []string) {
	for _, k := range ids {
		stores, externals = append(stores, k.store), append(externals, k.id)
	}
	return stores, externals
}

// A changedOrder is one that a delivery wrote.
type changedOrder struct {
	inbox.Order // as people see it
	state       *inbox.OrderState
	fresh       bool             // was not there before
	loose       bool             // loose words alone had told of it
	was         inbox.IdentityID // whose it was
	account     inbox.AccountID  // that told of it
}

func (d *delivery) storeOrders(ctx context.Context, batch []inbox.Received) error {
	words, order := collect(batch, ordersIn, func(o *inbox.Order) storeID { return storeID{o.Store, o.ExternalID} })
	if len(order) == 0 {
		return nil
	}
	order, err := d.resolveLoose(ctx, words, order)
	if err != nil {
		return err
	}
	states := make(map[storeID]*inbox.OrderState, len(order))
	if err := d.loadOrderStates(ctx, order, states); err != nil {
		return err
	}
	if err := d.lockNumbers(ctx, states, words); err != nil {
		return err
	}
	var changed []*changedOrder
	for _, k := range order {
		state, fresh := states[k], false
		if state == nil {
			state, fresh = &inbox.OrderState{}, true
			states[k] = state
		}
		differs, loose := fresh, state.LooseKey != ""
		for _, w := range words[k].words {
			differs = state.Take(w) || differs
		}
		if differs {
			changed = append(changed, &changedOrder{state: state, fresh: fresh, loose: loose, account: words[k].account})
		}
	}
	changed, gone, err := d.absorbLoose(ctx, changed, states, words)
	if err != nil {
		return err
	}
	if err := d.ownOrders(ctx, changed); err != nil {
		return err
	}
	if err := d.writeOrders(ctx, changed); err != nil {
		return err
	}
	if err := d.replaceOrders(ctx, changed, gone); err != nil {
		return err
	}
	var owners []inbox.IdentityID
	for _, c := range changed {
		owners = append(owners, c.IdentityID, c.was)
	}
	for _, g := range gone {
		owners = append(owners, g.IdentityID)
	}
	seenBy, err := knownTo(ctx, d.tx, owners)
	if err != nil {
		return fmt.Errorf("read who may see orders: %w", err)
	}
	for _, c := range changed {
		said := words[storeID{c.Store, c.ExternalID}]
		d.orders = append(d.orders, storedOrder{Order: c.Order, made: (c.fresh || c.loose) && c.LooseKey == "", history: said.history, cause: said.cause})
		d.add(change{cause: said.cause, event: inbox.Event{
			Kind: inbox.OrderChanged, Entity: string(c.ID), Version: c.Version, Order: &c.Order, IdentityID: c.IdentityID,
			History: said.history, Audience: seenBy.moved(c.was, c.IdentityID),
		}}, inbox.Actor{Kind: inbox.BySystem})
	}
	for _, g := range gone {
		d.add(change{event: inbox.Event{
			Kind: inbox.OrderChanged, Entity: string(g.ID), Version: g.Version + 1, IdentityID: g.IdentityID,
			Audience: inbox.Audience{Were: seenBy.inboxes(g.IdentityID)},
		}}, inbox.Actor{Kind: inbox.BySystem})
	}
	return nil
}

// loadOrderStates reads what is stored of orders.
func (d *delivery) loadOrderStates(ctx context.Context, of []storeID, states map[storeID]*inbox.OrderState) error {
	stores, externals := columnsOf(of)
	known, err := readOrders(ctx, d.tx, `JOIN unnest(@stores::text[], @externals::text[]) AS n(store, external_id)
		ON n.store = o.store AND n.external_id = o.external_id`, pgx.NamedArgs{"stores": stores, "externals": externals})
	if err != nil {
		return fmt.Errorf("load orders: %w", err)
	}
	for i := range known {
		o := &known[i]
		if states[storeID{o.Store, o.ExternalID}], err = inbox.RestoreOrder(o.Order, o.said); err != nil {
			return err
		}
	}
	return nil
}

// lockNumbers locks what known orders may be named by where a word doesn't name
// it: a message that does, and comes at once, must not miss what changes.
func (d *delivery) lockNumbers(ctx context.Context, states map[storeID]*inbox.OrderState, words map[storeID]*wordsOf[*inbox.Order]) error {
	set := map[inbox.Key]bool{}
	for id, s := range states {
		for _, w := range words[id].words {
			if len(w.Says) > 0 {
				for _, k := range keysOfOrder(&s.Order) {
					set[inbox.OrderKey(k.kind, k.key)] = true
				}
				break
			}
		}
	}
	if len(set) == 0 {
		return nil
	}
	return lockKeys(ctx, d.tx, set)
}

// ownOrders says whose the orders are, now that their words are taken in, and
// gives them ids and versions. An order of which nobody said whose it is gets a
// guest of its own; the order's lock is that guest's too.
func (d *delivery) ownOrders(ctx context.Context, changed []*changedOrder) error {
	guests := map[inbox.IdentityRef]*subject{}
	for _, c := range changed {
		s := c.state
		if s.Buyer.Key == "" {
			s.Buyer = inbox.GuestRef(s.Store, s.ExternalID)
		}
		if _, ok := d.identities[s.Buyer]; !ok && (c.fresh || s.IdentityID == "") {
			guests[s.Buyer] = &subject{ref: s.Buyer, made: true, seen: seen{
				value: s.Store + " " + s.ExternalID, at: s.PlacedAt, by: []string{string(c.account)},
			}}
		}
	}
	if err := d.ensureIdentities(ctx, guests); err != nil {
		return err
	}
	for _, c := range changed {
		s := c.state
		c.was = cmp.Or(c.was, s.IdentityID)
		if who, ok := d.identities[s.Buyer]; ok {
			s.IdentityID = who.ID
		}
		if s.Version++; c.fresh {
			s.ID = inbox.NewID[inbox.OrderID](s.PlacedAt)
		}
		c.Order = s.Public()
	}
	return nil
}

// ensureIdentities finds or makes identities under locks that the caller holds.
func (d *delivery) ensureIdentities(ctx context.Context, at map[inbox.IdentityRef]*subject) error {
	if len(at) == 0 {
		return nil
	}
	var list []*subject
	for _, s := range at {
		list = append(list, s)
	}
	if err := d.findIdentities(ctx, list, at); err != nil {
		return err
	}
	for _, s := range list {
		if s.made {
			d.beginSubject(s)
		}
	}
	return d.makeIdentities(ctx, list)
}

// buyerIn is how an order's buyer shows as an identity.
func buyerIn(o *inbox.Order) string {
	switch {
	case o.CustomerExternalID != "":
		return o.Buyer.Key
	case o.Buyer.Kind == inbox.EmailAddress:
		return o.Email
	case o.Buyer.Kind == inbox.PhoneNumber:
		return o.Phone
	}
	return o.Number
}
