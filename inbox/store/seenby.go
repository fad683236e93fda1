package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// A seenBy is in which inboxes the customers of identities are known: who may see
// one of them may see the customer, as [visible] says.
type seenBy struct {
	spoken map[inbox.IdentityID][]inbox.InboxID // those of the customer's conversations
	told   map[inbox.IdentityID][]inbox.InboxID // where there is none: those of the accounts that told of them
}

// knownTo reads who may see the customers of identities, as they are now.
func knownTo(ctx context.Context, q querier, of []inbox.IdentityID) (seenBy, error) {
	var s seenBy
	of = slices.Compact(slices.Sorted(slices.Values(of)))
	of = slices.DeleteFunc(of, func(id inbox.IdentityID) bool { return id == "" })
	if len(of) == 0 {
		return s, nil
	}
	var err error
	if s.spoken, err = inboxesBy(ctx, q, `
		SELECT DISTINCT i.id, c.inbox_id::text FROM identities i
		JOIN identities same ON same.customer_id = i.customer_id
		JOIN conversations c ON c.identity_id = same.id
		WHERE i.id = ANY($1::uuid[]) ORDER BY 1, 2`, of); err != nil {
		return s, err
	}
	of = slices.DeleteFunc(of, func(id inbox.IdentityID) bool { return len(s.spoken[id]) > 0 })
	if len(of) == 0 {
		return s, nil
	}
	s.told, err = inboxesBy(ctx, q, `
		SELECT DISTINCT i.id, a.inbox_id::text FROM identities i
		JOIN identities same ON same.customer_id = i.customer_id
		JOIN accounts a ON a.id = ANY(same.told_by)
		WHERE i.id = ANY($1::uuid[]) ORDER BY 1, 2`, of)
	return s, err
}

func inboxesBy(ctx context.Context, q querier, sql string, of []inbox.IdentityID) (map[inbox.IdentityID][]inbox.InboxID, error) {
	rows, err := q.Query(ctx, sql, ids(of))
	if err != nil {
		return nil, fmt.Errorf("read who may see customers: %w", err)
	}
	list := map[inbox.IdentityID][]inbox.InboxID{}
	var id inbox.IdentityID
	var in inbox.InboxID
	if _, err := pgx.ForEachRow(rows, []any{&id, &in}, func() error {
		list[id] = append(list[id], in)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read who may see customers: %w", err)
	}
	return list, nil
}

// inboxes are those of one identity's customer; none that anybody works in where
// only those who see everything may see it.
func (s seenBy) inboxes(id inbox.IdentityID) []inbox.InboxID {
	if list := s.spoken[id]; len(list) > 0 {
		return list
	}
	if list := s.told[id]; len(list) > 0 {
		return list
	}
	return []inbox.InboxID{inbox.NoInbox}
}

// moved is who is told of what was one identity's and is another's now.
func (s seenBy) moved(was, is inbox.IdentityID) inbox.Audience {
	a := inbox.Audience{Inboxes: s.inboxes(is)}
	if was != "" && was != is {
		a.Were = s.inboxes(was)
	}
	return a
}
