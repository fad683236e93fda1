package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// maxHidden is how far what a reader may not see is counted.
const maxHidden = 100

var errCustomer = &inbox.Error{Code: inbox.NotFound, Message: "the customer is not there, or has no conversation in one of your inboxes"}

// visible says which customers k a reader may see: those with a conversation in
// an inbox of the reader's, and of those with none at all the ones of which an
// account of such an inbox told. It takes rights as $2 and $3; [knownTo] says the
// same of who is told.
const visible = `($2 OR EXISTS (
		SELECT FROM identities vi JOIN conversations vc ON vc.identity_id = vi.id
		WHERE vi.customer_id = k.id AND vc.inbox_id = ANY($3::uuid[]))
	OR EXISTS (
		SELECT FROM identities vi JOIN accounts va ON va.id = ANY(vi.told_by)
		WHERE vi.customer_id = k.id AND va.inbox_id = ANY($3::uuid[]))
	AND NOT EXISTS (
		SELECT FROM identities vi JOIN conversations vc ON vc.identity_id = vi.id WHERE vi.customer_id = k.id))`

// Customer returns a customer with all identities, oldest first, and what is
// known of them. The id of one that was merged leads to the one that it is now.
// One whose conversations are all in inboxes that the reader may not see is
// NotFound.
func (s *Store) Customer(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID) (inbox.Customer, error) {
	var c inbox.Customer
	err := s.reading(ctx, rights, id, func(r *reading) error {
		rows, err := r.customer(ctx)
		if err == nil {
			c = *rows.whole(r.rules)[r.id]
		}
		return err
	})
	if err != nil {
		return inbox.Customer{}, fmt.Errorf("customer %s: %w", id, err)
	}
	return c, nil
}

// A reading is one state of the database, in which somebody who may know a
// customer looks at what is the customer's.
type reading struct {
	tx     pgx.Tx
	rules  *inbox.Rules
	rights *inbox.Rights
	id     inbox.CustomerID // who the customer that was asked for is now
}

// readOnce begins a reading. Each of its statements looks up a few rows by an
// index, whoever is asked about: to plan them anew costs more than they do.
const readOnce = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL plan_cache_mode = force_generic_plan`

// reading looks up the customer that an id leads to, and lets read go on from
// there. It refuses a customer that the reader may not see.
func (s *Store) reading(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID, read func(*reading) error) error {
	return pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{BeginQuery: readOnce}, func(tx pgx.Tx) error {
		now, err := known(ctx, tx, rights, id)
		if err != nil {
			return err
		}
		return read(&reading{tx: tx, rules: &s.rules, rights: rights, id: now})
	})
}

func (r *reading) send(ctx context.Context, b *pgx.Batch) error {
	return r.tx.SendBatch(ctx, b).Close()
}

func (r *reading) customer(ctx context.Context) (*customerRows, error) {
	b := &pgx.Batch{}
	rows := askCustomers(b, []inbox.CustomerID{r.id})
	return rows, r.send(ctx, b)
}

// known returns the customer that an id leads to, and refuses one that the
// reader may not see. A customer's id is that of an identity of its own: so it
// is good for ever, whoever that identity belongs to now.
func known(ctx context.Context, q querier, rights *inbox.Rights, id inbox.CustomerID) (inbox.CustomerID, error) {
	if !inbox.ValidID(string(id)) {
		return "", errCustomer
	}
	var now inbox.CustomerID
	err := q.QueryRow(ctx, `
		SELECT k.id FROM identities b JOIN customers k ON k.id = b.customer_id WHERE b.born_id = $1 AND `+visible,
		id, rights.All, ids(rights.Inboxes)).Scan(&now)
	if errors.Is(err, pgx.ErrNoRows) {
		err = errCustomer
	}
	return now, err
}

// CustomerConversations returns a page of a customer's conversations, newest
// first, that the reader may see, and how many there are that the reader may
// not: up to a hundred are counted.
func (s *Store) CustomerConversations(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID, after inbox.Cursor, limit int) (list []inbox.Conversation, next inbox.Cursor, hidden int, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("conversations of %s: %w", id, err)
		}
	}()
	if err := checkCursor(after); err != nil {
		return nil, next, 0, err
	}
	p := page[inbox.Conversation]{after: after, size: pageSize(limit)}
	err = s.reading(ctx, rights, id, func(r *reading) error {
		b := &pgx.Batch{}
		r.askConversations(b, &p)
		r.askHidden(b, &hidden)
		return r.send(ctx, b)
	})
	list, next = newestConversations(&p)
	return list, next, hidden, err
}

func newestConversations(p *page[inbox.Conversation]) ([]inbox.Conversation, inbox.Cursor) {
	return p.cut(func(c *inbox.Conversation) inbox.Cursor { return inbox.Cursor{At: c.LastAt, ID: string(c.ID)} })
}

// A page is what is read of a list, one more than is shown.
type page[T any] struct {
	after inbox.Cursor
	size  int
	list  []T
}

func (p *page[T]) cut(at func(*T) inbox.Cursor) ([]T, inbox.Cursor) { return cut(p.list, p.size, at) }

func (r *reading) askConversations(b *pgx.Batch, p *page[inbox.Conversation]) {
	after := p.after
	if after.IsZero() {
		after = beyond[false]
	}
	b.Queue(`
		SELECT `+conversationColumns+` FROM identities i
		JOIN customers k ON k.id = i.customer_id
		CROSS JOIN LATERAL (
			SELECT * FROM conversations c
			WHERE c.identity_id = i.id AND c.merged_into IS NULL AND (c.last_at, c.id) < (@at, @id::uuid)
				AND (@all OR c.inbox_id = ANY(@inboxes::uuid[]))
			ORDER BY c.last_at DESC, c.id DESC LIMIT @limit) c
		WHERE i.customer_id = @customer ORDER BY c.last_at DESC, c.id DESC LIMIT @limit`,
		pgx.NamedArgs{"customer": r.id, "at": after.At, "id": after.ID, "all": r.rights.All, "inboxes": ids(r.rights.Inboxes), "limit": p.size + 1}).
		Query(func(rows pgx.Rows) (err error) {
			p.list, err = pgx.CollectRows(rows, scanConversation)
			return err
		})
}

// askHidden counts a customer's conversations that the reader may not see, up to
// [maxHidden].
func (r *reading) askHidden(b *pgx.Batch, n *int) {
	if r.rights.All {
		return
	}
	b.Queue(`
		SELECT count(*) FROM (
			SELECT FROM identities i JOIN conversations c ON c.identity_id = i.id
			WHERE i.customer_id = $1 AND c.inbox_id <> ALL($2::uuid[]) AND c.merged_into IS NULL LIMIT $3) h`,
		r.id, ids(r.rights.Inboxes), maxHidden).QueryRow(func(row pgx.Row) error { return row.Scan(n) })
}
