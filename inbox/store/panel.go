package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// Panel returns all that is shown of a customer beside a conversation: one state
// of the database, read in three round trips, and two more when somebody may be
// the same person. Each part is what its own method returns.
func (s *Store) Panel(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID, now time.Time) (inbox.Panel, error) {
	var p inbox.Panel
	err := s.reading(ctx, rights, id, func(r *reading) error {
		conversations := page[inbox.Conversation]{size: pageSize(0)}
		timeline := page[inbox.TimelineEntry]{size: inbox.PanelEntries}
		var orders []keptOrder
		b := &pgx.Batch{}
		rows := askCustomers(b, []inbox.CustomerID{r.id})
		r.askOrders(b, &orders)
		r.askCarts(b, &p.Carts)
		r.askSavedItems(b, &p.SavedItems)
		r.askLoyalty(b, &p.Loyalty)
		r.askPageViews(b, &p.Pages)
		r.askConversations(b, &conversations)
		r.askTimeline(b, &timeline)
		r.askHidden(b, &p.Hidden)
		if err := r.send(ctx, b); err != nil {
			return err
		}
		p.Customer = *rows.whole(r.rules)[r.id]
		p.Conversations, p.MoreConversations = newestConversations(&conversations)
		p.Timeline, p.MoreTimeline = newestOf(&timeline)

		b = &pgx.Batch{}
		askOrderParts(b, orders)
		m := matchingOf(r, rows, now)
		m.askCandidates(b)
		if err := r.send(ctx, b); err != nil {
			return err
		}
		p.Orders = shownOrders(orders)
		var err error
		p.Matches, err = m.likeliest(ctx)
		return err
	})
	if err != nil {
		return inbox.Panel{}, fmt.Errorf("panel of %s: %w", id, err)
	}
	return p, nil
}

// listed reads one list of a customer's.
func listed[T any](ctx context.Context, s *Store, rights *inbox.Rights, id inbox.CustomerID, ask func(*reading, *pgx.Batch, *[]T)) (list []T, err error) {
	err = s.reading(ctx, rights, id, func(r *reading) error {
		b := &pgx.Batch{}
		ask(r, b, &list)
		return r.send(ctx, b)
	})
	return list, err
}

// askList asks for a short list of a customer's, by the customer and a limit.
func askList[T any](r *reading, b *pgx.Batch, into *[]T, sql string, limit int, scan pgx.RowToFunc[T]) {
	b.Queue(sql, r.id, limit).Query(func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, scan)
		*into = orEmpty(list)
		return err
	})
}
