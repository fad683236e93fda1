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
// an inbox of the reader's, and those with none at all, which a shop told of.
// It takes rights as $2 and $3.
const visible = `($2 OR EXISTS (
		SELECT FROM identities vi JOIN conversations vc ON vc.identity_id = vi.id
		WHERE vi.customer_id = k.id AND vc.inbox_id = ANY($3::uuid[]))
	OR NOT EXISTS (
		SELECT FROM identities vi JOIN conversations vc ON vc.identity_id = vi.id WHERE vi.customer_id = k.id))`

// Customer returns a customer with all identities, oldest first, and what is
// known of them. The id of one that was merged leads to the one that it is now.
// One whose conversations are all in inboxes that the reader may not see is
// NotFound.
func (s *Store) Customer(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID) (inbox.Customer, error) {
	for {
		now, err := known(ctx, s.pool, rights, id)
		if err != nil {
			return inbox.Customer{}, fmt.Errorf("customer %s: %w", id, err)
		}
		found, err := readCustomers(ctx, s.pool, &s.rules, []inbox.CustomerID{now})
		if err != nil {
			return inbox.Customer{}, fmt.Errorf("customer %s: %w", id, err)
		}
		// One with nobody in it was merged between the two looks: its id leads
		// elsewhere now.
		if c := found[now]; c != nil && len(c.Identities) > 0 {
			return *c, nil
		}
	}
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
	if id, err = known(ctx, s.pool, rights, id); err != nil {
		return nil, next, 0, err
	}
	if after.IsZero() {
		after = beyond[false]
	}
	size := pageSize(limit)
	rows, err := s.pool.Query(ctx, `
		SELECT `+conversationColumns+` FROM identities i
		JOIN customers k ON k.id = i.customer_id
		CROSS JOIN LATERAL (
			SELECT * FROM conversations c
			WHERE c.identity_id = i.id AND c.merged_into IS NULL AND (c.last_at, c.id) < (@at, @id::uuid)
				AND (@all OR c.inbox_id = ANY(@inboxes::uuid[]))
			ORDER BY c.last_at DESC, c.id DESC LIMIT @limit) c
		WHERE i.customer_id = @customer ORDER BY c.last_at DESC, c.id DESC LIMIT @limit`,
		pgx.NamedArgs{"customer": id, "at": after.At, "id": after.ID, "all": rights.All, "inboxes": ids(rights.Inboxes), "limit": size + 1})
	if err != nil {
		return nil, next, 0, err
	}
	if list, err = pgx.CollectRows(rows, scanConversation); err != nil {
		return nil, next, 0, err
	}
	list, next = cut(list, size, func(c *inbox.Conversation) inbox.Cursor { return inbox.Cursor{At: c.LastAt, ID: string(c.ID)} })
	hidden, err = s.hidden(ctx, rights, id)
	return list, next, hidden, err
}

// hidden counts a customer's conversations that the reader may not see, up to
// [maxHidden].
func (s *Store) hidden(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID) (n int, err error) {
	if rights.All {
		return 0, nil
	}
	err = s.pool.QueryRow(ctx, `
		SELECT count(*) FROM (
			SELECT FROM identities i JOIN conversations c ON c.identity_id = i.id
			WHERE i.customer_id = $1 AND c.inbox_id <> ALL($2::uuid[]) AND c.merged_into IS NULL LIMIT $3) h`,
		id, ids(rights.Inboxes), maxHidden).Scan(&n)
	return n, err
}
