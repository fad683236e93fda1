package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// deliverOnce begins a delivery. Its statements look up what a batch names by
// their indexes, however many that are and however small a table is: a plan for
// the very keys takes longer to make, and reads a small table whole.
const deliverOnce = `BEGIN; SET LOCAL plan_cache_mode = force_generic_plan`

// Deliver stores a batch of received items in one transaction. It locks every
// key that the batch names, in sorted order, loads the evidence under those
// locks, and lets the rules choose: Deliver itself has no opinion.
//
// Deliver is idempotent: an item already stored is passed over, with no second
// event. An error means that nothing of the batch was stored; [Transient] tells
// whether the same batch may go through later.
func (s *Store) Deliver(ctx context.Context, batch []inbox.Received) error {
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{BeginQuery: deliverOnce}, func(tx pgx.Tx) error {
		fresh, err := claimEvents(ctx, tx, batch)
		if err != nil || len(fresh) == 0 {
			return err
		}
		d := &delivery{tx: tx, rules: s.rules, called: map[inbox.Key]inbox.MessageID{}}
		for _, step := range []func(context.Context, []inbox.Received) error{
			d.lockKeys, d.loadAccounts, d.loadIdentities,
		} {
			if err := step(ctx, fresh); err != nil {
				return err
			}
		}
		if err := d.storeMessages(ctx, fresh); err != nil {
			return err
		}
		if err := d.storeRecords(ctx, fresh); err != nil {
			return err
		}
		if err := d.storeReceipts(ctx, fresh); err != nil {
			return err
		}
		if err := d.storeActions(ctx, fresh); err != nil {
			return err
		}
		if err := d.sayEarlyWords(ctx); err != nil {
			return err
		}
		if err := d.callBack(ctx); err != nil {
			return err
		}
		if err := d.tellOfCustomers(ctx); err != nil {
			return err
		}
		return announce(ctx, tx, d.changes)
	})
	if err != nil {
		return fmt.Errorf("deliver %d items: %w", len(batch), err)
	}
	return nil
}

// A delivery is one transaction of Deliver at work. What it changes is
// collected and announced once, at the end.
type delivery struct {
	tx         pgx.Tx
	rules      inbox.Rules
	inboxOf    map[inbox.AccountID]inbox.InboxID
	identities map[inbox.IdentityRef]inbox.Identity
	persons    map[inbox.IdentityRef]inbox.Person // as a list shows them
	roster     *roster
	orders     []storedOrder
	aliases    []alias                // of orders, to be written with them
	unlinked   []inbox.ConversationID // that had an order that became part of another
	handOvers  bool                   // some wait for their message
	reports    []report
	calls      []inbox.MessageID             // of which there was a word
	called     map[inbox.Key]inbox.MessageID // messages that got the key just now
	receipts   []inbox.Received              // what an echo says of what was sent from here
	changes    []change
}

// claimEvents keeps the items that were never seen, first of each event id.
func claimEvents(ctx context.Context, tx pgx.Tx, batch []inbox.Received) ([]inbox.Received, error) {
	type event struct {
		account inbox.AccountID
		hash    [16]byte
	}
	at := make(map[event]int, len(batch))
	order := make([]event, 0, len(batch))
	for i, r := range batch {
		sum := sha256.Sum256([]byte(r.EventID))
		e := event{r.Account, [16]byte(sum[:16])}
		if _, twice := at[e]; !twice {
			at[e] = i
			order = append(order, e)
		}
	}
	// Sorted, so that two transactions wait for each other in one direction.
	slices.SortFunc(order, func(a, b event) int { return bytes.Compare(a.hash[:], b.hash[:]) })
	accounts, hashes := make([]string, len(order)), make([][]byte, len(order))
	for i, e := range order {
		accounts[i], hashes[i] = string(e.account), e.hash[:]
	}
	rows, err := tx.Query(ctx, `
		INSERT INTO message_keys (account_id, event_hash)
		SELECT * FROM unnest($1::text[], $2::bytea[])
		ON CONFLICT DO NOTHING
		RETURNING account_id, event_hash`, accounts, hashes)
	if err != nil {
		return nil, fmt.Errorf("claim events: %w", err)
	}
	var keep []int
	var account inbox.AccountID
	var hash []byte
	if _, err := pgx.ForEachRow(rows, []any{&account, &hash}, func() error {
		keep = append(keep, at[event{account, [16]byte(hash)}])
		return nil
	}); err != nil {
		return nil, fmt.Errorf("claim events: %w", err)
	}
	slices.Sort(keep)
	fresh := make([]inbox.Received, len(keep))
	for i, k := range keep {
		fresh[i] = batch[k]
	}
	return fresh, nil
}

// lockKeys locks every Message-ID, channel thread, identity, shop's record and
// order's number that the batch names or claims, known or not, in sorted order.
// Whoever makes an identity or a thread
// key takes these locks first.
func (d *delivery) lockKeys(ctx context.Context, batch []inbox.Received) error {
	set := map[inbox.Key]bool{}
	for i := range batch {
		for _, ref := range identitiesOf(&batch[i]) {
			set[inbox.IdentityKey(ref)] = true
		}
		for _, c := range batch[i].Claims {
			if ref, ok := keyOfClaim(c.Field, c.Key); ok {
				set[inbox.IdentityKey(ref)] = true
			}
		}
		for _, key := range orderKeysOf(&batch[i]) {
			set[key] = true
		}
		for _, k := range recordKeys(&batch[i]) {
			set[k] = true
		}
		if m := batch[i].Message; m != nil {
			set[m.Own], set[m.Thread], set[m.External], set[m.Quotes], set[m.Album] = true, true, true, true, true
			for _, r := range m.Refs {
				set[r.Key] = true
			}
		}
	}
	for i := range batch {
		if r := batch[i].Deletion; r != nil {
			set[r.Message] = true
		}
		if r := batch[i].Reaction; r != nil {
			set[r.Message] = true
		}
		if r := batch[i].Concealed; r != nil {
			set[r.Message] = true
		}
		if r := batch[i].Receipt; r != nil {
			set[r.About] = true
			for _, k := range r.Keys {
				set[k] = true
			}
		}
	}
	delete(set, inbox.Key{})
	return lockKeys(ctx, d.tx, set)
}

func lockKeys(ctx context.Context, tx pgx.Tx, set map[inbox.Key]bool) error {
	keys := make([][]byte, 0, len(set))
	for k := range set {
		keys = append(keys, k[:])
	}
	slices.SortFunc(keys, bytes.Compare)
	rows, err := tx.Query(ctx, `
		INSERT INTO key_locks (key) SELECT * FROM unnest($1::bytea[])
		ON CONFLICT DO NOTHING RETURNING key`, keys)
	if err != nil {
		return fmt.Errorf("lock keys: %w", err)
	}
	made, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		return fmt.Errorf("lock keys: %w", err)
	}
	if len(made) == len(keys) {
		return nil
	}
	mine := make(map[inbox.Key]bool, len(made))
	for _, k := range made {
		mine[inbox.Key(k)] = true
	}
	keys = slices.DeleteFunc(keys, func(k []byte) bool { return mine[inbox.Key(k)] })
	if _, err := tx.Exec(ctx, `SELECT 1 FROM key_locks WHERE key = ANY($1) ORDER BY key FOR NO KEY UPDATE`, keys); err != nil {
		return fmt.Errorf("lock keys: %w", err)
	}
	return nil
}

// loadAccounts finds the inbox of every account, and asks on the way whether any
// hand-over waits. An account that is not there fails the item that names it.
func (d *delivery) loadAccounts(ctx context.Context, batch []inbox.Received) error {
	var names []string
	for _, r := range batch {
		if r.Message != nil && !slices.Contains(names, string(r.Account)) {
			names = append(names, string(r.Account))
		}
	}
	if len(names) == 0 {
		return nil
	}
	rows, err := d.tx.Query(ctx, `
		SELECT id, inbox_id, EXISTS (
			SELECT FROM conversation_facts WHERE kind = 'hand-over' AND from_id IS NULL AND revoked_at IS NULL)
		FROM accounts WHERE id = ANY($1)`, names)
	if err != nil {
		return fmt.Errorf("load accounts: %w", err)
	}
	d.inboxOf = map[inbox.AccountID]inbox.InboxID{}
	var account inbox.AccountID
	var in inbox.InboxID
	if _, err := pgx.ForEachRow(rows, []any{&account, &in, &d.handOvers}, func() error {
		d.inboxOf[account] = in
		return nil
	}); err != nil {
		return fmt.Errorf("load accounts: %w", err)
	}
	for _, name := range names {
		if _, ok := d.inboxOf[inbox.AccountID(name)]; !ok {
			return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("account %q is not there: add it, then replay", name)}
		}
	}
	return nil
}
