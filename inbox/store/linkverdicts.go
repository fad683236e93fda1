package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// loadVerdicts reads agents' words on orders and on claims.
func (l *links) loadVerdicts(ctx context.Context) error {
	// What was said of a conversation holds for the one that it became part of.
	rows, err := l.tx.Query(ctx, `
		SELECT c.id, v.kind, v.key FROM conversations c
		JOIN conversations o ON o.id = c.id OR o.merged_into = c.id
		JOIN claim_verdicts v ON v.conversation_id = o.id AND v.revoked_at IS NULL
		WHERE c.id = ANY($1::uuid[])`, l.alive())
	if err != nil {
		return fmt.Errorf("read rejected claims: %w", err)
	}
	var of inbox.ConversationID
	var claim inbox.Mention
	if _, err := pgx.ForEachRow(rows, []any{&of, &claim.Kind, &claim.Key}, func() error {
		l.byID[of].evidence.Rejected = append(l.byID[of].evidence.Rejected, claim)
		return nil
	}); err != nil {
		return fmt.Errorf("read rejected claims: %w", err)
	}
	rows, err = l.tx.Query(ctx, `
		SELECT c.id, v.order_id, v.verdict FROM conversations c
		JOIN conversations o ON o.id = c.id OR o.merged_into = c.id
		JOIN order_verdicts v ON v.conversation_id = o.id AND v.revoked_at IS NULL
		WHERE c.id = ANY($1::uuid[]) ORDER BY v.created_at, v.id`, l.alive())
	if err != nil {
		return fmt.Errorf("read verdicts: %w", err)
	}
	var v inbox.Verdict
	var word string
	var more []inbox.OrderID
	if _, err := pgx.ForEachRow(rows, []any{&of, &v.OrderID, &word}, func() error {
		v.State = inbox.Linked
		if word == string(inbox.LinkRejected) {
			v.State = inbox.LinkRejected
		}
		c := l.byID[of]
		c.evidence.Verdicts = append(c.evidence.Verdicts, v)
		more = append(more, v.OrderID)
		return nil
	}); err != nil {
		return fmt.Errorf("read verdicts: %w", err)
	}
	more = slices.DeleteFunc(more, func(id inbox.OrderID) bool { return l.orders[id] != nil })
	if len(more) == 0 {
		return nil
	}
	found, err := linkOrders(ctx, l.tx, more)
	for id, o := range found {
		l.orders[id] = o
	}
	return err
}
