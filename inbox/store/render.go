package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// Render fills in the variables of a text that is to be sent in a conversation
// to these people, or, without any, to whoever wrote last. It is refused when a
// variable names an order that is not linked or whose data may not go to all of
// them.
func (s *Store) Render(ctx context.Context, rights *inbox.Rights, ref, text string, to, cc []inbox.Party, matchKey func(string) string) (string, error) {
	var out string
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		c, err := findConversation(ctx, tx, rights, ref, "")
		if err != nil {
			return err
		}
		letter, err := letterOf(ctx, tx, &c)
		if err != nil {
			return err
		}
		if len(to) == 0 {
			if to, err = whoWrote(ctx, tx, &c); err != nil {
				return err
			}
		}
		// One that has no key is an address on no order: it is told apart by "".
		for _, p := range slices.Concat(to, cc) {
			letter.Recipients = append(letter.Recipients, matchKey(p.Address))
		}
		out, err = s.rules.Orders.Render(text, letter)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("render: %w", err)
	}
	return out, nil
}

func letterOf(ctx context.Context, tx pgx.Tx, c *inbox.Conversation) (*inbox.Letter, error) {
	letter := &inbox.Letter{}
	if c.Channel == inbox.Social {
		if err := tx.QueryRow(ctx, `
			SELECT coalesce((SELECT m.detail ? 'comment' FROM messages m
				WHERE m.conversation_id = $1 AND m.account_id = $2 AND m.kind = 'message' AND m.direction = 'in' ORDER BY m.seq DESC LIMIT 1), false)`,
			c.ID, c.Account).Scan(&letter.Public); err != nil {
			return nil, fmt.Errorf("read what is answered: %w", err)
		}
	}
	if c.Customer.Name != c.Customer.Address {
		letter.Customer = c.Customer.Name
	}
	links, err := readLinks(ctx, tx, c)
	if err != nil || len(links) == 0 || !links[0].Meant || links[0].OrderID == "" {
		return letter, err
	}
	orders, err := linkOrders(ctx, tx, []inbox.OrderID{links[0].OrderID})
	if err != nil {
		return nil, err
	}
	letter.Link, letter.Order = &links[0], orders[links[0].OrderID]
	return letter, nil
}
