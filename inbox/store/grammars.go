package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// Grammars returns how every store numbers its orders, as far as that is
// learned, by store.
func (s *Store) Grammars(ctx context.Context) ([]inbox.StoreGrammar, error) {
	return readGrammars(ctx, s.pool)
}

func readGrammars(ctx context.Context, q querier) ([]inbox.StoreGrammar, error) {
	rows, err := q.Query(ctx, `SELECT store, orders, grammar FROM grammars ORDER BY store`)
	if err != nil {
		return nil, fmt.Errorf("read grammars: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[inbox.StoreGrammar])
	if err != nil {
		return nil, fmt.Errorf("read grammars: %w", err)
	}
	return list, nil
}

// LearnGrammars learns from up to limit new orders' numbers and returns how
// many it took. One node at a time does the work best; several at once do it
// right.
func (s *Store) LearnGrammars(ctx context.Context, limit int) (n int, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			DELETE FROM grammar_pending WHERE order_id IN (
				SELECT order_id FROM grammar_pending ORDER BY order_id LIMIT $1 FOR UPDATE SKIP LOCKED)
			RETURNING store, number`, limit)
		if err != nil {
			return err
		}
		fresh := map[string][]string{}
		var store, number string
		if _, err := pgx.ForEachRow(rows, []any{&store, &number}, func() error {
			fresh[store] = append(fresh[store], number)
			n++
			return nil
		}); err != nil {
			return err
		}
		for _, store := range keysOf(fresh) { // sorted: two that learn lock in one order
			if err := s.learn(ctx, tx, store, fresh[store]); err != nil {
				return fmt.Errorf("store %s: %w", store, err)
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("learn grammars: %w", err)
	}
	return n, nil
}

func (s *Store) learn(ctx context.Context, tx pgx.Tx, store string, numbers []string) error {
	// The row is there before it is locked, so that two that learn of a new
	// store wait for each other.
	if _, err := tx.Exec(ctx, `INSERT INTO grammars (store, grammar, orders, updated_at) VALUES ($1, 'null', 0, now())
		ON CONFLICT DO NOTHING`, store); err != nil {
		return err
	}
	var old []byte
	if err := tx.QueryRow(ctx, `SELECT nullif(grammar, 'null') FROM grammars WHERE store = $1 FOR UPDATE`, store).Scan(&old); err != nil {
		return err
	}
	next, err := s.rules.Orders.Learn(old, numbers)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE grammars SET grammar = $2, orders = orders + $3, updated_at = $4 WHERE store = $1`,
		store, next, len(numbers), time.Now()); err != nil {
		return err
	}
	if s.rules.Orders.Reads(old) == s.rules.Orders.Reads(next) {
		return nil
	}
	_, err = tx.Exec(ctx, `UPDATE mention_search SET asked_at = $1`, time.Now())
	return err
}

// ShopStores returns every store of which an order is known, by name.
func (s *Store) ShopStores(ctx context.Context) ([]inbox.ShopStore, error) {
	// Names are walked over by an index: orders are many and stores are few.
	rows, err := s.pool.Query(ctx, `
		WITH RECURSIVE names AS (
			(SELECT store FROM orders ORDER BY store LIMIT 1)
			UNION ALL
			SELECT (SELECT store FROM orders o WHERE o.store > n.store ORDER BY store LIMIT 1) FROM names n WHERE n.store IS NOT NULL
		)
		SELECT n.store, coalesce(g.orders, 0), g.grammar, g.updated_at,
			(SELECT placed_at FROM orders o WHERE o.store = n.store ORDER BY placed_at DESC LIMIT 1)
		FROM names n LEFT JOIN grammars g ON g.store = n.store
		WHERE n.store IS NOT NULL ORDER BY n.store`)
	if err != nil {
		return nil, fmt.Errorf("read stores: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (inbox.ShopStore, error) {
		var st inbox.ShopStore
		var grammar []byte
		err := row.Scan(&st.Store, &st.Orders, &grammar, &st.UpdatedAt, &st.NewestOrderAt)
		st.Grammar = s.rules.Orders.Describe(grammar)
		return st, err
	})
	if err != nil {
		return nil, fmt.Errorf("read stores: %w", err)
	}
	return orEmpty(list), nil
}
