package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// A roster is the customers that a transaction changes: as they were, for the
// log, and as they become, for those who look on.
//
// Of customers that give identities to each other all get one version, above
// any that one of them had: so the version rises along every identity's way,
// and whoever holds an older word on an identity can tell.
type roster struct {
	tx    pgx.Tx
	rules *inbox.Rules

	before map[inbox.CustomerID]*inbox.Customer // locked
	after  map[inbox.CustomerID]*inbox.Customer
	made   map[inbox.CustomerID]bool // by this transaction: nobody knows them
	moving map[inbox.CustomerID]bool // they give or get identities
	cause  map[inbox.CustomerID]*inbox.Received
	tied   []inbox.IdentityID // ends of edges that are made or revoked
}

func newRoster(tx pgx.Tx, rules *inbox.Rules) *roster {
	return &roster{
		tx: tx, rules: rules,
		before: map[inbox.CustomerID]*inbox.Customer{}, after: map[inbox.CustomerID]*inbox.Customer{},
		made: map[inbox.CustomerID]bool{}, moving: map[inbox.CustomerID]bool{}, cause: map[inbox.CustomerID]*inbox.Received{},
	}
}

// remember locks customers that are about to be changed and notes how they are.
func (r *roster) remember(ctx context.Context, list []inbox.CustomerID) error {
	list = slices.Clone(list)
	slices.Sort(list)
	list = slices.DeleteFunc(slices.Compact(list), func(id inbox.CustomerID) bool { return r.before[id] != nil })
	if len(list) == 0 {
		return nil
	}
	if _, err := r.tx.Exec(ctx, `SELECT FROM customers WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE`, ids(list)); err != nil {
		return fmt.Errorf("lock customers: %w", err)
	}
	found, err := readCustomers(ctx, r.tx, r.rules, list)
	if err != nil {
		return err
	}
	for _, id := range list {
		if r.before[id] = found[id]; found[id] == nil {
			return fmt.Errorf("customer %s is not there", id)
		}
	}
	return nil
}

// write brings the customers that were remembered up to date with their
// identities.
func (r *roster) write(ctx context.Context) error {
	list := slices.Sorted(maps.Keys(r.before))
	if len(list) == 0 {
		return nil
	}
	var err error
	if r.after, err = readCustomers(ctx, r.tx, r.rules, list); err != nil {
		return err
	}
	var top int64
	for id := range r.moving {
		top = max(top, r.before[id].Version)
	}
	b := &pgx.Batch{}
	for _, id := range list {
		c := r.after[id]
		if c.Version++; r.moving[id] {
			c.Version = top + 1
		}
		c.Name = shown(c.Profile, inbox.ClaimName)
		b.Queue(`UPDATE customers SET name = $2, version = $3 WHERE id = $1`, id, c.Name, c.Version)
	}
	if err := r.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("write customers: %w", err)
	}
	return r.redirect(ctx)
}

// redirect notes where the identities of those went that have none any more.
func (r *roster) redirect(ctx context.Context) error {
	var gone []inbox.CustomerID
	for id, c := range r.after {
		if len(c.Identities) == 0 {
			gone = append(gone, id)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	rows, err := r.tx.Query(ctx, `SELECT born_id, customer_id FROM identities WHERE born_id = ANY($1)`, ids(gone))
	if err != nil {
		return fmt.Errorf("follow customers: %w", err)
	}
	var from, to inbox.CustomerID
	if _, err := pgx.ForEachRow(rows, []any{&from, &to}, func() error {
		r.after[from].MergedInto = to
		return nil
	}); err != nil {
		return fmt.Errorf("follow customers: %w", err)
	}
	return nil
}

// changes are what is to be logged and announced: to the inboxes in which there
// is a conversation of an identity that the customer had or has, and where there
// is none to those of whom told of it. It is called when all that the transaction
// stores is stored.
func (r *roster) changes(ctx context.Context) ([]change, error) {
	var list []change
	var all []inbox.IdentityID
	for _, id := range slices.Sorted(maps.Keys(r.after)) {
		c := r.after[id]
		if r.made[id] && len(c.Identities) == 0 {
			continue // nobody ever heard of it
		}
		ch := change{event: inbox.Event{Kind: inbox.CustomerChanged, Entity: string(id), Version: c.Version, Customer: c}}
		if !r.made[id] {
			ch.before = r.before[id]
		}
		if in := r.cause[id]; in != nil {
			ch.cause, ch.event.History = in.EventID, in.History
		}
		list = append(list, ch)
		for _, i := range append(slices.Clone(c.Identities), r.before[id].Identities...) {
			all = append(all, i.ID)
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	inboxes, err := inboxesBy(ctx, r.tx, `
		SELECT DISTINCT c.identity_id, c.inbox_id::text FROM conversations c WHERE c.identity_id = ANY($1::uuid[]) ORDER BY 1, 2`, all)
	if err != nil {
		return nil, err
	}
	var silent []inbox.IdentityID
	for i := range list {
		id := inbox.CustomerID(list[i].event.Entity)
		set := map[inbox.InboxID]bool{}
		for _, who := range append(slices.Clone(r.after[id].Identities), r.before[id].Identities...) {
			for _, in := range inboxes[who.ID] {
				set[in] = true
			}
		}
		if list[i].event.Audience.Inboxes = slices.Sorted(maps.Keys(set)); len(set) == 0 {
			for _, who := range r.after[id].Identities {
				silent = append(silent, who.ID)
			}
		}
	}
	seenBy, err := knownTo(ctx, r.tx, silent)
	if err != nil {
		return nil, err
	}
	for i := range list {
		a := &list[i].event.Audience
		if len(a.Inboxes) > 0 {
			continue
		}
		a.Inboxes = []inbox.InboxID{inbox.NoInbox}
		if of := r.after[inbox.CustomerID(list[i].event.Entity)].Identities; len(of) > 0 {
			a.Inboxes = seenBy.inboxes(of[0].ID)
		}
	}
	return list, nil
}

// readCustomers reads customers whole. One that was merged has no identities.
func readCustomers(ctx context.Context, q querier, rules *inbox.Rules, list []inbox.CustomerID) (map[inbox.CustomerID]*inbox.Customer, error) {
	b := &pgx.Batch{}
	rows := askCustomers(b, list)
	if err := q.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("read customers: %w", err)
	}
	return rows.whole(rules), nil
}

// customerRows are what is stored of customers.
type customerRows struct {
	found    map[inbox.CustomerID]*inbox.Customer
	born     map[inbox.IdentityID]time.Time
	keys     map[inbox.IdentityID]string
	claims   map[inbox.IdentityID][]inbox.Claim
	consents map[inbox.CustomerID][]inbox.Consent
}

// askCustomers asks for customers with everything that makes them; what it
// returns is filled when the batch is done.
func askCustomers(b *pgx.Batch, list []inbox.CustomerID) *customerRows {
	r := &customerRows{
		found: make(map[inbox.CustomerID]*inbox.Customer, len(list)), born: map[inbox.IdentityID]time.Time{}, keys: map[inbox.IdentityID]string{},
		claims: map[inbox.IdentityID][]inbox.Claim{}, consents: map[inbox.CustomerID][]inbox.Consent{},
	}
	var head inbox.Customer
	ask(b, `SELECT id, version, name, created_at FROM customers WHERE id = ANY($1)`, ids(list),
		[]any{&head.ID, &head.Version, &head.Name, &head.CreatedAt}, func() {
			c := head
			c.CreatedAt, c.Identities = c.CreatedAt.UTC(), []inbox.Identity{}
			r.found[c.ID] = &c
		})
	var i inbox.Identity
	var key string
	var born time.Time
	ask(b, `SELECT id, customer_id, kind, key, value, name, proof, blocked_at IS NOT NULL, created_at FROM identities WHERE customer_id = ANY($1) ORDER BY id`, ids(list),
		[]any{&i.ID, &i.CustomerID, &i.Kind, &key, &i.Value, &i.Name, &i.Proof, &i.Blocked, &born}, func() {
			if c := r.found[i.CustomerID]; c != nil {
				c.Identities = append(c.Identities, i)
				r.born[i.ID], r.keys[i.ID] = born, key
			}
		})
	var of inbox.IdentityID
	var claim inbox.Claim
	ask(b, `
		SELECT c.identity_id, c.field, c.source, c.value, c.key, c.proof, c.at FROM identities i JOIN claims c ON c.identity_id = i.id
		WHERE i.customer_id = ANY($1) ORDER BY c.identity_id, c.field, c.source`, ids(list),
		[]any{&of, &claim.Field, &claim.Source, &claim.Value, &claim.Key, &claim.Proof, &claim.At}, func() {
			claim.At = claim.At.UTC()
			r.claims[of] = append(r.claims[of], claim)
		})
	var who inbox.CustomerID
	var consent inbox.Consent
	ask(b, `
		SELECT i.customer_id, c.purpose, c.source, c.granted, c.at FROM identities i JOIN consents c ON c.identity_id = i.id
		WHERE i.customer_id = ANY($1) ORDER BY c.identity_id, c.purpose, c.source`, ids(list),
		[]any{&who, &consent.Purpose, &consent.Source, &consent.Granted, &consent.At}, func() {
			consent.At = consent.At.UTC()
			r.consents[who] = append(r.consents[who], consent)
		})
	return r
}

// ask queues a query of one argument whose rows are read one by one.
func ask(b *pgx.Batch, sql string, arg any, scans []any, each func()) {
	b.Queue(sql, arg).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, scans, func() error {
			each()
			return nil
		})
		return err
	})
}

// whole are the customers, by the rules of what is shown of many words.
func (r *customerRows) whole(rules *inbox.Rules) map[inbox.CustomerID]*inbox.Customer {
	for id, c := range r.found {
		var claims []inbox.OwnedClaim
		for n := range c.Identities {
			i := &c.Identities[n]
			if own, ok := ownWord(i, r.keys[i.ID], r.born[i.ID]); ok {
				claims = append(claims, own)
			}
		}
		for _, i := range c.Identities {
			for _, claim := range r.claims[i.ID] {
				claims = append(claims, inbox.OwnedClaim{Claim: claim, IdentityID: i.ID})
			}
		}
		c.Profile, c.Consents = orEmpty(rules.Survivors(claims)), orEmpty(rules.Strictest(r.consents[id]))
		for i := range c.Profile {
			c.Profile[i].Others = orEmpty(c.Profile[i].Others)
		}
	}
	return r.found
}

// known is what is known of each identity of a customer.
func (r *customerRows) known(id inbox.CustomerID) (own []inbox.IdentityID, known map[inbox.IdentityID]inbox.Known) {
	known = map[inbox.IdentityID]inbox.Known{}
	if c := r.found[id]; c != nil {
		for _, i := range c.Identities {
			own = append(own, i.ID)
			known[i.ID] = inbox.Known{Refs: []inbox.IdentityRef{{Kind: i.Kind, Key: r.keys[i.ID]}}, Name: i.Name, Claims: r.claims[i.ID]}
		}
	}
	return own, known
}

// ownWord is what an identity that is an address says by being one.
func ownWord(i *inbox.Identity, key string, at time.Time) (inbox.OwnedClaim, bool) {
	c := inbox.OwnedClaim{IdentityID: i.ID, Claim: inbox.Claim{
		Source: inbox.FromChannel, Value: i.Value, Key: key, Proof: i.Proof, At: at.UTC()}}
	switch i.Kind {
	case inbox.EmailAddress:
		c.Field = inbox.ClaimEmail
	case inbox.PhoneNumber:
		c.Field = inbox.ClaimPhone
	default:
		return c, false
	}
	return c, !strings.HasPrefix(key, inbox.Unreadable)
}
